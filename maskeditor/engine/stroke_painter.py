"""Brush strokes: which voxels lie near the path of a pointer.

A stroke covers every voxel whose centre lies within the radius of the path, measured in mm, however far apart its
points are; besides, it covers the voxels that the path itself runs through, so that the smallest brush paints at least
the voxel under the pointer. Each new point costs what it adds: the ball round the point before is covered already.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from maskeditor.engine.affines import apply_affine, inverse_of
from maskeditor.engine.arrays import Affine, BoolArray, Counts, Floats
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.capsule import Capsule, Nib, Point, Shape, spread
from maskeditor.engine.progress import Reporter, silent

#: Voxels of a stroke that are looked up in the image at a time.
CHUNK = 1 << 22

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
    shape : {"sphere", "disc"}
        A disc paints only the slice nearest to the first point.
    axis : int
        The voxel axis that the slices of a disc are cut across.
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
        self._flat = axis if shape == "disc" else None
        self.allowed = allowed
        self._last: Floats | None = None
        self._way: Capsule | None = None
        #: How many lines of voxels were solved, and voxels measured or covered, in the volume.
        self.visited = 0
        self._touched: tuple[Box, BoolArray] | None = None
        # Room for the box to grow into, so that a stroke is not copied at every point.
        self._room: Box | None = None
        self._covered = np.zeros((0, 0, 0), dtype=bool)

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

    def go_to(self, world: Point) -> Capsule:
        """Go on to a point in world mm; return the way to it, which is not painted yet."""
        here = apply_affine(self._inverse, world)
        if self._flat is not None:
            here[self._flat] = np.rint(here[self._flat]) if self._last is None else self._last[self._flat]
        before = here if self._last is None else self._last
        goes_on = self._way is not None and self._way.is_plain
        self._last, self._way = here, Capsule(self._nib, before, here, self._grid, goes_on)
        return self._way

    def paint(self, way: Capsule) -> None:
        """Cover the voxels of a way. Any one thread may do it; each way must be painted, in order."""
        if way.box is None:
            return
        box = way.box if self._touched is None else way.box.union(self._touched[0])
        room = self._make_room(box)
        if way.news is not None:
            self.visited += cover(way, way.news, self._nib.within[0], self._covered, room)
        self._touched = box, self._covered[box.within(room).slices]

    def add_point(self, world: Point) -> Box | None:
        """Go on to a point in world mm; return the box that holds all voxels newly covered, or None."""
        way = self.go_to(world)
        self.paint(way)
        return way.box

    def draw(
        self, way: Capsule, axis: int, index: int, drawn: BoolArray, erase: bool, allowed: BoolArray | None
    ) -> int:
        """Draw a way into a slice of a mask; return how many voxels, and lines of them, were visited.

        Parameters
        ----------
        way : Capsule
        axis, index : int
            The slice.
        drawn : (M, N) array of bool
            In Fortran order; voxels of the way become true, or false where it erases.
        erase : bool
        allowed : (M, N) array of bool, or None
            In Fortran order: where voxels may be covered at all; None for everywhere.
        """
        slab = Box.whole(self._grid).cut(axis, index, index + 1)
        box = way.news.intersection(slab) if way.news is not None else None
        if box is None:
            return 0
        along = next(other for other in self._nib.within if other != axis)
        thin = (slice(None),) * axis + (None,)
        only = allowed[thin] if allowed is not None else None
        return cover(way, box, along, drawn[thin], slab, not erase, only)

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


def cover(
    way: Capsule, box: Box, along: int, target: BoolArray, place: Box, value: bool = True, only: BoolArray | None = None
) -> int:
    """Give the voxels of a way, inside a box of its own, a value; return how many voxels and lines were visited.

    Parameters
    ----------
    way : Capsule
    box : Box
    along : int
        The axis along which its runs are found.
    target : (I, J, K) array of bool
        In Fortran order.
    place : Box
        Where the target lies, which holds the box.
    value : bool
    only : (I, J, K) array of bool, optional
        In Fortran order: where voxels may be given the value at all.
    """
    flat = target.reshape(-1, order="F")
    flat_only = only.reshape(-1, order="F") if only is not None else None
    lines = [axis for axis in range(3) if axis != along]
    steps = (1, target.shape[0], target.shape[0] * target.shape[1])
    corner = sum(at * step for at, step in zip(place.start, steps, strict=True))

    def give(index: Counts) -> None:
        flat[index if flat_only is None else index[flat_only[index]]] = value

    visited = box.size // box.shape[along]
    for runs in (part for found in way.runs(box, along) for part in found.parts()):
        # Of the first voxel of the grid's line, as if the target began there.
        begins = runs.lines[0] * steps[lines[0]] + runs.lines[1] * steps[lines[1]] - corner
        where, index = spread(runs.first, runs.stop)
        if steps[along] > 1:
            index *= steps[along]
        index += begins[where]
        give(index)
        visited += index.size
    if (through := way.path(box)).size:
        give((through - place.start) @ steps)
    return visited
