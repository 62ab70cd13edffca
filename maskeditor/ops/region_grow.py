"""Region growing: what hangs together with a voxel within a range of intensities."""

from __future__ import annotations

import math
from typing import Self

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Python, between, neighbours_argument, range_in_words
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.intensity_range import Ranged, lower_bound, range_words, upper_bound
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import neighbours_parameter
from maskeditor.engine.arrays import Neighbours
from maskeditor.engine.components.components import Components, PackedMask
from maskeditor.engine.progress import Progress


@operation(
    "region_grow",
    title="Region growing",
    group="Intensity",
    synonyms=("connected threshold", "seed", "magic wand", "flood", "bucket"),
)
class RegionGrow(Ranged, Combining, IntensityInput):
    """Take every voxel that is joined to a seed by voxels whose intensity lies in a range.

    Equal to the component of `scipy.ndimage.label` at the seed, and to ``ConnectedThreshold`` of SimpleITK with 6
    neighbours (full connectivity: 26), which rounds the bounds to the type of the image.
    """

    seed: tuple[int, int, int] = parameter(
        title="Seed", description="The voxel that the region grows from, by its indices.", role=Role.VOXEL
    )
    lower: float | None = lower_bound("The lowest intensity grown into, itself included; none for no lower bound.")
    upper: float | None = upper_bound("The highest intensity grown into, itself included; none for no upper bound.")
    neighbours: Neighbours = neighbours_parameter()

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Compare all intensities, and keep the component at the seed.

        Raises
        ------
        OperationError
            If the seed lies outside the volume, or its intensity outside the range.
        """
        if not scene.geometry.holds(self.seed):
            i, j, k = self.seed
            raise OperationError(f"The seed {i}, {j}, {k} lies outside the image; choose a voxel inside it.")
        inside = self.in_range(scene, self.lower, self.upper, scene.whole, progress)
        if not inside[self.seed]:
            i, j, k = self.seed
            raise OperationError(
                f"The intensity at the seed {i}, {j}, {k} lies outside the range; widen the range or choose another "
                "voxel."
            )
        packed = PackedMask(inside)
        del inside  # before the result takes as much memory again
        grown = Components(packed, self.neighbours, progress=progress.part(0.5, 1.0)).at(self.seed)
        return self.combined(scene, scene.whole, grown)

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with the middle of the image, and the intensities round it."""
        i, j, k = (length // 2 for length in scene.geometry.shape)
        near = tuple(slice(max(0, at - 2), at + 3) for at in (i, j, k))
        volume = scene.volume
        values = volume.scaled(volume.stored_frame(volume.frames // 2)[near]).astype(np.float64)
        values = values[np.isfinite(values)]
        if values.size == 0:
            return cls(seed=(i, j, k))
        spread = 2 * float(values.std())
        lower, upper = float(values.min()) - spread, float(values.max()) + spread
        # As many digits as the range is worth, wherever it lies: the seed must be inside.
        digits = 3 - math.floor(math.log10(upper - lower)) if upper > lower else None
        if digits is not None:
            lower, upper = round(lower, digits), round(upper, digits)
        return cls(seed=(i, j, k), lower=lower, upper=upper)

    def summary(self) -> str:
        """Return the row of the history."""
        i, j, k = self.seed
        reached = range_words(self.lower, self.upper)
        return f"Region growing from {i}, {j}, {k}, {reached}{self.input_words}{self.combine_words}"

    def python(self) -> Python:
        """Return one of scipy's labels."""
        lines, values = self.python_input()
        inside = between(values, self.lower, self.upper)
        grown = f"component_at({inside}, {self.seed}{neighbours_argument(self.neighbours)})"
        return Python((*lines, self.python_combined(grown)))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        wanted = range_in_words(self.lower, self.upper)
        return (
            f"A region was grown from voxel {self.seed} (counted from 0, chosen by hand) through voxels with {wanted} "
            f"in {self.methods_input} ({self.neighbours} neighbours){self.methods_combined}."
        )
