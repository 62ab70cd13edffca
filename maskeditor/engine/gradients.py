"""How steeply intensities change from place to place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from maskeditor.engine.arrays import Array, Floats


def gradient_magnitude(data: Array, zooms: Sequence[float]) -> Floats:
    """Return the length of the gradient of a volume, (I, J, K) array of int or float, per mm, in float64.

    It is 0 along an axis of one voxel.

    Equal to the root of the sum of squares of `numpy.gradient` with the zooms as distances, in float64.

    Examples
    --------
    >>> gradient_magnitude(np.array([[[0, 2, 8]]]), (1, 1, 2))
    array([[[1., 2., 3.]]])
    """
    total, data = np.zeros(data.shape), data.astype(np.float64, copy=False)
    with np.errstate(invalid="ignore", over="ignore"):
        for axis, zoom in enumerate(zooms):
            if data.shape[axis] > 1:
                slope = np.gradient(data, float(zoom), axis=axis)
                total += np.square(slope, out=slope)
                del slope  # before the next one is made
        return np.sqrt(total, out=total)


def gradient_magnitude_of_part(
    data: Array,
    part: tuple[slice, ...],
    zooms: Sequence[float],
    scaled: Callable[[Array], Array] | None = None,
) -> Floats:
    """Return a part of the gradient magnitude of a volume, by the voxels beside it.

    Parameters
    ----------
    data : (I, J, K) array of int or float
    part : tuple of 3 slice
        Without steps.
    zooms : sequence of 3 float
        Distances of voxels, mm.
    scaled : callable, optional
        Makes the intensities of the data, some at a time.

    Examples
    --------
    >>> gradient_magnitude_of_part(np.array([[[0, 2, 8]]]), (slice(1), slice(1), slice(1, 3)), (1, 1, 2))
    array([[[2., 3.]]])
    """
    total = np.zeros(data[part].shape)
    with np.errstate(invalid="ignore", over="ignore"):
        for axis, (zoom, length) in enumerate(zip(zooms, data.shape, strict=True)):
            if length == 1:
                continue
            # Neighbours are needed along this axis alone.
            start, stop, _ = part[axis].indices(length)
            first = max(0, start - 1)
            around = (*part[:axis], slice(first, min(length, stop + 1)), *part[axis + 1 :])
            values = (data[around] if scaled is None else scaled(data[around])).astype(np.float64, copy=False)
            inner = (*[slice(None)] * axis, slice(start - first, stop - first))
            slope = np.gradient(values, float(zoom), axis=axis)[inner]
            total += np.square(slope, out=slope)
            del values, slope  # before the next ones are made
        return np.sqrt(total, out=total)
