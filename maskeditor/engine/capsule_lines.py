"""Where lines of voxels enter and leave a capsule: roots of quadratic equations, of many lines at a time.

However few lines there are, to solve them takes some fifty steps of arithmetic: lines that lie along different axes, in
slices across each of them, are therefore solved together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from maskeditor.engine.arrays import BoolArray, Counts, Floats

#: Of the largest squared distance that is worked out: what rounding may make of it, and a hundred times more.
DOUBT = 1e-10
#: Of the squared size of a voxel: a line that leaves the way more slowly than this counts as parallel to it.
PARALLEL = 1e-4
#: Of the squared cosine between a line and the way: at less, they are at right angles to one another.
BESIDE = 1e-24


class Lines(NamedTuple):
    """Lines of voxels beside a way, each along an axis of the grid.

    What is an array has one value for each line, or () where all have the same.

    Parameters
    ----------
    squared : array of float64
        Squared distance in mm of the point that the line begins at, beside the way's first end, from that end.
    by_line, by_way : array of float64
        Products of what lies between them with a step along the line, and with the way: in mm².
    size, slope : array of float64
        Products of that step with itself, and with the way.
    start : array of float64
        Where the way's first end lies along the line, in voxels.
    begin, stop : array of int
        The first voxel of the line, and one past its last.
    reach : float
        How far its voxels are from that end, in mm, or less.
    """

    squared: Floats
    by_line: Floats
    by_way: Floats
    size: Floats
    slope: Floats
    start: Floats
    begin: Counts
    stop: Counts
    reach: float


def joined(some: Sequence[Lines]) -> Lines:
    """Return lines one after the other: arrays of (N,)."""
    counts = [lines.squared.size for lines in some]
    own = ([part.ravel() for part in parts] for parts in zip(*(lines[:3] for lines in some), strict=True))
    shared = np.repeat([lines[3:8] for lines in some], counts, axis=0).T
    squared, by_line, by_way = map(np.concatenate, own)
    size, slope, start, begin, stop = shared
    begin, stop = begin.astype(np.intp), stop.astype(np.intp)
    return Lines(squared, by_line, by_way, size, slope, start, begin, stop, max(lines.reach for lines in some))


class Ends(NamedTuple):
    """Where lines enter and leave a capsule, and what of it is covered already.

    Parameters
    ----------
    first, stop : (2, ...) array of int
        The first voxel of each line and one past its last: of those that may be held, and of those that surely are.
    old_first, old_stop : (...) array of int
        Of those covered already; all before the line's end where there are none.
    """

    first: Counts
    stop: Counts
    old_first: Counts
    old_stop: Counts

    @property
    def doubtful(self) -> BoolArray:
        """Of which lines not all voxels are surely held or surely not: (...) of bool."""
        doubtful: BoolArray = (self.first[0] != self.first[1]) | (self.stop[0] != self.stop[1])
        return doubtful


def ends(lines: Lines, length: float, limit: float, goes_on: bool) -> Ends:
    """Return where lines enter and leave a capsule.

    Parameters
    ----------
    lines : Lines
    length : float
        Of the way, squared, in mm².
    limit : float
        The squared radius, in mm².
    goes_on : bool
        Whether what lies round the way's first end is covered already.

    Returns
    -------
    Ends

    Examples
    --------
    A ball of radius 2 round voxel 5 of a line of 9, which runs through its middle:

    >>> middle = Lines(*(np.array(part) for part in (0.0, 0.0, 0.0, 1.0, 0.0, 5.0, 0, 9)), reach=5.0)
    >>> found = ends(middle, 0.0, 4.1, False)
    >>> found.first.tolist(), found.stop.tolist(), found.doubtful.tolist()
    ([3, 3], [8, 8], False)
    """
    size, slope, begin, end, place = lines.size, lines.slope, lines.begin, lines.stop, lines.start
    doubt = DOUBT * (lines.reach**2 + length + limit)
    beyond = np.array((lines.squared - (limit + doubt), lines.squared - (limit - doubt)))
    if length > 0:
        # Round both ends of the way, together.
        halves = np.array((lines.by_line, lines.by_line - slope))[:, None]
        lows, highs = _roots(halves, np.array((beyond, beyond + (length - 2 * lines.by_way))), size)
        ball = lows[0], highs[0]
        between = _between(lines, beyond, length)
        low = np.minimum(np.minimum(*lows), between[0])
        high = np.maximum(np.maximum(*highs), between[1])
    else:
        low, high = ball = _roots(lines.by_line, beyond, size)
    first, stop = clamped(np.ceil(low + place), begin, end), clamped(np.floor(high + (place + 1)), begin, end)
    if not goes_on:
        nowhere: Counts = np.zeros_like(first[0]) + end
        return Ends(first, stop, nowhere, nowhere)
    old_first = clamped(np.ceil(ball[0][1] + place), begin, end)
    old_stop = clamped(np.floor(ball[1][1] + (place + 1)), begin, end)
    some = old_first < old_stop
    return Ends(first, stop, np.where(some, old_first, end), np.where(some, old_stop, end))


def _between(lines: Lines, beyond: Floats, length: float) -> tuple[Floats, Floats]:
    """Return where lines enter and leave the cylinder between the two balls: where they may, and surely do.

    A line that is nearly parallel to the way is solved by the balls, but for the few lines that pass one of them
    by: of these, all between the ends of the way may be held.
    """
    size, slope, part = lines.size, lines.slope, lines.by_way
    across = size - slope * slope / length
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = -part / slope, (length - part) / slope
    low, high = np.minimum(one, other), np.maximum(one, other)
    leaves = slope * slope > BESIDE * size * length
    if not leaves.all():  # a line at right angles to the way lies beside all of it or nothing
        inside = (part >= 0) & (part <= length)
        low = np.where(leaves, low, np.where(inside, -np.inf, np.inf))
        high = np.where(leaves, high, np.where(inside, np.inf, -np.inf))
    parallel = across <= PARALLEL * size
    is_some_parallel = bool(parallel.any())
    sides = _roots(
        lines.by_line - part * (slope / length),
        beyond - part * part / length,
        np.where(parallel, 1.0, across) if is_some_parallel else across,
    )
    first, last = np.maximum(low, sides[0]), np.minimum(high, sides[1])
    reached = first <= last
    if is_some_parallel:
        with np.errstate(divide="ignore", invalid="ignore"):
            nearest = [
                beyond + end * (2 * lines.by_line + size * end) - (part + slope * end) ** 2 / length
                for end in (low, high)
            ]
            passes = np.minimum(*nearest) <= np.maximum(across, 0.0) * (length / slope) ** 2 / 4
        passes[1] = False
        reached = np.where(parallel, passes, reached)
        first, last = np.where(parallel, low, first), np.where(parallel, high, last)
    return np.where(reached, first, np.inf), np.where(reached, last, -np.inf)


def clamped(places: Floats, begin: int | Counts, end: int | Counts) -> Counts:
    """Return places kept between two others; `np.clip` takes several times as long for few.

    Parameters
    ----------
    places : (...) array of float64
        Whole numbers.
    begin, end : int, or (...) array of int
        The least and the greatest that they may be.

    Returns
    -------
    (...) array of int64
    """
    return np.minimum(np.maximum(places, begin), end).astype(np.intp)


def _roots(half: Floats, constant: Floats, square: Floats) -> tuple[Floats, Floats]:
    """Return between which x square · x² + 2 · half · x + constant is not positive; inf and -inf where it always is."""
    room = half * half - square * constant
    with np.errstate(invalid="ignore"):
        root = np.sqrt(room)  # NaN where it always is
    # As fmin and fmax take the number where the other is none.
    low, high = np.fmin((-half - root) / square, np.inf), np.fmax((root - half) / square, -np.inf)
    return low, high
