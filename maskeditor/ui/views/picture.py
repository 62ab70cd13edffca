"""The picture of one slice, worked out as far as something has changed, when it is painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QImage

from maskeditor.core.space.geometry import Plane
from maskeditor.core.space.mask import Colour
from maskeditor.engine.box import Box
from maskeditor.model.view.layers import WHOLE, Layers, Part
from maskeditor.model.view.pixels import Levels, Pixels, colour_table, compose, to_grey
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.views.colour_maps import colour_map


class PixelTable:
    """The table of pixels that the pictures share, made again only when colours have changed."""

    def __init__(self, viewer: Viewer, layers: Layers) -> None:
        self._viewer, self._layers = viewer, layers
        self._made_for: object = None
        self._table: Pixels = np.zeros(0, np.uint32)

    @property
    def pixels(self) -> Pixels:
        """From `colour_table`."""
        state = self._viewer.state
        colours: tuple[Colour, ...] = self._layers.colours
        wanted = (state.colour_map, colours, state.opacity, state.outline)
        if wanted != self._made_for:
            self._table = colour_table(colour_map(state.colour_map), colours, state.opacity, state.outline)
            self._made_for = wanted
        return self._table


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
        lines = pixels.T if pixels.flags.f_contiguous else pixels
        height, width = lines.shape
        # The image shares the memory: what is composed is drawn without another copy.
        image = QImage(lines.data, width, height, 4 * width, QImage.Format.Format_RGB32)  # type: ignore[call-overload]
        return cls(
            grey=np.empty_like(values, np.uint8),
            states=np.zeros_like(values, np.uint8),
            pixels=pixels,
            steps=np.empty_like(values, np.float32),
            indices=np.empty_like(values, np.uint16),
            image=image,
        )

    def fit(self, values: NDArray[np.generic]) -> bool:
        return self.grey.shape == values.shape and (self.grey.flags.f_contiguous == values.flags.f_contiguous)


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
        across, down = (first, second) if self.is_fortran else (second, first)
        return QRectF(across.start, down.start, across.stop - across.start, down.stop - down.start)

    def image(self) -> QImage:
        """Return the picture, up to date; it is overwritten by the next change."""
        if self._buffers is None or self._grey_stale:
            values = self._viewer.slice(self.axis, self.index)
            if self._buffers is None or not self._buffers.fit(values):
                self._buffers = _Buffers.like(values)
                self._states_stale, self._covered = WHOLE, False
            low, high = self._viewer.stored_window
            to_grey(values, low, high, self._buffers.grey, self._buffers.steps)
            self._grey_stale = False
        if self._states_stale is not None:
            self._update_states(self._buffers, self._states_stale)
            self._states_stale = None
        if self._pixels_stale is not None:
            part, buffers = self._pixels_stale, self._buffers
            compose(
                buffers.grey[part],
                buffers.states[part] if self._covered else None,
                self._table.pixels,
                buffers.pixels[part],
                buffers.indices[part],
            )
            self.composed += 1
            self._pixels_stale = None
        return self._buffers.image

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
