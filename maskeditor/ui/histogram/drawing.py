"""The item that draws a histogram: its ground, of which a picture is kept, and over it what a hand moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPen, QPixmap, QPolygonF, QTransform

from maskeditor.ui.histogram.ground import draw_ground, faint
from maskeditor.ui.histogram.pictured import HINT, Colours, Ground, Picture
from maskeditor.ui.look.painting import fill, painting

#: Pixels on either side of the mark of the padding that words leave free.
_MARK = 9


class Drawing(pg.GraphicsObject):  # type: ignore[misc]
    """Draws a picture in the pixels of a part of the scene.

    Parameters
    ----------
    area : pyqtgraph.ViewBox
        The part that it fills.
    """

    def __init__(self, area: pg.ViewBox) -> None:
        super().__init__()
        self._area = area
        self._make: Callable[[], Picture] | None = None
        self._picture: Picture | None = None
        # The ground as it was drawn last, and what it was drawn for.
        self._ground: tuple[object, QPixmap] = (None, QPixmap())
        self.setParentItem(area)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_picture(self, make: Callable[[], Picture]) -> None:
        """Draw another picture, which is made when it is drawn: one step of a hand changes several things of it."""
        self._make, self._picture = make, None
        self.update()

    def show_mark(self, place: float | None) -> None:
        """Draw the mark elsewhere, in pixels, or nowhere; little else is drawn with it, as it follows the pointer."""
        if self._picture is None:
            return
        before, self._picture = self._picture.mark, replace(self._picture, mark=place)
        for x in (before, place):
            if x is not None:
                self.update(QRectF(x - 2, self.boundingRect().top(), 4, self.boundingRect().height()))

    def boundingRect(self) -> QRectF:
        """Return the whole area."""
        return QRectF(self._area.rect())

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draw everything."""
        if self._make is None:
            return
        if self._picture is None:
            self._picture = self._make()
        picture, rect = self._picture, self.boundingRect()
        painter.setClipRect(rect)
        if picture.ground is None:
            painter.setPen(picture.colours.quiet)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, picture.sentence)
            return
        self._copy_ground(painter, picture.ground)
        if picture.window is not None:
            _draw_window(painter, rect, picture.window, picture.colours.text)
        if picture.band is not None:
            _draw_band(painter, rect, picture.band, picture)
        if picture.range is not None:
            _draw_range(painter, rect, picture.range, picture)
        for ends in picture.found:
            _draw_found(painter, rect, ends, picture.colours)
        if picture.knobs:
            _draw_knobs(painter, picture)
        _draw_pointed(painter, rect, picture)
        _draw_words(painter, rect, picture, picture.ground.padding)

    def _copy_ground(self, painter: QPainter, ground: Ground) -> None:
        """Copy the ground: it stays while something moves over it, and takes longer to draw than a slice."""
        device, there = painter.device(), painter.transform()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        area = there.mapRect(self.boundingRect()).toAlignedRect()
        wanted = (ground, there, area.size(), ratio)
        if wanted != self._ground[0]:
            drawn = QPixmap(area.size() * ratio)
            drawn.setDevicePixelRatio(ratio)
            drawn.fill(Qt.GlobalColor.transparent)
            with painting(drawn) as on_ground:
                on_ground.setRenderHints(painter.renderHints())
                on_ground.setTransform(there * QTransform.fromTranslate(-area.left(), -area.top()))
                draw_ground(on_ground, self.boundingRect(), ground)
            self._ground = wanted, drawn
        painter.resetTransform()
        painter.drawPixmap(area.topLeft(), self._ground[1])
        painter.setTransform(there)


