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

import numpy as np

from maskeditor.engine.arrays import Array, Bytes
from maskeditor.engine.basin_tree import HIGHEST, Ranks, Tree, lowest_below, rising, steps_of, tree_of
from maskeditor.engine.flood import BEYOND, Flood
from maskeditor.engine.progress import Reporter, silent

#: Labels that seeds may have, from 0 on.
MOST_LABELS = 250
#: Voxels that can be flooded, those of the rim among them: of a way's 32 bits, the direction takes 3.
MOST_VOXELS = 1 << 29


@dataclass(frozen=True, eq=False)
class Basins:
    """What of a watershed does not depend on its seeds.

    Parameters
    ----------
    shape : tuple of 3 int
    ranks : (n,) array of int32
        Of all voxels, and of a rim one voxel wide around them, in Fortran order.
    basins : (n,) array of int32
        In which basin each voxel lies, numbered as their lowest voxels lie in memory; the rim lies in one of its own,
        the last.
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
        order = rising(values.reshape(-1, order="F"))
        del values  # which nobody may hold else
        report(0.3)
        flat = np.empty(order.size, np.int32)
        flat[order] = np.arange(order.size, dtype=np.int32)
        del order
        around = np.full((k + 2, j + 2, i + 2), HIGHEST, np.int32)
        around[1:-1, 1:-1, 1:-1] = flat.reshape(k, j, i)
        del flat
        ranks = around.ravel()
        steps = steps_of((i, j, k))
        lowest = lowest_below(ranks, steps)
        report(0.45)
        is_bottom = (lowest == np.arange(ranks.size, dtype=np.int32)) & (ranks < HIGHEST)
        count = int(np.count_nonzero(is_bottom))
        numbers = np.full(ranks.size, count, np.int32)
        numbers[is_bottom] = np.arange(count, dtype=np.int32)
        basins = numbers.take(lowest)
        del lowest, is_bottom, numbers
        report(0.6)
        tree = tree_of(ranks, basins, steps, count, report)
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
        fixed = np.full(self.ranks.size, BEYOND, np.uint8)
        fixed[where] = labels
        flood = Flood(self.ranks, self.basins, self.tree, steps_of(self.shape), where, fixed)
        report(0.6)
        flooded = flood.labels(report)
        whole = flooded.reshape([size + 2 for size in self.shape[::-1]])[1:-1, 1:-1, 1:-1].T
        grown = np.asfortranarray(whole)
        grown.setflags(write=False)
        self._last[:] = [(seeded, grown)]
        report(1.0)
        return grown


def with_rim(shape: tuple[int, ...]) -> int:
    """Return how many voxels a volume has with a rim one voxel wide around it, as `MOST_VOXELS` counts them."""
    return math.prod(size + 2 for size in shape)
