"""Gaussian smoothing of volumes, and the mean of a series.

Smoothing adds whole blocks at a time, each small enough for the processor's cache. Sums in double precision are
formed in the order in which scipy forms them and rounded to the volume's type after each axis, as scipy does: so
they are the same to the bit, not merely close.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array
from maskeditor.engine.bits import memory_axes
from maskeditor.engine.memory_pool import results
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter, silent

FWHM_PER_SIGMA = np.sqrt(8 * np.log(2))
TRUNCATE = 4.0  # standard deviations after which the kernel is cut off, as in scipy
BLOCK = 1 << 17  # values copied out of the volume at a time
LEAST = 1 << 19  # values that are worth a thread of their own
PLANES = 24  # planes of a mask smoothed at a time

Doubles = NDArray[np.float64]


def smooth(
    data: Array,
    zooms: Sequence[float],
    fwhm: float | Sequence[float],
    *,
    scaled: Callable[[Array], Array] | None = None,
    progress: Reporter | None = None,
) -> Array:
    """Smooth a volume with a Gaussian of a width in mm; equal to `nilearn.image.smooth_img`.

    Equal to the bit. Values that are not finite count as zero.

    Parameters
    ----------
    data : (I, J, K) array of int or float
    zooms : sequence of 3 floats
        Millimetres per voxel along each axis.
    fwhm : float or sequence of 3 floats
        Full width of the Gaussian at half its height, in mm; 0 for no smoothing along an axis.
    scaled : callable, optional
        Makes the float64 that are smoothed of the data, some at a time.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (I, J, K) array of float
        A new array in the memory order of `data`: float64 for 64-bit integers and float64, else float32.

    Examples
    --------
    >>> smooth(np.array([[[0, 0, 8, 0, 0]]]), (1, 1, 1), (0, 0, 2)).round(2)
    array([[[0.24, 1.88, 3.76, 1.88, 0.24]]])
    """
    result = _finite_floats(data, scaled)
    sigmas = np.asarray(fwhm, np.float64) / (FWHM_PER_SIGMA * np.asarray(zooms, np.float64))
    _smooth_in_place(result, sigmas, progress)
    return result


def smooth_one_voxel(
    data: Array, *, scaled: Callable[[Array], Array] | None = None, progress: Reporter | None = None
) -> Array:
    """Smooth with a Gaussian one voxel wide, as `nilearn.masking.compute_epi_mask` does before its threshold.

    Equal to it to the bit. Values that are not finite count as zero while they are smoothed; those that are not a
    number are put back afterwards.

    Parameters
    ----------
    data : (I, J, K) array of int or float
    scaled, progress
        As in `smooth`.

    Returns
    -------
    (I, J, K) array of float
        A new array, of the type that `smooth` gives.
    """
    result = _finite_floats(data, scaled)
    _smooth_in_place(result, np.full(3, 1 / FWHM_PER_SIGMA), progress)
    if data.dtype.kind == "f":  # scaling turns none into a number, nor a number into none
        np.copyto(result, np.nan, where=np.isnan(data))
    return result


def smooth_mask(
    mask: NDArray[np.bool_],
    zooms: Sequence[float],
    fwhm: float,
    *,
    progress: Reporter | None = None,
) -> NDArray[np.bool_]:
    """Smooth a mask and take what is at least a half; equal to comparing what `smooth` makes of it as float32.

    Only some planes are held as floats at a time.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    zooms : sequence of 3 floats
        Millimetres per voxel along each axis.
    fwhm : float
        Full width of the Gaussian at half its height, in mm; above 0.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (I, J, K) array of bool
        In Fortran order.

    Examples
    --------
    >>> smooth_mask(np.array([[[True, False, True, True]]]), (1, 1, 1), 2)
    array([[[ True,  True,  True,  True]]])
    """
    planes = mask.transpose(2, 1, 0)
    depth, rows, length = planes.shape
    along, across, through = (gaussian_weights(fwhm / (FWHM_PER_SIGMA * float(zoom))) for zoom in zooms)
    radius = through.size - 1
    step = min(depth, max(PLANES, 2 * radius))
    mirror = _mirrored(depth, radius) - radius
    sources = np.concatenate([mirror[:radius], np.arange(depth), mirror[radius:]])
    smoothed = np.empty((step + 2 * radius, rows * length), np.float32)
    made: NDArray[np.bool_] = results.empty((depth, rows * length))
    ready = 0
    for start in range(0, depth, step):
        stop = min(depth, start + step)
        needed = stop - start + 2 * radius
        smoothed[:ready] = smoothed[step : step + ready]
        fresh = smoothed[ready:needed].reshape(-1, rows, length)
        fresh[...] = planes[sources[start + ready : stop + 2 * radius]]
        _smooth_stack(fresh.reshape(-1, length, 1), along)
        _smooth_stack(fresh, across)
        _at_least_half(smoothed[:needed], through, made[start:stop])
        ready = 2 * radius
        if progress is not None:
            progress(stop / depth)
    return made.reshape(depth, rows, length).transpose(2, 1, 0)


def _at_least_half(planes: Array, weights: Doubles, out: NDArray[np.bool_]) -> None:
    """Smooth (planes, columns) along the first axis, and return where the planes in the middle are at least a half."""
    columns = max(1, BLOCK // len(planes))

    def work(part: slice, report: Reporter) -> None:
        for first in range(part.start, part.stop, columns):
            here = slice(first, min(part.stop, first + columns))
            block = planes[:, here].astype(np.float64, order="C")
            total = np.empty((len(out), block.shape[1]))
            _correlate(block.reshape(-1), block.shape[1], weights, total.reshape(-1))
            np.greater_equal(total.astype(np.float32), 0.5, out=out[:, here])

    in_parallel(work, parts_of(planes.shape[1], LEAST // len(planes)))


def gaussian_weights(sigma: float) -> Doubles:
    """Return one half of the weights of `scipy.ndimage.gaussian_filter1d`, from the centre outwards."""
    radius = int(TRUNCATE * sigma + 0.5)
    x = np.arange(-radius, radius + 1)
    weights: Doubles = np.exp(-0.5 / (sigma * sigma) * x**2)
    weights /= weights.sum()
    return weights[radius:]


def _finite_floats(data: Array, scaled: Callable[[Array], Array] | None) -> Array:
    """Copy to the type that nilearn smooths in, with zero for what is not finite."""
    if scaled is not None:
        result = np.empty_like(data, np.float64)
        axes = memory_axes(data)
        for part, values in zip(result.transpose(axes), data.transpose(axes), strict=True):
            np.copyto(part, scaled(values))
            np.copyto(part, 0, where=~np.isfinite(part))
        return result
    if data.dtype.kind == "f" and data.dtype.itemsize >= 4:
        result = data.astype(data.dtype.newbyteorder("="), copy=True, order="K")
        for part in result.transpose(memory_axes(result)):
            np.copyto(part, 0, where=~np.isfinite(part))
        return result
    wide = data.dtype.kind in "iu" and data.dtype.itemsize == 8
    return data.astype(np.float64 if wide else np.float32, order="K")


def _smooth_in_place(data: Array, sigmas: Doubles, progress: Reporter | None) -> None:
    """Smooth along each axis in turn, the first axis first whatever its place in memory.

    Parameters
    ----------
    data : (I, J, K) array of floats
        Without gaps in memory.
    sigmas : (3,) array of float
        Standard deviation along each axis in voxels; 0 for none.
    progress : callable, optional
    """
    report = progress or silent
    axes = memory_axes(data)
    view = data.transpose(axes)
    smoothed = [(axis, float(sigma)) for axis, sigma in enumerate(sigmas) if sigma > 0]
    for done, (axis, sigma) in enumerate(smoothed):
        place = axes.index(axis)
        length = view.shape[place]
        # As (blocks, values along the axis, values side by side).
        stacked = view.reshape(-1, length, int(np.prod(view.shape[place + 1 :], dtype=np.intp)))

        def report_axis(fraction: float, done: int = done) -> None:
            report((done + fraction) / len(smoothed))

        _smooth_stack(stacked, gaussian_weights(sigma), report_axis)
    report(1.0)


def _smooth_stack(stack: Array, weights: Doubles, progress: Reporter = silent) -> None:
    """Smooth an array of (blocks, length, width) along its middle axis, in place."""
    count, length, width = stack.shape
    if count > 1:
        parts = [stack[part] for part in parts_of(count, LEAST // (length * width))]
    else:
        parts = [stack[:, :, part] for part in parts_of(width, LEAST // length)]
    in_parallel(lambda part, report: _smooth_part(part, weights, report), parts, progress)


def _smooth_part(stack: Array, weights: Doubles, report: Reporter) -> None:
    """Smooth a part of a stack in blocks, each copied out and padded."""
    count, length, width = stack.shape
    radius = weights.size - 1
    padded_length = length + 2 * radius
    mirror = _mirrored(length, radius)
    if width == 1:  # the axis itself is contiguous: several rows make a block, each with its own padding
        rows = max(1, min(count, BLOCK // padded_length))
        block = np.empty((rows, padded_length))
        sums = np.empty((rows, padded_length))
        for start in range(0, count, rows):
            values = stack[start : start + rows, :, 0]
            padded, total = block[: len(values)], sums[: len(values)]
            padded[:, radius : radius + length] = values
            padded[:, :radius] = padded[:, mirror[:radius]]
            padded[:, radius + length :] = padded[:, mirror[radius:]]
            _correlate(padded.reshape(-1), 1, weights, total.reshape(-1)[: total.size - 2 * radius])
            values[...] = total[:, :length]
            report(min(1.0, (start + rows) / count))
        return
    columns = max(1, min(width, BLOCK // padded_length))
    block = np.empty(padded_length * columns)
    sums = np.empty(length * columns)
    for index in range(count):
        for start in range(0, width, columns):
            values = stack[index, :, start : start + columns]
            across = values.shape[1]
            padded = block[: padded_length * across].reshape(padded_length, across)
            total = sums[: length * across].reshape(length, across)
            padded[radius : radius + length] = values
            padded[:radius] = padded[mirror[:radius]]
            padded[radius + length :] = padded[mirror[radius:]]
            _correlate(padded.reshape(-1), across, weights, total.reshape(-1))
            values[...] = total
            report((index + (start + across) / width) / count)


def _mirrored(length: int, radius: int) -> NDArray[np.intp]:
    """Return where, in a padded row, the values before and after it are found: mirrored at the row's edges."""
    beyond = np.concatenate([np.arange(-radius, 0), np.arange(length, length + radius)]) % (2 * length)
    places: NDArray[np.intp] = radius + np.minimum(beyond, 2 * length - 1 - beyond)
    return places


def _correlate(padded: Array, stride: int, weights: Doubles, out: Array) -> None:
    """Sum weighted values `stride` apart on both sides of each; in scipy's order, from the far ends inwards."""
    radius = weights.size - 1
    middle = radius * stride
    np.multiply(padded[middle : middle + out.size], weights[0], out=out)
    pair = np.empty_like(out)
    for distance in range(radius, 0, -1):
        before, after = middle - distance * stride, middle + distance * stride
        np.add(padded[before : before + out.size], padded[after : after + out.size], out=pair)
        np.multiply(pair, weights[distance], out=pair)
        np.add(out, pair, out=out)
