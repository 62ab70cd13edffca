"""Ctrl+C, the end of the terminal and the system's wish that the program ends: it does so in order, and keeps all."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QObject, QSocketNotifier, QTimer

#: What ends the program, and what each does unless somebody has seen to it already.
_USUAL: dict[signal.Signals, Callable[[int, FrameType | None], object] | signal.Handlers] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
if sys.platform != "win32":
    _USUAL[signal.SIGHUP] = signal.SIG_DFL
#: What a shell adds to a signal's number for the exit status of who was ended by it.
_BY_SIGNAL = 128


class Interrupts(QObject):
    """Ends the event loop when a signal asks for it, until it is closed.

    Nothing is asked: the journal is kept, and the next start offers the session.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        # Python hears of a signal when it next runs, and while nobody moves a hand, nothing of it runs.
        self._ours, self._theirs = socket.socketpair()
        for end in (self._ours, self._theirs):
            end.setblocking(False)
        self._notifier = QSocketNotifier(sip.voidptr(self._ours.fileno()), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(lambda: self._ours.recv(1))
        self._woken_before = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        self._heard = [number for number, usual in _USUAL.items() if signal.getsignal(number) is usual]
        for number in self._heard:
            signal.signal(number, self._end)

    def close(self) -> None:
        """Leave signals as they were."""
        for number in self._heard:
            signal.signal(number, _USUAL[number])
        signal.set_wakeup_fd(self._woken_before)
        self._notifier.setEnabled(False)
        self._ours.close()
        self._theirs.close()

    @staticmethod
    def _end(number: int, frame: FrameType | None) -> None:
        # By an event, as a loop that is about to begin would not hear of it.
        QTimer.singleShot(0, partial(QCoreApplication.exit, _BY_SIGNAL + number))