def _draw_window(painter: QPainter, rect: QRectF, ends: tuple[float, float], text: QColor) -> None:
    low, high = ends
    painter.setPen(QPen(faint(text, 110), 1, Qt.PenStyle.DotLine))
    bottom = rect.bottom()
    for x in ends:
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, bottom))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faint(text, 170))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for x, side in ((low, 1), (high, -1)):
        painter.drawPolygon(QPolygonF([QPointF(x, bottom), QPointF(x + side * 8, bottom), QPointF(x, bottom - 9)]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_range(painter: QPainter, rect: QRectF, ends: tuple[float, float], picture: Picture) -> None:
    low, high = ends
    chosen, text = picture.colours.chosen, picture.colours.text
    fill(painter, QRectF(low, rect.top(), high - low, rect.height()), faint(chosen, 55))
    for x in ends:
        # Filled, which takes a part of the time of a line of that width.
        painter.fillRect(QRectF(x - 0.75, rect.top(), 1.5, rect.height()), text)
        if not picture.knobs:
            painter.setBrush(chosen)
            painter.setPen(text)
            painter.drawRoundedRect(QRectF(x - 3.5, rect.center().y() - 10, 7, 20), 2, 2)


def _draw_found(painter: QPainter, rect: QRectF, ends: tuple[float, float], colours: Colours) -> None:
    """Draw an intensity as a dashed line with a point at its foot, and a range as a bar along the foot."""
    low, high = ends
    if low == high:
        # Upright, it needs no smooth edges, which take ten times as long.
        painter.setPen(QPen(colours.base, 3))
        painter.drawLine(QPointF(low, rect.top()), QPointF(low, rect.bottom()))
        painter.setPen(QPen(colours.text, 2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(low, rect.top()), QPointF(low, rect.bottom()))
    else:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # A gap may be narrower than a pixel, and is seen all the same.
        width = max(high - low, 4.0)
        painter.setPen(QPen(colours.text, 1))
        painter.setBrush(colours.base)
        painter.drawRect(QRectF((low + high - width) / 2, rect.bottom() - 7, width, 5))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_knobs(painter: QPainter, picture: Picture) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(picture.colours.text, 1.2))
    painter.setBrush(picture.colours.chosen)
    for _, place in picture.knobs:
        painter.drawEllipse(place, 5.0, 5.0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_band(painter: QPainter, rect: QRectF, ends: tuple[float, float], picture: Picture) -> None:
    """Draw a limit as a bracket along the top, and what it leaves out hatched."""
    low, high = ends
    hatched = QBrush(faint(picture.colours.text, 60), Qt.BrushStyle.BDiagPattern)
    painter.setPen(QPen(picture.colours.text, 2))
    top, outside = rect.top() + 2, ((rect.left(), low), (high, rect.right()))
    left_out, brackets = (((low, high),), outside) if picture.is_turned else (outside, ((low, high),))
    for left, right in left_out:
        if right > left:
            fill(painter, QRectF(left, rect.top(), right - left, rect.height()), hatched)
    for left, right in brackets:
        if right > left:
            painter.drawLine(QPointF(left, top), QPointF(right, top))
    for x in ends:
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.top() + 10))


def _draw_pointed(painter: QPainter, rect: QRectF, picture: Picture) -> None:
    """Draw a line at the intensity that is pointed at in a plane, and a strip over the bar that is pointed at here."""
    if picture.mark is not None:
        painter.setPen(QPen(picture.colours.chosen, 1.5, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(picture.mark, rect.top()), QPointF(picture.mark, rect.bottom()))
    if picture.pointed is not None:
        low, high = picture.pointed
        pointed = QRectF(low - 0.5, rect.top(), max(1.0, high - low + 1), rect.height())
        fill(painter, pointed, faint(picture.colours.text, 90))


def _draw_words(painter: QPainter, rect: QRectF, picture: Picture, padding: float | None) -> None:
    """Write above the bars what the one is that is pointed at, or else the hint."""
    words = words_over(picture)
    if not words:
        return
    room, metrics = rect.adjusted(4, 0, -4, 0), painter.fontMetrics()
    lines = in_lines(words, metrics, room)
    width = max(map(metrics.horizontalAdvance, lines))
    if (beside := beside_mark(room, width, padding)) != room:
        room, lines = beside, in_lines(words, metrics, beside)
        width = max(map(metrics.horizontalAdvance, lines))
    # (There may be high bars and lines.)
    height = metrics.lineSpacing() * len(lines)
    painter.fillRect(QRectF(room.right() - width - 2, room.top(), width + 4, height), faint(picture.colours.base, 200))
    painter.setPen(picture.colours.text if picture.reading else picture.colours.quiet)
    painter.drawText(room, int(Qt.AlignmentFlag.AlignRight), "\n".join(lines))


def in_lines(words: str, metrics: QFontMetrics, room: QRectF) -> list[str]:
    """Return a sentence in lines that are no wider than a room; an ellipsis stands for what has none."""
    most, lines = max(1, int(room.height()) // metrics.lineSpacing()), [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and len(lines) < most and metrics.horizontalAdvance(longer) > room.width():
            lines.append(word)
        else:
            lines[-1] = longer
    return [metrics.elidedText(line, Qt.TextElideMode.ElideRight, int(room.width())) for line in lines]


def words_over(picture: Picture) -> str:
    """Return what is written over the bars: no invitation to choose a range where something lies there already."""
    has_ends = picture.range is not None or bool(picture.found)
    return picture.reading or ("" if has_ends and picture.hint == HINT else picture.hint)


def beside_mark(room: QRectF, width: float, padding: float | None) -> QRectF:
    """Return where words at the right end of a room have most room, if the mark of the padding lay under them there."""
    if padding is None or padding + _MARK < room.right() - width:
        return room
    before, behind = QRectF(room), QRectF(room)
    before.setRight(padding - _MARK)
    behind.setLeft(padding + _MARK)
    return max(before, behind, key=QRectF.width)
