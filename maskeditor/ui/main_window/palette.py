"""The command palette: whatever can be done, found by words and done by Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent, QPalette
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.operation.search import Words, ranked
from maskeditor.ui.qt import sure

#: Characters of width, and lines of height, that it has where the window has room.
CHARACTERS, LINES = 76, 16
#: Keys that go to the list while somebody types.
_LEADING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True)
class Offer:
    """What can be done.

    Parameters
    ----------
    kind : str
        What it is, in a word.
    words : Words
        By which it is found; its title is shown.
    tip : str
        One sentence on what it does.
    act : callable
        Does it.
    keys : str
        Those that do it without the palette.
    reason : str
        Why it cannot be done now; empty if it can.
    """

    kind: str
    words: Words
    tip: str
    act: Callable[[], object]
    keys: str = ""
    reason: str = ""


class Palette(QDialog):
    """A field and what is found by its words, the likeliest chosen; what cannot be done now says why.

    Parameters
    ----------
    parent : QWidget
    offers : sequence of Offer
    """

    def __init__(self, parent: QWidget, offers: Sequence[Offer]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Do")
        self._offers = offers
        self._found: tuple[Offer, ...] = ()
        self.search = QLineEdit()
        self.search.setPlaceholderText("An action, operation, tool, ROI, image or preference")
        self.search.setAccessibleName("What is to be done")
        self.list = QTreeWidget()
        self.list.setAccessibleName("What was found")
        self.list.setColumnCount(3)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = sure(self.list.header())
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        layout = QVBoxLayout(self)
        for widget in (self.search, self.list, self.note):
            layout.addWidget(widget, int(widget is self.list))
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._fill)
        self.list.currentItemChanged.connect(lambda *_: self._tell())
        self.list.itemClicked.connect(lambda *_: self._do())
        self.finished.connect(lambda _: self.deleteLater())
        self._fill("")
        room = sure(parent.window()).size()
        metrics = self.fontMetrics()
        self.resize(
            min(CHARACTERS * metrics.averageCharWidth(), room.width()),
            min((LINES + 6) * metrics.lineSpacing(), room.height()),
        )

    def _fill(self, text: str) -> None:
        self._found = ranked(text, self._offers, lambda offer: offer.words)
        self.list.clear()
        faint = self.palette().brush(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        for offer in self._found:
            item = QTreeWidgetItem(self.list, [offer.words.title, offer.keys, offer.kind])
            if offer.reason:
                for column in range(3):
                    item.setForeground(column, faint)
        self.list.setCurrentItem(self.list.topLevelItem(0))
        self._tell()

    @property
    def _chosen(self) -> Offer | None:
        place = self.list.indexOfTopLevelItem(self.list.currentItem())
        return self._found[place] if 0 <= place < len(self._found) else None

    def _tell(self) -> None:
        """Say what the chosen one does, or why it cannot be done."""
        offer = self._chosen
        if offer is None:
            self.note.setText("Nothing is called so; try fewer letters.")
        else:
            self.note.setText(offer.reason or offer.tip)

    def _do(self) -> None:
        offer = self._chosen
        if offer is not None and not offer.reason:
            self.accept()
            offer.act()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Go through the list, and do what is chosen, while the field keeps the keyboard."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _LEADING:
                self.list.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._do()
                return True
        return super().eventFilter(watched, event)
