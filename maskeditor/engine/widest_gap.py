"""The threshold of nilearn's EPI mask: the middle of the widest gap between neighbouring intensities.

nilearn sorts all intensities. Here they are counted in buckets instead: a gap of two bucket widths or more leaves
a bucket empty, so only the values on both sides of the longest runs of empty buckets have to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, Counts
from maskeditor.engine.progress import Reporter, silent

CHUNK = 1 << 15  # values put into buckets at a time
BLOCK = 1 << 14  # sorted values of which the widest gap is looked for at a time
FEW = 1 << 12  # so many values are simply sorted
SAMPLE, COMMON = 1 << 12, 32  # values looked at to find one that many are equal to: one in so many
WIDEST_INTEGER_RANGE = 1 << 22  # integers over a wider range are sorted
_FINEST = {np.float32: 1 << 21, np.float64: 1 << 25}  # most buckets: beyond, rounding outweighs a bucket


def widest_gap_threshold(
    values: Array,
    lower_cutoff: float,
    upper_cutoff: float,
    *,
    exclude_zeros: bool = False,
    progress: Reporter | None = None,
) -> Any:
    """Find the middle of the widest gap between neighbouring values, those in the tails left out.

    Equal to the bit, and in type, to the threshold inside `nilearn.masking.compute_epi_mask`: of gaps equally
    wide the lowest is taken, and differences are those of the values' own type.

    Parameters
    ----------
    values : (...) array of int or float
        In any order and shape.
    lower_cutoff, upper_cutoff : float
        Fractions of the values left out below, and kept up to, from 0 to 1.
    exclude_zeros : bool
        Whether values that are 0 do not count at all.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    scalar

    Examples
    --------
    >>> float(widest_gap_threshold(np.array([9.0, 1.0, 2.0, 8.0]), 0.0, 1.0))
    5.0
    """
    candidates = _Candidates(values.ravel(order="K"), exclude_zeros)
    low, high = _ranks(candidates.size, lower_cutoff, upper_cutoff)
    report = progress or silent
    threshold, dtype = None, values.dtype
    if candidates.size > FEW and dtype.isnative:
        if dtype.kind in "iu":
            threshold = _among_integers(candidates, low, high)
        elif dtype in (np.float32, np.float64):
            threshold = _among_floats(candidates, low, high, report)
    if threshold is None:
        threshold = _in_order(candidates.in_order(), low, high)
    report(1.0)
    return threshold


def neighbours_of(values: Array, threshold: float) -> tuple[float, float]:
    """Return the values on both sides of a threshold: the ends of the gap that it is the middle of.

    Parameters
    ----------
    values : (...) array of int or float
        In any order and shape.
    threshold : float

    Returns
    -------
    below, above : float
        The highest value that is not above the threshold and the lowest that is not below it; the threshold itself
        where there is none.

    Examples
    --------
    >>> neighbours_of(np.array([9.0, 1.0, 2.0, 8.0]), 5.0)
    (2.0, 8.0)
    """
    below, above = -np.inf, np.inf
    for part in _Candidates(values.ravel(order="K")):
        low, high = part[part <= threshold], part[part >= threshold]
        below = max(below, float(low.max())) if low.size else below
        above = min(above, float(high.min())) if high.size else above
    return (below if np.isfinite(below) else threshold, above if np.isfinite(above) else threshold)


class _Candidates:
    """The values among which a gap is searched for, some at a time."""

    def __init__(self, values: Array, exclude_zeros: bool = False) -> None:
        self._values = values
        self._exclude_zeros = exclude_zeros
        self.dtype = values.dtype
        self.size = int(np.count_nonzero(values)) if exclude_zeros else values.size

    def __iter__(self) -> Iterator[Array]:
        for start in range(0, self._values.size, CHUNK):
            part = self._values[start : start + CHUNK]
            yield part[part != 0] if self._exclude_zeros else part

    def ends(self) -> tuple[Any, Any]:
        """Return the lowest and the highest; NaN is both."""
        ends = [(part.min(), part.max()) for part in self if part.size]
        return np.min([low for low, _ in ends]), np.max([high for _, high in ends])

    def common(self) -> Any:
        """Return a value that many are equal to, such as an empty background's, judged by a sample; NaN if none is."""
        sample = self._values[:: max(1, self._values.size // SAMPLE)]
        if self._exclude_zeros:
            sample = sample[sample != 0]
        found, counts = np.unique(sample, return_counts=True)
        most = int(counts.argmax()) if counts.size else 0
        return found[most] if counts.sum() < COMMON * counts[most : most + 1].sum() else _no(self.dtype)

    def in_order(self) -> Array:
        """Return them in ascending order, those that are not a number last."""
        values = self._values[self._values != 0] if self._exclude_zeros else self._values.copy()
        values.sort()
        return values


class SortedIntensities:
    """Sorted values, with the widest gap of each block of them: thresholds for other cutoffs are then found at once.

    Parameters
    ----------
    values : (...) array of int or float
        In any order and shape; at least one.
    exclude_zeros : bool
        Whether values that are 0 do not count at all.

    Attributes
    ----------
    values : (n,) array
        In ascending order, those that are not a number last.

    Examples
    --------
    >>> float(SortedIntensities(np.array([9.0, 1.0, 2.0, 8.0])).threshold(0.0, 1.0))
    5.0
    """

    def __init__(self, values: Array, exclude_zeros: bool = False) -> None:
        self.values = _Candidates(values.ravel(order="K"), exclude_zeros).in_order()
        blocks = max(0, self.values.size - 1) // BLOCK
        found = [_widest(self.values, index * BLOCK, (index + 1) * BLOCK) for index in range(blocks)]
        self._gaps = np.array([gap for gap, _ in found], self.values.dtype)
        self._places = [place for _, place in found]

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self.values.nbytes

    def threshold(self, lower_cutoff: float, upper_cutoff: float) -> Any:
        """Find the same as `widest_gap_threshold`."""
        low, high = _ranks(self.values.size, lower_cutoff, upper_cutoff)
        first, last = -(-low // BLOCK), high // BLOCK
        if first >= last:
            return _in_order(self.values, low, high)
        whole = first + int(self._gaps[first:last].argmax())
        found = [(self._gaps[whole], self._places[whole])]
        if low < first * BLOCK:
            found.insert(0, _widest(self.values, low, first * BLOCK))
        if last * BLOCK < high:
            found.append(_widest(self.values, last * BLOCK, high))
        return _middle_at(self.values, found)


def _ranks(size: int, lower_cutoff: float, upper_cutoff: float) -> tuple[int, int]:
    """Return the ranks of the lowest and highest value looked at."""
    low = int(np.floor(lower_cutoff * size))
    high = min(int(np.floor(upper_cutoff * size)), size - 1)
    if high <= low or low < 0:
        raise ValueError(
            f"Between the cutoffs {lower_cutoff} and {upper_cutoff} of {size} intensities lies no gap; "
            "move the cutoffs further apart, or choose an image with more intensities."
        )
    return low, high


def _middle(below: Array, above: Array) -> Any:
    """Return the middle of two values, given as arrays of one, as nilearn works it out: sums may wrap."""
    return 0.5 * (below + above)[0]


def _in_order(ordered: Array, low: int, high: int) -> Any:
    """Find the middle of the first widest gap between the values of two ranks."""
    starts = range(low, high, BLOCK)
    return _middle_at(ordered, [_widest(ordered, start, min(high, start + BLOCK)) for start in starts])


def _widest(ordered: Array, low: int, high: int) -> tuple[Any, int]:
    """Return the first widest gap between the values of two ranks, and the rank below it."""
    gaps = ordered[low + 1 : high + 1] - ordered[low:high]
    place = int(gaps.argmax())
    return gaps[place], low + place


def _middle_at(ordered: Array, found: list[tuple[Any, int]]) -> Any:
    """Return the middle of the first of the widest of some gaps; as for numpy's argmax, NaN is widest of all."""
    place = found[int(np.array([gap for gap, _ in found], ordered.dtype).argmax())][1]
    return _middle(ordered[place : place + 1], ordered[place + 1 : place + 2])


def _among_integers(values: _Candidates, low: int, high: int) -> Any | None:
    """Find the threshold from a count of every integer; None if their range is too wide."""
    lowest, highest = (int(end) for end in values.ends())
    span = highest - lowest + 1
    if span > WIDEST_INTEGER_RANGE or span > np.iinfo(values.dtype).max:
        return None
    counts = np.zeros(span, np.intp)
    for part in values:
        # Counted from the lowest in their own type, which holds the distance though no other may hold the values.
        np.add.at(counts, (part - part.dtype.type(lowest)).astype(np.intp), 1)
    up_to = np.cumsum(counts)
    first, last = np.searchsorted(up_to, [low, high], side="right")
    present = (np.flatnonzero(counts[first : last + 1]) + first).astype(values.dtype) + values.dtype.type(lowest)
    if present.size == 1:
        return _middle(present, present)
    widest = int(np.argmax(present[1:] - present[:-1]))
    return _middle(present[widest : widest + 1], present[widest + 1 : widest + 2])


class _Buckets:
    """Equal buckets over a range of values; values outside fall into one before and one after them.

    The bucket never falls as the value grows, whatever is lost to rounding.

    Parameters
    ----------
    start, stop : float32 or float64
        Finite ends of the range, the second greater.
    count : int
        Buckets between them.
    all_inside : bool
        Whether no value lies outside the range.
    """

    def __init__(self, start: Any, stop: Any, count: int, all_inside: bool) -> None:
        with np.errstate(all="ignore"):
            self.scale = type(start)(count) / (stop - start)  # buckets per unit
        # Of a range that overflows the scale is 0, of a narrow one infinite.
        self.usable = 0 < float(self.scale) < np.inf and count <= _FINEST[type(start)]
        self.slots = count + 3
        self.slack = 4.0 * count * float(np.finfo(type(start)).eps)  # what rounding may add to a distance
        self._start = start
        self._all_inside = all_inside
        self._index = np.empty(CHUNK, np.intp)
        self._scaled = np.empty(CHUNK, type(start))

    def of(self, values: Array) -> Counts:
        """Return the buckets of at most `CHUNK` values, in memory that the next call uses again."""
        index = self._index[: values.size]
        scaled = self._scaled[: values.size]
        np.subtract(values, self._start, out=scaled)
        np.multiply(scaled, self.scale, out=scaled)
        if not self._all_inside:
            np.add(scaled, type(self._start)(1), out=scaled)
            np.clip(scaled, 0, self.slots - 1, out=scaled)
        np.copyto(index, scaled, casting="unsafe")
        return index

    def counts(self, values: _Candidates) -> Counts:
        """Count the values in each bucket."""
        total = np.zeros(self.slots, np.intp)
        for part in values:
            np.add.at(total, self.of(part), 1)
        return total

    def occupied(self, values: _Candidates) -> NDArray[np.bool_]:
        """Tell which buckets hold values."""
        found = np.zeros(self.slots, np.bool_)
        for part in values:
            found[self.of(part)] = True
        return found

    def inside(self, values: _Candidates, wanted: Counts, common: Any) -> tuple[Array, Counts]:
        """Return the values in some buckets, and the bucket of each; of those equal to a common one, only one."""
        table = np.zeros(self.slots, np.bool_)
        table[wanted] = True
        kept, places = [np.empty(0, values.dtype)], [np.empty(0, np.intp)]
        if common == common and table[self.of(np.array([common]))[0]]:  # not NaN
            kept.append(np.array([common]))
            places.append(self.of(kept[-1]).copy())
        for part in values:
            index = self.of(part)
            hit = table.take(index)
            hit &= part != common
            chosen = np.flatnonzero(hit)
            if chosen.size:
                kept.append(part[chosen])
                places.append(index[chosen])
        return np.concatenate(kept), np.concatenate(places)


def _among_floats(values: _Candidates, low: int, high: int, report: Reporter) -> Any | None:
    """Find the threshold from buckets; None where that is not possible."""
    lowest, highest = values.ends()
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        return None
    count = 1 << (16 if values.size < 1 << 20 else 18)
    buckets = _Buckets(lowest, highest, count, all_inside=True)
    if not buckets.usable:
        return None
    counts = buckets.counts(values)
    report(0.5)
    first_bucket, rank_of_first = _bucket_of_rank(counts, low)
    last_bucket, rank_of_last = _bucket_of_rank(counts, high)
    gaps = _EmptyBuckets(counts > 0, first_bucket, last_bucket)
    common = values.common()
    wanted = np.concatenate([[first_bucket, last_bucket], gaps.below, gaps.above])
    some, places = buckets.inside(values, wanted, common)
    first = _value_of_rank(some[places == first_bucket], rank_of_first, common, int(counts[first_bucket]))
    last = _value_of_rank(some[places == last_bucket], rank_of_last, common, int(counts[last_bucket]))
    if first == last:
        return 0.5 * (first + last)
    report(0.8)
    threshold = gaps.threshold(buckets, some, places)
    while threshold is None:
        count *= 8
        buckets = _Buckets(first, last, count, all_inside=False)
        if not buckets.usable:
            return None
        first_bucket, last_bucket = buckets.of(np.array([first, last])).tolist()
        gaps = _EmptyBuckets(buckets.occupied(values), first_bucket, last_bucket)
        some, places = buckets.inside(values, np.concatenate([gaps.below, gaps.above]), common)
        threshold = gaps.threshold(buckets, some, places)
    return threshold


class _EmptyBuckets:
    """The gaps across the most empty buckets between those of the first and the last value looked at.

    Neighbouring values r buckets apart are more than r - 1 and less than r + 1 bucket widths apart, but for
    rounding. Gaps across nearly the most buckets are measured; the widest of them is the answer if it is wider
    than any other can be.
    """

    def __init__(self, occupied: NDArray[np.bool_], first: int, last: int) -> None:
        widest = max((int(np.diff(filled).max(initial=0)) for filled in _filled(occupied, first, last)), default=0)
        self._measured = max(2, widest - 3)
        below, above = [], []
        for filled in _filled(occupied, first, last):
            wide = np.flatnonzero(np.diff(filled) >= self._measured)
            below.append(filled[wide])
            above.append(filled[wide + 1])
        self.below, self.above = np.concatenate(below), np.concatenate(above)

    def threshold(self, buckets: _Buckets, values: Array, places: Counts) -> Any | None:
        """Return the middle of the widest gap, given the values on both sides; None if these do not decide it."""
        if self.below.size == 0:
            return None
        # A bucket at either end also holds values beyond the first and last, but these are not next to a gap.
        looked_at = np.union1d(self.below, self.above)
        highest = np.full(looked_at.size, -np.inf, values.dtype)
        lowest = np.full(looked_at.size, np.inf, values.dtype)
        for start in range(0, values.size, CHUNK):
            part, bucket = values[start : start + CHUNK], places[start : start + CHUNK]
            index = np.minimum(np.searchsorted(looked_at, bucket), looked_at.size - 1)
            there = looked_at[index] == bucket
            np.maximum.at(highest, index[there], part[there])
            np.minimum.at(lowest, index[there], part[there])
        above, below = lowest[np.searchsorted(looked_at, self.above)], highest[np.searchsorted(looked_at, self.below)]
        gaps = above - below
        widest = int(gaps.argmax())
        if float(gaps[widest]) * float(buckets.scale) <= self._measured + buckets.slack:
            return None
        return 0.5 * (below[widest] + above[widest])


def _filled(occupied: NDArray[np.bool_], first: int, last: int) -> Iterator[Counts]:
    """Yield the buckets that hold values, from the first to the last, some at a time; the last of some comes again."""
    before = np.zeros(0, np.intp)
    for start in range(first, last + 1, CHUNK):
        filled = np.concatenate([before, np.flatnonzero(occupied[start : min(last + 1, start + CHUNK)]) + start])
        yield filled
        before = filled[-1:]


def _bucket_of_rank(counts: Counts, rank: int) -> tuple[int, int]:
    """Return the bucket that holds a rank, and the rank within it."""
    up_to = np.cumsum(counts)
    bucket = int(np.searchsorted(up_to, rank, side="right"))
    return bucket, rank - int(up_to[bucket] - counts[bucket])


def _value_of_rank(values: Array, rank: int, common: Any, count: int) -> Any:
    """Return the value that a sort would put at a rank of so many values; of those equal to a common one, one is given.

    Without a common one, that is NaN.
    """
    others = values[values != common]
    below, equal = int(np.count_nonzero(others < common)), count - others.size
    if below <= rank < below + equal:
        return common
    values, rank = others, rank if rank < below + equal else rank - equal
    while values.size > 4 * FEW:  # many equal values would make a partition slow: buckets part them first
        lowest, highest = values.min(), values.max()
        if lowest == highest:
            return lowest
        buckets = _Buckets(lowest, highest, FEW, all_inside=True)
        if not buckets.usable:
            break
        bucket, rank = _bucket_of_rank(buckets.counts(_Candidates(values)), rank)
        values, _ = buckets.inside(_Candidates(values), np.array([bucket]), _no(values.dtype))
    return np.partition(values, rank)[rank]


def _no(dtype: np.dtype[Any]) -> Any:
    """Return what stands for no common value: equal to none."""
    return dtype.type(np.nan)
