"""The brush: press, draw and release make one step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QPen

from maskeditor.core.history.document import Document
from maskeditor.core.operation.intensity_range import Ranged, range_words
from maskeditor.core.operation.parameters import Role
from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.box import Voxel
from maskeditor.engine.capsule import Shape
from maskeditor.engine.stroke_painter import StrokePainter
from maskeditor.model.abilities import Ability
from maskeditor.model.ends import ends_of_range
from maskeditor.model.strokes import Stroke
from maskeditor.model.tool_options import ToolOptions, as_in
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ops.paint import Paint
from maskeditor.ops.region_grow import RegionGrow
from maskeditor.ui.tools.declaration import ToolCommand, ToolDeclaration
from maskeditor.ui.tools.footprint import footprint
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.tools.painted_scope import inside_in_words, painted_scope
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor


class BrushOptions(Ranged, ToolOptions):
    """How brush and eraser paint: as `Paint` does, and where."""

    kept_as = "brush"

    radius: float = as_in(Paint, "radius")
    shape: Shape = as_in(Paint, "shape")
    lower: float | None = as_in(Paint, "lower")
    upper: float | None = as_in(Paint, "upper")
    side: Literal["inside", "outside"] = as_in(Paint, "side")
    inside: str = as_in(Scope, "inside")

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
    options : OptionsInHand
        Of BrushOptions, or of others that have a radius and an ROI to stay inside.
    erases : bool
        Whether it is the left button that erases.
    """

    double_click_maximises = False

    def __init__(self, editor: Editor, options: OptionsInHand[Any], erases: bool) -> None:
        self._editor = editor
        self._options = options
        self.erases = erases
        self._stroke: Stroke | None = None
        self._over: Document | None = None
        # What outlines the brush, and of which settings, mask and image.
        self._nib: tuple[object, StrokePainter] | None = None

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
        erase, before = self._begins_to_erase(event), editor.strokes.last(editor.active)
        self._stroke = Stroke(editor.scene(), self._like(event.plane, erase), before, self._scope(erase))
        self._over = document
        editor.show_masks()
        editor.strokes.begin(self._stroke)
        self.move(event)
        return True

    def _begins_to_erase(self, event: PointerEvent) -> bool:
        """Whether the stroke that begins here erases."""
        swapped = (event.button == Qt.MouseButton.RightButton) != event.has(Qt.KeyboardModifier.ControlModifier)
        return self.erases != swapped

    def _like(self, plane: Plane, erase: bool) -> Paint:
        """Return a stroke as it would be drawn now, but for its points."""
        settings = self._options.settings.model_dump(exclude={"inside"})
        return Paint(points=((0, 0, 0),), plane=plane.value, mode="erase" if erase else "add", **settings)

    def _scope(self, erase: bool) -> Scope:
        """Return where a stroke may change the mask: inside an ROI, and what it adds, not in those that are locked."""
        return painted_scope(self._editor, self._options.settings.inside, erase)

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
        """Return the outline of the voxels that the brush covers in the slice."""
        document = self._editor.document
        if document is None:
            return None
        settings = self._options.settings
        of = (document, document.revision, document.rois, self._editor.active, settings, plane_map.plane)
        if self._nib is None or self._nib[0] != of:
            like, scope = self._like(plane_map.plane, self.erases), self._scope(self.erases)
            self._nib = of, like.painter(self._editor.scene(), scope)
        return footprint(self._nib[1], plane_map, voxel)

    @property
    def badge(self) -> str:
        """Where the brush paints alone, if it is limited."""
        settings, parts = self._options.settings, []
        if settings.has_range:
            beyond = "outside " if settings.side == "outside" else ""
            parts.append(f"intensity {beyond}{range_words(settings.lower, settings.upper)}")
        if inside := inside_in_words(self._editor, settings.inside):
            parts.append(inside)
        return f"Only {', '.join(parts)}" if parts else ""


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


def _turn_round(editor: Editor, options: OptionsInHand[BrushOptions], voxel: Voxel) -> None:
    if not options.settings.has_range:
        editor.say("The brush is limited to no range of intensities; give one in the bar of the brush first.")
        return
    options.change(side="inside" if options.settings.side == "outside" else "outside")
    editor.say(f"The brush paints {options.settings.side} its range of intensities now.")


def _take_from_voxel(editor: Editor, options: OptionsInHand[BrushOptions], voxel: Voxel) -> None:
    if editor.document is not None:
        like = RegionGrow.suggest(replace(editor.scene(), focus=voxel))
        options.change(lower=like.lower, upper=like.upper)


def _take_from_histogram(editor: Editor, options: OptionsInHand[BrushOptions], voxel: Voxel) -> None:
    asked = editor.pending.change.fields.asked() if editor.pending.change is not None else None
    ends = ends_of_range(asked[0].parameters()) if asked is not None else None
    if asked is None or ends is None or ends[0].role is not Role.LOWEST:
        editor.say("No range of intensities is drawn on the histogram; drag one there first.")
        return
    lower, upper = (getattr(asked[0], end.name) for end in ends)
    options.change(lower=lower, upper=upper)


def _take_no_limit(editor: Editor, options: OptionsInHand[BrushOptions], voxel: Voxel) -> None:
    options.change(lower=None, upper=None, side="inside", inside="")


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
    commands=(
        ToolCommand(
            "band_of_voxel",
            "Paint what is li&ke the voxel",
            "Limit the brush to intensities like that of the voxel under the pointer.",
            _take_from_voxel,
            ("T",),
        ),
        ToolCommand(
            "band_of_histogram",
            "Paint the &histogram's range",
            "Limit the brush to the range that is drawn on the histogram.",
            _take_from_histogram,
        ),
        ToolCommand(
            "band_turned",
            "T&urn the brush's range round",
            "Paint outside the brush's range of intensities instead of inside, or the other way round.",
            _turn_round,
            ("U",),
        ),
        ToolCommand("unlimited", "Paint &anywhere", "Take all limits from the brush.", _take_no_limit),
    ),
    gestures=(
        ("Left drag", "paint with the brush, erase with the eraser"),
        ("Right drag", "erase with the brush, paint with the eraser"),
        ("Ctrl + left drag", "paint and erase swapped"),
        ("Shift + wheel", "brush size"),
    ),
)
