"""A table of named columns as Qt shows it."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt

from maskeditor.io.columns import Cell, Table
from maskeditor.model.numbers_in_words import counted, in_brief, in_full

#: What rows are ordered by.
SORT = Qt.ItemDataRole.UserRole
#: What is shown where there is no value.
NONE = "–"


class TableModel(QAbstractTableModel):
    """Shows numbers with the digits that matter, and all their digits in tool tips."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.table = Table({})

    def show_table(self, table: Table) -> None:
        """Show another table; where it has the same names and as many rows, what is chosen stays so."""
        alike = table.names == self.table.names and len(table) == len(self.table)
        if not alike:
            self.beginResetModel()
        self.table = table
        if not alike:
            self.endResetModel()
        elif len(table):
            self.dataChanged.emit(self.index(0, 0), self.index(len(table) - 1, len(table.names) - 1))

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
            return name.replace("_", " ")
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.table.meanings.get(name, name)
        return None

    def cell(self, row: int, column: int) -> Cell:
        """Return what a cell holds."""
        return self.table.cell(row, self.table.names[column])

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, and what it is ordered by."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            is_text = isinstance(self.cell(index.row(), index.column()), str)
            across = Qt.AlignmentFlag.AlignLeft if is_text else Qt.AlignmentFlag.AlignRight
            return across | Qt.AlignmentFlag.AlignVCenter
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, SORT):
            return None
        cell = self.cell(index.row(), index.column())
        if role == SORT:
            return cell
        if cell is None:
            return NONE
        if isinstance(cell, str):
            return cell
        if role == Qt.ItemDataRole.ToolTipRole:
            return in_full(cell) if abs(cell) != float("inf") else str(cell)
        return counted(cell) if isinstance(cell, int) else in_brief(cell)
