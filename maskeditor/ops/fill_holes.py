"""Fill holes: background that the mask encloses."""

from __future__ import annotations

from typing import ClassVar, Literal

from maskeditor.core.operation.as_script import Python, axis_of
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.parameters import parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.holes import fill_holes, fill_holes_by_slice
from maskeditor.engine.progress import Progress


@operation("fill_holes", title="Fill holes", group="Components", synonyms=("cavities", "close holes", "gaps"))
class FillHoles(Operation):
    """Fill the holes of the mask: background from which no way across faces leads out of the volume.

    Equal to `scipy.ndimage.binary_fill_holes`, of the volume or of each slice of a plane.
    """

    tidies: ClassVar[bool] = True

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

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """Look anywhere in the same slice, or anywhere at all."""
        if self.mode == "3D":
            return None
        i, j, k = scene.geometry.shape
        axis = scene.geometry.axis_of(Plane(self.mode))
        return (0 if axis == 0 else i, 0 if axis == 1 else j, 0 if axis == 2 else k)

    def python(self) -> Python:
        """Return scipy's function, with neighbours in the slice alone for a plane."""
        if self.mode == "3D":
            return Python(("mask = ndimage.binary_fill_holes(mask)",))
        cross = "ndimage.generate_binary_structure(3, 1).take([1], axis)"
        return Python((axis_of(self.mode), f"mask = ndimage.binary_fill_holes(mask, {cross})"))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        where = "the volume" if self.mode == "3D" else f"each {self.mode} slice"
        return f"Holes of the mask, enclosed within {where} (6 neighbours), were filled."
