"""The histogram of an image and of a mask: counted once and finely, shown at any zoom."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.operation.intensity_input import IntensityInput, sample
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import Array, Floats
from maskeditor.engine.box import Box
from maskeditor.engine.in_range import chunks
from maskeditor.engine.progress import Progress
from maskeditor.model.peaks import peaks_of, smoothed

Counts = NDArray[np.int64]

#: Bins counted; every intensity of a 16-bit image has its own.
FINE = 1 << 16
#: Bars at which peaks and valleys are looked for, and how far they are smoothed for it (standard deviation).
COARSE, SMOOTHING = 512, 2.0
#: How far a peak stands out, in square roots of counts: noise makes 0.5, so six times that is no noise. And
#: as a part of the highest peak.
PROMINENCE, RELATIVE_PROMINENCE = 3.0, 0.02
#: How far the sum of whole numbers may be from one after their mean was rounded.
ROUNDED = 1e-3
#: Intensities that lie further out than the bulk, by so many times its width, are counted but have no bins.
FAR = 4.0


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
    """What is drawn: edges (n + 1), counts (n) of the image and of the mask (None: no mask)."""

    edges: Floats
    counts: Counts
    of_mask: Counts | None


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
    def _summed_of_mask(self) -> Counts | None:
        return None if self.of_mask is None else _summed(self.of_mask)

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
        of_mask = self._summed_of_mask
        return Bars(
            start + width * places.astype(np.float64),
            np.diff(self._summed[inner]),
            None if of_mask is None else np.diff(of_mask[inner]),
        )

    @cached_property
    def landmarks(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Intensities of the peaks and of the valleys between them."""
        bars = self.bars(self.bins.start, self.bins.stop, COARSE)
        heights = smoothed(np.sqrt(bars.counts), SMOOTHING)
        peaks = peaks_of(heights, max(PROMINENCE, RELATIVE_PROMINENCE * float(heights.max())))
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


@dataclass(frozen=True, eq=False)
class HistogramRequest:
    """A histogram to be worked out.

    Parameters
    ----------
    scene : Scene
        The images, and the mask whose voxels are counted too.
    source : IntensityInput
        What looks at the intensities: those that it compares are counted.
    known : Histogram, optional
        The image's, when it was worked out before: only the mask is then counted.
    """

    scene: Scene
    source: IntensityInput = field(default_factory=IntensityInput)
    known: Histogram | None = None

    def work_out(self, progress: Progress) -> Histogram:
        """Count the whole volume, in pieces that stay in the processor's cache."""
        values, scaled = self.source.looked_at(self.scene, progress)
        volume = self.scene.image(self.source.image)
        source = _Intensities(values) if scaled is None else _Intensities(values, volume.slope, volume.intercept)
        found = self.known or _counted(source, _step(source, volume, self.source.frame), progress)
        return replace(found, of_mask=_counted_inside(source, found.bins, self.scene, progress))


class _Intensities(NamedTuple):
    """Values with the scaling that makes intensities of them, applied to a piece at a time."""

    values: Array
    slope: float = 1.0
    intercept: float = 0.0

    def counted(self, pieces: Iterator[Array], bins: Bins) -> Counts:
        """Count values in bins; the first and last count are of those outside."""
        counts = np.zeros(bins.size + 2, dtype=np.int64)
        # The bin of a value is a straight line: position = value × factor + offset.
        factor = self.slope / bins.width
        offset = (self.intercept - bins.start) / bins.width + 1
        for piece in pieces:
            places = np.multiply(piece, factor, dtype=np.float64)
            places += offset
            np.clip(places, 0, bins.size + 1, out=places)
            np.add.at(counts, places.astype(np.intp), 1)
        return counts


def _pieces(values: Array, progress: Callable[[float], None]) -> Iterator[Array]:
    """Yield the finite values, flat, a piece at a time."""
    ordered = values.T if values.flags.c_contiguous else values
    for part, done in chunks(ordered.shape):
        yield _finite(ordered[part].ravel(order="K"))
        progress(done)


def _finite(values: Array) -> Array:
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return values
    return values[np.isfinite(values)]


