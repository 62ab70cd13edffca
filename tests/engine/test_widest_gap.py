"""The widest gap equals the threshold inside nilearn's EPI mask, in value and type."""

from __future__ import annotations

import warnings

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nilearn.masking import compute_epi_mask

from maskeditor.engine import widest_gap
from maskeditor.engine.widest_gap import SortedIntensities, widest_gap_threshold


def nilearn_threshold(values, lower_cutoff, upper_cutoff):
    """The lines of nilearn.masking.compute_epi_mask that find the threshold."""
    sorted_input = np.sort(np.ravel(values))
    lower_cutoff = int(np.floor(lower_cutoff * len(sorted_input)))
    upper_cutoff = min(int(np.floor(upper_cutoff * len(sorted_input))), len(sorted_input) - 1)
    delta = sorted_input[lower_cutoff + 1 : upper_cutoff + 1] - sorted_input[lower_cutoff:upper_cutoff]
    ia = delta.argmax()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # sums of integers may wrap there
        return 0.5 * (sorted_input[ia + lower_cutoff] + sorted_input[ia + lower_cutoff + 1])


def assert_same(values, lower, upper):
    expected = nilearn_threshold(values, lower, upper)
    for result in (
        widest_gap_threshold(values, lower, upper),
        SortedIntensities(values).threshold(lower, upper),
    ):
        assert type(result) is type(expected)
        np.testing.assert_array_equal(result, expected)


KINDS = [
    "normal",
    "two humps",
    "levels",
    "mass points",
    "masked out",
    "crowded",
    "saturated",
    "uniform",
    "far outlier",
    "tiny spread",
    "evenly spaced",
]


def intensities(kind, size, rng):
    match kind:
        case "normal":
            return rng.normal(500, 100, size)
        case "two humps":
            return np.where(rng.random(size) < 0.4, rng.normal(50, 10, size), rng.normal(700, 60, size))
        case "levels":
            return rng.integers(0, 40, size) * 7.3
        case "mass points":
            return np.where(rng.random(size) < 0.7, 0, np.abs(rng.normal(300, 90, size)))
        case "masked out":  # one value is most of the image, others lie on both sides of it
            others = rng.normal(3, 20, size)
            return np.where(rng.random(size) < 0.6, 0, others + 9 * np.sign(others))
        case "crowded":  # as before, but all of them near each other beside two that lie far away
            others = rng.normal(0, 1e-3, size - 2)
            return np.concatenate([np.where(rng.random(size - 2) < 0.6, 0, others), [1e3, -1e3]])
        case "saturated":
            return np.minimum(rng.normal(500, 100, size), 480)
        case "uniform":
            return rng.random(size)
        case "far outlier":
            return np.concatenate([rng.normal(0, 1, size - 2), [1e7, -1e7]])
        case "tiny spread":
            return 1000 + rng.random(size) * 1e-2
        case _:
            return np.arange(size) * 1.0


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "uint8", "int32", "uint16", "int64"])
@pytest.mark.parametrize("kind", KINDS)
def test_equals_nilearn(kind, dtype):
    rng = np.random.default_rng(3)
    for size in (10, 5000, 120_000):
        values = intensities(kind, size, rng)
        if np.dtype(dtype).kind in "iu":
            values = np.clip(values, np.iinfo(dtype).min, np.iinfo(dtype).max)
        values = values.astype(dtype)
        for lower, upper in ((0.2, 0.85), (0.1, 0.7), (0.5, 1.0), (0.0, 1.0), (0.0, 0.3)):
            assert_same(values, lower, upper)


@settings(max_examples=80)
@given(
    st.sampled_from(KINDS),
    st.integers(10, 20_000),  # fewer have no gap between some cutoffs
    st.sampled_from(["float32", "float64", "int16", "uint16"]),
    st.floats(0, 0.6),
    st.floats(0.7, 1),
    st.integers(0, 2**32 - 1),
)
def test_equals_nilearn_for_any_cutoffs(kind, size, dtype, lower, upper, seed):
    values = intensities(kind, size, np.random.default_rng(seed)).clip(-30000, 30000)
    if dtype == "uint16":
        values = np.abs(values)
    assert_same(values.astype(dtype), lower, upper)


