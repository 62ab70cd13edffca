"""Otsu's thresholds: where to part a histogram so that its classes differ most."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def otsu_bin(counts: NDArray[Any], centres: NDArray[Any]) -> int:
    """Return the last bin of the darker of two classes; equal to `skimage.filters.threshold_otsu`.

    Parameters
    ----------
    counts : (N,) array
        Voxels in each bin; the first and the last bin hold some.
    centres : (N,) array
        Intensity at the centre of each bin, rising.

    Notes
    -----
    Otsu (1979), A threshold selection method from gray-level histograms. Sums are rounded as scikit-image rounds
    them (counts to float32), so that the bin is the same.

    Examples
    --------
    >>> otsu_bin(np.array([5, 1, 0, 1, 4]), np.arange(5))
    1
    """
    weights = counts.astype(np.float32)
    darker = np.cumsum(weights)
    brighter = np.cumsum(weights[::-1])[::-1]
    mean_darker = np.cumsum(weights * centres) / darker
    mean_brighter = (np.cumsum((weights * centres)[::-1]) / brighter[::-1])[::-1]
    between = darker[:-1] * brighter[1:] * (mean_darker[:-1] - mean_brighter[1:]) ** 2
    return int(np.argmax(between))
