"""Many slices of one plane side by side, drawn as the planes are: a click goes to the place."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QEnterEvent,
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QRegion,
    QResizeEvent,
    QShowEvent,
    QTransform,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.data.montage import MontageParameters, slices_of
from maskeditor.model.data.slice_pictures import SlicePictures
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.slices import PlaneMap
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.painting import painting
from maskeditor.ui.views.camera import MARGIN, Pair
from maskeditor.ui.views.lines import CROSSHAIR
from maskeditor.ui.views.montage_tiles import Tile, TilePicture
from maskeditor.ui.views.scaled_picture import ScaledPicture
from maskeditor.ui.views.sheets import PixelTable
from maskeditor.ui.views.signs import Label
from maskeditor.ui.views.slice_slider import GROOVE, WHEEL_STEP

#: Pixels between slices, and of the height of what is written; below which side no letters are, and below which height
#: no positions.
GAP, LETTER, LEAST_LETTERED, LEAST_WRITTEN = 2, 13, 90, 40
#: Voxels that are put together before the window is looked after again, and that pictures keep for the next change.
AT_ONCE, KEPT = 1 << 22, 1 << 25


class MontageView(QWidget):
    """Slices through the volume along one axis; the wheel moves all of them on by one.

    It does nothing while it is hidden. What has changed is drawn some slices at a time, so that it never holds up the
    window, however many there are.

    Parameters
    ----------
    viewer : Viewer
    layers : Layers
    surface : QWidget
        Shows the surfaces of the masks; it stands in the place after the slices, if that is chosen.
    """

    #: The fractional voxel (3,) under the pointer, or None when it leaves.
    hovered = pyqtSignal(object)
    #: The pointer has come over a slice of this `Plane`.
    entered = pyqtSignal(object)
    #: A slice of this `Plane` was clicked twice, and the crosshair is there.
    opened = pyqtSignal(object)

    def __init__(self, viewer: Viewer, layers: Layers, surface: QWidget) -> None:
        super().__init__()
        self.surface = surface
        surface.setParent(self)
        surface.hide()
        self._viewer, self._layers = viewer, layers
        self._table = PixelTable(viewer, layers)
        self.parameters = MontageParameters()
        self.tiles: list[Tile] = []
        #: By how many slices the wheel has moved all, towards right, front or up.
        self.moved = 0
        #: Why there are no slices, in a sentence.
        self.problem = ""
        self._indices: list[int] = []
        self._pictures: SlicePictures | None = None
        self._turned = 0
        self._held: Tile | None = None
        #: Where the crosshair was before it is dragged.
        self._before: Voxel = (0, 0, 0)
        #: Pixels per mm.
        self.scale = 1.0
        self._origin = (0.0, 0.0)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(0)
        self._rest.timeout.connect(self._go_on)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setObjectName("montage")
        self.setAccessibleName("Montage")

    # What is shown

    def show_parameters(self, parameters: MontageParameters) -> None:
        """Show other slices."""
        if parameters != self.parameters:
            self.parameters, self.moved = parameters, 0
            self._build()

    @property
    def map(self) -> PlaneMap:
        """The plane that is shown."""
        return self._viewer.plane_map(self.parameters.plane)

    def _find(self) -> None:
        """Find which slices are wanted before the wheel moves them on, and what knows where they lie."""
        volume, self._indices, self._pictures = self._viewer.volume, [], None
        if volume is None or not self.isVisible():
            return
        pictures = SlicePictures(volume.stored_frame(0), None, volume.geometry, self._viewer.state.window)
        try:
            self._indices = slices_of(pictures, self.parameters.plane, self.parameters)
        except MaskEditorError as error:
            self.problem = str(error)
        else:
            self._pictures, self.problem = pictures, ""

    def _moved_indices(self) -> list[int]:
        """Return the slices that the wheel has moved on to, as far as all of them are in the volume."""
        if not self._indices:
            return []
        last, towards = self.map.counts[2] - 1, self.map.towards
        by = min(max(self.moved * towards, -min(self._indices)), last - max(self._indices))
        self.moved = by * towards
        return [index + by for index in self._indices]

    def _build(self) -> None:
        """Make the tiles anew."""
        self._find()
        plane = self.parameters.plane
        self.tiles = []
        for index in self._moved_indices():
            picture = TilePicture(self._viewer, self._layers, self._table, plane, index)
            labels = [Label(self._nothing, LETTER, bold=True) for _ in range(3)]
            position = Label(self._nothing, LETTER, plate=True)
            self.tiles.append(Tile(picture, ScaledPicture(picture), QRect(), position, tuple(labels)))
        self._write_positions()
        self._lay_out()

    def _write_positions(self) -> None:
        if self._pictures is not None:
            for tile in self.tiles:
                tile.position.write(self._pictures.position(self.parameters.plane, tile.picture.index), self._ratio)

    @staticmethod
    def _nothing(rect: QRect) -> None:
        """A label is painted with its tile."""

    @property
    def _ratio(self) -> float:
        return self.devicePixelRatioF()

    def _lay_out(self) -> None:
        """Give each slice its place, all of one size."""
        self.update()
        has_surface = self.parameters.surface and bool(self.tiles)
        self.surface.setVisible(has_surface)
        if not self.tiles:
            return
        count = len(self.tiles) + has_surface
        columns = min(self.parameters.columns, count)
        rows = -(-count // columns)
        width, height = (self.width() + GAP) // columns - GAP, (self.height() + GAP) // rows - GAP
        plane_map, ratio = self.map, self._ratio
        across, down = plane_map.size
        self.scale = min(width / across, height / down) * (1 - 2 * MARGIN)
        self._origin = ((width - across * self.scale) / 2, (height - down * self.scale) / 2)
        left, right, top, _ = plane_map.letters
        places = [
            QRect((width + GAP) * (place % columns), (height + GAP) * (place // columns), max(1, width), max(1, height))
            for place in range(count)
        ]
        self.surface.setGeometry(places[-1])
        for tile, place in zip(self.tiles, places, strict=False):
            tile.place, x, y = place, place.x(), place.y()
            self.place_picture(tile.scaled, tile, ratio)
            tile.position.place(x + 3, y + height - tile.position.line - 2)
            for label, letter in zip(tile.letters, (left, right, top), strict=True):
                label.write(letter, ratio)
                label.show(min(width, height) >= LEAST_LETTERED)
            tile.position.show(height >= LEAST_WRITTEN)
            middle = y + (height - tile.letters[0].line) // 2
            tile.letters[0].place(x + 2, middle)
            tile.letters[1].place(round(x + width - tile.letters[1].size[0] - 2), middle)
            tile.letters[2].place(round(x + (width - tile.letters[2].size[0]) / 2), y + 2)

    def place_picture(self, scaled: ScaledPicture, tile: Tile, ratio: float) -> None:
        """Have a picture lie as a tile's does, with so many pixels for one of the view."""
        a, b, c, d, e, f = self.map.affine2d
        if not tile.picture.is_fortran:
            a, b, c, d = c, d, a, b
        transform = QTransform(a, b, c, d, e, f) * QTransform(self.scale, 0, 0, self.scale, *self._origin)
        blends = self._viewer.state.smooth or min(self.map.pixel) * self.scale * ratio < 1
        scaled.place(transform, blends, tile.place.size(), ratio)

    def move_on(self, slices: int) -> None:
        """Show the slices that lie so many further towards right, front or up, as far as there are."""
        before = self.moved
        self.moved += slices
        indices = self._moved_indices()
        if self.moved == before:
            return
        for tile, index in zip(self.tiles, indices, strict=True):
            tile.picture.index = index
            tile.scaled.stale(None)
        self._write_positions()
        self.update()

    # What has changed

    def follow(self, changed: frozenset[str]) -> None:
        """Take over what changed in the state of the view."""
        if not self.isVisible():
            return
        if changed & {"volume", "radiological"}:
            if "volume" in changed:
                self.moved, self._held = 0, None
                if self.underMouse():
                    self.hovered.emit(None)
            self._build()
            return
        stale = [tile for tile in self.tiles if tile.picture.follow(changed) or "comparison" in changed]
        for tile in stale:
            if "comparison" in changed:
                tile.picture.stale_comparison()
            tile.scaled.stale(None)
        if "smooth" in changed:
            self._lay_out()
        elif stale or changed & {"crosshair", "crosshair_visible"}:
            self.update()

    def refresh(self, box: Box | None = None) -> None:
        """Draw masks again, where they changed inside a box."""
        for tile in self.tiles:
            part = tile.picture.stale_masks(box, False)
            if part is not None:
                self.update(tile.scaled.stale(part).translated(tile.place.topLeft()))

    def _go_on(self) -> None:
        """Paint what was left."""
        region = QRegion()
        for tile in self.tiles:
            if tile.scaled.is_stale:
                region += tile.place
        self.update(region)

    # Painting

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the slices in what must be painted, and of those that have changed as many as there is time for."""
        assert event is not None
        region, voxels = event.region(), 0
        with painting(self) as painter:
            if not self.tiles:
                self._paint_problem(painter)
                return
            painter.setClipRegion(region)
            painter.fillRect(region.boundingRect(), GROOVE)
            each = self.map.counts[0] * self.map.counts[1]
            for tile in self.tiles:
                if not region.intersects(tile.place):
                    continue
                if tile.scaled.is_stale and voxels < AT_ONCE:
                    voxels += each
                    tile.scaled.image()
                    if each * len(self.tiles) > KEPT:
                        tile.picture.let_go()
                self._paint_tile(painter, tile)
            self.paint_crosshair(painter)
        if any(tile.scaled.is_stale for tile in self.tiles):
            self._rest.start()

    def _paint_problem(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self.palette().window())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect().adjusted(12, 12, -12, -12), int(words), self.problem)

    @staticmethod
    def _paint_tile(painter: QPainter, tile: Tile) -> None:
        painter.drawImage(QRectF(tile.place), tile.scaled.drawn_image)
        for label in (tile.position, *tile.letters):
            if label.is_shown:
                label.draw(painter)

    def paint_crosshair(self, painter: QPainter) -> None:
        """Frame the slice that the crosshair lies in, or is next to, and mark the place in it."""
        tile = self._nearest()
        if not self._viewer.state.crosshair_visible or tile is None:
            return
        painter.setPen(QPen(CROSSHAIR, 1))
        painter.drawRect(tile.place.adjusted(0, 0, -1, -1))
        if tile.picture.index != self._viewer.state.crosshair[self.map.normal]:
            return
        x, y = self._to_pixels(tile, self._viewer.state.crosshair)
        for right, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            way = QPointF(right, down)
            painter.drawLine(QPointF(x, y) + 4 * way, QPointF(x, y) + 12 * way)

    def _nearest(self) -> Tile | None:
        """Return the tile whose slice the crosshair lies in or next to."""
        if not self.tiles:
            return None
        at = self._viewer.state.crosshair[self.map.normal]
        return min(self.tiles, key=lambda tile: abs(tile.picture.index - at))

    def _to_pixels(self, tile: Tile, voxel: Voxel) -> Pair:
        x, y = self.map.to_screen(voxel)
        return (
            tile.place.x() + self._origin[0] + x * self.scale,
            tile.place.y() + self._origin[1] + y * self.scale,
        )

    # Events

    def tile_at(self, place: QPoint) -> Tile | None:
        """Return the slice at a place of the view."""
        return next((tile for tile in self.tiles if tile.place.contains(place)), None)

    def _voxel(self, tile: Tile, place: QPointF) -> np.ndarray:
        """Return the fractional voxel (3,) at a place in a slice."""
        x = (place.x() - tile.place.x() - self._origin[0]) / self.scale
        y = (place.y() - tile.place.y() - self._origin[1]) / self.scale
        return self.map.to_voxel(x, y, tile.picture.index)

    def _go_to(self, tile: Tile, place: QPointF) -> None:
        i, j, k = np.floor(self._voxel(tile, place) + 0.5).astype(int).tolist()
        self._viewer.set_crosshair((i, j, k))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Go to where it is pressed."""
        assert event is not None
        tile = self.tile_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and tile is not None:
            self._held, self._before = tile, self._viewer.state.crosshair
            self._go_to(tile, event.position())

    def cancel(self) -> bool:
        """Put the crosshair back to where it was before a drag; return whether there was one."""
        held, self._held = self._held, None
        if held is not None:
            self._viewer.set_crosshair(self._before)
        return held is not None

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Follow the pointer; while the button is held, with the crosshair, in the slice that it was pressed in."""
        assert event is not None
        tile = self._held or self.tile_at(event.position().toPoint())
        if self._held is not None:
            self._go_to(self._held, event.position())
        if tile is not None:
            self.entered.emit(self.parameters.plane)
        self.hovered.emit(None if tile is None else self._voxel(tile, event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Let go."""
        self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Open the slice in its plane."""
        assert event is not None
        if event.button() == Qt.MouseButton.LeftButton and self.tile_at(event.position().toPoint()) is not None:
            self.opened.emit(self.parameters.plane)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Move all slices on by one."""
        assert event is not None
        event.accept()
        turn = event.angleDelta().y()
        self._turned = turn if self._turned * turn < 0 else self._turned + turn
        steps = int(self._turned / WHEEL_STEP)
        self._turned -= steps * WHEEL_STEP
        if steps:
            self.move_on(steps)

    def enterEvent(self, event: QEnterEvent | None) -> None:
        """Let keys go to the slices under the pointer."""
        if self.isActiveWindow():
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def leaveEvent(self, event: QEvent | None) -> None:
        """Take note that nothing is under the pointer."""
        self.hovered.emit(None)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the room."""
        self._lay_out()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Begin to draw."""
        self._build()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Give back all memory."""
        self.tiles, self._pictures, self._held = [], None, None
