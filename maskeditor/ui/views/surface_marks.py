"""What is drawn over surfaces: the crosshair's middle, and the axes of the world."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from maskeditor.engine.arrays import Floats
from maskeditor.ui.views.items import RIM
from maskeditor.ui.views.lines import CROSSHAIR

#: Pixels of each half of an axis, from there to the middle of its letter, and the height of the letters.
LENGTH, BEYOND, LETTER = 20.0, 8.0, 13
#: Pixels between the edges of a view and the middle of the axes in its corner.
AXES_EDGE = 36.0
#: The letters of both ends of the world's axes, and the colour of each.
ENDS = (("R", "L", QColor(255, 125, 115)), ("A", "P", QColor(120, 220, 120)), ("S", "I", QColor(130, 180, 255)))
#: How opaque, from 0 to 255, the half of an axis is that leads away from the viewer.
FAR = 120


def draw_cross(painter: QPainter, middle: QPointF) -> None:
    """Draw where the crosshair is; its middle is left free."""
    for colour, width in ((RIM, 3.0), (CROSSHAIR, 1.2)):
        painter.setPen(QPen(colour, width))
        for step in (QPointF(1, 0), QPointF(0, 1)):
            painter.drawLine(middle - 9 * step, middle - 3 * step)
            painter.drawLine(middle + 3 * step, middle + 9 * step)


def draw_axes(painter: QPainter, directions: Floats, middle: QPointF) -> None:
    """Draw the axes of the world, with their letters; what comes towards the viewer lies over what leads away.

    Parameters
    ----------
    painter : QPainter
    directions : (3, 3) array of float64
        Rows: to the right, down and away, in world mm.
    middle : QPointF
    """
    font = painter.font()
    font.setPixelSize(LETTER)
    font.setBold(True)
    painter.setFont(font)
    halves = [(float(sign * directions[2, axis]), axis, sign) for axis in range(3) for sign in (1, -1)]
    for away, axis, sign in sorted(halves, reverse=True):
        *letters, colour = ENDS[axis]
        shown = QColor(colour)
        shown.setAlpha(FAR if away > 0 else 255)
        right, down = (sign * LENGTH * directions[:2, axis]).tolist()
        painter.setPen(QPen(shown, 1.6))
        painter.drawLine(middle, middle + QPointF(right, down))
        length = math.hypot(right, down)
        if length > LENGTH / 3:  # else the letter would lie upon the middle
            place = middle + QPointF(right, down) * (1 + BEYOND / length)
            box = QRectF(place.x() - LETTER, place.y() - LETTER, 2 * LETTER, 2 * LETTER)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), letters[sign < 0])
