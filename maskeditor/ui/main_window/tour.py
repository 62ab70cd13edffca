"""Five steps through the window, for whoever sees it the first time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PyQt6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolBar, QVBoxLayout, QWidget

from maskeditor.core.space.geometry import Plane
from maskeditor.ui.look.focus_ring import Ring
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.qt import sure

#: Characters of a line, and pixels from the edges of the window.
CHARACTERS, GAP = 38, 12


class Stop(NamedTuple):
    """A step of the tour: what it is about, what is said of it, and the part of the window that is ringed."""

    title: str
    text: str
    part: Callable[[MainWindow], QWidget]


STOPS = (
    Stop(
        "The planes",
        "The wheel goes through slices, Ctrl + wheel zooms, the middle button pans. A click puts the crosshair; keys "
        "go to the plane under the pointer.",
        lambda window: window.views.views[Plane.AXIAL],
    ),
    Stop(
        "Tools",
        "Take one in hand here or by its digit; its options are in the bar below. The brush paints with the left "
        "button and erases with the right; {brush_smaller} and {brush_larger} change its size.",
        lambda window: sure(window.findChild(QToolBar, "Tools")),
    ),
    Stop(
        "The histogram",
        "Drag over the bars: what lies in the range is seen in the planes at once. Enter makes it a step.",
        lambda window: window.histogram,
    ),
    Stop(
        "Operations",
        "Choose one, look at its preview, and apply it. {palette} finds whatever can be done by its words.",
        lambda window: window.docks["operations"],
    ),
    Stop(
        "The history",
        "Every step stays here: change, switch off, move or remove one, and the later ones follow. {save_mask} saves "
        "the mask, and the recipe goes with it.",
        lambda window: window.docks["history"],
    ),
)


class Tour(QFrame):
    """A card over a plane, or in a corner of the window, which goes on, back, and away; the work goes on beside it.

    Parameters
    ----------
    window : MainWindow
        With its panels.
    ended : callable
        Called when it was seen or skipped.
    """

    def __init__(self, window: MainWindow, ended: Callable[[], object]) -> None:
        super().__init__(window)
        self._window, self._ended = window, ended
        self._place = 0
        self._ring: Ring | None = None
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setAccessibleName("Tour")
        self.heading = QLabel()
        self.heading.setProperty("heading", True)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.text.setFixedWidth(CHARACTERS * self.fontMetrics().averageCharWidth())
        self.skip_button, self.back_button, self.next_button = (QPushButton(self) for _ in range(3))
        self.skip_button.setText("Skip")
        self.back_button.setText("Back")
        self.skip_button.clicked.connect(self.end)
        self.back_button.clicked.connect(lambda: self.go_to(self._place - 1))
        self.next_button.clicked.connect(lambda: self.go_to(self._place + 1))
        buttons = QHBoxLayout()
        buttons.addWidget(self.skip_button)
        buttons.addStretch(1)
        buttons.addWidget(self.back_button)
        buttons.addWidget(self.next_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.heading)
        layout.addWidget(self.text, 1)
        layout.addLayout(buttons)
        # As high as the longest text wants, so that the buttons stay where they are.
        heights = [self._height_of(stop) for stop in STOPS]
        self.text.setFixedHeight(max(heights))
        # The planes get their places only once the window is laid out, and others in other layouts.
        for widget in (window, window.views.views[Plane.CORONAL], *window.docks.values()):
            widget.installEventFilter(self)
        self.go_to(0)
        self.show()

    def go_to(self, place: int) -> None:
        """Show a step; after the last one it is over."""
        if place == len(STOPS):
            self.end()
            return
        self._place = place
        stop = STOPS[place]
        self.heading.setText(f"{place + 1} of {len(STOPS)}: {stop.title}")
        self.text.setText(self._window.keys.in_words(stop.text))
        self.back_button.setEnabled(place > 0)
        self.next_button.setText("Done" if place == len(STOPS) - 1 else "Next")
        self._take_ring_away()
        part = stop.part(self._window)
        part.show()
        part.raise_()
        self._ring = Ring(part)
        self._put()

    def end(self) -> None:
        """Go away."""
        self._take_ring_away()
        self.hide()
        self.deleteLater()
        self._ended()

    def _take_ring_away(self) -> None:
        if self._ring is not None:
            self._ring.go()
            self._ring = None

    def _height_of(self, stop: Stop) -> int:
        self.text.setText(self._window.keys.in_words(stop.text))
        return self.text.heightForWidth(self.text.width())

    def _put(self) -> None:
        """Stand over the coronal plane, which has no step of its own, so that no button is covered.

        Where that is not seen or has no room, in the lower right corner, or in the left one where the part is there.
        """
        self.adjustSize()
        window, plane = self._window, self._window.views.views[Plane.CORONAL]
        covered = self._place_of(STOPS[self._place].part(window))
        room = self._place_of(plane).adjusted(GAP, GAP, -GAP, -GAP)
        place = self.rect()
        if plane.isVisible() and room.contains(place.translated(room.topLeft())):
            place.moveCenter(room.center())
            place.moveBottom(room.bottom())
        else:
            below = sure(window.statusBar()).y() - self.height() - GAP
            place.moveTo(window.width() - self.width() - GAP, below)
            if place.intersects(covered):
                place.moveLeft(GAP)
        self.move(place.topLeft())
        self.raise_()

    def _place_of(self, widget: QWidget) -> QRect:
        return widget.rect().translated(widget.mapTo(self._window, QPoint(0, 0)))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Stay in its place, over panels that come up."""
        kind = event.type() if event is not None else None
        if kind in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide):
            self._put()
        elif kind == QEvent.Type.ZOrderChange:
            self.raise_()
        return False

    def event(self, event: QEvent | None) -> bool:
        """Take Escape from the action that has it, while the card has the keyboard."""
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if is_escape and event is not None and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Skip by Escape."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.end()
        else:
            super().keyPressEvent(event)
