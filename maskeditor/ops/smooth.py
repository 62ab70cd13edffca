"""Smooth image: an image smoothed with a Gaussian."""

from __future__ import annotations

import numpy as np

from maskeditor.core.operation.as_script import NILEARN, Citation, Python, number
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.image_operation import SeriesOperation
from maskeditor.core.operation.parameters import Unit, parameter
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Progress
from maskeditor.engine.smoothing import gaussian_reach, smooth


@operation(
    "smooth",
    title="Smooth image",
    group="Images",
    synonyms=("Gaussian filter", "blur", "smoothing", "FWHM", "low-pass"),
)
class Smooth(SeriesOperation):
    """Make an image smoothed with a Gaussian, each volume of a series by itself.

    Equal to `nilearn.image.smooth_img`. What is not finite counts as 0.
    """

    by_volume = True

    fwhm: float = parameter(
        6.0,
        title="Width",
        description="Full width of the Gaussian at half its height, the same along each axis.",
        unit=Unit.MM,
        gt=0,
        le=100,
        step=0.5,
    )

    def frames_made(self, frames: int, geometry: Geometry) -> int:
        """As many as were chosen."""
        return len(self.chosen(frames))

    def reach(self, scene: Scene) -> tuple[int, int, int]:
        """As far as the Gaussian reaches."""
        return gaussian_reach(scene.geometry.zooms, self.fwhm)

    def worked_out(self, image: Volume, progress: Progress) -> Array:
        """Smooth volume after volume."""
        chosen = self.chosen(image.frames)
        scaled = image.scaled if image.is_scaled else None
        made: Array = np.empty(0)
        for place, frame in enumerate(chosen):
            report = progress.part(place / len(chosen), (place + 1) / len(chosen))
            one = smooth(image.stored_frame(frame), image.geometry.zooms, self.fwhm, scaled=scaled, progress=report)
            if len(chosen) == 1:
                return one
            if place == 0:
                made = np.empty((*one.shape, len(chosen)), one.dtype, order="F")
            made[..., place] = one
        return made

    @property
    def keeps_intensities(self) -> bool:
        """Whether it is looked at like the image it is made of: it is."""
        return True

    @property
    def made_words(self) -> str:
        """How the history calls it."""
        return f"smoothed {self.fwhm:g} mm"

    def python(self) -> Python:
        """Return scipy's Gaussian, along each axis."""
        return Python((self.python_made(f"smooth_each({self.python_series}, zooms, {number(self.fwhm)})"),))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        source = self.methods_series
        return (
            f"{source[0].upper()}{source[1:]} was smoothed with a Gaussian of {self.fwhm:g} mm FWHM, as by Nilearn, "
            f"which made the {self.name}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return nilearn's paper."""
        return (NILEARN,)
