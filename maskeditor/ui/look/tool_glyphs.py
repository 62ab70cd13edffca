"""The pictures of the tool bar, drawn from lines like all glyphs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QPen


def _path(painter: QPainter, start: tuple[float, float], *points: tuple[float, float], closed: bool = False) -> None:
    path = QPainterPath(QPointF(*start))
    for point in points:
        path.lineTo(QPointF(*point))
    if closed:
        path.closeSubpath()
    painter.drawPath(path)


def _open(painter: QPainter) -> None:
    _path(painter, (1.5, 13), (1.5, 3.5), (5.5, 3.5), (7, 5.5), (13, 5.5), (13, 8))
    _path(painter, (1.5, 13), (4, 8), (15, 8), (12.5, 13), closed=True)


def _save(painter: QPainter) -> None:
    _path(painter, (2, 2), (11.5, 2), (14, 4.5), (14, 14), (2, 14), closed=True)
    painter.drawRect(QRectF(4.8, 2, 5.6, 3.8))
    painter.drawRect(QRectF(4.5, 9, 7, 5))


def _navigate(painter: QPainter) -> None:
    for start, stop in (((8, 1.5), (8, 6)), ((8, 10), (8, 14.5)), ((1.5, 8), (6, 8)), ((10, 8), (14.5, 8))):
        painter.drawLine(QPointF(*start), QPointF(*stop))
    painter.drawPoint(QPointF(8, 8))


def _window(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(8, 8), 6, 6)
    half = QPainterPath(QPointF(8, 2))
    half.arcTo(QRectF(2, 2, 12, 12), 90, -180)
    half.closeSubpath()
    painter.fillPath(half, painter.pen().color())


def _brush(painter: QPainter) -> None:
    pen = QPen(painter.pen())
    pen.setWidthF(2.2)
    painter.setPen(pen)
    painter.drawLine(QPointF(14, 2), QPointF(7.6, 8.4))
    tip = QPainterPath(QPointF(7.4, 8.2))
    tip.cubicTo(QPointF(4, 7.4), QPointF(4.8, 11.8), QPointF(1.6, 13.4))
    tip.cubicTo(QPointF(5.4, 14.8), QPointF(9.4, 12.8), QPointF(8.4, 9.2))
    tip.closeSubpath()
    painter.fillPath(tip, painter.pen().color())


def _eraser(painter: QPainter) -> None:
    _path(painter, (9.5, 2.5), (14, 7), (8, 13), (5, 13), (2, 10), closed=True)
    painter.drawLine(QPointF(5.6, 6.4), QPointF(10.1, 10.9))
    painter.drawLine(QPointF(8, 13.6), QPointF(14.5, 13.6))


def _component(painter: QPainter) -> None:
    painter.save()
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(5.5, 5.5), 3.4, 3.4)
    painter.restore()
    pen = QPen(painter.pen())
    pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    painter.drawEllipse(QPointF(11.5, 11.8), 2.6, 2.6)
    painter.drawEllipse(QPointF(12.6, 4), 1.6, 1.6)


def _radiological(painter: QPainter) -> None:
    _path(painter, (2, 4), (2, 12), (5, 12))
    painter.drawLine(QPointF(8, 2), QPointF(8, 14))
    _path(painter, (11, 12), (11, 4), (13, 4), (14, 5), (14, 7), (13, 8), (11, 8))
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
    "tool_navigate": _navigate,
    "tool_window": _window,
    "tool_brush": _brush,
    "tool_eraser": _eraser,
    "tool_component": _component,
    "radiological": _radiological,
    "outline": _outline,
}
