"""Ranges and windows in Hounsfield units, for CT.

The ranges are those of the Hounsfield scale as textbooks give them, the windows those that radiologists read in; both
are rounded, and a scanner's own calibration may lie some units beside them.
"""

from __future__ import annotations

from typing import NamedTuple


class Tissue(NamedTuple):
    """A range of intensities in HU; None is no bound."""

    title: str
    lower: float | None
    upper: float | None


class Window(NamedTuple):
    """A window by its level, the middle, and its width, in HU."""

    title: str
    level: float
    width: float

    @property
    def ends(self) -> tuple[float, float]:
        """The darkest and the brightest intensity.

        Examples
        --------
        >>> Window("Brain", 40, 80).ends
        (0.0, 80.0)
        """
        return self.level - self.width / 2, self.level + self.width / 2


TISSUES = (
    Tissue("Air", None, -950),
    Tissue("Lung", -950, -500),
    Tissue("Fat", -150, -50),
    Tissue("Water", -15, 15),
    Tissue("Soft tissue", 20, 100),
    Tissue("Bone", 300, None),
)
WINDOWS = (
    Window("Brain", 40, 80),
    Window("Soft tissue", 50, 400),
    Window("Lung", -600, 1500),
    Window("Bone", 400, 1800),
)
