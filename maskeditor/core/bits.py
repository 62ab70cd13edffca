"""Masks packed to bits: eight voxels a byte, so that one machine word moves 64 of them.

Rows run along the axis that is contiguous in memory, lowest bit first. In a `Layout` every row is followed
by spare zero bits, so that a shift of the whole flat buffer never carries a voxel into the next row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.box import Box, Voxel

BoolArray = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Progress = Callable[[float], None]

UNPACKED_CHUNK = 1 << 17  # voxels unpacked at a time: small enough to stay in the cache until they are copied


def memory_axes(array: NDArray[Any]) -> tuple[int, ...]:
    """Axes of an array from the slowest in memory to the fastest, axes of length one first.

    Examples
    --------
    >>> memory_axes(np.zeros((2, 3, 4), order="F"))
    (2, 1, 0)
    """

    def speed(axis: int) -> tuple[bool, int]:
        return array.shape[axis] > 1, -abs(array.strides[axis])

    return tuple(sorted(range(array.ndim), key=speed))


def restored(view: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    """Undo `array.transpose(axes)`."""
    return view.transpose(np.argsort(axes))


def check_mask(mask: NDArray[Any]) -> None:
    """Refuse what is not a three-dimensional array of booleans."""
    if mask.dtype != np.bool_ or mask.ndim != 3:
        raise ValueError(
            f"The mask is an array of {mask.dtype} with {mask.ndim} dimensions; "
            "give a three-dimensional array of booleans."
        )


def permuted(box: Box, axes: tuple[int, ...]) -> Box:
    """Box of `array.transpose(axes)` that matches a box of the array."""
    a, b, c = axes
    start, stop = box
    return Box((start[a], start[b], start[c]), (stop[a], stop[b], stop[c]))


def zero_outside(view: BoolArray, box: Box | None) -> None:
    """Set all voxels outside a box, or all, to false."""
    if box is None:
        view[...] = False
        return
    x, y, z = box.slices
    view[: x.start] = False
    view[x.stop :] = False
    view[x, : y.start] = False
    view[x, y.stop :] = False
    view[x, y, : z.start] = False
    view[x, y, z.stop :] = False


def empty_outside(shape: tuple[int, ...], box: Box | None) -> BoolArray:
    """Return a new mask that is false outside a box; inside, or where there is none, it is false or undefined.

    Memory that the system hands out zeroed costs nothing until it is touched, which is best for a small box; but it
    then comes in small pages, which makes it dear for a large one.
    """
    if box is None or 2 * box.size < math.prod(shape):
        return np.zeros(shape, np.bool_)
    view = np.empty(shape, np.bool_)
    zero_outside(view, box)
    return view


@dataclass(frozen=True)
class PackedBox:
    """The smallest part of a packed volume that holds all its true voxels.

    Attributes
    ----------
    data : (x, y, bytes) array of uint8
        Bits of the part; may be a view.
    box : Box
        Where the part lies in the volume, in voxels. Along the packed axis it starts on a whole byte.
    """

    data: Bytes
    box: Box

    def load(self, region: Box, rows: Bytes, start: int = 0) -> None:
        """Copy what lies in some planes of a region, from `start` on, to their rows, which are still empty.

        Parameters
        ----------
        region : Box
            Part of the volume that holds the box; starts on a whole byte along rows.
        rows : (planes, rows, bytes) array of uint8
            These planes of the region packed.
        start : int
            The first of them.
        """
        x, y, z = self.box.within(region).start
        first, last = max(start, x), min(start + len(rows), x + len(self.data))
        if first < last:
            _, height, width = self.data.shape
            planes = rows[first - start : last - start]
            planes[:, y : y + height, z // 8 : z // 8 + width] = self.data[first - x : last - x]


def region_around(box: Box, margins: Voxel, shape: tuple[int, ...]) -> Box:
    """Part of a volume that can be reached from a box; along rows it starts on a whole byte."""
    x, y, z = shape
    (x0, y0, z0), (x1, y1, z1) = box.grown(margins, (x, y, z))
    if 2 * (z1 - z0) > z:  # rows written whole cost less than rows written in parts
        z0, z1 = 0, z
    return Box((x0, y0, z0 - z0 % 8), (x1, y1, z1))


def pack(view: BoolArray, box: Box | None = None) -> PackedBox | None:
    """Pack the part of a mask that holds its true voxels, or return None when there is none.

    Parameters
    ----------
    view : (x, y, z) array of bool
        Mask with its axes in the order of memory, see `memory_axes`.
    box : Box, optional
        Part known to hold all true voxels; saves reading the rest.
    """
    (x0, y0, z0), (x1, y1, z1) = box or ((0, 0, 0), view.shape)
    z0 -= z0 % 8
    packed = np.packbits(view[x0:x1, y0:y1, z0:z1], axis=-1, bitorder="little")
    if packed.size == 0:
        return None
    flat = packed.reshape(len(packed), -1)
    x = np.flatnonzero(np.bitwise_or.reduce(flat.view(np.uint64) if flat.shape[1] % 8 == 0 else flat, axis=1))
    if x.size == 0:
        return None
    columns = np.bitwise_or.reduce(packed, axis=0)
    y = np.flatnonzero(columns.max(axis=1))
    z = np.flatnonzero(columns.max(axis=0))
    part = packed[x[0] : x[-1] + 1, y[0] : y[-1] + 1, z[0] : z[-1] + 1]
    start = (x0 + int(x[0]), y0 + int(y[0]), z0 + 8 * int(z[0]))
    stop = (x0 + int(x[-1]) + 1, y0 + int(y[-1]) + 1, min(z0 + 8 * (int(z[-1]) + 1), view.shape[2]))
    return PackedBox(part, Box(start, stop))


def unpack(data: Bytes, out: BoolArray) -> None:
    """Write the bits of (x, y, bytes) to the (x, y, z) voxels of `out`; bits beyond z are ignored."""
    planes, rows, length = out.shape
    used = data[:, :rows, : (length + 7) // 8]
    step = max(1, UNPACKED_CHUNK // max(1, rows * length))
    for x in range(0, planes, step):
        voxels = np.unpackbits(used[x : x + step], axis=-1, count=length, bitorder="little")
        out[x : x + step] = voxels.view(np.bool_)


@dataclass(frozen=True)
class Layout:
    """How a packed volume lies in flat memory: whole words a plane, spare zero bits after each row.

    Attributes
    ----------
    planes, rows, length : int
        Voxels along the three axes, slowest in memory first.
    spare : int
        At least so many zero bits follow each row: the widest shift along it.
    """

    planes: int
    rows: int
    length: int
    spare: int = 1

    @property
    def row_bytes(self) -> int:
        """Bytes from one row to the next."""
        return (self.length + self.spare + 7) // 8

    @property
    def plane_words(self) -> int:
        """Words from one plane to the next."""
        return (self.rows * self.row_bytes + 7) // 8

    def zeros(self) -> Words:
        """Return an empty packed volume: an array of (planes, words)."""
        return np.zeros((self.planes, self.plane_words), np.uint64)

    def flat_rows(self, words: Words) -> Bytes:
        """View planes of words as (planes, bytes of all rows), without the fill at the end of each plane."""
        return words.view(np.uint8)[:, : self.rows * self.row_bytes]

    def as_rows(self, words: Words) -> Bytes:
        """View planes of words as (planes, rows, bytes of a row)."""
        return self.flat_rows(words).reshape(len(words), self.rows, self.row_bytes)

    def clear_spare(self, words: Words) -> None:
        """Set the bits after each row, and those after the last, to zero again."""
        words.view(np.uint8)[:, self.rows * self.row_bytes :] = 0
        rows = self.as_rows(words)
        used, tail = divmod(self.length, 8)
        if tail:
            rows[:, :, used] &= (1 << tail) - 1
            used += 1
        rows[:, :, used:] = 0


def spread_along_rows(source: Words, out: Words, scratch: Words, shift: int, combine: np.ufunc) -> None:
    """Combine each bit with those `shift` before and after it.

    Parameters
    ----------
    source, out, scratch : (words,) arrays of uint64
        Flat words of whole rows; must not overlap.
    shift : int
        From 1 to 63, and at most the spare bits of the layout.
    combine : numpy.bitwise_or or numpy.bitwise_and
        Whether the set grows or shrinks.
    """
    near = np.uint64(shift)
    far = np.uint64(64 - shift)
    np.left_shift(source, near, out=out)
    np.right_shift(source[:-1], far, out=scratch[1:])
    np.bitwise_or(out[1:], scratch[1:], out=out[1:])
    combine(out, source, out=out)
    np.right_shift(source, near, out=scratch)
    if combine is np.bitwise_or:
        np.bitwise_or(out, scratch, out=out)
        np.left_shift(source[1:], far, out=scratch[:-1])
        np.bitwise_or(out[:-1], scratch[:-1], out=out[:-1])
    else:
        carried = source[1:] << far
        np.bitwise_or(scratch[:-1], carried, out=scratch[:-1])
        np.bitwise_and(out, scratch, out=out)
