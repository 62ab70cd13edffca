"""The pointer moves the crosshair."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter

from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.views.tool import PointerEvent, Tool


class NavigateTool(Tool):
    """Press or drag moves the crosshair of all planes; the right button is left to the view, which zooms."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    def press(self, event: PointerEvent) -> bool:
        """Move the crosshair to the voxel under the pointer."""
        if event.button != Qt.MouseButton.LeftButton:
            return False
        self._viewer.set_crosshair(event.nearest)
        return True

    def move(self, event: PointerEvent) -> None:
        """Follow the pointer."""
        self._viewer.set_crosshair(event.nearest)


def _draw(painter: QPainter) -> None:
    for start, stop in (((8, 1.5), (8, 6)), ((8, 10), (8, 14.5)), ((1.5, 8), (6, 8)), ((10, 8), (14.5, 8))):
        painter.drawLine(QPointF(*start), QPointF(*stop))
    painter.drawPoint(QPointF(8, 8))


TOOL = ToolDeclaration(
    id="navigate",
    title="&Navigate",
    key="1",
    tip="Click to place the crosshair.",
    order=1,
    draw=_draw,
    make=lambda editor, brush: NavigateTool(editor.viewer),
)
