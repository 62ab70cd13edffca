"""Bringing a volume onto another grid, some planes at a time."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from maskeditor.engine.arrays import Array
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter, silent

LEAST = 1 << 16  # voxels that are worth a thread of their own

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def splines_of(data: Array, *, progress: Reporter = silent) -> Doubles:
    """Return the coefficients of the cubic splines through a volume; equal to `scipy.ndimage.spline_filter`.

    Parameters
    ----------
    data : (I, J, K) array of int or float
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (I, J, K) array of float64

    Examples
    --------
    >>> splines_of(np.array([[[1.0, 4.0, 1.0]]])).round(6)
    array([[[-2.,  7., -2.]]])
    """
    splines: Doubles = np.empty(data.shape)
    for axis in range(3):
        scipy.ndimage.spline_filter1d(splines if axis else data, axis=axis, output=splines)
        progress((axis + 1) / 3)
    return splines


def resample(
    splines: Doubles,
    matrix: ArrayLike,
    offset: ArrayLike,
    shape: tuple[int, ...],
    *,
    progress: Reporter | None = None,
) -> Floats:
    """Take a volume at other places by cubic splines; equal to `scipy.ndimage.affine_transform` to the bit.

    As with that function's defaults, what lies outside the volume is 0.

    Parameters
    ----------
    splines : (I, J, K) array of float64
        What `splines_of` makes of the volume; taken instead of the volume, which needs no memory then.
    matrix, offset, shape, progress
        As in `resample_into`.

    Returns
    -------
    (I, J, K) array of float32
        Of the shape asked for, in Fortran order.

    Examples
    --------
    >>> splines = splines_of(np.arange(4.0).reshape(4, 1, 1))
    >>> resample(splines, (0.5, 1, 1), (1, 0, 0), (5, 1, 1)).ravel()
    array([1.  , 1.5 , 2.  , 2.65, 3.  ], dtype=float32)
    """
    made: Floats = np.empty(shape, np.float32, order="F")
    resample_into(made, splines, matrix, offset, 3, progress=progress)
    return made


def resample_into(
    out: Array, data: Array, matrix: ArrayLike, offset: ArrayLike, order: int, *, progress: Reporter | None = None
) -> None:
    """Take a volume at other places; equal to `scipy.ndimage.affine_transform` to the bit, plane after plane.

    What lies outside the volume is 0. Unlike scipy's, this works on several processors, and reports how far it is.

    Parameters
    ----------
    out : (I, J, K) array of int or float
        Written over. Whole numbers are rounded as scipy rounds them.
    data : (A, B, C) array of int or float
        The volume; for cubic splines, what `splines_of` makes of it.
    matrix : (3, 3) array_like of float, or (3,) for the diagonal of a matrix that has nothing else
        From voxels of the result to voxels of the volume. As in scipy, a diagonal on its own is rounded otherwise.
    offset : (3,) array_like of float
        The place in the volume of the first voxel of the result.
    order : {0, 1, 3}
        The nearest voxel, linear, or cubic splines.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.
    """
    scale, shift = np.asarray(matrix, np.float64), np.asarray(offset, np.float64)
    shape = out.shape

    def work(planes: range, report: Reporter) -> None:
        for done, number in enumerate(planes, 1):
            places = _places(scale, shift, shape[:2], number)
            scipy.ndimage.map_coordinates(data, places, output=out[:, :, number], order=order, prefilter=False)
            report(done / len(planes))

    # Planes by turns, as those that lie outside the volume take no time.
    threads = len(parts_of(shape[2], LEAST // (shape[0] * shape[1])))
    in_parallel(work, [range(first, shape[2], threads) for first in range(threads)], progress)


def _places(matrix: Doubles, offset: Doubles, shape: tuple[int, ...], plane: int) -> Doubles:
    """Return where the voxels of a plane lie, as (3, I, J), rounded as scipy's C code rounds them."""
    index = (*np.ogrid[: float(shape[0]), : float(shape[1])], float(plane))
    places = np.empty((3, *shape))
    if matrix.ndim == 1:
        for axis, shift in enumerate(offset / matrix):
            places[axis] = (index[axis] + shift) * matrix[axis]
    else:
        for axis, row in enumerate(matrix):
            places[axis] = ((offset[axis] + index[0] * row[0]) + index[1] * row[1]) + index[2] * row[2]
    return places
