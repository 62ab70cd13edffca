"""What is asked of the connected components of the part of a mask inside a box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from maskeditor.engine.arrays import BoolArray, Bytes, Integers
from maskeditor.engine.box import Box, Voxel

FEW = 64  # fewer voxels than one in so many are written one by one
CHUNK_VOXELS = 1 << 20  # voxels handled at a time: bounds the scratch memory


@dataclass(frozen=True)
class Placement:
    """Where a box lies in a mask, and how the mask lies in memory.

    Attributes
    ----------
    box : Box
        In the order of memory, slowest axis first.
    axes : tuple of int
        The array's axes in that order.
    shape : tuple of int
        The array's own shape.
    """

    box: Box
    axes: tuple[int, ...]
    shape: tuple[int, ...]

    def holds(self, voxel: Voxel) -> bool:
        """Whether a voxel of the array lies in the box."""
        return all(0 <= place < length for place, length in zip(self.in_box(voxel), self.box.shape, strict=True))

    def in_box(self, voxel: Voxel) -> Voxel:
        """Return a voxel of the array as place in the box."""
        x, y, z = (voxel[axis] - start for axis, start in zip(self.axes, self.box.start, strict=True))
        return x, y, z

    def ranks(self, x: Integers, y: Integers, z: Integers) -> Integers:
        """Return the C index, in the array, of places in the box; all are (places,) of int."""
        index = np.zeros(1, np.intp)
        for axis, start, place in zip(self.axes, self.box.start, (x, y, z), strict=True):
            index = index + (place + start) * int(np.prod(self.shape[axis + 1 :], dtype=np.intp))
        return index


class Pieces(Protocol):
    """The connected components inside a box, numbered from 0."""

    count: int

    def sizes(self) -> Integers:
        """Return the voxels of each, (pieces,) of int."""

    def size_of(self, chosen: BoolArray) -> int:
        """Return the voxels of those chosen, (pieces,) of bool, together."""

    def first_voxels(self) -> Integers:
        """Return the C index, in the array, of the first voxel of each, (pieces,) of int."""

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""

    def number_at(self, voxel: Voxel) -> int | None:
        """Return which one holds a voxel of the array; None if none does."""

    def numbers_of(self, x: Integers, y: Integers, z: Integers) -> Integers:
        """Return which ones hold some voxels of the box, all of them true: (voxels,) of int, as their places."""

    def on_border(self, sides: tuple[bool, bool, bool]) -> BoolArray:
        """Return which have a voxel at either end of some of the box's axes, (pieces,) of bool."""

    def write(self, chosen: BoolArray, out: BoolArray, *, inverted: bool = False) -> None:
        """Write the voxels of those chosen, or all other voxels, to the box's part of a mask.

        Those chosen are (pieces,) of bool, the part of the mask (x, y, z) of bool.
        """

    def packed(self, chosen: BoolArray) -> Bytes:
        """Return the voxels of those chosen, (pieces,) of bool, packed as (x, y, bytes) of uint8 of the box."""

    def fill(self, chosen: BoolArray, out: BoolArray, value: bool) -> None:
        """Set the voxels of those chosen in the box's part of a mask; meant for few voxels.

        Those chosen are (pieces,) of bool, the part of the mask (x, y, z) of bool.
        """
