"""What is drawn over a slice: crosshair, letters, scale bar, the outline at the pointer."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap
from PyQt6.QtWidgets import QGraphicsItem, QGraphicsPixmapItem, QStyleOptionGraphicsItem, QWidget

#: Light on a dark rim is readable on black, on white and on every colour between.
LIGHT, RIM, PLATE = QColor(240, 240, 240), QColor(0, 0, 0, 190), QColor(0, 0, 0, 110)
CROSSHAIR, CROSSHAIR_RIM = QColor(90, 200, 255), QColor(0, 0, 0, 90)
#: Pixels left free round the middle of the crosshair, at least.
GAP = 7.0


class Label(QGraphicsPixmapItem):
    """A short text that keeps its size, drawn once and then copied.

    Parameters
    ----------
    size : float
        Height of the letters in pixels.
    bold : bool
    plate : bool
        Whether it stands on a dark plate instead of having a rim: quicker, for a text that changes often.
    mark : QColor, optional
        Of a square before the text, which says what the colour means.
    """

    def __init__(self, size: float, bold: bool = False, plate: bool = False, mark: QColor | None = None) -> None:
        super().__init__()
        self._mark = mark
        self._text = ""
        self._ratio = 0.0
        self._plate = plate
        self._font = QFont()
        self._font.setPixelSize(round(size))
        self._font.setBold(bold)
        self._metrics = QFontMetricsF(self._font)

    @property
    def text(self) -> str:
        """The text shown."""
        return self._text

    def write(self, text: str, ratio: float) -> None:
        """Show a text, drawn for a screen of some device pixels per pixel."""
        if (text, ratio) == (self._text, self._ratio):
            return
        self._text, self._ratio = text, ratio
        width = self.room(text)
        pixmap = QPixmap(math.ceil(width * ratio), math.ceil(self.line * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(PLATE if self._plate else Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setFont(self._font)
        start = QPointF(3 + self._indent, 1 + self._metrics.ascent())
        if self._mark is not None:
            side = self._metrics.ascent() * 0.7
            painter.fillRect(QRectF(3, start.y() - side, side, side), self._mark)
        if not self._plate:
            # Copies at the corners make the rim; stroking the letters' paths would take ten times as long.
            painter.setPen(RIM)
            for right, down in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
                painter.drawText(start + QPointF(right, down), text)
        painter.setPen(LIGHT)
        painter.drawText(start, text)
        painter.end()
        self.setPixmap(pixmap)

    def room(self, text: str) -> float:
        """Return the width in pixels of a text."""
        return self._metrics.horizontalAdvance(text) + 6 + self._indent

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
        pixmap = self.pixmap()
        return (pixmap.width() / pixmap.devicePixelRatio(), pixmap.height() / pixmap.devicePixelRatio())


class CrosshairLine(QGraphicsItem):
    """One line of the crosshair, open in the middle; two thin items, so that moving them repaints little."""

    def __init__(self, upright: bool) -> None:
        super().__init__()
        self._upright = upright
        self._middle = self._gap = self._length = 0.0

    def place(self, across: float, along: float, gap: float, length: float) -> None:
        """Put the line at `across`, its gap at `along`, in pixels."""
        self.prepareGeometryChange()
        self._middle, self._gap, self._length = along, gap, length
        # In the middle of a pixel, so that it is sharp.
        across = math.floor(across) + 0.5
        self.setPos(QPointF(across, 0) if self._upright else QPointF(0, across))

    def boundingRect(self) -> QRectF:
        """Return the area of the line."""
        return QRectF(-2, 0, 4, self._length) if self._upright else QRectF(0, -2, self._length, 4)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionGraphicsItem | None, widget: QWidget | None = None
    ) -> None:
        """Draw both halves."""
        assert painter is not None
        # Filled rectangles: lines wider than a pixel take several times as long.
        for start, end in ((0.0, self._middle - self._gap), (self._middle + self._gap, self._length)):
            if start < end:
                painter.fillRect(self._bar(start, end, 3), CROSSHAIR_RIM)
                painter.fillRect(self._bar(start, end, 1), CROSSHAIR)

    def _bar(self, start: float, end: float, width: int) -> QRectF:
        if self._upright:
            return QRectF(-width / 2, start, width, end - start)
        return QRectF(start, -width / 2, end - start, width)


class OutlineItem(QGraphicsItem):
    """A path in pixels, unfilled, light on a dark rim."""

    def __init__(self) -> None:
        super().__init__()
        self._path = QPainterPath()
        self._bounds = QRectF()

    def show_path(self, path: QPainterPath | None) -> None:
        """Draw another path, or none."""
        if path is None and self._path.isEmpty():
            return
        self.prepareGeometryChange()
        self._path = path or QPainterPath()
        self._bounds = QRectF() if self._path.isEmpty() else self._path.boundingRect().adjusted(-3, -3, 3, 3)

    @property
    def path(self) -> QPainterPath:
        """The path drawn."""
        return self._path

    def boundingRect(self) -> QRectF:
        """Return the area of the path."""
        return self._bounds

    def paint(
        self, painter: QPainter | None, option: QStyleOptionGraphicsItem | None, widget: QWidget | None = None
    ) -> None:
        """Draw the path."""
        assert painter is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.strokePath(self._path, QPen(RIM, 3))
        painter.strokePath(self._path, QPen(LIGHT, 1.3))


class ScaleBar(QGraphicsItem):
    """A line of a round number of millimetres."""

    def __init__(self) -> None:
        super().__init__()
        self.millimetres = 0.0
        self._width = 0.0

    def fit(self, scale: float, room: float) -> None:
        """Take the longest of 1, 2, 5, 10 … mm that has room, at a scale in pixels per mm."""
        self.prepareGeometryChange()
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

    def boundingRect(self) -> QRectF:
        """Return the area of the bar."""
        return QRectF(-2, -6, self._width + 4, 10)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionGraphicsItem | None, widget: QWidget | None = None
    ) -> None:
        """Draw the bar and its ends."""
        assert painter is not None
        path = QPainterPath(QPointF(0.5, -4))
        path.lineTo(0.5, 0.5)
        path.lineTo(self._width, 0.5)
        path.lineTo(self._width, -4)
        painter.strokePath(path, QPen(RIM, 3.5))
        painter.strokePath(path, QPen(LIGHT, 1.5))


def round_length(longest: float) -> float:
    """Return the greatest of … 0.5, 1, 2, 5, 10, 20 … that is not greater than a length.

    Examples
    --------
    >>> round_length(73), round_length(20), round_length(0.6)
    (50.0, 20.0, 0.5)
    """
    decade = 10.0 ** math.floor(math.log10(longest))
    return max(decade * step for step in (1, 2, 5) if decade * step <= longest)
