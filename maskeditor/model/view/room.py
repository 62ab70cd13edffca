"""Room in memory for the slabs of slices that are gathered ahead."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import numpy as np

from maskeditor.engine.arrays import Bytes
from maskeditor.engine.memory_pool import Pool

#: Bytes of a large page of Linux, which is cleared in the time of some ten small ones, of which it has 512. numpy asks
#: the system for large pages, and it gives them from where one begins.
LARGE_PAGE = 1 << 21
SMALL_PAGE = 1 << 12


class Room:
    """Room for some slabs of one size, each taken as a whole.

    The system clears memory when it is touched for the first time, which takes longer than all else that is done for a
    frame, and many times longer in a virtual machine. So the next slab has room that was touched meanwhile, on another
    thread; and room that has been used is used again, once nobody looks at a slice in it.

    Parameters
    ----------
    size : int
        Bytes of a slab.
    most : int
        How many slabs there are at a time at most.

    Examples
    --------
    >>> Room(1 << 22, 3).taken().shape
    (4194304,)
    """

    def __init__(self, size: int, most: int) -> None:
        self._size = size
        self._pool = Pool(most + 1)
        # How many more there will be that are touched ahead; of less than a page it is not worth it.
        self._fresh = most - 1 if size >= LARGE_PAGE else 0
        self._next: tuple[Future[None], Bytes] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes that are held though no slab lies in them yet."""
        return self._size if self._next is not None else 0

    def taken(self) -> Bytes:
        """Return room for a slab (size,), with any content."""
        if self._next is None:
            room = self._new()
        else:
            touched, room = self._next
            if not touched.cancel():  # it has begun, and is not to write into what is written now
                touched.result()
            self._next = None
        if self._fresh:
            self._fresh -= 1
            following = self._new()
            self._next = (_beside().submit(_touch, following), following)
        return room

    def _new(self) -> Bytes:
        if self._size < LARGE_PAGE:
            return self._pool.empty((self._size,), np.uint8)
        block = self._pool.empty((self._size + LARGE_PAGE,), np.uint8)
        start = -block.ctypes.data % LARGE_PAGE
        return block[start : start + self._size]


@cache
def _beside() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="room")


def _touch(room: Bytes) -> None:
    room[::SMALL_PAGE] = 0
