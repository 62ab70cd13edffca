"""Room for slabs is handed out again only once nobody looks at it, and no more of it is taken than was asked for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from maskeditor.engine.arrays import Bytes
from maskeditor.model.view import room as module
from maskeditor.model.view.room import LARGE_PAGE, Room


@pytest.mark.parametrize("size", [1 << 20, LARGE_PAGE, 2 * LARGE_PAGE + 4096])
def test_every_slab_has_room_of_its_own(size: int) -> None:
    room = Room(size, 3)
    slabs = []
    for number in range(3):
        slabs.append(room.taken())
        slabs[-1][:] = number
    assert room.nbytes == 0  # there is no fourth that would be made ready
    for number, slab in enumerate(slabs):
        assert slab.shape == (size,)
        assert (slab == number).all()


def test_what_is_touched_ahead_is_counted() -> None:
    room = Room(LARGE_PAGE, 3)
    first = room.taken()
    assert room.nbytes == first.nbytes
    small = Room(1 << 20, 3)
    small.taken()
    assert small.nbytes == 0


@pytest.mark.parametrize("has_begun", [False, True])
def test_room_is_not_touched_any_more_once_it_is_taken(has_begun: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a thread that is late: it has begun, and is waited for, or has not, and never will."""
    left: list[Touch] = []

    class Touch:
        def __init__(self, work: Callable[..., None], room: Bytes) -> None:
            self.work, self.room = work, room

        def submit(self, work: Callable[..., None], room: Bytes) -> Touch:
            left.append(Touch(work, room))
            return left[-1]

        def cancel(self) -> bool:
            if not has_begun:
                left.remove(self)
            return not has_begun

        def result(self) -> None:
            left.remove(self)
            self.work(self.room)

    monkeypatch.setattr(module, "_beside", lambda: Touch(module._touch, np.empty(0, np.uint8)))
    room = Room(LARGE_PAGE, 2)
    slabs = [room.taken(), room.taken()]
    assert not left
    slabs[1][...] = 7
    assert not np.shares_memory(*slabs)


def test_a_slab_begins_where_a_page_does() -> None:
    room = Room(2 * LARGE_PAGE, 3)
    slabs = [room.taken() for _ in range(3)]
    assert [slab.ctypes.data % LARGE_PAGE for slab in slabs] == [0, 0, 0]


@pytest.mark.parametrize("size", [1 << 20, LARGE_PAGE])
def test_room_is_used_again_once_nobody_looks_at_it(size: int) -> None:
    room = Room(size, 2)
    slabs = [room.taken() for _ in range(2)]
    seen, before = slabs[0].view(np.int16)[8:].reshape(-1, 4)[3:5].T, slabs[0].ctypes.data
    seen[...] = 7
    del slabs[0]
    slabs.append(room.taken())
    slabs[-1][:] = 1
    assert (seen == 7).all()
    del seen
    assert room.taken().ctypes.data == before
