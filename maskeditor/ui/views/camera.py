"""Which part of a slice fills a view, at the scale that all views share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtGui import QTransform

Pair = tuple[float, float]

#: Free space round a slice that is fitted into a view, as a share of the view.
MARGIN = 0.02
#: Closest view: this many pixels for a millimetre; and farthest: this share of the fitted scale.
CLOSEST, FARTHEST = 200.0, 0.25


class Zoom:
    """The one scale of several cameras: what is as large in the body is as large in each view, unless it is unlinked.

    Examples
    --------
    >>> zoom = Zoom(); wide, narrow = Camera(zoom), Camera(zoom)
    >>> wide.resize((200, 100)); narrow.resize((50, 100))
    >>> wide.show((100.0, 50.0)); narrow.show((100.0, 100.0)); wide.scale, narrow.scale
    (0.48, 0.48)
    >>> zoom.link(False); wide.scale, narrow.scale
    (1.92, 0.48)
    """

    def __init__(self) -> None:
        #: Whether all cameras have one scale; else each has its own.
        self.is_linked = True
        self._cameras: list[Camera] = []
        self._followers: list[Callable[[], object]] = []

    def join(self, camera: Camera) -> None:
        """Have a camera share the scale."""
        self._cameras.append(camera)

    def tell(self, follower: Callable[[], object]) -> None:
        """Have something called whenever the scale, or what is fitted, has changed."""
        self._followers.append(follower)

    def link(self, is_linked: bool, like: Camera | None = None) -> None:
        """Have all cameras share one scale, that of one of them if it does not show whole slices; or none."""
        if is_linked == self.is_linked:
            return
        self.is_linked = is_linked
        like = like or self._cameras[0]
        if is_linked and not like.is_fitted:
            self.change(like, like.scale)
        else:
            self.refit()

    def _sharing(self, camera: Camera) -> list[Camera]:
        """Return the cameras that have the scale of one, which is among them."""
        return self._cameras if self.is_linked else [camera]

    def fitted(self, camera: Camera) -> float:
        """Return the scale at which every slice that is seen at that of a camera is seen whole."""
        sharing = self._sharing(camera)
        seen = [other for other in sharing if other.is_seen]
        return min(other.fitted_scale for other in seen or sharing)

    def fit(self, camera: Camera) -> None:
        """Show whole slices with a camera and those that share its scale."""
        self._fit(self._sharing(camera))

    def fit_all(self) -> None:
        """Show whole slices with all cameras."""
        self._fit(self._cameras)

    def refit(self) -> None:
        """Go on showing whole slices, where that is what is shown."""
        self._fit([camera for camera in self._cameras if camera.is_fitted])

    def _fit(self, cameras: Sequence[Camera]) -> None:
        for camera in cameras:
            camera.is_fitted, camera.scale = True, self.fitted(camera)
            camera.look_at_middle()
        if cameras:
            self._announce()

    def change(self, camera: Camera, scale: float, then: Callable[[], object] = lambda: None) -> None:
        """Give a camera, and those that share its scale, another one, within what makes sense.

        What is to be done then is done before anybody hears of it, so that each looks once.
        """
        fitted = self.fitted(camera)
        for other in self._sharing(camera):
            other.scale, other.is_fitted = min(max(scale, fitted * FARTHEST), max(CLOSEST, fitted)), False
        then()
        self._announce()

    def stay(self, camera: Camera) -> None:
        """Let a camera, and those that share its scale, show what they show, whatever size the views get."""
        for other in self._sharing(camera):
            other.is_fitted = False

    def keep(self) -> Callable[[], None]:
        """Return what brings back what all cameras show now; nothing, once their scales were linked or unlinked."""
        kept = [(camera, camera.scale, camera.is_fitted, camera.centre) for camera in self._cameras]
        was_linked = self.is_linked

        def bring_back() -> None:
            if self.is_linked != was_linked:
                return
            for camera, scale, is_fitted, centre in kept:
                camera.scale, camera.is_fitted, camera.centre = scale, is_fitted, centre
            self.refit()  # the views may have got another size
            self._announce()

        return bring_back

    def _announce(self) -> None:
        for follower in self._followers:
            follower()


class Camera:
    """Millimetres of a slice ⇄ pixels of a view, with zoom and pan.

    Parameters
    ----------
    zoom : Zoom, optional
        Shared with the cameras of other views.

    Examples
    --------
    >>> camera = Camera(); camera.resize((100, 200)); camera.show((100.0, 100.0))
    >>> camera.scale, camera.to_pixels(50, 50)
    (0.96, (50.0, 100.0))
    >>> camera.zoom(2, (50.0, 100.0)); camera.to_mm(50, 100)
    (50.0, 50.0)
    """

    def __init__(self, zoom: Zoom | None = None) -> None:
        #: Whether anybody sees what it shows.
        self.is_seen = True
        #: Pixels per mm, and whether whole slices are shown, whatever the size of the view; set by the zoom.
        self.scale, self.is_fitted = 1.0, True
        #: What is in the middle of the view, in mm.
        self.centre: Pair = (0.5, 0.5)
        self._view: Pair = (1.0, 1.0)
        self._slice: Pair = (1.0, 1.0)
        self._zoom = zoom or Zoom()
        self._zoom.join(self)

    def show(self, slice_size: Pair) -> None:
        """Take the size in mm of the slices; another size is shown whole."""
        if slice_size != self._slice:
            self._slice = slice_size
            self.fit()

    def show_or_hide(self, is_seen: bool) -> None:
        """Take note of whether anybody sees it: the others need not fit in with what nobody sees."""
        self.is_seen = is_seen
        self._zoom.refit()

    def resize(self, view_size: Pair) -> None:
        """Take the size in pixels of the view; what is in its middle stays there."""
        self._view = (max(1.0, view_size[0]), max(1.0, view_size[1]))
        self._zoom.refit()

    @property
    def fitted_scale(self) -> float:
        """The scale at which the whole slice fills the view."""
        return min(view / size for view, size in zip(self._view, self._slice, strict=True)) * (1 - 2 * MARGIN)

    def fit(self) -> None:
        """Show the whole slice."""
        self._zoom.fit(self)

    def look_at_middle(self) -> None:
        """Put the middle of the slice into the middle of the view."""
        self.centre = (self._slice[0] / 2, self._slice[1] / 2)

    def zoom(self, factor: float, at: Pair) -> None:
        """Enlarge by a factor; what lies at a pixel stays there."""
        (x, y), before = self.to_mm(*at), self.scale

        def stay() -> None:
            ratio = before / self.scale
            self.centre_on((x + (self.centre[0] - x) * ratio, y + (self.centre[1] - y) * ratio))

        self._zoom.change(self, before * factor, stay)

    def pan(self, right: float, down: float) -> None:
        """Move the slice by some pixels."""
        self.centre_on((self.centre[0] - right / self.scale, self.centre[1] - down / self.scale))

    def keep(self) -> Callable[[], None]:
        """Return what brings back what is shown now, here and in the other views."""
        return self._zoom.keep()

    def centre_on(self, point: Pair) -> None:
        """Put a point in mm into the middle of the view; the nearest one of the slice, so that it is never lost."""
        self.centre = (min(max(point[0], 0.0), self._slice[0]), min(max(point[1], 0.0), self._slice[1]))
        self._zoom.stay(self)

    @property
    def _origin(self) -> Pair:
        return (
            self._view[0] / 2 - self.centre[0] * self.scale,
            self._view[1] / 2 - self.centre[1] * self.scale,
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
