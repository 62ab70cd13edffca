"""Connected components made of runs.

Runs (see `maskeditor.engine.components.runs`) are quick, but a mask that is nearly noise has too many of them: scipy
labels it then, see `maskeditor.engine.components.by_voxels`. All kinds answer the same questions with the same answers;
`maskeditor.engine.components.choice` chooses.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from maskeditor.engine.arrays import BoolArray, Bytes, Integers, Words
from maskeditor.engine.bits import unpack
from maskeditor.engine.box import Voxel
from maskeditor.engine.components.protocol import CHUNK_VOXELS, Placement
from maskeditor.engine.components.runs import CHUNK, RowOffsets, Runs, components

FILLED = 1 << 13  # runs written at a time


class RunPieces:
    """Connected components made of runs."""

    def __init__(self, runs: Runs, placement: Placement, offsets: RowOffsets) -> None:
        self._runs = runs
        self._placement = placement
        self._numbers, self.count = components(runs, offsets)

    def sizes(self) -> Integers:
        """See `Pieces.sizes`."""
        weights = self._runs.stops - self._runs.starts
        return np.bincount(self._numbers, weights, minlength=self.count).astype(np.intp)

    def size_of(self, chosen: BoolArray) -> int:
        """See `Pieces.size_of`."""
        of_runs = np.flatnonzero(chosen.take(self._numbers))
        return int((self._runs.stops.take(of_runs) - self._runs.starts.take(of_runs)).sum(dtype=np.intp))

    def first_voxels(self) -> Integers:
        """See `Pieces.first_voxels`."""
        # Along a run the index grows, whichever axis it follows.
        ranks = self._placement.ranks(*self._runs.layout.places(self._runs.starts))
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
        """See `Pieces.number_at`."""
        if not self._placement.holds(voxel):
            return None
        run = self._runs.index_at(self._placement.in_box(voxel))
        return None if run is None else int(self._numbers[run])

    def numbers_of(self, x: Integers, y: Integers, z: Integers) -> Integers:
        """See `Pieces.numbers_of`."""
        starts = self._runs.starts
        # Of the same type, as all starts would be converted otherwise.
        bits = self._runs.layout.bits(x, y, z).astype(starts.dtype)
        return self._numbers[np.searchsorted(starts, bits, side="right") - 1]

    def on_border(self, sides: tuple[bool, bool, bool]) -> BoolArray:
        """See `Pieces.on_border`."""
        planes, rows, length = self._placement.box.shape
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
        """See `Pieces.write`."""
        for planes, words in self._voxels_of(chosen):
            if inverted:
                np.invert(words, out=words)
            unpack(self._runs.layout.as_rows(words), out[planes])

    def packed(self, chosen: BoolArray) -> Bytes:
        """See `Pieces.packed`."""
        planes, rows, length = self._placement.box.shape
        data = np.empty((planes, rows, (length + 7) // 8), np.uint8)
        for part, words in self._voxels_of(chosen):
            data[part] = self._runs.layout.as_rows(words)[:, :rows, : data.shape[2]]
        return data

    def _voxels_of(self, chosen: BoolArray) -> Iterator[tuple[slice, Words]]:
        """Yield some planes after others, and the bits of the voxels of those chosen."""
        layout = self._runs.layout
        kept = chosen.take(self._numbers)
        if 2 * int(np.count_nonzero(kept)) > kept.size:
            changes = self._bits_of(~kept)
            changes ^= self._runs.changes
        else:
            changes = self._bits_of(kept)
        planes = changes.reshape(layout.planes, layout.plane_words)
        step = max(1, CHUNK_VOXELS // (64 * layout.plane_words))
        for start in range(0, layout.planes, step):
            part = planes[start : start + step]
            _fill_between_changes(part.reshape(-1))
            yield slice(start, start + step), part

    def fill(self, chosen: BoolArray, out: BoolArray, value: bool) -> None:
        """See `Pieces.fill`."""
        some = np.flatnonzero(chosen.take(self._numbers))
        # One index a voxel is quicker than three.
        flat = _in_one_row(out)
        for start in range(0, some.size, FILLED):
            of_runs = some[start : start + FILLED]
            starts = self._runs.starts.take(of_runs)
            lengths = self._runs.stops.take(of_runs) - starts
            x, y, z = self._runs.layout.places(starts)
            first = np.intp(out.strides[0]) * x + np.intp(out.strides[1]) * y + np.intp(out.strides[2]) * z
            index = np.repeat(first - (np.cumsum(lengths) - lengths), lengths)
            index += np.arange(index.size)
            flat[index] = value

    def _bits_of(self, some: BoolArray) -> Words:
        """Return the changed bits of some runs alone."""
        words = np.zeros_like(self._runs.changes)
        for all_bits in (self._runs.starts, self._runs.stops):
            for start in range(0, all_bits.size, CHUNK):
                part = slice(start, start + CHUNK)
                bits = all_bits[part][some[part]]
                if bits.size:
                    index = bits >> 6
                    first = np.flatnonzero(np.diff(index, prepend=-1))
                    single = np.uint64(1) << (bits & 63).astype(np.uint64)
                    words[index[first]] |= np.bitwise_or.reduceat(single, first)
        return words


def _in_one_row(voxels: BoolArray) -> BoolArray:
    """View memory from the first to the last of some voxels, whatever else lies between, a byte each.

    No stride may be negative; that of the last axis is a byte.
    """
    ends = ((count - 1) * stride for count, stride in zip(voxels.shape, voxels.strides, strict=True))
    return as_strided(voxels, (1 + sum(ends),), (1,))


def _fill_between_changes(words: Words) -> None:
    """Set every bit from each changed bit up to before the next, in place: an exclusive-or of all bits before."""
    for shift in (1, 2, 4, 8, 16, 32):
        words ^= words << np.uint64(shift)
    odd = np.bitwise_xor.accumulate(words >> np.uint64(63))
    words[1:] ^= np.uint64(0) - odd[:-1]
