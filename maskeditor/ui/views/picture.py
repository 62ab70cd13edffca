"""The picture of one slice, worked out as far as something has changed, when it is painted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRect, QRectF
from PyQt6.QtGui import QImage, QPainter

from maskeditor.core.space.geometry import Plane
from maskeditor.core.space.mask import Colour
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.box import Box
from maskeditor.model.view.display import Display, DisplayedImage
from maskeditor.model.view.label_pixels import borders, label_table
from maskeditor.model.view.layers import WHOLE, Layers, Part
from maskeditor.model.view.pixels import (
    Levels,
    Pixels,
    colour_table,
    compose,
    overlay_table,
    to_grey,
)
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.colour_maps import colour_map

#: A further image of which nothing is seen.
_NOTHING = Display("", opacity=0.0)


class PixelTable:
    """The table of pixels that the pictures share, made again only when colours have changed."""

    def __init__(self, viewer: Viewer, layers: Layers) -> None:
        self._viewer, self._layers = viewer, layers
        self._made_for: object = None
        self._table: Pixels = np.zeros(0, np.uint32)
        self._overlay: tuple[object, Pixels] = (None, self._table)

    @property
    def pixels(self) -> Pixels:
        """From `colour_table`."""
        wanted = self._wanted
        if wanted != self._made_for:
            self._table = colour_table(colour_map(wanted[0]), *wanted[1:])
            self._made_for = wanted
        return self._table

    @property
    def _wanted(self) -> tuple[str, tuple[Colour, ...], float, bool]:
        state = self._viewer.state
        return (state.colour_map, self._layers.colours, state.opacity, state.outline)

    @property
    def masks(self) -> Pixels:
        """From `overlay_table`: of the masks alone."""
        return self.top(_NOTHING)

    def top(self, display: Display) -> Pixels:
        """From `overlay_table`: of the further image on top, with the masks over it."""
        wanted = (display.colour_map, display.opacity, *self._wanted[1:])
        if wanted != self._overlay[0]:
            self._overlay = (wanted, overlay_table(colour_map(display.colour_map), *wanted[1:]))
        return self._overlay[1]


@cache
def _below(name: str, opacity: float) -> Pixels:
    """Return the pixels of the levels of a further image that masks do not lie on."""
    return overlay_table(colour_map(name), opacity)[:256]


#: The pixels of the labels of an image, which masks do not lie on.
_of_labels = lru_cache(maxsize=8)(label_table)


@dataclass(frozen=True, eq=False)
class _Buffers:
    """Memory for each stage, each of the slice's shape, in the order in which the slice lies in memory."""

    grey: Levels
    states: Levels
    pixels: Pixels
    steps: NDArray[np.float32]
    indices: NDArray[np.uint16]
    image: QImage

    @classmethod
    def like(cls, values: NDArray[np.generic]) -> _Buffers:
        pixels = np.empty_like(values, np.uint32)
        return cls(
            grey=np.empty_like(values, np.uint8),
            states=np.zeros_like(values, np.uint8),
            pixels=pixels,
            steps=np.empty_like(values, np.float32),
            indices=np.empty_like(values, np.uint16),
            image=_image_of(pixels, QImage.Format.Format_RGB32),
        )

    def fit(self, values: NDArray[np.generic]) -> bool:
        return self.grey.shape == values.shape and (self.grey.flags.f_contiguous == values.flags.f_contiguous)


def _image_of(pixels: Pixels, form: QImage.Format) -> QImage:
    """Return an image that shares the memory of pixels: what is composed is drawn without another copy."""
    lines = pixels.T if pixels.flags.f_contiguous else pixels
    height, width = lines.shape
    image: QImage = QImage(lines.data, width, height, 4 * width, form)  # type: ignore[call-overload]
    return image


