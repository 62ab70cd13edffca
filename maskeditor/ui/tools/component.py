"""Click a connected piece of the mask to keep or remove it."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPen

from maskeditor.core.operation.declaration import make
from maskeditor.model.abilities import Ability
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor


class ComponentTool(Tool):
    """Left keeps only the component under the pointer, right removes it.

    Parameters
    ----------
    editor : Editor
    """

    cursor = Qt.CursorShape.PointingHandCursor
    double_click_maximises = False

    def __init__(self, editor: Editor) -> None:
        self._editor = editor

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
    tip="Click a piece to keep it.",
    order=5,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=lambda editor, brush: ComponentTool(editor),
)
