"""Otsu: thresholds found from the histogram."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import model_validator

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Citation, Python
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.found import Found
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.parameters import parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.engine.otsu import otsu_thresholds, plain_thresholds
from maskeditor.engine.progress import Progress

_OTSU = Citation(
    "Otsu 1979",
    "Otsu N (1979). A threshold selection method from gray-level histograms. IEEE Transactions on Systems, Man, and "
    "Cybernetics 9:62–66. doi:10.1109/TSMC.1979.4310076",
)
_LIAO = Citation(
    "Liao et al. 2001",
    "Liao PS, Chen TS, Chung PC (2001). A fast algorithm for multilevel thresholding. Journal of Information Science "
    "and Engineering 17:713–727",
)
_SCIKIT_IMAGE = Citation(
    "van der Walt et al. 2014",
    "van der Walt S, Schönberger JL, Nunez-Iglesias J, et al. (2014). scikit-image: image processing in Python. "
    "PeerJ 2:e453. doi:10.7717/peerj.453",
)


@operation("otsu", title="Otsu", group="Intensity", synonyms=("automatic threshold", "auto threshold", "binarize"))
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
            If the image has fewer different intensities than classes, or they cannot be counted in bins.
        """
        box = self.region(scene)
        if box is None:
            return None
        thresholds = self._thresholds(scene, progress)
        progress(0.8)
        # Equal to a threshold is darker: the brighter classes begin just above it.
        lower = {"darkest": None, "brightest": thresholds[-1]}.get(self.keep, thresholds[0])
        upper = {"darkest": thresholds[0], "middle": thresholds[-1]}.get(self.keep)
        if lower is not None:
            lower = lower + 1 if isinstance(lower, int) else math.nextafter(lower, math.inf)
        return self.combined(scene, box, self.in_range(scene, lower, upper, box, progress))

    def found(self, scene: Scene, progress: Progress) -> tuple[Found, ...]:
        """Return the thresholds between the classes."""
        return tuple(Found("Threshold", float(threshold)) for threshold in self._thresholds(scene, progress))

    def _thresholds(self, scene: Scene, progress: Progress) -> tuple[float, ...]:
        values, scaled = self.looked_at(scene, progress)
        try:
            return otsu_thresholds(values, self.classes, scaled=scaled, progress=progress.part(0.3, 0.8))
        except ValueError as error:
            raise OperationError(str(error)) from None

    def summary(self) -> str:
        """Return the row of the history."""
        parted = "" if self.classes == 2 else f" of {self.classes}"
        return f"Otsu, {self.keep}{parted}{self.input_words}{self.combine_words}"

    def python(self) -> Python:
        """Return the thresholds from a histogram, and a comparison."""
        lines, values = self.python_input()
        inside = {
            "brightest": f"{values} > thresholds[-1]",
            "darkest": f"{values} <= thresholds[0]",
            "middle": f"({values} > thresholds[0]) & ({values} <= thresholds[-1])",
            "not darkest": f"{values} > thresholds[0]",
        }[self.keep]
        found = f"thresholds = plain_thresholds({values}, classes={self.classes})"
        return Python((*lines, found, self.python_combined(inside)), (plain_thresholds,))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        kept = {
            "brightest": "the brightest class was",
            "darkest": "the darkest class was",
            "middle": "all between the darkest and the brightest class were",
            "not darkest": "all but the darkest class were",
        }[self.keep]
        return (
            f"The intensities of {self.methods_input} were parted in {self.classes} classes by Otsu's method as "
            f"implemented in scikit-image, of which {kept} taken{self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return the method's papers, and that of the implementation it equals."""
        return (_OTSU, _SCIKIT_IMAGE) if self.classes == 2 else (_OTSU, _LIAO, _SCIKIT_IMAGE)
