"""The adaptive brush: paints what hangs together with the voxel under the pointer and is like it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath

from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.box import Voxel
from maskeditor.model.abilities import Ability
from maskeditor.model.strokes import LARGE
from maskeditor.model.tool_options import GROWTH, ToolOptions, as_in
from maskeditor.model.view.slices import slice_of
from maskeditor.ops.adaptive_paint import AdaptivePaint
from maskeditor.ops.region_grow import RegionGrow
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.footprint import footprint
from maskeditor.ui.tools.piece_outline import outline
from maskeditor.ui.tools.stroke_tool import StrokeTool
from maskeditor.ui.views.tool import PointerEvent
from maskeditor.ui.work.editor import Editor


class AdaptiveOptions(ToolOptions):
    """How the adaptive brush paints."""

    kept_as = "adaptive"

    radius: float = as_in(AdaptivePaint, "radius")
    shape: Literal["disc", "sphere"] = as_in(AdaptivePaint, "shape")
    by: Literal["tolerance", "otsu"] = as_in(AdaptivePaint, "by")
    tolerance: float | None = as_in(
        AdaptivePaint,
        "tolerance",
        when=("by", "tolerance"),
        default=None,
        besides="Left empty, it is what fits that voxel.",
        blank="fitting",
    )
    inside: str = as_in(Scope, "inside")


class AdaptiveTool(StrokeTool[AdaptiveOptions]):
    """Paints what is like the voxel under the pointer; what that is, is outlined as one moves."""

    def like(self, plane: Plane, erase: bool, voxel: NDArray[np.float64]) -> AdaptivePaint:
        """Return a stroke as it would begin at a fractional voxel (3,) now, but for its points."""
        settings = self._options.settings
        return AdaptivePaint(
            points=((0, 0, 0),),
            plane=plane.value,
            mode="erase" if erase else "add",
            radius=settings.radius,
            shape=settings.shape,
            by=settings.by,
            tolerance=self._tolerance(voxel) if settings.by == "tolerance" else 0.0,
        )

    def _tolerance(self, voxel: NDArray[np.float64]) -> float:
        """Return what is set, or what fits a fractional voxel (3,)."""
        settings, document = self._options.settings, self._editor.document
        if settings.tolerance is not None or document is None:
            return settings.tolerance or 0.0
        at: Voxel = tuple(np.clip(np.rint(voxel), 0, np.array(document.geometry.shape) - 1).astype(int).tolist())
        return fitting_tolerance(self._editor, at)

    def wheel(self, event: PointerEvent, steps: int) -> bool:
        """Make the brush larger or smaller, or with Alt what counts as like the voxel."""
        if not event.has(Qt.KeyboardModifier.AltModifier):
            return super().wheel(event, steps)
        tolerance = self._tolerance(event.voxel) * GROWTH**steps
        self._options.change(tolerance=float(f"{tolerance:.3g}"), by="tolerance")
        return True

    def cursor_outline(self, event: PointerEvent) -> QPainterPath | None:
        """Return the outline of what a dab looks at in the slice, and of what it would paint."""
        document = self._editor.document
        if document is None or self._stroke is not None:
            return None
        plane_map, voxel, axis = event.map, event.voxel, event.axis
        painter = self.like(event.plane, self.erases, voxel).painter(self._editor.scene())
        path = footprint(painter, event)
        if path is None or painter.lines > LARGE:
            return path
        piece = painter.piece_at(voxel)
        index = round(float(voxel[axis]))
        if piece is not None and piece.box.start[axis] <= index < piece.box.stop[axis]:
            held = slice_of(piece.held, axis, index - piece.box.start[axis])
            first, second = (start for other, start in enumerate(piece.box.start) if other != axis)
            path.addPath(outline(held, plane_map, (first, second)))
        return path


def fitting_tolerance(editor: Editor, voxel: Voxel) -> float:
    """Return by how much intensities differ that belong to what a voxel belongs to."""
    fits = RegionGrow.suggest(replace(editor.scene(), focus=voxel))
    if fits.lower is None or fits.upper is None:
        return 0.0
    return float(f"{(fits.upper - fits.lower) / 2:.3g}")


def _draw(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(8, 8), 6, 6)
    blob = QPainterPath(QPointF(4.6, 9.5))
    blob.cubicTo(QPointF(4.5, 5), QPointF(8, 7.5), QPointF(9, 4.8))
    blob.cubicTo(QPointF(12, 5), QPointF(12.4, 9.5), QPointF(9.6, 11.6))
    blob.cubicTo(QPointF(8, 12.4), QPointF(5, 12.4), QPointF(4.6, 9.5))
    painter.fillPath(blob, painter.pen().color())


TOOL = ToolDeclaration(
    id="adaptive",
    title="A&daptive brush",
    key="6",
    tip="Left paints what is like the voxel under the pointer, right erases it.",
    order=6,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=AdaptiveTool,
    options=AdaptiveOptions,
    gestures=(
        ("Left drag with the adaptive brush", "paint what is joined to the voxel under the pointer and like it"),
        ("Right drag with the adaptive brush", "erase what is joined to that voxel and like it"),
        ("Alt + wheel with the adaptive brush", "how much intensities may differ"),
    ),
)
