"""The plot of a joint histogram: counts by colour, the cells of a mask lit, and a region that is drawn and moved."""

from __future__ import annotations

import math
from enum import StrEnum

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainterPath, QPalette, QPolygonF
from PyQt6.QtWidgets import (
    QGraphicsPathItem,
    QGraphicsSceneMouseEvent,
    QGraphicsSceneWheelEvent,
    QWidget,
)

from maskeditor.model.joint_histogram import JointHistogram, Span
from maskeditor.ui.colour_maps import colour_map
from maskeditor.ui.panels.plot_axes import put_axes

#: Corners of what is round, and of a lasso at most.
ROUND, MOST_CORNERS = 48, 300
#: Half the angle of a sector, and how far a lasso goes on before it has another corner, in pixels.
HALF_ANGLE, LASSO_STEP = np.pi / 8, 3.0
#: By how much one notch of the wheel zooms.
ZOOMED = 0.8

#: A pair of intensities each.
Corners = tuple[tuple[float, float], ...]


class Shape(StrEnum):
    """What a drag draws."""

    LASSO = "lasso"
    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    SECTOR = "sector"


def outline(shape: Shape, start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """Return the corners of a shape that a drag draws, on the screen; of a sector, the drag is its middle.

    Examples
    --------
    >>> outline(Shape.RECTANGLE, (0, 0), (2, 3))
    [(0, 0), (2, 0), (2, 3), (0, 3)]
    """
    (x0, y0), (x1, y1) = start, end
    if shape is Shape.ELLIPSE:
        turn = np.linspace(0, 2 * np.pi, ROUND, endpoint=False)
        x = (x0 + x1) / 2 + (x1 - x0) / 2 * np.cos(turn)
        y = (y0 + y1) / 2 + (y1 - y0) / 2 * np.sin(turn)
        return list(zip(x.tolist(), y.tolist(), strict=True))
    if shape is Shape.SECTOR:
        middle, radius = np.arctan2(y1 - y0, x1 - x0), np.hypot(x1 - x0, y1 - y0)
        turn = np.linspace(middle - HALF_ANGLE, middle + HALF_ANGLE, ROUND // 2)
        x, y = x0 + radius * np.cos(turn), y0 + radius * np.sin(turn)
        return [start, *zip(x.tolist(), y.tolist(), strict=True)]
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


class _Area(pg.ViewBox):  # type: ignore[misc]
    """The part of the plot between the axes: a drag draws a region or moves the one there, the wheel zooms."""

    def __init__(self, plot: JointPlot) -> None:
        super().__init__(enableMenu=False, defaultPadding=0)
        self._plot = plot

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Begin; without this event there would be no drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._plot.press(event.pos())

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Go on."""
        self._plot.drag(event.pos())

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """End."""
        self._plot.release()

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """See all again."""
        self._plot.zoomed_out.emit()

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: object = None) -> None:
        """Zoom at the pointer, which may be over an axis: that hands its wheel on."""
        factor = ZOOMED ** (event.delta() / 120)
        self.scaleBy((factor, factor), center=self.mapSceneToView(event.scenePos()))
        self._plot.zoomed.emit()
        event.accept()


class JointPlot(pg.GraphicsView):  # type: ignore[misc]
    """Counts of pairs by colour, on a logarithmic scale."""

    #: A region was drawn or moved: its corners.
    drawn = pyqtSignal(object)
    #: A drag begins; it is given up: the corners that there were before.
    pressed = pyqtSignal()
    given_up = pyqtSignal(object)
    #: Another part is seen; all is to be seen.
    zoomed = pyqtSignal()
    zoomed_out = pyqtSignal()
    #: The pointer is over a pair of intensities; None elsewhere.
    pointed = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        # Before the widget, which gets its own palette while it is made.
        self._axes: tuple[pg.AxisItem, ...] = ()
        self.shape_drawn = Shape.LASSO
        # Whether the next drag begins a region wherever it is pressed, and moves none.
        self._begins = False
        self.corners: Corners = ()
        self._path: list[tuple[float, float]] = []
        self._moved_from: QPointF | None = None
        self._before: Corners = ()
        self.area = _Area(self)
        super().__init__(parent, background=None)
        self._axes = put_axes(self, self.area)
        self.setMouseTracking(True)
        self.counts = pg.ImageItem()
        self.lit = pg.ImageItem()
        self.region = QGraphicsPathItem()
        self.place = pg.ScatterPlotItem(size=11, symbol="+", pen=pg.mkPen("w", width=2))
        for item in (self.counts, self.lit, self.region, self.place):
            self.area.addItem(item, ignoreBounds=True)
        self.setMinimumHeight(120)
        self._take_colours()

    def sizeHint(self) -> QSize:
        """Return a size that shows the cells."""
        return QSize(280, 260)

    # What is shown ------------------------------------------------------------------------------------------------

    def show_histogram(self, histogram: JointHistogram | None, colour: tuple[int, int, int]) -> None:
        """Draw other counts, and the cells of the mask in its colour."""
        for item in (self.counts, self.lit):
            item.setVisible(histogram is not None)
        if histogram is None:
            return
        (x0, x1), (y0, y1) = histogram.spans
        place = QRectF(x0, y0, x1 - x0, y1 - y0)
        self.counts.setImage(_colours(histogram.counts), autoLevels=False, axisOrder="col-major")
        self.counts.setRect(place)
        self.lit.setVisible(histogram.of_mask is not None)
        if histogram.of_mask is not None:
            lit = np.zeros((*histogram.of_mask.shape, 4), np.uint8)
            lit[histogram.of_mask > 0] = (*colour, 150)
            self.lit.setImage(lit, autoLevels=False, axisOrder="col-major")
            self.lit.setRect(place)

    def show_spans(self, spans: tuple[Span, Span]) -> None:
        """See a part."""
        self.area.setRange(xRange=spans[0], yRange=spans[1], padding=0)

    def spans(self) -> tuple[Span, Span]:
        """Return the part that is seen."""
        (x0, x1), (y0, y1) = self.area.viewRange()
        return (float(x0), float(x1)), (float(y0), float(y1))

    def show_region(self, corners: Corners) -> None:
        """Draw another region; without corners, none."""
        self.corners = corners
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.OddEvenFill)
        path.addPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
        path.closeSubpath()
        self.region.setPath(path)

    def draw_shape(self, shape: Shape) -> None:
        """Draw another region with the next drag, over the one that there is too."""
        self.shape_drawn, self._begins = shape, True

    def show_place(self, pair: tuple[float, float] | None) -> None:
        """Mark a pair; None takes the mark away, and so does one that is no place in the plot, as of NaN."""
        shown = [pair] if pair is not None and all(map(math.isfinite, pair)) else []
        self.place.setData([x for x, _ in shown], [y for _, y in shown])

    # What is drawn by hand ----------------------------------------------------------------------------------------

    def press(self, at: QPointF) -> None:
        """Take hold of the region, or begin another."""
        here = self.area.mapToView(at)
        self._path, self._moved_from, self._before = [], None, self.corners
        self.pressed.emit()
        begins, self._begins = self._begins, False
        if not begins and len(self.corners) >= 3 and self.region.path().contains(here):
            self._moved_from = here
        else:
            self._path = [(at.x(), at.y())]

    def drag(self, to: QPointF) -> None:
        """Move the region, or draw on."""
        if self._moved_from is not None:
            here = self.area.mapToView(to)
            x, y = here.x() - self._moved_from.x(), here.y() - self._moved_from.y()
            self._moved_from = here
            self._take([(one + x, other + y) for one, other in self.corners])
            return
        if not self._path:
            return
        start, last, end = self._path[0], self._path[-1], (to.x(), to.y())
        if self.shape_drawn is Shape.LASSO:
            if max(abs(end[0] - last[0]), abs(end[1] - last[1])) < LASSO_STEP:
                return
            self._path.append(end)
            on_screen = self._path[:: -(-len(self._path) // MOST_CORNERS)]
        else:
            on_screen = outline(self.shape_drawn, start, end)
        if len(on_screen) >= 3 and start != end:
            points = (self.area.mapToView(QPointF(*corner)) for corner in on_screen)
            self._take([(point.x(), point.y()) for point in points])

    def release(self) -> None:
        """End what is drawn."""
        self._path, self._moved_from = [], None

    def cancel(self) -> bool:
        """Give up a drag, with what it has drawn or moved; return whether there was one."""
        was_held = bool(self._path) or self._moved_from is not None
        self.release()
        if was_held:
            self.show_region(self._before)
            self.given_up.emit(self._before)
        return was_held

    def _take(self, corners: list[tuple[float, float]]) -> None:
        # As many digits as pixels tell apart.
        taken = tuple((float(f"{one:.5g}"), float(f"{other:.5g}")) for one, other in corners)
        self.show_region(taken)
        self.drawn.emit(taken)

    def mouseMoveEvent(self, event: QEvent | None) -> None:
        """Say where the pointer is."""
        super().mouseMoveEvent(event)
        at = self.mapToScene(event.position().toPoint())  # type: ignore[union-attr]
        inside = self.area.sceneBoundingRect().contains(at)
        point = self.area.mapSceneToView(at)
        self.pointed.emit((point.x(), point.y()) if inside else None)

    def leaveEvent(self, event: QEvent | None) -> None:
        """Point at nothing."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    # Colours ------------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent | None) -> None:
        """Draw in the colours of another palette."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and self._axes:
            self._take_colours()

    def _take_colours(self) -> None:
        self.setBackground(self.palette().color(QPalette.ColorRole.Base))
        for axis in self._axes:
            axis.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            axis.setTextPen(self.palette().color(QPalette.ColorRole.Text))
        accent = self.palette().color(QPalette.ColorRole.Highlight).lighter(130)
        self.region.setPen(pg.mkPen(accent, width=2))
        fill = QColor(accent)
        fill.setAlpha(40)
        self.region.setBrush(fill)


def _colours(counts: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return counts as colours (N, N, 4) on a logarithmic scale; cells without any are clear."""
    most = max(1, int(counts.max()))
    level = np.rint(40 + 215 * np.log1p(counts) / np.log1p(most)).astype(np.intp)
    made = np.empty((*counts.shape, 4), np.uint8)
    made[..., :3] = colour_map("viridis")[level]
    made[..., 3] = np.where(counts > 0, 255, 0)
    return made
