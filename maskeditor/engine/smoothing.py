"""Gaussian smoothing of volumes and masks.

Smoothing adds whole pieces at a time, each small enough for the processor's cache; and axes within a plane are smoothed
one after the other while the plane lies there. Sums in double precision are formed in the order in which scipy forms
them and rounded to the volume's type after each axis, as scipy does: so they are the same to the bit, not merely close.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array
from maskeditor.engine.memory_order import memory_axes
from maskeditor.engine.memory_pool import results
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter, silent

FWHM_PER_SIGMA = np.sqrt(8 * np.log(2))
TRUNCATE = 4.0  # standard deviations after which the kernel is cut off, as in scipy
BLOCK = 1 << 15  # values copied out of the volume at a time
PIECE = 1 << 14  # values summed at a time: three pieces fit into half of the nearer cache of one processor
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
    sigmas = np.asarray(fwhm, np.float64) / (FWHM_PER_SIGMA * np.asarray(zooms, np.float64))
    return _smoothed(data, sigmas, scaled, progress)


def fwhm_of(sigma: float, zooms: Sequence[float]) -> tuple[float, float, float]:
    """Return the widths in mm that `smooth` takes for a standard deviation in voxels, the same along each axis.

    `smooth` then equals `scipy.ndimage.gaussian_filter` with that standard deviation, but for the type of the result.

    Examples
    --------
    >>> [round(width, 3) for width in fwhm_of(2, (1, 1, 1.5))]
    [4.71, 4.71, 7.064]
    """
    along_i, along_j, along_k = (_exactly(sigma, float(FWHM_PER_SIGMA * zoom)) for zoom in zooms)
    return along_i, along_j, along_k


def _exactly(quotient: float, divisor: float) -> float:
    """Return the number that a divisor divides to just this quotient, if there is one."""
    near = quotient * divisor
    others = (np.nextafter(near, -np.inf), np.nextafter(near, np.inf))
    return next((float(one) for one in (near, *others) if one / divisor == quotient), near)


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
    result = _smoothed(data, np.full(3, 1 / FWHM_PER_SIGMA), scaled, progress)
    if data.dtype.kind == "f":  # scaling turns none into a number, nor a number into none
        axes = memory_axes(data)
        for part, values in zip(result.transpose(axes), data.transpose(axes), strict=True):
            np.copyto(part, np.nan, where=np.isnan(values))
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
    sources = np.empty(depth + 2 * radius, np.intp)
    sources[radius : radius + depth] = np.arange(depth)
    _mirror_beyond(sources, radius)
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


def gaussian_reach(zooms: Sequence[float], fwhm: float) -> tuple[int, int, int]:
    """Return how many voxels along each axis a Gaussian of a width in mm reaches; of `zooms` mm each.

    Examples
    --------
    >>> gaussian_reach((1, 1, 3), 6)
    (10, 10, 3)
    """
    i, j, k = (gaussian_weights(fwhm / (FWHM_PER_SIGMA * float(zoom))).size - 1 for zoom in zooms)
    return (i, j, k)


def _smoothed(
    data: Array, sigmas: Doubles, scaled: Callable[[Array], Array] | None, progress: Reporter | None
) -> Array:
    """Smooth along each axis in turn, the first axis first whatever its place in memory.

    Parameters
    ----------
    data : (I, J, K) array of int or float
    sigmas : (3,) array of float
        Standard deviation along each axis in voxels; 0 for none.
    scaled, progress
        As in `smooth`.

    Returns
    -------
    (I, J, K) array of float
        As `smooth` gives it.
    """
    report = progress or silent
    axes = memory_axes(data)
    result = np.empty_like(data, _smoothed_type(data, scaled))
    source, view = data.transpose(axes), result.transpose(axes)
    smoothed = [(axes.index(axis), gaussian_weights(float(sigma))) for axis, sigma in enumerate(sigmas) if sigma > 0]
    # Axes up to the slowest in memory, and those after it, go together; the values are copied with the first of them.
    runs: list[list[tuple[int, Doubles]]] = [[]]
    for place, weights in smoothed:
        if place == 0 or (runs[-1] and runs[-1][-1][0] == 0):
            runs.append([])
        runs[-1].append((place, weights))
    done = 0.0
    for number, run in enumerate(runs):
        share = len(run) / len(smoothed) if smoothed else 1.0

        def report_run(fraction: float, done: float = done, share: float = share) -> None:
            report(min(1.0, done + share * fraction))

        if run and run[0][0] == 0:
            _smooth_stack(view.reshape(1, len(view), -1), run[0][1], report_run)
        else:
            _smooth_planes(source if number == 0 else None, view, run, scaled, report_run)
        done += share
    report(1.0)
    return result


def _smoothed_type(data: Array, scaled: Callable[[Array], Array] | None) -> np.dtype[Any]:
    """Return the type that nilearn smooths in."""
    if data.dtype.kind == "f" and data.dtype.itemsize >= 4 and scaled is None:
        return data.dtype.newbyteorder("=")
    wide = scaled is not None or (data.dtype.kind in "iu" and data.dtype.itemsize == 8)
    return np.dtype(np.float64 if wide else np.float32)


def _smooth_planes(
    source: Array | None,
    planes: Array,
    run: Sequence[tuple[int, Doubles]],
    scaled: Callable[[Array], Array] | None,
    progress: Reporter,
) -> None:
    """Fill planes with the values of a source, with zero for what is not finite, and smooth them within themselves.

    Parameters
    ----------
    source : (x, y, z) array of int or float, or None
        None where the planes hold their values already.
    planes : (x, y, z) array of float
        Without gaps in memory.
    run : sequence of (int, array of float)
        Axes of the planes, 1 or 2, in the order in which they are smoothed, and the weights along each.
    scaled
        As in `smooth`.
    progress : callable
    """
    count, rows, length = planes.shape
    step = max(1, BLOCK // (rows * length))

    def work(part: slice, report: Reporter) -> None:
        for start in range(part.start, part.stop, step):
            here = slice(start, min(part.stop, start + step))
            some = planes[here]
            if source is not None:
                some[...] = source[here] if scaled is None else scaled(source[here])
                if not (finite := np.isfinite(some)).all():
                    some[~finite] = 0
            for place, weights in run:
                _smooth_part(some if place == 1 else some.reshape(-1, length, 1), weights, silent)
            report((here.stop - part.start) / (part.stop - part.start))

    in_parallel(work, parts_of(count, LEAST // (rows * length)), progress)


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
    if width == 1:  # the axis itself is contiguous: several rows make a block, each with its own padding
        rows = max(1, min(count, BLOCK // padded_length))
        block = np.empty((rows, padded_length))
        sums = np.empty((rows, padded_length))
        for start in range(0, count, rows):
            values = stack[start : start + rows, :, 0]
            padded, total = block[: len(values)], sums[: len(values)]
            padded[:, radius : radius + length] = values
            _mirror_beyond(padded.T, radius)
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
            _mirror_beyond(padded, radius)
            _correlate(padded.reshape(-1), across, weights, total.reshape(-1))
            values[...] = total
            report((index + (start + across) / width) / count)


def _mirror_beyond(padded: NDArray[Any], radius: int) -> None:
    """Fill the first and the last places of an array (padded length, …), so many, as a mirror at both edges shows them.

    Examples
    --------
    >>> padded = np.array([0, 0, 0, 1, 2, 0, 0, 0])
    >>> _mirror_beyond(padded, 3)
    >>> padded
    array([2, 2, 1, 1, 2, 2, 1, 1])
    """
    end = len(padded) - radius
    length = end - radius
    for filled in range(0, radius, length):  # further away, what is seen lies in the mirror of the other edge
        more = min(length, radius - filled)
        before, after = radius - filled, end + filled
        padded[before - more : before] = padded[radius + filled : radius + filled + more][::-1]
        padded[after : after + more] = padded[end - filled - more : end - filled][::-1]


def _correlate(padded: Array, stride: int, weights: Doubles, out: Array) -> None:
    """Sum weighted values `stride` apart on both sides of each; in scipy's order, from the far ends inwards."""
    far = (weights.size - 1) * stride
    centre_weight, *others = weights.tolist()
    pairs = np.empty(min(out.size, PIECE))
    for start in range(0, out.size, PIECE):
        total = out[start : start + PIECE]
        size, middle = total.size, start + far
        pair = pairs[:size]
        np.multiply(padded[middle : middle + size], centre_weight, total)
        for distance in range(len(others), 0, -1):
            before, after = middle - distance * stride, middle + distance * stride
            np.add(padded[before : before + size], padded[after : after + size], pair)
            np.multiply(pair, others[distance - 1], pair)
            np.add(total, pair, total)
