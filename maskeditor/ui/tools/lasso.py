"""The lasso: an outline drawn freely, filled when it is let go."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath

from maskeditor.core.operation.parameters import parameter
from maskeditor.model.abilities import Ability
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.tools.outline_tool import OutlineOptions, OutlineTool
from maskeditor.ui.views.tool import PointerEvent
from maskeditor.ui.work.editor import Editor

#: Pixels that points of the outline lie apart: as it is drawn, and where its corners are to be moved.
APART, FAR_APART = 2.0, 12.0

CORRECTED = "Drag corners or sides of the outline; Enter fills it, Escape gives it up."


class LassoOptions(OutlineOptions):
    """How the lasso works."""

    kept_as = "lasso"

    corrected: bool = parameter(
        False,
        title="Correct first",
        description="Let corners be moved before the outline is filled, which Enter does.",
    )


class LassoTool(OutlineTool[LassoOptions]):
    """A drag draws the outline, and letting go fills it; the right button erases."""

    called = "Lasso"

    def __init__(self, editor: Editor, options: OptionsInHand[LassoOptions]) -> None:
        super().__init__(editor, options)
        self._is_drawn = False

    @property
    def _apart(self) -> float:
        return FAR_APART if self._options.settings.corrected else APART

    def touch(self, event: PointerEvent) -> None:
        """Begin an outline; or in one that is to be corrected take a corner, put one in, or take one away."""
        if not self.corners:
            self._is_drawn = True
            self.begin(event)
            return
        corner, is_right = self.grip(event), event.button == Qt.MouseButton.RightButton
        if corner is None and not is_right:
            corner = self.side(event)
            if corner is not None:
                self.corners.insert(corner, event.voxel)
        if corner is None:
            self._editor.say(CORRECTED)
        elif not is_right:
            self.take(corner)
        elif len(self.corners) > 3:
            del self.corners[corner]

    def move(self, event: PointerEvent) -> None:
        """Go on with the outline, or move a corner."""
        if not self._is_drawn:
            super().move(event)
            return
        (x, y), (last_x, last_y) = event.map.to_screen(event.voxel), event.map.to_screen(self.corners[-1])
        if max(abs(x - last_x), abs(y - last_y)) * event.scale >= self._apart:
            self.corners.append(event.voxel)

    def release(self, event: PointerEvent) -> None:
        """Fill the outline, or let its corners be moved first."""
        super().release(event)
        was_drawn, self._is_drawn = self._is_drawn, False
        if not was_drawn:
            return
        if len(self.corners) < 3 or not self._options.settings.corrected:
            self.fill(turned=event.is_swapped)
        else:
            self._turned = event.is_swapped
            self._editor.say(CORRECTED)

    def end(self) -> None:
        """Let go of the outline."""
        self._is_drawn = False
        super().end()

    @property
    def shows_corners(self) -> bool:
        """Whether corners can be taken."""
        return not self._is_drawn

    @property
    def is_closed(self) -> bool:
        """Whether the outline is drawn to its end."""
        return not self._is_drawn


def _draw(painter: QPainter) -> None:
    path = QPainterPath(QPointF(5, 10.5))
    path.cubicTo(QPointF(-1, 5), QPointF(6, 1), QPointF(10, 2.5))
    path.cubicTo(QPointF(16, 4), QPointF(14.5, 11), QPointF(8.5, 10.5))
    path.cubicTo(QPointF(4, 10), QPointF(3, 13), QPointF(6.5, 14.5))
    painter.drawPath(path)


TOOL = ToolDeclaration(
    id="lasso",
    title="&Lasso",
    key="7",
    tip="Left drag round an area fills it, right drag erases it.",
    order=7,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=LassoTool,
    options=LassoOptions,
    gestures=(
        ("Left drag with the lasso", "fill what is encircled; with Ctrl, erase it"),
        ("Right drag with the lasso", "erase what is encircled"),
        ("Drag a corner or side, Enter with the lasso", "correct the outline, then fill it (Correct first)"),
    ),
)
