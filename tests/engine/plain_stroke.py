"""Strokes the plain way: every voxel of a box is measured, in floats of the whole box.

This is how strokes were painted when the first recipes were written, kept word for word: a painter that differs by one
voxel would make other masks of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.affines import apply_affine, inverse_of
from maskeditor.engine.arrays import Affine, BoolArray
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.capsule import TOLERANCE, Point, Shape


def plain_stroke(
    affine: Affine, grid: Voxel, points: Sequence[Point], radius: float, shape: Shape, axis: int
) -> BoolArray:
    """Return the voxels (I, J, K) of a grid that a stroke through points in world mm covers."""
    made = np.zeros(grid, bool)
    inverse = inverse_of(affine)
    before: NDArray[np.float64] | None = None
    level = 0.0
    for point in points:
        here = apply_affine(inverse, point)
        if before is None:
            level = float(np.rint(here[axis]))
        if shape == "disc":
            here[axis] = level
        piece = _capsule(affine, grid, here if before is None else before, here, radius, shape, axis)
        if piece is not None:
            made[piece[0].slices] |= piece[1]
        before = here
    return made


def _capsule(
    affine: Affine,
    grid: Voxel,
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    radius: float,
    shape: Shape,
    axis: int,
) -> tuple[Box, BoolArray] | None:
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
