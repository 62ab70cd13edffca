"""How often pairs of intensities occur together, and which pairs lie in a region of such a histogram."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, BoolArray, Counts, Floats

#: Cells along each side of the table that a region is looked up in.
CELLS = 512

#: What makes intensities of values that are stored; None if they are these already.
Scaled = Callable[[Array], Array] | None

#: What a cell of the table says of the pairs in it, where it is not 0.
_INSIDE, _UNSURE = 1, 2


class Bins:
    """Equal bins along one axis, into which values are sorted as `numpy.histogram2d` sorts them.

    Parameters
    ----------
    count : int
    low, high : float
        Both are counted; low < high.
    dtype : dtype
        Of the values.
    scaled : callable, optional
        Makes the numbers that are sorted of the values.

    Examples
    --------
    >>> Bins(4, 0.0, 8.0, np.dtype(float)).numbers(np.array([0.0, 1.9, 2.0, 8.0, 8.1, np.nan])).tolist()
    [0, 0, 1, 3, 4, 4]
    """

    def __init__(self, count: int, low: float, high: float, dtype: np.dtype[Any], scaled: Scaled = None) -> None:
        self.count = count
        self.edges = np.linspace(low, high, count + 1)
        self._scaled = scaled or (lambda values: values)
        self._table: NDArray[np.uint16] | None = None
        if dtype.kind in "iu" and dtype.itemsize <= 2:
            self._table = self._sorted_in(self._scaled(_every(dtype)))

    def numbers(self, values: Array) -> NDArray[np.uint16]:
        """Return the number of each value's bin, (...) of uint16; `count` for what lies outside or is no number."""
        if self._table is None:
            return self._sorted_in(self._scaled(values))
        found: NDArray[np.uint16] = self._table[values.view(f"u{values.itemsize}")]
        return found

    def _sorted_in(self, values: Array) -> NDArray[np.uint16]:
        values = values.astype(np.float64, copy=False)
        low, high = self.edges[0], self.edges[-1]
        inside = (values >= low) & (values <= high)
        # What lies outside may lie too far away for its distance.
        place = (np.where(inside, values, low) - low) * (self.count / (high - low))
        numbers = np.minimum(place.astype(np.uint16), self.count - 1)
        # Where rounding might decide, the edges themselves do.
        slack = 1e-9 + 8 * np.finfo(np.float64).eps * (np.abs(self.edges).max() / (high - low) * self.count)
        near = np.abs(place - np.rint(place)) <= slack
        if near.any():
            exact = np.searchsorted(self.edges, values[near], side="right") - 1
            numbers[near] = np.clip(exact, 0, self.count - 1)
        numbers[~inside] = self.count
        sorted_in: NDArray[np.uint16] = numbers
        return sorted_in


def _every(dtype: np.dtype[Any]) -> Array:
    """Return all values of a type of one or two bytes, in the order of their unsigned ones."""
    return np.arange(1 << 8 * dtype.itemsize, dtype=np.uint16).astype(f"u{dtype.itemsize}").view(dtype)


def joint_counts(pairs: Iterable[tuple[Array, Array]], first: Bins, second: Bins) -> Counts:
    """Count pairs of values in cells; equal to `numpy.histogram2d`.

    Parameters
    ----------
    pairs : iterable of two arrays
        Each (N,) or (I, J, K) array of int or float: values of both images at the same voxels, some at a time.
    first, second : Bins
        Of at most 4,096 bins.

    Returns
    -------
    (first.count, second.count) array of int

    Examples
    --------
    >>> bins = Bins(2, 0.0, 2.0, np.dtype(float))
    >>> joint_counts([(np.array([0.0, 1.5, 2.0]), np.array([0.5, 0.5, 1.0]))], bins, bins).tolist()
    [[1, 0], [1, 1]]
    """
    rows, columns = first.count + 1, second.count + 1
    counts = np.zeros(rows * columns, np.intp)
    for one, other in pairs:
        cell = first.numbers(one).astype(np.int32)
        cell *= columns
        cell += second.numbers(other)
        counts += np.bincount(cell.ravel(order="K"), minlength=rows * columns)
    return counts.reshape(rows, columns)[:-1, :-1]


