"""What is looked at, and how it changes: the planes and the other parts of the window follow it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from maskeditor.core.space.geometry import Plane
from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import Array, Floats, Integers
from maskeditor.engine.box import Voxel
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.label_images import LabelImage
from maskeditor.model.view.comparison import Comparison
from maskeditor.model.view.display import LABELS, Display, DisplayedImage
from maskeditor.model.view.pixels import Levels, to_grey
from maskeditor.model.view.sampling import Sampling
from maskeditor.model.view.slabs_ahead import Gatherers
from maskeditor.model.view.slices import PlaneMap, cut
from maskeditor.model.view.state import FIELDS, ViewState
from maskeditor.model.view.window import frame_span, window_of

if TYPE_CHECKING:
    from psygnal import SignalInstance


#: How the image itself is looked at, if it is one of labels.
_LABELLED = Display("", colour_map=LABELS, opacity=1.0)


class Viewer:
    """The image on show and the state of looking at it; the only one to change that state.

    Examples
    --------
    >>> from maskeditor.core.space.geometry import Geometry
    >>> volume = Volume(np.zeros((4, 5, 6), np.int16, order="F"), Geometry((4, 5, 6), np.eye(4)))
    >>> viewer = Viewer(); _ = viewer.changed.connect(lambda names: print(sorted(names)))
    >>> viewer.set_volume(volume)
    ['crosshair', 'volume', 'window']
    >>> viewer.step(Plane.AXIAL, 10); viewer.state.crosshair
    ['crosshair']
    (2, 2, 5)
    """

    def __init__(self) -> None:
        self.volume: Volume | None = None
        #: The further images that can be drawn, by name.
        self.images: dict[str, DisplayedImage] = {}
        #: An image that is looked at before it is made, over all others and in place of one of its name.
        self.preview: tuple[Display, DisplayedImage] | None = None
        #: The image itself, if it is one of labels, to be drawn in their colours.
        self.labelled: DisplayedImage | None = None
        self.state = ViewState()
        self._mean: Array | None = None
        #: The volume in time that was shown last.
        self._last_frame = 0
        self._slices: dict[tuple[int, bool], tuple[int, FrameChoice, Sampling | None, Array]] = {}
        self._gatherers = Gatherers()
        self._maps: dict[tuple[Plane, bool], PlaneMap] = {}

    # Changes

    @cached_property
    def changed(self) -> SignalInstance:
        """The signal of changes: the names of the `ViewState` fields that differ from before.

        "volume", "mean" and "images" are among them when the image, the mean over time, or further images, were
        replaced.
        """
        # The import takes as long as a tenth of the bare window, which has a viewer but shows nothing yet.
        from psygnal import SignalInstance

        return SignalInstance((frozenset,), instance=self, name="changed")

    def change(self, **values: Any) -> None:
        """Change fields of the state; `changed` is emitted once, with those that differ from before."""
        # A dataclass's own `replace` takes as long as all else that a step of the crosshair is for the model.
        self._replace(ViewState(**(vars(self.state) | values)), fields=values)

    def _replace(self, state: ViewState, also: frozenset[str] = frozenset(), fields: Collection[str] = FIELDS) -> None:
        before, self.state = self.state, state
        if isinstance(state.frame, int):
            self._last_frame = state.frame
        names = also | {name for name in fields if getattr(before, name) != getattr(state, name)}
        if names:
            self.changed.emit(names)

    def set_volume(self, volume: Volume | None) -> None:
        """Show another image alone: its first volume, crosshair in the middle, window found anew; or none."""
        self.volume, self._mean = volume, None
        self.images, self.preview, self.labelled = {}, None, None
        self._slices.clear()
        self._gatherers.clear()
        self._maps.clear()
        state = replace(self.state, displays=(), comparison=None, chosen_image="", region=None)
        state = replace(state, image_visible=True, image_opacity=1.0, colour_map=self._without_labels)
        if volume is not None:
            i, j, k = volume.geometry.shape
            state = replace(state, crosshair=(i // 2, j // 2, k // 2), frame=0)
            state = replace(state, window=window_of(volume, 0))
        self._replace(state, frozenset({"volume"}))

    def set_mean(self, mean: Array) -> None:
        """Hand in the mean intensities over time (I, J, K): a slice of them asks for all volumes, which takes long."""
        self._mean = mean
        self._slices.clear()
        self._gatherers.clear()
        self.changed.emit(frozenset({"mean"}))

    def set_image_mean(self, image: DisplayedImage, mean: Array) -> None:
        """Hand in the mean intensities over time (I, J, K) of a further image."""
        image.mean = mean
        self.changed.emit(frozenset({"images"}))

    def set_images(self, images: Mapping[str, Volume], labels: Mapping[str, LabelImage] | None = None) -> None:
        """Replace the further images that can be drawn; what was gathered of those that stay is kept.

        Parameters
        ----------
        images : mapping of str to Volume
        labels : mapping of str to LabelImage, optional
            What the values are of those that are images of labels.
        """
        before, changed = self.images, False
        self.images = {
            name: before[name] if name in before and before[name].volume is volume else DisplayedImage(volume)
            for name, volume in images.items()
        }
        for name, image in self.images.items():
            found = (labels or {}).get(name)
            changed = changed or image.labels is not found
            image.labels = found
        if changed or self.images != before:
            self.changed.emit(frozenset({"images"}))

    def set_preview(
        self,
        display: Display | None,
        volume: Volume | None = None,
        labels: LabelImage | None = None,
        planes: Mapping[tuple[int, int], Array] | None = None,
    ) -> None:
        """Draw an image, which may be one of labels, over all others before it is made; or none any more.

        Of one of which only slices are known yet, `planes` are as `DisplayedImage` takes them.
        """
        before = self.preview
        self.preview = (display, DisplayedImage(volume, planes)) if display is not None and volume is not None else None
        if self.preview is not None:
            self.preview[1].labels = labels
        if before != self.preview:
            self.changed.emit(frozenset({"images"}))

    @property
    def _without_labels(self) -> str:
        """The colour map of an image of intensities."""
        return ViewState.colour_map if self.state.colour_map == LABELS else self.state.colour_map

    def set_labels(self, labels: LabelImage | None) -> None:
        """Draw the image itself in the colours of labels, once it is known to be one of those; with None, do not."""
        if labels is None or self.volume is None:
            self.labelled = None
            self.change(colour_map=self._without_labels)
            return
        self.labelled = self.labelled or DisplayedImage(self.volume)
        self.labelled.labels = labels
        self._replace(replace(self.state, colour_map=LABELS), frozenset({"images"}))

    def display(self, name: str) -> Display | None:
        """Return how a further image is looked at; None if that was never set."""
        return next((display for display in self.state.displays if display.name == name), None)

    @property
    def looked_at(self) -> str:
        """The chosen image whose intensities are meant: a further one that is there, or "" for the one edited on."""
        display = self.display(self.state.chosen_image)
        return "" if display is None or display.shows_labels or display.name not in self.images else display.name

    def change_display(self, name: str, **values: Any) -> None:
        """Change how a further image is looked at.

        Raises
        ------
        MaskEditorError
            If a value cannot be.
        """
        displays = self.state.displays
        self.change(displays=tuple(one.changed(**values) if one.name == name else one for one in displays))

    def change_comparison(self, **values: Any) -> None:
        """Change how images are compared, if they are.

        Raises
        ------
        MaskEditorError
            If a value cannot be.
        """
        if self.state.comparison is not None:
            self.change(comparison=self.state.comparison.changed(**values))

    def set_crosshair(self, voxel: Voxel) -> None:
        """Move the crosshair to a voxel, or to the nearest one inside the image."""
        if self.volume is None:
            return
        i, j, k = (
            min(max(int(index), 0), size - 1) for index, size in zip(voxel, self.volume.geometry.shape, strict=True)
        )
        self.change(crosshair=(i, j, k))

    def step(self, plane: Plane, slices: int) -> None:
        """Go some slices towards the right, the front or the top of the head; fewer than 0 go the other way."""
        if self.volume is None:
            return
        view = self.plane_map(plane)
        self.set_slice(plane, self.state.crosshair[view.normal] + slices * view.towards)

    def set_slice(self, plane: Plane, index: int) -> None:
        """Go to the slice of an index along the plane's normal."""
        if self.volume is None:
            return
        voxel = list(self.state.crosshair)
        voxel[self.plane_map(plane).normal] = index
        self.set_crosshair((voxel[0], voxel[1], voxel[2]))

    def move(self, plane: Plane, right: int, down: int) -> None:
        """Move the crosshair by some voxels as seen on the screen in a plane."""
        if self.volume is not None:
            self.set_crosshair(self.plane_map(plane).moved(self.state.crosshair, right, down))

    def set_frame(self, frame: FrameChoice) -> None:
        """Show another volume of a 4D image, their mean, or the mean over a range.

        Raises
        ------
        MaskEditorError
            If the image does not have it.
        """
        if self.volume is not None:
            self.change(frame=self.volume.checked_frame(frame))

    def step_frame(self, frames: int) -> None:
        """Go some volumes on in time; from a mean, to the first or last volume."""
        if self.volume is None:
            return
        last = self.volume.frames - 1
        now = self.state.frame if isinstance(self.state.frame, int) else -1 if frames > 0 else last + 1
        self.set_frame(min(max(now + frames, 0), last))

    def set_window(self, low: float, high: float) -> None:
        """Draw `low` darkest and `high` brightest; given the wrong way round, they are swapped.

        Raises
        ------
        MaskEditorError
            If one of them is not a finite number.
        """
        if not (math.isfinite(low) and math.isfinite(high)):
            raise MaskEditorError(f"The window is {low} to {high}, but must be two finite numbers; enter others.")
        self.change(window=(float(min(low, high)), float(max(low, high))))

    def auto_window(self) -> None:
        """Set the window to percentiles 0.5 to 99.5 of what is not background, as `window_of` finds it."""
        if self.volume is not None:
            self.change(window=window_of(self.volume, self.state.frame))

    # What is seen

    def plane_map(self, plane: Plane) -> PlaneMap:
        """Return how a plane of the image lies on the screen.

        Raises
        ------
        MaskEditorError
            If there is no image.
        """
        if self.volume is None:
            raise MaskEditorError("There is no image to look at; open one.")
        key = (plane, self.state.radiological)
        if key not in self._maps:
            self._maps[key] = PlaneMap(self.volume.geometry, *key)
        return self._maps[key]

    @property
    def overlays(self) -> list[tuple[Display, DisplayedImage]]:
        """The further images that are drawn, from the lowest to the one on top; while images are compared, that one."""
        state = self.state
        if (compared := self.compared) is not None:
            return [compared[1:]]
        if state.overlays_hidden:
            return []
        previewed = [self.preview] if self.preview is not None else []
        names = self.images.keys() - {display.name for display, _ in previewed}
        shown = (display for display in state.displays if display.visible and display.name in names)
        return [*((display, self.images[display.name]) for display in shown), *previewed]

    @property
    def compared(self) -> tuple[Comparison, Display, DisplayedImage] | None:
        """How the image is compared with a further one, and that; None if it is not, or the other is not there.

        While an image is previewed, that is what is seen.
        """
        comparison = self.state.comparison
        if comparison is None or comparison.other not in self.images or self.preview is not None:
            return None
        display = self.display(comparison.other)
        return None if display is None else (comparison, display, self.images[comparison.other])

    @property
    def image_strength(self) -> float:
        """How strongly the image itself is drawn over black, 0 to 1."""
        if self.compared is not None:
            return 1.0
        return self.state.image_opacity if self.state.image_visible else 0.0

    @property
    def drawn(self) -> list[tuple[Display, DisplayedImage]]:
        """All that is laid over grey levels: labels, where the image itself is drawn so, and then `overlays`."""
        if self.labelled is None or self.state.colour_map != LABELS:
            return self.overlays
        return [(_LABELLED.changed(opacity=self.image_strength), self.labelled), *self.overlays]

    def overlay_frame(self, display: Display, image: DisplayedImage) -> FrameChoice:
        """Return which volume in time of a further image is drawn, or "mean"."""
        return image.frame(display, self.state.frame, self._frames)

    def wanted_frame(self, display: Display, image: DisplayedImage) -> FrameChoice:
        """Return which volume in time of a further image is to be drawn, even if its mean is not there yet."""
        return image.wanted_frame(display, self.state.frame, self._frames)

    @property
    def _frames(self) -> int:
        return self.volume.frames if self.volume is not None else 1

    @property
    def shown_frame(self) -> FrameChoice:
        """What slices are of: until the mean over time is there, the volume that was shown before it was asked for."""
        frame = self.state.frame
        return self._last_frame if frame == "mean" and self._mean is None else frame

    @property
    def is_scaled(self) -> bool:
        """Whether `slice` gives stored values that the volume's slope and intercept turn into intensities."""
        return self.volume is not None and self.volume.is_scaled and isinstance(self.shown_frame, int)

    def slice(self, axis: int, index: int, sampling: Sampling | None = None) -> Array:
        """Return one slice of what is shown, gathered once into contiguous memory and kept until another is asked for.

        Parameters
        ----------
        axis, index : int
        sampling : Sampling, optional
            What is kept of it; all without.

        Returns
        -------
        2-D array
            Stored values for one volume in time (see `is_scaled`), intensities for a mean; not to be written to.

        Raises
        ------
        MaskEditorError
            If there is no image.
        """
        if self.volume is None:
            raise MaskEditorError("There is no image to look at; open one.")
        frame = self.shown_frame
        kept = self._slices.get((axis, sampling is None))
        if kept is not None and kept[:3] == (index, frame, sampling):
            return kept[3]
        values = self._gathered(self.volume, axis, index, frame, sampling)
        values.setflags(write=False)
        self._slices[axis, sampling is None] = (index, frame, sampling, values)
        return values

    def _gathered(self, volume: Volume, axis: int, index: int, frame: FrameChoice, kept: Sampling | None) -> Array:
        whole = volume.stored_frame(frame) if isinstance(frame, int) else self._mean if frame == "mean" else None
        if whole is not None:
            return self._gatherers.of(whole, frame, axis, kept).take(axis, index)
        series = cut(volume.stored[..., frame_span(frame, volume.frames)], axis, index)
        mean: Array = volume.scaled(series.mean(axis=-1, dtype=np.float64))
        return mean if kept is None else kept.of(mean)

    @property
    def stored_window(self) -> tuple[float, float]:
        """The window in the units that `slice` returns; the first is the greater where the slope is negative."""
        low, high = self.state.window
        if self.volume is None or not self.is_scaled:
            return (low, high)
        return (self.volume.unscaled(low), self.volume.unscaled(high))

    def intensity(self, voxel: Voxel) -> float | None:
        """Return the intensity shown at a voxel; None outside the image."""
        if self.volume is None or not self.volume.geometry.holds(voxel):
            return None
        return float(self._shown(self.volume, voxel))

    def greys(self) -> Callable[[Integers], Levels]:
        """Return what gives the grey levels (N,) of voxels (3, N), as they are shown now; any thread may call it."""
        volume, mean, frame, window = self.volume, self._mean, self.shown_frame, self.state.window

        def at(voxels: Integers) -> Levels:
            where = (voxels[0], voxels[1], voxels[2])
            if volume is None:
                return np.zeros(voxels.shape[1], np.uint8)
            if isinstance(frame, int):
                values = volume.scaled(volume.stored_frame(frame)[where])
            elif frame == "mean" and mean is not None:
                values = mean[where]
            else:
                series = volume.stored[(*where, frame_span(frame, volume.frames))]
                values = volume.scaled(series.mean(axis=-1, dtype=np.float64))
            out = np.empty(values.shape, np.uint8)
            to_grey(values, *window, out, np.empty(values.shape, np.float32))
            return out

        return at

    def profile(self, axis: int) -> Floats:
        """Return the intensities shown along the line through the crosshair that follows a voxel axis.

        Returns
        -------
        (voxels,) array of float64

        Raises
        ------
        MaskEditorError
            If there is no image.
        """
        if self.volume is None:
            raise MaskEditorError("There is no image to look at; open one.")
        i, j, k = (slice(None) if place == axis else at for place, at in enumerate(self.state.crosshair))
        return np.asarray(self._shown(self.volume, (i, j, k)), np.float64)

    def _shown(self, volume: Volume, where: tuple[Any, Any, Any]) -> Any:
        """Return the intensities shown at an index of three: a voxel, or a line of them."""
        frame = self.state.frame
        if isinstance(frame, int):
            return volume.scaled(volume.stored_frame(frame)[where])
        if frame == "mean" and self._mean is not None:
            return self._mean[where]
        series = volume.stored[(*where, frame_span(frame, volume.frames))]
        return volume.scaled(series.mean(axis=-1, dtype=np.float64))
