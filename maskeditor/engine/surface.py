"""The surface of a mask: its voxels that touch what is outside, found part by part and brought up to date in parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Affine, Array, BoolArray, Bytes, Floats, Singles
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.progress import Reporter, silent

#: How many voxels away, along each axis, the mask is looked at for the normals of its surface.
SMOOTHED = 2
#: Voxels that are gone through at a time: they fit into a processor's cache, and little memory is taken beside them.
_AT_ONCE = 1 << 20
#: Returns the voxels of a box of a mask, an array of bool of the box's shape.
Read = Callable[[Box], BoolArray]


@dataclass(frozen=True, eq=False)
class Surface:
    """The voxels of a mask that touch what is outside.

    Parameters
    ----------
    voxels : (3, N) array of float32
        Their whole indices, those of each axis in a row.
    faces : (N,) array of uint8
        Which of their faces touch what is outside: bit 2 a the face towards lower indices of axis a, bit 2 a + 1 that
        towards higher ones.
    normals : (3, N) array of float32
        Unit vectors in world mm that lead out of the mask.
    affine : (4, 4) array of float64
        From indices to world mm.

    Examples
    --------
    >>> surface = surface_of(np.ones((3, 3, 3), bool), np.eye(4))
    >>> len(surface), surface.normals[:, 4].round(1).tolist()
    (26, [0.0, 0.0, -1.0])
    """

    voxels: Singles
    faces: Bytes
    normals: Singles
    affine: Affine
    #: Which voxels come one after another along any line of sight, by the signs of its direction; see `in_order`.
    _orders: dict[tuple[bool, bool, bool], Surface] = field(default_factory=dict, init=False, repr=False)
    _places: dict[tuple[bool, bool, bool], NDArray[np.intp]] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """Return the number of voxels."""
        return self.faces.size

    @property
    def points(self) -> Floats:
        """Their middles (N, 3) in world mm."""
        points: Floats = self.voxels.T @ self.affine[:3, :3].T + self.affine[:3, 3]
        return points

    def in_order(self, rising: tuple[bool, bool, bool]) -> tuple[Surface, NDArray[np.intp]]:
        """Return the voxels from the farthest to the nearest of any line of sight, and their places here.

        From voxel to voxel, a line goes on along one axis, always the same way. So those that it meets come one after
        another when all are listed by their first index, then by their second, then by their third; no depth has to be
        worked out.

        Parameters
        ----------
        rising : tuple of 3 bool
            Whether indices rise along the line of sight, for each axis.

        Returns
        -------
        Surface
            The same voxels in that order.
        (N,) array of int64
            Which voxel here each of them is.
        """
        if rising not in self._orders:
            indices = self.voxels.astype(np.int64)
            sizes = indices.max(axis=1, initial=0) + 1
            i, j, k = (sizes[axis] - 1 - row if rising[axis] else row for axis, row in enumerate(indices))
            order = np.argsort((i * sizes[1] + j) * sizes[2] + k)
            self._orders[rising] = Surface(
                self.voxels[:, order], self.faces[order], self.normals[:, order], self.affine
            )
            self._places[rising] = order
        return self._orders[rising], self._places[rising]

    def updated(
        self, read: Read, shape: Voxel, box: Box, report: Reporter = silent, most: int | None = None
    ) -> Surface | None:
        """Return the surface of a mask (I, J, K) that has changed in a box; the rest as in `surface_in`.

        Examples
        --------
        >>> mask = np.zeros((9, 9, 9), bool); mask[2:7, 2:7, 2:7] = True
        >>> before = surface_of(mask, np.eye(4)); mask[2, 2, 2] = False
        >>> after = before.updated(lambda box: mask[box.slices], mask.shape, Box((2, 2, 2), (3, 3, 3)))
        >>> len(before), len(after)
        (98, 97)
        """
        # Normals look farther than faces do.
        near = box.grown(SMOOTHED, shape)
        stays = np.zeros(len(self), bool)
        for axis in range(3):
            stays |= (self.voxels[axis] < near.start[axis]) | (self.voxels[axis] >= near.stop[axis])
        new = surface_in(read, shape, near, self.affine, report, most)
        if new is None or (most is not None and np.count_nonzero(stays) + len(new) > most):
            return None
        return Surface(
            np.concatenate((self.voxels[:, stays], new.voxels), axis=1),
            np.concatenate((self.faces[stays], new.faces)),
            np.concatenate((self.normals[:, stays], new.normals), axis=1),
            self.affine,
        )


def rising_along(affine: Array, away: Array) -> tuple[bool, bool, bool]:
    """Return whether the indices of each axis rise along a line of sight.

    Parameters
    ----------
    affine : (4, 4) array of float64
        From voxel indices to world mm.
    away : (3,) array of float64
        Away from the viewer, in world mm.
    """
    i, j, k = (np.linalg.inv(affine[:3, :3]) @ away > 0).tolist()
    return i, j, k


def surface_of(mask: BoolArray, affine: Affine, report: Reporter = silent) -> Surface:
    """Return the surface of a mask; what lies beyond its edge counts as outside.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    affine : (4, 4) array of float64
        From voxel indices to world mm.
    report : callable of float
        Told how far the work is; what it raises stops the work.
    """
    i, j, k = mask.shape
    whole = surface_in(lambda box: mask[box.slices], (i, j, k), Box.whole((i, j, k)), affine, report)
    assert whole is not None
    return whole


def surface_in(
    read: Read, shape: Voxel, box: Box, affine: Affine, report: Reporter = silent, most: int | None = None
) -> Surface | None:
    """Return what of the surface of a mask lies in a box.

    Parameters
    ----------
    read : callable of Box
        Returns the voxels of a box of the mask.
    shape : tuple of 3 int
        Of the whole mask; what lies beyond it counts as outside.
    box : Box
    affine : (4, 4) array of float64
        From voxel indices to world mm.
    report : callable of float
        Told how far the work is; what it raises stops the work.
    most : int, optional
        Voxels of the surface that are wanted at most; if there are more, None is returned.

    Examples
    --------
    >>> mask = np.ones((4, 4, 4), bool)
    >>> len(surface_in(lambda box: mask[box.slices], (4, 4, 4), Box((0, 0, 0), (4, 4, 1)), np.eye(4)))
    16
    """
    thick = max(1, _AT_ONCE // max(1, box.shape[0] * box.shape[1]))
    parts, count = [], 0
    for first in range(box.start[2], box.stop[2], thick):
        stop = min(first + thick, box.stop[2])
        parts.append(_part(read, shape, box.cut(2, first, stop)))
        count += parts[-1][1].size
        if most is not None and count > most:
            return None
        report((stop - box.start[2]) / box.shape[2])
    empty = (np.empty((3, 0), np.float32), np.empty(0, np.uint8), np.empty((3, 0), np.float32))
    voxels, faces, gradients = (np.concatenate(rows, axis=-1) for rows in zip(empty, *parts, strict=True))
    # Gradients go over to the world by the inverse of what places do, turned.
    normals = np.linalg.inv(affine[:3, :3]).T.astype(np.float32) @ gradients
    normals /= np.maximum(np.linalg.norm(normals, axis=0), 1e-12)
    return Surface(voxels, faces, normals, affine)


def _part(read: Read, shape: Voxel, box: Box) -> tuple[Singles, Bytes, Singles]:
    """Return indices (3, N), faces (N,) and the way out (3, N), in voxels, of the surface in a box."""
    inside = read(box.grown(SMOOTHED, shape))
    # In Fortran order, as masks are read.
    around = np.zeros([size + 2 * SMOOTHED for size in box.shape], bool, order="F")
    seen = box.grown(SMOOTHED, shape).moved((SMOOTHED - box.start[0], SMOOTHED - box.start[1], SMOOTHED - box.start[2]))
    around[seen.slices] = inside
    if not inside.any():
        return np.empty((3, 0), np.float32), np.empty(0, np.uint8), np.empty((3, 0), np.float32)
    middle = [slice(SMOOTHED, -SMOOTHED)] * 3
    voxels, faces = around[tuple(middle)], np.zeros(around.shape, np.uint8, order="F")
    open_faces = faces[tuple(middle)]
    for axis in range(3):
        for side, way in enumerate((-1, 1)):
            beside = list(middle)
            beside[axis] = slice(SMOOTHED + way, around.shape[axis] - SMOOTHED + way)
            open_faces |= (voxels > around[tuple(beside)]).view(np.uint8) << np.uint8(2 * axis + side)
    flat = faces.reshape(-1, order="F")
    at = np.flatnonzero(flat)
    places = np.array(np.unravel_index(at, around.shape, order="F")) - SMOOTHED + np.array(box.start)[:, None]
    return places.astype(np.float32), flat[at], _way_out(around, at)


def _way_out(mask: BoolArray, at: NDArray[np.intp]) -> Singles:
    """Return, at some voxels, from the middle of the mask nearby to the voxel: (3, N), in voxels.

    Parameters
    ----------
    mask : (I, J, K) array of bool in Fortran order
    at : (N,) array of int
        Counted in Fortran order.
    """
    flat, out = mask.reshape(-1, order="F").view(np.int8), np.zeros((3, at.size), np.float32)
    steps = np.array(mask.strides)
    reach = range(-SMOOTHED, SMOOTHED + 1)
    for offset in ((i, j, k) for k in reach for j in reach for i in reach):
        there = flat.take(at + int(steps @ offset))
        for axis, far in enumerate(offset):
            if far:
                out[axis] -= np.float32(far) * there
    return out
