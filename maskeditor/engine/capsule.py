"""What a brush covers on a straight way between two points: a capsule, as runs of voxels along one axis.

A capsule is convex, so that a line of voxels meets it in one run, whose ends are roots of quadratic equations: as many
of these are solved as there are lines, however many voxels lie inside. Where an end comes so close to a voxel's centre
that rounding would decide, the voxel itself is measured, as it would be if all of them were: `Capsule.holds` is what a
capsule is, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Affine, BoolArray, Counts, Floats
from maskeditor.engine.box import Box, Voxel

#: What a brush is round the pointer.
Shape = Literal["disc", "sphere", "square"]
Point = Sequence[float]

#: A centre this much (mm) beyond the radius still counts: rounding in the affine must not decide.
TOLERANCE = 1e-6
#: Of the largest squared distance that is worked out: what rounding may make of it, and a hundred times more.
DOUBT = 1e-10
#: Of the squared size of a voxel: a line that leaves the way more slowly than this counts as parallel to it.
PARALLEL = 1e-4
#: Radii that a way may be long for all that lies round its end to be surely covered, whatever rounding does.
PLAIN = 30
#: Lines solved together, and voxels of runs that are spread together: what is kept meanwhile fits into a cache, and
#: another thread waits a tenth of a millisecond for the interpreter, which `np.repeat` keeps to itself.
LINES, SPREAD = 1 << 12, 1 << 15


class Nib(NamedTuple):
    """The shape of a brush on a grid.

    Parameters
    ----------
    columns : (3, 2 or 3) array of float64
        Of the affine, in mm: those of the axes that count.
    within : tuple of int
        The axes that count: all, or for a disc those of its slice.
    radius : float
        In mm, with the tolerance.
    reaches : (3,) array of float64
        How many voxels it reaches along each axis.
    by_axis : (3, 3) array of float64
        The columns as rows, by axis; zeros where the axis does not count.
    metric : 3 lists of 3 float
        Their products: what squared distances are made of.
    is_thin : bool
        Whether it may hold less than the voxels that a way runs through.
    """

    columns: Floats
    within: tuple[int, ...]
    radius: float
    reaches: Floats
    by_axis: Floats
    metric: list[list[float]]
    is_thin: bool

    @classmethod
    def of(cls, affine: Affine, radius: float, shape: Shape, axis: int) -> Nib:
        """Return that of a radius in mm, by the affine, (4, 4) of float.

        Disc and square lie in a slice across an axis; the sides of a square lie along the other two.
        """
        # Flat in its slice: the column across it has no say.
        within = tuple(other for other in range(3) if not (shape != "sphere" and other == axis))
        columns = affine[:3, :3][:, within]
        # In voxels, a ball is an ellipsoid: how far it reaches along each axis.
        metric = columns.T @ columns
        steps = 1 / np.diag(metric) if shape == "square" else np.diag(np.linalg.inv(metric))
        reaches = np.zeros(3)
        reaches[list(within)] = (radius + TOLERANCE) * np.sqrt(steps)
        by_axis = np.zeros((3, 3))
        by_axis[list(within)] = columns.T
        # From the middle of a voxel to its furthest corner.
        corners = np.stack(np.meshgrid(*[(-0.5, 0.5)] * 3), axis=-1) @ by_axis
        is_thin = radius < 1.001 * float(np.linalg.norm(corners, axis=-1).max())
        return cls(columns, within, radius + TOLERANCE, reaches, by_axis, (by_axis @ by_axis.T).tolist(), is_thin)

    def edge(self, axis: int) -> tuple[float, float, float]:
        """Return what makes of the unit circle the edge of a disc or sphere, in the slice across an axis through it.

        Returns
        -------
        a, b, c : float
            x and y of the circle go to a · x + b · y and c · y: voxels off the middle, along the other two axes.

        Examples
        --------
        >>> [round(part, 3) for part in Nib.of(np.diag([2.0, 1.0, 1.0, 1.0]), 6.0, "sphere", 2).edge(2)]
        [3.0, 0.0, 6.0]
        """
        first, second = (other for other in range(3) if other != axis)
        # By the root of the metric that is a triangle.
        size, shared = self.metric[first][first], self.metric[first][second]
        apart = self.metric[second][second] - shared * shared / size
        across = self.radius / apart**0.5
        return self.radius / size**0.5, -across * shared / size + 0.0, across  # no -0.0


class Runs(NamedTuple):
    """Voxels side by side along one axis.

    Parameters
    ----------
    lines : tuple of 2 (N,) array of int
        Where each run lies along the other two axes, in their order.
    first, stop : (N,) array of int
        Its first voxel, and one past its last.
    """

    lines: tuple[Counts, Counts]
    first: Counts
    stop: Counts

    def parts(self) -> Iterator[Runs]:
        """Yield as many of them at a time as hold `SPREAD` voxels, or one that holds more."""
        ends = np.cumsum(self.stop - self.first)
        if ends.size and ends[-1] <= SPREAD:
            yield self
            return
        begin = 0
        while begin < ends.size:
            done = int(ends[begin - 1]) if begin else 0
            end = max(begin + 1, int(np.searchsorted(ends, done + SPREAD, side="right")))
            part = slice(begin, end)
            yield Runs((self.lines[0][part], self.lines[1][part]), self.first[part], self.stop[part])
            begin = end


class Way:
    """What a stroke covers from one point to the next.

    Attributes
    ----------
    box : Box or None
        Where it lies; None outside the grid.
    news : Box or None
        Where it may hold voxels that are not covered already.
    """

    box: Box | None
    news: Box | None


class Capsule(Way):
    """The voxels within the radius of a straight way, and those that it runs through.

    Parameters
    ----------
    nib : Nib
    start, stop : (3,) array of float64
        Its ends, in fractional voxels; may be the same.
    grid : tuple of 3 int
        Voxels of the volume along each axis.
    goes_on : bool
        Whether a stroke that comes from the first end has covered the ball round it.
    """

    def __init__(self, nib: Nib, start: Floats, stop: Floats, grid: Voxel, goes_on: bool) -> None:
        self._nib = nib
        self._start, self._stop = start, stop
        self._goes_on = goes_on
        self._way = nib.columns @ (stop - start)[list(nib.within)]
        self._length = float(self._way @ self._way)
        self._by_way: list[float] = (nib.by_axis @ self._way).tolist()
        low, high = np.minimum(start, stop), np.maximum(start, stop)
        # It holds the voxels that the way runs through too, hence the rounded ends.
        first, last = (
            np.minimum(np.ceil(low - nib.reaches), np.rint(low)),
            np.maximum(np.floor(high + nib.reaches), np.rint(high)),
        )
        self.box = _clipped(first, last, grid)
        self.news = self.box
        if goes_on and not nib.is_thin and self._length > 0:
            # Of a ball, these lie before the plane across the way through its middle.
            ahead = (stop - start) * nib.radius / (nib.reaches + (nib.reaches == 0)) / self._length**0.5
            behind = nib.reaches * np.sqrt(np.maximum(1 - ahead**2, 0)) + 1
            self.news = _clipped(
                np.where(ahead > 0, np.maximum(first, np.floor(start - behind)), first),
                np.where(ahead < 0, np.minimum(last, np.ceil(start + behind)), last),
                grid,
            )

    @property
    def is_plain(self) -> bool:
        """Whether it surely holds all of the ball round its second end."""
        return self._length <= (PLAIN * self._nib.radius) ** 2

    def holds(self, voxels: Sequence[Counts]) -> BoolArray:
        """Return which voxels have their centres within the radius of the way, (N,) of bool.

        Parameters
        ----------
        voxels : three of (N,) array of int
            Their indices i, j and k.

        Returns
        -------
        (N,) array of bool
        """
        squared: Floats = np.zeros(1)
        along: Floats = np.zeros(1)
        before: list[tuple[Floats, Floats]] = []
        # One by one and in this order: another order would round otherwise, and strokes of old would differ.
        for axis, column in zip(self._nib.within, self._nib.columns.T, strict=True):
            offset = voxels[axis] - self._start[axis]
            squared = squared + offset**2 * float(column @ column)
            along = along + offset * float(column @ self._way)
            for earlier, apart in before:
                shared = 2 * float(column @ earlier)
                if shared:
                    squared = squared + (apart * shared) * offset
            before.append((column, offset))
        if self._length > 0:
            part = np.clip(along / self._length, 0.0, 1.0)
            squared = squared + part * (part * self._length - 2 * along)
        near: BoolArray = squared <= self._nib.radius * self._nib.radius
        return near

    def path(self, box: Box) -> NDArray[np.intp]:
        """Return the voxels, (N, 3) of int, of a box that the way runs through, at steps of at most half a voxel.

        None of those that are held anyway, as they surely are by every brush that is not thin.
        """
        if self.is_plain and not self._nib.is_thin:
            return np.zeros((0, 3), np.intp)
        way = self._stop - self._start
        steps = max(1, int(np.ceil(2 * np.abs(way).max())))
        # Only the part of the way that can lie in the box: the ends may be far outside.
        entered, left = 0.0, 1.0
        for axis in np.flatnonzero(way):
            one = (box.start[axis] - 1 - self._start[axis]) / way[axis]
            other = (box.stop[axis] - self._start[axis]) / way[axis]
            entered, left = max(entered, min(one, other)), min(left, max(one, other))
        fractions = np.arange(np.floor(entered * steps), np.ceil(left * steps) + 1) / steps
        path = np.rint(self._start + fractions[:, None] * way)
        inside = ((path >= box.start) & (path < box.stop)).all(axis=1)
        return path[inside].astype(np.intp)

    def runs(self, box: Box, along: int) -> Iterator[Runs]:
        """Yield the runs of voxels of a box that are held and not covered already, of some lines after the others.

        Parameters
        ----------
        box : Box
            A part of its own.
        along : int
            The axis that runs lie along; one that counts.
        """
        lines = [axis for axis in range(3) if axis != along]
        last = lines[1]
        step = max(1, LINES // box.shape[lines[0]])
        for first in range(box.start[last], box.stop[last], step):
            yield from self._runs_of_lines(box.cut(last, first, min(first + step, box.stop[last])), along)

    def _runs_of_lines(self, box: Box, along: int) -> Iterator[Runs]:
        lines = [axis for axis in range(3) if axis != along]
        (first, sure_first), (stop, sure_stop), old_first, old_stop = self._ends(box, along, lines)
        # On both sides of what is covered already, together: an array is made in more time than a line is looked at.
        begin = np.array((sure_first, np.maximum(sure_first, old_stop)))
        end = np.array((np.minimum(sure_stop, old_first), sure_stop))
        yield runs_between(box, lines, begin, end)
        # What lies between the voxels that are surely held and those that surely are not.
        if not ((first != sure_first).any() or (stop != sure_stop).any()):
            return
        none = sure_stop <= sure_first
        for doubtful in (
            runs_between(box, lines, first, np.where(none, stop, sure_first)),
            runs_between(box, lines, np.where(none, stop, sure_stop), stop),
        ):
            for part in doubtful.parts():
                where, place = spread(part.first, part.stop)
                voxels: list[Counts] = [place, place, place]
                for axis, line in zip(lines, part.lines, strict=True):
                    voxels[axis] = line[where]
                held = self.holds(voxels)
                one, other = (voxels[axis][held] for axis in lines)
                yield Runs((one, other), place[held], place[held] + 1)

    def _ends(self, box: Box, along: int, lines: Sequence[int]) -> tuple[Counts, Counts, Counts, Counts]:
        """Return where lines of a box enter and leave the capsule, and what of it is covered already.

        Returns
        -------
        first, stop : (2, lines of the second axis, of the first) array of int
            The first voxel and one past the last: of those that may be held, and of those that surely are.
        old_first, old_stop : (of the second axis, of the first) array of int
            Of those covered already; all before the end where there are none.
        """
        metric, by_way, length = self._nib.metric, self._by_way, self._length
        offsets = [np.arange(box.start[axis], box.stop[axis]) - self._start[axis] for axis in range(3)]
        one, other = offsets[lines[0]], offsets[lines[1]][:, None]
        # Of the points that lines begin at: squared distance from the first end, and part along the line and the way.
        squared = metric[lines[0]][lines[0]] * one**2 + metric[lines[1]][lines[1]] * other**2
        if shared := 2 * metric[lines[0]][lines[1]]:
            squared = squared + shared * one * other
        by_line = metric[along][lines[0]] * one + metric[along][lines[1]] * other
        size, slope = metric[along][along], by_way[along]
        limit = self._nib.radius**2
        reach = sum(
            max(abs(float(offset[0])), abs(float(offset[-1]))) * metric[axis][axis] ** 0.5
            for axis, offset in enumerate(offsets)
        )
        doubt = DOUBT * (reach**2 + length + limit)
        limits = np.array([limit + doubt, limit - doubt])[:, None, None]
        beyond = squared - limits
        if length > 0:
            part = by_way[lines[0]] * one + by_way[lines[1]] * other
            # Round both ends of the way, together.
            halves = np.array((by_line, by_line - slope))[:, None]
            lows, highs = _roots(halves, np.array((beyond, beyond + (length - 2 * part))), size)
            ball = lows[0], highs[0]
            between = self._between(by_line, beyond, part, size, slope)
            low = np.minimum(np.minimum(*lows), between[0])
            high = np.maximum(np.maximum(*highs), between[1])
        else:
            low, high = ball = _roots(by_line, beyond, size)
        begin, end = box.start[along], box.stop[along]
        place = float(self._start[along])
        first, stop = (
            clamped(np.ceil(low + place), begin, end),
            clamped(np.floor(high + (place + 1)), begin, end),
        )
        if not self._goes_on:
            return first, stop, np.full_like(first[0], end), np.full_like(stop[0], end)
        old_first = clamped(np.ceil(ball[0][1] + place), begin, end)
        old_stop = clamped(np.floor(ball[1][1] + (place + 1)), begin, end)
        none = old_stop <= old_first
        old_first[none] = old_stop[none] = end
        return first, stop, old_first, old_stop

    def _between(
        self, by_line: Floats, beyond: Floats, part: Floats, size: float, slope: float
    ) -> tuple[Floats, Floats]:
        """Return where lines enter and leave the cylinder between the two balls: where they may, and surely do.

        A line that is nearly parallel to the way is solved by the balls, but for the few lines that pass one of them
        by: of these, all between the ends of the way may be held.
        """
        length = self._length
        across = size - slope * slope / length
        if abs(slope) > 1e-12 * (size * length) ** 0.5:
            low, high = -part / slope, (length - part) / slope
            if slope < 0:
                low, high = high, low
        else:
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


def _clipped(first: Floats, last: Floats, grid: Voxel) -> Box | None:
    """Return the box of a grid from the first voxels to the last, or None."""
    # Clipped as numbers, so that points far outside do not overflow.
    start, stop = (np.clip(ends, 0, grid).astype(int).tolist() for ends in (first, last + 1))
    is_inside = all(one < other for one, other in zip(start, stop, strict=True))
    return Box(tuple(start), tuple(stop)) if is_inside else None


def _roots(half: Floats, constant: Floats, square: float) -> tuple[Floats, Floats]:
    """Return between which x square · x² + 2 · half · x + constant is not positive; inf and -inf where it always is."""
    room = half * half - square * constant
    with np.errstate(invalid="ignore"):
        root = np.sqrt(room)  # NaN where it always is
    # As fmin and fmax take the number where the other is none.
    low, high = np.fmin((-half - root) / square, np.inf), np.fmax((root - half) / square, -np.inf)
    return low, high


def runs_between(box: Box, lines: Sequence[int], first: Counts, stop: Counts) -> Runs:
    """Return the runs of lines of a box that are not empty.

    Parameters
    ----------
    box : Box
    lines : sequence of 2 int
        The first and the second axis that runs do not go along.
    first, stop : (..., M, N) array of int
        Where each line's runs begin, and the places after their ends: by the second axis, then by the first.
    """
    taken = first < stop
    *_, second, one = taken.nonzero()
    return Runs((one + box.start[lines[0]], second + box.start[lines[1]]), first[taken], stop[taken])


def spread(first: Counts, stop: Counts) -> tuple[Counts, Counts]:
    """Return the places in runs, one after the other, and which run each belongs to.

    Parameters
    ----------
    first, stop : (R,) array of int
        Where each run begins, and the place after its end.

    Returns
    -------
    two of (N,) array of int

    Examples
    --------
    >>> spread(np.array([3, 7]), np.array([5, 8]))
    (array([0, 0, 1]), array([3, 4, 7]))
    """
    lengths = stop - first
    where = np.repeat(np.arange(first.size), lengths)
    # Counted on from the first of each run.
    shift = first - (np.cumsum(lengths) - lengths)
    return where, np.arange(where.size) + shift[where]
