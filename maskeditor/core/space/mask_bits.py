"""The voxels of an ROI, eight to a byte, where it has any."""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType
from typing import Any, NamedTuple, Protocol

import numpy as np

from maskeditor.engine import bits
from maskeditor.engine.arrays import BoolArray, Bytes
from maskeditor.engine.box import Box, Voxel, bounding_box

#: What a box is grown by on every side beyond what must fit, as a share of it: drawing outwards seldom needs a new one.
SPARE = 4
#: Voxels that one thread reads in one go; more are shared among threads.
AT_ONCE = 1 << 22
#: Voxels that whoever goes through a whole mask reads at a time, so that they stay in the processor's cache.
FEW = 1 << 19


class Voxels(Protocol):
    """A mask (I, J, K) that is only read, as an array of bool is: by three indices, three slices, or `[...]`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along each axis."""
        ...

    def __getitem__(self, where: Any, /) -> Any:
        """Return a voxel or an array."""
        ...


class Rows(NamedTuple):
    """The voxels of a box, packed as they lie in memory in Fortran order, lowest bit first.

    Parameters
    ----------
    box : Box
    data : (K, J, bytes) array of uint8
        Where the box does not begin at a multiple of eight voxels, its rows do: at the last one before. Bits outside
        the box are zero.
    """

    box: Box
    data: Bytes

    @classmethod
    def of(cls, box: Box, voxels: BoolArray) -> Rows:
        """Pack the voxels of a box, (I, J, K) of bool of its shape."""
        return cls(box, bits.packed_rows(voxels.T, box.start[0] % 8))

    def part(self, box: Box) -> Bytes:
        """Return the bytes (K, J, bytes) in which the voxels of a box inside lie, a view."""
        (a, b, c), (d, e, f) = box
        x, y, z = self.box.start
        first = x // 8
        return self.data[c - z : f - z, b - y : e - y, a // 8 - first : (d + 7) // 8 - first]

    def packed_in(self, outer: Box) -> bits.PackedBox:
        """Return the same bits as a part of a box, with its axes in the order of memory; it starts on a whole byte."""
        start, stop = self.box.within(outer)
        return bits.PackedBox(self.data, _turned(Box((start[0] - start[0] % 8, *start[1:]), stop)))

    def bounds(self) -> Box | None:
        """Return the smallest box that holds every true voxel, or None if there is none."""
        found, (i, j, k) = bits.bounds(self.data), self.box.start
        return None if found is None else _turned(found).moved((i - i % 8, j, k))


class MaskBits:
    """A mask (I, J, K), packed: one bit a voxel inside a box, and nothing outside.

    It is read as an array of bool is, by three indices or slices, or whole by `[...]`. What is read is a new array in
    Fortran order, which is the reader's own: it does not follow later changes. Reading costs what is read, not what
    there is. Only the document, and who prepares a move for it, writes (`put`, `toggle`). Any thread may read
    meanwhile: it reads a mixture of before and after, and nothing else.

    Parameters
    ----------
    shape : tuple of 3 int
        The mask is empty at first.

    Examples
    --------
    >>> mask = MaskBits((100, 100, 100))
    >>> mask.put(Rows.of(Box((8, 8, 8), (12, 10, 9)), np.ones((4, 2, 1), bool)))
    >>> bool(mask[9, 9, 8]), mask[:, 8:10, 8].shape, mask.count(), mask.nbytes
    (True, (100, 2), 8, 2)
    """

    __slots__ = ("__weakref__", "_held", "shape")

    def __init__(self, shape: Voxel) -> None:
        self.shape = shape
        # Of a box that begins and ends with whole bytes. One tuple, so that other threads get all of it or nothing.
        self._held: Rows | None = None

    @classmethod
    def of(cls, voxels: BoolArray) -> MaskBits:
        """Return a mask (I, J, K) of bool, packed."""
        i, j, k = voxels.shape
        made = cls((i, j, k))
        made.put(Rows.of(Box.whole(made.shape), voxels))
        made.tighten(made.bounds())
        return made

    @classmethod
    def where(cls, shape: Voxel, inside: Callable[[Box], BoolArray]) -> MaskBits:
        """Return a mask of what is asked for a part at a time, so that it is never held unpacked.

        Parameters
        ----------
        shape : tuple of 3 int
        inside : callable of Box
            Returns the voxels of a box, (I, J, K) of bool of its shape.

        Examples
        --------
        >>> values = np.arange(24).reshape(2, 3, 4)
        >>> MaskBits.where((2, 3, 4), lambda box: values[box.slices] > 20).count()
        3
        """
        made, whole = cls(shape), Box.whole(shape)
        room = _room(whole, shape)
        step = max(1, AT_ONCE // max(1, shape[0] * shape[1]))
        for first in range(0, shape[2], step):
            slab = whole.cut(2, first, min(first + step, shape[2]))
            room.part(slab)[...] = Rows.of(slab, inside(slab)).data
        made._held = room
        made.tighten(made.bounds())
        return made

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return 0 if self._held is None else self._held.data.nbytes

    def copy(self) -> MaskBits:
        """Return a mask of the same voxels that shares no memory."""
        made, held = MaskBits(self.shape), self._held
        if held is not None:
            made._held = Rows(held.box, held.data.copy())
        return made

    # Reading ------------------------------------------------------------------------------------------------------

    def __getitem__(self, where: tuple[int | slice, int | slice, int | slice] | EllipsisType) -> Any:
        """Return a voxel, for three indices, or a new array of bool in Fortran order."""
        if isinstance(where, EllipsisType):
            return self.read(Box.whole(self.shape))
        flat = [index for index, at in enumerate(where) if not isinstance(at, slice)]
        if len(flat) == 3:
            return self._voxel(where)  # type: ignore[arg-type]
        i, j, k = (at if isinstance(at, slice) else slice(at, at + 1) for at in where)
        read = self.read(Box.whole(self.shape).part((i, j, k)))
        return read[tuple(0 if axis in flat else slice(None) for axis in range(3))] if flat else read

    def _voxel(self, place: Voxel) -> np.bool_:
        if any(not 0 <= at < size for at, size in zip(place, self.shape, strict=True)):
            raise IndexError(f"The voxel {place} lies outside a mask of shape {self.shape}; give one inside it.")
        held = self._held
        if held is None:
            return np.False_
        i, j, k = (at - start for at, start in zip(place, held.box.start, strict=True))
        planes, rows, width = held.data.shape
        if not (0 <= k < planes and 0 <= j < rows and 0 <= i // 8 < width):
            return np.False_
        return np.bool_(held.data[k, j, i // 8] >> i % 8 & 1)

    def read(self, box: Box) -> BoolArray:
        """Return the voxels of a box, (I, J, K) of bool in Fortran order, in memory of their own."""
        held = self._held
        inner = held.box.intersection(box) if held is not None else None
        if held is None or inner is None:
            return np.zeros(box.shape, np.bool_, order="F")
        data, skip = held.part(inner), inner.start[0] % 8
        if box.size > AT_ONCE:
            there = _turned(inner.within(box))
            voxels = bits.empty_outside(box.shape[::-1], there)
            bits.unpack(data, voxels[there.slices], skip)
            return voxels.T
        part = bits.unpacked(data, inner.shape[0], skip)
        if inner == box:
            return part.T
        voxels = np.zeros(box.shape[::-1], np.bool_)
        voxels[_turned(inner.within(box)).slices] = part
        return voxels.T

    def meets(self, axis: int, index: int) -> bool:
        """Whether there may be a voxel in a slice, at no cost to speak of."""
        held = self._held
        return held is not None and held.box.start[axis] <= index < held.box.stop[axis]

    @property
    def held_box(self) -> Box | None:
        """A box that holds every true voxel, at no cost, and perhaps others; None of an empty mask."""
        return None if self._held is None else self._held.box

    def eight(self, index: int) -> Bytes:
        """Return the eight slices across the first axis among which one is, (J, K) of uint8 in Fortran order.

        The voxel of slice `i` is bit `i % 8`. They lie in the same bytes, so that one costs as much as all.
        """
        eight = np.zeros(self.shape[1:], np.uint8, order="F")
        held = self._held
        if held is not None and self.meets(0, index):
            eight[held.box.slices[1:]] = held.data[:, :, (index - held.box.start[0]) // 8].T
        return eight

    def bounds(self) -> Box | None:
        """Return the smallest box that holds every true voxel, or None for an empty mask."""
        held = self._held
        return None if held is None else held.bounds()

    def count(self) -> int:
        """Return the number of true voxels."""
        held = self._held
        return 0 if held is None else bits.count(held.data)

    def rows(self, box: Box) -> Rows:
        """Return the voxels of a box as they are packed, in memory of their own."""
        (a, b, c), (d, e, f) = box
        rows = Rows(box, np.zeros((f - c, e - b, (d + 7) // 8 - a // 8), np.uint8))
        held = self._held
        inner = held.box.intersection(box) if held is not None else None
        if held is not None and inner is not None:
            rows.part(inner)[...] = held.part(inner)
            if a % 8 or d % 8:
                np.bitwise_and(rows.data, bits.inside(rows.data.shape[2], d - a, a % 8), out=rows.data)
        return rows

    # Writing ------------------------------------------------------------------------------------------------------

    def put(self, rows: Rows) -> None:
        """Set the voxels of a box; the rows may be kept as they are, and must not change any more."""
        (a, _, _), (d, _, _) = rows.box
        if self._held is None and a % 8 == 0 and (d % 8 == 0 or d == self.shape[0]):
            self._held = rows
            return
        target = self._room_for(rows.box).part(rows.box)
        np.bitwise_and(target, ~bits.inside(target.shape[2], d - a, a % 8), out=target)
        np.bitwise_or(target, rows.data, out=target)

    def toggle(self, rows: Rows) -> None:
        """Change the voxels that are true in the rows."""
        target = self._room_for(rows.box).part(rows.box)
        np.bitwise_xor(target, rows.data, out=target)

    def tighten(self, box: Box | None, slack: int = 1) -> None:
        """Let go of what is held outside a box that holds every true voxel (None of an empty mask).

        Nothing is done where what is held is at most `slack` times as large as what is needed.
        """
        held = self._held
        both = box.intersection(held.box) if box is not None and held is not None else None
        if held is None or both is None:
            self._held = None
        elif held.box.size > slack * _whole_bytes(both, self.shape).size:
            room = _room(both, self.shape)
            room.part(both)[...] = held.part(both)
            self._held = room

    def _room_for(self, box: Box) -> Rows:
        """Return what is held, first made as large as a box wants."""
        held = self._held
        if held is not None and held.box.union(box) == held.box:
            return held
        if held is not None:
            box = box.union(held.box)
            i, j, k = (length // SPARE for length in box.shape)
            box = box.grown((i, j, k), self.shape)
        room = _room(box, self.shape)
        if held is not None:
            room.part(held.box)[...] = held.data
        self._held = room
        return room


def _room(box: Box, shape: Voxel) -> Rows:
    """Return empty rows of a box, made of whole bytes, of a mask of a shape."""
    whole = _whole_bytes(box, shape)
    i, j, k = whole.shape
    return Rows(whole, np.zeros((k, j, (i + 7) // 8), np.uint8))


def _whole_bytes(box: Box, shape: Voxel) -> Box:
    (a, b, c), (d, e, f) = box
    return Box((a - a % 8, b, c), (min(shape[0], d + -d % 8), e, f))


def bounds_of(mask: Voxels) -> Box | None:
    """Return the smallest box that holds every true voxel of a mask (I, J, K), or None for an empty one."""
    return mask.bounds() if isinstance(mask, MaskBits) else bounding_box(mask[...])


def _turned(box: Box) -> Box:
    """Return a box with its axes in the order of memory."""
    return Box(box.start[::-1], box.stop[::-1])
