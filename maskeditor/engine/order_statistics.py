"""The values of given ranks, found by counting digits: nothing is sorted, and no more is held than the counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array

DIGIT = 16  # bits of a number that are counted in one pass
LEVELS = 1 << DIGIT


def of_ranks(
    pieces: Callable[[], Iterable[Array]], dtype: np.dtype[Any], ranks: Callable[[int], Sequence[int]]
) -> Array:
    """Return the values that a sort would put at some ranks.

    Parameters
    ----------
    pieces : callable
        Returns all values anew, flat, some at a time; none of them NaN.
    dtype : dtype
        Of the values: integers or floats of at most 64 bits.
    ranks : callable of int
        Returns the ranks, counted from 0, given the number of values.

    Returns
    -------
    (ranks,) array of the same type
        One value for each rank.

    Examples
    --------
    >>> values = np.array([2.5, -1.0, 7.0, 2.5])
    >>> of_ranks(lambda: [values], values.dtype, lambda count: [0, 1, count - 1])
    array([-1. ,  2.5,  7. ])
    """
    bits = 8 * dtype.itemsize
    digit = min(DIGIT, bits)
    found: NDArray[np.uint64] = np.zeros(0, np.uint64)
    left: NDArray[np.intp] = np.zeros(0, np.intp)
    for shift in range(bits - digit, -1, -digit):
        heads = np.unique(found)
        counts = np.zeros((max(1, heads.size), 1 << digit), np.intp)
        for piece in pieces():
            keys = _in_order(piece)
            if not heads.size:
                np.add.at(counts[0], (keys >> keys.dtype.type(shift)).astype(np.intp), 1)
            for head, row in zip(heads, counts, strict=False):
                # Only what begins as a wanted value does is looked at further.
                begins = keys >> keys.dtype.type(shift + digit) == keys.dtype.type(head)
                digits = keys[begins] >> keys.dtype.type(shift) & keys.dtype.type(LEVELS - 1)
                np.add.at(row, digits.astype(np.intp), 1)
        if not heads.size:
            left = np.asarray(ranks(int(counts.sum())), np.intp)
            heads, found = np.zeros(1, np.uint64), np.zeros(left.size, np.uint64)
        up_to = np.cumsum(counts, axis=1)
        for place, head in enumerate(found):
            row = up_to[np.searchsorted(heads, head)]
            chosen = int(np.searchsorted(row, left[place], side="right"))
            left[place] -= int(row[chosen - 1]) if chosen else 0
            found[place] = (int(head) << digit) + chosen
    return _from_order(found.astype(f"u{dtype.itemsize}"), dtype)


def _in_order(values: Array) -> Array:
    """Return unsigned integers in the order of some numbers."""
    bits = values.view(f"u{values.itemsize}")
    if values.dtype.kind == "u":
        return bits
    top = bits.dtype.type(1 << 8 * values.itemsize - 1)
    if values.dtype.kind == "i":
        signed: Array = bits ^ top
        return signed
    # The bits of negative floats grow as the floats fall.
    negative = (bits >> bits.dtype.type(8 * values.itemsize - 1)).astype(np.bool_)
    return np.where(negative, ~bits, bits | top)


def _from_order(keys: Array, dtype: np.dtype[Any]) -> Array:
    """Return the numbers that `_in_order` made integers of."""
    if dtype.kind == "u":
        return keys
    top = keys.dtype.type(1 << 8 * dtype.itemsize - 1)
    if dtype.kind == "i":
        signed: Array = (keys ^ top).view(dtype)
        return signed
    return np.where(keys & top, keys ^ top, ~keys).view(dtype)
