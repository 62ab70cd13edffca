"""Lines over a slice: the crosshair, the line between two images, outlines at the pointer and of what is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PyQt6.QtCore import QPointF, QRect, QRectF, QSizeF
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPixmap

from maskeditor.ui.look.painting import painting
from maskeditor.ui.views.items import LIGHT, RIM, Item, clear_stamp, ratio_of, stroke

CROSSHAIR, CROSSHAIR_RIM = QColor(90, 200, 255), QColor(0, 0, 0, 90)
#: Pixels left free round the middle of the crosshair, at least.
GAP = 7.0
#: Pixels that the picture of an outline may be wide and high.
LARGEST_STAMP = 1000


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
        # What is drawn, and of which place, gap and places of what is spared.
        self._drawn: tuple[object, list[tuple[QRect, QRect]]] = (None, [])

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
        # Drawn more often than moved: each part of the view that is painted draws both lines.
        places = [item.bounds for item in self._spared if item.is_shown]
        wanted = (self._across, self._length, self._gap, places)
        if wanted != self._drawn[0]:
            bars = [self._bar(start, end - start) for start, end in self.parts() if start < end]
            self._drawn = (wanted, [(bar, QRect(0, 0, bar.width(), bar.height())) for bar in bars])
        for bar, source in self._drawn[1]:
            painter.drawPixmap(bar, self._strip, source)

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
        stamp = clear_stamp(QSizeF(self.bounds.size()), ratio_of(like))
        with painting(stamp) as painter:
            stroke(painter, self._path.translated(QPointF(-self.bounds.topLeft())), 3, 1.3, smooth=True)
        return stamp
