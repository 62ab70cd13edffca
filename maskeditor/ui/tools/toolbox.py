"""The tools of the mouse: which there are, and which is in hand."""

from __future__ import annotations

from functools import cache

from PyQt6.QtCore import QObject, pyqtSignal

import maskeditor.ui.tools
from maskeditor.core.register import modules_of
from maskeditor.model.strokes import Hands
from maskeditor.ui.tools.brush_in_hand import BrushInHand
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.views.tool import Tool
from maskeditor.ui.views.triplanar import TriplanarView
from maskeditor.ui.work.editor import Editor


@cache
def tools() -> tuple[ToolDeclaration, ...]:
    """Return every tool that a file of this folder declares, in the order of the tool bar."""
    modules = modules_of(maskeditor.ui.tools.__name__, maskeditor.ui.tools.__path__)
    return tuple(sorted((module.TOOL for module in modules if hasattr(module, "TOOL")), key=lambda tool: tool.order))


class Toolbox(QObject):
    """Hands the views their tool.

    Parameters
    ----------
    editor : Editor
    views : TriplanarView
    """

    chosen_changed = pyqtSignal(str)

    def __init__(self, editor: Editor, views: TriplanarView) -> None:
        super().__init__(editor)
        self._editor = editor
        self._views = views
        self.brush = BrushInHand(self)
        self.brush.changed.connect(views.refresh_cursor)
        self._tools = {declared.id: declared.make(editor, self.brush) for declared in tools()}
        #: The id of the tool in hand.
        self.chosen = ""
        self.choose(tools()[0].id)
        editor.image_changed.connect(self._take_up)
        for signal in (self.chosen_changed, self.brush.changed, editor.document_changed):
            signal.connect(self._keep)

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self._tools[self.chosen]

    def choose(self, id: str) -> None:
        """Take a tool in hand."""
        if id == self.chosen:
            return
        self.cancel_stroke()
        self.chosen = id
        self._views.set_tool(self.tool)
        self.chosen_changed.emit(id)

    def cancel_stroke(self) -> bool:
        """Give up the stroke that is being drawn; return whether there was one."""
        return self._views.cancel()

    def _take_up(self) -> None:
        """Take in hand what a session was left with; on a new image, what was in hand stays."""
        hands = self._editor.session.hands if self._editor.session is not None else None
        if hands is not None:
            self.brush.settings = hands.brush
            self.brush.changed.emit()
            if hands.tool in self._tools:
                self.choose(hands.tool)

    def _keep(self) -> None:
        """Have the session keep what is in hand."""
        session = self._editor.session
        hands = Hands(self.chosen, self.brush.settings, self._editor.active)
        if session is not None and session.hands != hands:
            session.hands = hands
            self._editor.hands_changed.emit()
