"""Buttons of actions: as their action is, however often that changes."""

from __future__ import annotations

from typing import cast

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtGui import QAction, QActionEvent
from PyQt6.QtWidgets import QToolButton


class ActionButtons(QObject):
    """Has buttons follow their default action in Qt's place.

    A QToolButton takes its action up anew at each change of it, and connects to it once more (Qt 6.11). As the tips of
    undo and redo change with each move, after a thousand moves each change would call a thousand slots, and none of
    that memory is ever free again.
    """

    def follow(self, button: QToolButton) -> None:
        """Have a button, whose default action is set, follow it from now on."""
        button.installEventFilter(self)

    def eventFilter(self, button: QObject | None, event: QEvent | None) -> bool:
        """Show what has changed of an action on its button."""
        assert event is not None
        if event.type() != QEvent.Type.ActionChanged or not isinstance(button, QToolButton):
            return False
        action = cast(QActionEvent, event).action()
        if action is None or action is not button.defaultAction():
            return False
        _show(button, action)
        return True


def _show(button: QToolButton, action: QAction) -> None:
    button.setText(action.iconText().replace("&", "&&"))
    button.setIcon(action.icon())
    button.setToolTip(action.toolTip())
    button.setStatusTip(action.statusTip())
    button.setCheckable(action.isCheckable())
    button.setChecked(action.isChecked())
    button.setEnabled(action.isEnabled())
