"""Equal bins of a chosen number, with their edges and counts to read and to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtWidgets import (
    QApplication,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from maskeditor.model.histogram_request import BinsRequest
from maskeditor.model.numbers_in_words import in_full, in_number
from maskeditor.ui.qt import sure

if TYPE_CHECKING:
    from collections.abc import Callable

    from maskeditor.model.histogram_request import EqualBins
    from maskeditor.ui.work.editor import Editor

#: Bins at first, as in most textbooks, and at most.
FIRST, MOST = 50, 4096
HEADINGS = ("from", "to", "voxels")
#: Digits that are shown of an edge: beyond them stands what arithmetic has left. All are copied.
DIGITS = 15


class BinsDialog(QDialog):
    """A table of bins, counted anew when their number changes.

    Parameters
    ----------
    editor : Editor
    request : callable of int
        Returns what has to be counted, for a number of bins.
    """

    def __init__(self, editor: Editor, request: Callable[[int], BinsRequest], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Bins")
        self._editor = editor
        self._request = request
        self._bins: EqualBins | None = None
        # What was asked for may come back after it was closed, and with it all that it would be shown in.
        self._is_open = True
        self.finished.connect(self._end)
        editor.image_changed.connect(self.close)
        self.number = QSpinBox(self)
        self.number.setRange(1, MOST)
        self.number.setValue(FIRST)
        self.number.setAccessibleName("Bins")
        self.number.setToolTip("How many equal bins lie between the lowest and the highest intensity")
        self.table = QTableWidget(0, len(HEADINGS), self)
        self.table.setHorizontalHeaderLabels(list(HEADINGS))
        self.table.setAccessibleName("Edges and counts")
        # As wide as edges are that are no round numbers.
        sure(self.table.horizontalHeader()).setStretchLastSection(True)
        self.table.setMinimumSize(60 * self.fontMetrics().averageCharWidth() + 80, 12 * self.fontMetrics().height())
        self.state = QLabel(self)
        self.state.setWordWrap(True)
        self.copy_button = QPushButton("Copy", self)
        self.copy_button.setToolTip("Put edges and counts on the clipboard, as a table")
        form = QFormLayout()
        form.addRow("Bins", self.number)
        bottom = QHBoxLayout()
        bottom.addWidget(self.state, 1)
        bottom.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.table, 1)
        layout.addLayout(bottom)
        self.number.valueChanged.connect(self._ask)
        self.copy_button.clicked.connect(self._copy)
        self._ask()

    def _ask(self) -> None:
        request = self._request(self.number.value())
        self.state.setText("Counting …")
        self.copy_button.setEnabled(False)
        self._editor.image_lanes.bins(request.work_out, self._show, self._say)

    def _end(self) -> None:
        self._is_open = False

    def _say(self, sentence: str) -> None:
        if self._is_open:
            self._bins = None
            self.table.setRowCount(0)
            self.state.setText(sentence)

    def _show(self, bins: EqualBins) -> None:
        if not self._is_open:
            return
        self._bins = bins
        self.table.setRowCount(bins.counts.size)
        for row, values in enumerate(self._rows(lambda edge: in_full(float(f"{edge:.{DIGITS}g}")))):
            for column, text in enumerate(values):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.table.resizeColumnsToContents()
        none = f"{in_number(bins.left_out, 'voxel')} {'is' if bins.left_out == 1 else 'are'} in none"
        self.state.setText(f"The last bin holds its upper edge too. {none}.")
        self.copy_button.setEnabled(True)

    def _rows(self, in_words: Callable[[float], str]) -> list[tuple[str, str, str]]:
        assert self._bins is not None
        edges, counts = self._bins.edges.tolist(), self._bins.counts.tolist()
        ends = zip(edges[:-1], edges[1:], counts, strict=True)
        return [(in_words(low), in_words(high), str(count)) for low, high, count in ends]

    def _copy(self) -> None:
        rows = [HEADINGS, *self._rows(repr)]
        sure(QApplication.clipboard()).setText("\n".join("\t".join(row) for row in rows))
        self.state.setText(f"Copied {in_number(len(rows) - 1, 'bin')} to the clipboard.")
