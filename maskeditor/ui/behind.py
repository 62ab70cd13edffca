"""What follows a hand a moment later: the planes come first."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer

#: Milliseconds that words and marks may be behind a hand: the planes are drawn at each of its steps.
BEHIND = 40


class Behind(QObject):
    """Does some things a moment after they were asked for, once for all that was asked meanwhile.

    They share out that moment, so that no step of the hand waits for all of them.

    Parameters
    ----------
    parent : QObject
    *follow : callable
        Each shows what is there by then.
    """

    def __init__(self, parent: QObject, *follow: Callable[[], object]) -> None:
        super().__init__(parent)
        self._follow = follow
        #: Which is the next, and how many are to be done until nothing is due.
        self._next = self._left = 0
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(BEHIND // len(follow))
        self._due.timeout.connect(self._go_on)

    @property
    def is_due(self) -> bool:
        """Whether something is still to be shown."""
        return self._left > 0

    def ask(self) -> None:
        """Have all of it done soon; what is due already is not put off."""
        if not self.is_due:
            self._due.start()
        self._left = len(self._follow)

    def now(self) -> None:
        """Do all of it at once, and not later."""
        self._due.stop()
        self._left = self._next = 0
        for follow in self._follow:
            follow()

    def _go_on(self) -> None:
        follow = self._follow[self._next]
        self._next, self._left = (self._next + 1) % len(self._follow), self._left - 1
        if self.is_due:
            self._due.start()
        follow()
