"""Measures lengths and angles in a slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QPainter, QPainterPath

from maskeditor.model.abilities import Ability
from maskeditor.model.view.measuring import angle, lengths
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.views.tool import PointerEvent, Tool, Words


class RulerTool(Tool):
    """A drag measures a length; with Ctrl, it adds a second leg to the one before, and the angle between them.

    What was measured is seen in its slice until something else is measured, or Escape is pressed. It changes no mask.
    """

    double_click_maximises = False

    def __init__(self) -> None:
        #: Fractional voxel indices: none, or the ends of one leg or of two.
        self.places: list[NDArray[np.float64]] = []
        self._map: PlaneMap | None = None
        #: What had been measured before a drag.
        self._before: tuple[list[NDArray[np.float64]], PlaneMap | None] | None = None
        self._path = QPainterPath()

    def press(self, event: PointerEvent) -> bool:
        """Begin to measure."""
        if event.button != Qt.MouseButton.LeftButton:
            return False
        self._before = self.places, self._map
        if event.has(Qt.KeyboardModifier.ControlModifier) and self._is_in(event.map, event.voxel[event.axis]):
            self.places = [*self.places[:2], event.voxel]
        else:
            self.places, self._map = [event.voxel, event.voxel], event.map
        self._draw()
        return True

    def move(self, event: PointerEvent) -> None:
        """Take the end along, in the slice that it was begun in."""
        if self._before is None:
            return
        end = event.voxel.copy()
        end[event.axis] = self.places[0][event.axis]
        self.places[-1] = end
        self._draw()

    def release(self, event: PointerEvent) -> None:
        """Leave it as it is; a click without a drag measures nothing."""
        self._before = None
        if len(self.places) == 2 and bool((self.places[0] == self.places[1]).all()):
            self.cancel()

    def cancel(self) -> bool:
        """Take away what is measured by this drag, or else what was before; return whether there was anything."""
        had, before = bool(self.places), self._before
        self.places, self._map = before or ([], None)
        self._before = None
        self._draw()
        return had

    def forget(self) -> None:
        """Let go of what was measured in the image that was open."""
        self._before = None
        self.cancel()

    def _is_in(self, plane_map: PlaneMap, index: float) -> bool:
        """Whether something is measured in a slice of a plane."""
        there = self._map
        if there is None or there.plane is not plane_map.plane or there.geometry is not plane_map.geometry:
            return False
        return bool(self.places[0][plane_map.normal] == index)

    def _draw(self) -> None:
        self._path = QPainterPath()
        if self._map is not None:
            first, *others = (QPointF(*self._map.to_screen(place)) for place in self.places)
            self._path.moveTo(first)
            for other in others:
                self._path.lineTo(other)

    def drawing(self, plane_map: PlaneMap, index: int) -> QPainterPath | None:
        """Return the legs, in the slice that they lie in."""
        if not self._is_in(plane_map, index):
            return None
        if plane_map is not self._map:  # left and right have changed places
            self._map = plane_map
            self._draw()
        return self._path

    def words(self, plane_map: PlaneMap, index: int) -> Words | None:
        """Return the lengths, and the angle between two legs, beside the last end."""
        if not self._is_in(plane_map, index):
            return None
        said = [f"{length:.1f} mm" for length in lengths(plane_map.geometry, self.places)]
        between = angle(plane_map.geometry, self.places) if len(self.places) == 3 else None
        said += [] if between is None else [f"{between:.1f}°"]
        return Words(", ".join(said), plane_map.to_screen(self.places[-1]))


def _draw_glyph(painter: QPainter) -> None:
    painter.save()
    painter.translate(8, 8)
    painter.rotate(-45)
    painter.drawRect(QRectF(-7.5, -2.8, 15, 5.6))
    for x in (-4.5, -1.5, 1.5, 4.5):
        painter.drawLine(QPointF(x, -2.8), QPointF(x, -0.4))
    painter.restore()


TOOL = ToolDeclaration(
    id="ruler",
    title="&Measure",
    key="Q",
    tip="Ruler: drag to measure a length; Ctrl+drag adds a second leg and the angle between them. It changes no mask.",
    order=90,
    needs=(Ability.IMAGE,),
    draw=_draw_glyph,
    make=lambda editor, options: RulerTool(),
    gestures=(("Measure: drag, Ctrl + drag", "measure a length in mm, and with a second leg an angle"),),
)
