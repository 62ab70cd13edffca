"""Memory goes back to the system once nothing is worked out any more."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from maskeditor.core.history.document import Document

#: Milliseconds without a move, a preview or work, after which what is kept to work faster goes.
IDLE = 10_000


class Rest(QObject):
    """Has the document let go of what it keeps to work faster: smoothed images, means, memory of earlier results.

    The one rule: it is kept while it is needed or anything runs, and for some seconds after the last stir.

    Parameters
    ----------
    document : callable
        Returns the open document, or None.
    working, needed : callable
        Return whether anything is being worked out, and whether what is kept will be asked for again.
    """

    #: The document came to rest.
    came = pyqtSignal()

    def __init__(
        self,
        document: Callable[[], Document | None],
        working: Callable[[], bool],
        needed: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._working = working
        self._needed = needed
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(IDLE)
        self._timer.timeout.connect(self._rest)

    def stir(self) -> None:
        """Wait anew, as something was done."""
        self._timer.start()

    def _rest(self) -> None:
        document = self._document()
        if self._working():
            self.stir()
        elif document is not None and not self._needed():
            document.rest()
            self.came.emit()
