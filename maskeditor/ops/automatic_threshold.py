"""Automatic threshold: where a method of the literature parts the histogram."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.operation.as_script import Citation, Python
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.parameters import parameter
from maskeditor.core.operation.parted import (
    LIAO,
    OTSU,
    SCIKIT_IMAGE,
    Keep,
    kept_in_words,
    plain_histogram,
    plain_thresholds,
    python_kept,
)
from maskeditor.core.operation.parting import ByThresholds
from maskeditor.engine.arrays import Array
from maskeditor.engine.automatic_thresholds import (
    Method,
    automatic_thresholds,
    isodata_threshold,
    li_of_counts,
    li_of_floats,
    minimum_threshold,
    triangle_threshold,
    yen_threshold,
)
from maskeditor.engine.progress import Reporter

#: What methods are called in texts, and where they come from.
_NAMES = {
    "otsu": "Otsu's method",
    "li": "Li's minimum cross entropy",
    "yen": "Yen's method",
    "isodata": "the IsoData method",
    "triangle": "the triangle method",
    "minimum": "the minimum method",
}
_PAPERS = {
    "otsu": OTSU,
    "li": Citation(
        "Li and Tam 1998",
        "Li CH, Tam PKS (1998). An iterative algorithm for minimum cross entropy thresholding. Pattern Recognition "
        "Letters 19:771–776. doi:10.1016/S0167-8655(98)00057-9",
    ),
    "yen": Citation(
        "Yen et al. 1995",
        "Yen JC, Chang FJ, Chang S (1995). A new criterion for automatic multilevel thresholding. IEEE Transactions on "
        "Image Processing 4:370–378. doi:10.1109/83.366472",
    ),
    "isodata": Citation(
        "Ridler and Calvard 1978",
        "Ridler TW, Calvard S (1978). Picture thresholding using an iterative selection method. IEEE Transactions on "
        "Systems, Man, and Cybernetics 8:630–632. doi:10.1109/TSMC.1978.4310039",
    ),
    "triangle": Citation(
        "Zack et al. 1977",
        "Zack GW, Rogers WE, Latt SA (1977). Automatic measurement of sister chromatid exchange frequency. Journal of "
        "Histochemistry and Cytochemistry 25:741–753. doi:10.1177/25.7.70454",
    ),
    "minimum": Citation(
        "Prewitt and Mendelsohn 1966",
        "Prewitt JMS, Mendelsohn ML (1966). The analysis of cell images. Annals of the New York Academy of Sciences "
        "128:1035–1053. doi:10.1111/j.1749-6632.1965.tb11715.x",
    ),
}


@operation(
    "automatic_threshold",
    title="Automatic threshold",
    group="Intensity",
    synonyms=("auto threshold", "binarize", "li", "yen", "isodata", "triangle", "minimum", "multi-Otsu", "entropy"),
)
class AutomaticThreshold(ByThresholds):
    """Find a threshold in the histogram by a method of the literature, and take what lies on a side of it.

    The thresholds are those of `skimage.filters.threshold_otsu`, `threshold_multiotsu` (classes more than 2),
    `threshold_li`, `threshold_yen`, `threshold_isodata`, `threshold_triangle` and `threshold_minimum` of the voxels:
    integers are counted level by level, floats in 256 bins from the lowest to the highest. An intensity equal to a
    threshold belongs to the darker class. What is not finite is left out.
    """

    method: Method = parameter(
        "otsu",
        title="Method",
        description="Otsu: classes that differ most; li: least cross entropy; yen: most correlation; isodata: midway "
        "between the means of the classes; triangle: farthest from the line from peak to tail; minimum: the valley "
        "between two peaks.",
    )
    classes: int = parameter(
        2,
        title="Classes",
        description="How many classes Otsu's method parts the intensities in; all other methods part them in two.",
        ge=2,
        le=5,
        when=("method", "otsu"),
    )
    keep: Keep = parameter(
        "brightest",
        title="Keep",
        description="Which classes are taken; middle is all between the darkest and the brightest, and second to "
        "fourth count from the darkest.",
    )

    @property
    def parted(self) -> int:
        """How many classes the intensities are parted in."""
        return self.classes if self.method == "otsu" else 2

    @property
    def choice(self) -> tuple[Keep, int]:
        """Which classes are taken, and of how many."""
        return self.keep, self.parted

    def thresholds_of(
        self, values: Array, scaled: Callable[[Array], Array] | None, progress: Reporter
    ) -> tuple[float, ...]:
        """Return the thresholds that the method finds."""
        return automatic_thresholds(values, self.method, self.parted, scaled=scaled, progress=progress)

    def summary(self) -> str:
        """Return the row of the history."""
        parted = "" if self.parted == 2 else f" of {self.parted}"
        return f"Automatic threshold {self.method}, {self.keep}{parted}{self.input_words}{self.combine_words}"

    def python(self) -> Python:
        """Return the thresholds from a histogram, and a comparison."""
        lines, values = self.python_input()
        kept = self.python_combined(python_kept(self.keep, self.parted, values))
        if self.method == "otsu":
            found = f"thresholds = plain_thresholds({values}, classes={self.classes})"
            return Python((*lines, found, kept), (plain_thresholds,))
        finite = f"finite = {values}[np.isfinite({values})]"
        find = _FOUND_BY[self.method]
        found = f"thresholds = [{find.__name__}(*plain_histogram(finite))]"
        if self.method == "li":
            found = "thresholds = [plain_li(finite)]"
        return Python((*lines, finite, found, kept), (find, plain_histogram))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return (
            f"The intensities of {self.methods_input} were parted in {self.parted} classes by {_NAMES[self.method]} as "
            f"implemented in scikit-image, of which {kept_in_words(self.keep)} taken{self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return the method's papers, and that of the implementation it equals."""
        several = (LIAO,) if self.parted > 2 else ()
        return (_PAPERS[self.method], *several, SCIKIT_IMAGE)


def plain_li(data: NDArray[Any]) -> Any:
    """Return Li's threshold of finite numbers, flat in the order of C, as scikit-image finds it; for scripts."""
    counts, centres = plain_histogram(data)
    if centres.dtype.kind in "iu":
        return li_of_counts(counts, centres)
    return li_of_floats(data if data.dtype.kind == "f" else data.astype(np.float64))


#: What finds the threshold in a script.
_FOUND_BY: dict[str, Callable[..., Any]] = {
    "li": plain_li,
    "yen": yen_threshold,
    "isodata": isodata_threshold,
    "triangle": triangle_threshold,
    "minimum": minimum_threshold,
}
