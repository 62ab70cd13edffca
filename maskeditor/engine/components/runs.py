"""Runs of true voxels and which of them touch: connected components without labelling every voxel.

A run is an unbroken row of true voxels along the axis that is contiguous in memory. A head has a few hundred
thousand of them where it has millions of voxels. They are found from the bits that differ from the bit before,
and the runs that a run touches in a neighbouring row by counting such bits: no search is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from maskeditor.engine.arrays import Bytes, Integers, Words
from maskeditor.engine.box import Voxel
from maskeditor.engine.components.joining import numbered, roots_of
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter

# Rows after a run's own, as (planes, rows) apart, and whether a run there also touches diagonally, along the row.
FACES = (((0, 1), False), ((1, 0), False))
EDGES = (((0, 1), True), ((1, 0), True), ((1, -1), False), ((1, 1), False))
CORNERS = (((0, 1), True), ((1, 0), True), ((1, -1), True), ((1, 1), True))
TOUCHING = {6: FACES, 18: EDGES, 26: CORNERS}
CHUNK = 1 << 15  # words or runs handled at a time: their scratch memory then stays in the cache; or
CHUNKS = 16  # so much of all, if that is more: threads wait for each other between any two calls
LEAST = 1 << 16  # words or runs that are worth a thread of their own
RowOffsets = tuple[tuple[tuple[int, int], bool], ...]


def chunk_of(size: int) -> int:
    """Return how many of so many words or runs to handle at a time."""
    return max(CHUNK, size // CHUNKS)


def bit_type(words: int) -> np.dtype[np.signedinteger[Any]]:
    """Return the type of numbers that sums of two bits of so many words fit in."""
    return np.dtype(np.int32 if words < 2**24 else np.int64)


@dataclass(frozen=True)
class RowLayout:
    """How packed rows lie in flat memory so that no run goes on from one row to the next.

    Attributes
    ----------
    planes, rows : int
        Rows include an empty one at the end of each plane.
    length : int
        Voxels of a row; at least one zero bit follows.
    """

    planes: int
    rows: int
    length: int

    @property
    def row_bytes(self) -> int:
        """Bytes from one row to the next."""
        return self.length // 8 + 1

    @property
    def plane_words(self) -> int:
        """Words from one plane to the next."""
        return (self.rows * self.row_bytes + 7) // 8

    def zeros(self) -> Words:
        """Return an empty packed volume, (planes, words) of uint64."""
        return np.zeros((self.planes, self.plane_words), np.uint64)

    def as_rows(self, words: Words) -> Bytes:
        """View (planes, words) of uint64 as (planes, rows, bytes of a row) of uint8."""
        rows = words.view(np.uint8)[:, : self.rows * self.row_bytes]
        return rows.reshape(len(words), self.rows, self.row_bytes)

    def places(self, bits: Integers) -> tuple[Integers, Integers, Integers]:
        """Return plane, row and place in the row of some bits, each (bits,) of int."""
        plane, rest = np.divmod(bits, 64 * self.plane_words)
        row, place = np.divmod(rest, 8 * self.row_bytes)
        return plane, row, place

    def bits(self, plane: Integers, row: Integers, place: Integers) -> Integers:
        """Return the bits of some places, each (places,) of int."""
        return 64 * self.plane_words * plane + 8 * self.row_bytes * row + place


@dataclass(frozen=True)
class Runs:
    """All runs of a packed mask, in the order in which its memory is read.

    Attributes
    ----------
    layout : RowLayout
        Places of bits: one row more than the mask's after each plane, always empty, so that no row's neighbour
        is a row on the other side of the volume.
    changes : (words,) array of uint64
        Bits that differ from the bit before: where runs start and stop.
    changes_before : (words,) array
        Number of such bits in all earlier words.
    starts, stops : (runs,) array
        Bit at which a run starts, and the bit after its last.
    """

    layout: RowLayout
    changes: Words
    changes_before: Integers
    starts: Integers
    stops: Integers

    def index_at(self, voxel: Voxel) -> int | None:
        """Return the index of the run that holds a voxel; None if none does."""
        bit = self.layout.bits(*(np.asarray(index) for index in voxel))
        index = int(np.searchsorted(self.starts, bit, side="right")) - 1
        return index if index >= 0 and bit < self.stops[index] else None


def laid_out(data: Bytes, length: int) -> tuple[RowLayout, Words]:
    """Lay packed rows out so that no run goes on from one to the next.

    Parameters
    ----------
    data : (x, y, bytes) array of uint8
        Packed mask, lowest bit first, zero beyond `length`.
    length : int
        Voxels of a row.

    Returns
    -------
    layout : RowLayout
    words : (planes, words) array of uint64
    """
    planes, rows, width = data.shape
    layout = RowLayout(planes, rows + 1, length)
    words = layout.zeros()
    layout.as_rows(words)[:, :rows, :width] = data
    return layout, words


def changed_bits(words: Words) -> Words:
    """Find where runs start and stop in packed rows, (planes, words) of uint64: bits that differ from the one before.

    The result is flat, (words,) of uint64.
    """
    flat = words.reshape(-1)
    changes = np.empty_like(flat)

    def work(part: slice, report: Reporter) -> None:
        step = chunk_of(flat.size)
        for start in range(part.start, part.stop, step):
            stop = min(part.stop, start + step)
            changed = np.left_shift(flat[start:stop], np.uint64(1), out=changes[start:stop])
            before = flat[max(0, start - 1) : stop - 1]  # one fewer at the very beginning
            changed[len(changed) - len(before) :] |= before >> np.uint64(63)
            changed ^= flat[start:stop]

    in_parallel(work, parts_of(flat.size, LEAST))
    return changes


def find_runs(layout: RowLayout, changes: Words) -> Runs:
    """List the runs between changed bits, (words,) of uint64."""
    counts = np.bitwise_count(changes)
    index = bit_type(changes.size)
    before = np.cumsum(counts, dtype=index)
    positions = np.empty(int(before[-1]) if before.size else 0, index)
    before -= counts

    def work(part: slice, report: Reporter) -> None:
        step = chunk_of(changes.size)
        for start in range(part.start, part.stop, step):
            # Take the lowest bit of every word that has one left, until none has.
            words = np.flatnonzero(counts[start : min(part.stop, start + step)]) + start
            left = changes.take(words)
            target = before.take(words)
            base = words << 6
            while left.size:
                lower = left - np.uint64(1)
                positions[target] = base + np.bitwise_count(~left & lower)
                left &= lower
                more = np.flatnonzero(left)
                if more.size < left.size:
                    left, target, base = left.take(more), target.take(more), base.take(more)
                target += 1

    in_parallel(work, parts_of(changes.size, LEAST))
    return Runs(layout, changes, before, positions[0::2], positions[1::2])


def components(runs: Runs, offsets: RowOffsets) -> tuple[Integers, int]:
    """Number the connected components.

    Parameters
    ----------
    runs : Runs
    offsets : tuple
        Which rows touch and how, see `TOUCHING`.

    Returns
    -------
    numbers : (runs,) array of int
        Component of each run, from 0, in the order of their first runs.
    count : int
    """
    found = in_parallel(lambda part, report: list(_touching(runs, offsets, part)), parts_of(runs.starts.size, LEAST))
    firsts, seconds = ([pair[which] for pairs in found for pair in pairs] for which in (0, 1))
    del found
    return numbered(roots_of(runs.starts.size, firsts, seconds))


def _changes_up_to(runs: Runs, bits: Integers) -> Integers:
    """Count the changed bits up to and including some bits."""
    words = bits >> 6
    later = (~bits & 63).astype(np.uint64)
    within = runs.changes.take(words, mode="clip")
    within <<= later
    counts = runs.changes_before.take(words, mode="clip")
    counts += np.bitwise_count(within)
    return counts


def _touching(runs: Runs, offsets: RowOffsets, part: slice) -> Iterator[tuple[Integers, Integers]]:
    """Yield all pairs of a run, of some, and one that it touches in a row further on, some at a time."""
    index = runs.starts.dtype
    end = 64 * runs.changes.size - 1  # all runs have stopped by this bit
    step = chunk_of(runs.starts.size)
    for (planes, rows), diagonal in offsets:
        apart = 64 * runs.layout.plane_words * planes + 8 * runs.layout.row_bytes * rows
        reach = int(diagonal)
        for start in range(part.start, part.stop, step):
            chunk = slice(start, min(part.stop, start + step))
            # The first run that has not stopped by this one's first bit, and the first that starts after its last:
            # every run before a bit is two changes up to it.
            low = _changes_up_to(runs, np.minimum(runs.starts[chunk] + (apart - reach), end)) >> 1
            high = (_changes_up_to(runs, np.minimum(runs.stops[chunk] + (apart + reach - 1), end)) + 1) >> 1
            counts = high - low
            touched = np.flatnonzero(counts)
            counts, low = counts.take(touched), low.take(touched)
            first = np.repeat((touched + start).astype(index), counts)
            skipped = np.cumsum(counts, dtype=index) - counts
            second = np.repeat(low - skipped, counts)
            second += np.arange(second.size, dtype=index)
            yield first, second
