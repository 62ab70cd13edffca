"""What lies over a slice, and what its kinds have in common: where they are, their colours, pictures of them."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

#: Light on a dark rim is readable on black, on white and on every colour between.
LIGHT, RIM = QColor(240, 240, 240), QColor(0, 0, 0, 190)


class Item:
    """Something over a slice, in pixels of the view; what it covered and what it covers is painted when it changes.

    Parameters
    ----------
    repaint : callable of QRect
        Has a part of the view painted.
    """

    def __init__(self, repaint: Callable[[QRect], object]) -> None:
        #: Has a part of the view painted.
        self.repaint = repaint
        #: Whether it is drawn; `show` changes it.
        self.is_shown = True
        #: The whole pixels that it covers.
        self.bounds = QRect()

    def show(self, shown: bool) -> None:
        """Draw it, or do not."""
        if shown != self.is_shown:
            self.is_shown = shown
            self.repaint(self.bounds)

    def cover(self, area: QRectF) -> None:
        """Take note that it covers an area now, and looks different."""
        before, self.bounds = self.bounds, area.toAlignedRect()
        if self.is_shown:
            self.repaint(before)
            self.repaint(self.bounds)

    def draw(self, painter: QPainter) -> None:
        """Draw it."""
        raise NotImplementedError


class Placed(Item):
    """Something of a size of its own that stands where it is put."""

    def __init__(self, repaint: Callable[[QRect], object]) -> None:
        super().__init__(repaint)
        self._at = QPointF()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        raise NotImplementedError

    def place(self, x: float, y: float) -> None:
        """Put its top left corner there."""
        if QPointF(x, y) != self._at:
            self._at = QPointF(x, y)
            self._cover()

    def _cover(self) -> None:
        self.cover(QRectF(self._at.x(), self._at.y(), *self.size))


def ratio_of(painter: QPainter) -> float:
    """Return how many pixels of the screen there are for one that is painted."""
    device = painter.device()
    return device.devicePixelRatioF() if device is not None else 1.0


def clear_stamp(size: QSizeF, ratio: float) -> QPixmap:
    """Return a clear picture of a size in pixels of the view, for a screen of some pixels for each of them."""
    stamp = QPixmap((size * ratio).toSize())
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    return stamp


def stroke(painter: QPainter, path: QPainterPath, rim: float, line: float, smooth: bool) -> None:
    """Draw a path with a rim, of some widths in pixels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
    painter.strokePath(path, QPen(RIM, rim))
    painter.strokePath(path, QPen(LIGHT, line))