class _Sheet:
    """A further image as it is laid over what is below it.

    Parameters
    ----------
    buffers : _Buffers
        Of the image below, whose shape and memory order it has.
    """

    def __init__(self, buffers: _Buffers) -> None:
        self._buffers = buffers
        self.levels: Array = np.zeros_like(buffers.grey)
        self._edges: BoolArray | None = None
        # By which table all pixels were looked up, and whether with masks over them; None if not all were.
        self._composed_by: tuple[Pixels, bool] | None = None
        self.pixels: Pixels = np.zeros_like(buffers.pixels)
        self.image = _image_of(self.pixels, QImage.Format.Format_ARGB32_Premultiplied)
        self._made_for: object = None

    def show(self, display: Display, image: DisplayedImage, axis: int, index: int, frame: int) -> None:
        """Take the levels of a slice, or the places of its labels, unless they are there."""
        labels = image.labels_of(display)
        look = (display.window, display.threshold) if labels is None else (labels, display.outline)
        wanted = (image, axis, index, frame, look)
        if wanted == self._made_for:
            return
        self._edges = self._composed_by = None
        if labels is None:
            self.levels = np.empty_like(self._buffers.grey) if self.levels.dtype != np.uint8 else self.levels
            image.write_levels(display, axis, index, frame, self.levels, self._buffers.steps)
        else:
            self.levels = image.places(labels, axis, index, frame)
            self._edges = borders(self.levels) if display.outline else None
        self._made_for = wanted

    def compose(self, part: Part, table: Pixels, states: Levels | None = None, changed: bool = False) -> None:
        """Look the pixels of a part up, unless they are there.

        Parameters
        ----------
        part : Part
        table : Pixels
        states : 2-D array of uint8, optional
            What of masks lies over the part.
        changed : bool
            Whether that is otherwise than when it was looked up last.
        """
        by = self._composed_by
        is_known = by is not None and by[0] is table and by[1] == (states is not None)
        if is_known and not changed:
            return
        pixels = self.pixels[part]
        compose(self.levels[part], states, table, pixels, self._buffers.indices[part])
        if self._edges is not None:
            np.multiply(pixels, self._edges[part], out=pixels)
        self._composed_by = (table, states is not None) if is_known or part is WHOLE else None


