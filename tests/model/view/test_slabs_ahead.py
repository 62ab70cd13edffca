"""Slices gathered ahead are the slices of the volume, whatever way one scrolls."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import DTypeLike

from maskeditor.model.view import slabs_ahead
from maskeditor.model.view.sampling import Sampling
from maskeditor.model.view.slabs_ahead import LARGE_PAGE, Gatherer

SHAPE = (131, 129, 130)  # large enough to be worth looking ahead, and no multiple of anything
#: Across both other axes, so that slabs fill large pages.
LARGE = (40, 512, 512)


class Beside:
    """In place of the other thread: what it was given is done when the test says so."""

    def __init__(self) -> None:
        self.given: list[tuple[Callable[..., None], Any]] = []

    def submit(self, work: Callable[..., None], of: Any) -> None:
        self.given.append((work, of))

    def turn(self) -> None:
        """Do the next thing that was given to it."""
        work, of = self.given.pop(0)
        work(of)

    def finish(self) -> None:
        """Do all of it, to the end."""
        while self.given:
            self.turn()


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Beside:
    """The other thread, held."""
    held = Beside()
    monkeypatch.setattr(slabs_ahead, "_beside", lambda: held)
    return held


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
@pytest.mark.parametrize("room", [1, slabs_ahead.ROOM])
def test_a_scroll_is_met(
    order: str, fast: int, way: int, room: int, beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slabs_ahead, "ROOM", room)  # with little of it, what is far away gives way
    gatherer = Gatherer(volume(order=order))
    for index in range(SHAPE[fast])[::way]:
        gatherer.take(fast, index)
        beside.finish()
    assert gatherer.picked == SHAPE[fast] - 2  # all but the first, which may be of a film, and the second


def test_what_is_nearest_is_gathered_first_and_where_the_hand_has_gone_meanwhile(beside: Beside) -> None:
    gatherer = Gatherer(volume())
    taken = [gatherer.take(0, 64), gatherer.take(0, 64)]
    for index in (72, 56, 80):  # of slabs of eight
        beside.turn()
        before = gatherer.picked
        gatherer.take(0, index)
        assert gatherer.picked == before + 1
        gatherer.take(0, 64)
    gatherer.take(0, 80)
    gatherer.take(0, 96)
    beside.turn()
    before = gatherer.picked
    gatherer.take(0, 104)
    assert gatherer.picked == before + 1
    beside.finish()
    np.testing.assert_array_equal(taken[0], taken[1])
    assert not beside.given


def test_two_volumes_take_turns(beside: Beside) -> None:
    gatherers = Gatherer(volume()), Gatherer(volume())
    for gatherer in gatherers:
        gatherer.take(0, 64)
        gatherer.take(0, 64)
    for _ in range(4):
        beside.turn()
    for gatherer in gatherers:
        for index in (72, 56):
            gatherer.take(0, index)
        assert gatherer.picked == 2


def test_nothing_is_gathered_for_who_sees_one_slice_of_each_volume(beside: Beside) -> None:
    for _ in range(3):
        Gatherer(volume()).take(0, 64)
    assert not beside.given


def test_nothing_is_gathered_around_the_slices_of_a_montage(beside: Beside) -> None:
    gatherer = Gatherer(volume())
    for index in [*range(0, 131, 26)] * 2:
        gatherer.take(0, index)
    assert not beside.given
    assert gatherer.nbytes == 6 * 16 * 129 * 130  # each of them its own


def test_nothing_is_gathered_of_a_volume_that_has_gone(beside: Beside) -> None:
    gatherer = Gatherer(volume())
    gatherer.take(0, 64)
    gatherer.take(0, 64)
    _, of = beside.given[0]
    del gatherer
    gc.collect()
    beside.turn()
    assert of() is None
    assert not beside.given


def test_a_slab_that_the_other_thread_is_at_is_not_gathered_twice(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = volume()
    gatherer, made = Gatherer(array), []
    gatherer.take(0, 64)
    gatherer.take(0, 64)

    class Slab(slabs_ahead._Slab):
        def __init__(self, *what: Any) -> None:
            made.append(what)
            if len(made) == 1:  # meanwhile, on the first
                np.testing.assert_array_equal(gatherer.take(0, 72), array[72])
            super().__init__(*what)

    monkeypatch.setattr(slabs_ahead, "_Slab", Slab)
    beside.turn()
    assert len(made) == 1
    gatherer.take(0, 72)
    assert len(made) == 1


def test_where_there_is_no_memory_for_a_slab_the_next_step_tries_again(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = volume()
    gatherer = Gatherer(array)
    gatherer.take(0, 64)
    gatherer.take(0, 64)
    room, full = gatherer._room, [True]

    def taken() -> np.ndarray:
        if full.pop():
            raise MemoryError
        full.append(False)
        return room()

    monkeypatch.setattr(gatherer, "_room", taken)
    beside.turn()
    assert not beside.given
    full.append(False)
    np.testing.assert_array_equal(gatherer.take(0, 72), array[72])  # the one that there was no memory for
    assert gatherer.picked == 0
    beside.finish()
    for index in (64, 80):
        gatherer.take(0, index)
    assert gatherer.picked == 2


def test_the_other_thread_makes_no_difference_to_what_is_seen() -> None:
    array = volume()
    gatherer = Gatherer(array)
    for index in [*range(131), *range(130, -1, -7), *range(0, 131, 20)]:
        np.testing.assert_array_equal(gatherer.take(0, index), array[index])


@pytest.mark.parametrize("room", [1 << 20, 1 << 19])
def test_a_neighbourhood_is_met_again_and_no_more_is_kept_than_there_is_room_for(
    room: int, beside: Beside, monkeypatch: pytest.MonkeyPatch
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
    monkeypatch.setattr("maskeditor.model.view.slabs_ahead.ROOM", room)
    gatherer = Gatherer(array)
    # A quarter of the volume's 4.4 MB, if that is more than the room and less than twice that.
    most = {1 << 20: array.nbytes // 4, 1 << 19: 2 << 19}[room]
    for index in (*path, *range(131)):
        gatherer.take(0, index)
        beside.finish()
        assert gatherer.nbytes <= most


@pytest.mark.parametrize("order", ["F", "C"])
@pytest.mark.parametrize("dtype", ["?", "u1", "i2", "f4", "f8"])
def test_of_slices_that_are_drawn_small_what_is_looked_at_is_gathered(order: str, dtype: str, beside: Beside) -> None:
    array, fast = volume(dtype, order), 0 if order == "F" else 2
    rng = np.random.default_rng(2)
    first, second = (np.sort(rng.choice(size, 70, replace=False)) for at, size in enumerate(SHAPE) if at != fast)
    others = tuple(size for at, size in enumerate(SHAPE) if at != fast)
    gatherer = Gatherer(array, Sampling((others[0], others[1]), (first, second)))
    for index in [*range(40), *range(40, 20, -3), 129]:
        values = gatherer.take(fast, index)
        np.testing.assert_array_equal(values, np.take(array, index, axis=fast)[np.ix_(first, second)])
        assert values.flags.f_contiguous if order == "F" else values.flags.c_contiguous
        beside.finish()
    if array.itemsize < 16:
        assert gatherer.picked > 20
        assert gatherer.nbytes % (70 * 70 * 16) == 0  # no more than what is looked at


def test_memory_that_was_touched_before_is_used_again(monkeypatch: pytest.MonkeyPatch, beside: Beside) -> None:
    monkeypatch.setattr("maskeditor.model.view.slabs_ahead.ROOM", 1)
    gatherer = Gatherer(np.zeros(LARGE, np.int16, order="F"))
    for index in [*range(40), *range(39, 0, -1)] * 2:
        gatherer.take(0, index)
        beside.finish()
    assert len(gatherer._pool._blocks) <= 4  # three that are kept, and one that comes in place of one of them


def test_a_slab_that_fills_a_large_page_begins_where_one_does() -> None:
    gatherer = Gatherer(np.zeros(LARGE, np.int16, order="F"))
    assert [gatherer._room().ctypes.data % LARGE_PAGE for _ in range(3)] == [0, 0, 0]


def test_each_slice_is_its_own() -> None:
    array = volume()
    gatherer = Gatherer(array)
    slices = [gatherer.take(0, index) for index in range(40)]
    for index, values in enumerate(slices):
        np.testing.assert_array_equal(values, array[index])


@pytest.mark.parametrize("shape", [SHAPE, LARGE])
def test_a_slice_that_is_still_looked_at_stays(shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeditor.model.view.slabs_ahead.ROOM", 1)
    array = np.arange(np.prod(shape, dtype=int), dtype=np.int16).reshape(shape, order="F")
    gatherer = Gatherer(array)
    slices = {index: gatherer.take(0, index) for index in (1, 2, 3, *range(10, 40), *range(39, 0, -1))}
    for index, values in slices.items():
        np.testing.assert_array_equal(values, array[index])
    with pytest.raises(ValueError, match="read-only"):
        slices[3][0, 0] = 1


@pytest.mark.parametrize("sampling", [None, Sampling(SHAPE[1:], (np.arange(0, 129, 2), np.arange(130)))])
def test_no_slice_is_to_be_written_to(sampling: Sampling | None, beside: Beside) -> None:
    gatherer = Gatherer(volume(), sampling)
    gatherer.take(0, 64)
    gatherer.take(0, 72)
    gatherer._in_hand = 10  # the other thread is at a slab
    slices = [gatherer.take(axis, index) for axis, index in ((0, 72), (0, 80), (0, 3))]
    if sampling is None:
        slices.append(gatherer.take(1, 3))
    for values in slices:
        with pytest.raises(ValueError, match="read-only"):
            values[0, 0] = 1


def test_small_volumes_are_not_worth_it() -> None:
    gatherer = Gatherer(volume()[:, :20, :20].copy(order="F"))
    for index in range(40):
        gatherer.take(0, index)
    assert gatherer.picked == 0
