"""Statistical threshold: what of a z map is significant."""

from __future__ import annotations

import math
import sys
from typing import Literal

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import NILEARN, Citation, Python, number, quoted
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.found import Found
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.parameters import Unit, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.mask_bits import FEW, MaskBits
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.background import BORDER, background_of
from maskeditor.engine.components.components import Components, PackedMask
from maskeditor.engine.in_range import chunks
from maskeditor.engine.memory_pool import results
from maskeditor.engine.progress import Progress
from maskeditor.engine.z_thresholds import Correction, z_threshold

_FDR = Citation(
    "Benjamini and Hochberg 1995",
    "Benjamini Y, Hochberg Y (1995). Controlling the false discovery rate: a practical and powerful approach to "
    "multiple testing. Journal of the Royal Statistical Society B 57:289–300. doi:10.1111/j.2517-6161.1995.tb02031.x",
)

#: What is larger is infinite, and counts for nothing.
_LARGEST = sys.float_info.max


@operation(
    "z_threshold",
    title="Statistical threshold",
    group="Intensity",
    synonyms=("FDR", "Bonferroni", "p value", "uncorrected", "significance", "alpha", "z map", "cluster size", "FWE"),
)
class ZThreshold(Combining, IntensityInput):
    """Take what is significant in a z map: uncorrected, or by false discovery rate or Bonferroni.

    Equal to `nilearn.glm.threshold_stats_img`. The map must hold z values, which of no effect have a standard normal
    distribution; of t values the threshold is too low. What is not finite counts as 0.
    """

    alpha: float = parameter(
        0.001,
        title="Alpha",
        description="The rate of errors that is accepted: the p of each voxel, or with fdr the share of false voxels "
        "among those that are found, or with bonferroni the chance of any false one.",
        ge=1e-12,
        le=0.25,
        step=0.001,
    )
    correction: Correction = parameter(
        "fpr",
        title="Correction",
        description="fpr: none, each voxel by itself; fdr: false discovery rate; bonferroni: any false positive.",
    )
    two_sided: bool = parameter(
        True,
        title="Both signs",
        description="Whether negative values are taken too; alpha is then shared by both.",
    )
    cluster_threshold: int = parameter(
        0,
        title="Cluster size",
        description="Clusters of fewer voxels, joined across faces, are left out.",
        unit=Unit.VOXELS,
        ge=0,
        le=10**9,
    )
    tested: Literal["image", "mask"] = parameter(
        "image",
        title="Tested",
        description="Which voxels are tested, by whose number is corrected: all of the image that differ from its "
        "background, or those of the mask.",
    )

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Find the threshold in what is tested, and take what reaches it.

        Raises
        ------
        OperationError
            If the mask whose voxels are to be tested is empty.
        """
        threshold = self._threshold(scene, progress.within(0, 0.5))
        made = self._beyond(scene, threshold, _LARGEST, progress.within(0.5, 0.7))
        if self.two_sided:
            above = MaskBits.of(made)  # an eighth, beside which there is room for the other sign
            del made
            made = self._beyond(scene, -_LARGEST, -threshold, progress.within(0.7, 0.9))
            for part, _ in chunks(made.shape, FEW):
                np.logical_or(made[part], above[part], out=made[part])
        return self.combined(scene, scene.whole, made)

    def found(self, scene: Scene, progress: Progress) -> tuple[Found, ...]:
        """Return the thresholds; none where nothing is significant."""
        threshold = self._threshold(scene, progress)
        if not math.isfinite(threshold):
            return ()
        above = Found("Threshold", threshold)
        return (Found("Lower threshold", -threshold), above) if self.two_sided else (above,)

    def _beyond(self, scene: Scene, lower: float, upper: float, progress: Progress) -> BoolArray:
        """Return which of the voxels that are tested are of one sign and in clusters that are large enough."""
        if lower > upper:
            return np.zeros(scene.whole.shape, np.bool_, order="F")
        made = self.in_range(scene, lower, upper, scene.whole, progress)
        if self.tested == "mask":
            for part, _ in chunks(made.shape, FEW):
                np.logical_and(made[part], scene.mask[part], out=made[part])
        if self.cluster_threshold < 2:
            return made
        packed = PackedMask(made)
        del made
        results.free_idle()  # before the result takes as much memory again
        return Components(packed, 6).at_least(self.cluster_threshold)

    def _threshold(self, scene: Scene, progress: Progress) -> float:
        """Return the threshold, having looked at what is tested if it depends on that."""
        alpha = self.alpha / 2 if self.two_sided else self.alpha
        if self.tested == "mask" and scene.extent is None:
            raise OperationError("The mask whose voxels are to be tested is empty; make one, or test the image.")
        if self.correction == "fpr":
            return z_threshold(np.empty(0), 0, self.correction, alpha)
        values, scaled = self.looked_at(scene, progress)
        made_of = scaled or _as_floats
        background = background_of(values, made_of, BORDER)
        least, count, kept = z_threshold(np.empty(0), 0, "fpr", alpha), 0, []
        for part, done in chunks(values.shape, FEW):
            some = made_of(values[part])
            if self.tested == "mask":
                some = some[scene.mask[part]]
            else:
                some = some[some == some] if np.isnan(background) else some[some != background]
            count += some.size
            if self.correction == "fdr":
                some = np.abs(some) if self.two_sided else some
                kept.append(some[(some >= least) & np.isfinite(some)])
            progress(done)
        return z_threshold(np.concatenate(kept or [np.empty(0)]), count, self.correction, alpha)

    def summary(self) -> str:
        """Return the row of the history."""
        how = "uncorrected" if self.correction == "fpr" else self.correction
        sides = ", both signs" if self.two_sided else ""
        size = f", clusters of {plain_number(self.cluster_threshold, 'voxel')}" if self.cluster_threshold else ""
        return f"Statistical threshold {self.alpha:g} {how}{sides}{size}{self.input_words}{self.combine_words}"

    def python(self) -> Python:
        """Return nilearn's function."""
        lines, values = self.python_input()
        tested = "nibabel.Nifti1Image(mask.astype(np.uint8), affine)" if self.tested == "mask" else "None"
        choices = (
            f"tested, {number(self.alpha)}, None, {quoted(self.correction)}, {self.cluster_threshold}, {self.two_sided}"
        )
        return Python(
            (
                *lines,
                f"z_map = nibabel.Nifti1Image({values}.astype(float), affine)",
                f"tested = {tested}",
                f"made, threshold = threshold_stats_img(z_map, {choices})",
                self.python_combined("made.get_fdata() != 0"),
            )
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        how = {
            "fpr": f"p < {self.alpha:g}, uncorrected",
            "fdr": f"a false discovery rate of {self.alpha:g}",
            "bonferroni": f"p < {self.alpha:g}, corrected by Bonferroni's method",
        }[self.correction]
        sides = "two-sided" if self.two_sided else "one-sided"
        among = "among the voxels of the mask" if self.tested == "mask" else "among the voxels that are not background"
        smallest = plain_number(self.cluster_threshold, "voxel")
        size = f", in clusters of at least {smallest}" if self.cluster_threshold else ""
        return (
            f"{self.methods_input[0].upper()}{self.methods_input[1:]} was thresholded as a map of z at {how} ({sides}, "
            f"{among}{size}), as by threshold_stats_img of Nilearn{self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return nilearn's paper, and that of the method."""
        return (NILEARN, _FDR) if self.correction == "fdr" else (NILEARN,)


def _as_floats(values: Array) -> Array:
    return values if values.dtype.kind == "f" else values.astype(np.float64)
