"""Long work for the window: one piece at a time, beside the interface, with progress, a cancel, and errors shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.model.abilities import BUSY
from maskeditor.ui.work.turns import Turns
from maskeditor.ui.work.worker import Lane

Result = TypeVar("Result")
Failed = Callable[[MaskEditorError], None]


class Jobs(QObject):
    """Does one long piece of work at a time; whoever asks for another meanwhile is asked to wait, or waits.

    Parameters
    ----------
    turns : Turns
        In whose order it is done.
    """

    busy_changed = pyqtSignal()
    progressed = pyqtSignal(float)
    #: A sentence in passing, and one that the user must see.
    message = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, turns: Turns, parent: QObject | None = None) -> None:
        super().__init__(parent)
        #: What runs, such as "Opening"; empty when nothing does.
        self.task = ""
        self._turns = turns
        self._is_brief = False
        self._running: Progress | None = None
        self._lane = Lane("jobs", parent=self)
        self._lane.progressed.connect(self.progressed)

    @property
    def running(self) -> bool:
        """Whether anything runs."""
        return self._running is not None

    @property
    def busy(self) -> bool:
        """Whether something long runs, while which nothing is edited."""
        return self.running and not self._is_brief

    @property
    def working(self) -> bool:
        """Whether anything runs, or a result is still on its way."""
        return self.running or self._lane.busy

    def run(
        self,
        task: str,
        work: Callable[[Progress], Result],
        done: Callable[[Result], None],
        failed: Failed | None = None,
        brief: bool = False,
    ) -> None:
        """Do long work on the worker, which can be cancelled.

        Parameters
        ----------
        task : str
            Shown beside the progress bar, such as "Opening".
        work : callable
            Called with a `Progress` on the worker's thread.
        done, failed : callable
            Called on the interface's thread with the result or the error; by default an error is shown.
        brief : bool
            Whether editing goes on meanwhile, and what is asked for waits until it is done.
        """
        self._turns.in_turn(lambda: self._run(task, work, done, failed, brief))

    def _run(
        self,
        task: str,
        work: Callable[[Progress], Result],
        done: Callable[[Result], None],
        failed: Failed | None,
        brief: bool,
    ) -> None:
        if self.running:
            self.say_busy()
            return

        def finish(result: Result) -> None:
            self._end(lambda: done(result), failed)

        def fail(error: Exception) -> None:
            def again() -> None:
                raise error

            self._end(again, failed)

        self.task, self._is_brief = task, brief
        self._turns.begin(brief)
        self._running = self._lane.submit(work, finish, fail)
        self.busy_changed.emit()

    def _end(self, hand_over: Callable[[], None], failed: Failed | None) -> None:
        def end() -> None:
            self._running, self.task = None, ""
            self.busy_changed.emit()
            self.attempt(hand_over, failed)

        self._turns.end(end)

    def attempt(self, call: Callable[[], None], failed: Failed | None = None) -> None:
        """Do something at once; what goes wrong is shown, or given to `failed`."""
        try:
            call()
        except Cancelled as error:
            self.message.emit(str(error))
        except MaskEditorError as error:
            if failed is not None:
                failed(error)
            else:
                self.failed.emit(str(error))

    def report(self, error: Exception) -> None:
        """Show what went wrong elsewhere; what is no fault of the user's is raised."""

        def again() -> None:
            raise error

        self.attempt(again)

    def say_busy(self) -> None:
        """Say that something runs that has to end first."""
        self.message.emit(BUSY)

    def cancel(self) -> None:
        """Stop what runs."""
        if self._running is not None:
            self._running.cancel()

    def close(self) -> None:
        """Stop for good."""
        self._lane.close()
