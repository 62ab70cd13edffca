"""Slices across the axis along which voxels lie side by side, gathered ahead of whoever scrolls through them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Bytes
from maskeditor.model.view.room import Room
from maskeditor.model.view.slices import cut, take

#: What is gathered at once: sixteen bytes along the fastest axis, moved as one number, whatever they are.
PIECE = np.dtype(np.complex128)
#: Voxels of a slice below which gathering it takes no time to speak of.
WORTHWHILE = 1 << 14
#: Slabs that are kept at least: the one being scrolled through, the next, and the one before, for whoever turns round;
#: and bytes that more may take, for whoever moves about: in half of the slices of 512³ voxels of two bytes each.
KEPT, ROOM = 3, 1 << 27
#: Rows of a slab that are parted into its slices at once, while they lie in the processor's cache.
ROWS = 32


class Gatherer:
    """Gathers slices of a volume into contiguous memory.

    Across the axis along which voxels lie side by side in memory, every voxel of a slice is in a cache line of its own,
    whose other voxels belong to the next slices: one slice takes milliseconds at 512³, and a slab of eight takes half
    as long again. So a slab is gathered and parted into its slices, which lie ready then; those that are nearest are
    kept; and whoever scrolls through it has the next one gathered meanwhile, a part with each slice.

    Parameters
    ----------
    array : (I, J, K) array
        In any memory order; it must stay as it is.

    Examples
    --------
    >>> volume = np.arange(24).reshape(2, 3, 4, order="F")
    >>> Gatherer(volume).take(0, 1).tolist() == volume[1].tolist()
    True
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array
        self._fast = int(np.argmin(array.strides))
        self._width = PIECE.itemsize // array.itemsize
        count = array.shape[self._fast]
        self._is_worthwhile = (
            array.size // max(1, count) >= WORTHWHILE
            and count > self._width > 1
            and array.strides[self._fast] == array.itemsize
        )
        self._slabs: dict[int, _Slab] = {}
        #: Bytes of a slab.
        self._bytes: int = array.size // max(1, count) * PIECE.itemsize
        self._most = max(KEPT, ROOM // max(1, self._bytes))
        self._room = Room(self._bytes, self._most)
        self._last: int | None = None
        #: How many slices were picked from a slab that had been gathered before.
        self.picked = 0

    def take(self, axis: int, index: int) -> NDArray[Any]:
        """Return one slice in contiguous memory beside the volume, in the order in which it lies in that.

        It stays as it is, and is not to be written to.
        """
        if axis != self._fast or not self._is_worthwhile:
            return take(self._array, axis, index)
        number, place = divmod(index, self._width)
        before, self._last = self._last, index
        if before is None:  # whoever goes through time sees one slice of each volume
            return take(self._array, axis, index)
        step = index - before
        slab = self._slab(number)
        self.picked += slab.is_full
        slab.gather(turns=1)
        if 0 < 2 * abs(step) <= self._width:  # of longer steps, the next slab would be needed all at once
            ahead = self._width - 1 - place if step > 0 else place
            self._prepare(number + (1 if step > 0 else -1), turns=1 + ahead // abs(step))
        return slab.pick(index)

    def look(self, axis: int, index: int) -> NDArray[Any]:
        """Return one slice as `take` does, or where it lies in the volume, if it is to be gone through just once."""
        if axis != self._fast or not self._is_worthwhile:
            return cut(self._array, axis, index)
        return self.take(axis, index)

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return len(self._slabs) * self._bytes + self._room.nbytes

    def _prepare(self, number: int, turns: int) -> None:
        """Gather a part of a slab, if there is such a slab, that will be needed after some turns."""
        if 0 <= number <= (self._array.shape[self._fast] - 1) // self._width:
            self._slab(number).gather(turns)

    def _slab(self, number: int) -> _Slab:
        if number not in self._slabs:
            if len(self._slabs) >= self._most:
                del self._slabs[max(self._slabs, key=lambda other: abs(other - number))]
            # The last one goes as far as the volume, and begins earlier for that.
            start = min(number * self._width, self._array.shape[self._fast] - self._width)
            span = slice(start, start + self._width)
            self._slabs[number] = _Slab(self._array, self._fast, span, self._room.taken())
        return self._slabs[number]


class _Slab:
    """Some slices, gathered row by row of the slowest axis of the volume."""

    def __init__(self, array: NDArray[Any], axis: int, span: slice, room: Bytes) -> None:
        others = [other for other in range(3) if other != axis]
        #: Whether the lower of the two other axes is the faster one.
        self._turned = abs(array.strides[others[0]]) < abs(array.strides[others[1]])
        order = (*(reversed(others) if self._turned else others), axis)
        self._source: NDArray[Any] = array.transpose(order)[..., span].view(PIECE)[..., 0]
        self._slices = room.view(array.dtype).reshape(span.stop - span.start, *self._source.shape)
        self._start, self._done = span.start, 0

    @property
    def is_full(self) -> bool:
        return self._done >= len(self._source)

    def gather(self, turns: int) -> None:
        """Gather what is left, or a part of it, so that all will be there after some turns."""
        stop = self._done - (self._done - len(self._source)) // turns
        for start in range(self._done, stop, ROWS):
            rows = slice(start, min(start + ROWS, stop))
            pieces = np.ascontiguousarray(self._source[rows])
            voxels = pieces.view(self._slices.dtype).reshape(*pieces.shape, -1)
            np.copyto(self._slices[:, rows], voxels.transpose(2, 0, 1))
        self._done = stop

    def pick(self, index: int) -> NDArray[Any]:
        values: NDArray[Any] = self._slices[index - self._start]
        values.setflags(write=False)
        return values.T if self._turned else values
