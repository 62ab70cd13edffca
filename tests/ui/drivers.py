"""Hands for the window: real events for a pointer and a keyboard, from Qt itself or from a real X server.

Both drivers know only widgets and positions inside them. Where an event ends up – which widget it reaches, what has
the keyboard, what is a double click or a shortcut – is left to Qt, as it is with a person's hands.
"""

from __future__ import annotations

import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from PyQt6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, Qt
from PyQt6.QtGui import QGuiApplication, QKeySequence, QMouseEvent, QWheelEvent, QWindow
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

Position = tuple[float, float]

#: Seconds that anything may take before a test gives up, on however busy a machine; and for Qt, in milliseconds.
PATIENCE = 60.0
PATIENCE_MS = int(1000 * PATIENCE)
BUTTONS = {
    "left": (Qt.MouseButton.LeftButton, 1),
    "middle": (Qt.MouseButton.MiddleButton, 2),
    "right": (Qt.MouseButton.RightButton, 3),
}
MODIFIERS = {
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
    "Alt": Qt.KeyboardModifier.AltModifier,
}
_NONE = Qt.MouseButton.NoButton
#: Names of keys that X has others for than Qt.
X_NAMES = {
    "Esc": "Escape", "Del": "Delete", "PgUp": "Prior", "PgDown": "Next", "Space": "space", "[": "bracketleft",
    "]": "bracketright", "Backspace": "BackSpace", "-": "minus", "+": "plus", "=": "equal", ",": "comma", ".": "period",
    "?": "question",
}  # fmt: skip


