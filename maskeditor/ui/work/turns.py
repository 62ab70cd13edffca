"""What waits for its turn: for work to end, or for a stroke to become a step."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.history.document import Document
from maskeditor.ui.work.pending import Then

GIVEN_UP = "What waited for its turn was given up, as another image was opened."


class Turns(QObject):
    """Does what hands asked for in the order in which they did.

    One thing is under way at a time. What is asked for while it is brief, such as an undo or a stroke that is put in,
    waits for its turn. While it is long, as an operation with its progress is, only strokes wait; all else is refused
    with a sentence, as nobody remembers after a minute what was asked for.

    Parameters
    ----------
    document : callable
        Returns the open document; what waits goes with it.
    """

    #: Something has begun or ended to wait.
    changed = pyqtSignal()
    #: A sentence for the user.
    message = pyqtSignal(str)

    def __init__(self, document: Callable[[], Document | None], parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._waiting: deque[tuple[Document | None, Then]] = deque()
        self._is_under_way = self._is_brief = False
        self._is_acting = False

    @property
    def more_to_come(self) -> bool:
        """Whether something brief is under way, or something waits for its turn: what is asked for now comes after."""
        return self._is_brief or bool(self._waiting)

    def begin(self, brief: bool) -> None:
        """Note that something is under way, for which all that follows waits."""
        self._is_under_way, self._is_brief = True, brief

    def end(self, then: Then) -> None:
        """Note that it has ended; do what comes of it, and then what waits."""
        self._is_under_way = self._is_brief = False
        # It is still the turn of what has ended.
        try:
            self._act(then)
        finally:
            self.go_on()

    def once_idle(self, act: Then) -> None:
        """Do something as soon as nothing is under way, unless another image was opened meanwhile."""
        self._waiting.append((self._document(), act))
        self.go_on()
        if self._waiting:
            self.changed.emit()

    def in_turn(self, act: Then) -> None:
        """Do something at once, or after all that waits for its turn already and what is brief."""
        if self._is_acting or not self.more_to_come:
            act()
        else:
            self.once_idle(act)

    def go_on(self) -> None:
        """Do what waits, as far as nothing is under way."""
        if not self._waiting:
            return
        given_up = False
        while self._waiting and not (self._is_under_way or self._is_acting):
            document, act = self._waiting.popleft()
            if document is self._document():
                self._act(act)
            else:
                given_up = True
        if given_up:
            self.message.emit(GIVEN_UP)
        if not self._waiting:
            self.changed.emit()

    def _act(self, act: Then) -> None:
        before, self._is_acting = self._is_acting, True
        try:
            act()
        finally:
            self._is_acting = before
