"""One flood of basins from seeds: the level of each basin, and the label of each voxel."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Bytes, Counts
from maskeditor.engine.basin_tree import AT_ONCE, HIGHEST, Ranks, Tree
from maskeditor.engine.progress import Reporter

#: The label of what lies beyond the edge.
BEYOND = 255
#: Of a door, the number without its rank.
_NUMBER = 0xFFFFFFFF


class Flood:
    """One flood: the level of each basin, and the label of each voxel.

    Parameters
    ----------
    ranks, basins : (n,) array of int32
    tree : Tree
    steps : tuple of 6 int
        What of a watershed does not depend on seeds, as `Basins` holds it.
    seeds : (S,) array of int
        Where they are in the arrays with a rim.
    fixed : (n,) array of uint8
        The labels of seeds; `BEYOND` elsewhere.
    """

    def __init__(
        self, ranks: Ranks, basins: Ranks, tree: Tree, steps: tuple[int, ...], seeds: Counts, fixed: Bytes
    ) -> None:
        self._ranks, self._basins, self._tree, self._steps = ranks, basins, tree, steps
        self._seeds, self._fixed = seeds, fixed
        risen = self._risen().take(tree.places)
        #: Through which door, or seed after all doors, water comes into each basin, and at which rank; the rim never.
        self._through = (risen & _NUMBER).astype(np.int32)
        self._levels = np.append((risen >> 32).astype(np.int32), np.int32(HIGHEST))

    def _risen(self) -> NDArray[np.int64]:
        """Return the door through which each basin is reached, by tree: the highest on the lowest path from a seed."""
        tree, seeds = self._tree, self._seeds
        highest = np.full(tree.above.size, np.iinfo(np.int64).max)
        own = (self._ranks.take(seeds).astype(np.int64) << 32) + tree.voxels.size + np.arange(seeds.size)
        np.minimum.at(highest, tree.places.take(self._basins.take(seeds)), own)
        rows = [slice(*ends) for ends in pairwise(tree.rows.tolist())][1:]
        # From the seeds up to the root, and from there down.
        for row in reversed(rows):
            # In parts, between which other threads have their turn.
            for start in range(row.start, row.stop, AT_ONCE):
                part = slice(start, min(start + AT_ONCE, row.stop))
                np.minimum.at(highest, tree.above[part], np.maximum(highest[part], tree.doors[part]))
        for row in rows:
            from_above = np.maximum(highest.take(tree.above[row]), tree.doors[row])
            np.minimum(highest[row], from_above, out=highest[row])
        return highest

    def labels(self, report: Reporter) -> Bytes:
        """Return the label of each voxel, (n,) array of uint8."""
        of_basin = np.append(self._of_lakes().take(self._through), np.uint8(BEYOND))
        report(0.75)
        labels = np.empty(self._basins.size, np.uint8)
        for start in range(0, labels.size, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            labels[part] = of_basin.take(self._basins[part])
        labels[self._seeds] = self._fixed[self._seeds]
        stale = self._free(self._at_borders(labels))
        report(0.85)
        # What is not at a border is as it must be; what changes there may change what lies beside it.
        while stale.size:
            new = labels.take(self._first(stale))
            changes = new != labels.take(stale)
            changed = stale[changes]
            labels[changed] = new[changes]
            stale = self._free(_different(np.concatenate([changed + step for step in self._steps])))
            report(0.9)
        return labels

    def _free(self, voxels: Counts) -> Counts:
        """Return those of some voxels that are no seeds, and lie in no lake."""
        level = self._levels.take(self._basins.take(voxels))
        free: Counts = voxels[(self._ranks.take(voxels) > level) & (self._fixed.take(voxels) == BEYOND)]
        return free

    def _first(self, voxels: Counts) -> Counts:
        """Return the neighbour of each voxel that the water reaches first."""
        first = np.empty_like(voxels)
        for start in range(0, voxels.size, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            first[part] = self._first_of(voxels[part])
        return first

    def _first_of(self, voxels: Counts) -> Counts:
        best = np.full(voxels.size, HIGHEST, np.int32)
        first = voxels.copy()
        for step in self._steps:
            beside = voxels + step
            level = np.maximum(self._ranks.take(beside), self._levels.take(self._basins.take(beside)))
            lower = level < best
            np.copyto(best, level, where=lower)
            np.copyto(first, beside, where=lower)
        return first

    def _of_lakes(self) -> Bytes:
        """Return the labels of all doors, and seeds after them: those of lakes that are filled through them."""
        tree = self._tree
        is_used = np.zeros(tree.voxels.size + self._seeds.size, bool)
        is_used[self._through] = True
        # As they lie in memory, so that what is looked up beside them does too.
        used = np.flatnonzero(is_used)
        places = np.zeros(is_used.size, np.int32)
        places[used] = np.arange(used.size, dtype=np.int32)
        of_door = np.empty(is_used.size, np.uint8)
        at = np.concatenate((tree.voxels, self._seeds)).take(used).astype(np.intp)
        of_door[used] = self._of_used(at, places)
        return of_door

    def _of_used(self, at: Counts, places: Ranks) -> Bytes:
        """Return the labels of doors at some voxels (D,), of whose lakes the places are given by door."""
        found = self._fixed.take(at)
        # Which lake, or seed, the water has come from through each door.
        source = np.arange(at.size)
        going = np.flatnonzero(found == BEYOND)
        at = at[going]
        while going.size:
            at = self._first(at)
            label = self._fixed.take(at)
            is_seed = label != BEYOND
            found[going[is_seed]] = label[is_seed]
            basin = self._basins.take(at)
            in_lake = ~is_seed & (self._levels.take(basin) >= self._ranks.take(at))
            source[going[in_lake]] = places.take(self._through.take(basin[in_lake]))
            goes_on = ~is_seed & ~in_lake
            going, at = going[goes_on], at[goes_on]
        while ((further := source.take(source)) != source).any():
            source = further
        return found.take(source)

    def _at_borders(self, labels: Bytes) -> Counts:
        """Return the voxels that have a neighbour of another label."""
        differs = np.zeros(labels.size, bool)
        for step in self._steps[::2]:
            other = labels[step:] != labels[:-step]
            differs[step:] |= other
            differs[:-step] |= other
        differs &= labels != BEYOND
        return np.flatnonzero(differs)


def _different(voxels: Counts) -> Counts:
    """Return what `numpy.unique` does, which lets no other thread have its turn meanwhile."""
    rising = np.sort(voxels)
    return rising[np.append(rising[1:] != rising[:-1], True)] if rising.size else rising
