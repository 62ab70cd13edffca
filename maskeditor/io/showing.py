"""How often a search shows what it has found so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

Known = TypeVar("Known")


class Showing(Generic[Known]):
    """Shows what a search knows, several times a second; however long that takes, most of the time is the search's.

    Parameters
    ----------
    show : callable, optional
        Shown all that is known so far.
    """

    #: Seconds between two showings.
    INTERVAL = 0.2

    def __init__(self, show: Callable[[Known], object] | None) -> None:
        self._show = show
        self._next = time.monotonic() + self.INTERVAL

    def show_if_due(self, known: Callable[[], Known]) -> None:
        """Put together what is known, and show it, if it is time."""
        now = time.monotonic()
        if self._show is not None and now > self._next:
            self._show(known())
            self._next = time.monotonic() + max(self.INTERVAL, 4 * (time.monotonic() - now))
