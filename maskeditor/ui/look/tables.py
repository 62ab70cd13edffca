"""Tables whose cells Python tells, drawn in one go."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QTimerEvent
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QHeaderView, QTableView, QWidget


class _Heading(QHeaderView):
    """The headings of a `PythonTable`."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw them in one go."""
        super().paintEvent(event)


class PythonTable(QTableView):
    """A table of a model that is written in Python.

    Qt asks such a model some thousand times while it draws a screen of rows. A question that comes from Qt's event loop
    waits for Python's interpreter anew, which a worker that computes hands over after a millisecond; what is asked from
    within a method of Python has it already. So these methods add nothing but that they are Python's.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        headings = _Heading(Qt.Orientation.Horizontal, self)
        headings.setSectionsClickable(True)
        headings.setHighlightSections(True)
        self.setHorizontalHeader(headings)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the rows in one go."""
        super().paintEvent(event)

    def timerEvent(self, event: QTimerEvent | None) -> None:
        """Lay the rows out in one go, which Qt puts off until a moment after they have changed."""
        super().timerEvent(event)
