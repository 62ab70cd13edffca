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


#: Returns all voxels of all regions anew, plane by plane.
Pieces = Callable[[], Iterable[Piece]]


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
        Returns the voxels of the regions, each a number from 0 to `count` - 1, as often as it is called.
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
    >>> found = region_statistics(values, lambda: voxels, 2, [50])
    >>> found[0].mean, found[0].percentiles, found[0].peak, found[0].centre
    (3.0, (3.0,), (0, 0, 0), (0.0, 0.0, 0.5))
    >>> found[1].voxels, found[1].not_finite, found[1].maximum
    (2, 1, 2.0)
    """
    planes = values.reshape(-1, values.shape[2], order="F")
    sums = _Sums(values.shape[:2], count)
    for piece in pieces():
        if piece.places.size:
            sums.add(piece, _intensities(planes[:, piece.plane].take(piece.places), scaled))
        progress((piece.plane + 1) / values.shape[2] / 2)
    ranked: list[tuple[float, ...]] = [()] * count
    if percents:
        ranked = _percentiles(planes, pieces, sums.finite, percents, scaled, lambda done: progress(0.5 + done / 2))
    return [sums.statistics(region, ranked[region], ddof) for region in range(count)]


class _Sums:
    """Counts, sums and extremes of regions, plane by plane."""

    def __init__(self, plane: tuple[int, ...], count: int) -> None:
        self._width = plane[0]
        # Of each place in a plane, its indices along the first two axes.
        self._across, self._down = (np.ravel(index, "F").astype(np.float64) for index in np.indices(plane))
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

    def add(self, piece: Piece, values: Floats) -> None:
        """Take in the values of some voxels."""
        plane, places, regions = piece
        if len(self.voxels) > 1:
            order = np.argsort(regions, kind="stable")
            places, regions, values = places.take(order), regions.take(order), values.take(order)
        here, starts, counts = _runs(regions)
        across, down = self._across.take(places), self._down.take(places)
        self.voxels[here] += counts
        self.indices[0, here] += np.add.reduceat(across, starts)
        self.indices[1, here] += np.add.reduceat(down, starts)
        self.indices[2, here] += plane * counts
        # Of each region, places ascend, and with them the indices along the second axis.
        ends = starts + counts - 1
        self._reach(here, 0, np.minimum.reduceat(across, starts), np.maximum.reduceat(across, starts))
        self._reach(here, 1, down[starts], down[ends])
        self._reach(here, 2, plane, plane)
        known = np.isfinite(values)
        if not known.all():
            places, regions, values = places[known], regions[known], values[known]
            if not values.size:
                return
            here, starts, counts = _runs(regions)
        self._join(here, starts, counts, values)
        self.minima[here] = np.minimum(self.minima[here], np.minimum.reduceat(values, starts))
        highest = np.maximum.reduceat(values, starts)
        # Only a higher one takes the place, so that of equal ones the first in memory stays.
        for run in np.flatnonzero(highest > self.maxima[here]).tolist():
            start = int(starts[run])
            at = start + int(np.argmax(values[start : start + counts[run]]))
            self.maxima[here[run]] = highest[run]
            self.peaks[here[run]] = places[at], plane

    def _reach(self, here: Array, axis: int, low: Array | int, high: Array | int) -> None:
        """Widen the boxes of some regions along an axis."""
        self.lows[axis, here] = np.minimum(self.lows[axis, here], low)
        self.highs[axis, here] = np.maximum(self.highs[axis, here], high)

    def _join(self, here: Array, starts: Counts, counts: Counts, values: Floats) -> None:
        """Join means and squares with those of more values, as exactly as if all were there at once (Chan 1983)."""
        means = np.add.reduceat(values, starts) / counts
        distances = values - np.repeat(means, counts)
        squares = np.add.reduceat(np.multiply(distances, distances, out=distances), starts)
        before = self.finite[here]
        both = before + counts
        apart = means - self.means[here]
        self.means[here] += apart * (counts / both)
        self.squares[here] += squares + apart * apart * (before * (counts / both))
        self.finite[here] = both

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
    for plane, places, regions in pieces():
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
        for plane, places, regions in pieces():
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
