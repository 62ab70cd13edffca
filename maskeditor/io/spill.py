"""Where the history puts what it cannot hold in memory."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable
from threading import Lock


class Spill:
    """A temporary file that takes bytes and gives them back; it is gone when the program ends.

    Examples
    --------
    >>> spill = Spill()
    >>> read = spill.keep(b"bits")
    >>> spill.keep(b"more")(), read()
    (b'more', b'bits')
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="maskeditor-")  # noqa: SIM115 - lives as long as the history
        self._lock = Lock()
        weakref.finalize(self, self._file.close)

    def keep(self, data: bytes) -> Callable[[], bytes]:
        """Write bytes away and return what reads them back."""
        with self._lock:
            start = self._file.seek(0, 2)
            self._file.write(data)

        def read() -> bytes:
            with self._lock:
                self._file.seek(start)
                return self._file.read(len(data))

        return read
