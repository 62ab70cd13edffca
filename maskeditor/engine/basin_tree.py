"""Basins of an image and the tree that the lowest doors between them make: what a watershed needs of it.

A *basin* is what runs down to one lowest voxel. Basins are numbered in two ways: as their lowest voxels lie in memory,
so that what is looked up for neighbouring voxels lies together, and as they come in the tree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, Counts
from maskeditor.engine.progress import Reporter

Ranks = NDArray[np.int32]
#: Ways from basin to basin, (E,): rank · 2³² + voxel · 8 + direction, of the higher voxel and from there. So no two are
#: equal, the lower rank comes first, and nothing else has to be held of the many that there are.
_Doors = NDArray[np.int64]
#: What lies beyond the edge of the image is higher than everything.
HIGHEST = np.iinfo(np.int32).max
#: Voxels that are gone through at a time: what is gathered of them stays in the processor's cache, and other threads
#: have their turn in between.
AT_ONCE = 1 << 18


class Tree(NamedTuple):
    """The basins as a tree, numbered from its root on: row after row of those that are as far away from it.

    Parameters
    ----------
    above : (B,) array of int32
        From which basin each is reached; the root, which is the first, from itself.
    doors : (B,) array of int64
        The door between: its rank · 2³² + its number; 0 for the root.
    rows : (R + 1,) array of int
        Where each row begins, and the end.
    voxels : (B - 1,) array of int32
        Of all doors by number, as they lie in memory.
    places : (B,) array of int32
        By the number of a basin as its lowest voxel lies in memory, that in the tree.
    """

    above: Ranks
    doors: _Doors
    rows: Counts
    voxels: Ranks
    places: Ranks


def steps_of(shape: tuple[int, int, int]) -> tuple[int, ...]:
    """Return how far away the six neighbours are in the arrays with a rim: each way, and the same way back."""
    i, j, _ = shape
    along = (1, i + 2, (i + 2) * (j + 2))
    return tuple(sign * step for step in along for sign in (1, -1))


def lowest_below(ranks: Ranks, steps: tuple[int, ...]) -> Ranks:
    """Return where one comes to from each voxel (n,) by going to the lowest neighbour again and again."""
    lowest = np.arange(ranks.size, dtype=np.int32)
    rim = max(steps)
    for start in range(rim, ranks.size - rim, AT_ONCE):
        part = slice(start, min(start + AT_ONCE, ranks.size - rim))
        best, onto = ranks[part].copy(), lowest[part]
        for step in steps:
            beside = ranks[part.start + step : part.stop + step]
            lower = beside < best
            np.copyto(best, beside, where=lower)
            np.copyto(onto, np.arange(part.start + step, part.stop + step, dtype=np.int32), where=lower)
    # What lies beyond the edge stays where it is.
    beyond = ranks == HIGHEST
    lowest[beyond] = np.flatnonzero(beyond)
    # Ever farther, until the bottom: what has come there goes no farther.
    for start in range(0, lowest.size, AT_ONCE):
        going = np.arange(start, min(start + AT_ONCE, lowest.size), dtype=np.int32)
        while going.size:
            at = lowest.take(going)
            further = lowest.take(at)
            going = going[further != at]
            lowest[going] = further[further != at]
    return lowest


def tree_of(ranks: Ranks, basins: Ranks, steps: tuple[int, ...], count: int, report: Reporter) -> Tree:
    """Return the tree of some basins.

    Parameters
    ----------
    ranks, basins : (n,) array of int32
        Of all voxels and the rim, as `Basins` holds them.
    steps : tuple of 6 int
    count : int
        How many basins there are; the number of the rim.
    report : callable of float
    """
    doors = _spanning(_doors(ranks, basins, steps, count), basins, steps, count, report)
    doors = doors.take(np.argsort(_voxels(doors), kind="stable"))
    return _tree(doors, *_ends(doors, basins, steps), count)


def _doors(ranks: Ranks, basins: Ranks, steps: tuple[int, ...], count: int) -> list[_Doors]:
    """Return all ways between neighbours that lie in two basins, in parts."""
    parts = []
    for direction, step in enumerate(steps):
        for start in range(0, ranks.size, AT_ONCE):
            # From the higher voxel to the lower one, so that each pair is met once.
            first, stop = max(start, -step), min(start + AT_ONCE, ranks.size, ranks.size - step)
            if first >= stop:
                continue
            here, there = slice(first, stop), slice(first + step, stop + step)
            is_door = (ranks[here] > ranks[there]) & (basins[here] != basins[there]) & (basins[here] != count)
            at = np.flatnonzero(is_door) + first
            parts.append((ranks.take(at).astype(np.int64) << 32) + 8 * at + direction)
    return parts


def _ends(doors: _Doors, basins: Ranks, steps: tuple[int, ...]) -> tuple[Ranks, Ranks]:
    """Return the basins (E,) from which doors lead, and those to which."""
    at = _voxels(doors)
    return basins.take(at), basins.take(at + np.array(steps).take(doors & 7))


def _voxels(doors: _Doors) -> _Doors:
    """Return the higher voxel (E,) of each door."""
    return (doors & 0xFFFFFFFF) >> 3


def _spanning(parts: list[_Doors], basins: Ranks, steps: tuple[int, ...], count: int, report: Reporter) -> _Doors:
    """Return the doors of the smallest spanning tree of basins (Borůvka 1926); the parts are used up."""
    tree, joined = [np.empty(0, np.int64)], np.arange(count, dtype=np.int32)
    while True:
        # Of each group of basins, the lowest way out.
        lowest = np.full(count, np.iinfo(np.int64).max, np.int64)
        for place, doors in enumerate(parts):
            one, other = (joined.take(end) for end in _ends(doors, basins, steps))
            apart = np.flatnonzero(one != other)
            parts[place] = doors.take(apart)
            np.minimum.at(lowest, one.take(apart), parts[place])
            np.minimum.at(lowest, other.take(apart), parts[place])
        parts[:] = [doors for doors in parts if doors.size]
        if not parts:
            break
        onto = np.arange(count, dtype=np.int32)
        for doors in parts:
            one, other = (joined.take(end) for end in _ends(doors, basins, steps))
            out_of_one, out_of_other = lowest.take(one) == doors, lowest.take(other) == doors
            tree.append(doors[out_of_one | out_of_other])
            onto[one[out_of_one]] = other[out_of_one]
            onto[other[out_of_other]] = one[out_of_other]
        # Two that lead to each other end at the lower number.
        back = onto.take(onto)
        mutual = (back == np.arange(count)) & (np.arange(count) < onto)
        onto[mutual] = np.flatnonzero(mutual)
        while not np.array_equal(further := onto.take(onto), onto):
            onto = further
        joined = onto.take(joined)
        report(0.9)
    return np.concatenate(tree)


def _tree(doors: _Doors, one: Ranks, other: Ranks, count: int) -> Tree:
    """Return the tree of basins that doors make, in the order of their voxels, by the basins at their ends."""
    keys = doors >> 32 << 32
    keys |= np.arange(doors.size)
    # The doors of each basin one after another; a library that goes through them holds up all other threads meanwhile.
    beside = np.concatenate((one, other))
    order = np.argsort(beside, kind="stable")
    starts = _starts(np.bincount(beside, minlength=count))
    beside = np.concatenate((other, one)).take(order)
    through = np.concatenate((keys, keys)).take(order)
    del order, keys
    places = np.full(count, -1, np.int32)
    above, up = np.zeros(count, np.int32), np.zeros(count, np.int64)
    places[0], rows = 0, [0, 1]
    row: Array = np.zeros(1, np.int32)
    while rows[-1] < count:
        # All doors of a row, but for those by which it was reached.
        first, sizes = starts.take(row), starts.take(row + 1) - starts.take(row)
        ends = np.cumsum(sizes)
        doors_of_row = np.repeat(first - ends + sizes, sizes) + np.arange(ends[-1])
        there = beside.take(doors_of_row)
        new = places.take(there) < 0
        row, part = there[new], slice(rows[-1], rows[-1] + int(np.count_nonzero(new)))
        places[row] = np.arange(part.start, part.stop, dtype=np.int32)
        above[part] = np.repeat(np.arange(rows[-2], rows[-1], dtype=np.int32), sizes)[new]
        up[part] = through.take(doors_of_row[new])
        rows.append(part.stop)
    return Tree(above, up, np.array(rows), _voxels(doors).astype(np.int32), places)


def _starts(sizes: Counts) -> Counts:
    """Return where spans of some sizes (N,) begin one after another, and the end, (N + 1,)."""
    starts = np.zeros(sizes.size + 1, np.int64)
    for begin in range(0, sizes.size, AT_ONCE):  # numpy lets no other thread have its turn meanwhile
        part = sizes[begin : begin + AT_ONCE]
        np.cumsum(part, out=starts[begin + 1 : begin + 1 + part.size])
        starts[begin + 1 : begin + 1 + part.size] += starts[begin]
    return starts


def rising(values: Array) -> Array:
    """Return the places of values in their order: the lowest first, of equal ones the first; NaN is the highest.

    Parameters
    ----------
    values : (n,) array of any type

    Returns
    -------
    (n,) array of int64
    """
    if values.dtype.kind in "iub" and values.dtype.itemsize <= 4:
        keys = (values.astype(np.int64) + (1 << 31)).astype(np.uint64)
    elif values.dtype == np.float32:
        plain = values + np.float32(0)  # no -0.0
        plain[np.isnan(plain)] = np.nan  # none with a sign: that of infinity less itself has one
        bits = plain.view(np.int32)
        # Bits of floats rise as they do, but for the sign: all are turned of negative ones, the first one of others.
        bits ^= (bits >> 31) | np.int32(-(1 << 31))
        keys = bits.view(np.uint32).astype(np.uint64)
        del plain, bits
    else:
        return np.argsort(values, kind="stable")
    # Sorted together with their places, which is several times as fast.
    keys <<= np.uint64(32)
    keys |= np.arange(values.size, dtype=np.uint64)
    keys.sort()
    keys &= np.uint64(0xFFFFFFFF)
    return keys.view(np.int64)
