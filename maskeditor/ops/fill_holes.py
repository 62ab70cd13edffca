"""Fill holes: background that the mask encloses."""

from __future__ import annotations

from typing import Literal

from maskeditor.core.components import fill_holes, fill_holes_by_slice
from maskeditor.core.geometry import Plane
from maskeditor.core.operation import Operation, operation
from maskeditor.core.parameters import parameter
from maskeditor.core.progress import Progress
from maskeditor.core.scene import Patch, Scene


@operation("fill_holes", title="Fill holes", group="Components")
class FillHoles(Operation):
    """Fill the holes of the mask: background from which no way across faces leads out of the volume.

    Equal to `scipy.ndimage.binary_fill_holes`, of the volume or of each slice of a plane.
    """

    mode: Literal["3D", "axial", "coronal", "sagittal"] = parameter(
        "3D",
        title="Mode",
        description="3D fills what is closed on all sides; a plane fills what is closed within each of its slices.",
    )

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Fill inside the mask's box: all outside it is open."""
        if scene.extent is None:
            return None
        mask = scene.mask[scene.extent.slices]
        if self.mode == "3D":
            return Patch(scene.extent, fill_holes(mask, progress=progress))
        axis = scene.geometry.axis_of(Plane(self.mode))
        return Patch(scene.extent, fill_holes_by_slice(mask, axis, progress=progress))
