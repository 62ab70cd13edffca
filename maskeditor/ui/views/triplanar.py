"""The three planes side by side, linked by one state of the view."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPalette, QResizeEvent
from PyQt6.QtWidgets import QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from maskeditor.core.space.geometry import Plane
from maskeditor.engine.box import Box, Voxel
from maskeditor.model.numbers_in_words import in_brief
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.colour_maps import colour_strip
from maskeditor.ui.qt import sure
from maskeditor.ui.views.camera import Zoom
from maskeditor.ui.views.frame_bar import FrameBar
from maskeditor.ui.views.sheets import PixelTable
from maskeditor.ui.views.slice_view import OVERLAY_FIELDS, SliceView
from maskeditor.ui.views.tool import PointerEvent, Tool

#: What is shown without an image.
HINT = "Open an image: Ctrl+O, or drop a file here"
#: Voxels that an arrow key goes with Shift.
FAST = 5
#: Width over height above which the planes stand in one row, and below which they no longer do.
WIDE, NARROW = 2.4, 2.1
#: Of the state of the view, what moves the image under a pointer that lies still.
MOVED = frozenset({"crosshair", "volume", "radiological"})
#: The key that hides masks while it is held.
HIDE_KEY = Qt.Key.Key_H
PLANES = (Plane.AXIAL, Plane.SAGITTAL, Plane.CORONAL)
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class TriplanarView(QWidget):
    """Axial, sagittal and coronal plane, and beside them another widget.

    Parameters
    ----------
    viewer : Viewer
        What is looked at.
    layers : Layers
        What lies over the image.
    beside : QWidget, optional
        Put into the fourth cell (below the planes, where they stand in a row).
    """

    #: The fractional voxel (3,) under the pointer, or None when it leaves.
    hovered = pyqtSignal(object)
    #: Enter was pressed over a plane.
    confirmed = pyqtSignal()

    def __init__(self, viewer: Viewer, layers: Layers, beside: QWidget | None = None) -> None:
        super().__init__()
        self.views: dict[Plane, SliceView] = {}
        self.maximised: Plane | None = None
        #: The plane that keys go to: the one last pointed at.
        self.current = Plane.AXIAL
        self._tool = Tool()
        self._under: Voxel | None = None
        self._beside = beside
        self._viewer, self._layers = viewer, layers
        #: What stands in the upper and in the lower row; and what stood there, in which sizes, while planes shared it.
        self._placed: tuple[list[QWidget], list[QWidget]] = ([], [])
        self._shared = self._placed
        self._sizes: list[list[int]] = []
        self._columns = QSplitter(Qt.Orientation.Vertical)
        self._top, self._bottom = QSplitter(), QSplitter()
        for row in (self._top, self._bottom):
            row.setChildrenCollapsible(False)
            self._columns.addWidget(row)
        self._columns.setChildrenCollapsible(False)
        self._top.splitterMoved.connect(lambda: self._align(self._top, self._bottom))
        self._bottom.splitterMoved.connect(lambda: self._align(self._bottom, self._top))
        self.frames = FrameBar(viewer)
        self._pages = QStackedWidget()
        hint = QLabel(HINT)
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.setWordWrap(True)
        hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        font = hint.font()
        font.setPointSizeF(font.pointSizeF() * 1.3)
        hint.setFont(font)
        self._pages.addWidget(hint)
        self._pages.addWidget(self._columns)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.frames)
        table, zoom = PixelTable(viewer, layers), Zoom()
        for plane in PLANES:
            view = SliceView(plane, viewer, layers, table, zoom)
            view.pointer.hovered.connect(self._pointed)
            view.pointer.double_clicked.connect(partial(self.toggle_maximised, plane))
            view.maximise_button.clicked.connect(lambda _, plane=plane: self.toggle_maximised(plane))
            view.canvas.focused.connect(partial(self._make_current, plane))
            view.pointer.entered.connect(partial(self._focus, plane))
            self.views[plane] = view
        self._arrange()
        self.follow(frozenset({"volume"}))

    # What the window asks for

    def set_beside(self, beside: QWidget | None) -> None:
        """Put another widget beside the planes, or none: what stood there is whoever takes it."""
        self._beside = beside
        self._arrange()

    def put_below(self, bar: QWidget) -> None:
        """Let a bar stand below the planes."""
        sure(self.layout()).addWidget(bar)

    def set_tool(self, tool: Tool) -> None:
        """Take a tool in hand in all planes."""
        if tool is not self._tool:
            self.cancel()
        self._tool = tool
        for view in self.views.values():
            view.pointer.set_tool(tool)

    def refresh(self, box: Box | None = None) -> None:
        """Draw masks, previews and strokes again where they changed: inside a box, or anywhere."""
        if self._viewer.volume is None:
            return
        for view in self.views.values():
            view.refresh(box)
        self._show_legend()

    def _show_legend(self) -> None:
        """Say what the colours of a preview, and of the further image that is chosen or on top, mean, in one plane.

        An image that is previewed is the one that is looked at.
        """
        first, chosen = self.maximised or PLANES[0], self._viewer.state.chosen_image
        if self._viewer.preview is not None:
            chosen = self._viewer.preview[0].name
        # Labels have a list, and no ends.
        overlays = [display for display, image in self._viewer.overlays if not image.labels_of(display)]
        shown = next((display for display in overlays if display.name == chosen), overlays[-1] if overlays else None)
        for plane, view in self.views.items():
            view.canvas.show_legend(plane is first and self._layers.preview is not None)
            if plane is first and shown is not None:
                low, high = map(in_brief, shown.window)
                strip = colour_strip(shown.colour_map, shown.window, shown.clear)
                view.canvas.show_key((shown.name, low, high), strip, shown.is_diverging)
            else:
                view.canvas.show_key(None)

    def refresh_cursor(self) -> None:
        """Draw the tool's outline again, after its settings have changed."""
        for view in self.views.values():
            view.pointer.show_outline()

    def reset(self) -> None:
        """Show whole slices in all planes."""
        self.views[self.current].canvas.fit()
        self._look_again()

    def centre(self) -> None:
        """Put the crosshair into the middle of all planes."""
        for view in self.views.values():
            view.canvas.centre()
        self._look_again()

    def look_at(self, box: Box) -> None:
        """Move the crosshair into a box of voxels, unless a plane that is seen shows a slice through it."""
        crosshair = list(self._viewer.state.crosshair)
        inside = [start <= at < stop for start, at, stop in zip(box.start, crosshair, box.stop, strict=True)]
        seen = PLANES if self.maximised is None else (self.maximised,)
        if not any(inside[self._viewer.plane_map(plane).normal] for plane in seen):
            middle = [(start + stop) // 2 for start, stop in zip(*box, strict=True)]
            i, j, k = (at if stays else to for at, to, stays in zip(crosshair, middle, inside, strict=True))
            self._viewer.set_crosshair((i, j, k))

    def _look_again(self) -> None:
        for view in self.views.values():
            view.pointer.look_again()

    def toggle_maximised(self, plane: Plane | None = None) -> None:
        """Give one plane (without one, the plane last pointed at) the room of all three, or share it again."""
        splitters = (self._columns, self._top, self._bottom)
        shared = self._shared
        if self.maximised is None:
            self._sizes = [splitter.sizes() for splitter in splitters]
        self.maximised = None if self.maximised is not None else plane or self.current
        for shown, view in self.views.items():
            is_seen = self.maximised in (None, shown)
            view.setVisible(is_seen)
            view.canvas.camera.show_or_hide(is_seen)
        self._show_legend()
        self._arrange()
        if self.maximised is None and self._placed == shared:
            for splitter, sizes in zip(splitters, self._sizes, strict=True):
                splitter.setSizes(sizes)

    def cancel(self) -> bool:
        """Give up the tool's gesture, in a drag or between two; return whether there was one."""
        # Only one view has the mouse.
        if any(view.pointer.cancel() for view in self.views.values()):
            return True
        was_going_on = self._tool.cancel()
        self.refresh_cursor()
        return was_going_on

    def handle_key(self, event: QKeyEvent) -> bool:
        """Take a key that no other widget wanted; return whether it had a meaning here.

        Arrows move the crosshair by a voxel as seen in the plane last pointed at (with Shift by five), Page Up and
        Page Down go through its slices, Escape gives up a gesture, Backspace takes its last part back, while Space is
        held the left button pans, and while H is held masks are hidden.
        """
        viewer = self._viewer
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        times = FAST if modifiers == Qt.KeyboardModifier.ShiftModifier else 1
        if modifiers not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            return False
        if key == HIDE_KEY and modifiers == Qt.KeyboardModifier.NoModifier:
            if not event.isAutoRepeat():
                viewer.change(masks_hidden=event.type() == QEvent.Type.KeyPress)
            return True
        if viewer.volume is None:
            return False
        if event.type() == QEvent.Type.KeyRelease:
            if key != Qt.Key.Key_Space:
                return False
            if not event.isAutoRepeat():
                self._set_panning(False)
        elif key == Qt.Key.Key_Space:
            self._set_panning(True)
        elif key in ARROWS:
            right, down = ARROWS[Qt.Key(key)]
            viewer.move(self.current, right * times, down * times)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            viewer.step(self.current, times if key == Qt.Key.Key_PageUp else -times)
        elif key == Qt.Key.Key_Escape:
            return self.cancel()
        elif key == Qt.Key.Key_Backspace:
            self._tool.take_back()
        elif key == Qt.Key.Key_R:
            self.reset()
        elif key == Qt.Key.Key_C:
            self.centre()
        else:
            return False
        self.refresh_cursor()
        return True

    def _set_panning(self, pans: bool) -> None:
        for view in self.views.values():
            view.pointer.set_panning(pans)

    # What happens

    def follow(self, changed: frozenset[str]) -> None:
        """Take over what changed in the state of the view."""
        is_open = self._viewer.volume is not None
        self._pages.setCurrentIndex(int(is_open))
        self.frames.follow(changed)
        if is_open:
            for view in self.views.values():
                view.follow(changed)
            if changed & MOVED:
                self._look_again()
            if changed & (OVERLAY_FIELDS | {"comparison", "chosen_image"}):
                self._show_legend()

    @property
    def pointed(self) -> Voxel:
        """The voxel under the pointer, or that under the crosshair where it is over none."""
        return self._under if self._under is not None else self._viewer.state.crosshair

    def _pointed(self, event: PointerEvent | None) -> None:
        self._under = event.nearest if event is not None and event.is_inside else None
        if event is not None:
            self.current = event.plane
        self.hovered.emit(None if event is None else event.voxel)

    def _make_current(self, plane: Plane) -> None:
        self.current = plane

    def _focus(self, plane: Plane) -> None:
        """Let keys go to the plane under the pointer: a press that gave it the keyboard might paint as well."""
        if self.isActiveWindow():
            self.views[plane].canvas.setFocus(Qt.FocusReason.MouseFocusReason)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Take keys that reach the views; Enter too, but only from a plane: other widgets have uses of their own."""
        assert event is not None
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and any(view.canvas.hasFocus() for view in self.views.values()):
            if self._tool.confirm():
                self.refresh_cursor()
            else:
                self.confirmed.emit()
        elif not self.handle_key(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:
        """Take keys that reach the views."""
        assert event is not None
        if not self.handle_key(event):
            super().keyReleaseEvent(event)

    # Where the planes stand

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Put the planes where there is room for them."""
        super().resizeEvent(event)
        self._arrange()

    def _rows(self) -> tuple[list[QWidget], list[QWidget]]:
        """Return what stands in the upper and in the lower row."""
        axial, sagittal, coronal = (self.views[plane] for plane in PLANES)
        beside = [self._beside] if self._beside is not None else []
        shape = self.width() / max(1, self.height())
        if self.maximised is not None:
            is_upright = self._beside is None or not self._has_room_beside(self._beside.minimumSizeHint())
            return ([axial, coronal, sagittal], beside) if is_upright else ([axial, coronal, sagittal, *beside], [])
        # A little more is needed to change than to stay, so that nothing jumps to and fro.
        if shape > (NARROW if self._shared[0][:2] == [axial, coronal] else WIDE):
            return [axial, coronal, sagittal], beside
        # The axial plane is above the coronal one, so that left and right stand in line.
        return [axial, sagittal], [coronal, *beside]

    def _has_room_beside(self, other: QSize) -> bool:
        """Whether one plane gets larger with the other widget beside it than with that below it."""
        width, height = self.width(), self.height()
        return min(width - other.width(), height) > min(width, height - other.height())

    def _arrange(self) -> None:
        """Put the planes and the other widget into their rows, where these are not as they were."""
        rows = self._rows()
        if rows == self._placed:
            return
        self._placed = rows
        if self.maximised is None:
            self._shared = rows
        for row, widgets in zip((self._top, self._bottom), rows, strict=True):
            for place, widget in enumerate(widgets):
                row.insertWidget(place, widget)
            row.setVisible(bool(widgets))
            row.setSizes([1000] * row.count())
        self._columns.setSizes([700, 300] if len(rows[0]) > 2 else [500, 500])
        if self.maximised is not None and self._beside is not None:
            least = self._beside.minimumSizeHint()
            self._top.setSizes([max(1, self.width() - least.width())] * len(PLANES) + [least.width()])
            self._columns.setSizes([max(1, self.height() - least.height()), least.height()])

    def _align(self, moved: QSplitter, other: QSplitter) -> None:
        """Keep the cells of both rows in line."""
        if moved.count() == other.count():
            other.setSizes(moved.sizes())
