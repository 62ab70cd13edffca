"""Counts against numpy's own comparisons; peaks against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.signal import find_peaks

from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.box import bounding_box
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.model.histogram import Histogram
from maskeditor.model.histogram_request import HistogramRequest
from maskeditor.model.peaks import peaks_of, smoothed

RANDOM = np.random.default_rng(20)


def scene_of(
    stored: NDArray[np.generic], mask: NDArray[np.bool_] | None = None, slope: float = 1.0, intercept: float = 0.0
) -> Scene:
    shape = stored.shape[:3]
    volume = Volume(stored, Geometry(shape, np.eye(4)), slope, intercept)
    held = np.zeros(shape, bool, order="F") if mask is None else mask
    return Scene(volume, held, bounding_box(held))


def histogram_of(
    stored: NDArray[np.generic],
    mask: NDArray[np.bool_] | None = None,
    slope: float = 1.0,
    intercept: float = 0.0,
    frame: FrameChoice = "mean",
) -> Histogram:
    return HistogramRequest(scene_of(stored, mask, slope, intercept), IntensityInput(frame=frame)).work_out(Progress())


def between(values: NDArray[np.generic], lower: float | None, upper: float | None) -> int:
    low, high = -np.inf if lower is None else lower, np.inf if upper is None else upper
    with np.errstate(invalid="ignore"):
        return int(((values >= low) & (values <= high)).sum())


@pytest.mark.parametrize("order", ["F", "C"])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_each_whole_number_has_a_bin(dtype: type, order: str) -> None:
    stored = np.asarray(RANDOM.normal(60, 20, (21, 22, 23)).clip(0, 120).round().astype(dtype), order=order)
    found = histogram_of(stored)
    values, counts = np.unique(stored, return_counts=True)
    bins = found.bins
    assert (bins.width, found.step, found.is_exact) == (1.0, 1.0, True)
    centres = bins.start + 0.5 + np.arange(bins.size)
    held = found.counts[1:-1] > 0
    np.testing.assert_array_equal(centres[held], values.astype(np.float64))
    np.testing.assert_array_equal(found.counts[1:-1][held], counts)
    assert (found.minimum, found.maximum, found.total) == (values[0], values[-1], stored.size)


# Bounds that no intensity comes near: what lies at a bound is tried below.
BOUNDS = st.none() | st.integers(-800, 800).map(lambda tenths: tenths / 10 + 0.05)


@settings(max_examples=40)
@given(
    lower=BOUNDS,
    upper=BOUNDS,
    scaling=st.sampled_from([(1.0, 0.0), (0.1, -3.0), (-2.0, 5.0), (1 / 3, 1e-3)]),
)
def test_counts_of_a_range_are_exact_for_integers(
    lower: float | None, upper: float | None, scaling: tuple[float, float]
) -> None:
    slope, intercept = scaling
    stored = np.random.default_rng(1).integers(-90, 90, (9, 9, 9)).astype(np.int16, order="F")
    found = histogram_of(stored, slope=slope, intercept=intercept)
    assert found.between(lower, upper) == between(stored * slope + intercept, lower, upper)


def test_bounds_that_are_intensities_are_included() -> None:
    stored = np.arange(10, dtype=np.int16).reshape(1, 1, 10)
    found = histogram_of(stored, slope=0.1, intercept=0.3)
    scaled = stored * 0.1 + 0.3
    for first in range(10):
        for last in range(first, 10):
            bounds = float(scaled[0, 0, first]), float(scaled[0, 0, last])
            assert found.between(*bounds) == last - first + 1
    assert found.between(5.0, 4.0) == 0


def test_floats_are_counted_nearly() -> None:
    stored = RANDOM.normal(0, 1, (30, 30, 30)).astype(np.float32, order="F")
    found = histogram_of(stored)
    assert not found.is_exact
    for bounds in ((-1.0, 1.0), (0.123, None), (None, -0.5)):
        assert abs(found.between(*bounds) - between(stored, *bounds)) <= 5
    assert found.between(None, None) == stored.size


@given(
    arrays(np.float64, 40, elements=st.floats(-1e6, 1e6, width=32)),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([(1.0, 0.0), (0.37, -4.2), (-3.0, 1e-3)]),
)
def test_the_darkest_and_the_brightest_have_bars(
    values: NDArray[np.float64], dtype: type, scaling: tuple[float, float]
) -> None:
    stored = np.asfortranarray(values.astype(dtype).reshape(5, 4, 2))
    found = histogram_of(stored, np.ones((5, 4, 2), bool, order="F"), *scaling)
    assert (found.counts[0], found.counts[-1], found.total) == (0, 0, 40)
    bars = found.bars(found.bins.start, found.bins.stop)
    assert bars.of_mask is not None
    assert (bars.counts.sum(), bars.of_mask.sum()) == (40, 40)
    assert found.between(None, found.maximum) == found.between(found.minimum, None) == 40


def test_what_is_not_finite_is_left_out_and_counted() -> None:
    stored = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    stored[0, 0, :3] = np.nan, np.inf, -np.inf
    found = histogram_of(stored)
    assert (found.ignored, found.total, found.minimum, found.maximum) == (3, 21, 3.0, 23.0)


def test_an_image_without_a_number_has_an_empty_histogram() -> None:
    found = histogram_of(np.full((2, 2, 2), np.nan, np.float32))
    assert (found.total, found.ignored, found.between(None, None)) == (0, 8, 0)
    assert found.bars(0, 1).counts.sum() == 0
    assert found.background == 0.0


def test_one_intensity_has_one_bin() -> None:
    found = histogram_of(np.full((3, 3, 3), 7, np.int16))
    assert found.bins.size == 1
    assert found.between(7, 7) == 27
    assert found.landmarks == ((7.0,), ())


@pytest.mark.parametrize("order", ["F", "C"])
def test_the_mask_is_counted_in_the_same_bins(order: str) -> None:
    stored = np.asarray(RANDOM.integers(0, 50, (12, 13, 14)).astype(np.int16), order=order)
    mask = np.asfortranarray((stored > 30) & (RANDOM.random(stored.shape) < 0.5))
    found = histogram_of(stored, mask)
    assert found.of_mask is not None
    expected = np.bincount(stored[mask], minlength=50)[: found.bins.size]
    np.testing.assert_array_equal(found.of_mask[1:-1], expected)


def test_a_known_image_is_not_counted_again() -> None:
    stored = RANDOM.integers(0, 50, (8, 8, 8)).astype(np.int16, order="F")
    known = histogram_of(stored)
    mask = np.asfortranarray(stored == 3)
    found = HistogramRequest(scene_of(stored, mask), known=known).work_out(Progress())
    assert found.counts is known.counts
    assert found.of_mask is not None
    assert found.of_mask.sum() == mask.sum()


def test_intensities_in_leaps_make_no_comb() -> None:
    stored = (RANDOM.integers(5, 60, (10, 10, 10)) * 4 + 1).astype(np.int16)
    found = histogram_of(stored)
    values, counts = np.unique(stored, return_counts=True)
    assert found.step == 4.0
    np.testing.assert_array_equal(found.counts[1:-1], counts)
    assert found.between(float(values[3]), float(values[7])) == counts[3:8].sum()


def test_the_mean_over_time_comes_in_parts_of_a_step() -> None:
    series = RANDOM.integers(0, 40, (6, 6, 6, 4)).astype(np.int16, order="F")
    found = histogram_of(series)
    mean = series.mean(axis=-1)
    assert found.step == 0.25
    assert found.between(10.25, 20) == between(mean, 10.25, 20)
    assert histogram_of(series, frame=2).between(10.25, 20) == between(series[..., 2], 10.25, 20)
    pair = histogram_of(series, frame=(1, 2))
    assert pair.step == 0.5
    assert pair.between(None, 7.5) == between(series[..., 1:3].mean(axis=-1), None, 7.5)


def test_a_volume_that_is_not_there_is_refused() -> None:
    with pytest.raises(MaskEditorError, match="volumes 0 to 3"):
        histogram_of(np.zeros((2, 2, 2, 4), np.int16), frame=4)


def test_far_outliers_leave_room_for_the_rest() -> None:
    stored = RANDOM.normal(100, 10, (30, 30, 30)).astype(np.float32)
    stored[0, 0, 0] = 1e9
    found = histogram_of(stored)
    assert found.bins.stop < 1000
    assert (found.maximum, found.counts[-1], found.total) == (1e9, 1, stored.size)
    assert found.between(None, None) == stored.size


@pytest.mark.parametrize("most", [16, 100, 512])
def test_bars_are_whole_numbers_of_bins_and_lose_nothing(most: int) -> None:
    stored = RANDOM.integers(0, 3000, (20, 20, 20)).astype(np.int16)
    found = histogram_of(stored)
    bars = found.bars(found.bins.start, found.bins.stop, most)
    assert bars.counts.sum() == stored.size
    assert len(bars.counts) <= most + 1
    widths = np.diff(bars.edges)
    assert set(widths.tolist()) == {widths[0]}
    assert widths[0].is_integer()
    np.testing.assert_array_equal(bars.counts, np.histogram(stored, bars.edges)[0])


def test_bars_stand_still_while_the_plot_is_moved() -> None:
    found = histogram_of(RANDOM.integers(0, 3000, (20, 20, 20)).astype(np.int16))
    first, moved = found.bars(200, 1200, 100), found.bars(207, 1207, 100)
    assert set(first.edges[1:]) & set(moved.edges) == set(first.edges[1:])


@settings(max_examples=60)
@given(st.lists(st.floats(0, 10), min_size=3, max_size=40, unique=True), st.floats(0.1, 5))
def test_peaks_are_those_of_scipy(heights: list[float], prominence: float) -> None:
    # scipy takes no peak at the ends; low walls make them peaks like the others.
    walled = np.array([-100.0, *heights, -100.0])
    expected, _ = find_peaks(walled, prominence=prominence)
    assert peaks_of(np.array(heights), prominence) == (expected - 1).tolist()


def test_landmarks_of_two_tissues() -> None:
    # Two normal distributions of equal weight and width: peaks at their means, the valley halfway.
    stored = np.concatenate((RANDOM.normal(300, 30, 60_000), RANDOM.normal(600, 30, 60_000))).round()
    peaks, valleys = histogram_of(stored.astype(np.int16).reshape(120, 100, 10)).landmarks
    assert peaks == pytest.approx([300, 600], abs=8)
    assert valleys == pytest.approx([450], abs=25)


def test_the_background_ends_where_its_peak_does() -> None:
    air = np.abs(RANDOM.normal(0, 8, 200_000))
    head = RANDOM.normal(400, 40, 50_000)
    found = histogram_of(np.concatenate((air, head)).round().astype(np.int16).reshape(250, 100, 10))
    assert 15 < found.background < 250
    without_air = histogram_of(head.round().astype(np.int16).reshape(50, 100, 10))
    assert without_air.background == without_air.minimum


def test_smoothing_keeps_a_plain() -> None:
    np.testing.assert_allclose(smoothed(np.full(50, 3.0), 2.0), 3.0)


def test_counting_can_be_stopped() -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        HistogramRequest(scene_of(np.zeros((4, 4, 4), np.int16))).work_out(progress)
