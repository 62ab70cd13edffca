"""Work beside the interface: threads that take one piece of work after another and bring back the results."""

from __future__ import annotations

import atexit
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar
from weakref import WeakSet

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal

from maskeditor.engine.errors import Cancelled
from maskeditor.engine.parallel import stand_back
from maskeditor.engine.progress import Progress
from maskeditor.ui.qt import sure
from maskeditor.ui.work.interface_thread import call_on_interface, door

Result = TypeVar("Result")

#: Seconds between two reports of progress.
REPORTED = 0.03
#: Seconds that work has to end once it is cancelled for good.
PATIENCE = 5.0


def _now_and_then(report: Callable[[float], None]) -> Callable[[float], None]:
    """Pass on few enough of a worker's reports: each wakes the interface, and work may make a thousand in a moment."""
    last = -math.inf

    def passed_on(fraction: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= REPORTED:
            last = now
            report(fraction)

    return passed_on


class _Work(NamedTuple):
    work: Callable[[Progress], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]
    progress: Progress


class Lane(QObject):
    """One thread, and the work waiting for it; results come back on the interface's thread.

    Parameters
    ----------
    name : str
        Of the thread.
    newest_wins : bool
        Whether new work cancels what runs and waits, as previews want it.
    """

    progressed = pyqtSignal(float)

    def __init__(self, name: str, newest_wins: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._newest_wins = newest_wins
        self._waiting: list[_Work] = []
        self._running: Progress | None = None
        # Of results that are on their way to the interface's thread.
        self._arriving: list[Progress] = []
        self._closed = False
        # When nobody waits any longer for it to end.
        self._until = math.inf
        self._changed = threading.Condition()
        door()
        _end_with_program()
        _LANES.add(self)
        # However it goes, it takes up nothing more. (A method of its own would not be called any more.)
        self.destroyed.connect(lambda _: self.stop())
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._thread.start()

    def submit(
        self,
        work: Callable[[Progress], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> Progress:
        """Have some work done; `done` or `failed` is called later.

        Neither is called once it was cancelled by newer work, or the lane is closed.

        Returns
        -------
        Progress
            Its `cancel` stops the work; `failed` is then called with `Cancelled`.
        """
        progress = Progress(_now_and_then(partial(call_on_interface, self, self.progressed.emit)))
        with self._changed:
            if self._newest_wins:
                self._drop()
            if not self._closed:
                self._waiting.append(_Work(work, done, failed, progress))
                self._changed.notify()
        return progress

    def cancel(self) -> None:
        """Stop what runs and forget what waits."""
        with self._changed:
            self._drop()

    @property
    def busy(self) -> bool:
        """Whether anything runs or waits, or a result is still on its way."""
        with self._changed:
            return self._running is not None or bool(self._waiting or self._arriving)

    def stop(self) -> None:
        """Cancel what runs, forget what waits, and take up nothing more."""
        with self._changed:
            if not self._closed:
                self._closed, self._until = True, time.monotonic() + PATIENCE
            self._drop()
            self._changed.notify()

    def close(self) -> bool:
        """Stop, and wait until the thread has ended, but no longer than a few seconds from when it was first stopped.

        Returns
        -------
        bool
            Whether it has ended.
        """
        self.stop()
        self._thread.join(max(0.0, self._until - time.monotonic()))
        return not self._thread.is_alive()

    def _run(self, call: Callable[[], None], progress: Progress) -> None:
        try:
            # Newer work may have been asked for while this result was on its way.
            if not (self._closed or (self._newest_wins and progress.cancelled)):
                call()
        finally:
            with self._changed:
                self._arriving.remove(progress)

    def _drop(self) -> None:
        self._waiting.clear()
        if self._running is not None:
            self._running.cancel()
        if self._newest_wins:
            for progress in self._arriving:
                progress.cancel()

    def _live(self) -> None:
        stand_back()
        while True:
            with self._changed:
                self._running = None
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                task = self._waiting.pop(0)
                self._running = task.progress
            self._bring_back(task, *self._outcome(task))
            # A thread that waits must not hold on to what its last work was about, such as an image closed since.
            del task

    @staticmethod
    def _outcome(task: _Work) -> tuple[Callable[[Any], None], Any]:
        try:
            return task.done, task.work(task.progress)
        except Exception as error:
            return task.failed, error

    def _bring_back(self, task: _Work, receive: Callable[[Any], None], outcome: Any) -> None:
        if self._newest_wins and (task.progress.cancelled or isinstance(outcome, Cancelled)):
            return
        if not self._closed:
            with self._changed:
                self._arriving.append(task.progress)
            call_on_interface(self, self._run, lambda: receive(outcome), task.progress)


#: All that are not closed and gone.
_LANES: WeakSet[Lane] = WeakSet()


def close_lanes(lanes: Iterable[Lane] | None = None) -> bool:
    """Close some lanes, by default all there are, and wait for all of them together no longer than for one.

    Returns
    -------
    bool
        Whether the threads of all have ended.
    """
    found = list(_LANES if lanes is None else lanes)
    for lane in found:
        lane.stop()
    ended = [lane.close() for lane in found]
    return all(ended)


def leave(status: int) -> None:
    """End the process at once if the thread of a lane has not ended in time; call it when all else has ended.

    Such a thread comes back, from a library that hears of no cancelling, to an interpreter and to objects of Qt that
    are taken down meanwhile, which is the end by a signal. What is to be kept is on the disk by then.

    Parameters
    ----------
    status : int
        The exit status.
    """
    if close_lanes():
        return
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # there may be none, or nobody who reads it
            stream.flush()
    os._exit(status)


@cache
def _end_with_program() -> None:
    """See to it that no thread outlives the event loop, nor the interpreter where there has been no loop."""
    sure(QCoreApplication.instance()).aboutToQuit.connect(close_lanes)
    # Before PyQt takes its objects down: it asked first, and who asks last is called first.
    atexit.register(leave, 1)
