"""Intensities as the input of an operation: which image, which volume, smoothed or not; and ranges of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import PrivateAttr

from maskeditor.core.operation.as_script import number, quoted
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.parameter_types import FrameParameter, Widths, width_in_words
from maskeditor.core.operation.parameters import Role, Unit, parameter
from maskeditor.core.operation.scene import Scene, Width, smooths
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.box import Box
from maskeditor.engine.in_range import Extremes, in_range, stored_range
from maskeditor.engine.progress import Progress


class IntensityInput(Operation):
    """An operation that looks at intensities: of which image and volume, and how smooth."""

    image: str = parameter(
        "",
        title="Image",
        description="The image looked at; leave it empty for the one that is edited on.",
        role=Role.IMAGE,
    )
    frame: FrameParameter = parameter(
        "mean",
        title="Volume",
        description="Which volume of a 4D image: the mean over all, one by its number, or the mean over a range.",
        role=Role.FRAME,
    )
    fwhm: Widths = parameter(
        0.0,
        title="Smoothing",
        description="Full width at half maximum of a Gaussian that smooths the image first, or three, one for each "
        "voxel axis; 0 leaves it as it is.",
        unit=Unit.MM,
        step=0.5,
        role=Role.SMOOTHING,
    )
    # Of a copy for a text, whose image has but one volume.
    _names_no_volume: bool = PrivateAttr(False)

    def intensities(self, scene: Scene, progress: Progress) -> Array:
        """Return the chosen intensities (I, J, K), not to be written to."""
        return scene.intensities(self.image, self.frame, self.fwhm, progress)

    @property
    def input_key(self) -> tuple[Hashable, ...]:
        """What tells the intensities that it looks at from others: the same key, the same intensities."""
        return (self.image, self.frame, self.fwhm)

    def looked_at(self, scene: Scene, progress: Progress) -> tuple[Array, Callable[[Array], Array] | None]:
        """Return the intensities that are compared, as `unscaled` does: what its histogram counts."""
        return self.unscaled(scene, progress)

    def unscaled(self, scene: Scene, progress: Progress) -> tuple[Array, Callable[[Array], Array] | None]:
        """Return values (I, J, K) and what makes the chosen intensities of them, or None if they are these already.

        Of one volume that is stored scaled, or as integers whose mean was asked for, this takes no memory.
        """
        volume = scene.image(self.image)
        plain = volume.checked_frame(self.frame)
        if isinstance(plain, int) and not smooths(self.fwhm):
            is_mean = len(volume.shape) == 4 and not isinstance(self.frame, int)
            if is_mean and not volume.is_scaled and volume.dtype.kind in "iu":
                # Of a series of one volume: its mean is that of any series, in float64.
                return volume.stored_frame(plain), as_floats
            return volume.stored_frame(plain), volume.scaled if volume.is_scaled else None
        return self.intensities(scene, progress), None

    def in_range(
        self, scene: Scene, lower: float | None, upper: float | None, box: Box, progress: Progress
    ) -> BoolArray:
        """Return which voxels of a box have a chosen intensity within bounds."""
        return in_range_of(scene, self.image, self.frame, self.fwhm, lower, upper, box, progress)

    def python_input(self) -> tuple[tuple[str, ...], str]:
        """Return the Python that makes the chosen intensities, and the name they then have."""
        lines, name = [], "data"
        if self.image or self.frame != "mean":
            name = "chosen"
            source = f"images[{quoted(self.image)}]" if self.image else "image"
            frames = "" if self.frame == "mean" else f", {self.frame}, {self.frame}"
            if isinstance(self.frame, tuple):
                frames = f", {self.frame[0]}, {self.frame[1]}"
            lines.append(f"chosen = volume_of({source}{frames})")
        if smooths(self.fwhm):
            width = f"({', '.join(map(number, self.fwhm))})" if isinstance(self.fwhm, tuple) else number(self.fwhm)
            lines.append(f"smoothed = smooth({name}, zooms, {width})")
            name = "smoothed"
        return tuple(lines), name

    def python_image(self) -> tuple[tuple[str, ...], str]:
        """Return the Python that makes an image of the chosen intensities, and the name it then has."""
        lines, name = self.python_input()
        if not lines:
            return (), "image"
        return (*lines, f"made_image = nibabel.Nifti1Image({name}, affine, image.header)"), "made_image"

    @property
    def methods_input(self) -> str:
        """What was looked at, as a paper states it, such as "the mean image, smoothed with …"."""
        image = f"the {self.image}" if self.image else "the image"
        if self.frame == "mean":
            image += "" if self._names_no_volume else " (of a series, its mean)"
        elif not self._names_no_volume:
            first, last = self.frame if isinstance(self.frame, tuple) else (self.frame, self.frame)
            chosen = f"volume {first}" if first == last else f"the mean of volumes {first} to {last}"
            image = f"{chosen} (counted from 0) of {image}"
        return image + (
            f", smoothed with a Gaussian of {width_in_words(self.fwhm)} FWHM," if smooths(self.fwhm) else ""
        )

    def of_one_volume(self) -> Self:
        """Return it as a text states it whose image has one volume, which is then not named."""
        copy = self.model_copy()
        copy._names_no_volume = True  # noqa: SLF001 - of the same class
        return copy

    @property
    def input_words(self) -> str:
        """What differs from the plain image, as the history shows it, such as ", smoothed 4 mm"."""
        words = f", {self.image}" if self.image else ""
        if isinstance(self.frame, tuple):
            words += f", volumes {self.frame[0]}–{self.frame[1]}"
        elif self.frame != "mean":
            words += f", volume {self.frame}"
        return words + (f", smoothed {width_in_words(self.fwhm)}" if smooths(self.fwhm) else "")


def in_range_of(
    scene: Scene,
    image: str,
    frame: FrameChoice,
    fwhm: Width,
    lower: float | None,
    upper: float | None,
    box: Box,
    progress: Progress,
) -> BoolArray:
    """Return which voxels of a box have an intensity within bounds, both included; NaN lies outside.

    One volume that is not smoothed is compared as it is stored, which takes neither time nor memory for scaling.

    Parameters
    ----------
    scene : Scene
    image, frame, fwhm
        As in `Scene.intensities`.
    lower, upper : float, optional
        None is no bound.
    box : Box
    progress : Progress

    Returns
    -------
    array of bool of the box's shape
        In Fortran order.
    """
    volume = scene.image(image)
    plain = volume.checked_frame(frame)
    if not isinstance(plain, int) or smooths(fwhm):
        values, report = scene.intensities(image, frame, fwhm, progress), progress.part(0.9, 1.0)
    elif volume.is_scaled and (volume.dtype.kind == "f" or volume.dtype.itemsize > 4):
        return in_range(volume.stored_frame(plain, box), lower, upper, scaled=volume.scaled, progress=progress)
    else:
        values, report = volume.stored_frame(plain), progress.part(0.0, 1.0)
        if volume.is_scaled:
            lower, upper = stored_range(volume.dtype, volume.scaled, lower, upper)
    extremes = None
    if box == scene.whole and values.flags.f_contiguous and scene.part_of is None:
        # A range that is dragged looks at the same image again and again; for the first time it is not worth it.
        key = ("extremes", plain, fwhm)
        again = scene.intermediates.has(key, of=volume)
        kept = scene.intermediates.get(key, lambda: Extremes(values), of=volume)
        extremes = kept if again else None
    return in_range(values[box.slices], lower, upper, extremes=extremes, progress=report)


def as_floats(values: Array) -> Array:
    """Return intensities, (...) of any type, as float64."""
    return values.astype(np.float64)


def sample(values: NDArray[Any], count: int = 1 << 16) -> NDArray[Any]:
    """Return about so many finite values, evenly spread over a volume, flat; for what a form opens with."""
    step = max(1, round((values.size / count) ** (1 / 3)))
    steps = [min(step, length) for length in values.shape]
    few = values[tuple(slice(by // 2, None, by) for by in steps)].ravel(order="K")
    return few[np.isfinite(few)] if few.dtype.kind == "f" else few
