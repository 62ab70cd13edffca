"""How a panel is declared: one `PANEL` in its file, from which the window makes its dock and its entry in the menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget

from maskeditor.ui.work.editor import Editor


@dataclass(frozen=True)
class PanelDeclaration:
    """A panel's dock, and how the panel is made.

    Parameters
    ----------
    id : str
    title : str
        Of the dock, and in the menu. Remembered layouts know the dock by it.
    area : Qt.DockWidgetArea
        The side of the views where it stands at first.
    order : int
        Its place in the menu, and from the top among the panels of its side.
    make : callable of Editor
        Returns the panel.
    share : int
        Of the height of its side, beside the shares of others there.
    beside : str
        Id of the panel, declared before it, whose room it shares: one of the two is seen.
    open : bool
        Whether it is seen before anybody has opened or closed it.
    """

    id: str
    title: str
    area: Qt.DockWidgetArea
    order: int
    make: Callable[[Editor], QWidget]
    share: int = 1
    beside: str = ""
    open: bool = True
