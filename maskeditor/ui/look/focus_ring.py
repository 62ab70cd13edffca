"""A ring round what has the keyboard, where the style draws none."""

from __future__ import annotations

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QPaintEvent, QPalette, QRegion
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QMenu,
    QMenuBar,
    QWidget,
)

from maskeditor.ui.look.painting import painting
from maskeditor.ui.qt import running_application

#: Pixels that it is wide.
WIDTH = 2
#: What the style marks by itself, or what is marked by what it shows.
_MARKED = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QMenu, QMenuBar)


class Ring(QWidget):
    """A ring round a widget: a child of it of which nothing but the edge is there.

    Parameters
    ----------
    around : QWidget
    """

    def __init__(self, around: QWidget) -> None:
        super().__init__(around)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        around.installEventFilter(self)
        self._fit(around)
        self.show()
        self.raise_()

    def go(self) -> None:
        """Go away, unless it has gone with what it was round."""
        if not sip.isdeleted(self):
            self.hide()
            self.deleteLater()

    def _fit(self, around: QWidget) -> None:
        self.setGeometry(around.rect())
        # What is painted within is not painted again for the sake of the edge.
        inner = self.rect().adjusted(WIDTH, WIDTH, -WIDTH, -WIDTH)
        self.setMask(QRegion(self.rect()).subtracted(QRegion(inner)))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Stay as large as what it is round."""
        if event is not None and event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self._fit(watched)
        return False

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the edge."""
        with painting(self) as painter:
            painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Highlight))


class FocusRing(QObject):
    """Puts the ring round what has the keyboard in a window and its dialogs.

    Parameters
    ----------
    window : QWidget
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._ring: Ring | None = None
        running_application().focusChanged.connect(self._follow)

    def _follow(self, _: QWidget | None, now: QWidget | None) -> None:
        if self._ring is not None:
            self._ring.go()
        self._ring = None
        # What takes the keyboard without being a stop of Tab, such as a form, is marked by its fields.
        is_stop = now is not None and now.focusPolicy() != Qt.FocusPolicy.NoFocus
        if now is not None and is_stop and not isinstance(now, _MARKED) and self._window.isAncestorOf(now):
            self._ring = Ring(now)
