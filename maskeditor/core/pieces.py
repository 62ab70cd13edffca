"""Connected components of the part of a mask inside a box, made of runs or labelled voxel by voxel.

Runs are quicker (see `maskeditor.core.runs`), but a mask that is nearly noise has too many of them: scipy labels
it then. All kinds answer the same questions with the same answers; `maskeditor.core.labelling` chooses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.bits import BoolArray, Bytes, Words, unpack
from maskeditor.core.box import Box, Voxel
from maskeditor.core.runs import Integers, Layout, RowOffsets, Runs, components, numbered, roots_of

FEW = 64  # fewer voxels than one in so many are written one by one
CHUNK_VOXELS = 1 << 20  # voxels handled at a time: bounds the scratch memory
LABELLED = 1 << 19  # voxels labelled at a time, and
FEWER = 1 << 17  # those of them that are counted at a time


@dataclass(frozen=True)
class Frame:
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
        """Return the C index, in the array, of places in the box."""
        index = np.zeros(1, np.intp)
        for axis, start, place in zip(self.axes, self.box.start, (x, y, z), strict=True):
            index = index + (place + start) * int(np.prod(self.shape[axis + 1 :], dtype=np.intp))
        return index


class Pieces(Protocol):
    """The connected components inside a box, numbered from 0."""

    count: int

    def sizes(self) -> Integers:
        """Return the voxels of each."""

    def size_of(self, chosen: BoolArray) -> int:
        """Return the voxels of those chosen together."""

    def first_voxels(self) -> Integers:
        """Return the C index, in the array, of the first voxel of each."""

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""

    def number_at(self, voxel: Voxel) -> int | None:
        """Return which one holds a voxel of the array; None if none does."""

    def on_border(self, sides: tuple[bool, bool, bool]) -> BoolArray:
        """Tell which have a voxel at either end of some of the box's axes."""

    def write(self, chosen: BoolArray, out: BoolArray, *, inverted: bool = False) -> None:
        """Write the voxels of those chosen, or all other voxels, to the box's part of a mask."""

    def packed(self, chosen: BoolArray) -> Bytes:
        """Return the voxels of those chosen packed, as (x, y, bytes) of the box."""

    def fill(self, chosen: BoolArray, out: BoolArray, value: bool) -> None:
        """Set the voxels of those chosen in the box's part of a mask; meant for few voxels."""


