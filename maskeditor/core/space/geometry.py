"""Where voxels are in space: shape and affine, planes, and how two grids differ."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from maskeditor.core.errors import GeometryError
from maskeditor.engine.affines import apply_affine, inverse_of
from maskeditor.engine.arrays import Affine, Points
from maskeditor.engine.box import Box, Voxel

#: Grids whose corners lie closer than this (mm) hold the same voxels: float32 headers round about this much.
SAME_CORNER = 1e-3


class Plane(StrEnum):
    """How a view cuts the head."""

    SAGITTAL = "sagittal"
    CORONAL = "coronal"
    AXIAL = "axial"

    @property
    def normal(self) -> int:
        """The world axis (0 right, 1 front, 2 up) that this plane is cut across."""
        return (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL).index(self)


@dataclass(frozen=True, eq=False)
class Geometry:
    """The grid of a volume: shape and affine (voxel → RAS+ mm).

    Parameters
    ----------
    shape : tuple of 3 int
        Voxels along axes 0, 1, 2.
    affine : (4, 4) array_like
        Voxel index to world millimetres, right, front and up positive.

    Raises
    ------
    GeometryError
        If the shape has no voxels or the affine is singular or not finite.

    Examples
    --------
    >>> grid = Geometry((10, 10, 5), np.diag([-2.0, 2.0, 3.0, 1.0]))
    >>> grid.zooms, grid.axis_codes, grid.voxel_volume
    ((2.0, 2.0, 3.0), ('L', 'A', 'S'), 0.012)
    """

    shape: Voxel
    affine: Affine

    def __init__(self, shape: tuple[int, ...], affine: ArrayLike) -> None:
        if len(shape) != 3 or min(shape) < 1 or any(int(length) != length for length in shape):
            raise GeometryError(f"The shape is {shape}, but must be three whole numbers of at least 1.")
        matrix = np.array(affine, dtype=np.float64)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise GeometryError("The affine must be a 4 × 4 matrix of finite numbers; repair the file's header.")
        if abs(np.linalg.det(matrix[:3, :3])) < 1e-12:
            raise GeometryError(
                "The affine is singular (an axis has no length, or two coincide), so voxels have no place in space; "
                "repair the file's header."
            )
        matrix.setflags(write=False)
        object.__setattr__(self, "shape", (int(shape[0]), int(shape[1]), int(shape[2])))
        object.__setattr__(self, "affine", matrix)

    @cached_property
    def zooms(self) -> tuple[float, float, float]:
        """Millimetres per voxel along axes 0, 1, 2."""
        x, y, z = np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0)).tolist()
        return (x, y, z)

    @cached_property
    def voxel_volume(self) -> float:
        """Volume of one voxel in mL."""
        return float(f"{abs(np.linalg.det(self.affine[:3, :3])) / 1000:.12g}")

    @cached_property
    def inverse(self) -> Affine:
        """The affine from world mm to voxel index."""
        return inverse_of(self.affine)

    def to_world(self, voxels: ArrayLike) -> Points:
        """Return world positions (..., 3) in mm of voxel indices (..., 3), which may be fractional."""
        return apply_affine(self.affine, voxels)

    def cropped(self, box: Box) -> Geometry:
        """Return the grid of the voxels inside a box, each at the place where it was.

        Examples
        --------
        >>> part = Geometry((4, 4, 4), np.diag([2.0, 2.0, 3.0, 1.0])).cropped(Box((1, 0, 2), (4, 4, 3)))
        >>> part.shape, part.affine[:3, 3].tolist()
        ((3, 4, 1), [2.0, 0.0, 6.0])
        """
        affine = self.affine.copy()
        affine[:3, 3] = self.to_world(box.start)
        return Geometry(box.shape, affine)

    def to_voxel(self, points: ArrayLike) -> Points:
        """Return fractional voxel indices (..., 3) of world positions (..., 3) in mm."""
        return apply_affine(self.inverse, points)

    def holds(self, voxel: ArrayLike) -> bool:
        """Whether a voxel index (3,) lies inside the volume."""
        index = np.asarray(voxel)
        return bool((index >= 0).all() and (index < np.array(self.shape)).all())

    @cached_property
    def orientation(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        """For each voxel axis, the world axis it follows best and the sign, as nibabel's `io_orientation`."""
        # The nearest orthogonal matrix (polar decomposition) decides, so that shears do not mislead.
        directions = self.affine[:3, :3] / np.array(self.zooms)
        left, values, right = np.linalg.svd(directions, full_matrices=False)
        keep = values > values.max() * 3 * np.finfo(np.float64).eps
        rotation = left[:, keep] @ right[keep]
        axes: list[tuple[int, int]] = [(0, 1)] * 3
        # Axes are served by how well they fit, so that each world axis goes to one voxel axis.
        for axis in np.argsort(np.min(-(rotation**2), axis=0)).tolist():
            world = int(np.argmax(np.abs(rotation[:, axis])))
            axes[axis] = (world, -1 if rotation[world, axis] < 0 else 1)
            rotation[world, :] = 0
        return (axes[0], axes[1], axes[2])

    @property
    def axis_codes(self) -> tuple[str, str, str]:
        """Letters of the positive ends of the three axes, such as ("L", "P", "S")."""
        codes = [
            "LR"[sign > 0] if world == 0 else "PA"[sign > 0] if world == 1 else "IS"[sign > 0]
            for world, sign in self.orientation
        ]
        return (codes[0], codes[1], codes[2])

    def axis_of(self, plane: Plane) -> int:
        """Return the voxel axis nearest to the normal of a plane."""
        return next(axis for axis, (world, _) in enumerate(self.orientation) if world == plane.normal)

    def plane_of(self, axis: int) -> Plane:
        """Return the plane that is cut across a voxel axis."""
        return tuple(Plane)[self.orientation[axis][0]]

    @property
    def is_oblique(self) -> bool:
        """Whether an axis lies more than 0.1 degree off its world axis."""
        return self.obliquity > 0.1

    @property
    def obliquity(self) -> float:
        """Degrees that the world axis which does so most lies off its voxel axis: nibabel's largest `obliquity`."""
        directions = np.abs(self.affine[:3, :3]) / np.array(self.zooms)
        return float(np.degrees(np.arccos(np.minimum(directions.max(axis=1), 1.0))).max())

    def slices_onto(self, other: Geometry, axis: int, indices: Iterable[int]) -> tuple[int, tuple[int, ...]]:
        """Return where slices lie on another grid: its axis of the same plane, and the nearest index for each.

        Parameters
        ----------
        other : Geometry
        axis : int
            The voxel axis that the slices are cut across here.
        indices : iterable of int

        Raises
        ------
        GeometryError
            If one lies outside the other grid.

        Examples
        --------
        >>> fine = Geometry((8, 8, 20), np.diag([1, 1, 2, 1]))
        >>> fine.slices_onto(Geometry((8, 8, 10), np.diag([1, 1, 4, 1])), 2, [4, 8])
        (2, (2, 4))
        """
        across = other.axis_of(self.plane_of(axis))
        found = []
        for index in indices:
            centre = (np.array(self.shape) - 1) / 2
            centre[axis] = index
            there = round(float(other.to_voxel(self.to_world(centre))[across]))
            if not 0 <= there < other.shape[across]:
                raise GeometryError(
                    f"Slice {index} of axis {axis} lies at {there} of axis {across} there, which has slices 0 to "
                    f"{other.shape[across] - 1}; choose an image that covers it."
                )
            found.append(there)
        return across, tuple(found)

    def corners(self) -> Points:
        """World positions (8, 3) in mm of the centres of the eight corner voxels."""
        return self.to_world([[i, j, k] for i, j, k in itertools.product(*((0, n - 1) for n in self.shape))])

    def same_as(self, other: Geometry) -> bool:
        """Whether both grids hold the same voxels at the same places (corners within 0.001 mm)."""
        if self is other:
            return True
        return self.shape == other.shape and self._corner_distance(other) <= SAME_CORNER

    def _corner_distance(self, other: Geometry) -> float:
        return float(np.linalg.norm(self.corners() - other.corners(), axis=1).max())

    def differences(self, other: Geometry) -> tuple[str, ...]:
        """Say in words how another grid differs from this one; empty when they are the same.

        Parameters
        ----------
        other : Geometry

        Returns
        -------
        tuple of str
            One sentence each for shape, zooms, axis codes, corner distance and the likely cause.

        Examples
        --------
        >>> grid = Geometry((4, 4, 4), np.eye(4))
        >>> flipped = Geometry((4, 4, 4), [[-1, 0, 0, 3], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
        >>> for sentence in grid.differences(flipped): print(sentence)
        axis codes: RAS here, LAS there
        corners: up to 0 mm apart, each from the nearest
        likely cause: the same box of space, stored with its axes flipped or permuted
        """
        if self.same_as(other):
            return ()
        found = []
        if self.shape != other.shape:
            found.append(f"shape: {_times(self.shape)} here, {_times(other.shape)} there")
        if not np.allclose(self.zooms, other.zooms, rtol=0, atol=1e-4):
            found.append(f"zooms: {_times(self.zooms)} mm here, {_times(other.zooms)} mm there")
        if self.axis_codes != other.axis_codes:
            found.append(f"axis codes: {''.join(self.axis_codes)} here, {''.join(other.axis_codes)} there")
        distance = self._corner_distance(other)
        if self.axis_codes == other.axis_codes:
            found.append(f"corners: up to {distance:.3g} mm apart")
        else:  # the first voxel of one lies at another corner of its box
            nearest = round(self._nearest_corners(other), 4)  # what rounding leaves is nothing
            found.append(f"corners: up to {nearest:.3g} mm apart, each from the nearest")
        found.append(f"likely cause: {self._cause(other, distance)}")
        return tuple(found)

    def _cause(self, other: Geometry, distance: float) -> str:
        smallest = min(self.zooms)
        if self.shape == other.shape and distance < 0.1 * smallest:
            return "rounding in one of the headers"
        if self._same_corners_in_any_order(other):
            return "the same box of space, stored with its axes flipped or permuted"
        if self.shape == other.shape and np.allclose(self.affine[:3, :3], other.affine[:3, :3], atol=1e-4):
            shift = ", ".join(f"{value:.3g}" for value in other.affine[:3, 3] - self.affine[:3, 3])
            return f"the origin was moved by ({shift}) mm"
        if self.shape != other.shape and np.allclose(self.zooms, other.zooms, atol=1e-3):
            return "one of the two was cropped or padded, or is another scan"
        if not np.allclose(self.zooms, other.zooms, atol=1e-3):
            return "one of the two was resampled, or is another scan"
        return "one of the two was moved (coregistered), or is another scan"

    def _same_corners_in_any_order(self, other: Geometry) -> bool:
        if sorted(self.shape) != sorted(other.shape):
            return False
        return self._nearest_corners(other) <= 0.1 * min(self.zooms)

    def _nearest_corners(self, other: Geometry) -> float:
        """How far a corner of either is from the nearest corner of the other at most, in mm."""
        apart = np.linalg.norm(self.corners()[:, None] - other.corners(), axis=2)
        return float(max(apart.min(axis=0).max(), apart.min(axis=1).max()))


def _times(values: tuple[float, ...]) -> str:
    return " × ".join(f"{value:.4g}" for value in values)
