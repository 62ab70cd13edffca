"""How far two masks lie apart: exact distances in mm between their surfaces, and between all of their voxels."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from maskeditor.engine.arrays import BoolArray, Bytes, Counts, Floats, Integers
from maskeditor.engine.bits import count, packed_rows, unpacked
from maskeditor.engine.memory_pool import results
from maskeditor.engine.morphology import dilation
from maskeditor.engine.nearest_on_surface import AT_ONCE, Far, Nearest, runs_of, voxels_of
from maskeditor.engine.progress import Reporter, silent
from maskeditor.engine.shells import Shells

#: Voxels of a part of the volume that is looked through at a time.
SLAB = 1 << 20
#: Cubes whose voxels are listed at a time.
FEW = 1 << 11
#: Voxels along each edge of a cube, and cubes along each edge of a larger one.
SIDE = 4
#: The share of the distances between surfaces, of both ways together, that `hausdorff_95` is as large as.
_SHARE = 0.95


class SurfaceDistances(NamedTuple):
    """How far two masks lie apart, in mm; none has a value (NaN) where one of them has no surface.

    Parameters
    ----------
    hausdorff : float
        The furthest that a voxel of either lies from the other mask (0 for those in both).
    hausdorff_95 : float
        The 95th percentile of the distances of the surface voxels of both to the other surface.
    mean : float
        The mean of these distances.
    """

    hausdorff: float
    hausdorff_95: float
    mean: float


#: Of masks of which one has no surface.
NO_DISTANCES = SurfaceDistances(np.nan, np.nan, np.nan)


def surface(mask: BoolArray) -> BoolArray:
    """Return the voxels of a mask that touch, across a face, a voxel outside it; as ITK's `LabelContour`.

    What lies beyond the volume is not known, and makes no surface.

    Parameters
    ----------
    mask : (I, J, K) array of bool

    Returns
    -------
    (I, J, K) array of bool

    Examples
    --------
    >>> surface(np.array([[[True, True, True, False]]]))
    array([[[False, False,  True, False]]])
    """
    made = ~mask
    dilation(made, out=made)
    np.logical_and(made, mask, out=made)
    return made


class _Packed(NamedTuple):
    """A mask and its surface, each (K, J, bytes) of uint8: lowest bit first, as `maskeditor.engine.bits` has them."""

    mask: Bytes
    surface: Bytes


def _packed(mask: BoolArray) -> _Packed:
    """Return a mask (I, J, K) and its surface packed, of which no more than a part is made at a time."""
    made = packed_rows(mask.T)
    edge = np.empty_like(made)
    step, last = _slices(mask.shape), mask.shape[2]
    for first in range(0, last, step):
        start, stop = max(0, first - 1), min(first + step, last)
        around = surface(mask[:, :, start : stop + 1])
        edge[first:stop] = packed_rows(around[:, :, first - start : stop - start].T)
    return _Packed(made, edge)


def _slices(shape: tuple[int, ...]) -> int:
    """Return how many slices of a volume (I, J, K) are looked through at a time."""
    return max(1, SLAB // max(1, shape[0] * shape[1]))


class _Pooled:
    """Distances of voxels of surfaces, of which no more is kept than what is asked of them takes.

    Parameters
    ----------
    count : int
        How many there are; those that are not added are 0.
    """

    def __init__(self, count: int) -> None:
        # Where numpy.percentile looks: between two of them in their order, so that the smaller do not count.
        self._count, self._place, self._sum = count, _SHARE * (count - 1), 0.0
        self._largest = np.zeros(count - int(self._place))

    def add(self, distances: Floats) -> None:
        """Add some, (N,)."""
        self._sum += float(distances.sum())
        self._keep(distances)

    def add_counted(self, distances: Floats, counts: Counts) -> None:
        """Add some, (N,) in ascending order, each as often as it was counted."""
        self._sum += float(distances @ counts)
        # Of the smaller no more than can be among the largest.
        up_to = np.minimum(counts[::-1].cumsum(), len(self._largest))
        self._keep(np.repeat(distances[::-1], np.diff(up_to, prepend=0)))

    def _keep(self, distances: Floats) -> None:
        larger = np.concatenate([self._largest, distances[distances > self._largest.min()]])
        self._largest = np.partition(larger, len(larger) - len(self._largest))[-len(self._largest) :]

    @property
    def mean(self) -> float:
        """The mean of all."""
        return self._sum / self._count

    @property
    def percentile(self) -> float:
        """What `numpy.percentile` gives of all."""
        low, *others = np.sort(self._largest)[:2].tolist()
        return float(low + (others[0] - low) * (self._place % 1)) if others else low


def surface_distances(masks: Iterable[BoolArray], axes: ArrayLike, *, progress: Reporter = silent) -> SurfaceDistances:
    """Return how far two masks lie apart.

    `hausdorff` is that of `SimpleITK.HausdorffDistanceImageFilter`; the others are of the distances from each voxel of
    `SimpleITK.LabelContour` of one mask to the nearest one of the other's, of both ways together.

    Parameters
    ----------
    masks : iterable of two, each (I, J, K) array of bool
        On one grid; what lies beyond them is outside both, or not known. One is let go before the next is asked for, so
        that large ones need not be held at the same time.
    axes : (3, 3) array_like of float
        A step along each voxel axis in mm, in columns.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Examples
    --------
    >>> first = np.array([True, True, False, False, False, False]).reshape(1, 1, 6)
    >>> second = np.array([False, False, False, True, True, False]).reshape(1, 1, 6)
    >>> surface_distances((first, second), np.diag([1, 1, 2.5]))
    SurfaceDistances(hausdorff=7.5, hausdorff_95=7.25, mean=5.833333333333333)
    """
    steps = np.asarray(axes, np.float64)
    shape, sides = (0, 0, 0), list[_Packed]()
    for mask in masks:
        shape = mask.shape
        sides.append(_packed(mask))
        del mask
    results.free_idle()
    progress(0.1)
    counts = [count(side.surface) for side in sides]
    if not all(counts):
        return NO_DISTANCES
    furthest, pooled = 0.0, _Pooled(sum(counts))
    for place, (own, its) in enumerate((sides, sides[::-1])):
        part = _part(progress, 0.1 + 0.45 * place, 0.55 + 0.45 * place)
        furthest = _one_way(own, its, shape, steps, furthest, pooled, part)
    return SurfaceDistances(furthest, pooled.percentile, pooled.mean)


def _one_way(
    own: _Packed,
    its: _Packed,
    shape: tuple[int, ...],
    steps: Floats,
    bound: float,
    pooled: _Pooled,
    progress: Reporter,
) -> float:
    """Add how far the voxels of a surface lie from another; return how far the mask reaches from the other, or a bound.

    Parameters
    ----------
    own, its : _Packed
        The mask and the other.
    shape : tuple of 3 int
    steps : (3, 3) array of float
    bound : float
        In mm; is returned if it is larger.
    pooled : _Pooled
    progress : callable
    """
    shells, far = Shells(shape, steps), Far(its.surface, shape, steps)
    # Where the surfaces meet, they lie 0 mm apart: nothing needs to be looked for.
    left = own.surface & ~its.surface
    close = shells.look(left, its.mask, its.surface, far.few, _part(progress, 0, 0.5))
    pooled.add_counted(shells.lengths, close.counts)
    furthest = max(bound, close.furthest)
    for voxels, nearest in far.sought(left, shells.radius):
        furthest = max(furthest, _add_far(voxels, nearest, its.mask, pooled))
    progress(0.75)
    inner = own.mask & ~(own.surface | its.mask)
    for part, nearest in far.further(inner, min(shells.radius, furthest)):
        furthest = _furthest(part, nearest, shape, steps, furthest, _part(progress, 0.75, 1))
    return furthest


def _add_far(voxels: Bytes, nearest: Nearest, mask: Bytes, pooled: _Pooled) -> float:
    """Add how far voxels (K, J, bytes) lie from a surface; return the largest of those outside its mask, or 0."""
    waiting, furthest = list[Integers](), 0.0

    def add_waiting() -> float:
        places = np.concatenate(waiting)
        waiting.clear()
        distances = nearest.distances(places)
        pooled.add(distances)
        return float(distances[~_are_in(mask, places)].max(initial=0.0))

    for first, stop in runs_of(voxels, AT_ONCE, len(voxels)):
        waiting.append(voxels_of(voxels[first:stop]) + np.array((0, 0, first), np.int32))
        # Together, as each time trees are made for them.
        if sum(map(len, waiting)) > AT_ONCE:
            furthest = max(furthest, add_waiting())
    return max(furthest, add_waiting()) if waiting else furthest


def _are_in(mask: Bytes, voxels: Integers) -> BoolArray:
    """Return which of some voxels (N, 3) a mask (K, J, bytes) holds."""
    i, j, k = voxels.T
    found: BoolArray = mask[k, j, i // 8] >> (i % 8).astype(np.uint8) & np.uint8(1) != 0
    return found


def _furthest(
    mask: Bytes, nearest: Nearest, shape: tuple[int, ...], steps: Floats, bound: float, progress: Reporter
) -> float:
    """Return the largest distance of the voxels of a mask (K, J, bytes), or a bound if none is larger.

    The middle of a cube is looked at first: if it lies so near that no voxel of the cube can lie further than the
    bound, none of them is.
    """
    cubes = range(0, shape[2], SIDE * max(1, _slices(shape) // SIDE))
    middle = np.concatenate([_coarser(unpacked(mask[at : at + cubes.step], shape[0]).T) for at in cubes], axis=2)
    # In the order of memory, so that those that are looked for together lie near each other.
    cells = np.argwhere(_coarser(middle).T)[:, ::-1]

    def in_middle(voxels: Integers) -> BoolArray:
        found: BoolArray = middle[tuple(voxels.T)]
        return found

    def in_mask(voxels: Integers) -> BoolArray:
        return _are_in(mask, voxels)

    half = max(float(np.linalg.norm(steps @ corner)) for corner in itertools.product((-0.5, 0.5), repeat=3))
    for size, finer, within in ((SIDE**2, in_middle, middle.shape), (SIDE, in_mask, shape), (1, None, shape)):
        reach, kept = half * (size - 1), []
        for start in range(0, len(cells), AT_ONCE):
            part = cells[start : start + AT_ONCE]
            found = nearest.distances(part * size + (size - 1) / 2, bound - reach)
            bound = max(bound, float(found.max()) - reach)
            kept.append((part, found + reach))
            progress(start / len(cells) / size)
        if finer is not None:
            cells = np.concatenate([_inside(part[reaches > bound], finer, within) for part, reaches in kept] or [cells])
    return bound


def _coarser(mask: BoolArray) -> BoolArray:
    """Return which cubes of a mask have a voxel; those at the far edges may be smaller."""
    for axis in (2, 1, 0):  # the slowest in memory first
        turned = np.moveaxis(mask, axis, 0)
        made = turned[::SIDE].copy(order="K")
        for first in range(1, SIDE):
            part = turned[first::SIDE]
            np.logical_or(made[: len(part)], part, out=made[: len(part)])
        mask = np.moveaxis(made, 0, axis)
    return mask


def _inside(cubes: Integers, is_in: Callable[[Integers], BoolArray], shape: tuple[int, ...]) -> Integers:
    """Return the voxels (N, 3) of a mask of a shape in some of its cubes (M, 3); it tells which voxels are in it."""
    found = []
    corners = np.indices((SIDE,) * 3).reshape(3, -1).T
    for start in range(0, len(cubes), FEW):
        voxels = (cubes[start : start + FEW, None] * SIDE + corners).reshape(-1, 3)
        voxels = voxels[(voxels < shape).all(axis=1)]
        found.append(voxels[is_in(voxels)])
    return np.concatenate(found) if found else cubes


def _part(progress: Reporter, start: float, stop: float) -> Reporter:
    return lambda fraction: progress(start + fraction * (stop - start))
