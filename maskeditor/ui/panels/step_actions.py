"""What can be done to a step of the history, as a menu and as keys."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtWidgets import QInputDialog, QLineEdit, QMenu, QWidget

from maskeditor.core.history.edits import Rewrite, describe, duplicate, enable, move, remove
from maskeditor.core.history.timelines import Timeline
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor


class StepActions:
    """Changes steps on behalf of a list of them, in which undone steps follow those made.

    Parameters
    ----------
    editor : Editor
    parent : QWidget
        Whose menus and dialogs they are.
    listed : callable
        Returns the steps that are listed; those undone are not changed, as that would bring them back.
    open_form : callable of int
        Opens the form of a step.
    follow : callable of int
        Called with the place of the step once it was changed.
    """

    def __init__(
        self,
        editor: Editor,
        parent: QWidget,
        listed: Callable[[], Timeline],
        open_form: Callable[[int], None],
        follow: Callable[[int], None],
    ) -> None:
        self._editor = editor
        self._parent = parent
        self._listed = listed
        self._open_form = open_form
        self._follow = follow

    def menu(self, index: int) -> QMenu:
        """Return the menu for a step."""
        last = len(self._editor.present) - 1
        step = self._listed()[index]
        is_made = index <= last
        menu = QMenu(self._parent)
        menu.setToolTipsVisible(True)
        entries: tuple[tuple[str, str, Callable[[int], None], bool] | None, ...] = (
            ("Change…", "Return", self.change, True),
            ("Switch off" if step.enabled else "Switch on", "Space", self.toggle, True),
            ("Duplicate", "", self.duplicate, True),
            ("Remove", "Del", self.remove, True),
            None,
            ("Move up", "Alt+Up", self.move_up, index > 0),
            ("Move down", "Alt+Down", self.move_down, index < last),
            None,
            ("Name…", "F2", self.rename, True),
            ("Note…", "", self.annotate, True),
        )
        for entry in entries:
            if entry is None:
                menu.addSeparator()
                continue
            text, key, act, able = entry
            # The key is shown, not bound: it belongs to the list, not to a menu that is gone at once.
            action = sure(menu.addAction(f"{text}\t{key}" if key else text))
            action.setEnabled(able and is_made and not self._editor.jobs.busy)
            if not is_made:
                action.setToolTip(_undone(index))
            action.triggered.connect(lambda _, act=act: act(index))
        return menu

    def change(self, index: int) -> None:
        """Open the form of a step."""
        self._with_steps(lambda _: self._open_form(index), index)

    def toggle(self, index: int) -> None:
        """Switch a step off or on."""
        self._rewrite(lambda steps: enable(steps, index, not steps[index].enabled), index)

    def duplicate(self, index: int) -> None:
        """Put a copy of a step right after it."""
        self._rewrite(lambda steps: duplicate(steps, index), index, index + 1)

    def remove(self, index: int) -> None:
        """Take a step out."""
        self._rewrite(lambda steps: remove(steps, index), index)

    def move(self, index: int, to: int) -> None:
        """Move a step; `to` is its index afterwards."""
        if to != index and 0 <= to < len(self._editor.present):
            self._rewrite(lambda steps: move(steps, index, to), index, to)

    def move_up(self, index: int) -> None:
        """Move a step to before the one above it."""
        self.move(index, index - 1)

    def move_down(self, index: int) -> None:
        """Move a step to after the one below it."""
        self.move(index, index + 1)

    def rename(self, index: int) -> None:
        """Ask for a name of the step's own."""
        step = self._listed()[index]
        if not self._is_made(index):
            return
        name, given = QInputDialog.getText(
            self._parent, "Name of the step", "Name (empty: what it does)", QLineEdit.EchoMode.Normal, step.name
        )
        if given and name.strip() != step.name:
            self._rewrite(lambda steps: describe(steps, index, name.strip(), step.note), index)

    def annotate(self, index: int) -> None:
        """Ask for a note, which leaves with the recipe."""
        step = self._listed()[index]
        if not self._is_made(index):
            return
        note, given = QInputDialog.getMultiLineText(
            self._parent, "Note", "Why this step, for those who read the recipe", step.note
        )
        if given and note.strip() != step.note:
            self._rewrite(lambda steps: describe(steps, index, step.name, note.strip()), index)

    def _rewrite(self, of: Callable[[Timeline], Rewrite], index: int, then_at: int | None = None) -> None:
        at = index if then_at is None else then_at
        self._with_steps(lambda steps: self._editor.rewrite(of(steps), then=lambda: self._follow(at)), index)

    def _is_made(self, index: int) -> bool:
        """Whether a step is made; of an undone one, say what to do first."""
        made = index < len(self._editor.present)
        if not made:
            self._editor.say(_undone(index))
        return made

    def _with_steps(self, act: Callable[[Timeline], None], index: int) -> None:
        """Show the present masks again, and then do something to the steps that make them."""
        meant = self._listed()[index : index + 1]
        self._editor.turns.in_turn(lambda: self._with_those(act, index, meant))

    def _with_those(self, act: Callable[[Timeline], None], index: int, meant: Timeline) -> None:
        if self._editor.jobs.busy:
            self._editor.jobs.say_busy()
        elif self._listed()[index : index + 1] != meant:
            # What was done before it was its turn put another step there.
            self._editor.say(f"The steps have changed since step {index + 1} was chosen; choose it again.")
        elif self._is_made(index):
            self._editor.pending.settle_step(lambda: self._editor.come_back(lambda: self._attempt(act)))

    def _attempt(self, act: Callable[[Timeline], None]) -> None:
        self._editor.jobs.attempt(lambda: act(self._editor.present))


def _undone(index: int) -> str:
    return f"Step {index + 1} is undone; redo it before it is changed."
