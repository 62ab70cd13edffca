"""Template mask: the MNI152 brain on the image's grid, as nilearn makes it."""

from __future__ import annotations

from itertools import product
from typing import Literal

import numpy as np
import scipy

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import NILEARN, Citation, Python, quoted
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.parameter_types import SwitchedCount
from maskeditor.core.operation.parameters import parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import connected_parameter, opening_parameter
from maskeditor.engine.arrays import Array
from maskeditor.engine.in_range import in_range
from maskeditor.engine.nilearn_cleaning import cleaned
from maskeditor.engine.progress import Progress
from maskeditor.engine.resampling import resample, splines_of

_FONOV = Citation(
    "Fonov et al. 2011",
    "Fonov V, Evans AC, Botteron K, et al. (2011). Unbiased average age-appropriate atlases for pediatric studies. "
    "NeuroImage 54:313–327. doi:10.1016/j.neuroimage.2010.07.033",
)


@operation(
    "template_mask",
    title="Template mask",
    group="Intensity",
    synonyms=("MNI", "atlas", "brain mask", "skull strip", "standard space"),
)
class TemplateMask(Combining):
    """Take the brain, grey or white matter of the MNI152 template where the image lies in the template's space.

    Equal to `nilearn.masking.compute_brain_mask`. Only shape and affine of the image count, not its intensities; it has
    to be registered to the template.
    """

    takes_brain = True

    mask_type: Literal["whole-brain", "gm", "wm"] = parameter(
        "whole-brain", title="Tissue", description="The whole brain, grey matter (gm) or white matter (wm)."
    )
    threshold: float = parameter(
        0.5,
        title="Threshold",
        description="The value of the template, from 0 to 1, from which on a voxel is taken.",
        ge=0,
        le=1,
        step=0.05,
    )
    connected: bool = connected_parameter(True)
    opening: SwitchedCount = opening_parameter(2)

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Bring the template onto the image's grid and cut it off.

        Raises
        ------
        OperationError
            If the scene has no such template, or it lies outside the image.
        """
        progress(0.0)
        key = ("template_mask", self.mask_type, scene.geometry.shape, scene.geometry.affine.tobytes())
        template: Array = scene.intermediates.get(
            key, lambda: _resampled(self.mask_type, scene, progress.within(0.0, 0.8)), nbytes=scene.floats_nbytes
        )
        progress(0.8)
        lowest = float(np.float32(self.threshold))  # as numpy compares float32 with a number, and so does nilearn
        made = cleaned(
            lambda: in_range(template, lowest, None, progress=progress.part(0.8, 0.85)),
            self.opening,
            self.connected,
            progress.part(0.85, 1.0),
        )
        return self.combined(scene, scene.whole, made)

    def python(self) -> Python:
        """Return nilearn's function."""
        return Python(
            (
                "grid = nibabel.Nifti1Image(mask.astype(np.uint8), affine)  # its shape and affine alone count",
                f"made = masking.compute_brain_mask(grid, threshold={self.threshold!r}, connected={self.connected},",
                f"    opening={self.opening}, mask_type={quoted(self.mask_type)})",
                self.python_combined("made.get_fdata() > 0"),
            )
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        kept = "largest component kept" if self.connected else "all components kept"
        return (
            "The MNI152 template was brought to the grid of the image, taken to lie in the template's space, as by "
            f"compute_brain_mask of Nilearn ({self.mask_type}, threshold {self.threshold:g}, opening {self.opening}, "
            f"{kept}){self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return nilearn's paper and the template's."""
        return (NILEARN, _FONOV)


def _resampled(mask_type: str, scene: Scene, progress: Progress) -> Array:
    """Return a template on the scene's grid (I, J, K), float32; equal to nilearn's `resample_to_img` to the bit."""
    geometry, template = scene.geometry, scene.outside.template(f"MNI152 {mask_type}")
    progress(0.1)
    shape, affine = template.geometry.shape, template.geometry.affine
    if shape == geometry.shape and np.allclose(geometry.affine, affine):
        return template.stored
    corners = np.array([(*corner, 1) for corner in product(*((0, length - 1) for length in shape))])
    last = (geometry.inverse @ affine @ corners.T)[:3].max(axis=1)
    if (last < 0).any():  # as nilearn does; beyond the other end of an axis, the mask is empty
        raise OperationError(
            "The MNI152 template lies outside the image; register the image to the template's space first."
        )
    transform = scipy.linalg.inv(affine) @ geometry.affine
    splines = splines_of(template.stored, progress=progress.part(0.1, 0.2))
    del template  # half as much memory as the splines, and not needed any more
    matrix = transform[:3, :3]
    diagonal = np.diag(matrix)
    if np.array_equal(np.diag(diagonal), matrix):
        matrix = diagonal
    return resample(splines, matrix, transform[:3, 3], geometry.shape, progress=progress.part(0.2, 1.0))
