"""A histogram that is to be worked out: of what an operation looks at, in the whole image and in a part of it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.intensity_input import IntensityInput, sample
from maskeditor.core.operation.scene import Scene
from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import Array, BoolArray, Floats
from maskeditor.engine.box import Box
from maskeditor.engine.histograms import LEAST, counts_of_words, equal_bins, integer_histogram
from maskeditor.engine.in_range import chunks
from maskeditor.engine.parallel import in_parallel, parts_of
from maskeditor.engine.progress import Progress, Reporter
from maskeditor.model.histogram import Bins, Counts, Histogram

Result = TypeVar("Result")

#: Bins counted; every intensity of a 16-bit image has its own.
FINE = 1 << 16
#: How far the sum of whole numbers may be from one after their mean was rounded.
ROUNDED = 1e-3
#: Intensities that lie further out than the bulk, by so many times its width, are counted but have no bins.
FAR = 4.0


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
        The whole image's, when it was worked out before: only the mask, or the part, is then counted.
    left_out : tuple of float
        Intensities that are not counted, such as padding.
    inside : "", "mask", Scope or Box
        What part of the image is counted, with the whole beside it; "" is the whole, with the mask beside it.
    """

    scene: Scene
    source: IntensityInput = field(default_factory=IntensityInput)
    known: Histogram | None = None
    left_out: tuple[float, ...] = ()
    inside: str | Scope | Box = ""

    def work_out(self, progress: Progress) -> Histogram:
        """Count the whole volume, in pieces that stay in the processor's cache."""
        values, scaled = self.source.looked_at(self.scene, progress)
        volume = self.scene.image(self.source.image)
        slope, intercept = (1.0, 0.0) if scaled is None else (volume.slope, volume.intercept)
        source = _Intensities(values, slope, intercept, self.left_out)
        whole = self.known or _counted(source, _step(source, volume, self.source.frame), progress)
        report = progress.part(0.9, 1.0)
        if self.inside in ("", "mask"):
            counts = _in_mask(source, self.scene, whole.bins, report)
            if self.inside == "":
                return replace(whole, of_mask=counts)
        elif isinstance(self.inside, Box):
            region = values[self.inside.slices]
            counts = source.counted((region[part] for part, _ in chunks(region.shape)), whole.bins)
        else:
            assert isinstance(self.inside, Scope)
            counts = source.counted(_allowed(source, self.inside, self.scene, report), whole.bins)
        return replace(whole, counts=counts, around=whole.counts, of_mask=None)


class EqualBins(NamedTuple):
    """Equal bins: edges (n + 1), counts (n), and how many voxels are in none as they are no numbers."""

    edges: Floats
    counts: Counts
    left_out: int


@dataclass(frozen=True, eq=False)
class BinsRequest:
    """Equal bins between the lowest and the highest intensity; equal to `numpy.histogram` of all that are finite.

    Parameters
    ----------
    scene : Scene
    source : IntensityInput
        What looks at the intensities.
    bins : int
    """

    scene: Scene
    source: IntensityInput
    bins: int

    def work_out(self, progress: Progress) -> EqualBins:
        """Count the whole volume.

        Raises
        ------
        OperationError
            If there is no number to count, or if numbers lie too close together, or too far apart, for so many bins.
        """
        values, scaled = self.source.looked_at(self.scene, progress)
        try:
            counts, edges = equal_bins(values, self.bins, scaled=scaled, progress=progress.part(0.5, 1.0))
        except ValueError as error:
            raise OperationError(
                f"The intensities lie too close together, or too far apart, for {self.bins} bins; choose fewer, or "
                "another image."
            ) from error
        if not counts.size:
            raise OperationError("The image holds no number to count; choose another image or volume.")
        return EqualBins(edges, counts.astype(np.int64), values.size - int(counts.sum()))


