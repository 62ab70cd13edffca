"""Threshold: a range of intensities."""

from __future__ import annotations

import math
from typing import ClassVar, Self

import numpy as np

from maskeditor.core.operation.as_script import Python, between, range_in_words
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.intensity_input import IntensityInput, sample
from maskeditor.core.operation.intensity_range import Ranged, lower_bound, range_words, upper_bound
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.engine.otsu import otsu_bin
from maskeditor.engine.progress import Progress


@operation(
    "threshold",
    title="Threshold",
    group="Intensity",
    synonyms=("binarize", "range", "intensity window", "cut off", "segment"),
)
class Threshold(Ranged, Combining, IntensityInput):
    """Take every voxel whose intensity lies in a range, both ends included.

    Equal to ``(image >= lower) & (image <= upper)`` of numpy on the scaled intensities in float64: bounds are not
    rounded to the type of the image. NaN lies in no range.
    """

    of_range: ClassVar[bool] = True

    lower: float | None = lower_bound("The lowest intensity taken, itself included; none for no lower bound.")
    upper: float | None = upper_bound("The highest intensity taken, itself included; none for no upper bound.")

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Compare the intensities in the type they are stored in, a chunk at a time."""
        box = self.region(scene)
        if box is None:
            return None
        return self.combined(scene, box, self.in_range(scene, self.lower, self.upper, box, progress))

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """A voxel's own intensity decides, once the mean or the smoothed image is there."""
        return (0, 0, 0) if scene.has_intensities(self.image, self.frame, self.fwhm) else None

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with what is brighter than the value that best parts a sample of the image in two."""
        volume = scene.volume
        few = volume.scaled(sample(volume.stored_frame(volume.frames // 2))).astype(np.float64)
        if few.size == 0 or few.min() == few.max():
            return cls()
        try:
            counts, edges = np.histogram(few, bins=256)
        except ValueError:  # the intensities lie too close together, or too far apart, for so many bins
            return cls()
        parted = edges[otsu_bin(counts, (edges[1:] + edges[:-1]) / 2) + 1]
        # As many digits as distinguish the bins.
        digits = -math.floor(math.log10(edges[1] - edges[0]))
        return cls(lower=round(float(parted), digits))

    def summary(self) -> str:
        """Return the row of the history."""
        return f"Threshold {range_words(self.lower, self.upper)}{self.input_words}{self.combine_words}"

    def python(self) -> Python:
        """Return two comparisons."""
        lines, values = self.python_input()
        return Python((*lines, self.python_combined(between(values, self.lower, self.upper))))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        wanted = range_in_words(self.lower, self.upper)
        return f"Voxels with {wanted} in {self.methods_input} were taken{self.methods_combined}."
