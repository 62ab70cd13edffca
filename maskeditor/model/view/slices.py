"""A plane of a grid as it lies on the screen, and the slices cut from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.engine.arrays import Array, BoolArray, Counts
from maskeditor.engine.box import Box, Voxel

#: Letters of the (negative, positive) ends of the world axes.
ENDS = (("L", "R"), ("P", "A"), ("I", "S"))
#: World axes across and down the screen.
ACROSS = {Plane.AXIAL: 0, Plane.CORONAL: 0, Plane.SAGITTAL: 1}
DOWN = {Plane.AXIAL: 1, Plane.CORONAL: 2, Plane.SAGITTAL: 2}
#: A part of a slice: spans along its two axes.
Part = tuple[slice, slice]
WHOLE: Part = (slice(None), slice(None))


@dataclass(frozen=True, eq=False)
class PlaneMap:
    """How the voxels of a grid lie on the screen in one plane.

    Screen positions are millimetres from the top left corner of the slice, right and down positive. A voxel
    is a rectangle round its index, so the top left corner of the slice lies half a voxel off the first index.
    On an oblique grid each voxel axis goes to the world axis that it follows best; it is drawn as if it had
    no obliqueness.

    Parameters
    ----------
    geometry : Geometry
    plane : Plane
    radiological : bool
        Whether the patient's left is on the right of axial and coronal planes. Sagittal planes have the nose
        on the left either way.

    Examples
    --------
    >>> grid = Geometry((10, 20, 5), np.diag([2.0, 1.0, 3.0, 1.0]))
    >>> axial = PlaneMap(grid, Plane.AXIAL)
    >>> axial.letters, axial.size, axial.to_screen((9, 19, 0))
    (('R', 'L', 'A', 'P'), (20.0, 20.0), (1.0, 0.5))
    >>> axial.to_voxel(1.0, 0.5, 4).tolist()
    [9.0, 19.0, 4.0]
    """

    geometry: Geometry
    plane: Plane
    radiological: bool = True

    @cached_property
    def axes(self) -> tuple[int, int, int]:
        """Voxel axes across the screen, down the screen and along the normal."""
        worlds = [world for world, _ in self.geometry.orientation]
        return (
            worlds.index(ACROSS[self.plane]),
            worlds.index(DOWN[self.plane]),
            worlds.index(self.plane.normal),
        )

    @property
    def normal(self) -> int:
        """The voxel axis along the normal: the one that slices are counted on."""
        return self.axes[2]

    @cached_property
    def directions(self) -> tuple[int, int]:
        """Whether indices grow (1) or shrink (-1) towards the right and towards the bottom of the screen."""
        across, down, _ = self.axes
        signs = [sign for _, sign in self.geometry.orientation]
        rightwards = 1 if self.plane is not Plane.SAGITTAL and not self.radiological else -1
        return (signs[across] * rightwards, -signs[down])

    @property
    def towards(self) -> int:
        """Whether slice indices grow (1) or shrink (-1) towards right, front or up."""
        return self.geometry.orientation[self.normal][1]

    @cached_property
    def letters(self) -> tuple[str, str, str, str]:
        """Letters at the left, right, top and bottom edge."""
        edges = []
        for axis, direction in zip(self.axes, self.directions, strict=False):
            world, sign = self.geometry.orientation[axis]
            ends = ENDS[world]
            edges += [ends[sign * direction < 0], ends[sign * direction > 0]]
        return (edges[0], edges[1], edges[2], edges[3])

    @cached_property
    def pixel(self) -> tuple[float, float]:
        """Width and height of a voxel in mm."""
        return (self.geometry.zooms[self.axes[0]], self.geometry.zooms[self.axes[1]])

    @cached_property
    def counts(self) -> tuple[int, int, int]:
        """Voxels across and down, and number of slices."""
        across, down, normal = (self.geometry.shape[axis] for axis in self.axes)
        return (across, down, normal)

    @cached_property
    def size(self) -> tuple[float, float]:
        """Width and height of the slice in mm."""
        return (self.counts[0] * self.pixel[0], self.counts[1] * self.pixel[1])

    @cached_property
    def affine2d(self) -> tuple[float, float, float, float, float, float]:
        """Screen position from array position: x = a·i + c·j + e, y = b·i + d·j + f, returned as (a … f).

        Array positions are counted from the outer corner of the first voxel along the two axes that remain
        when the normal is taken out of the array, i the lower one.
        """
        (width, height), (right, down), (across_count, down_count, _) = (
            self.pixel,
            self.directions,
            self.counts,
        )
        across = (right * width, 0.0 if right > 0 else across_count * width)
        below = (down * height, 0.0 if down > 0 else down_count * height)
        if self.axes[0] < self.axes[1]:
            return (across[0], 0.0, 0.0, below[0], across[1], below[1])
        return (0.0, below[0], across[0], 0.0, across[1], below[1])

    def to_screen(self, voxel: tuple[float, float, float] | NDArray[np.float64]) -> tuple[float, float]:
        """Return the screen position in mm of a voxel index (3,), which may be fractional."""
        (across, down, _), (right, below) = self.axes, self.directions
        x = voxel[across] + 0.5 if right > 0 else self.counts[0] - 0.5 - voxel[across]
        y = voxel[down] + 0.5 if below > 0 else self.counts[1] - 0.5 - voxel[down]
        return (float(x * self.pixel[0]), float(y * self.pixel[1]))

    def to_voxel(self, x: float, y: float, index: float) -> NDArray[np.float64]:
        """Return the fractional voxel index (3,) at a screen position in mm, in the slice of an index."""
        voxel = np.empty(3)
        voxel[self.normal] = index
        (across, down, _), (right, below) = self.axes, self.directions
        one, other = x / self.pixel[0], y / self.pixel[1]
        voxel[across] = one - 0.5 if right > 0 else self.counts[0] - 0.5 - one
        voxel[down] = other - 0.5 if below > 0 else self.counts[1] - 0.5 - other
        return voxel

    def moved(self, voxel: Voxel, right: int, down: int) -> Voxel:
        """Return a voxel moved by some voxels towards the right and the bottom of the screen."""
        index = list(voxel)
        index[self.axes[0]] += right * self.directions[0]
        index[self.axes[1]] += down * self.directions[1]
        return (index[0], index[1], index[2])


def cut(array: NDArray[Any], axis: int, index: int) -> NDArray[Any]:
    """Return one slice of a volume (I, J, K, …) as a view.

    Examples
    --------
    >>> cut(np.zeros((2, 3, 4)), 1, 0).shape
    (2, 4)
    """
    return array[(slice(None),) * axis + (index,)]


def slice_of(mask: Voxels, axis: int, index: int) -> BoolArray:
    """Return one slice of a mask (I, J, K): the two other axes, of bool; a view where the mask is an array.

    Examples
    --------
    >>> slice_of(np.ones((2, 3, 4), bool), 1, 0).shape
    (2, 4)
    """
    i, j, k = mask.shape
    slab: BoolArray = mask[Box.whole((i, j, k)).across(axis, index).slices]
    return slab.squeeze(axis)


def take(array: Array, axis: int, index: int, out: Array | None = None) -> Array:
    """Gather one slice of a volume into contiguous memory, in the order in which it lies in memory.

    A slice of a Fortran-ordered volume comes back Fortran-ordered: turning it into C order here would cost
    several times more than the gathering (and the painter turns it for nothing).

    Parameters
    ----------
    array : (I, J, K) array
    axis : int
        The axis that is cut across.
    index : int
    out : array, optional
        Taken for the result when it has the right shape, type and order.

    Returns
    -------
    2-D array
        Of the two other axes, in their order.

    Examples
    --------
    >>> volume = np.zeros((4, 5, 6), order="F")
    >>> take(volume, 0, 2).strides
    (8, 40)
    """
    view = cut(array, axis, index)
    if out is None or out.shape != view.shape or out.dtype != view.dtype or not _same_order(out, view):
        return view.copy(order="K")
    np.copyto(out, view)
    return out


def _same_order(a: Array, b: Array) -> bool:
    return (a.strides[0] < a.strides[1]) == (b.strides[0] < b.strides[1])


def part_between(part: Part, axis: int, side: slice, shape: tuple[int, ...]) -> Part | None:
    """Return what of a part of a slice lies in a span along one of its two axes; None if nothing does.

    Examples
    --------
    >>> part_between(WHOLE, 1, slice(2, 9), (4, 5)), part_between((slice(0, 1), slice(0, 2)), 1, slice(2, 9), (4, 5))
    ((slice(0, 4, None), slice(2, 5, None)), None)
    """
    spans = [slice(*span.indices(size)[:2]) for span, size in zip(part, shape, strict=True)]
    start, stop = max(spans[axis].start, side.start), min(spans[axis].stop, side.stop)
    spans[axis] = slice(start, stop)
    return (spans[0], spans[1]) if start < stop else None


def around_voxels(voxels: Counts, width: int) -> Part | None:
    """Return the part of a slice around some voxels, counted in Fortran order along lines of some width; None of none.

    Of a ball that moves on, what is new is a crescent: half of the box that both its places lie in.

    Examples
    --------
    >>> around_voxels(np.array([12, 21, 23]), 10)
    (slice(1, 4, None), slice(1, 3, None))
    """
    if not voxels.size:
        return None
    places = voxels % width
    second = slice(int(voxels.min()) // width, int(voxels.max()) // width + 1)
    return slice(int(places.min()), int(places.max()) + 1), second
