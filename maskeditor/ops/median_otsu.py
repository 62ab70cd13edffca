"""Median Otsu: the brain of a diffusion-weighted image, as dipy finds it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Citation, Python, quoted
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.found import Found
from maskeditor.core.operation.intensity_input import IntensityInput, as_floats
from maskeditor.core.operation.parameters import Unit, parameter
from maskeditor.core.operation.parted import OTSU, plain_thresholds
from maskeditor.core.operation.scene import Patch, Scene, smooths
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.in_range import chunks
from maskeditor.engine.median_otsu import AboveMedians, median_otsu
from maskeditor.engine.morphology import dilation
from maskeditor.engine.progress import Progress

_DIPY = Citation(
    "Garyfallidis et al. 2014",
    "Garyfallidis E, Brett M, Amirbekian B, et al. (2014). Dipy, a library for the analysis of diffusion MRI data. "
    "Frontiers in Neuroinformatics 8:8. doi:10.3389/fninf.2014.00008",
)


@operation(
    "median_otsu",
    title="Median Otsu",
    group="Intensity",
    synonyms=("brain mask", "skull strip", "DWI", "diffusion", "dipy", "median filter", "b0"),
)
class MedianOtsu(Combining, IntensityInput):
    """Find the brain by Otsu's threshold of the image after median filters, as in diffusion-weighted images.

    Equal to `dipy.segment.mask.median_otsu`, its `vol_idx` being the volume or the range of volumes; what that does
    with `finalize_mask` are the steps `keep_largest` and `fill_holes`.
    """

    takes_brain = True

    median_radius: int = parameter(
        4,
        title="Median radius",
        description="How many voxels from its middle the box reaches that each median is taken of.",
        unit=Unit.VOXELS,
        ge=0,
        le=10,
    )
    numpass: int = parameter(
        4, title="Passes", description="How often the median filter is applied.", unit=Unit.TIMES, ge=0, le=20
    )
    dilate: int = parameter(
        0,
        title="Dilation",
        description="How often the mask is dilated in the end, with the cross of 6 neighbours; 0 leaves it as it is.",
        unit=Unit.TIMES,
        ge=0,
        le=50,
    )

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Filter the image, find the threshold and compare.

        Raises
        ------
        OperationError
            If the image holds what is not finite, of which no median can be taken, or its medians go into no bins.
        """
        if self.region(scene) is None:
            return None
        kept = self._parted(scene, progress).above
        progress(0.95)
        made = dilation(kept, self.dilate) if self.dilate else kept.copy(order="F")
        return self.combined(scene, scene.whole, np.asfortranarray(made))

    def found(self, scene: Scene, progress: Progress) -> tuple[Found, ...]:
        """Return the threshold; it parts the medians, and no intensities."""
        threshold = self._parted(scene, progress).threshold
        return () if threshold is None else (Found("Threshold of medians", threshold),)

    def _parted(self, scene: Scene, progress: Progress) -> AboveMedians:
        """Return what lies above the threshold, kept for another width of dilation and for what is found."""
        key = ("median_otsu", self.frame, self.fwhm, self.median_radius, self.numpass)
        kept: AboveMedians = scene.intermediates.get_once(
            key,
            lambda: self._filtered(scene, progress),
            waiting=lambda: progress(0.0),
            of=scene.image(self.image),
            nbytes=scene.whole.size,
        )
        return kept

    def _filtered(self, scene: Scene, progress: Progress) -> AboveMedians:
        volume = scene.image(self.image)
        values, scaled = self.unscaled(scene, progress)
        if scaled is not None and values.dtype.kind == "f":
            values, scaled = scaled(values), None
        if scaled is None and values.dtype.kind in "iu" and len(volume.shape) == 4:
            scaled = as_floats  # dipy takes a mean, even of one volume
        wrong = sum(int(np.count_nonzero(~np.isfinite(values[part]))) for part, _ in chunks(values.shape))
        if wrong:
            raise OperationError(
                f"The image holds NaN or infinite values (voxels: {wrong}), of which no median can be taken; choose "
                "another image."
            )
        find = progress.part(0.3, 0.95)
        try:
            made = median_otsu(values, self.median_radius, self.numpass, scaled=scaled, progress=find)
        except ValueError as error:
            raise OperationError(str(error)) from None
        made.above.setflags(write=False)
        return made

    @property
    def _passes(self) -> str:
        return "1 pass" if self.numpass == 1 else f"{self.numpass} passes"

    def summary(self) -> str:
        """Return the row of the history."""
        words = f"Median Otsu, radius {self.median_radius}, {self._passes}"
        words += f", dilated {self.dilate}" if self.dilate else ""
        return words + self.input_words + self.combine_words

    def python(self) -> Python:
        """Return scipy's median filter, and Otsu's threshold."""
        lines, values = self.python_input()
        source = f"images[{quoted(self.image)}]" if self.image else "image"
        series = "False" if smooths(self.fwhm) else f"{source}.ndim == 4"
        found = (
            f"made = plain_median_otsu({values}, radius={self.median_radius}, passes={self.numpass}, "
            f"is_series={series})",
            *([f"made = ndimage.binary_dilation(made, iterations={self.dilate})"] if self.dilate else []),
        )
        return Python((*lines, *found, self.python_combined("made")), (plain_median_otsu,))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        words = f"median radius {self.median_radius}, {self._passes}"
        words += f", dilated {self.dilate} times" if self.dilate > 1 else ", dilated once" if self.dilate else ""
        return (
            f"A brain mask was computed from {self.methods_input} as by median_otsu of DIPY ({words})"
            f"{self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return Otsu's paper, and dipy's."""
        return (OTSU, _DIPY)


def plain_median_otsu(data: NDArray[Any], radius: int, passes: int, is_series: bool) -> BoolArray:
    """Return where the median-filtered intensities lie above Otsu's threshold, as dipy does; for scripts.

    Parameters
    ----------
    data : (I, J, K) array of int or float
    radius, passes : int
    is_series : bool
        Whether the image has four axes, so that dipy takes its mean.

    Examples
    --------
    >>> plain_median_otsu(np.array([[[0, 1, 9, 0, 8, 9, 8, 1]]]), 1, 1, False).astype(int)
    array([[[0, 0, 0, 1, 1, 1, 1, 0]]])
    """
    from scipy import ndimage  # slow to bring in

    if not np.isfinite(data).all():
        raise ValueError("The image holds what is not finite, of which no median can be taken.")
    for _ in range(passes):
        data = ndimage.median_filter(data, 2 * radius + 1)
    if is_series and data.dtype.kind in "iu":
        data = data.astype(np.float64)
    above: BoolArray = np.zeros(data.shape, bool)
    if data.min() < data.max():
        above = data > plain_thresholds(data, 2)[0]
    return above
