"""A histogram that is to be worked out: of what an operation looks at, in the whole image and in a part of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.intensity_input import IntensityInput, sample
from maskeditor.core.operation.scene import Scene
from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import Array, BoolArray, Floats
from maskeditor.engine.box import Box
from maskeditor.engine.histograms import integer_histogram
from maskeditor.engine.in_range import chunks
from maskeditor.engine.otsu import equal_bins
from maskeditor.engine.progress import Progress
from maskeditor.model.histogram import Bins, Counts, Histogram

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
        if self.inside == "":
            return replace(whole, of_mask=source.counted(_in_mask(source, self.scene, report), whole.bins))
        if self.inside == "mask":
            counts = source.counted(_in_mask(source, self.scene, report), whole.bins)
        elif isinstance(self.inside, Box):
            counts = source.counted(iter([source.finite(values[self.inside.slices].ravel(order="K"))]), whole.bins)
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

    def counted(self, pieces: Iterator[Array], bins: Bins) -> Counts:
        """Count values in bins; the first and last count are of those outside."""
        counts = np.zeros(bins.size + 2, dtype=np.int64)
        for piece in pieces:
            np.add.at(counts, self.places(piece, bins), 1)
        return counts

    def places(self, values: Array, bins: Bins) -> Counts:
        """Return the place of each value's count: 0 below the bins, from 1 on in them, and one more above them."""
        # The bin of a value is a straight line: position = value × factor + offset.
        places = np.multiply(values, self.slope / bins.width, dtype=np.float64)
        places += (self.intercept - bins.start) / bins.width + 1
        np.clip(places, 0, bins.size + 1, out=places)
        return places.astype(np.intp)

    def finite(self, values: Array) -> Array:
        """Return the values that count, flat: those that are numbers and not left out."""
        if values.dtype.kind == "f" and not (finite := np.isfinite(values)).all():
            values = values[finite]
        for intensity in self.left_out:
            kept = np.multiply(values, self.slope, dtype=np.float64) + self.intercept != intensity
            values = values[kept]
        return values

    def pieces(self, progress: Callable[[float], None]) -> Iterator[Array]:
        """Yield the values that count, flat, a piece at a time."""
        ordered = self.values.T if self.values.flags.c_contiguous else self.values
        for part, done in chunks(ordered.shape):
            yield self.finite(ordered[part].ravel(order="K"))
            progress(done)

    def levels(self, progress: Callable[[float], None]) -> tuple[Array, Counts] | None:
        """Return small integers that occur, and how often: counted in half of the time; None of other values."""
        if self.values.dtype.kind not in "iu" or self.values.dtype.itemsize > 2 or not self.values.size:
            return None
        first, counts = integer_histogram(self.values, progress=progress)
        held = np.flatnonzero(counts)
        levels = (held + first).astype(np.float64)
        kept = ~np.isin(levels * self.slope + self.intercept, self.left_out)
        return levels[kept], counts[held[kept]].astype(np.int64)


def _counted(source: _Intensities, step: float, progress: Progress) -> Histogram:
    levels = source.levels(progress.part(0.3, 0.9))
    low, high, finite = math.inf, -math.inf, 0
    if levels is not None:
        low, high = (float(end) for end in (levels[0][[0, -1]] if levels[0].size else (math.inf, -math.inf)))
        finite = int(levels[1].sum())
    else:
        for piece in source.pieces(progress.part(0.3, 0.5)):
            if piece.size:
                low, high, finite = min(low, float(piece.min())), max(high, float(piece.max())), finite + piece.size
    ignored = _not_finite(source.values)
    if not finite:
        return Histogram(Bins(-0.5, 1.0, 1), np.zeros(3, np.int64), 0.0, 0.0, 0.0, ignored)
    bulk = source.finite(sample(source.values)).astype(np.float64) * source.slope + source.intercept
    ends = (low * source.slope + source.intercept, high * source.slope + source.intercept)
    minimum, maximum = min(ends), max(ends)
    bins = _bins(minimum, maximum, step, bulk)
    if levels is not None:
        counts = np.bincount(source.places(levels[0], bins), levels[1], bins.size + 2).astype(np.int64)
    else:
        counts = source.counted(source.pieces(progress.part(0.5, 0.9)), bins)
    made = Histogram(bins, counts, step, minimum, maximum, ignored)
    return _without_gaps(made) if made.is_exact else made


def _not_finite(values: Array) -> int:
    """Return how many values are no numbers."""
    if values.dtype.kind != "f":
        return 0
    return sum(part.size - int(np.count_nonzero(np.isfinite(part))) for part in np.moveaxis(values, -1, 0))


def _in_mask(source: _Intensities, scene: Scene, progress: Callable[[float], None]) -> Iterator[Array]:
    if scene.extent is not None:
        yield from _inside(source, scene.mask, scene.extent, progress)


def _inside(source: _Intensities, mask: Voxels, extent: Box, progress: Callable[[float], None]) -> Iterator[Array]:
    for plane in range(extent.shape[2]):
        where = extent.across(2, plane).slices
        # Turned, so that numpy, which goes through masks in C order, goes along memory.
        yield source.finite(source.values[where].T[mask[where].T])
        progress((plane + 1) / extent.shape[2])


def _allowed(source: _Intensities, scope: Scope, scene: Scene, progress: Callable[[float], None]) -> Iterator[Array]:
    for plane in range(scene.whole.shape[2]):
        box = scene.whole.across(2, plane)
        allowed: BoolArray = scope.allowed(scene, box)
        yield source.finite(source.values[box.slices].T[allowed.T])
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
