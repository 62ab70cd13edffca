"""Ranges of intensities as a hand moves them on a histogram."""

from __future__ import annotations

import numpy as np
import pytest

from maskeditor.model.histogram import Bins, Histogram
from maskeditor.model.intensity_range import (
    Bounds,
    ends_of,
    shifted,
    snapped,
    stepped,
    tidy,
    with_end_at,
    without_idle_bounds,
)


def histogram(step: float, stop: int) -> Histogram:
    """Intensities from 0 in steps, with a peak at a quarter and one at three quarters of the way."""
    places = np.arange(stop + 1)
    heights = 1000 * sum(np.exp(-(((places - centre * stop) / (0.05 * stop)) ** 2)) for centre in (0.25, 0.75))
    counts = np.concatenate(([0], heights.astype(np.int64) + 1, [0]))
    return Histogram(Bins(-step / 2, step, stop + 1), counts, step, 0.0, step * stop, 0)


@pytest.fixture
def whole() -> Histogram:
    """Whole numbers from 0 to 100, with peaks at 25 and 75 and a valley between."""
    return histogram(1.0, 100)


@pytest.fixture
def scaled() -> Histogram:
    """Thirds, from 0 to 100."""
    return histogram(1 / 3, 300)


@pytest.mark.parametrize(
    ("bounds", "ends"),
    [
        ((None, None), (0.0, 100.0)),
        ((20.0, None), (20.0, 100.0)),
        ((None, 30.0), (0.0, 30.0)),
        ((-5.0, 7.0), (-5.0, 7.0)),
    ],
)
def test_the_image_ends_a_range_that_is_open(whole: Histogram, bounds: Bounds, ends: tuple[float, float]) -> None:
    assert ends_of(bounds, whole) == ends


@pytest.mark.parametrize(
    ("ends", "bounds"),
    [
        ((0.0, 100.0), (None, None)),
        ((-3.0, 50.0), (None, 50.0)),
        ((1.0, 120.0), (1.0, None)),
        ((1.0, 99.0), (1.0, 99.0)),
    ],
)
def test_a_bound_at_the_end_of_the_image_is_left_open(
    whole: Histogram, ends: tuple[float, float], bounds: Bounds
) -> None:
    assert without_idle_bounds(*ends, whole) == bounds


def test_a_bound_is_a_number_that_the_image_can_hold(whole: Histogram) -> None:
    assert tidy(41.4, whole, scale=3.0) == 41.0
    assert tidy(41.6, whole, scale=0.01) == 42.0


@pytest.mark.parametrize(("scale", "value"), [(300.0, 41.2346), (3.0, 41.23), (0.3, 41.2), (0.03, 41.0)])
def test_a_bound_among_scaled_intensities_has_the_digits_of_a_pixel(
    scaled: Histogram, scale: float, value: float
) -> None:
    assert tidy(41.23456, scaled, scale) == value


@pytest.mark.parametrize(("value", "found"), [(26.0, 25.0), (27.6, 28.0), (22.5, 25.0), (22.4, 22.0), (74.0, 75.0)])
def test_an_end_snaps_to_a_peak_within_five_pixels(whole: Histogram, value: float, found: float) -> None:
    assert whole.landmarks[0] == (25.0, 75.0)
    assert snapped(value, whole, scale=2.0) == found


def test_nothing_snaps_where_there_is_no_peak() -> None:
    flat = Histogram(Bins(-0.5, 1.0, 1), np.array([0, 0, 0]), 0.0, 0.0, 0.0, 9)
    assert flat.landmarks[1] == ()
    assert snapped(30.0, flat, scale=2.0) == 30.0


def test_an_end_is_moved_up_to_the_other(whole: Histogram) -> None:
    def put(value: float, end: str, *, snaps: bool = False) -> Bounds:
        assert end in ("low", "high")
        return with_end_at(value, "low" if end == "low" else "high", (30.0, 60.0), whole, 2.0, snaps=snaps)

    assert put(40.2, "low") == (40.0, 60.0)
    assert put(70.0, "low") == (60.0, 60.0)
    assert put(-4.0, "low") == (None, 60.0)
    assert put(26.0, "low") == (26.0, 60.0)
    assert put(26.0, "low", snaps=True) == (25.0, 60.0)
    assert put(45.0, "high") == (30.0, 45.0)
    assert put(10.0, "high") == (30.0, 30.0)
    assert put(100.0, "high") == (30.0, None)
    assert put(74.0, "high", snaps=True) == (30.0, 75.0)


def test_a_whole_range_is_shifted_by_steps_of_the_image(whole: Histogram) -> None:
    assert shifted(4.7, (30.0, 60.0), whole, 2.0) == ((35.0, 65.0), 5.0)
    assert shifted(0.4, (30.0, 60.0), whole, 2.0) == ((30.0, 60.0), 0.0)
    assert shifted(50.0, (30.0, 60.0), whole, 2.0) == ((80.0, None), 50.0)
    assert shifted(-40.0, (30.0, 60.0), whole, 2.0) == ((None, 20.0), -40.0)


def test_a_range_among_scaled_intensities_keeps_its_digits(scaled: Histogram) -> None:
    bounds, moved = shifted(1.26, (30.11, 60.22), scaled, 3.0)
    assert bounds == (31.37, 61.48)
    assert moved == pytest.approx(1.26)


def test_a_step_of_a_key_has_no_more_digits_than_anybody_means(whole: Histogram) -> None:
    floats = Histogram(Bins(0.0, 0.0137, 7300), np.ones(7302, np.int64), 0.0, 0.0, 100.0, 0)
    assert stepped(0.0959, "low", (17.123456789, 60.0), floats) == (17.219, 60.0)
    assert stepped(-0.0959, "high", (17.0, 60.0), floats) == (17.0, 59.904)
    assert stepped(3.0, "low", (20.0, 60.0), whole) == (23.0, 60.0)
    assert stepped(-30.0, "high", (40.0, 60.0), whole) == (40.0, 40.0)
    assert stepped(3.0, "high", (40.0, 99.0), whole) == (40.0, None)
