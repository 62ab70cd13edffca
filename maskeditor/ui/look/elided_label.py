"""A label that gives way: what does not fit is left out with an ellipsis, and stands in the tool tip."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy, QWidget

from maskeditor.ui.look.painting import painting


class ElidedLabel(QLabel):
    """One line of plain text that asks for all the room it needs and is content with less.

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
        self.setAccessibleName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def setText(self, text: str | None) -> None:
        """Show another text."""
        super().setText(text)
        self._write_tip()

    def minimumSizeHint(self) -> QSize:
        """Return the room for the letters that have it in any case."""
        least = super().minimumSizeHint()
        width = self.fontMetrics().averageCharWidth() * self._least if self.text() else 0
        return QSize(min(least.width(), width), least.height())

    @property
    def shown(self) -> str:
        """What there is room for."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.contentsRect().width())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Say in the tip what has no room."""
        super().resizeEvent(event)
        self._write_tip()

    def _write_tip(self) -> None:
        whole = self.text() if self.shown != self.text() else ""
        self.setToolTip("\n".join(filter(None, (whole, self._tip))))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw what there is room for."""
        with painting(self) as painter:
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawText(self.contentsRect(), int(self.alignment() | Qt.TextFlag.TextSingleLine), self.shown)
