"""Packed volumes of whole words: what lies beside each voxel is combined with it, 64 voxels at a time.

Every row begins with a new word, so that whole volumes are shifted as one flat buffer, with what is carried from row to
row cleared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Bytes, Words

PIECE = 1 << 14  # words combined along rows at a time: with what is moved of them they fit into the nearer cache


@dataclass(frozen=True)
class WordLayout:
    """How a packed volume lies in flat memory: every row begins with a new word.

    Attributes
    ----------
    planes, rows, length : int
        Voxels along the three axes, slowest in memory first.
    """

    planes: int
    rows: int
    length: int

    @property
    def row_words(self) -> int:
        """Words of a row; bits of the last beyond the length are zero."""
        return (self.length + 63) // 64

    @property
    def plane_words(self) -> int:
        """Words of a plane."""
        return self.rows * self.row_words

    def zeros(self) -> Words:
        """Return an empty packed volume, (planes, words) of uint64."""
        return np.zeros((self.planes, self.plane_words), np.uint64)

    def as_rows(self, words: Words) -> Bytes:
        """View (planes, words) of uint64 as (planes, rows, bytes of a row) of uint8."""
        return words.view(np.uint8).reshape(len(words), self.rows, 8 * self.row_words)

    def spread_along_rows(self, source: Words, out: Words, scratch: Words, shift: int, combine: np.ufunc) -> None:
        """Combine into `out` what is `shift` voxels before and after each along its row, with background beyond.

        Parameters
        ----------
        source, out : (planes, words) array of uint64, contiguous
            Must not overlap.
        scratch : (2, words) array of uint64
            As many words; is written over.
        shift : int
            From 1 to 63.
        combine : numpy.bitwise_or or numpy.bitwise_and
            Whether the set grows or shrinks.
        """
        near, far = np.uint64(shift), np.uint64(64 - shift)
        last = np.uint64((1 << self.length % 64) - 1)
        flat, combined = source.reshape(-1), out.reshape(-1)
        step = self.row_words * max(1, PIECE // self.row_words)
        for start in range(0, flat.size, step):
            some, result = flat[start : start + step], combined[start : start + step]
            moved, carried = scratch[:, : some.size]
            np.left_shift(some, near, out=moved)
            if self.row_words > 1:
                np.right_shift(some[:-1], far, out=carried[1:])
                carried[:: self.row_words] = 0  # nothing is carried into the next row
                np.bitwise_or(moved, carried, out=moved)
            combine(result, moved, out=result)
            np.right_shift(some, near, out=moved)
            if self.row_words > 1:
                np.left_shift(some[1:], far, out=carried[:-1])
                carried[self.row_words - 1 :: self.row_words] = 0
                np.bitwise_or(moved, carried, out=moved)
            combine(result, moved, out=result)
            if self.length % 64 and combine is np.bitwise_or:
                result[self.row_words - 1 :: self.row_words] &= last

    def spread_across_rows(self, source: Words, out: Words, shift: int, combine: np.ufunc) -> None:
        """Combine into `out` the rows `shift` before and after each in its plane, with background beyond.

        Parameters
        ----------
        source, out : (planes, words) array of uint64, contiguous
            Must not overlap.
        shift : int
            At least 1.
        combine : numpy.bitwise_or or numpy.bitwise_and
            Whether the set grows or shrinks.
        """
        spread_within(source, out, min(shift, self.rows) * self.row_words, combine)


def spread_within(source: NDArray[Any], out: NDArray[Any], distance: int, combine: np.ufunc) -> None:
    """Combine into `out` what lies a distance before and after each in its line, with background beyond.

    All lines go at once, for one is too short to be worth a beginning; what is thereby combined with the next line is
    put right.

    Parameters
    ----------
    source, out : (lines, N) array of uint8 or uint64, contiguous
        Must not overlap.
    distance : int
        From 1 to N.
    combine : numpy.bitwise_or or numpy.bitwise_and
        Whether the set grows or shrinks.
    """
    from_before, from_after = slice(distance, None), slice(None, out.size - distance)
    first, last = slice(None, distance), slice(out.shape[1] - distance, None)
    flat, combined = source.reshape(-1), out.reshape(-1)
    for into, of, edge in ((from_before, from_after, first), (from_after, from_before, last)):
        kept = out[:, edge].copy() if combine is np.bitwise_or else 0
        combine(combined[into], flat[of], out=combined[into])
        out[:, edge] = kept
