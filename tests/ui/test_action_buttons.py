"""Buttons of actions follow them, and nothing piles up meanwhile."""

from __future__ import annotations

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QToolBar, QToolButton

from maskeditor.core.operation.declaration import make
from maskeditor.ui.look.action_buttons import ActionButtons
from tests.ui.conftest import Desk


def button_of(desk: Desk, id: str) -> QToolButton:
    bar = desk.window.findChild(QToolBar, "Tools")
    assert bar is not None
    button = bar.widgetForAction(desk.wiring.actions[id])
    assert isinstance(button, QToolButton)
    return button


def test_buttons_are_as_their_actions_are(desk: Desk) -> None:
    undo, action = button_of(desk, "undo"), desk.wiring.actions["undo"]
    assert not undo.isEnabled()
    desk.wiring.files.open_sample("t1")
    desk.wait()
    desk.editor.apply_now(make("invert", {}))
    desk.wait()
    assert undo.isEnabled()
    assert undo.toolTip() == action.toolTip()
    assert undo.text() == action.iconText() == "Undo Invert"
    outline = button_of(desk, "outline")
    desk.wiring.actions["outline"].trigger()
    assert outline.isChecked()
    outline.click()
    assert not desk.wiring.actions["outline"].isChecked()


def test_an_action_is_listened_to_as_often_after_many_changes_as_before(desk: Desk) -> None:
    bar = QToolBar(desk.window)
    action = QAction("&Undo", bar)
    bar.addAction(action)
    button = bar.widgetForAction(action)
    assert isinstance(button, QToolButton)
    ActionButtons(bar).follow(button)
    before = action.receivers(action.changed)
    for number in range(5):
        action.setToolTip(f"Undo {number}")
        assert button.toolTip() == f"Undo {number}"
    assert action.receivers(action.changed) == before
