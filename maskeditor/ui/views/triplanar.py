"""The three planes side by side, linked by one state of the view."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPalette, QResizeEvent
from PyQt6.QtWidgets import QApplication, QLabel, QStackedWidget, QVBoxLayout, QWidget

from maskeditor.core.space.geometry import Plane
from maskeditor.engine.box import Box, Voxel
from maskeditor.model.numbers_in_words import in_brief
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.pixels import preview_colours
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.colour_maps import colour_strip
from maskeditor.ui.look.keys import Keys
from maskeditor.ui.qt import sure
from maskeditor.ui.views.camera import Zoom
from maskeditor.ui.views.canvas import Canvas
from maskeditor.ui.views.cells import Cells, Layout, Placing, has_room_beside, large
from maskeditor.ui.views.frame_bar import FrameBar
from maskeditor.ui.views.picture import OVERLAY_FIELDS
from maskeditor.ui.views.sheets import PixelTable
from maskeditor.ui.views.signs import ColourKey
from maskeditor.ui.views.slice_view import SliceView
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.views.view_keys import BUTTONS, FAST, MOVES, STEPS, VIEW_KEYS, is_key_of, meant

#: What is shown without an image.
HINT = "Open an image ({open_file}), or drop a file here"
#: Width over height above which the planes stand in one row, and below which they no longer do.
WIDE, NARROW = 2.4, 2.1
#: Of the state of the view, what moves the image under a pointer that lies still.
MOVED = frozenset({"crosshair", "volume", "radiological"})
PLANES = (Plane.AXIAL, Plane.SAGITTAL, Plane.CORONAL)


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
    keys : Keys, optional
        Which keys do what; as usual unless it is given.
    """

    #: The fractional voxel (3,) under the pointer, or None when it leaves.
    hovered = pyqtSignal(object)
    #: Enter was pressed over a plane.
    confirmed = pyqtSignal()
    #: Another `Layout` was chosen.
    arrangement_changed = pyqtSignal(object)

    def __init__(self, viewer: Viewer, layers: Layers, beside: QWidget | None = None, keys: Keys | None = None) -> None:
        super().__init__()
        self._keys = keys if keys is not None else Keys(VIEW_KEYS, self)
        self._is_panning = False
        #: The view in which a key is held in place of a button of the mouse, and what the key does.
        self._in_use: tuple[SliceView, str] | None = None
        self.views: dict[Plane, SliceView] = {}
        #: The plane that keys go to: the one last pointed at.
        self.current = Plane.AXIAL
        self._tool = Tool()
        self.arrangement = Layout.THREE
        #: What one large plane has taken the room of, and which it is.
        self._before_one, self._large = Layout.THREE, Plane.AXIAL
        self._is_row = False
        #: What stands in the fourth cell where there are four.
        self.surface: QWidget | None = None
        #: What gives up a drag elsewhere than in a plane, and returns whether there was one.
        self.other_drags: list[Callable[[], bool]] = []
        self._montage: QWidget | None = None
        self._under: Voxel | None = None
        self._beside = beside
        self._viewer, self._layers = viewer, layers
        self.cells = Cells()
        self.frames = FrameBar(viewer, self._keys)
        self._pages = QStackedWidget()
        hint = QLabel(self._keys.in_words(HINT))
        self._keys.changed.connect(lambda: hint.setText(self._keys.in_words(HINT)))
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.setWordWrap(True)
        hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        font = hint.font()
        font.setPointSizeF(font.pointSizeF() * 1.3)
        hint.setFont(font)
        self._pages.addWidget(hint)
        self._pages.addWidget(self.cells)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.frames)
        table, self._zoom = PixelTable(viewer, layers), Zoom()
        for plane in PLANES:
            view = SliceView(plane, viewer, layers, table, self._zoom, self._keys)
            view.pointer.hovered.connect(self._pointed)
            view.pointer.double_clicked.connect(partial(self.toggle_maximised, plane))
            view.maximise_button.clicked.connect(lambda _, plane=plane: self.toggle_maximised(plane))
            view.canvas.focused.connect(partial(self.make_current, plane))
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

    @property
    def seen(self) -> list[Canvas]:
        """The planes that are seen."""
        return [view.canvas for view in self.views.values() if view.isVisible()]

    @property
    def key(self) -> ColourKey | None:
        """What the colours of the further image that is looked at mean, if there is one."""
        return next((view.canvas.key for view in self.views.values() if view.canvas.has_key), None)

    def set_tool(self, tool: Tool) -> None:
        """Take a tool in hand in all planes."""
        if tool is not self._tool:
            self.cancel_tool()
        self._tool, tool.changed = tool, self.refresh_cursor
        for view in self.views.values():
            view.pointer.set_tool(tool)

    def refresh(self, box: Box | None = None) -> None:
        """Draw masks, previews and strokes again where they changed: inside a box, or anywhere."""
        if self._viewer.volume is None:
            return
        for view in self.views.values():
            view.refresh(box)
        if box is None:  # what the colours mean changes with no part of a mask
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
            view.canvas.colour_legend(preview_colours(self._layers.colours))
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
        self._zoom.fit_all()
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

    @property
    def maximised(self) -> Plane | None:
        """The plane that has the room of all; None if they share it."""
        return self._large if self.arrangement is Layout.ONE else None

    def toggle_maximised(self, plane: Plane | None = None) -> None:
        """Give one plane (without one, the plane last pointed at) the room of all, or share it again."""
        if self.arrangement is Layout.ONE:
            self.choose(self._before_one)
        else:
            self.current = plane or self.current
            self.choose(Layout.ONE)

    def choose(self, arrangement: Layout) -> None:
        """Let another layout share the room."""
        if arrangement is self.arrangement:
            return
        if arrangement is Layout.ONE:
            self._before_one, self._large = self.arrangement, self.current
        self.arrangement = arrangement
        focused = QApplication.focusWidget()
        had_keys = focused is not None and self.cells.isAncestorOf(focused)
        self._arrange()
        if had_keys:  # else Qt gives them to whatever comes next, a field of text perhaps
            shown = self._montage if arrangement is Layout.MONTAGE else self.views[self.current].canvas
            (shown or self).setFocus()
        self._show_legend()
        self.arrangement_changed.emit(arrangement)

    def make_current(self, plane: Plane) -> None:
        """Let keys go to a plane."""
        self.current = plane

    def set_montage(self, montage: QWidget) -> None:
        """Take what shows a montage."""
        self._montage = self._hidden(montage)
        self._arrange()

    def set_surface(self, surface: QWidget) -> None:
        """Take what stands in the fourth cell where there are four."""
        self.surface = self._hidden(surface)
        self._arrange()

    def _hidden(self, widget: QWidget) -> QWidget:
        """Return a widget that is hidden in this one: shown before, it would be a window of its own."""
        widget.setParent(self)
        widget.hide()
        return widget

    def cancel_drag(self) -> bool:
        """Give up the drag that a button or key is held for, the tool's or a view's; return whether there was one."""
        # Only one view has the mouse.
        drags = (*(view.pointer.cancel for view in self.views.values()), *self.other_drags)
        return any(cancel() for cancel in drags)

    def cancel(self) -> bool:
        """Give up a drag, or the tool's gesture between two; return whether there was one."""
        return self.cancel_drag() or self.cancel_tool()

    def cancel_tool(self) -> bool:
        """Give up the tool's gesture, in a drag or between two, and no other drag; return whether there was one."""
        if any(view.pointer.cancel_tool() for view in self.views.values()):
            return True
        was_going_on = self._tool.cancel()
        self.refresh_cursor()
        return was_going_on

    def handle_key(self, event: QKeyEvent) -> bool:
        """Take a key that no other widget wanted; return whether it had a meaning here.

        It does what `VIEW_KEYS` says, and Escape gives up a gesture.
        """
        viewer = self._viewer
        if event.type() == QEvent.Type.KeyRelease:
            return self._let_go(event)
        id, fast = meant(event, self._keys)
        times = FAST if fast else 1
        if id == "hide_masks":
            if not event.isAutoRepeat():
                viewer.change(masks_hidden=True)
        elif viewer.volume is None:
            return False
        elif id == "pan":
            self._set_panning(True)
        elif id in BUTTONS:
            view = self.views[self.current]
            if self._in_use is None and not event.isAutoRepeat() and view.pointer.press_by_key(BUTTONS[id]):
                self._in_use = view, id
        elif id in MOVES:
            right, down = MOVES[id]
            viewer.move(self.current, right * times, down * times)
            self._drag_on()
        elif id in STEPS:
            viewer.step(self.current, STEPS[id] * times)
            self._drag_on()
        elif id == "take_back":
            self._tool.take_back()
        elif event.key() == Qt.Key.Key_Escape:
            return self.cancel()
        else:
            return False
        self.refresh_cursor()
        return True

    def _let_go(self, event: QKeyEvent) -> bool:
        """End what a key does as long as it is held."""
        if is_key_of(event, "hide_masks", self._keys):
            if not event.isAutoRepeat():
                self._viewer.change(masks_hidden=False)
        elif self._is_panning and is_key_of(event, "pan", self._keys):
            if not event.isAutoRepeat():
                self._set_panning(False)
        elif self._in_use is not None and is_key_of(event, self._in_use[1], self._keys):
            if not event.isAutoRepeat():
                self._in_use[0].pointer.release_by_key()
                self._in_use = None
        else:
            return False
        return True

    def _drag_on(self) -> None:
        """Let a drag by keys follow the crosshair, which was moved."""
        if self._in_use is not None:
            self._in_use[0].pointer.move_by_key()

    def _set_panning(self, pans: bool) -> None:
        self._is_panning = pans
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
            if "linked_zoom" in changed:
                self._zoom.link(self._viewer.state.linked_zoom, self.views[self.current].canvas.camera)
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
        badge = self._tool.badge  # of seeds, it takes a while
        for view in self.views.values():
            view.canvas.show_badge(badge)
        self.hovered.emit(None if event is None else event.voxel)

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

    def _placing(self) -> Placing:
        """Return what stands where."""
        axial, sagittal, coronal = (self.views[plane] for plane in PLANES)
        if self.arrangement in (Layout.ONE, Layout.MONTAGE):
            others = [widget for widget in (self.surface, self._montage) if widget is not None]
            return large([axial, coronal, sagittal, *others], self._beside, self.size())
        beside = (self._beside,) if self._beside is not None else ()
        if self.arrangement is Layout.FOUR:
            if self.surface is None:
                return Placing((axial, sagittal), (coronal, *beside))
            is_right = self._beside is None or has_room_beside(self.size(), self._beside.minimumSizeHint())
            orientation = Qt.Orientation.Horizontal if is_right else Qt.Orientation.Vertical
            return Placing((axial, sagittal), (coronal, self.surface), self._beside, orientation)
        # A little more is needed to change than to stay, so that nothing jumps to and fro.
        self._is_row = self.width() / max(1, self.height()) > (NARROW if self._is_row else WIDE)
        if self._is_row:
            return Placing((axial, coronal, sagittal), beside)
        # The axial plane is above the coronal one, so that left and right stand in line.
        return Placing((axial, sagittal), (coronal, *beside))

    def _arrange(self) -> None:
        """Put the planes and the other widgets into their cells, where these are not as they were."""
        for plane, view in self.views.items():
            is_seen = self.arrangement is not Layout.MONTAGE and self.maximised in (None, plane)
            if is_seen != view.canvas.camera.is_seen:
                view.setVisible(is_seen)
                view.canvas.camera.show_or_hide(is_seen)
        for widget, layout in ((self.surface, Layout.FOUR), (self._montage, Layout.MONTAGE)):
            if widget is not None:
                widget.setVisible(self.arrangement is layout)
        self.cells.place(self._placing())
