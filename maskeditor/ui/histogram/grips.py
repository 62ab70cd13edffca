"""What the mouse and the keyboard catch on a histogram, and where they move it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PyQt6.QtCore import QPointF, Qt, pyqtBoundSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QGraphicsSceneMouseEvent

from maskeditor.engine.arrays import Floats
from maskeditor.model.intensity_range import (
    Bounds,
    End,
    clicked,
    selected,
    shifted,
    stepped,
    with_end_at,
)

if TYPE_CHECKING:
    from maskeditor.model.histogram import Histogram

#: Pixels: how near a handle is caught.
CATCH = 6.0
#: Pixels that the pointer goes before a click becomes a drag.
FROM_CLICK_TO_DRAG = 3.0
#: Height in pixels of the strips at the bottom, where the window's handles are, and at the top, where a band's are.
STRIP = 12.0
#: Bins that an arrow key goes with Shift.
FAST = 10
ENDS: tuple[End, End] = ("low", "high")
_Pair = tuple[float, float]
_Before = tuple[float, Bounds | None, _Pair | None, Bounds | None, _Pair | None]


class Plot(Protocol):
    """What is gripped: the plot of a histogram, with what lies on it; `take…` sets it by hand, and says so."""

    histogram: Histogram | None
    bounds: Bounds | None
    shares: tuple[float, float] | None
    band: Bounds | None
    window_range: tuple[float, float] | None
    let_go: pyqtBoundSignal

    @property
    def x_scale(self) -> tuple[float, float]:
        """Return the intensity at the left edge, and pixels for an intensity of 1."""
        ...

    @property
    def area_height(self) -> float:
        """Return its height in pixels."""
        ...

    @property
    def bin_width(self) -> float:
        """Return how wide a bar is, in intensities."""
        ...

    def to_value(self, pixel: float) -> float:
        """Return the intensity at a pixel."""
        ...

    def to_pixel(self, value: float) -> float:
        """Return the pixel of an intensity."""
        ...

    def in_pixels(self, bounds: Bounds) -> tuple[float, float]:
        """Return where a range is drawn."""
        ...

    def curve(self) -> tuple[Floats, Floats, Floats]:
        """Return the curve of shares: across, down, and the shares themselves."""
        ...

    def knobs(self) -> Iterator[tuple[str, QPointF]]:
        """Yield the ends whose handles lie on the curve, and where."""
        ...

    def padding_in_pixels(self) -> float | None:
        """Return where the padding is drawn."""
        ...

    def click_padding(self) -> None:
        """Leave the padding out."""
        ...

    def take(self, bounds: Bounds | None) -> None:
        """Take a range."""
        ...

    def take_shares(self, shares: tuple[float, float]) -> None:
        """Take the shares at both ends."""
        ...

    def take_band(self, bounds: Bounds) -> None:
        """Take a band."""
        ...

    def take_window(self, darkest: float, brightest: float) -> None:
        """Take a window."""
        ...

    def pan(self, pixels: float) -> None:
        """Show what lies so many pixels to the right."""
        ...

    def reset_zoom(self) -> None:
        """Show all intensities."""
        ...

    def redraw(self) -> None:
        """Draw it anew."""
        ...


class Grips:
    """Moves the range, the shares, the band and the window of a plot, and the plot itself.

    Parameters
    ----------
    plot : Plot
    """

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._held = ""
        #: The end that arrow keys move.
        self.focused: End = "low"
        self._from = 0.0
        #: What a drag may move, as it was before: the pixel that it began at, range, shares, band and window.
        self._before: _Before = (0.0, None, None, None, None)
        # Whether the pointer has not gone far since it was pressed.
        self._is_click = False
        # The range before the last click set it, which may turn out to be the first of a double click.
        self._before_click: tuple[Bounds | None] | None = None

    @property
    def is_held(self) -> bool:
        """Whether a hand holds something."""
        return bool(self._held)

    # The mouse ----------------------------------------------------------------------------------------------------

    def press(self, event: QGraphicsSceneMouseEvent) -> None:
        """Catch what lies under the pointer."""
        event.accept()
        self._before_click = None
        if self._plot.histogram is None:
            return
        x, plot = event.pos().x(), self._plot
        self._before = (x, plot.bounds, plot.shares, plot.band, plot.window_range)
        if event.button() is not Qt.MouseButton.LeftButton:
            self._held, self._from = "view", x
            return
        self._held = self.under(event.pos()) or "ground"
        self._from, self._is_click = self._plot.to_value(x), True
        if self._held in ENDS:
            self.focused = "low" if self._held == "low" else "high"

    def drag(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Move what was caught."""
        if self._held in ("ground", "inside") and self._is_click:
            if abs(place.x() - self._plot.to_pixel(self._from)) < FROM_CLICK_TO_DRAG:
                return
            self._is_click = False
        histogram = self._plot.histogram
        if self._held not in ("", "padding") and histogram is not None:
            self._move_to(place, histogram, snaps(modifiers))

    def let_go(self, event: QGraphicsSceneMouseEvent) -> None:
        """Set an end where a button was pressed and let go again on empty ground."""
        plot, held, self._held = self._plot, self._held, ""
        if held == "padding":
            plot.click_padding()
        # A range without a second end reaches to the end of the axis: there a click sets that end.
        is_open = held == "inside" and plot.bounds is not None and None in plot.bounds
        if self._is_click and (held == "ground" or is_open) and plot.histogram is not None:
            self._before_click = (plot.bounds,)
            plot.take(clicked(self._from, plot.bounds, plot.histogram, plot.x_scale[1], snaps=snaps(event.modifiers())))
        if held:
            plot.let_go.emit()

    def release(self) -> None:
        """Let go of what was caught, and do no more."""
        self._held = ""

    def cancel(self) -> bool:
        """Give up a drag, and put back what it has moved; return whether there was one."""
        plot, held, self._held = self._plot, self._held, ""
        x, bounds, shares, band, window = self._before
        if held == "view":
            plot.pan(self._from - x)
        elif held in ("darkest", "brightest") and window is not None:
            plot.take_window(*window)
        elif held.startswith("band") and band is not None:
            plot.take_band(band)
        elif held and shares is not None:
            plot.take_shares(shares)
        elif held and plot.bounds != bounds:
            plot.take(bounds)
        if held:
            plot.let_go.emit()
        return bool(held)

    def double_click(self) -> None:
        """Show all intensities; the first of the two clicks has set no range, and moved none."""
        if self._before_click is not None:
            (before,), self._before_click = self._before_click, None
            self._plot.take(before)
        self._plot.reset_zoom()

    def shape(self, place: QPointF) -> Qt.CursorShape:
        """Return the pointer's shape, which shows what a press would catch."""
        shapes = {"": Qt.CursorShape.CrossCursor, "inside": Qt.CursorShape.SizeAllCursor}
        shapes["padding"] = Qt.CursorShape.PointingHandCursor
        return shapes.get(self.under(place), Qt.CursorShape.SizeHorCursor)

    def under(self, place: QPointF) -> str:
        """Return what lies at a place: an end, a strip's handle, the inside of the range, or nothing."""
        plot, x = self._plot, place.x()
        if plot.window_range is not None and place.y() > plot.area_height - STRIP:
            for name, value, side in zip(("darkest", "brightest"), plot.window_range, (1, -1), strict=True):
                if -3 <= side * (x - plot.to_pixel(value)) <= 10:
                    return name
        if plot.band is not None and place.y() < STRIP and (caught := _nearer(x, plot.in_pixels(plot.band))):
            return f"band {caught}"
        padding = plot.padding_in_pixels()
        if padding is not None and place.y() < STRIP and abs(x - padding) <= CATCH:
            return "padding"
        if plot.bounds is None:
            return ""
        low, high = plot.in_pixels(plot.bounds)
        if plot.shares is not None:
            caught = self._share_under(place)
        else:
            caught = _nearer(x, (low, high))
        return caught or ("inside" if low < x < high else "")

    def _share_under(self, place: QPointF) -> str:
        """Return the handle on the curve of shares that is near; of two above one another the nearer one."""
        near = [(abs(spot.x() - place.x()) + abs(spot.y() - place.y()), end) for end, spot in self._plot.knobs()]
        distance, end = min(near, default=(np.inf, ""))
        return end if distance <= 2 * CATCH else ""

    # Moving -------------------------------------------------------------------------------------------------------

    def _move_to(self, place: QPointF, histogram: Histogram, snap: bool) -> None:
        plot, value = self._plot, self._plot.to_value(place.x())
        if self._held == "view":
            plot.pan(self._from - place.x())
            self._from = place.x()
        elif self._held in ("darkest", "brightest"):
            assert plot.window_range is not None
            low, high = plot.window_range
            moved = (min(value, high), high) if self._held == "darkest" else (low, max(value, low))
            if moved[0] < moved[1]:
                plot.take_window(*moved)
        elif self._held.startswith("band"):
            assert plot.band is not None
            end: End = "low" if self._held.endswith("low") else "high"
            plot.take_band(with_end_at(value, end, plot.band, histogram, plot.x_scale[1], snaps=snap))
        elif self._held in ENDS and plot.shares is not None:
            share = nearest_share(place, *plot.curve())
            low_share, high_share = plot.shares
            is_low = self._held == "low"
            plot.take_shares((min(share, high_share), high_share) if is_low else (low_share, max(share, low_share)))
        else:
            self._move_range(value, histogram, snap)

    def _move_range(self, value: float, histogram: Histogram, snap: bool) -> None:
        plot, scale = self._plot, self._plot.x_scale[1]
        if self._held == "ground":
            plot.take(selected(self._from, value, histogram, scale, snaps=snap))
            return
        assert plot.bounds is not None
        if self._held == "inside":
            moved_to, moved = shifted(value - self._from, plot.bounds, histogram, scale)
            self._from += moved
            plot.take(moved_to)
        else:
            end: End = "low" if self._held == "low" else "high"
            plot.take(with_end_at(value, end, plot.bounds, histogram, scale, snaps=snap))

    # The keyboard -------------------------------------------------------------------------------------------------

    def key(self, event: QKeyEvent) -> bool:
        """Move the focused end by bins, or choose the other one with up and down; return whether the key was meant."""
        plot, key = self._plot, Qt.Key(event.key())
        if plot.histogram is None or plot.bounds is None:
            return False
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.focused = "high" if key == Qt.Key.Key_Up else "low"
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            fast = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            bins = (FAST if fast else 1) * (1 if key == Qt.Key.Key_Right else -1)
            if plot.shares is None:
                plot.take(stepped(bins * plot.bin_width, self.focused, plot.bounds, plot.histogram))
            else:
                shares = list(plot.shares)
                place = ENDS.index(self.focused)
                shares[place] += bins / 1000
                low, high = (min(max(share, 0.0), 1.0) for share in shares)
                plot.take_shares((min(low, high), high) if place == 0 else (low, max(low, high)))
        else:
            return False
        plot.redraw()
        return True


