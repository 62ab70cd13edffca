"""The background of an image whose background has one and the same value, as nilearn finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.in_range import chunks
from maskeditor.engine.memory_pool import results
from maskeditor.engine.progress import Reporter

#: How many voxels from each face of the volume its border is thick, unless it is chosen.
BORDER = 2


def background_of(data: Array, made_of: Callable[[Array], Array], border_size: int) -> Any:
    """Return the median of the border of an image, a whole one in its own type; NaN if the border holds any.

    Parameters
    ----------
    data : (I, J, K) array of int or float
    made_of : callable
        Makes the intensities that count of some of the data.
    border_size : int
        Voxels from each face.

    Examples
    --------
    >>> int(background_of(np.full((5, 5, 5), 7, np.int16), lambda values: values, BORDER))
    7
    """
    ends = (slice(None, border_size), slice(-border_size, None))
    # Edges are counted twice, as in nilearn: the median depends on it.
    border = made_of(np.concatenate([np.moveaxis(data, axis, 0)[end].ravel() for axis in range(3) for end in ends]))
    if border.dtype.kind == "f" and bool(np.isnan(border).any()):
        return np.nan
    background = np.median(border)
    if border.dtype.kind in "iu" and background == np.floor(background):
        return border.dtype.type(background)
    return background


def differs(data: Array, made_of: Callable[[Array], Array], background: Any, progress: Reporter) -> BoolArray:
    """Return where the intensities that are made of an image differ from the background.

    Parameters
    ----------
    data : (I, J, K) array of int or float
    made_of : callable
        Makes the intensities that count of some of the data.
    background : int or float
        NaN differs from all numbers.
    progress : callable of float
        Called with fractions from 0.4 to 0.6; may raise to cancel.

    Returns
    -------
    (I, J, K) array of bool
        In Fortran order.
    """
    is_nan = bool(np.isnan(background))
    made: BoolArray = results.empty(data.shape, order="F")
    for part, done in chunks(data.shape):
        values = made_of(data[part])
        if is_nan:
            np.equal(values, values, out=made[part])
        else:
            np.not_equal(values, background, out=made[part])
        progress(0.4 + 0.2 * done)
    return made
