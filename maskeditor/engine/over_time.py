"""Statistics of each voxel over the volumes of a series.

Values are added up volume after volume in double precision, some voxels at a time. The same sums in the same order, as
a few lines of numpy write them, are the same to the bit; and never more than some volumes of floats are held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from maskeditor.engine.arrays import Array, Floats, Singles
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter, silent

CHUNK = 1 << 14  # voxels gone through together: their sums stay in the cache
LEAST = 1 << 15  # voxels that are worth a thread of their own

#: Makes float64 of stored values, some at a time.
Scaled = Callable[[Array], Array]
#: How many volumes, the mean over them, and the sum of squared deviations from it.
Moments = tuple[int, Floats, Floats]


def statistic(
    series: Array,
    groups: Sequence[Sequence[int]],
    of: Callable[[list[Moments]], Floats],
    *,
    scaled: Scaled | None = None,
    progress: Reporter = silent,
) -> Floats:
    """Return what is made, for each voxel, of means and squared deviations over some volumes.

    Parameters
    ----------
    series : (I, J, K, T) array of int or float
        In Fortran order.
    groups : sequence of sequence of int
        The numbers of the volumes of each group; one volume at least.
    of : callable
        Given for each group how many volumes it has, and, of some voxels (N,), their means and the sums of squared
        deviations from these; returns an (N,) array of float64.
    scaled : callable, optional
        Makes the float64 that are looked at of the stored values.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (I, J, K) array of float64
        In Fortran order.

    Examples
    --------
    >>> statistic(np.array([[[[1, 2, 6]]]], np.int16), [[0, 1, 2]], lambda found: found[0][2] / found[0][0]).item()
    4.666666666666667
    """
    made = np.zeros(series.shape[:3], order="F")
    flat = made.reshape(-1, order="F")

    def work(values: Callable[[int], Array], here: slice) -> None:
        flat[here] = of([_moments(values, group, here.stop - here.start) for group in groups])

    _by_voxels(series, work, scaled, progress)
    return made


def _moments(values: Callable[[int], Array], frames: Sequence[int], voxels: int) -> Moments:
    average, total, deviation = np.zeros(voxels), np.zeros(voxels), np.empty(voxels)
    for frame in frames:
        average += values(frame)
    average /= len(frames)
    for frame in frames:
        np.subtract(values(frame), average, out=deviation)
        deviation *= deviation
        total += deviation
    return len(frames), average, total


def standardised(series: Array, *, scaled: Scaled | None = None, progress: Reporter = silent) -> Singles:
    """Return each voxel's course without its mean, and of the length 1; 0 where nothing varies.

    Parameters
    ----------
    series, scaled, progress
        As in `statistic`.

    Returns
    -------
    (I × J × K, T) array of float32
        In Fortran order, voxels as they lie in memory.

    Examples
    --------
    >>> standardised(np.array([[[[1, 2, 3]]]], np.int16)).round(3)
    array([[-0.707,  0.   ,  0.707]], dtype=float32)
    """
    frames = series.shape[3]
    made = np.empty((series[..., 0].size, frames), np.float32, order="F")

    def work(values: Callable[[int], Array], here: slice) -> None:
        _, mean, squares = _moments(values, range(frames), here.stop - here.start)
        length = np.sqrt(squares)
        length[~((length > 0) & np.isfinite(length))] = np.inf
        for frame in range(frames):
            np.divide(values(frame) - mean, length, out=made[here, frame], casting="same_kind")

    _by_voxels(series, work, scaled, progress)
    return made


def products(series: Array, course: Floats, *, scaled: Scaled | None = None, progress: Reporter = silent) -> Floats:
    """Return the sum of each voxel's values, each times a number for its volume.

    Parameters
    ----------
    series : (I, J, K, T) array of int or float
        In Fortran order.
    course : (T,) array of float64
        A number for each volume.
    scaled, progress
        As in `statistic`.

    Returns
    -------
    (I, J, K) array of float64
        In Fortran order.

    Examples
    --------
    >>> products(np.array([[[[1, 2, 6]]]], np.int16), np.array([1.0, -2.0, 0.5])).item()
    0.0
    """
    made = np.zeros(series.shape[:3], order="F")
    flat = made.reshape(-1, order="F")

    def work(values: Callable[[int], Array], here: slice) -> None:
        total = flat[here]
        product = np.empty_like(total)
        for frame, factor in enumerate(course):  # of float64, so that the product is, too
            np.multiply(values(frame), factor, out=product)
            total += product

    _by_voxels(series, work, scaled, progress)
    return made


def _by_voxels(
    series: Array, work: Callable[[Callable[[int], Array], slice], None], scaled: Scaled | None, progress: Reporter
) -> None:
    """Have some voxels after others gone through: `work` is given what returns their values of a volume, and where."""
    flat = series.reshape((-1, series.shape[3]), order="F")

    def do(part: slice, report: Reporter) -> None:
        for start in range(part.start, part.stop, CHUNK):
            here = slice(start, min(part.stop, start + CHUNK))

            def values(frame: int, here: slice = here) -> Array:
                stored = flat[here, frame]
                return stored if scaled is None else scaled(stored)

            with np.errstate(invalid="ignore", over="ignore"):  # of what is not finite
                work(values, here)
            report((here.stop - part.start) / (part.stop - part.start))

    in_parallel(do, parts_of(len(flat), LEAST), progress)