def _counted(source: _Intensities, step: float, progress: Progress) -> Histogram:
    low, high, finite = math.inf, -math.inf, 0
    for piece in _pieces(source.values, progress.part(0.3, 0.5)):
        if piece.size:
            low, high, finite = min(low, float(piece.min())), max(high, float(piece.max())), finite + piece.size
    ignored = source.values.size - finite
    if not finite:
        return Histogram(Bins(-0.5, 1.0, 1), np.zeros(3, np.int64), 0.0, 0.0, 0.0, ignored)
    bulk = sample(source.values).astype(np.float64) * source.slope + source.intercept
    ends = (low * source.slope + source.intercept, high * source.slope + source.intercept)
    minimum, maximum = min(ends), max(ends)
    bins = _bins(minimum, maximum, step, bulk)
    counts = source.counted(_pieces(source.values, progress.part(0.5, 0.9)), bins)
    made = Histogram(bins, counts, step, minimum, maximum, ignored)
    return _without_gaps(made) if made.is_exact else made


def _counted_inside(source: _Intensities, bins: Bins, scene: Scene, progress: Progress) -> Counts:
    if scene.extent is None:
        return np.zeros(bins.size + 2, dtype=np.int64)
    return source.counted(_inside(source.values, scene.mask, scene.extent, progress.part(0.9, 1.0)), bins)


def _inside(values: Array, mask: Voxels, extent: Box, progress: Callable[[float], None]) -> Iterator[Array]:
    for plane in range(extent.shape[2]):
        where = extent.across(2, plane).slices
        # Turned, so that numpy, which goes through masks in C order, goes along memory.
        yield _finite(values[where].T[mask[where].T])
        progress((plane + 1) / extent.shape[2])


def _averaged(volume: Volume, frame: FrameChoice) -> int:
    """Return how many volumes a choice takes the mean of."""
    plain = volume.checked_frame(frame)
    if isinstance(plain, int):
        return 1
    return volume.frames if plain == "mean" else plain[1] - plain[0] + 1


def _step(source: _Intensities, volume: Volume, frame: FrameChoice) -> float:
    """Return the distance of neighbouring intensities, or 0 where they are as good as continuous."""
    averaged = _averaged(volume, frame)
    if source.values.dtype.kind == "f":
        few, rounded = sample(source.values).astype(np.float64), 0.0
        if averaged > 1:
            # The mean of whole numbers is a fraction of one, rounded.
            few, rounded = (few - volume.intercept) / volume.slope * averaged, ROUNDED
        # Many files hold whole numbers as floats.
        if few.size == 0 or np.abs(few).max() > 1 << 24 or (np.abs(few - np.rint(few)) > rounded).any():
            return 0.0
    return abs(volume.slope) / averaged


def _bins(minimum: float, maximum: float, step: float, bulk: Floats) -> Bins:
    if bulk.size:
        low, high = np.percentile(bulk, (0.1, 99.9)).tolist()
        reach = FAR * max(high - low, step)
        if maximum - minimum > FINE * step:
            # Far outliers would leave all the rest in a few bins.
            minimum = max(minimum, low - reach) if reach else minimum
            maximum = min(maximum, high + reach) if reach else maximum
    if minimum == maximum:
        return Bins(minimum - (step or 1.0) / 2, step or 1.0, 1)
    if step > 0:
        intensities = round((maximum - minimum) / step) + 1
        many = math.ceil(intensities / FINE)
        return Bins(minimum - step / 2, many * step, math.ceil(intensities / many))
    # The lowest and the highest lie in the middle of their bins, so that no rounding puts them outside.
    width = (maximum - minimum) / (FINE - 1)
    return Bins(minimum - width / 2, width, FINE)


def _without_gaps(histogram: Histogram) -> Histogram:
    """Widen the bins where only every so manieth intensity occurs, as after a scanner's scaling: no comb is drawn."""
    held = np.flatnonzero(histogram.counts[1:-1])
    gap = int(np.gcd.reduce(np.diff(held))) if held.size > 1 else 1
    if gap == 1:
        return histogram
    counts = np.concatenate((histogram.counts[:1], histogram.counts[1 + held[0] : -1 : gap], histogram.counts[-1:]))
    step = histogram.step * gap
    first = histogram.bins.start + histogram.step * (held[0] + 0.5)
    return replace(histogram, bins=Bins(first - step / 2, step, counts.size - 2), counts=counts, step=step)


def _summed(counts: Counts) -> Counts:
    """Return how many lie before the bins, then before the end of each, and before the end of all."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
