"""A mask as a shaded surface, drawn by numpy alone: surface voxels are projected, and the nearest one is seen."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from maskeditor.engine.arrays import Affine, Array, BoolArray, Floats
from maskeditor.engine.bits import check_mask
from maskeditor.engine.box import bounding_box

#: Voxels along each side of the cube over which a mask is averaged, whose gradient is the normal of its surface.
SMOOTHED = 5
#: How bright a surface is that is seen from the side; one that faces the viewer is 1.
DARKEST = 0.2


class Surface(NamedTuple):
    """The voxels of a mask that touch what is outside.

    Parameters
    ----------
    points : (N, 3) array of float64
        Their middles in world mm.
    normals : (N, 3) array of float64
        Unit vectors in world mm that lead out of the mask.
    """

    points: Floats
    normals: Floats


class Seen(NamedTuple):
    """What is seen of surfaces, a pixel each; all arrays are (size, size).

    Parameters
    ----------
    point : array of int64
        Which point is nearest; -1 where none is.
    depth : array of float64
        How far away that is in mm along the line of sight; infinite where there is none.
    shade : array of float64
        How bright, from 0 to 1; 0 where there is none.
    """

    point: NDArray[np.int64]
    depth: Floats
    shade: Floats


def surface_of(mask: BoolArray, affine: Affine) -> Surface:
    """Return the surface of a mask: its voxels that have a neighbour across a face which is outside.

    Parameters
    ----------
    mask : (I, J, K) array of bool
        What lies beyond the edge counts as outside.
    affine : (4, 4) array of float64
        From voxel indices to world mm.

    Examples
    --------
    >>> surface = surface_of(np.ones((3, 3, 3), bool), np.eye(4))
    >>> len(surface.points), surface.normals[4].round(1).tolist()
    (26, [-1.0, 0.0, 0.0])
    """
    check_mask(mask)
    box = bounding_box(mask)
    if box is None:
        return Surface(np.empty((0, 3)), np.empty((0, 3)))
    room = SMOOTHED // 2 + 1
    padded = np.pad(mask[box.slices], room)
    inner = padded.copy()
    for axis in range(3):
        for way in (1, -1):
            inner &= np.roll(padded, way, axis)
    at = np.argwhere(padded & ~inner)
    smooth = ndimage.uniform_filter(padded.astype(np.float32), SMOOTHED)
    gradient = np.empty(at.shape)
    for axis in range(3):
        step = np.zeros(3, np.intp)
        step[axis] = 1
        gradient[:, axis] = smooth[tuple((at + step).T)] - smooth[tuple((at - step).T)]
    # Gradients go over to the world by the inverse of what places do, turned.
    normals = -gradient @ np.linalg.inv(affine[:3, :3])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Surface((at - room + box.start) @ affine[:3, :3].T + affine[:3, 3], normals)


def seen(surface: Surface, directions: Array, voxel: Array, middle: Array, pixel: float, size: int) -> Seen:
    """Return what is seen of a surface from far away.

    Each point covers the pixels over which its voxel may reach. From a right angle, where pixels are as large as
    voxels, it is the first voxel that a line of sight meets; where they are smaller, edges are up to a pixel wider.

    Parameters
    ----------
    surface : Surface
    directions : (3, 3) array of float
        Rows: to the right, down and away from the viewer, as unit vectors in world mm.
    voxel : (3, 3) array of float
        The edges of a voxel in world mm, a column each.
    middle : (3,) array of float
        What is drawn in the middle of the picture, in world mm.
    pixel : float
        The side of a pixel in mm.
    size : int
        Pixels along each side of the picture.

    Examples
    --------
    >>> mask = np.zeros((3, 3, 3), bool); mask[1, 1, 0] = mask[1, 1, 2] = True
    >>> picture = seen(surface_of(mask, np.eye(4)), np.eye(3), np.eye(3), np.ones(3), 1.0, 3)
    >>> picture.depth[1].tolist(), picture.point[1].tolist()
    ([inf, -1.0, inf], [-1, 0, -1])
    """
    placed = (surface.points - middle) @ np.asarray(directions, np.float64).T
    half = np.abs(directions[:2] @ voxel).sum(axis=1).max() / 2 / pixel
    spread = max(0, math.ceil(half - 0.5 - 1e-6))
    x, y = np.rint(placed[:, :2] / pixel + (size - 1) / 2).astype(np.int64).T
    order = np.argsort(-placed[:, 2], kind="stable")
    order = order[((x >= 0) & (x < size) & (y >= 0) & (y < size))[order]]
    # The nearer, the higher the rank; of points that share a pixel, the last one that is written stays.
    ranks = np.zeros((size, size), np.int32)
    ranks[y[order], x[order]] = np.arange(1, order.size + 1, dtype=np.int32)
    if spread:
        ranks = ndimage.maximum_filter(ranks, 2 * spread + 1, mode="constant")
    point = np.concatenate(([-1], order))[ranks]
    facing = -(surface.normals @ np.asarray(directions, np.float64)[2])
    shades = DARKEST + (1 - DARKEST) * np.clip(facing, 0, 1)
    there = point >= 0
    depth, shade = np.full(point.shape, np.inf), np.zeros(point.shape)
    depth[there], shade[there] = placed[point[there], 2], shades[point[there]]
    return Seen(point, depth, shade)
