"""How the plot of a histogram is drawn: its bars, its handles and its scale of counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF, QTransform

from maskeditor.engine.arrays import Floats
from maskeditor.model.numbers_in_words import short_count
from maskeditor.ui.look.painting import painting

HINT = "Click or drag to choose a range"
#: Pixels on either side of the mark of the padding that words leave free.
_MARK = 9
NO_NUMBER = "The image holds no number: all voxels are NaN or infinite"
#: Pixels from the top where bars are torn off that are higher, and the width of a tooth of the tear.
TORN, TOOTH = 5.0, 6.0
#: Told apart by those who see red and green alike, too (Okabe and Ito).
_CLASS_COLOURS = ((0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (213, 94, 0))


class Scale(StrEnum):
    """The scale of counts."""

    LOG = "Log"
    SQUARE_ROOT = "Root"
    LINEAR = "Linear"


class CountAxis(pg.AxisItem):  # type: ignore[misc]
    """Counts, on any scale, with short labels."""

    scale_of_counts = Scale.LOG

    def tickValues(self, minimum: float, maximum: float, size: float) -> list[tuple[float, list[float]]]:
        """Return short ticks: powers of ten on a logarithmic scale."""
        if self.scale_of_counts is not Scale.LOG:
            found: list[tuple[float, list[float]]] = super().tickValues(minimum, maximum, size)[:1]
            return found
        powers = range(max(0, math.ceil(minimum)), math.floor(maximum) + 1)
        every = max(1, math.ceil(len(powers) / max(1.0, size / 22)))
        return [(float(every), [float(power) for power in powers[::every]])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return counts as labels."""
        heights = np.array(values, np.float64)
        if self.scale_of_counts is Scale.LOG:
            heights = 10**heights
        elif self.scale_of_counts is Scale.SQUARE_ROOT:
            heights = heights**2
        return [short_count(count) for count in heights.tolist()]


@dataclass(frozen=True, eq=False)
class Outlines:
    """The outlines of the bars, in pixels.

    Parameters
    ----------
    edges : (n + 1,) array of float64
        Where the bars begin and end.
    tops : (n,) array of float64
        Where those of the image end, counted from the top.
    tops_of_mask : (n,) array of float64, or None
        Where those of the mask end, if there is one.
    tops_around : (n,) array of float64, or None
        Where those of the whole image end, where only a part of it is counted.
    """

    edges: Floats
    tops: Floats
    tops_of_mask: Floats | None
    tops_around: Floats | None = None


@dataclass(frozen=True, eq=False)
class Picture:
    """All that is drawn; places are in pixels.

    Parameters
    ----------
    outlines : Outlines or None
        None before anything was counted; then a sentence stands alone.
    sentence : str
    hint : str
        What stands above the bars as long as there is no range.
    colour : QColor
        Of range and mask.
    text, quiet, base : QColor
        Of what is outlined, of sentences, and of what lies behind.
    range, window, band : tuple of 2 float, or None
        Where the handles of the range, of the window and of a limit are, if there are any.
    found : tuple of (float, float)
        From where to where what was found reaches; one and the same for an intensity.
    parted : tuple of (float, float, int)
        From where to where which class reaches; its bars are drawn in a colour of its own.
    densities : tuple of two (n,) arrays of float64
        The curves of these classes, across and down.
    curve : three (n,) arrays of float64, or None
        The curve of the shares of the voxels: across, down, and the shares.
    knobs : tuple of (str, QPointF)
        Handles on that curve; those of the range do without others.
    peaks, valleys : tuple of float
        Where ends snap to.
    mark : float or None
        Where the intensity is that is pointed at in a plane.
    reading : str
        What the bar is that is pointed at; it stands in place of the hint.
    pointed : tuple of 2 float, or None
        Where that bar is.
    padding : float or None
        Where the padding is, which a click leaves out.
    """

    outlines: Outlines | None
    sentence: str
    hint: str
    colour: QColor
    text: QColor
    quiet: QColor
    base: QColor
    range: tuple[float, float] | None = None
    window: tuple[float, float] | None = None
    band: tuple[float, float] | None = None
    found: tuple[tuple[float, float], ...] = ()
    parted: tuple[tuple[float, float, int], ...] = ()
    densities: tuple[tuple[Floats, Floats], ...] = ()
    curve: tuple[Floats, Floats, Floats] | None = None
    knobs: tuple[tuple[str, QPointF], ...] = ()
    peaks: tuple[float, ...] = ()
    valleys: tuple[float, ...] = ()
    mark: float | None = None
    reading: str = ""
    pointed: tuple[float, float] | None = None
    padding: float | None = None


