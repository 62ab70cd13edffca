"""Slices across the axis along which voxels lie side by side, gathered ahead of whoever scrolls through them."""

from __future__ import annotations

import math
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Bytes
from maskeditor.engine.memory_pool import Pool
from maskeditor.engine.parallel import stand_back
from maskeditor.model.view.sampling import Sampling
from maskeditor.model.view.slices import cut, take

#: What is gathered at once: sixteen bytes along the fastest axis, moved as one number, whatever they are.
PIECE = np.dtype(np.complex128)
#: Voxels of a slice below which gathering it takes no time to speak of.
WORTHWHILE = 1 << 14
#: Slabs that are kept at least: the one being scrolled through, the next, and the one before, for whoever turns round;
#: and bytes that more may take, for whoever moves about: in half of the slices of 512³ voxels of two bytes each.
KEPT, ROOM = 3, 1 << 27
#: Of a larger volume, more may take this share of its own bytes, but so many times the room at most.
SHARE, LARGER = 4, 2
#: How many slabs a hand goes on at once. Who jumps further, as a montage does from one slice to the next, does not come
#: back to what is around.
STRIDE = 2
#: Rows of a slab that are parted into its slices at once, while they lie in the processor's cache: as many as do, as
#: the thread asks for the interpreter at each turn, and the interface waits for it then.
ROWS = 128
#: Bytes of a large page of Linux, which is cleared in the time of some ten small ones, of which it has 512. numpy asks
#: the system for large pages, and it gives them from where one begins.
LARGE_PAGE = 1 << 21


