"""What hands do between the first paint of the window and its first image: kept, and done once the image is there."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QEvent
from PyQt6.QtGui import QKeyEvent, QKeySequence, QMouseEvent
from PyQt6.QtWidgets import QMainWindow

from maskeditor.ui.qt import sure


class EarlyHands:
    """Keeps the keys and the strokes that no widget has a use for yet, such as a tool's key and a first stroke.

    Parameters
    ----------
    window : QMainWindow
        Its central widget will show the image.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._kept: list[QMouseEvent | QKeyEvent] = []
        self._is_pressed = False
        self._waits = True

    def keep(self, event: QMouseEvent | QKeyEvent) -> bool:
        """Keep a copy of an event of the window; return whether it will be done later."""
        if not self._waits:
            return False
        if isinstance(event, QMouseEvent):
            if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
                place = event.position().toPoint()
                self._is_pressed = sure(self._window.centralWidget()).geometry().contains(place)
            if not self._is_pressed:
                return False
            self._is_pressed = event.type() != QEvent.Type.MouseButtonRelease or bool(event.buttons())
            at, buttons = event.position(), event.buttons()
            copy = QMouseEvent(event.type(), at, at, event.globalPosition(), event.button(), buttons, event.modifiers())
            self._kept.append(copy)
        else:
            self._kept.append(QKeyEvent(event.type(), event.key(), event.modifiers(), event.text()))
        return True

    def forget(self) -> None:
        """Forget what was kept, as there will be no image."""
        self._kept.clear()
        self._is_pressed = False

    def let_go(self) -> None:
        """Do all that was kept, in its order, now that there is an image; from now on nothing is kept."""
        if not self._waits:
            return
        self._waits = False
        kept, self._kept = self._kept, []
        if kept:
            # The views take their places first, as they do before the next event of the mouse.
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        for event in kept:
            if isinstance(event, QMouseEvent):
                QCoreApplication.sendEvent(sure(self._window.windowHandle()), event)
            else:
                self._do_key(event)

    def _do_key(self, event: QKeyEvent) -> None:
        sequence = QKeySequence(event.keyCombination())
        for action in self._window.actions():
            if sequence in action.shortcuts():
                action.trigger()
                return
        QCoreApplication.sendEvent(sure(self._window.centralWidget()), event)
