"""What the histogram offers besides: ranges in HU, the window as numbers, bins as a table, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QActionGroup
from PyQt6.QtWidgets import QMenu, QToolButton, QWidget, QWidgetAction

from maskeditor.model.hounsfield import TISSUES
from maskeditor.ui.histogram.window_page import WindowPage
from maskeditor.ui.qt import sure

if TYPE_CHECKING:
    from maskeditor.model.intensity_range import Bounds
    from maskeditor.model.view.viewer import Viewer


class MoreButton(QToolButton):
    """The button that opens the menu; it is empty until `fill`."""

    #: A range was chosen: its ends.
    range_chosen = pyqtSignal(object)
    #: The table of bins is asked for.
    bins_asked = pyqtSignal()
    #: It is to stand elsewhere, as preferences name it.
    place_chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText("…")
        self.setAccessibleName("More of the histogram")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip("Ranges in HU, window and level, bins, and where the histogram stands")
        self.window_page: WindowPage | None = None
        self._in_hounsfield: QMenu | None = None
        self._places: dict[str, Callable[[bool], None]] = {}

    def fill(self, viewer: Viewer, whole: Callable[[], None]) -> None:
        """Fill the menu; `whole` sets the window to the whole range of the image."""
        from maskeditor.model.preferences import HISTOGRAM_PLACES  # brings in pydantic

        menu = QMenu(self)
        ranges = self._in_hounsfield = sure(menu.addMenu("Range in HU (CT)"))
        for tissue in TISSUES:
            bounds: Bounds = (tissue.lower, tissue.upper)
            ends = " to ".join(f"{end:g}" if end is not None else "…" for end in bounds)
            sure(ranges.addAction(f"{tissue.title}: {ends}")).triggered.connect(partial(self._choose_range, bounds))
        self.window_page = WindowPage(viewer, self)
        self.window_page.whole.clicked.connect(whole)
        page = QWidgetAction(menu)
        page.setDefaultWidget(self.window_page)
        sure(menu.addMenu("Window and level")).addAction(page)
        sure(menu.addAction("Bins …")).triggered.connect(lambda: self.bins_asked.emit())
        places, group = sure(menu.addMenu("Place")), QActionGroup(menu)
        for place in HISTOGRAM_PLACES:
            action = sure(places.addAction(place))
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(partial(self._choose_place, place))
            self._places[place] = action.setChecked
        self.setMenu(menu)

    def offer_hounsfield(self, offered: bool) -> None:
        """Offer ranges and windows in HU, or do not, where intensities are no such units."""
        if self.window_page is not None and self._in_hounsfield is not None:
            sure(self._in_hounsfield.menuAction()).setVisible(offered)
            self.window_page.presets.setVisible(offered)

    def in_hounsfield(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        """Yield what is offered in HU: its kind, its title, and what chooses it."""
        if self.window_page is None or self._in_hounsfield is None:
            return
        if not sure(self._in_hounsfield.menuAction()).isVisible():
            return
        for action in self._in_hounsfield.actions():
            yield "Range in HU", action.text(), action.trigger
        presets = self.window_page.presets
        # The first line only says what the others are.
        for place in range(1, presets.count()):
            yield "Window in HU", presets.itemText(place), partial(presets.activated.emit, place)

    def show_place(self, place: str) -> None:
        """Check where it stands."""
        if place in self._places:
            self._places[place](True)

    def _choose_range(self, bounds: Bounds, _: bool = False) -> None:
        self.range_chosen.emit(bounds)

    def _choose_place(self, place: str, _: bool = False) -> None:
        self.place_chosen.emit(place)
