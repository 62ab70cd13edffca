"""Room for a panel that needs more: height from the docks above and below it, width from the planes."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

from maskeditor.ui.look.scrolled import Scrolled

Heights = dict[QDockWidget, int]

#: The planes keep so much of the width of a window.
_OF_PLANES = 0.5


def take_room(panel: QWidget, *, scrolls_others: bool) -> Heights:
    """Make the dock that a widget is in as high as it would like to be, as far as those beside it can spare it.

    Parameters
    ----------
    panel : QWidget
    scrolls_others : bool
        Whether those beside it may have to be scrolled then.

    Returns
    -------
    dict of QDockWidget to int
        How high it and the docks above and below were, tabs counted; empty if nothing was changed.
    """
    dock, window = dock_of(panel), panel.window()
    body = dock.widget() if dock is not None else None
    if dock is None or body is None or not isinstance(window, QMainWindow):
        return {}
    # Those behind a tab are visible to Qt; counted too, they would take the room of the one in front twice.
    before = {
        other: _height(window, other)
        for other in window.findChildren(QDockWidget)
        if window.dockWidgetArea(other) is window.dockWidgetArea(dock)
        and (other is dock or not other.visibleRegion().isEmpty())
        and other not in window.tabifiedDockWidgets(dock)
    }
    wanted = max(0, body.sizeHint().height() - body.height())
    heights = dict(before)
    for other in before:
        if other is not dock:
            spared = min(wanted, _spare(other, scrolls_others))
            heights[other] -= spared
            heights[dock] += spared
            wanted -= spared
    if heights == before:
        return {}
    give_room(window, heights)
    return before


def widen(panel: QWidget, by: int) -> None:
    """Make the dock that a widget is in wider by so many pixels, if the planes stay wide enough."""
    dock, window = dock_of(panel), panel.window()
    if by <= 0 or dock is None or not isinstance(window, QMainWindow) or (planes := window.centralWidget()) is None:
        return
    if planes.width() - by >= _OF_PLANES * window.width():
        window.resizeDocks([dock], [dock.width() + by], Qt.Orientation.Horizontal)


def dock_of(panel: QWidget) -> QDockWidget | None:
    """Return the dock that a widget is in, if it is in one."""
    around = panel.parentWidget()
    while around is not None and not isinstance(around, QDockWidget):
        around = around.parentWidget()
    return around


def give_room(window: QWidget | None, heights: Heights) -> None:
    """Make docks of a window so high."""
    if isinstance(window, QMainWindow) and heights:
        window.resizeDocks(list(heights), list(heights.values()), Qt.Orientation.Vertical)


def _height(window: QMainWindow, dock: QDockWidget) -> int:
    """Return how high a dock is to `QMainWindow.resizeDocks`, which counts the tabs below it of those behind."""
    height = dock.height()
    for tabs in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if tabs.isVisible() and tabs.geometry().intersects(dock.geometry().adjusted(0, 0, 0, tabs.height())):
            height += tabs.height()
    return height


def _spare(dock: QDockWidget, may_scroll: bool) -> int:
    """Return by how much a dock can be lower."""
    body = dock.widget()
    if not isinstance(body, Scrolled) or (held := body.widget()) is None:
        return 0
    return max(0, body.height() - (body if may_scroll else held).minimumSizeHint().height())
