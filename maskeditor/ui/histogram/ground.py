"""How the ground of a histogram is drawn, on which a hand moves things: bars, curves and landmarks."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from maskeditor.engine.arrays import Floats
from maskeditor.ui.histogram.pictured import Ground, Outlines

#: Pixels from the top where bars are torn off that are higher, and the width of a tooth of the tear.
TORN, TOOTH = 5.0, 6.0
#: Told apart by those who see red and green alike, too (Okabe and Ito).
_CLASS_COLOURS = ((0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (213, 94, 0))


def draw_ground(painter: QPainter, rect: QRectF, ground: Ground) -> None:
    """Draw all that lies behind what a hand moves."""
    chosen, text, _, base = ground.colours
    image, mask, around = _paths_of(ground.outlines, rect.height())
    if around is not None:
        painter.fillPath(around, faint(text, 35))
    painter.fillPath(image, faint(text, 105))
    _draw_classes(painter, rect, image, ground.parted)
    if mask is not None:
        painter.fillPath(mask, faint(chosen, 190))
    _draw_torn(painter, ground.outlines, text, base)
    if ground.curve is not None:
        _draw_curve(painter, ground.curve, text)
    for number, density in enumerate(ground.densities):
        _draw_density(painter, density, class_colour(number), base)
    _draw_landmarks(painter, rect, ground)


def class_colour(number: int) -> QColor:
    """Return the colour of a class, counted from 0, the darkest."""
    return QColor(*_CLASS_COLOURS[number % len(_CLASS_COLOURS)])


def faint(colour: QColor, alpha: int) -> QColor:
    """Return a colour that lets through what lies below; `alpha` is 0 to 255."""
    made = QColor(colour)
    made.setAlpha(alpha)
    return made


def _paths_of(outlines: Outlines, height: float) -> tuple[QPainterPath, QPainterPath | None, QPainterPath | None]:
    across, floor = np.repeat(outlines.edges, 2), height + 2

    def path(tops: Floats) -> QPainterPath:
        up = np.concatenate(([floor], np.repeat(np.minimum(tops, floor), 2), [floor]))
        made: QPainterPath = pg.arrayToQPath(across, up)
        return made

    of_mask, around = (
        path(tops) if tops is not None else None for tops in (outlines.tops_of_mask, outlines.tops_around)
    )
    return path(outlines.tops), of_mask, around


def _draw_classes(
    painter: QPainter, rect: QRectF, bars: QPainterPath, parted: tuple[tuple[float, float, int], ...]
) -> None:
    """Fill the bars of each class in its colour."""
    for low, high, number in parted:
        painter.save()
        painter.setClipRect(QRectF(low, rect.top(), high - low, rect.height()), Qt.ClipOperation.IntersectClip)
        painter.fillPath(bars, faint(class_colour(number), 150))
        painter.restore()


def _draw_density(painter: QPainter, curve: tuple[Floats, Floats], colour: QColor, base: QColor) -> None:
    """Draw the curve of a class, with a rim that parts it from the bars."""
    line = QPolygonF([QPointF(x, y) for x, y in zip(*(one.tolist() for one in curve), strict=True)])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for pen in (QPen(base, 3.5), QPen(colour, 1.8)):
        painter.setPen(pen)
        painter.drawPolyline(line)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_curve(painter: QPainter, curve: tuple[Floats, Floats, Floats], text: QColor) -> None:
    across, down, _ = curve
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(text, 1.2))
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(across.tolist(), down.tolist(), strict=True)]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_torn(painter: QPainter, outlines: Outlines, text: QColor, base: QColor) -> None:
    """Tear off the bars that are higher than there is room for, so that none is taken for as high as it looks."""
    beyond = np.flatnonzero(np.diff(np.concatenate(([False], outlines.tops < 0, [False])).astype(np.int8)))
    for first, last in beyond.reshape(-1, 2):
        left, right = float(outlines.edges[first]), float(outlines.edges[last])
        teeth = max(2, round((right - left) / TOOTH) * 2)
        zigzag = [
            QPointF(left + (right - left) * tooth / teeth, TORN + TOOTH / 2 * (tooth % 2)) for tooth in range(teeth + 1)
        ]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(base)
        painter.drawPolygon(QPolygonF([*zigzag, *(point - QPointF(0, 3) for point in reversed(zigzag))]))


def _draw_landmarks(painter: QPainter, rect: QRectF, ground: Ground) -> None:
    """Draw small triangles at peaks and valleys, and a cross on the padding."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faint(ground.colours.text, 150))
    foot = rect.bottom()
    for x in ground.peaks:
        painter.drawPolygon(QPolygonF([QPointF(x - 3, foot), QPointF(x + 3, foot), QPointF(x, foot - 5)]))
    for x in ground.valleys:
        painter.drawPolygon(QPolygonF([QPointF(x - 3, foot - 5), QPointF(x + 3, foot - 5), QPointF(x, foot)]))
    if ground.padding is not None:
        x, y = ground.padding, rect.top() + 6
        painter.setBrush(ground.colours.base)
        painter.setPen(QPen(ground.colours.text, 1.2))
        painter.drawEllipse(QPointF(x, y), 5.0, 5.0)
        painter.drawLine(QPointF(x - 2.5, y - 2.5), QPointF(x + 2.5, y + 2.5))
        painter.drawLine(QPointF(x - 2.5, y + 2.5), QPointF(x + 2.5, y - 2.5))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