class Drawing(pg.GraphicsObject):  # type: ignore[misc]
    """Bars, range and window handles in the pixels of a part of the scene; a picture of the bars is kept.

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
        # A picture of the bars, and what it was made for.
        self._bars: tuple[object, QPixmap] = (None, QPixmap())
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
        if picture.outlines is None:
            painter.setPen(picture.quiet)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, picture.sentence)
            return
        self._copy_bars(painter, picture, picture.outlines)
        if picture.window is not None:
            _draw_window(painter, rect, picture.window, picture.text)
        if picture.band is not None:
            _draw_band(painter, rect, picture.band, picture)
        if picture.range is not None:
            _draw_range(painter, rect, picture.range, picture)
        for number, density in enumerate(picture.densities):
            _draw_density(painter, density, class_colour(number), picture.base)
        for ends in picture.found:
            _draw_found(painter, rect, ends, picture)
        _draw_knobs(painter, picture)
        _draw_marks(painter, rect, picture)
        words = picture.reading or ("" if picture.range is not None and picture.hint == HINT else picture.hint)
        room, flags = rect.adjusted(4, 0, -4, 0), int(Qt.AlignmentFlag.AlignRight)
        metrics = painter.fontMetrics()
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(room.width()))
        width = metrics.horizontalAdvance(words)
        if (beside := beside_mark(room, width, picture.padding)) != room:
            room, words = beside, metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(beside.width()))
            width = metrics.horizontalAdvance(words)
        if words:
            if picture.reading:
                ground = QRectF(room.right() - width - 2, room.top(), width + 4, metrics.height())
                painter.fillRect(ground, faint(picture.base, 200))
            painter.setPen(picture.text if picture.reading else picture.quiet)
            painter.drawText(room, flags, words)

    def _copy_bars(self, painter: QPainter, picture: Picture, outlines: Outlines) -> None:
        """Copy the bars: they stay while a mark follows the pointer, and take longer to draw than a slice."""
        device, there = painter.device(), painter.transform()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        area = there.mapRect(self.boundingRect()).toAlignedRect()
        look = (picture.text, picture.colour, picture.base)
        wanted = (outlines, picture.curve is None, *look, picture.parted, there, area.size(), ratio)
        if wanted != self._bars[0]:
            bars = QPixmap(area.size() * ratio)
            bars.setDevicePixelRatio(ratio)
            bars.fill(Qt.GlobalColor.transparent)
            with painting(bars) as on_bars:
                on_bars.setRenderHints(painter.renderHints())
                on_bars.setTransform(there * QTransform.fromTranslate(-area.left(), -area.top()))
                self._draw_bars(on_bars, picture, outlines)
            self._bars = wanted, bars
        painter.resetTransform()
        painter.drawPixmap(area.topLeft(), self._bars[1])
        painter.setTransform(there)

    def _draw_bars(self, painter: QPainter, picture: Picture, outlines: Outlines) -> None:
        image, mask, around = self._paths_of(outlines)
        if around is not None:
            painter.fillPath(around, faint(picture.text, 35))
        painter.fillPath(image, faint(picture.text, 105))
        if picture.parted:
            _draw_classes(painter, self.boundingRect(), image, picture.parted)
        if mask is not None:
            painter.fillPath(mask, faint(picture.colour, 190))
        _draw_torn(painter, outlines, picture.text, picture.base)
        if picture.curve is not None:
            _draw_curve(painter, picture.curve, picture.text)

    def _paths_of(self, outlines: Outlines) -> tuple[QPainterPath, QPainterPath | None, QPainterPath | None]:
        across = np.repeat(outlines.edges, 2)
        floor = self._area.height() + 2

        def path(tops: Floats) -> QPainterPath:
            up = np.concatenate(([floor], np.repeat(np.minimum(tops, floor), 2), [floor]))
            made: QPainterPath = pg.arrayToQPath(across, up)
            return made

        of_mask, around = (
            path(tops) if tops is not None else None for tops in (outlines.tops_of_mask, outlines.tops_around)
        )
        return path(outlines.tops), of_mask, around


def class_colour(number: int) -> QColor:
    """Return the colour of a class, counted from 0, the darkest."""
    return QColor(*_CLASS_COLOURS[number % len(_CLASS_COLOURS)])


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


def _draw_range(painter: QPainter, rect: QRectF, ends: tuple[float, float], picture: Picture) -> None:
    low, high = ends
    painter.fillRect(QRectF(low, rect.top(), high - low, rect.height()), faint(picture.colour, 55))
    for x in ends:
        painter.setPen(QPen(picture.text, 1.5))
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
        if picture.curve is not None:
            continue
        painter.setBrush(picture.colour)
        painter.setPen(QPen(picture.text, 1))
        painter.drawRoundedRect(QRectF(x - 3.5, rect.center().y() - 10, 7, 20), 2, 2)


def _draw_found(painter: QPainter, rect: QRectF, ends: tuple[float, float], picture: Picture) -> None:
    """Draw an intensity as a dashed line with a point at its foot, and a range as a bar along the foot."""
    low, high = ends
    if low == high:
        # Upright, it needs no smooth edges, which take ten times as long.
        painter.setPen(QPen(picture.base, 3))
        painter.drawLine(QPointF(low, rect.top()), QPointF(low, rect.bottom()))
        painter.setPen(QPen(picture.text, 2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(low, rect.top()), QPointF(low, rect.bottom()))
    else:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # A gap may be narrower than a pixel, and is seen all the same.
        width = max(high - low, 4.0)
        painter.setPen(QPen(picture.text, 1))
        painter.setBrush(picture.base)
        painter.drawRect(QRectF((low + high - width) / 2, rect.bottom() - 7, width, 5))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_curve(painter: QPainter, curve: tuple[Floats, Floats, Floats], text: QColor) -> None:
    across, down, _ = curve
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(text, 1.2))
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(across.tolist(), down.tolist(), strict=True)]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_knobs(painter: QPainter, picture: Picture) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(picture.text, 1.2))
    painter.setBrush(picture.colour)
    for _, place in picture.knobs:
        painter.drawEllipse(place, 5.0, 5.0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_band(painter: QPainter, rect: QRectF, ends: tuple[float, float], picture: Picture) -> None:
    """Draw a limit as a bracket along the top, and what lies outside it hatched."""
    low, high = ends
    hatched = QBrush(faint(picture.text, 60), Qt.BrushStyle.BDiagPattern)
    for left, right in ((rect.left(), low), (high, rect.right())):
        if right > left:
            painter.fillRect(QRectF(left, rect.top(), right - left, rect.height()), hatched)
    painter.setPen(QPen(picture.text, 2))
    painter.drawLine(QPointF(low, rect.top() + 2), QPointF(high, rect.top() + 2))
    for x in ends:
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.top() + 10))


def _draw_marks(painter: QPainter, rect: QRectF, picture: Picture) -> None:
    """Draw small triangles at peaks and valleys, a line at what is pointed at, and a cross on the padding."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faint(picture.text, 150))
    foot = rect.bottom()
    for x in picture.peaks:
        painter.drawPolygon(QPolygonF([QPointF(x - 3, foot), QPointF(x + 3, foot), QPointF(x, foot - 5)]))
    for x in picture.valleys:
        painter.drawPolygon(QPolygonF([QPointF(x - 3, foot - 5), QPointF(x + 3, foot - 5), QPointF(x, foot)]))
    if picture.mark is not None:
        painter.setPen(QPen(picture.colour, 1.5, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(picture.mark, rect.top()), QPointF(picture.mark, foot))
    if picture.pointed is not None:
        low, high = picture.pointed
        pointed = QRectF(low - 0.5, rect.top(), max(1.0, high - low + 1), rect.height())
        painter.fillRect(pointed, faint(picture.text, 90))
    if picture.padding is not None:
        x, y = picture.padding, rect.top() + 6
        painter.setBrush(picture.base)
        painter.setPen(QPen(picture.text, 1.2))
        painter.drawEllipse(QPointF(x, y), 5.0, 5.0)
        painter.drawLine(QPointF(x - 2.5, y - 2.5), QPointF(x + 2.5, y + 2.5))
        painter.drawLine(QPointF(x - 2.5, y + 2.5), QPointF(x + 2.5, y - 2.5))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def beside_mark(room: QRectF, width: float, padding: float | None) -> QRectF:
    """Return where words at the right end of a room have most room, if the mark of the padding lay under them there."""
    if padding is None or padding + _MARK < room.right() - width:
        return room
    before, behind = QRectF(room), QRectF(room)
    before.setRight(padding - _MARK)
    behind.setLeft(padding + _MARK)
    return max(before, behind, key=QRectF.width)


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


def faint(colour: QColor, alpha: int) -> QColor:
    """Return a colour that lets through what lies below; `alpha` is 0 to 255."""
    made = QColor(colour)
    made.setAlpha(alpha)
    return made
