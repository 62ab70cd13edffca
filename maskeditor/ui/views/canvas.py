"""Where one slice is drawn, with all that lies over it."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QResizeEvent, QTransform
from PyQt6.QtWidgets import QGraphicsScene, QGraphicsView, QStyleOptionGraphicsItem, QWidget

from maskeditor.engine.box import Voxel
from maskeditor.model.view.pixels import ADDED_COLOUR, REMOVED_COLOUR
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ui.views.camera import Camera, Pair, Zoom
from maskeditor.ui.views.items import GAP, CrosshairLine, Label, OutlineItem, ScaleBar
from maskeditor.ui.views.picture import SlicePicture

#: As long as a caption gets; in a view of less than twice its width, the top letter stands below it.
LONGEST_CAPTION = "Sagittal 0000 of 0–0000 · RAS x = -0000.0 mm"
#: Pixels between the edge of a view and what is written there.
EDGE = 4.0


class SliceItem(pg.GraphicsObject):  # type: ignore[misc]
    """Draws the picture of a slice, in pixels of the picture; it is worked out here, when it is needed."""

    def __init__(self, picture: SlicePicture) -> None:
        super().__init__()
        self._picture = picture
        self.smooth = False
        self._size = QRectF()

    def resize(self, width: float, height: float) -> None:
        """Take the picture's size."""
        if (width, height) != (self._size.width(), self._size.height()):
            self.prepareGeometryChange()
            self._size = QRectF(0, 0, width, height)

    def boundingRect(self) -> QRectF:
        """Return the area of the picture."""
        return self._size

    def paint(
        self, painter: QPainter | None, option: QStyleOptionGraphicsItem | None, widget: QWidget | None = None
    ) -> None:
        """Draw the picture; Qt clips to what must be painted."""
        assert painter is not None
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth)
        painter.drawImage(QPointF(0, 0), self._picture.image())


