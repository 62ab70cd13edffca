"""Masks packed to bits: eight voxels a byte, so that one machine word moves 64 of them.

Rows run along the axis that is contiguous in memory, lowest bit first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import BoolArray, Bytes, Words
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.memory_pool import results
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter
from maskeditor.engine.word_layout import WordLayout

PACKED_CHUNK = 1 << 21  # voxels packed at a time
UNPACKED_CHUNK = 1 << 17  # voxels unpacked at a time: small enough to stay in the cache until they are copied
PLACED_CHUNK = 1 << 20  # voxels unpacked straight to their place at a time
SMALL_PLANE = 1 << 14  # voxels of a plane below which placing it takes less time than to begin with it
LEAST_WRITTEN = 1 << 24  # voxels that are worth a thread of their own
FEW_BYTES = 1 << 11  # that are counted as one number in less time than numpy takes to begin


def check_mask(mask: NDArray[Any]) -> None:
    """Refuse with a ValueError what is not a mask, (I, J, K) of bool."""
    if mask.dtype != np.bool_ or mask.ndim != 3:
        raise ValueError(
            f"The mask is an array of {mask.dtype} with {mask.ndim} dimensions; "
            "give a three-dimensional array of booleans."
        )


def zero_outside(view: BoolArray | Bytes, box: Box | None) -> None:
    """Set all voxels of (x, y, z) of bool, or (x, y, bytes) of uint8, outside a box to false; without a box, all."""
    if box is None:
        view[...] = 0
        return
    x, y, z = box.slices
    view[: x.start] = 0
    view[x.stop :] = 0
    view[x, : y.start] = 0
    view[x, y.stop :] = 0
    view[x, y, : z.start] = 0
    view[x, y, z.stop :] = 0


def empty_outside(shape: tuple[int, ...], box: Box | None) -> BoolArray:
    """Return a new mask, (x, y, z) of bool, false outside a box; inside, or without one, it is false or undefined.

    Memory that the system hands out zeroed costs nothing until it is touched, which is best for a small box; but it
    then comes in small pages, which makes it dear for a large one: that is used again instead.
    """
    if box is None or 8 * box.size < math.prod(shape):
        return np.zeros(shape, np.bool_)
    view = results.empty(shape)
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
    whole : (x, y, bytes) array of uint8, optional
        The whole volume, of which the part is a view.
    """

    data: Bytes
    box: Box
    whole: Bytes | None = None

    def words(self, region: Box, layout: WordLayout) -> Words | None:
        """View a region of the volume as a layout's (planes, words) of uint64; None if it does not lie so in memory."""
        if self.whole is None or self.whole.shape[1:] != (layout.rows, 8 * layout.row_words) or region.start[2] > 0:
            return None
        planes = self.whole[region.slices[0]]
        return planes.reshape(len(planes), -1).view(np.uint64)

    def load(self, region: Box, rows: Bytes, start: int = 0) -> None:
        """Copy some planes of a region, from `start` on, to their rows.

        Parameters
        ----------
        region : Box
            Part of the volume that holds the box; starts on a whole byte along rows.
        rows : (planes, rows, bytes) array of uint8
            These planes of the region packed; all of them are written over.
        start : int
            The first of them.
        """
        x, y, z = self.box.within(region).start
        first, last = max(start, x), min(start + len(rows), x + len(self.data))
        if first >= last:
            rows[...] = 0
            return
        _, height, width = self.data.shape
        here = Box((first - start, y, z // 8), (last - start, y + height, z // 8 + width))
        zero_outside(rows, here)
        rows[here.slices] = self.data[first - x : last - x]


def region_around(box: Box, margins: Voxel, shape: tuple[int, ...]) -> Box:
    """Part of a volume that can be reached from a box; along rows it starts on a whole byte."""
    x, y, z = shape
    return in_whole_rows(box.grown(margins, (x, y, z)), shape)


def in_whole_rows(box: Box, shape: tuple[int, ...]) -> Box:
    """Grow a box to whole rows, or whole planes, where it holds most of them; along rows it starts on a whole byte.

    What lies in one piece in memory is read and written in less time than parts of it.

    Examples
    --------
    >>> in_whole_rows(Box((5, 2, 9), (6, 4, 80)), (10, 10, 100))
    Box(start=(5, 2, 0), stop=(6, 4, 100))
    """
    _, y, z = shape
    (x0, y0, z0), (x1, y1, z1) = box
    if 2 * (z1 - z0) > z:
        z0, z1 = 0, z
    if z1 - z0 == z and 4 * (y1 - y0) > 3 * y:
        y0, y1 = 0, y
    return Box((x0, y0, z0 - z0 % 8), (x1, y1, z1))


def pack(view: BoolArray) -> PackedBox | None:
    """Pack the part of a mask that holds its true voxels, or return None when there is none.

    Parameters
    ----------
    view : (x, y, z) array of bool
        Mask with its axes in the order of memory, see `memory_axes`.
    """
    planes, rows, length = view.shape
    packed: Bytes = results.empty((planes, rows, (length + 7) // 8), np.uint8)
    # Eight bytes at a time where they allow it.
    wide = np.uint64 if packed[0].size % 8 == 0 else np.uint8
    filled = np.zeros(planes, wide)
    step = max(1, PACKED_CHUNK // max(1, rows * length))

    def work(part: slice, report: Reporter) -> NDArray[Any]:
        shadow = np.zeros(packed[0].size // np.dtype(wide).itemsize, wide)
        for start in range(part.start, part.stop, step):
            some = packed[start : min(part.stop, start + step)]
            some[...] = _packed(view[start : start + len(some)])
            words = some.reshape(len(some), -1).view(wide)
            np.bitwise_or.reduce(words, axis=1, out=filled[start : start + len(some)])
            np.bitwise_or(shadow, np.bitwise_or.reduce(words, axis=0), out=shadow)
        return shadow

    shadow = np.bitwise_or.reduce(in_parallel(work, parts_of(planes, 2 * step)))
    x = np.flatnonzero(filled)
    if x.size == 0:
        return None
    columns = shadow.view(np.uint8).reshape(packed.shape[1:])
    y = np.flatnonzero(columns.max(axis=1))
    z = np.flatnonzero(columns.max(axis=0))
    first, last = int(z[0]), int(z[-1]) + 1
    if 2 * (last - first) > packed.shape[2]:  # whole rows are quicker to copy than parts of rows
        first, last = 0, packed.shape[2]
    tight = packed[x[0] : x[-1] + 1, y[0] : y[-1] + 1, first:last]
    begin = (int(x[0]), int(y[0]), 8 * first)
    end = (int(x[-1]) + 1, int(y[-1]) + 1, min(8 * last, length))
    return PackedBox(tight, Box(begin, end), packed)


def _packed(view: BoolArray) -> Bytes:
    """Pack rows to whole bytes, lowest bit first."""
    planes, rows, length = view.shape
    if length % 8 == 0 and view.flags.c_contiguous:  # one long row is quicker than many
        return np.packbits(view.reshape(-1), bitorder="little").reshape(planes, rows, length // 8)
    return np.packbits(view, axis=-1, bitorder="little")


def is_empty(bits: NDArray[Any]) -> bool:
    """Return whether no bit is set in packed voxels, (planes, …) of uint8 or uint64; of most, a few words show one."""
    return not bits[:, ::61].any() and not bits.max(initial=0)


def copy(voxels: BoolArray, out: BoolArray) -> None:
    """Copy voxels, (x, y, z) of bool, to `out` of the same shape."""
    in_parallel(lambda part, report: np.copyto(out[part], voxels[part]), _parts_to_write(out))


def unpacked(data: Bytes, length: int, skip: int = 0) -> BoolArray:
    """Return a few of the bits of (x, y, bytes) of uint8 as (x, y, length) of bool, those of each row from `skip` on.

    Examples
    --------
    >>> unpacked(np.array([[[0b00001010]]], np.uint8), 3, 1)
    array([[[ True, False,  True]]])
    """
    if length == 1:  # a column: no need to unpack its neighbours
        column: BoolArray = (data[:, :, :1] & np.uint8(1 << skip)) != 0
        return column
    planes, rows, width = data.shape
    flat = np.ascontiguousarray(data).reshape(-1)
    voxels = np.unpackbits(flat, bitorder="little").view(np.bool_).reshape(planes, rows, 8 * width)
    return np.ascontiguousarray(voxels[:, :, skip : skip + length])


def unpack(data: Bytes, out: BoolArray, skip: int = 0) -> None:
    """Write the bits of (x, y, bytes) of uint8 to `out`, (x, y, z) of bool, those of each row from `skip` on."""
    in_parallel(lambda part, report: _unpack(data[part], out[part], skip), _parts_to_write(out))


def packed_rows(voxels: BoolArray, skip: int = 0) -> Bytes:
    """Return (x, y, z) of bool as (x, y, bytes) of uint8, each row from bit `skip` (below 8) of its first byte on.

    Bits before and beyond are zero.

    Examples
    --------
    >>> packed_rows(np.ones((1, 1, 3), bool), 1)
    array([[[14]]], dtype=uint8)
    """
    planes, rows, length = voxels.shape
    width = (skip + length + 7) // 8
    packed = np.empty((planes, rows, width), np.uint8)
    step = max(1, UNPACKED_CHUNK // max(1, rows * length))

    def work(part: slice, report: Reporter) -> None:
        for x in range(part.start, part.stop, step):
            some = voxels[x : min(part.stop, x + step)]
            if length != 8 * width or not some.flags.c_contiguous:  # whole bytes are packed in a fraction of the time
                moved = np.zeros((len(some), rows, 8 * width), np.bool_)
                moved[:, :, skip : skip + length] = some
                some = moved
            packed[x : x + len(some)] = _packed(some)

    in_parallel(work, _parts_to_write(voxels))
    return packed


@lru_cache(maxsize=1 << 10)
def inside(width: int, length: int, skip: int) -> Bytes:
    """Return which bits of a row's bytes, (width,) of uint8, are those from `skip` on, so many; only to be read.

    Brushes of a size ask for the same few again and again.

    Examples
    --------
    >>> inside(2, 8, 4).tolist()
    [240, 15]
    """
    flags = np.zeros(8 * width, np.bool_)
    flags[skip : skip + length] = True
    row = np.packbits(flags, bitorder="little")
    row.flags.writeable = False
    return row


def bounds(data: Bytes) -> Box | None:
    """Return the smallest box of the bits that are set in (x, y, bytes) of uint8, or None if none is.

    Another thread may write meanwhile.

    Examples
    --------
    >>> bounds(np.array([[[0, 6]]], np.uint8))
    Box(start=(0, 0, 9), stop=(1, 1, 11))
    """
    x = ends_of(np.bitwise_or.reduce(data, axis=(1, 2))) if len(data) > 1 else (0, len(data))
    if x is None:
        return None
    shadow = np.bitwise_or.reduce(data[x[0] : x[1]], axis=0)
    found, width = ends_of(shadow), data.shape[2]
    if found is None:  # they went since, or a single plane is empty
        return None
    row = int.from_bytes(np.bitwise_or.reduce(shadow, axis=0).tobytes(), "little")
    first, stop = found[0] // width, (found[1] - 1) // width + 1
    return Box((x[0], first, (row & -row).bit_length() - 1), (x[1], stop, row.bit_length()))


def ends_of(line: Bytes) -> tuple[int, int] | None:
    """Return the first in C order of some bytes, (...) of uint8, that is not zero, and one past the last; or None.

    Examples
    --------
    >>> ends_of(np.array([0, 4, 0, 1, 0], np.uint8))
    (1, 4)
    """
    flat = line.tobytes()
    stop = len(flat.rstrip(b"\0"))
    return (len(flat) - len(flat.lstrip(b"\0")), stop) if stop else None


def count(data: Bytes) -> int:
    """Return how many bits are set in (x, y, bytes) of uint8."""
    flat = np.ascontiguousarray(data).reshape(-1)
    if flat.size < FEW_BYTES:
        return int.from_bytes(flat.tobytes()).bit_count()
    words = flat[: flat.size // 8 * 8].view(np.uint64)
    return int(
        np.bitwise_count(words).sum(dtype=np.int64) + np.bitwise_count(flat[8 * words.size :]).sum(dtype=np.int64)
    )


def _parts_to_write(out: BoolArray) -> list[slice]:
    return parts_of(len(out), LEAST_WRITTEN // max(1, out[:1].size))


def _unpack(data: Bytes, out: BoolArray, skip: int) -> None:
    if is_empty(data):
        out[...] = False
        return
    planes, rows, length = out.shape
    width = data.shape[2]
    exact = skip == 0 and length == 8 * width and width % 2 == 0 and out[:1].flags.c_contiguous
    # Planes that lie apart are placed one by one, which pays for large ones only.
    exact = exact and (out.flags.c_contiguous or rows * length >= SMALL_PLANE)
    exact = exact and not _is_grainy(data)
    step = max(1, (PLACED_CHUNK if exact else UNPACKED_CHUNK) // max(1, rows * length))
    if exact and not out.flags.c_contiguous:
        step = 1
    for x in range(0, planes, step):
        some, target = data[x : x + step, :rows], out[x : x + step]
        if exact:  # straight to its place, sixteen voxels at a time
            flat = np.ascontiguousarray(some).reshape(-1).view(np.uint16)
            _sixteen_voxels().take(flat, out=target.reshape(-1).view(np.complex128), mode="wrap")
        else:
            target[...] = unpacked(some, length, skip)


def _is_grainy(data: Bytes) -> bool:
    """Return whether most of the bytes of some rows, of (x, y, bytes) of uint8, are neither all false nor all true.

    Then a table of all that two bytes can be is too large for the nearer cache, of which a solid mask uses little.
    """
    some = data[::7, ::31]
    return bool(2 * np.count_nonzero((some != 0) & (some != 255)) > some.size)


@cache
def _sixteen_voxels() -> NDArray[np.complex128]:
    """Return the voxels of every two bytes, as if they were complex numbers: a type of sixteen bytes."""
    every = np.arange(1 << 16, dtype=np.uint16).view(np.uint8)
    return np.unpackbits(every, bitorder="little").view(np.complex128)
