"""Thresholds that methods of the literature find: Li, Yen, IsoData, triangle and minimum, as scikit-image has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from maskeditor.engine.arrays import Array
from maskeditor.engine.histograms import finite_parts
from maskeditor.engine.otsu import otsu_thresholds, too_few, values_in_bins
from maskeditor.engine.progress import Reporter, silent

Method = Literal["otsu", "li", "yen", "isodata", "triangle", "minimum"]


def automatic_thresholds(
    values: Array,
    method: Method,
    classes: int = 2,
    *,
    scaled: Callable[[Array], Array] | None = None,
    progress: Reporter | None = None,
) -> tuple[float, ...]:
    """Return the thresholds that a method finds; equal to `skimage.filters.threshold_*` of the finite intensities.

    Intensities are counted as scikit-image counts them: every level of integers from the lowest to the highest, floats
    in 256 equal bins between them, whose centres are the possible thresholds. Li's method takes the mean of floats
    themselves, in the order of C. Beyond 16,777,216 levels, integers are taken as floats are.

    Parameters
    ----------
    values : (I, J, K) array of int or float
        What is not finite is left out.
    method : {"otsu", "li", "yen", "isodata", "triangle", "minimum"}
    classes : int
        In how many classes Otsu's method parts them; the other methods part in two.
    scaled : callable, optional
        Makes floats, the intensities that are parted, of the values, some at a time.
    progress : callable of float, optional

    Returns
    -------
    tuple of int or float
        Rising. An intensity equal to a threshold belongs to the darker class.

    Raises
    ------
    ValueError
        If there are fewer different intensities than classes, or the method finds no threshold.

    Examples
    --------
    >>> automatic_thresholds(np.array([[[1, 1, 2, 8, 9, 9]]]), "isodata")
    (5,)
    """
    report = progress or silent
    if method == "otsu":
        return otsu_thresholds(values, classes, scaled=scaled, progress=report)
    if method == "li" and not (values.dtype.kind in "iu" and scaled is None):
        return (_li_in_order(values, scaled, report),)
    counts, centres = values_in_bins(values, scaled, lambda done: report(done / 2))
    if np.count_nonzero(counts) < 2:
        raise too_few(values, scaled, 2, counts, centres)
    if method == "li" and centres.dtype.kind == "f":  # too many levels to be counted
        return (_li_in_order(values, scaled, report),)
    if method == "minimum":
        found = minimum_threshold(counts, centres, lambda: report(0.5))
    else:
        find = {
            "li": li_of_counts,
            "yen": yen_threshold,
            "isodata": isodata_threshold,
            "triangle": triangle_threshold,
        }[method]
        found = find(counts, centres)
    report(1.0)
    return (found.item(),)


def _li_in_order(values: Array, scaled: Callable[[Array], Array] | None, report: Reporter) -> float:
    """Return Li's threshold of floats: in the order of C, because the rounding of a mean depends on the order."""
    ends = [(part.min(), part.max()) for part in finite_parts(values, scaled=scaled) if part.size]
    if not ends or min(ends)[0] == max(high for _, high in ends):
        raise too_few(values, scaled, 2, np.zeros(0, np.intp), np.zeros(0))
    report(0.5)
    # Handed on without a name, so that they go as soon as others are made of them.
    found: float = li_of_floats(_floats_in_order(values, scaled), lambda: report(0.7)).item()
    report(1.0)
    return found


def _floats_in_order(values: Array, scaled: Callable[[Array], Array] | None) -> Array:
    """Return the finite intensities as floats in the order of C, flat."""
    flat = values.ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        if scaled is None and flat.dtype.kind == "f" and np.isfinite(flat.sum(dtype=np.float64)):
            return flat  # without a copy
    floats = np.concatenate(list(finite_parts(flat, scaled=scaled)))
    return floats if floats.dtype.kind == "f" else floats.astype(np.float64)


def li_of_counts(counts: Array, centres: Array) -> Any:
    """Return Li's threshold of whole numbers from their counts; equal to `skimage.filters.threshold_li`.

    Li and Lee (1993), Minimum cross entropy thresholding; Li and Tam (1998), An iterative algorithm for minimum cross
    entropy thresholding.

    Parameters
    ----------
    counts : (N,) array of int
    centres : (N,) array of int
        The levels, one after another.

    Examples
    --------
    >>> round(float(li_of_counts(np.array([2, 1, 0, 0, 0, 0, 0, 1, 2]), np.arange(1, 10))), 6)
    3.338813
    """
    levels = np.arange(len(counts))
    weights = counts.astype(np.float32)
    after = np.dot(levels, counts) / np.sum(counts)
    before = -1.0
    while abs(after - before) > 0.5:
        before = after
        bright = levels > before
        mean_bright = np.average(levels[bright], weights=weights[bright])
        mean_dark = np.average(levels[~bright], weights=weights[~bright])
        if mean_dark == 0:
            break
        after = (mean_dark - mean_bright) / (np.log(mean_dark) - np.log(mean_bright))
    return after + centres[0]


