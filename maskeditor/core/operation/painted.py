"""What operations have in common that are painted by strokes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.drawn import Mode, drawn_into
from maskeditor.core.operation.parameter_types import WorldPoints
from maskeditor.core.operation.parameters import Role, Unit, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.engine.progress import Progress, Reporter, silent
from maskeditor.engine.stroke_painter import StrokePainter


def path_parameter() -> Any:
    """Declare the points of a stroke."""
    return parameter(
        title="Points",
        description="The path: points (x, y, z) in world mm, right, front and up positive.",
        role=Role.HIDDEN,
    )


def radius_parameter(default: float, largest: float) -> Any:
    """Declare how far from its path a stroke reaches, in mm."""
    return parameter(
        default,
        title="Radius",
        description="From the path to the centre of the furthest voxels.",
        unit=Unit.MM,
        gt=0,
        le=largest,
        step=0.5,
    )


class Painted(Operation):
    """A stroke: its subclass declares points and mode, and makes the painter."""

    if TYPE_CHECKING:
        points: WorldPoints
        mode: Mode

    @model_validator(mode="after")
    def _has_points(self) -> Painted:
        if not self.points:
            raise ValueError("a stroke must have at least one point")
        return self

    def painter(self, scene: Scene, scope: Scope = EVERYWHERE) -> StrokePainter:
        """Return what covers voxels on this image as this stroke does within a scope, before its first point."""
        raise NotImplementedError

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Follow the path from point to point."""
        painter = self.painter(scene)
        for done, point in enumerate(self.points, start=1):
            painter.add_point(point)
            progress(0.9 * done / len(self.points))
        return self.made(painter, scene.mask, progress.part(0.9, 1.0))

    def made(self, painter: StrokePainter, mask: Voxels, report: Reporter = silent) -> Patch | None:
        """Return what becomes of a mask (I, J, K) when a painter has followed the path; None where it never came."""
        found = painter.covered(report)
        if found is None:
            return None
        box, covered = found
        return Patch(box, drawn_into(mask[box.slices], covered, self.mode))
