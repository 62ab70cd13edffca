"""What stands side by side flows into further lines where it is too narrow, and cuts nothing."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from maskeditor.ui.look.flowing import USEFUL, FlowingRow, TurningSplitter

#: Pixels: of each button, and between them.
WIDE, HIGH, APART = 100, 30, 5


@pytest.fixture
def row(qtbot: QtBot) -> QWidget:
    """Three buttons, of which the second takes what is left."""
    whole = QWidget()
    qtbot.addWidget(whole)
    flowing = FlowingRow()
    flowing.setSpacing(APART)
    for place in range(3):
        button = QPushButton(str(place))
        button.setMinimumWidth(WIDE)
        button.setMaximumWidth(WIDE if place != 1 else 1000)
        button.setFixedHeight(HIGH)
        flowing.addWidget(button, int(place == 1))
    flowing.addStretch(0)
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.addLayout(flowing)
    column.addStretch(1)
    whole.show()
    return whole


def places(row: QWidget, width: int) -> list[tuple[int, int, int]]:
    row.resize(width, 200)
    QApplication.processEvents()
    found = [button.geometry() for button in row.findChildren(QPushButton)]
    return [(place.x(), place.y(), place.width()) for place in found]


@pytest.mark.parametrize("widths", [(310, 210, 205, 150, 310), (205, 310, 205)])
def test_a_row_takes_the_lines_that_it_needs_and_comes_back(row: QWidget, widths: tuple[int, ...]) -> None:
    below = HIGH + APART
    expected = {
        310: [(0, 0, 100), (105, 0, 100), (210, 0, 100)],
        210: [(0, 0, 100), (105, 0, 105), (0, below, 100)],
        205: [(0, 0, 100), (105, 0, 100), (0, below, 100)],
        150: [(0, 0, 100), (0, below, 150), (0, 2 * below, 100)],
    }
    for width in widths:
        assert places(row, width) == expected[width], width


def test_what_is_hidden_takes_no_room(row: QWidget) -> None:
    first, second, third = row.findChildren(QPushButton)
    assert places(row, 205)[2] == (0, HIGH + APART, WIDE)
    first.hide()
    QApplication.processEvents()
    assert second.geometry() == QRect(0, 0, WIDE, HIGH)
    assert third.geometry() == QRect(WIDE + APART, 0, WIDE, HIGH)


def test_it_asks_for_the_height_of_its_lines(row: QWidget) -> None:
    layout = row.layout()
    assert layout is not None
    assert [layout.minimumHeightForWidth(width) for width in (310, 205, 150)] == [30, 65, 100]
    assert layout.minimumSize().width() == WIDE


def test_a_splitter_turns_where_its_parts_would_be_of_no_use(qtbot: QtBot) -> None:
    splitter = TurningSplitter()
    qtbot.addWidget(splitter)
    for _ in range(2):
        part = QWidget()
        part.setMinimumWidth(WIDE)
        splitter.addWidget(part)
    splitter.show()
    both = 2 * USEFUL + splitter.handleWidth()
    assert splitter.minimumSizeHint().width() == WIDE
    for width, way in (
        (both, Qt.Orientation.Horizontal),
        (both - 1, Qt.Orientation.Vertical),
        (both, Qt.Orientation.Horizontal),
    ):
        splitter.resize(width, 300)
        assert splitter.orientation() is way, width
