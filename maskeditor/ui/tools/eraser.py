"""The eraser: a brush whose left button erases."""

from __future__ import annotations

from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QPainter

from maskeditor.model.abilities import Ability
from maskeditor.ui.look.tool_glyphs import draw_path
from maskeditor.ui.tools.brush import BrushOptions, BrushTool
from maskeditor.ui.tools.declaration import ToolDeclaration


def _draw(painter: QPainter) -> None:
    draw_path(painter, (9.5, 2.5), (14, 7), (8, 13), (5, 13), (2, 10), closed=True)
    painter.drawLine(QPointF(5.6, 6.4), QPointF(10.1, 10.9))
    painter.drawLine(QPointF(8, 13.6), QPointF(14.5, 13.6))


TOOL = ToolDeclaration(
    id="eraser",
    title="&Eraser",
    key="4",
    tip="Left erases, right paints.",
    order=4,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=lambda editor, options: BrushTool(editor, options, erases=True),
    options=BrushOptions,
)
