"""The plot of a histogram, with a range that can be dragged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPalette
from PyQt6.QtWidgets import QGraphicsGridLayout, QGraphicsSceneMouseEvent, QGraphicsWidget, QWidget

from maskeditor.model.intensity_range import Bounds, End, clicked, ends_of, selected, shifted, with_end_at
from maskeditor.ui.histogram.drawing import HINT, NO_NUMBER, CountAxis, Drawing, Outlines, Picture, faint

if TYPE_CHECKING:
    from maskeditor.model.histogram import Bars, Histogram

#: Pixels: how near a handle is caught.
CATCH = 6.0
#: Pixels that the pointer goes before a click becomes a drag.
FROM_CLICK_TO_DRAG = 3.0
#: Height in pixels of the strip at the bottom where the window's handles are.
STRIP = 12.0
#: Counts of less than one are not to be seen on a logarithmic scale.
LOG_FLOOR = math.log10(0.5)


class PlotArea(pg.ViewBox):  # type: ignore[misc]
    """The part of the plot between the axes: it hands the mouse to the plot."""

    def __init__(self, plot: HistogramPlot) -> None:
        super().__init__(enableMenu=False, defaultPadding=0)
        self._plot = plot
        self.drawing = Drawing(self)
        self.setAcceptHoverEvents(True)
        self.sigResized.connect(plot.refit)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Have the plot catch something."""
        self._plot.press(event)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Have the plot move what was caught."""
        self._plot.drag(event)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Have the plot let go."""
        self._plot.let_go(event)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Show all intensities."""
        self._plot.double_click()

    def hoverMoveEvent(self, event: Any) -> None:
        """Change the pointer's shape."""
        self._plot.hover(event.pos())

    def wheelEvent(self, event: Any) -> None:
        """Zoom about the pointer."""
        self._plot.zoom(event.pos().x(), 0.8 ** (event.delta() / 120))
        event.accept()


