"""Escape gives up what Qt drags of its own: sliders and scroll bars, headings, what parts two widgets, and panels."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from functools import partial

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, QPointF, Qt
from PyQt6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import (
    QAbstractSlider,
    QDockWidget,
    QHeaderView,
    QMainWindow,
    QSplitter,
    QSplitterHandle,
    QWidget,
)

from maskeditor.ui.qt import running_application, sure

#: Where a button is let go without being over anything.
_NOWHERE = QPointF(-10_000, -10_000)
#: The pointer's shape between two panels.
_BETWEEN = (Qt.CursorShape.SplitHCursor, Qt.CursorShape.SplitVCursor)
_PutBack = Callable[[], object]


class Drags(QObject):
    """Knows which of the watched widgets is dragged, and how it was before.

    Within a drag it hears of every key, so that Escape closes no dialog that holds the widget.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        #: The widget that is held, and what puts it back; None once that was done, until the button is let go.
        self._held: tuple[QWidget, _PutBack | None] | None = None
        # Widgets that are there until the end get events while Python is taken apart, which must not come here.
        atexit.register(self._end)

    def _end(self) -> None:
        if not sip.isdeleted(self):
            sip.delete(self)

    def watch(self, widget: QWidget) -> None:
        """Watch a widget, if it is one that Qt drags."""
        if sip.isdeleted(self):
            return
        if isinstance(widget, QHeaderView):
            sure(widget.viewport()).installEventFilter(self)
        elif isinstance(widget, QAbstractSlider | QSplitterHandle | QDockWidget | QMainWindow):
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Follow what becomes of a widget that is held, and take Escape meanwhile."""
        if event is None:
            return False
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            self._press(watched, event)
        elif kind == QEvent.Type.MouseButtonDblClick and isinstance(watched, QAbstractSlider | QSplitterHandle):
            self._press(watched, event)  # a second click drags these as a first one does
        elif self._held is None:
            return False
        elif kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return self._key(event)
        elif watched is self._held[0] and kind in (QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease):
            is_given_up = self._held[1] is None
            if kind == QEvent.Type.MouseButtonRelease and _is_left(event):
                self.let_go()
            return is_given_up
        return False

    def _press(self, watched: QWidget, event: QEvent) -> None:
        if self._held is not None and _is_left(event):
            self.let_go()  # the release went elsewhere
        put_back = _kept(watched) if self._held is None and _is_left(event) else None
        if put_back is not None:
            self._held = (watched, put_back)
            running_application().installEventFilter(self)

    def let_go(self) -> None:
        """Put nothing back any more; what is dragged goes on."""
        self._held = None
        running_application().removeEventFilter(self)

    def _key(self, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Escape:
            return False
        if not QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            self.let_go()  # the release went elsewhere, as when the widget was hidden
        if self._held is None or self._held[1] is None:
            return False  # to whoever wants it, a second one too
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # it is no shortcut now, and comes once more as a key
            return True
        return self.cancel()

    def cancel(self) -> bool:
        """Give up the drag, and put back what it has moved; return whether there was one."""
        widget, put_back = self._held or (None, None)
        if widget is None or put_back is None:
            return False
        if sip.isdeleted(widget):
            self.let_go()
            return False
        # To Qt the drag ends; what is left of it until the button is let go is kept from the widget.
        self.let_go()
        left, no = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        end = QMouseEvent(QEvent.Type.MouseButtonRelease, _NOWHERE, _NOWHERE, left, no, Qt.KeyboardModifier.NoModifier)
        running_application().sendEvent(widget, end)
        put_back()
        self._held = (widget, None)
        return True


def _is_left(event: QEvent) -> bool:
    return isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton


def _kept(widget: QWidget) -> _PutBack | None:
    """Return what puts a widget back that is about to be dragged; None if this one is not."""
    above = widget.parent()
    if isinstance(widget, QAbstractSlider):
        return partial(widget.setValue, widget.value())
    if isinstance(widget, QSplitterHandle):
        splitter = widget.splitter()
        return partial(_share, splitter, splitter.sizes()) if splitter is not None else None
    if isinstance(above, QHeaderView) and above.viewport() is widget:
        return partial(above.restoreState, above.saveState())
    if isinstance(widget, QMainWindow) and widget.cursor().shape() in _BETWEEN:
        return partial(widget.restoreState, widget.saveState())
    if isinstance(widget, QDockWidget) and isinstance(above, QMainWindow):
        return partial(above.restoreState, above.saveState())
    return None


def _share(splitter: QSplitter, sizes: list[int]) -> None:
    """Share the room of a splitter, and say so as if a hand had."""
    splitter.setSizes(sizes)
    splitter.splitterMoved.emit(sizes[0], 1)
