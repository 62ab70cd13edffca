"""A label that gives way: what does not fit is left out with an ellipsis, and stands in the tool tip."""

from __future__ import annotations

import math

from PyQt6.QtCore import QEvent, QSize, Qt
from PyQt6.QtGui import QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy, QWidget

from maskeditor.ui.look.painting import painting

#: Pixels by which the room that is asked for grows, and how much less is needed before it shrinks: not with each digit.
STEP, SLACK = 16, 80


class ElidedLabel(QLabel):
    """One line of plain text that asks for all the room it needs and is content with less.

    It keeps its text by itself: of Qt's own, each would have all that stands beside it laid out and painted again.

    Parameters
    ----------
    name : str
        For those who do not see it.
    tip : str
        What the tool tip adds to the text.
    least : int
        Letters that have room in any case.
    """

    def __init__(self, name: str, tip: str = "", least: int = 4, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tip, self._least = tip, least
        self._text = self._shown = ""
        #: Pixels that the text takes, and that are asked for.
        self._width = self._asked = 0
        self.setAccessibleName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def text(self) -> str:
        """Return the whole text."""
        return self._text

    def setText(self, text: str | None) -> None:
        """Show another text."""
        if (text or "") != self._text:
            before, self._text = self._hints(), text or ""
            # (A screen reader is told the name, and asks a label that has one for no text.)
            self.setAccessibleDescription("\n".join(filter(None, (self._text, self._tip))))
            self._measure()
            if self._hints() != before:
                self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return the room for all of it."""
        return QSize(self._asked, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """Return the room for the letters that have it in any case."""
        least = self.fontMetrics().averageCharWidth() * self._least
        return QSize(min(self._width, least), self.fontMetrics().height())

    def _hints(self) -> tuple[QSize, QSize]:
        return self.sizeHint(), self.minimumSizeHint()

    @property
    def shown(self) -> str:
        """What there is room for."""
        return self._shown

    def _measure(self) -> None:
        """See how long the text is, and what of it has room."""
        self._width = self.fontMetrics().horizontalAdvance(self._text)
        if not self._asked - SLACK < self._width <= self._asked or not self._text:
            self._asked = math.ceil(self._width / STEP) * STEP
        self._elide()
        self.update()

    def _elide(self) -> None:
        """See what has room, and say in the tip what has none."""
        room = self.contentsRect().width()
        is_whole = self._width <= room
        self._shown = (
            self._text if is_whole else self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, room)
        )
        tip = "\n".join(filter(None, ("" if is_whole else self._text, self._tip)))
        if tip != self.toolTip():
            self.setToolTip(tip)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """See what has room now."""
        super().resizeEvent(event)
        self._elide()

    def changeEvent(self, event: QEvent | None) -> None:
        """Measure the text in another font."""
        super().changeEvent(event)
        if event is not None and event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw what there is room for."""
        with painting(self) as painter:
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawText(self.contentsRect(), int(self.alignment() | Qt.TextFlag.TextSingleLine), self._shown)
