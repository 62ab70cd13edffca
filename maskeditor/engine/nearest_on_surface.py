"""How far places lie from a surface that is packed to bits: by a look round each, or by trees of parts of the surface.

No list of all its voxels is made, which would take many times as much memory as a volume of bits does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, BoolArray, Bytes, Floats, Integers, Points
from maskeditor.engine.bits import unpacked
from maskeditor.engine.parallel import processors
from maskeditor.engine.progress import Reporter, silent

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

#: Places that are looked for at a time: few enough to take little memory, as many as pay for the trees they are looked
#: for in.
AT_ONCE = 1 << 16
#: Voxels of a surface in one tree, at most: so many, or this share of the volume, as each takes some 45 bytes there.
POINTS, SHARE = 1 << 16, 1 << 8
#: Voxels of a surface of which one is in the tree that tells how far away the nearest may be.
APART = 16
#: Voxels round a place that are looked at one by one before a tree is asked, which takes as long as some five hundred;
#: how many of these show whether that finds anything; and how many voxels away they lie at most.
ROUND, FIRST, FURTHEST = 256, 32, 6


def runs_of(surface: Bytes, most: int, slices: int) -> Iterator[tuple[int, int]]:
    """Yield the first slice of runs of slices with voxels, and the one after the last.

    Parameters
    ----------
    surface : (K, J, bytes) array of uint8
    most : int
        Voxels of a run of more than one slice, at most.
    slices : int
        Slices of a run, at most.

    Examples
    --------
    >>> list(runs_of(np.array([0, 1, 3, 1, 0, 0, 7], np.uint8).reshape(7, 1, 1), 3, 9))
    [(1, 3), (3, 4), (6, 7)]
    """
    first, held, stop = 0, 0, 0
    for index, count in enumerate(np.bitwise_count(surface).sum(axis=(1, 2), dtype=np.int64).tolist()):
        if not count:
            continue
        if held and (held + count > most or index - first >= slices):
            yield first, stop
            held = 0
        if not held:
            first = index
        held, stop = held + count, index + 1
    if held:
        yield first, stop


class Nearest:
    """Finds how far places lie from a surface, exactly, with trees of parts of it, one at a time.

    Parameters
    ----------
    surface : (K, J, bytes) array of uint8
        With a voxel at least.
    shape : tuple of 3 int
        Of the volume (I, J, K).
    steps : (3, 3) array of float
        A step along each voxel axis in mm, in columns.

    Examples
    --------
    >>> surface = np.array([1, 0, 0, 4], np.uint8).reshape(4, 1, 1)
    >>> nearest = Nearest(surface, (8, 1, 4), np.diag([1.0, 1.0, 3.0]))
    >>> nearest.distances(np.array([[2.0, 0, 0], [2, 0, 2]])).tolist()
    [2.0, 3.0]
    """

    def __init__(self, surface: Bytes, shape: tuple[int, ...], steps: Floats) -> None:
        self._surface, self._length, self._steps = surface, shape[0], steps
        self._runs = list(runs_of(surface, max(POINTS, int(np.prod(shape)) // SHARE), shape[2]))
        # Between two slices lies so much, however slanted they are.
        self._apart = 1 / float(np.linalg.norm(np.linalg.inv(steps)[2]))
        is_one = len(self._runs) == 1
        parts = [self._points(run, 1 if is_one else APART) for run in self._runs]
        self._sparse = _tree(np.concatenate(parts))
        if is_one:  # all of it is in that tree
            self._runs = []

    def distances(self, places: Array, beyond: float = 0.0) -> Floats:
        """Return how far some places lie in mm, (N,) of float64.

        Parameters
        ----------
        places : (N, 3) array of int or float
            In voxels.
        beyond : float
            Of a place that lies at most so far away, what is returned may be larger, but not beyond this.
        """
        i, j, heights = places.T
        at = self._positions(i, j, heights)
        # Not the nearest, but it tells where that may be.
        found = _looked_up(self._sparse, at)
        for run in self._runs:
            # All of a part lies at least as far away as its slices do.
            least = np.maximum(run[0] - heights, heights - (run[1] - 1)) * self._apart
            those = np.flatnonzero((least < found) & (found > beyond))
            if those.size:
                before = found[those]
                now = _looked_up(_tree(self._points(run)), at[those], float(before.max()))
                found[those] = np.minimum(before, now)
        return found

    def _points(self, run: tuple[int, int], apart: int = 1) -> Points:
        """Return where the voxels of some slices of the surface lie in mm, (N, 3): all, or one of so many."""
        part = unpacked(self._surface[slice(*run)], self._length)
        rest, i = np.divmod(np.flatnonzero(part)[::apart], part.shape[2])
        k, j = np.divmod(rest, part.shape[1])
        return self._positions(i, j, k + run[0])

    def _positions(self, i: Array, j: Array, k: Array) -> Points:
        """Return where some voxels lie in mm, (N, 3)."""
        # Not as a product of matrices, which would wake the threads of the library for so little.
        made = np.empty((len(i), 3))
        for axis, (x, y, z) in enumerate(self._steps.tolist()):
            made[:, axis] = x * i + y * j + z * k
        return made


def _tree(points: Points) -> cKDTree:
    from scipy.spatial import cKDTree  # takes a while

    # Cut in the middle of the space and not of the points, which takes half the time to build; with leaves so large,
    # both that and looking take a tenth less.
    return cKDTree(points, leafsize=24, balanced_tree=False, compact_nodes=False)


def _looked_up(tree: cKDTree, places: Points, bound: float = np.inf) -> Floats:
    """Return how far places (N, 3) lie from the nearest of a tree, (N,); infinite if none is nearer than a bound."""
    return np.asarray(tree.query(places, distance_upper_bound=bound, workers=processors())[0], np.float64)


class Near:
    """Finds how far places lie from a surface that most of them lie close to: looks at the voxels round each, the
    nearest first.

    Parameters
    ----------
    surface : (K, J, bytes) array of uint8
    shape : tuple of 3 int
        Of the volume (I, J, K).
    steps : (3, 3) array
        A step along each voxel axis in mm, in columns.
    """

    def __init__(self, surface: Bytes, shape: tuple[int, ...], steps: Floats) -> None:
        self._surface, self.shape = surface, shape
        # A ball of so many voxels, or a smaller one where they are long: it reaches so far along each axis, however
        # slanted these are.
        inverse = np.linalg.norm(np.linalg.inv(steps), axis=1)
        radius = min((0.75 * ROUND * abs(float(np.linalg.det(steps))) / np.pi) ** (1 / 3), FURTHEST / inverse.max())
        self.reach: NDArray[np.int64] = np.floor(radius * inverse).astype(np.int64)
        i, j, _ = np.add(shape, 2 * self.reach)
        self.strides = np.array([1, i, i * j])
        axes = np.meshgrid(*(np.arange(-edge, edge + 1) for edge in self.reach), indexing="ij")
        voxels = np.stack(axes, -1).reshape(-1, 3)
        lengths = np.linalg.norm(voxels @ steps.T, axis=1)
        order = np.argsort(lengths, kind="stable")[: np.count_nonzero(lengths <= radius)]
        #: How far the voxels round a place lie in mm, the nearest first, and in the memory of a slab.
        self.lengths: list[float] = lengths[order].tolist()
        self.jumps: list[int] = (voxels[order] @ self.strides).tolist()

    def slab(self, first: int, stop: int) -> Slab:
        """Return what finds distances from voxels of some slices: the first, and the one after the last."""
        i, j, k = self.reach.tolist()
        start, end = max(0, first - k), min(stop + k, self.shape[2])
        padded = np.zeros((stop - first + 2 * k, self.shape[1] + 2 * j, self.shape[0] + 2 * i), np.bool_)
        inside = padded[start - first + k : end - first + k, j : j + self.shape[1], i : i + self.shape[0]]
        inside[...] = unpacked(self._surface[start:end], self.shape[0])
        return Slab(self, first, padded.reshape(-1))


class Slab:
    """Finds the distances of the voxels of some slices, see `Near`.

    Parameters
    ----------
    near : Near
    first : int
        The first of the slices.
    padded : (N,) array of bool
        Whether voxels are of the surface, in the order of memory, with as many more on each side as are looked at.
    """

    def __init__(self, near: Near, first: int, padded: BoolArray) -> None:
        self._near, self._first, self._padded = near, first, padded

    def voxels(self, indices: Integers) -> Integers:
        """Return the indices (N, 3) of int32 in the volume of some voxels (N,), given flat in the order of memory."""
        made = np.empty((len(indices), 3), np.int32)
        made[:, 0], made[:, 1], made[:, 2] = self._apart(indices)
        made[:, 2] += self._first
        return made

    def distances(self, indices: Integers, _: Reporter = silent) -> Floats:
        """Return how far some voxels, (N,) of int64 flat in the order of memory, lie in mm; NaN where not close.

        Returns
        -------
        (N,) array of float64
        """
        near = self._near
        where = zip(self._apart(indices), near.reach, near.strides, strict=True)
        places = sum((axis + edge) * stride for axis, edge, stride in where)
        found = np.full(len(places), np.nan)
        left = np.arange(len(places))
        for rank, (length, jump) in enumerate(zip(near.lengths, near.jumps, strict=True)):
            if not len(left) or (rank == FIRST and 8 * len(left) > 7 * len(found)):
                break
            hit = self._padded[places + jump]
            if hit.any():
                found[left[hit]] = length
                np.logical_not(hit, out=hit)
                left, places = left[hit], places[hit]
        return found

    def _apart(self, indices: Integers) -> tuple[Integers, Integers, Integers]:
        rows, i = np.divmod(indices, self._near.shape[0])
        k, j = np.divmod(rows, self._near.shape[1])
        return i, j, k