@pytest.mark.parametrize("kind", ["mass points", "masked out", "levels"])
def test_zeros_do_not_count(kind):
    values = intensities(kind, 50_000, np.random.default_rng(8)).astype(np.float32)
    for lower, upper in ((0.2, 0.85), (0.0, 0.6), (0.5, 1.0)):
        result = widest_gap_threshold(values, lower, upper, exclude_zeros=True)
        assert result == nilearn_threshold(values[values != 0], lower, upper)


def test_zeros_do_not_count_beside_what_is_nearly_zero():
    rng = np.random.default_rng(9)
    values = np.concatenate([rng.uniform(-1, 0, 20_000), rng.uniform(5, 6, 20_000)]).astype(np.float32)
    mixed = rng.permutation(np.concatenate([values, np.zeros(60_000, np.float32)]))
    assert widest_gap_threshold(mixed, 0.2, 0.85, exclude_zeros=True) == nilearn_threshold(values, 0.2, 0.85)


def test_gaps_as_wide_as_each_other():
    """The lowest is taken, whether or not the buckets can tell them apart."""
    values = np.repeat(np.arange(100) * 1.0, 100)
    for dtype in ("float32", "float64", "int16"):
        assert_same(values.astype(dtype), 0.2, 0.85)


def test_not_a_number_and_infinities():
    rng = np.random.default_rng(0)
    values = rng.normal(500, 100, 9000)
    values[::50] = np.nan
    assert_same(values, 0.2, 0.85)
    with np.errstate(invalid="ignore"):
        values[:3] = np.inf, -np.inf, np.inf
        assert_same(values, 0.0, 1.0)


@pytest.mark.parametrize("block", [64, 1 << 14])
@pytest.mark.parametrize("size", [1000, 5000])  # sorted, and counted
@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
def test_differences_wrap_as_those_of_the_type_do(dtype, size, block, monkeypatch):
    monkeypatch.setattr(widest_gap, "BLOCK", block)
    limits = np.iinfo(dtype)
    # From nearly the lowest to nearly the highest: further than the type can count, so that it comes out negative.
    low, high = np.full(size, limits.min + 3), np.full(size, limits.max - 3)
    low[::2] += 2
    values = np.concatenate([low, high]).astype(dtype)
    assert (high.astype(dtype) - low.astype(dtype)).max() < 0
    assert_same(values, 0.0, 1.0)
    assert_same(values, 0.3, 0.8)
    assert_same(np.concatenate([values, np.zeros(size, dtype)]), 0.0, 1.0)


@pytest.mark.parametrize(("dtype", "far"), [("float32", 3e38), ("float64", 1.7e308)])
def test_a_range_that_overflows(dtype, far):
    rng = np.random.default_rng(0)
    values = np.where(rng.random(9000) < 0.5, -far, far).astype(dtype)
    with np.errstate(over="ignore"):
        assert_same(values, 0.2, 0.85)
        values[:3000] = rng.normal(500, 100, 3000)
        assert_same(values, 0.1, 0.9)


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_mask_equals_nilearns(order):
    rng = np.random.default_rng(1)
    i, j, k = np.ogrid[:24, :26, :28]
    body = (i - 12) ** 2 + (j - 13) ** 2 + (k - 14) ** 2 < 90
    data = np.array(rng.normal(40, 9, body.shape) + 600 * body, np.float32, order=order)
    mask = compute_epi_mask(nibabel.Nifti1Image(data, np.eye(4)), opening=False, connected=False)
    expected = np.asanyarray(mask.dataobj).astype(bool)
    np.testing.assert_array_equal(data >= widest_gap_threshold(data, 0.2, 0.85), expected)


def test_small_parts_change_nothing(monkeypatch):
    monkeypatch.setattr(widest_gap, "CHUNK", 100)
    monkeypatch.setattr(widest_gap, "BLOCK", 64)
    rng = np.random.default_rng(2)
    for kind in KINDS:
        assert_same(intensities(kind, 6000, rng).astype(np.float32), 0.2, 0.85)
        assert_same(intensities(kind, 6000, rng).clip(0, 3000).astype(np.int16), 0.2, 0.85)


def test_cutoffs_with_nothing_between():
    for values in (np.zeros(0), np.ones(1), np.arange(10.0)):
        with pytest.raises(ValueError, match="lies no gap; move the cutoffs further apart"):
            widest_gap_threshold(values, 0.5, 0.5)


def test_progress_ends_at_one():
    seen = []
    widest_gap_threshold(np.random.default_rng(0).random(10_000), 0.2, 0.85, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1
