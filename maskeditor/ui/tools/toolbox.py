"""The tools of the mouse: which there are, and which is in hand."""

from __future__ import annotations

from functools import cache
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

import maskeditor.ui.tools
from maskeditor.core.register import modules_of
from maskeditor.model.hands import Hands
from maskeditor.model.tool_options import ToolOptions
from maskeditor.ui.tools.brush import BrushOptions
from maskeditor.ui.tools.declaration import ToolCommand, ToolDeclaration
from maskeditor.ui.tools.options_in_hand import Options, OptionsInHand
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
    #: Options of some tool are set otherwise.
    options_changed = pyqtSignal()

    def __init__(self, editor: Editor, views: TriplanarView) -> None:
        super().__init__(editor)
        self._editor = editor
        self._views = views
        # One for each kind: tools that declare the same share what is set.
        self._options: dict[type[ToolOptions], OptionsInHand[Any]] = {}
        for declared in tools():
            if declared.options not in self._options:
                self._options[declared.options] = OptionsInHand(declared.options(), self)
        self._tools = {declared.id: declared.make(editor, self._options[declared.options]) for declared in tools()}
        #: The id of the tool in hand.
        self.chosen = ""
        self.choose(tools()[0].id)
        for tool in self._tools.values():
            editor.image_changed.connect(tool.forget)
        for signal in (editor.image_changed, editor.document_changed):
            signal.connect(views.refresh_cursor)
        editor.image_changed.connect(self._take_up)
        for options in self._options.values():
            options.changed.connect(views.refresh_cursor)
            options.changed.connect(self.options_changed)
        for signal in (self.chosen_changed, self.options_changed, editor.document_changed):
            signal.connect(self._keep)

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self._tools[self.chosen]

    @property
    def declared(self) -> ToolDeclaration:
        """The declaration of the tool in hand."""
        return next(declared for declared in tools() if declared.id == self.chosen)

    @property
    def options(self) -> OptionsInHand[Any]:
        """The options of the tool in hand."""
        return self._options[self.declared.options]

    @property
    def brush(self) -> OptionsInHand[BrushOptions]:
        """The options of brush and eraser, which keys and the histogram set whatever is in hand."""
        return self.of(BrushOptions)

    def of(self, kind: type[Options]) -> OptionsInHand[Options]:
        """Return the options of a kind."""
        return self._options[kind]

    def carry_out(self, command: ToolCommand) -> None:
        """Do what a command of a tool is for."""
        of = next(declared for declared in tools() if command in declared.commands)
        command.carry_out(self._editor, self._options[of.options], self._views.pointed)

    def commands(self) -> tuple[ToolCommand, ...]:
        """Return the commands that set options of the tool in hand."""
        shared = (declared for declared in tools() if declared.options is self.declared.options)
        return tuple(command for declared in shared for command in declared.commands)

    def resize(self, steps: float) -> None:
        """Make the tool in hand larger or smaller, or the brush, where it has no size."""
        in_hand = self.options
        (in_hand if in_hand.settings.resized(steps) != in_hand.settings else self.brush).resize(steps)

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
        return self._views.cancel_tool()

    def _take_up(self) -> None:
        """Take in hand what a session was left with; on a new image, what was in hand stays."""
        hands = self._editor.session.hands if self._editor.session is not None else None
        if hands is not None:
            for kind, options in self._options.items():
                options.set(kind.from_record(hands.options.get(kind.kept_as, {})))
            if hands.tool in self._tools:
                self.choose(hands.tool)

    def _keep(self) -> None:
        """Have the session keep what is in hand."""
        session = self._editor.session
        kept = {kind.kept_as: options.settings.to_record() for kind, options in self._options.items() if kind.kept_as}
        hands = Hands(self.chosen, kept, self._editor.active)
        if session is not None and session.hands != hands:
            session.hands = hands
            self._editor.hands_changed.emit()
