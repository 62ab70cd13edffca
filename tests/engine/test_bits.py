"""Packed masks: what is unpacked is what numpy unpacks, wherever it is written."""

from __future__ import annotations

import numpy as np
import pytest

from maskeditor.engine import bits
from maskeditor.engine.arrays import BoolArray, Bytes


def grains(shape: tuple[int, int, int]) -> BoolArray:
    return np.random.default_rng(0).random(shape) < 0.5


def lumps(shape: tuple[int, int, int]) -> BoolArray:
    """Return a mask whose bytes are nearly all 0 or 255."""
    mask = np.zeros(shape, np.bool_)
    mask[:, shape[1] // 5 : shape[1] // 2, 16:48] = mask[1::2, :9] = mask[-1, -1, -3:] = True
    return mask


@pytest.mark.parametrize("kind", [grains, lumps])
@pytest.mark.parametrize(("rows", "length"), [(7, 64), (300, 64), (300, 61)])
@pytest.mark.parametrize("apart", [(0, 0, 0), (0, 3, 0), (1, 0, 0), (0, 2, 5)])
def test_unpacked_to_where_it_belongs(kind, rows: int, length: int, apart: tuple[int, int, int]) -> None:
    """Where planes lie one after the other, where they lie apart, and where rows do; what lies between stays."""
    mask = kind((6, rows, length))
    data: Bytes = np.packbits(mask, axis=-1, bitorder="little")
    around = np.ones(tuple(size + 2 * by for size, by in zip(mask.shape, apart, strict=True)), np.bool_)
    inside = tuple(slice(by, by + size) for size, by in zip(mask.shape, apart, strict=True))
    bits.unpack(data, around[inside])
    expected = np.ones_like(around)
    expected[inside] = mask
    np.testing.assert_array_equal(around, expected)
