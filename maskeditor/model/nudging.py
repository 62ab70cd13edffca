"""The ball that pushes a mask's border: as large as it can be where it is put down without touching the border."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.engine.arrays import Floats

#: Steps of the grid within which the border is looked for first, and by how much further each time.
FIRST, FURTHER = 4, 2
#: Millimetres that a ball stays away from the border: points are kept in thousandths of a mm.
AWAY = 0.002


class Ball(NamedTuple):
    """A ball that is put down.

    Parameters
    ----------
    is_inside : bool
        Whether that is in the mask, from where the border is pushed outwards; else inwards.
    radius : float
        In mm.
    """

    is_inside: bool
    radius: float


def ball_at(mask: Voxels, geometry: Geometry, voxel: Floats, most: float, axis: int | None = None) -> Ball:
    """Return the ball that is put down at a place.

    No more is looked at than lies within about twice its radius.

    Parameters
    ----------
    mask : (I, J, K) of bool
    geometry : Geometry
    voxel : (3,) array of float
        A fractional voxel, which may lie outside the volume.
    most : float
        The largest radius, in mm.
    axis : int, optional
        Where it is a disc in a slice, the axis that this is cut across.

    Examples
    --------
    >>> mask = np.zeros((20, 20, 20), bool); mask[:10] = True
    >>> ball_at(mask, Geometry(mask.shape, np.eye(4)), np.array([4.0, 9, 9]), 50.0)
    Ball(is_inside=True, radius=5.998)
    >>> ball_at(mask, Geometry(mask.shape, np.eye(4)), np.array([15.0, 9, 9]), 3.0)
    Ball(is_inside=False, radius=3.0)
    """
    i, j, k = np.floor(voxel + 0.5).astype(int).tolist()
    is_inside = geometry.holds((i, j, k)) and bool(mask[i, j, k])
    columns = geometry.affine[:3, :3]
    # How many voxels one mm reaches along each axis, at most.
    reaches = np.sqrt(np.diag(np.linalg.inv(columns.T @ columns)))
    radius = min(most, FIRST * max(geometry.zooms))
    while True:
        low = np.clip(np.ceil(voxel - radius * reaches), 0, geometry.shape).astype(int)
        high = np.clip(np.floor(voxel + radius * reaches) + 1, 0, geometry.shape).astype(int)
        if axis is not None:
            index = (i, j, k)[axis]
            low[axis], high[axis] = (index, index + 1) if 0 <= index < geometry.shape[axis] else (0, 0)
        part = tuple(slice(first, stop) for first, stop in zip(low.tolist(), high.tolist(), strict=True))
        others = np.argwhere(mask[part] != is_inside) + (low - voxel)
        if axis is not None:
            others[:, axis] = 0
        nearest = float(np.sqrt(((others @ columns.T) ** 2).sum(axis=1)).min(initial=np.inf))
        if nearest <= radius:
            return Ball(is_inside, round(max(nearest - AWAY, nearest / 2), 6))
        if radius >= most:
            return Ball(is_inside, most)
        radius = min(most, FURTHER * radius)
