"""Brush strokes: which voxels lie near the path of a pointer.

A stroke covers every voxel whose centre lies within the radius of the path, measured in mm, however far apart its
points are; besides, it covers the voxels that the path itself runs through, so that the smallest brush paints at least
the voxel under the pointer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.affines import apply_affine, inverse_of
from maskeditor.engine.arrays import Affine, BoolArray
from maskeditor.engine.box import Box, Voxel

Shape = Literal["sphere", "disc"]
Point = Sequence[float]

#: A centre this much (mm) beyond the radius still counts: rounding in the affine must not decide.
TOLERANCE = 1e-6


def rasterise_segment(
    affine: Affine, grid: Voxel, a: Point, b: Point, radius: float, shape: Shape, axis: int
) -> tuple[Box, BoolArray] | None:
    """Return the voxels that a brush covers on a straight way from one point to another.

    Parameters
    ----------
    affine : (4, 4) array of float64
        From voxel indices to world mm.
    grid : tuple of 3 int
        Voxels of the volume along each axis.
    a, b : (3,) sequence of float
        The ends, in world mm; may be the same, and may lie outside the volume.
    radius : float
        In mm.
    shape : {"sphere", "disc"}
        A disc covers only the slice nearest to `a`, and both ends are moved onto that slice along the voxel axis.
    axis : int
        The voxel axis that the slices of a disc are cut across.

    Returns
    -------
    (box, array of bool of the box's shape) or None
        None when the brush misses the volume.

    Examples
    --------
    >>> box, covered = rasterise_segment(np.eye(4), (5, 5, 1), (2, 2, 0), (2, 2, 0), 1.0, "disc", 2)
    >>> covered[:, :, 0].astype(int)
    array([[0, 1, 0],
           [1, 1, 1],
           [0, 1, 0]])
    """
    ends = apply_affine(inverse_of(affine), (a, b))
    return _capsule(affine, grid, ends[0], ends[1], radius, shape, axis)


def _capsule(
    affine: Affine,
    grid: Voxel,
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    radius: float,
    shape: Shape,
    axis: int,
) -> tuple[Box, BoolArray] | None:
    """Rasterise between two fractional voxel positions; see `rasterise_segment`."""
    matrix = affine[:3, :3]
    flat = shape == "disc"
    if flat:
        # In the slice, so that the column across it has no say.
        start, stop = start.copy(), stop.copy()
        start[axis] = stop[axis] = np.rint(start[axis])
    # In voxels, a ball is an ellipsoid: how far it reaches along each axis.
    within = [other for other in range(3) if not (flat and other == axis)]
    columns = matrix[:, within]
    metric = columns.T @ columns
    reaches = np.zeros(3)
    reaches[within] = (radius + TOLERANCE) * np.sqrt(np.diag(np.linalg.inv(metric)))
    # The box holds the voxels that the path runs through too, hence the rounded ends.
    low = np.minimum(np.ceil(np.minimum(start, stop) - reaches), np.rint(np.minimum(start, stop)))
    high = np.maximum(np.floor(np.maximum(start, stop) + reaches), np.rint(np.maximum(start, stop))) + 1
    # Clipped as numbers, so that points far outside do not overflow.
    first = np.clip(low, 0, grid).astype(int).tolist()
    last = np.clip(high, 0, grid).astype(int).tolist()
    if not all(one < other for one, other in zip(first, last, strict=True)):
        return None
    box = Box(tuple(first), tuple(last))
    covered = _near(box, start, stop, columns, within, radius + TOLERANCE)
    path = _path(start, stop, box)
    covered[path[:, 0], path[:, 1], path[:, 2]] = True
    return box, covered


def _path(start: NDArray[np.float64], stop: NDArray[np.float64], box: Box) -> NDArray[np.intp]:
    """Return the voxels (N, 3) on the way, found at steps of at most half a voxel, within and counted from a box."""
    way = stop - start
    steps = max(1, int(np.ceil(2 * np.abs(way).max())))
    # Only the part of the way that can lie in the box: the ends may be far outside.
    entered, left = 0.0, 1.0
    for axis in np.flatnonzero(way):
        one = (box.start[axis] - 1 - start[axis]) / way[axis]
        other = (box.stop[axis] - start[axis]) / way[axis]
        entered, left = max(entered, min(one, other)), min(left, max(one, other))
    fractions = np.arange(np.floor(entered * steps), np.ceil(left * steps) + 1) / steps
    path = np.rint(start + fractions[:, None] * way) - box.start
    inside = ((path >= 0) & (path < box.shape)).all(axis=1)
    return path[inside].astype(np.intp)


def _near(
    box: Box,
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    columns: NDArray[np.float64],
    within: list[int],
    radius: float,
) -> BoolArray:
    """Return which voxels of a box lie within a distance (mm) of the way from start to stop.

    Only the axes `within`, whose steps in the world are the `columns`, count.
    """
    # The squared distance to the line's point at s (0 at the start, 1 at the stop) is |d|² − 2 s (d·u) + s² |u|².
    way = columns @ (stop - start)[within] if within else np.zeros(3)
    length = float(way @ way)
    squared: NDArray[np.float64] = np.zeros((1, 1, 1))
    along: NDArray[np.float64] = np.zeros((1, 1, 1))
    offsets: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for axis, column in zip(within, columns.T, strict=True):
        offset = np.arange(box.start[axis], box.stop[axis]) - start[axis]
        offset = offset.reshape([-1 if other == axis else 1 for other in range(3)])
        squared = squared + offset**2 * float(column @ column)
        along = along + offset * float(column @ way)
        for earlier, before in offsets:
            shared = 2 * float(column @ earlier)
            if shared:
                squared = squared + (before * shared) * offset
        offsets.append((column, offset))
    if length > 0:
        part = np.clip(along / length, 0.0, 1.0)
        squared = squared + part * (part * length - 2 * along)
    near = squared <= radius * radius
    return np.array(np.broadcast_to(near, box.shape), order="F")


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
    >>> painter.touched[1].sum()
    np.int64(4)
    """

    def __init__(
        self,
        affine: Affine,
        grid: Voxel,
        radius: float,
        shape: Shape,
        axis: int,
        allowed: Callable[[Box], BoolArray] | None = None,
    ) -> None:
        self._affine = affine
        self._inverse = inverse_of(affine)
        self._grid = grid
        self._radius = radius
        self._shape: Shape = shape
        self._axis = axis
        self._allowed = allowed
        self._last: NDArray[np.float64] | None = None
        self._slice = 0.0
        self._box: Box | None = None
        # Room for the box to grow into, so that a stroke is not copied at every point.
        self._room: Box | None = None
        self._covered = np.zeros((0, 0, 0), dtype=bool)

    @property
    def touched(self) -> tuple[Box, BoolArray] | None:
        """The box covered so far and which of its voxels are: (x, y, z) of bool, a view that goes on changing."""
        if self._box is None or self._room is None:
            return None
        return self._box, self._covered[self._box.within(self._room).slices]

    def add_point(self, world: Point) -> Box | None:
        """Go on to a point in world mm; return the box that holds all voxels newly covered, or None."""
        here = apply_affine(self._inverse, world)
        before = here if self._last is None else self._last
        if self._last is None:
            self._slice = float(np.rint(here[self._axis]))
        if self._shape == "disc":
            here[self._axis] = self._slice
        self._last = here
        piece = _capsule(self._affine, self._grid, before, here, self._radius, self._shape, self._axis)
        if piece is None:
            return None
        box, covered = piece
        if self._allowed is not None:
            covered &= self._allowed(box)
        self._make_room(box)
        assert self._room is not None
        self._covered[box.within(self._room).slices] |= covered
        return box

    def _make_room(self, box: Box) -> None:
        before = self.touched
        self._box = box.union(self._box)
        if self._room is not None and self._room.union(self._box) == self._room:
            return
        # Half as much again on every side: a long stroke is then copied a few times in all.
        i, j, k = (length // 2 for length in self._box.shape)
        self._room = self._box.grown((i, j, k), self._grid)
        self._covered = np.zeros(self._room.shape, dtype=bool, order="F")
        if before is not None:
            self._covered[before[0].within(self._room).slices] = before[1]
