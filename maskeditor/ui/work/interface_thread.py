"""The way from any thread to that of the interface: the only place where another thread touches an object of Qt."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from PyQt6 import sip
from PyQt6.QtCore import QObject, Qt, pyqtSignal, pyqtSlot

Call = Callable[..., object]


def call_on_interface(owner: QObject, call: Call, *values: object) -> None:
    """Have something called on the interface's thread, once it is the turn of the event that asks for it.

    Any thread may ask, at any time: what its request goes through is never taken apart.

    Parameters
    ----------
    owner : QObject
        Whose affair it is: nothing is called once Qt has taken that apart.
    call : callable
    *values
        What it is called with.
    """
    door().asked.emit(owner, call, values)


@cache
def door() -> _Door:
    """Return what all requests go through; made when it is first asked for, which the interface's thread does."""
    return _Door()


class _Door(QObject):
    """Belongs to nobody, so that Qt takes it apart with nobody."""

    asked = pyqtSignal(object, object, object)

    def __init__(self) -> None:
        super().__init__()
        # A request of the interface's own thread waits for its turn as the others do.
        self.asked.connect(self._call, type=Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    @pyqtSlot(object, object, object)
    def _call(self, owner: QObject, call: Call, values: tuple[object, ...]) -> None:
        if not sip.isdeleted(owner):
            call(*values)
