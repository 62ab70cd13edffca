"""A corner cut out of a mask by three planes, so that one sees what is inside."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from maskeditor.engine.arrays import Affine, Array, BoolArray
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.surface import Read, Surface


class Cut(NamedTuple):
    """The corner that is cut away: all voxels on the viewer's side of three planes.

    Parameters
    ----------
    voxel : tuple of 3 int
        Where the planes meet; its own slices stay.
    rising : tuple of 3 bool
        Whether what is cut away has lower indices, for each axis, as indices rise along the line of sight.
    """

    voxel: Voxel
    rising: tuple[bool, bool, bool]

    def takes(self, voxels: Array) -> BoolArray:
        """Return which voxels are cut away.

        Parameters
        ----------
        voxels : (3, N) array of int or float
            Their whole indices, those of each axis in a row.

        Returns
        -------
        (N,) array of bool
        """
        away = np.ones(voxels.shape[1], bool)
        for row, at, rising in zip(voxels, self.voxel, self.rising, strict=True):
            away &= row < at if rising else row > at
        return away

    def walls(self, read: Read, box: Box, affine: Affine) -> Surface:
        """Return the voxels of a mask that the cut lays open, each with the way out of the mask across the cut.

        Parameters
        ----------
        read : callable of Box
            Returns the voxels of a box of the mask.
        box : Box
            Outside which the mask is empty.
        affine : (4, 4) array of float64

        Examples
        --------
        >>> mask, cut = np.ones((4, 4, 4), bool), Cut((1, 1, 1), (False, False, False))
        >>> walls = cut.walls(lambda box: mask[box.slices], Box.whole((4, 4, 4)), np.eye(4))
        >>> len(walls), walls.normals[:, 0].tolist()
        (12, [1.0, 0.0, 0.0])
        """
        voxels, faces, normals = [np.empty((3, 0), np.int64)], [np.empty(0, np.uint8)], [np.empty((3, 0))]
        ways = np.linalg.inv(affine[:3, :3]).T
        for axis, rising in enumerate(self.rising):
            wall: Box | None = box
            for other in range(3):
                at, goes_down = self.voxel[other], self.rising[other]
                ends = (at, at + 1) if other == axis else (0, at) if goes_down else (at + 1, box.stop[other])
                part = box.cut(other, *ends)
                wall = wall.intersection(part) if wall is not None and ends[0] < ends[1] else None
            if wall is None:
                continue
            found = np.argwhere(read(wall)).T + np.array(wall.start)[:, None]
            voxels.append(found)
            faces.append(np.full(found.shape[1], 1 << (2 * axis + (not rising)), np.uint8))
            way = -ways[:, axis] if rising else ways[:, axis]
            normals.append(np.tile(way[:, None] / np.linalg.norm(way), found.shape[1]))
        return Surface(
            np.concatenate(voxels, axis=1).astype(np.float32),
            np.concatenate(faces),
            np.concatenate(normals, axis=1).astype(np.float32),
            affine,
        )
