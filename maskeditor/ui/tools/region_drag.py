"""A rectangle that is dragged in a slice: the best contrast for what lies in it, or the region that is counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QPainterPath

from maskeditor.engine.box import Box
from maskeditor.model.view.slices import PlaneMap
from maskeditor.model.view.viewer import Viewer
from maskeditor.model.view.window import WINDOW_PERCENTILES
from maskeditor.ui.views.tool import PointerEvent


class RegionDrag:
    """One drag of a rectangle.

    Parameters
    ----------
    viewer : Viewer
    start : PointerEvent
        Where it began.
    """

    def __init__(self, viewer: Viewer, start: PointerEvent) -> None:
        self._viewer = viewer
        self._start = start

    def outline(self, plane_map: PlaneMap, voxel: NDArray[np.float64]) -> QPainterPath | None:
        """Return the rectangle up to a fractional voxel (3,), in the plane where it began."""
        if self._start.plane is not plane_map.plane:
            return None
        corners = (QPointF(*plane_map.to_screen(corner)) for corner in (self._start.voxel, voxel))
        path = QPainterPath()
        path.addRect(QRectF(*corners).normalized())
        return path

    def end(self, event: PointerEvent) -> None:
        """Take the window from what lies in the rectangle, or that as the region, where one is to be picked."""
        volume = self._viewer.volume
        if volume is None:
            return
        axis = self._start.axis
        start, stop = [0, 0, 0], [0, 0, 0]
        for other, size in enumerate(volume.geometry.shape):
            ends = (self._start.nearest[other], self._start.nearest[other] if other == axis else event.nearest[other])
            first, last = sorted(min(max(end, 0), size - 1) for end in ends)
            start[other], stop[other] = first, last + 1
        box = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
        if self._viewer.state.picks_region:
            self._viewer.change(region=box)
            return
        part = tuple(span for other, span in enumerate(box.slices) if other != axis)
        values = self._viewer.slice(axis, box.start[axis])[part]
        if self._viewer.is_scaled:
            values = volume.scaled(values)
        values = values[np.isfinite(values)]
        if values.size:
            low, high = np.percentile(values, WINDOW_PERCENTILES).tolist()
            self._viewer.set_window(low, high)
