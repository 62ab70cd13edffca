"""The style of the program: that of Qt, and what is done to every widget before it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt6.QtWidgets import QProxyStyle, QWidget


class MeetingStyle(QProxyStyle):
    """A style of Qt's that meets every widget before it is first shown, whoever made it.

    Parameters
    ----------
    name : str
        The style underneath.
    *meet : callable of QWidget
        What is done to each widget, perhaps several times.
    """

    def __init__(self, name: str, *meet: Callable[[QWidget], None]) -> None:
        super().__init__(name)
        self._meet = meet

    def polish(self, what: Any) -> Any:
        """Prepare a widget (or, for Qt has three methods of this name, the palette or the application)."""
        if isinstance(what, QWidget):
            for meet in self._meet:
                meet(what)
        return super().polish(what)
