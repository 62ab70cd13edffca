"""What PyQt says may be missing and is there, and what widgets of all rooms do."""

from __future__ import annotations

from typing import TypeVar

from PyQt6.QtWidgets import QApplication, QWidget

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


def mark_error(widget: QWidget, wrong: bool) -> None:
    """Show by a widget's look, as the style sheet has it, whether what it shows is wrong."""
    if bool(widget.property("error")) != wrong:
        widget.setProperty("error", wrong)
        sure(widget.style()).polish(widget)


def running_application() -> QApplication:
    """Return the application object that `main` has made."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("The application has not been started.")
    return app
