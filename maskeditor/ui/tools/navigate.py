"""The pointer moves the crosshair."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath

from maskeditor.engine.box import Voxel
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.region_drag import RegionDrag
from maskeditor.ui.views.tool import PointerEvent, Tool


class NavigateTool(Tool):
    """Press or drag moves the crosshair of all planes, with Ctrl it draws a region; the right button zooms.

    Parameters
    ----------
    viewer : Viewer
    clicked : callable of Voxel, optional
        Hears which voxel the crosshair was put on.
    """

    def __init__(self, viewer: Viewer, clicked: Callable[[Voxel], object] | None = None) -> None:
        self._viewer, self._clicked = viewer, clicked
        self._region: RegionDrag | None = None
        #: Where the crosshair was before a drag.
        self._before: Voxel | None = None

    def press(self, event: PointerEvent) -> bool:
        """Move the crosshair to the voxel under the pointer."""
        if event.button != Qt.MouseButton.LeftButton:
            return False
        if event.has(Qt.KeyboardModifier.ControlModifier):
            self._region = RegionDrag(self._viewer, event)
        else:
            self._before = self._viewer.state.crosshair
            self._viewer.set_crosshair(event.nearest)
        return True

    def move(self, event: PointerEvent) -> None:
        """Follow the pointer."""
        if self._before is not None:
            self._viewer.set_crosshair(event.nearest)

    def release(self, event: PointerEvent) -> None:
        """End the drag."""
        region, before = self._region, self._before
        self._region = self._before = None
        if region is not None:
            region.end(event)
        elif before is not None and self._clicked is not None:
            self._clicked(event.nearest)

    def cancel(self) -> bool:
        """Put the crosshair back, or give up the drag of a region; return whether there was one."""
        region, before = self._region, self._before
        self._region = self._before = None
        if before is not None:
            self._viewer.set_crosshair(before)
        return region is not None or before is not None

    def forget(self) -> None:
        """Let go of places in the image that was open."""
        self._region = self._before = None

    def cursor_outline(self, event: PointerEvent) -> QPainterPath | None:
        """Return the region that is being dragged."""
        return self._region.outline(event.map, event.voxel) if self._region is not None else None


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
    make=lambda editor, options: NavigateTool(editor.viewer, editor.labels.clicked.emit),
)