class Region:
    """A polygon over two axes of intensities, in which pairs are looked up by a table.

    A pair belongs to it that lies inside by the even-odd rule, or on the outline: `in_polygon` says so, and the table
    only saves asking it for pairs that lie in cells which no side of the polygon touches.

    Parameters
    ----------
    corners : (N, 2) array_like of float
        At least three.

    Examples
    --------
    >>> triangle = Region([(0, 0), (4, 0), (0, 4)])
    >>> triangle.holds(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])).tolist()
    [True, True, False]
    """

    def __init__(self, corners: Any) -> None:
        self.corners: Floats = np.asarray(corners, np.float64)
        self._low = self.corners.min(axis=0)
        width = self.corners.max(axis=0) - self._low
        # The farthest corner lies in the last cell.
        self._scale = CELLS * (1 - 1e-9) / np.maximum(width, 1e-300)
        # With a cell round about for what lies outside.
        self._table = np.pad(self._cells(), 1).ravel()
        # Of each value that a type of one or two bytes can hold.
        self._places_of_stored: dict[int, NDArray[np.int32]] = {}

    def holds(self, first: Array, second: Array, scaled: tuple[Scaled, Scaled] = (None, None)) -> BoolArray:
        """Return which pairs belong to the region, (...) of bool; NaN belongs to none.

        Parameters
        ----------
        first, second : (...) array of int or float
        scaled : two callables, optional
            Make the intensities of the values; for all calls the same ones.
        """
        cell = self._places(first, 0, scaled[0]) * np.int32(CELLS + 2)
        cell += self._places(second, 1, scaled[1])
        states = self._table.take(cell)
        found: BoolArray = states == _INSIDE
        unsure = np.nonzero(states == _UNSURE)
        if unsure[0].size:
            few = [
                one[unsure] if how is None else how(one[unsure])
                for one, how in zip((first, second), scaled, strict=True)
            ]
            found[unsure] = in_polygon(few[0], few[1], self.corners)
        return found

    def _places(self, values: Array, axis: int, scaled: Scaled) -> NDArray[np.int32]:
        """Return the numbers of the cells, from 1, that values lie in along an axis."""
        if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
            if axis not in self._places_of_stored:
                self._places_of_stored[axis] = self._reckoned(_every(values.dtype), axis, scaled)
            found: NDArray[np.int32] = self._places_of_stored[axis][values.view(f"u{values.itemsize}")]
            return found
        return self._reckoned(values, axis, scaled)

    def _reckoned(self, values: Array, axis: int, scaled: Scaled) -> NDArray[np.int32]:
        values = values if scaled is None else scaled(values)
        with np.errstate(over="ignore", invalid="ignore"):
            place = np.subtract(values, self._low[axis], dtype=np.float64)
            place *= self._scale[axis]
        # NaN too is put outside.
        np.fmin(np.fmax(place, -1, out=place), CELLS, out=place)
        place += 1
        found: NDArray[np.int32] = place.astype(np.int32)
        return found

    def _cells(self) -> NDArray[np.uint8]:
        """Return what each cell says, (CELLS, CELLS)."""
        placed = (self.corners - self._low) * self._scale
        crossed = np.zeros((CELLS, CELLS + 1), np.bool_)
        touched = np.zeros((CELLS + 2, CELLS + 2), np.bool_)
        for (x0, y0), (x1, y1) in zip(placed.tolist(), np.roll(placed, -1, axis=0).tolist(), strict=True):
            share = np.linspace(0, 1, 2 + int(4 * max(abs(x1 - x0), abs(y1 - y0))))
            touched[(x0 + share * (x1 - x0)).astype(np.intp) + 1, (y0 + share * (y1 - y0)).astype(np.intp) + 1] = True
            if x0 > x1:
                x0, y0, x1, y1 = x1, y1, x0, y0
            rows = np.arange(max(0, math.ceil(x0 - 0.5)), min(CELLS, math.ceil(x1 - 0.5)))
            if rows.size:
                where = y0 + (rows + 0.5 - x0) * (y1 - y0) / (x1 - x0)
                crossed[rows, np.clip(np.ceil(where - 0.5), 0, CELLS).astype(np.intp)] ^= True
        table = np.logical_xor.accumulate(crossed, axis=1)[:, :CELLS].astype(np.uint8)
        # Cells beside a side too, as places are rounded.
        wide = touched[:-2] | touched[1:-1] | touched[2:]
        table[wide[:, :-2] | wide[:, 1:-1] | wide[:, 2:]] = _UNSURE
        return table


def in_polygon(first: Array, second: Array, corners: Any) -> BoolArray:
    """Return which pairs lie inside a polygon by the even-odd rule, or on its outline.

    Parameters
    ----------
    first, second : (...) array of int or float
        Compared in float64.
    corners : (N, 2) array_like of float

    Examples
    --------
    >>> square = [(0, 0), (2, 0), (2, 2), (0, 2)]
    >>> in_polygon(np.array([1.0, 2.0, 2.1]), np.array([1.0, 2.0, 1.0]), square).tolist()
    [True, True, False]
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    inside, on_it = np.zeros(first.shape, bool), np.zeros(first.shape, bool)
    ends = np.asarray(corners, np.float64)
    for one, other in zip(ends.tolist(), np.roll(ends, -1, axis=0).tolist(), strict=True):
        # From below, so that two sides between the same corners are rounded alike.
        (y0, x0), (y1, x1) = sorted((one[::-1], other[::-1]))
        with np.errstate(over="ignore", invalid="ignore"):
            beside = (x1 - x0) * (second - y0) - (first - x0) * (y1 - y0)
        # A corner belongs to the side above it, so that a line through it is crossed once.
        inside ^= (y0 <= second) & (second < y1) & (beside > 0)
        within = (first >= min(x0, x1)) & (first <= max(x0, x1)) & (second >= y0) & (second <= y1)
        on_it |= within & (beside == 0)
    # Rounded, a pair just beside a corner might seem to be inside.
    inside &= (first >= ends[:, 0].min()) & (first <= ends[:, 0].max())
    return inside | on_it
