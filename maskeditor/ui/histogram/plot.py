"""The plot of a histogram, with a range that can be dragged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPointF, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPalette
from PyQt6.QtWidgets import QGraphicsGridLayout, QGraphicsWidget, QWidget

from maskeditor.engine.arrays import Floats
from maskeditor.model.intensity_range import Bounds, ends_of
from maskeditor.ui.histogram.count_axis import CountAxis, Scale
from maskeditor.ui.histogram.grips import ENDS, Grips
from maskeditor.ui.histogram.ground import faint
from maskeditor.ui.histogram.pictured import HINT, NO_NUMBER, Colours, Ground, Picture
from maskeditor.ui.histogram.places import LOG_FLOOR, Places, heights
from maskeditor.ui.histogram.plot_area import PlotArea

if TYPE_CHECKING:
    from maskeditor.core.operation.found import Found
    from maskeditor.model.histogram import Bars, Histogram, Reading

#: Pixels of height in which peaks are still told apart, beside a maximised plane on a small screen too.
LEAST_HEIGHT = 78


class HistogramPlot(pg.GraphicsView):  # type: ignore[misc]
    """A histogram with a range: click sets a bound, drag moves it, the wheel zooms, the middle button pans."""

    #: The range was changed by hand; it is the new one already.
    range_dragged = pyqtSignal()
    #: The window was dragged: lowest and highest intensity.
    window_dragged = pyqtSignal(float, float)
    #: The shares at both ends, or the band, were changed by hand; they are the new ones already.
    shares_dragged = pyqtSignal()
    band_dragged = pyqtSignal()
    #: A hand that moved something has let go of it.
    let_go = pyqtSignal()
    #: The bar that is pointed at: a `Reading`, or None.
    pointed = pyqtSignal(object)
    #: The padding was clicked on, an intensity.
    padding_clicked = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.histogram: Histogram | None = None
        self.bounds: Bounds | None = None
        #: The shares of the voxels below both ends, where these are what is set; handles then lie on their curve.
        self.shares: tuple[float, float] | None = None
        #: Another range, which limits where something is done.
        self.band: Bounds | None = None
        #: Whether that leaves out what lies in it, and not what lies beside it.
        self.band_is_turned = False
        #: The bar that is pointed at, and the intensity that is pointed at elsewhere.
        self.reading: Reading | None = None
        self.mark: float | None = None
        #: What the operation found.
        self.found: tuple[Found, ...] = ()
        self.window_range: tuple[float, float] | None = None
        self.colour = QColor(230, 60, 60)
        self.empty_text = "Open an image to see its histogram"
        #: What stands above the bars as long as there is no range.
        self.hint = HINT
        #: How far another count is, in words, while this one is still shown.
        self.progress = ""
        # Where things lie; None before anything was counted. And the ground, with what it was made of.
        self._places: Places | None = None
        self._ground: tuple[object, Ground | None] = (None, None)
        #: What the mouse and the keyboard move.
        self.grips = Grips(self)
        self._counts_axis = CountAxis("left")
        # Before the widget, which gets its own palette while it is made.
        self._axes: tuple[pg.AxisItem, ...] = ()
        self._area = area = PlotArea(self)
        super().__init__(parent, background=None)
        self._axes = (self._counts_axis, pg.AxisItem("bottom"))
        # Of pyqtgraph's plot only what is needed: its menus take half the time until the window stands.
        whole = QGraphicsWidget()
        layout = QGraphicsGridLayout(whole)
        layout.setContentsMargins(0, 4, 4, 0)
        layout.setSpacing(0)
        layout.addItem(self._axes[0], 0, 0)
        layout.addItem(area, 0, 1)
        layout.addItem(self._axes[1], 1, 1)
        self.setCentralItem(whole)
        area.setMouseEnabled(False, False)
        area.disableAutoRange()
        area.setYRange(LOG_FLOOR, 6, padding=0)
        area.setXRange(0, 100, padding=0)
        small = QFont(self.font())
        small.setPointSizeF(max(7.0, small.pointSizeF() * 0.85))
        for axis in self._axes:
            axis.linkToView(area)
            axis.setTickFont(small)
            axis.setStyle(tickLength=-4, tickTextOffset=3)
        self._counts_axis.setWidth(36)
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setAccessibleName("Histogram")
        self.setAccessibleDescription(
            "Counts of the image's intensities, and of the mask's. The two fields below set the same range by keyboard."
        )
        self.setToolTip(
            "Click to set one end, click again to set the other; or drag from one to the other.\n"
            "Drag an end or the middle to move it (Alt: do not snap).\n"
            "Wheel: zoom · middle or right button: pan · double click: all\n"
            "Arrow keys: move the end last touched by a bar (Shift: ten), up and down: the other end\n"
            "Triangles at the bottom: window (darkest and brightest).\n"
            "Bars that are torn off at the top are higher than the scale."
        )
        self._take_colours()

    # What is shown ------------------------------------------------------------------------------------------------

    def show_histogram(self, histogram: Histogram | None, *, keep_zoom: bool = False) -> None:
        """Draw another histogram, or none."""
        self.histogram, self.progress = histogram, ""
        if histogram is None:
            self._places = None
            self.redraw()
        elif keep_zoom:
            self.refit()
        else:
            self.reset_zoom()

    def show_range(self, bounds: Bounds | None, shares: tuple[float, float] | None = None) -> None:
        """Draw another range; None in it is no bound. With the shares that are set, handles lie on their curve."""
        if (bounds, shares) != (self.bounds, self.shares):
            if bounds is None and shares is None:
                self.grips.release()  # within a drag, it was applied or put away
            self.bounds, self.shares = bounds, shares
            self.redraw()

    def show_band(self, bounds: Bounds | None, is_turned: bool = False) -> None:
        """Draw a range that limits where something is done: to what lies in it, or turned round, beside it."""
        if (bounds, is_turned) != (self.band, self.band_is_turned):
            if bounds is None:
                self.grips.release()
            self.band, self.band_is_turned = bounds, is_turned
            self.redraw()

    def show_progress(self, sentence: str) -> None:
        """Say how far another count is, in place of the hint."""
        self.progress = self.empty_text = sentence
        self.redraw()

    def show_hint(self, hint: str) -> None:
        """Say another thing above the bars as long as nothing else is said there."""
        if hint != self.hint:
            self.hint = hint
            self.redraw()

    def show_mark(self, intensity: float | None) -> None:
        """Draw where the intensity lies that is pointed at in a plane."""
        if intensity != self.mark:
            self.mark = intensity
            is_drawn = self._places is not None
            self._area.drawing.show_mark(self.to_pixel(intensity) if is_drawn and intensity is not None else None)

    def point_at(self, intensity: float | None) -> None:
        """Read the bar of an intensity, or none."""
        found = None
        if intensity is not None and self.histogram is not None and self.bars is not None:
            found = self.histogram.reading(intensity, self.bars)
        if found != self.reading:
            self.reading = found
            self.redraw()
            self.pointed.emit(found)

    def show_found(self, found: tuple[Found, ...]) -> None:
        """Draw the intensities that an operation found."""
        self.found = tuple(one for one in found if not one.roi)
        self.redraw()

    def show_window(self, bounds: tuple[float, float] | None) -> None:
        """Draw the window's handles elsewhere."""
        self.window_range = bounds
        self.redraw()

    def show_colour(self, colour: QColor) -> None:
        """Draw mask and range in another colour."""
        self.colour = colour
        self.redraw()

    @property
    def scale(self) -> Scale:
        """The scale of the counts."""
        return self._counts_axis.scale_of_counts

    def set_scale(self, scale: Scale) -> None:
        """Choose the scale of the counts."""
        self._counts_axis.scale_of_counts = scale
        self._counts_axis.picture = None
        self.refit()

    def reset_zoom(self) -> None:
        """Show all intensities."""
        if self.histogram is not None:
            low, high = self._whole()
            self._show_span(low, high)

    def zoom(self, x: float, factor: float) -> None:
        """Zoom about a pixel; a factor below 1 shows less."""
        if self.histogram is None:
            return
        low, high = self._span()
        about = self.to_value(x)
        self._show_span(about - (about - low) * factor, about + (high - about) * factor)

    def refit(self) -> None:
        """Make the bars that fit zoom and size, and the scale that fits the bars."""
        histogram = self.histogram
        if histogram is None:
            return
        bars = histogram.bars(*self._span(), most=max(64, int(self._area.width() * 1.5)))
        centres = (bars.edges[1:] + bars.edges[:-1]) / 2
        foreground = bars.counts[centres >= histogram.background]
        highest = int(foreground.max(initial=0)) or int(bars.counts.max(initial=1))
        top = float(heights(np.array([max(highest, 1)]), self.scale)[0])
        bottom = LOG_FLOOR if self.scale is Scale.LOG else 0.0
        # Above the bars there is room for a line of text.
        room = self._area.height() - QFontMetrics(self.font()).height() - 2
        share = self._area.height() / room if room > self._area.height() / 2 else 1.06
        self._area.setYRange(bottom, bottom + max(top - bottom, 0.5) * share, padding=0)
        low, high = self._area.viewRange()[1]
        size = (float(self._area.width()), self.area_height)
        self._places = Places(histogram, bars, self._span(), (float(low), float(high)), size, self.scale)
        self.redraw()

    def _whole(self) -> tuple[float, float]:
        assert self.histogram is not None
        bins = self.histogram.bins
        margin = 0.02 * (bins.stop - bins.start)
        return bins.start - margin, bins.stop + margin

    def _span(self) -> tuple[float, float]:
        low, high = self._area.viewRange()[0]
        return float(low), float(high)

    def _show_span(self, low: float, high: float) -> None:
        assert self.histogram is not None
        first, last = self._whole()
        width = min(max(high - low, 8 * self.histogram.bins.width), last - first)
        low = min(max((low + high - width) / 2, first), last - width)
        self._area.setXRange(low, low + width, padding=0)
        self.refit()

    def redraw(self) -> None:
        """Draw what is shown now."""
        self._area.drawing.show_picture(self.picture)

    def picture(self) -> Picture:
        """Return what is drawn now."""
        palette = self.palette()
        roles = (QPalette.ColorRole.Text, QPalette.ColorRole.PlaceholderText, QPalette.ColorRole.Base)
        colours, places, reading = Colours(self.colour, *map(palette.color, roles)), self._places, self.reading
        if places is None:
            return Picture(None, colours, sentence=self.empty_text)
        return Picture(
            self._ground_at(places, colours),
            colours,
            hint=self.progress or (self.hint if places.bars.counts.any() else NO_NUMBER),
            range=places.of_range(self.bounds) if self.bounds is not None else None,
            band=places.of_range(self.band) if self.band is not None else None,
            window=places.of_both(self.window_range) if self.window_range is not None else None,
            is_turned=self.band_is_turned,
            found=tuple(places.of_both((one.value, one.end)) for one in self.found if one.curve is None),
            knobs=tuple(self.knobs()),
            mark=places.of(self.mark) if self.mark is not None else None,
            reading=reading.in_words() if reading is not None else "",
            pointed=places.of_both(reading[:2]) if reading is not None else None,
        )

    def _ground_at(self, places: Places, colours: Colours) -> Ground:
        """Return what lies behind all that a hand moves: the same one as long as nothing of it has changed."""
        classes = tuple(one for one in self.found if one.parts or one.curve is not None)
        made_of = (places, colours, classes, self.shares is None)
        before, ground = self._ground
        if ground is None or made_of != before:
            peaks, valleys = places.landmarks
            ground = Ground(
                places.outlines,
                colours,
                parted=places.parted(classes),
                densities=tuple(places.density(one.curve) for one in classes if one.curve is not None),
                curve=places.curve if self.shares is not None else None,
                peaks=peaks,
                valleys=valleys,
                padding=places.padding,
            )
            self._ground = made_of, ground
        return ground

    # Moved by hand ------------------------------------------------------------------------------------------------

    def take(self, bounds: Bounds | None) -> None:
        """Take a range that was moved by hand."""
        if bounds != self.bounds:
            self.bounds = bounds
            self.redraw()
            self.range_dragged.emit()

    def take_shares(self, shares: tuple[float, float]) -> None:
        """Take the shares of both ends that were moved by hand."""
        if shares != self.shares:
            self.shares = shares
            self.redraw()
            self.shares_dragged.emit()

    def take_band(self, bounds: Bounds) -> None:
        """Take a band that was moved by hand."""
        if bounds != self.band:
            self.show_band(bounds, self.band_is_turned)
            self.band_dragged.emit()

    def take_window(self, darkest: float, brightest: float) -> None:
        """Take a window that was moved by hand."""
        self.show_window((darkest, brightest))
        self.window_dragged.emit(darkest, brightest)

    def pan(self, pixels: float) -> None:
        """Show what lies so many pixels to the right."""
        low, high = self._span()
        shift = pixels / self.x_scale[1]
        self._show_span(low + shift, high + shift)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Move what is held, and read no bar meanwhile; pyqtgraph would look for all that lies under the pointer."""
        assert event is not None
        if self.grips.is_held:
            self.point_at(None)
            place = self._area.mapFromScene(self.mapToScene(event.position().toPoint()))
            self.grips.drag(place, event.modifiers())
        else:
            super().mouseMoveEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Move the ends of the range."""
        assert event is not None
        if not self.grips.key(event):
            # Not pyqtgraph's, which keeps every key for its scene.
            event.ignore()

    # Scales -------------------------------------------------------------------------------------------------------

    @property
    def x_scale(self) -> tuple[float, float]:
        """The intensity at the left edge, and pixels for an intensity of 1."""
        low, high = self._span()
        return low, self._area.width() / (high - low)

    def to_pixel(self, value: float) -> float:
        """Return the pixel of an intensity."""
        left, scale = self.x_scale
        return (value - left) * scale

    def to_value(self, pixel: float) -> float:
        """Return the intensity at a pixel."""
        left, scale = self.x_scale
        return left + pixel / scale

    def ends(self) -> tuple[float, float]:
        """Return the range with the image's own ends where there is no bound."""
        assert self.bounds is not None
        assert self.histogram is not None
        return ends_of(self.bounds, self.histogram)

    def in_pixels(self, bounds: Bounds) -> tuple[float, float]:
        """Return where a range is drawn."""
        assert self._places is not None
        return self._places.of_range(bounds)

    def padding_in_pixels(self) -> float | None:
        """Return where the padding is drawn, which a click leaves out; None without any."""
        return self._places.padding if self._places is not None else None

    def click_padding(self) -> None:
        """Leave the padding out."""
        if self.histogram is not None and self.histogram.padding is not None:
            self.padding_clicked.emit(self.histogram.padding)

    @property
    def bars(self) -> Bars | None:
        """The bars that are drawn; None before anything was counted."""
        return self._places.bars if self._places is not None else None

    @property
    def area_height(self) -> float:
        """Pixels from the top of the plot to its bottom."""
        return float(self._area.height())

    @property
    def bin_width(self) -> float:
        """How wide a bar is, in intensities."""
        assert self._places is not None
        return self._places.bin_width

    def curve(self) -> tuple[Floats, Floats, Floats]:
        """Return the curve of the shares of the voxels: across and down in pixels, and the shares themselves."""
        assert self._places is not None
        return self._places.curve

    def knobs(self) -> Iterator[tuple[str, QPointF]]:
        """Yield the ends whose handles lie on the curve, and where."""
        if self.shares is not None and self._places is not None:
            for end, share in zip(ENDS, self.shares, strict=True):
                yield end, self._places.on_curve(share)

    # Colours ------------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent | None) -> None:
        """Follow light and dark."""
        super().changeEvent(event)
        if event is not None and event.type() is QEvent.Type.PaletteChange:
            self._take_colours()

    def _take_colours(self) -> None:
        text = self.palette().color(QPalette.ColorRole.Text)
        self.setBackground(self.palette().color(QPalette.ColorRole.Base))
        for axis in self._axes:
            axis.setPen(faint(text, 120))
            axis.setTextPen(text)
        self.redraw()
