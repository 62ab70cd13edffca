"""The colours of conditions with their names, in a line."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from maskeditor.core.space.mask import Colour
from maskeditor.ui.look.painting import painting

#: Between the square and its name, and between names.
_NEAR, _FAR = 4, 12
#: Pixels of width that it asks for at most.
_WIDEST = 300


class ConditionLegend(QWidget):
    """A square and a name for each condition; where there is too little room, names are cut and the tip has all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours: dict[str, Colour] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Conditions")
        self.hide()

    def show_colours(self, colours: Mapping[str, Colour]) -> None:
        """Show conditions; nothing without any."""
        self._colours = dict(colours)
        names = ", ".join(self._colours)
        self.setToolTip(names)
        self.setAccessibleDescription(names)
        self.setVisible(bool(colours))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the height of a line, and the width of the names where that leaves room for others."""
        return QSize(min(_WIDEST, math.ceil(self._whole)), self.fontMetrics().height() + 2)

    @property
    def _side(self) -> float:
        """Pixels along the side of a square."""
        return self.fontMetrics().ascent() * 0.8

    @property
    def _whole(self) -> float:
        """Pixels of width that all names take."""
        metrics = self.fontMetrics()
        return sum(self._side + _NEAR + metrics.horizontalAdvance(name) + 1 + _FAR for name in self._colours)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw squares and names from the left."""
        with painting(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        metrics = self.fontMetrics()
        painter.setPen(self.palette().color(self.foregroundRole()))
        side, left = self._side, 0.0
        is_cut = self._whole > self.width()
        room = self.width() / max(1, len(self._colours)) - side - _NEAR - _FAR
        for name, colour in self._colours.items():
            painter.fillRect(QRectF(left, (self.height() - side) / 2, side, side), QColor(*colour))
            text = name
            if is_cut:
                text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, max(0, int(room)))
            left += side + _NEAR
            place = QRectF(left, 0, metrics.horizontalAdvance(text) + 1, self.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            left += place.width() + _FAR
