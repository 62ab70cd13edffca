"""The median of all voxels in a box round each, exactly, of whole volumes.

The median of a threshold is the threshold of the median: a voxel's median is at least t where at least half of the box
is, rounded up. So a tile of a volume takes a count of neighbours for each level that medians have in it, and these are
few where the image is smooth. Counts go along one axis after another, in bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array
from maskeditor.engine.parallel import in_parallel, processors
from maskeditor.engine.progress import Reporter

#: Voxels along each side of a tile: few medians lie in a small one, and little beside a large one.
TILE = 28
#: Levels of a tile beyond which its boxes are rather sorted one by one.
MOST_LEVELS = 600

#: Whole numbers from 0 on, in the order of the values.
Ranks = NDArray[np.unsignedinteger[Any]]


def median_filter(values: Array, radius: int, *, passes: int = 1, progress: Reporter | None = None) -> Array:
    """Return the median of the box round each voxel; equal to `scipy.ndimage.median_filter`, once or several times.

    Beyond the border the image goes on as its mirror.

    Parameters
    ----------
    values : (I, J, K) array of int or float
        Finite.
    radius : int
        The box reaches so many voxels from its middle, so that it is 2 radius + 1 wide.
    passes : int
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (I, J, K) array of the same type

    Examples
    --------
    >>> median_filter(np.array([[[1, 1, 9, 2, 2]]]), 1).tolist()
    [[[1, 1, 2, 2, 2]]]
    """
    if radius == 0 or values.size == 0:
        return values
    low = values.min()
    if values.dtype.kind in "iu" and (span := int(values.max()) - int(low)) < 1 << 16:
        levels, ranks = None, np.empty_like(values, np.min_scalar_type(span))
        np.subtract(values, low, out=ranks, casting="unsafe")
    else:
        levels, ranks = np.unique(values, return_inverse=True)
        ranks = ranks.astype(np.uint32)
    for number in range(passes):

        def report(done: float, number: int = number) -> None:
            if progress is not None:
                progress((number + done) / passes)

        ranks = _filtered(ranks, radius, report)
    if levels is not None:
        found: Array = levels[ranks]
        return found
    made: Array = ranks.astype(values.dtype)
    made += low
    return made


def _filtered(ranks: Ranks, radius: int, report: Reporter) -> Ranks:
    """Return the medians of a volume, tile by tile."""
    made = np.empty_like(ranks, order="C")
    # Which plane lies where, beyond the border too: the volume itself is not made larger.
    mirrored = [np.pad(np.arange(length), radius, mode="symmetric") for length in made.shape]
    spans = [[slice(start, min(start + TILE, length)) for start in range(0, length, TILE)] for length in made.shape]
    tiles = list(product(*spans))
    count = min(len(tiles), 16 * processors())

    def work(batch: list[tuple[slice, ...]], done: Reporter) -> None:
        for number, tile in enumerate(batch):
            around = (along[one.start : one.stop + 2 * radius] for along, one in zip(mirrored, tile, strict=True))
            made[tile] = _medians(ranks[np.ix_(*around)], radius)
            done((number + 1) / len(batch))

    in_parallel(work, [tiles[number::count] for number in range(count)], report)
    return made


def _medians(tile: Ranks, radius: int) -> Ranks:
    """Return the medians of the boxes that lie in a tile as a whole."""
    low, high = int(tile.min()), int(tile.max())
    shape = tuple(length - 2 * radius for length in tile.shape)
    if low == high:
        return np.broadcast_to(tile[0, 0, 0], shape)
    if high - low < 1 << 16:
        flat = (tile.ravel() - tile.dtype.type(low)).astype(np.intp)
        held = np.bincount(flat) > 0
        levels, here = np.flatnonzero(held).astype(tile.dtype) + tile.dtype.type(low), (np.cumsum(held) - 1)[flat]
    else:
        levels, here = np.unique(tile, return_inverse=True)
    places = here.astype(np.min_scalar_type(len(levels))).ravel()
    inner = tuple(slice(length) for length in shape)

    def at_least(level: int) -> NDArray[np.uint8]:
        """Return in which boxes most voxels are at least of a level, flat, as 1; between the boxes anything."""
        sums: NDArray[Any] = (places >= level).view(np.uint8)
        most = 1
        for axis in range(3):  # along the slowest first, after which there is less
            most *= 2 * radius + 1
            kind = np.uint8 if most < 1 << 8 else np.uint16 if most < 1 << 16 else np.uint32
            sums = _sums(sums.astype(kind, copy=False), prod(tile.shape[axis + 1 :]), 2 * radius + 1)
        return (sums > most // 2).view(np.uint8)

    def boxes(flat: NDArray[Any]) -> NDArray[Any]:
        """Return what belongs to the boxes."""
        whole = np.zeros(tile.size, flat.dtype)
        whole[: flat.size] = flat
        return whole.reshape(tile.shape)[inner]

    # The medians of a tile range less than its voxels do.
    first = _first(1, len(levels), lambda level: not boxes(at_least(level)).all())
    stop = _first(first, len(levels), lambda level: not boxes(at_least(level)).any())
    if stop - first > MOST_LEVELS:
        return _sorted_out(tile, radius)
    found = np.full(shape, first - 1, np.intp)
    for start in range(first, stop, 255):  # as many as a byte counts
        counts = at_least(start)
        for level in range(start + 1, min(start + 255, stop)):
            counts += at_least(level)
        found += boxes(counts)
    chosen: Ranks = levels[found]
    return chosen


def _sums(numbers: NDArray[Any], step: int, width: int) -> NDArray[Any]:
    """Return the sum of so many numbers from each on, a step apart; fewer where they reach beyond the end."""
    total, reach, size = numbers, 0, 1
    while True:
        # What the width is made of in twos is put together.
        if width & 1:
            total = numbers if reach == 0 else total[: numbers.size - reach * step] + numbers[reach * step :]
            reach += size
        width >>= 1
        if not width:
            return total
        numbers = numbers[: numbers.size - size * step] + numbers[size * step :]
        size *= 2


def _sorted_out(tile: Ranks, radius: int) -> Ranks:
    """Return the medians of the boxes that lie in a tile, each box sorted as far as its middle."""
    boxes = np.lib.stride_tricks.sliding_window_view(tile, (2 * radius + 1,) * 3)
    planes, rows, columns = boxes.shape[:3]
    made = np.empty((planes, rows, columns), tile.dtype)
    for plane, row in product(range(planes), range(rows)):
        line = boxes[plane, row].reshape(columns, -1)
        middle = line.shape[1] // 2
        made[plane, row] = np.partition(line, middle, axis=1)[:, middle]
    return made


def _first(start: int, stop: int, is_so: Callable[[int], bool]) -> int:
    """Return the first number from start on of which something is true, as of all after it; else stop."""
    while start < stop:
        middle = (start + stop) // 2
        if is_so(middle):
            stop = middle
        else:
            start = middle + 1
    return start
