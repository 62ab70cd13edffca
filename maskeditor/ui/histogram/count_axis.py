"""The axis of the counts, and its scales."""

from __future__ import annotations

import math
from enum import StrEnum

import numpy as np
import pyqtgraph as pg

from maskeditor.model.numbers_in_words import short_count


class Scale(StrEnum):
    """The scale of counts."""

    LOG = "Log"
    SQUARE_ROOT = "Root"
    LINEAR = "Linear"


class CountAxis(pg.AxisItem):  # type: ignore[misc]
    """Counts, on any scale, with short labels."""

    scale_of_counts = Scale.LOG

    def tickValues(self, minimum: float, maximum: float, size: float) -> list[tuple[float, list[float]]]:
        """Return short ticks: powers of ten on a logarithmic scale."""
        if self.scale_of_counts is not Scale.LOG:
            found: list[tuple[float, list[float]]] = super().tickValues(minimum, maximum, size)[:1]
            return found
        powers = range(max(0, math.ceil(minimum)), math.floor(maximum) + 1)
        every = max(1, math.ceil(len(powers) / max(1.0, size / 22)))
        return [(float(every), [float(power) for power in powers[::every]])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return counts as labels."""
        heights = np.array(values, np.float64)
        if self.scale_of_counts is Scale.LOG:
            heights = 10**heights
        elif self.scale_of_counts is Scale.SQUARE_ROOT:
            heights = heights**2
        return [short_count(count) for count in heights.tolist()]
