"""The mean of a series of volumes, equal to numpy's to the bit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.bits import Progress

CHUNK_BYTES = 1 << 20  # read at a time: stays in the cache for a second look
CHUNK_VOXELS = 1 << 15  # averaged at a time


def mean_over_frames(data: NDArray[Any], *, progress: Progress | None = None) -> NDArray[Any]:
    """Return the mean over the last axis, equal to `data.mean(axis=-1)` to the bit.

    Small integers are summed exactly in their own type as far as they go, then in a wider one: no order of exact
    sums makes a difference. Everything else is left to numpy, in parts.

    Parameters
    ----------
    data : (I, J, K, T) array
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (I, J, K) array
        In the memory order of `data`: float64 for integers, else of the type of `data`.

    Examples
    --------
    >>> mean_over_frames(np.array([[[[1, 2], [3, 5]]]], np.int16))
    array([[[1.5, 4. ]]])
    """
    if data.ndim != 4 or data.shape[-1] == 0:
        raise ValueError(f"The data have shape {data.shape}; give four axes, the last for at least one frame.")
    # numpy's choice of memory order and type, without its work
    mean: NDArray[Any] = np.empty_like(data[..., :1].mean(axis=-1), order="K")
    count = data.shape[-1]
    small = data.dtype.kind in "iu" and data.dtype.itemsize <= 2 and data.dtype.isnative and count < 2**15
    if small and data.flags.f_contiguous and mean.flags.f_contiguous:
        parts = _small_integer_means(data.reshape((-1, count), order="F"), mean.reshape(-1, order="F"))
    else:
        parts = _means_by_slab(data, mean)
    for fraction in parts:
        if progress is not None:
            progress(fraction)
    return mean


def _small_integer_means(frames: NDArray[Any], mean: NDArray[np.float64]) -> Iterator[float]:
    """Average (voxels, frames) of at most 16 bits, each frame contiguous; yield the fraction done."""
    voxels, count = frames.shape
    step = max(1024, CHUNK_BYTES // (count * frames.itemsize))
    for start in range(0, voxels, step):
        block = frames[start : start + step]
        sums = np.zeros(len(block), np.int32)
        if block.itemsize == 1:
            np.add.reduce(block, axis=1, dtype=np.int32, out=sums)
        else:
            lowest, highest = int(block.min()), int(block.max())
            if lowest >= 0:
                block = block.view(np.uint16)
                room = 2**16 - 1
            else:
                room = 2**15 - 1
            together = max(1, room // max(1, highest, -lowest))  # frames whose sum cannot overflow
            for first in range(0, count, together):
                sums += np.add.reduce(block[:, first : first + together], axis=1, dtype=block.dtype)
        np.divide(sums, count, out=mean[start : start + step])
        yield min(1.0, (start + step) / voxels)


def _means_by_slab(data: NDArray[Any], mean: NDArray[Any]) -> Iterator[float]:
    """Average slabs across the slowest axis in memory; yield the fraction done."""
    axis = max(range(3), key=lambda one: (data.shape[one] > 1, abs(data.strides[one])))
    length = data.shape[axis]
    # Slabs of nearly equal size: a slab of a single voxel would be summed in another order.
    slabs = min(length, max(1, mean.size // CHUNK_VOXELS))
    edges = [length * index // slabs for index in range(slabs + 1)]
    for start, stop in itertools.pairwise(edges):
        slab = (slice(None),) * axis + (slice(start, stop),)
        np.mean(data[slab], axis=-1, out=mean[slab])
        yield stop / length
