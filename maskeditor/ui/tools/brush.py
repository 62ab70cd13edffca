"""The brush: press, draw and release make one step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator
from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QPainter, QPainterPath, QPen

from maskeditor.core.operation.intensity_range import Ranged, range_words
from maskeditor.core.operation.parameters import Role
from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.box import Voxel
from maskeditor.engine.capsule import Shape
from maskeditor.engine.stroke_painter import StrokePainter
from maskeditor.model.abilities import Ability
from maskeditor.model.ends import ends_of_range
from maskeditor.model.tool_options import ToolOptions, as_in
from maskeditor.ops.paint import Paint
from maskeditor.ops.region_grow import RegionGrow
from maskeditor.ui.tools.declaration import ToolCommand, ToolDeclaration
from maskeditor.ui.tools.footprint import footprint
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.tools.stroke_tool import StrokeTool
from maskeditor.ui.views.tool import PointerEvent
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


class BrushTool(StrokeTool[BrushOptions]):
    """Paints, or erases, the voxels near the way of the pointer.

    Parameters
    ----------
    editor, options, erases
        As of a `StrokeTool`.
    """

    def __init__(self, editor: Editor, options: OptionsInHand[BrushOptions], erases: bool) -> None:
        super().__init__(editor, options, erases)
        # What outlines the brush, and of which settings, mask and image.
        self._nib: tuple[object, StrokePainter] | None = None

    def like(self, plane: Plane, erase: bool, voxel: NDArray[np.float64]) -> Paint:
        """Return a stroke as it would begin at a fractional voxel (3,) now, but for its points."""
        settings = self._options.settings.model_dump(exclude={"inside"})
        return Paint(points=((0, 0, 0),), plane=plane.value, mode="erase" if erase else "add", **settings)

    def forget(self) -> None:
        """Let go of the image that was open."""
        self._nib = None

    def cursor_outline(self, event: PointerEvent) -> QPainterPath | None:
        """Return the outline of the voxels that the brush covers in the slice."""
        document = self._editor.document
        if document is None:
            return None
        settings = self._options.settings
        of = (document, document.revision, document.rois, self._editor.active, settings, event.plane)
        if self._nib is None or self._nib[0] != of:
            like, scope = self.like(event.plane, self.erases, event.voxel), self.scope(self.erases)
            self._nib = of, like.painter(self._editor.scene(), scope)
        return footprint(self._nib[1], event)

    @property
    def limits(self) -> list[str]:
        """In words, where it paints alone."""
        settings = self._options.settings
        if not settings.has_range:
            return super().limits
        beyond = "outside " if settings.side == "outside" else ""
        return [f"intensity {beyond}{range_words(settings.lower, settings.upper)}", *super().limits]


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
        editor.say(f"The brush is limited to intensities {range_words(like.lower, like.upper)}, as round the voxel.")


def _take_from_histogram(editor: Editor, options: OptionsInHand[BrushOptions], voxel: Voxel) -> None:
    asked = editor.pending.change.fields.asked() if editor.pending.change is not None else None
    ends = ends_of_range(asked[0].parameters()) if asked is not None else None
    if asked is None or ends is None or ends[0].role is not Role.LOWEST:
        editor.say("No range of intensities is drawn on the histogram; drag one there first.")
        return
    lower, upper = (getattr(asked[0], end.name) for end in ends)
    options.change(lower=lower, upper=upper)
    editor.say(f"The brush is limited to intensities {range_words(lower, upper)}, as on the histogram.")


def _take_no_limit(editor: Editor, options: OptionsInHand[BrushOptions], voxel: Voxel) -> None:
    options.change(lower=None, upper=None, side="inside", inside="")
    editor.say("The brush paints anywhere now; locked ROIs are spared.")


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
