"""EPI mask: the brain of a functional image, as nilearn finds it."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from pydantic import model_validator

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import NILEARN, Citation, Python
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.found import Found
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.parameter_types import SwitchedCount
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import connected_parameter, opening_parameter
from maskeditor.engine.arrays import Array
from maskeditor.engine.in_range import in_range
from maskeditor.engine.nilearn_cleaning import cleaned
from maskeditor.engine.progress import Progress
from maskeditor.engine.smoothing import smooth_one_voxel
from maskeditor.engine.widest_gap import SortedIntensities, neighbours_of, widest_gap_threshold


@operation(
    "epi_mask",
    title="EPI mask",
    group="Intensity",
    synonyms=("brain mask", "skull strip", "BOLD", "fMRI", "functional", "nilearn"),
)
class EpiMask(Combining, IntensityInput):
    """Find the brain in an echo-planar image: above the widest gap between its sorted intensities.

    Equal to `nilearn.masking.compute_epi_mask`, after a heuristic by T. Nichols: the threshold is the middle of the
    widest gap between neighbouring intensities, of those between two fractions of all voxels. What is not finite counts
    as 0.
    """

    takes_brain = True

    lower_cutoff: float = parameter(
        0.2,
        title="Lower cutoff",
        description="The fraction of voxels, from the darkest, that is left out when the gap is sought; raise it if "
        "the mask holds background.",
        ge=0,
        le=1,
        step=0.01,
        role=Role.LOWEST_SHARE,
    )
    upper_cutoff: float = parameter(
        0.85,
        title="Upper cutoff",
        description="The fraction of voxels, from the darkest, beyond which no gap is sought; lower it if the mask "
        "holds only the brightest tissue.",
        ge=0,
        le=1,
        step=0.01,
        role=Role.HIGHEST_SHARE,
    )
    connected: bool = connected_parameter(True)
    opening: SwitchedCount = opening_parameter(
        2, "Unless it is 0, the image is also smoothed over one voxel before the threshold."
    )
    exclude_zeros: bool = parameter(
        False,
        title="Exclude zeros",
        description="Leave out intensities of exactly 0 when the gap is sought, for images padded with zeros.",
        role=Role.WITHOUT_ZEROS,
    )

    @model_validator(mode="after")
    def _in_order(self) -> EpiMask:
        if self.upper_cutoff <= self.lower_cutoff:
            raise ValueError(
                f"the upper cutoff ({self.upper_cutoff:g}) must be above the lower cutoff ({self.lower_cutoff:g})"
            )
        return self

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Find the threshold and clean what lies above it.

        Raises
        ------
        OperationError
            If there are no two intensities between the cutoffs.
        """
        data, threshold = self._threshold(scene, progress)
        made = cleaned(
            lambda: in_range(data, float(threshold), None, progress=progress.part(0.8, 0.85)),
            self.opening,
            self.connected,
            progress.part(0.85, 1.0),
        )
        return self.combined(scene, scene.whole, made)

    def found(self, scene: Scene, progress: Progress) -> tuple[Found, ...]:
        """Return the threshold, and the gap that it is the middle of."""
        data, threshold = self._threshold(scene, progress)
        below, above = neighbours_of(data, threshold)
        return Found("Threshold", float(threshold)), Found("Widest gap", below, above)

    @property
    def input_key(self) -> tuple[Hashable, ...]:
        """The smoothing over one voxel counts too."""
        return (*super().input_key, "epi_mask", bool(self.opening))

    def looked_at(self, scene: Scene, progress: Progress) -> tuple[Array, None]:
        """Return the image that is compared."""
        return self._kept(scene, progress)[0], None

    def _kept(self, scene: Scene, progress: Progress) -> tuple[Array, bool]:
        """Return the image that is compared, and whether it had to be made."""
        fresh = False

        def prepare() -> Array:
            nonlocal fresh
            fresh = True
            return self._prepared(scene, progress)

        volume, key = scene.image(self.image), ("epi_mask", self.frame, self.fwhm, bool(self.opening))
        data: Array = scene.intermediates.get(key, prepare, of=volume, nbytes=scene.floats_nbytes)
        return data, fresh

    def _threshold(self, scene: Scene, progress: Progress) -> tuple[Array, float]:
        """Return the image that is compared, and the threshold."""
        try:
            return self._threshold_of(scene, progress)
        except ValueError as error:
            raise OperationError(str(error)) from None

    def _threshold_of(self, scene: Scene, progress: Progress) -> tuple[Array, float]:
        data, fresh = self._kept(scene, progress)
        if fresh or 2 * data.nbytes > scene.intermediates.budget:
            gap = progress.part(0.5, 0.8)
            threshold = widest_gap_threshold(
                data, self.lower_cutoff, self.upper_cutoff, exclude_zeros=self.exclude_zeros, progress=gap
            )
            return data, threshold
        # Asked for again: cutoffs are being moved, so that a sort pays.
        key = ("epi_mask in order", self.frame, self.fwhm, bool(self.opening), self.exclude_zeros)
        ordered: SortedIntensities = scene.intermediates.get(
            key, lambda: SortedIntensities(data, self.exclude_zeros), of=scene.image(self.image)
        )
        return data, ordered.threshold(self.lower_cutoff, self.upper_cutoff)

    def _prepared(self, scene: Scene, progress: Progress) -> Array:
        """Return the image smoothed over one voxel, if so asked, and with 0 for what is not finite."""
        data, scaled = self.unscaled(scene, progress)
        may_be_wrong = data.dtype.kind == "f"
        own = bool(self.opening or scaled)
        if self.opening:
            data = smooth_one_voxel(data, scaled=scaled, progress=progress.part(0.3, 0.5))
        elif scaled is not None:
            data = scaled(data)
        for plane in range(data.shape[2] if may_be_wrong else 0):
            wrong = ~np.isfinite(data[:, :, plane])
            if wrong.any():
                data = data if own else data.copy(order="K")
                own = True
                data[:, :, plane][wrong] = 0
        return data

    def summary(self) -> str:
        """Return the row of the history."""
        words = f"EPI mask {self.lower_cutoff:g}–{self.upper_cutoff:g}, "
        words += f"opening {self.opening}" if self.opening else "no opening"
        words += "" if self.connected else ", not connected"
        words += ", zeros excluded" if self.exclude_zeros else ""
        return words + self.input_words + self.combine_words

    def python(self) -> Python:
        """Return nilearn's function."""
        lines, image = self.python_image()
        call = (
            f"made = masking.compute_epi_mask({image}, lower_cutoff={self.lower_cutoff!r}, "
            f"upper_cutoff={self.upper_cutoff!r},",
            f"    connected={self.connected}, opening={self.opening}, exclude_zeros={self.exclude_zeros})",
        )
        return Python((*lines, *call, self.python_combined("made.get_fdata() > 0")))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        words = f"lower cutoff {self.lower_cutoff:g}, upper cutoff {self.upper_cutoff:g}, opening {self.opening}, "
        words += "largest component kept" if self.connected else "all components kept"
        words += ", zeros excluded" if self.exclude_zeros else ""
        return (
            f"A brain mask was computed from {self.methods_input} as by compute_epi_mask of Nilearn, after a heuristic "
            f"by T. Nichols ({words}){self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return nilearn's paper."""
        return (NILEARN,)
