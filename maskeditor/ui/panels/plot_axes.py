"""The two axes of a small plot: of pyqtgraph's plot only what is needed."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt6.QtGui import QFont
from PyQt6.QtWidgets import QGraphicsGridLayout, QGraphicsWidget


def put_axes(view: pg.GraphicsView, area: pg.ViewBox) -> tuple[pg.AxisItem, pg.AxisItem]:
    """Lay an area with an axis on its left and one below it out in a view, and return these two."""
    axes = (pg.AxisItem("left"), pg.AxisItem("bottom"))
    whole = QGraphicsWidget()
    layout = QGraphicsGridLayout(whole)
    layout.setContentsMargins(0, 4, 8, 0)
    layout.setSpacing(0)
    layout.addItem(axes[0], 0, 0)
    layout.addItem(area, 0, 1)
    layout.addItem(axes[1], 1, 1)
    view.setCentralItem(whole)
    area.setMouseEnabled(False, False)
    area.disableAutoRange()
    small = QFont(view.font())
    small.setPointSizeF(max(7.0, small.pointSizeF() * 0.85))
    for axis in axes:
        axis.linkToView(area)
        axis.setTickFont(small)
        axis.setStyle(tickLength=-4, tickTextOffset=3)
    return axes