class SlicePicture:
    """The picture of the slice at the crosshair, in one plane.

    `stale_…` only mark what has changed; `image` works out what is needed. A view that is not painted does no
    work, and several changes between two paints cost as much as one.

    Parameters
    ----------
    viewer : Viewer
    layers : Layers
    table : PixelTable
    plane : Plane
    """

    def __init__(self, viewer: Viewer, layers: Layers, table: PixelTable, plane: Plane) -> None:
        self._viewer, self._layers, self._table = viewer, layers, table
        self.plane = plane
        #: How often pixels were worked out, whole or in part.
        self.composed = 0
        self._buffers: _Buffers | None = None
        self._grey_stale = True
        self._states_stale: Part | None = WHOLE
        self._pixels_stale: Part | None = WHOLE
        self._covered = False
        # Of the further images that lie over it, by name.
        self._sheets: dict[str, _Sheet] = {}
        # All of it together; None as long as there is no further image.
        self._stack: QImage | None = None

    @property
    def axis(self) -> int:
        """The voxel axis that is cut across."""
        return self._viewer.plane_map(self.plane).normal

    @property
    def index(self) -> int:
        """The slice's index."""
        return self._viewer.state.crosshair[self.axis]

    @property
    def is_fortran(self) -> bool:
        """Whether the lines of the image run along the slice's first axis, else along its second."""
        return bool(self._viewer.slice(self.axis, self.index).flags.f_contiguous)

    def stale_slice(self) -> None:
        """Mark that another slice, volume or image is shown."""
        self._grey_stale, self._states_stale, self._pixels_stale = True, WHOLE, WHOLE

    def stale_window(self) -> None:
        """Mark that the window has changed."""
        self._grey_stale, self._pixels_stale = True, WHOLE

    def stale_colours(self) -> None:
        """Mark that colours have changed."""
        self._pixels_stale = WHOLE

    def stale_overlays(self) -> None:
        """Mark that further images, or how they are looked at, have changed."""
        self._pixels_stale = WHOLE

    def stale_masks(self, box: Box | None) -> QRectF | None:
        """Mark that masks have changed inside a box; return what must be painted, in pixels of the image.

        Returns
        -------
        QRectF or None
            None if the box does not touch the slice.
        """
        axis, index = self.axis, self.index
        shape = self._viewer.plane_map(self.plane).geometry.shape
        if box is None:
            self._states_stale, self._pixels_stale = WHOLE, WHOLE
            box = Box.whole(shape)
        if not box.start[axis] <= index < box.stop[axis]:
            return None
        # One voxel more: outlines change beside a changed voxel, and smooth drawing blends neighbours.
        spans = box.grown(1, shape).slices
        first, second = (span for other, span in enumerate(spans) if other != axis)
        part = (first, second)
        self._states_stale = _joined(self._states_stale, part)
        self._pixels_stale = _joined(self._pixels_stale, part)
        return QRectF(self._rect(part))

    def _rect(self, part: Part) -> QRect:
        """Return a part of the slice in pixels of the image."""
        across, down = part if self.is_fortran else reversed(part)
        return QRect(across.start, down.start, across.stop - across.start, down.stop - down.start)

    def image(self) -> QImage:
        """Return the picture, up to date; it is overwritten by the next change."""
        if self._buffers is None or self._grey_stale:
            values = self._viewer.slice(self.axis, self.index)
            if self._buffers is None or not self._buffers.fit(values):
                self._buffers = _Buffers.like(values)
                self._states_stale, self._covered = WHOLE, False
                self._sheets, self._stack = {}, None
            low, high = self._viewer.stored_window
            to_grey(values, low, high, self._buffers.grey, self._buffers.steps)
            self._grey_stale = False
        is_masked_anew = self._states_stale is not None
        if self._states_stale is not None:
            self._update_states(self._buffers, self._states_stale)
            self._states_stale = None
        if self._pixels_stale is not None:
            self._compose(self._buffers, self._pixels_stale, is_masked_anew)
            self.composed += 1
            self._pixels_stale = None
        return self._buffers.image if self._stack is None else self._stack

    def _compose(self, buffers: _Buffers, part: Part, is_masked_anew: bool) -> None:
        """Put a part together: image and masks by one look-up, with further images between by one for each."""
        overlays, grey, indices = self._viewer.overlays, buffers.grey, buffers.indices
        states = buffers.states[part] if self._covered else None
        if not overlays:
            self._sheets, self._stack = {}, None
            compose(grey[part], states, self._table.pixels, buffers.pixels[part], indices[part])
            return
        if self._stack is None:
            self._stack, part = QImage(buffers.image.size(), QImage.Format.Format_RGB32), WHOLE
            states = buffers.states if self._covered else None
        compose(grey[part], None, self._table.pixels, self._stack_pixels(buffers)[part], indices[part])
        rect = self._stack.rect() if part is WHOLE else self._rect(part)
        top, on_top = overlays[-1]
        names = [display.name for display, _ in overlays]
        # What lies over labels has too many of them below to be looked up with them.
        over_labels = states is not None and on_top.labels_of(top) is not None
        names += [_NOTHING.name] * over_labels
        self._sheets = {name: self._sheets.get(name) or _Sheet(buffers) for name in names}
        # Qt lays one over the other in a tenth of the time that numpy takes.
        painter = QPainter(self._stack)
        for display, image in overlays:
            sheet, frame = self._sheets[display.name], self._viewer.overlay_frame(image)
            sheet.show(display, image, self.axis, self.index, frame)
            labels = image.labels_of(display)
            if labels is not None:
                sheet.compose(part, _of_labels(labels, display.opacity))
            elif display is top:
                sheet.compose(part, self._table.top(display), states, is_masked_anew)
            else:
                sheet.compose(part, _below(display.colour_map, display.opacity))
            painter.drawImage(rect, sheet.image, rect)
        if over_labels:
            sheet = self._sheets[_NOTHING.name]
            sheet.compose(part, self._table.masks, states, is_masked_anew)
            painter.drawImage(rect, sheet.image, rect)
        painter.end()

    def _stack_pixels(self, buffers: _Buffers) -> Pixels:
        """Return the memory of the stack; asked for each time, as Qt copies what somebody else holds as well."""
        assert self._stack is not None
        bits = self._stack.bits()
        assert bits is not None
        bits.setsize(self._stack.sizeInBytes())
        flat: Pixels = np.frombuffer(bits, np.uint32)  # type: ignore[call-overload]
        lines = flat.reshape(self._stack.height(), self._stack.width())
        return lines.T if buffers.pixels.flags.f_contiguous else lines

    def _update_states(self, buffers: _Buffers, part: Part) -> None:
        states = None
        if not self._viewer.state.masks_hidden:
            outline = self._viewer.state.outline
            states = self._layers.states(self.axis, self.index, part, outline, out=buffers.states[part])
        if states is not None:
            self._covered = True
        elif self._covered:
            buffers.states[part] = 0
            self._covered = part is not WHOLE


def _joined(one: Part | None, other: Part) -> Part:
    """Return the smallest part that holds both."""
    if one is None or one is WHOLE:
        return other if one is None else WHOLE
    (a, b), (c, d) = one, other
    return (
        slice(min(a.start, c.start), max(a.stop, c.stop)),
        slice(min(b.start, d.start), max(b.stop, d.stop)),
    )
