"""Background mask: all that differs from a homogeneous background, as nilearn finds it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from maskeditor.core.operation.as_script import NILEARN, Citation, Python
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.found import Found
from maskeditor.core.operation.intensity_input import IntensityInput, as_floats
from maskeditor.core.operation.parameter_types import SwitchedCount
from maskeditor.core.operation.parameters import Unit, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import connected_parameter, opening_parameter
from maskeditor.engine.arrays import Array
from maskeditor.engine.background import BORDER, background_of, differs
from maskeditor.engine.nilearn_cleaning import cleaned
from maskeditor.engine.progress import Progress


@operation(
    "background_mask",
    title="Background mask",
    group="Intensity",
    synonyms=("brain mask", "skull strip", "head mask", "foreground"),
)
class BackgroundMask(Combining, IntensityInput):
    """Take every voxel that differs from the background, whose value is read off the border of the volume.

    Equal to `nilearn.masking.compute_background_mask`: the background is the median of the border, or "not a number" if
    the border holds any. For images whose background has one and the same value.
    """

    takes_brain = True

    border_size: int = parameter(
        BORDER,
        title="Border",
        description="How many voxels from each face of the volume the border is thick.",
        unit=Unit.VOXELS,
        ge=1,
        le=1000,
    )
    connected: bool = connected_parameter(False)
    opening: SwitchedCount = opening_parameter(0)

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Compare all voxels with the border and clean what differs."""
        values, made_of = self._values(scene, progress)
        background = background_of(values, made_of, self.border_size)
        made = cleaned(
            lambda: differs(values, made_of, background, progress),
            self.opening,
            self.connected,
            progress.part(0.6, 1.0),
        )
        return self.combined(scene, scene.whole, made)

    def found(self, scene: Scene, progress: Progress) -> tuple[Found, ...]:
        """Return the value of the background, unless it is no number."""
        background = float(background_of(*self._values(scene, progress), self.border_size))
        return () if np.isnan(background) else (Found("Background", background),)

    def _values(self, scene: Scene, progress: Progress) -> tuple[Array, Callable[[Array], Array]]:
        """Return values (I, J, K) and what makes the intensities that are compared of them."""
        data, scaled = self.looked_at(scene, progress)
        if scaled is None and data.dtype.kind in "iu" and data.dtype.itemsize == 8:
            # No type holds all of them and the median: as numpy, and so nilearn, compares them.
            scaled = as_floats
        return data, scaled or _as_they_are

    def python(self) -> Python:
        """Return nilearn's function."""
        lines, image = self.python_image()
        call = (
            f"made = masking.compute_background_mask({image}, border_size={self.border_size}, "
            f"connected={self.connected}, opening={self.opening})"
        )
        return Python((*lines, call, self.python_combined("made.get_fdata() > 0")))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        kept = "largest component kept" if self.connected else "all components kept"
        return (
            f"A mask of what differs from the background was computed from {self.methods_input} as by "
            f"compute_background_mask of Nilearn (border size {self.border_size}, opening {self.opening}, {kept})"
            f"{self.methods_combined}."
        )

    def citations(self) -> tuple[Citation, ...]:
        """Return nilearn's paper."""
        return (NILEARN,)


def _as_they_are(values: Array) -> Array:
    return values
