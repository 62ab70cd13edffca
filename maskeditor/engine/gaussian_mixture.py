"""A mixture of Gaussians fitted to intensities by their histogram, and what belongs to which of them.

Everything here is numpy alone, so that scripts hold the very functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, BoolArray, Counts, Floats
from maskeditor.engine.histograms import WIDEST_RANGE, bin_centres, equal_bins, integer_histogram, integers_from
from maskeditor.engine.otsu import otsu_bins
from maskeditor.engine.progress import Reporter

#: Bins for floats, and for whole numbers of more levels than this.
BINS, MOST_LEVELS = 2048, 1 << 16

#: Of each class: its share of the voxels, its mean and its standard deviation, (3, classes), by rising mean.
Mixture = NDArray[np.float64]


def levels_of(
    values: Array,
    *,
    scaled: Callable[[Array], Array] | None = None,
    exclude_zeros: bool = False,
    progress: Reporter | None = None,
) -> tuple[Counts, Floats, float]:
    """Count intensities for a mixture: each level of whole numbers, floats in 2,048 bins from lowest to highest.

    Parameters
    ----------
    values : (I, J, K) array of int or float
        What is not finite is left out.
    scaled, exclude_zeros, progress
        As for `maskeditor.engine.histograms.equal_bins`.

    Returns
    -------
    counts : (N,) array of int
        All above 0.
    levels : (N,) array of float64
        The intensities, or the centres of the bins.
    width : float
        How far neighbouring levels, or bins, lie apart at least.

    Raises
    ------
    ValueError
        If floats lie too close together, or too far apart, for the bins.

    Examples
    --------
    >>> counts, levels, width = levels_of(np.array([[[3, 3, 5]]], np.uint8))
    >>> counts.tolist(), levels.tolist(), width
    ([2, 1], [3.0, 5.0], 1.0)
    """
    if values.dtype.kind in "iu" and scaled is None and int(values.max()) - int(values.min()) < WIDEST_RANGE:
        first, counts = integer_histogram(values, progress=progress)
        levels = integers_from(first, len(counts))
        kept = np.flatnonzero((counts > 0) & ((levels != 0) | (not exclude_zeros)))
        if len(kept) <= MOST_LEVELS:
            return told_apart(counts[kept], levels[kept].astype(np.float64), 1.0)
    counts, edges = equal_bins(values, BINS, scaled=scaled, exclude_zeros=exclude_zeros, progress=progress)
    if not len(counts):
        return counts, edges, 1.0
    kept = np.flatnonzero(counts)
    centres = bin_centres(edges).astype(np.float64)
    return told_apart(counts[kept], centres[kept], float(centres[1] - centres[0]))


def told_apart(counts: Counts, levels: Floats, width: float) -> tuple[Counts, Floats, float]:
    """Join levels that are one number in float64, as neighbouring integers beyond 2^53 are.

    Parameters
    ----------
    counts : (N,) array of int
    levels : (N,) array of float64
        Never falling.
    width : float
        How far neighbouring levels lie apart at least, were they not rounded.

    Returns
    -------
    counts : (N,) array of int
    levels : (N,) array of float64
        Those that differ.
    width : float

    Examples
    --------
    >>> counts, levels, width = told_apart(np.array([1, 2, 4]), np.array([0.0, 0.0, 2048.0]), 1.0)
    >>> counts.tolist(), levels.tolist(), width
    ([3, 4], [0.0, 2048.0], 2048.0)
    """
    if width > 0 and (np.diff(levels) > 0).all():
        return counts, levels, width
    different, first = np.unique(levels, return_index=True)
    apart = np.diff(different)
    return np.add.reduceat(counts, first), different, float(apart.min()) if len(apart) else 1.0


def mixture_of_levels(
    counts: Counts, levels: Floats, width: float, classes: int, each_round: Callable[[], None] = lambda: None
) -> Mixture:
    """Return the mixture of Gaussians that intensities most likely come from, or say why there is none.

    Parameters
    ----------
    counts : (N,) array of int64
    levels : (N,) array of float64
    width : float
        As from `levels_of`.
    classes : int
        At least 2.
    each_round : callable
        Called in every round; may raise to cancel.

    Raises
    ------
    ValueError
        If there are fewer different intensities, or bins that hold some, than classes.

    Notes
    -----
    Equal to scikit-learn's `GaussianMixture` on the voxels, begun at the same place and run to the same end (a change
    of the mean logarithm of the likelihood below 1e-9): of whole numbers, which are counted one by one, to rounding. A
    float is moved by half a bin (1/4,096 of the range) at most, and so is the mean of those that belong to a class;
    that it draws some from one class to another adds to this, which stays within one bin. No class is narrower than
    numbers rounded to one level are, where scikit-learn refuses.

    Examples
    --------
    >>> values = np.repeat(np.uint8([10, 11, 12, 50, 51, 52]), [5, 9, 5, 3, 6, 3]).reshape(-1, 1, 1)
    >>> mixture_of_levels(*levels_of(values), 2).round(3).tolist()
    [[0.613, 0.387], [11.0, 51.0], [0.725, 0.707]]
    """
    if len(counts) == 0:
        raise ValueError("The image holds no number to fit a mixture to; choose another, or keep the zeros.")
    if len(counts) < classes:
        raise ValueError(
            f"The image has {len(counts)} different {'intensities' if len(counts) > 1 else 'intensity'}, or bins that "
            f"hold any, fewer than the {classes} classes asked for; give fewer classes, or choose another image, or "
            "one without the few voxels that lie far from all others."
        )
    return fitted(counts, levels, width, classes, each_round)


def fitted(
    counts: Array, levels: Floats, width: float, classes: int, each_round: Callable[[], None] = lambda: None
) -> Mixture:
    """Return the mixture of Gaussians fitted to counts by expectation and maximisation, begun at Otsu's classes.

    Dempster, Laird and Rubin (1977), Maximum likelihood from incomplete data via the EM algorithm.

    Parameters
    ----------
    counts : (N,) array of int
        All above 0.
    levels : (N,) array of float64
        The intensities, rising.
    width : float
        How far neighbouring levels lie apart at least: no class is narrower than one of them.
    classes : int
        At most N.
    each_round : callable
        Called in every round; may raise to cancel.

    Returns
    -------
    (3, classes) array of float64
        Shares, means and standard deviations, by rising mean.

    Examples
    --------
    >>> fitted(np.array([1, 2, 1, 4]), np.array([0.0, 1.0, 2.0, 9.0]), 1.0, 2).round(3).tolist()
    [[0.5, 0.5], [1.0, 9.0], [0.707, 0.289]]
    """
    # From 0 to 1, so that no square overflows.
    start, scale = levels[0], levels[-1] / 2 - levels[0] / 2
    places = levels / (2 * scale) - start / (2 * scale)
    narrowest = (width / (2 * scale)) ** 2 / 12  # the variance of numbers rounded to one level
    bins = np.minimum((places * 256).astype(np.intp), 255)
    if len(np.unique(bins)) < classes:  # nearly all lie close together
        bins = np.arange(len(counts)) * 256 // max(256, len(counts))
    coarse = np.bincount(bins, counts).astype(np.intp)
    ends = np.searchsorted(bins, otsu_bins(coarse, classes), side="right")
    bounds = np.concatenate([[0], ends, [len(counts)]])
    responsible = np.zeros((classes, len(counts)))
    for number in range(classes):
        responsible[number, bounds[number] : bounds[number + 1]] = 1.0
    shares, means, variances = _most_likely(responsible, counts, places, narrowest)
    before = -np.inf
    for _ in range(10_000):
        each_round()
        logs = np.log(shares / np.sqrt(variances))[:, None] - (places - means[:, None]) ** 2 / (2 * variances[:, None])
        most = logs.max(axis=0)
        parts = np.exp(logs - most)
        whole = parts.sum(axis=0)
        shares, means, variances = _most_likely(parts / whole, counts, places, narrowest)
        likelihood = (counts * (np.log(whole) + most)).sum() / counts.sum()
        if abs(likelihood - before) < 1e-9:
            break
        before = likelihood
    order = np.argsort(means, kind="stable")
    return np.stack([shares, start + means * scale * 2, np.sqrt(variances) * scale * 2])[:, order]


def _most_likely(responsible: Floats, counts: Array, places: Floats, narrowest: float) -> tuple[Floats, Floats, Floats]:
    """Return shares, means and variances of classes, given how far each is responsible for each place."""
    weights = responsible * counts
    total = weights.sum(axis=1) + np.finfo(np.float64).tiny
    means = (weights * places).sum(axis=1) / total
    variances = (weights * (places - means[:, None]) ** 2).sum(axis=1) / total
    return total / total.sum(), means, np.maximum(variances, narrowest)


def belonging(mixture: Mixture, values: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return to which class intensities most probably belong, and with what probability to each.

    Parameters
    ----------
    mixture : (3, classes) array of float64
    values : (N,) array of float64

    Returns
    -------
    likeliest : (N,) array of int
        Of several that are as probable, the darkest.
    posterior : (classes, N) array of float64

    Examples
    --------
    >>> mixture = np.array([[0.5, 0.5], [10.0, 20.0], [2.0, 2.0]])
    >>> likeliest, posterior = belonging(mixture, np.array([9.0, 15.0, 16.0]))
    >>> likeliest.tolist(), posterior[1].round(3).tolist()
    ([0, 0, 1], [0.0, 0.5, 0.924])
    """
    shares, means, deviations = mixture
    logs = np.log(shares / deviations)[:, None] - ((values - means[:, None]) / deviations[:, None]) ** 2 / 2
    parts = np.exp(logs - logs.max(axis=0))
    posterior = parts / parts.sum(axis=0)
    return posterior.argmax(axis=0), posterior