def nearest_share(place: QPointF, across: Floats, up: Floats, shares: Floats) -> float:
    """Return the share at the point of a curve that is nearest to a place.

    Parameters
    ----------
    place : QPointF
    across, up : (n,) array of float64
        The curve's corners in pixels.
    shares : (n,) array of float64
        The share at each corner.
    """
    corners = np.stack([across, up], axis=1)
    start, along = corners[:-1], np.diff(corners, axis=0)
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    part = np.clip((((place.x(), place.y()) - start) * along).sum(axis=1) / length, 0, 1)
    there = start + part[:, None] * along
    nearest = int(np.argmin(((there - (place.x(), place.y())) ** 2).sum(axis=1)))
    return float(shares[nearest] + part[nearest] * (shares[nearest + 1] - shares[nearest]))


def snaps(modifiers: Qt.KeyboardModifier) -> bool:
    """Whether an end snaps to peaks and valleys: unless Alt is held."""
    return not modifiers & Qt.KeyboardModifier.AltModifier


def _nearer(x: float, ends: tuple[float, float]) -> str:
    low, high = ends
    # Where both are near, the one that can still move away is caught.
    if abs(x - low) <= CATCH and (x <= high or abs(x - low) < abs(x - high)) and not (abs(x - high) < abs(x - low)):
        return "low"
    return "high" if abs(x - high) <= CATCH else ""
