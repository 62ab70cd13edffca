"""The page of preferences on which keys are given to what they start."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.operation.search import Words, ranked
from maskeditor.ui.look.keys import Keyed, Keys
from maskeditor.ui.qt import sure
from maskeditor.ui.work.preferred import Preferred

_ID = Qt.ItemDataRole.UserRole
#: Lines of the list that are seen at least.
LINES = 4
#: What no key can be given to.
FIXED = (
    "Enter while something is drawn, set or previewed, and the keys within lists, tables, fields and dialogs (arrows, "
    "Tab, Space, Delete, Escape), are the same in every set and stay as they are."
)
#: Pixels that a cell of the list has around its text.
_MARGIN = 12
#: Characters of the longest key that is common.
SHORTCUT = 16


class KeysPage(QWidget):
    """A list of all that keys can start, and below it a field that takes the next key that is pressed.

    A key starts one thing: given to another, it is taken from what it started, which is said before.

    Parameters
    ----------
    keys : Keys
    preferred : Preferred
        Keeps what is chosen.
    """

    def __init__(self, keys: Keys, preferred: Preferred, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys, self._preferred = keys, preferred
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find by words or by a key")
        self.search.setAccessibleName("Find what a key starts")
        self.search.setClearButtonEnabled(True)
        self.list = QTreeWidget()
        self.list.setAccessibleName("What keys start")
        self.list.setHeaderLabels(["What it does", "Keys", "Where"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.list.setMinimumHeight((LINES + 1) * (self.fontMetrics().height() + 4))
        self.key = QKeySequenceEdit()
        self.key.setMaximumSequenceLength(1)
        self.key.setAccessibleName("Press a key")
        self.key.setMinimumWidth(SHORTCUT * self.fontMetrics().averageCharWidth())
        self.key.setToolTip("Press the key, with Ctrl, Shift or Alt if it is to be held.")
        self.set_button = _button("Set", "Let this key start it, and no other.")
        self.add_button = _button("Add", "Let this key start it too.")
        self.none_button = _button("None", "Let no key start it.")
        self.usual_button = _button("As usual", "Give it back the keys that it has in the chosen set.")
        self.note = QLabel()
        self.note.setWordWrap(True)
        # Two lines, so that nothing moves when there is something to say.
        self.note.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout()
        row.addWidget(self.key, 1)
        for button in (self.set_button, self.add_button, self.none_button, self.usual_button):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        column.addWidget(self.note)
        fixed = QLabel(FIXED)
        fixed.setWordWrap(True)
        fixed.setProperty("quiet", True)
        column.addWidget(fixed)
        self.search.textChanged.connect(lambda _: self._fill())
        self.list.currentItemChanged.connect(lambda *_: self._show())
        self.key.keySequenceChanged.connect(lambda _: self._show())
        self.set_button.clicked.connect(lambda: self._give(()))
        self.add_button.clicked.connect(lambda: self._give(self._keys.of(self.chosen)))
        self.none_button.clicked.connect(lambda: self._keep({self.chosen: ()}))
        self.usual_button.clicked.connect(self._make_usual)
        keys.changed.connect(self._fill)
        keys.changed.connect(self._share_width)
        header = sure(self.list.header())
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._fill()
        self._share_width()

    @property
    def chosen(self) -> str:
        """The id of what keys are given to; nothing if none is chosen."""
        item = self.list.currentItem()
        return str(item.data(0, _ID)) if item is not None else ""

    def choose(self, id: str) -> None:
        """Choose what keys are given to."""
        for place in range(self.list.topLevelItemCount()):
            item = sure(self.list.topLevelItem(place))
            if item.data(0, _ID) == id:
                self.list.setCurrentItem(item)

    def _fill(self) -> None:
        chosen = self.chosen
        self.list.clear()
        for one in ranked(self.search.text(), self._keys.keyed.values(), self._words):
            item = QTreeWidgetItem(self.list, [one.title, self._in_list(one.id), one.where])
            item.setData(0, _ID, one.id)
            item.setToolTip(0, self._keys.in_words(one.tip))
            if one.id == chosen:
                self.list.setCurrentItem(item)
        self._show()

    def _share_width(self) -> None:
        """Give keys and menus the width of the longest, found or not, and what they start all else: nothing jumps."""
        header, metrics = sure(self.list.header()), self.list.fontMetrics()
        for column, texts in (
            (1, map(self._in_list, self._keys.keyed)),
            (2, (one.where for one in self._keys.keyed.values())),
        ):
            widest = max(map(metrics.horizontalAdvance, texts), default=0)
            self.list.setColumnWidth(column, max(widest + _MARGIN, header.sectionSizeHint(column)))

    def _in_list(self, id: str) -> str:
        return ", ".join(self._keys.of(id))

    def _words(self, one: Keyed) -> Words:
        return Words(one.title, self._keys.of(one.id), f"{one.where} {one.tip}")

    @property
    def _pressed(self) -> str:
        return self.key.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def _show(self) -> None:
        """Say what the key that is pressed starts now, and what can be done with it."""
        one, key = self._keys.keyed.get(self.chosen), self._pressed
        other = self._keys.keyed.get(self._keys.started_by(key)) if key else None
        for button in (self.set_button, self.add_button):
            button.setEnabled(one is not None and bool(key))
        for button in (self.none_button, self.usual_button):
            button.setEnabled(one is not None)
        if one is None:
            self.note.setText("Choose what a key is to start.")
        elif not key:
            self.note.setText(f"Press a key in the field, to start {one.title}.")
        elif other is None:
            self.note.setText(f"{key} starts nothing yet.")
        elif other is one:
            self.note.setText(f"{key} starts {one.title} already.")
        else:
            self.note.setText(f"{key} starts {other.title} ({other.where}). Set and Add take it from there.")

    def _give(self, before: tuple[str, ...]) -> None:
        """Give what is chosen the key that was pressed, beside those that it keeps."""
        id, key = self.chosen, self._pressed
        others = self._keys.started_by(key)
        changes = {id: (*(one for one in before if one != key), key)}
        if others and others != id:
            changes[others] = tuple(one for one in self._keys.of(others) if one != key)
        self._keep(changes)

    def _keep(self, changes: dict[str, tuple[str, ...]]) -> None:
        self._preferred.change(own_keys={**self._preferred.value.own_keys, **changes})

    def _make_usual(self) -> None:
        own = {id: keys for id, keys in self._preferred.value.own_keys.items() if id != self.chosen}
        self._preferred.change(own_keys=own)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    # Enter is the key that is recorded, or ends the search.
    button.setAutoDefault(False)
    return button
