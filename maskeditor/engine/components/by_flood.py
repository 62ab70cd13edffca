"""The one component that makes up most of a mask, flooded through its packed planes.

A porous mask, such as a noisy threshold of a head, has millions of runs, nearly all of them in one component. A few
sweeps through the planes find almost all of that: each plane takes over what the one before it has reached and spreads
it by a voxel along its axes and to the ends of runs, 64 voxels at a time. What is left are few runs, which are labelled
as always; those that touch what was flooded belong to it. So the result is exact, however little a sweep has reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from maskeditor.engine.arrays import BoolArray, Bytes, Integers, Words
from maskeditor.engine.bits import unpack
from maskeditor.engine.box import Voxel
from maskeditor.engine.components.by_runs import RunPieces
from maskeditor.engine.components.by_voxels import VoxelPieces
from maskeditor.engine.components.protocol import CHUNK_VOXELS, FEW, Placement
from maskeditor.engine.components.runs import LEAST, RowLayout, RowOffsets, bit_type, chunk_of
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter

BAND, ROUNDS = 32, 8  # planes round the seed that are swept first, and how often: they then are wide fronts
CARRIED = 4  # one plane of so many spreads from word to word; within a word all do
SAMPLED = 4  # one plane of so many shows how far a sweep has reached
SWEEPS = 6  # through all planes, at most, after one from the band on
ENOUGH = 1 / 2  # voxels a word: what is left, or what a sweep gains, when another sweep costs more than it saves
WORTH = 1 / 8  # share of the voxels that must be flooded for it to be of use
_ONE, _LAST = np.uint64(1), np.uint64(63)


def flood(layout: RowLayout, words: Words) -> Words | None:
    """Return voxels of one component, most of them as a rule, or None if it is no large one.

    Parameters
    ----------
    layout : RowLayout
    words : (planes, words) array of uint64
        The mask, packed; components are taken across faces.
    """
    some = slice(SAMPLED // 2, None, SAMPLED) if layout.planes > SAMPLED else slice(None)
    counts = np.bitwise_count(words[some])
    total = _sum(counts)
    if total == 0:
        return None
    flooded = np.zeros_like(words)
    # Where most voxels are together, a large component is likely to be.
    plane, word = divmod(int(counts.argmax()), counts.shape[1])
    planes = range(layout.planes)
    middle = planes[some][plane]
    flooded[middle, word] = words[middle, word] & (~words[middle, word] + _ONE)
    low = max(0, min(middle - BAND // 2, layout.planes - BAND))
    band = planes[low : low + BAND]
    for _ in range(ROUNDS // 2):
        _sweep(words, flooded, layout.row_bytes, band)
        _sweep(words, flooded, layout.row_bytes, band[::-1])
    # Where hardly any of the band was reached, the seed lies in no large component.
    if _count(flooded[band.start : band.stop]) <= WORTH * _count(words[band.start : band.stop]):
        return None
    # There may be few planes behind the band; those after this one go through all of them.
    _sweep(words, flooded, layout.row_bytes, planes[band.start :])
    reached, enough = _count(flooded[some]), ENOUGH * counts.size
    for order in [planes[::-1], planes] * (SWEEPS // 2):
        before = reached
        _sweep(words, flooded, layout.row_bytes, order)
        reached = _count(flooded[some])
        if total - reached < enough or reached - before < enough:
            break
    return flooded if reached > WORTH * total else None


def _count(words: Words) -> int:
    return _sum(np.bitwise_count(words))


def _sum(counts: Bytes) -> int:
    return int(counts.sum(dtype=np.intp))


def _sweep(words: Words, flooded: Words, row_bytes: int, order: Iterable[int]) -> None:
    """Let what is flooded reach from plane to plane, and in each by a voxel and to the ends of runs."""
    width = words.shape[1]
    # An empty row lies before and after what is reached. All views are made once, as making them takes as long as the
    # work on a plane.
    edge = (row_bytes + 7) // 8
    padded = np.zeros(width + 2 * edge, np.uint64)
    reached, (spread, up, down) = padded[edge : edge + width], np.zeros((3, width), np.uint64)
    around, rows, wider = padded.view(np.uint8), reached.view(np.uint8), spread.view(np.uint8)
    row_before = around[8 * edge - row_bytes :][: 8 * width]
    row_after = around[8 * edge + row_bytes :][: 8 * width]
    but_last, but_first, carried_up, carried_down = spread[:-1], spread[1:], up[1:], down[:-1]
    before = None
    for plane in order:
        mask, here = words[plane], flooded[plane]
        np.bitwise_or(here, here if before is None else before, out=reached)
        np.bitwise_and(reached, mask, out=reached)
        np.bitwise_or(rows, row_before, out=wider)
        np.bitwise_or(wider, row_after, out=wider)
        np.bitwise_and(spread, mask, out=spread)
        np.right_shift(spread, _ONE, out=reached)
        np.bitwise_or(reached, spread, out=reached)
        if plane % CARRIED == 0:
            np.right_shift(but_last, _LAST, out=carried_up)
            np.bitwise_or(reached, up, out=reached)
            np.left_shift(but_first, _LAST, out=carried_down)
            np.bitwise_or(reached, down, out=reached)
        # Added to the mask, the lowest voxel of a run that is reached carries on to its end, and turns what it passes.
        # (What is reached outside the mask lies before a voxel that is reached, so that nothing is carried across it
        # to a run that is not.)
        np.add(mask, reached, out=spread)
        np.bitwise_xor(spread, mask, out=spread)
        np.bitwise_or(spread, reached, out=spread)
        np.bitwise_and(spread, mask, out=here)
        before = here


def touching(layout: RowLayout, words: Words, flooded: Words, offsets: RowOffsets) -> list[Integers]:
    """Return the bits of a packed mask that touch what is flooded, some at a time.

    Parameters
    ----------
    layout : RowLayout
    words, flooded : (planes, words) array of uint64
        Must have no voxel in common.
    offsets : tuple
        Which rows touch and how, see `maskeditor.engine.components.runs.TOUCHING`.
    """

    def work(part: slice, report: Reporter) -> list[Integers]:
        found = []
        step = max(1, chunk_of(words.size) // layout.plane_words)
        for start in range(part.start, part.stop, step):
            here, first = words[start : min(part.stop, start + step)], max(0, start - 1)
            near = _grown(layout, flooded[first : start + len(here) + 1], offsets)
            bits = _bits(here & near[start - first :][: len(here)]) + 64 * layout.plane_words * start
            found.append(bits.astype(bit_type(words.size)))
        return found

    parts = in_parallel(work, parts_of(layout.planes, LEAST // layout.plane_words))
    return [bits for found in parts for bits in found]


def _grown(layout: RowLayout, words: Words, offsets: RowOffsets) -> Words:
    """Return some planes with the voxels that touch theirs, and bits between rows that mean nothing."""
    flat = words.reshape(-1)
    along = flat << _ONE
    along |= flat
    along |= flat >> _ONE
    along[1:] |= flat[:-1] >> _LAST
    along[:-1] |= flat[1:] << _LAST
    result = along.copy()
    target = result.view(np.uint8)
    for (planes, rows), diagonal in offsets:
        source = (along if diagonal else flat).view(np.uint8)
        apart = 8 * layout.plane_words * planes + layout.row_bytes * rows
        target[apart:] |= source[:-apart]
        target[:-apart] |= source[apart:]
    return result.reshape(words.shape)


class FloodedPieces:
    """Connected components, of which number 0 is flooded for the most part.

    Parameters
    ----------
    layout : RowLayout
    flooded : (planes, words) array of uint64
        Voxels of one component.
    rest : RunPieces or VoxelPieces
        The components of all other voxels.
    border : list of arrays of int
        Bits of the rest that touch the flooded ones.
    placement : Placement
    """

    def __init__(
        self,
        layout: RowLayout,
        flooded: Words,
        rest: RunPieces | VoxelPieces,
        border: list[Integers],
        placement: Placement,
    ) -> None:
        self._words = flooded
        self._rest = rest
        self._placement = placement
        self._voxels = int(np.bitwise_count(flooded).sum(dtype=np.intp))
        _, rows, length = placement.box.shape
        self._rows: Bytes = layout.as_rows(flooded)[:, :rows, : (length + 7) // 8]
        joined = np.zeros(rest.count, np.bool_)
        for bits in border:
            joined[rest.numbers_of(*layout.places(bits))] = True
        #: What each component of the rest is called here.
        index: np.dtype[np.signedinteger[Any]] = np.dtype(np.int32 if rest.count < 2**31 else np.int64)
        self._numbers: Integers = np.cumsum(~joined, dtype=index)
        self._numbers[joined] = 0
        self.count = 1 + int(np.count_nonzero(~joined))

    def _of_rest(self, chosen: BoolArray) -> BoolArray:
        return chosen.take(self._numbers)

    def sizes(self) -> Integers:
        """See `Pieces.sizes`."""
        of_rest = self._rest.sizes()
        sizes = np.zeros(self.count, of_rest.dtype)
        sizes[0] = self._voxels
        np.add.at(sizes, self._numbers, of_rest)
        return sizes

    def size_of(self, chosen: BoolArray) -> int:
        """See `Pieces.size_of`."""
        return self._rest.size_of(self._of_rest(chosen)) + (self._voxels if chosen[0] else 0)

    def first_voxels(self) -> Integers:
        """See `Pieces.first_voxels`."""
        of_rest = self._rest.first_voxels()
        first = np.full(self.count, np.iinfo(of_rest.dtype).max, of_rest.dtype)
        np.minimum.at(first, self._numbers, of_rest)
        first[0] = min(first[0], self._first_flooded())
        return first

    def _first_flooded(self) -> int:
        place = [0, 0, 0]
        left = self._rows
        # The lowest index along the array's first axis, of those voxels the lowest along the second, and so on.
        for axis in np.argsort(self._placement.axes):
            others = tuple(other for other in range(3) if other != axis)
            hit = np.bitwise_or.reduce(left, axis=others)
            place[axis] = int(np.flatnonzero(hit)[0])
            left = left.take([place[axis]], axis=axis)
            if axis == 2:
                bit = int(np.unpackbits(hit[place[2] : place[2] + 1], bitorder="little").argmax())
                left = left >> np.uint8(bit) & np.uint8(1)
                place[2] = 8 * place[2] + bit
        x, y, z = (np.array([index]) for index in place)
        return int(self._placement.ranks(x, y, z)[0])

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self._words.nbytes + self._numbers.nbytes + self._rest.nbytes

    def number_at(self, voxel: Voxel) -> int | None:
        """See `Pieces.number_at`."""
        if not self._placement.holds(voxel):
            return None
        x, y, z = self._placement.in_box(voxel)
        if self._rows[x, y, z // 8] >> (z % 8) & 1:
            return 0
        number = self._rest.number_at(voxel)
        return None if number is None else int(self._numbers[number])

    def numbers_of(self, x: Integers, y: Integers, z: Integers) -> Integers:
        """See `Pieces.numbers_of`."""
        numbers = np.zeros(x.size, self._numbers.dtype)
        of_rest = np.flatnonzero((self._rows[x, y, z >> 3] >> (z & 7).astype(np.uint8) & 1) == 0)
        numbers[of_rest] = self._numbers[self._rest.numbers_of(x[of_rest], y[of_rest], z[of_rest])]
        return numbers

    def on_border(self, sides: tuple[bool, bool, bool]) -> BoolArray:
        """See `Pieces.on_border`."""
        last = self._placement.box.shape[2] - 1
        ends = (
            (self._rows[0], self._rows[-1]),
            (self._rows[:, 0], self._rows[:, -1]),
            (self._rows[:, :, 0] & 1, self._rows[:, :, -1] >> (last % 8) & 1),
        )
        found = np.zeros(self.count, np.bool_)
        found[self._numbers[self._rest.on_border(sides)]] = True
        found[0] |= any(end.any() for pair, wanted in zip(ends, sides, strict=True) if wanted for end in pair)
        return found

    def write(self, chosen: BoolArray, out: BoolArray, *, inverted: bool = False) -> None:
        """See `Pieces.write`."""
        of_rest = self._of_rest(chosen)
        if chosen[0] and self._rest.size_of(of_rest) * FEW < out.size:
            unpack(np.invert(self._rows) if inverted else self._rows, out)
            self._rest.fill(of_rest, out, not inverted)
        elif chosen[0]:
            packed = self.packed(chosen)
            unpack(np.invert(packed, out=packed) if inverted else packed, out)
        else:
            self._rest.write(of_rest, out, inverted=inverted)

    def packed(self, chosen: BoolArray) -> Bytes:
        """See `Pieces.packed`."""
        data = self._rest.packed(self._of_rest(chosen))
        if chosen[0]:
            data |= self._rows
        return data

    def fill(self, chosen: BoolArray, out: BoolArray, value: bool) -> None:
        """See `Pieces.fill`."""
        if chosen[0]:
            length = out.shape[2]
            step = max(1, CHUNK_VOXELS // max(1, out[0].size))
            for start in range(0, len(out), step):
                bits = np.unpackbits(self._rows[start : start + step], axis=-1, count=length, bitorder="little")
                out[start : start + step][bits.view(np.bool_)] = value
        self._rest.fill(self._of_rest(chosen), out, value)


def _bits(words: Words) -> Integers:
    """Return the places of all bits that are set."""
    flat = words.reshape(-1)
    some = np.flatnonzero(flat)
    word, bit = np.nonzero(np.unpackbits(flat[some].view(np.uint8), bitorder="little").reshape(-1, 64))
    return 64 * some[word] + bit
