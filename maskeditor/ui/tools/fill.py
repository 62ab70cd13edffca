"""Fill: a click fills what the mask encloses round the pointer, or empties the region of the mask there."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QPainter, QPainterPath

from maskeditor.core.operation.parameters import parameter
from maskeditor.core.operation.scope import Scope
from maskeditor.engine.arrays import BoolArray, Neighbours
from maskeditor.engine.components.components import component_at
from maskeditor.model.abilities import Ability
from maskeditor.model.tool_options import ToolOptions, as_in
from maskeditor.model.view.slices import PlaneMap, slice_of
from maskeditor.ops.flood_fill import FloodFill
from maskeditor.ui.tools.click_tool import ClickTool
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.tools.painted_scope import painted_scope
from maskeditor.ui.tools.piece_outline import outline
from maskeditor.ui.views.tool import PointerEvent
from maskeditor.ui.work.editor import Editor

OPEN = (
    "The mask does not enclose the voxel in this slice, so nothing was filled; close its outline first, or fill all "
    "round it by Operations ▸ Flood fill."
)


class FillOptions(ToolOptions):
    """What is filled."""

    kept_as = "fill"

    within: Literal["slice", "3D"] = parameter(
        "slice", title="Within", description="Fill in the slice that is clicked, or in 3D through the whole volume."
    )
    neighbours: Neighbours = as_in(FloodFill, "neighbours")
    inside: str = as_in(Scope, "inside")


class FillTool(ClickTool):
    """Left fills the hole of the mask under the pointer, right empties the region of the mask there.

    In a slice, what a click would change is outlined, and what no mask encloses is not filled.

    Parameters
    ----------
    editor : Editor
    options : OptionsInHand of FillOptions
    """

    def __init__(self, editor: Editor, options: OptionsInHand[FillOptions]) -> None:
        self._editor = editor
        self._options = options
        #: The region that was looked at last in a slice: of which state of the mask, and its voxels there.
        self._region: tuple[object, BoolArray] | None = None
        self._outlined: tuple[BoolArray, QPainterPath] | None = None

    def click(self, event: PointerEvent) -> None:
        """Fill, or empty, the region under the pointer as one step."""
        editor, document, settings = self._editor, self._editor.document, self._options.settings
        obstacles = editor.obstacles()
        needs = (Ability.IMAGE, Ability.IDLE, Ability.UNLOCKED)
        reason = next((obstacles[need] for need in needs if need in obstacles), "")
        if reason or document is None or not event.is_inside:
            editor.say(reason or "There is no voxel of the image under the pointer; click one.")
            return
        voxel, erase = event.nearest, event.is_swapped
        if bool(document.mask(editor.active)[voxel]) != erase:
            editor.say(
                "There is no mask under the pointer; click a region of the active ROI to empty it."
                if erase
                else "The voxel is in the mask already; click a hole in it, or with the right button empty the region."
            )
            return
        if settings.within == "slice" and not erase and _is_open(self._region_at(event.map, voxel)):
            editor.say(OPEN)
            return
        fill = FloodFill(
            point=voxel,
            mode="erase" if erase else "add",
            within=event.plane.value if settings.within == "slice" else settings.within,
            neighbours=settings.neighbours,
        )
        editor.show_masks()
        editor.apply(fill, painted_scope(editor, settings.inside, erase), called="Fill")

    def forget(self) -> None:
        """Let go of the image that was open."""
        super().forget()
        self._region = self._outlined = None

    def cursor_outline(self, event: PointerEvent) -> QPainterPath | None:
        """Return the outline of what a click would fill or empty in the slice."""
        plane_map, (i, j, k) = event.map, event.nearest
        if self._editor.document is None or not event.is_inside:
            return None
        region = self._region_at(plane_map, (i, j, k))
        if _is_open(region) and not self._editor.document.mask(self._editor.active)[i, j, k]:
            return None
        if self._outlined is None or self._outlined[0] is not region:
            self._outlined = (region, outline(region, plane_map))
        return self._outlined[1]

    def _region_at(self, plane_map: PlaneMap, voxel: tuple[int, int, int]) -> BoolArray:
        """Return which voxels of the slice (2-D, other axes in order) hang together with one, in or out of the mask."""
        document, axis, active = self._editor.document, plane_map.normal, self._editor.active
        assert document is not None
        of = (document, document.revision, active, axis, voxel[axis], self._options.settings.neighbours)
        at = tuple(index for other, index in enumerate(voxel) if other != axis)
        if self._region is None or self._region[0] != of or not self._region[1][at]:
            mask = slice_of(document.mask(active), axis, voxel[axis])
            like = mask if mask[at] else np.logical_not(mask)
            found = component_at(like[..., None], (*at, 0), self._options.settings.neighbours)  # type: ignore[arg-type]
            self._region = (of, found[..., 0])
        return self._region[1]


def _is_open(region: BoolArray) -> bool:
    """Whether a region of a slice reaches its edge."""
    return bool(region[[0, -1]].any() or region[:, [0, -1]].any())


def _draw(painter: QPainter) -> None:
    bucket = QPainterPath(QPointF(7.5, 2))
    for x, y in ((13, 7.5), (7.5, 13), (2, 7.5)):
        bucket.lineTo(QPointF(x, y))
    bucket.closeSubpath()
    painter.drawPath(bucket)
    full = QPainterPath(QPointF(2, 7.5))
    for x, y in ((13, 7.5), (7.5, 13)):
        full.lineTo(QPointF(x, y))
    full.closeSubpath()
    painter.fillPath(full, painter.pen().color())
    drop = QPainterPath(QPointF(14, 9.5))
    drop.cubicTo(QPointF(16.2, 13), QPointF(15.4, 14.5), QPointF(14, 14.5))
    drop.cubicTo(QPointF(12.6, 14.5), QPointF(11.8, 13), QPointF(14, 9.5))
    painter.fillPath(drop, painter.pen().color())


TOOL = ToolDeclaration(
    id="fill",
    title="&Fill",
    key="0",
    tip="Click a hole in the mask to fill it; the right button empties the region of the mask under the pointer.",
    order=10,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=FillTool,
    options=FillOptions,
    gestures=(
        ("Left click with fill", "fill what the mask encloses there, in the slice or the volume"),
        ("Right click with fill", "empty the region of the mask there"),
    ),
)
