"""Painters that are always put down again, and fills that wait for nobody."""

from __future__ import annotations

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QBrush, QColor, QPaintDevice, QPainter

#: Lines that are filled or drawn together. What is blended in 96 lines or more, Qt gives to other threads and waits for
#: them: two planes of 512 × 512 then take twice as long, as the pixels lie in the cache of this processor, and far
#: longer where others are at work.
LINES = 90


class _Painting:
    def __init__(self, on: QPaintDevice) -> None:
        self._on = on

    def __enter__(self) -> QPainter:
        self._painter = QPainter(self._on)
        return self._painter

    def __exit__(self, *_: object) -> None:
        self._painter.end()


def painting(on: QPaintDevice) -> _Painting:
    """Give a painter that ends with the block, whatever happens in it.

    Qt brings the whole program down if something is painted on, or goes, while a painter is still at work on it.
    """
    return _Painting(on)


def fill(painter: QPainter, area: QRectF, colour: QColor | QBrush) -> None:
    """Fill an area with what lets through what lies below."""
    top = area.top()
    while top < area.bottom():
        lines = min(LINES, area.bottom() - top)
        painter.fillRect(QRectF(area.left(), top, area.width(), lines), colour)
        top += lines
