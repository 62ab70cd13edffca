"""The brush: press, draw and release make one step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QPen

from maskeditor.core.history.document import Document
from maskeditor.engine.box import Box
from maskeditor.model.abilities import Ability
from maskeditor.model.strokes import Stroke
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ops.paint import Paint
from maskeditor.ui.tools.brush_in_hand import BrushInHand
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor


class _Ground(NamedTuple):
    """What a stroke is drawn on: a document as it was at a moment, and the ROI."""

    document: Document
    revision: int
    roi: str


class BrushTool(Tool):
    """One button paints and the other erases; Ctrl swaps the two.

    Parameters
    ----------
    editor : Editor
    brush : BrushInHand
    erases : bool
        Whether it is the left button that erases.
    """

    double_click_maximises = False

    def __init__(self, editor: Editor, brush: BrushInHand, erases: bool) -> None:
        self._editor = editor
        self._brush = brush
        self.erases = erases
        self._stroke: Stroke | None = None
        self._over: _Ground | None = None
        self._drawn: Box | None = None

    def press(self, event: PointerEvent) -> bool:
        """Begin a stroke."""
        document = self._editor.document
        if document is None:
            return False
        obstacles = self._editor.obstacles()
        for need in (Ability.IDLE, Ability.UNLOCKED):
            if need in obstacles:
                self._editor.say(obstacles[need])
                return True
        swapped = (event.button == Qt.MouseButton.RightButton) != event.has(Qt.KeyboardModifier.ControlModifier)
        self._stroke = Stroke(self._editor.scene(), self._brush.settings, event.plane, erase=self.erases != swapped)
        self._over = _Ground(document, document.revision, self._editor.active)
        self._drawn = None
        self._editor.begin_stroke(self._stroke)
        self.move(event)
        return True

    def move(self, event: PointerEvent) -> None:
        """Go on with the stroke."""
        if self._stroke is None:
            return
        x, y, z = event.world.tolist()
        box = self._stroke.add((x, y, z))
        if box is not None:
            self._drawn = box.union(self._drawn)
            self._editor.redrawn.emit(box)

    def release(self, event: PointerEvent) -> None:
        """Make the stroke one step; until it is one, it goes on to be seen."""
        over, stroke, drawn = self._over, self._stroke, self._drawn
        operation = stroke.operation() if stroke is not None else None
        if stroke is None or operation is None or over is None:
            self.cancel()
            return
        self._stroke = self._over = self._drawn = None
        # Keys may have begun something that is waited for.
        self._editor.once_idle(lambda: self._make(stroke, operation, over))
        # So may the steps that follow it.
        self._editor.once_idle(lambda: self._put_down(stroke, drawn))

    def _make(self, stroke: Stroke, operation: Paint, over: _Ground) -> None:
        """Make a stroke a step of the ROI that it was drawn on, whatever was done meanwhile."""
        if self._editor.document is not over.document:
            self._editor.say("The stroke was given up, as another image was opened.")
            return
        is_as_drawn = over.document.revision == over.revision
        self._editor.apply_now(operation, known=stroke.patch() if is_as_drawn else None, roi=over.roi)

    def _put_down(self, stroke: Stroke, drawn: Box | None) -> None:
        self._editor.end_stroke(stroke)
        # A stroke that was given up, or that changed no voxel, must not go on to be seen.
        if drawn is not None:
            self._editor.redrawn.emit(drawn)

    def cancel(self) -> bool:
        """Give up the stroke; return whether there was one."""
        stroke, drawn = self._stroke, self._drawn
        self._stroke = self._over = self._drawn = None
        if stroke is not None:
            self._put_down(stroke, drawn)
        return stroke is not None

    def wheel(self, event: PointerEvent, steps: int) -> bool:
        """Make the brush larger or smaller."""
        self._brush.resize(steps)
        return True

    def cursor_outline(self, plane_map: PlaneMap, voxel: NDArray[np.float64]) -> QPainterPath | None:
        """Return the circle that the brush covers in the slice."""
        x, y = plane_map.to_screen(voxel)
        radius = self._brush.settings.radius
        path = QPainterPath()
        path.addEllipse(QPointF(x, y), radius, radius)
        return path


def _draw(painter: QPainter) -> None:
    pen = QPen(painter.pen())
    pen.setWidthF(2.2)
    painter.setPen(pen)
    painter.drawLine(QPointF(14, 2), QPointF(7.6, 8.4))
    tip = QPainterPath(QPointF(7.4, 8.2))
    tip.cubicTo(QPointF(4, 7.4), QPointF(4.8, 11.8), QPointF(1.6, 13.4))
    tip.cubicTo(QPointF(5.4, 14.8), QPointF(9.4, 12.8), QPointF(8.4, 9.2))
    tip.closeSubpath()
    painter.fillPath(tip, painter.pen().color())


TOOL = ToolDeclaration(
    id="brush",
    title="&Brush",
    key="3",
    tip="Left paints, right erases.",
    order=3,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=lambda editor, brush: BrushTool(editor, brush, erases=False),
    gestures=(
        ("Left drag", "paint with the brush, erase with the eraser"),
        ("Right drag", "erase with the brush, paint with the eraser"),
        ("Ctrl + left drag", "paint and erase swapped"),
        ("Shift + wheel", "brush size"),
    ),
)
