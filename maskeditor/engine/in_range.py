"""Which values of an image lie within bounds, compared as they are stored."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.memory_pool import results
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter, silent

#: Voxels handled at a time, so that what is read and written stays in the processor's cache.
CHUNK = 1 << 17
#: Bytes of an image compared at a time.
COMPARED = 1 << 19
#: Values that share their extremes: in a head's image, the air beside it fills blocks of its own.
BLOCK = 1 << 13

#: Pieces compared that are worth a thread of their own.
LEAST_ROWS = 8


class Extremes:
    """The lowest and the highest of each block of values, as far as known: they show where a range need not look.

    What is compared for the first time is read anyway, and its extremes are found on the way. Any threads may learn and
    look at the same time.

    Parameters
    ----------
    values : array of int or float
        In Fortran order; it is not held.

    Examples
    --------
    >>> values = np.zeros((BLOCK, 3, 1), np.int16, order="F")
    >>> values[0, 1] = 7
    >>> extremes = Extremes(values)
    >>> list(extremes.stretches(5, None))
    [(0, 3, True)]
    >>> extremes.learn(0, values.reshape(-1, order="F"))
    >>> list(extremes.stretches(5, None))
    [(0, 1, False), (1, 2, True), (2, 3, False)]
    """

    def __init__(self, values: Array) -> None:
        blocks, dtype = -(-values.size // BLOCK), values.dtype
        least, most = (-np.inf, np.inf) if dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        self._lowest, self._highest = np.full(blocks, least, dtype), np.full(blocks, most, dtype)
        self._known = np.zeros(blocks, np.bool_)

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self._lowest.nbytes + self._highest.nbytes + self._known.nbytes

    def stretches(self, lower: float | None, upper: float | None) -> Iterator[tuple[int, int, bool]]:
        """Yield first and one past the last block of each stretch, and whether a value in it may lie within bounds."""
        high_enough, low_enough = np.empty_like(self._known), np.empty_like(self._known)
        _comparison(self._highest.dtype, lower, None)(self._highest, high_enough)
        _comparison(self._lowest.dtype, None, upper)(self._lowest, low_enough)
        may_hold = high_enough & low_enough
        starts = np.flatnonzero(may_hold[1:] != may_hold[:-1]) + 1
        for start, stop in pairwise([0, *starts.tolist(), may_hold.size]):
            yield start, stop, bool(may_hold[start])

    def learn(self, first: int, values: Array) -> None:
        """Take in some values, (N,) of the type they are stored in, of which the first begins a block."""
        starts = np.arange(0, values.size, BLOCK)
        blocks = slice(first // BLOCK, first // BLOCK + starts.size)
        if not self._known[blocks].all():
            # What is not a number lies in no range, so it does not count.
            least, most = (np.fmin, np.fmax) if values.dtype.kind == "f" else (np.minimum, np.maximum)
            # Copied when they are final: another thread may look at the extremes meanwhile.
            self._lowest[blocks] = least.reduceat(values, starts)
            self._highest[blocks] = most.reduceat(values, starts)
            self._known[blocks] = True


def in_range(
    values: Array,
    lower: float | None,
    upper: float | None,
    *,
    scaled: Callable[[Array], Array] | None = None,
    extremes: Extremes | None = None,
    progress: Reporter | None = None,
) -> BoolArray:
    """Return which values lie within bounds, both included; NaN lies outside.

    Bounds are never rounded to the type of the values: what decides is the number that a stored value stands for, as
    a float64 (in which integers beyond 2^53 are rounded).

    Parameters
    ----------
    values : (I, J, K) array of int or float
    lower, upper : float, optional
        None is no bound. With integers, a bound that is an int is compared as an integer.
    scaled : callable, optional
        Applied to the values before they are compared, a chunk at a time.
    extremes : Extremes, optional
        Of the values, which must be in Fortran order: blocks known to lie outside the bounds are not read.
    progress : callable of float, optional

    Returns
    -------
    (I, J, K) array of bool
        In Fortran order.

    Examples
    --------
    >>> values = np.array([[[1, 2, 3, 4]]], dtype=np.int16)
    >>> in_range(values, 1.5, 3)
    array([[[False,  True,  True, False]]])
    """
    made = results.empty(values.shape, order="F")
    dtype = values.dtype if scaled is None else np.dtype(np.float64)
    length = COMPARED // values.itemsize
    if not values.flags.f_contiguous:
        compare, report = _comparison(dtype, lower, upper), progress or silent
        for part, done in chunks(values.shape, length):
            compare(values[part] if scaled is None else scaled(values[part]), made[part])
            report(done)
        return made
    # One long row takes less to begin with than rows of planes.
    flat, out = values.reshape(-1, order="F"), made.reshape(-1, order="F")
    blocks = -(-flat.size // BLOCK)
    stretches = [(0, blocks, True)] if extremes is None else extremes.stretches(lower, upper)
    rows = [
        (slice(first, min(first + length, stop * BLOCK)), may_hold)
        for start, stop, may_hold in stretches
        for first in range(start * BLOCK, min(stop * BLOCK, flat.size), length)
    ]

    def work(part: slice, report: Reporter) -> None:
        compare = _comparison(dtype, lower, upper)
        for number, (row, may_hold) in enumerate(rows[part], 1):
            if may_hold:
                compare(flat[row] if scaled is None else scaled(flat[row]), out[row])
                if extremes is not None:
                    extremes.learn(row.start, flat[row])
            else:
                out[row] = False
            report(number / (part.stop - part.start))

    in_parallel(work, parts_of(len(rows), LEAST_ROWS), progress)
    return made


def chunks(shape: tuple[int, ...], size: int | None = None) -> Iterator[tuple[tuple[slice, slice, slice], float]]:
    """Yield indices that cut a volume into pieces of about `size` voxels, or `CHUNK`, and the fraction done after each.

    Whole planes across the last axis go together, or whole rows of one plane where a plane is too large: each piece
    of a volume in Fortran order is then contiguous.
    """
    row, rows, planes = shape
    size = CHUNK if size is None else size
    height = max(1, min(rows, size // max(1, row)))
    depth = max(1, size // max(1, row * rows)) if height == rows else 1
    for k in range(0, planes, depth):
        for j in range(0, rows, height):
            done = (k + min(depth, planes - k) * min(rows, j + height) / rows) / planes
            yield (slice(None), slice(j, j + height), slice(k, k + depth)), done


def stored_range(
    dtype: np.dtype[Any], scaled: Callable[[Array], Array], lower: float | None, upper: float | None
) -> tuple[int, int]:
    """Return the first and last stored whole number whose scaled intensity lies within bounds; first > last for none.

    Scaling keeps the order of numbers (or turns it round, for a negative slope), rounding included, so two searches
    by halves over the type's range find what comparing every scaled voxel would.

    Parameters
    ----------
    dtype : dtype
        Integers of at most 32 bits.
    scaled : callable
        Takes an array () of that type and returns its intensity () as float64: a slope and an intercept.
    lower, upper : float, optional
        Bounds of the intensity, both included; None is no bound.

    Examples
    --------
    >>> stored_range(np.dtype(np.uint8), lambda stored: stored * 0.5 + 10.0, 11, 12.75)
    (2, 5)
    """
    limits = np.iinfo(dtype)
    every = range(int(limits.min), int(limits.max) + 1)

    def intensity(value: int) -> float:
        return float(scaled(np.array(value, dtype=dtype)))

    sign = 1 if intensity(every[0]) <= intensity(every[-1]) else -1
    if sign < 0:
        lower, upper = (None if upper is None else -upper), (None if lower is None else -lower)

    def rising(value: int) -> float:
        return sign * intensity(value)

    first = 0 if lower is None else bisect_left(every, lower, key=rising)
    last = len(every) if upper is None else bisect_right(every, upper, key=rising)
    return every.start + first, every.start + last - 1


def _comparison(dtype: np.dtype[Any], lower: float | None, upper: float | None) -> Callable[[Array, BoolArray], object]:
    """Return what writes into its second array which values of the first lie within bounds."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        first = int(limits.min) if lower is None else _first_from(lower, int(limits.min), int(limits.max) + 1)
        last = int(limits.max) if upper is None else _first_above(upper, int(limits.min), int(limits.max) + 1) - 1
        if first > last:
            return lambda values, out: out.fill(False)
        if last == limits.max:
            return lambda values, out: np.greater_equal(values, first, out=out)
        if first == limits.min:
            return lambda values, out: np.less_equal(values, last, out=out)
        return _integers_between(dtype, first, last)
    if dtype.kind == "f":
        low = None if lower is None else _rounded(dtype, lower, up=True)
        high = None if upper is None else _rounded(dtype, upper, up=False)
        return _floats_between(low, high)
    raise ValueError(f"Intensities of the type {dtype} cannot be ordered; give integers or floats.")


