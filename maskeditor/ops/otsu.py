"""Otsu: thresholds found from the histogram."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import model_validator

from maskeditor.core.combine import Combining
from maskeditor.core.errors import OperationError
from maskeditor.core.intensity import IntensityInput
from maskeditor.core.operation import operation
from maskeditor.core.otsu import otsu_thresholds
from maskeditor.core.parameters import parameter
from maskeditor.core.progress import Progress
from maskeditor.core.scene import Patch, Scene


@operation("otsu", title="Otsu", group="Intensity")
class Otsu(Combining, IntensityInput):
    """Part the intensities in classes that differ most from each other, and take some of them.

    The thresholds are those of `skimage.filters.threshold_otsu` and `threshold_multiotsu` (Otsu 1979; Liao, Chen and
    Chung 2001). An intensity equal to a threshold belongs to the darker class. What is not finite is left out.
    """

    classes: int = parameter(
        2, title="Classes", description="How many classes the intensities are parted in.", ge=2, le=4
    )
    keep: Literal["brightest", "darkest", "middle", "not darkest"] = parameter(
        "brightest",
        title="Keep",
        description="Which class is taken; middle is all between the darkest and the brightest, of three or four.",
    )

    @model_validator(mode="after")
    def _has_middle(self) -> Otsu:
        if self.keep == "middle" and self.classes == 2:
            raise ValueError("two classes have no middle; give 3 or 4 classes, or keep another")
        return self

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Find the thresholds in the whole image, and compare where the result matters.

        Raises
        ------
        OperationError
            If the image has fewer different intensities than classes.
        """
        box = self.region(scene)
        if box is None:
            return None
        values = self.intensities(scene, progress)
        thresholds = otsu_thresholds(values, self.classes, progress=progress.part(0.3, 0.8))
        if thresholds is None:
            raise OperationError(
                f"The image has fewer different intensities than the {self.classes} classes asked for; give fewer "
                "classes or choose another image."
            )
        progress(0.8)
        # Equal to a threshold is darker: the brighter classes begin just above it.
        lower = {"darkest": None, "brightest": thresholds[-1]}.get(self.keep, thresholds[0])
        upper = {"darkest": thresholds[0], "middle": thresholds[-1]}.get(self.keep)
        above = None if lower is None else math.nextafter(lower, math.inf)
        return self.combined(scene, box, self.in_range(scene, above, upper, box, progress))

    def summary(self) -> str:
        """Return the row of the history."""
        parted = "" if self.classes == 2 else f" of {self.classes}"
        return f"Otsu, {self.keep}{parted}{self.input_told}{self.combine_told}"
