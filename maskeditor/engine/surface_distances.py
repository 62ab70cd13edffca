"""How far two masks lie apart: exact distances in mm between their surfaces, and between all of their voxels."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from maskeditor.engine.arrays import BoolArray, Bytes, Floats, Integers, Points
from maskeditor.engine.memory_pool import results
from maskeditor.engine.morphology import dilation
from maskeditor.engine.parallel import in_parallel
from maskeditor.engine.progress import Reporter, silent

#: Places that are looked for at a time: few enough to take little memory, many enough for threads not to wait.
AT_ONCE = 1 << 15
#: Voxels of a part of the volume that is looked through at a time.
SLAB = 1 << 18
#: Voxels round a place that are looked at one by one before a tree is asked, which takes as long as some five hundred;
#: how many of these show whether that finds anything; and how many voxels away they lie at most.
ROUND, FIRST, FURTHEST = 256, 32, 6
#: Cubes whose voxels are listed at a time.
FEW = 1 << 11
#: Voxels along each edge of a cube, and cubes along each edge of a larger one.
SIDE = 4

#: Finds how far some positions (N, 3) lie from a surface, (N,).
Nearest = Callable[[Points], Floats]


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


class _Bits(NamedTuple):
    """What says in the code of a voxel that it is in a mask, and in its surface."""

    mask: int
    surface: int


_BITS = (_Bits(1, 2), _Bits(4, 8))


def _codes(masks: Iterable[BoolArray]) -> Bytes:
    """Return for each voxel of two masks (I, J, K) what it is part of; the next mask is asked for when one is done."""
    codes: Bytes | None = None
    for mask, bits in zip(masks, _BITS, strict=True):
        if codes is None:
            codes = np.zeros(mask.shape, np.uint8, order="F")
        for first, stop in _slabs(mask.shape):  # so that nothing as large is made meanwhile
            start, end = max(0, first - 1), min(stop + 1, mask.shape[2])
            around = surface(mask[:, :, start:end])[:, :, first - start : stop - start]
            codes[:, :, first:stop] |= around * np.uint8(bits.surface) | mask[:, :, first:stop] * np.uint8(bits.mask)
        del mask
    assert codes is not None
    return codes


def _slabs(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Yield the first slice of each part of a volume (I, J, K) along its last axis, and the one after its last."""
    step = max(1, SLAB // max(1, shape[0] * shape[1]))
    for first in range(0, shape[2], step):
        yield first, min(first + step, shape[2])


def _those(codes: Bytes, bits: int, wanted: int) -> BoolArray:
    """Return the voxels whose code has some bits as wanted."""
    made = codes & np.uint8(bits)
    there: BoolArray = np.equal(made, np.uint8(wanted), out=made.view(np.bool_))
    return there


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
    codes = _codes(masks)
    results.free_idle()
    progress(0.1)
    surfaces = [_surface_of(codes, bits) for bits in _BITS]
    if not all(map(len, surfaces)):
        return NO_DISTANCES
    furthest = 0.0
    pooled = np.zeros(sum(map(len, surfaces)))
    ways = np.split(pooled, [len(surfaces[0])])
    for place, (own, its) in enumerate((_BITS, _BITS[::-1])):
        part = _part(progress, 0.1 + 0.45 * place, 0.55 + 0.45 * place)
        way = ways[place], surfaces[place], surfaces[1 - place]
        furthest = _one_way(codes, own, its, *way, steps, furthest, part)
    mean = float(pooled.mean())
    return SurfaceDistances(furthest, float(np.percentile(pooled, 95, overwrite_input=True)), mean)


def _one_way(
    codes: Bytes,
    own: _Bits,
    its: _Bits,
    distances: Floats,
    surface: Integers,
    other: Integers,
    steps: Floats,
    furthest: float,
    progress: Reporter,
) -> float:
    """Find how far the voxels of a surface lie from another; return the furthest of its mask from the other mask.

    Parameters
    ----------
    codes : (I, J, K) array of uint8
    own, its : _Bits
        Of the mask and of the other.
    distances : (N,) array of float
        Of the voxels of the surface; zeros, which are written over where it lies apart from the other.
    surface, other : (N,) and (M,) array of int
        Flat indices in Fortran order.
    steps : (3, 3) array of float
    furthest : float
        What was the furthest before.
    progress : callable
    """
    nearest = _nearest_of(_positions(other, codes.shape, steps))
    progress(0.2)
    # Where the surfaces meet, they lie 0 mm apart: nothing needs to be looked for.
    there = codes.reshape(-1, order="F")[surface]
    is_alone = there & its.surface == 0
    near = _Near(codes, its.surface, steps)
    found = _each(near, nearest, surface[is_alone], codes.shape, steps, _part(progress, 0.2, 0.8))
    del near
    distances[is_alone] = found
    # Outside a mask, its nearest voxel is one of its surface.
    furthest = max(furthest, float(found[there[is_alone] & its.mask == 0].max(initial=0.0)))
    del there, is_alone, found
    inner = _those(codes, own.mask | own.surface | its.mask, own.mask)
    return _furthest(inner, nearest, steps, furthest, _part(progress, 0.8, 1.0))


def _nearest_of(points: Points) -> Nearest:
    from scipy.spatial import cKDTree  # takes a while

    # Cut in the middle of the space and not of the points, which takes half the time to build; with leaves so large,
    # both that and looking take a tenth less.
    tree = cKDTree(points, leafsize=24, balanced_tree=False, compact_nodes=False)
    return lambda places: np.asarray(tree.query(places)[0], np.float64)


def _furthest(mask: BoolArray, nearest: Nearest, steps: Floats, bound: float, progress: Reporter) -> float:
    """Return the largest distance of the voxels of a mask (I, J, K) of bool, or a bound if none is larger.

    The middle of a cube is looked at first: if it lies so near that no voxel of the cube can lie further than the
    bound, none of them is.
    """
    middle = _coarser(mask)
    cells = np.argwhere(_coarser(middle))
    half = max(float(np.linalg.norm(steps @ corner)) for corner in itertools.product((-0.5, 0.5), repeat=3))
    for size, finer in ((SIDE**2, middle), (SIDE, mask), (1, None)):
        reach, kept = half * (size - 1), []
        for start in range(0, len(cells), AT_ONCE):
            part = cells[start : start + AT_ONCE]
            found = nearest((part * size + (size - 1) / 2) @ steps.T)
            bound = max(bound, float(found.max()) - reach)
            kept.append((part, found + reach))
            progress(start / len(cells) / size)
        if finer is not None:
            cells = np.concatenate([_inside(part[reaches > bound], finer) for part, reaches in kept] or [cells])
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


def _inside(cubes: Integers, mask: BoolArray) -> Integers:
    """Return the voxels (N, 3) of a mask (I, J, K) in some of its cubes (M, 3)."""
    found = []
    corners = np.indices((SIDE,) * 3).reshape(3, -1).T
    for start in range(0, len(cubes), FEW):
        voxels = (cubes[start : start + FEW, None] * SIDE + corners).reshape(-1, 3)
        voxels = voxels[(voxels < mask.shape).all(axis=1)]
        found.append(voxels[mask[tuple(voxels.T)]])
    return np.concatenate(found) if found else cubes


def _surface_of(codes: Bytes, bits: _Bits) -> Integers:
    """Return the flat indices (N,) in Fortran order of the voxels of a surface, in the smallest type that holds all."""
    flat, kind = codes.reshape(-1, order="F"), np.int32 if codes.size <= np.iinfo(np.int32).max else np.int64
    parts = [
        (np.flatnonzero(flat[start : start + SLAB] & np.uint8(bits.surface)) + start).astype(kind)
        for start in range(0, flat.size, SLAB)
    ]
    return np.concatenate(parts)


def _positions(indices: Integers, shape: tuple[int, ...], steps: Floats) -> Points:
    """Return where voxels lie in mm from the first, (N, 3)."""
    positions = np.empty((len(indices), 3))
    for start in range(0, len(indices), AT_ONCE):
        voxels = np.unravel_index(indices[start : start + AT_ONCE], shape, order="F")
        positions[start : start + AT_ONCE] = np.stack(voxels, axis=-1) @ steps.T
    return positions


class _Near:
    """Finds how far places lie from a surface that most of them lie close to: looks at the voxels round each, the
    nearest first.

    Parameters
    ----------
    codes : (I, J, K) array of uint8
    bit : int
        What says in a code that a voxel is of the surface.
    steps : (3, 3) array
        A step along each voxel axis in mm, in columns.
    """

    def __init__(self, codes: Bytes, bit: int, steps: Floats) -> None:
        # A ball of so many voxels, or a smaller one where they are long: it reaches so far along each axis, however
        # slanted these are.
        inverse = np.linalg.norm(np.linalg.inv(steps), axis=1)
        radius = min((0.75 * ROUND * abs(float(np.linalg.det(steps))) / np.pi) ** (1 / 3), FURTHEST / inverse.max())
        reach = np.floor(radius * inverse).astype(int)
        self._reach = reach
        self._padded = np.zeros(np.add(codes.shape, 2 * reach), bool, order="F")
        inside = self._padded[tuple(slice(edge, edge + size) for edge, size in zip(reach, codes.shape, strict=True))]
        for first, stop in _slabs(codes.shape):
            np.not_equal(codes[:, :, first:stop] & np.uint8(bit), 0, out=inside[:, :, first:stop])
        self._flat = self._padded.reshape(-1, order="F")
        self._strides = np.cumprod((1, *self._padded.shape[:2]))
        voxels = np.stack(np.meshgrid(*(np.arange(-edge, edge + 1) for edge in reach), indexing="ij"), -1).reshape(
            -1, 3
        )
        lengths = np.linalg.norm(voxels @ steps.T, axis=1)
        order = np.argsort(lengths, kind="stable")[: np.count_nonzero(lengths <= radius)]
        self._lengths, self._jumps = lengths[order].tolist(), (voxels[order] @ self._strides).tolist()

    def distances(self, voxels: tuple[Integers, ...]) -> Floats:
        """Return the distance of each of some voxels (N,) in mm; NaN where it is not close."""
        places = sum(
            (one + edge) * stride for one, edge, stride in zip(voxels, self._reach, self._strides, strict=True)
        )
        found = np.full(len(places), np.nan)
        left = np.arange(len(places))
        for rank, (length, jump) in enumerate(zip(self._lengths, self._jumps, strict=True)):
            if not len(left) or (rank == FIRST and 8 * len(left) > 7 * len(found)):
                break
            hit = self._flat[places + jump]
            if hit.any():
                found[left[hit]] = length
                np.logical_not(hit, out=hit)
                left, places = left[hit], places[hit]
        return found


def _each(
    near: _Near, nearest: Nearest, indices: Integers, shape: tuple[int, ...], steps: Floats, progress: Reporter
) -> Floats:
    """Return the distance of each of some voxels, (N,)."""
    parts = [slice(start, start + AT_ONCE) for start in range(0, max(1, len(indices)), AT_ONCE)]

    def work(part: slice, report: Reporter) -> Floats:
        voxels = np.unravel_index(indices[part], shape, order="F")
        found = near.distances(voxels)
        far = np.flatnonzero(np.isnan(found))
        found[far] = nearest(np.stack([axis[far] for axis in voxels], axis=-1) @ steps.T)
        report(1.0)
        return found

    return np.concatenate(in_parallel(work, parts, progress))


def _part(progress: Reporter, start: float, stop: float) -> Reporter:
    return lambda fraction: progress(start + fraction * (stop - start))
