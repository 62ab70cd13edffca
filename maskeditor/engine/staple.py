"""STAPLE: how likely each voxel belongs to the structure that several raters drew, and how well each of them did."""

from __future__ import annotations

import numpy as np

from maskeditor.engine.arrays import Counts, Floats


def staple(counts: Counts, prevalence: float | None, iterations: int) -> tuple[Floats, Floats, Floats]:
    """Estimate the true mask and the performance of the raters (Warfield et al. 2004), as ITK's STAPLEImageFilter.

    All voxels that the same raters hold are alike: there are few kinds of them, however many voxels.

    Parameters
    ----------
    counts : (2 ** raters,) array of int
        How many voxels just the raters of each pattern hold.
    prevalence : float or None
        The share of the voxels that belong to the structure, above 0; the mean share of the raters by
        default.
    iterations : int
        At most so many; fewer, if no sensitivity or specificity changes by more than 1e-7, as in ITK.

    Returns
    -------
    (2 ** raters,) array of float64
        The probability of a voxel that just the raters of a pattern hold: bit r of the pattern is that of rater r.
    (raters,) array of float64
        The sensitivity of each rater.
    (raters,) array of float64
        The specificity of each rater.

    Examples
    --------
    >>> probability, sensitivity, _ = staple(np.array([90, 1, 1, 1, 1, 1, 1, 4]), None, 100)
    >>> sensitivity.round(3), (probability > 0.5).tolist()
    (array([0.811, 0.811, 0.811]), [False, False, False, True, False, True, True, True])
    """
    raters = len(counts).bit_length() - 1
    there = np.flatnonzero(counts)
    voxels = counts[there].astype(np.float64)
    holds = (there[:, None] >> np.arange(raters) & 1).astype(np.bool_)
    weight = holds.mean(axis=1)
    share = float(weight @ voxels / voxels.sum()) if prevalence is None else prevalence
    sensitivity = specificity = np.full(raters, np.inf)
    for _ in range(iterations):
        before = sensitivity, specificity
        inside, outside = weight * voxels, (1 - weight) * voxels
        sensitivity = divided(inside @ holds, inside.sum())
        specificity = divided(outside @ ~holds, outside.sum())
        true = share * np.where(holds, sensitivity, 1 - sensitivity).prod(axis=1)
        false = (1 - share) * np.where(holds, 1 - specificity, specificity).prod(axis=1)
        weight = divided(true, true + false)
        if max(np.abs(sensitivity - before[0]).max(), np.abs(specificity - before[1]).max()) <= 1e-7:
            break
    probability = np.zeros(len(counts))
    probability[there] = weight
    return probability, sensitivity, specificity


def divided(part: Floats, whole: Floats | np.float64) -> Floats:
    """Divide numbers (N,) by others, or by one; 0 where there is nothing to divide by."""
    made: Floats = np.divide(part, whole, out=np.zeros(part.shape), where=np.asarray(whole) > 0)
    return made
