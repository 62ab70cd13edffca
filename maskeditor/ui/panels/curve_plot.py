"""A plot of curves with an upright line at the place that is shown, which a click or a drag moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainterPath, QPalette, QPen, QTransform
from PyQt6.QtWidgets import QGraphicsPathItem, QGraphicsSceneMouseEvent, QLabel, QVBoxLayout, QWidget

from maskeditor.core.space.mask import Colour
from maskeditor.engine.arrays import Floats
from maskeditor.model.time_courses import Curve
from maskeditor.ui.panels.plot_axes import put_axes

#: How opaque what is shaded is, of 255: curves are seen over it, in light and dark.
SHADE = 70
#: Share of the height that is left free above and below the curves.
MARGIN = 0.06


class _Area(pg.ViewBox):  # type: ignore[misc]
    """The part of the plot between the axes: a press or a drag in it goes to a place."""

    def __init__(self, plot: CurvePlot) -> None:
        super().__init__(enableMenu=False, defaultPadding=0)
        self._plot = plot

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Go there; without this event there would be no drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._plot.press()
            self._go(event)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Go along."""
        self._go(event)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Stay there."""
        self._plot.release()

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Take the second click as a first one."""
        self.mousePressEvent(event)

    def wheelEvent(self, event: QGraphicsSceneMouseEvent, axis: object = None) -> None:
        """Leave the wheel, that over an axis too, to whoever scrolls the panel."""
        event.ignore()

    def _go(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._plot.is_held:
            self._plot.gone_to.emit(self.mapToView(event.pos()).x())


class CurvePlot(pg.GraphicsView):  # type: ignore[misc]
    """Curves over one axis; of several, the first is drawn on top."""

    #: A place on the axis was clicked or dragged to.
    gone_to = pyqtSignal(float)
    #: Such a drag begins; it is given up, to be where it began again.
    pressed = pyqtSignal()
    given_up = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        # Before the widget, which gets its own palette while it is made.
        self._axes: tuple[pg.AxisItem, ...] = ()
        #: Whether a hand drags along the axis.
        self.is_held = False
        self.lines: list[pg.PlotCurveItem] = []
        self._colours: list[QColor | None] = []
        self._shades: list[QGraphicsPathItem] = []
        self.area = _Area(self)
        super().__init__(parent, background=None)
        self._axes = put_axes(self, self.area)
        self.place = pg.InfiniteLine(angle=90, movable=False)
        self.area.addItem(self.place, ignoreBounds=True)
        self.setMinimumHeight(70)
        self.why = QLabel()
        self.why.setProperty("quiet", True)
        self.why.setWordWrap(True)
        self.why.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.why.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.why.hide()
        QVBoxLayout(self).addWidget(self.why)
        self._take_colours()

    def press(self) -> None:
        """Begin to drag."""
        self.is_held = True
        self.pressed.emit()

    def release(self) -> None:
        """End it."""
        self.is_held = False

    def cancel(self) -> bool:
        """Give up a drag; return whether there was one."""
        was_held, self.is_held = self.is_held, False
        if was_held:
            self.given_up.emit()
        return was_held

    def explain(self, why: str) -> None:
        """Write over the plot why there are no curves; nothing, where there are some."""
        self.why.setText(why)
        self.why.setVisible(bool(why))
        # What is hidden is laid out nowhere, and stays so when it is shown again, until the plot has another size.
        self.centralWidget.setOpacity(0 if why else 1)

    def sizeHint(self) -> QSize:
        """Return a size that leaves the planes most of the window."""
        return QSize(300, 130)

    def show_curves(self, x: Floats, curves: Sequence[Curve]) -> None:
        """Draw other curves.

        Parameters
        ----------
        x : (N,) array of float64
            Growing.
        curves : sequence of Curve
            Of N values each.
        """
        while len(self.lines) > len(curves):
            self.area.removeItem(self.lines.pop())
        while len(self.lines) < len(curves):
            line = pg.PlotCurveItem(connect="finite", skipFiniteCheck=False)
            line.setZValue(-len(self.lines))
            self.area.addItem(line, ignoreBounds=True)
            self.lines.append(line)
        for line, curve in zip(self.lines, curves, strict=True):
            line.setData(x, curve.values)
        self._colours = [None if curve.colour is None else QColor(*curve.colour) for curve in curves]
        if len(x):
            half = (x[-1] - x[0]) / max(1, len(x) - 1) / 2 or 0.5
            self.area.setXRange(x[0] - half, x[-1] + half, padding=0)
        values = np.concatenate([curve.values for curve in curves]) if curves else np.zeros(0)
        values = values[np.isfinite(values)]
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
        room = MARGIN * (high - low) or max(1.0, abs(high)) / 2
        self.area.setYRange(low - room, high + room, padding=0)
        self._stretch_shades()
        self._take_colours()

    def shade(self, spans: Mapping[Colour, Sequence[tuple[float, float]]]) -> None:
        """Shade parts of the axis, those of each colour together, behind all curves."""
        while self._shades:
            self.area.removeItem(self._shades.pop())
        for colour, parts in spans.items():
            path = QPainterPath()
            for start, end in parts:
                # What lasts no time is a thin line.
                path.addRect(start, 0, max(end - start, 0.02), 1)
            item = QGraphicsPathItem(path)
            item.setPen(QPen(Qt.PenStyle.NoPen))
            item.setBrush(QColor(*colour, SHADE))
            item.setZValue(-1000)
            self.area.addItem(item, ignoreBounds=True)
            self._shades.append(item)
        self._stretch_shades()

    def _stretch_shades(self) -> None:
        """Have what is shaded as high as the plot; it is laid out once, and the values change with the crosshair."""
        low, high = self.area.viewRange()[1]
        for item in self._shades:
            item.setTransform(QTransform(1, 0, 0, high - low, 0, low))

    def show_place(self, x: float | None) -> None:
        """Put the upright line somewhere, or away."""
        self.place.setVisible(x is not None)
        if x is not None:
            self.place.setValue(x)

    def to_pixel(self, x: float) -> float:
        """Return how far from the left of the widget a place is."""
        return float(self.area.mapToScene(self.area.mapFromView(pg.Point(x, 0))).x())

    def changeEvent(self, event: QEvent | None) -> None:
        """Draw in the colours of another palette."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and self._axes:
            self._take_colours()

    def _take_colours(self) -> None:
        text = self.palette().color(QPalette.ColorRole.Text)
        self.setBackground(self.palette().color(QPalette.ColorRole.Base))
        for axis in self._axes:
            axis.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            axis.setTextPen(text)
        # Upright and of whole pixels, and unlike any curve.
        self.place.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 0, Qt.PenStyle.DashLine))
        for line, colour in zip(self.lines, self._colours, strict=True):
            line.setPen(pg.mkPen(colour or text, width=1.5))
