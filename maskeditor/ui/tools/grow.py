"""Region growing by click and drag: the voxel under the pointer is the seed, and the drag widens the range."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QPainter

from maskeditor.core.operation.parameters import parameter
from maskeditor.core.operation.scope import Scope
from maskeditor.engine.arrays import Neighbours
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.model.abilities import Ability
from maskeditor.model.tool_options import ToolOptions, as_in
from maskeditor.ops.region_grow import RegionGrow, tidy_range
from maskeditor.ui.look.tool_glyphs import draw_path
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.tools.painted_scope import painted_scope
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.pending import Change

#: Pixels of a drag that widen the range by a factor of e.
REACH = 120.0


class GrowOptions(ToolOptions):
    """How a region grows."""

    kept_as = "grow"

    within: Literal["slice", "3D"] = parameter(
        "slice", title="Within", description="Grow in the slice that is clicked, or in 3D through the whole volume."
    )
    neighbours: Neighbours = as_in(RegionGrow, "neighbours")
    inside: str = as_in(Scope, "inside")


@dataclass(frozen=True)
class _Drag:
    start: PointerEvent
    change: Change
    own: float
    lower: float
    upper: float


class GrowTool(Tool):
    """A press opens region growing on the voxel with a range that fits it; the drag widens it, and letting go applies.

    What it does is the pending change, as if it were set in the form: previewed, and drawn on the histogram.

    Parameters
    ----------
    editor : Editor
    options : OptionsInHand of GrowOptions
    """

    double_click_maximises = False

    def __init__(self, editor: Editor, options: OptionsInHand[GrowOptions]) -> None:
        self._editor = editor
        self._options = options
        self._drag: _Drag | None = None

    def press(self, event: PointerEvent) -> bool:
        """Begin with what is suggested for the voxel."""
        editor, obstacles = self._editor, self._editor.obstacles()
        needs = (Ability.IMAGE, Ability.IDLE, Ability.UNLOCKED)
        reason = next((obstacles[need] for need in needs if need in obstacles), "")
        if reason or not event.is_inside:
            editor.say(reason or "There is no voxel of the image under the pointer; click one.")
            return True
        scene, settings, subtracts = editor.scene(), self._options.settings, event.is_swapped
        suggested = RegionGrow.suggest(replace(scene, focus=event.nearest))
        if suggested.lower is None or suggested.upper is None:
            editor.say("The voxel under the pointer has no number; click another.")
            return True
        try:
            own = suggested.found(scene, Progress())[0].value
        except MaskEditorError as error:
            editor.say(str(error))
            return True
        editor.show_masks()
        values = {
            "seed": event.nearest,
            "lower": suggested.lower,
            "upper": suggested.upper,
            "within": event.plane.value if settings.within == "slice" else settings.within,
            "neighbours": settings.neighbours,
            "combine": "subtract" if subtracts else "add",
        }
        if editor.pending.open_form(RegionGrow, values) and editor.pending.change is not None:
            change, scope = editor.pending.change, painted_scope(editor, settings.inside, subtracts)
            change.fields.set_values({}, {"inside": scope.inside, "outside": scope.outside})
            self._drag = _Drag(event, change, own, suggested.lower, suggested.upper)
        return True

    def move(self, event: PointerEvent) -> None:
        """Widen the range by how far the pointer has gone to the right and up, or narrow it."""
        drag = self._drag
        if drag is None:
            return
        (x, y), (start_x, start_y) = event.position, drag.start.position
        wider = math.exp(min(max((x - start_x + start_y - y) / REACH, -9.0), 9.0))
        lower, upper = drag.own - (drag.own - drag.lower) * wider, drag.own + (drag.upper - drag.own) * wider
        lower, upper = tidy_range(lower, upper, drag.own, self._editor.scene().volume)
        drag.change.fields.set_values({"lower": lower, "upper": upper}, {})

    def release(self, event: PointerEvent) -> None:
        """Make it a step."""
        drag, self._drag = self._drag, None
        if drag is not None and self._editor.pending.change is drag.change:
            drag.change.apply(self._editor.pending.close_form)

    def cancel(self) -> bool:
        """Give it up; return whether there was anything."""
        drag, self._drag = self._drag, None
        if drag is None:
            return False
        drag.change.put_away()
        self._editor.pending.close_form()
        return True

    def forget(self) -> None:
        """Let go of a place in the image that was open; its form is gone with it."""
        self._drag = None


def _draw(painter: QPainter) -> None:
    painter.save()
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(8, 8), 1.8, 1.8)
    painter.restore()
    draw_path(painter, (6, 3.5), (8, 1.5), (10, 3.5))
    draw_path(painter, (6, 12.5), (8, 14.5), (10, 12.5))
    draw_path(painter, (3.5, 6), (1.5, 8), (3.5, 10))
    draw_path(painter, (12.5, 6), (14.5, 8), (12.5, 10))


TOOL = ToolDeclaration(
    id="grow",
    title="&Grow region",
    key="9",
    tip="Press on a voxel and drag right for more, left for less; the right button takes away.",
    order=9,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=GrowTool,
    options=GrowOptions,
    gestures=(
        ("Left drag while growing a region", "add what is joined to the voxel and like it; right and up for more"),
        ("Right drag while growing a region", "take it away"),
    ),
)
