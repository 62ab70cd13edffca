"""Figures of what is looked at, as it is seen, at any size: pictures, and what stands on them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QBuffer, QIODevice, QPoint, QPointF, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QTransform

from maskeditor.model.data.drawing import LETTER, FigureParameters, Words, svg_of
from maskeditor.ui.look.painting import painting
from maskeditor.ui.views.canvas import Canvas
from maskeditor.ui.views.items import LIGHT, Item, stroke
from maskeditor.ui.views.montage_view import MontageView
from maskeditor.ui.views.scaled_picture import ScaledPicture
from maskeditor.ui.views.signs import Label, ScaleBar

#: Pixels between planes, round what stands below a montage, and of the rims of letters of the usual height.
GAP, EDGE, RIM = 4, 6, 3.0
_NOTHING = QColor(0, 0, 0)


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture, and the letters on it.

    Parameters
    ----------
    image : QImage
        Without the letters.
    words : tuple of Words
    alt : str
        What stands for it where it cannot be seen.
    """

    image: QImage
    words: tuple[Words, ...]
    alt: str

    def drawn(self) -> QImage:
        """Return the picture with its letters; on any thread."""
        image = self.image.copy()
        with painting(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for one in self.words:
                font = QFont()
                font.setPixelSize(one.size)
                letters = QPainterPath()
                letters.addText(QPointF(one.x, one.y + QFontMetricsF(font).ascent()), font, one.text)
                rim = QPen(_NOTHING, RIM * one.size / LETTER)
                rim.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
                painter.strokePath(letters, rim)
                painter.fillPath(letters, LIGHT)
        return image

    def as_png(self) -> bytes:
        """Return it as the bytes of a PNG file."""
        return _png(self.drawn())

    def as_svg(self) -> str:
        """Return it as a drawing that holds its picture, its letters as text."""
        return svg_of(_png(self.image), self.image.width(), self.image.height(), self.words, self.alt)


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return buffer.data().data()


def planes_figure(canvases: Sequence[Canvas], wanted: FigureParameters) -> Figure:
    """Return a figure of planes, each as it is seen, in the rows in which they stand.

    Parameters
    ----------
    canvases : sequence of Canvas
        Those that are seen, of one window.
    wanted : FigureParameters
    """
    rows: dict[int, list[Canvas]] = {}
    for canvas in canvases:
        rows.setdefault(canvas.mapToGlobal(QPoint(0, 0)).y(), []).append(canvas)
    places: dict[Canvas, QPoint] = {}
    below = across = 0
    for _, row in sorted(rows.items()):
        left = 0
        for canvas in sorted(row, key=lambda one: one.mapToGlobal(QPoint(0, 0)).x()):
            places[canvas] = QPoint(left, below)
            left += canvas.width() + GAP
        across = max(across, left)
        below += max(canvas.height() for canvas in row) + GAP
    image = _blank(QSize(across - GAP, below - GAP), wanted.enlarged)
    words: list[Words] = []
    with painting(image) as painter:
        for canvas, place in places.items():
            painter.save()
            painter.translate(QPointF(place))
            painter.setClipRect(QRect(QPoint(0, 0), canvas.size()))
            words += _placed(_draw_canvas(painter, canvas, wanted), place, wanted.enlarged)
            painter.restore()
    image.setDevicePixelRatio(1.0)
    named = ", ".join(canvas.caption_in_words for canvas in places)
    return Figure(image, tuple(words), named)


def _draw_canvas(painter: QPainter, canvas: Canvas, wanted: FigureParameters) -> list[Words]:
    """Draw what is seen in a plane, and return what is written in it, in its pixels."""
    words: list[Words] = []
    for place in range(canvas.pictures):
        left = canvas.left_of(place)
        painter.save()
        painter.translate(left, 0)
        scaled = ScaledPicture(canvas.picture, place)
        canvas.place_picture(scaled, float(wanted.enlarged))
        _draw_scaled(painter, scaled)
        if wanted.crosshair:
            _draw_items(painter, canvas.lines)
        _draw_items(painter, [canvas.swipe])
        for outline in (canvas.region, canvas.drawing):
            stroke(painter, outline.path, 3, 1.3, smooth=True)
        if wanted.scale:
            _draw_items(painter, [canvas.bar])
            words += _written([canvas.bar_label], left)
        if wanted.colour_bar and canvas.is_key_of(place):
            _draw_items(painter, [canvas.key])
        if wanted.letters:
            words += _written([*canvas.letters, canvas.caption, canvas.note], left)
        words += _written([canvas.words, canvas.names[place] if canvas.pictures > 1 else canvas.names[0]], left)
        if canvas.pictures == 1:
            words += _written([canvas.names[1]], left)
        painter.restore()
    return words


def montage_figure(view: MontageView, wanted: FigureParameters, key: Item | None) -> Figure:
    """Return a figure of a montage as it is seen; scale and colours stand below it.

    Parameters
    ----------
    view : MontageView
    wanted : FigureParameters
    key : Item or None
        What the colours of the map on top mean.
    """
    key = key if wanted.colour_bar else None
    area = QRect()
    for tile in view.tiles:
        area = area.united(tile.place)
    bar, bar_label = ScaleBar(_ignore), Label(_ignore, 12)
    bar.fit(view.scale, area.width() / max(1, view.parameters.columns) / 2)
    bar_label.write(bar.text, float(wanted.enlarged))
    foot = max(key.bounds.height() if key is not None else 0, 2 * bar_label.line if wanted.scale else 0)
    size = QSize(area.width(), area.height() + (foot + 2 * EDGE if foot else 0))
    image = _blank(size, wanted.enlarged)
    words: list[Words] = []
    with painting(image) as painter:
        for tile in view.tiles:
            painter.save()
            painter.translate(QPointF(tile.place.topLeft()))
            scaled = ScaledPicture(tile.picture)
            view.place_picture(scaled, tile, float(wanted.enlarged))
            _draw_scaled(painter, scaled)
            painter.restore()
            if wanted.letters:
                words += _written([tile.position, *tile.letters])
        if wanted.crosshair:
            view.paint_crosshair(painter)
        below = area.height() + EDGE
        if wanted.scale:
            bar.place(2 * EDGE, below + bar_label.line + EDGE)
            bar_label.place(2 * EDGE, below)
            bar.draw(painter)
            words += _written([bar_label])
        if key is not None:
            painter.translate(area.width() - key.bounds.width() - key.bounds.x() - EDGE, below - key.bounds.y())
            key.draw(painter)
    image.setDevicePixelRatio(1.0)
    first, last = view.tiles[0].position.text, view.tiles[-1].position.text
    alt = f"{len(view.tiles)} {view.parameters.plane} slices from {first} to {last}"
    return Figure(image, tuple(_placed(words, QPoint(0, 0), wanted.enlarged)), alt)


def _ignore(rect: QRect) -> None:
    """Nothing is painted again in a figure."""


def _blank(size: QSize, enlarged: int) -> QImage:
    image = QImage(size * enlarged, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(enlarged)
    image.fill(_NOTHING)
    return image


def _draw_scaled(painter: QPainter, scaled: ScaledPicture) -> None:
    painter.save()
    painter.setTransform(QTransform.fromScale(1 / scaled.ratio, 1 / scaled.ratio), True)
    painter.drawImage(QPointF(0, 0), scaled.image())
    painter.restore()


def _draw_items(painter: QPainter, items: Iterable[Item]) -> None:
    for item in items:
        if item.is_shown:
            item.draw(painter)


def _written(labels: Iterable[Label], left: int = 0) -> list[Words]:
    """Return what some labels say, in pixels of the view."""
    found = []
    for label in labels:
        if label.is_shown and label.text:
            at = label.text_at
            found.append(Words(label.text, math.floor(at.x()) + left, math.floor(at.y()), label.height))
    return found


def _placed(words: Iterable[Words], at: QPoint, enlarged: int) -> list[Words]:
    """Return words of a view where they lie in the figure."""
    return [
        Words(one.text, (one.x + at.x()) * enlarged, (one.y + at.y()) * enlarged, one.size * enlarged) for one in words
    ]
