"""Boxes of voxels: where a mask is, and where it changed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array

Voxel = tuple[int, int, int]


class Box(NamedTuple):
    """A half-open box of voxels: `start` inside, `stop` outside, per axis.

    Examples
    --------
    >>> box = Box((1, 1, 1), (3, 4, 2))
    >>> box.shape, box.size
    ((2, 3, 1), 6)
    >>> box.grown(1, (4, 4, 4))
    Box(start=(0, 0, 0), stop=(4, 4, 3))
    """

    start: Voxel
    stop: Voxel

    @classmethod
    def whole(cls, shape: Voxel) -> Box:
        """Return the box of a whole volume of this shape."""
        return cls((0, 0, 0), shape)

    @property
    def shape(self) -> Voxel:
        """Voxels along each axis."""
        (a, b, c), (d, e, f) = self
        return (d - a, e - b, f - c)

    @property
    def size(self) -> int:
        """Number of voxels."""
        i, j, k = self.shape
        return i * j * k

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """The index that picks this box out of an array."""
        (a, b, c), (d, e, f) = self
        return (slice(a, d), slice(b, e), slice(c, f))

    def part(self, index: tuple[slice, slice, slice]) -> Box:
        """Return the box of a part of it, given by what picks this out of an array of its shape.

        Examples
        --------
        >>> Box((1, 2, 3), (5, 6, 7)).part((slice(None), slice(2, 9), slice(0, 1)))
        Box(start=(1, 4, 3), stop=(5, 6, 4))
        """
        (a, d, _), (b, e, _), (c, f, _) = (span.indices(n) for span, n in zip(index, self.shape, strict=True))
        return Box((a, b, c), (d, e, f)).moved(self.start)

    def across(self, axis: int, index: int) -> Box:
        """Return the slice of the box across an axis, one voxel thick."""
        start, stop = list(self.start), list(self.stop)
        start[axis] += index
        stop[axis] = start[axis] + 1
        return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))

    def spans(self, axis: int) -> tuple[slice, slice]:
        """Return what picks the box out of a slice across an axis.

        Examples
        --------
        >>> Box((1, 2, 3), (5, 6, 7)).spans(1)
        (slice(1, 5, None), slice(3, 7, None))
        """
        first, second = (span for other, span in enumerate(self.slices) if other != axis)
        return (first, second)

    def union(self, other: Box | None) -> Box:
        """Return the smallest box that holds both."""
        if other is None:
            return self
        (a, b, c), (d, e, f) = self
        (u, v, w), (x, y, z) = other
        return Box((min(a, u), min(b, v), min(c, w)), (max(d, x), max(e, y), max(f, z)))

    def intersection(self, other: Box) -> Box | None:
        """Return the box in both, or None."""
        (a, b, c), (d, e, f) = self
        (u, v, w), (x, y, z) = other
        a, b, c, d, e, f = max(a, u), max(b, v), max(c, w), min(d, x), min(e, y), min(f, z)
        return Box((a, b, c), (d, e, f)) if a < d and b < e and c < f else None

    def grown(self, by: int | Voxel, shape: Voxel) -> Box:
        """Return the box grown by some voxels on every side, kept inside a volume of this shape."""
        x, y, z = (by, by, by) if isinstance(by, int) else by
        (a, b, c), (d, e, f) = self
        return Box(
            (max(0, a - x), max(0, b - y), max(0, c - z)),
            (min(shape[0], d + x), min(shape[1], e + y), min(shape[2], f + z)),
        )

    def cut(self, axis: int, first: int, stop: int) -> Box:
        """Return the part of the box between two slices across an axis, the second of which lies outside.

        Examples
        --------
        >>> Box.whole((4, 5, 6)).cut(1, 3, 4)
        Box(start=(0, 3, 0), stop=(4, 4, 6))
        """
        start, end = list(self.start), list(self.stop)
        start[axis], end[axis] = first, stop
        return Box((start[0], start[1], start[2]), (end[0], end[1], end[2]))

    def moved(self, by: Voxel) -> Box:
        """Return the box moved by some voxels."""
        (a, b, c), (d, e, f) = self
        x, y, z = by
        return Box((a + x, b + y, c + z), (d + x, e + y, f + z))

    def within(self, outer: Box) -> Box:
        """Return this box in the coordinates of an outer box."""
        (a, b, c), (d, e, f) = self
        x, y, z = outer.start
        return Box((a - x, b - y, c - z), (d - x, e - y, f - z))


def bounding_box(mask: NDArray[np.bool_]) -> Box | None:
    """Return the smallest box that holds every true voxel, or None for an empty mask.

    Parameters
    ----------
    mask : (I, J, K) array of bool

    Examples
    --------
    >>> mask = np.zeros((4, 5, 6), bool)
    >>> mask[1, 2:4, 5] = True
    >>> bounding_box(mask)
    Box(start=(1, 2, 5), stop=(2, 4, 6))
    """
    # The slowest axis in memory goes first: whole planes are then passed over by contiguous reads, and the planes that
    # are left fall on one another in a single pass.
    turned = mask.strides[0] < mask.strides[2]
    view = mask.T if turned else mask
    planes = _ends(np.logical_or.reduce(view, axis=(1, 2)))
    if planes is None:
        return None
    shadow = np.logical_or.reduce(view[slice(*planes)], axis=0)
    rows, columns = _ends(np.logical_or.reduce(shadow, axis=1)), _ends(np.logical_or.reduce(shadow, axis=0))
    assert rows is not None
    assert columns is not None
    ends = (columns, rows, planes) if turned else (planes, rows, columns)
    return Box((ends[0][0], ends[1][0], ends[2][0]), (ends[0][1], ends[1][1], ends[2][1]))


def bounding_box_of_others(values: Array, value: float | np.generic) -> Box | None:
    """Return the smallest box that holds every voxel of another value; None if there is none.

    Parameters
    ----------
    values : (I, J, K) array of any real type
    value : number

    Examples
    --------
    >>> values = np.zeros((4, 5, 6), np.int16)
    >>> values[1, 2:4, 5] = 7
    >>> bounding_box_of_others(values, 0)
    Box(start=(1, 2, 5), stop=(2, 4, 6))
    """
    # Plane by plane as they lie in memory, so that no volume is needed beside it.
    slowest = int(np.argmax(np.abs(values.strides)))
    box, whole = None, Box.whole(values.shape)
    for plane in range(values.shape[slowest]):
        there = whole.across(slowest, plane)
        found = bounding_box(values[there.slices] != value)
        box = found.moved(there.start).union(box) if found is not None else box
    return box


def _ends(hit: NDArray[np.bool_]) -> tuple[int, int] | None:
    """Return the first and one past the last true element."""
    places = hit.nonzero()[0]
    return (int(places[0]), int(places[-1]) + 1) if places.size else None
