"""Images of labels, held against plain numpy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskeditor.core.space.label_image import overlaps, painted
from maskeditor.core.space.mask_bits import MaskBits

SHAPES = st.tuples(st.integers(1, 19), st.integers(1, 6), st.integers(1, 5))


def random_masks(shape: tuple[int, int, int], shares: list[float], seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.random(shape) < share for share in shares]


@given(SHAPES, st.lists(st.sampled_from([0.0, 0.02, 0.3, 1.0]), min_size=1, max_size=5), st.integers(0, 99))
def test_later_masks_lie_over_earlier_ones(shape: tuple[int, int, int], shares: list[float], seed: int) -> None:
    masks = random_masks(shape, shares, seed)
    wanted = np.zeros(shape, int)
    for number, mask in enumerate(masks, 1):
        wanted[mask] = number
    labels = painted([(number, MaskBits.of(mask)) for number, mask in enumerate(masks, 1)], shape)
    np.testing.assert_array_equal(labels, wanted)
    found = overlaps([MaskBits.of(mask) for mask in masks])
    shared = {
        (a, b): int((masks[a] & masks[b]).sum())
        for a, b in itertools.combinations(range(len(masks)), 2)
        if (masks[a] & masks[b]).any()
    }
    assert {(pair.under, pair.over): pair.voxels for pair in found.pairs} == shared
    for pair in found.pairs:
        assert masks[pair.under][pair.place]
        assert masks[pair.over][pair.place]
    gone = [place for place, mask in enumerate(masks) if mask.any() and not (wanted == place + 1).any()]
    assert list(found.hidden) == gone


@pytest.mark.parametrize(("number", "dtype"), [(1, "uint8"), (255, "uint8"), (256, "uint16"), (65536, "uint32")])
def test_the_type_is_the_smallest_that_holds_the_numbers(number: int, dtype: str) -> None:
    mask = MaskBits.of(np.ones((3, 2, 2), bool))
    labels = painted([(number, mask)], (3, 2, 2))
    assert str(labels.dtype) == dtype
    assert labels.max() == number
    # A number without a voxel needs no room.
    assert str(painted([(1, mask), (number, MaskBits((3, 2, 2)))], (3, 2, 2)).dtype) == "uint8"
