"""The surfaces of the masks in a cell beside the planes: turned, cut open, and worked on with the tool in hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QAction,
    QEnterEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import Floats
from maskeditor.engine.box import Voxel
from maskeditor.model.view.orbit import Orbit
from maskeditor.model.view.surface_picture import CutOpen, SurfacePicture
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.keys import Keys
from maskeditor.ui.look.painting import painting
from maskeditor.ui.qt import sure
from maskeditor.ui.views.items import LIGHT
from maskeditor.ui.views.lines import CROSSHAIR
from maskeditor.ui.views.slice_slider import WHEEL_STEP
from maskeditor.ui.views.surface_marks import AXES_EDGE, draw_axes, draw_cross
from maskeditor.ui.views.surface_still import Sphere, image_of
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.views.view_keys import MOVES, meant

#: Degrees that a pixel of a drag turns, and an arrow key; and the factor of a step of the wheel.
TURN, KEY_TURN, ZOOM_STEP = 0.5, 15.0, 1.15
#: Pixels that a hand may shake while it clicks.
SHAKE = 4
#: A stroke ends where the surface breaks off: where it goes on farther away than so many mm for each mm on the screen.
BREAKS_OFF = 8.0
#: From where one looks: title, azimuth and elevation.
SIDES = (
    ("Front", 0, 0),
    ("Back", 180, 0),
    ("Right", 90, 0),
    ("Left", 270, 0),
    ("Above", 0, 90),
    ("Below", 0, -90),
)
#: Pixels along each side, at least, and below which there are neither buttons nor axes.
LEAST, LEAST_MARKED = 24, 100
#: Pixels of the caption's letters, and between it and the edges.
CAPTION, CAPTION_EDGE = 13, 7
#: Milliseconds between two times that the crosshair is drawn here while it moves: what the hand moves in a plane comes
#: first, and is held up by no other view.
PACE = 30
#: Where nothing is shown.
HINT = "The surfaces of visible masks stand here: paint, or take a range of intensities."
#: Of the state of the view, what moves something in the picture, and what is to be cut open otherwise.
SEEN = frozenset({"opacity"})
CUT = frozenset({"crosshair", "window", "frame", "mean", "volume"})

Button, Modifier = Qt.MouseButton, Qt.KeyboardModifier
#: Draws surfaces: asked with view, opacity and cut, and whoever takes the picture.
Draw = Callable[..., None]


class SurfaceView(QWidget):
    """The surfaces of the visible masks.

    A drag turns, a click goes to the voxel, the wheel zooms, a middle drag moves. A tool that works on surfaces takes
    what is pressed on them; what is pressed beside them, or with Alt, still turns.

    Parameters
    ----------
    viewer : Viewer
    draw : callable
        Has surfaces drawn, as `Surfaces.draw` does.
    keys : Keys
        Those that move the crosshair in planes turn here.
    """

    #: Whose it is, a number, and whether it is seen now.
    watched = pyqtSignal(object, bool)
    #: The voxel (3,) under the pointer, or None.
    hovered = pyqtSignal(object)

    def __init__(self, viewer: Viewer, draw: Draw, keys: Keys) -> None:
        super().__init__()
        self._viewer, self._draw, self._keys = viewer, draw, keys
        self.orbit = Orbit()
        self.picture: SurfacePicture | None = None
        self._image = QImage()
        #: Pixels of the view that each pixel of the picture covers.
        self._together = 1
        #: Around all surfaces; None where there are none.
        self._sphere: Sphere | None = None
        self._tool = Tool()
        self._has_tool = False
        self._button = Button.NoButton
        self._start = self._last = QPointF()
        #: From where it was looked at when a drag began.
        self._begun_from = self.orbit
        self._world: Floats | None = None
        #: Where the tool has gone in its drag, in pixels, and the surface it began on, not what it paints.
        self._trail: list[QPointF] = []
        self._begun_on: SurfacePicture | None = None
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.setInterval(PACE)
        self._pace.timeout.connect(self.update)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.WheelFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(LEAST, LEAST)
        self.setObjectName("surface")
        self.setAccessibleName("Surface")
        self.cut_button = QToolButton()
        self.cut_button.setText("Cut")
        self.cut_button.setCheckable(True)
        self.cut_button.setToolTip("Cut away what is nearer than the crosshair, and see the image inside.")
        self.cut_button.toggled.connect(lambda _: self.look())
        self.side_button = QToolButton()
        self.side_button.setText("From")
        self.side_button.setToolTip("Look from a side.")
        self.side_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.side_button)
        for title, azimuth, elevation in SIDES:
            action = QAction(title, menu)
            action.triggered.connect(lambda _, to=(azimuth, elevation): self.look_from(*to))
            menu.addAction(action)
        menu.addSeparator()
        sure(menu.addAction("Show all of it")).triggered.connect(self.reset)
        self.side_button.setMenu(menu)
        bar = QHBoxLayout(self)
        bar.setContentsMargins(4, 4, 4, 4)
        bar.addStretch(1)
        for button in (self.side_button, self.cut_button):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            bar.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)

    def sizeHint(self) -> QSize:
        """Return the size it would like."""
        return QSize(256, 192)

    # What is looked at, and from where

    def set_tool(self, tool: Tool) -> None:
        """Take another tool in hand; a drag of the one before is given up."""
        if self._has_tool:
            self.cancel()
        self._tool = tool
        self.setCursor(tool.cursor if tool.on_surface else Qt.CursorShape.OpenHandCursor)

    def take_surfaces(self, sphere: Sphere | None) -> None:
        """Show other surfaces, which a sphere is around: all of them, as long as nobody came nearer or moved aside.

        While a tool works on them they stay where they are.
        """
        self._sphere = sphere
        if sphere is not None and self.orbit.is_at_rest and not self._has_tool:
            self.orbit = self.orbit.fitting(*sphere)
        self.look()
        self.update()

    def follow(self, changed: frozenset[str]) -> None:
        """Take over what changed in the state of the view."""
        if "volume" in changed:
            if not self._has_tool:  # another image is not looked at from where that was
                self._button = Button.NoButton
            if self.underMouse():
                self.hovered.emit(None)
        if changed & SEEN or (changed & CUT and self.cut_button.isChecked()):
            self.look()
        elif changed & {"crosshair", "crosshair_visible"} and not self._pace.isActive():
            self._pace.start()

    def look_from(self, azimuth: float, elevation: float) -> None:
        """Look from a side."""
        orbit = self.orbit
        self._go(orbit.turned(azimuth - orbit.azimuth, elevation - orbit.elevation))

    def reset(self) -> None:
        """Show all of it again."""
        orbit = self.orbit.at_rest()
        self._go(orbit if self._sphere is None else orbit.fitting(*self._sphere))

    def _go(self, orbit: Orbit) -> None:
        if orbit != self.orbit:
            self.orbit = orbit
            self.look()

    @property
    def cut(self) -> CutOpen | None:
        """How the surfaces are cut open; None where they are not."""
        is_cut = self.cut_button.isChecked()
        return CutOpen(self._viewer.state.crosshair, self._viewer.greys()) if is_cut else None

    def look(self) -> None:
        """Have what is seen drawn."""
        volume, state = self._viewer.volume, self._viewer.state
        if volume is None or not self.isVisible():
            return
        view, together = self.orbit.view(self.width(), self.height(), volume.geometry)
        cut = self.cut

        def take(picture: SurfacePicture) -> None:
            self.picture, self._together, self._image = picture, together, image_of(picture)
            self.update()

        self._draw(view, state.opacity, cut, take)

    def hit(self, position: QPointF) -> Voxel | None:
        """Return the voxel that is seen at a position, in pixels; None where nothing is."""
        picture = self._begun_on or self.picture
        if picture is None or self._viewer.volume is None:
            return None
        row, column = (math.floor(at / self._together) for at in (position.y(), position.x()))
        found = picture.hit(row, column)
        return found[1] if found is not None else None

    # Events

    def showEvent(self, event: QShowEvent | None) -> None:
        """Begin to follow the masks."""
        super().showEvent(event)
        self.watched.emit(id(self), True)

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Let go of all that was found, and give up what the tool draws: no release will come here."""
        super().hideEvent(event)
        self.cancel()
        self.picture, self._image, self._sphere = None, QImage(), None
        self.watched.emit(id(self), False)

    @property
    def _is_marked(self) -> bool:
        """Whether there is room for buttons, axes and caption."""
        return min(self.width(), self.height()) >= LEAST_MARKED

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Draw it in the new size."""
        super().resizeEvent(event)
        for button in (self.side_button, self.cut_button):
            button.setVisible(self._is_marked)
        self.look()

    def enterEvent(self, event: QEnterEvent | None) -> None:
        """Let keys come here."""
        super().enterEvent(event)
        if self.isActiveWindow():
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def leaveEvent(self, event: QEvent | None) -> None:
        """Take note that the pointer has left."""
        super().leaveEvent(event)
        self.hovered.emit(None)

    def _event(self, position: QPointF, voxel: Voxel, event: QMouseEvent | QWheelEvent) -> PointerEvent:
        """Return what a tool is told of a voxel: as if it were pointed at in the plane that faces the viewer most."""
        facing = np.abs(self.orbit.directions[2]).argmax()
        plane = next(plane for plane in Plane if plane.normal == facing)
        place = (position.x(), position.y())
        plane_map, scale = self._viewer.plane_map(plane), 1 / self.orbit.pixel(self.width(), self.height())
        return PointerEvent(plane_map, np.array(voxel, float), place, self._button, event.modifiers(), scale)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Begin a drag: of the tool, where it works on the surface under the pointer, or one that turns."""
        assert event is not None
        if self._button is not Button.NoButton or self._viewer.volume is None:  # a second button changes nothing
            return
        self._button, self._begun_from = event.button(), self.orbit
        self._start = self._last = event.position()
        voxel = self.hit(self._start)
        is_view = event.button() == Button.MiddleButton or bool(event.modifiers() & Modifier.AltModifier)
        if voxel is not None and self._tool.on_surface and not is_view:
            self._has_tool = self._tool.press(self._event(self._start, voxel, event))
            self._world = self._viewer.volume.geometry.to_world(voxel)
            self._trail, self._begun_on = [self._start], self.picture
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Follow the pointer."""
        assert event is not None
        here = event.position()
        if self._button is Button.NoButton:
            voxel = self.hit(here)
            self.hovered.emit(None if voxel is None else np.array(voxel, float))
            return
        if not event.buttons() & self._button:  # the release went to another window
            self._end(event)
            return
        step, self._last = here - self._last, here
        if self._has_tool:
            self._go_on_with_tool(here, event)
        elif self._world is not None:
            return  # a stroke that has ended before the button was let go
        elif self._button == Button.MiddleButton:
            pixel = self.orbit.pixel(self.width(), self.height())
            self._go(self.orbit.moved(step.x() * pixel, step.y() * pixel))
        elif self._is_drag(here):
            self._go(self.orbit.turned(TURN * step.x(), TURN * step.y()))

    def _is_drag(self, here: QPointF) -> bool:
        return (here - self._start).manhattanLength() > SHAKE

    def _go_on_with_tool(self, here: QPointF, event: QMouseEvent) -> None:
        voxel, volume = self.hit(here), self._viewer.volume
        if voxel is None or volume is None or self._world is None:
            return
        world = volume.geometry.to_world(voxel)
        pixel = self.orbit.pixel(self.width(), self.height())
        way = here - self._trail[-1]
        near = BREAKS_OFF * (pixel * (abs(way.x()) + abs(way.y())) + max(volume.geometry.zooms))
        if np.linalg.norm(world - self._world) > near:
            self._has_tool = False
            self._tool.release(self._event(here, voxel, event))
            return
        self._world = world
        self._trail.append(here)
        self._tool.move(self._event(here, voxel, event))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End the drag; without one, go to the voxel."""
        assert event is not None
        if event.button() == self._button:
            self._end(event)

    def _end(self, event: QMouseEvent) -> None:
        here = event.position()
        had_tool, self._has_tool = self._has_tool, False
        was_tool, self._world = self._world is not None, None
        voxel = self.hit(here)
        self._trail, self._begun_on = [], None
        if had_tool:
            self._tool.release(self._event(here, voxel or self._viewer.state.crosshair, event))
        elif not was_tool and self._button == Button.LeftButton and voxel is not None and not self._is_drag(here):
            self._viewer.set_crosshair(voxel)
        self._button = Button.NoButton
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Take it as one more press."""
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Come nearer to what is under the pointer; with Shift or Alt it is the tool's."""
        assert event is not None
        event.accept()
        turn = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & (Modifier.ShiftModifier | Modifier.AltModifier):
            voxel = self.hit(event.position()) or self._viewer.state.crosshair
            self._tool.wheel(self._event(event.position(), voxel, event), int(math.copysign(1, turn)))
            return
        pixel = self.orbit.pixel(self.width(), self.height())
        right, down = event.position().x() - self.width() / 2, event.position().y() - self.height() / 2
        self._go(self.orbit.nearer(ZOOM_STEP ** (turn / WHEEL_STEP), right * pixel, down * pixel))

    def cancel(self) -> bool:
        """Give up a drag, of the tool or one that turns or moves; return whether there was one."""
        was_dragged, self._button = self._button is not Button.NoButton, Button.NoButton
        had_tool, self._has_tool = self._has_tool, False
        self._trail, self._begun_on, self._world = [], None, None
        if had_tool:
            self._tool.cancel()
        elif was_dragged:
            self._go(self._begun_from)
        self.update()
        return had_tool or was_dragged

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Turn by the arrow keys, and give up a drag by Escape; what else is pressed is not for here."""
        assert event is not None
        id, fast = meant(event, self._keys)
        if id in MOVES and not fast:
            right, down = MOVES[id]
            self._go(self.orbit.turned(KEY_TURN * right, KEY_TURN * down))
        elif event.key() != Qt.Key.Key_Escape or not self.cancel():
            super().keyPressEvent(event)

    # Painting

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the picture, and over it the crosshair and the axes of the world."""
        with painting(self) as painter:
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
            if self._sphere is None:
                painter.setPen(LIGHT)
                words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                below = self.side_button.geometry().bottom() + 6 if self._is_marked else 12
                painter.drawText(self.rect().adjusted(12, below, -12, -12), int(words), HINT)
                return
            height, width = self._image.height() * self._together, self._image.width() * self._together
            painter.drawImage(QRectF(0, 0, width, height), self._image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_crosshair(painter)
            self._paint_trail(painter)
            if self._is_marked:
                draw_axes(painter, self.orbit.directions, QPointF(AXES_EDGE, self.height() - AXES_EDGE))
                self._paint_caption(painter)

    def _paint_crosshair(self, painter: QPainter) -> None:
        volume, state = self._viewer.volume, self._viewer.state
        if volume is not None and state.crosshair_visible:
            view, together = self.orbit.view(self.width(), self.height(), volume.geometry)
            across, down, _ = view.place(volume.geometry.to_world(state.crosshair)).tolist()
            draw_cross(painter, QPointF((across + 0.5) * together, (down + 0.5) * together))

    def _paint_trail(self, painter: QPainter) -> None:
        if len(self._trail) > 1:
            painter.setPen(QPen(CROSSHAIR, 2.0))
            painter.drawPolyline(QPolygonF(self._trail))

    def _paint_caption(self, painter: QPainter) -> None:
        """Say what stands here, and from which voxels it is drawn where these are not those of the masks."""
        coarse = max((one.solid.by for one in self.picture.solids), default=1) if self.picture is not None else 1
        words = f"Surface, of voxels of {coarse} × {coarse} × {coarse}" if coarse > 1 else "Surface"
        font = self.font()
        font.setPixelSize(CAPTION)
        painter.setFont(font)
        painter.setPen(LIGHT)
        room = self.side_button.x() - 2 * CAPTION_EDGE
        elided = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(CAPTION_EDGE, CAPTION_EDGE + painter.fontMetrics().ascent()), elided)
