"""What is written over a slice: letters and captions, what colours mean, how long a millimetre is."""

from __future__ import annotations

import math
from collections.abc import Callable

from PyQt6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPixmap

from maskeditor.ui.look.painting import painting
from maskeditor.ui.views.items import LIGHT, RIM, Item, Placed, clear_stamp, ratio_of, stroke

#: What words stand on that change often.
PLATE = QColor(0, 0, 0, 110)


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
        Whether it stands on a dark plate instead of having a rim, which takes longer to draw: for a text that changes
        often.
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
        self._stamp: QPixmap | None = None
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
        self._look_otherwise()

    def mark(self, colour: QColor) -> None:
        """Have the square before the text be of another colour."""
        if colour != self._mark:
            self._mark = colour
            self._look_otherwise()

    def _look_otherwise(self) -> None:
        self._stamp = None
        self._cover()

    def draw(self, painter: QPainter) -> None:
        """Copy its picture, which is made where there is none: written in place it would look a little otherwise."""
        if self._stamp is None:
            self._stamp = clear_stamp(QSizeF(*self.size), self._ratio)
            with painting(self._stamp) as on_stamp:
                (self._draw_on_plate if self._plate else self._draw_with_rim)(on_stamp)
        painter.drawPixmap(self._at, self._stamp)

    def _draw_on_plate(self, painter: QPainter) -> None:
        painter.fillRect(QRectF(0, 0, *self.size), PLATE)
        if self._mark is not None:
            side = self._metrics.ascent() * 0.7
            painter.fillRect(QRectF(3, self._start.y() - side, side, side), self._mark)
        painter.setFont(self._font)
        painter.setPen(LIGHT)
        painter.drawText(self._start, self._text)

    def _draw_with_rim(self, painter: QPainter) -> None:
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
            self._stamp = clear_stamp(QSizeF(*self.size), ratio_of(painter))
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
            self._stamp = clear_stamp(QSizeF(self.bounds.size()), ratio_of(painter))
            with painting(self._stamp) as on_stamp:
                stroke(on_stamp, path, 3.5, 1.5, smooth=False)
        painter.drawPixmap(self.bounds.topLeft(), self._stamp)


def round_length(longest: float) -> float:
    """Return the greatest of … 0.5, 1, 2, 5, 10, 20 … that is not greater than a length.

    Examples
    --------
    >>> round_length(73), round_length(20), round_length(0.6)
    (50.0, 20.0, 0.5)
    """
    decade = 10.0 ** math.floor(math.log10(longest))
    return max(decade * step for step in (1, 2, 5) if decade * step <= longest)
