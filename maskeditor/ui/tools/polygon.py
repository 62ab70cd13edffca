"""The polygon: corner after corner, then filled."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath

from maskeditor.model.abilities import Ability
from maskeditor.ui.look.tool_glyphs import draw_path
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.outline_tool import OutlineOptions, OutlineTool
from maskeditor.ui.views.tool import PointerEvent


class PolygonTool(OutlineTool[OutlineOptions]):
    """A click sets a corner, or takes one to be moved; a click on the first, or Enter, fills the outline."""

    def touch(self, event: PointerEvent) -> None:
        """Set a corner, take one, put one into a side, or with the right button take one away."""
        corner = self.grip(event)
        if event.button == Qt.MouseButton.RightButton:
            if corner is not None and len(self.corners) > 1:
                del self.corners[corner]
        elif not self.corners:
            self.begin(event)
            self.take(0)
        elif corner == 0 and len(self.corners) > 2:
            self.fill(turned=event.has(Qt.KeyboardModifier.ControlModifier))
        else:
            if corner is None:
                corner = self.side(event)
                corner = len(self.corners) if corner is None else corner
                self.corners.insert(corner, event.voxel)
            self.take(corner)

    def cursor_outline(self, event: PointerEvent) -> QPainterPath | None:
        """Return the side that the next corner would make."""
        start = self._start
        if start is None or self._moved is not None or event.plane is not start.plane:
            return None
        path = QPainterPath(QPointF(*event.map.to_screen(self.corners[-1])))
        path.lineTo(QPointF(*event.map.to_screen(event.voxel)))
        return path


def _draw(painter: QPainter) -> None:
    corners = ((3, 6), (9, 2.5), (13.5, 8), (10, 13.5), (3.5, 12))
    draw_path(painter, *corners, closed=True)
    for x, y in corners:
        painter.fillRect(round(x) - 1, round(y) - 1, 3, 3, painter.pen().color())


TOOL = ToolDeclaration(
    id="polygon",
    title="&Polygon",
    key="8",
    tip="Click corner after corner; a click on the first, or Enter, fills the outline.",
    order=8,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=PolygonTool,
    options=OutlineOptions,
    gestures=(
        ("Left click with the polygon", "set a corner, or put one into a side"),
        ("Left drag of a corner of the polygon", "move it"),
        ("Right click on a corner of the polygon", "take it away"),
        ("Click on the first corner, Enter", "fill the polygon; with Ctrl, erase instead of adding"),
        ("{take_back}, Escape with the polygon", "take the last corner back, give all up"),
    ),
)
