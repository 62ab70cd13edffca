"""Click a connected piece of the mask to keep or remove it."""

from __future__ import annotations

from PyQt6.QtCore import Qt

from maskeditor.core.operation.declaration import make
from maskeditor.model.abilities import Ability
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor


class ComponentTool(Tool):
    """Left keeps only the component under the pointer, right removes it.

    Parameters
    ----------
    editor : Editor
    """

    title = "Component"
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