class _Intensities(NamedTuple):
    """Values with the scaling that makes intensities of them, applied to a piece at a time."""

    values: Array
    slope: float = 1.0
    intercept: float = 0.0
    left_out: tuple[float, ...] = ()

    @property
    def _are_words(self) -> bool:
        """Whether the values are integers so small that each of them can be counted, whichever occur."""
        dtype = self.values.dtype
        return dtype.kind in "iu" and dtype.itemsize <= 2 and dtype.isnative

    def counted(self, pieces: Iterable[Array], bins: Bins) -> Counts:
        """Count values in bins; the first and last count are of those outside."""
        counts = np.zeros(bins.size + 2, dtype=np.int64)
        if self._are_words:
            found = counts_of_words(pieces, self.values.dtype)
            return self._levels_in_bins(*self._kept(int(np.iinfo(self.values.dtype).min), found), bins)
        for piece in pieces:
            np.add.at(counts, self.places(self.finite(piece), bins), 1)
        return counts

    def in_parts(self, work: Callable[[slice, Reporter], Result], planes: int, progress: Reporter) -> list[Result]:
        """Have several parts of some planes worked on at a time."""
        least = LEAST * planes // max(1, self.values.size)
        return in_parallel(work, parts_of(planes, least), progress)

    def counted_in_parts(
        self, pieces: Callable[[slice, Reporter], Iterator[Array]], planes: int, bins: Bins, progress: Reporter
    ) -> Counts:
        """Count the values of some planes in bins, of which `pieces` yields those of a part."""
        parts = self.in_parts(lambda part, report: self.counted(pieces(part, report), bins), planes, progress)
        return functools.reduce(np.add, parts)

    def places(self, values: Array, bins: Bins) -> Counts:
        """Return the place of each value's count: 0 below the bins, from 1 on in them, and one more above them."""
        # The bin of a value is a straight line: position = value × factor + offset.
        places = np.multiply(values, self.slope / bins.width, dtype=np.float64)
        places += (self.intercept - bins.start) / bins.width + 1
        np.clip(places, 0, bins.size + 1, out=places)
        return places.astype(np.intp)

    def finite(self, values: Array) -> Array:
        """Return the values that count, flat: those that are numbers and not left out."""
        values = values.ravel(order="K")
        if values.dtype.kind == "f" and not (finite := np.isfinite(values)).all():
            values = values[finite]
        for intensity in self.left_out:
            kept = np.multiply(values, self.slope, dtype=np.float64) + self.intercept != intensity
            values = values[kept]
        return values

    @property
    def ordered(self) -> Array:
        """The values, turned so that planes across the last axis lie one after another in memory."""
        return self.values.T if self.values.flags.c_contiguous else self.values

    def pieces(self, planes: slice, report: Reporter) -> Iterator[Array]:
        """Yield some planes, a piece at a time."""
        there = self.ordered[..., planes]
        for part, done in chunks(there.shape):
            yield there[part]
            report(done)

    def levels(self, progress: Reporter) -> tuple[Array, Counts] | None:
        """Return small integers that occur, and how often: counted in half of the time; None of other values."""
        if not self._are_words or not self.values.size:
            return None
        return self._kept(*integer_histogram(self.values, progress=progress))

    def _kept(self, first: int, counts: Counts) -> tuple[Array, Counts]:
        """Return which integers from a first one on occur and are not left out, and how often."""
        held = np.flatnonzero(counts)
        levels = (held + first).astype(np.float64)
        kept = ~np.isin(levels * self.slope + self.intercept, self.left_out)
        return levels[kept], counts[held[kept]].astype(np.int64)

    def _levels_in_bins(self, levels: Array, counts: Counts, bins: Bins) -> Counts:
        return np.bincount(self.places(levels, bins), counts, bins.size + 2).astype(np.int64)

    def whole(self, levels: tuple[Array, Counts] | None, bins: Bins, progress: Reporter) -> Counts:
        """Count all values in bins, where their levels are counted already by these."""
        if levels is not None:
            return self._levels_in_bins(*levels, bins)
        return self.counted_in_parts(self.pieces, self.ordered.shape[-1], bins, progress)

    def extremes(self, progress: Reporter) -> tuple[float, float, int, int]:
        """Return the lowest and the highest value that counts, how many do, and how many are no numbers."""

        def of_part(planes: slice, report: Reporter) -> tuple[float, float, int, int]:
            low, high, many, ignored = math.inf, -math.inf, 0, 0
            for piece in self.pieces(planes, report):
                if piece.dtype.kind == "f":
                    ignored += piece.size - int(np.count_nonzero(np.isfinite(piece)))
                if (values := self.finite(piece)).size:
                    low, high, many = min(low, float(values.min())), max(high, float(values.max())), many + values.size
            return low, high, many, ignored

        parts = self.in_parts(of_part, self.ordered.shape[-1], progress)
        lowest, highest, many, ignored = zip(*parts, strict=True)
        return min(lowest), max(highest), sum(many), sum(ignored)


def _counted(source: _Intensities, step: float, progress: Progress) -> Histogram:
    levels = source.levels(progress.part(0.3, 0.9))
    if levels is None:
        low, high, finite, ignored = source.extremes(progress.part(0.3, 0.5))
    else:
        low, high = (float(end) for end in (levels[0][[0, -1]] if levels[0].size else (math.inf, -math.inf)))
        finite, ignored = int(levels[1].sum()), 0
    if not finite:
        return Histogram(Bins(-0.5, 1.0, 1), np.zeros(3, np.int64), 0.0, 0.0, 0.0, ignored)
    bulk = source.finite(sample(source.values)).astype(np.float64) * source.slope + source.intercept
    ends = (low * source.slope + source.intercept, high * source.slope + source.intercept)
    minimum, maximum = min(ends), max(ends)
    bins = _bins(minimum, maximum, step, bulk)
    made = Histogram(bins, source.whole(levels, bins, progress.part(0.5, 0.9)), step, minimum, maximum, ignored)
    return _without_gaps(made) if made.is_exact else made


def _in_mask(source: _Intensities, scene: Scene, bins: Bins, progress: Reporter) -> Counts:
    """Count the voxels of the mask in bins."""
    extent, mask = scene.extent, scene.mask
    if extent is None:
        return np.zeros(bins.size + 2, np.int64)

    def inside(planes: slice, report: Reporter) -> Iterator[Array]:
        for done, plane in enumerate(range(planes.start, planes.stop), 1):
            where = extent.across(2, plane).slices
            # Turned, so that numpy, which goes through masks in C order, goes along memory.
            yield source.values[where].T[mask[where].T]
            report(done / (planes.stop - planes.start))

    return source.counted_in_parts(inside, extent.shape[2], bins, progress)


def _allowed(source: _Intensities, scope: Scope, scene: Scene, progress: Reporter) -> Iterator[Array]:
    for plane in range(scene.whole.shape[2]):
        box = scene.whole.across(2, plane)
        allowed: BoolArray = scope.allowed(scene, box)
        yield source.values[box.slices].T[allowed.T]
        progress((plane + 1) / scene.whole.shape[2])


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
