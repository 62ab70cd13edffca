"""Work beside the interface: threads that take one piece of work after another and bring back the results."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from PyQt6.QtCore import QObject, pyqtSignal, pyqtSlot

from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress

Result = TypeVar("Result")

#: By how much a worker stands back behind the interface's thread; Linux counts it by thread.
NICENESS = 10


#: Seconds between two reports of progress.
REPORTED = 0.03


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

    #: A result that is handed over, and the progress of its work.
    _call = pyqtSignal(object, object)
    progressed = pyqtSignal(float)

    def __init__(self, name: str, newest_wins: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._newest_wins = newest_wins
        self._waiting: list[_Work] = []
        self._running: Progress | None = None
        # Of results that are on their way to the interface's thread.
        self._arriving: list[Progress] = []
        self._closed = False
        self._changed = threading.Condition()
        self._call.connect(self._run)
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._thread.start()

    def submit(
        self,
        work: Callable[[Progress], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> Progress:
        """Have some work done; `done` or `failed` is called later, neither once it was cancelled by newer work.

        Returns
        -------
        Progress
            Its `cancel` stops the work; `failed` is then called with `Cancelled`.
        """
        progress = Progress(_now_and_then(self.progressed.emit))
        with self._changed:
            if self._newest_wins:
                self._drop()
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

    def close(self, seconds: float = 5.0) -> None:
        """Stop the thread; wait for it for some time."""
        with self._changed:
            self._closed = True
            self._drop()
            self._changed.notify()
        self._thread.join(seconds)

    @pyqtSlot(object, object)
    def _run(self, call: Callable[[], None], progress: Progress) -> None:
        # A slot of an object of the interface's thread: the emission from the worker is queued to that thread.
        try:
            # Newer work may have been asked for while this result was on its way.
            if not (self._newest_wins and progress.cancelled):
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
        # Threads that hand the interpreter to each other are put on one core, where the interface would wait its turn.
        if sys.platform == "linux":
            with suppress(OSError):  # not every sandbox lets a thread step back
                nice = os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
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
            self._call.emit(lambda: receive(outcome), task.progress)
