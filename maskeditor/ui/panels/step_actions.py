"""What can be done to a step of the history, as a menu and as keys."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QInputDialog, QLineEdit, QMenu, QWidget

from maskeditor.core.edits import describe, duplicate, enable, move, remove
from maskeditor.ui.editor import Editor
from maskeditor.ui.qt import sure


class StepActions:
    """Changes steps of the present timeline on behalf of a list of them.

    Parameters
    ----------
    editor : Editor
    parent : QWidget
        Whose menus and dialogs they are.
    open_form : callable of int
        Opens the form of a step.
    """

    def __init__(self, editor: Editor, parent: QWidget, open_form: Callable[[int], None]) -> None:
        self._editor = editor
        self._parent = parent
        self._open_form = open_form

    def show_menu(self, index: int, place: QPoint) -> None:
        """Show the menu for a step."""
        menu = self.menu(index)
        menu.exec(place)
        menu.deleteLater()

    def menu(self, index: int) -> QMenu:
        """Return the menu for a step."""
        last = len(self._editor.timeline) - 1
        step = self._editor.timeline[index]
        menu = QMenu(self._parent)
        entries: tuple[tuple[str, str, Callable[[], None], bool] | None, ...] = (
            ("Change…", "Return", lambda: self._open_form(index), True),
            ("Switch off" if step.enabled else "Switch on", "Space", lambda: self.toggle(index), True),
            ("Duplicate", "", lambda: self._editor.rewrite(duplicate(self._editor.timeline, index)), True),
            ("Remove", "Del", lambda: self.remove(index), True),
            None,
            ("Move up", "Alt+Up", lambda: self.move(index, index - 1), index > 0),
            ("Move down", "Alt+Down", lambda: self.move(index, index + 1), index < last),
            None,
            ("Name…", "F2", lambda: self.rename(index), True),
            ("Note…", "", lambda: self.annotate(index), True),
        )
        for entry in entries:
            if entry is None:
                menu.addSeparator()
                continue
            text, key, act, able = entry
            # The key is told, not bound: it belongs to the list, not to a menu that is gone at once.
            action = sure(menu.addAction(f"{text}\t{key}" if key else text))
            action.setEnabled(able and not self._editor.busy)
            action.triggered.connect(lambda _, act=act: act())
        return menu

    def toggle(self, index: int) -> None:
        """Switch a step off or on."""
        timeline = self._editor.timeline
        self._editor.rewrite(enable(timeline, index, not timeline[index].enabled))

    def remove(self, index: int) -> None:
        """Take a step out."""
        self._editor.rewrite(remove(self._editor.timeline, index))

    def move(self, index: int, to: int) -> None:
        """Move a step; `to` is its index afterwards."""
        if to != index and 0 <= to < len(self._editor.timeline):
            self._editor.rewrite(move(self._editor.timeline, index, to))

    def rename(self, index: int) -> None:
        """Ask for a name of the step's own."""
        step = self._editor.timeline[index]
        name, given = QInputDialog.getText(
            self._parent, "Name of the step", "Name (empty: what it does)", QLineEdit.EchoMode.Normal, step.name
        )
        if given and name.strip() != step.name:
            self._editor.rewrite(describe(self._editor.timeline, index, name.strip(), step.note))

    def annotate(self, index: int) -> None:
        """Ask for a note, which leaves with the recipe."""
        step = self._editor.timeline[index]
        note, given = QInputDialog.getMultiLineText(
            self._parent, "Note", "Why this step, for those who read the recipe", step.note
        )
        if given and note.strip() != step.note:
            self._editor.rewrite(describe(self._editor.timeline, index, step.name, note.strip()))
