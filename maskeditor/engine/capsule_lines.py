"""Where lines of voxels enter and leave a capsule: roots of quadratic equations, of many lines at a time."""

from __future__ import annotations

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
    """Lines of voxels beside a way, all along one axis of the grid.

    Parameters
    ----------
    squared : (...) array of float64
        Squared distance in mm of the point that the line begins at, beside the way's first end, from that end.
    by_line, by_way : (...) array of float64
        Products of what lies between them with a step along the line, and with the way: in mm².
    size, slope : float
        Products of that step with itself, and with the way.
    start : float
        Where the way's first end lies along the line, in voxels.
    begin, stop : int
        The first voxel of the line, and one past its last.
    reach : float
        How far its voxels are from that end, in mm, or less.
    """

    squared: Floats
    by_line: Floats
    by_way: Floats
    size: float
    slope: float
    start: float
    begin: int
    stop: int
    reach: float


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

    >>> middle = Lines(*np.zeros(3), size=1.0, slope=0.0, start=5.0, begin=0, stop=9, reach=5.0)
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
        nowhere = np.full_like(first[0], end)
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
    by_line, part, size, slope = lines.by_line, lines.by_way, lines.size, lines.slope
    across = size - slope * slope / length
    if slope * slope > BESIDE * size * length:
        one, other = -part / slope, (length - part) / slope
        low, high = (one, other) if slope > 0 else (other, one)
    else:  # at right angles to the way, it lies beside all of that or nothing
        inside = (part >= 0) & (part <= length)
        low, high = np.where(inside, -np.inf, np.inf), np.where(inside, np.inf, -np.inf)
    if across > PARALLEL * size:
        sides = _roots(by_line - part * (slope / length), beyond - part * part / length, across)
        low, high = np.maximum(low, sides[0]), np.minimum(high, sides[1])
        reached = low <= high
    else:
        nearest = [
            beyond + end * (2 * by_line + size * end) - (part + slope * end) ** 2 / length for end in (low, high)
        ]
        reached = np.minimum(*nearest) <= max(across, 0.0) * (length / slope) ** 2 / 4
        reached[1] = False
    return np.where(reached, low, np.inf), np.where(reached, high, -np.inf)


def clamped(places: Floats, begin: int, end: int) -> Counts:
    """Return places kept between two others; `np.clip` takes several times as long for few.

    Parameters
    ----------
    places : (...) array of float64
        Whole numbers.
    begin, end : int
        The least and the greatest that they may be.

    Returns
    -------
    (...) array of int64
    """
    return np.minimum(np.maximum(places, begin), end).astype(np.intp)


def _roots(half: Floats, constant: Floats, square: float) -> tuple[Floats, Floats]:
    """Return between which x square · x² + 2 · half · x + constant is not positive; inf and -inf where it always is."""
    room = half * half - square * constant
    with np.errstate(invalid="ignore"):
        root = np.sqrt(room)  # NaN where it always is
    # As fmin and fmax take the number where the other is none.
    low, high = np.fmin((-half - root) / square, np.inf), np.fmax((root - half) / square, -np.inf)
    return low, high
