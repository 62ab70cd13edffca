"""Pictures of the ways to compare images, inside a square of 16 × 16, with the pen that is set."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QPainter

_WHOLE = QRectF(2, 3, 12, 10)


def _ink(painter: QPainter) -> QColor:
    return painter.pen().color()


def _side_by_side(painter: QPainter) -> None:
    painter.drawRect(QRectF(1.5, 3.5, 5.5, 9))
    painter.fillRect(QRectF(9, 3, 6, 10), _ink(painter))


def _blend(painter: QPainter) -> None:
    faint = _ink(painter)
    faint.setAlphaF(0.5)
    painter.drawEllipse(QPointF(6, 8), 4.5, 4.5)
    painter.setBrush(faint)
    painter.drawEllipse(QPointF(10, 8), 4.5, 4.5)


def _checkerboard(painter: QPainter) -> None:
    painter.drawRect(_WHOLE)
    for left, top in ((2, 3), (10, 3), (6, 8)):
        painter.fillRect(QRectF(left, top, 4, 5), _ink(painter))


def _swipe(painter: QPainter) -> None:
    painter.drawRect(_WHOLE)
    painter.fillRect(QRectF(9, 3, 5, 10), _ink(painter))
    painter.drawLine(QPointF(8, 1), QPointF(8, 15))


def _blink(painter: QPainter) -> None:
    painter.drawRect(QRectF(2, 2.5, 8.5, 8))
    painter.fillRect(QRectF(6, 6, 8.5, 8), _ink(painter))


def _close(painter: QPainter) -> None:
    painter.drawLine(QPointF(4, 4), QPointF(12, 12))
    painter.drawLine(QPointF(12, 4), QPointF(4, 12))


DRAWINGS: dict[str, Callable[[QPainter], None]] = {
    "side by side": _side_by_side,
    "blend": _blend,
    "checkerboard": _checkerboard,
    "swipe": _swipe,
    "blink": _blink,
    "close": _close,
}
