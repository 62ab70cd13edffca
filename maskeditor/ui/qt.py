"""What PyQt says may be missing, and is there."""

from __future__ import annotations

from typing import TypeVar

from PyQt6.QtWidgets import QApplication

T = TypeVar("T")


def sure(value: T | None) -> T:
    """Return a part of a widget that PyQt's types hold to be optional.

    Raises
    ------
    RuntimeError
        If it is missing after all.
    """
    if value is None:
        raise RuntimeError("A part of the window is missing.")
    return value


def running_application() -> QApplication:
    """Return the application object that `main` has made."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("The application has not been started.")
    return app
