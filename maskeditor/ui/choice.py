"""A list of which some rows are chosen, as a question."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtGui import QColor, QPixmap
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.space.mask import Colour
from maskeditor.ui.qt import sure

#: Of a row: what it says, and the colour beside it.
Row = tuple[str, Colour | None]


class Choice(QDialog):
    """Lists rows, each of which can be ticked by mouse or by the space bar.

    Parameters
    ----------
    parent : QWidget
    title, text : str
    rows : sequence of Row
    ticked : collection of int
        Places of the rows that are ticked at first.
    yes : str
        What is done with those that are chosen.
    least, most : int
        How many must be chosen, and can be; any number for None.
    """

    def __init__(
        self,
        parent: QWidget,
        title: str,
        text: str,
        rows: Sequence[Row],
        ticked: Collection[int],
        yes: str,
        least: int = 1,
        most: int | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._least, self._most = least, most
        question = QLabel(text, self)
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setAccessibleName(title)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        side = self.fontMetrics().height()
        for place, (words, colour) in enumerate(rows):
            item = QListWidgetItem(words)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if place in ticked else Qt.CheckState.Unchecked)
            if colour is not None:
                item.setData(Qt.ItemDataRole.DecorationRole, swatch(colour, side))
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.itemChanged.connect(self._update)
        buttons = QDialogButtonBox(self)
        self.agree = sure(buttons.addButton(yes, QDialogButtonBox.ButtonRole.AcceptRole))
        self.agree.setDefault(True)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        for words, state in (("All", Qt.CheckState.Checked), ("None", Qt.CheckState.Unchecked)):
            button = sure(buttons.addButton(words, QDialogButtonBox.ButtonRole.ActionRole))
            button.setAutoDefault(False)
            button.clicked.connect(lambda _, state=state: self._tick_all(state))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (question, self.list, buttons):
            layout.addWidget(widget)
        self.setMinimumWidth(28 * side)
        self.list.setFocus()
        self._update()

    @property
    def chosen(self) -> tuple[int, ...]:
        """Places of the rows that are ticked."""
        return tuple(
            row for row in range(self.list.count()) if sure(self.list.item(row)).checkState() == Qt.CheckState.Checked
        )

    def _tick_all(self, state: Qt.CheckState) -> None:
        with QSignalBlocker(self.list):
            for row in range(self.list.count()):
                sure(self.list.item(row)).setCheckState(state)
        self._update()

    def _update(self) -> None:
        count = len(self.chosen)
        enough, fits = count >= self._least, self._most is None or count <= self._most
        self.agree.setEnabled(enough and fits)
        too_many = "" if fits else f"Choose {self._most} or fewer."
        self.agree.setToolTip(too_many if enough else f"Choose {self._least} or more.")


def swatch(colour: Colour, side: int) -> QPixmap:
    """Return a square of a colour, of so many pixels a side, to stand beside a name."""
    picture = QPixmap(side, side)
    picture.fill(QColor(*colour))
    return picture


def choose(
    parent: QWidget,
    title: str,
    text: str,
    rows: Sequence[Row],
    ticked: Collection[int],
    yes: str,
    least: int = 1,
    most: int | None = None,
) -> tuple[int, ...]:
    """Ask which of some rows are meant, as `Choice` does; return their places, none if it was given up."""
    dialog = Choice(parent, title, text, rows, ticked, yes, least, most)
    agreed = bool(dialog.exec())
    chosen = dialog.chosen
    dialog.deleteLater()
    return chosen if agreed else ()
