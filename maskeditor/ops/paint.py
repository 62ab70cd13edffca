"""Paint: a brush stroke."""

from __future__ import annotations

from typing import Literal

import numpy as np

from maskeditor.core.operation.as_script import Python, axis_of, between, listed, number, range_in_words
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.drawn import done_in_words, slice_in_words
from maskeditor.core.operation.intensity_input import in_range_of
from maskeditor.core.operation.intensity_range import (
    LIMIT_FROM,
    LIMIT_TO,
    Ranged,
    lower_bound,
    range_words,
    upper_bound,
)
from maskeditor.core.operation.painted import Painted, path_parameter, radius_parameter
from maskeditor.core.operation.parameter_types import WorldPoints
from maskeditor.core.operation.parameters import parameter
from maskeditor.core.operation.scene import Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.operation.shared_parameters import mode_parameter
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import BoolArray, and_not
from maskeditor.engine.box import Box
from maskeditor.engine.capsule import Shape
from maskeditor.engine.progress import Progress
from maskeditor.engine.stroke_painter import StrokePainter


@operation("paint", title="Paint", group="Tools", by_tool=True, synonyms=("brush", "draw", "eraser", "pencil"))
class Paint(Ranged, Painted):
    """Add or erase every voxel within the brush's radius of a path through points in space.

    A voxel counts by the exact distance of its centre from the path, of a square along either axis of its slice, so
    that no stroke is too fast to be whole; the voxels that the path itself runs through always count.
    """

    points: WorldPoints = path_parameter()
    radius: float = radius_parameter(3.0, largest=200)
    shape: Shape = parameter(
        "disc",
        title="Shape",
        description="A sphere paints in all directions; a disc, or a square of twice the radius, only in the slice "
        "nearest to the first point.",
    )
    plane: Literal["axial", "coronal", "sagittal"] = parameter(
        "axial",
        title="Plane",
        description="The plane that a disc or a square lies in.",
        when=("shape", ("disc", "square")),
    )
    mode: Literal["add", "erase"] = mode_parameter()
    lower: float | None = lower_bound(LIMIT_FROM)
    upper: float | None = upper_bound(LIMIT_TO)
    side: Literal["inside", "outside"] = parameter(
        "inside",
        title="Range",
        description="Change voxels with intensities inside the range, or outside it.",
    )

    def painter(self, scene: Scene, scope: Scope = EVERYWHERE) -> StrokePainter:
        """Return what covers voxels on this image as this stroke does within a scope, before its first point."""
        geometry = scene.geometry

        def allowed(box: Box) -> BoolArray:
            some = scope.allowed(scene, box)
            if self.has_range:
                within = in_range_of(scene, "", "mean", 0.0, self.lower, self.upper, box, Progress())
                (np.logical_and if self.side == "inside" else and_not)(some, within, out=some)
            return some

        is_limited = self.has_range or scope != EVERYWHERE
        return StrokePainter(
            geometry.affine,
            geometry.shape,
            self.radius,
            self.shape,
            geometry.axis_of(Plane(self.plane)),
            allowed if is_limited else None,
        )

    @property
    def called(self) -> str:
        """The tool that does it."""
        return "Brush" if self.mode == "add" else "Eraser"

    def summary(self) -> str:
        """Return the row of the history."""
        words = f"{self.called} {plain_number(len(self.points), 'point')}, {self.radius:g} mm {self.shape}"
        if self.has_range:
            words += f", {'' if self.side == 'inside' else 'outside '}{range_words(self.lower, self.upper)}"
        return words

    def python(self) -> Python:
        """Return the voxels near the path, point by point."""
        lines = listed("path", map(str, self.points))
        across = ""
        if self.shape != "sphere":
            lines, across = (*lines, axis_of(self.plane)), ", axis=axis"
        if self.shape == "square":
            across += ", square=True"
        lines = (*lines, f"painted = near_path(mask.shape, affine, path, radius={number(self.radius)}{across})")
        if self.has_range:
            within = between("data", self.lower, self.upper)
            lines = (*lines, f"painted = painted & {'' if self.side == 'inside' else '~'}({within})")
        joint = "| " if self.mode == "add" else "& ~"
        return Python((*lines, f"mask = mask {joint}painted"))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        slice_in = f"in {slice_in_words(self.plane)}"
        where = {"sphere": "in all directions", "disc": slice_in, "square": f"along either axis {slice_in}"}[self.shape]
        limited = ""
        if self.has_range:
            had = "had" if self.side == "inside" else "had not"
            limited = f", if they {had} {range_in_words(self.lower, self.upper)},"
        done = done_in_words(self.mode)
        return f"Voxels within {self.radius:g} mm {where} of a stroke drawn by hand{limited} were {done} the mask."
