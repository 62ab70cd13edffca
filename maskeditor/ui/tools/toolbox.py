"""The tools of the mouse: which is in hand, and how the brush is set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.model.strokes import Brush
from maskeditor.ui.tools.brush import BrushTool
from maskeditor.ui.tools.component import ComponentTool
from maskeditor.ui.tools.navigate import NavigateTool
from maskeditor.ui.tools.window_level import WindowLevelTool
from maskeditor.ui.views.tool import Tool
from maskeditor.ui.views.triplanar import TriplanarView
from maskeditor.ui.work.editor import Editor

#: Tools that there are, in the order of their keys.
TOOLS = ("navigate", "window", "brush", "eraser", "component")


class Toolbox(QObject):
    """Hands the views their tool, and keeps the brush's settings.

    Parameters
    ----------
    editor : Editor
    views : TriplanarView
    """

    chosen_changed = pyqtSignal(str)
    brush_changed = pyqtSignal()

    def __init__(self, editor: Editor, views: TriplanarView) -> None:
        super().__init__(editor)
        self._views = views
        brush = BrushTool(editor, lambda: self.brush, self.resize_brush)
        self._tools: dict[str, Tool] = {
            "navigate": NavigateTool(editor.viewer),
            "window": WindowLevelTool(editor.viewer),
            "brush": brush,
            "eraser": brush,
            "component": ComponentTool(editor),
        }
        self.brush = Brush()
        self.chosen = ""
        self.choose("navigate")

    def choose(self, name: str) -> None:
        """Take a tool in hand."""
        if name == self.chosen:
            return
        self.cancel_stroke()
        self.chosen = name
        if name in ("brush", "eraser"):
            self.change_brush(erase=name == "eraser")
        self._views.set_tool(self._tools[name])
        self.chosen_changed.emit(name)

    def change_brush(self, **changes: Any) -> None:
        """Change settings of the brush."""
        self.brush = replace(self.brush, **changes)
        self._views.refresh_cursor()
        self.brush_changed.emit()

    def resize_brush(self, steps: float) -> None:
        """Make the brush some steps larger, or smaller for a negative number."""
        self.change_brush(radius=self.brush.resized(steps))

    def cancel_stroke(self) -> bool:
        """Give up the stroke that is being drawn; return whether there was one."""
        return self._views.cancel()
