"""What the person at this window prefers: kept in the settings, and followed wherever it shows."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from maskeditor.model.preferences import Preferences, read, written
from maskeditor.ui.look.kept import keep, kept

#: Milliseconds without a change after which they are kept: settings are a file, and a slider changes one many times.
QUIET = 400


class Preferred(QObject):
    """Holds the preferences; every change is followed at once, and kept a moment later."""

    #: The names of those that are others now, a frozenset.
    changed = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        #: `findings` are sentences on what could not be read.
        self.value, self.findings = read(kept())
        self._unkept: set[str] = set()
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.setInterval(QUIET)
        self._pace.timeout.connect(self.keep)

    def change(self, **values: Any) -> None:
        """Change some of them.

        Raises
        ------
        pydantic.ValidationError
            If one cannot be so; then none is changed.
        """
        before, self.value = self.value, Preferences(**{**dict(self.value), **values})
        names = frozenset(name for name in values if getattr(before, name) != getattr(self.value, name))
        if names:
            self._unkept |= names
            self._pace.start()
            self.changed.emit(names)

    def keep(self) -> None:
        """Keep what was changed, now."""
        self._pace.stop()
        for name in self._unkept:
            keep(name, written(self.value, name))
        self._unkept.clear()
