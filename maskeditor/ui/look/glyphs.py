"""Small pictures drawn from lines in the colours of the palette: sharp at any scale, light and dark."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPainterPath, QPalette, QPen, QPixmap, QPolygonF
from PyQt6.QtWidgets import QApplication

from maskeditor.ui.look import compare_glyphs, tool_glyphs
from maskeditor.ui.look.painting import painting

#: Draws inside a square of 16 × 16 with the pen and the colour that are set.
Drawing = Callable[[QPainter], None]


def _eye(painter: QPainter) -> None:
    lids = QPainterPath(QPointF(1.5, 8))
    lids.quadTo(QPointF(8, 0.5), QPointF(14.5, 8))
    lids.quadTo(QPointF(8, 15.5), QPointF(1.5, 8))
    painter.drawPath(lids)
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(8, 8), 2.2, 2.2)


def _hidden(painter: QPainter) -> None:
    lid = QPainterPath(QPointF(1.5, 7))
    lid.quadTo(QPointF(8, 14), QPointF(14.5, 7))
    painter.drawPath(lid)
    for start, stop in (((4, 9.6), (2.8, 12)), ((8, 10.6), (8, 13.4)), ((12, 9.6), (13.2, 12))):
        painter.drawLine(QPointF(*start), QPointF(*stop))


def _shackle(painter: QPainter, shift: float) -> None:
    path = QPainterPath(QPointF(5 + shift, 7.5))
    path.lineTo(QPointF(5 + shift, 5))
    path.arcTo(QRectF(5 + shift, 2, 6, 6), 180, -180)
    path.lineTo(QPointF(11 + shift, 7.5 if not shift else 5.5))
    painter.drawPath(path)


def _locked(painter: QPainter) -> None:
    _shackle(painter, 0)
    painter.setBrush(painter.pen().color())
    painter.drawRoundedRect(QRectF(3.5, 7.5, 9, 6.5), 1, 1)


def _unlocked(painter: QPainter) -> None:
    _shackle(painter, 3)
    painter.drawRoundedRect(QRectF(2, 7.5, 9, 6.5), 1, 1)


def _plus(painter: QPainter) -> None:
    painter.drawLine(QPointF(8, 3), QPointF(8, 13))
    painter.drawLine(QPointF(3, 8), QPointF(13, 8))


def _minus(painter: QPainter) -> None:
    painter.drawLine(QPointF(3, 8), QPointF(13, 8))


def _up(painter: QPainter) -> None:
    painter.drawLine(QPointF(8, 13), QPointF(8, 3))
    painter.drawPolyline(QPolygonF([QPointF(4, 7), QPointF(8, 3), QPointF(12, 7)]))


def _down(painter: QPainter) -> None:
    painter.translate(0, 16)
    painter.scale(1, -1)
    _up(painter)


def _back(painter: QPainter) -> None:
    path = QPainterPath(QPointF(3, 6))
    path.lineTo(QPointF(9.5, 6))
    path.arcTo(QRectF(6, 6, 7, 7), 90, -180)
    path.lineTo(QPointF(5.5, 13))
    painter.drawPath(path)
    painter.drawPolyline(QPolygonF([QPointF(6, 3), QPointF(3, 6), QPointF(6, 9)]))


def _forth(painter: QPainter) -> None:
    painter.translate(16, 0)
    painter.scale(-1, 1)
    _back(painter)


def _maximise(painter: QPainter) -> None:
    for right, down in ((1, 1), (-1, -1)):
        tip = QPointF(8 + 5.5 * right, 8 - 5.5 * down)
        painter.drawLine(QPointF(8 + 1.5 * right, 8 - 1.5 * down), tip)
        painter.drawPolyline(QPolygonF([tip - QPointF(4.5 * right, 0), tip, tip + QPointF(0, 4.5 * down)]))


def _target(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(8, 8), 4, 4)
    for start, stop in (((8, 1), (8, 6)), ((8, 10), (8, 15)), ((1, 8), (6, 8)), ((10, 8), (15, 8))):
        painter.drawLine(QPointF(*start), QPointF(*stop))


def _play(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(4.5, 3), QPointF(13, 8), QPointF(4.5, 13)]))


def _stop(painter: QPainter) -> None:
    painter.drawRect(QRectF(4, 4, 8, 8))


_DRAWINGS: dict[str, Drawing] = {
    "eye": _eye,
    "hidden": _hidden,
    "locked": _locked,
    "unlocked": _unlocked,
    "plus": _plus,
    "minus": _minus,
    "up": _up,
    "down": _down,
    "back": _back,
    "forth": _forth,
    "target": _target,
    "maximise": _maximise,
    "play": _play,
    "stop": _stop,
    **compare_glyphs.DRAWINGS,
    **tool_glyphs.DRAWINGS,
}


def draw(painter: QPainter, name: str, place: QRectF, colour: QColor) -> None:
    """Draw a glyph of this module into a square."""
    _draw(painter, _DRAWINGS[name], place, colour)


def _draw(painter: QPainter, drawing: Drawing, place: QRectF, colour: QColor) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(place.topLeft())
    painter.scale(place.width() / 16, place.height() / 16)
    pen = QPen(colour, 1.4)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    drawing(painter)
    painter.restore()


class _Engine(QIconEngine):
    """Draws a glyph in a colour of the palette of the moment."""

    def __init__(self, drawing: Drawing, role: QPalette.ColorRole) -> None:
        super().__init__()
        self._drawing, self._role = drawing, role

    def paint(self, painter: QPainter | None, rect: object, mode: QIcon.Mode, state: QIcon.State) -> None:
        assert painter is not None
        group = QPalette.ColorGroup.Disabled if mode is QIcon.Mode.Disabled else QPalette.ColorGroup.Active
        colour = QApplication.palette().color(group, self._role)
        _draw(painter, self._drawing, QRectF(rect), colour)  # type: ignore[call-overload]

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        made = QPixmap(size)
        if made.isNull():  # of a button that has no room yet
            return made
        made.fill(Qt.GlobalColor.transparent)
        with painting(made) as painter:
            self.paint(painter, made.rect(), mode, state)
        return made

    def clone(self) -> QIconEngine:
        return _Engine(self._drawing, self._role)


def glyph(drawing: str | Drawing, role: QPalette.ColorRole = QPalette.ColorRole.ButtonText) -> QIcon:
    """Return a glyph, or the name of one of this module, as an icon that follows light and dark."""
    return QIcon(_Engine(_DRAWINGS[drawing] if isinstance(drawing, str) else drawing, role))
