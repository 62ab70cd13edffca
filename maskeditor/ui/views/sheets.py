"""What a picture of a slice is put together from: tables of pixels, memory, and sheets laid over one another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtGui import QImage

from maskeditor.core.space.mask import Colour
from maskeditor.core.space.volume import FrameChoice
from maskeditor.model.label_images import LabelImage
from maskeditor.model.view.display import Display, DisplayedImage
from maskeditor.model.view.label_pixels import Places, borders, label_colours
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.pixels import (
    Levels,
    Pixels,
    colour_table,
    compose,
    has_room,
    mixed_table,
    overlay_table,
    packed,
    table_over,
)
from maskeditor.model.view.slices import WHOLE, Part
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.colour_maps import colour_map

#: A further image of which nothing is seen.
NO_IMAGE = Display(" ", opacity=0.0)


class PixelTable:
    """The table of pixels that the pictures share, made again only when colours have changed."""

    def __init__(self, viewer: Viewer, layers: Layers) -> None:
        self._viewer, self._layers = viewer, layers
        self._made_for: object = None
        self._table: Pixels = np.zeros(0, np.uint32)
        self._alone: tuple[object, Pixels] = (None, self._table)
        self._steps = np.zeros(0, np.float32)
        self._indices = np.zeros(0, np.uint16)

    def buffers(self, values: NDArray[np.generic]) -> Buffers:
        """Return memory for a picture of slices like one (2-D); what is overwritten at once the pictures share."""
        if values.size > self._steps.size:
            self._steps, self._indices = np.empty(values.size, np.float32), np.empty(values.size, np.uint16)
        pixels = np.empty_like(values, np.uint32)
        order: Literal["C", "F"] = "F" if values.flags.f_contiguous else "C"
        return Buffers(
            grey=np.empty_like(values, np.uint8),
            states=np.zeros_like(values, np.uint8),
            pixels=pixels,
            steps=self._steps[: values.size].reshape(values.shape, order=order),
            indices=self._indices[: values.size].reshape(values.shape, order=order),
            image=image_of(pixels, QImage.Format.Format_RGB32),
        )

    @property
    def pixels(self) -> Pixels:
        """From `colour_table`: of the image, with the masks over it."""
        wanted = (self._viewer.state.colour_map, self._viewer.image_strength, *self._over)
        if wanted != self._made_for:
            self._table = colour_table(colour_map(wanted[0]) * wanted[1], *wanted[2:])
            self._made_for = wanted
        return self._table

    @property
    def _over(self) -> tuple[tuple[Colour, ...], float, bool]:
        state = self._viewer.state
        return (self._layers.colours, state.opacity, state.outline)

    @property
    def masks(self) -> Pixels:
        """From `overlay_table`: of the masks alone."""
        return _top(NO_IMAGE.colour_map, NO_IMAGE.opacity, *self._over)

    def top(self, display: Display, labels: LabelImage | None) -> Pixels | None:
        """Return the pixels of the further image on top with the masks over it; None if it has too many labels."""
        if labels is None:
            return _top(display.colour_map, display.opacity, *self._over)
        width, layers = len(label_colours(labels, display.opacity)[0]), self._layers.colours
        return _top_of_labels(labels, display.opacity, *self._over) if has_room(width, len(layers)) else None

    def mixed(self, display: Display) -> Pixels:
        """From `mixed_table`: of the image and the further one next to it, which masks do not lie on."""
        return _mixed(self._viewer.state.colour_map, self._viewer.image_strength, display.colour_map, display.opacity)

    def alone(self, display: Display) -> Pixels:
        """From `colour_table`: of a further image by itself, black where it is clear, with the masks over it."""
        wanted = (display.colour_map, *self._over)
        if wanted != self._alone[0]:
            colours = colour_map(display.colour_map).copy()
            colours[0] = 0
            self._alone = (wanted, colour_table(colours, *wanted[1:]))
        return self._alone[1]


def below(display: Display, labels: LabelImage | None) -> Pixels:
    """Return the pixels of a further image that masks do not lie on."""
    return _below(display.colour_map, display.opacity) if labels is None else _of_labels(labels, display.opacity)


# A slider that is dragged asks for one of each opacity.
@lru_cache(maxsize=64)
def _below(name: str, opacity: float) -> Pixels:
    return overlay_table(colour_map(name), opacity)[:256].copy()


@lru_cache(maxsize=8)
def _of_labels(labels: LabelImage, opacity: float) -> Pixels:
    return packed(*label_colours(labels, opacity))


@lru_cache(maxsize=4)
def _top(name: str, opacity: float, layers: tuple[Colour, ...], strength: float, outline: bool) -> Pixels:
    return overlay_table(colour_map(name), opacity, layers, strength, outline)


@lru_cache(maxsize=4)
def _top_of_labels(
    labels: LabelImage, opacity: float, layers: tuple[Colour, ...], strength: float, outline: bool
) -> Pixels:
    return table_over(*label_colours(labels, opacity), layers, strength, outline)


@lru_cache(maxsize=4)
def _mixed(name: str, strength: float, other: str, opacity: float) -> Pixels:
    return mixed_table(colour_map(name) * strength, colour_map(other), opacity)


@dataclass(frozen=True, eq=False)
class Buffers:
    """Memory for each stage, each of the slice's shape, in the order in which the slice lies in memory."""

    grey: Levels
    states: Levels
    pixels: Pixels
    steps: NDArray[np.float32]
    indices: NDArray[np.uint16]
    image: QImage

    def fit(self, values: NDArray[np.generic]) -> bool:
        """Whether a slice (2-D) has the same shape and order."""
        return self.grey.shape == values.shape and (self.grey.flags.f_contiguous == values.flags.f_contiguous)


