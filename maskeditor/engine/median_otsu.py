"""The brain of a diffusion-weighted image: Otsu's threshold of the image after median filters, as dipy finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, BoolArray, Floats
from maskeditor.engine.histograms import bin_centres, equal_bins, integer_histogram
from maskeditor.engine.in_range import chunks
from maskeditor.engine.median_filter import median_filter
from maskeditor.engine.otsu import BINS, otsu_bin, values_in_bins
from maskeditor.engine.progress import Reporter, silent

#: Values that the lowest and the highest median are narrowed down by at a time, each.
NARROWED = 100


class AboveMedians(NamedTuple):
    """Where the median lies above a threshold, (I, J, K) of bool in Fortran order, and the threshold.

    There is none where all medians are the same, and nothing lies above it.
    """

    above: BoolArray
    threshold: float | None

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self.above.nbytes


def median_otsu(
    values: Array,
    radius: int,
    passes: int,
    *,
    scaled: Callable[[Array], Array] | None = None,
    progress: Reporter | None = None,
) -> AboveMedians:
    """Return where the median of an image lies above Otsu's threshold; equal to `dipy.segment.mask.median_otsu`.

    Whole numbers are filtered as they are. Of floats only what the threshold is found from is: the lowest and the
    highest median, and in which of 256 bins between these each median lies.

    Parameters
    ----------
    values : (I, J, K) array of int or float
        Finite.
    radius : int
        Of the box that each median is taken of, in voxels.
    passes : int
        How often the filter is applied.
    scaled : callable, optional
        Makes the intensities, floats in the same order or in the opposite one, of values that are whole numbers.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    AboveMedians

    Raises
    ------
    ValueError
        If the medians lie too close together, or too far apart, for the bins.

    Examples
    --------
    >>> found = median_otsu(np.array([[[0, 1, 9, 0, 8, 9, 8, 1]]]), 1, 1)
    >>> found.above.astype(int), found.threshold
    (array([[[0, 0, 0, 1, 1, 1, 1, 0]]]), 1.0)
    """
    report = progress or silent
    if values.dtype.kind in "iu":
        filtered = median_filter(values, radius, passes=passes, progress=report)
        ends = np.array([filtered.min(), filtered.max()])
        ends = ends if scaled is None else scaled(ends)
        if ends[0] == ends[1]:
            return AboveMedians(np.zeros(values.shape, np.bool_, order="F"), None)
        counts, centres = values_in_bins(filtered, scaled, None)
        threshold = centres[otsu_bin(counts, centres)]
        made = np.empty(values.shape, np.bool_, order="F")
        for part, _ in chunks(values.shape):
            made[part] = (filtered[part] if scaled is None else scaled(filtered[part])) > threshold
        return AboveMedians(made, float(threshold))
    low, high = extremes_of_medians(values, radius, passes, lambda done: report(done / 2))
    if low == high:
        return AboveMedians(np.zeros(values.shape, np.bool_, order="F"), None)
    edges = equal_bins(np.array([low, high], values.dtype), BINS)[1]
    bins = _numbers(edges[1:-1], values)
    medians = median_filter(bins, radius, passes=passes, progress=lambda done: report(0.5 + 0.4 * done))
    del bins
    centres, counts = bin_centres(edges), np.zeros(BINS, np.intp)
    first, counted = integer_histogram(medians)
    counts[first : first + len(counted)] = counted
    del medians
    threshold = centres[otsu_bin(counts, centres)]
    above = median_filter(
        (values > threshold).view(np.uint8), radius, passes=passes, progress=lambda done: report(0.9 + 0.1 * done)
    )
    return AboveMedians(np.asfortranarray(above.view(np.bool_)), float(threshold))


def _numbers(starts: Floats, values: Array) -> NDArray[np.uint8]:
    """Return the number of the range that each value lies in, of at most 256 that begin at rising starts."""
    made = np.empty_like(values, np.uint8)
    for part, _ in chunks(values.shape):
        made[part] = np.searchsorted(starts, values[part], side="right")
    return made


def extremes_of_medians(
    values: Array, radius: int, passes: int, report: Reporter = silent
) -> tuple[np.floating, np.floating]:
    """Return the lowest and the highest value that an image has after median filters.

    The filters keep the order of values, so that it is enough to filter the numbers of the ranges that values lie in;
    those that hold the lowest and the highest are parted further, until each holds one value.

    Parameters
    ----------
    values : (I, J, K) array of float
        Finite.
    radius, passes : int
        As for `median_otsu`.
    report : callable
        Called with a part of the fraction done; may raise to cancel.

    Examples
    --------
    >>> low, high = extremes_of_medians(np.array([[[0.5, 1.5, 9.5, 0.25, 8.5, 9.0]]]), 1, 1)
    >>> float(low), float(high)
    (0.5, 9.0)
    """
    few = np.unique(values.ravel(order="K")[:: max(1, values.size // 20_000)])
    starts: Floats = _some(few)
    done = 0.0
    while True:
        begun = done

        def within(fraction: float, begun: float = begun) -> None:
            report(begun + (1 - begun) * fraction / 2)

        ranges = _numbers(starts, values)
        medians = median_filter(ranges, radius, passes=passes, progress=within)
        ends = medians.min(), medians.max()
        del medians
        done = begun + (1 - begun) / 2
        held = [
            np.unique(
                np.concatenate([np.unique(values[part][ranges[part] == end]) for part, _ in chunks(values.shape)])
            )
            for end in ends
        ]
        if len(held[0]) == len(held[1]) == 1:
            return held[0][0], held[1][0]
        # Each range is parted, and what lies above it apart.
        starts = np.unique(
            np.concatenate([part for one in held for part in (_some(one), np.nextafter(one[-1:], np.inf))])
        )


def _some(values: Floats) -> Floats:
    """Return some of values that rise, evenly spread, the first among them."""
    return values[:: -(-len(values) // NARROWED)]