class Gatherer:
    """Gathers slices of a volume into contiguous memory.

    Across the axis along which voxels lie side by side in memory, every voxel of a slice is in a cache line of its own,
    whose other voxels belong to the next slices: one slice takes milliseconds at 512³, and a slab of eight takes half
    as long again. So a slab is gathered and parted into its slices, which lie ready then; those that are nearest are
    kept; and those around are gathered meanwhile, on another thread, as the hand goes on sooner than they take.

    Parameters
    ----------
    array : (I, J, K) array
        In any memory order; it must stay as it is.
    sampling : Sampling, optional
        What is to be kept of slices, all of which are across one axis then.

    Examples
    --------
    >>> volume = np.arange(24).reshape(2, 3, 4, order="F")
    >>> Gatherer(volume).take(0, 1).tolist() == volume[1].tolist()
    True
    """

    def __init__(self, array: NDArray[Any], sampling: Sampling | None = None) -> None:
        self._array, self._sampling = array, sampling
        self._fast = int(np.argmin(array.strides))
        self._width = PIECE.itemsize // array.itemsize
        count = array.shape[self._fast]
        self._is_worthwhile = (
            array.size // max(1, count) >= WORTHWHILE
            and count > self._width > 1
            and array.strides[self._fast] == array.itemsize
        )
        # Bytes of a slab, how many are kept, and how many are gathered ahead on each side.
        kept = array.size // max(1, count) if sampling is None else math.prod(map(len, sampling.kept))
        self._bytes: int = kept * PIECE.itemsize
        self._most = max(KEPT, min(max(ROOM, array.nbytes // SHARE), LARGER * ROOM) // max(1, self._bytes))
        self._ahead = max(1, self._most // 4)
        self._pool = Pool(self._most + 2)  # two more, as both threads may be about to keep one
        # What is in it never changes, so that only the two that put something there need to wait for each other.
        self._slabs: dict[int, _Slab] = {}
        self._lock = Lock()
        # The slab that was asked for last; the one around which they are gathered, and the one that is being so.
        self._last: int | None = None
        self._near = -1
        self._in_hand: int | None = None
        self._is_at_work = False
        #: How many slices were picked from a slab that had been gathered before.
        self.picked = 0

    def take(self, axis: int, index: int) -> NDArray[Any]:
        """Return one slice in contiguous memory beside the volume, in the order in which it lies in that.

        It stays as it is, and is not to be written to.
        """
        if axis != self._fast or not self._is_worthwhile:
            return self._alone(axis, index)
        number = index // self._width
        before, self._last = self._last, number
        if before is None:  # whoever goes through time sees one slice of each volume
            return self._alone(axis, index)
        slab = self._slabs.get(number)
        self.picked += slab is not None
        if slab is None and number != self._in_hand:
            slab = self._gathered(number)
        if number != self._near and abs(number - before) <= STRIDE:
            self._look_around(number)
        return self._alone(axis, index) if slab is None else slab.pick(index)

    def _alone(self, axis: int, index: int) -> NDArray[Any]:
        """Gather one slice by itself."""
        kept = self._sampling
        values = take(self._array, axis, index) if kept is None else kept.of(cut(self._array, axis, index))
        values.setflags(write=False)
        return values

    def look(self, axis: int, index: int) -> NDArray[Any]:
        """Return one slice as `take` does, or where it lies in the volume, if it is to be gone through just once."""
        if axis != self._fast or not self._is_worthwhile:
            return cut(self._array, axis, index)
        return self.take(axis, index)

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return len(self._slabs) * self._bytes

    def _gathered(self, number: int) -> _Slab:
        """Gather a slab, and keep it, in place of the one that is farthest from it."""
        # The last one goes as far as the volume, and begins earlier for that.
        start = min(number * self._width, self._array.shape[self._fast] - self._width)
        slab = _Slab(self._array, self._fast, slice(start, start + self._width), self._room(), self._sampling)
        with self._lock:
            if len(self._slabs) >= self._most:
                del self._slabs[max(self._slabs, key=lambda other: abs(other - number))]
            self._slabs[number] = slab
        return slab

    def _room(self) -> Bytes:
        """Return memory for a slab, from where a large page begins if it fills one."""
        if self._bytes < LARGE_PAGE:
            return self._pool.empty((self._bytes,), np.uint8)
        block = self._pool.empty((self._bytes + LARGE_PAGE,), np.uint8)
        start = -block.ctypes.data % LARGE_PAGE
        return block[start : start + self._bytes]

    def _missing(self) -> int | None:
        """Return the nearest slab that is not there, of those that are to be gathered ahead."""
        near, last = self._near, (self._array.shape[self._fast] - 1) // self._width
        wanted = range(max(0, near - self._ahead), min(last, near + self._ahead) + 1)
        return min(set(wanted) - self._slabs.keys(), key=lambda number: (abs(number - near), -number), default=None)

    def _look_around(self, number: int) -> None:
        """Have the slabs around one gathered, unless they are there or somebody is at it."""
        with self._lock:
            self._near = number
            if self._is_at_work or self._missing() is None:
                return
            self._is_at_work = True
        _beside().submit(_go_on, ref(self))

    def gather_next(self) -> bool:
        """Gather the nearest slab that is missing, on the other thread; return whether there was one."""
        with self._lock:
            self._in_hand = number = self._missing()
            self._is_at_work = number is not None
        if number is None:
            return False
        try:
            self._gathered(number)
        except MemoryError:  # the slices are cut from the volume then, and the next step of the hand tries again
            with self._lock:
                self._in_hand, self._is_at_work = None, False
            return False
        return True


class Gatherers:
    """What gathers whole slices of a volume, and by axis what is kept of them."""

    def __init__(self) -> None:
        self._made: dict[int | None, tuple[Hashable, Sampling | None, Gatherer]] = {}

    def clear(self) -> None:
        """Give all up, as what is shown is another volume."""
        self._made.clear()

    def of(self, array: NDArray[Any], name: Hashable, axis: int, sampling: Sampling | None = None) -> Gatherer:
        """Return what gathers slices across an axis.

        Parameters
        ----------
        array : (I, J, K) array
        name : hashable
            By which the array is known again.
        axis : int
        sampling : Sampling, optional
            What is kept of them; all without.
        """
        place = None if sampling is None else axis
        made = self._made.get(place)
        if made is None or made[0] != name or made[1] is not sampling:
            if sampling is not None:
                self._made.pop(None, None)  # which would hold as much again
            self._made[place] = made = (name, sampling, Gatherer(array, sampling))
        return made[2]


@cache
def _beside() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="slabs", initializer=stand_back)


def _go_on(gatherer: ReferenceType[Gatherer]) -> None:
    """Gather one slab, as long as somebody has a use for it; then it is the turn of another volume."""
    wanted = gatherer()
    if wanted is not None and wanted.gather_next():
        _beside().submit(_go_on, gatherer)


class _Slab:
    """Some slices, gathered row by row of the slowest axis of the volume."""

    def __init__(
        self, array: NDArray[Any], axis: int, span: slice, room: Bytes, sampling: Sampling | None = None
    ) -> None:
        others = [other for other in range(3) if other != axis]
        #: Whether the lower of the two other axes is the faster one.
        self._turned = abs(array.strides[others[0]]) < abs(array.strides[others[1]])
        order = (*(reversed(others) if self._turned else others), axis)
        source: NDArray[Any] = array.transpose(order)[..., span].view(PIECE)[..., 0]
        kept, shape = None, source.shape
        if sampling is not None:
            kept = sampling.kept[::-1] if self._turned else sampling.kept
            shape = (len(kept[0]), len(kept[1]))
        self._slices = room.view(array.dtype).reshape(span.stop - span.start, *shape)
        self._start = span.start
        for start in range(0, shape[0], ROWS):
            some = slice(start, start + ROWS)
            # Whole rows first: to go from one voxel that is kept to the next takes longer than to gather those between.
            pieces = np.ascontiguousarray(source[some]) if kept is None else source[kept[0][some]].take(kept[1], 1)
            voxels = pieces.view(self._slices.dtype).reshape(*pieces.shape, -1)
            np.copyto(self._slices[:, start : start + ROWS], voxels.transpose(2, 0, 1))

    def pick(self, index: int) -> NDArray[Any]:
        values: NDArray[Any] = self._slices[index - self._start]
        values.setflags(write=False)
        return values.T if self._turned else values