class RunPieces:
    """Connected components made of runs."""

    def __init__(self, runs: Runs, frame: Frame, offsets: RowOffsets) -> None:
        self._runs = runs
        self._frame = frame
        self._numbers, self.count = components(runs, offsets)

    def sizes(self) -> Integers:
        """Return the voxels of each."""
        weights = self._runs.stops - self._runs.starts
        return np.bincount(self._numbers, weights, minlength=self.count).astype(np.intp)

    def size_of(self, chosen: BoolArray) -> int:
        """Return the voxels of those chosen together."""
        of_runs = np.flatnonzero(chosen.take(self._numbers))
        return int((self._runs.stops.take(of_runs) - self._runs.starts.take(of_runs)).sum(dtype=np.intp))

    def first_voxels(self) -> Integers:
        """Return the C index, in the array, of the first voxel of each."""
        # Along a run the index grows, whichever axis it follows.
        ranks = self._frame.ranks(*self._runs.layout.places(self._runs.starts))
        first = np.full(self.count, np.iinfo(np.intp).max)
        np.minimum.at(first, self._numbers, ranks)
        return first

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        runs = self._runs
        # Starts and stops are views of one array.
        return runs.changes.nbytes + runs.changes_before.nbytes + 2 * runs.starts.nbytes + self._numbers.nbytes

    def number_at(self, voxel: Voxel) -> int | None:
        """Return which one holds a voxel of the array; None if none does."""
        if not self._frame.holds(voxel):
            return None
        run = self._runs.index_at(self._frame.in_box(voxel))
        return None if run is None else int(self._numbers[run])

    def numbers_of(self, x: Integers, y: Integers, z: Integers) -> Integers:
        """Return which ones hold some voxels of the box, all of them true."""
        return self._numbers[np.searchsorted(self._runs.starts, self._runs.layout.bits(x, y, z), side="right") - 1]

    def on_border(self, sides: tuple[bool, bool, bool]) -> BoolArray:
        """Tell which have a voxel at either end of some of the box's axes."""
        planes, rows, length = self._frame.box.shape
        x, y, z = self._runs.layout.places(self._runs.starts)
        touches = np.zeros(x.size, np.bool_)
        if sides[0]:
            touches |= (x == 0) | (x == planes - 1)
        if sides[1]:
            touches |= (y == 0) | (y == rows - 1)
        if sides[2]:
            touches |= (z == 0) | (z + (self._runs.stops - self._runs.starts) == length)
        found = np.zeros(self.count, np.bool_)
        found[self._numbers[touches]] = True
        return found

    def write(self, chosen: BoolArray, out: BoolArray, *, inverted: bool = False) -> None:
        """Write the voxels of those chosen, or all other voxels, to the box's part of a mask."""
        for planes, words in self._voxels_of(chosen):
            if inverted:
                np.invert(words, out=words)
            unpack(self._runs.layout.as_rows(words), out[planes])

    def packed(self, chosen: BoolArray) -> Bytes:
        """Return the voxels of those chosen packed, as (x, y, bytes) of the box."""
        planes, rows, length = self._frame.box.shape
        data = np.empty((planes, rows, (length + 7) // 8), np.uint8)
        for part, words in self._voxels_of(chosen):
            data[part] = self._runs.layout.as_rows(words)[:, :rows, : data.shape[2]]
        return data

    def _voxels_of(self, chosen: BoolArray) -> Iterator[tuple[slice, Words]]:
        """Yield some planes after others, and the bits of the voxels of those chosen."""
        layout = self._runs.layout
        kept = chosen.take(self._numbers)
        if 2 * int(np.count_nonzero(kept)) > kept.size:
            changes = self._runs.changes ^ self._bits_of(~kept)
        else:
            changes = self._bits_of(kept)
        planes = changes.reshape(layout.planes, layout.plane_words)
        step = max(1, CHUNK_VOXELS // (64 * layout.plane_words))
        for start in range(0, layout.planes, step):
            part = planes[start : start + step]
            _fill_between_changes(part.reshape(-1))
            yield slice(start, start + step), part

    def fill(self, chosen: BoolArray, out: BoolArray, value: bool) -> None:
        """Set the voxels of those chosen in the box's part of a mask; meant for few voxels."""
        of_runs = np.flatnonzero(chosen.take(self._numbers))
        starts = self._runs.starts.take(of_runs)
        lengths = self._runs.stops.take(of_runs) - starts
        x, y, z = (np.repeat(place, lengths) for place in self._runs.layout.places(starts))
        z += np.arange(z.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        out[x, y, z] = value

    def _bits_of(self, some: BoolArray) -> Words:
        """Return the changed bits of some runs alone."""
        words = np.zeros_like(self._runs.changes)
        for bits in (self._runs.starts[some], self._runs.stops[some]):
            if bits.size:
                index = bits >> 6
                first = np.flatnonzero(np.diff(index, prepend=-1))
                single = np.uint64(1) << (bits & 63).astype(np.uint64)
                words[index[first]] |= np.bitwise_or.reduceat(single, first)
        return words


def _fill_between_changes(words: Words) -> None:
    """Set every bit from each changed bit up to before the next, in place: an exclusive-or of all bits before."""
    for shift in (1, 2, 4, 8, 16, 32):
        words ^= words << np.uint64(shift)
    odd = np.bitwise_xor.accumulate(words >> np.uint64(63))
    words[1:] ^= np.uint64(0) - odd[:-1]


class VoxelPieces:
    """Connected components labelled voxel by voxel by scipy, slab by slab.

    Labels take four times the memory of a mask, so only those of one slab are held; they are made anew when asked for.

    Parameters
    ----------
    layout : Layout
    words : (planes, words) array of uint64
        The mask, packed.
    frame : Frame
    offsets : tuple
        Which rows touch and how, see `maskeditor.core.runs.TOUCHING`.
    """

    def __init__(self, layout: Layout, words: Words, frame: Frame, offsets: RowOffsets) -> None:
        self._frame = frame
        self._packed = layout.as_rows(words)[:, : frame.box.shape[1]]
        self._structure = _structure(offsets)
        self._planes = max(1, LABELLED // max(1, frame.box.shape[1] * frame.box.shape[2]))
        self._last_labels = -1, np.zeros((0, 0, 0), np.int32)
        # Labels of a slab are counted on from those of the slabs before it.
        self._before = [0]
        sizes, firsts, seconds, last = [], [], [], None
        ends: tuple[list[Integers], ...] = ([], [], [])  # labels at either end of each axis
        slabs = -(-frame.box.shape[0] // self._planes)
        for slab in range(slabs):
            labels = self._labels_of(slab)
            found = _counted(labels)
            sizes.append(found[1:])
            if last is not None:
                for below, above in _touching(last, labels[0], self._structure):
                    firsts.append(below + self._before[-2])
                    seconds.append(above + self._before[-1])
            last = labels[-1]
            first_and_last = [0] * (slab == 0) + [-1] * (slab == slabs - 1)
            sides = (labels[first_and_last], labels[:, [0, -1]], labels[:, :, [0, -1]])
            for axis, side in enumerate(sides):
                ends[axis].append(np.unique(side[side > 0]) + (self._before[-1] - 1))
            self._before.append(self._before[-1] + found.size - 1)
        roots = roots_of(self._before[-1], firsts, seconds)
        self._numbers, self.count = numbered(roots)
        del roots
        self._at_end = np.zeros((3, self.count), np.bool_)
        for axis, found_there in enumerate(ends):
            self._at_end[axis, self._numbers[np.concatenate(found_there)]] = True
        self._sizes: Integers = np.zeros(self.count, np.int32 if frame.box.size < 2**31 else np.int64)
        for before, part in zip(self._before, sizes, strict=False):
            np.add.at(self._sizes, self._numbers[before : before + part.size], part)

    def _labels_of(self, slab: int) -> NDArray[np.int32]:
        """Return the labels of a slab, from 1."""
        known, labels = self._last_labels
        if slab != known:
            from scipy.ndimage import label

            voxels = self._voxels_of(slab)
            labels = np.empty(voxels.shape, np.int32)
            label(voxels, self._structure, output=labels)
            self._last_labels = slab, labels  # at once, and not before they are made: other threads may ask too
        return labels

    def _voxels_of(self, slab: int) -> BoolArray:
        packed = self._packed[slab * self._planes : (slab + 1) * self._planes]
        voxels = np.empty((len(packed), *self._frame.box.shape[1:]), np.bool_)
        unpack(packed, voxels)
        return voxels

    def _slabs(self) -> Iterator[tuple[int, slice, Integers]]:
        """Yield each slab, its planes, and the number of the component of each of its labels from 1."""
        for slab, (before, after) in enumerate(pairwise(self._before)):
            yield slab, slice(slab * self._planes, (slab + 1) * self._planes), self._numbers[before:after]

    def _chosen(self, chosen: BoolArray) -> Iterator[tuple[slice, BoolArray]]:
        """Yield the planes of each slab, and which of its voxels belong to those chosen."""
        for slab, planes, numbers in self._slabs():
            kept = chosen.take(numbers)
            voxels = self._voxels_of(slab)
            if not kept.any():
                voxels[...] = False
            elif not kept.all():
                voxels = np.concatenate([[False], kept]).take(self._labels_of(slab))
            yield planes, voxels

    def sizes(self) -> Integers:
        """Return the voxels of each."""
        return self._sizes

    def size_of(self, chosen: BoolArray) -> int:
        """Return the voxels of those chosen together."""
        return int(self._sizes[chosen].sum())

    def first_voxels(self) -> Integers:
        """Return the C index, in the array, of the first voxel of each."""
        first = np.full(self.count, np.iinfo(np.intp).max)
        for slab, planes, numbers in self._slabs():
            labels = self._labels_of(slab)
            x, y, z = np.nonzero(labels)
            np.minimum.at(first, numbers[labels[x, y, z] - 1], self._frame.ranks(x + planes.start, y, z))
        return first

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self._packed.nbytes + self._numbers.nbytes + self._sizes.nbytes + self._last_labels[1].nbytes

    def number_at(self, voxel: Voxel) -> int | None:
        """Return which one holds a voxel of the array; None if none does."""
        if not self._frame.holds(voxel):
            return None
        x, y, z = self._frame.in_box(voxel)
        if not self._packed[x, y, z // 8] >> (z % 8) & 1:
            return None
        return int(self.numbers_of(np.array([x]), np.array([y]), np.array([z]))[0])

    def numbers_of(self, x: Integers, y: Integers, z: Integers) -> Integers:
        """Return which ones hold some voxels of the box, all of them true."""
        numbers = np.empty(x.size, np.int32)
        slabs = x // self._planes
        for slab in np.unique(slabs).tolist():
            here = slabs == slab
            labels = self._labels_of(slab)[x[here] - slab * self._planes, y[here], z[here]]
            numbers[here] = self._numbers[labels + (self._before[slab] - 1)]
        return numbers

    def on_border(self, sides: tuple[bool, bool, bool]) -> BoolArray:
        """Tell which have a voxel at either end of some of the box's axes."""
        found: BoolArray = np.logical_or.reduce(self._at_end[list(sides)], axis=0)
        return found

    def write(self, chosen: BoolArray, out: BoolArray, *, inverted: bool = False) -> None:
        """Write the voxels of those chosen, or all other voxels, to the box's part of a mask."""
        for planes, voxels in self._chosen(chosen):
            np.not_equal(voxels, inverted, out=out[planes])

    def packed(self, chosen: BoolArray) -> Bytes:
        """Return the voxels of those chosen packed, as (x, y, bytes) of the box."""
        return np.concatenate([np.packbits(one, axis=-1, bitorder="little") for _, one in self._chosen(chosen)])

    def fill(self, chosen: BoolArray, out: BoolArray, value: bool) -> None:
        """Set the voxels of those chosen in the box's part of a mask; meant for few voxels."""
        for planes, voxels in self._chosen(chosen):
            out[planes][voxels] = value


def _counted(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Count the voxels of each label, from 0."""
    found = np.zeros(int(labels.max()) + 1, np.int32)
    flat = labels.reshape(-1)
    for start in range(0, flat.size, FEWER):  # bincount holds its input a second time, in words
        part = np.bincount(flat[start : start + FEWER])
        found[: part.size] += part.astype(np.int32)
    return found


def _touching(
    before: NDArray[np.int32], after: NDArray[np.int32], structure: BoolArray
) -> Iterator[tuple[Integers, Integers]]:
    """Yield pairs of labels, counted from 0, that touch from one plane to the next."""
    rows, length = before.shape
    for down, along in (np.argwhere(structure[2]) - 1).tolist():
        one = before[max(0, -down) : rows - max(0, down), max(0, -along) : length - max(0, along)]
        other = after[max(0, down) : rows - max(0, -down), max(0, along) : length - max(0, -along)]
        both = (one > 0) & (other > 0)
        yield one[both] - np.int32(1), other[both] - np.int32(1)


def _structure(offsets: RowOffsets) -> BoolArray:
    """Return the 3 × 3 × 3 neighbourhood, as scipy wants it, that row offsets describe."""
    touching = np.zeros((3, 3, 3), np.bool_)
    touching[1, 1, :] = True
    for (planes, rows), diagonal in offsets:
        along = slice(None) if diagonal else 1
        touching[1 + planes, 1 + rows, along] = True
        touching[1 - planes, 1 - rows, along] = True
    return touching
