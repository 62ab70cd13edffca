"""Percentiles: a share of the voxels, by their intensity."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Python, number
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.found import Found
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene, smooths
from maskeditor.engine.histograms import levels_of, percentiles
from maskeditor.engine.progress import Progress


@operation(
    "percentiles",
    title="Percentiles",
    group="Intensity",
    synonyms=("quantiles", "robust range", "threshold", "binarize"),
)
class Percentiles(Combining, IntensityInput):
    """Take every voxel whose intensity lies between two percentiles of the image, both included.

    Equal to a comparison with `numpy.percentile` of all intensities that are finite. Where intensities have no unit, as
    in most MRI, this means the same on other subjects, which a threshold does not.
    """

    lower: float = parameter(
        75.0,
        title="Percentile from",
        description="The percentage of voxels, from the darkest, that lies below the range.",
        ge=0,
        le=100,
        step=0.5,
        role=Role.LOWEST_SHARE,
    )
    upper: float = parameter(
        100.0,
        title="Percentile to",
        description="The percentage of voxels, from the darkest, that lies below the upper end of the range; 100 for "
        "no upper bound.",
        ge=0,
        le=100,
        step=0.5,
        role=Role.HIGHEST_SHARE,
    )
    exclude_zeros: bool = parameter(
        False,
        title="Exclude zeros",
        description="Leave out intensities of exactly 0 when the percentiles are found, for images padded with zeros.",
        role=Role.WITHOUT_ZEROS,
    )

    @model_validator(mode="after")
    def _in_order(self) -> Percentiles:
        if self.upper < self.lower:
            raise ValueError(f"percentile to ({self.upper:g}) must not be below percentile from ({self.lower:g})")
        return self

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Find the percentiles in the whole image, and compare where the result matters.

        Raises
        ------
        OperationError
            If no intensity is left to find them in.
        """
        box = self.region(scene)
        if box is None:
            return None
        lower, upper = self._ends(scene, progress)
        return self.combined(scene, box, self.in_range(scene, lower, upper, box, progress))

    def found(self, scene: Scene, progress: Progress) -> tuple[Found, ...]:
        """Return the intensities at both percentiles."""
        shares = (self.lower, self.upper)
        ends = self._ends(scene, progress)
        return tuple(Found(f"{share:g} %", end) for share, end in zip(shares, ends, strict=True))

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """A voxel's own intensity decides, once the image is counted."""
        whole = scene if scene.part_of is None else scene.part_of[0]
        if smooths(self.fwhm) or not whole.has_image(self.image):
            return None
        return (0, 0, 0) if whole.intermediates.has(self._key, of=whole.image(self.image)) else None

    @property
    def _key(self) -> tuple[Hashable, ...]:
        return ("levels", self.frame)

    def _ends(self, scene: Scene, progress: Progress) -> tuple[float, float]:
        """Return the intensities at both percentiles of the whole image."""
        whole = scene if scene.part_of is None else scene.part_of[0]
        asked = [self.lower, self.upper, float(self.exclude_zeros)]
        # Kept for the next slice of a preview, and for what is drawn on the histogram.
        ends = whole.intermediates.get(
            ("ends", self.frame, self.fwhm),
            lambda: np.array([*asked, *self._found_ends(whole, progress)]),
            of=whole.image(self.image),
            fits=lambda kept: bool(kept[:3].tolist() == asked),
        )
        lower, upper = ends[3:].tolist()
        if math.isnan(lower):
            raise OperationError("The image has no intensities to find percentiles in; choose another image or volume.")
        return lower, upper

    def _found_ends(self, whole: Scene, progress: Progress) -> NDArray[np.float64]:
        values, scaled = self.looked_at(whole, progress)
        report = progress.part(0.3, 0.8)
        counts = None
        if not smooths(self.fwhm) and values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
            # Kept, as shares are dragged: every level and how often it occurs.
            counts = whole.intermediates.get(self._key, lambda: levels_of(values, report), of=whole.image(self.image))
        return percentiles(
            values,
            (self.lower, self.upper),
            scaled=scaled,
            exclude_zeros=self.exclude_zeros,
            counted=counts,
            progress=report,
        )

    def summary(self) -> str:
        """Return the row of the history."""
        words = f"Percentiles {self.lower:g}–{self.upper:g}{', zeros excluded' if self.exclude_zeros else ''}"
        return words + self.input_words + self.combine_words

    def python(self) -> Python:
        """Return numpy's function, and two comparisons."""
        lines, values = self.python_input()
        sought = f"np.isfinite({values})" + (f" & ({values} != 0)" if self.exclude_zeros else "")
        found = (
            f"sought = {values}[{sought}] * 1.0  # of small integers numpy's differences overflow",
            f"lower, upper = np.percentile(sought, [{number(self.lower)}, {number(self.upper)}])",
        )
        return Python((*lines, *found, self.python_combined(f"({values} >= lower) & ({values} <= upper)")))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        zeros = " other than 0" if self.exclude_zeros else ""
        return (
            f"Voxels from the percentile {self.lower:.10g} to the percentile {self.upper:.10g} (both included) of all "
            f"intensities{zeros} in {self.methods_input} were taken{self.methods_combined}."
        )
