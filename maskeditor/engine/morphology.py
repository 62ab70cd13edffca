"""Binary morphology on packed bits, equal to scipy's to the voxel and many times faster.

A mask is packed to bits, eight voxels a byte, so that a neighbour along any axis is a shift of a flat buffer
and 64 voxels are combined by one instruction. Several steps run as waves through the volume: each step
follows the one before it a few planes behind, while those are still in the processor's cache. Only the box
around the true voxels is visited. A single step of what fills its volume is `stacked.step`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from maskeditor.engine import stacked
from maskeditor.engine.arrays import BoolArray, Bytes, Words
from maskeditor.engine.ball import ball_closing, ball_dilation, ball_erosion, ball_opening
from maskeditor.engine.bits import (
    PackedBox,
    check_mask,
    empty_outside,
    is_empty,
    pack,
    region_around,
    unpack,
    zero_outside,
)
from maskeditor.engine.box import Box
from maskeditor.engine.memory_order import memory_axes, restored, with_long_rows
from maskeditor.engine.memory_pool import results, workspace
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter
from maskeditor.engine.word_layout import WordLayout

__all__ = [
    "apply_packed",
    "apply_sequence",
    "apply_unpacking",
    "ball_closing",
    "ball_dilation",
    "ball_erosion",
    "ball_opening",
    "closing",
    "dilation",
    "erosion",
    "opening",
]

TILE_BYTES = 1 << 19  # packed bytes that one step handles at a time: large, as threads meet between two calls
WIDEST_SHIFT = 63  # a bit shift within one word
LEAST_VOXELS = 1 << 22  # of a slab that is worth a thread of its own, and
LEAST_PLANES = 32  # its planes, as some of its neighbours' are stepped too


def dilation(
    mask: BoolArray,
    iterations: int = 1,
    *,
    out: BoolArray | None = None,
    progress: Reporter | None = None,
) -> BoolArray:
    """Add the voxels within `iterations` steps across faces; equal to `scipy.ndimage.binary_dilation`.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    iterations : int
        Steps, at least 1.
    out : (I, J, K) array of bool, optional
        Where to write the result; may be `mask` itself.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (I, J, K) array of bool
        In the memory order of `mask`; of a slab cut from a larger mask, in any.

    Examples
    --------
    >>> dilation(np.array([[[False, False, True, False]]]))
    array([[[False,  True,  True,  True]]])
    """
    return apply_sequence(mask, repeated(1, iterations), out=out, progress=progress)


def erosion(
    mask: BoolArray,
    iterations: int = 1,
    *,
    out: BoolArray | None = None,
    progress: Reporter | None = None,
) -> BoolArray:
    """Remove the voxels within `iterations` steps of the background; equal to `scipy.ndimage.binary_erosion`.

    All that lies outside the volume counts as background. Parameters as in `dilation`.
    """
    return apply_sequence(mask, repeated(-1, iterations), out=out, progress=progress)


def opening(
    mask: BoolArray,
    iterations: int = 1,
    *,
    out: BoolArray | None = None,
    progress: Reporter | None = None,
) -> BoolArray:
    """Erosion, then dilation; equal to `scipy.ndimage.binary_opening`. Parameters as in `dilation`."""
    steps = repeated(-1, iterations) + repeated(1, iterations)
    return apply_sequence(mask, steps, out=out, progress=progress)


def closing(
    mask: BoolArray,
    iterations: int = 1,
    *,
    out: BoolArray | None = None,
    progress: Reporter | None = None,
) -> BoolArray:
    """Dilation, then erosion; equal to `scipy.ndimage.binary_closing`. Parameters as in `dilation`.

    All that lies outside the volume counts as background in both, so that a mask which touches the border
    of the volume is eaten away there.
    """
    steps = repeated(1, iterations) + repeated(-1, iterations)
    return apply_sequence(mask, steps, out=out, progress=progress)


def repeated(step: int, iterations: int) -> tuple[int, ...]:
    """Return the steps of so many dilations (+1) or erosions (-1)."""
    if iterations < 1:
        raise ValueError(f"The number of iterations is {iterations}; give 1 or more.")
    return (step,) * iterations


def apply_sequence(
    mask: BoolArray,
    steps: Iterable[int],
    *,
    out: BoolArray | None = None,
    progress: Reporter | None = None,
) -> BoolArray:
    """Dilate (+1) and erode (-1) by the six face neighbours, in the order given, with background outside.

    The mask stays packed between the steps, so that a sequence costs little more than a single step.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    steps : iterable of int
        +1 to dilate, -1 to erode.
    out, progress
        As in `dilation`.

    Returns
    -------
    (I, J, K) array of bool

    Examples
    --------
    >>> mask = np.array([[[False, True, True, False, True]]])
    >>> apply_sequence(mask, [+1, +1, -1])
    array([[[False, False, False, False, False]]])
    """
    check_mask(mask)
    shifts = _shifts(steps)
    if out is None:
        mask = with_long_rows(mask)
    axes = memory_axes(mask)
    view = mask.transpose(axes)
    if shifts in ((1,), (-1,)) and not np.may_share_memory(mask, out) and stacked.fills_its_volume(view):
        target = results.empty(view.shape) if out is None else out.transpose(axes)
        stacked.step(view, shifts == (1,), target, progress)
        return restored(target, axes) if out is None else out
    packed = pack(view)
    target = _stepped(packed, view.shape, shifts, None if out is None else out.transpose(axes), progress)
    return restored(target, axes) if out is None else out


def apply_unpacking(
    packed: PackedBox, shape: tuple[int, ...], steps: Iterable[int], *, progress: Reporter | None = None
) -> BoolArray:
    """Dilate and erode what is packed already, and unpack the result.

    Parameters
    ----------
    packed, shape, steps, progress
        As in `apply_packed`.

    Returns
    -------
    (x, y, z) array of bool
        The whole volume.
    """
    return _stepped(packed, shape, _shifts(steps), None, progress)


def _stepped(
    packed: PackedBox | None,
    shape: tuple[int, ...],
    shifts: tuple[int, ...],
    out: BoolArray | None,
    progress: Reporter | None,
) -> BoolArray:
    """Carry out some steps; return the whole volume (x, y, z) of bool, which is `out` if that is given."""
    region = None if packed is None else region_around(packed.box, (_reach(shifts),) * 3, shape)
    if out is None:
        target = empty_outside(shape, region)
    else:
        target = out
        zero_outside(target, region)
    if packed is not None and region is not None:
        result = target[region.slices]

        def work(slab: slice, report: Reporter) -> None:
            for planes, rows in _waves(packed, region, slab, shifts, report):
                unpack(rows, result[planes])

        in_parallel(work, _slabs(region), progress)
    if progress is not None:
        progress(1.0)
    return target


def apply_packed(
    packed: PackedBox, shape: tuple[int, ...], steps: Iterable[int], *, progress: Reporter | None = None
) -> PackedBox:
    """Dilate and erode what is packed and stays so; else as `apply_sequence`.

    Parameters
    ----------
    packed : PackedBox
    shape : tuple of int
        Of the whole volume, its axes in the order of memory.
    steps, progress
        As in `apply_sequence`.
    """
    shifts = _shifts(steps)
    region = region_around(packed.box, (_reach(shifts),) * 3, shape)
    planes, rows, length = region.shape
    data: Bytes = np.empty((planes, rows, (length + 7) // 8), np.uint8)

    def work(slab: slice, report: Reporter) -> None:
        for planes, bits in _waves(packed, region, slab, shifts, report):
            data[planes] = bits[:, :, : data.shape[2]]

    in_parallel(work, _slabs(region), progress)
    return PackedBox(data, region)


def _shifts(steps: Iterable[int]) -> tuple[int, ...]:
    """Join equal steps into fewer, wider ones with the same result.

    The voxels within r + s steps are those within r steps of a voxel or of its six neighbours at distance s,
    as long as s is at most (r + 1) / 3 rounded up: on the way to any voxel further than r, some axis then has
    s steps left. (The way stays between the two voxels, so the border of the volume does not matter.)
    """
    joined: list[int] = []
    sign, radius = 0, 0
    left = list(steps)
    while left:
        if left[0] not in (1, -1):
            raise ValueError(f"A step is {left[0]}; give +1 to dilate or -1 to erode.")
        if left[0] != sign:
            sign, radius = left[0], 0
        run = next((i for i, step in enumerate(left) if step != sign), len(left))
        shift = min(-(-(radius + 1) // 3), run, WIDEST_SHIFT)
        joined.append(sign * shift)
        radius += shift
        del left[:shift]
    return tuple(joined)


def _reach(shifts: tuple[int, ...]) -> int:
    """How far, at most, any of the steps leads beyond the mask."""
    return max(0, *itertools.accumulate(shifts, initial=0))


def _slabs(region: Box) -> list[slice]:
    """Cut a region into slabs of planes that are worked on at the same time, if it is large."""
    planes, rows, length = region.shape
    return parts_of(planes, max(LEAST_PLANES, LEAST_VOXELS // (rows * length)))


def _waves(
    packed: PackedBox, region: Box, slab: slice, shifts: tuple[int, ...], progress: Reporter
) -> Iterator[tuple[slice, Bytes]]:
    """Load and step planes of a slab; yield which planes of the region are done, and their packed rows."""
    # Of the slab's neighbours so many planes are stepped too that the slab itself comes out right.
    halo = sum(map(abs, shifts))
    first, last = max(0, slab.start - halo), min(region.shape[0], slab.stop + halo)
    x, y, z = region.start
    near = Box((x + first, y, z), (x + last, *region.stop[1:]))
    for part, rows in _waves_through(packed, near, shifts, progress):
        start, stop = max(slab.start - first, part.start), min(slab.stop - first, part.stop)
        if start < stop:
            yield slice(first + start, first + stop), rows[start - part.start : stop - part.start]


def _waves_through(
    packed: PackedBox, region: Box, shifts: tuple[int, ...], progress: Reporter
) -> Iterator[tuple[slice, Bytes]]:
    """Load and step some planes after others; yield which planes of the region are done, and their packed rows."""
    planes, rows, length = region.shape
    widest = max(map(abs, shifts), default=1)
    layout = WordLayout(planes, rows, length)
    tile = min(planes, max(1, TILE_BYTES // (8 * layout.plane_words)))
    lags = [0, *(max(pair) for pair in zip(map(abs, shifts), map(abs, (0, *shifts)), strict=False))]
    # Each step reads one of two windows on the volume and writes the other. They hold the planes that any step has
    # still to read, and some more, so that they seldom have to be moved on.
    window = min(planes, sum(lags) + widest + 2 * tile)
    # What is packed as it is wanted need not be loaded.
    loaded = packed.words(region, layout) if shifts else None
    count = min(2, len(shifts) + (loaded is None))
    windows = [workspace.empty((window, layout.plane_words), np.uint64) for _ in range(count)]
    scratch = workspace.empty((2, tile * layout.plane_words), np.uint64)
    base, done, last = 0, 0, len(shifts)
    for level, start, stop in _schedule(planes, lags, tile):
        if level == 0:
            if stop - base > window:
                ahead = max(0, done - widest) - base
                base += ahead
                for words in windows:
                    words[: start - base] = words[ahead : start - base + ahead]
            if loaded is None:
                packed.load(region, layout.as_rows(windows[0][start - base : stop - base]), start)
        else:
            source = windows[(level - 1) % count] if level > 1 or loaded is None else loaded[base:]
            target = windows[level % count]
            _step(layout, source, target, scratch, base, start, stop, shifts[level - 1])
        if level == last:
            yield slice(start, stop), layout.as_rows(windows[last % count][start - base : stop - base])
            done = stop
            progress(stop / planes)


def _schedule(planes: int, lags: list[int], tile: int) -> Iterator[tuple[int, int, int]]:
    """Yield (level, start, stop): which step handles which planes next; level 0 is loading.

    A step stays so many planes behind the one before it that it finds all neighbours it needs, and does not write
    over planes that the one before it has still to read.
    """
    reached = [0] * len(lags)
    while reached[-1] < planes:
        limit = min(planes, reached[0] + tile)
        for level, lag in enumerate(lags):
            if level:
                before = reached[level - 1]
                limit = planes if before == planes else before - lag
            while reached[level] < limit:
                start = reached[level]
                reached[level] = min(limit, start + tile)
                yield level, start, reached[level]


def _step(
    layout: WordLayout, source: Words, target: Words, scratch: Words, base: int, start: int, stop: int, shift: int
) -> None:
    """Combine planes start to stop with their six neighbours at a distance; grow if positive, else shrink.

    `source` and `target` hold the planes of the layout from `base` on.
    """
    grow = shift > 0
    shift = abs(shift)
    combine = np.bitwise_or if grow else np.bitwise_and
    below = min(stop, max(start, shift)) - base  # the first plane with a neighbour below
    above = max(start, min(stop, layout.planes - shift)) - base  # the first plane without one above
    start, stop = start - base, stop - base

    old, new = source[start:stop], target[start:stop]
    if is_empty(source[max(0, start - shift) : stop + shift] if grow else old):
        new[...] = 0
        return
    combine(source[start:above], source[start + shift : above + shift], out=target[start:above])
    target[above:stop] = source[above:stop] if grow else 0  # outside the volume all is background
    combine(target[below:stop], source[below - shift : stop - shift], out=target[below:stop])
    if not grow:
        target[start:below] = 0
    layout.spread_across_rows(old, new, shift, combine)
    # Of fine grain little is left by now, and along rows is two thirds of the work.
    if grow or not is_empty(new):
        layout.spread_along_rows(old, new, scratch[:, : old.size], shift, combine)
