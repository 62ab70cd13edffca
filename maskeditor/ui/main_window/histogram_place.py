"""Where the histogram stands: beside the planes, in a dock, or in a window of its own."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QSettings, Qt
from PyQt6.QtWidgets import QDockWidget

from maskeditor.ui.histogram.more_menu import PLACES
from maskeditor.ui.main_window.window import MainWindow

_KEY = "histogram/place"
_BESIDE, _BELOW, _LEFT, _OWN = PLACES
#: Of a window of its own, pixels.
SIZE = (560, 380)


class HistogramPlace(QObject):
    """Moves the histogram, and remembers where it stood.

    Parameters
    ----------
    window : MainWindow
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.dock: QDockWidget | None = None
        window.histogram.more.place_chosen.connect(self.put)
        self.put(str(QSettings().value(_KEY, _BESIDE)))

    def put(self, place: str) -> None:
        """Put it at a place, one of `PLACES`; any other word is the first of them."""
        window, panel = self._window, self._window.histogram
        place = place if place in PLACES else _BESIDE
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
        panel.show()
        panel.more.show_place(place)
        QSettings().setValue(_KEY, place)

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
