"""Morphology equals scipy's voxel for voxel, whatever the shape, memory order and number of steps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from maskeditor.engine import morphology, word_layout

PEERS = {
    "dilation": ndimage.binary_dilation,
    "erosion": ndimage.binary_erosion,
    "opening": ndimage.binary_opening,
    "closing": ndimage.binary_closing,
}
SHAPES = [
    (1, 1, 1),
    (2, 1, 1),
    (1, 5, 9),
    (5, 6, 7),
    (8, 8, 8),
    (9, 17, 64),
    (3, 3, 200),
    (30, 30, 1),
    (20, 3, 65),
]


@pytest.fixture(params=[1, 300, morphology.TILE_BYTES], ids=["tiny tiles", "small tiles", "usual tiles"])
def tiles(request, monkeypatch):
    """Small tiles send the waves through many more turns than a test volume otherwise would."""
    monkeypatch.setattr(morphology, "TILE_BYTES", request.param)
    monkeypatch.setattr(word_layout, "PIECE", min(word_layout.PIECE, request.param // 8))


@pytest.mark.usefixtures("tiles")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PEERS)
def test_equals_scipy(name, shape):
    rng = np.random.default_rng(1)
    for share in (0, 0.02, 0.4, 0.95, 1):
        mask = rng.random(shape) < share
        for iterations in (1, 3, 12):
            expected = PEERS[name](mask, iterations=iterations)
            for order in "CF":
                given_mask = np.array(mask, order=order)
                given_mask.flags.writeable = False
                result = getattr(morphology, name)(given_mask, iterations)
                np.testing.assert_array_equal(result, expected)
                assert result.flags.c_contiguous == given_mask.flags.c_contiguous
                assert result.flags.f_contiguous == given_mask.flags.f_contiguous


@st.composite
def masks(draw):
    shape = draw(st.tuples(*[st.integers(1, 14)] * 3))
    seed = draw(st.integers(0, 2**32 - 1))
    share = draw(st.sampled_from([0.01, 0.1, 0.5, 0.9, 0.99]))
    mask = np.random.default_rng(seed).random(shape) < share
    mask = np.array(mask, order=draw(st.sampled_from("CF")))
    return mask.transpose(draw(st.permutations(range(3))))[:: draw(st.sampled_from([1, -1, 2]))]


def one_voxel(shape, voxel):
    mask = np.zeros(shape, bool)
    mask[voxel] = True
    return mask


@settings(max_examples=80)
@example(one_voxel((3, 2, 2), (1, 0, 0)), [(1, 4), (-1, 1), (1, 1)])  # a plane that ends within a word
@example(one_voxel((4, 3, 3), (2, 0, 0)), [(1, 3), (-1, 1), (1, 2), (-1, 2), (1, 1)])
@given(masks(), st.lists(st.tuples(st.sampled_from([1, -1]), st.integers(1, 9)), max_size=4))
def test_any_sequence_equals_scipy_step_by_step(mask, runs):
    expected = mask.copy()
    steps = []
    for step, count in runs:
        peer = ndimage.binary_dilation if step > 0 else ndimage.binary_erosion
        expected = peer(expected, iterations=count)
        steps += [step] * count
    np.testing.assert_array_equal(morphology.apply_sequence(mask, steps), expected)


@settings(max_examples=40)
@given(masks(), st.sampled_from(sorted(PEERS)), st.integers(1, 5))
def test_out_changes_nothing(mask, name, iterations):
    run = getattr(morphology, name)
    expected = run(mask, iterations)
    out = np.ones_like(mask)
    assert run(mask, iterations, out=out) is out
    np.testing.assert_array_equal(out, expected)
    run(mask, iterations, out=mask)
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
def test_thin_slabs_cut_from_a_larger_mask(axes):
    mask = (np.random.default_rng(8).random((90, 80, 70)) < 0.7).transpose(axes)
    for axis in range(3):
        for width in (1, 2, 9):
            slab = mask.take(range(3, 3 + width), axis)
            cut = mask[(slice(None),) * axis + (slice(3, 3 + width),)]
            for name in ("dilation", "erosion", "opening", "closing"):
                expected = getattr(ndimage, f"binary_{name}")(slab, iterations=2)
                np.testing.assert_array_equal(getattr(morphology, name)(cut, 2), expected)
                out = np.ones_like(slab)
                assert getattr(morphology, name)(cut, 2, out=out) is out
                np.testing.assert_array_equal(out, expected)
            near = ndimage.distance_transform_edt(~slab, (1, 2, 3)) <= 3
            np.testing.assert_array_equal(morphology.ball_dilation(cut, 3, (1, 2, 3)), near)


@pytest.mark.parametrize("length", [64, 61, 128])
@pytest.mark.parametrize("start", [0, 8, 24])
@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_part_of_rows_that_fill_words(name, start, length):
    """Packed rows of such a mask need not be loaded, but for those of a part that begins elsewhere."""
    mask = np.zeros((20, 9, length), bool)
    mask[5:12, :, start : start + 32] = np.random.default_rng(6).random((7, 9, 32)) < 0.9
    for iterations in (1, 2):
        expected = getattr(ndimage, f"binary_{name}")(mask, iterations=iterations)
        np.testing.assert_array_equal(getattr(morphology, name)(mask, iterations), expected)


def test_many_iterations():
    mask = np.zeros((3, 140, 300), bool)
    mask[1, 70, 150] = True
    np.testing.assert_array_equal(morphology.dilation(mask, 130), ndimage.binary_dilation(mask, iterations=130))


def test_progress_grows_to_one_and_can_cancel():
    mask = np.ones((100, 600, 600), bool)
    seen = []
    morphology.opening(mask, 2, progress=seen.append)
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == 1

    def cancel(_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        morphology.opening(mask, 2, progress=cancel)


def test_what_is_refused():
    with pytest.raises(ValueError, match="number of iterations is 0; give 1 or more"):
        morphology.dilation(np.ones((2, 2, 2), bool), 0)
    with pytest.raises(ValueError, match=r"step is 2; give \+1 to dilate or -1 to erode"):
        morphology.apply_sequence(np.ones((2, 2, 2), bool), [2])
    with pytest.raises(ValueError, match="uint8 with 2 dimensions; give a three-dimensional array of booleans"):
        morphology.erosion(np.ones((2, 2), np.uint8))
