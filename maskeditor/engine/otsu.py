"""Otsu's thresholds: where to part a histogram so that its classes differ most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, Counts
from maskeditor.engine.histograms import bin_centres, equal_bins, finite_parts, integer_histogram, integers_from

#: Bins between which several thresholds are searched for; neighbours are joined where there are more.
MOST_BINS = 1 << 12
#: Bins for floats, as in scikit-image.
BINS = 256


def otsu_thresholds(
    values: NDArray[Any],
    classes: int,
    *,
    scaled: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[float, ...]:
    """Return the thresholds that part intensities in classes which differ most from each other.

    Equal to `skimage.filters.threshold_otsu` for two classes and to `threshold_multiotsu` for more, except that more
    than 16,777,216 levels of integers are counted in 256 bins, and that of more than 4,096 levels neighbours are joined
    where there are more than two classes.

    Parameters
    ----------
    values : (I, J, K) array of int or float
        What is not finite is left out.
    classes : int
        At least 2.
    scaled : callable, optional
        Makes floats, the intensities that are parted, of the values, some at a time.
    progress : callable of float, optional

    Returns
    -------
    tuple of int or float
        An intensity equal to a threshold belongs to the darker class. Whole numbers where every level was counted.

    Raises
    ------
    ValueError
        If there are fewer different intensities, or bins that hold some, than classes, or if the intensities lie too
        close together, or too far apart, for the bins.

    Examples
    --------
    >>> otsu_thresholds(np.array([[[1, 1, 2, 8, 9, 9]]]), 2)
    (2,)
    """
    counts, centres = values_in_bins(values, scaled, progress)
    if np.count_nonzero(counts) < classes:
        raise too_few(values, scaled, classes, counts, centres)
    if classes == 2:
        return (centres[otsu_bin(counts, centres)].item(),)
    joined = -(-len(counts) // MOST_BINS)
    groups = np.add.reduceat(counts, np.arange(0, len(counts), joined))
    if np.count_nonzero(groups) < classes:
        raise too_few(values, scaled, classes, groups, centres[::joined])
    return tuple(centres[(end + 1) * joined - 1].item() for end in otsu_bins(groups, classes))


def too_few(
    values: Array, scaled: Callable[[Array], Array] | None, classes: int, counts: Counts, centres: Array
) -> ValueError:
    """Return why intensities, (I, J, K) of int or float, cannot be parted in so many classes."""
    different: Array = np.zeros(0)
    for piece in finite_parts(values, scaled=scaled):
        different = np.union1d(different, piece) if different.size else np.unique(piece)
        if different.size >= classes:
            fewer = "give fewer classes, or " if classes > 2 else ""
            return ValueError(
                f"Of the {counts.size} bins from {centres[0]:.9g} to {centres[-1]:.9g}, in which intensities are "
                f"counted, only {np.count_nonzero(counts)} hold any, fewer than the {classes} classes asked for: "
                f"nearly all lie close together and a few far away; {fewer}take those few out first."
            )
    if different.size == 0:
        return ValueError("The image holds no number (all voxels are NaN or infinite); choose another.")
    if different.size == 1:
        return ValueError(
            f"The image has one intensity alone, {different[0].item():.9g}, which cannot be parted in classes; choose "
            "another image."
        )
    return ValueError(
        f"The image has {different.size} different intensities, fewer than the {classes} classes asked for; give fewer "
        "classes, or choose another image."
    )


def values_in_bins(
    values: NDArray[Any],
    scaled: Callable[[NDArray[Any]], NDArray[Any]] | None,
    report: Callable[[float], None] | None,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Count intensities as `skimage.exposure.histogram` does: every level of integers, 256 bins of floats.

    Parameters
    ----------
    values : (I, J, K) array of int or float
        What is not finite is left out.
    scaled : callable, optional
        Makes floats, the intensities that are counted, of the values.
    report : callable of float, optional

    Returns
    -------
    counts : (N,) array of int
    centres : (N,) array of int or float
    """
    if values.dtype.kind in "iu" and scaled is None:
        try:
            first, counts = integer_histogram(values, progress=report)
        except ValueError:  # too many levels
            pass
        else:
            return counts, integers_from(first, len(counts))
    counts, edges = equal_bins(values, BINS, scaled=scaled, progress=report)
    return counts, bin_centres(edges)


