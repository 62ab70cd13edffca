"""The mean of a series of volumes, equal to numpy's to the bit."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import DTypeLike, NDArray

from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter, silent

CHUNK = 1 << 13  # voxels averaged at a time, and
GROUP = 32  # frames looked at together: they stay in the cache for a second look
CHUNK_VOXELS = 1 << 15  # averaged at a time
FEWEST = 4  # volumes whose sums must fit 16 bits for these to be quicker


def mean_over_frames(
    data: Array, *, scaled: Callable[[Array], Array] | None = None, progress: Reporter | None = None
) -> Array:
    """Return the mean over the last axis, equal to `data.mean(axis=-1)` to the bit.

    Small integers are summed exactly in their own type as far as they go, then in a wider one: no order of exact
    sums makes a difference. Everything else is left to numpy, in parts.

    Parameters
    ----------
    data : (I, J, K, T) array of int or float
    scaled : callable, optional
        Makes float64, the intensities that are averaged, of the data, some planes at a time.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (I, J, K) array of float
        In the memory order of `data`: float64 for integers, else of the type of `data`. Of what is scaled, float64 in
        Fortran order.

    Examples
    --------
    >>> mean_over_frames(np.array([[[[1, 2], [3, 5]]]], np.int16))
    array([[[1.5, 4. ]]])
    """
    if data.ndim != 4 or data.shape[-1] == 0:
        raise ValueError(f"The data have shape {data.shape}; give four axes, the last for at least one frame.")
    if scaled is not None:
        return _scaled_mean(data, scaled, progress or silent)
    mean: Array = np.empty_like(data[..., 0], dtype=data[:1, :1, :1, :1].mean(axis=-1).dtype)
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


def _scaled_mean(data: Array, scaled: Callable[[Array], Array], report: Reporter) -> Array:
    """Average (I, J, K, T) slab by slab, so that the whole series is never held in float64."""
    mean: Array = np.empty(data.shape[:3], dtype=np.float64, order="F")
    planes = data.shape[2]
    # (None of a single voxel, unless the image is one: numpy would sum that in another order.)
    slabs = min(planes, max(1, mean.size >> 15))
    for index in range(slabs):
        part = slice(planes * index // slabs, planes * (index + 1) // slabs)
        np.mean(scaled(data[:, :, part]), axis=-1, out=mean[:, :, part])
        report((index + 1) / slabs)
    return mean


def _small_integer_means(frames: Array, mean: NDArray[np.float64]) -> Iterator[float]:
    """Average (voxels, frames) of at most 16 bits, each frame contiguous; yield the fraction done."""
    voxels, count = frames.shape
    for start in range(0, voxels, CHUNK):
        block = frames[start : start + CHUNK]
        sums = np.zeros(len(block), np.int32)
        if block.itemsize == 1:
            np.add.reduce(block, axis=1, dtype=np.int32, out=sums)
        else:
            for first in range(0, count, GROUP):
                group = block[:, first : first + GROUP]
                together, dtype = _exact_sums(group)
                for one in range(0, group.shape[1], together):
                    sums += np.add.reduce(group[:, one : one + together].view(dtype), axis=1, dtype=dtype)
        np.divide(sums, count, out=mean[start : start + CHUNK])
        yield min(1.0, (start + CHUNK) / voxels)


def _exact_sums(group: Array) -> tuple[int, type[np.uint16] | type[np.int16]]:
    """Return how many frames of 16 bits can be summed without overflow, and in which type."""
    bits = int(np.bitwise_or.reduce(np.bitwise_or.reduce(group.view(np.uint16), axis=1)))
    if bits < 2**15 or group.dtype.kind == "u":  # no value is negative, nor above all bits together
        return (2**16 - 1) // max(1, bits), np.uint16
    return max(1, (2**15 - 1) // max(int(group.max()), -int(group.min()))), np.int16


def _most(values: Array) -> int:
    """Return what no value of 16 bits (N,) lies further from 0 than."""
    bits = int(np.bitwise_or.reduce(values.view(np.uint16)))
    if bits < 2**15 or values.dtype.kind == "u":  # as above
        return bits
    return max(int(values.max()), -int(values.min()))


def _means_by_slab(data: Array, mean: Array) -> Iterator[float]:
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


class RunningMean:
    """The mean over volumes that come one after another, a piece at a time; equal to `mean_over_frames` to the bit.

    Every voxel's sum is formed in the order of the volumes, as numpy does over the last axis of an array in Fortran
    order (but for an image of a single voxel), and in the same type.

    Parameters
    ----------
    voxels : int
        Of one volume, more than one.
    dtype : numpy type
        Of the values that are added, for which `can_run` is true.
    count : int
        How many volumes there will be.

    Examples
    --------
    >>> running = RunningMean(3, np.int16, 2)
    >>> for volume in ([1, 2, 3], [2, 4, 8]):
    ...     running.add(0, np.array(volume, np.int16))
    >>> running.mean()
    array([1.5, 3. , 5.5])
    """

    def __init__(self, voxels: int, dtype: DTypeLike, count: int) -> None:
        kind, size = np.dtype(dtype).kind, np.dtype(dtype).itemsize
        # Small integers go into half the memory, which is read and written for every volume.
        exact = np.int32 if size <= 2 and count < 1 << 15 else np.float64
        self._count = count
        self._sums: Array = np.zeros(voxels, exact if kind in "iu" else dtype)
        # Those of 16 bits are summed up in as many as long as none can overflow: a third of the time.
        is_short = kind in "iu" and size == 2 and exact is np.int32 and np.dtype(dtype).isnative
        self._short: Array | None = np.zeros(voxels, dtype) if is_short else None
        #: The largest that a short sum may be by now, and without the volume that is being added.
        self._most = self._most_before = 0

    @staticmethod
    def can_run(voxels: int, dtype: DTypeLike, count: int) -> bool:
        """Whether the mean over so many volumes of a type can be found so: sums of integers must be exact."""
        kind, size = np.dtype(dtype).kind, np.dtype(dtype).itemsize
        return voxels > 1 and (size in (4, 8) if kind == "f" else kind in "iu" and size <= 4 and count < 1 << 21)

    def add(self, first: int, values: Array) -> None:
        """Add values of one volume, (N,) of any type, from a voxel on; a volume is whole before the next begins."""
        sums = self._sums
        if self._short is not None and values.dtype == self._short.dtype:
            most, limit = _most(values), int(np.iinfo(values.dtype).max)
            if first == 0:
                self._most_before = self._most
            if FEWEST * most <= limit:
                if self._most_before + most > limit:
                    self._settle(self._short)
                self._most = max(self._most, self._most_before + most)
                sums = self._short
        part = sums[first : first + values.size]
        np.add(part, values, out=part)

    def _settle(self, short: Array) -> None:
        np.add(self._sums, short, out=self._sums)
        short.fill(0)
        self._most = self._most_before = 0

    def mean(self) -> Array:
        """Return the mean, (N,) of float, once all volumes were added; this ends it."""
        if self._short is not None:
            self._settle(self._short)
        out = self._sums if self._sums.dtype.kind == "f" else None
        return np.true_divide(self._sums, np.intp(self._count), out=out, casting="unsafe")
