"""Cut: draw a line in a view, and what of the mask lies on one side of it goes, through all slices."""

from __future__ import annotations

import math

import numpy as np
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath

from maskeditor.model.abilities import Ability
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ops.cut_by_plane import CutByPlane
from maskeditor.ui.look.tool_glyphs import draw_path
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor

#: Pixels that a line is long at least.
SHORTEST = 4.0


class CutTool(Tool):
    """Drag a line: what lies on its right-hand side is shown as going, and goes when the button is let go.

    Parameters
    ----------
    editor : Editor
    """

    double_click_maximises = False

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self._start: PointerEvent | None = None
        self._cut: CutByPlane | None = None
        # The line that is drawn, in screen mm, and the plane it is drawn in.
        self._line: tuple[PlaneMap, QPainterPath] | None = None
        # Whether the cut was handed over, and its preview stands until it is made.
        self._is_made = False
        editor.jobs.busy_changed.connect(self._put_away)
        editor.image_changed.connect(self.cancel)

    def press(self, event: PointerEvent) -> bool:
        """Begin a line."""
        obstacles = self._editor.obstacles()
        needs = (Ability.IMAGE, Ability.IDLE, Ability.UNLOCKED, Ability.MASK)
        reason = next((obstacles[need] for need in needs if need in obstacles), "")
        if reason:
            self._editor.say(reason)
        else:
            self._editor.show_masks()
            self._start = event
        return True

    def move(self, event: PointerEvent) -> None:
        """Draw the line up to the pointer, and show what would go."""
        start = self._start
        if start is None:
            return
        plane_map = start.map
        (x, y), (to_x, to_y) = plane_map.to_screen(start.voxel), plane_map.to_screen(event.voxel)
        if event.has(Qt.KeyboardModifier.ShiftModifier):
            # Straight along the nearer axis of the slice.
            to_x, to_y = (to_x, y) if abs(to_x - x) >= abs(to_y - y) else (x, to_y)
        right, down = to_x - x, to_y - y
        length = math.hypot(right, down)
        if length * start.scale < SHORTEST:
            self._show(None)
            return
        swapped = (start.button == Qt.MouseButton.RightButton) != event.has(Qt.KeyboardModifier.ControlModifier)
        # On the screen, down is positive: to the left of the way is up, as one goes to the right.
        side = (x - down, y + right) if swapped else (x + down, y - right)
        index = float(start.voxel[start.axis])
        places = [plane_map.to_voxel(*place, index) for place in ((x, y), (to_x, to_y), side)]
        points = plane_map.geometry.to_world(np.array(places)).tolist()
        beyond = math.hypot(*plane_map.size) / length
        path = QPainterPath(QPointF(x - beyond * right, y - beyond * down))
        path.lineTo(QPointF(to_x + beyond * right, to_y + beyond * down))
        self._line = (plane_map, path)
        self._show(CutByPlane(points=tuple(map(tuple, points)), plane=start.plane.value))

    def _show(self, cut: CutByPlane | None) -> None:
        if cut == self._cut:
            return
        self._cut = cut
        if cut is None:
            self._line = None
            self._editor.previews.hide()
        else:
            self._editor.previews.show(cut)

    def release(self, event: PointerEvent) -> None:
        """Cut, as it is shown."""
        self.move(event)
        cut, self._start, self._line = self._cut, None, None
        if cut is not None:
            # The preview stands until the mask is what it shows.
            self._is_made = True
            self._editor.apply(cut, then=self._put_away)

    def cancel(self) -> bool:
        """Give up the line; return whether there was one."""
        start, self._start = self._start, None
        if start is not None:
            self._show(None)
            self._editor.pending.renew()
        return start is not None

    def _put_away(self) -> None:
        """End the preview once the cut is made, or was not to be made."""
        if self._is_made and not self._editor.jobs.busy:
            self._is_made, self._cut = False, None
            self._editor.previews.hide()
            self._editor.pending.renew()

    def drawing(self, plane_map: PlaneMap, index: int) -> QPainterPath | None:
        """Return the line, through the whole slice, in all slices of its plane."""
        line = self._line
        return line[1] if line is not None and line[0] is plane_map else None


def _draw(painter: QPainter) -> None:
    painter.drawLine(QPointF(2.5, 14), QPointF(13.5, 2))
    draw_path(painter, (9.2, 3.2), (4, 2.4), (2, 6.5), (3.4, 9.6))
    for x, y in ((12.8, 6.6), (13.2, 10.2), (10.4, 13), (7, 13.2)):
        painter.drawPoint(QPointF(x, y))


TOOL = ToolDeclaration(
    id="cut",
    title="Cu&t",
    key="K",
    tip="Draw a line: what lies on its right-hand side goes, in all slices; with Ctrl or the right button, the left.",
    order=13,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=lambda editor, options: CutTool(editor),
    gestures=(
        ("Left drag with cut", "take away what lies to the right of the line, through all slices of the plane"),
        ("Ctrl + drag, right drag with cut", "take away what lies to the left of the line"),
        ("Shift + drag with cut", "a line straight along the slice"),
    ),
)
