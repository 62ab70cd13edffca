"""Memory for large results that is used again once nobody holds the result that was in it.

The system clears fresh memory when it is touched for the first time, which takes longer than most of the work that
fills it. A preview that is worked out anew with each movement of a slider would pay that every time.

What nothing lies in is kept for as long as work goes on, and `give_back` ends that.
"""

from __future__ import annotations

import ctypes
import math
import sys
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

SMALLEST = 1 << 20  # bytes; less is handed out by the allocator from memory touched before
_HELD_BY_LIST_ALONE = 2  # references counted by sys.getrefcount: the list's and the call's own


class Pool:
    """A few blocks of memory, each for one array at a time.

    Parameters
    ----------
    blocks : int
        How many are known at most; those longest unused are forgotten (and freed with the last array in them).

    Examples
    --------
    >>> pool = Pool()
    >>> first = pool.empty((100, 100, 200))
    >>> address = first.ctypes.data
    >>> del first
    >>> pool.empty((100, 100, 200)).ctypes.data == address
    True
    """

    def __init__(self, blocks: int = 4) -> None:
        self._limit = blocks
        self._blocks: list[NDArray[np.uint8]] = []
        self._lock = Lock()

    def empty(
        self, shape: tuple[int, ...], dtype: DTypeLike = np.bool_, order: Literal["C", "F"] = "C"
    ) -> NDArray[Any]:
        """Return an array (shape) of a type, with any content; its memory is used again when its last view is gone."""
        wanted = np.dtype(dtype)
        size = math.prod(shape) * wanted.itemsize
        if size < SMALLEST:
            return np.empty(shape, wanted, order)
        with self._lock:
            # A view, and a view of a view, refers to the block itself, so that the block knows whether there is any.
            array = self._block(size)[:size].view(wanted)
        return array.reshape(shape, order=order)

    def free_idle(self) -> None:
        """Give back the memory that no array lies in, before work that needs much of another kind."""
        with self._lock:
            self._blocks = [self._blocks[index] for index in range(len(self._blocks)) if not self._is_idle(index)]

    @property
    def nbytes(self) -> int:
        """Bytes of the memory that no array lies in."""
        with self._lock:
            return sum(self._blocks[index].size for index in range(len(self._blocks)) if self._is_idle(index))

    def _is_idle(self, index: int) -> bool:
        return sys.getrefcount(self._blocks[index]) == _HELD_BY_LIST_ALONE

    def _block(self, size: int) -> NDArray[np.uint8]:
        """Return an idle block of at least so many bytes, and not many more, made if there is none."""
        for index in reversed(range(len(self._blocks))):  # what was used last is still in the processor's cache
            if size <= self._blocks[index].size <= 2 * size and self._is_idle(index):
                self._blocks.append(self._blocks.pop(index))
                return self._blocks[-1]
        self._forget_idle(size)
        # Somewhat larger, for results that grow a little from one preview to the next; untouched memory costs nothing.
        self._blocks.append(np.empty(size + size // 16, np.uint8))
        del self._blocks[: -self._limit]
        return self._blocks[-1]

    def _forget_idle(self, most: int) -> None:
        """Forget blocks that nothing lies in, those longest unused first, until the others are of so many bytes."""
        for index in reversed(range(len(self._blocks))):
            if self._is_idle(index):
                most -= self._blocks[index].size
                if most < 0:
                    del self._blocks[index]


#: Where the results of operations lie.
results = Pool()
#: Where what they need meanwhile lies: a few blocks for each of the threads that work at the same time.
workspace = Pool(16)


def idle_nbytes() -> int:
    """Return the bytes of the memory that is kept, though nothing lies in it."""
    return results.nbytes + workspace.nbytes


def give_back() -> None:
    """Give memory in which nothing lies back to the system; what is worked out next takes somewhat longer."""
    results.free_idle()
    workspace.free_idle()
    # What was let go in small pieces stays with the allocator of GNU systems until it is asked for it.
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