def otsu_bin(counts: NDArray[Any], centres: NDArray[Any]) -> int:
    """Return the last bin of the darker of two classes; equal to `skimage.filters.threshold_otsu`.

    Parameters
    ----------
    counts : (N,) array of int
        Voxels in each bin; the first and the last bin hold some.
    centres : (N,) array of int or float
        Intensity at the centre of each bin, rising.

    Notes
    -----
    Otsu (1979), A threshold selection method from gray-level histograms. Sums are rounded as scikit-image rounds
    them (counts to float32), so that the bin is the same; where they overflow, the centres are
    taken as parts of the largest.

    Examples
    --------
    >>> otsu_bin(np.array([5, 1, 0, 1, 4]), np.arange(5))
    1
    """
    weights = counts.astype(np.float32)
    darker = np.cumsum(weights)
    brighter = np.cumsum(weights[::-1])[::-1]
    with np.errstate(over="ignore", invalid="ignore"):
        mean_darker = np.cumsum(weights * centres) / darker
        mean_brighter = (np.cumsum((weights * centres)[::-1]) / brighter[::-1])[::-1]
        between = darker[:-1] * brighter[1:] * (mean_darker[:-1] - mean_brighter[1:]) ** 2
    if not np.isfinite(between).all():
        return otsu_bin(counts, centres / np.float64(np.abs(centres).max()))
    return int(np.argmax(between))


def otsu_bins(counts: NDArray[Any], classes: int) -> tuple[int, ...]:
    """Return the last bins of all classes but the brightest; equal to `skimage.filters.threshold_multiotsu`.

    Parameters
    ----------
    counts : (N,) array of int
        Voxels in each bin, of which at least `classes` hold some, the first and the last among them.
    classes : int
        At least 2.

    Notes
    -----
    Liao, Chen and Chung (2001), A fast algorithm for multilevel thresholding. Where scikit-image tries every choice,
    each class's best continuation is kept here, which takes a time of N². Many choices differ by less than the
    rounding of scikit-image's float32 sums; those are then compared in just these sums, so that the bins are the same.

    Examples
    --------
    >>> otsu_bins(np.array([5, 1, 0, 1, 9, 1, 0, 1, 4]), 3)
    (1, 5)
    """
    share = (counts / np.sum(counts)).astype(np.float32)
    occupied = np.flatnonzero(share)
    if occupied.size == classes:
        return tuple(occupied[:-1].tolist())
    # A class may as well end at the last bin that holds some, so that empty bins need not be tried. (The second bin
    # must be, because scikit-image gives the first one no value of its own.)
    bins = np.union1d(occupied, 1)
    between = _between(share, bins)
    middle = np.where(np.tri(len(bins), dtype=bool).T, between, -np.inf)
    first, last = between[0], np.append(between[1:, -1], np.float32(-np.inf))

    # The best value of the classes up to each bin, in sums that are nearly exact.
    best = [first.astype(np.float64)]
    for _ in range(classes - 2):
        best.append((best[-1][:-1, None] + middle[1:]).max(axis=0))
    bound = (best[-1] + last).max() * (1 - 2.0**-20)

    # All choices that come near it, from the brightest class to the darkest.
    ends = np.flatnonzero(best[-1] + last >= bound)[:, None]
    value = last[ends[:, 0]].astype(np.float64)
    for earlier in reversed(best[:-1]):
        after = middle[1:, ends[:, 0]].T + value[:, None]
        choice, end = np.nonzero(earlier[:-1] + after >= bound)
        value = after[choice, end]
        ends = np.column_stack((end, ends[choice]))
    # In scikit-image's order of sums, and of several alike the first.
    sums = first[ends[:, 0]] + last[ends[:, -1]]
    for one, other in zip(ends[:, :-1].T, ends[:, 1:].T, strict=True):
        sums = sums + between[one + 1, other]
    alike = ends[sums == sums.max()]
    chosen = alike[np.lexsort(alike.T[::-1])[0]]
    return tuple(bins[chosen].tolist())


def _between(share: NDArray[np.float32], bins: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return what a class from one bin (row) to another (column) adds to the between-class variance."""
    place = np.arange(len(share), dtype=np.float32)
    # scikit-image's first moment counts the first bin once, not zero times.
    place[0] = 1.0
    weight = np.cumsum(share, dtype=np.float32)[bins]
    moment = np.cumsum(share * place, dtype=np.float32)[bins]
    weights = weight - np.append(np.float32(0), weight[:-1])[:, None]
    moments = moment - np.append(np.float32(0), moment[:-1])[:, None]
    inside = weights > 0
    result: NDArray[np.float32] = np.divide(moments**2, weights, out=np.zeros_like(weights), where=inside)
    # Nor does scikit-image count the class of the first bin alone.
    result[0, 0] = 0.0
    return result
