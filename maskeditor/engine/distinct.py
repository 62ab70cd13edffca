"""Which different values there are, where neighbours are mostly alike."""

from __future__ import annotations

import numpy as np

from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter, silent


def distinct(values: Array, most: int, progress: Reporter = silent) -> Array | None:
    """Return the different values of a volume in ascending order, as `numpy.unique` does; None if there are too many.

    Only voxels that differ from the one before them are sorted: few of an image of labels, which numpy would sort whole
    in ten times the time.

    Parameters
    ----------
    values : (I, J, K) array of any real type
    most : int
        How many are not yet too many.
    progress : callable, optional

    Returns
    -------
    (N,) array of the same type, or None

    Examples
    --------
    >>> distinct(np.array([7, 7, 0, 0, 7, 3], np.int16).reshape(2, 3, 1), most=3).tolist()
    [0, 3, 7]
    """
    slowest = int(np.argmax(np.abs(values.strides)))
    planes = np.moveaxis(values, slowest, 0)
    found = np.empty(0, values.dtype)
    for number, plane in enumerate(planes):
        line = plane.ravel(order="K")
        starts = np.flatnonzero(line[1:] != line[:-1]) + 1
        found = np.unique(np.concatenate([found, line[:1], line[starts]]))
        if len(found) > most:
            return None
        progress((number + 1) / len(planes))
    return found


def constancy(values: Array) -> float:
    """Return how many of the neighbours along the fastest axis, neither of which is zero, are alike; 1 without any.

    Parameters
    ----------
    values : (..., N) array of any real type

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> constancy(np.array([0, 5, 5, 5, 2, 0]))
    0.6666666666666666
    """
    fastest = int(np.argmin(np.abs(values.strides)))
    lines = np.moveaxis(values, fastest, -1)
    before, after = lines[..., :-1], lines[..., 1:]
    pairs = (before != 0) & (after != 0)
    count = int(np.count_nonzero(pairs))
    return float(np.count_nonzero(pairs & (before == after)) / count) if count else 1.0
