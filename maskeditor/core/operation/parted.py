"""Intensities parted in classes by thresholds: which of the classes are kept, as bounds, as Python and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.operation.as_script import Citation
from maskeditor.engine.histograms import bin_centres
from maskeditor.engine.otsu import otsu_bin, otsu_bins

#: Which classes may be kept; second to fourth count from the darkest.
Keep = Literal["brightest", "darkest", "middle", "not darkest", "not brightest", "second", "third", "fourth"]
#: The first and the last class of each choice, from the darkest; negative ones count from the brightest.
_KEPT: dict[Keep, tuple[int, int]] = {
    "brightest": (-1, -1),
    "darkest": (0, 0),
    "middle": (1, -2),
    "not darkest": (1, -1),
    "not brightest": (0, -2),
    "second": (1, 1),
    "third": (2, 2),
    "fourth": (3, 3),
}
_IN_WORDS = {
    "middle": "all between the darkest and the brightest class were",
    "not darkest": "all but the darkest class were",
    "not brightest": "all but the brightest class were",
    "second": "the second class from the darkest was",
    "third": "the third class from the darkest was",
    "fourth": "the fourth class from the darkest was",
}

OTSU = Citation(
    "Otsu 1979",
    "Otsu N (1979). A threshold selection method from gray-level histograms. IEEE Transactions on Systems, Man, and "
    "Cybernetics 9:62–66. doi:10.1109/TSMC.1979.4310076",
)
LIAO = Citation(
    "Liao et al. 2001",
    "Liao PS, Chen TS, Chung PC (2001). A fast algorithm for multilevel thresholding. Journal of Information Science "
    "and Engineering 17:713–727",
)
SCIKIT_IMAGE = Citation(
    "van der Walt et al. 2014",
    "van der Walt S, Schönberger JL, Nunez-Iglesias J, et al. (2014). scikit-image: image processing in Python. "
    "PeerJ 2:e453. doi:10.7717/peerj.453",
)


def classes_kept(keep: Keep, classes: int) -> tuple[int, int]:
    """Return the first and the last class that are kept, counted from 0, the darkest.

    Raises
    ------
    ValueError
        If so few classes have none of that kind.

    Examples
    --------
    >>> classes_kept("not darkest", 4), classes_kept("third", 4)
    ((1, 3), (2, 2))
    """
    first, last = (number % classes if number < 0 else number for number in _KEPT[keep])
    if first <= last < classes:
        return first, last
    if keep == "middle":
        raise ValueError("two classes have no middle; give 3 or 4 classes, or keep another")
    raise ValueError(f"{classes} classes have no {keep}; give more classes, or keep another")


def bounds_kept(keep: Keep, thresholds: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the lowest and the highest intensity of the classes that are kept, both included; None is no bound.

    An intensity equal to a threshold belongs to the darker class: the brighter one begins just above it.

    Examples
    --------
    >>> bounds_kept("middle", [10, 20, 30])
    (11, 30)
    """
    first, last = classes_kept(keep, len(thresholds) + 1)
    lower = None if first == 0 else thresholds[first - 1]
    if lower is not None:
        lower = lower + 1 if isinstance(lower, int) else math.nextafter(lower, math.inf)
    return lower, thresholds[last] if last < len(thresholds) else None


def python_kept(keep: Keep, classes: int, values: str) -> str:
    """Return the Python that compares values with `thresholds`, of which there is one less than classes.

    Examples
    --------
    >>> python_kept("middle", 3, "data")
    '(data > thresholds[0]) & (data <= thresholds[1])'
    """
    first, last = classes_kept(keep, classes)
    above = f"{values} > thresholds[{first - 1}]" if first else ""
    below = f"{values} <= thresholds[{last}]" if last < classes - 1 else ""
    return f"({above}) & ({below})" if above and below else above or below


def kept_in_words(keep: Keep) -> str:
    """Return which classes are kept, as a paper states it, such as "the brightest class was"."""
    return _IN_WORDS.get(keep, f"the {keep} class was")


def plain_histogram(data: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Count intensities as scikit-image does: every level of integers, floats in 256 bins; return counts and centres.

    For scripts: equal to `maskeditor.engine.otsu.values_in_bins`, by numpy alone.

    Parameters
    ----------
    data : (N,) array of int or float
        Finite.

    Returns
    -------
    counts : (bins,) array of int
    centres : (bins,) array of int or float

    Examples
    --------
    >>> plain_histogram(np.array([3, 5, 5]))
    (array([1, 0, 2]), array([3, 4, 5]))
    """
    levels = int(data.max()) - int(data.min()) + 1
    if data.dtype.kind in "iu" and levels <= 1 << 24:
        wide = np.int64 if data.dtype.kind == "i" else np.uint64
        counts = np.bincount(np.subtract(data, data.min(), dtype=wide).astype(np.int64))
        return counts, np.arange(levels, dtype=wide) + wide(data.min())
    counts, edges = np.histogram(data, bins=256)
    return counts, bin_centres(edges)


def plain_thresholds(data: NDArray[Any], classes: int) -> NDArray[Any]:
    """Return Otsu's thresholds as scikit-image finds them; an intensity equal to one belongs to the darker class.

    For scripts: equal to `maskeditor.engine.otsu.otsu_thresholds`, by numpy alone.

    Parameters
    ----------
    data : array of int or float
    classes : int

    Returns
    -------
    (classes - 1,) array of int or float

    Examples
    --------
    >>> plain_thresholds(np.array([1, 1, 2, 8, 9, 9]), 2)
    array([2])
    """
    counts, centres = plain_histogram(data[np.isfinite(data)])
    if classes == 2:
        return centres[[otsu_bin(counts, centres)]]
    together = -(-len(counts) // (1 << 12))  # neighbouring levels are joined where there are many
    groups = np.add.reduceat(counts, np.arange(0, len(counts), together))
    ends = np.array(otsu_bins(groups, classes))
    chosen: NDArray[Any] = centres[(ends + 1) * together - 1]
    return chosen