def image_of(pixels: Pixels, form: QImage.Format) -> QImage:
    """Return an image that shares the memory of pixels: what is composed is drawn without another copy."""
    lines = pixels.T if pixels.flags.f_contiguous else pixels
    height, width = lines.shape
    image: QImage = QImage(lines.data, width, height, 4 * width, form)  # type: ignore[call-overload]
    return image


def empty(buffers: Buffers) -> QImage:
    """Return a picture to draw in, whose pixels are still undefined."""
    return QImage(buffers.image.size(), QImage.Format.Format_RGB32)


def pixels_of(image: QImage, buffers: Buffers) -> Pixels:
    """Return the memory of a picture; asked for each time, as Qt copies what somebody else holds as well."""
    bits = image.bits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    flat: Pixels = np.frombuffer(bits, np.uint32)  # type: ignore[call-overload]
    lines = flat.reshape(image.height(), image.width())
    return lines.T if buffers.pixels.flags.f_contiguous else lines


class Sheet:
    """A further image as it is laid over what is below it, in the part of the slice where anything of it is seen.

    Parameters
    ----------
    buffers : Buffers
        Of the image below, whose memory order it has.
    """

    def __init__(self, buffers: Buffers) -> None:
        self._buffers = buffers
        height, width = buffers.grey.shape
        self._everything: Part = (slice(0, height), slice(0, width))
        #: Outside which all is clear; None if it is so everywhere.
        self.extent: Part | None = None
        # How many places the table of pixels has for each state.
        self._width = 256
        # Round which labels, of how many places, all levels are of what is clear.
        self._clear_around: tuple[Part | None, int] | None = None
        # By which table all pixels were looked up, and whether with masks over them; None if not all were.
        self._composed_by: tuple[Pixels, bool] | None = None
        self._made_for: object = None

    def _lay(self, extent: Part | None) -> None:
        """Take memory for a part of the slice: in a part of larger memory, looking up would take twice as long."""
        self._composed_by = None
        if extent is None or extent == self.extent:
            self.extent = extent
            return
        self.extent, buffers = extent, self._buffers
        across, down = extent if buffers.grey.flags.f_contiguous else reversed(extent)
        #: Where the extent begins, in pixels of the picture of the slice.
        self.corner = QPoint(across.start, down.start)
        self.levels: Places = np.zeros_like(buffers.grey[extent])
        self._clear_around = None
        self.pixels: Pixels = np.zeros_like(buffers.pixels[extent])
        order: Literal["C", "F"] = "F" if buffers.indices.flags.f_contiguous else "C"
        indices = buffers.indices.reshape(-1, order=order)[: self.levels.size]
        self._indices = indices.reshape(self.levels.shape, order=order)
        self.image = image_of(self.pixels, QImage.Format.Format_ARGB32_Premultiplied)
        #: The same pixels, all of which are opaque where they were looked up so.
        self.alone = image_of(self.pixels, QImage.Format.Format_RGB32)

    def show(
        self,
        display: Display,
        image: DisplayedImage,
        axis: int,
        index: int,
        frame: FrameChoice,
        masks: Part | None = None,
    ) -> None:
        """Take the levels of a slice, or the places of its labels, unless they are there.

        Parameters
        ----------
        display : Display
        image : DisplayedImage
        axis, index : int
        frame : int or "mean"
        masks : Part, optional
            Where masks may lie over it.
        """
        labels = image.labels_of(display)
        look = (display.window, display.clear) if labels is None else (labels, display.outline, masks)
        wanted = (image, axis, index, frame, look)
        if wanted == self._made_for:
            return
        self._made_for = wanted
        if labels is None:
            self._lay(self._spans(WHOLE))
            self._clear_around = None
            self.levels, self._width = image.levels_of(display, axis, index, frame, self._buffers.steps), 256
            return
        box, self._width = image.box_of(labels), len(label_colours(labels, 1.0)[0])
        own = box.spans(axis) if box.start[axis] <= index < box.stop[axis] else None
        self._lay(own if masks is None else self._spans(joined(own, masks)))
        around, clear = (own, self._width), np.uint16(self._width - 1)  # the last place is clear
        if self.extent is not None and around != self._clear_around:
            self.levels, self._clear_around = np.full_like(self.levels, clear, np.uint16), around
        if own is not None and (parts := self.part(own)) is not None:
            places = image.places(labels, axis, index, frame)
            self.levels[parts[1]] = np.where(borders(places), places, clear) if display.outline else places

    def show_nothing(self, masks: Part) -> None:
        """Be clear, where masks may lie over it."""
        masks = self._spans(masks)
        if masks != self.extent:
            self._lay(masks)

    def _spans(self, part: Part) -> Part:
        """Return a part with the ends of its spans."""
        if part is WHOLE:
            return self._everything
        first, second = (slice(*span.indices(n)[:2]) for span, n in zip(part, self._buffers.grey.shape, strict=True))
        return first, second

    def part(self, part: Part) -> tuple[Part, Part] | None:
        """Return what of a part lies in the extent, as parts of the slice and of the extent; None if nothing does."""
        if self.extent is None:
            return None
        if part is WHOLE:
            return self.extent, WHOLE
        there, here = [], []
        for span, other in zip(self._spans(part), self.extent, strict=True):
            start, stop = max(span.start, other.start), min(span.stop, other.stop)
            if start >= stop:
                return None
            there.append(slice(start, stop))
            here.append(slice(start - other.start, stop - other.start))
        return (there[0], there[1]), (here[0], here[1])

    def compose(self, part: Part, table: Pixels, states: Levels | None = None, changed: bool = False) -> None:
        """Look the pixels of a part of the slice up, unless they are there.

        Parameters
        ----------
        part : Part
        table : Pixels
        states : 2-D array of uint8, optional
            What of masks lies over the slice.
        changed : bool
            Whether that is otherwise in the part than when it was looked up last.
        """
        by, parts = self._composed_by, self.part(part)
        is_known = by is not None and by[0] is table and by[1] == (states is not None)
        if parts is None or (is_known and not changed):
            return
        there, here = parts
        over = None if states is None else states[there]
        compose(self.levels[here], over, table, self.pixels[here], self._indices[here], self._width)
        self._composed_by = (table, states is not None) if is_known or part is WHOLE else None


def joined(one: Part | None, other: Part) -> Part:
    """Return the smallest part that holds both."""
    if one is None or one is WHOLE or other is WHOLE:
        return other if one is None else WHOLE
    (a, b), (c, d) = one, other
    return (
        slice(min(a.start, c.start), max(a.stop, c.stop)),
        slice(min(b.start, d.start), max(b.stop, d.stop)),
    )


def rect_of(part: Part, is_fortran: bool) -> QRect:
    """Return a part of a slice in pixels of its image, whose lines run along the slice's first axis, or the second."""
    across, down = part if is_fortran else reversed(part)
    return QRect(across.start, down.start, across.stop - across.start, down.stop - down.start)
