"""One window for files that are given to the program from outside: what is asked of a second one goes to the first."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import sys
from collections.abc import Callable
from typing import cast

from PyQt6.QtCore import QEvent, QObject, QSettings
from PyQt6.QtGui import QFileOpenEvent
from PyQt6.QtNetwork import QLocalServer, QLocalSocket

from maskeditor.model.given import Given
from maskeditor.ui.qt import running_application, sure

#: Milliseconds that a window has to answer; one that does not is taken for none.
PATIENCE = 2000
#: Bytes that a second program may send: a few paths.
_LONGEST = 1 << 16
_TAKEN = b"taken\n"
#: Bytes that the name of a socket may have as a path, on every system.
_LONGEST_NAME = 100
#: Whether the system gives files to a program that runs. To hear of it is to hear of every event of every widget, each
#: of which then waits for Python.
GIVES_FILES: bool = sys.platform == "darwin"


def address() -> str:
    """Return the name under which the window of this user, with these settings, listens; others cannot ask it."""
    whose = f"{getpass.getuser()}\0{QSettings().fileName()}"
    name = f"maskeditor-{hashlib.sha256(whose.encode()).hexdigest()[:16]}"
    # What a killed window has left goes from there when the user logs out; else it lies among temporary files.
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    place = os.path.join(own, name)  # noqa: PTH118 - a socket's name is text
    # (Who has become another user may still be told of a folder that is not theirs.)
    may_write = os.path.isdir(own) and os.access(own, os.W_OK | os.X_OK)  # noqa: PTH112 - Path raises where it may not look
    return place if may_write and len(os.fsencode(place)) <= _LONGEST_NAME else name


def hand_over(given: Given) -> bool:
    """Ask a window that is open to open something; return whether one has taken it.

    Parameters
    ----------
    given : Given
        Relative paths are taken from here.
    """
    socket = QLocalSocket()
    socket.connectToServer(address())
    if not socket.waitForConnected(PATIENCE):
        return False
    socket.write(json.dumps([None if path is None else str(path.absolute()) for path in given]).encode() + b"\n")
    while not socket.canReadLine():
        if not socket.waitForReadyRead(PATIENCE):
            return False
    return bytes(socket.readLine().data()) == _TAKEN


class Receiver(QObject):
    """Takes what other programs, or the system, give to this window, and holds it until the window can open it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._held: list[Given] = []
        self._take: Callable[[Given], object] = self._held.append
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._connected)
        # Where another window listens already, that one is asked. A name that a killed window has left is taken over.
        if not _is_answered():
            QLocalServer.removeServer(address())
            self._server.listen(address())
        if GIVES_FILES:
            running_application().installEventFilter(self)
        running_application().aboutToQuit.connect(self.close)

    def begin(self, take: Callable[[Given], object]) -> None:
        """Open what was given, and what will be.

        Parameters
        ----------
        take : callable of Given
            Opens it.
        """
        self._take = take
        for given in self._held:
            take(given)
        self._held.clear()

    def close(self) -> None:
        """Take nothing more."""
        running_application().removeEventFilter(self)
        self._server.close()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take a file that the system (macOS) gives to the running program."""
        if event is not None and event.type() == QEvent.Type.FileOpen:
            self._take(Given.of(cast(QFileOpenEvent, event).file()))
            return True
        return super().eventFilter(watched, event)

    def _connected(self) -> None:
        # Of the server, with which it goes: there are few, and Qt warns of its own when one goes before.
        socket = sure(self._server.nextPendingConnection())
        socket.readyRead.connect(lambda: self._read(socket))

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() > _LONGEST:
                socket.abort()
            return
        given = _given(bytes(socket.readLine().data()))
        if given is None:
            socket.abort()
            return
        socket.write(_TAKEN)
        socket.flush()
        # Who has lost patience opens it in a window of its own.
        if socket.state() == QLocalSocket.LocalSocketState.ConnectedState:
            self._take(given)


def _is_answered() -> bool:
    socket = QLocalSocket()
    socket.connectToServer(address())
    return socket.waitForConnected(PATIENCE)


def _given(line: bytes) -> Given | None:
    """Return what a line asks for; None if it is no such line."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if (
        not isinstance(found, list)
        or len(found) != len(Given._fields)
        or not all(one is None or isinstance(one, str) for one in found)
    ):
        return None
    return Given.of(*found)
