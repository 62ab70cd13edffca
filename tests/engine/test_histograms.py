"""Histograms and percentiles equal numpy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from maskeditor.engine import histograms
from maskeditor.engine.histograms import equal_bins, histogram, integer_histogram, percentiles

INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


@pytest.fixture(params=[100, histograms.CHUNK], ids=["small parts", "usual parts"])
def parts(request, monkeypatch):
    monkeypatch.setattr(histograms, "CHUNK", request.param)


def volume(dtype, order="F", size=(11, 13, 17)):
    rng = np.random.default_rng(4)
    data = rng.gamma(2, 300, size) - (200 if np.dtype(dtype).kind != "u" else 0)
    if np.dtype(dtype).kind in "iu":
        data = data.clip(np.iinfo(dtype).min, np.iinfo(dtype).max)
    return np.array(data.astype(dtype), order=order)


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("dtype", INTEGERS)
def test_counts_equal_bincount(dtype):
    for data in (volume(dtype), volume(dtype, "C"), volume(dtype)[::2, ::-1], volume(dtype, size=(1, 1, 1))):
        first, counts = integer_histogram(data)
        assert first == data.min()
        np.testing.assert_array_equal(counts, np.bincount(data.ravel().astype(np.int64) - first))


@settings(max_examples=100)
@given(hnp.arrays(st.sampled_from(["int8", "uint8", "int16", "uint16"]), hnp.array_shapes(min_dims=1, max_dims=3)))
def test_counts_equal_unique(data):
    first, counts = integer_histogram(data)
    values, occurrences = np.unique(data, return_counts=True)
    np.testing.assert_array_equal(np.flatnonzero(counts) + first, values)
    np.testing.assert_array_equal(counts[counts > 0], occurrences)


def test_large_integers():
    data = np.array([2**64 - 5, 2**64 - 1], np.uint64)
    first, counts = integer_histogram(data)
    assert first == 2**64 - 5
    assert counts.tolist() == [1, 0, 0, 0, 1]


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_histogram_equals_numpy(dtype):
    data = volume(dtype)
    for bins, limits in ((1, (0, 1)), (7, (-3, 250)), (256, (-100.5, 900.25)), (1000, (0, 999))):
        counts, edges = histogram(data, bins, limits)
        expected_counts, expected_edges = np.histogram(data, bins, range=limits)
        np.testing.assert_array_equal(counts, expected_counts)
        np.testing.assert_array_equal(edges, expected_edges)
        assert counts.dtype == expected_counts.dtype
        assert edges.dtype == expected_edges.dtype


def test_values_that_are_not_finite_are_not_counted():
    counts, _ = histogram(np.array([np.nan, np.inf, -np.inf, 0.5], np.float32), 2, (0, 1))
    assert counts.tolist() == [0, 1]
    assert histogram(np.empty(0, np.int16), 2, (0, 1))[0].tolist() == [0, 0]


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize("dtype", [*INTEGERS, "float32", "float64"])
def test_percentiles_equal_numpy(dtype):
    q = [0, 0.1, 0.5, 2, 25, 33.3, 50, 66.6, 98, 99.5, 99.99, 100]
    for data in (volume(dtype), volume(dtype, size=(1, 1, 2)), volume(dtype, size=(1, 1, 1))):
        data.flags.writeable = False
        np.testing.assert_array_equal(percentiles(data, q), np.percentile(data, q))


@settings(max_examples=100)
@given(
    hnp.arrays("int16", st.integers(1, 60), elements=st.integers(-9000, 9000)),
    st.lists(st.floats(0, 100), min_size=1, max_size=5),
)
def test_any_percentile_equals_numpy(data, q):
    np.testing.assert_array_equal(percentiles(data, q), np.percentile(data, q))


def test_percentiles_of_integers_too_far_apart_for_their_type_or_to_count():
    np.testing.assert_array_equal(percentiles(np.array([-100, 100], np.int8), [50]), [0])
    data = np.array([-(2**31), 2**31 - 1, 5], np.int32)
    np.testing.assert_array_equal(percentiles(data, [0, 50, 100]), [-(2**31), 5, 2**31 - 1])
    np.testing.assert_array_equal(percentiles(np.array([2**62, -(2**62), 2**62 - 8]), [0, 100]), [-(2.0**62), 2.0**62])
    np.testing.assert_allclose(percentiles(np.array([0, -(2**63)]), [1.0]), [-0.99 * 2.0**63])
    np.testing.assert_array_equal(percentiles(np.array([2**64 - 1, 0, 7], np.uint64), [50, 100]), [7, 2.0**64])


@settings(max_examples=300)
@given(
    st.sampled_from(["float16", "float32", "float64", "int32", "int64", "uint32"]).flatmap(
        lambda dtype: hnp.arrays(dtype, st.integers(1, 40))
    ),
    st.lists(st.floats(0, 100), min_size=1, max_size=5),
    st.booleans(),
)
@example(np.array([-1.7e308, 1.7e308]), [0.0, 30.0, 100.0], False)
def test_any_percentile_of_the_finite_equals_numpy(data, q, exclude_zeros):
    sought = data[np.isfinite(data)] if data.dtype.kind == "f" else data
    sought = sought[sought != 0] if exclude_zeros else sought
    made = percentiles(data, q, exclude_zeros=exclude_zeros)
    if not sought.size:
        assert np.isnan(made).all()
        return
    if data.dtype.kind != "f":
        sought = sought.astype(np.longdouble)  # differences of integers far apart overflow in numpy
    with np.errstate(over="ignore", invalid="ignore"):
        expected = np.percentile(sought, q).astype(np.float64)
    if data.dtype.kind == "f":
        np.testing.assert_array_equal(made, expected)
    else:
        np.testing.assert_allclose(made, expected, rtol=1e-9)


@pytest.mark.parametrize("slope", [0.37, -2.5])
@pytest.mark.parametrize("dtype", ["int16", "int32", "float32"])
def test_percentiles_of_scaled_values(dtype, slope):
    data = volume(dtype)
    scaled = lambda values: values * np.float64(slope) + 3.0  # noqa: E731
    for exclude_zeros in (False, True):
        sought = scaled(data)[np.isfinite(data)] if data.dtype.kind == "f" else scaled(data)
        sought = sought[sought != 0] if exclude_zeros else sought
        made = percentiles(data, [0, 7.7, 50, 99.5], scaled=scaled, exclude_zeros=exclude_zeros)
        np.testing.assert_array_equal(made, np.percentile(sought, [0, 7.7, 50, 99.5]))


def test_percentiles_of_values_that_scaling_makes_infinite():
    data = np.arange(-500, 500, dtype=np.int16)
    with np.errstate(over="ignore"):
        scaled = data * 1e306
        made = percentiles(data, [0, 60, 100], scaled=lambda values: values * 1e306)
        np.testing.assert_array_equal(made, np.percentile(scaled[np.isfinite(scaled)], [0, 60, 100]))


@pytest.mark.parametrize("run", [integer_histogram, lambda data, progress: percentiles(data, [5], progress=progress)])
def test_progress_grows_to_one(run, monkeypatch):
    monkeypatch.setattr(histograms, "CHUNK", 100)
    for dtype in ("uint8", "int16", "int32"):
        seen = []
        run(np.arange(100).repeat(50).astype(dtype), progress=seen.append)
        assert len(seen) > 5
        assert seen == sorted(seen)
        assert seen[-1] == 1


@pytest.mark.parametrize("slope", [None, 0.37, -0.001])
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16"])
def test_equal_bins_of_small_integers_are_found_once_for_each_level(dtype, slope):
    data = np.random.default_rng(0).integers(0, 100, (20, 21, 22)).astype(dtype)
    sizes = []

    def scaled(values):
        sizes.append(values.size)
        return values * slope + 4

    for exclude_zeros in (False, True):
        values = (data if slope is None else scaled(data)).ravel()
        sizes.clear()
        values = values[values != 0] if exclude_zeros else values
        made = equal_bins(data, 7, scaled=None if slope is None else scaled, exclude_zeros=exclude_zeros)
        for one, other in zip(made, np.histogram(values, 7), strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
        assert sum(sizes) <= 100


def test_what_is_refused():
    with pytest.raises(ValueError, match="type float64; give integers"):
        integer_histogram(np.ones(3))
    with pytest.raises(ValueError, match="hold no value"):
        integer_histogram(np.ones(0, int))
    with pytest.raises(ValueError, match="count them in bins instead"):
        integer_histogram(np.array([0, 2**40]))
    with pytest.raises(ValueError, match="give numbers from 0 to 100"):
        percentiles(np.ones(3, int), [101])
