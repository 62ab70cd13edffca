"""What an operation finds in an image by itself, such as a threshold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from maskeditor.engine.arrays import Floats
from maskeditor.engine.gaussian_mixture import curves


class Gaussian(NamedTuple):
    """How the intensities of a class lie: its share of the voxels, their mean and standard deviation."""

    share: float
    mean: float
    deviation: float

    def density(self, values: Floats) -> Floats:
        """Return the share of the voxels for each unit of intensity, (N,), at some intensities (N,)."""
        (density,) = curves(np.array(self)[:, None], values)
        return np.asarray(density, np.float64)


class Found(NamedTuple):
    """A number that an operation found, mostly an intensity or a range of them, for people to see and to copy.

    Parameters
    ----------
    title : str
    value : float
        The intensity, or the lower end of the range.
    upper : float, optional
        The upper end of the range.
    parts : bool
        Whether the intensity parts two classes, of which the darker one ends with it.
    curve : Gaussian, optional
        The curve of a class, whose mean the intensity is.
    roi : str
        Id of the ROI of which it is a number, and no intensity then.

    Examples
    --------
    >>> Found("Threshold", 312.5).in_words(), Found("Widest gap", 300.0, 325.0).in_words()
    ('threshold 312.5', 'widest gap 300–325')
    """

    title: str
    value: float
    upper: float | None = None
    parts: bool = False
    curve: Gaussian | None = None
    roi: str = ""

    @property
    def end(self) -> float:
        """The upper end of the range; of one intensity, itself."""
        return self.value if self.upper is None else self.upper

    def in_words(self) -> str:
        """Return what was found, with the digits that people read."""
        return f"{self.title[0].lower()}{self.title[1:]} {self.numbers()}"

    def numbers(self) -> str:
        """Return the numbers alone."""
        return f"{self.value:.7g}" if self.upper is None else f"{self.value:.7g}–{self.upper:.7g}"
