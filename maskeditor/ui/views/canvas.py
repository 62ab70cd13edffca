"""Where one slice is drawn, with all that lies over it."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QImage, QPainterPath, QPaintEvent, QResizeEvent, QTransform
from PyQt6.QtWidgets import QSizePolicy, QWidget

from maskeditor.engine.box import Voxel
from maskeditor.model.view.pixels import ADDED_COLOUR, REMOVED_COLOUR
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ui.look.painting import painting
from maskeditor.ui.views.camera import Camera, Pair, Zoom
from maskeditor.ui.views.items import GAP, ColourKey, CrosshairLine, Item, Label, OutlineItem, ScaleBar
from maskeditor.ui.views.picture import SlicePicture
from maskeditor.ui.views.scaled_picture import ScaledPicture

#: As long as a caption gets; in a view of less than twice its width, the top letter stands below it.
LONGEST_CAPTION = "Sagittal 0000 of 0–0000 · RAS x = -0000.0 mm"
#: Pixels between the edge of a view and what is written there.
EDGE = 4.0


class Canvas(QWidget):
    """A slice with crosshair, letters, caption, scale bar and the outline at the pointer.

    It paints all of it by itself: of a small slice, a scene of items would cost more than the picture.

    Parameters
    ----------
    picture : SlicePicture
    zoom : Zoom
        The scale that all planes share.
    """

    def __init__(self, picture: SlicePicture, zoom: Zoom) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(80, 80)
        self.camera = Camera(zoom)
        zoom.tell(self.look)
        self.map: PlaneMap | None = None
        self._crosshair: Voxel = (0, 0, 0)
        self._smooth = False
        self._caption = ("", "")
        self._picture, self.scaled = picture, ScaledPicture(picture)
        self.lines = (CrosshairLine(self.update, upright=True), CrosshairLine(self.update, upright=False))
        self.letters = tuple(Label(self.update, 16, bold=True) for _ in range(4))
        self.caption = Label(self.update, 13, plate=True)
        self.bar, self.bar_label = ScaleBar(self.update), Label(self.update, 12, plate=True)
        self.outline = OutlineItem(self.update)
        #: What the colours of a preview mean.
        self.legend = (
            Label(self.update, 12, plate=True, mark=QColor(*ADDED_COLOUR)),
            Label(self.update, 12, plate=True, mark=QColor(*REMOVED_COLOUR)),
        )
        #: What the colours of the further image on top mean.
        self.key = ColourKey(self.update)
        self.key.show(False)
        written = (self.key, *self.letters, self.caption, self.bar, self.bar_label, *self.legend)
        #: From the lowest to the one on top.
        self._items: tuple[Item, ...] = (*self.lines, *written, self.outline)
        self.show_legend(False)

    def sizeHint(self) -> QSize:
        """Return the size it would like."""
        return QSize(256, 192)

    # Painting

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw what must be painted, and work out the picture where it has changed."""
        assert event is not None
        region = event.region()
        with painting(self) as painter:
            if self.map is None:
                painter.fillRect(self.rect(), QColor(0, 0, 0))
                return
            if self.devicePixelRatioF() != self.scaled.ratio:  # it has come to another screen
                self.look()
            picture = self.scaled.image()
            painter.scale(1 / self.scaled.ratio, 1 / self.scaled.ratio)
            painter.drawImage(QPointF(0, 0), picture)
            painter.resetTransform()
            for item in self._items:
                if item.is_shown and region.intersects(item.bounds):
                    item.draw(painter)

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
            line.show(visible)
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
            label.show(shown)

    def show_key(self, words: tuple[str, str, str] | None, colours: QImage | None = None) -> None:
        """Show the name of a further image, its ends, and its colours (256 × 1 pixels); or none."""
        self.key.show(words is not None)
        if words is not None and colours is not None:
            self.key.write(*words, colours)

    def show_outline(self, path: QPainterPath | None) -> None:
        """Draw an outline in mm of the slice, or none."""
        self.outline.show_path(None if path is None else self.camera.transform.map(path))

    def show_smooth(self, smooth: bool) -> None:
        """Choose whether large voxels are blended."""
        self._smooth = smooth
        self.look()

    def repaint_part(self, rect: QRectF | None) -> None:
        """Paint the picture again, or a part of it in its pixels."""
        self.update(self.scaled.stale(rect))

    def look(self) -> None:
        """Place everything by the camera."""
        if self.map is None:
            return
        a, b, c, d, e, f = self.map.affine2d
        if not self._picture.is_fortran:  # its lines then run along the other axis
            a, b, c, d = c, d, a, b
        ratio = self.devicePixelRatioF()
        # Voxels smaller than the screen's pixels are always blended, or some of them would vanish.
        smallest = min(self.map.pixel) * self.camera.scale * ratio
        transform = QTransform(a, b, c, d, e, f) * self.camera.transform
        self.scaled.place(transform, self._smooth or smallest < 1, self.size(), ratio)
        self.update()
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
        key_left = width - self.key.size[0] - EDGE
        beside = max(self.caption.room(LONGEST_CAPTION), (width + top.size[0]) / 2) + 2 * EDGE
        key_top = EDGE if key_left > beside else top_edge + top.size[1] + EDGE
        # At whole pixels, so that the letters are sharp.
        for item, x, y in (
            (left, EDGE, (height - left.size[1]) // 2),
            (right, width - right.size[0] - EDGE, (height - right.size[1]) // 2),
            (top, (width - top.size[0]) // 2, top_edge),
            (bottom, (width - bottom.size[0]) // 2, height - bottom.size[1] - EDGE),
            (self.caption, EDGE, EDGE),
            (self.bar, 2 * EDGE, height - 2 * EDGE),
            (self.bar_label, 2 * EDGE, bar_top),
            (self.key, key_left, key_top),
            (added, legend_left, height - added.size[1] - removed.size[1] - EDGE),
            (removed, legend_left, height - removed.size[1] - EDGE),
        ):
            item.place(round(x), round(y))

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
        """See as much as before in the middle."""
        self.camera.resize((self.width(), self.height()))
        self.look()
