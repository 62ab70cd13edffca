"""The glyphs of the tool bar, but for those of the tools themselves, which each tool draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QPainter, QPainterPath


def draw_path(
    painter: QPainter, start: tuple[float, float], *points: tuple[float, float], closed: bool = False
) -> None:
    """Draw straight lines from point to point, and back to the first if closed."""
    path = QPainterPath(QPointF(*start))
    for point in points:
        path.lineTo(QPointF(*point))
    if closed:
        path.closeSubpath()
    painter.drawPath(path)


def _open(painter: QPainter) -> None:
    draw_path(painter, (1.5, 13), (1.5, 3.5), (5.5, 3.5), (7, 5.5), (13, 5.5), (13, 8))
    draw_path(painter, (1.5, 13), (4, 8), (15, 8), (12.5, 13), closed=True)


def _save(painter: QPainter) -> None:
    draw_path(painter, (2, 2), (11.5, 2), (14, 4.5), (14, 14), (2, 14), closed=True)
    painter.drawRect(QRectF(4.8, 2, 5.6, 3.8))
    painter.drawRect(QRectF(4.5, 9, 7, 5))


def _radiological(painter: QPainter) -> None:
    draw_path(painter, (2, 4), (2, 12), (5, 12))
    painter.drawLine(QPointF(8, 2), QPointF(8, 14))
    draw_path(painter, (11, 12), (11, 4), (13, 4), (14, 5), (14, 7), (13, 8), (11, 8))
    painter.drawLine(QPointF(12.4, 8), QPointF(14.2, 12))


def _outline(painter: QPainter) -> None:
    blob = QPainterPath(QPointF(8, 2.5))
    blob.cubicTo(QPointF(13, 2), QPointF(14.5, 7), QPointF(12.5, 10))
    blob.cubicTo(QPointF(11, 13.5), QPointF(6.5, 14.5), QPointF(4, 12))
    blob.cubicTo(QPointF(1.2, 9), QPointF(2, 3.5), QPointF(8, 2.5))
    painter.drawPath(blob)


#: By the id of the action.
DRAWINGS: Mapping[str, Callable[[QPainter], None]] = {
    "open_file": _open,
    "save_mask": _save,
    "radiological": _radiological,
    "outline": _outline,
}
