"""Room for a panel among the docks that stand above one another."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QWidget

Heights = list[tuple[QDockWidget, int]]


def dock_of(panel: QWidget) -> QDockWidget | None:
    """Return the dock that a panel stands in, if it stands in one."""
    dock = panel.parentWidget()
    while dock is not None and not isinstance(dock, QDockWidget):
        dock = dock.parentWidget()
    return dock


def make_room(panel: QWidget, height: int) -> Heights:
    """Give a panel so many pixels of height, from those that stand above and below it; return what all had."""
    dock, window = dock_of(panel), panel.window()
    if dock is None or dock.isFloating() or not isinstance(window, QMainWindow):
        return []
    beside = [
        other
        for other in window.findChildren(QDockWidget)
        if other.isVisible() and not other.isFloating() and window.dockWidgetArea(other) is window.dockWidgetArea(dock)
    ]
    before = [(other, other.height()) for other in beside]
    # Of the rest, each keeps as much of its height as the others do.
    rest = sum(had for other, had in before if other is not dock)
    left = max(1, rest + dock.height() - height)
    heights = [height if other is dock else max(1, had * left // max(1, rest)) for other, had in before]
    window.resizeDocks(beside, heights, Qt.Orientation.Vertical)
    return before


def give_back(heights: Heights) -> None:
    """Give docks the heights that they had."""
    for window in {dock.parentWidget() for dock, _ in heights}:
        if isinstance(window, QMainWindow):
            docks = [(dock, height) for dock, height in heights if dock.isVisible()]
            window.resizeDocks([dock for dock, _ in docks], [height for _, height in docks], Qt.Orientation.Vertical)