def _first_from(bound: int | float, first: int, stop: int) -> int:
    """Return the first of some whole numbers, first to before stop, that is at least a bound once it is a float64.

    So does numpy compare 64-bit integers with a float; beyond 2^53 several integers are one float64. A bound that is an
    integer itself is compared as such.
    """
    if isinstance(bound, int):
        return min(max(bound, first), stop)
    if math.isinf(bound):
        return first if bound < 0 else stop
    nearest = math.ceil(bound)
    if abs(nearest) < 1 << 53:
        return min(max(nearest, first), stop)
    while first < stop:
        middle = (first + stop) // 2
        if float(middle) < bound:
            first = middle + 1
        else:
            stop = middle
    return first


def _first_above(bound: int | float, first: int, stop: int) -> int:
    """Return the first of some whole numbers, first to before stop, that is above a bound once it is a float64."""
    above = bound + 1 if isinstance(bound, int) else math.nextafter(bound, math.inf)
    return _first_from(above, first, stop)


def _integers_between(dtype: np.dtype[Any], first: int, last: int) -> Callable[[Array, BoolArray], object]:
    # Counted from the first, modulo the type's size, all that lies outside comes after the last: one subtraction and
    # one comparison, where two comparisons and an "and" would be three passes.
    unsigned = np.dtype(f"u{dtype.itemsize}")
    start = np.array(first, dtype=dtype).view(unsigned)[()]
    span = unsigned.type(last - first)
    scratch = np.empty(0, dtype=unsigned)

    def compare(values: Array, out: BoolArray) -> None:
        nonlocal scratch
        if scratch.size < values.size:
            scratch = np.empty(values.size, dtype=unsigned)
        distance = scratch[: values.size].reshape(values.shape, order="F")
        np.subtract(values.view(unsigned), start, out=distance)
        np.less_equal(distance, span, out=out)

    return compare


def _floats_between(low: Any, high: Any) -> Callable[[Array, BoolArray], object]:
    scratch = np.empty(0, dtype=bool)

    def compare(values: Array, out: BoolArray) -> None:
        nonlocal scratch
        if low is None and high is None:
            np.equal(values, values, out=out)
        elif low is None:
            np.less_equal(values, high, out=out)
        else:
            np.greater_equal(values, low, out=out)
            if high is not None:
                if scratch.size < values.size:
                    scratch = np.empty(values.size, dtype=bool)
                below = scratch[: values.size].reshape(values.shape, order="F")
                np.less_equal(values, high, out=below)
                np.logical_and(out, below, out=out)

    return compare


def _rounded(dtype: np.dtype[Any], bound: float, *, up: bool) -> np.floating[Any]:
    """Return the nearest number of a type that lies on the inner side of a bound."""
    with np.errstate(over="ignore"):
        value: np.floating[Any] = dtype.type(bound)
    beyond = float(value) < bound if up else float(value) > bound
    return np.nextafter(value, dtype.type(np.inf if up else -np.inf)) if beyond else value
