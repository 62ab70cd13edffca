"""Before ROIs are saved as labels: the value of each, which can be changed, and what is worth a look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QWidget

from maskeditor.core.space.mask import Roi, in_quotes
from maskeditor.model.checks import Check
from maskeditor.model.label_numbers import LARGEST
from maskeditor.ui.choice import swatch
from maskeditor.ui.files.save_checks import SaveChecks
from maskeditor.ui.qt import sure

VALUE, NAME = 0, 1
#: Rows that are seen at once, at most.
_MOST_ROWS = 10


class LabelValues(SaveChecks):
    """Lists ROIs with the values that they get, and what was found.

    Parameters
    ----------
    name : str
        Of the file.
    rois : sequence of Roi
    numbers : mapping of str to int
        The value of each, by id.
    found : sequence of Check
    parent : QWidget
    """

    def __init__(
        self, name: str, rois: Sequence[Roi], numbers: Mapping[str, int], found: Sequence[Check], parent: QWidget
    ) -> None:
        super().__init__(name, found, parent)
        self.setWindowTitle("Save ROIs as labels")
        self._rois = rois
        self.table = QTableWidget(len(rois), 2, self)
        self.table.setAccessibleName("Values of ROIs")
        self.table.setHorizontalHeaderLabels(["Value", "ROI"])
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.AllEditTriggers)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setShowGrid(False)
        sure(self.table.verticalHeader()).hide()
        header = sure(self.table.horizontalHeader())
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        sure(self.table.horizontalHeaderItem(NAME)).setTextAlignment(Qt.AlignmentFlag.AlignLeft)
        side = self.fontMetrics().height()
        for row, roi in enumerate(rois):
            value = QTableWidgetItem()
            value.setData(Qt.ItemDataRole.EditRole, numbers[roi.id])
            value.setToolTip(f"The number of {roi.quoted} in the image; click to change it.")
            called = QTableWidgetItem(roi.name)
            called.setFlags(Qt.ItemFlag.ItemIsEnabled)
            called.setToolTip(roi.name)
            called.setData(Qt.ItemDataRole.DecorationRole, swatch(roi.colour, side))
            self.table.setItem(row, VALUE, value)
            self.table.setItem(row, NAME, called)
        line = self.table.rowHeight(0) if rois else side
        self.table.setMinimumHeight(header.sizeHint().height() + line * min(len(rois), _MOST_ROWS) + 6)
        self.problem = QLabel(self)
        self.problem.setProperty("error", True)
        self.problem.setWordWrap(True)
        for place, widget in enumerate((QLabel(f"Values of the ROIs in {in_quotes(name)}:"), self.table, self.problem)):
            self.rows.insertWidget(place, widget)
        self.table.itemChanged.connect(self._look)
        self.save_button.setFocus()
        self._look()

    @property
    def numbers(self) -> dict[str, int]:
        """The value of each ROI, by id, as it was changed."""
        values = (sure(self.table.item(row, VALUE)).data(Qt.ItemDataRole.EditRole) for row in range(len(self._rois)))
        return {roi.id: int(value) for roi, value in zip(self._rois, values, strict=True)}

    def _look(self) -> None:
        """Say which values cannot be, and save nothing as long as there are such."""
        by_number: dict[int, str] = {}
        problem = ""
        for roi in self._rois:
            number = self.numbers[roi.id]
            if not 0 < number <= LARGEST:
                problem = f"The value of {roi.quoted} is {number}, but must be from 1 to {LARGEST}."
            elif number in by_number:
                problem = f"{by_number[number]} and {roi.quoted} have the value {number}; give each another."
            by_number[number] = roi.quoted
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.save_button.setEnabled(not problem)