def li_of_floats(values: Array, each_round: Callable[[], None] = lambda: None) -> Any:
    """Return Li's threshold of floats; equal to `skimage.filters.threshold_li`.

    Parameters
    ----------
    values : (N,) array of float
        Finite, with two different ones at least.
    each_round : callable
        Called in every round; may raise to cancel.

    Examples
    --------
    >>> round(float(li_of_floats(np.array([0.1, 0.1, 0.2, 0.8, 0.9, 0.9]))), 6)
    0.333881
    """
    lowest = np.min(values)
    with np.errstate(over="ignore", invalid="ignore"):
        values = values - lowest
        in_order = np.sort(values)
        # Some at a time, as nothing but their least is wanted.
        step = 1 << 18
        apart = (np.diff(in_order[start : start + step + 1]) for start in range(0, len(in_order), step))
        tolerance = min(some[some > 0].min(initial=np.inf) for some in apart) / 2
        del in_order
        after = np.mean(values)
        before = -2 * tolerance
        passed = set()
        # (In rounding, it may go round in a circle, in which scikit-image would stay for ever.)
        while abs(after - before) > tolerance and float(after) not in passed:
            each_round()
            passed.add(float(after))
            before = after
            bright = values > before
            # One after the other: both sides together are the whole image once more.
            mean_bright, mean_dark = np.mean(values[bright]), np.mean(values[~bright])
            if mean_dark == 0:
                break
            after = (mean_dark - mean_bright) / (np.log(mean_dark) - np.log(mean_bright))
    if not np.isfinite(after + lowest):
        raise ValueError("The sum of the intensities overflows; scale the image, or choose another method.")
    return after + lowest


def yen_threshold(counts: Array, centres: Array) -> Any:
    """Return Yen's threshold; equal to `skimage.filters.threshold_yen`.

    Yen, Chang and Chang (1995), A new criterion for automatic multilevel thresholding.

    Parameters
    ----------
    counts : (N,) array of int
    centres : (N,) array of int or float

    Examples
    --------
    >>> int(yen_threshold(np.array([5, 1, 0, 1, 4]), np.arange(5)))
    1
    """
    weights = counts.astype(np.float32)
    share = weights / weights.sum()
    darker = np.cumsum(share)
    squares = np.cumsum(share**2)
    squares_above = np.cumsum(share[::-1] ** 2)[::-1]
    with np.errstate(all="ignore"):
        crit = np.log((squares[:-1] * squares_above[1:]) ** (-1) * (darker[:-1] * (1.0 - darker[:-1])) ** 2)
    return centres[crit.argmax()]


def isodata_threshold(counts: Array, centres: Array) -> Any:
    """Return the lowest threshold midway between the means of what it parts; as `skimage.filters.threshold_isodata`.

    Ridler and Calvard (1978), Picture thresholding using an iterative selection method.

    Parameters
    ----------
    counts : (N,) array of int
    centres : (N,) array of int or float

    Examples
    --------
    >>> int(isodata_threshold(np.array([5, 1, 0, 1, 4]), np.arange(5)))
    1
    """
    weights = counts.astype(np.float32)
    darker = np.cumsum(weights)
    brighter = darker[-1] - darker
    with np.errstate(all="ignore"):
        sums = np.cumsum(weights * centres)
        lower = sums[:-1] / darker[:-1]
        higher = (sums[-1] - sums[:-1]) / brighter[:-1]
        apart = (lower + higher) / 2.0 - centres[:-1]
    found = np.flatnonzero((apart >= 0) & (apart < centres[1] - centres[0]))
    if not found.size:
        raise ValueError("No threshold lies midway between the means of what it parts; choose another method.")
    return centres[found[0]]


def triangle_threshold(counts: Array, centres: Array) -> Any:
    """Return the threshold farthest from the line from peak to tail; equal to `skimage.filters.threshold_triangle`.

    Zack, Rogers and Latt (1977), Automatic measurement of sister chromatid exchange frequency.

    Parameters
    ----------
    counts : (N,) array of int
        The first and the last hold some.
    centres : (N,) array of int or float

    Examples
    --------
    >>> int(triangle_threshold(np.array([1, 9, 4, 2, 1, 1, 1]), np.arange(7)))
    3
    """
    peak, last = np.argmax(counts), len(counts) - 1
    turned = peak < last - peak
    if turned:
        counts, peak = counts[::-1], last - peak
    height, width = counts[peak], peak
    steps = np.arange(width)
    length = np.sqrt(height**2 + width**2)
    level = np.argmax((height / length) * steps - (width / length) * counts[steps])
    return centres[last - level if turned else level]


def minimum_threshold(counts: Array, centres: Array, each_round: Callable[[], None] = lambda: None) -> Any:
    """Return the valley of the histogram smoothed to two peaks; equal to `skimage.filters.threshold_minimum`.

    Prewitt and Mendelsohn (1966), The analysis of cell images.

    Parameters
    ----------
    counts : (N,) array of int
    centres : (N,) array of int or float
    each_round : callable
        Called in every round; may raise to cancel.

    Examples
    --------
    >>> int(minimum_threshold(np.array([1, 5, 1, 0, 1, 4, 4, 1]), np.arange(8)))
    3
    """
    from scipy import ndimage  # slow to bring in

    smoothed = counts.astype(np.float32)
    peaks = np.zeros(0, np.intp)
    for _ in range(10_000):
        each_round()
        smoothed = ndimage.uniform_filter1d(smoothed, 3)
        step = np.sign(np.diff(smoothed))
        places = np.flatnonzero(step)
        # Where it falls, having risen before; the beginning counts as a rise.
        peaks = places[(step[places] < 0) & (np.append(1, step[places[:-1]]) > 0)]
        if len(peaks) < 3:
            break
    if len(peaks) != 2:
        raise ValueError("Smoothed, the histogram of the image has no two peaks; choose another method.")
    return centres[peaks[0] + np.argmin(smoothed[peaks[0] : peaks[1] + 1])]
