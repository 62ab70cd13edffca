"""Where intensities and counts lie on a plot, in pixels, at one zoom and one size of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt6.QtCore import QPointF

from maskeditor.engine.arrays import Floats
from maskeditor.model.intensity_range import Bounds, ends_of
from maskeditor.ui.histogram.count_axis import Scale
from maskeditor.ui.histogram.pictured import Outlines

if TYPE_CHECKING:
    from maskeditor.core.operation.found import Found, Gaussian
    from maskeditor.model.histogram import Bars, Histogram

#: Pixels from the top where the curve of shares ends.
CURVE_TOP = 4.0
#: Counts of less than one are not to be seen on a logarithmic scale.
LOG_FLOOR = math.log10(0.5)


def heights(counts: Any, scale: Scale) -> Any:
    """Return counts on a scale."""
    if scale is Scale.LOG:
        return np.log10(np.maximum(counts, 0.1))
    return np.sqrt(counts) if scale is Scale.SQUARE_ROOT else counts.astype(np.float64)


@dataclass(frozen=True, eq=False)
class Places:
    """Where things lie, from the left and from the top.

    Parameters
    ----------
    histogram : Histogram
    bars : Bars
        Those that are drawn.
    span : tuple of float
        The intensities at the left and the right edge.
    reach : tuple of float
        The heights, on the scale of counts, at the bottom and at the top.
    size : tuple of float
        Pixels across and down.
    scale : Scale
        Of the counts.
    """

    histogram: Histogram
    bars: Bars
    span: tuple[float, float]
    reach: tuple[float, float]
    size: tuple[float, float]
    scale: Scale

    @cached_property
    def per_intensity(self) -> float:
        """Pixels for an intensity of 1."""
        return self.size[0] / (self.span[1] - self.span[0])

    def of(self, intensity: float) -> float:
        """Return the pixel of an intensity."""
        return (intensity - self.span[0]) * self.per_intensity

    def of_both(self, ends: Sequence[float]) -> tuple[float, float]:
        """Return the pixels of two intensities."""
        return self.of(ends[0]), self.of(ends[1])

    def of_range(self, bounds: Bounds) -> tuple[float, float]:
        """Return where a range is drawn: round the bins of the first and the last intensity taken."""
        half = self.histogram.step / 2
        low, high = ends_of(bounds, self.histogram)
        return self.of(low - half), self.of(high + half)

    def _down(self, counts: Any) -> Any:
        bottom, top = self.reach
        scale = self.size[1] / (top - bottom)
        return self.size[1] + bottom * scale - heights(counts, self.scale) * scale

    @cached_property
    def outlines(self) -> Outlines:
        """The outlines of the bars."""
        bars = self.bars
        of_mask, around = (None if counts is None else self._down(counts) for counts in (bars.of_mask, bars.around))
        return Outlines((bars.edges - self.span[0]) * self.per_intensity, self._down(bars.counts), of_mask, around)

    @cached_property
    def landmarks(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Where the peaks and the valleys are."""
        peaks, valleys = (tuple(map(self.of, marks)) for marks in self.histogram.landmarks)
        return peaks, valleys

    @cached_property
    def padding(self) -> float | None:
        """Where the padding is; None without any."""
        padding = self.histogram.padding
        return self.of(padding) if padding is not None else None

    @cached_property
    def bin_width(self) -> float:
        """How wide a bar is, in intensities."""
        return float(self.bars.edges[1] - self.bars.edges[0])

    @cached_property
    def curve(self) -> tuple[Floats, Floats, Floats]:
        """The curve of the shares of the voxels: across and down, and the shares themselves."""
        shares = self.histogram.share_before(self.bars.edges)
        return self.outlines.edges, CURVE_TOP + (1 - shares) * (self.size[1] - CURVE_TOP), shares

    def on_curve(self, share: float) -> QPointF:
        """Return where a share lies on that curve."""
        across, down, shares = self.curve
        return QPointF(float(np.interp(share, shares, across)), float(np.interp(share, shares, down)))

    def parted(self, found: Sequence[Found]) -> tuple[tuple[float, float, int], ...]:
        """Return from where to where which class is drawn that an operation found."""
        parting = [one.value for one in found if one.parts]
        if not parting:
            return ()
        low, high = self.span
        ends = np.clip([low, *parting, high], low, high)
        numbers = list(range(len(parting) + 1))
        # Of curves, one may be the highest on both sides of another.
        if curves := [one.curve for one in found if one.curve is not None]:
            middles = (ends[1:] + ends[:-1]) / 2
            numbers = np.argmax([curve.density(middles) for curve in curves], axis=0).tolist()
        pixels = [self.of(end) for end in ends.tolist()]
        return tuple(zip(pixels[:-1], pixels[1:], numbers, strict=True))

    def density(self, curve: Gaussian) -> tuple[Floats, Floats]:
        """Return where the curve of a class is drawn: how many voxels of it each bar would hold."""
        centres = (self.bars.edges[1:] + self.bars.edges[:-1]) / 2
        counts = curve.density(centres) * (self.histogram.total * self.bin_width)
        # As far as the scale reaches.
        return (centres - self.span[0]) * self.per_intensity, np.minimum(self._down(counts), self.size[1] + 2)
