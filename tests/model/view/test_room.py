"""Room for slabs is handed out again only once nobody looks at it, and no more of it is taken than was asked for."""

from __future__ import annotations

import numpy as np
import pytest

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