class HistogramPlot(pg.GraphicsView):  # type: ignore[misc]
    """A histogram with a range: click sets a bound, drag moves it, the wheel zooms, the middle button pans."""

    #: The range was changed by hand; it is the new one already.
    range_dragged = pyqtSignal()
    #: The window was dragged: lowest and highest intensity.
    window_dragged = pyqtSignal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.bars: Bars | None = None
        self.bounds: Bounds | None = None
        self.window_range: tuple[float, float] | None = None
        self.colour = QColor(230, 60, 60)
        self.empty_text = "Open an image to see its histogram"
        self._histogram: Histogram | None = None
        self._outlines: Outlines | None = None
        self._held: str = ""
        self._from = 0.0
        # Whether the pointer has not gone far since it was pressed.
        self._is_click = False
        # The range before the last click set it, which may turn out to be the first of a double click.
        self._before_click: tuple[Bounds | None] | None = None
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
        self.setMinimumHeight(70)
        self.setAccessibleName("Histogram")
        self.setAccessibleDescription(
            "Counts of the image's intensities, and of the mask's. The two fields below set the same range by keyboard."
        )
        self.setToolTip(
            "Click to set one end, click again to set the other; or drag from one to the other.\n"
            "Drag an end or the middle to move it (Alt: do not snap).\n"
            "Wheel: zoom · middle or right button: pan · double click: all\n"
            "Triangles at the bottom: window (darkest and brightest).\n"
            "Bars that are torn off at the top are higher than the scale."
        )
        self._take_colours()

    # What is shown ------------------------------------------------------------------------------------------------

    def show_histogram(self, histogram: Histogram | None, *, keep_zoom: bool = False) -> None:
        """Draw another histogram, or none."""
        self._histogram = histogram
        if histogram is None:
            self.bars = self._outlines = None
            self._redraw()
        elif keep_zoom:
            self.refit()
        else:
            self.reset_zoom()

    def show_range(self, bounds: Bounds | None) -> None:
        """Draw another range; None in it is no bound."""
        self.bounds = bounds
        self._redraw()

    def show_window(self, bounds: tuple[float, float] | None) -> None:
        """Draw the window's handles elsewhere."""
        self.window_range = bounds
        self._redraw()

    def show_colour(self, colour: QColor) -> None:
        """Draw mask and range in another colour."""
        self.colour = colour
        self._redraw()

    @property
    def log(self) -> bool:
        """Whether counts are on a logarithmic scale."""
        return self._counts_axis.log

    def set_log(self, log: bool) -> None:
        """Choose a logarithmic or a linear scale of counts."""
        self._counts_axis.log = log
        self._counts_axis.picture = None
        self.refit()

    def reset_zoom(self) -> None:
        """Show all intensities."""
        if self._histogram is not None:
            low, high = self._whole()
            self._show_span(low, high)

    def zoom(self, x: float, factor: float) -> None:
        """Zoom about a pixel; a factor below 1 shows less."""
        if self._histogram is None:
            return
        low, high = self._span()
        about = self.to_value(x)
        self._show_span(about - (about - low) * factor, about + (high - about) * factor)

    def refit(self) -> None:
        """Make the bars that fit zoom and size, and the scale that fits the bars."""
        histogram = self._histogram
        if histogram is None:
            return
        self.bars = histogram.bars(*self._span(), most=max(64, int(self._area.width() * 1.5)))
        centres = (self.bars.edges[1:] + self.bars.edges[:-1]) / 2
        foreground = self.bars.counts[centres >= histogram.background]
        highest = int(foreground.max(initial=0)) or int(self.bars.counts.max(initial=1))
        top = float(self.heights(np.array([max(highest, 1)]))[0])
        bottom = LOG_FLOOR if self.log else 0.0
        # Above the bars there is room for a line of text.
        room = self._area.height() - QFontMetrics(self.font()).height() - 2
        share = self._area.height() / room if room > self._area.height() / 2 else 1.06
        self._area.setYRange(bottom, bottom + max(top - bottom, 0.5) * share, padding=0)
        self._outlines = self._outlines_of(self.bars)
        self._redraw()

    def _outlines_of(self, bars: Bars) -> Outlines:
        left, width = self.x_scale
        bottom, height = self.y_scale
        of_mask = bars.of_mask
        return Outlines(
            (bars.edges - left) * width,
            bottom - self.heights(bars.counts) * height,
            bottom - self.heights(of_mask) * height if of_mask is not None else None,
        )

    def _whole(self) -> tuple[float, float]:
        assert self._histogram is not None
        bins = self._histogram.bins
        margin = 0.02 * (bins.stop - bins.start)
        return bins.start - margin, bins.stop + margin

    def _span(self) -> tuple[float, float]:
        low, high = self._area.viewRange()[0]
        return float(low), float(high)

    def _show_span(self, low: float, high: float) -> None:
        assert self._histogram is not None
        first, last = self._whole()
        width = min(max(high - low, 8 * self._histogram.bins.width), last - first)
        low = min(max((low + high - width) / 2, first), last - width)
        self._area.setXRange(low, low + width, padding=0)
        self.refit()

    def _redraw(self) -> None:
        palette, window, counted = self.palette(), self.window_range, self._outlines is not None
        self._area.drawing.show_picture(
            Picture(
                self._outlines,
                self.empty_text,
                HINT if self.bars is not None and self.bars.counts.any() else NO_NUMBER,
                self.ends_in_pixels() if counted and self.bounds is not None else None,
                (self.to_pixel(window[0]), self.to_pixel(window[1])) if counted and window is not None else None,
                self.colour,
                palette.color(QPalette.ColorRole.Text),
                palette.color(QPalette.ColorRole.PlaceholderText),
                palette.color(QPalette.ColorRole.Base),
            )
        )

    # Scales -------------------------------------------------------------------------------------------------------

    def heights(self, counts: Any) -> Any:
        """Return counts on the scale of the axis."""
        if not self.log:
            return counts.astype(np.float64)
        return np.log10(np.maximum(counts, 0.1))

    @property
    def x_scale(self) -> tuple[float, float]:
        """The intensity at the left edge, and pixels for an intensity of 1."""
        low, high = self._span()
        return low, self._area.width() / (high - low)

    @property
    def y_scale(self) -> tuple[float, float]:
        """The pixel of height 0, and pixels for a height of 1."""
        low, high = self._area.viewRange()[1]
        scale = self._area.height() / (high - low)
        return self._area.height() + low * scale, scale

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
        assert self._histogram is not None
        return ends_of(self.bounds, self._histogram)

    def ends_in_pixels(self) -> tuple[float, float]:
        """Return where the handles are drawn: round the bins of the first and the last intensity taken."""
        assert self._histogram is not None
        half = self._histogram.step / 2
        low, high = self.ends()
        return self.to_pixel(low - half), self.to_pixel(high + half)

    # The mouse ----------------------------------------------------------------------------------------------------

    def press(self, event: QGraphicsSceneMouseEvent) -> None:
        """Catch what lies under the pointer."""
        event.accept()
        self._before_click = None
        if self._histogram is None:
            return
        x = event.pos().x()
        if event.button() is not Qt.MouseButton.LeftButton:
            self._held, self._from = "view", x
            return
        self._held = self._under(event.pos()) or "ground"
        self._from, self._is_click = self.to_value(x), True

    def double_click(self) -> None:
        """Show all intensities; the first of the two clicks has set no range, and moved none."""
        if self._before_click is not None:
            (before,), self._before_click = self._before_click, None
            self._take(before)
        self.reset_zoom()

    def drag(self, event: QGraphicsSceneMouseEvent) -> None:
        """Move what was caught."""
        if self._held in ("ground", "inside") and self._is_click:
            if abs(event.pos().x() - self.to_pixel(self._from)) < FROM_CLICK_TO_DRAG:
                return
            self._is_click = False
        if self._held and self._histogram is not None:
            self._move_to(event.pos().x(), self._snaps(event))

    def let_go(self, event: QGraphicsSceneMouseEvent) -> None:
        """Set an end where a button was pressed and let go again on empty ground."""
        held, self._held = self._held, ""
        # A range without a second end reaches to the end of the axis: there a click sets that end.
        is_open = held == "inside" and self.bounds is not None and None in self.bounds
        if self._is_click and (held == "ground" or is_open) and self._histogram is not None:
            self._before_click = (self.bounds,)
            self._take(clicked(self._from, self.bounds, self._histogram, self.x_scale[1], snaps=self._snaps(event)))

    def release(self) -> None:
        """Let go of what was caught, and do no more."""
        self._held = ""

    def hover(self, place: QPointF) -> None:
        """Show by the pointer's shape what a press would catch."""
        shapes = {"": Qt.CursorShape.CrossCursor, "inside": Qt.CursorShape.SizeAllCursor}
        if self._histogram is not None:
            self._area.setCursor(shapes.get(self._under(place), Qt.CursorShape.SizeHorCursor))

    @staticmethod
    def _snaps(event: QGraphicsSceneMouseEvent) -> bool:
        return not event.modifiers() & Qt.KeyboardModifier.AltModifier

    def _under(self, place: QPointF) -> str:
        x = place.x()
        if self.window_range is not None and place.y() > self._area.height() - STRIP:
            for name, value, side in zip(("darkest", "brightest"), self.window_range, (1, -1), strict=True):
                if -3 <= side * (x - self.to_pixel(value)) <= 10:
                    return name
        if self.bounds is None:
            return ""
        low, high = self.ends_in_pixels()
        # Where both are near, the one that can still move away is caught.
        if abs(x - low) <= CATCH and (x <= high or abs(x - low) < abs(x - high)) and not (abs(x - high) < abs(x - low)):
            return "low"
        if abs(x - high) <= CATCH:
            return "high"
        return "inside" if low < x < high else ""

    def _move_to(self, x: float, snap: bool) -> None:
        value = self.to_value(x)
        if self._held == "view":
            low, high = self._span()
            shift = (self._from - x) / self.x_scale[1]
            self._from = x
            self._show_span(low + shift, high + shift)
        elif self._held in ("darkest", "brightest"):
            assert self.window_range is not None
            low, high = self.window_range
            moved = (min(value, high), high) if self._held == "darkest" else (low, max(value, low))
            if moved[0] < moved[1]:
                self.show_window(moved)
                self.window_dragged.emit(*moved)
        else:
            self._move_range(value, snap)

    def _move_range(self, value: float, snap: bool) -> None:
        assert self._histogram is not None
        scale = self.x_scale[1]
        if self._held == "ground":
            self._take(selected(self._from, value, self._histogram, scale, snaps=snap))
            return
        assert self.bounds is not None
        if self._held == "inside":
            moved_to, moved = shifted(value - self._from, self.bounds, self._histogram, scale)
            self._from += moved
            self._take(moved_to)
        else:
            end: End = "low" if self._held == "low" else "high"
            self._take(with_end_at(value, end, self.bounds, self._histogram, scale, snaps=snap))

    def _take(self, bounds: Bounds | None) -> None:
        if bounds != self.bounds:
            self.bounds = bounds
            self._redraw()
            self.range_dragged.emit()

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
        self._redraw()
