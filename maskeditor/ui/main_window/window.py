"""The main window: puts views, panels, menus and tools together, and nothing else."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QSettings, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent, QPaintEvent
from PyQt6.QtWidgets import QDockWidget, QLabel, QMainWindow, QWidget

from maskeditor.model.view.layers import Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.histogram.panel import HistogramPanel
from maskeditor.ui.qt import sure
from maskeditor.ui.views.triplanar import TriplanarView

#: Raised when docks change so much that a remembered layout would be wrong.
LAYOUT = 1


class MainWindow(QMainWindow):
    """The window as it first appears: views, empty docks and a histogram without bins.

    What needs slow imports is put in by `Wiring` once this has been painted.
    """

    #: Once, after the window was first painted.
    painted = pyqtSignal()
    #: The window is asked to close, which whoever is connected does with `close_now`, or not.
    closing_asked = pyqtSignal()
    #: The first `Path` that was dropped on the window.
    dropped = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("maskeditor")
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AnimatedDocks)
        self.viewer = Viewer()
        self.layers = Layers()
        self.histogram = HistogramPanel()
        self.views = TriplanarView(self.viewer, self.layers, self.histogram)
        self.setCentralWidget(self.views)
        self.docks = {
            "operations": self._dock("Operations", Qt.DockWidgetArea.LeftDockWidgetArea),
            "rois": self._dock("ROIs", Qt.DockWidgetArea.RightDockWidgetArea),
            "history": self._dock("History", Qt.DockWidgetArea.RightDockWidgetArea),
        }
        sure(self.menuBar()).addMenu("&File")
        sure(self.statusBar()).addWidget(QLabel(""))
        self._first_paint = True
        self._may_close = False
        self._place()

    def _dock(self, title: str, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        empty = QWidget()
        empty.setMinimumWidth(270)
        dock.setWidget(empty)
        self.addDockWidget(area, dock)
        return dock

    def _place(self) -> None:
        free = sure(QGuiApplication.primaryScreen()).availableGeometry()
        # Room for the frame that the system draws round it.
        self.resize(min(1500, free.width() - 16), min(950, free.height() - 48))
        settings = QSettings()
        if geometry := settings.value("window/geometry"):
            self.restoreGeometry(geometry)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint; the first time is reported."""
        super().paintEvent(event)
        if self._first_paint:
            self._first_paint = False
            QTimer.singleShot(0, self.painted.emit)

    def restore_layout(self) -> None:
        """Put the docks where they were; call it once all of them are filled."""
        # Few ROIs, many steps.
        self.resizeDocks([self.docks["rois"], self.docks["history"]], [1, 3], Qt.Orientation.Vertical)
        if state := QSettings().value("window/state"):
            self.restoreState(state, LAYOUT)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Ask about unsaved changes first, once there is anybody to ask about them."""
        assert event is not None
        if self.receivers(self.closing_asked) and not self._may_close:
            # It may close at once: Qt ignores a close within a close, so the answer is given to this one.
            self.closing_asked.emit()
            if not self._may_close:
                event.ignore()
                return
        settings = QSettings()
        settings.setValue("window/geometry", self.saveGeometry())
        settings.setValue("window/state", self.saveState(LAYOUT))
        event.accept()

    def close_now(self) -> None:
        """Close without asking."""
        self._may_close = True
        self.close()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Take files and folders."""
        assert event is not None
        if any(url.isLocalFile() for url in sure(event.mimeData()).urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Open what was dropped."""
        assert event is not None
        paths = [Path(url.toLocalFile()) for url in sure(event.mimeData()).urls() if url.isLocalFile()]
        event.acceptProposedAction()
        # Once the drag is over: a dialog within it would hold up the program it came from.
        QTimer.singleShot(0, lambda: self.dropped.emit(paths[0]))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Give keys that no widget took to the views."""
        assert event is not None
        if not self.views.handle_key(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:
        """Let the views know when a held key is let go."""
        assert event is not None
        if not self.views.handle_key(event):
            super().keyReleaseEvent(event)
