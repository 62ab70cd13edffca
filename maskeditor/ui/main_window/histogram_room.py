"""Where the histogram stands: beside the planes, in a dock, or in a window of its own."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QDockWidget

from maskeditor.model.preferences import HISTOGRAM_PLACES, HistogramPlace
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.work.preferred import Preferred

_BESIDE, _BELOW, _LEFT, _OWN = HISTOGRAM_PLACES
#: Of a window of its own, pixels.
SIZE = (560, 380)


class HistogramRoom(QObject):
    """Moves the histogram where it is preferred.

    Parameters
    ----------
    window : MainWindow
    preferred : Preferred
    """

    def __init__(self, window: MainWindow, preferred: Preferred) -> None:
        super().__init__(window)
        self._window = window
        self.dock: QDockWidget | None = None
        self._preferred = preferred
        window.histogram.more.place_chosen.connect(lambda place: preferred.change(histogram_place=place))
        preferred.changed.connect(self._follow)
        self._put(preferred.value.histogram_place)

    def _follow(self, names: frozenset[str]) -> None:
        if "histogram_place" in names:
            self._put(self._preferred.value.histogram_place)

    def _put(self, place: HistogramPlace) -> None:
        window, panel = self._window, self._window.histogram
        if place == _BESIDE:
            window.views.set_beside(panel)
            if self.dock is not None:
                window.removeDockWidget(self.dock)
                self.dock.deleteLater()
                self.dock = None
        else:
            dock = self._dock()
            area = Qt.DockWidgetArea.LeftDockWidgetArea if place == _LEFT else Qt.DockWidgetArea.BottomDockWidgetArea
            window.addDockWidget(area, dock)
            dock.setFloating(place == _OWN)
            if place == _OWN:
                dock.resize(*SIZE)
            dock.show()
            if place != _OWN:
                window.make_room(dock)
        panel.show()
        panel.more.show_place(place)

    def _dock(self) -> QDockWidget:
        if self.dock is None:
            self.dock = QDockWidget("Histogram", self._window)
            self.dock.setObjectName("Histogram")
            # It can be moved, and is never lost.
            movable, floatable = (
                QDockWidget.DockWidgetFeature.DockWidgetMovable,
                QDockWidget.DockWidgetFeature.DockWidgetFloatable,
            )
            self.dock.setFeatures(movable | floatable)
            self._window.views.set_beside(None)
            self.dock.setWidget(self._window.histogram)
        return self.dock
