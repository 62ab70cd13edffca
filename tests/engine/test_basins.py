"""Growing from seeds: equal to scikit-image's watershed where no two values are equal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.segmentation import watershed

from maskeditor.engine.basins import Basins


def image(shape: tuple[int, int, int], seed: int, smooth: float) -> np.ndarray:
    """Return values of which no two are equal, more or less smooth."""
    values = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), smooth)
    ranks = np.empty(values.size, np.int64)
    ranks[np.argsort(values, axis=None)] = np.arange(values.size)
    return np.asfortranarray(ranks.reshape(shape))


def marked(shape: tuple[int, int, int], seeds: np.ndarray, labels: np.ndarray) -> np.ndarray:
    markers = np.zeros(shape, int)
    markers[np.unravel_index(seeds, shape, order="F")] = labels
    return markers


@given(
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    smooth=st.sampled_from([0, 0.7, 1.5]),
    count=st.integers(1, 12),
    seed=st.integers(0, 1 << 20),
)
def test_equal_to_scikit_image_wherever_seeds_lie(shape, smooth: float, count: int, seed: int) -> None:
    values, rng = image(shape, seed, smooth), np.random.default_rng(seed)
    seeds = rng.choice(values.size, min(count, values.size), replace=False)
    labels = rng.integers(1, 5, seeds.size)
    grown = Basins.of(values).grown(seeds, labels)
    np.testing.assert_array_equal(grown, watershed(values, marked(shape, seeds, labels)))


@pytest.mark.parametrize("smooth", [0.5, 2, 4])
def test_equal_to_scikit_image_with_strokes_of_seeds(smooth: float) -> None:
    shape = (40, 36, 31)
    values = image(shape, 7, smooth)
    drawn = np.zeros(shape, int, order="F")
    for label, (i, j, k) in enumerate(np.random.default_rng(3).integers(5, 28, (6, 3)), 1):
        drawn[i : i + 6, j : j + 2, k] = label % 3 + 1
    seeds = np.flatnonzero(drawn.ravel(order="F"))
    grown = Basins.of(values).grown(seeds, drawn.ravel(order="F")[seeds])
    np.testing.assert_array_equal(grown, watershed(values, drawn))


def test_the_order_of_seeds_does_not_matter_and_one_that_is_gone_leaves_nothing() -> None:
    values = image((12, 13, 14), 1, 1)
    basins, rng = Basins.of(values), np.random.default_rng(0)
    seeds, labels = rng.choice(values.size, 9, replace=False), rng.integers(0, 3, 9)
    first = basins.grown(seeds, labels)
    for others, theirs in ((seeds, labels[::-1] + 1), (np.append(seeds, 3), np.append(labels, 5))):
        np.testing.assert_array_equal(basins.grown(others, theirs), Basins.of(values).grown(others, theirs))
    turned = rng.permutation(9)
    np.testing.assert_array_equal(basins.grown(seeds[turned], labels[turned]), first)


def test_of_equal_values_the_first_is_lower() -> None:
    values = np.zeros((6, 5, 4), np.float32)
    ranks = np.arange(values.size).reshape(values.shape, order="F")
    seeds, labels = np.array([3, 80]), np.array([1, 2])
    np.testing.assert_array_equal(Basins.of(values).grown(seeds, labels), Basins.of(ranks).grown(seeds, labels))


def test_without_a_seed_nothing_is_flooded() -> None:
    with pytest.raises(ValueError, match="without a seed"):
        Basins.of(np.zeros((2, 2, 2))).grown(np.empty(0, int), np.empty(0, int))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_is_the_highest_whatever_its_sign(dtype: type) -> None:
    values = np.array([3, np.copysign(np.nan, -1), np.inf, np.nan, -np.inf], dtype).reshape(5, 1, 1)
    assert Basins.of(values).ranks.reshape(3, 3, 7)[1, 1, 1:-1].tolist() == [1, 3, 2, 4, 0]
