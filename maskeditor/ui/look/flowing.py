"""What stands side by side where there is width, and below one another where there is not."""

from __future__ import annotations

from collections.abc import Iterator

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLayout, QLayoutItem, QSplitter

from maskeditor.ui.qt import sure


class FlowingRow(QHBoxLayout):
    """A row that takes further lines where it is too narrow for all that stands in it."""

    def _fits(self, width: int) -> bool:
        return super().minimumSize().width() <= width

    def _lines(self, width: int) -> Iterator[list[tuple[QLayoutItem, int]]]:
        """Return what stands in each line, in a width that is too narrow for one, with the share that each asks for."""
        line: list[tuple[QLayoutItem, int]] = []
        room = width
        for place in range(self.count()):
            item = sure(self.itemAt(place))
            if item.isEmpty():  # hidden, or room that is left free
                continue
            least = item.minimumSize().width()
            if line and least > room:
                yield line
                line, room = [], width
            line.append((item, self.stretch(place)))
            room -= least + self.spacing()
        if line:
            yield line

    def minimumSize(self) -> QSize:
        """Return the width of the widest, and the height of a line."""
        items = (sure(self.itemAt(place)) for place in range(self.count()))
        widest = max((item.minimumSize().width() for item in items if not item.isEmpty()), default=0)
        return QSize(widest, super().minimumSize().height())

    def hasHeightForWidth(self) -> bool:
        """It is higher where it is narrower."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of its lines."""
        if self._fits(width):
            return super().sizeHint().height()
        heights = [_height(line) for line in self._lines(width)]
        return sum(heights) + self.spacing() * (len(heights) - 1)

    def minimumHeightForWidth(self, width: int) -> int:
        """Return the height of its lines, none of which can be lower."""
        return self.heightForWidth(width)

    def setGeometry(self, rect: QRect) -> None:
        """Put each into its place."""
        if self._fits(rect.width()):
            super().setGeometry(rect)
            return
        # A row of one line is laid out anew only where it is another room.
        QLayout.setGeometry(self, QRect())
        top = rect.top()
        for line in self._lines(rect.width()):
            height = _height(line)
            widths = _widths(line, rect.width() - self.spacing() * (len(line) - 1))
            left = rect.left()
            for (item, _), width in zip(line, widths, strict=True):
                item.setGeometry(QRect(left, top, width, height))
                left += width + self.spacing()
            top += height + self.spacing()


def _height(line: list[tuple[QLayoutItem, int]]) -> int:
    return max(item.sizeHint().height() for item, _ in line)


def _widths(line: list[tuple[QLayoutItem, int]], room: int) -> list[int]:
    """Return how wide each is: what it needs, then what it would like; the first that asks has the rest."""
    widths = [item.minimumSize().width() for item, _ in line]
    for place, (item, _) in enumerate(line):
        widths[place] += max(0, min(room - sum(widths), item.sizeHint().width() - widths[place]))
    asking = next((place for place, (_, share) in enumerate(line) if share), None)
    if asking is not None:
        widths[asking] += max(0, room - sum(widths))
    return widths


#: Pixels from which on a table or a form beside another is of use.
USEFUL = 220


class TurningSplitter(QSplitter):
    """Widgets side by side, or below one another where they are too wide for that."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setChildrenCollapsible(False)

    def _widths(self) -> list[int]:
        parts = (sure(self.widget(place)) for place in range(self.count()))
        return [part.minimumSizeHint().expandedTo(part.minimumSize()).width() for part in parts]

    def minimumSizeHint(self) -> QSize:
        """Return the least width of the widest, as they may stand below one another."""
        return QSize(max(self._widths(), default=0), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Turn round if another way fits now."""
        super().resizeEvent(event)
        needed = sum(max(USEFUL, width) for width in self._widths()) + self.handleWidth() * (self.count() - 1)
        fitting = Qt.Orientation.Horizontal if needed <= self.width() else Qt.Orientation.Vertical
        if fitting is not self.orientation():
            self.setOrientation(fitting)
