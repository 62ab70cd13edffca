"""Morphology with a ball in mm, exact for voxels of any shape, on packed bits.

Seen row by row, a ball is a bundle of runs: so far along the row, for each distance in planes and rows. The packed
mask is widened along its rows to every such length once, and a distance in planes and rows is then a single
combination of flat memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import BoolArray, Bytes, Words
from maskeditor.engine.bits import check_mask, empty_outside, pack, region_around, unpack, zero_outside
from maskeditor.engine.memory_order import memory_axes, restored, with_long_rows
from maskeditor.engine.progress import Reporter, silent
from maskeditor.engine.word_layout import WordLayout

#: Of the radius: one that is a multiple of the zooms reaches that far, although files keep zooms in single precision.
TOLERANCE = 1e-6
TILE_BYTES = 1 << 17  # packed bytes of each widened copy: a dozen of them fit in a second-level cache
WIDEST_SHIFT = 63  # a bit shift within one word


def ball_dilation(
    mask: BoolArray,
    radius: float,
    zooms: Sequence[float],
    *,
    out: BoolArray | None = None,
    progress: Reporter | None = None,
) -> BoolArray:
    """Add every voxel within a distance of the mask.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    radius : float
        Distance in mm, from voxel centre to voxel centre; voxels at this distance, or a millionth more, are added.
    zooms : sequence of 3 floats
        Millimetres per voxel along each axis.
    out : (I, J, K) array of bool, optional
        Where to write the result; may be `mask` itself.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (I, J, K) array of bool
        In the memory order of `mask`; of a slab cut from a larger mask, in any. Equal to
        `scipy.ndimage.distance_transform_edt(~mask, zooms) <= radius`.

    Examples
    --------
    >>> ball_dilation(np.array([[[False, False, True, False]]]), 2, (1, 1, 2))
    array([[[False,  True,  True,  True]]])
    """
    return _apply(mask, radius, zooms, (True,), out, progress)


def ball_erosion(
    mask: BoolArray,
    radius: float,
    zooms: Sequence[float],
    *,
    out: BoolArray | None = None,
    progress: Reporter | None = None,
) -> BoolArray:
    """Remove every voxel within a distance of the background, which goes on outside the volume.

    Parameters as in `ball_dilation`.
    """
    return _apply(mask, radius, zooms, (False,), out, progress)


def ball_opening(
    mask: BoolArray,
    radius: float,
    zooms: Sequence[float],
    *,
    out: BoolArray | None = None,
    progress: Reporter | None = None,
) -> BoolArray:
    """Erosion, then dilation. Parameters as in `ball_dilation`."""
    return _apply(mask, radius, zooms, (False, True), out, progress)


def ball_closing(
    mask: BoolArray,
    radius: float,
    zooms: Sequence[float],
    *,
    out: BoolArray | None = None,
    progress: Reporter | None = None,
) -> BoolArray:
    """Dilation, then erosion. Parameters as in `ball_dilation`.

    The dilated mask ends at the border of the volume, and all beyond counts as background, so that a mask which
    touches the border is eaten away there.
    """
    return _apply(mask, radius, zooms, (True, False), out, progress)


def spread_by_ball(bits: Bytes, radius: float, zooms: Sequence[float], progress: Reporter = silent) -> Bytes:
    """Add every voxel within a distance of a mask that is packed to bits.

    Parameters
    ----------
    bits : (x, y, bytes) array of uint8
        Lowest bit first.
    radius : float
        As in `ball_dilation`.
    zooms : sequence of 3 floats
        Millimetres per voxel across planes, across rows, and along rows.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (x, y, bytes) array of uint8
        Up to the ends of the bytes, a view.

    Examples
    --------
    >>> spread_by_ball(np.array([[[0b00010000]]], np.uint8), 2, (1, 1, 1)).tolist()
    [[[124]]]
    """
    planes, rows, width = bits.shape
    layout = WordLayout(planes, rows, 8 * width)
    words = layout.zeros()
    layout.as_rows(words)[:, :, :width] = bits
    runs = ball_runs(radius, zooms)
    return layout.as_rows(_step(layout, words, runs, _lengths(runs), True, progress))[:, :, :width]


def ball_runs(radius: float, zooms: Sequence[float]) -> NDArray[np.intp]:
    """Return how far a ball reaches along rows, for each distance in planes and rows.

    Parameters
    ----------
    radius : float
        In mm.
    zooms : sequence of 3 floats
        Millimetres per voxel across planes, across rows, and along rows.

    Returns
    -------
    (planes, rows) array of int
        Voxels on each side of the middle; -1 where the ball does not reach. It never grows with either distance.

    Examples
    --------
    >>> ball_runs(2, (1, 1, 1))
    array([[ 2,  1,  0],
           [ 1,  1, -1],
           [ 0, -1, -1]])
    """
    reach = radius * (1 + TOLERANCE)
    planes, rows, along = (np.arange(steps_within(radius, zoom) + 1) * zoom for zoom in zooms)
    across = np.square(planes)[:, None] + np.square(rows)
    runs: NDArray[np.intp] = np.searchsorted(np.square(along), reach**2 - across, side="right") - 1
    return runs


def steps_within(radius: float, zoom: float) -> int:
    """Return how many voxels of a size in mm a radius in mm reaches.

    Examples
    --------
    >>> steps_within(2.2, float(np.float32(1.1)))
    2
    """
    return int(radius * (1 + TOLERANCE) / zoom)


def _apply(
    mask: BoolArray,
    radius: float,
    zooms: Sequence[float],
    steps: tuple[bool, ...],
    out: BoolArray | None,
    progress: Reporter | None,
) -> BoolArray:
    """Dilate (true) and erode (false) by a ball, packed all the while."""
    check_mask(mask)
    if not (np.isfinite(radius) and radius >= 0):
        raise ValueError(f"The radius is {radius} mm; give a number of 0 or more.")
    if out is None:
        mask = with_long_rows(mask)
    axes = memory_axes(mask)
    view = mask.transpose(axes)
    runs = ball_runs(radius, [zooms[axis] for axis in axes])
    packed = pack(view)
    if packed is None:
        target = empty_outside(view.shape, None) if out is None else out.transpose(axes)
        if out is not None:
            zero_outside(target, None)
    else:
        reach = (len(runs) - 1, runs.shape[1] - 1, int(runs[0, 0])) if steps[0] else (0, 0, 0)
        region = region_around(packed.box, reach, view.shape)
        lengths = _lengths(runs)
        layout = WordLayout(*region.shape)
        words = np.empty((layout.planes, layout.plane_words), np.uint64)
        packed.load(region, layout.as_rows(words))
        for number, grow in enumerate(steps):

            def report(fraction: float, number: int = number) -> None:
                if progress is not None:
                    progress((number + fraction) / len(steps))

            words = _step(layout, words, runs, lengths, grow, report)
        target = empty_outside(view.shape, region) if out is None else out.transpose(axes)
        if out is not None:
            zero_outside(target, region)
        unpack(layout.as_rows(words), target[region.slices])
    if progress is not None:
        progress(1.0)
    return restored(target, axes) if out is None else out


def _lengths(runs: NDArray[np.intp]) -> list[int]:
    """Return the lengths of all runs, ascending from 0, with what is needed between to widen from one to the next.

    A run of n voxels on each side can be widened by n + 1 at a time: a voxel further away than n is then reached
    through one that lies between.
    """
    lengths = [0]
    for wanted in np.unique(runs[runs > 0]).tolist():
        while lengths[-1] < wanted:
            lengths.append(min(wanted, 2 * lengths[-1] + 1, lengths[-1] + WIDEST_SHIFT))
    return lengths


def _step(
    layout: WordLayout,
    source: Words,
    runs: NDArray[np.intp],
    lengths: list[int],
    grow: bool,
    report: Callable[[float], None],
) -> Words:
    """Dilate or erode a packed volume."""
    combine = np.bitwise_or if grow else np.bitwise_and
    planes = layout.planes
    reach = len(runs) - 1
    if grow:
        target = layout.zeros()
    else:
        target = np.full_like(source, ~np.uint64(0))
        target[:reach] = 0  # outside the volume all is background
        target[max(0, planes - reach) :] = 0
    tile = min(planes, max(1, TILE_BYTES // (8 * layout.plane_words)))
    widened = np.empty((len(lengths), tile, layout.plane_words), np.uint64)
    scratch = np.empty((2, tile * layout.plane_words), np.uint64)
    for start in range(0, planes, tile):
        stop = min(planes, start + tile)
        part = source[start:stop]
        if part.any():
            for distance, slab in _slabs(layout, part, runs, lengths, combine, widened[:, : stop - start], scratch):
                for plane in {start - distance, start + distance}:
                    first, last = max(0, plane), min(planes, plane + len(slab))
                    if first < last:
                        place = target[first:last]
                        combine(place, slab[first - plane : last - plane], out=place)
        elif not grow:
            target[max(0, start - reach) : stop + reach] = 0
        report(stop / planes)
    return target


def _slabs(
    layout: WordLayout,
    part: Words,
    runs: NDArray[np.intp],
    lengths: list[int],
    combine: np.ufunc,
    widened: Words,
    scratch: Words,
) -> Iterator[tuple[int, Words]]:
    """Yield what some planes contribute to those at each distance, from the furthest to the planes themselves.

    The ball is thickest in the middle: what is contributed to a plane is contributed to all that are nearer, and
    only what comes on top has to be worked out.
    """
    grow = combine is np.bitwise_or
    widened[0] = part
    for level, (shorter, longer) in enumerate(itertools.pairwise(lengths), 1):
        narrow, wide = widened[level - 1], widened[level]
        wide[...] = narrow
        layout.spread_along_rows(narrow, wide, scratch[:, : part.size], longer - shorter, combine)
    slab = np.full_like(part, 0 if grow else ~np.uint64(0))
    end = layout.plane_words
    done = np.full(runs.shape[1], -1)
    for distance in range(len(runs) - 1, -1, -1):
        for row, length in enumerate(runs[distance].tolist()):
            if length == done[row]:
                continue
            done[row] = length
            near = widened[lengths.index(length)]
            if row:
                layout.spread_across_rows(near, slab, row, combine)
            else:
                combine(slab, near, out=slab)
        if not grow:  # outside the volume all is background
            edge = min(end, (int(np.count_nonzero(runs[distance] >= 0)) - 1) * layout.row_words)
            slab[:, :edge] = 0
            slab[:, end - edge :] = 0
        yield distance, slab
