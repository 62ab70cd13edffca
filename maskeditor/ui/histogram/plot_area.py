"""The part of the plot between the axes, which the mouse is over."""

from __future__ import annotations

from typing import Any, Protocol

import pyqtgraph as pg
from PyQt6.QtWidgets import QGraphicsSceneMouseEvent

from maskeditor.ui.histogram.drawing import Drawing
from maskeditor.ui.histogram.grips import Grips


class Pointed(Protocol):
    """The plot that the mouse is handed to."""

    grips: Grips

    def to_value(self, pixel: float) -> float:
        """Return the intensity at a pixel."""
        ...

    def point_at(self, intensity: float | None) -> None:
        """Read the bar of an intensity, or none."""
        ...

    def zoom(self, x: float, factor: float) -> None:
        """Zoom about a pixel."""
        ...

    def refit(self) -> None:
        """Make the bars that fit the size."""
        ...


class PlotArea(pg.ViewBox):  # type: ignore[misc]
    """The part of the plot between the axes: it hands the mouse to the plot."""

    def __init__(self, plot: Pointed) -> None:
        super().__init__(enableMenu=False, defaultPadding=0)
        self._plot = plot
        self.drawing = Drawing(self)
        self.setAcceptHoverEvents(True)
        self.sigResized.connect(plot.refit)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Have the plot catch something."""
        self._plot.grips.press(event)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Have the plot let go."""
        self._plot.grips.let_go(event)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Show all intensities."""
        self._plot.grips.double_click()

    def hoverMoveEvent(self, event: Any) -> None:
        """Read the bar under the pointer, and change the pointer's shape."""
        self.setCursor(self._plot.grips.shape(event.pos()))
        self._plot.point_at(self._plot.to_value(event.pos().x()))

    def hoverLeaveEvent(self, event: Any) -> None:
        """Read none any more."""
        self._plot.point_at(None)

    def wheelEvent(self, event: Any, axis: object = None) -> None:
        """Zoom about the pointer, which may be over an axis: that hands its wheel on."""
        self._plot.zoom(self.mapFromScene(event.scenePos()).x(), 0.8 ** (event.delta() / 120))
        event.accept()
