"""The memory that undo takes, how much it may, and what is kept besides to work faster."""

from __future__ import annotations

from PyQt6.QtGui import QActionGroup
from PyQt6.QtWidgets import QMenu, QToolButton, QWidget

from maskeditor.core.operation.parameters import parameters_of
from maskeditor.model.preferences import Preferences
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor

#: Pixels above and below the text of a button.
_EDGES = 8


class MemoryButton(QToolButton):
    """Shows how much memory undo takes and how much went to disk, and lets its budget be chosen.

    Beside it, what is kept while something is being worked out, until nothing is.

    Parameters
    ----------
    editor : Editor
    """

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self.setAutoRaise(True)
        # As high with a second line as without, so that the list above it does not move.
        self.setMinimumHeight(2 * self.fontMetrics().lineSpacing() + _EDGES)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAccessibleName("Memory for undo")
        # The mark of a menu would lie on the last letter.
        self.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        menu = QMenu(self)
        menu.addSection("Memory for undo")
        self._choices = QActionGroup(menu)
        (declared,) = (one for one in parameters_of(Preferences) if one.name == "undo_memory")
        for mebibytes in declared.choices:
            action = sure(menu.addAction(f"Up to {_in_words(mebibytes << 20)}"))
            action.setCheckable(True)
            action.setData(mebibytes)
            self._choices.addAction(action)
        self._choices.triggered.connect(lambda action: editor.preferred.change(undo_memory=action.data()))
        self.setMenu(menu)
        editor.image_changed.connect(self._give)
        editor.preferred.changed.connect(self._follow)
        for changed in (editor.document_changed, editor.preview_changed, editor.rest.came):
            changed.connect(self._show)
        self._give()
        self._show()

    def _follow(self, names: frozenset[str]) -> None:
        if "undo_memory" in names:
            self._give()
            self._show()

    def _give(self) -> None:
        """Let undo take as much memory as is preferred."""
        mebibytes = self._editor.preferred.value.undo_memory
        for action in self._choices.actions():
            action.setChecked(action.data() == mebibytes)
        if self._editor.document is not None:
            self._editor.document.history.held.budget = mebibytes << 20

    def _show(self) -> None:
        document = self._editor.document
        self.setVisible(document is not None)
        if document is None:
            return
        held = document.history.held
        used, budget, away = _in_words(held.nbytes), _in_words(held.budget), _in_words(held.nbytes_away)
        kept = document.kept_nbytes
        lines = [f"Undo: {used} of {budget}"]
        lines += [f"{away} on disk"] if held.nbytes_away else []
        lines += [f"Cache: {_in_words(kept)}"] if kept else []
        self.setText("\n".join(lines))
        self.setToolTip(
            f"Undo takes {used} of memory and may take {budget}; "
            + (f"the oldest {away} went to disk." if held.nbytes_away else "beyond that, the oldest goes to disk.")
            + " Nothing is lost. Click to choose another budget."
            + (
                f" The cache of {_in_words(kept)} makes work faster; it is emptied once nothing is worked out."
                if kept
                else ""
            )
        )


def _in_words(nbytes: int) -> str:
    """Return a number of bytes in words."""
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if nbytes >= size:
            number = nbytes / size
            return f"{number:.0f} {unit}" if number >= 100 or number == int(number) else f"{number:.1f} {unit}"
    return f"{nbytes} B"
