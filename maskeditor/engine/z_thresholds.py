"""Thresholds of z maps for a rate of errors, as nilearn's."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from maskeditor.engine.arrays import Array, Floats

#: What the rate of errors is that alpha bounds: of false positives voxel by voxel, without a correction (fpr), the
#: share of them among what is found (fdr), or of any false positive (bonferroni).
Correction = Literal["fpr", "fdr", "bonferroni"]
#: Values whose p is worked out in one go.
AT_ONCE = 1 << 18
CORRECTIONS: tuple[Correction, ...] = get_args(Correction)


def z_threshold(values: Array, tested: int, correction: Correction, alpha: float) -> float:
    """Return the threshold beyond which z values are significant.

    Equal to that of `nilearn.glm.threshold_stats_img`: the standard normal distribution, and for fdr the procedure of
    Benjamini and Hochberg.

    Parameters
    ----------
    values : (N,) array of float
        What is tested, finite; fdr alone looks at it, needs no more than what lies above the threshold of fpr, and
        puts it into order.
    tested : int
        How many are tested.
    correction : {"fpr", "fdr", "bonferroni"}
    alpha : float
        Of one tail, between 0 and 0.5.

    Returns
    -------
    float
        Infinite where fdr finds nothing.

    Examples
    --------
    >>> round(z_threshold(np.array([4.0, 3.5, 2.8, 2.5, 1.9]), 6, "fdr", 0.05), 2)
    1.9
    >>> round(z_threshold(np.array([]), 100, "bonferroni", 0.05), 3)
    3.291
    """
    from scipy.special import ndtr, ndtri

    if correction == "fpr":
        return -float(ndtri(alpha))
    if correction == "bonferroni":
        return -float(ndtri(alpha / tested)) if tested else np.inf
    # The type stays that of the values, as in nilearn.
    values.sort()
    ordered = values[::-1]
    # From the least on: the first that is significant is the threshold.
    for start in range(ordered.size - 1 - (ordered.size - 1) % AT_ONCE, -1, -AT_ONCE):
        some = ordered[start : start + AT_ONCE]
        significant = np.flatnonzero(ndtr(-some) < alpha * _shares(start, some.size, tested))
        if significant.size:
            return float(some[significant[-1]] - 1e-12)
    return np.inf


def _shares(start: int, count: int, every: int) -> Floats:
    """Return some of ``numpy.linspace(1 / every, 1, every)``."""
    step = (1 - 1 / every) / (every - 1) if every > 1 else 0.0
    shares: Floats = np.asarray(np.arange(start, start + count) * step + 1 / every, np.float64)
    if 1 < start + count == every:
        shares[-1] = 1.0
    return shares
