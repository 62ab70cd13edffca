"""The brush as it is set now: shared by the tools that paint, and by whatever shows or changes its settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.model.strokes import Brush


class BrushInHand(QObject):
    """Keeps the brush's settings.

    Parameters
    ----------
    parent : QObject
    """

    changed = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.settings = Brush()

    def change(self, **settings: Any) -> None:
        """Change settings of the brush."""
        self.settings = replace(self.settings, **settings)
        self.changed.emit()

    def resize(self, steps: float) -> None:
        """Make the brush some steps larger, or smaller for a negative number."""
        self.change(radius=self.settings.resized(steps))
