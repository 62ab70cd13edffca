"""Agreement beyond chance, of two raters and of several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def cohen_kappa(same: ArrayLike, first: ArrayLike, second: ArrayLike) -> float:
    """Return how far two raters agree beyond chance (Cohen 1960); as scikit-learn's `cohen_kappa_score`.

    Parameters
    ----------
    same : (categories,) array_like of int
        What both put into each category.
    first, second : (categories,) array_like of int
        What each of them put into it.

    Returns
    -------
    float
        1 for full agreement, 0 for that of chance; not a number (NaN) where chance alone makes all agree.

    Examples
    --------
    >>> round(cohen_kappa([20, 15], [25, 25], [30, 20]), 6)
    0.4
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    total = one.sum()
    return _beyond_chance(np.asarray(same, np.float64).sum() / total, one @ other / total**2)


def fleiss_kappa(same: Sequence[int], counts: ArrayLike) -> float:
    """Return how far several raters agree beyond chance (Fleiss 1971).

    The share of pairs of raters that agree on one thing, averaged over all things, as Fleiss has it, is the share of
    things that one pair agrees on, averaged over all pairs.

    Parameters
    ----------
    same : sequence of int
        Of each pair of raters, how many things both put into the same category.
    counts : (raters, categories) array_like of int
        How many things each put into each category.

    Returns
    -------
    float
        1 for full agreement, 0 for that of chance; not a number (NaN) where chance alone makes all agree.

    Examples
    --------
    >>> round(fleiss_kappa([3, 3, 4], [[2, 2], [1, 3], [1, 3]]), 6)
    0.625
    """
    rated = np.asarray(counts, np.float64)
    shares = rated.sum(axis=0) / rated.sum()
    return _beyond_chance(float(np.mean(same)) / rated[0].sum(), shares @ shares)


def _beyond_chance(observed: float, chance: float) -> float:
    return float((observed - chance) / (1 - chance)) if chance < 1 else np.nan