def curves(mixture: Mixture, values: Floats) -> Floats:
    """Return how densely each class lies at intensities: its share times its Gaussian, in voxels per voxel and unit.

    Parameters
    ----------
    mixture : (3, classes) array of float64
    values : (N,) array of float64

    Returns
    -------
    (classes, N) array of float64

    Examples
    --------
    >>> curves(np.array([[0.25, 0.75], [0.0, 5.0], [1.0, 2.0]]), np.array([0.0, 5.0])).round(4).tolist()
    [[0.0997, 0.0], [0.0066, 0.1496]]
    """
    shares, means, deviations = mixture
    away = (values - means[:, None]) / deviations[:, None]
    density: Floats = (shares / (deviations * np.sqrt(2 * np.pi)))[:, None] * np.exp(-(away**2) / 2)
    return density


def ranges_kept(
    mixture: Mixture, first: int, last: int, minimum: float, low: float, high: float
) -> list[tuple[float, float]]:
    """Return the ranges of intensities that most probably belong to one of some classes, both ends included.

    Parameters
    ----------
    mixture : (3, classes) array of float64
    first, last : int
        The classes, from 0, the darkest.
    minimum : float
        How probable it must be that an intensity belongs to these classes.
    low, high : float
        Where ranges are looked for. One that is narrower than 1/4,096 of that may be passed over.

    Returns
    -------
    list of (float, float)
        Their ends are exact to the last bit.

    Examples
    --------
    >>> ranges_kept(np.array([[0.5, 0.5], [10.0, 20.0], [2.0, 2.0]]), 1, 1, 0.0, 0.0, 30.0)
    [(15.000000000000002, 30.0)]
    """

    def inside(values: Floats) -> BoolArray:
        """Whether intensities belong to the classes, and probably enough."""
        likeliest, posterior = belonging(mixture, values)
        enough = posterior[first : last + 1].sum(axis=0) >= minimum
        kept: BoolArray = (likeliest >= first) & (likeliest <= last) & enough
        return kept

    share = np.linspace(0, 1, 4097)
    places = low * (1 - share) + high * share
    is_in = np.concatenate([[False], inside(places), [False]])
    ends = []
    for place in np.flatnonzero(is_in[1:] != is_in[:-1]):
        # Between two places, one inside and one outside, to neighbouring numbers.
        if place in (0, len(places)):
            ends.append(float(low if place == 0 else high))
            continue
        within, without = places[[place - 1, place]][:: 1 if is_in[place] else -1]
        while True:
            middle = within / 2 + without / 2
            if middle in (within, without):
                break
            if inside(np.array([middle]))[0]:
                within = middle
            else:
                without = middle
        ends.append(float(within))
    return list(zip(ends[::2], ends[1::2], strict=True))


def crossings(mixture: Mixture, low: float, high: float) -> list[float]:
    """Return the intensities between two at which the class changes that they most probably belong to.

    Parameters
    ----------
    mixture : (3, classes) array of float64
    low, high : float

    Examples
    --------
    >>> crossings(np.array([[0.5, 0.5], [10.0, 20.0], [2.0, 2.0]]), 0.0, 30.0)
    [15.0]
    """
    ends = [end for number in range(mixture.shape[1]) for end in ranges_kept(mixture, number, number, 0.0, low, high)]
    return sorted(upper for _, upper in ends if upper < high)


def in_ranges(values: Array, ranges: Any) -> BoolArray:
    """Return which values lie in one of some ranges, both ends included.

    Parameters
    ----------
    values : (...) array of int or float
    ranges : sequence of (float, float)

    Examples
    --------
    >>> in_ranges(np.array([1, 2, 5]), [(0, 1), (4, 6)]).tolist()
    [True, False, True]
    """
    found = np.zeros(values.shape, bool)
    for low, high in ranges:
        found |= (values >= np.float64(low)) & (values <= np.float64(high))
    return found
