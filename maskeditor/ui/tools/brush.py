"""The brush: press, draw and release make one step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QPen

from maskeditor.core.history.document import Document
from maskeditor.model.abilities import Ability
from maskeditor.model.strokes import Stroke
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ui.tools.brush_in_hand import BrushInHand
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor


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
        self._over: Document | None = None

    def press(self, event: PointerEvent) -> bool:
        """Begin a stroke."""
        editor, document = self._editor, self._editor.document
        if document is None:
            return False
        # While something runs, it is drawn all the same, and waits for its turn.
        obstacles = editor.obstacles()
        if Ability.UNLOCKED in obstacles:
            editor.say(obstacles[Ability.UNLOCKED])
            return True
        swapped = (event.button == Qt.MouseButton.RightButton) != event.has(Qt.KeyboardModifier.ControlModifier)
        erase, before = self.erases != swapped, editor.strokes.last(editor.active)
        self._stroke = Stroke(editor.scene(), self._brush.settings, event.plane, erase, before)
        self._over = document
        editor.show_masks()
        editor.strokes.begin(self._stroke)
        self.move(event)
        return True

    def move(self, event: PointerEvent) -> None:
        """Go on with the stroke."""
        if self._stroke is None:
            return
        x, y, z = event.world.tolist()
        box = self._stroke.add((x, y, z))
        if box is not None:
            self._editor.redrawn.emit(box)
        self._editor.strokes.follow()

    def release(self, event: PointerEvent) -> None:
        """Make the stroke one step of the ROI that it was drawn on, whatever was done meanwhile."""
        over, self._stroke, self._over = self._over, None, None
        if over is not None:
            self._editor.strokes.let_go(over)

    def cancel(self) -> bool:
        """Give up the stroke; return whether there was one."""
        self._stroke = self._over = None
        return self._editor.strokes.give_up()

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
