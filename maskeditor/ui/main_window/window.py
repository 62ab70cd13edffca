"""The main window: puts views, panels, menus and tools together, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QChildEvent, QEvent, QSettings, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
)
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMainWindow,
    QTabBar,
    QWidget,
)

from maskeditor.model.view.layers import Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.ending import end_in_order
from maskeditor.ui.histogram.panel import HistogramPanel
from maskeditor.ui.look.kept import early
from maskeditor.ui.look.keys import Keys
from maskeditor.ui.look.scrolled import Scrolled
from maskeditor.ui.main_window.early import EarlyHands
from maskeditor.ui.qt import running_application, sure
from maskeditor.ui.views.cells import Layout
from maskeditor.ui.views.triplanar import TriplanarView
from maskeditor.ui.views.view_keys import VIEW_KEYS

if TYPE_CHECKING:
    from maskeditor.core.space.volume import Volume
    from maskeditor.ui.panels.declaration import PanelDeclaration

#: Where panels stand from the start.
SIDES = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)
#: The share of the screen's height that what stands below the planes takes before anybody drags it higher.
SHARE_BELOW = 0.28
#: Pixels that a panel is wide at least to begin with, the share of the window that it gets where that is more, and
#: pixels of height that it is content with, at a side and below the planes.
PANEL_WIDTH, PANEL_SHARE, LEAST_PANEL, LEAST_BELOW = 250, 0.19, 107, 50
#: Pixels that a plane keeps, high and wide: what would leave it less from below stands at a side. (In a low room, the
#: histogram stands beside the planes and takes width.)
LEAST_PLANE = 100
#: Pixels of width below which tables and plots find no room between the panels at the sides.
NARROW = 1200
#: Raised when docks change so much that a remembered layout would be wrong.
LAYOUT = 2


class MainWindow(QMainWindow):
    """The window as it first appears: views, empty docks and a histogram without bins.

    What needs slow imports is put in by `Wiring` once this has been painted.
    """

    #: Once, after the window was first painted.
    painted = pyqtSignal()
    #: The window is asked to close; once connected, it stays open until `close_now`.
    closing_asked = pyqtSignal()
    #: A `QKeySequence` was pressed that nothing took: it may be that of an action that is not possible now.
    left_over = pyqtSignal(object)
    #: The `Path`s that were dropped on the window, in a list.
    dropped = pyqtSignal(object)
    #: Enter was pressed where no widget has a use for it.
    confirmed = pyqtSignal()

    #: Whether it may be larger than the screen, and waits to learn that it may be smaller.
    _is_too_large = False

    def __init__(self) -> None:
        end_in_order(running_application())
        super().__init__()
        self.setWindowTitle("maskeditor")
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AnimatedDocks)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.viewer = Viewer()
        # The first image is seen before preferences are; a head that is turned over then would be a fright.
        usual = self.viewer.state
        self.viewer.change(radiological=early("radiological", usual.radiological), smooth=early("smooth", usual.smooth))
        self.layers = Layers()
        self.histogram = HistogramPanel()
        #: Which keys do what; those of the menus join them.
        self.keys = Keys(VIEW_KEYS, self)
        self.views = TriplanarView(self.viewer, self.layers, self.histogram, self.keys)
        self.setCentralWidget(self.views)
        self.views.arrangement_changed.connect(lambda _: self._look_below())
        #: By the id of the panel that is in it.
        self.docks: dict[str, QDockWidget] = {}
        # Panels are slow to import; these keep their room, so that the views are where they stay.
        self._free = {area: self._dock(area) for area in SIDES}
        # Panels that have come up; within the signal that says so, Qt is still laying them out.
        self._came_up: list[QDockWidget] = []
        # Those of them that were opened. Where a tab was chosen, or hands have put it down, it stays.
        self._opened = set[QDockWidget]()
        self._share = QTimer(self)
        self._share.setSingleShot(True)
        self._share.timeout.connect(self._share_places)
        sure(self.menuBar()).addMenu("&File")
        sure(self.statusBar()).addWidget(QLabel(""))
        #: What is done before there is an image to do it on.
        self.early = EarlyHands(self)
        self._first_paint = True
        self._are_connected = False
        self._may_close = False
        # Ctrl+C and the system end the program without closing it.
        running_application().aboutToQuit.connect(self._keep_place)
        self._place()

    def _dock(self, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(self)
        # Until it has a panel, too: a press on one has Qt remember where all of them are.
        dock.setObjectName(f"empty, {area.name}")
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        empty = QWidget()
        empty.setMinimumWidth(min(PANEL_WIDTH, self._free_room.width() // 4))
        dock.setWidget(empty)
        self.addDockWidget(area, dock)
        return dock

    @property
    def _free_room(self) -> QSize:
        """What the screen has for windows, with their frames."""
        return sure(QGuiApplication.primaryScreen()).availableGeometry().size()

    def _place(self) -> None:
        free = self._free_room
        # Room for the frame that the system draws round it.
        self.resize(min(1500, free.width() - 16), min(950, free.height() - 48))
        self._room = free
        settings = QSettings()
        if geometry := settings.value("window/geometry"):
            self.restoreGeometry(geometry)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint; the first time is reported."""
        super().paintEvent(event)
        if self._first_paint:
            self._first_paint = False
            QTimer.singleShot(0, self.painted.emit)

    def look_at(self, volume: Volume | None) -> None:
        """Show an image, or none, before there is one to edit; until there is, hands do nothing in the planes."""
        self.views.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.connect_views()
        self.viewer.set_volume(volume)

    def connect_views(self) -> None:
        """Have the planes follow what is looked at; not from the start, as the import takes time."""
        if not self._are_connected:
            self._are_connected = True
            self.viewer.changed.connect(self.views.follow)

    def put_up(self, panels: Iterable[tuple[PanelDeclaration, QWidget]]) -> None:
        """Put panels into docks, and the docks where they were when the window was last closed."""
        docks, shares = [], []
        below: list[QDockWidget] = []
        for declared, panel in panels:
            dock = self._free.pop(declared.area, None) or self._dock(declared.area)
            dock.setWindowTitle(declared.title)
            dock.setObjectName(declared.title)
            # A panel that grows, such as one with an open form, does not make the window larger than the screen.
            is_below = declared.area not in SIDES
            least, narrowest = (LEAST_BELOW, PANEL_WIDTH) if is_below else (LEAST_PANEL, None)
            # All of one height, as they share a place.
            asks = round(SHARE_BELOW * self._room.height()) if is_below else None
            dock.setWidget(Scrolled(panel, least, fills=True, narrowest=narrowest, asks=asks))
            dock.setVisible(declared.open)
            dock.visibilityChanged.connect(partial(self.make_room, dock))
            sure(dock.toggleViewAction()).toggled.connect(partial(self._open, dock))
            dock.topLevelChanged.connect(lambda _, dock=dock: self._opened.discard(dock))
            self.docks[declared.id] = dock
            if declared.beside:
                self.tabifyDockWidget(self.docks[declared.beside], dock)
            elif is_below:
                # Side by side, they would be wider together than a screen.
                if below:
                    self.tabifyDockWidget(below[0], dock)
                below.append(dock)
            else:
                docks.append(dock)
                shares.append(declared.share)
        self.resizeDocks(docks, shares, Qt.Orientation.Vertical)
        self.resizeDocks(
            docks, [max(PANEL_WIDTH, round(PANEL_SHARE * self.width()))] * len(docks), Qt.Orientation.Horizontal
        )
        self._usual = self.saveState(LAYOUT)
        if state := QSettings().value("window/state"):
            self.restoreState(state, LAYOUT)
            self._opened.clear()
        self._share_corner()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Have what stands below the planes reach as far as it needs."""
        super().resizeEvent(event)
        self._share_corner()

    def _share_corner(self) -> None:
        """Have what stands below be as wide as the planes; in a narrow window, it takes height from the left too."""
        left, below = SIDES[0], Qt.DockWidgetArea.BottomDockWidgetArea
        self.setCorner(Qt.Corner.BottomLeftCorner, below if self.width() < NARROW else left)

    def childEvent(self, event: QChildEvent | None) -> None:
        """Name the tabs of panels, which Qt makes where panels share a room."""
        assert event is not None
        child = event.child()
        if event.type() == QEvent.Type.ChildPolished and isinstance(child, QTabBar):
            child.setAccessibleName("Panels")
        super().childEvent(event)

    def focusNextPrevChild(self, forwards: bool) -> bool:
        """Go on with Tab, past the tabs that Qt keeps out of sight until panels share a room again."""
        went = super().focusNextPrevChild(forwards)
        widget = QApplication.focusWidget()
        if went and isinstance(widget, QTabBar) and widget.parent() is self and widget.geometry().right() < 0:
            return self.focusNextPrevChild(forwards)
        return went

    def take_room(self) -> None:
        """Take the size that it has now as wanted, even if that is larger than the screen."""
        self._room = self._free_room.expandedTo(self.size())

    def fit(self) -> None:
        """Make the window no larger than the screen: with all panels in one place, and then with one plane alone."""
        if not _holds(self._room, self.minimumSizeHint()):
            first, *others = [dock for dock in self.docks.values() if self.dockWidgetArea(dock) in SIDES]
            for dock in others:
                self.tabifyDockWidget(first, dock)
            first.raise_()
            self._usual = self.saveState(LAYOUT)
            sure(self.layout()).activate()
        if not _holds(self._room, self.minimumSizeHint()):
            self.views.choose(Layout.ONE)
            sure(self.layout()).activate()
        self._is_too_large = not _holds(self._room, self.size())

    def make_room(self, dock: QDockWidget, is_seen: bool = True) -> None:
        """Have a panel that has come up share a place, where there is no room for one more."""
        if is_seen:
            self._came_up.append(dock)
            self._share.start()

    def _open(self, dock: QDockWidget, is_seen: bool) -> None:
        if is_seen:
            self._opened.add(dock)
            self.make_room(dock)

    def _look_below(self) -> None:
        """Make room for planes that have just got lower."""
        for dock in self.docks.values():
            self._open(dock, self._is_below(dock))

    def _is_below(self, dock: QDockWidget) -> bool:
        return self.dockWidgetArea(dock) is Qt.DockWidgetArea.BottomDockWidgetArea and not dock.isFloating()

    def _share_places(self) -> None:
        docks, self._came_up = self._came_up, []
        opened, self._opened = self._opened, set()
        sure(self.layout()).activate()
        for dock in docks:
            if not dock.isVisible():
                continue
            others = [one for one in self.findChildren(QDockWidget) if one.isVisible() and one is not dock]
            beside = [one for one in others if self.dockWidgetArea(one) is self.dockWidgetArea(dock)]
            if dock in opened and self._is_below(dock) and self._is_a_plane_small():
                beside = [one for one in others if self.dockWidgetArea(one) in SIDES and not one.isFloating()]
                beside.sort(key=QDockWidget.height)
            elif _holds(self._room, self.minimumSizeHint()):
                continue
            if beside:
                self.tabifyDockWidget(beside[-1], dock)
                dock.raise_()
                sure(self.layout()).activate()
        self._is_too_large = True

    def _is_a_plane_small(self) -> bool:
        return any(min(canvas.width(), canvas.height()) < LEAST_PLANE for canvas in self.views.seen)

    def event(self, event: QEvent | None) -> bool:
        """Get smaller once the window knows that it may."""
        is_taken = super().event(event)
        if self._is_too_large and event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.resize(self.size().boundedTo(self._room))
            self._is_too_large = not _holds(self._room, self.size())
        return is_taken

    def show_panel(self, id: str) -> None:
        """Show a panel, in front of those that share its room."""
        self.docks[id].show()
        self.docks[id].raise_()

    def go_to_panel(self, id: str) -> None:
        """Show a panel, and give it the keyboard."""
        self.show_panel(id)
        _give_keys(self.docks[id])

    def go_on(self) -> None:
        """Give the keyboard to the next part of the window: the planes, the histogram, each panel that is seen."""
        docks = [dock for dock in self.docks.values() if not dock.visibleRegion().isEmpty()]
        parts = (self.views.views[self.views.current].canvas, self.histogram, *docks)
        now = QApplication.focusWidget()
        holds = [
            place for place, part in enumerate(parts) if now is not None and (part is now or part.isAncestorOf(now))
        ]
        _give_keys(parts[(holds[0] + 1) % len(parts) if holds else 0])

    def put_back(self) -> None:
        """Put all panels where they stand before anybody has moved, opened or closed one."""
        self.restoreState(self._usual, LAYOUT)
        self._share_corner()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Let unsaved changes be asked about first."""
        assert event is not None
        if self.receivers(self.closing_asked) and not self._may_close:
            # It may close at once: Qt ignores a close within a close, so the answer is given to this one.
            self.closing_asked.emit()
            if not self._may_close:
                event.ignore()
                return
        self._keep_place()
        event.accept()

    def _keep_place(self) -> None:
        """Keep where the window and its panels stand, if it is seen: one that was closed has kept it."""
        if not self.isVisible():
            return
        settings = QSettings()
        settings.setValue("window/geometry", self.saveGeometry())
        if self.docks:
            settings.setValue("window/state", self.saveState(LAYOUT))

    def close_now(self) -> None:
        """Close without asking."""
        self._may_close = True
        self.close()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Take files and folders, once there is who opens them."""
        assert event is not None
        if self.receivers(self.dropped) and any(url.isLocalFile() for url in sure(event.mimeData()).urls()):
            _take(event)

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Open what was dropped."""
        assert event is not None
        paths = [Path(url.toLocalFile()) for url in sure(event.mimeData()).urls() if url.isLocalFile()]
        _take(event)
        # Once the drag is over: a dialog within it would hold up the program it came from.
        QTimer.singleShot(0, lambda: self.dropped.emit(paths))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Give keys that no widget took to the views, and keep them if there is no image yet; name what is left."""
        assert event is not None
        if self.views.handle_key(event) or self.early.keep(event):
            return
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        # In a field, Enter is the end of what is typed; one of a form that is pending takes it before.
        if is_enter and not isinstance(QApplication.focusWidget(), QLineEdit | QAbstractSpinBox):
            self.confirmed.emit()
        else:
            self.left_over.emit(QKeySequence(event.keyCombination()))
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:
        """Let the views know when a held key is let go."""
        assert event is not None
        if not self.views.handle_key(event):
            super().keyReleaseEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Keep what no widget took, if there is no image yet."""
        assert event is not None
        if not self.early.keep(event):
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Keep what no widget took, if there is no image yet."""
        assert event is not None
        if not self.early.keep(event):
            super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Keep what no widget took, if there is no image yet."""
        assert event is not None
        if not self.early.keep(event):
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Keep what no widget took, if there is no image yet."""
        assert event is not None
        if not self.early.keep(event):
            super().mouseReleaseEvent(event)


def _give_keys(part: QWidget) -> None:
    """Give the keyboard to the first stop of Tab in a part of the window, or to the part itself."""
    stop: QWidget | None = part
    while stop is not None:
        is_stop = bool(stop.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if is_stop and stop.isVisible() and stop.isEnabled() and (stop is part or part.isAncestorOf(stop)):
            stop.setFocus(Qt.FocusReason.TabFocusReason)
            return
        stop = stop.nextInFocusChain()
        if stop is part:
            return


def _take(event: QDropEvent) -> None:
    """Take what is dropped as a copy: a source that is told of a move may delete its files."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _holds(room: QSize, other: QSize) -> bool:
    return other.width() <= room.width() and other.height() <= room.height()
