"""Figures of what is looked at, as it is seen, at any size: pictures, and what stands on them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from PyQt6.QtCore import QBuffer, QIODevice, QPoint, QPointF, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QRawFont, QTransform

from maskeditor.model.data.drawing import LETTER, FigureParameters, Words, svg_of
from maskeditor.model.numbers_in_words import in_brief, in_number
from maskeditor.model.view.comparison import base_name
from maskeditor.model.view.display import LABELS
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.colour_maps import colour_strip
from maskeditor.ui.look.painting import painting
from maskeditor.ui.views.canvas import Canvas
from maskeditor.ui.views.items import LIGHT, Item, stroke
from maskeditor.ui.views.montage_view import MontageView
from maskeditor.ui.views.scaled_picture import ScaledPicture
from maskeditor.ui.views.signs import ColourKey, Label, ScaleBar

#: Pixels between planes, round what stands below a montage, and of the rims of letters of the usual height.
GAP, EDGE, RIM = 4, 6, 3.0
#: The caption of a surface.
SURFACE = "Surface"
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
    cell : QRect
        Where a surface belongs, in pixels of the figure; empty where none is wanted.
    """

    image: QImage
    words: tuple[Words, ...]
    alt: str
    cell: QRect = field(default_factory=QRect)

    def with_surface(self, surface: QImage) -> Figure:
        """Return it with a picture of a surface in its place; on any thread."""
        image = self.image.copy()
        with painting(image) as painter:
            painter.drawImage(self.cell.topLeft(), surface)
        return replace(self, image=image, alt=f"{self.alt}, surface")

    def drawn(self) -> QImage:
        """Return the picture with its letters; on any thread."""
        image = self.image.copy()
        with painting(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for one in self.words:
                letters = _outlines(one)
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


def _outlines(words: Words) -> QPainterPath:
    """Return the outlines of the letters of some words, in pixels of the figure.

    They are taken in the size that the font is designed in, where their points have whole numbers: in another one, Qt
    rounds them otherwise from time to time, after what was written last anywhere in the program.
    """
    font = QFont()
    designed = round(QRawFont.fromFont(font).unitsPerEm())
    font.setPixelSize(designed)
    letters = QPainterPath()
    letters.addText(QPointF(0, QFontMetricsF(font).ascent()), font, words.text)
    scale = words.size / designed
    return QTransform(scale, 0, 0, scale, words.x, words.y).map(letters)


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return buffer.data().data()


def planes_figure(canvases: Sequence[Canvas], wanted: FigureParameters, key: Item | None = None) -> Figure:
    """Return a figure of planes, each as it is seen below its caption, in the rows in which they stand.

    Parameters
    ----------
    canvases : sequence of Canvas
        Those that are seen, of one window.
    wanted : FigureParameters
    key : Item, optional
        What the colours of the image mean, which stands below all.
    """
    rows: dict[int, list[Canvas]] = {}
    for canvas in canvases:
        rows.setdefault(canvas.mapToGlobal(QPoint(0, 0)).y(), []).append(canvas)
    head = _head(canvases) if wanted.letters else 0
    places: dict[Canvas, QPoint] = {}
    below = left = across = 0
    cell = QRect()
    for _, row in sorted(rows.items()):
        left = 0
        for canvas in sorted(row, key=lambda one: one.mapToGlobal(QPoint(0, 0)).x()):
            places[canvas] = QPoint(left, below + head)
            left += canvas.width() + GAP
        height = max(canvas.height() for canvas in row)
        # Beside the last row, where that is shorter than another; else after all.
        cell = QRect(left, below + head, max(across - left - GAP, min(row[0].width(), height)), height)
        across = max(across, left)
        below += head + height + GAP
    if wanted.surface:
        across = max(across, cell.right() + 1 + GAP)
    foot = math.ceil(key.bounds.height()) + 2 * EDGE if key is not None else 0
    image = _blank(QSize(across - GAP, below - GAP + foot), wanted.enlarged)
    words: list[Words] = []
    with painting(image) as painter:
        for canvas, place in places.items():
            painter.save()
            painter.translate(QPointF(place))
            painter.setClipRect(QRect(QPoint(0, 0), canvas.size()))
            words += _placed(_draw_canvas(painter, canvas, wanted), place, wanted.enlarged)
            painter.restore()
            if wanted.letters:
                words += _placed(_heading(canvas, head), place, wanted.enlarged)
        if key is not None:
            _draw_key(painter, key, across - GAP, below - GAP + EDGE)
    image.setDevicePixelRatio(1.0)
    named = ", ".join(canvas.caption_in_words for canvas in places)
    if not wanted.surface:
        return Figure(image, tuple(words), named)
    if wanted.letters:
        words += _placed([Words(SURFACE, EDGE, -head, LETTER)], cell.topLeft(), wanted.enlarged)
    return Figure(image, tuple(words), named, _enlarged(cell, wanted.enlarged))


def _head(canvases: Iterable[Canvas]) -> int:
    """Return how high the captions of planes and what is noted of them stand: side by side, if all find room so."""
    line = math.ceil(LETTER * 1.4)
    beside = all(
        canvas.caption.room(canvas.caption_in_words) + canvas.note.room(canvas.note.text) <= canvas.width()
        for canvas in canvases
    )
    return line if beside else 2 * line


def _heading(canvas: Canvas, head: int) -> list[Words]:
    """Return what stands above a plane: there it covers nothing of it."""
    caption, note = canvas.caption, canvas.note
    fits = caption.room(canvas.caption_in_words) <= canvas.width()
    words = [Words(canvas.caption_in_words if fits else caption.text, EDGE, -head, caption.height)]
    if note.is_shown and note.text:
        is_beside = head < 2 * caption.height
        x = math.floor(canvas.width() - note.room(note.text)) if is_beside else EDGE
        words.append(Words(note.text, x, -head if is_beside else -head // 2, note.height))
    return words


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
            words += _written(canvas.letters, left)
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
        What colours mean: of the map on top, or of the image.
    """
    cell = view.surface.geometry() if wanted.surface and view.parameters.surface else QRect()
    area = cell
    for tile in view.tiles:
        area = area.united(tile.place)
    if wanted.surface and cell.isEmpty():
        cell = QRect(area.right() + 1 + GAP, 0, area.height(), area.height())
        area = area.united(cell)
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
            _draw_key(painter, key, area.width(), below)
    image.setDevicePixelRatio(1.0)
    first, last = view.tiles[0].position.text, view.tiles[-1].position.text
    alt = f"{in_number(len(view.tiles), f'{view.parameters.plane} slice')} from {first} to {last}"
    placed = tuple(_placed(words, QPoint(0, 0), wanted.enlarged))
    return Figure(image, placed, alt, _enlarged(cell, wanted.enlarged))


def image_key(viewer: Viewer) -> ColourKey | None:
    """Return what the colours of the image itself mean; None of one of labels, which has no ends."""
    state = viewer.state
    if viewer.volume is None or (viewer.labelled is not None and state.colour_map == LABELS):
        return None
    low, high = map(in_brief, state.window)
    key = ColourKey(_ignore)
    key.write(base_name(viewer.volume), low, high, colour_strip(state.colour_map, state.window))
    key.place(0, 0)
    return key


def _ignore(rect: QRect) -> None:
    """Nothing is painted again in a figure."""


def _draw_key(painter: QPainter, key: Item, right: float, top: float) -> None:
    """Draw what colours mean, left of a place and below it."""
    painter.save()
    painter.translate(right - key.bounds.right() - EDGE, top - key.bounds.y())
    key.draw(painter)
    painter.restore()


def _enlarged(rect: QRect, by: int) -> QRect:
    return QRect(rect.topLeft() * by, rect.size() * by)


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
