"""Which part of a slice fills a view."""

from __future__ import annotations

from PyQt6.QtGui import QTransform

Pair = tuple[float, float]

#: Free space round a slice that is fitted into a view, as a share of the view.
MARGIN = 0.02
#: Closest view: this many pixels for a millimetre; and farthest: this share of the fitted scale.
CLOSEST, FARTHEST = 200.0, 0.25


class Camera:
    """Millimetres of a slice ⇄ pixels of a view, with zoom and pan.

    Examples
    --------
    >>> camera = Camera(); camera.resize((100, 200)); camera.show((100.0, 100.0))
    >>> camera.scale, camera.to_pixels(50, 50)
    (0.96, (50.0, 100.0))
    >>> camera.zoom(2, (50.0, 100.0)); camera.to_mm(50, 100)
    (50.0, 50.0)
    """

    def __init__(self) -> None:
        #: Pixels per mm.
        self.scale = 1.0
        #: Whether the whole slice is shown, whatever the size of the view.
        self.is_fitted = True
        self._centre: Pair = (0.5, 0.5)
        self._view: Pair = (1.0, 1.0)
        self._slice: Pair = (1.0, 1.0)

    def show(self, slice_size: Pair) -> None:
        """Take the size in mm of the slices; another size is shown whole."""
        if slice_size != self._slice:
            self._slice = slice_size
            self.fit()

    def resize(self, view_size: Pair) -> None:
        """Take the size in pixels of the view; what is in its middle stays there."""
        self._view = (max(1.0, view_size[0]), max(1.0, view_size[1]))
        if self.is_fitted:
            self.fit()

    @property
    def _fitted_scale(self) -> float:
        return min(view / size for view, size in zip(self._view, self._slice, strict=True)) * (1 - 2 * MARGIN)

    def fit(self) -> None:
        """Show the whole slice."""
        self.scale = self._fitted_scale
        self._centre = (self._slice[0] / 2, self._slice[1] / 2)
        self.is_fitted = True

    def zoom(self, factor: float, at: Pair) -> None:
        """Enlarge by a factor; what lies at a pixel stays there."""
        x, y = self.to_mm(*at)
        scale = min(max(self.scale * factor, self._fitted_scale * FARTHEST), max(CLOSEST, self._fitted_scale))
        ratio = self.scale / scale
        self.scale = scale
        self.centre_on((x + (self._centre[0] - x) * ratio, y + (self._centre[1] - y) * ratio))

    def pan(self, right: float, down: float) -> None:
        """Move the slice by some pixels."""
        self.centre_on((self._centre[0] - right / self.scale, self._centre[1] - down / self.scale))

    def centre_on(self, point: Pair) -> None:
        """Put a point in mm into the middle of the view; the nearest one of the slice, so that it is never lost."""
        self._centre = (min(max(point[0], 0.0), self._slice[0]), min(max(point[1], 0.0), self._slice[1]))
        self.is_fitted = False

    @property
    def _origin(self) -> Pair:
        return (
            self._view[0] / 2 - self._centre[0] * self.scale,
            self._view[1] / 2 - self._centre[1] * self.scale,
        )

    def to_pixels(self, x: float, y: float) -> Pair:
        """Return the pixel position of a point in mm."""
        left, top = self._origin
        return (left + x * self.scale, top + y * self.scale)

    def to_mm(self, x: float, y: float) -> Pair:
        """Return the point in mm at a pixel position."""
        left, top = self._origin
        return ((x - left) / self.scale, (y - top) / self.scale)

    def sees(self, x: float, y: float) -> bool:
        """Whether a point in mm is in view."""
        right, down = self.to_pixels(x, y)
        return 0 <= right <= self._view[0] and 0 <= down <= self._view[1]

    @property
    def transform(self) -> QTransform:
        """From mm to pixels."""
        return QTransform(self.scale, 0, 0, self.scale, *self._origin)
