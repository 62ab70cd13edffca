"""A range of intensities on a histogram: how a hand moves it, where it snaps, which numbers it may have."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from maskeditor.model.histogram import Histogram

#: Lowest and highest intensity, both included; None is no bound.
Bounds = tuple[float | None, float | None]
End = Literal["low", "high"]

#: Pixels: how near to a peak or a valley an end snaps to it.
SNAP = 5.0


def ends_of(bounds: Bounds, histogram: Histogram) -> tuple[float, float]:
    """Return a range with the image's own ends where there is no bound."""
    low, high = bounds
    return histogram.minimum if low is None else low, histogram.maximum if high is None else high


def without_idle_bounds(low: float, high: float, histogram: Histogram) -> Bounds:
    """Return a range without the bounds that bound nothing, so that a recipe also fits brighter images."""
    return None if low <= histogram.minimum else low, None if high >= histogram.maximum else high


def tidy(value: float, histogram: Histogram, scale: float) -> float:
    """Return a whole number that the image can hold, or else a number with no more digits than can be pointed at.

    Scaled and averaged intensities are rounded themselves, so a bound is not put right on one of them.

    Parameters
    ----------
    value : float
    histogram : Histogram
    scale : float
        Pixels for an intensity of 1.
    """
    if histogram.is_whole:
        return histogram.on_step(value)
    return round(value, 1 - math.floor(math.log10(1 / scale)))


def snapped(value: float, histogram: Histogram, scale: float) -> float:
    """Return the nearest peak or valley if it is within a few pixels, else the intensity itself, tidied up."""
    near = min(
        (mark for marks in histogram.landmarks for mark in marks),
        key=lambda mark: abs(mark - value),
        default=math.inf,
    )
    return tidy(near if abs(near - value) * scale <= SNAP else value, histogram, scale)


def with_end_at(value: float, end: End, bounds: Bounds, histogram: Histogram, scale: float, *, snaps: bool) -> Bounds:
    """Return a range with one end put at an intensity, but no further than the other end.

    Parameters
    ----------
    value : float
    end : "low" or "high"
    bounds : tuple of 2
        The range as it is.
    histogram : Histogram
    scale : float
        Pixels for an intensity of 1.
    snaps : bool
        Whether it snaps to a peak or a valley that is near.
    """
    low, high = ends_of(bounds, histogram)
    put = (snapped if snaps else tidy)(value, histogram, scale)
    if end == "low":
        return without_idle_bounds(min(put, high), high, histogram)
    return without_idle_bounds(low, max(put, low), histogram)


def clicked(value: float, bounds: Bounds | None, histogram: Histogram, scale: float, *, snaps: bool) -> Bounds:
    """Return a range after a click beside it: the first sets one end, the second the other, any later the nearer one.

    Parameters
    ----------
    value : float
    bounds : tuple of 2, or None
        The range as it is, if there is one.
    histogram : Histogram
    scale : float
        Pixels for an intensity of 1.
    snaps : bool
        Whether it snaps to a peak or a valley that is near.
    """
    put = (snapped if snaps else tidy)(value, histogram, scale)
    low, high = bounds or (None, None)
    if low is None and high is None:
        return without_idle_bounds(put, histogram.maximum, histogram)
    one = high if low is None else low
    if one is not None and (low is None or high is None):
        return without_idle_bounds(min(one, put), max(one, put), histogram)
    assert bounds is not None
    first, last = ends_of(bounds, histogram)
    return with_end_at(
        value, "low" if abs(put - first) < abs(put - last) else "high", bounds, histogram, scale, snaps=snaps
    )


def selected(one: float, other: float, histogram: Histogram, scale: float, *, snaps: bool) -> Bounds:
    """Return the range from one intensity to another, in either order; the other parameters are as in `clicked`."""
    ends = [(snapped if snaps else tidy)(value, histogram, scale) for value in (one, other)]
    return without_idle_bounds(min(ends), max(ends), histogram)


def stepped(by: float, end: End, bounds: Bounds, histogram: Histogram) -> Bounds:
    """Return a range with one end moved by so much, but no further than the other end and the image's own."""
    low, high = ends_of(bounds, histogram)
    # To a part of a step, as nobody means more digits.
    put = tidy((low if end == "low" else high) + by, histogram, 1 / abs(by)) if by else low
    if end == "low":
        return without_idle_bounds(min(max(put, histogram.minimum), high), high, histogram)
    return without_idle_bounds(low, max(min(put, histogram.maximum), low), histogram)


def shifted(by: float, bounds: Bounds, histogram: Histogram, scale: float) -> tuple[Bounds, float]:
    """Return a range moved as a whole, by whole steps, and how far; an end that leaves the image is left open.

    Parameters
    ----------
    by : float
        How far it is to be moved.
    bounds : tuple of 2
        The range as it is.
    histogram : Histogram
    scale : float
        Pixels for an intensity of 1.
    """
    low, high = ends_of(bounds, histogram)
    moved = tidy(low + by, histogram, scale) - low
    ends = tidy(low + moved, histogram, scale), tidy(high + moved, histogram, scale)
    return without_idle_bounds(*ends, histogram), moved
