"""Pairs of intensities at the same voxels: of two images, or of an image and of its gradient magnitude."""

from __future__ import annotations

from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.scene import Scene, Width
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.arrays import Array
from maskeditor.engine.gradients import gradient_magnitude_of_part
from maskeditor.engine.joint_histogram import Scaled
from maskeditor.engine.progress import Progress


class Pairs:
    """The first and the second intensity of each voxel, read some at a time.

    Parameters
    ----------
    scene : Scene
    image : str
        Where the first intensities are from; "" is the image that is edited on.
    other : str, optional
        Where the second are from; None for the gradient magnitude of the first, per mm.
    frame : "mean", int or (int, int)
        Which volume of images that are 4D.
    fwhm : float or tuple of 3 float
        Full width at half maximum of the Gaussian that smooths both first, in mm.
    progress : Progress
        Told how far means and smoothed images are, which are worked out here.
    """

    def __init__(
        self, scene: Scene, image: str, other: str | None, frame: FrameChoice, fwhm: Width, progress: Progress
    ) -> None:
        self._zooms = scene.geometry.zooms
        self.first, self.first_scaled = _values(scene, image, frame, fwhm, progress)
        self.second: Array | None = None
        self.second_scaled: Scaled = None
        if other is not None:
            self.second, self.second_scaled = _values(scene, other, frame, fwhm, progress)

    @staticmethod
    def at_hand(scene: Scene, image: str, other: str | None, frame: FrameChoice, fwhm: Width) -> bool:
        """Whether pairs can be had at once: of images as they are, or of means and smoothed ones that are kept."""
        names = [name for name in (image, other) if name is not None]
        return all(scene.has_image(name) for name in names) and all(
            scene.has_intensities(name, _frame(scene, name, frame), fwhm) for name in names
        )

    def stored(self, part: tuple[slice, slice, slice]) -> tuple[Array, Array]:
        """Return both values of a part of the volume as they are stored; of a gradient, what it is."""
        if self.second is None:
            second: Array = gradient_magnitude_of_part(self.first, part, self._zooms, self.first_scaled)
        else:
            second = self.second[part]
        return self.first[part], second

    def of(self, part: tuple[slice, slice, slice]) -> tuple[Array, Array]:
        """Return both intensities of a part of the volume."""
        first, second = self.stored(part)
        first = first if self.first_scaled is None else self.first_scaled(first)
        return first, second if self.second_scaled is None else self.second_scaled(second)


def _values(scene: Scene, image: str, frame: FrameChoice, fwhm: Width, progress: Progress) -> tuple[Array, Scaled]:
    return IntensityInput(image=image, frame=_frame(scene, image, frame), fwhm=fwhm).unscaled(scene, progress)


def _frame(scene: Scene, image: str, frame: FrameChoice) -> FrameChoice:
    """Return the volume of an image that is looked at: of one volume all, whatever was chosen of the other image."""
    return frame if scene.image(image).frames > 1 else "mean"
