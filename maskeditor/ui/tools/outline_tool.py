"""What tools have in common that fill an outline drawn in a slice: corners that can be moved until it is filled."""

from __future__ import annotations

from itertools import pairwise
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QPainterPath, QPolygonF

from maskeditor.core.operation.scope import Scope
from maskeditor.model.abilities import Ability
from maskeditor.model.tool_options import ToolOptions, as_in
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ops.polygon import Polygon
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.tools.painted_scope import painted_scope
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor

#: Pixels within which a corner, or a side, is taken; and half the width of a corner as it is drawn.
NEAR, HALF = 7.0, 3.0


class OutlineOptions(ToolOptions):
    """How an outline is filled."""

    kept_as = "outline"

    mode: Literal["add", "erase"] = as_in(Polygon, "mode")
    through: bool = as_in(Polygon, "through")
    inside: str = as_in(Scope, "inside")


Outlined = TypeVar("Outlined", bound=OutlineOptions)


class OutlineTool(Tool, Generic[Outlined]):
    """Corners in a slice, which are moved, added and taken away until the outline is filled as one step.

    Parameters
    ----------
    editor : Editor
    options : OptionsInHand of OutlineOptions
    """

    double_click_maximises = False
    #: What its moves are called, where that is not what their operation is called.
    called = ""

    def __init__(self, editor: Editor, options: OptionsInHand[Outlined]) -> None:
        self._editor = editor
        self._options = options
        #: Fractional voxels (3,), in the slice of the first.
        self.corners: list[NDArray[np.float64]] = []
        self._start: PointerEvent | None = None
        self._moved: int | None = None
        #: The corners before the drag that is going on.
        self._before: list[NDArray[np.float64]] | None = None
        #: Whether what is corrected first was drawn by the hand that does the opposite.
        self._turned = False

    def refuses(self) -> bool:
        """Say why nothing can be drawn now, if that is so."""
        obstacles = self._editor.obstacles()
        reason = next((obstacles[need] for need in (Ability.IMAGE, Ability.UNLOCKED) if need in obstacles), "")
        if reason:
            self._editor.say(reason)
        return bool(reason)

    def press(self, event: PointerEvent) -> bool:
        """Do what a press means to the outline, in its slice; one in another slice is not taken for a new outline."""
        if self.refuses():
            return True
        start = self._start
        if start is not None and not _is_seen(start, event.map, round(event.voxel[event.axis])):
            self._editor.say(
                f"The outline lies in {start.plane.value} slice {round(start.voxel[start.axis])}; go on there, fill it "
                "with Enter, or give it up with Escape."
            )
            return True
        self._before = list(self.corners)
        self.touch(event)
        return True

    def touch(self, event: PointerEvent) -> None:
        """Do what a press means in the slice of the outline, or in any slice where there is none."""
        raise NotImplementedError

    def begin(self, event: PointerEvent) -> None:
        """Begin an outline in the slice of an event."""
        self._start, self.corners, self._moved, self._turned = event, [event.voxel], None, False

    def release(self, event: PointerEvent) -> None:
        """Let go of the corner."""
        self._moved = self._before = None

    # Corners ------------------------------------------------------------------------------------------------------

    def grip(self, event: PointerEvent) -> int | None:
        """Return which corner is at the pointer; None where there is none."""
        away = [np.hypot(*(np.subtract(event.map.to_screen(corner), _place(event)))) for corner in self.corners]
        nearest = int(np.argmin(away)) if away else 0
        return nearest if away and away[nearest] * event.scale <= NEAR else None

    def side(self, event: PointerEvent) -> int | None:
        """Return the number that a corner between two would have, where the pointer is at the side between them."""
        here = np.array(_place(event))
        places = [np.array(event.map.to_screen(corner)) for corner in self._line]
        for number, (one, other) in enumerate(pairwise(places), 1):
            way = other - one
            part = np.clip((here - one) @ way / max(way @ way, 1e-12), 0, 1)
            if np.hypot(*(one + part * way - here)) * event.scale <= NEAR:
                return number
        return None

    def take(self, corner: int | None) -> None:
        """Have moves move a corner, or none."""
        self._moved = corner

    def move(self, event: PointerEvent) -> None:
        """Move the corner that was taken."""
        if self._moved is not None:
            self.corners[self._moved] = event.voxel

    # The end ------------------------------------------------------------------------------------------------------

    def fill(self, turned: bool = False) -> None:
        """Fill the outline as one step; `turned` erases where it would be added, and the other way round."""
        start, corners, settings, document = self._start, self.corners, self._options.settings, self._editor.document
        self.end()
        if start is None or document is None or self.refuses():
            return
        if len(corners) < 3:
            self._editor.say("An outline has three corners or more; nothing was filled.")
            return
        erase = (settings.mode == "erase") != turned
        world = document.geometry.to_world(np.array(corners)).tolist()
        operation = Polygon(
            points=tuple(map(tuple, world)),
            plane=start.plane.value,
            mode="erase" if erase else "add",
            through=settings.through,
        )
        self._editor.show_masks()
        self._editor.apply(operation, painted_scope(self._editor, settings.inside, erase), called=self.called)

    def end(self) -> None:
        """Let go of the outline."""
        self._start, self.corners, self._moved, self._before, self._turned = None, [], None, None, False

    def cancel(self) -> bool:
        """Give up what this drag has done to the outline, or else the outline; return whether there was one."""
        there_was, before = bool(self.corners), self._before
        if before:
            self.corners, self._moved, self._before = before, None, None
        else:
            self.end()
        return there_was

    def forget(self) -> None:
        """Let go of corners in the image that was open."""
        self.end()

    def confirm(self) -> bool:
        """Fill the outline; return whether there was one."""
        there_was = bool(self.corners)
        if there_was:
            self.fill(self._turned)
        return there_was

    def take_back(self) -> bool:
        """Take the last corner away; return whether there was one."""
        if not self.corners:
            return False
        self.corners.pop()
        self.take(None)
        if not self.corners:
            self.end()
        return True

    # What is seen -------------------------------------------------------------------------------------------------

    def drawing(self, plane_map: PlaneMap, index: int) -> QPainterPath | None:
        """Return the outline as far as it is drawn, with its corners."""
        start = self._start
        if start is None or not _is_seen(start, plane_map, index):
            return None
        places = [QPointF(*plane_map.to_screen(corner)) for corner in self._line]
        path, half = QPainterPath(), HALF / start.scale
        path.addPolygon(QPolygonF(places))
        for place in places if self.shows_corners else ():
            path.addRect(place.x() - half, place.y() - half, 2 * half, 2 * half)
        return path

    @property
    def shows_corners(self) -> bool:
        """Whether corners can be taken."""
        return True

    @property
    def is_closed(self) -> bool:
        """Whether the last corner is joined to the first already."""
        return False

    @property
    def _line(self) -> list[NDArray[np.float64]]:
        return [*self.corners, *self.corners[:1]] if self.is_closed else self.corners

    @property
    def badge(self) -> str:
        """That it erases, or goes through all slices."""
        settings = self._options.settings
        words = ["Erases"] if (settings.mode == "erase") != self._turned else []
        words += ["Through all slices"] if settings.through else []
        return ", ".join(words)


def _is_seen(start: PointerEvent, plane_map: PlaneMap, index: int) -> bool:
    """Whether an outline is in a slice of a plane, by where it was begun."""
    return plane_map.plane is start.plane and round(start.voxel[start.axis]) == index


def _place(event: PointerEvent) -> tuple[float, float]:
    return event.map.to_screen(event.voxel)
