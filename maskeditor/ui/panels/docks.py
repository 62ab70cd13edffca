"""The dock that a panel lies in."""

from __future__ import annotations

from PyQt6.QtWidgets import QDockWidget, QWidget


def dock_of(panel: QWidget) -> QDockWidget | None:
    """Return the dock that a panel lies in; None where it stands by itself."""
    dock = panel.parentWidget()
    while dock is not None and not isinstance(dock, QDockWidget):
        dock = dock.parentWidget()
    return dock


def come_up(panel: QWidget) -> None:
    """Have a panel be seen, also where it was closed or lay behind others."""
    dock = dock_of(panel)
    if dock is not None:
        dock.show()
        dock.raise_()


def come_to_the_front(panel: QWidget) -> None:
    """Have a panel be seen that lies behind others; one that was closed stays so."""
    dock = dock_of(panel)
    if dock is not None and not dock.isHidden():
        dock.raise_()
