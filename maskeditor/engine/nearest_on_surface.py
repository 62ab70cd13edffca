"""How far places lie from a surface that is packed to bits, by trees of parts of the surface.

No list of all its voxels is made, which would take many times as much memory as a volume of bits does.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from maskeditor.engine.arrays import Array, Bytes, Floats, Integers, Points
from maskeditor.engine.ball import spread_by_ball
from maskeditor.engine.bits import count, inside
from maskeditor.engine.parallel import processors

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

#: Places that are looked for at a time: few enough to take little memory, as many as pay for the trees they are looked
#: for in.
AT_ONCE = 1 << 16
#: Voxels of a surface in one tree, at most: so many, or this share of the volume, as each takes some 45 bytes there.
POINTS, SHARE = 1 << 16, 1 << 8
#: Voxels of a surface of which one is in the tree that tells how far away the nearest may be.
APART = 16
#: Surfaces with more voxels than this share of the volume are rough; to make a tree of all of them takes as long as to
#: look round this share of them.
ROUGH, SPARED = 1 << 6, 1 << 6
#: What is left of a distance on axes so slanted that nothing is left out: far more lies round each voxel then.
SLANTED = 0.5
#: Of a radius, what rounding and the tolerance of a ball may make of it, several times.
DOUBT = 1e-5


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
    for index, more in enumerate(np.bitwise_count(surface).sum(axis=(1, 2), dtype=np.int64).tolist()):
        if not more:
            continue
        if held and (held + more > most or index - first >= slices):
            yield first, stop
            held = 0
        if not held:
            first = index
        held, stop = held + more, index + 1
    if held:
        yield first, stop


def voxels_of(bits: Bytes) -> Integers:
    """Return the voxels (N, 3) of int32 that are set in (K, J, bytes) of uint8, in the order of memory.

    Examples
    --------
    >>> voxels_of(np.array([[[0, 5]], [[1, 0]]], np.uint8)).tolist()
    [[8, 0, 0], [10, 0, 0], [0, 0, 1]]
    """
    _, rows, width = bits.shape
    flat = bits.reshape(-1)
    filled = np.flatnonzero(flat != 0)  # of booleans these are found much sooner
    at = np.flatnonzero(np.unpackbits(flat[filled], bitorder="little").view(np.bool_))
    row, column = np.divmod(filled, width)
    where = np.stack([8 * column, row % rows, row // rows], axis=1).astype(np.int32)
    made: Integers = where[at >> 3]
    made[:, 0] += at & 7
    return made


def beyond(surface: Bytes, shape: tuple[int, ...], steps: Floats, radius: float) -> Bytes:
    """Return the voxels that lie further from a surface than a radius.

    Parameters
    ----------
    surface : (K, J, bytes) array of uint8
    shape : tuple of 3 int
        Of the volume (I, J, K).
    steps : (3, 3) array of float
        A step along each voxel axis in mm, in columns.
    radius : float
        In mm.

    Returns
    -------
    (K, J, bytes) array of uint8
        Some of those that lie as far may be among them, and on slanted axes some that lie nearer.

    Examples
    --------
    >>> beyond(np.array([1], np.uint8).reshape(1, 1, 1), (6, 1, 1), np.eye(3), 2.5).tolist()
    [[[56]]]
    """
    zooms, _, most = _straightened(steps)
    made = spread_by_ball(surface, (1 - DOUBT) * radius / most, zooms)
    np.invert(made, out=made)
    made &= inside(surface.shape[2], shape[0], 0)
    return made


def exposed(surface: Bytes, far: Bytes, steps: Floats, radius: float) -> Bytes:
    """Return those voxels of a surface that may be the nearest to any that lie far from it.

    Who goes to the nearest comes past a far voxel just before the last stretch of a radius, but for the half voxel that
    it may lie beside the way. Of a rough surface, few voxels are so exposed.

    Parameters
    ----------
    surface : (K, J, bytes) array of uint8
    far : (K, J, bytes) array of uint8
        Those `beyond` the radius.
    steps, radius
        As in `beyond`.

    Returns
    -------
    (K, J, bytes) array of uint8
    """
    zooms, least, _ = _straightened(steps)
    diagonals = [float(np.linalg.norm(steps @ corner)) for corner in itertools.product((-1, 1), repeat=3)]
    return surface & spread_by_ball(far, (1 + DOUBT) * (radius + max(diagonals)) / least, zooms)


def _straightened(steps: Floats) -> tuple[list[float], float, float]:
    """Return the lengths of steps (3, 3) in mm, the last first, and what of a distance slanted axes make.

    That is the least and the most that a distance is of the same number of steps along upright axes.
    """
    zooms = np.linalg.norm(steps, axis=0)
    stretched = np.linalg.svd(steps / zooms, compute_uv=False)
    return zooms[::-1].tolist(), float(stretched[-1]), float(stretched[0])


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
        self._surface, self._steps = surface, steps
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
        i, j, k = voxels_of(self._surface[slice(*run)])[::apart].T
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


class Far:
    """Finds how far voxels lie from a surface that most of them lie far from.

    Parameters
    ----------
    surface : (K, J, bytes) array of uint8
    shape : tuple of 3 int
    steps : (3, 3) array of float
    """

    def __init__(self, surface: Bytes, shape: tuple[int, ...], steps: Floats) -> None:
        self._surface, self._shape, self._steps = surface, shape, steps
        voxels = count(surface)
        # Of a smaller one, all trees are made in less time than it takes to leave out what lies nowhere near.
        self._is_rough = voxels > max(POINTS, int(np.prod(shape)) // ROUGH) and _straightened(steps)[1] > SLANTED
        #: So few voxels are looked for one by one in less time than trees are made.
        self.few = voxels // SPARED if self._is_rough else 0
        self._last: _Beyond | None = None

    @cached_property
    def _whole(self) -> Nearest:
        return Nearest(self._surface, self._shape, self._steps)

    def sought(self, voxels: Bytes, radius: float) -> Iterator[tuple[Bytes, Nearest]]:
        """Yield parts of voxels, (K, J, bytes) of uint8, with what finds how far they lie; most lie beyond a radius."""
        if self._is_rough and voxels.any():
            yield from self.further(voxels, radius)
            voxels = voxels & ~self._around(radius).voxels
        if voxels.any():
            yield voxels, self._whole

    def further(self, voxels: Bytes, radius: float) -> Iterator[tuple[Bytes, Nearest]]:
        """Yield voxels, as `sought` does; those within the radius may be left out.

        Parameters
        ----------
        voxels : (K, J, bytes) array of uint8
        radius : float
            In mm.

        Yields
        ------
        (K, J, bytes) array of uint8, Nearest
        """
        if not self._is_rough:
            if voxels.any():
                yield voxels, self._whole
        elif voxels.any():
            around = self._around(radius)
            voxels = voxels & around.voxels
            if voxels.any():
                yield voxels, around.nearest

    def _around(self, radius: float) -> _Beyond:
        if self._last is None or self._last.radius != radius:
            self._last = _Beyond(self._surface, self._shape, self._steps, radius)
        return self._last


class _Beyond:
    """The voxels that lie further from a surface than a radius, see `beyond`."""

    def __init__(self, surface: Bytes, shape: tuple[int, ...], steps: Floats, radius: float) -> None:
        self._surface, self._shape, self._steps, self.radius = surface, shape, steps, radius
        self.voxels = beyond(surface, shape, steps, radius)

    @cached_property
    def nearest(self) -> Nearest:
        """What finds how far they lie; where there are any."""
        seen = exposed(self._surface, self.voxels, self._steps, self.radius)
        return Nearest(seen, self._shape, self._steps)
