"""The pointer moves the crosshair."""

from __future__ import annotations

from PyQt6.QtCore import Qt

from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.views.tool import PointerEvent, Tool


class NavigateTool(Tool):
    """Press or drag moves the crosshair of all planes; the right button is left to the view, which zooms."""

    title = "Navigate"

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
