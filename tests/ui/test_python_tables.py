"""Tables whose cells Python tells: Qt asks for them from within Python, and waits once for its interpreter."""

from __future__ import annotations

import sys
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PyQt6.QtGui import QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import QAbstractItemView, QApplication, QHeaderView

from maskeditor.ui.look.tables import PythonTable
from maskeditor.ui.qt import sure
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver


class Asked(QAbstractTableModel):
    """Notes which method of Python each question came from."""

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.by = 30, list[str]()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self.rows

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 4

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        self.by.append(sys._getframe(1).f_code.co_name)
        return f"{index.row()}" if role == Qt.ItemDataRole.DisplayRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        self.by.append(sys._getframe(1).f_code.co_name)
        return f"{section}" if role == Qt.ItemDataRole.DisplayRole else None

    def grow(self) -> None:
        self.beginInsertRows(QModelIndex(), self.rows, self.rows + 29)
        self.rows += 30
        self.endInsertRows()


def event_loop() -> None:
    for _ in range(20):
        QApplication.processEvents()


def test_cells_and_headings_are_drawn_in_one_go(desk: Desk) -> None:
    model, table = Asked(), PythonTable(desk.window)
    table.setModel(model)
    table.resize(500, 400)
    table.show()
    event_loop()
    model.by.clear()
    model.grow()
    table.scrollToBottom()
    event_loop()
    # (Of the headings alone, Qt asks how high they are when it lays them out.)
    assert len(model.by) > 200
    assert model.by.count("paintEvent") > 200
    assert model.by.count("event_loop") < 20
    table.deleteLater()


def test_a_click_on_a_heading_sorts(desk: Desk, driver: Driver) -> None:
    model, table = QStandardItemModel(), PythonTable(desk.window)
    for name in ("b", "c", "a"):
        model.appendRow([QStandardItem(name), QStandardItem("")])
    table.setModel(model)
    table.setSortingEnabled(True)
    table.resize(500, 200)
    table.show()
    table.raise_()
    driver.settle()
    heading = sure(sure(table.horizontalHeader()).viewport())
    found = []
    for _ in range(2):
        driver.click(heading, (20.0, heading.height() / 2))
        found.append("".join(model.index(row, 0).data() for row in range(3)))
    assert sorted(found) == ["abc", "cba"]
    table.deleteLater()


def test_each_table_of_the_window_is_drawn_so(desk: Desk) -> None:
    """As all of them are asked for while a worker computes."""
    written_here = [
        view
        for view in desk.window.findChildren(QAbstractItemView)
        if type(view.model()).__module__.startswith("maskeditor.") and not isinstance(view, QHeaderView)
    ]
    assert len(written_here) >= 2
    assert [(view, view.accessibleName()) for view in written_here if not isinstance(view, PythonTable)] == []
