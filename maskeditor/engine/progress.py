"""How long work reports how far it has come, and learns that it should stop."""

from __future__ import annotations

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
    whole : Progress, optional
        That this one is a part of: it hears the same request to stop.

    Examples
    --------
    >>> seen = []
    >>> progress = Progress(seen.append)
    >>> progress(0.5); progress.part(0.5, 1.0)(0.5)
    >>> seen
    [0.5, 0.75]
    """

    def __init__(self, report: Callable[[float], None] | None = None, whole: Progress | None = None) -> None:
        self._report = report
        self._whole = whole
        self._fraction = 0.0
        # Nobody waits for it, and an event takes longer to make than all else here.
        self._is_cancelled = False

    def within(self, start: float, stop: float) -> Progress:
        """Return the progress of a part of the work, which hears the same request to stop."""
        return Progress(self.part(start, stop), self)

    def __call__(self, fraction: float) -> None:
        """Report the fraction done; raise `Cancelled` if the work should stop."""
        if self.cancelled:
            raise Cancelled
        if fraction > self._fraction:
            self._fraction = min(1.0, fraction)
            if self._report is not None:
                self._report(self._fraction)

    def cancel(self) -> None:
        """Ask the work to stop at its next report."""
        if self._whole is not None:
            self._whole.cancel()
        else:
            self._is_cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._is_cancelled if self._whole is None else self._whole.cancelled

    def part(self, start: float, stop: float) -> Callable[[float], None]:
        """Return a reporter whose 0 to 1 is `start` to `stop` of this one."""
        return lambda fraction: self(start + fraction * (stop - start))
