"""Smooth mask: round its surface."""

from __future__ import annotations

from maskeditor.core.operation.as_script import Python, number
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.parameters import Unit, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.engine.progress import Progress
from maskeditor.engine.smoothing import gaussian_reach, smooth_mask


@operation(
    "smooth_mask",
    title="Smooth mask",
    group="Morphology",
    synonyms=("Gaussian", "blur", "filter", "FWHM", "anti-alias"),
)
class SmoothMask(Operation):
    """Round the surface of the mask: smooth it with a Gaussian and take what is at least a half.

    Equal to a threshold of 0.5 on `nilearn.image.smooth_img` of the mask as float32.
    """

    fwhm: float = parameter(
        3.0,
        title="Width",
        description="Full width at half maximum of the Gaussian; details smaller than this vanish.",
        unit=Unit.MM,
        gt=0,
        le=100,
        step=0.5,
    )

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Smooth inside the mask's box, grown by what the Gaussian can reach."""
        if scene.extent is None:
            return None
        box = scene.extent.grown(self.reach(scene), scene.geometry.shape)
        return Patch(box, smooth_mask(scene.mask[box.slices], scene.geometry.zooms, self.fwhm, progress=progress))

    def reach(self, scene: Scene) -> tuple[int, int, int]:
        """As far as the Gaussian reaches."""
        return gaussian_reach(scene.geometry.zooms, self.fwhm)

    def summary(self) -> str:
        """Return the row of the history."""
        return f"Smooth mask {self.fwhm:g} mm"

    def python(self) -> Python:
        """Return a Gaussian and a threshold."""
        return Python((f"mask = smooth(mask, zooms, {number(self.fwhm)}) >= 0.5",))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return f"The mask was smoothed with a Gaussian of {self.fwhm:g} mm FWHM and cut off at one half."
