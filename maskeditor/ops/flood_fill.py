"""Flood fill: turn over the region round a voxel."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Python, axis_of, neighbours_argument
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.drawn import done_in_words
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import neighbours_parameter
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.engine.arrays import Neighbours, and_not
from maskeditor.engine.box import Box
from maskeditor.engine.components.components import Components, PackedMask
from maskeditor.engine.progress import Progress


@operation(
    "flood_fill", title="Flood fill", group="Tools", synonyms=("bucket", "paint bucket", "fill region", "region")
)
class FloodFill(Operation):
    """Add the region of background round a voxel to the mask, or erase the region of the mask round it.

    Equal to `skimage.segmentation.flood` on the mask, of one slice or of the volume.
    """

    point: tuple[int, int, int] = parameter(
        title="Voxel", description="A voxel of the region, by its indices.", role=Role.VOXEL
    )
    mode: Literal["add", "erase"] = parameter(
        "add", title="Mode", description="Add a region of background, or erase a region of the mask."
    )
    within: Literal["axial", "coronal", "sagittal", "3D"] = parameter(
        "axial",
        title="Within",
        description="The plane of the one slice that is filled, or 3D for the whole volume.",
    )
    neighbours: Neighbours = neighbours_parameter()

    def check_grid(self, geometry: Geometry) -> None:
        """Raise `OperationError` if the voxel lies outside the image."""
        if not geometry.holds(self.point):
            i, j, k = self.point
            raise OperationError(f"The voxel {i}, {j}, {k} lies outside the image; choose one inside it.")

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Find the region in the slice or the volume.

        Raises
        ------
        OperationError
            If the voxel lies outside the image, or is in the mask already (or not in it, to be erased).
        """
        self.check_grid(scene.geometry)
        i, j, k = self.point
        erase = self.mode == "erase"
        if bool(scene.mask[self.point]) != erase:
            raise OperationError(
                f"The voxel {i}, {j}, {k} lies outside the mask; choose one inside it."
                if erase
                else f"The voxel {i}, {j}, {k} is in the mask already; choose one outside it."
            )
        progress(0.0)
        start, stop = list(scene.whole.start), list(scene.whole.stop)
        if self.within != "3D":
            axis = scene.geometry.axis_of(Plane(self.within))
            start[axis], stop[axis] = self.point[axis], self.point[axis] + 1
        box = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
        mask = scene.mask[box.slices]
        # Packed at once, so that no second whole mask is held.
        like = PackedMask(mask if erase else np.logical_not(mask))
        seed = (i - start[0], j - start[1], k - start[2])
        made = Components(like, self.neighbours, progress=progress.part(0.0, 0.9)).at(seed)
        (and_not if erase else np.logical_or)(mask, made, out=made)
        return Patch(box, np.asfortranarray(made))

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with the voxel looked at."""
        return cls(point=scene.middle, mode="erase" if scene.mask[scene.middle] else "add")

    def summary(self) -> str:
        """Return the row of the history."""
        i, j, k = self.point
        what = "Fill" if self.mode == "add" else "Erase"
        return f"{what} region at {i}, {j}, {k}, {self.within}"

    def python(self) -> Python:
        """Return one of scipy's labels."""
        like = "mask" if self.mode == "erase" else "~mask"
        lines: tuple[str, ...] = ()
        if self.within != "3D":
            like += " & within"
            lines = (
                axis_of(self.within),
                "within = np.zeros(mask.shape, dtype=bool)",
                f"np.moveaxis(within, axis, 0)[{self.point}[axis]] = True",
            )
        region = f"component_with({like}, {self.point}{neighbours_argument(self.neighbours)})"
        return Python((*lines, f"mask = mask {'& ~' if self.mode == 'erase' else '| '}{region}"))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        where = "the volume" if self.within == "3D" else f"its {self.within} slice"
        return (
            f"The region round voxel {self.point} (counted from 0, chosen by hand) within {where} ({self.neighbours} "
            f"neighbours) was {done_in_words(self.mode)} the mask."
        )
