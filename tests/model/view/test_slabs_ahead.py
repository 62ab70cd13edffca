"""Slices gathered ahead are the slices of the volume, whatever way one scrolls."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import DTypeLike

from maskeditor.model.view.slabs_ahead import Gatherer

SHAPE = (131, 129, 130)  # large enough to be worth looking ahead, and no multiple of anything


def volume(dtype: DTypeLike = np.int16, order: str = "F") -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.array(rng.integers(0, 2**15, SHAPE), dtype, order=order)  # type: ignore[call-overload]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["?", "u1", "i2", "f4", "f8"])
@pytest.mark.parametrize("order", ["F", "C"])
def test_any_way_through_gives_the_slices(dtype: str, order: str) -> None:
    array = volume(dtype, order)
    gatherer = Gatherer(array)
    rng = np.random.default_rng(1)
    fast = 0 if order == "F" else 2
    walk = np.cumsum(rng.choice([-9, -1, 1, 1, 1, 1, 2], 120)).tolist()
    for index in [*range(60), *range(60, 20, -2), *walk]:
        for axis in (fast,) if index % 7 else (0, 1, 2):
            place = index % SHAPE[axis]
            values = gatherer.take(axis, place)
            np.testing.assert_array_equal(values, np.take(array, place, axis=axis))
            assert values.flags.f_contiguous if order == "F" else values.flags.c_contiguous
            assert not np.shares_memory(values, array)


@pytest.mark.parametrize(("order", "fast"), [("F", 0), ("C", 2)])
@pytest.mark.parametrize("way", [1, -1])
def test_a_scroll_is_met(order: str, fast: int, way: int) -> None:
    gatherer = Gatherer(volume(order=order))
    for index in range(SHAPE[fast])[::way]:
        gatherer.take(fast, index)
    assert gatherer.picked > 0.9 * SHAPE[fast] - 8


def test_turning_round_is_met() -> None:
    gatherer = Gatherer(volume())
    for index in range(65):
        gatherer.take(0, index)
    before = gatherer.picked
    for index in range(63, 20, -1):
        gatherer.take(0, index)
    assert gatherer.picked - before == 43


def test_a_neighbourhood_is_met_again_and_no_more_is_kept_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    array = volume()
    # As a crosshair goes: to and fro, some slices at a time.
    path = [*range(10, 60, 6), *range(58, 10, -6)]
    gatherer = Gatherer(array)
    for index in path + path:
        gatherer.take(0, index)
    before = gatherer.picked
    for index in path:
        gatherer.take(0, index)
    assert gatherer.picked - before == len(path)
    monkeypatch.setattr("maskeditor.model.view.slabs_ahead.ROOM", 1 << 20)
    gatherer = Gatherer(array)
    for index in (*path, *range(131)):
        gatherer.take(0, index)
        assert gatherer.nbytes <= max(1 << 20, 3 * 16 * 129 * 130)


def test_each_slice_is_its_own() -> None:
    array = volume()
    gatherer = Gatherer(array)
    slices = [gatherer.take(0, index) for index in range(40)]
    for index, values in enumerate(slices):
        np.testing.assert_array_equal(values, array[index])


@pytest.mark.parametrize("shape", [SHAPE, (40, 512, 512)])  # slabs of the second fill large pages
def test_a_slice_that_is_still_looked_at_stays(shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeditor.model.view.slabs_ahead.ROOM", 1)
    array = np.arange(np.prod(shape, dtype=int), dtype=np.int16).reshape(shape, order="F")
    gatherer = Gatherer(array)
    slices = {index: gatherer.take(0, index) for index in (1, 2, 3, *range(10, 40), *range(39, 0, -1))}
    for index, values in slices.items():
        np.testing.assert_array_equal(values, array[index])
    with pytest.raises(ValueError, match="read-only"):
        slices[3][0, 0] = 1


def test_small_volumes_are_not_worth_it() -> None:
    gatherer = Gatherer(volume()[:, :20, :20].copy(order="F"))
    for index in range(40):
        gatherer.take(0, index)
    assert gatherer.picked == 0
