"""What waits for its turn: for a job to end, or for a stroke to become a step."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer

from maskeditor.core.history.document import Document
from maskeditor.ui.work.jobs import Jobs
from maskeditor.ui.work.pending import Then


class Turns(QObject):
    """Does what hands asked for in the order in which they did.

    Parameters
    ----------
    jobs : Jobs
    document : callable
        Returns the open document; what waits goes with it.
    """

    def __init__(self, jobs: Jobs, document: Callable[[], Document | None], parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._document = document
        self._waiting: deque[tuple[Document | None, Then]] = deque()
        self._is_acting = False
        #: Whether something is under way that all else waits for, though it is no job.
        self.is_held = False
        # What ran hands its result over first.
        jobs.busy_changed.connect(lambda: QTimer.singleShot(0, self.go_on))

    def once_idle(self, act: Then) -> None:
        """Do something as soon as nothing runs, unless another image was opened meanwhile."""
        self._waiting.append((self._document(), act))
        self.go_on()

    def in_turn(self, act: Then) -> None:
        """Do something at once, or after all that waits for its turn already."""
        if self._is_acting or not (self.is_held or self._waiting):
            act()
        else:
            self.once_idle(act)

    def go_on(self) -> None:
        """Do what waits, as far as nothing runs."""
        while self._waiting and not (self._jobs.busy or self.is_held or self._is_acting):
            document, act = self._waiting.popleft()
            if document is self._document():
                self._is_acting = True
                try:
                    act()
                finally:
                    self._is_acting = False
