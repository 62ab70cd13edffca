"""The brush: press, draw and release make one step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QPen

from maskeditor.core.history.document import Document
from maskeditor.core.operation.intensity_range import Ranged
from maskeditor.engine.capsule import Shape
from maskeditor.model.abilities import Ability
from maskeditor.model.strokes import Stroke
from maskeditor.model.tool_options import ToolOptions, as_in
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ops.paint import Paint
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor


class BrushOptions(Ranged, ToolOptions):
    """How brush and eraser paint."""

    kept_as = "brush"

    radius: float = as_in(Paint, "radius")
    shape: Shape = as_in(Paint, "shape")
    lower: float | None = as_in(Paint, "lower")
    upper: float | None = as_in(Paint, "upper")

    @model_validator(mode="before")
    @classmethod
    def _of_old(cls, values: Any) -> Any:
        """Read what a session kept before there were more than two shapes."""
        if isinstance(values, dict) and "sphere" in values:
            values = {**values, "shape": "sphere" if values["sphere"] else "disc"}
            del values["sphere"]
        return values


class BrushTool(Tool):
    """One button paints and the other erases; Ctrl swaps the two.

    Parameters
    ----------
    editor : Editor
    options : OptionsInHand of BrushOptions
    erases : bool
        Whether it is the left button that erases.
    """

    double_click_maximises = False
    on_surface = True

    def __init__(self, editor: Editor, options: OptionsInHand[BrushOptions], erases: bool) -> None:
        self._editor = editor
        self._options = options
        self.erases = erases
        self._stroke: Stroke | None = None
        self._over: Document | None = None

    def press(self, event: PointerEvent) -> bool:
        """Begin a stroke."""
        editor, document = self._editor, self._editor.document
        if document is None:
            return False
        # While something runs, it is drawn all the same, and waits for its turn.
        obstacles = editor.obstacles()
        if Ability.UNLOCKED in obstacles:
            editor.say(obstacles[Ability.UNLOCKED])
            return True
        swapped = (event.button == Qt.MouseButton.RightButton) != event.has(Qt.KeyboardModifier.ControlModifier)
        erase, before = self.erases != swapped, editor.strokes.last(editor.active)
        like = Paint(
            points=(tuple(event.world.tolist()),),
            plane=event.plane.value,
            mode="erase" if erase else "add",
            **self._options.settings.model_dump(),
        )
        self._stroke = Stroke(editor.scene(), like, before)
        self._over = document
        editor.show_masks()
        editor.strokes.begin(self._stroke)
        self.move(event)
        return True

    def move(self, event: PointerEvent) -> None:
        """Go on with the stroke."""
        if self._stroke is None:
            return
        x, y, z = event.world.tolist()
        box = self._stroke.add((x, y, z))
        if box is not None:
            self._editor.redrawn.emit(box)
        self._editor.strokes.follow()

    def release(self, event: PointerEvent) -> None:
        """Make the stroke one step of the ROI that it was drawn on, whatever was done meanwhile."""
        over, self._stroke, self._over = self._over, None, None
        if over is not None:
            self._editor.strokes.let_go(over)

    def cancel(self) -> bool:
        """Give up the stroke; return whether there was one."""
        self._stroke = self._over = None
        return self._editor.strokes.give_up()

    def wheel(self, event: PointerEvent, steps: int) -> bool:
        """Make the brush larger or smaller."""
        if not event.has(Qt.KeyboardModifier.ShiftModifier):
            return False
        self._options.resize(steps)
        return True

    def cursor_outline(self, plane_map: PlaneMap, voxel: NDArray[np.float64]) -> QPainterPath | None:
        """Return the circle that the brush covers in the slice."""
        x, y = plane_map.to_screen(voxel)
        radius = self._options.settings.radius
        path = QPainterPath()
        path.addEllipse(QPointF(x, y), radius, radius)
        return path


def _draw(painter: QPainter) -> None:
    pen = QPen(painter.pen())
    pen.setWidthF(2.2)
    painter.setPen(pen)
    painter.drawLine(QPointF(14, 2), QPointF(7.6, 8.4))
    tip = QPainterPath(QPointF(7.4, 8.2))
    tip.cubicTo(QPointF(4, 7.4), QPointF(4.8, 11.8), QPointF(1.6, 13.4))
    tip.cubicTo(QPointF(5.4, 14.8), QPointF(9.4, 12.8), QPointF(8.4, 9.2))
    tip.closeSubpath()
    painter.fillPath(tip, painter.pen().color())


TOOL = ToolDeclaration(
    id="brush",
    title="&Brush",
    key="3",
    tip="Left paints, right erases.",
    order=3,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=lambda editor, options: BrushTool(editor, options, erases=False),
    options=BrushOptions,
    gestures=(
        ("Left drag", "paint with the brush, erase with the eraser"),
        ("Right drag", "erase with the brush, paint with the eraser"),
        ("Ctrl + left drag", "paint and erase swapped"),
        ("Shift + wheel", "brush size"),
    ),
)
