"""The axes of arrays in the order of memory: what lies close together is worked on together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import BoolArray

SHORT_ROW = 64  # voxels of a row that does not fill a word
GATHERED = 4  # planes gathered at a time from a slab: what is read of them stays in the cache until all is copied


def memory_axes(array: NDArray[Any]) -> tuple[int, ...]:
    """Return the axes of an array (any shape) of any type, from the slowest in memory, those of length one first.

    Examples
    --------
    >>> memory_axes(np.zeros((2, 3, 4), order="F"))
    (2, 1, 0)
    """

    def speed(axis: int) -> tuple[bool, int]:
        return array.shape[axis] > 1, -abs(array.strides[axis])

    return tuple(sorted(range(array.ndim), key=speed))


def restored(view: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """Return what `array.transpose(axes)` was made of, for an array (as many axes) of any type: a view."""
    return view.transpose(np.argsort(axes))


def with_long_rows(mask: BoolArray) -> BoolArray:
    """Return a slab (I, J, K) of bool, thin along the axis contiguous in memory, as a copy with that axis slowest.

    Its rows would fill a small part of the words that they are packed to. Any other mask is returned as it is.

    Examples
    --------
    >>> with_long_rows(np.zeros((100, 100, 100), bool, order="F")[:5]).strides
    (10000, 1, 100)
    """
    slow, middle, fast = memory_axes(mask)
    is_whole = mask.flags.c_contiguous or mask.flags.f_contiguous
    if is_whole or not 1 < mask.shape[fast] < SHORT_ROW <= mask.shape[middle]:
        return mask
    view = mask.transpose(fast, slow, middle)
    copy = np.empty(view.shape, np.bool_)
    for start in range(0, view.shape[1], GATHERED):
        part = slice(start, start + GATHERED)
        copy[:, part] = view[:, part]
    return restored(copy, (fast, slow, middle))
