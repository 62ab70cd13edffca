"""How a further image is looked at, as it lies over the one that is edited on; never undoable."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.model.label_images import LabelImage
from maskeditor.model.view.label_pixels import Places, is_direct, ranks
from maskeditor.model.view.pixels import Levels, to_levels
from maskeditor.model.view.slabs_ahead import Gatherer
from maskeditor.model.view.window import window_of

#: The colour map that parts negative from positive; zero lies in its middle.
DIVERGING = "blue to red"
#: What stands for the colours of labels, in place of a colour map.
LABELS = "labels"
#: What an image of intensities is drawn in at first, unless it has values of both signs.
FIRST_MAP, FIRST_OPACITY = "hot", 0.8
#: How opaque labels are at first: what they lie on is seen through them.
LABELS_OPACITY = 0.5
#: The share of the greater end of a window that the other must have, with the other sign, for a map of both signs.
LEAST_SHARE = 0.1
#: On which side of a threshold intensities are drawn: on that away from zero for both signs, above it, or below it.
Sign = Literal["both", "above", "below"]
SIGNS: tuple[Sign, ...] = get_args(Sign)
#: Voxels from which on levels are worked out for the whole volume, one byte each: gathering those of a slice takes a
#: tenth of the time that gathering its values and comparing them takes.
LARGE = 1 << 22


@dataclass(frozen=True)
class Display:
    """How one image is looked at. Later ones of a list lie over those before.

    Parameters
    ----------
    name : str
        Of the image.
    window : tuple of 2 float
        The intensities drawn in the first and in the last colour; round zero where the colour map is diverging.
    colour_map : str
        `LABELS` for the colours of labels; window and threshold then mean nothing.
    threshold : float or None
        What does not lie beyond it, by its sign, is clear; None if nothing but NaN is.
    opacity : float
        0 to 1.
    visible : bool
    outline : bool
        Whether labels are drawn as outlines.
    sign : {"both", "above", "below"}
        What is drawn: what is further from zero than the threshold on either side, greater, or smaller.
    frame : int, "mean" or None
        The volume of a 4D image that is drawn; None for the one that is shown of the image below.

    Examples
    --------
    >>> Display("t").changed(window=(-2, 5), colour_map=DIVERGING).window
    (-5.0, 5.0)
    """

    name: str
    window: tuple[float, float] = (0.0, 1.0)
    colour_map: str = FIRST_MAP
    threshold: float | None = 0.0
    opacity: float = FIRST_OPACITY
    visible: bool = True
    outline: bool = False
    sign: Sign = "both"
    frame: int | Literal["mean"] | None = None

    @property
    def shows_labels(self) -> bool:
        """Whether it is drawn in the colours of labels."""
        return self.colour_map == LABELS

    @property
    def clear(self) -> tuple[float, float] | None:
        """The span of intensities, both ends included, that is clear; None if none is."""
        if self.threshold is None:
            return None
        low = -math.inf if self.sign == "above" else self.threshold if self.sign == "below" else -self.threshold
        return low, math.inf if self.sign == "below" else self.threshold

    @property
    def is_partial(self) -> bool:
        """Whether more is clear by choice than what is exactly zero."""
        return self.clear not in (None, (0.0, 0.0))

    @property
    def is_diverging(self) -> bool:
        """Whether its colours part negative from positive, so that its window is as wide on either side of zero."""
        return self.colour_map == DIVERGING

    def changed(self, **values: Any) -> Self:
        """Return it with other values; the ends of a window may come the wrong way round.

        Raises
        ------
        MaskEditorError
            If a value cannot be.
        """
        made = replace(self, **values)
        low, high = sorted(map(float, made.window))
        if not (math.isfinite(low) and math.isfinite(high)):
            raise MaskEditorError(f"The window is {low} to {high}, but must be two finite numbers; enter others.")
        if made.sign not in SIGNS:
            raise MaskEditorError(f"The sign is {made.sign!r}, but must be one of {', '.join(SIGNS)}.")
        least = 0 if made.sign == "both" else -math.inf
        if made.threshold is not None and not (least <= made.threshold and abs(made.threshold) < math.inf):
            wanted = "0 or greater" if made.sign == "both" else "a finite number"
            raise MaskEditorError(f"The threshold is {made.threshold}, but must be {wanted}; leave it empty for none.")
        if not 0 <= made.opacity <= 1:
            raise MaskEditorError(f"The opacity is {made.opacity}, but must be from 0 to 1.")
        if made.is_diverging:
            low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
        return replace(made, window=(low, high))

    def to_record(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: object) -> Self | None:
        """Return what was recorded; None if that is nothing that `to_record` would have written."""
        record = _ADDED | record if isinstance(record, dict) else {}
        if record.keys() != cls.__dataclass_fields__.keys():
            return None
        frame = record["frame"]
        if record["sign"] not in SIGNS or not (frame in (None, "mean") or (type(frame) is int and frame >= 0)):
            return None
        is_text = isinstance(record["name"], str) and isinstance(record["colour_map"], str)
        window = record["window"]
        is_clear = isinstance(record["visible"], bool) and isinstance(record["outline"], bool)
        if not is_text or not is_clear or not isinstance(window, list | tuple):
            return None
        threshold = record["threshold"]
        numbers = (*window, record["opacity"], *(() if threshold is None else (threshold,)))
        if len(window) != 2 or not all(type(number) in (int, float) for number in numbers):
            return None
        try:
            return cls(**record).changed(window=tuple(window))
        except (MaskEditorError, OverflowError):
            return None


#: What records that were written before lack.
_ADDED: dict[str, Any] = {"outline": False, "sign": "both", "frame": None}


def displays_from(records: object) -> tuple[Display, ...]:
    """Return what was recorded of displays, without those that nothing here has written, or written twice."""
    found = (Display.from_record(record) for record in records) if isinstance(records, list) else ()
    return tuple({display.name: display for display in found if display is not None}.values())


def first_display(name: str, volume: Volume, labels: LabelImage | None = None, plain: bool = False) -> Display:
    """Return how an image is looked at before anybody has chosen.

    One of labels is drawn in their colours, and a plain one as the image below is: in greys, with nothing clear. Of the
    others, one of both signs and not of whole numbers, such as a map of t, is drawn round zero in a diverging colour
    map, and what is exactly zero is clear.

    Examples
    --------
    >>> from maskeditor.core.space.geometry import Geometry
    >>> stored = np.linspace(-4, 2, 27, dtype=np.float32).reshape(3, 3, 3)
    >>> first_display("t", Volume(stored, Geometry((3, 3, 3), np.eye(4)))).colour_map
    'blue to red'
    """
    low, high = window_of(volume, 0)
    if labels is not None:
        return Display(name, opacity=LABELS_OPACITY).changed(window=(low, high), colour_map=LABELS)
    if plain:
        return Display(name, (low, high), "grey", threshold=None, opacity=1.0)
    is_signed = not volume.is_integral and low < 0 < high
    is_signed = is_signed and min(-low, high) >= LEAST_SHARE * max(-low, high)
    return Display(name).changed(window=(low, high), colour_map=DIVERGING if is_signed else FIRST_MAP)


class DisplayedImage:
    """A further image as slices of it are drawn, each gathered once.

    Parameters
    ----------
    volume : Volume
    planes : mapping of (int, int) to 2-D array, optional
        Slices that are drawn in place of those of the volume, by the axis that they are cut across and their index.

    Examples
    --------
    >>> from maskeditor.core.space.geometry import Geometry
    >>> image = DisplayedImage(Volume(np.arange(8).reshape(2, 2, 2), Geometry((2, 2, 2), np.eye(4))))
    >>> image.slice(0, 1, 0).tolist()
    [[4, 5], [6, 7]]
    """

    def __init__(self, volume: Volume, planes: Mapping[tuple[int, int], Array] | None = None) -> None:
        self.volume = volume
        self._planes = planes or {}
        #: What its values are, if they are labels.
        self.labels: LabelImage | None = None
        #: The mean intensities over time (I, J, K), once they were worked out.
        self.mean: Array | None = None
        self._slices: dict[int, tuple[tuple[int, FrameChoice], Array]] = {}
        self._gatherer: tuple[FrameChoice, Gatherer] | None = None
        # Levels of a whole volume in time, or the places of labels in their table, and what they were worked out for.
        self._levels: tuple[object, Gatherer] | None = None

    def forget_mean(self) -> None:
        """Hold the mean over time no longer, as it is not drawn: it goes then with all that is kept."""
        if self.mean is not None:
            self.mean, self._gatherer, self._levels = None, None, None
            self._slices.clear()

    def wanted_frame(self, display: Display, shown: FrameChoice, frames: int) -> FrameChoice:
        """Return what is to be drawn of a 4D image: a volume in time, or the mean of all.

        Parameters
        ----------
        display : Display
        shown : int, "mean" or a range
            What is shown of the image that is edited on.
        frames : int
            Volumes that that has.
        """
        has_mean = self.labels_of(display) is None
        if display.frame is not None and (has_mean or display.frame != "mean"):
            return display.frame if display.frame == "mean" else min(display.frame, self.volume.frames - 1)
        follows = isinstance(shown, int) or (shown == "mean" and has_mean)
        return shown if follows and frames == self.volume.frames > 1 else 0

    def frame(self, display: Display, shown: FrameChoice, frames: int) -> FrameChoice:
        """Return what is drawn of it: until its mean is there, its first volume."""
        wanted = self.wanted_frame(display, shown, frames)
        return 0 if wanted == "mean" and self.mean is None else wanted

    def _whole(self, frame: FrameChoice) -> Array:
        if isinstance(frame, int):
            return self.volume.stored_frame(frame)
        assert self.mean is not None
        return self.mean

    def slice(self, axis: int, index: int, frame: FrameChoice) -> Array:
        """Return one slice as stored, or of the mean, 2-D, in its order in memory; not to be written to."""
        kept = self._slices.get(axis)
        if kept is not None and kept[0] == (index, frame):
            return kept[1]
        if (axis, index) in self._planes:
            return self._planes[axis, index]
        if self._gatherer is None or self._gatherer[0] != frame:
            self._gatherer = (frame, Gatherer(self._whole(frame)))
        values = self._gatherer[1].take(axis, index)
        values.setflags(write=False)
        self._slices[axis] = ((index, frame), values)
        return values

    def levels_of(
        self, display: Display, axis: int, index: int, frame: FrameChoice, scratch: NDArray[np.float32]
    ) -> Levels:
        """Return the levels of one slice, as `to_levels` writes them: of the whole volume where they are there.

        Parameters
        ----------
        display : Display
        axis, index : int
        frame : int or "mean"
        scratch : 2-D array of float32
            Overwritten.

        Returns
        -------
        2-D array of uint8
            Of the memory order of the volume; not to be written to, as it may lie in the levels of the whole.
        """
        if self._levels is not None and self._levels[0] == _sought(display, frame):
            return self._levels[1].look(axis, index)
        values = self.slice(axis, index, frame)
        out = np.empty(values.shape, np.uint8, order="F" if scratch.flags.f_contiguous else "C")
        self._to_levels(display, frame, values, out, scratch)
        return out

    def _to_levels(
        self, display: Display, frame: FrameChoice, values: Array, out: Levels, scratch: NDArray[np.float32]
    ) -> None:
        (low, high), clear = display.window, display.clear
        if isinstance(frame, int):  # the mean is of intensities
            low, high = map(self.volume.unscaled, (low, high))
            if clear is not None:
                ends = self.volume.unscaled(clear[0]), self.volume.unscaled(clear[1])
                clear = min(ends), max(ends)
        to_levels(values, (low, high), clear, out, scratch)

    def labels_of(self, display: Display) -> LabelImage | None:
        """Return the labels in whose colours the image is drawn; None where it is drawn as intensities."""
        return self.labels if display.shows_labels else None

    def box_of(self, labels: LabelImage) -> Box:
        """Return what holds all that is drawn of labels, and one voxel more on every side, as outlines want."""
        return _box_of(labels, self.volume.geometry.shape)

    def places(self, labels: LabelImage, axis: int, index: int, frame: FrameChoice) -> Places:
        """Return the places of the labels of one slice, as far as it lies in their box, among those of `label_colours`.

        Parameters
        ----------
        labels : LabelImage
        axis, index : int
            A slice through the box.
        frame : int

        Returns
        -------
        2-D array of unsigned int
            Not to be written to; it may lie in the volume.
        """
        box = self.box_of(labels)
        if self._levels is None or self._levels[0] != (frame, LABELS):
            if not is_direct(labels):
                values = self.slice(axis, index, frame)[box.spans(axis)]
                return ranks(labels, values, np.empty_like(values, np.uint16))
            stored = self._whole(frame)
            self.take_levels(((frame, LABELS), stored.view(stored.dtype.str.replace("i", "u"))[box.slices]))
        assert self._levels is not None
        return self._levels[1].look(axis, index - box.start[axis])

    def wants_levels(self, display: Display, frame: FrameChoice) -> bool:
        """Whether the image is so large that it is drawn faster once its levels were worked out as a whole."""
        is_large = math.prod(self.volume.geometry.shape) >= LARGE
        labels = self.labels_of(display)
        if self._planes or (labels is not None and is_direct(labels)):
            return False
        return is_large and (self._levels is None or self._levels[0] != _sought(display, frame))

    def levels(self, display: Display, frame: FrameChoice, progress: Progress | None = None) -> tuple[object, Array]:
        """Work out the levels (I, J, K) uint8 of a whole volume in time, for `take_levels`; on any thread.

        Of labels, they are their places in the table, of uint16, in their box.
        """
        values, labels = self._whole(frame), self.labels_of(display)
        if labels is not None:
            values = values[self.box_of(labels).slices]
        scratch = np.empty_like(values[:, :, 0], np.float32)
        made: Array = np.empty_like(values, np.uint8 if labels is None else np.uint16)
        planes = made.shape[2]
        for plane in range(planes):
            out: Any = made[:, :, plane]
            if labels is None:
                self._to_levels(display, frame, values[:, :, plane], out, scratch)
            else:
                ranks(labels, values[:, :, plane], out)
            if progress is not None:
                progress((plane + 1) / planes)
        return _sought(display, frame), made

    def take_levels(self, worked_out: tuple[object, Array]) -> None:
        """Draw from levels that were worked out, as long as the display stays as it was."""
        self._levels = (worked_out[0], Gatherer(worked_out[1]))

    def intensity(self, voxel: Voxel, frame: FrameChoice) -> float:
        """Return the intensity at a voxel."""
        value = self._whole(frame)[voxel]
        for (axis, index), plane in self._planes.items():
            if voxel[axis] == index:
                value = plane[voxel[:axis] + voxel[axis + 1 :]]
        return float(self.volume.scaled(value) if isinstance(frame, int) else value)


@lru_cache(maxsize=8)
def _box_of(labels: LabelImage, shape: Voxel) -> Box:
    return Box.whole(shape) if labels.box is None else labels.box.grown(1, shape)


def _sought(display: Display, frame: FrameChoice) -> object:
    """Return all that the levels of a volume in time depend on."""
    return (frame, LABELS) if display.shows_labels else (frame, display.window, display.clear)
