"""Where one slice is drawn, with all that lies over it."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFocusEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QTransform,
)
from PyQt6.QtWidgets import QSizePolicy

from maskeditor.engine.box import Voxel
from maskeditor.model.view.comparison import Comparison
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ui.look.painting import painting
from maskeditor.ui.views.camera import Pair, Zoom
from maskeditor.ui.views.items import Item
from maskeditor.ui.views.lines import GAP, CrosshairLine, OutlineItem, SwipeLine
from maskeditor.ui.views.picture import SlicePicture
from maskeditor.ui.views.scaled_picture import ScaledPicture
from maskeditor.ui.views.signs import Label
from maskeditor.ui.views.writing import EDGE, Writing

#: Pixels between two pictures side by side.
GUTTER = 2
#: Pixels of a voxel from which on lines part it from the next.
GRID = 12.0


class Canvas(Writing):
    """A slice with crosshair, letters, caption, scale bar and the outline at the pointer.

    It paints all of it by itself: of a small slice, a scene of items would cost more than the picture. While images
    are compared side by side, it paints both, each in one half with all that lies over it.

    Parameters
    ----------
    picture : SlicePicture
    zoom : Zoom
        The scale that all planes share.
    """

    #: The keyboard has come to it.
    focused = pyqtSignal()

    def __init__(self, picture: SlicePicture, zoom: Zoom) -> None:
        super().__init__(zoom)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(80, 56)
        zoom.tell(self.look)
        self._crosshair: Voxel = (0, 0, 0)
        self._smooth, self._has_grid = False, True
        self._is_turned = False
        self.picture = picture
        #: What is painted, and what beside it while two images stand side by side.
        self.scaled = (ScaledPicture(picture, 0), ScaledPicture(picture, 1))
        #: What is to be painted, as far as it was asked for here.
        self._stale: list[QRect] = []
        self.outline = OutlineItem(self.repaint_rect)
        #: What the tool in hand has drawn so far.
        self.drawing = OutlineItem(self.repaint_rect)
        self._drawing: QPainterPath | None = None
        #: Round the region that is counted: its corners in mm of the slice.
        self.region = OutlineItem(self.repaint_rect)
        self._region: QRectF | None = None
        #: Between two images, and what they are called.
        self.swipe = SwipeLine(self.repaint_rect)
        self.names = (Label(self.repaint_rect, 12, plate=True), Label(self.repaint_rect, 12, plate=True))
        self._comparison: Comparison | None = None
        #: How many pictures stand side by side.
        self.pictures = 1
        written = (*self.written, *self.names)
        self.lines = (CrosshairLine(self.repaint_rect, True, written), CrosshairLine(self.repaint_rect, False, written))
        #: From the lowest to the one on top.
        self._items: tuple[Item, ...] = (*self.lines, self.swipe, *written, self.region, self.drawing, self.outline)
        self.write_nothing()
        self.show_comparison(None)

    def sizeHint(self) -> QSize:
        """Return the size it would like."""
        return QSize(256, 192)

    # Painting

    @property
    def room(self) -> int:
        """Width in pixels of one picture."""
        return (self.width() - GUTTER * (self.pictures - 1)) // self.pictures

    def picture_at(self, x: float) -> int:
        """Return which of the pictures is at a place across the view."""
        return min(max(int(x / (self.room + GUTTER)), 0), self.pictures - 1)

    def left_of(self, picture: int) -> int:
        """Return where a picture begins across the view."""
        return picture and picture * (self.room + GUTTER)

    def repaint_rect(self, rect: QRect) -> None:
        """Have a part painted, in pixels of one picture: in each of them that there are."""
        if self.pictures == 1:
            self._repaint(rect)
            return
        for picture in range(self.pictures):
            inside = rect & QRect(0, 0, self.room, self.height())
            self._repaint(inside.translated(self.left_of(picture), 0))

    def _repaint(self, rect: QRect) -> None:
        """Have a part of the view painted; parts that lie apart, as two lines do, are painted apart.

        Within a clip of many rectangles, Qt shares even a copy among threads, and waits for them.
        """
        if rect.isEmpty() or not self.isVisible():  # it is painted whole once it is seen
            return
        for place, other in enumerate(self._stale):
            if other.contains(rect):
                return
            both = rect.united(other)
            if _area(both) <= _area(rect) + _area(other):
                rect = both
                del self._stale[place]
                break
        self._stale.append(rect)
        self.update(rect)

    def _stale_parts(self, region: QRegion) -> list[QRect]:
        """Return in which parts a region is painted: as they were asked for, unless it reaches beyond them."""
        parts, self._stale = self._stale, []
        beyond = region
        for rect in parts:
            beyond = beyond.subtracted(QRegion(rect))
        # What the system asks for may be more.
        return parts if region.rectCount() > 1 and beyond.isEmpty() else [region.boundingRect()]

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw what must be painted, and work out the picture where it has changed."""
        assert event is not None
        with painting(self) as painter:
            if self.map is None:
                painter.fillRect(self.rect(), QColor(0, 0, 0))
                return
            if self.devicePixelRatioF() != self.scaled[0].ratio:  # it has come to another screen
                self.look()
            for part in self._stale_parts(event.region()):
                self._paint(painter, part)

    def _paint(self, painter: QPainter, part: QRect) -> None:
        if self.pictures == 1:
            self._paint_picture(painter, part, 0)
            return
        painter.setClipRect(part)
        painter.fillRect(QRect(self.room, 0, GUTTER, self.height()), self.palette().window())
        for place in range(self.pictures):
            inside = part & QRect(self.left_of(place), 0, self.room, self.height())
            if not inside.isEmpty():
                self._paint_picture(painter, inside, place)

    def _paint_picture(self, painter: QPainter, part: QRect, place: int) -> None:
        """Paint one of the pictures and what lies over it, in a part of the view."""
        scaled, left = self.scaled[place], self.left_of(place)
        painter.setClipRect(part)
        painter.setTransform(QTransform(1 / scaled.ratio, 0, 0, 1 / scaled.ratio, left, 0))
        painter.drawImage(QPointF(0, 0), scaled.image())
        painter.setTransform(QTransform.fromTranslate(left, 0))
        # Of two, each has its name, and the colours of the further image stand with that.
        others: list[Item] = [self.names[1 - place]] if self.pictures > 1 else []
        if not self.is_key_of(place):
            others.append(self.key)
        inside = part.translated(-left, 0)
        for item in self._items:
            if item.is_shown and inside.intersects(item.bounds) and item not in others:
                item.draw(painter)
        painter.resetTransform()

    def is_key_of(self, place: int) -> bool:
        """Whether what the colours mean stands with one of the pictures: of two, with the further image."""
        return self.pictures == 1 or self._comparison is None or place != self._comparison.swapped

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

    def show_comparison(self, comparison: Comparison | None, names: tuple[str, str] = ("", "")) -> None:
        """Show how images are compared, and what the first and the second are called; or that none are."""
        pictures, self._comparison = self.pictures, comparison
        how = comparison.how if comparison is not None else ""
        self.pictures = 2 if how == "side by side" else 1
        self.swipe.show(how == "swipe")
        if comparison is not None:
            for name, label in zip(names, self.names, strict=True):
                label.write(name, self.devicePixelRatioF())
        self.names[0].show(how in ("side by side", "swipe", "blink"))
        self.names[1].show(how in ("side by side", "swipe"))
        if pictures != self.pictures:
            self.camera.resize((self.room, self.height()))
            self.look()
        else:
            self._place_comparison()

    def show_outline(self, path: QPainterPath | None) -> None:
        """Draw an outline in mm of the slice, or none."""
        self.outline.show_path(None if path is None else self.camera.transform.map(path))

    def show_drawing(self, path: QPainterPath | None) -> None:
        """Draw what the tool in hand has drawn so far, in mm of the slice, or nothing."""
        if path is not self._drawing:
            self._drawing = path
            self._place_drawing()

    def _place_drawing(self) -> None:
        self.drawing.show_path(None if self._drawing is None else self.camera.transform.map(self._drawing))

    def show_region(self, region: QRectF | None) -> None:
        """Draw the outline of a region, in mm of the slice, or none."""
        if region != self._region:
            self._region = region
            self._place_region()

    def _place_region(self) -> None:
        path = None
        if self._region is not None:
            path = QPainterPath()
            path.addRect(self._region)
        self.region.show_path(None if path is None else self.camera.transform.map(path))

    def show_smooth(self, smooth: bool) -> None:
        """Choose whether large voxels are blended."""
        self._smooth = smooth
        self.look()

    def show_grid(self, shown: bool) -> None:
        """Choose whether lines part large voxels."""
        self._has_grid = shown
        self.look()

    def repaint_part(self, rect: QRectF | None) -> None:
        """Paint the picture again, or a part of it in its pixels."""
        for scaled in self.scaled[: self.pictures]:
            self.repaint_rect(scaled.stale(rect))

    def look(self) -> None:
        """Place everything by the camera."""
        if self.map is not None:
            self._place_labels()
            self._look_aside()

    def _look_aside(self) -> None:
        """Place by the camera what lies in the slice: as large as before, perhaps elsewhere."""
        if self.map is None:
            return
        self._is_turned = not self.picture.is_fortran
        for scaled in self.scaled[: self.pictures]:
            self.place_picture(scaled, self.devicePixelRatioF())
        self._repaint(self.rect())
        self._place_crosshair()
        self._place_region()
        self._place_drawing()
        self._place_words()
        self._place_comparison()

    def turn(self) -> None:
        """Place everything anew if the lines of the picture run along another axis than before, as a mean's may."""
        if self.map is not None and self.picture.is_fortran == self._is_turned:
            self.look()

    def place_picture(self, scaled: ScaledPicture, ratio: float) -> None:
        """Have a picture lie as it is seen here, with so many pixels for one of the view."""
        assert self.map is not None
        a, b, c, d, e, f = self.map.affine2d
        if not self.picture.is_fortran:  # its lines then run along the other axis
            a, b, c, d = c, d, a, b
        # Voxels smaller than the screen's pixels are always blended, or some of them would vanish.
        smallest = min(self.map.pixel) * self.camera.scale * ratio
        transform = QTransform(a, b, c, d, e, f) * self.camera.transform
        has_grid = self._has_grid and smallest >= GRID * ratio
        scaled.place(transform, self._smooth or smallest < 1, QSize(self.room, self.height()), ratio, has_grid)

    def _place_crosshair(self) -> None:
        if self.map is None:
            return
        x, y = self.camera.to_pixels(*self.map.to_screen(self._crosshair))
        width, height = self.room, self.height()
        pixel = [zoom * self.camera.scale / 2 for zoom in self.map.pixel]
        self.lines[0].place(x, y, max(GAP, pixel[1] + 2), height)
        self.lines[1].place(y, x, max(GAP, pixel[0] + 2), width)

    def _place_comparison(self) -> None:
        if self.map is None or self._comparison is None:
            return
        first = self.names[0]
        top = round(self.height() - self.letters[3].size[1] - first.size[1] - 2 * EDGE)
        if self._comparison.how == "swipe":
            line, _ = self.camera.to_pixels(self._comparison.left(self.map) * self.map.pixel[0], 0)
            self.swipe.place(line, self.height())
            lefts = [round(line - first.size[0] - 2 * EDGE), round(line + 2 * EDGE)]
        else:
            lefts = [round((self.room - name.size[0]) / 2) for name in self.names]
        places = [QRectF(left, top, *name.size) for left, name in zip(lefts, self.names, strict=True)]
        if self.key.is_shown and any(place.intersects(QRectF(self.key.bounds)) for place in places):
            top = math.floor(self.key.bounds.top() - first.size[1] - EDGE)
        for left, name in zip(lefts, self.names, strict=True):
            name.place(left, top)

    def _place_labels(self) -> None:
        super()._place_labels()
        self._place_comparison()

    # Zoom and pan

    def zoom(self, factor: float, at: Pair) -> None:
        """Enlarge by a factor round a pixel."""
        self.camera.zoom(factor, at)

    def pan(self, right: float, down: float) -> None:
        """Move the slice by some pixels."""
        self.camera.pan(right, down)
        self._look_aside()

    def fit(self) -> None:
        """Show the whole slice."""
        self.camera.fit()

    def centre(self) -> None:
        """Put the crosshair into the middle."""
        if self.map is not None:
            self.camera.centre_on(self.map.to_screen(self._crosshair))
            self.look()

    def keep_crosshair_in_view(self) -> None:
        """Go to the crosshair if it is beyond the edge; whole slices have it, whatever size a hidden view had last."""
        if self.map is None or self.camera.is_fitted:
            return
        if not self.camera.sees(*self.map.to_screen(self._crosshair)):
            self.centre()

    # Events

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Tell that the keyboard has come."""
        self.focused.emit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """See as much as before in the middle."""
        self.camera.resize((self.room, self.height()))
        self.look()


def _area(rect: QRect) -> int:
    return rect.width() * rect.height()
