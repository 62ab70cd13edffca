"""Remove small: components below a size."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from maskeditor.core.operation.as_script import Python, neighbours_argument, number
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.parameters import Unit, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import neighbours_parameter
from maskeditor.engine.arrays import Neighbours
from maskeditor.engine.progress import Progress


@operation(
    "remove_small",
    title="Remove small",
    group="Components",
    synonyms=(
        "islands",
        "clusters",
        "label",
        "cluster size",
        "extent threshold",
        "noise",
        "specks",
        "cleanup",
        "connected component",
    ),
)
class RemoveSmall(Operation):
    """Remove every connected component that is smaller than a size; one of exactly the size stays.

    Equal to counting the labels of `scipy.ndimage.label`.
    """

    tidies: ClassVar[bool] = True

    below: float = parameter(
        0.1,
        title="Smaller than",
        description="Components smaller than this are removed.",
        ge=0,
        le=1e9,
        step=0.1,
    )
    unit: Literal["mL", "voxels"] = parameter(
        "mL", title="Unit", description="Whether the size is given in mL or as a number of voxels."
    )
    neighbours: Neighbours = neighbours_parameter()

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Measure the components inside the mask's box."""
        if scene.extent is None:
            return None
        size = self.below if self.unit == "voxels" else self.below / scene.geometry.voxel_volume
        # To a millionth of a voxel, so that 0.1 mL of voxels of 0.001 mL is 100 of them and not 101 by rounding.
        voxels = math.ceil(round(size, 6))
        if voxels <= 1:
            progress(1.0)
            return None
        made = scene.components(self.neighbours, progress).at_least(voxels)
        progress(1.0)
        return Patch(scene.extent, made)

    @property
    def _below(self) -> str:
        return f"{self.below:g} {Unit(self.unit).behind(self.below)}"

    def summary(self) -> str:
        """Return the row of the history."""
        touching = "" if self.neighbours == 6 else f", {self.neighbours} neighbours"
        return f"Remove below {self._below}{touching}"

    def python(self) -> Python:
        """Return a choice among scipy's labels."""
        words = neighbours_argument(self.neighbours)
        if self.unit == "voxels":
            return Python((f"mask = at_least(mask, {math.ceil(round(self.below, 6))}{words})",))
        return Python(
            (
                "voxel_volume = abs(np.linalg.det(affine[:3, :3])) / 1000  # mL",
                "voxel_volume = float(f'{voxel_volume:.12g}')",
                f"voxels = np.ceil(round(float({number(self.below)} / voxel_volume), 6))",
                f"mask = at_least(mask, voxels{words})",
            )
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return f"Components of less than {self._below} ({self.neighbours} neighbours) were removed."
