"""What the person at this window prefers: kept in the settings, and followed wherever it shows."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.model.preferences import Preferences, read, written
from maskeditor.ui.look.kept import keep, kept


class Preferred(QObject):
    """Holds the preferences; every change is kept and followed at once."""

    #: The names of those that are others now, a frozenset.
    changed = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        #: `findings` are sentences on what could not be read.
        self.value, self.findings = read(kept())

    def change(self, **values: Any) -> None:
        """Change some of them.

        Raises
        ------
        pydantic.ValidationError
            If one cannot be so; then none is changed.
        """
        before, self.value = self.value, Preferences(**{**dict(self.value), **values})
        names = frozenset(name for name in values if getattr(before, name) != getattr(self.value, name))
        for name in names:
            keep(name, written(self.value, name))
        if names:
            self.changed.emit(names)
