"""Watershed from seeds, where all that does not depend on the seeds is worked out once.

Water that rises from seeds (Beucher and Lantuéjoul 1979, Meyer 1994) takes a voxel at the lowest level at which some
path leads there from a seed, seeds and voxels being doors as high as their values. Values are taken by rank, so that no
two are equal. Then that level, and the label of every voxel, have only one answer, in whatever order one works:

- A *basin* is what runs down to one lowest voxel. Water reaches all of a basin that lies below a level at once, so the
  level of a voxel is its own rank or that of the basin's flood, whichever is higher. The levels of floods follow from
  the lowest doors between basins, of which the smallest spanning tree is enough.
- A voxel below its level lies in a lake, and has the label of the door through which the lake was filled. Any other one
  has the label of the neighbour with the lowest level.

So for each set of seeds a tree of basins is gone through, and besides it only voxels at the borders of labels.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, Bytes
from maskeditor.engine.progress import Reporter, silent

Ranks = NDArray[np.int32]
#: Ways from basin to basin, (E,): rank · 2³² + voxel · 8 + direction, of the higher voxel and from there. So no two are
#: equal, the lower rank comes first, and nothing else has to be held of the many that there are.
_Doors = NDArray[np.int64]
#: What lies beyond the edge of the image is higher than everything.
_HIGHEST = np.iinfo(np.int32).max
#: Voxels that are gone through at a time: what is gathered of them stays in the processor's cache.
_AT_ONCE = 1 << 18
#: Labels that seeds may have, from 0 on.
MOST_LABELS = 250
#: The label of what lies beyond the edge.
_BEYOND = 255
#: Voxels that can be flooded, those of the rim among them: of a way's 32 bits, the direction takes 3.
MOST_VOXELS = 1 << 29


class Tree(NamedTuple):
    """The basins as a tree, numbered from its root on: row after row of those that are as far away from it.

    Parameters
    ----------
    above : (B,) array of int32
        From which basin each is reached; the root, which is the first, from itself.
    heights : (B,) array of int32
        The rank of the door between; 0 for the root.
    rows : (R + 1,) array of int
        Where each row begins, and the end.
    ranks, voxels : (B - 1,) array of int32
        Of all doors, by rising rank.
    """

    above: Ranks
    heights: Ranks
    rows: NDArray[np.intp]
    ranks: Ranks
    voxels: Ranks


@dataclass(frozen=True, eq=False)
class Basins:
    """What of a watershed does not depend on its seeds.

    Parameters
    ----------
    shape : tuple of 3 int
    ranks : (n,) array of int32
        Of all voxels, and of a rim one voxel wide around them, in Fortran order.
    basins : (n,) array of int32
        In which basin each voxel lies; the rim lies in one of its own, the last.
    tree : Tree
        Of the basins, without the rim.

    Examples
    --------
    >>> values = np.array([3, 1, 4, 9, 2, 6]).reshape(6, 1, 1)
    >>> basins = Basins.of(values)
    >>> len(basins.tree.above), basins.grown(np.array([0, 5]), np.array([1, 2])).ravel().tolist()
    (2, [1, 1, 1, 1, 2, 2])
    """

    shape: tuple[int, int, int]
    ranks: Ranks
    basins: Ranks
    tree: Tree
    #: The seeds that were grown last, and what grew from them: whoever asks for one label asks for the next one too.
    _last: list[tuple[bytes, Bytes]] = field(default_factory=list, init=False, repr=False)

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        whole = self.ranks.nbytes + self.basins.nbytes + sum(each.nbytes for each in self.tree)
        return whole + sum(labels.nbytes for _, labels in self._last)

    @classmethod
    def of(cls, values: Array, report: Reporter = silent) -> Basins:
        """Find the basins of values (I, J, K) of any real type; of equal ones, the first in Fortran order is lower.

        Raises
        ------
        ValueError
            If there are more voxels than can be counted here, or none.
        """
        if not values.size or with_rim(values.shape) > MOST_VOXELS:
            raise ValueError(
                f"{values.size} voxels were given, but from 1 to {MOST_VOXELS} can be flooded, with a rim around them."
            )
        i, j, k = values.shape
        order = _rising(values.reshape(-1, order="F"))
        del values  # which nobody may hold else
        report(0.3)
        flat = np.empty(order.size, np.int32)
        flat[order] = np.arange(order.size, dtype=np.int32)
        del order
        around = np.full((k + 2, j + 2, i + 2), _HIGHEST, np.int32)
        around[1:-1, 1:-1, 1:-1] = flat.reshape(k, j, i)
        del flat
        ranks = around.ravel()
        steps = _steps((i, j, k))
        lowest = _lowest_below(ranks, steps)
        report(0.45)
        is_bottom = (lowest == np.arange(ranks.size, dtype=np.int32)) & (ranks < _HIGHEST)
        count = int(np.count_nonzero(is_bottom))
        numbers = np.full(ranks.size, count, np.int32)
        numbers[is_bottom] = np.arange(count, dtype=np.int32)
        basins = numbers.take(lowest)
        del lowest, is_bottom, numbers
        report(0.6)
        doors = _spanning(_doors(ranks, basins, steps, count), basins, steps, count, report)
        tree, places = _tree(doors, *_ends(doors, basins, steps), count)
        basins = np.append(places, np.int32(count)).take(basins)
        report(1.0)
        return cls((i, j, k), ranks, basins, tree)

    def grown(self, seeds: Array, labels: Array, report: Reporter = silent) -> Bytes:
        """Return the label of every voxel (I, J, K), flooded from seeds; 0 to 249, read-only.

        Equal to ``skimage.segmentation.watershed`` where no two values are equal (with labels from 1 on, as 0 is no
        seed there).

        Parameters
        ----------
        seeds : (S,) array of int
            Voxels, each once, counted in Fortran order.
        labels : (S,) array of int
            Below `MOST_LABELS`.
        report : callable of float
            Told how far the work is; what it raises stops the work.

        Raises
        ------
        ValueError
            If there is no seed.
        """
        if not len(seeds):
            raise ValueError("Nothing can be flooded without a seed.")
        seeded = hashlib.sha256(seeds.astype(np.int64).tobytes() + labels.astype(np.uint8).tobytes()).digest()
        for grown_from, grown in tuple(self._last):
            if grown_from == seeded:
                report(1.0)
                return grown
        self._last.clear()
        i, j, _ = self.shape
        at = np.array(np.unravel_index(seeds, self.shape, order="F")) + 1
        where = at[0] + (i + 2) * (at[1] + (j + 2) * at[2])
        fixed = np.full(self.ranks.size, _BEYOND, np.uint8)
        fixed[where] = labels
        flood = _Flood(self, where, fixed)
        report(0.6)
        flooded = flood.labels(report)
        whole = flooded.reshape([size + 2 for size in self.shape[::-1]])[1:-1, 1:-1, 1:-1].T
        grown = np.asfortranarray(whole)
        grown.setflags(write=False)
        self._last[:] = [(seeded, grown)]
        report(1.0)
        return grown


class _Flood:
    """One flood: the level of each basin, and the label of each voxel.

    Parameters
    ----------
    basins : Basins
    seeds : (S,) array of int
        Where they are in the arrays with a rim.
    fixed : (n,) array of uint8
        The labels of seeds; 255 elsewhere.
    """

    def __init__(self, basins: Basins, seeds: Array, fixed: Bytes) -> None:
        self._basins, self._fixed = basins, fixed
        self._ranks, self._steps = basins.ranks, _steps(basins.shape)
        self._seeds = seeds
        #: The rank at which water comes into each basin, and the rim never.
        self.levels = np.append(self._risen(), np.int32(_HIGHEST)).astype(np.int32)

    def _risen(self) -> Ranks:
        """Return the level at which each basin is reached: the highest door on the lowest path from a seed."""
        tree, basins = self._basins.tree, self._basins.basins
        levels = np.full(tree.above.size, _HIGHEST, np.int32)
        np.minimum.at(levels, basins.take(self._seeds), self._ranks.take(self._seeds))
        rows = [slice(*ends) for ends in pairwise(tree.rows.tolist())][1:]
        # From the seeds up to the root, and from there down.
        for row in reversed(rows):
            # In parts, between which other threads have their turn.
            for start in range(row.start, row.stop, _AT_ONCE):
                part = slice(start, min(start + _AT_ONCE, row.stop))
                np.minimum.at(levels, tree.above[part], np.maximum(levels[part], tree.heights[part]))
        for row in rows:
            from_above = np.maximum(levels.take(tree.above[row]), tree.heights[row])
            np.minimum(levels[row], from_above, out=levels[row])
        return levels

    def labels(self, report: Reporter) -> Bytes:
        """Return the label of each voxel (n,)."""
        basins = self._basins
        # Sorting them would take longer.
        is_level = np.zeros(self._ranks.size, bool)
        is_level[self.levels[:-1]] = True
        levels = np.flatnonzero(is_level).astype(np.int32)
        places = np.empty(self._ranks.size, np.int32)
        places[levels] = np.arange(levels.size, dtype=np.int32)
        of_basin = np.append(self._of_lakes(levels).take(places.take(self.levels[:-1])), np.uint8(_BEYOND))
        report(0.75)
        labels = of_basin.take(basins.basins)
        labels[self._seeds] = self._fixed[self._seeds]
        stale = self._free(self._at_borders(labels))
        report(0.85)
        # What is not at a border is as it must be; what changes there may change what lies beside it.
        while stale.size:
            new = labels.take(self._first(stale))
            changes = new != labels.take(stale)
            changed = stale[changes]
            labels[changed] = new[changes]
            stale = self._free(np.unique(np.concatenate([changed + step for step in self._steps])))
            report(0.9)
        return labels

    def _free(self, voxels: Array) -> Array:
        """Return those of some voxels that are no seeds, and lie in no lake."""
        level = self.levels.take(self._basins.basins.take(voxels))
        free: Array = voxels[(self._ranks.take(voxels) > level) & (self._fixed.take(voxels) == _BEYOND)]
        return free

    def _first(self, voxels: Array) -> Array:
        """Return the neighbour of each voxel that the water reaches first."""
        best = np.full(voxels.size, _HIGHEST, np.int32)
        first = voxels.copy()
        for step in self._steps:
            beside = voxels + step
            level = np.maximum(self._ranks.take(beside), self.levels.take(self._basins.basins.take(beside)))
            lower = level < best
            np.copyto(best, level, where=lower)
            np.copyto(first, beside, where=lower)
        return first

    def _of_lakes(self, levels: Ranks) -> Bytes:
        """Return the labels of the doors (D,) of some ranks, rising: those through which lakes are filled."""
        tree, door = self._basins.tree, np.empty(levels.size, np.int64)
        seeds = self._seeds[np.argsort(self._ranks.take(self._seeds))]
        for ranks, voxels in ((tree.ranks, tree.voxels), (self._ranks.take(seeds), seeds)):
            place = np.minimum(np.searchsorted(ranks, levels), max(0, ranks.size - 1))
            there = ranks.take(place) == levels if ranks.size else np.zeros(levels.size, bool)
            door[there] = voxels[place[there]]
        found = self._fixed.take(door)
        # Which lake, or seed, the water has come from through each door.
        source = np.arange(levels.size)
        going = np.flatnonzero(found == _BEYOND)
        at = door[going]
        while going.size:
            at = self._first(at)
            label = self._fixed.take(at)
            is_seed = label != _BEYOND
            found[going[is_seed]] = label[is_seed]
            level = self.levels.take(self._basins.basins.take(at))
            in_lake = ~is_seed & (level >= self._ranks.take(at))
            source[going[in_lake]] = np.searchsorted(levels, level[in_lake])
            goes_on = ~is_seed & ~in_lake
            going, at = going[goes_on], at[goes_on]
        while (source.take(source) != source).any():
            source = source.take(source)
        return found.take(source)

    def _at_borders(self, labels: Bytes) -> Array:
        """Return the voxels that have a neighbour of another label."""
        differs = np.zeros(labels.size, bool)
        for step in self._steps[::2]:
            other = labels[step:] != labels[:-step]
            differs[step:] |= other
            differs[:-step] |= other
        differs &= labels != _BEYOND
        return np.flatnonzero(differs)


def with_rim(shape: tuple[int, ...]) -> int:
    """Return how many voxels a volume has with a rim one voxel wide around it, as `MOST_VOXELS` counts them."""
    return math.prod(size + 2 for size in shape)


def _steps(shape: tuple[int, int, int]) -> tuple[int, ...]:
    """Return how far away the six neighbours are in the arrays with a rim: each way, and the same way back."""
    i, j, _ = shape
    along = (1, i + 2, (i + 2) * (j + 2))
    return tuple(sign * step for step in along for sign in (1, -1))


def _lowest_below(ranks: Ranks, steps: tuple[int, ...]) -> Ranks:
    """Return where one comes to from each voxel (n,) by going to the lowest neighbour again and again."""
    lowest = np.arange(ranks.size, dtype=np.int32)
    rim = max(steps)
    for start in range(rim, ranks.size - rim, _AT_ONCE):
        part = slice(start, min(start + _AT_ONCE, ranks.size - rim))
        best, onto = ranks[part].copy(), lowest[part]
        for step in steps:
            beside = ranks[part.start + step : part.stop + step]
            lower = beside < best
            np.copyto(best, beside, where=lower)
            np.copyto(onto, np.arange(part.start + step, part.stop + step, dtype=np.int32), where=lower)
    # What lies beyond the edge stays where it is.
    beyond = ranks == _HIGHEST
    lowest[beyond] = np.flatnonzero(beyond)
    # Ever farther, until the bottom: what has come there goes no farther.
    for start in range(0, lowest.size, _AT_ONCE):
        going = np.arange(start, min(start + _AT_ONCE, lowest.size), dtype=np.int32)
        while going.size:
            at = lowest.take(going)
            further = lowest.take(at)
            going = going[further != at]
            lowest[going] = further[further != at]
    return lowest


def _doors(ranks: Ranks, basins: Ranks, steps: tuple[int, ...], count: int) -> list[_Doors]:
    """Return all ways between neighbours that lie in two basins, in parts."""
    parts = []
    for direction, step in enumerate(steps):
        for start in range(0, ranks.size, _AT_ONCE):
            # From the higher voxel to the lower one, so that each pair is met once.
            first, stop = max(start, -step), min(start + _AT_ONCE, ranks.size, ranks.size - step)
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
    """Return the doors of the smallest spanning tree of basins (Borůvka 1926), rising; the parts are used up."""
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
    return np.sort(np.concatenate(tree))


def _tree(doors: _Doors, one: Ranks, other: Ranks, count: int) -> tuple[Tree, Ranks]:
    """Return the tree of basins that rising doors make, by their ends, and the number that each basin has there."""
    ranks, voxels = (doors >> 32).astype(np.int32), _voxels(doors).astype(np.int32)
    # The doors of each basin one after another; a library that goes through them holds up all other threads meanwhile.
    beside = np.concatenate((one, other))
    order = np.argsort(beside, kind="stable")
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(beside, minlength=count), out=starts[1:])
    beside = np.concatenate((other, one)).take(order)
    through = np.concatenate((ranks, ranks)).take(order)
    del order
    places = np.full(count, -1, np.int32)
    above, heights = np.zeros(count, np.int32), np.zeros(count, np.int32)
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
        heights[part] = through.take(doors_of_row[new])
        rows.append(part.stop)
    return Tree(above, heights, np.array(rows), ranks, voxels), places


def _rising(values: Array) -> Array:
    """Return the places (n,) of values, the lowest first, and of equal ones the first; NaN counts as the highest."""
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
