"""What the mouse does in a view: the wheel, zoom and pan are the view's own, the rest is the tool's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial

import numpy as np
from PyQt6.QtCore import QEvent, QObject, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QSinglePointEvent, QWheelEvent

from maskeditor.model.view.slices import PlaneMap
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.views.camera import Pair
from maskeditor.ui.views.canvas import Canvas
from maskeditor.ui.views.slice_slider import WHEEL_STEP
from maskeditor.ui.views.tool import PointerEvent, Tool

#: Factor of a wheel step, and pixels of a drag that enlarge by as much.
ZOOM_STEP, ZOOM_PIXELS = 1.15, 20.0
#: Slices that a wheel step with Shift goes, where the tool has no use for it.
FAST_STEPS = 5

Button, Modifier = Qt.MouseButton, Qt.KeyboardModifier


class Drag(Enum):
    """Who a drag belongs to."""

    TOOL = "tool"
    PAN = "pan"
    ZOOM = "zoom"
    SWIPE = "swipe"


class Pointer(QObject):
    """Takes the mouse events of one canvas.

    Parameters
    ----------
    canvas : Canvas
    viewer : Viewer
    """

    #: At every move over the view its `PointerEvent`, and None when the pointer leaves.
    hovered = pyqtSignal(object)
    #: The pointer has come.
    entered = pyqtSignal()
    #: A double click that the tool has no use for.
    double_clicked = pyqtSignal()

    def __init__(self, canvas: Canvas, viewer: Viewer) -> None:
        super().__init__(canvas)
        self._canvas, self._viewer = canvas, viewer
        self.tool = Tool()
        self.drag: Drag | None = None
        #: Whether the left button pans, for as long as a key is held.
        self.pans = False
        self._button = Button.NoButton
        #: Brings back what was seen before a drag.
        self._bring_back: Callable[[], object] = _nothing
        self._start = self._last = QPointF()
        self._turned = 0
        #: Which of the pictures side by side the drag has begun in.
        self._picture = 0
        self._here: PointerEvent | None = None
        #: Where the pointer itself is while keys drag; None if it is elsewhere.
        self._beside_keys: PointerEvent | None = None
        canvas.installEventFilter(self)

    # Tool

    def set_tool(self, tool: Tool) -> None:
        """Take another tool in hand; a drag of the one before is given up."""
        if tool is not self.tool:
            self.cancel_tool()
            self.tool = tool
        self._show_shape()
        self.show_outline()

    def cancel(self) -> bool:
        """Give up a drag, of the tool or of the view's own; return whether there was one."""
        drag, self.drag = self.drag, None
        if drag is None:
            return False
        crosshair = self._viewer.state.crosshair
        if drag is Drag.TOOL:
            self.tool.cancel()
        # A crosshair that goes back takes along what was seen: the planes have followed it.
        if drag is not Drag.TOOL or self._viewer.state.crosshair != crosshair:
            self._bring_back()
        self._show_shape()
        self.look_again()
        return True

    def cancel_tool(self) -> bool:
        """Give up a drag of the tool; return whether there was one."""
        return self.drag is Drag.TOOL and self.cancel()

    def forget(self) -> None:
        """Let go of the image that was open, now that the canvas shows another; the tool forgets its own drag."""
        here, plane_map = self._here, self._canvas.map
        if here is not None and plane_map is not None:
            self._here = self._at(plane_map, here.position, here.button, here.modifiers)
        self._bring_back = _nothing
        if self.drag is not Drag.TOOL:
            self.drag = None
            self._show_shape()

    def set_panning(self, pans: bool) -> None:
        """Have the left button pan, or not."""
        self.pans = pans
        self._show_shape()

    def show_outline(self) -> None:
        """Draw the tool's outline where the pointer is."""
        path = None
        if self._here is not None and self.drag in (None, Drag.TOOL):
            path = self.tool.cursor_outline(self._here)
        self._canvas.show_outline(path)
        self._show_drawn()

    def _show_drawn(self) -> None:
        """Show what the tool has drawn in the slice that is seen, wherever the pointer is."""
        plane_map = self._canvas.map
        if plane_map is not None:
            index = self._viewer.state.crosshair[plane_map.normal]
            self._canvas.show_drawing(self.tool.drawing(plane_map, index))
            self._canvas.show_words(*(self.tool.words(plane_map, index) or ("", (0.0, 0.0))))
        self._canvas.show_badge(self.tool.badge)

    def _show_shape(self) -> None:
        shape = self.tool.cursor
        if self.drag is Drag.PAN:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self.pans:
            shape = Qt.CursorShape.OpenHandCursor
        elif self.drag is Drag.ZOOM:
            shape = Qt.CursorShape.SizeVerCursor
        elif self.drag is Drag.SWIPE or (self.drag is None and self._is_at_line):
            shape = Qt.CursorShape.SplitHCursor
        if self._canvas.cursor().shape() != shape:
            self._canvas.setCursor(shape)

    # Events

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take what the mouse does to the canvas; all else goes on to it."""
        assert event is not None
        kind = event.type()
        if isinstance(event, QMouseEvent) and kind in _MOUSE:
            _MOUSE[kind](self, event)
        elif isinstance(event, QWheelEvent):
            self.wheel(event)
        elif watched is self._canvas and kind == QEvent.Type.Enter:
            self._show_shape()
            self.entered.emit()
        elif watched is self._canvas and kind == QEvent.Type.Leave:
            self.leave()
        else:
            if watched is self._canvas and kind == QEvent.Type.Hide:
                self._end_unseen()
            return False
        return True

    def press(self, event: QMouseEvent) -> None:
        """Begin a drag: of the view's own, or the tool's if it takes it."""
        if self.drag is not None:  # a second button changes nothing
            return
        here = self._event(event)
        if here is None:
            return
        button, alt = event.button(), bool(event.modifiers() & Modifier.AltModifier)
        self._start = self._last = self._position(event)
        self._bring_back = self._canvas.camera.keep()
        comparison = self._viewer.state.comparison
        if button == Button.LeftButton and comparison is not None and self._canvas.swipe.is_at(self._start.x()):
            self.drag = Drag.SWIPE
            self._bring_back = partial(self._viewer.change_comparison, share=comparison.share)
        elif button == Button.MiddleButton or (button == Button.LeftButton and (alt or self.pans)):
            self.drag = Drag.PAN
        elif button in (Button.LeftButton, Button.RightButton):
            if self.tool.press(here):
                self.drag = Drag.TOOL
            elif button == Button.RightButton:
                self.drag = Drag.ZOOM
        self._button = button
        self._here = here
        self._show_shape()
        self.show_outline()

    def double_click(self, event: QMouseEvent) -> None:
        """Maximise the view; to a tool that is clicked fast it is one more press."""
        if event.button() == Button.LeftButton and self.tool.double_click_maximises and self.drag is None:
            self.double_clicked.emit()
        else:
            self.press(event)

    def move(self, event: QMouseEvent) -> None:
        """Follow the pointer."""
        here = self._event(event)
        if here is None:
            return
        if self.drag is not None and not event.buttons() & self._button:
            self._end(here)  # the release went to another window
        self._here = here
        if self.drag is None:
            self._hover(here)
        elif self.drag is Drag.TOOL:
            self.tool.move(here)
        else:
            self._move_view(self._position(event))
        self._last = self._position(event)
        self.show_outline()
        self.hovered.emit(here)

    def _hover(self, here: PointerEvent) -> None:
        if here.has(Modifier.ShiftModifier) and here.is_inside:
            self._viewer.set_crosshair(here.nearest)
        self.tool.hover(here)
        if self._canvas.swipe.is_shown:
            self._show_shape()

    @property
    def _is_at_line(self) -> bool:
        return self._here is not None and self._canvas.swipe.is_at(self._here.position[0])

    def _move_view(self, position: QPointF) -> None:
        plane_map = self._canvas.map
        if self.drag is Drag.SWIPE and plane_map is not None:
            across, _ = self._canvas.camera.to_mm(position.x(), position.y())
            self._viewer.change_comparison(share=min(max(across / plane_map.size[0], 0.0), 1.0))
        elif self.drag is Drag.PAN:
            self._canvas.pan(position.x() - self._last.x(), position.y() - self._last.y())
        else:
            factor = ZOOM_STEP ** ((self._last.y() - position.y()) / ZOOM_PIXELS)
            self._canvas.zoom(factor, (self._start.x(), self._start.y()))

    def release(self, event: QMouseEvent) -> None:
        """End the drag that the button began."""
        here = self._event(event)
        if here is not None and self.drag is not None and event.button() == self._button:
            self._end(here)
            self.tool.changed()

    def _end(self, here: PointerEvent) -> None:
        drag, self.drag = self.drag, None
        self._here = here
        if drag is Drag.TOOL:
            self.tool.release(here)
        self._button = Button.NoButton
        self._show_shape()

    def _end_unseen(self) -> None:
        """End a drag in a view that another layout has no room for: its release will not come here."""
        if self.drag is not None and self._here is not None:
            window = self._canvas.window()
            if window is not None and window.isVisible():
                self._end(self._here)

    # Keys in place of the mouse

    def press_by_key(self, button: Qt.MouseButton) -> bool:
        """Begin a drag of the tool at the crosshair; return whether the tool has taken it."""
        here = self._at_crosshair(button)
        if here is None or self.drag is not None:
            return False
        self._bring_back = self._canvas.camera.keep()
        if not self.tool.press(here):
            return False
        self.drag, self._button = Drag.TOOL, button
        self._beside_keys = self._here
        self._show_here(here)
        return True

    def move_by_key(self) -> None:
        """Let the tool follow the crosshair."""
        here = self._at_crosshair(self._button)
        if here is not None and self.drag is Drag.TOOL:
            self.tool.move(here)
            self._show_here(here)

    def release_by_key(self) -> None:
        """End the drag of the tool at the crosshair."""
        here = self._at_crosshair(self._button)
        if here is not None and self.drag is Drag.TOOL:
            self._end(here)
            self.tool.changed()
        # Else the crosshair would be pointed at here, whatever the mouse does in another view.
        self._here, self._beside_keys = self._beside_keys, None
        self.show_outline()
        self.hovered.emit(self._here)
        self.look_again()

    def _at_crosshair(self, button: Qt.MouseButton) -> PointerEvent | None:
        plane_map = self._canvas.map
        if plane_map is None:
            return None
        voxel = self._viewer.state.crosshair
        place = self._canvas.camera.to_pixels(*plane_map.to_screen(voxel))
        return PointerEvent(plane_map, np.array(voxel, np.float64), place, button)

    def _show_here(self, here: PointerEvent) -> None:
        self._here = here
        self.show_outline()
        self.hovered.emit(here)

    def wheel(self, event: QWheelEvent) -> None:
        """Go through slices; zoom with Ctrl; with Shift or Alt it is the tool's."""
        here = self._event(event)
        if here is None:
            return
        event.accept()
        turn = event.angleDelta().y() or event.angleDelta().x()  # some systems turn it sideways with a modifier
        # Touch pads send many small turns: they add up, and a change of direction starts again.
        self._turned = turn if self._turned * turn < 0 else self._turned + turn
        steps = int(self._turned / WHEEL_STEP)
        if here.has(Modifier.ControlModifier) and not here.has(Modifier.ShiftModifier):
            self._turned = 0
            self._canvas.zoom(ZOOM_STEP ** (turn / WHEEL_STEP), here.position)
        elif steps:
            self._turned -= steps * WHEEL_STEP
            is_fast = here.has(Modifier.ShiftModifier)
            is_plain = not (is_fast or here.has(Modifier.AltModifier))
            if is_plain or not self.tool.wheel(here, steps):
                self._viewer.step(here.plane, FAST_STEPS * steps if is_fast else steps)
        self._here = self._event(event)
        self.show_outline()
        self.hovered.emit(self._here)

    def leave(self) -> None:
        """Take the outline away."""
        if self.drag is None:
            self._here = None
            self.tool.leave()
            self.show_outline()
            self.hovered.emit(None)

    def look_again(self) -> None:
        """See what has come under a pointer that lies still, and what was drawn in the slice that has come."""
        here, plane_map = self._here, self._canvas.map
        if here is None or plane_map is None or self.drag is not None:
            self._show_drawn()
            return
        self._here = self._at(plane_map, here.position, Button.NoButton, here.modifiers)
        self.show_outline()
        self.hovered.emit(self._here)

    def _position(self, event: QSinglePointEvent) -> QPointF:
        """Return where it is in the picture that it is in; a drag stays in the one that it has begun in."""
        place = event.position()
        if self.drag is None:
            self._picture = self._canvas.picture_at(place.x())
        return place - QPointF(self._canvas.left_of(self._picture), 0)

    def _event(self, event: QSinglePointEvent) -> PointerEvent | None:
        plane_map = self._canvas.map
        if plane_map is None:
            return None
        button = Button.NoButton
        if isinstance(event, QMouseEvent):
            button = self._button if self.drag is not None else event.button()
        place = self._position(event)
        return self._at(plane_map, (place.x(), place.y()), button, event.modifiers())

    def _at(
        self, plane_map: PlaneMap, position: Pair, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
    ) -> PointerEvent:
        index = self._viewer.state.crosshair[plane_map.normal]
        voxel = plane_map.to_voxel(*self._canvas.camera.to_mm(*position), index)
        return PointerEvent(plane_map, voxel, position, button, modifiers, self._canvas.camera.scale)


def _nothing() -> None:
    """There is nothing to bring back."""


#: What is done about an event of the mouse.
_MOUSE: Mapping[QEvent.Type, Callable[[Pointer, QMouseEvent], None]] = {
    QEvent.Type.MouseButtonPress: Pointer.press,
    QEvent.Type.MouseButtonDblClick: Pointer.double_click,
    QEvent.Type.MouseMove: Pointer.move,
    QEvent.Type.MouseButtonRelease: Pointer.release,
}
