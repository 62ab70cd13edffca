"""Slices across the axis along which voxels lie side by side, gathered ahead of whoever scrolls through them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.model.view.slices import take

#: What is gathered at once: sixteen bytes along the fastest axis, moved as one number, whatever they are.
PIECE = np.dtype(np.complex128)
#: Voxels of a slice below which gathering it takes no time to speak of.
WORTHWHILE = 1 << 14
#: Slabs that are kept at least: the one being scrolled through, the next, and the one before, for whoever turns round;
#: and bytes that more may take, for whoever moves about: in half of the slices of 512³ voxels of two bytes each.
KEPT, ROOM = 3, 1 << 27


class Gatherer:
    """Gathers slices of a volume into contiguous memory.

    Across the axis along which voxels lie side by side in memory, every voxel of a slice is in a cache line of its own,
    whose other voxels belong to the next slices: one slice takes milliseconds at 512³, and a slab of eight takes a
    tenth more. So a slab is gathered, of which one slice after the other is picked in a tenth of the time; those that
    are nearest are kept; and whoever scrolls through it has the next one gathered meanwhile, a part with each slice.

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
        self._last: int | None = None
        #: How many slices were picked from a slab that had been gathered before.
        self.picked = 0

    def take(self, axis: int, index: int) -> NDArray[Any]:
        """Return one slice in new contiguous memory, in the order in which it lies in the volume."""
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

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return len(self._slabs) * self._bytes

    def _prepare(self, number: int, turns: int) -> None:
        """Gather a part of a slab, if there is such a slab, that will be needed after some turns."""
        if 0 <= number <= (self._array.shape[self._fast] - 1) // self._width:
            self._slab(number).gather(turns)

    def _slab(self, number: int) -> _Slab:
        if number not in self._slabs:
            spare = None
            if len(self._slabs) >= max(KEPT, ROOM // self._bytes):
                spare = self._slabs.pop(max(self._slabs, key=lambda other: abs(other - number)))
            # The last one goes as far as the volume, and begins earlier for that.
            start = min(number * self._width, self._array.shape[self._fast] - self._width)
            self._slabs[number] = _Slab(self._array, self._fast, slice(start, start + self._width), spare)
        return self._slabs[number]


class _Slab:
    """Some slices, interleaved as they lie in the volume, gathered row by row of its slowest axis."""

    def __init__(self, array: NDArray[Any], axis: int, span: slice, spare: _Slab | None) -> None:
        others = [other for other in range(3) if other != axis]
        #: Whether the lower of the two other axes is the faster one.
        self._turned = abs(array.strides[others[0]]) < abs(array.strides[others[1]])
        order = (*(reversed(others) if self._turned else others), axis)
        self._source: NDArray[Any] = array.transpose(order)[..., span].view(PIECE)[..., 0]
        # Memory that has been used is several times faster to write to than new memory.
        self._data: NDArray[Any] = spare._data if spare is not None else np.empty(self._source.shape, PIECE)  # noqa: SLF001 - of the same class
        self._start, self._type = span.start, array.dtype
        self._done = 0

    @property
    def is_full(self) -> bool:
        return self._done >= len(self._data)

    def gather(self, turns: int) -> None:
        """Gather what is left, or a part of it, so that all will be there after some turns."""
        if not self.is_full:
            rows = slice(self._done, self._done - (self._done - len(self._data)) // turns)
            np.copyto(self._data[rows], self._source[rows])
            self._done = rows.stop

    def pick(self, index: int) -> NDArray[Any]:
        slices = self._data.view(self._type).reshape(*self._data.shape, -1)
        values: NDArray[Any] = np.ascontiguousarray(slices[:, :, index - self._start])
        return values.T if self._turned else values
