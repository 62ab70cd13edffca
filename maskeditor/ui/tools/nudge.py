"""Nudge: push the border of the mask with a ball, from inside outwards or from outside inwards."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath

from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.geometry import Plane
from maskeditor.model.abilities import Ability
from maskeditor.model.nudging import Ball, ball_at
from maskeditor.model.tool_options import ToolOptions, as_in
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ops.paint import Paint
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.tools.stroke_tool import StrokeTool
from maskeditor.ui.views.tool import PointerEvent
from maskeditor.ui.work.editor import Editor


class NudgeOptions(ToolOptions):
    """The ball that pushes."""

    kept_as = "nudge"

    radius: float = as_in(Paint, "radius")
    shape: Literal["sphere", "disc"] = as_in(Paint, "shape")
    inside: str = as_in(Scope, "inside")


class NudgeTool(StrokeTool[NudgeOptions]):
    """A stroke of a ball that does not touch the border where it is put down: it adds from inside, and else removes.

    Parameters
    ----------
    editor : Editor
    options : OptionsInHand of NudgeOptions
    """

    called = "Nudge"

    def __init__(self, editor: Editor, options: OptionsInHand[NudgeOptions]) -> None:
        super().__init__(editor, options)
        # The ball that pushes now.
        self._ball: Ball | None = None

    def press(self, event: PointerEvent) -> bool:
        """Put the ball down; the right button is the view's."""
        return event.button == Qt.MouseButton.LeftButton and super().press(event)

    def _begins_to_erase(self, event: PointerEvent) -> bool:
        """Whether the ball that is put down here pushes from outside."""
        self._ball = self._ball_at(event.map, event.voxel)
        return not self._ball.is_inside

    def like(self, plane: Plane, erase: bool, voxel: NDArray[np.float64]) -> Paint:
        """Return the stroke of the ball that was put down, but for its points."""
        assert self._ball is not None
        mode: Literal["add", "erase"] = "erase" if erase else "add"
        shape = self._options.settings.shape
        return Paint(points=((0, 0, 0),), radius=self._ball.radius, shape=shape, plane=plane.value, mode=mode)

    def release(self, event: PointerEvent) -> None:
        """Make the stroke a step."""
        self._ball = None
        super().release(event)

    def cancel(self) -> bool:
        """Give up the stroke; return whether there was one."""
        self._ball = None
        return super().cancel()

    def cursor_outline(self, event: PointerEvent) -> QPainterPath | None:
        """Return the circle of the ball that pushes, or of the one that would be put down here."""
        if self._editor.document is None:
            return None
        radius = (self._ball or self._ball_at(event.map, event.voxel)).radius
        path = QPainterPath()
        path.addEllipse(QPointF(*event.map.to_screen(event.voxel)), radius, radius)
        return path

    def _ball_at(self, plane_map: PlaneMap, voxel: NDArray[np.float64]) -> Ball:
        document, settings = self._editor.document, self._options.settings
        assert document is not None
        mask = document.mask(self._editor.active)
        axis = plane_map.normal if settings.shape == "disc" else None
        return ball_at(mask, plane_map.geometry, voxel, settings.radius, axis)


def _draw(painter: QPainter) -> None:
    border = QPainterPath(QPointF(2, 1.5))
    border.cubicTo(QPointF(3, 5), QPointF(11.5, 2.5), QPointF(11.5, 8))
    border.cubicTo(QPointF(11.5, 13.5), QPointF(3, 11), QPointF(2, 14.5))
    painter.drawPath(border)
    painter.save()
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(6.8, 8), 2.6, 2.6)
    painter.restore()
    painter.drawLine(QPointF(13.2, 8), QPointF(15, 8))


TOOL = ToolDeclaration(
    id="nudge",
    title="Nudge",
    key="N",
    tip="Push the border: drag from inside the mask outwards to add, from outside inwards to remove.",
    order=12,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=NudgeTool,
    options=NudgeOptions,
    gestures=(
        ("Left drag with nudge", "push the mask's border with a ball: from inside it adds, from outside it removes"),
        ("Shift + wheel with nudge", "size of the largest ball; near the border it is smaller, so as not to touch it"),
    ),
)
