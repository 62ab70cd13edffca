"""Otsu: thresholds found from the histogram."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from maskeditor.core.operation.as_script import Citation, Python
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.parameters import parameter
from maskeditor.core.operation.parted import (
    LIAO,
    OTSU,
    SCIKIT_IMAGE,
    Keep,
    kept_in_words,
    plain_thresholds,
    python_kept,
)
from maskeditor.core.operation.parting import ByThresholds
from maskeditor.engine.arrays import Array
from maskeditor.engine.otsu import otsu_thresholds
from maskeditor.engine.progress import Reporter


@operation("otsu", title="Otsu", group="Intensity", synonyms=("automatic threshold", "auto threshold", "binarize"))
class Otsu(ByThresholds):
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

    @property
    def choice(self) -> tuple[Keep, int]:
        """Which class is taken, and of how many."""
        return self.keep, self.classes

    def thresholds_of(
        self, values: Array, scaled: Callable[[Array], Array] | None, progress: Reporter
    ) -> tuple[float, ...]:
        """Return Otsu's thresholds."""
        return otsu_thresholds(values, self.classes, scaled=scaled, progress=progress)

    def summary(self) -> str:
        """Return the row of the history."""
        parted = "" if self.classes == 2 else f" of {self.classes}"
        return f"Otsu, {self.keep}{parted}{self.input_words}{self.combine_words}"

    def python(self) -> Python:
        """Return the thresholds from a histogram, and a comparison."""
        lines, values = self.python_input()
        found = f"thresholds = plain_thresholds({values}, classes={self.classes})"
        return Python(
            (*lines, found, self.python_combined(python_kept(self.keep, self.classes, values))), (plain_thresholds,)
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return (
            f"The intensities of {self.methods_input} were parted in {self.classes} classes by Otsu's method as "
            f"implemented in scikit-image, of which {kept_in_words(self.keep)} taken{self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return the method's papers, and that of the implementation it equals."""
        return (OTSU, SCIKIT_IMAGE) if self.classes == 2 else (OTSU, LIAO, SCIKIT_IMAGE)
