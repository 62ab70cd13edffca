"""How long work reports how far it has come, and learns that it should stop."""

from __future__ import annotations

import threading
from collections.abc import Callable

from maskeditor.engine.errors import Cancelled

#: What is called with the fraction done, from 0 to 1, and may raise to stop the work.
Reporter = Callable[[float], None]


def silent(_fraction: float) -> None:
    """Report progress to nobody."""


class Progress:
    """A fraction that only grows, and a request to stop.

    Call it with the fraction done (0 to 1); it raises `Cancelled` once `cancel` was called from any thread.

    Parameters
    ----------
    report : callable of float, optional
        Told each new fraction, on the working thread.

    Examples
    --------
    >>> seen = []
    >>> progress = Progress(seen.append)
    >>> progress(0.5); progress.part(0.5, 1.0)(0.5)
    >>> seen
    [0.5, 0.75]
    """

    def __init__(self, report: Callable[[float], None] | None = None) -> None:
        self._report = report
        self._fraction = 0.0
        self._cancelled = threading.Event()

    def within(self, start: float, stop: float) -> Progress:
        """Return the progress of a part of the work, which hears the same request to stop."""
        inner = Progress(self.part(start, stop))
        inner._cancelled = self._cancelled
        return inner

    def __call__(self, fraction: float) -> None:
        """Report the fraction done; raise `Cancelled` if the work should stop."""
        if self._cancelled.is_set():
            raise Cancelled
        if fraction > self._fraction:
            self._fraction = min(1.0, fraction)
            if self._report is not None:
                self._report(self._fraction)

    def cancel(self) -> None:
        """Ask the work to stop at its next report."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def part(self, start: float, stop: float) -> Callable[[float], None]:
        """Return a reporter whose 0 to 1 is `start` to `stop` of this one."""
        return lambda fraction: self(start + fraction * (stop - start))
