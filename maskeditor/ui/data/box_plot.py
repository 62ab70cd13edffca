"""A box plot in the window: the same boxes as in the drawing that is saved."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QSize
from PyQt6.QtGui import QColor, QPalette

from maskeditor.model.data.box_plot import condition_colours
from maskeditor.model.data.by_condition import Box, ByCondition
from maskeditor.ui.panels.plot_axes import put_axes

#: Of the room of a box, how wide it is; and the room between regions, in boxes.
_WIDTH, _BETWEEN = 0.8, 0.8
#: Share of the height that is left free above and below.
_MARGIN = 0.06


class BoxPlot(pg.GraphicsView):  # type: ignore[misc]
    """Boxes of signals by condition, those of each signal beside one another."""

    def __init__(self) -> None:
        self._axes: tuple[pg.AxisItem, ...] = ()
        self.items_drawn: list[pg.GraphicsObject] = []
        super().__init__(background=None)
        self.area = pg.ViewBox(enableMenu=False, defaultPadding=0)
        self._axes = put_axes(self, self.area)
        self.setMinimumHeight(70)
        self.setAccessibleName("Box plot")
        self._found: ByCondition | None = None
        #: The boxes that are drawn, by condition and signal.
        self.boxes: dict[tuple[str, str], Box] = {}

    def sizeHint(self) -> QSize:
        """Return a size that leaves the planes most of the window."""
        return QSize(300, 130)

    def show_boxes(self, found: ByCondition | None) -> None:
        """Draw other boxes; none for None."""
        self._found, self.boxes = found, found.boxes() if found is not None else {}
        self._draw()

    def _draw(self) -> None:
        while self.items_drawn:
            self.area.removeItem(self.items_drawn.pop())
        ink = self.palette().color(QPalette.ColorRole.Text)
        for axis in self._axes:
            axis.setPen(ink)
            axis.setTextPen(ink)
        if self._found is None:
            return
        found, colours = self._found, condition_colours(self._found.conditions)
        step = len(found.conditions) + _BETWEEN
        lines: list[tuple[float, float]] = []
        beyond: list[tuple[float, float]] = []
        for number, condition in enumerate(found.conditions):
            boxes = [self.boxes[condition, name] for name in found.names]
            x = np.arange(len(boxes)) * step + number
            self._add(
                pg.BarGraphItem(
                    x=x,
                    y0=[box.lower for box in boxes],
                    y1=[box.upper for box in boxes],
                    width=_WIDTH,
                    brush=QColor(*colours[condition]),
                    pen=pg.mkPen(ink),
                )
            )
            for at, box in zip(x.tolist(), boxes, strict=True):
                half = _WIDTH / 2
                lines += [(at, box.low), (at, box.lower), (at, box.upper), (at, box.high)]
                lines += [(at - half, box.median), (at + half, box.median)]
                for end in (box.low, box.high):
                    lines += [(at - half / 2, end), (at + half / 2, end)]
                beyond += [(at, value) for value in box.beyond]
        x, y = np.array(lines).T
        self._add(pg.PlotCurveItem(x, y, connect="pairs", pen=pg.mkPen(ink, width=1.5)))
        if beyond:
            x, y = np.array(beyond).T
            self._add(pg.ScatterPlotItem(x=x, y=y, size=5, pen=pg.mkPen(ink), brush=None))
        values = np.array([end for box in self.boxes.values() for end in (box.low, box.high, *box.beyond)])
        low, high = float(values.min()), float(values.max())
        room = _MARGIN * (high - low) or max(1.0, abs(high)) / 2
        self.area.setXRange(-0.7, step * len(found.names) - _BETWEEN - 0.3, padding=0)
        self.area.setYRange(low - room, high + room, padding=0)
        middle = (len(found.conditions) - 1) / 2
        self._axes[1].setTicks([[(place * step + middle, name) for place, name in enumerate(found.names)]])

    def _add(self, item: pg.GraphicsObject) -> None:
        self.area.addItem(item, ignoreBounds=True)
        self.items_drawn.append(item)

    def changeEvent(self, event: QEvent | None) -> None:
        """Take the colours of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and self._axes:
            self._draw()
