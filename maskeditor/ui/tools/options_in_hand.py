"""The options of a tool as they are set now: shared by the tools that have them, and by whatever shows or sets them."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.model.tool_options import ToolOptions

Options = TypeVar("Options", bound=ToolOptions)


class OptionsInHand(QObject, Generic[Options]):
    """Keeps options.

    Parameters
    ----------
    start : ToolOptions
    parent : QObject
    """

    changed = pyqtSignal()

    def __init__(self, start: Options, parent: QObject) -> None:
        super().__init__(parent)
        self.settings = start

    def set(self, settings: Options) -> None:
        """Take other options."""
        if settings != self.settings:
            self.settings = settings
            self.changed.emit()

    def change(self, **values: Any) -> None:
        """Change some of the options, as the declaration allows."""
        self.set(self.settings.changed(values))

    def resize(self, steps: float) -> None:
        """Make what has a radius some steps larger, or smaller for a negative number."""
        self.set(self.settings.resized(steps))
