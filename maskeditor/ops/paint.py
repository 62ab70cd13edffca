"""Paint: a brush stroke."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import model_validator

from maskeditor.core.box import Box
from maskeditor.core.geometry import Plane
from maskeditor.core.intensity import in_range_of, range_told
from maskeditor.core.operation import Operation, operation
from maskeditor.core.parameters import Role, Unit, parameter
from maskeditor.core.points import WorldPoints
from maskeditor.core.progress import Progress
from maskeditor.core.scene import BoolArray, Patch, Scene
from maskeditor.core.strokes import StrokePainter


@operation("paint", title="Paint", group="Tools", by_tool=True)
class Paint(Operation):
    """Add or erase every voxel within the brush's radius of a path through points in space.

    A voxel counts by the exact distance of its centre from the path, so that no stroke is too fast to be whole; the
    voxels that the path itself runs through always count.
    """

    points: WorldPoints = parameter(
        title="Points",
        description="The path: points (x, y, z) in world mm, right, front and up positive.",
        role=Role.HIDDEN,
    )
    radius: float = parameter(
        3.0,
        title="Radius",
        description="From the path to the centre of the furthest voxels.",
        unit=Unit.MM,
        gt=0,
        le=200,
        step=0.5,
    )
    shape: Literal["sphere", "disc"] = parameter(
        "disc",
        title="Shape",
        description="A sphere paints in all directions, a disc only in the slice nearest to the first point.",
    )
    plane: Literal["axial", "coronal", "sagittal"] = parameter(
        "axial", title="Plane", description="The plane that a disc lies in.", when=("shape", "disc")
    )
    mode: Literal["add", "erase"] = parameter(
        "add", title="Mode", description="Whether voxels are added to the mask or erased from it."
    )
    lower: float | None = parameter(
        None,
        title="Intensity from",
        description="Change only voxels of at least this intensity (of the mean, for a 4D image).",
        unit=Unit.INTENSITY,
    )
    upper: float | None = parameter(
        None,
        title="Intensity to",
        description="Change only voxels of at most this intensity (of the mean, for a 4D image).",
        unit=Unit.INTENSITY,
    )

    @model_validator(mode="after")
    def _valid(self) -> Paint:
        if not self.points:
            raise ValueError("a stroke must have at least one point")
        if self.lower is not None and self.upper is not None and self.upper < self.lower:
            raise ValueError(f"intensity to ({self.upper:g}) must not be below intensity from ({self.lower:g})")
        return self

    def painter(self, scene: Scene) -> StrokePainter:
        """Return what covers voxels on this image as this stroke does, before its first point."""
        axis = scene.geometry.axis_of(Plane(self.plane))
        if self.lower is None and self.upper is None:
            return StrokePainter(scene.geometry, self.radius, self.shape, axis)

        def allowed(box: Box) -> BoolArray:
            return in_range_of(scene, "", "mean", 0.0, self.lower, self.upper, box, Progress())

        return StrokePainter(scene.geometry, self.radius, self.shape, axis, allowed)

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Follow the path from point to point."""
        painter = self.painter(scene)
        for done, point in enumerate(self.points, start=1):
            painter.add_point(point)
            progress(0.9 * done / len(self.points))
        if painter.touched is None:
            return None
        box, covered = painter.touched
        mask = scene.mask[box.slices]
        # Of booleans, "greater" is "in the one and not in the other".
        made = (np.logical_or if self.mode == "add" else np.greater)(mask, covered)
        return Patch(box, np.asfortranarray(made))

    def summary(self) -> str:
        """Return the row of the history."""
        count = len(self.points)
        tool = "Brush" if self.mode == "add" else "Eraser"
        told = f"{tool} {count} point{'' if count == 1 else 's'}, {self.radius:g} mm {self.shape}"
        if self.lower is not None or self.upper is not None:
            told += f", {range_told(self.lower, self.upper)}"
        return told