def wait_until(holds: Callable[[], object], what: str = "", seconds: float = PATIENCE) -> None:
    """Let the window live until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds:g} s in vain{' for ' + what if what else ''}.")
        QCoreApplication.processEvents()
        time.sleep(0.001)


def middle(widget: QWidget) -> Position:
    """Return the middle of a widget."""
    return widget.width() / 2, widget.height() / 2


def global_position(widget: QWidget, position: Position) -> QPoint:
    """Return where on the screen a position in a widget is; what cannot be seen there cannot be pointed at."""
    window, place = widget.window(), QPoint(round(position[0]), round(position[1]))
    assert window is not None
    assert widget.isVisible(), f"{widget} cannot be seen"
    for above in (QApplication.activePopupWidget(), QApplication.activeModalWidget()):
        assert above in (None, window), f"{widget} is blocked by {above}"
    under = window.childAt(widget.mapTo(window, place)) or window
    assert under is widget or widget.isAncestorOf(under), f"{widget} at {position} is covered by {under}"
    return widget.mapToGlobal(place)


class Driver(ABC):
    """A pointer and a keyboard."""

    def settle(self) -> None:
        """Let what was done take effect, and the window be drawn."""
        for _ in range(3):
            QCoreApplication.processEvents()

    @abstractmethod
    def move(self, widget: QWidget, position: Position) -> None:
        """Move the pointer, with whatever is held."""

    @abstractmethod
    def press(self, button: str = "left") -> None:
        """Press a button where the pointer is."""

    @abstractmethod
    def release(self, button: str = "left") -> None:
        """Let a button go."""

    @abstractmethod
    def turn(self, steps: int) -> None:
        """Turn the wheel where the pointer is; up is positive."""

    @abstractmethod
    def key_down(self, key: str) -> None:
        """Press a key such as "H"."""

    @abstractmethod
    def key_up(self, key: str) -> None:
        """Let a key go."""

    @abstractmethod
    def _hold(self, modifiers: Sequence[str], down: bool) -> None:
        """Press or let go modifiers."""

    @contextmanager
    def holding(self, *modifiers: str) -> Iterator[None]:
        """Hold Ctrl, Shift or Alt."""
        self._hold(modifiers, True)
        try:
            yield
        finally:
            self._hold(modifiers, False)

    def click(self, widget: QWidget, position: Position | None = None, button: str = "left") -> None:
        """Click, in the middle unless told otherwise."""
        self.move(widget, position or middle(widget))
        self.press(button)
        self.release(button)
        self.settle()

    def double_click(self, widget: QWidget, position: Position | None = None) -> None:
        """Click twice."""
        self.move(widget, position or middle(widget))
        for _ in range(2):
            self.press()
            self.release()
        self.settle()

    def drag(self, widget: QWidget, path: Sequence[Position], button: str = "left") -> None:
        """Press at the first position, move through the others, and let go."""
        self.move(widget, path[0])
        self.press(button)
        for position in path[1:]:
            self.move(widget, position)
        self.release(button)
        self.settle()

    def wheel(self, widget: QWidget, steps: int, position: Position | None = None) -> None:
        """Turn the wheel over a widget."""
        self.move(widget, position or middle(widget))
        self.turn(steps)
        self.settle()

    def key(self, keys: str) -> None:
        """Press keys such as "Ctrl+S", and let them go."""
        *modifiers, last = keys.split("+") if not keys.endswith("+") else [*keys[:-1].split("+")[:-1], "+"]
        with self.holding(*modifiers):
            self.key_down(last)
            self.key_up(last)
        self.settle()

    def type(self, text: str) -> None:
        """Type digits and letters."""
        for letter in text:
            self.key_down(letter)
            self.key_up(letter)
        self.settle()


class QtDriver(Driver):
    """Events are handed to Qt's windows as a platform would, without one."""

    def __init__(self) -> None:
        self._window: QWindow | None = None
        self._place = QPoint()
        self._held = Qt.KeyboardModifier.NoModifier
        self._pressed = _NONE

    def move(self, widget: QWidget, position: Position) -> None:
        place = global_position(widget, position)
        window = widget.window()
        self._window = window.windowHandle() if window is not None else None
        assert self._window is not None
        self._place = self._window.mapFromGlobal(place)
        if self._held == Qt.KeyboardModifier.NoModifier:
            QTest.mouseMove(self._window, self._place)
        else:  # QTest moves the pointer without modifiers
            at = QPointF(self._place)
            event = QMouseEvent(QEvent.Type.MouseMove, at, at, QPointF(place), _NONE, self._pressed, self._held)
            QApplication.sendEvent(self._window, event)
        QCoreApplication.processEvents()

    def double_click(self, widget: QWidget, position: Position | None = None) -> None:
        self.move(widget, position or middle(widget))
        # QTest keeps clicks so far apart that two of them are never a double one.
        QTest.mouseDClick(self._window, Qt.MouseButton.LeftButton, self._held, self._place)
        self.settle()

    def press(self, button: str = "left") -> None:
        self._pressed |= BUTTONS[button][0]
        QTest.mousePress(self._window, BUTTONS[button][0], self._held, self._place)

    def release(self, button: str = "left") -> None:
        self._pressed &= ~BUTTONS[button][0]
        QTest.mouseRelease(self._window, BUTTONS[button][0], self._held, self._place)

    def turn(self, steps: int) -> None:
        assert self._window is not None
        place = QPointF(self._place)
        for _ in range(abs(steps)):
            event = QWheelEvent(
                place,
                QPointF(self._window.mapToGlobal(self._place)),
                QPoint(),
                QPoint(0, 120 if steps > 0 else -120),
                _NONE,
                self._held,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(self._window, event)

    def key_down(self, key: str) -> None:
        QTest.keyPress(self._keyboard(), self._code(key), self._held)

    def key_up(self, key: str) -> None:
        if QGuiApplication.focusWindow() is not None:  # the key may have closed it
            QTest.keyRelease(self._keyboard(), self._code(key), self._held)

    def _hold(self, modifiers: Sequence[str], down: bool) -> None:
        for name in modifiers:
            self._held = self._held | MODIFIERS[name] if down else self._held & ~MODIFIERS[name]

    @staticmethod
    def _keyboard() -> QWindow:
        window = QGuiApplication.focusWindow()
        assert window is not None, "No window has the keyboard"
        return window

    @staticmethod
    def _code(key: str) -> Qt.Key:
        return QKeySequence(key)[0].key()


class _Counter(QObject):
    """Counts the events that the application gets."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[QEvent.Type, int] = {}

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None:
            self.counts[event.type()] = self.counts.get(event.type(), 0) + 1
        return False


class XDriver(Driver):
    """The pointer and the keyboard of an X server, moved by xdotool; for a process whose windows are on it."""

    def __init__(self) -> None:
        self._counter = _Counter()
        application = QCoreApplication.instance()
        assert application is not None
        application.installEventFilter(self._counter)

    def close(self) -> None:
        """Stop watching events."""
        application = QCoreApplication.instance()
        assert application is not None
        application.removeEventFilter(self._counter)

    def move(self, widget: QWidget, position: Position) -> None:
        place = global_position(widget, position)
        ratio = widget.devicePixelRatioF()
        x, y = round(place.x() * ratio), round(place.y() * ratio)
        if self._pointer() != (x, y):
            self._send(QEvent.Type.MouseMove, "mousemove", str(x), str(y))

    def press(self, button: str = "left") -> None:
        self._send(QEvent.Type.MouseButtonPress, "mousedown", str(BUTTONS[button][1]))

    def release(self, button: str = "left") -> None:
        self._send(QEvent.Type.MouseButtonRelease, "mouseup", str(BUTTONS[button][1]))

    def turn(self, steps: int) -> None:
        for _ in range(abs(steps)):
            self._send(QEvent.Type.Wheel, "click", "4" if steps > 0 else "5")

    def key_down(self, key: str) -> None:
        # A key that is a shortcut goes no further than the question whether it is one.
        self._send(QEvent.Type.ShortcutOverride, "keydown", X_NAMES.get(key, key.lower() if len(key) == 1 else key))

    def key_up(self, key: str) -> None:
        self._send(QEvent.Type.KeyRelease, "keyup", X_NAMES.get(key, key.lower() if len(key) == 1 else key))

    def _hold(self, modifiers: Sequence[str], down: bool) -> None:
        for name in modifiers:
            kind = QEvent.Type.ShortcutOverride if down else QEvent.Type.KeyRelease
            self._send(kind, "keydown" if down else "keyup", name.lower())

    def _send(self, awaited: QEvent.Type, *command: str) -> None:
        """Have the server do something, and wait until Qt has heard of it."""
        before = self._counter.counts.get(awaited, 0)
        subprocess.run(["xdotool", *command], check=True)
        wait_until(lambda: self._counter.counts.get(awaited, 0) > before, f"{awaited} after {' '.join(command)}")

    @staticmethod
    def _pointer() -> tuple[int, int]:
        told = subprocess.run(["xdotool", "getmouselocation"], check=True, capture_output=True, text=True).stdout
        x, y = (int(word.split(":")[1]) for word in told.split()[:2])
        return x, y
