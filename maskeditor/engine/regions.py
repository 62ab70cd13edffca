"""What the values of an image are like in each of many regions, found together and without a second copy of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from maskeditor.engine.arrays import Array, Counts, Floats
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.order_statistics import of_ranks
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Reporter, silent

#: The values of regions are gathered and sorted, a part of the image together; those of a larger one are ranked by
#: counting their digits, which takes longer and no memory.
GATHERED = 4
#: Values that are gathered in any case.
FEW = 1 << 20


class Piece(NamedTuple):
    """Voxels of one plane of the image that belong to regions.

    Parameters
    ----------
    plane : int
        Their index along the last axis.
    places : (N,) array of intp
        Where they lie in the plane, in Fortran order, ascending.
    regions : (N,) array of unsigned integers
        The number of the region that each belongs to.
    """

    plane: int
    places: Counts
    regions: Array


#: Returns all voxels of all regions in some planes anew, plane by plane; any thread may ask.
Pieces = Callable[[slice], Iterable[Piece]]
#: All planes.
ALL = slice(None)
#: Planes that are worth another processor, and those that are looked at before they are joined: what is known of each
#: is kept for so long.
WORTHWHILE, TOGETHER = 8, 64


class RegionStatistics(NamedTuple):
    """What the values in a region are like; NaN where none is finite.

    Parameters
    ----------
    voxels : int
    not_finite : int
        How many of them hold NaN or an infinite number, and are left out of all that follows but the centre.
    mean : float
    standard_deviation : float
    minimum, maximum : float
    percentiles : tuple of float
        As ``numpy.percentile``, between two values where it falls between them.
    centre : tuple of 3 float
        The mean of the indices of its voxels, each of the same weight.
    peak : tuple of 3 int, or None
        The voxel of the maximum, the first in memory of several; None where no value is finite.
    box : Box or None
        The smallest that holds all of its voxels, finite or not; None without any.
    """

    voxels: int
    not_finite: int
    mean: float
    standard_deviation: float
    minimum: float
    maximum: float
    percentiles: tuple[float, ...]
    centre: tuple[float, float, float]
    peak: Voxel | None
    box: Box | None


def region_statistics(
    values: Array,
    pieces: Pieces,
    count: int,
    percents: Sequence[float],
    *,
    ddof: int = 0,
    scaled: Callable[[Array], Array] | None = None,
    progress: Reporter = silent,
) -> list[RegionStatistics]:
    """Return what the values in each of some regions are like.

    Equal to ``numpy.mean``, ``std``, ``percentile``, ``min`` and ``max`` of the finite values in float64, mean and
    standard deviation to within rounding, and the centre to ``scipy.ndimage.center_of_mass`` of the mask.

    Parameters
    ----------
    values : (I, J, K) array of int or float
        In Fortran order, else it is copied.
    pieces : callable
        Returns the voxels of the regions in some planes, each a number from 0 to `count` - 1, as often as it is called.
    count : int
        Of the regions.
    percents : sequence of float
        From 0 to 100.
    ddof : int
        The divisor of the standard deviation is the number of values less this.
    scaled : callable, optional
        Applied to the values, some at a time, to make intensities of them.
    progress : callable, optional
        Called with the fraction done; may raise to cancel.

    Examples
    --------
    >>> values = np.array([[[5.0, 1.0, 2.0, np.nan]]])
    >>> voxels = [Piece(k, np.zeros(1, int), np.array([k // 2])) for k in range(4)]
    >>> found = region_statistics(values, lambda planes: voxels[planes], 2, [50])
    >>> found[0].mean, found[0].percentiles, found[0].peak, found[0].centre
    (3.0, (3.0,), (0, 0, 0), (0.0, 0.0, 0.5))
    >>> found[1].voxels, found[1].not_finite, found[1].maximum
    (2, 1, 2.0)
    """
    planes = values.reshape(-1, values.shape[2], order="F")
    # Of each place in a plane, its indices along the first two axes.
    across, down = (np.ravel(index, "F").astype(np.float64) for index in np.indices(values.shape[:2]))
    sums, depth = _Sums(values.shape[0], count), values.shape[2]

    def summed(some: slice, report: Reporter) -> list[_Plane]:
        found = []
        for piece in pieces(some):
            if piece.places.size:
                there = _intensities(planes[:, piece.plane].take(piece.places), scaled)
                found.append(_summed(piece, there, across, down, count > 1))
            report((piece.plane + 1 - some.start) / (some.stop - some.start))
        return found

    for first in range(0, depth, TOGETHER):
        stop = min(first + TOGETHER, depth)
        parts = [slice(first + part.start, first + part.stop) for part in parts_of(stop - first, WORTHWHILE)]
        report = _part(progress, first / depth / 2, stop / depth / 2)
        # Joined in the order of the planes, however many processors there are, so that the same numbers come out.
        for some in in_parallel(summed, parts, report):
            for plane in some:
                sums.add(plane)
    ranked: list[tuple[float, ...]] = [()] * count
    if percents:
        ranked = _percentiles(planes, pieces, sums.finite, percents, scaled, _part(progress, 0.5, 1.0))
    return [sums.statistics(region, ranked[region], ddof) for region in range(count)]


def _part(progress: Reporter, start: float, stop: float) -> Reporter:
    return lambda done: progress(start + done * (stop - start))


class _Plane(NamedTuple):
    """What the voxels of regions are like in one plane, region by region.

    Parameters
    ----------
    plane : int
    regions, voxels : (R,) array of int
        Those that are met there, and how large they are.
    totals, lows, highs : (2, R) array of float64
        Along the first two axes, the sums of their indices, and the least and the greatest.
    known, finite : (F,) array of int
        Those that have finite values there, and how many.
    means, squares, minima, maxima : (F,) array of float64
        Of these values; the squares are those of the distances from the mean, together.
    peaks : (F,) array of int
        The first place of the greatest.
    """

    plane: int
    regions: Array
    voxels: Counts
    totals: Floats
    lows: Floats
    highs: Floats
    known: Array
    finite: Counts
    means: Floats
    squares: Floats
    minima: Floats
    maxima: Floats
    peaks: Counts


def _summed(piece: Piece, values: Floats, across: Floats, down: Floats, are_many: bool) -> _Plane:
    """Return what some voxels of one plane are like, of which the values and all places' indices are given."""
    plane, places, regions = piece
    if are_many:
        order = np.argsort(regions, kind="stable")
        places, regions, values = places.take(order), regions.take(order), values.take(order)
    here, starts, counts = _runs(regions)
    first, second = across.take(places), down.take(places)
    totals = np.array((np.add.reduceat(first, starts), np.add.reduceat(second, starts)))
    # Of each region, places ascend, and with them the indices along the second axis.
    lows = np.array((np.minimum.reduceat(first, starts), second[starts]))
    highs = np.array((np.maximum.reduceat(first, starts), second[starts + counts - 1]))
    met = (plane, here, counts, totals, lows, highs)
    finite = np.isfinite(values)
    if not finite.all():
        places, regions, values = places[finite], regions[finite], values[finite]
        if not values.size:
            nothing = np.zeros(0)
            return _Plane(*met, here[:0], counts[:0], nothing, nothing, nothing, nothing, counts[:0])
        here, starts, counts = _runs(regions)
    means = np.add.reduceat(values, starts) / counts
    distances = values - np.repeat(means, counts)
    squares = np.add.reduceat(np.multiply(distances, distances, out=distances), starts)
    maxima = np.maximum.reduceat(values, starts)
    # Where a run has its greatest value for the first time.
    greatest = np.flatnonzero(values == np.repeat(maxima, counts))
    peaks = places[greatest[np.searchsorted(greatest, starts)]]
    return _Plane(*met, here, counts, means, squares, np.minimum.reduceat(values, starts), maxima, peaks)


class _Sums:
    """Counts, sums and extremes of regions, plane by plane."""

    def __init__(self, width: int, count: int) -> None:
        self._width = width
        self.voxels: Counts = np.zeros(count, np.intp)
        self.finite: Counts = np.zeros(count, np.intp)
        self.indices: Floats = np.zeros((3, count))
        # The lowest and the highest index of each along each axis.
        self.lows: Counts = np.full((3, count), np.iinfo(np.intp).max)
        self.highs: Counts = np.full((3, count), -1)
        self.means: Floats = np.zeros(count)
        self.squares: Floats = np.zeros(count)  # of the distances from the mean
        self.minima: Floats = np.full(count, np.inf)
        self.maxima: Floats = np.full(count, -np.inf)
        self.peaks: Counts = np.zeros((count, 2), np.intp)

    def add(self, plane: _Plane) -> None:
        """Take in a plane after those before it."""
        here = plane.regions
        self.voxels[here] += plane.voxels
        for axis in range(2):
            self.indices[axis, here] += plane.totals[axis]
            self._reach(here, axis, plane.lows[axis], plane.highs[axis])
        self.indices[2, here] += plane.plane * plane.voxels
        self._reach(here, 2, plane.plane, plane.plane)
        self._join(plane)
        known = plane.known
        self.minima[known] = np.minimum(self.minima[known], plane.minima)
        # Only a higher one takes the place, so that of equal ones the first in memory stays.
        higher = plane.maxima > self.maxima[known]
        self.maxima[known[higher]] = plane.maxima[higher]
        self.peaks[known[higher], 0] = plane.peaks[higher]
        self.peaks[known[higher], 1] = plane.plane

    def _reach(self, here: Array, axis: int, low: Array | int, high: Array | int) -> None:
        """Widen the boxes of some regions along an axis."""
        self.lows[axis, here] = np.minimum(self.lows[axis, here], low)
        self.highs[axis, here] = np.maximum(self.highs[axis, here], high)

    def _join(self, plane: _Plane) -> None:
        """Join means and squares with those of more values, as exactly as if all were there at once (Chan 1983)."""
        known, counts = plane.known, plane.finite
        before = self.finite[known]
        both = before + counts
        apart = plane.means - self.means[known]
        self.means[known] += apart * (counts / both)
        self.squares[known] += plane.squares + apart * apart * (before * (counts / both))
        self.finite[known] = both

    def statistics(self, region: int, percentiles: tuple[float, ...], ddof: int) -> RegionStatistics:
        """Return what is known of a region."""
        voxels, finite = int(self.voxels[region]), int(self.finite[region])
        i, j, k = (float(total) / voxels if voxels else math.nan for total in self.indices[:, region])
        place, plane = self.peaks[region].tolist()
        return RegionStatistics(
            voxels,
            voxels - finite,
            float(self.means[region]) if finite else math.nan,
            math.sqrt(self.squares[region] / (finite - ddof)) if finite > ddof else math.nan,
            float(self.minima[region]) if finite else math.nan,
            float(self.maxima[region]) if finite else math.nan,
            percentiles,
            (i, j, k),
            (place % self._width, place // self._width, plane) if finite else None,
            self._box(region) if voxels else None,
        )

    def _box(self, region: int) -> Box:
        (i, j, k), (a, b, c) = self.lows[:, region].tolist(), self.highs[:, region].tolist()
        return Box((i, j, k), (a + 1, b + 1, c + 1))


def _runs(regions: Array) -> tuple[Array, Counts, Counts]:
    """Return the regions that some numbers in order name, where each begins, and how often each is named."""
    starts = np.append(0, np.flatnonzero(regions[1:] != regions[:-1]) + 1)
    return regions[starts], starts, np.diff(starts, append=regions.size)


# Percentiles ----------------------------------------------------------------------------------------------------------


def _percentiles(
    planes: Array,
    pieces: Pieces,
    finite: Counts,
    percents: Sequence[float],
    scaled: Callable[[Array], Array] | None,
    progress: Reporter,
) -> list[tuple[float, ...]]:
    """Return the percentiles of each region, which has so many finite values."""
    found = [(math.nan,) * len(percents)] * len(finite)
    most = max(FEW, planes.size // GATHERED)
    groups = _groups(finite, most)
    for done, group in enumerate(groups):
        if finite[group[0]] > most:
            ordered = [_ranked(planes, pieces, group[0], percents, scaled)]
        else:
            ordered = [_sorted(values, percents, scaled) for values in _gathered(planes, pieces, group, finite)]
        for region, ends in zip(group, ordered, strict=True):
            found[region] = _between(ends, percents, int(finite[region]))
        progress((done + 1) / len(groups))
    return found


def _groups(finite: Counts, most: int) -> list[list[int]]:
    """Return the regions that have values in groups, none of which holds more values than so many, or is but one."""
    groups: list[list[int]] = []
    held = most
    for region in np.flatnonzero(finite).tolist():
        if held + finite[region] > most:
            groups.append([])
            held = 0
        groups[-1].append(region)
        held += int(finite[region])
    return groups


def _gathered(planes: Array, pieces: Pieces, group: Sequence[int], finite: Counts) -> list[Array]:
    """Return the finite stored values of some regions, each by itself; views of one array."""
    sizes = finite[group]
    ends = np.append(0, np.cumsum(sizes)).tolist()
    room, filled = np.empty(ends[-1], planes.dtype), dict(zip(group, ends[:-1], strict=True))
    wanted = np.zeros(len(finite), np.bool_)
    wanted[group] = True
    for plane, places, regions in pieces(ALL):
        if len(group) < len(finite):
            among = wanted[regions]
            places, regions = places[among], regions[among]
        values = planes[:, plane].take(places)
        if values.dtype.kind == "f":
            known = np.isfinite(values)
            if not known.all():
                values, regions = values[known], regions[known]
        if not values.size:
            continue
        if len(group) > 1:
            order = np.argsort(regions, kind="stable")
            values, regions = values.take(order), regions.take(order)
        for region, start, count in zip(*(part.tolist() for part in _runs(regions)), strict=True):
            at = filled[region]
            room[at : at + count] = values[start : start + count]
            filled[region] = at + count
    return [room[a:b] for a, b in pairwise(ends)]


def _ends(percents: Sequence[float], count: int, turned: bool) -> list[int]:
    """Return the ranks of the two values between which each percentile falls, in the order of the stored values."""
    ends = [end(percent / 100 * (count - 1)) for percent in percents for end in (math.floor, math.ceil)]
    return [count - 1 - end for end in ends] if turned else ends


def _is_turned(scaled: Callable[[Array], Array] | None) -> bool:
    """Whether larger stored values stand for smaller intensities."""
    if scaled is None:
        return False
    low, high = scaled(np.array([0, 1], np.int8))
    return bool(low > high)


def _intensities(values: Array, scaled: Callable[[Array], Array] | None) -> Floats:
    return np.asarray(scaled(values) if scaled is not None else values, np.float64)


def _sorted(values: Array, percents: Sequence[float], scaled: Callable[[Array], Array] | None) -> Floats:
    """Return the values at the ends of percentiles, of values that may be put into order where they lie."""
    ends = _ends(percents, values.size, _is_turned(scaled))
    values.sort()
    return _intensities(values[ends], scaled)


def _ranked(
    planes: Array,
    pieces: Pieces,
    region: int,
    percents: Sequence[float],
    scaled: Callable[[Array], Array] | None,
) -> Floats:
    """Return the values at the ends of percentiles of one region, without gathering them."""
    dtype = planes.dtype if planes.dtype.itemsize <= 8 else np.dtype(np.float64)

    def values() -> Iterator[Array]:
        for plane, places, regions in pieces(ALL):
            piece = planes[places[regions == region], plane].astype(dtype, copy=False)
            yield piece[np.isfinite(piece)] if dtype.kind == "f" else piece

    turned = _is_turned(scaled)
    return _intensities(of_ranks(values, dtype, lambda count: _ends(percents, count, turned)), scaled)


def _between(ends: Floats, percents: Sequence[float], count: int) -> tuple[float, ...]:
    """Return percentiles by the values at both ends, as numpy interpolates."""
    found = []
    for (low, high), percent in zip(ends.reshape(-1, 2).tolist(), percents, strict=True):
        part = percent / 100 * (count - 1) % 1
        found.append(low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part))
    return tuple(found)
