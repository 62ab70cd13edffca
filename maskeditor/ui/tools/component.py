"""Click a connected piece of the mask to keep or remove it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QPen

from maskeditor.core.operation.declaration import make
from maskeditor.engine.arrays import BoolArray
from maskeditor.model.abilities import Ability
from maskeditor.model.view.slices import PlaneMap, slice_of
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.piece_outline import outline, piece_at
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor


class ComponentTool(Tool):
    """Left keeps only the component under the pointer, right removes it; what of it lies in the slice is outlined.

    Parameters
    ----------
    editor : Editor
    """

    cursor = Qt.CursorShape.PointingHandCursor
    double_click_maximises = False
    on_surface = True

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        # The piece that was outlined last: of which mask and slice, its pixels, and its outline.
        self._outlined: tuple[object, BoolArray, QPainterPath] | None = None

    def press(self, event: PointerEvent) -> bool:
        """Keep or remove the component under the pointer."""
        obstacles = self._editor.obstacles()
        reason = next(
            (obstacles[need] for need in (Ability.IMAGE, Ability.IDLE, Ability.MASK) if need in obstacles), ""
        )
        document = self._editor.document
        if reason or document is None:
            self._editor.say(reason)
        elif not event.is_inside or not document.mask(self._editor.active)[event.nearest]:
            self._editor.say("There is no mask under the pointer; click a piece of the active ROI.")
        else:
            action = "keep" if event.button == Qt.MouseButton.LeftButton else "remove"
            self._editor.apply(make("select_component", {"point": event.nearest, "action": action}))
        return True

    def cursor_outline(self, plane_map: PlaneMap, voxel: NDArray[np.float64]) -> QPainterPath | None:
        """Return the outline of what of the component under the pointer lies in the slice."""
        document, axis = self._editor.document, plane_map.normal
        i, j, k = np.floor(voxel + 0.5).astype(int).tolist()
        if document is None or not plane_map.geometry.holds((i, j, k)):
            return None
        mask = document.mask(self._editor.active)
        if not mask[i, j, k]:
            return None
        index = (i, j, k)[axis]
        first, second = (at for other, at in enumerate((i, j, k)) if other != axis)
        of = (document, document.revision, self._editor.active, plane_map, index)
        if self._outlined is None or self._outlined[0] != of or not self._outlined[1][first, second]:
            piece = piece_at(slice_of(mask, axis, index), (first, second))
            self._outlined = (of, piece, outline(piece, plane_map))
        return self._outlined[2]


def _draw(painter: QPainter) -> None:
    painter.save()
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(5.5, 5.5), 3.4, 3.4)
    painter.restore()
    pen = QPen(painter.pen())
    pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    painter.drawEllipse(QPointF(11.5, 11.8), 2.6, 2.6)
    painter.drawEllipse(QPointF(12.6, 4), 1.6, 1.6)


TOOL = ToolDeclaration(
    id="component",
    title="&Component",
    key="5",
    tip="Left click keeps the piece under the pointer alone, right click removes it.",
    order=5,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=lambda editor, options: ComponentTool(editor),
    gestures=(
        ("Left click with the component tool", "keep only the piece under the pointer"),
        ("Right click with the component tool", "remove the piece under the pointer"),
    ),
)
