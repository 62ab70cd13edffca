"""How the plot of a histogram is drawn: its scale of counts, its bars and its handles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPalette, QPen, QPolygonF
from PyQt6.QtWidgets import QGraphicsSceneMouseEvent

from maskeditor.ui.forms.number_field import short_count

if TYPE_CHECKING:
    from maskeditor.ui.histogram.plot import HistogramPlot

HINT = "Click to set a threshold, drag to move it"


class CountAxis(pg.AxisItem):  # type: ignore[misc]
    """Counts, on a linear or a logarithmic scale, with short labels."""

    log = True

    def tickValues(self, minimum: float, maximum: float, size: float) -> list[tuple[float, list[float]]]:
        """Return short ticks: powers of ten on a logarithmic scale."""
        if not self.log:
            found: list[tuple[float, list[float]]] = super().tickValues(minimum, maximum, size)[:1]
            return found
        powers = range(max(0, math.ceil(minimum)), math.floor(maximum) + 1)
        every = max(1, math.ceil(len(powers) / max(1.0, size / 22)))
        return [(float(every), [float(power) for power in powers[::every]])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return counts as labels."""
        return [short_count(10**value if self.log else value) for value in values]


class Canvas(pg.ViewBox):  # type: ignore[misc]
    """Draws bars and handles in its own pixels, and hands the mouse to the plot."""

    def __init__(self, plot: HistogramPlot) -> None:
        super().__init__(enableMenu=False, defaultPadding=0)
        self._plot = plot
        self.drawing = Drawing(plot, self)
        self.setAcceptHoverEvents(True)
        self.sigResized.connect(plot.refit)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Have the plot catch something."""
        self._plot.press(event)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Have the plot move what was caught."""
        self._plot.drag(event)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Have the plot let go."""
        self._plot.release()

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Show all intensities."""
        self._plot.reset_zoom()

    def hoverMoveEvent(self, event: Any) -> None:
        """Change the pointer's shape."""
        self._plot.hover(event.pos())

    def wheelEvent(self, event: Any) -> None:
        """Zoom about the pointer."""
        self._plot.zoom(event.pos().x(), 0.8 ** (event.delta() / 120))
        event.accept()


class Drawing(pg.GraphicsObject):  # type: ignore[misc]
    """Bars, range and window handles; the bars' paths are kept until zoom or counts change."""

    def __init__(self, plot: HistogramPlot, canvas: Canvas) -> None:
        super().__init__()
        self._plot = plot
        self._canvas = canvas
        self._paths: tuple[QPainterPath, QPainterPath | None] | None = None
        self.setParentItem(canvas)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def forget(self) -> None:
        """Have the bars made anew."""
        self._paths = None
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole plot."""
        return QRectF(self._canvas.rect())

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draw everything."""
        plot, rect = self._plot, self.boundingRect()
        painter.setClipRect(rect)
        palette = plot.palette()
        text = palette.color(QPalette.ColorRole.Text)
        if plot.bars is None:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, plot.empty_text)
            return
        if self._paths is None:
            of_mask = plot.bars.of_mask
            self._paths = (self._path(plot.bars.counts), self._path(of_mask) if of_mask is not None else None)
        image, mask = self._paths
        painter.fillPath(image, faint(text, 105))
        if mask is not None:
            painter.fillPath(mask, faint(plot.colour, 190))
        self._draw_window(painter, rect, text)
        if plot.bounds is not None:
            self._draw_range(painter, rect, text)
        else:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(rect.adjusted(4, 2, -4, -2), int(Qt.AlignmentFlag.AlignRight), HINT)

    def _path(self, counts: Any) -> QPainterPath:
        bars = self._plot.bars
        assert bars is not None
        left, width = self._plot.x_scale
        bottom, height = self._plot.y_scale
        x = (bars.edges - left) * width
        floor = self._canvas.height() + 2
        y = np.minimum(bottom - self._plot.heights(counts) * height, floor)
        across = np.repeat(x, 2)
        up = np.concatenate(([floor], np.repeat(y, 2), [floor]))
        path: QPainterPath = pg.arrayToQPath(across, up)
        return path

    def _draw_range(self, painter: QPainter, rect: QRectF, text: QColor) -> None:
        low, high = self._plot.ends_in_pixels()
        painter.fillRect(QRectF(low, rect.top(), high - low, rect.height()), faint(self._plot.colour, 55))
        for x in (low, high):
            painter.setPen(QPen(text, 1.5))
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
            painter.setBrush(self._plot.colour)
            painter.setPen(QPen(text, 1))
            painter.drawRoundedRect(QRectF(x - 3.5, rect.center().y() - 10, 7, 20), 2, 2)

    def _draw_window(self, painter: QPainter, rect: QRectF, text: QColor) -> None:
        if self._plot.window_range is None:
            return
        low, high = (self._plot.to_pixel(value) for value in self._plot.window_range)
        painter.setPen(QPen(faint(text, 110), 1, Qt.PenStyle.DotLine))
        bottom = rect.bottom()
        for x in (low, high):
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
