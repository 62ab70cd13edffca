"""The button below a table that chooses which of its columns are shown."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from PyQt6.QtCore import QPoint, QSettings, pyqtSignal
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QMenu, QToolButton

from maskeditor.ui.look.plain_text import without_shortcut
from maskeditor.ui.qt import sure

#: The choice that is kept, after the name of the table: names of columns.
_KEY = "tables/{}/hidden"


class _StayingMenu(QMenu):
    """A menu in which several things can be ticked: it stays open meanwhile."""

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Tick what is clicked, and do anything else as usual."""
        action = self.actionAt(event.position().toPoint()) if event is not None else None
        if action is not None and action.isCheckable() and action.isEnabled():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)


class ColumnsButton(QToolButton):
    """Lists the columns of a table with a tick before those that are shown; what is chosen stays so from now on.

    Parameters
    ----------
    name : str
        Of the table, as its choice is kept.
    spared : collection of str
        Columns that are not shown until somebody chooses them.
    """

    #: Others are shown than before.
    changed = pyqtSignal()

    def __init__(self, name: str, spared: Collection[str] = ()) -> None:
        super().__init__()
        self._key, self._spared = _KEY.format(name.lower()), frozenset(spared)
        kept = QSettings().value(self._key)
        self.hidden = self._spared if kept is None else frozenset(kept if isinstance(kept, list) else [kept])
        #: Of the table, in order.
        self.names: tuple[str, ...] = ()
        self.setText("Columns")
        self.setToolTip("Choose the columns that are shown and copied (or right click on a heading).")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_of_columns = _StayingMenu(self)
        self.menu_of_columns.aboutToShow.connect(self._fill)
        self.setMenu(self.menu_of_columns)

    def offer(self, names: tuple[str, ...]) -> None:
        """Offer the columns of a table."""
        self.names = names
        self.setEnabled(len(names) > 1)

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns that are shown; all, where none of those chosen is there."""
        return tuple(name for name in self.names if name not in self.hidden) or self.names

    def pop_up(self, at: QPoint) -> None:
        """Show the list at a place of the screen."""
        self.menu_of_columns.popup(at)

    def _fill(self) -> None:
        menu = self.menu_of_columns
        menu.clear()
        shown = self.shown
        for name in self.names:
            action = sure(menu.addAction(without_shortcut(heading(name))))
            action.setCheckable(True)
            action.setChecked(name in shown)
            action.toggled.connect(partial(self._switch, name))
        menu.addSeparator()
        for text, hidden in (("All", frozenset[str]()), ("As at first", self._spared)):
            sure(menu.addAction(text)).triggered.connect(lambda _, hidden=hidden: self._hide(hidden))

    def _switch(self, name: str, on: bool) -> None:
        self._hide(self.hidden - {name} if on else self.hidden | {name})

    def _hide(self, hidden: frozenset[str]) -> None:
        self.hidden = hidden
        QSettings().setValue(self._key, sorted(hidden))
        self.changed.emit()


def heading(name: str) -> str:
    """Return a column's name as people read it.

    Examples
    --------
    >>> heading("centre_x")
    'centre x'
    """
    return name.replace("_", " ")
