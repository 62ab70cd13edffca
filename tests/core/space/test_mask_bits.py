"""A packed mask reads and writes as numpy's array of bool does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from maskeditor.core.space.mask_bits import MaskBits, Rows, bounds_of
from maskeditor.engine import bits
from maskeditor.engine.arrays import Bytes
from maskeditor.engine.box import Box, Voxel, bounding_box

WHOLE = (slice(None),) * 3


@st.composite
def boxes(draw: st.DrawFn, shape: Voxel) -> Box:
    start = [draw(st.integers(0, size - 1)) for size in shape]
    stop = [draw(st.integers(first + 1, size)) for first, size in zip(start, shape, strict=True)]
    return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


def some(draw: st.DrawFn, shape: Voxel) -> NDArray[np.bool_]:
    share = draw(st.sampled_from([0.0, 0.05, 0.5, 1.0]))
    order = draw(st.sampled_from(["C", "F"]))
    return np.asarray(np.random.default_rng(draw(st.integers(0, 999))).random(shape) < share, order=order)


@pytest.mark.parametrize("shape", [(21, 13, 8), (16, 4, 30), (1, 1, 1), (7, 9, 1)])
def test_what_is_asked_for_in_parts_is_the_whole(shape: Voxel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeditor.core.space.mask_bits.AT_ONCE", 500)
    array = np.random.default_rng(0).random(shape) < 0.3
    array[:2] = False
    asked: list[Box] = []

    def inside(box: Box) -> NDArray[np.bool_]:
        asked.append(box)
        return np.asfortranarray(array[box.slices])

    mask = MaskBits.where(shape, inside)
    np.testing.assert_array_equal(mask[...], array)
    assert mask.bounds() == bounding_box(array)
    assert sum(box.size for box in asked) == array.size
    assert max(box.size for box in asked) <= max(500, shape[0] * shape[1])


@given(st.data(), st.tuples(*[st.integers(1, 21)] * 3))
def test_it_is_the_array(data: st.DataObject, shape: Voxel) -> None:
    array = some(data.draw, shape)
    mask = MaskBits.of(array)
    for write in data.draw(st.lists(st.sampled_from(["put", "toggle"]), max_size=4)):
        box = data.draw(boxes(shape))
        voxels = some(data.draw, box.shape)
        if write == "put":
            mask.put(Rows.of(box, voxels))
            array[box.slices] = voxels
        else:
            mask.toggle(Rows.of(box, voxels))
            array[box.slices] ^= voxels
    assert mask.count() == array.sum()
    assert mask.bounds() == bounds_of(array) == bounding_box(array)
    for which in (mask, mask.copy()):
        np.testing.assert_array_equal(which[WHOLE], array)
    box = data.draw(boxes(shape))
    read = mask[box.slices]
    np.testing.assert_array_equal(read, array[box.slices])
    assert read.flags.f_contiguous
    assert mask[box.start] == array[box.start]
    for axis in range(3):
        slices = list(WHOLE)
        slices[axis] = box.start[axis]
        cut = mask[tuple(slices)]
        np.testing.assert_array_equal(cut, array[tuple(slices)])
        assert cut.flags.f_contiguous
        assert mask.meets(axis, box.start[axis]) or not cut.any()
    i = box.start[0]
    np.testing.assert_array_equal(mask.eight(i) >> i % 8 & 1, array[i])


def test_what_is_read_is_the_readers_own() -> None:
    mask = MaskBits.of(np.ones((9, 9, 9), bool))
    read, other = mask[WHOLE], mask.copy()
    read[...] = False
    mask.put(Rows.of(Box((0, 0, 0), (9, 9, 1)), np.zeros((9, 9, 1), bool)))
    assert (mask.count(), other.count()) == (8 * 81, 9 * 81)


def test_a_mask_costs_a_bit_for_each_voxel_of_its_box() -> None:
    shape = (256, 256, 256)
    assert MaskBits(shape).nbytes == 0
    assert MaskBits.of(np.zeros(shape, bool)).nbytes == 0
    assert MaskBits.of(np.ones(shape, bool)).nbytes == 256**3 // 8
    mask = MaskBits(shape)
    mask.put(Rows.of(Box((16, 30, 30), (32, 40, 40)), np.ones((16, 10, 10), bool)))
    assert mask.nbytes == 2 * 10 * 10
    # What is drawn further out gets room to go on.
    mask.put(Rows.of(Box((30, 30, 30), (35, 40, 40)), np.ones((5, 10, 10), bool)))
    held = mask.nbytes
    mask.put(Rows.of(Box((30, 38, 38), (36, 42, 42)), np.ones((6, 4, 4), bool)))
    assert 3 * 10 * 10 < held == mask.nbytes < 4 * 3 * 10 * 10
    # What needs no room gives it back, unless it is too little to speak of.
    voxels, box = mask[...], mask.bounds()
    mask.tighten(box, slack=4)
    assert mask.nbytes == held
    mask.tighten(box)
    assert mask.nbytes < held
    np.testing.assert_array_equal(mask[...], voxels)
    mask.tighten(None)
    assert mask.nbytes == mask.count() == 0


def test_no_voxel_lies_outside() -> None:
    for place in ((5, 0, 0), (0, -1, 0)):
        with pytest.raises(IndexError, match=r"lies outside a mask of shape \(5, 5, 5\)"):
            MaskBits((5, 5, 5))[place]


def test_bounds_are_those_of_a_mixture_if_it_is_emptied_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    mask, found = MaskBits.of(np.ones((9, 9, 9), bool)), bits.ends_of

    def emptied(line: Bytes) -> tuple[int, int] | None:
        ends = found(line)
        mask.toggle(mask.rows(Box.whole(mask.shape)))
        return ends

    monkeypatch.setattr(bits, "ends_of", emptied)
    assert mask.bounds() is None
