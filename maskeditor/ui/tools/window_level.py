"""The pointer sets window and level."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QPainter, QPainterPath

from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.region_drag import RegionDrag
from maskeditor.ui.views.tool import PointerEvent, Tool

#: Pixels of a drag that change the window's width by a factor of e, and the level by a whole width.
REACH = 200.0


@dataclass(frozen=True, eq=False)
class _Drag:
    start: PointerEvent
    window: tuple[float, float]
    region: RegionDrag | None


class WindowLevelTool(Tool):
    """Drag right for a wider window, up for a brighter image; Ctrl+drag a rectangle for the window of a region."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._drag: _Drag | None = None

    def press(self, event: PointerEvent) -> bool:
        """Begin a drag with the left button."""
        if event.button != Qt.MouseButton.LeftButton:
            return False
        in_region = event.has(Qt.KeyboardModifier.ControlModifier)
        region = RegionDrag(self._viewer, event) if in_region else None
        self._drag = _Drag(event, self._viewer.state.window, region)
        return True

    def move(self, event: PointerEvent) -> None:
        """Set the window by how far the pointer has gone."""
        if self._drag is None or self._drag.region is not None:
            return
        low, high = self._drag.window
        width = high - low or max(abs(high), 1.0) / 100  # a window without width can be dragged open
        level = (low + high) / 2
        right = event.position[0] - self._drag.start.position[0]
        down = event.position[1] - self._drag.start.position[1]
        # A factor, not a sum: the width cannot be dragged below nothing, and every image takes the same distance.
        wider = width * math.exp(min(max(right / REACH, -20.0), 20.0)) / 2
        level += width * down / REACH
        self._viewer.set_window(level - wider, level + wider)

    def release(self, event: PointerEvent) -> None:
        """End the drag; of a rectangle, take the window from what lies in it."""
        drag, self._drag = self._drag, None
        if drag is not None and drag.region is not None:
            drag.region.end(event)

    def cancel(self) -> bool:
        """Put the window back."""
        drag, self._drag = self._drag, None
        if drag is None:
            return False
        self._viewer.set_window(*drag.window)
        return True

    def forget(self) -> None:
        """Let go of the window of the image that was open."""
        self._drag = None

    def cursor_outline(self, event: PointerEvent) -> QPainterPath | None:
        """Return the rectangle that is being dragged."""
        region = self._drag.region if self._drag is not None else None
        return region.outline(event.map, event.voxel) if region is not None else None


def _draw(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(8, 8), 6, 6)
    half = QPainterPath(QPointF(8, 2))
    half.arcTo(QRectF(2, 2, 12, 12), 90, -180)
    half.closeSubpath()
    painter.fillPath(half, painter.pen().color())


TOOL = ToolDeclaration(
    id="window",
    title="&Window and level",
    key="2",
    tip="Drag to change contrast and brightness.",
    order=2,
    draw=_draw,
    make=lambda editor, options: WindowLevelTool(editor.viewer),
    gestures=(
        (
            "Ctrl + drag to navigate or with the window tool",
            "the best contrast for a rectangle; or the region counted, while the histogram shows the drawn region",
        ),
    ),
)
