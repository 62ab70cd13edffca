"""Components and holes equal what scipy.ndimage and nilearn find."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nilearn._utils.ndimage import largest_connected_component
from scipy import ndimage

from maskeditor.engine import bits, holes, parallel
from maskeditor.engine.components import by_flood, by_runs, by_voxels, choice, components, runs
from maskeditor.engine.components.runs import TOUCHING

SHAPES = [(1, 1, 1), (1, 5, 9), (5, 6, 7), (9, 17, 64), (3, 3, 200), (12, 11, 13), (7, 8, 129), (6, 30, 1)]
SHARES = [0, 0.02, 0.1, 0.25, 0.31, 0.4, 0.7, 0.95, 1]


@pytest.fixture(params=["usual", "runs", "voxels", "flooded, runs", "flooded, voxels", "hardly flooded, runs"])
def way(request, monkeypatch):
    """Components by the program's choice, of runs or labelled voxels alone, or flooded before; in small parts.

    Several threads share the parts.
    """
    if request.param == "usual":
        return
    monkeypatch.setattr(choice, "NOISE", 0 if "runs" in request.param else 10**9)
    for module in (by_runs, by_flood):
        monkeypatch.setattr(module, "CHUNK_VOXELS", 300)
    monkeypatch.setattr(parallel, "processors", lambda: 3)
    for name in ("CHUNK", "FILLED"):
        monkeypatch.setattr(by_runs, name, 5)
    monkeypatch.setattr(runs, "CHUNK", 30)
    monkeypatch.setattr(runs, "CHUNKS", 10**9)
    for module in (runs, by_flood):
        monkeypatch.setattr(module, "LEAST", 60)
    monkeypatch.setattr(bits, "LEAST_WRITTEN", 2000)
    monkeypatch.setattr(by_voxels, "LABELLED", 300)
    monkeypatch.setattr(by_voxels, "SMALL", 3)
    if "flooded" in request.param:
        monkeypatch.setattr(choice, "RUNS_A_PLANE", 0)
        monkeypatch.setattr(choice, "RUNS_A_WORD", 0)
        monkeypatch.setattr(by_flood, "BAND", 3)
        monkeypatch.setattr(by_flood, "WORTH", 0)
        monkeypatch.setattr(by_flood, "ENOUGH", 0)
    if "hardly" in request.param:
        monkeypatch.setattr(by_flood, "SWEEPS", 0)


def random_masks(shapes=SHAPES):
    rng = np.random.default_rng(5)
    for shape in shapes:
        for share in SHARES:
            mask = rng.random(shape) < share
            for order in "CF":
                ordered = np.array(mask, order=order)
                ordered.flags.writeable = False
                yield ordered


def labelled(mask, neighbours):
    return ndimage.label(mask, ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[neighbours]))


def assert_same(result, expected, mask):
    np.testing.assert_array_equal(result, expected)
    assert result.dtype == bool
    assert result.flags.c_contiguous == mask.flags.c_contiguous
    assert result.flags.f_contiguous == mask.flags.f_contiguous


@pytest.mark.slow
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("neighbours", [6, 18, 26])
def test_sizes_and_at_least_equal_scipy_label(neighbours):
    for mask in random_masks():
        labels, _ = labelled(mask, neighbours)
        counts = np.bincount(labels.ravel())
        np.testing.assert_array_equal(components.sizes(mask, neighbours), counts[1:])
        for voxels in (1, 2, 5, 40):
            keep = counts >= voxels
            keep[0] = False
            assert_same(components.at_least(mask, voxels, neighbours), keep[labels], mask)


@pytest.mark.slow
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("neighbours", [6, 18, 26])
def test_largest_takes_the_first_of_equal_size(neighbours):
    for mask in random_masks():
        labels, found = labelled(mask, neighbours)
        counts = np.bincount(labels.ravel(), minlength=2)[1:]
        ranked = np.argsort(-counts, kind="stable")  # equal sizes stay in the order of their labels
        for count in (1, 2, 5, 100):
            expected = np.isin(labels, ranked[: min(count, found)] + 1) & mask
            assert_same(components.largest(mask, count, neighbours), expected, mask)


@pytest.mark.usefixtures("way")
def test_largest_equals_nilearn():
    for mask in random_masks():
        if mask.any():
            assert_same(components.largest(mask), largest_connected_component(mask), mask)


@pytest.mark.slow
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("neighbours", [6, 18, 26])
def test_component_at_equals_scipy_label(neighbours):
    rng = np.random.default_rng(7)
    for mask in random_masks():
        labels, _ = labelled(mask, neighbours)
        point = tuple(int(rng.integers(length)) for length in mask.shape)
        expected = (labels == labels[point]) & mask[point]
        assert_same(components.component_at(mask, point, neighbours), expected, mask)


@pytest.mark.slow
@pytest.mark.usefixtures("way")
def test_fill_holes_equals_scipy():
    for mask in random_masks():
        assert_same(holes.fill_holes(mask), ndimage.binary_fill_holes(mask), mask)
        for axis in range(3):
            slices = [ndimage.binary_fill_holes(one) for one in np.moveaxis(mask, axis, 0)]
            expected = np.stack(slices, axis)
            assert_same(holes.fill_holes_by_slice(mask, axis), expected, mask)


@st.composite
def masks(draw):
    shape = draw(st.tuples(*[st.integers(1, 12)] * 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = rng.random(shape) < draw(st.sampled_from([0.05, 0.2, 0.5, 0.9]))
    mask = np.array(mask, order=draw(st.sampled_from("CF")))
    mask[: draw(st.integers(0, 3))] = False
    return mask.transpose(draw(st.permutations(range(3))))[:: draw(st.sampled_from([1, -1, 2]))]


@settings(max_examples=60)
@given(masks(), st.sampled_from([6, 18, 26]), st.integers(1, 3))
def test_any_layout_in_memory(mask, neighbours, count):
    labels, found = labelled(mask, neighbours)
    ranked = np.argsort(-np.bincount(labels.ravel(), minlength=2)[1:], kind="stable")
    expected = np.isin(labels, ranked[: min(count, found)] + 1) & mask
    np.testing.assert_array_equal(components.largest(mask, count, neighbours), expected)
    filled = ndimage.binary_fill_holes(mask)
    np.testing.assert_array_equal(holes.fill_holes(mask), filled)
    for axis in range(3):
        np.testing.assert_array_equal(
            holes.fill_holes_by_slice(mask, axis),
            holes.fill_holes_by_slice(np.ascontiguousarray(mask), axis),
        )


def test_a_solid_body_with_specks_and_bubbles():
    i, j, k = np.ogrid[:60, :70, :80]
    body = (i - 30) ** 2 + (j - 35) ** 2 + (k - 40) ** 2 < 25**2
    mask = body.copy()
    mask[30, 35, 30:50] = False  # a long bubble
    mask[2, 3, 4] = mask[58, 68, 78] = True
    for ordered in (mask, np.asfortranarray(mask)):
        np.testing.assert_array_equal(holes.fill_holes(components.largest(ordered)), body)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("neighbours", [6, 18, 26])
def test_a_porous_body_is_flooded(order, neighbours):
    grain = np.random.default_rng(4).normal(size=(70, 131, 96))
    mask = np.array(ndimage.gaussian_filter(grain, 0.8) > 0.08, order=order)
    mask[:, 60, :] = False  # a second large component, which is not flooded
    packed = components.PackedMask(mask)
    placement = by_runs.Placement(packed.part.box, packed.axes, packed.shape)
    found = choice.find_pieces(packed.part.data, placement, TOUCHING[neighbours])
    assert isinstance(found, by_flood.FloodedPieces)
    labels, count = labelled(mask, neighbours)
    counts = np.bincount(labels.ravel())
    assert (found.count, counts[1:].max() * 4 > counts[1:].sum()) == (count, True)
    np.testing.assert_array_equal(components.sizes(mask, neighbours), counts[1:])
    for label in (1, 2, counts[1:].argmax() + 1, counts[1:].argsort()[-2] + 1):
        voxel = tuple(int(index[0]) for index in np.nonzero(labels == label))
        assert_same(components.component_at(mask, voxel, neighbours), labels == label, mask)
    assert_same(components.at_least(mask, 100, neighbours), (counts >= 100)[labels] & mask, mask)
    assert_same(holes.fill_holes(mask), ndimage.binary_fill_holes(mask), mask)


def test_planes_of_which_the_sampled_ones_are_empty():
    mask = np.zeros((33, 200, 256), bool)
    mask[::4] = np.random.default_rng(0).random(mask[::4].shape) < 0.3
    labels, _ = labelled(mask, 6)
    np.testing.assert_array_equal(components.sizes(mask), np.bincount(labels.ravel())[1:])


def test_progress_grows_to_one_and_can_cancel():
    mask = np.random.default_rng(0).random((20, 20, 20)) < 0.3
    for run in (components.largest, holes.fill_holes):
        seen = []
        run(mask, progress=seen.append)
        assert seen == sorted(seen)
        assert seen[-1] == 1

    def cancel(_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        components.largest(mask, progress=cancel)


def test_what_is_refused():
    mask = np.ones((2, 2, 2), bool)
    with pytest.raises(ValueError, match="components to keep is 0; give 1 or more"):
        components.largest(mask, 0)
    with pytest.raises(ValueError, match="neighbours is 4; give 6, 18 or 26"):
        components.largest(mask, neighbours=4)
    with pytest.raises(ValueError, match=r"voxel \(0, 2, 0\) lies outside"):
        components.component_at(mask, (0, 2, 0))
    with pytest.raises(ValueError, match="axis is 3; give 0, 1 or 2"):
        holes.fill_holes_by_slice(mask, 3)


def test_several_threads_may_ask_at_the_same_time(monkeypatch):
    monkeypatch.setattr(choice, "NOISE", 10**9)
    monkeypatch.setattr(by_voxels, "LABELLED", 20_000)
    mask = np.random.default_rng(2).random((60, 60, 60)) < 0.25
    labels, _ = labelled(mask, 6)
    found = components.Components(components.PackedMask(mask))
    points = [tuple(point.tolist()) for point in np.argwhere(mask)[::1500]]
    with ThreadPoolExecutor(4) as pool:
        for point, made in zip(points, pool.map(found.at, points), strict=True):
            np.testing.assert_array_equal(made, labels == labels[point])


@pytest.mark.slow
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("neighbours", [6, 26])
def test_voxels_know_their_component_by_its_size(neighbours):
    for mask in random_masks([(5, 6, 7), (3, 3, 200)]):
        labels, _ = labelled(mask, neighbours)
        counts = np.bincount(labels.ravel(), minlength=1)[1:]
        ranks = np.empty(counts.size, int)
        ranks[np.argsort(-counts, kind="stable")] = np.arange(counts.size)
        found = components.Components(components.PackedMask(mask), neighbours).places_of(*np.nonzero(mask))
        np.testing.assert_array_equal(found, ranks[labels[mask] - 1])
