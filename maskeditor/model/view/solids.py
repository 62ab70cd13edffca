"""Masks as solids: the surface of each, brought up to date where its voxels have changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.engine.arrays import Affine, BoolArray, Floats
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.progress import Reporter, silent
from maskeditor.engine.surface import Read, Surface, surface_in

#: Voxels that a surface has at most; a finer one is drawn from larger voxels, so that it can still be turned by hand.
MOST_VOXELS = 400_000


@dataclass(frozen=True, eq=False)
class Solid:
    """A mask and its surface. Any thread may make one of a mask that changes meanwhile; it keeps a copy of its own.

    Parameters
    ----------
    surface : Surface
        Of voxels that are `by` voxels of the mask long along each axis, and inside where any of these is.
    by : int
    mask : MaskBits
        The mask as it was.
    affine : (4, 4) array of float64
        From indices of the mask to world mm.
    most : int
        Voxels that the surface has at most.

    Examples
    --------
    >>> mask = MaskBits.of(np.ones((4, 4, 4), bool))
    >>> solid = Solid.of(mask, np.eye(4)); len(solid.surface), solid.by
    (56, 1)
    >>> coarse = Solid.of(mask, np.eye(4), most=50); len(coarse.surface), coarse.by, coarse.surface.affine[0].tolist()
    (8, 2, [2.0, 0.0, 0.0, 0.5])
    """

    surface: Surface
    by: int
    mask: MaskBits
    affine: Affine
    most: int = MOST_VOXELS

    @classmethod
    def of(cls, mask: MaskBits, affine: Affine, report: Reporter = silent, most: int = MOST_VOXELS) -> Solid:
        """Return the solid of a mask (I, J, K)."""
        return cls._of(mask.copy(), affine, report, most, 1)

    @classmethod
    def _of(cls, mask: MaskBits, affine: Affine, report: Reporter, most: int, by: int) -> Solid:
        while True:
            coarse = affine.copy()
            coarse[:3, 3] += affine[:3, :3] @ np.full(3, (by - 1) / 2)
            coarse[:3, :3] *= by
            box = _larger(mask.bounds() or Box((0, 0, 0), (0, 0, 0)), by)
            surface = surface_in(_reading(mask, by), _shape(mask, by), box, coarse, report, most)
            if surface is not None:
                return cls(surface, by, mask, affine, most)
            by *= 2

    def updated(self, mask: MaskBits, report: Reporter = silent) -> Solid:
        """Return the solid of the mask as it is now, or of another one that takes its place: itself if they are equal.

        Only what differs is looked at again.
        """
        now = mask.copy()
        changed = _difference(self.mask, now)
        if changed is None:
            return self
        if self.by > 1:  # it may have become small enough to be seen in full
            return self._of(now, self.affine, report, self.most, 1)
        surface = self.surface.updated(_reading(now, 1), now.shape, changed, report, self.most)
        if surface is None:
            return self._of(now, self.affine, report, self.most, 2)
        return Solid(surface, 1, now, self.affine, self.most)

    def read(self, box: Box) -> BoolArray:
        """Return the voxels of a box, in voxels of the surface."""
        return _reading(self.mask, self.by)(box)

    @property
    def box(self) -> Box | None:
        """The box of the mask, in voxels of the surface; None for an empty one."""
        box = self.mask.bounds()
        return None if box is None else _larger(box, self.by)

    def voxel_of(self, place: Voxel) -> Voxel:
        """Return a voxel of the mask that lies in a voxel of the surface."""
        box = _smaller(Box(place, (place[0] + 1, place[1] + 1, place[2] + 1)), self.by, self.mask.shape)
        inside = np.argwhere(self.mask.read(box))
        first = inside[len(inside) // 2] if len(inside) else np.zeros(3, int)
        i, j, k = (first + box.start).tolist()
        return (i, j, k)


def sphere_around(solids: Iterable[Solid]) -> tuple[Floats, float]:
    """Return the middle (3,), in world mm, and the radius of a sphere that holds solids, not all of them empty.

    Examples
    --------
    >>> middle, radius = sphere_around([Solid.of(MaskBits.of(np.ones((3, 3, 3), bool)), np.eye(4))])
    >>> middle.tolist(), round(radius, 3)
    ([1.0, 1.0, 1.0], 2.598)
    """
    whole = [solid for solid in solids if len(solid.surface)]
    points = np.concatenate([solid.surface.points for solid in whole])
    middle: Floats = (points.min(0) + points.max(0)) / 2
    # From the middles of voxels to their corners.
    room = max(float(np.linalg.norm(solid.surface.affine[:3, :3].sum(1))) / 2 for solid in whole)
    return middle, float(np.linalg.norm(points - middle, axis=1).max()) + room


def _shape(mask: MaskBits, by: int) -> Voxel:
    i, j, k = (-(-size // by) for size in mask.shape)
    return (i, j, k)


def _larger(box: Box, by: int) -> Box:
    """Return the box in voxels that are so many voxels long."""
    (a, b, c), (d, e, f) = box
    return Box((a // by, b // by, c // by), (-(-d // by), -(-e // by), -(-f // by)))


def _smaller(box: Box, by: int, shape: Voxel) -> Box:
    """Return the box of voxels that are so many times as long, in voxels of a volume of this shape."""
    (a, b, c), (d, e, f) = box
    stop = (min(d * by, shape[0]), min(e * by, shape[1]), min(f * by, shape[2]))
    return Box((a * by, b * by, c * by), stop)


def _reading(mask: MaskBits, by: int) -> Read:
    if by == 1:
        return mask.read

    def read(box: Box) -> BoolArray:
        voxels = mask.read(_smaller(box, by, mask.shape))
        for axis in range(3):
            voxels = np.logical_or.reduceat(voxels, np.arange(0, voxels.shape[axis], by), axis)
        return voxels

    return read


def _difference(one: MaskBits, two: MaskBits) -> Box | None:
    """Return the box of the voxels in which two masks differ; None where they are equal."""
    first, second = one.bounds(), two.bounds()
    box = first.union(second) if first is not None else second
    if box is None:
        return None
    return Rows(box, one.rows(box).data ^ two.rows(box).data).bounds()