class Canvas(pg.GraphicsView):  # type: ignore[misc]
    """A slice with crosshair, letters, caption, scale bar and the outline at the pointer.

    Scene coordinates are the widget's pixels. It knows nothing of the mouse, whose events a `Pointer` takes.

    Parameters
    ----------
    picture : SlicePicture
    zoom : Zoom
        The scale that all planes share.
    """

    def __init__(self, picture: SlicePicture, zoom: Zoom) -> None:
        super().__init__(background="k")
        self.setCentralItem(None)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)  # black is filled faster than copied
        # Qt scales an image fast only when it is clipped to one rectangle, which pyqtgraph's own choice breaks up.
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.BoundingRectViewportUpdate)
        self.setAcceptDrops(False)  # the window takes dropped files
        self.setMinimumSize(80, 80)
        scene = self.scene()
        assert scene is not None
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.camera = Camera(zoom)
        zoom.tell(self.look)
        self.map: PlaneMap | None = None
        self._crosshair: Voxel = (0, 0, 0)
        self._smooth = False
        self._caption = ("", "")
        self._picture = picture
        self.slice = SliceItem(picture)
        self.lines = (CrosshairLine(upright=True), CrosshairLine(upright=False))
        self.letters = tuple(Label(16, bold=True) for _ in range(4))
        self.caption = Label(13, plate=True)
        self.bar, self.bar_label = ScaleBar(), Label(12, plate=True)
        self.outline = OutlineItem()
        #: What the colours of a preview mean.
        self.legend = (
            Label(12, plate=True, mark=QColor(*ADDED_COLOUR)),
            Label(12, plate=True, mark=QColor(*REMOVED_COLOUR)),
        )
        written = (*self.letters, self.caption, self.bar, self.bar_label, *self.legend)
        for item in (self.slice, *self.lines, *written, self.outline):
            scene.addItem(item)
        self.show_legend(False)

    # What is drawn

    def show_map(self, plane_map: PlaneMap) -> None:
        """Take the plane that is shown."""
        self.map = plane_map
        self.camera.show(plane_map.size)
        self.look()

    def show_crosshair(self, voxel: Voxel, visible: bool) -> None:
        """Move the crosshair."""
        self._crosshair = voxel
        for line in self.lines:
            line.setVisible(visible)
        self._place_crosshair()

    def show_caption(self, slice_in_words: str, place_in_words: str) -> None:
        """Write into the corner which slice it is and, where there is room for it, where that lies."""
        self._caption = (slice_in_words, place_in_words)
        self._write_caption()

    def _write_caption(self) -> None:
        whole = " · ".join(self._caption)
        fits = self.caption.room(whole) + 2 * EDGE <= self.width()
        self.caption.write(whole if fits else self._caption[0], self.devicePixelRatioF())

    def show_legend(self, shown: bool) -> None:
        """Show what the colours of a preview mean, or do not."""
        for label in self.legend:
            label.setVisible(shown)

    def show_outline(self, path: QPainterPath | None) -> None:
        """Draw an outline in mm of the slice, or none."""
        self.outline.show_path(None if path is None else self.camera.transform.map(path))

    def show_smooth(self, smooth: bool) -> None:
        """Choose whether large voxels are blended."""
        self._smooth = smooth
        self.look()

    def repaint_part(self, rect: QRectF | None) -> None:
        """Paint the picture again, or a part of it in its pixels."""
        if rect is None:
            self.slice.update()
        else:
            self.slice.update(rect)

    def look(self) -> None:
        """Place everything by the camera."""
        if self.map is None:
            return
        a, b, c, d, e, f = self.map.affine2d
        across, down = (count for axis, count in sorted(zip(self.map.axes[:2], self.map.counts, strict=False)))
        if not self._picture.is_fortran:  # its lines then run along the other axis
            a, b, c, d, across, down = c, d, a, b, down, across
        self.slice.resize(across, down)
        self.slice.setTransform(QTransform(a, b, c, d, e, f) * self.camera.transform)
        # Voxels smaller than the screen's pixels are always blended, or some of them would vanish.
        smallest = min(self.map.pixel) * self.camera.scale * self.devicePixelRatioF()
        self.slice.smooth = self._smooth or smallest < 1
        self.slice.update()
        self._place_crosshair()
        self._place_labels()

    def _place_crosshair(self) -> None:
        if self.map is None:
            return
        x, y = self.camera.to_pixels(*self.map.to_screen(self._crosshair))
        width, height = self.width(), self.height()
        pixel = [zoom * self.camera.scale / 2 for zoom in self.map.pixel]
        self.lines[0].place(x, y, max(GAP, pixel[1] + 2), height)
        self.lines[1].place(y, x, max(GAP, pixel[0] + 2), width)

    def _place_labels(self) -> None:
        assert self.map is not None
        width, height, ratio = self.width(), self.height(), self.devicePixelRatioF()
        for label, letter in zip(self.letters, self.map.letters, strict=True):
            label.write(letter, ratio)
        self._write_caption()
        self.bar.fit(self.camera.scale, max(20.0, width / 4))
        self.bar_label.write(self.bar.text, ratio)
        for label, meaning in zip(self.legend, ("added", "removed"), strict=True):
            label.write(meaning, ratio)
        added, removed = self.legend
        legend_left = width - max(label.size[0] for label in self.legend) - EDGE
        left, right, top, bottom = self.letters
        top_edge = EDGE if width / 2 > self.caption.room(LONGEST_CAPTION) + 4 * EDGE else EDGE + self.caption.line
        bar_top = height - 3 * EDGE - self.bar_label.size[1]
        # At whole pixels, so that the letters are sharp.
        for item, x, y in (
            (left, EDGE, (height - left.size[1]) // 2),
            (right, width - right.size[0] - EDGE, (height - right.size[1]) // 2),
            (top, (width - top.size[0]) // 2, top_edge),
            (bottom, (width - bottom.size[0]) // 2, height - bottom.size[1] - EDGE),
            (self.caption, EDGE, EDGE),
            (self.bar, 2 * EDGE, height - 2 * EDGE),
            (self.bar_label, 2 * EDGE, bar_top),
            (added, legend_left, height - added.size[1] - removed.size[1] - EDGE),
            (removed, legend_left, height - removed.size[1] - EDGE),
        ):
            item.setPos(round(x), round(y))

    # Zoom and pan

    def zoom(self, factor: float, at: Pair) -> None:
        """Enlarge by a factor round a pixel."""
        self.camera.zoom(factor, at)
        self.look()

    def pan(self, right: float, down: float) -> None:
        """Move the slice by some pixels."""
        self.camera.pan(right, down)
        self.look()

    def fit(self) -> None:
        """Show the whole slice."""
        self.camera.fit()
        self.look()

    def centre(self) -> None:
        """Put the crosshair into the middle."""
        if self.map is not None:
            self.camera.centre_on(self.map.to_screen(self._crosshair))
            self.look()

    def keep_crosshair_in_view(self) -> None:
        """Go to the crosshair if it is beyond the edge."""
        if self.map is not None and not self.camera.sees(*self.map.to_screen(self._crosshair)):
            self.centre()

    # Events

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the scene in the widget's pixels."""
        super().resizeEvent(event)
        if hasattr(self, "camera"):  # pyqtgraph resizes before it is ready
            self.camera.resize((self.width(), self.height()))
            self.look()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Leave keys to the window."""
        assert event is not None
        event.ignore()
