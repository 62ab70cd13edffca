"""Background mask: all that differs from a homogeneous background, as nilearn finds it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from maskeditor.core.operation.as_script import NILEARN, Citation, Python
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.parameters import SwitchedCount, Unit, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import connected_parameter, opening_parameter
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.in_range import chunks
from maskeditor.engine.memory_pool import results
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

    border_size: int = parameter(
        2,
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
        values, scaled = self.unscaled(scene, progress)
        made = cleaned(
            lambda: _differs(values, scaled, self.border_size, progress),
            self.opening,
            self.connected,
            progress.part(0.6, 1.0),
        )
        return self.combined(scene, scene.whole, made)

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


def _differs(data: Array, scaled: Callable[[Array], Array] | None, border_size: int, progress: Progress) -> BoolArray:
    """Return where an image, scaled if so asked, differs from the median of its border."""
    if scaled is None and data.dtype.kind in "iu" and data.dtype.itemsize == 8:
        # No type holds all of them and the median: as numpy, and so nilearn, compares them.
        scaled = _as_floats
    made_of = scaled or (lambda values: values)
    ends = (slice(None, border_size), slice(-border_size, None))
    # Edges are counted twice, as in nilearn: the median depends on it.
    border = made_of(np.concatenate([np.moveaxis(data, axis, 0)[end].ravel() for axis in range(3) for end in ends]))
    is_nan = border.dtype.kind == "f" and bool(np.isnan(border).any())
    background = np.nan if is_nan else np.median(border)
    if border.dtype.kind in "iu":
        if background != np.floor(background):
            return np.ones(data.shape, dtype=bool, order="F")
        background = border.dtype.type(background)
    made: BoolArray = results.empty(data.shape, order="F")
    for part, done in chunks(data.shape):
        values = made_of(data[part])
        if is_nan:
            np.equal(values, values, out=made[part])
        else:
            np.not_equal(values, background, out=made[part])
        progress(0.4 + 0.2 * done)
    return made


def _as_floats(values: Array) -> Array:
    return values.astype(np.float64)
