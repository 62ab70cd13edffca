"""One step of morphology on a mask that fills its volume: planes that lie far apart share their bytes.

Planes are stacked eight high: a bit of each byte for every eighth of the volume. Whole planes are packed, and unpacked,
by adding and comparing them, and what lies beside a voxel lies in the bytes beside its own: nothing is shifted. So a
step takes two thirds of the time in which rows are packed, stepped and unpacked; but it always goes through the whole
volume, however little of that the mask reaches.
"""

from __future__ import annotations

import numpy as np

from maskeditor.engine.arrays import BoolArray, Bytes
from maskeditor.engine.memory_pool import workspace
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter
from maskeditor.engine.word_layout import spread_within

HEIGHT = 8  # planes that share their bytes
LEAST_STACKS = 4  # that are worth the beginning
TILE_BYTES = 1 << 19  # of stacks at a time: large, as threads meet between two calls
LEAST_BYTES = 1 << 19  # of stacks that are worth a thread of their own


def fills_its_volume(view: BoolArray) -> bool:
    """Return whether a mask, (x, y, z) of bool, reaches the ends of its two slower axes and lies in one piece.

    Examples
    --------
    >>> fills_its_volume(np.ones((64, 8, 8), bool)), fills_its_volume(np.zeros((64, 8, 8), bool))
    (True, False)
    """
    return bool(
        len(view) >= HEIGHT * LEAST_STACKS
        and view.flags.c_contiguous
        and all(face.any() for face in (view[0], view[-1], view[:, 0], view[:, -1]))
    )


def step(view: BoolArray, grow: bool, out: BoolArray, progress: Reporter | None = None) -> None:
    """Grow or shrink a mask by the six face neighbours once, with background outside.

    Equal to `scipy.ndimage.binary_dilation`, or `binary_erosion`.

    Parameters
    ----------
    view : (x, y, z) array of bool
        The axes in the order of memory.
    grow : bool
    out : (x, y, z) array of bool
        Is written over; shares no memory with the mask.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Examples
    --------
    >>> out = np.empty((1, 1, 5), bool)
    >>> step(np.array([[[False, False, True, False, False]]]), True, out)
    >>> out
    array([[[False,  True,  True,  True, False]]])
    """
    planes, rows, length = view.shape
    stacks = -(-planes // HEIGHT)
    most = max(1, TILE_BYTES // max(1, rows * length))

    def work(part: slice, report: Reporter) -> None:
        tile = min(most, part.stop - part.start)
        # With the stacks on either side.
        window = workspace.empty((tile + 2, rows, length), np.uint8)
        stepped = workspace.empty((tile, rows, length), np.uint8)
        ready = 0
        for start in range(part.start, part.stop, tile):
            count = min(tile, part.stop - start)
            window[:ready] = window[tile : tile + ready]
            _load(view, stacks, start - 1 + ready, window[ready : count + 2])
            _combine(window[: count + 2], stepped[:count], grow)
            _unload(stepped[:count], stacks, start, out)
            ready = 2
            report((start + count - part.start) / (part.stop - part.start))

    in_parallel(work, parts_of(stacks, LEAST_BYTES // max(1, rows * length)), progress)
    if progress is not None:
        progress(1.0)


def _load(view: BoolArray, stacks: int, first: int, packed: Bytes) -> None:
    """Pack some stacks, (n, y, z) of uint8, from the first on; beyond the volume all is background."""
    packed[...] = 0
    for bit in reversed(range(HEIGHT)):
        np.add(packed, packed, out=packed)
        begin = bit * stacks + first
        some = packed[max(0, -begin) : max(0, len(view) - begin)]
        start = max(0, begin)
        np.bitwise_or(some, view[start : start + len(some)].view(np.uint8), out=some)


def _combine(window: Bytes, out: Bytes, grow: bool) -> None:
    """Combine stacks, (n, y, z) of uint8, with their neighbours; the window holds one more on either side."""
    combine = np.bitwise_or if grow else np.bitwise_and
    length = out.shape[2]
    old = window[1:-1]
    combine(window[:-2], window[2:], out=out)
    combine(out, old, out=out)
    spread_within(old.reshape(len(out), -1), out.reshape(len(out), -1), length, combine)
    spread_within(old.reshape(-1, length), out.reshape(-1, length), 1, combine)


def _unload(packed: Bytes, stacks: int, first: int, out: BoolArray) -> None:
    """Unpack some stacks, (n, y, z) of uint8, from the first on."""
    for bit in range(HEIGHT):
        begin = bit * stacks + first
        voxels = out[begin : begin + len(packed)]
        np.bitwise_and(packed[: len(voxels)], np.uint8(1 << bit), out=voxels.view(np.uint8))
        if bit:  # else it is 1 already
            np.not_equal(voxels.view(np.uint8), 0, out=voxels)
