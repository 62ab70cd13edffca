"""Slices across the axis along which voxels lie side by side, gathered ahead of whoever scrolls through them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.box import Box
from maskeditor.model.view.slices import take

#: Bytes along the fastest axis that are gathered together, and fewest and most slices that they make.
RUN, FEWEST, MOST = 16, 4, 16
#: Voxels of a slice below which gathering it takes no time to speak of.
WORTHWHILE = 1 << 14
#: Slices that a scroll may skip and still be met by what was gathered ahead.
STRIDE = 2
#: Slabs that are kept: the one being scrolled through, the next, and the one before, for whoever turns round.
KEPT = 3


class Gatherer:
    """Gathers slices of a volume into contiguous memory.

    Across the axis along which voxels lie side by side in memory, every voxel of a slice is in a cache line of its own,
    whose other voxels belong to the next slices: one slice takes milliseconds at 512³, and eight take little more. So
    each slice that is asked for in a scroll also gathers a part of a slab of slices ahead, from which the following
    ones are picked in a tenth of the time.

    Parameters
    ----------
    array : (I, J, K) array
        In any memory order. Whoever changes it calls `forget`.

    Examples
    --------
    >>> volume = np.arange(24).reshape(2, 3, 4, order="F")
    >>> Gatherer(volume).take(0, 1).tolist() == volume[1].tolist()
    True
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array
        self._fast = int(np.argmin(array.strides))
        self._width = min(MOST, max(FEWEST, RUN // array.itemsize))
        count = array.shape[self._fast]
        self._looks_ahead = array.size // count >= WORTHWHILE and count > self._width
        self._slabs: dict[int, _Slab] = {}
        self._last = 0
        #: How many slices were picked from what had been gathered ahead.
        self.picked = 0

    def take(self, axis: int, index: int) -> NDArray[Any]:
        """Return one slice in new contiguous memory, in the order in which it lies in the volume."""
        if axis != self._fast or not self._looks_ahead:
            return take(self._array, axis, index)
        number, place = divmod(index, self._width)
        slab = self._slabs.get(number)
        is_ready = slab is not None and slab.is_full
        if slab is not None and is_ready:
            values = slab.pick(place)
            self.picked += 1
        else:
            values = take(self._array, axis, index)
        step = index - self._last
        if 0 < abs(step) <= STRIDE:
            self._prepare(number + (1 if step > 0 else -1) * is_ready)
        self._last = index
        return values

    def forget(self, box: Box) -> None:
        """Drop what was gathered of voxels inside a box."""
        first, last = box.start[self._fast] // self._width, (box.stop[self._fast] - 1) // self._width
        for number in [number for number in self._slabs if first <= number <= last]:
            del self._slabs[number]

    def _prepare(self, number: int) -> None:
        """Gather a part of a slab, if there is such a slab."""
        if not 0 <= number <= (self._array.shape[self._fast] - 1) // self._width:
            return
        if number not in self._slabs:
            spare = None
            if len(self._slabs) == KEPT:
                spare = self._slabs.pop(max(self._slabs, key=lambda other: abs(other - number)))
            span = slice(number * self._width, (number + 1) * self._width)
            self._slabs[number] = _Slab(self._array, self._fast, span, spare)
        self._slabs[number].gather_more()


class _Slab:
    """Some slices, interleaved as they lie in the volume, gathered row by row of its slowest axis."""

    def __init__(self, array: NDArray[Any], axis: int, span: slice, spare: _Slab | None) -> None:
        others = [other for other in range(3) if other != axis]
        #: Whether the lower of the two other axes is the faster one.
        self._turned = abs(array.strides[others[0]]) < abs(array.strides[others[1]])
        order = (*(reversed(others) if self._turned else others), axis)
        self._source = array.transpose(order)[..., span]
        shape = self._source.shape
        fits = spare is not None and spare._data.shape == shape  # noqa: SLF001 - of the same class
        # Memory that has been used is several times faster to write to than new memory.
        self._data: NDArray[Any] = spare._data if spare is not None and fits else np.empty(shape, array.dtype)  # noqa: SLF001
        self._done = 0
        # Twice as fast as the slices are used up, so that it is ready in time from wherever a scroll begins.
        self._part = -(-2 * shape[0] // shape[2])

    @property
    def is_full(self) -> bool:
        return self._done >= len(self._data)

    def gather_more(self) -> None:
        rows = slice(self._done, self._done + self._part)
        np.copyto(self._data[rows], self._source[rows])
        self._done += self._part

    def pick(self, place: int) -> NDArray[Any]:
        values: NDArray[Any] = np.ascontiguousarray(self._data[:, :, place])
        return values.T if self._turned else values
