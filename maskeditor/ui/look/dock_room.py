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
    """Give a panel so many pixels of height, or what there is, from those that stand above it; return what all had."""
    dock, window = dock_of(panel), panel.window()
    if dock is None or dock.isFloating() or not isinstance(window, QMainWindow):
        return []
    beside = [
        other
        for other in window.findChildren(QDockWidget)
        if other.isVisible() and not other.isFloating() and window.dockWidgetArea(other) is window.dockWidgetArea(dock)
    ]
    before = [(other, other.height()) for other in beside]
    # What is below may belong to it, and keeps all.
    spare = {other: max(0, had - other.minimumSizeHint().height()) for other, had in before if other.y() < dock.y()}
    room = sum(spare.values())
    more = min(height - dock.height(), room)
    if more <= 0:
        return []
    heights = [had - spare.get(other, 0) * more // room + more * (other is dock) for other, had in before]
    window.resizeDocks(beside, heights, Qt.Orientation.Vertical)
    return before


def give_back(heights: Heights) -> None:
    """Give docks the heights that they had."""
    for window in {dock.parentWidget() for dock, _ in heights}:
        if isinstance(window, QMainWindow):
            docks = [(dock, height) for dock, height in heights if dock.isVisible()]
            window.resizeDocks([dock for dock, _ in docks], [height for _, height in docks], Qt.Orientation.Vertical)
