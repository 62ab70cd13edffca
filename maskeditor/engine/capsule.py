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
from maskeditor.engine.capsule_lines import Ends, Lines, ends
from maskeditor.engine.crescents import Cut, crescents

#: What a brush is round the pointer.
Shape = Literal["disc", "sphere", "square"]
Point = Sequence[float]

#: A centre this much (mm) beyond the radius still counts: rounding in the affine must not decide.
TOLERANCE = 1e-6
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

    @property
    def is_short(self) -> bool:
        """Whether it goes on by less than its radius, so that most of what lies round its ends is covered already."""
        return self._goes_on and self.is_simple and 0 < self._length < self._nib.radius**2

    @property
    def is_simple(self) -> bool:
        """Whether it surely holds all that the way runs through."""
        return self.is_plain and not self._nib.is_thin

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
            part = np.minimum(np.maximum(along / self._length, 0.0), 1.0)  # as np.clip, but for its cost
            squared = squared + part * (part * self._length - 2 * along)
        near: BoolArray = squared <= self._nib.radius * self._nib.radius
        return near

    def path(self, box: Box) -> NDArray[np.intp]:
        """Return the voxels, (N, 3) of int, of a box that the way runs through, at steps of at most half a voxel.

        None of those that are held anyway, as they surely are by every brush that is not thin.
        """
        if self.is_simple:
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
        found = self._ends(self._lines(box, along))
        yield runs_between(box, lines, *_new(found))
        # What lies between the voxels that are surely held and those that surely are not.
        if not found.doubtful.any():
            return
        (first, sure_first), (stop, sure_stop) = found.first, found.stop
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

    def crescents(self, cuts: Sequence[Cut], grid: Voxel) -> list[Counts]:
        """Return the voxels that are held and not covered already in slices, all of which are gone through together.

        Parameters
        ----------
        cuts : sequence of Cut
            Parts of its own, if it is a short way on.
        grid : tuple of 3 int
            Voxels of the volume along each axis.

        Returns
        -------
        list of (V,) array of int
            By slice, counted in its Fortran order.
        """
        ends_of_way = self._start.tolist(), self._stop.tolist()
        return crescents(cuts, ends_of_way, self._nib.metric, self._nib.radius**2, self.holds, grid)

    def _ends(self, lines: Lines) -> Ends:
        return ends(lines, self._length, self._nib.radius**2, self._goes_on)

    def _lines(self, box: Box, along: int) -> Lines:
        """Return the lines of a box along an axis: by the second of the other axes, then by the first."""
        metric, by_way, start = self._nib.metric, self._by_way, self._start.tolist()
        across, down = (axis for axis in range(3) if axis != along)
        # Between the first voxel and the way's first end, and the last; of a slice, lines are one beside the other.
        first, last = ([at - begin for at, begin in zip(edge, start, strict=True)] for edge in (box.start, box.stop))
        one, other = (
            np.arange(box.start[axis], box.stop[axis]) - start[axis] if box.shape[axis] > 1 else first[axis]
            for axis in (across, down)
        )
        if box.shape[across] > 1 and box.shape[down] > 1:
            other = other[:, None]
        squared = metric[across][across] * one**2 + metric[down][down] * other**2
        if shared := 2 * metric[across][down]:
            squared = squared + shared * one * other
        shape = (box.shape[down], box.shape[across])
        reach = sum(max(abs(first[axis]), abs(last[axis] - 1)) * metric[axis][axis] ** 0.5 for axis in range(3))
        return Lines(
            squared=np.reshape(squared, shape),
            by_line=np.reshape(metric[along][across] * one + metric[along][down] * other, shape),
            by_way=np.reshape(by_way[across] * one + by_way[down] * other, shape),
            size=metric[along][along],
            slope=by_way[along],
            start=start[along],
            begin=box.start[along],
            stop=box.stop[along],
            reach=reach,
        )


def _new(found: Ends) -> tuple[Counts, Counts]:
    """Return where runs begin and end that are surely held, on both sides of what is covered already: (2, ...)."""
    first, stop = found.first[1], found.stop[1]
    # Together: an array is made in more time than a line is looked at.
    begin = np.array((first, np.maximum(first, found.old_stop)))
    return begin, np.array((np.minimum(stop, found.old_first), stop))


def _clipped(first: Floats, last: Floats, grid: Voxel) -> Box | None:
    """Return the box of a grid from the first voxels to the last, or None."""
    # Clipped as numbers, so that points far outside do not overflow.
    start, stop = (np.clip(ends, 0, grid).astype(int).tolist() for ends in (first, last + 1))
    is_inside = all(one < other for one, other in zip(start, stop, strict=True))
    return Box(tuple(start), tuple(stop)) if is_inside else None


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
