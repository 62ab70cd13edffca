"""The histogram of an image and of a mask: counted once and finely, shown at any zoom."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Floats
from maskeditor.model.numbers_in_words import in_number
from maskeditor.model.peaks import peaks_of, smoothed

Counts = NDArray[np.int64]

#: Bars at which peaks and valleys are looked for, and how far they are smoothed for it (standard deviation).
COARSE, SMOOTHING = 512, 2.0
#: How far a peak stands out, in square roots of counts: noise makes 0.5, so six times that is no noise. And
#: as a part of the highest peak but one: the background's, which is none of tissue, would hide those of tissues.
PROMINENCE, RELATIVE_PROMINENCE = 3.0, 0.03


#: Padding has at least such a share of the voxels, and is so many times as frequent as intensities beside it.
PADDED, SPIKE = 0.02, 20


class Bins(NamedTuple):
    """Equal bins: where the first begins, how wide they are, how many there are."""

    start: float
    width: float
    size: int

    @property
    def stop(self) -> float:
        """Where the last bin ends."""
        return self.start + self.width * self.size


class Bars(NamedTuple):
    """What is drawn: edges (n + 1), counts (n), and counts of the mask and of the whole image, if they are beside."""

    edges: Floats
    counts: Counts
    of_mask: Counts | None
    around: Counts | None = None


class Reading(NamedTuple):
    """What a bar stands for.

    Parameters
    ----------
    lower, upper : float
        The lowest and the highest intensity of the bar, both included; of bars of one intensity the same.
    voxels : int
    below, above : float
        The shares of the voxels, from 0 to 1, that are darker and brighter.
    """

    lower: float
    upper: float
    voxels: int
    below: float
    above: float

    def in_words(self) -> str:
        """Return it for people.

        Examples
        --------
        >>> Reading(12, 12, 200, 0.25, 0.5).in_words()
        '12: 200 voxels, 25 % below, 50 % above'
        """
        ends = f"{self.lower:.6g}" if self.lower == self.upper else f"{self.lower:.6g}–{self.upper:.6g}"
        return (
            f"{ends}: {in_number(self.voxels, 'voxel')}, {100 * self.below:.3g} % below, {100 * self.above:.3g} % above"
        )


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of intensities.

    Parameters
    ----------
    bins : Bins
    counts : (bins.size + 2,) array of int64
        The first counts what lies below the bins, the last what lies above.
    step : float
        Distance of neighbouring intensities, when they come in steps: bins then lie round them; else 0.
    minimum, maximum : float
        Of the finite intensities.
    ignored : int
        Voxels that are not finite.
    of_mask : array like `counts`, optional
        The same for the voxels of a mask.
    around : array like `counts`, optional
        The same for the whole image, where only a part of it is counted.

    Examples
    --------
    >>> bins = Bins(-0.5, 1.0, 4)
    >>> histogram = Histogram(bins, np.array([0, 9, 0, 5, 2, 0]), 1.0, 0.0, 3.0, 0)
    >>> histogram.between(1, 2.5), histogram.bars(-0.5, 3.5, most=2).counts.tolist()
    (5, [9, 7])
    """

    bins: Bins
    counts: Counts
    step: float
    minimum: float
    maximum: float
    ignored: int
    of_mask: Counts | None = None
    around: Counts | None = None

    @property
    def whole(self) -> Histogram:
        """That of the whole image, where only a part of it is counted."""
        return self if self.around is None else replace(self, counts=self.around, around=None)

    @property
    def total(self) -> int:
        """Number of finite voxels."""
        return int(self._summed[-1])

    @property
    def is_exact(self) -> bool:
        """Whether each intensity has a bin of its own, so that `between` counts exactly."""
        return self.step > 0 and math.isclose(self.bins.width, self.step)

    @property
    def is_whole(self) -> bool:
        """Whether all intensities are whole numbers."""
        return self.step > 0 and self.step.is_integer() and self.minimum.is_integer()

    @cached_property
    def _summed(self) -> Counts:
        return _summed(self.counts)

    @cached_property
    def _summed_beside(self) -> tuple[Counts | None, Counts | None]:
        beside = (self.of_mask, self.around)
        of_mask, around = (None if counts is None else _summed(counts) for counts in beside)
        return of_mask, around

    def between(self, lower: float | None, upper: float | None) -> int:
        """Return the number of voxels in a range, both ends included; nearly, where `is_exact` is false.

        A bound within a millionth of a step of an intensity is taken for it, as scaled intensities are rounded.
        """
        low = -math.inf if lower is None else lower
        high = math.inf if upper is None else upper
        if high < low:
            return 0
        return max(0, self._up_to(high, included=True) - self._up_to(low, included=False))

    def _up_to(self, value: float, *, included: bool) -> int:
        start, width, size = self.bins
        if value > self.maximum or (included and value == self.maximum):
            return self.total
        if value < self.minimum or (not included and value == self.minimum):
            return 0
        place = (value - start) / width
        if self.is_exact:
            # Intensities lie in the middle of their bins; the small part absorbs rounding in the scaling.
            whole = math.floor(place - 0.5 + 1e-6) + 1 if included else math.ceil(place - 0.5 - 1e-6)
            return int(self._summed[min(max(whole, 0), size) + 1])
        whole = min(max(math.floor(place), 0), size)
        part = min(max(place - whole, 0.0), 1.0)
        here = int(self.counts[whole + 1]) if whole < size else 0
        return round(int(self._summed[whole + 1]) + part * here)

    def share_up_to(self, value: float, *, included: bool = True) -> float:
        """Return the share of the voxels, from 0 to 1, up to an intensity, itself included or not."""
        return self._up_to(value, included=included) / max(1, self.total)

    def at_share(self, share: float) -> float:
        """Return the intensity that has a share of the voxels, from 0 to 1, below it; nearly, as `between`."""
        start, width, size = self.bins
        rank = share * self.total
        place = int(np.searchsorted(self._summed, rank, side="right")) - 2
        if place < 0:
            return self.minimum
        if place >= size:
            return self.maximum
        if self.is_exact:
            return self.on_step(start + width * (place + 0.5))
        here = int(self.counts[place + 1])
        part = (rank - int(self._summed[place + 1])) / here if here else 0.0
        return min(max(start + width * (place + part), self.minimum), self.maximum)

    def share_before(self, edges: Floats) -> Floats:
        """Return the shares of the voxels, from 0 to 1, below the edges of bars; both are (n,) arrays of float64."""
        places = np.rint((edges - self.bins.start) / self.bins.width).astype(np.intp)
        shares: Floats = self._summed[np.clip(places, 0, self.bins.size) + 1] / max(1, self.total)
        return shares

    def bars(self, low: float, high: float, most: int = 512) -> Bars:
        """Return at most about so many bars between two intensities, each a whole number of bins wide."""
        start, width, size = self.bins
        first = min(max(math.floor((low - start) / width), 0), size - 1)
        last = min(max(math.ceil((high - start) / width), first + 1), size)
        many = max(1, math.ceil((last - first) / most))
        # Counted from the first bin of all, so that bars stand still while the plot is moved.
        places = np.arange(first // many, math.ceil(last / many) + 1) * many
        inner = np.minimum(places, size) + 1
        beside = (None if summed is None else np.diff(summed[inner]) for summed in self._summed_beside)
        return Bars(start + width * places.astype(np.float64), np.diff(self._summed[inner]), *beside)

    def reading(self, value: float, bars: Bars) -> Reading | None:
        """Return what the bar at an intensity stands for; None beside the bars."""
        place = int(np.searchsorted(bars.edges, value, side="right")) - 1
        if not 0 <= place < bars.counts.size:
            return None
        edges = bars.edges[place : place + 2]
        below, up_to = self.share_before(edges).tolist()
        half = self.step / 2
        return Reading(float(edges[0]) + half, float(edges[1]) - half, int(bars.counts[place]), below, 1 - up_to)

    @cached_property
    def padding(self) -> float | None:
        """The intensity that a scanner or program filled the outside with, judged by its count; None without one.

        That is the lowest intensity, or exactly 0, if it alone has many voxels and a gap or next to none beside it.
        """
        if self.around is not None:
            return None
        for value in (self.minimum, 0.0):
            place = math.floor((value - self.bins.start) / self.bins.width)
            if not self.minimum <= value <= self.maximum or not 0 <= place < self.bins.size:
                continue
            here, near = int(self.counts[place + 1]), self.counts[max(1, place - 1) : place + 4].tolist()
            near.remove(here)
            if here >= PADDED * self.total and here >= SPIKE * max(near, default=0):
                return value
        return None

    @cached_property
    def landmarks(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Intensities of the peaks and of the valleys between them."""
        bars = self.bars(self.bins.start, self.bins.stop, COARSE)
        heights = smoothed(np.sqrt(bars.counts), SMOOTHING)
        highest = np.sort(heights[peaks_of(heights, PROMINENCE)])[-2:]
        peaks = peaks_of(heights, max(PROMINENCE, RELATIVE_PROMINENCE * float(highest[0])))
        valleys = [first + int(np.argmin(heights[first:last])) for first, last in itertools.pairwise(peaks)]
        centres = (bars.edges[1:] + bars.edges[:-1]) / 2
        return tuple(self.on_step(centres[place]) for place in peaks), tuple(
            self.on_step(centres[place]) for place in valleys
        )

    @cached_property
    def background(self) -> float:
        """The intensity below which the air round a head lies, whose peak would squash all others; or the minimum."""
        bars = self.bars(self.bins.start, self.bins.stop, COARSE)
        mode = int(np.argmax(bars.counts))
        if mode > 0.2 * len(bars.counts):
            return self.minimum
        low = np.flatnonzero(bars.counts[mode:] < 0.02 * bars.counts[mode])
        ends = [float(bars.edges[mode + low[0]])] if low.size else []
        ends += [valley for valley in self.landmarks[1] if valley > bars.edges[mode]]
        return min(ends, default=self.minimum)

    def on_step(self, value: float) -> float:
        """Return the nearest intensity that the image can hold."""
        if self.step <= 0:
            return float(value)
        first = self.bins.start + self.step / 2
        return first + round((float(value) - first) / self.step) * self.step


def _summed(counts: Counts) -> Counts:
    """Return how many lie before the bins, then before the end of each, and before the end of all."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
