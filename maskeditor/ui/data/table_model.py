"""A table of named columns as Qt shows it."""

from __future__ import annotations

import re
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt

from maskeditor.io.columns import Cell, Table
from maskeditor.model.numbers_in_words import counted, in_brief, in_full
from maskeditor.ui.data.columns_button import heading

#: What is shown where there is no value.
NONE = "–"


class TableModel(QAbstractTableModel):
    """Shows numbers with the digits that matter, and all their digits in tool tips; sorts rows by a column."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.table = Table({})
        #: The rows of the table in the order that is shown.
        self.order: list[int] = []
        # The column that rows are ordered by, -1 for none, and whether the largest come first.
        self._by, self._falls = -1, False

    def show_table(self, table: Table) -> None:
        """Show another table; where it has the same names and rows in the same order, what is chosen stays so."""
        names, order = self.table.names, self.order
        new = self._ordered(table)
        if (table.names, new) != (names, order):
            self.beginResetModel()
            self.table, self.order = table, new
            self.endResetModel()
            return
        self.table = table
        if new:
            self.dataChanged.emit(self.index(0, 0), self.index(len(new) - 1, len(names) - 1))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by a column; -1 for as the table has them."""
        self.beginResetModel()
        self._by, self._falls = column, order == Qt.SortOrder.DescendingOrder
        self.order = self._ordered(self.table)
        self.endResetModel()

    def _ordered(self, table: Table) -> list[int]:
        rows = list(range(len(table)))
        if not 0 <= self._by < len(table.names):
            return rows
        cells = [table.cell(row, table.names[self._by]) for row in rows]
        known = sorted((row for row in rows if cells[row] is not None), key=lambda row: _key(cells[row]))
        # What has no value comes last, whichever way it goes.
        return (known[::-1] if self._falls else known) + [row for row in rows if cells[row] is None]

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of rows."""
        return 0 if parent is not None and parent.isValid() else len(self.table)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self.table.names)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the names of the columns, and what they hold."""
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.table.names):
            return None
        name = self.table.names[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return heading(name)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.table.meanings.get(name, name)
        return None

    def cell(self, row: int, column: int) -> Cell:
        """Return what a cell holds that is shown in a row."""
        return self.table.cell(self.order[row], self.table.names[column])

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            is_text = isinstance(self.cell(index.row(), index.column()), str)
            across = Qt.AlignmentFlag.AlignLeft if is_text else Qt.AlignmentFlag.AlignRight
            return across | Qt.AlignmentFlag.AlignVCenter
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        cell = self.cell(index.row(), index.column())
        if cell is None:
            return NONE
        if isinstance(cell, str):
            return cell
        if role == Qt.ItemDataRole.ToolTipRole:
            return in_full(cell) if abs(cell) != float("inf") else str(cell)
        return counted(cell) if isinstance(cell, int) else in_brief(cell)


def _key(cell: Cell) -> tuple[float, list[tuple[int, str]]]:
    """Return what a cell is ordered by; in texts 2 comes before 10, and capitals are as small letters."""
    if not isinstance(cell, str):
        return (cell or 0, [])
    parts = re.split(r"([0-9]+)", cell.lower())
    return (0, [(int(part), "") if part.isdecimal() else (0, part) for part in parts])
