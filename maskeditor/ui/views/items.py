"""What is drawn over a slice: crosshair, letters, scale bar, the outline at the pointer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PyQt6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPixmap

from maskeditor.ui.look.painting import painting

#: Light on a dark rim is readable on black, on white and on every colour between.
LIGHT, RIM, PLATE = QColor(240, 240, 240), QColor(0, 0, 0, 190), QColor(0, 0, 0, 110)
CROSSHAIR, CROSSHAIR_RIM = QColor(90, 200, 255), QColor(0, 0, 0, 90)
#: Pixels left free round the middle of the crosshair, at least.
GAP = 7.0
#: Pixels that the picture of an outline may be wide and high.
LARGEST_STAMP = 1000


class Item:
    """Something over a slice, in pixels of the view; what it covered and what it covers is painted when it changes.

    Parameters
    ----------
    repaint : callable of QRect
        Has a part of the view painted.
    """

    def __init__(self, repaint: Callable[[QRect], object]) -> None:
        #: Has a part of the view painted.
        self.repaint = repaint
        #: Whether it is drawn; `show` changes it.
        self.is_shown = True
        #: The whole pixels that it covers.
        self.bounds = QRect()

    def show(self, shown: bool) -> None:
        """Draw it, or do not."""
        if shown != self.is_shown:
            self.is_shown = shown
            self.repaint(self.bounds)

    def cover(self, area: QRectF) -> None:
        """Take note that it covers an area now, and looks different."""
        before, self.bounds = self.bounds, area.toAlignedRect()
        if self.is_shown:
            self.repaint(before)
            self.repaint(self.bounds)

    def draw(self, painter: QPainter) -> None:
        """Draw it."""
        raise NotImplementedError


class Placed(Item):
    """Something of a size of its own that stands where it is put."""

    def __init__(self, repaint: Callable[[QRect], object]) -> None:
        super().__init__(repaint)
        self._at = QPointF()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        raise NotImplementedError

    def place(self, x: float, y: float) -> None:
        """Put its top left corner there."""
        if QPointF(x, y) != self._at:
            self._at = QPointF(x, y)
            self._cover()

    def _cover(self) -> None:
        self.cover(QRectF(self._at.x(), self._at.y(), *self.size))


class Label(Placed):
    """A short text that keeps its size.

    Parameters
    ----------
    repaint
        As in `Item`.
    size : float
        Height of the letters in pixels.
    bold : bool
    plate : bool
        Whether it stands on a dark plate instead of having a rim, which takes so long that it is drawn once and then
        copied: for a text that changes often.
    mark : QColor, optional
        Of a square before the text, which says what the colour means.
    """

    def __init__(
        self,
        repaint: Callable[[QRect], object],
        size: float,
        bold: bool = False,
        plate: bool = False,
        mark: QColor | None = None,
    ) -> None:
        super().__init__(repaint)
        self._mark = mark
        self._text = ""
        self._ratio = 0.0
        self._plate = plate
        self._font = QFont()
        self._font.setPixelSize(round(size))
        self._font.setBold(bold)
        self._metrics = QFontMetricsF(self._font)
        self._stamp = QPixmap()
        self._size = (0.0, 0.0)
        self._measured = ("", 0.0)

    @property
    def text(self) -> str:
        """The text shown."""
        return self._text

    @property
    def height(self) -> int:
        """Height of the letters in pixels."""
        return self._font.pixelSize()

    @property
    def text_at(self) -> QPointF:
        """The left upper corner of the text itself."""
        return self._at + QPointF(3 + self._indent, 1)

    def write(self, text: str, ratio: float) -> None:
        """Show a text, drawn for a screen of some device pixels per pixel."""
        if (text, ratio) == (self._text, self._ratio):
            return
        self._text, self._ratio = text, ratio
        self._size = (math.ceil(self.room(text) * ratio) / ratio, math.ceil(self.line * ratio) / ratio)
        if not self._plate:
            self._draw_stamp()
        self._cover()

    def mark(self, colour: QColor) -> None:
        """Have the square before the text be of another colour."""
        if colour != self._mark:
            self._mark = colour
            self._cover()

    def draw(self, painter: QPainter) -> None:
        """Draw the plate and the text, or copy it."""
        if not self._plate:
            painter.drawPixmap(self._at, self._stamp)
            return
        area = QRectF(self._at.x(), self._at.y(), *self.size)
        start = area.topLeft() + self._start
        painter.fillRect(area, PLATE)
        if self._mark is not None:
            side = self._metrics.ascent() * 0.7
            painter.fillRect(QRectF(area.left() + 3, start.y() - side, side, side), self._mark)
        painter.setFont(self._font)
        painter.setPen(LIGHT)
        painter.drawText(start, self._text)

    def _draw_stamp(self) -> None:
        self._stamp = _stamp(QSizeF(*self.size), self._ratio)
        with painting(self._stamp) as painter:
            painter.setFont(self._font)
            # Copies at the corners make the rim; stroking the letters' paths would take ten times as long.
            painter.setPen(RIM)
            for right, down in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
                painter.drawText(self._start + QPointF(right, down), self._text)
            painter.setPen(LIGHT)
            painter.drawText(self._start, self._text)

    @property
    def _start(self) -> QPointF:
        """Where the text begins, from the top left corner."""
        return QPointF(3 + self._indent, 1 + self._metrics.ascent())

    def room(self, text: str) -> float:
        """Return the width in pixels of a text."""
        if text != self._measured[0]:  # measuring takes as long as drawing
            self._measured = (text, self._metrics.horizontalAdvance(text) + 6 + self._indent)
        return self._measured[1]

    @property
    def _indent(self) -> float:
        return self._metrics.ascent() if self._mark is not None else 0.0

    @property
    def line(self) -> int:
        """Height in pixels of any text."""
        return math.ceil(self._metrics.height()) + 2

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        return self._size


class CrosshairLine(Item):
    """One line of the crosshair, open in the middle; two thin items, so that moving them repaints little.

    Parameters
    ----------
    repaint
        As in `Item`.
    upright : bool
    spared : sequence of Item
        What the line leaves free, such as letters.
    """

    def __init__(self, repaint: Callable[[QRect], object], upright: bool, spared: Sequence[Item] = ()) -> None:
        super().__init__(repaint)
        self._spared = spared
        self._upright = upright
        self._across = self._length = 0
        #: Where the gap begins and ends.
        self._gap = (0, 0)
        self._strip = QPixmap()

    def place(self, across: float, along: float, gap: float, length: int) -> None:
        """Put the line at `across`, its gap at `along`, in pixels."""
        place = (math.floor(across), length)
        edges = (min(max(0, round(along - gap)), length), min(max(0, round(along + gap)), length))
        if length != self._length:
            self._draw_strip(length)
        if place != (self._across, self._length):
            (self._across, self._length), self._gap = place, edges
            self.cover(QRectF(self._bar(0, length)))
        elif edges != self._gap:
            before, self._gap = self._gap, edges
            start, end = min(before[0], edges[0]), max(before[1], edges[1])
            self.repaint(self._bar(start, end - start))

    def _draw_strip(self, length: int) -> None:
        """Draw a line without a gap: parts of it are copied in a fifth of the time in which one is filled."""
        self._strip = QPixmap(*((3, length) if self._upright else (length, 3)))
        self._strip.fill(CROSSHAIR_RIM)
        with painting(self._strip) as painter:
            painter.fillRect(QRect(1, 0, 1, length) if self._upright else QRect(0, 1, length, 1), CROSSHAIR)

    def draw(self, painter: QPainter) -> None:
        """Copy both halves, without what is left free."""
        for start, end in self.parts():
            if start < end:
                bar = self._bar(start, end - start)
                painter.drawPixmap(bar, self._strip, QRect(0, 0, bar.width(), bar.height()))

    def parts(self) -> list[tuple[int, int]]:
        """Return where the parts that are drawn begin and end."""
        free = [self._gap]
        whole = self._bar(0, self._length)
        for item in self._spared:
            if item.is_shown and item.bounds.intersects(whole):
                edge, size = (
                    (item.bounds.y(), item.bounds.height()) if self._upright else (item.bounds.x(), item.bounds.width())
                )
                free.append((edge, edge + size))
        parts, start = [], 0
        for first, last in sorted(free):
            parts.append((start, min(first, self._length)))
            start = max(start, last)
        return [*parts, (start, self._length)]

    def _bar(self, along: int, length: int) -> QRect:
        across = self._across - 1
        return QRect(across, along, 3, length) if self._upright else QRect(along, across, length, 3)


class SwipeLine(Item):
    """The upright line between two images, with a handle in its middle."""

    #: Pixels on either side of the line that take hold of it, and the length of the handle.
    REACH, HANDLE = 5, 22

    def __init__(self, repaint: Callable[[QRect], object]) -> None:
        super().__init__(repaint)
        self._x = self._length = 0

    def place(self, x: float, length: int) -> None:
        """Put the line at `x`, in pixels."""
        if (round(x), length) != (self._x, self._length):
            self._x, self._length = round(x), length
            self.cover(QRectF(self._x - 4, 0, 9, length))

    def is_at(self, x: float) -> bool:
        """Whether a place is so near that the line is what is meant."""
        return self.is_shown and abs(x - self._x) <= self.REACH

    def draw(self, painter: QPainter) -> None:
        """Draw the line on its rim, and the handle."""
        painter.fillRect(QRect(self._x - 1, 0, 3, self._length), RIM)
        painter.fillRect(QRect(self._x, 0, 1, self._length), LIGHT)
        handle = QRect(self._x - 3, (self._length - self.HANDLE) // 2, 7, self.HANDLE)
        painter.fillRect(handle, RIM)
        painter.fillRect(handle.adjusted(1, 1, -1, -1), LIGHT)


class ColourKey(Placed):
    """The colours of a further image, with its name above and its intensities at both ends, on a dark plate.

    It is drawn once, and then copied with each frame.
    """

    #: Pixels that the colours are long at most, and high; and between the words below them.
    LONGEST, HEIGHT, BETWEEN = 110, 8, 8

    def __init__(self, repaint: Callable[[QRect], object]) -> None:
        super().__init__(repaint)
        self._font = QFont()
        self._font.setPixelSize(12)
        self._metrics = QFontMetricsF(self._font)
        self._words, self._colours, self._is_diverging = ("", "", ""), QImage(), False
        self._length = float(self.LONGEST)
        self._stamp: QPixmap | None = None

    @property
    def words(self) -> tuple[str, str, str]:
        """The name and both ends."""
        return self._words

    def write(self, name: str, low: str, high: str, colours: QImage, is_diverging: bool = False) -> None:
        """Show another name, other ends or other colours (256 × 1 pixels); zero may lie in their middle."""
        looks = ((name, low, high), colours, is_diverging)
        if looks != (self._words, self._colours, self._is_diverging):
            (self._words, self._colours, self._is_diverging), self._stamp = looks, None
            self._cover()

    def fit(self, room: float) -> None:
        """Get as narrow as a room asks for, as far as the words below the colours still stand side by side."""
        below = [*self._words[1:], *(["0"] if self._is_diverging else [])]
        least = sum(self._metrics.horizontalAdvance(word) + self.BETWEEN for word in below)
        length = min(max(room - 8.0, least), self.LONGEST)
        if length != self._length:
            self._length, self._stamp = length, None
            self._cover()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        return self._length + 8.0, 2 * math.ceil(self._metrics.height()) + self.HEIGHT + 6.0

    def draw(self, painter: QPainter) -> None:
        """Copy the plate, the words and the colours."""
        if self._stamp is None or self._stamp.devicePixelRatio() != ratio_of(painter):
            self._stamp = _stamp(QSizeF(*self.size), ratio_of(painter))
            with painting(self._stamp) as on_stamp:
                self._draw_stamp(on_stamp)
        painter.drawPixmap(self._at, self._stamp)

    def _draw_stamp(self, painter: QPainter) -> None:
        name, low, high = self._words
        area = QRectF(0, 0, *self.size)
        painter.fillRect(area, PLATE)
        inside = area.adjusted(4, 2, -4, -2)
        painter.setFont(self._font)
        painter.setPen(LIGHT)
        top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
        elided = self._metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, inside.width())
        painter.drawText(inside, int(top | Qt.AlignmentFlag.AlignLeft), elided)
        painter.drawText(inside, int(bottom | Qt.AlignmentFlag.AlignLeft), low)
        painter.drawText(inside, int(bottom | Qt.AlignmentFlag.AlignRight), high)
        if self._is_diverging:
            painter.drawText(inside, int(bottom | Qt.AlignmentFlag.AlignHCenter), "0")
        strip = QRectF(inside.left(), inside.top() + math.ceil(self._metrics.height()) + 1, self._length, self.HEIGHT)
        painter.drawImage(strip, self._colours)
        # What is clear is seen by the frame round it.
        painter.setPen(QPen(LIGHT, 1))
        painter.drawRect(strip.adjusted(-0.5, -0.5, 0.5, 0.5))


class OutlineItem(Item):
    """A path in pixels, unfilled, light on a dark rim; one that only moves is drawn once and then copied."""

    def __init__(self, repaint: Callable[[QRect], object]) -> None:
        super().__init__(repaint)
        self._path = QPainterPath()
        #: The path round its middle, and a picture of it once it has moved.
        self._shape = QPainterPath()
        self._stamp: QPixmap | None = None
        self._has_moved = False

    def show_path(self, path: QPainterPath | None) -> None:
        """Draw another path, or none."""
        if path is None and self._path.isEmpty():
            return
        self._path = path or QPainterPath()
        area = QRectF() if self._path.isEmpty() else self._path.boundingRect().adjusted(-3, -3, 3, 3)
        shape = self._path.translated(-area.center())
        self._has_moved = shape == self._shape and max(area.width(), area.height()) <= LARGEST_STAMP
        if not self._has_moved:
            self._shape, self._stamp = shape, None
        self.cover(area)

    @property
    def path(self) -> QPainterPath:
        """The path drawn."""
        return self._path

    def draw(self, painter: QPainter) -> None:
        """Draw the path."""
        if not self._has_moved:
            stroke(painter, self._path, 3, 1.3, smooth=True)
            return
        # As antialiased as ever, but at whole pixels.
        if self._stamp is None:
            self._stamp = self._drawn(painter)
        painter.drawPixmap(self.bounds.topLeft(), self._stamp)

    def _drawn(self, like: QPainter) -> QPixmap:
        stamp = _stamp(QSizeF(self.bounds.size()), ratio_of(like))
        with painting(stamp) as painter:
            stroke(painter, self._path.translated(QPointF(-self.bounds.topLeft())), 3, 1.3, smooth=True)
        return stamp


class ScaleBar(Item):
    """A line of a round number of millimetres."""

    def __init__(self, repaint: Callable[[QRect], object]) -> None:
        super().__init__(repaint)
        self.millimetres = 0.0
        self._width = 0.0
        self._stamp: QPixmap | None = None

    def fit(self, scale: float, room: float) -> None:
        """Take the longest of 1, 2, 5, 10 … mm that has room, at a scale in pixels per mm."""
        self.millimetres = round_length(room / scale)
        self._width = self.millimetres * scale

    @property
    def text(self) -> str:
        """Its length in words."""
        return f"{self.millimetres:g} mm"

    @property
    def width(self) -> float:
        """Its length in pixels."""
        return self._width

    def place(self, x: float, y: float) -> None:
        """Put its left end there."""
        self._stamp = None
        self.cover(QRectF(x - 2, y - 6, self._width + 4, 10))

    def draw(self, painter: QPainter) -> None:
        """Copy the bar and its ends."""
        if self._stamp is None or self._stamp.devicePixelRatio() != ratio_of(painter):
            path = QPainterPath(QPointF(2.5, 2))
            for right, down in ((2.5, 6.5), (self._width + 2, 6.5), (self._width + 2, 2)):
                path.lineTo(right, down)
            self._stamp = _stamp(QSizeF(self.bounds.size()), ratio_of(painter))
            with painting(self._stamp) as on_stamp:
                stroke(on_stamp, path, 3.5, 1.5, smooth=False)
        painter.drawPixmap(self.bounds.topLeft(), self._stamp)


def ratio_of(painter: QPainter) -> float:
    """Return how many pixels of the screen there are for one that is painted."""
    device = painter.device()
    return device.devicePixelRatioF() if device is not None else 1.0


def _stamp(size: QSizeF, ratio: float) -> QPixmap:
    """Return a clear picture of a size in pixels of the view, for a screen of some pixels for each of them."""
    stamp = QPixmap((size * ratio).toSize())
    stamp.setDevicePixelRatio(ratio)
    stamp.fill(Qt.GlobalColor.transparent)
    return stamp


def stroke(painter: QPainter, path: QPainterPath, rim: float, line: float, smooth: bool) -> None:
    """Draw a path with a rim, of some widths in pixels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
    painter.strokePath(path, QPen(RIM, rim))
    painter.strokePath(path, QPen(LIGHT, line))


def round_length(longest: float) -> float:
    """Return the greatest of … 0.5, 1, 2, 5, 10, 20 … that is not greater than a length.

    Examples
    --------
    >>> round_length(73), round_length(20), round_length(0.6)
    (50.0, 20.0, 0.5)
    """
    decade = 10.0 ** math.floor(math.log10(longest))
    return max(decade * step for step in (1, 2, 5) if decade * step <= longest)
