"""Consensus: where enough ROIs agree."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Self

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import NILEARN, Citation, Python, joined, quoted
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import connected_parameter
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.in_range import chunks
from maskeditor.engine.memory_pool import results
from maskeditor.engine.nilearn_cleaning import cleaned
from maskeditor.engine.progress import Progress


@operation(
    "consensus",
    title="Consensus of ROIs",
    group="Masks",
    synonyms=("majority vote", "agreement", "average masks", "intersect masks"),
)
class Consensus(Combining):
    """Take every voxel that more than a fraction of other ROIs hold.

    Equal to `nilearn.masking.intersect_masks`: a threshold of 1 is their intersection, one of 0 their union.
    """

    others: tuple[str, ...] = parameter(
        title="ROIs", description="The ROIs that are asked; the edited one is not among them.", role=Role.ROIS
    )
    threshold: float = parameter(
        0.5,
        title="Threshold",
        description="A voxel is taken if more than this fraction of the ROIs hold it; 1 stands for all of them.",
        ge=0,
        le=1,
        step=0.05,
    )
    connected: bool = connected_parameter(True)

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Count how many ROIs hold each voxel.

        Raises
        ------
        OperationError
            If no ROI is named.
        """
        if not self.others:
            raise OperationError("No ROI was named to be asked; name at least one.")
        masks = [scene.other(roi) for roi in self.others]
        needed = self.needed(len(masks))
        made = cleaned(
            lambda: _held_by(masks, needed, progress.part(0.0, 0.5)), 0, self.connected, progress.part(0.5, 1.0)
        )
        return self.combined(scene, scene.whole, made)

    def needed(self, count: int) -> int:
        """Return how many of so many masks must hold a voxel."""
        # nilearn asks for "more than" too, and takes 1 for a little less.
        return math.floor(min(self.threshold, 1 - 1e-7) * count) + 1

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with all other ROIs."""
        return cls(others=tuple(scene.others))

    def summary(self) -> str:
        """Return the row of the history."""
        asked = ", ".join(self.others)
        joined = "" if self.connected else ", not connected"
        return f"Consensus of {asked}, more than {self.threshold:g}{joined}{self.combine_words}"

    def python(self) -> Python:
        """Return nilearn's function."""
        asked = ", ".join(map(quoted, self.others))
        return Python(
            (
                f"asked = [masks[roi].astype(np.uint8) for roi in ({asked},)]",
                "made = masking.intersect_masks([nibabel.Nifti1Image(other, affine) for other in asked],",
                f"    threshold={self.threshold!r}, connected={self.connected})",
                self.python_combined("made.get_fdata() > 0"),
            )
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        kept = "largest component kept" if self.connected else "all components kept"
        share = "all" if self.threshold == 1 else f"more than {self.threshold:g}"
        return (
            f"Voxels in {share} of {joined(self.others)} were taken as by intersect_masks of Nilearn ({kept})"
            f"{self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return nilearn's paper."""
        return (NILEARN,)


def _held_by(masks: list[Voxels], needed: int, report: Callable[[float], None]) -> BoolArray:
    """Return the voxels that so many masks hold."""
    made: BoolArray = results.empty(masks[0].shape, order="F")
    for part, done in chunks(made.shape):
        if needed == 1 or needed == len(masks):
            np.copyto(made[part], masks[0][part])
            for mask in masks[1:]:
                (np.logical_or if needed == 1 else np.logical_and)(made[part], mask[part], out=made[part])
        else:
            count = masks[0][part].astype(np.uint8 if len(masks) < 256 else np.uint32)
            for mask in masks[1:]:
                np.add(count, mask[part].view(np.uint8), out=count)
            np.greater_equal(count, needed, out=made[part])
        report(done)
    return made
