"""Different values equal numpy's, and stop where there are too many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from maskeditor.engine.distinct import constancy, distinct

SHAPE = (7, 9, 8)


def blocks(dtype: Any, order: Any) -> np.ndarray:
    values = np.zeros(SHAPE, dtype, order=order)
    values[1:4, 2:7, 1:5], values[4:, 5:, 5:], values[0, 0, 0] = 3, 17, 120
    return values


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32])
def test_equals_numpy(dtype: Any, order: Any) -> None:
    noise = np.asarray(np.random.default_rng(1).integers(0, 99, SHAPE), dtype, order=order)
    for values in (blocks(dtype, order), noise, noise[::2, ::-1], noise.transpose(1, 2, 0)):
        found = distinct(values, most=120)
        assert found is not None
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, np.unique(values))


def test_what_is_no_number_comes_once() -> None:
    values = np.where(blocks(float, "F") == 3, np.nan, blocks(float, "F"))
    np.testing.assert_array_equal(distinct(values, most=5), np.unique(values))


def test_too_many_are_not_all_looked_for() -> None:
    looked: list[float] = []
    assert distinct(np.arange(504).reshape(SHAPE), 100, looked.append) is None
    assert max(looked) < 0.5


def test_neighbours_are_alike_in_labels_and_not_in_noise() -> None:
    labels = blocks(np.uint8, "F")
    assert constancy(labels) == 1.0
    assert constancy(np.random.default_rng(0).integers(0, 99, SHAPE)) < 0.05
    assert constancy(np.zeros(SHAPE)) == 1.0
