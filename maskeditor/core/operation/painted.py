"""What operations have in common that are painted by strokes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import model_validator

from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.engine.arrays import and_not
from maskeditor.engine.progress import Progress, Reporter, silent
from maskeditor.engine.stroke_painter import StrokePainter


class Painted(Operation):
    """A stroke: its subclass declares points and mode, and makes the painter."""

    if TYPE_CHECKING:
        points: tuple[tuple[float, float, float], ...]
        mode: Literal["add", "erase"]

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
        before = mask[box.slices]
        made = np.logical_or(before, covered) if self.mode == "add" else and_not(before, covered)
        return Patch(box, np.asfortranarray(made))
