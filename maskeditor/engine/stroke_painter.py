"""Brush strokes: which voxels lie near the path of a pointer.

A stroke covers every voxel whose centre lies within the radius of the path, measured in mm (of a square, along either
axis of the slice), however far apart its points are; besides, it covers the voxels that the path itself runs through,
so that the smallest brush paints at least the voxel under the pointer. Each new point costs what it adds: what lies
round the point before is covered already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from maskeditor.engine.affines import apply_affine, inverse_of
from maskeditor.engine.arrays import Affine, BoolArray, Counts, Floats
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.capsule import Capsule, Nib, Point, Runs, Shape, Way, spread
from maskeditor.engine.crescents import Cut
from maskeditor.engine.progress import Reporter, silent
from maskeditor.engine.square import Square

#: Voxels of a stroke that are looked up in the image at a time.
CHUNK = 1 << 22


@dataclass(frozen=True, eq=False)
class Drawing:
    """A slice of a mask that a stroke is drawn into.

    Parameters
    ----------
    axis, index : int
        The slice.
    voxels : (M, N) array of bool
        In Fortran order.
    allowed : (M, N) array of bool, or None
        In Fortran order: where voxels may be covered at all; None for everywhere.
    """

    axis: int
    index: int
    voxels: BoolArray
    allowed: BoolArray | None


#: Returns which voxels of a box may be covered at all: an array of bool of the box's shape.
Allowed = Callable[[Box], BoolArray]


class StrokePainter:
    """A stroke while it grows: the voxels it has covered so far.

    Parameters
    ----------
    affine : (4, 4) array of float64
        From voxel indices to world mm.
    grid : tuple of 3 int
        Voxels of the volume along each axis.
    radius : float
        In mm.
    shape : {"disc", "sphere", "square"}
        Disc and square paint only the slice nearest to the first point.
    axis : int
        The voxel axis that the slices of a disc or a square are cut across.
    allowed : callable of Box to array of bool, optional
        Where the stroke may cover voxels at all.

    Examples
    --------
    >>> painter = StrokePainter(np.eye(4), (9, 9, 1), 0.5, "disc", 2)
    >>> painter.add_point((1, 1, 0)), painter.add_point((4, 1, 0))
    (Box(start=(1, 1, 0), stop=(2, 2, 1)), Box(start=(1, 1, 0), stop=(5, 2, 1)))
    >>> box, covered = painter.covered()
    >>> covered.sum()
    np.int64(4)
    """

    def __init__(
        self,
        affine: Affine,
        grid: Voxel,
        radius: float,
        shape: Shape,
        axis: int,
        allowed: Allowed | None = None,
    ) -> None:
        self._inverse = inverse_of(affine)
        self._grid = grid
        self._nib = Nib.of(affine, radius, shape, axis)
        self._flat = axis if shape != "sphere" else None
        self._kind = Square if shape == "square" else Capsule
        self.allowed = allowed
        self._last: Floats | None = None
        self._way: Capsule | None = None
        #: How many lines of voxels were solved, and voxels measured or covered, in the volume.
        self.visited = 0
        self._touched: tuple[Box, BoolArray] | None = None
        # Room for the box to grow into, so that a stroke is not copied at every point.
        self._room: Box | None = None
        self._covered = np.zeros((0, 0, 0), dtype=bool)
        # The way that was drawn last, if all of it lies in one slice, and its runs along an axis.
        self._drawn: tuple[Capsule, int, list[Runs]] | None = None

    @property
    def lines(self) -> int:
        """How many lines of voxels a single point covers, which is what each further one costs."""
        return int(np.prod(2 * np.floor(self._nib.reaches[list(self._nib.within[1:])]) + 1))

    @property
    def touched(self) -> tuple[Box, BoolArray] | None:
        """The box painted so far and which of its voxels are, allowed or not: an array of bool of the box's shape.

        A view that goes on changing.
        """
        return self._touched

    def go_to(self, world: Point) -> Way:
        """Go on to a point in world mm; return the way to it, which is not painted yet."""
        here = apply_affine(self._inverse, world)
        if self._flat is not None:
            here[self._flat] = np.rint(here[self._flat]) if self._last is None else self._last[self._flat]
        before, self._last = self._last, here
        return self._between(before, here)

    def _between(self, before: Floats | None, here: Floats) -> Way:
        """Return the way from one point to the next, (3,) of fractional voxels; None before the first."""
        goes_on = self._way is not None and self._way.is_plain
        self._way = self._kind(self._nib, here if before is None else before, here, self._grid, goes_on)
        return self._way

    def dab(self, voxel: Floats) -> Capsule:
        """Return what a single point at a fractional voxel, (3,) of float64, would cover; it is not gone to."""
        here = voxel if self._flat is None else np.where(np.arange(3) == self._flat, np.rint(voxel), voxel)
        return self._kind(self._nib, here, here, self._grid, False)

    def edge(self, axis: int) -> tuple[float, float, float] | None:
        """Return `Nib.edge` in a slice across an axis; None of a square, whose edges are straight."""
        return self._nib.edge(axis) if self._kind is Capsule else None

    def paint(self, way: Way, between: Callable[[], object] = lambda: None) -> None:
        """Cover the voxels of a way. Any one thread may do it; each way must be painted, in order.

        Parameters
        ----------
        way : Way
            Of its own.
        between : callable
            Called after each piece of `capsule.SPREAD` voxels, or of one line that holds more; it may wait, or raise.
        """
        assert isinstance(way, Capsule)
        if way.box is None:
            return
        box = way.box if self._touched is None else way.box.union(self._touched[0])
        room = self._make_room(box)
        if way.news is not None:
            flat, along = self._covered.reshape(-1, order="F"), self._nib.within[0]
            self.visited += way.news.size // way.news.shape[along]
            drawn, self._drawn = self._drawn, None
            is_known = drawn is not None and drawn[:2] == (way, along)
            runs = drawn[2] if drawn is not None and is_known else way.runs(way.news, along)
            for places in voxels_of(way, runs, way.news, along, room):
                flat[places] = True
                self.visited += places.size
                between()
        self._touched = box, self._covered[box.within(room).slices]

    def add_point(self, world: Point) -> Box | None:
        """Go on to a point in world mm; return the box that holds all voxels newly covered, or None."""
        way = self.go_to(world)
        self.paint(way)
        return way.box

    def draw(self, way: Way, slices: Sequence[Drawing], erase: bool) -> list[Counts]:
        """Draw a way into slices of a mask.

        Parameters
        ----------
        way : Way
            Of its own.
        slices : sequence of Drawing
            Of each, voxels of the way become true, or false where it erases.
        erase : bool

        Returns
        -------
        list of (V,) array of int
            By slice: the voxels that were drawn, counted as they lie in memory.
        """
        drawn = []
        for one, places in zip(slices, self._places(way, slices), strict=True):
            if one.allowed is not None:
                places = places[one.allowed.reshape(-1, order="F")[places]]
            one.voxels.reshape(-1, order="F")[places] = not erase
            drawn.append(places)
        return drawn

    def _places(self, way: Way, slices: Sequence[Drawing]) -> Iterator[Counts]:
        """Yield the voxels of a way in each slice, counted in Fortran order."""
        assert isinstance(way, Capsule)
        slabs = [Box.whole(self._grid).across(one.axis, one.index) for one in slices]
        parts = [(slab.intersection(way.news) if way.news is not None else None) for slab in slabs]
        alongs = [next(other for other in self._nib.within if other != one.axis) for one in slices]
        # Those that hold all that is new are gone through run by run, which the volume then needs as well.
        cuts = [
            Cut(box, one.axis, along) if way.is_short and box is not None and box != way.news else None
            for one, box, along in zip(slices, parts, alongs, strict=True)
        ]
        together = iter(way.crescents([cut for cut in cuts if cut is not None], self._grid))
        for cut, box, along, slab in zip(cuts, parts, alongs, slabs, strict=True):
            if box is None:
                yield np.zeros(0, np.intp)
            elif cut is not None:
                yield next(together)
            else:
                runs = list(way.runs(box, along))
                if box == way.news:
                    self._drawn = way, along, runs
                found = list(voxels_of(way, runs, box, along, slab))
                yield found[0] if len(found) == 1 else np.concatenate(found or [np.zeros(0, np.intp)])

    def covered(self, report: Reporter = silent) -> tuple[Box, BoolArray] | None:
        """Return the box painted so far and which are covered, an array of bool of the box's shape; None for nothing.

        It is the painter's own: nothing may be painted afterwards.
        """
        if self._touched is not None and self.allowed is not None:
            # One chunk of planes after another, so that little memory is held on the way.
            box, covered = self._touched
            step = max(1, CHUNK // (covered.shape[0] * covered.shape[1]))
            for first in range(box.start[2], box.stop[2], step):
                part = box.cut(2, first, min(first + step, box.stop[2]))
                covered[part.within(box).slices] &= self.allowed(part)
                report((part.stop[2] - box.start[2]) / box.shape[2])
        return self._touched

    def _make_room(self, box: Box) -> Box:
        """Return the box that there is room for, which holds another one."""
        if self._room is None or self._room.union(box) != self._room:
            # Half as much again on every side: a long stroke is then copied a few times in all.
            i, j, k = (length // 2 for length in box.shape)
            self._room = box.grown((i, j, k), self._grid)
            self._covered = np.zeros(self._room.shape, dtype=bool, order="F")
            if self._touched is not None:
                before, covered = self._touched
                self._covered[before.within(self._room).slices] = covered
        return self._room


def voxels_of(way: Capsule, runs: Iterable[Runs], box: Box, along: int, place: Box) -> Iterator[Counts]:
    """Yield the voxels of a way that are not covered already, inside a box of its own, some after the others.

    Parameters
    ----------
    way : Capsule
    runs : iterable of Runs
        What it holds in the box, found along an axis.
    box : Box
    along : int
        That axis.
    place : Box
        Where the array lies that they are counted in, which holds the box.

    Yields
    ------
    (V,) array of int
        Counted in Fortran order.
    """
    lines = [axis for axis in range(3) if axis != along]
    i, j, _ = place.shape
    steps = (1, i, i * j)
    corner = sum(at * step for at, step in zip(place.start, steps, strict=True))
    for some in (part for found in runs for part in found.parts()):
        # Of the first voxel of the grid's line, as if the array began there.
        begins = some.lines[0] * steps[lines[0]] + some.lines[1] * steps[lines[1]] - corner
        where, index = spread(some.first, some.stop)
        if steps[along] > 1:
            index *= steps[along]
        index += begins[where]
        yield index
    if (through := way.path(box)).size:
        yield (through - place.start) @ steps
