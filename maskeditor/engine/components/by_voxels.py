"""Connected components labelled voxel by voxel, for masks that are nearly noise.

Noise has a component for every dozen voxels, so that a table with a few numbers for each would take more memory than
the mask. What is held of them is one byte each; all else is made anew, slab by slab, when it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import BoolArray, Bytes, Integers, Words
from maskeditor.engine.bits import unpack
from maskeditor.engine.box import Voxel
from maskeditor.engine.components.joining import Joined
from maskeditor.engine.components.protocol import Placement
from maskeditor.engine.components.runs import RowLayout, RowOffsets

LABELLED = 1 << 18  # voxels labelled at a time, or
SLABS = 64  # so much of all voxels, if that is more; and
FEWER = 1 << 17  # those of them that are counted at a time
SMALL = 255  # voxels that fit in a byte


class VoxelPieces:
    """Connected components labelled by scipy, slab by slab.

    Labels take four times the memory of a mask, so only those of one slab are held; they are made anew when asked for.

    Parameters
    ----------
    layout : RowLayout
    words : (planes, words) array of uint64
        The mask, packed.
    placement : Placement
    offsets : tuple
        Which rows touch and how, see `maskeditor.engine.components.runs.TOUCHING`.
    """

    def __init__(self, layout: RowLayout, words: Words, placement: Placement, offsets: RowOffsets) -> None:
        self._placement = placement
        self._packed = layout.as_rows(words)[:, : placement.box.shape[1]]
        self._structure = _structure(offsets)
        planes, rows, length = placement.box.shape
        self._planes = max(1, planes // SLABS, LABELLED // max(1, rows * length))
        self._index: np.dtype[np.signedinteger[Any]] = np.dtype(
            np.int32 if math.prod(placement.shape) < 2**31 else np.int64
        )
        self._last_labels = -1, np.zeros((0, 0, 0), np.int32)
        # Nodes are the labels of all slabs, counted on from one slab to the next.
        self._before = [0]
        small, firsts, seconds, last = [], [], [], None
        large: tuple[list[Integers], list[Integers]] = ([], [])
        ends: tuple[list[Integers], ...] = ([], [], [])  # nodes at either end of each axis
        slabs = -(-planes // self._planes)
        for slab in range(slabs):
            labels, first = self._labels_of(slab), self._before[-1]
            found = _counted(labels)[1:]
            over = np.flatnonzero(found > SMALL)
            large[0].append(over.astype(self._index) + first)
            large[1].append(found[over])
            found[over] = 0
            small.append(found.astype(np.uint8))
            if last is not None:
                below, above = _touching(last, labels[0], self._structure)
                firsts.append(below.astype(self._index) + self._before[-2])
                seconds.append(above.astype(self._index) + first)
            last = labels[-1].copy()
            first_and_last = [0] * (slab == 0) + [-1] * (slab == slabs - 1)
            sides = (labels[first_and_last], labels[:, [0, -1]], labels[:, :, [0, -1]])
            for axis, side in enumerate(sides):
                ends[axis].append(np.unique(side[side > 0]).astype(self._index) + (first - 1))
            self._before.append(first + found.size)
        #: Voxels of each node, of those with more than fit in a byte none; and these nodes with their voxels.
        self._small = np.concatenate(small)
        self._large = np.concatenate(large[0]), np.concatenate(large[1])
        self._ends = tuple(np.concatenate(end) for end in ends)
        self._joined = Joined(self._before[-1], firsts, seconds)
        self.count = self._joined.count

    def _labels_of(self, slab: int) -> NDArray[np.int32]:
        """Return the labels of a slab, from 1."""
        known, labels = self._last_labels
        if slab != known:
            from scipy.ndimage import label

            # Let go of first, as two at a time take twice the memory.
            self._last_labels = -1, np.zeros((0, 0, 0), np.int32)
            voxels = self._voxels_of(slab)
            labels = np.empty(voxels.shape, np.int32)
            label(voxels, self._structure, output=labels)
            self._last_labels = slab, labels  # at once, and not before they are made: other threads may ask too
        return labels

    def _voxels_of(self, slab: int) -> BoolArray:
        packed = self._packed[slab * self._planes : (slab + 1) * self._planes]
        voxels = np.empty((len(packed), *self._placement.box.shape[1:]), np.bool_)
        unpack(packed, voxels)
        return voxels

    def _slabs(self) -> Iterator[tuple[int, slice, slice, Integers]]:
        """Yield each slab, its planes, its nodes, and the number of the component of each of these."""
        for slab, (first, stop) in enumerate(pairwise(self._before)):
            planes = slice(slab * self._planes, (slab + 1) * self._planes)
            yield slab, planes, slice(first, stop), self._joined.numbers_between(first, stop)

    def _chosen(self, chosen: BoolArray) -> Iterator[tuple[slice, BoolArray]]:
        """Yield the planes of each slab, and which of its voxels belong to those chosen."""
        for slab, planes, _, numbers in self._slabs():
            yield planes, self._voxels_with(slab, chosen.take(numbers))

    def _voxels_with(self, slab: int, kept: BoolArray) -> BoolArray:
        """Return the voxels of a slab with some of its labels, which are counted from 0."""
        if not kept.any() or kept.all():
            voxels = self._voxels_of(slab)
            voxels &= kept.any()
            return voxels
        table, labels = np.concatenate([[False], kept]), self._labels_of(slab)
        voxels = np.empty(labels.shape, np.bool_)
        for plane, numbered in zip(voxels, labels, strict=True):  # by planes, as indices take eight bytes each
            table.take(numbered, out=plane, mode="clip")
        return voxels

    def sizes(self) -> Integers:
        """See `Pieces.sizes`."""
        sizes: Integers = np.zeros(self.count, self._index)
        for _, _, nodes, numbers in self._slabs():
            np.add.at(sizes, numbers, self._small[nodes].astype(self._index))
        large, voxels = self._large
        np.add.at(sizes, self._joined.numbers(large), voxels)
        return sizes

    def size_of(self, chosen: BoolArray) -> int:
        """See `Pieces.size_of`."""
        total = sum(
            int(self._small[nodes][chosen.take(numbers)].sum(dtype=np.int64)) for _, _, nodes, numbers in self._slabs()
        )
        large, voxels = self._large
        return total + int(voxels[chosen.take(self._joined.numbers(large))].sum(dtype=np.int64))

    def first_voxels(self) -> Integers:
        """See `Pieces.first_voxels`."""
        first: Integers = np.full(self.count, np.iinfo(self._index).max, self._index)
        for slab, planes, _, numbers in self._slabs():
            labels = self._labels_of(slab)
            x, y, z = np.nonzero(labels)
            ranks = self._placement.ranks(x + planes.start, y, z).astype(self._index)
            np.minimum.at(first, numbers[labels[x, y, z] - 1], ranks)
        return first

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self._packed.nbytes + self._small.nbytes + self._last_labels[1].nbytes

    def number_at(self, voxel: Voxel) -> int | None:
        """See `Pieces.number_at`."""
        if not self._placement.holds(voxel):
            return None
        x, y, z = self._placement.in_box(voxel)
        if not self._packed[x, y, z // 8] >> (z % 8) & 1:
            return None
        return int(self.numbers_of(np.array([x]), np.array([y]), np.array([z]))[0])

    def numbers_of(self, x: Integers, y: Integers, z: Integers) -> Integers:
        """See `Pieces.numbers_of`."""
        nodes = np.empty(x.size, self._index)
        slabs = x // self._planes
        for slab in np.unique(slabs).tolist():
            here = slabs == slab
            labels = self._labels_of(slab)[x[here] - slab * self._planes, y[here], z[here]]
            nodes[here] = labels.astype(self._index) + (self._before[slab] - 1)
        return self._joined.numbers(nodes)

    def on_border(self, sides: tuple[bool, bool, bool]) -> BoolArray:
        """See `Pieces.on_border`."""
        found = np.zeros(self.count, np.bool_)
        for nodes, is_side in zip(self._ends, sides, strict=True):
            if is_side:
                found[self._joined.numbers(nodes)] = True
        return found

    def write(self, chosen: BoolArray, out: BoolArray, *, inverted: bool = False) -> None:
        """See `Pieces.write`."""
        for planes, voxels in self._chosen(chosen):
            np.not_equal(voxels, inverted, out=out[planes])

    def packed(self, chosen: BoolArray) -> Bytes:
        """See `Pieces.packed`."""
        planes, rows, length = self._placement.box.shape
        data = np.empty((planes, rows, (length + 7) // 8), np.uint8)
        for part, voxels in self._chosen(chosen):
            data[part] = np.packbits(voxels, axis=-1, bitorder="little")
        return data

    def fill(self, chosen: BoolArray, out: BoolArray, value: bool) -> None:
        """See `Pieces.fill`."""
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


def _touching(before: NDArray[np.int32], after: NDArray[np.int32], structure: BoolArray) -> tuple[Integers, Integers]:
    """Return the pairs of labels, counted from 0, that touch from one plane to the next, each pair once."""
    rows, length = before.shape
    width = int(after.max(initial=0)) + 1
    found = [np.zeros(0, np.int64)]
    for down, along in (np.argwhere(structure[2]) - 1).tolist():
        one = before[max(0, -down) : rows - max(0, down), max(0, -along) : length - max(0, along)]
        other = after[max(0, down) : rows - max(0, -down), max(0, along) : length - max(0, -along)]
        both = (one > 0) & (other > 0)
        found.append(np.unique(one[both].astype(np.int64) * width + other[both]))
    below, above = np.divmod(np.unique(np.concatenate(found)), width)
    return below - 1, above - 1


def _structure(offsets: RowOffsets) -> BoolArray:
    """Return the 3 × 3 × 3 neighbourhood, as scipy wants it, that row offsets describe."""
    touching = np.zeros((3, 3, 3), np.bool_)
    touching[1, 1, :] = True
    for (planes, rows), diagonal in offsets:
        along = slice(None) if diagonal else 1
        touching[1 + planes, 1 + rows, along] = True
        touching[1 - planes, 1 - rows, along] = True
    return touching
