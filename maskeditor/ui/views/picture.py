"""The picture of one slice, worked out as far as something has changed, when it is painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from PyQt6.QtCore import QRect, QRectF
from PyQt6.QtGui import QImage, QPainter

from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import Array, Counts
from maskeditor.engine.box import Box
from maskeditor.model.view.comparison import Comparison
from maskeditor.model.view.display import Display, DisplayedImage
from maskeditor.model.view.layers import Layers, picked
from maskeditor.model.view.pixels import Pixels, compose, looked_up, to_grey
from maskeditor.model.view.sampling import Sampling
from maskeditor.model.view.slices import WHOLE, Part, around_voxels
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.painting import painting
from maskeditor.ui.views.compared import ComparedPictures
from maskeditor.ui.views.sheets import (
    NO_IMAGE,
    Buffers,
    PixelTable,
    Sheet,
    below,
    empty,
    joined,
    pixels_of,
    rect_of,
)

#: Fields of the view state by what they make stale.
SLICE_FIELDS = frozenset({"volume", "mean", "frame"})
MASK_FIELDS = frozenset({"outline", "masks_hidden"})
COLOUR_FIELDS = frozenset({"colour_map", "opacity", "outline"})
OVERLAY_FIELDS = frozenset({"displays", "images", "overlays_hidden", "image_visible", "image_opacity"})
SEEN_FIELDS = SLICE_FIELDS | MASK_FIELDS | COLOUR_FIELDS | OVERLAY_FIELDS | {"window"}


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
        #: How many pixels.
        self.looked_up = 0
        self._buffers: Buffers | None = None
        #: What is worked out of the slice where it is drawn small; None for all of it.
        self.sampling: Sampling | None = None
        self._grey_stale = True
        self._states_stale: Part | None = WHOLE
        self._pixels_stale: Part | None = WHOLE
        # Voxels whose states and pixels are stale besides, counted in Fortran order.
        self._voxels_stale: list[Counts] = []
        self._covered = False
        # Whether masks have a halo, as they do on what has colours itself.
        self._halo = False
        # Of the further images that lie over it, by name.
        self._sheets: dict[str, Sheet] = {}
        # All of it together; None as long as there is no further image.
        self._stack: QImage | None = None
        # What is seen, from the left to the right: two pictures while images stand side by side.
        self._seen: tuple[QImage, ...] = ()
        # While images are compared: how, and what puts them together.
        self._compared: Comparison | None = None
        self._pair: ComparedPictures | None = None

    @property
    def axis(self) -> int:
        """The voxel axis that is cut across."""
        return self._viewer.plane_map(self.plane).normal

    @property
    def index(self) -> int:
        """The slice's index."""
        return self._viewer.state.crosshair[self.axis]

    def values(self) -> Array:
        """Return the slice, 2-D, as `Viewer.slice` does, or what is worked out of it."""
        if self.sampling is not None and self.sampling.shape != self.shape:  # of another image
            self.sampling = None
        return self._viewer.slice(self.axis, self.index, self.sampling)

    @property
    def shape(self) -> tuple[int, int]:
        """The voxels of the slice along its two axes."""
        axis, shape = self.axis, self._viewer.plane_map(self.plane).geometry.shape
        return shape[0 if axis else 1], shape[1 if axis == 2 else 2]

    @property
    def is_fortran(self) -> bool:
        """Whether the lines of the image run along the slice's first axis, else along its second."""
        return bool(self.values().flags.f_contiguous)

    def follow(self, changed: frozenset[str], is_seen: bool = True) -> bool:
        """Mark what is stale by the fields of the state of the view that changed; return whether anything is.

        Where it is not seen, it holds no further image: of one drawn from its levels, these are as large as a volume.
        """
        if changed & SLICE_FIELDS:
            self.stale_slice()
        if "window" in changed:
            self.stale_window()
        if changed & MASK_FIELDS:
            self.stale_masks(None)
        if changed & COLOUR_FIELDS:
            self.stale_colours()
        if changed & OVERLAY_FIELDS:
            self.stale_overlays()
            if not is_seen:
                self._sheets.clear()
        return bool(changed & SEEN_FIELDS)

    def stale_slice(self) -> None:
        """Mark that another slice, volume or image is shown."""
        self._grey_stale = True
        self._stale_all()

    def _stale_all(self) -> None:
        self._states_stale = self._pixels_stale = WHOLE
        self._voxels_stale.clear()

    def stale_window(self) -> None:
        """Mark that the window has changed."""
        self._grey_stale, self._pixels_stale = True, WHOLE

    def stale_colours(self) -> None:
        """Mark that colours have changed."""
        self._pixels_stale = WHOLE

    def stale_overlays(self) -> None:
        """Mark that further images, or how they are looked at, have changed."""
        self._pixels_stale = WHOLE
        self._give_up_voxels()

    def _give_up_voxels(self) -> None:
        """Work all out where single voxels were marked, as further images may lie over them now."""
        if self._voxels_stale:
            self._stale_all()

    def stale_comparison(self) -> QRectF | None:
        """Mark that images are compared otherwise; return what must be painted, in pixels, or None for everything."""
        self._give_up_voxels()
        before, now = self._compared, self._viewer.state.comparison
        part = None
        if before is not None and now is not None and now.how == "swipe" and before == replace(now, share=before.share):
            part = before.between(now, self._viewer.plane_map(self.plane))
        self._pixels_stale = joined(self._pixels_stale, part or WHOLE)
        return None if part is None or self._pixels_stale is WHOLE else QRectF(self._rect(part))

    def stale_masks(self, box: Box | None, is_seen: bool = True) -> QRectF | None:
        """Mark that masks have changed inside a box; return what must be painted, in pixels of the image.

        Parameters
        ----------
        box : Box or None
            None for anywhere.
        is_seen : bool
            Whether it will be painted soon: then it is found out which voxels are new, of a stroke that is drawn.

        Returns
        -------
        QRectF or None
            None if the box does not touch the slice.
        """
        axis, index = self.axis, self.index
        shape = self._viewer.plane_map(self.plane).geometry.shape
        if box is None:
            self._stale_all()
            box = Box.whole(shape)
        elif not box.start[axis] <= index < box.stop[axis]:
            return None
        elif is_seen and self._looks_up_voxels and (voxels := self._layers.news(axis, index, box)) is not None:
            self._voxels_stale.append(voxels)
            around = around_voxels(voxels, self.shape[0])
            return None if around is None else QRectF(self._rect(around))
        # One voxel more: outlines change beside a changed voxel, and smooth drawing blends neighbours.
        part = box.grown(1, shape).spans(axis)
        self._states_stale = joined(self._states_stale, part)
        self._pixels_stale = joined(self._pixels_stale, part)
        return QRectF(self._rect(part))

    @property
    def _looks_up_voxels(self) -> bool:
        """Whether a voxel that changes changes no pixel but its own, and can be found by its place in memory."""
        viewer = self._viewer
        is_alone = viewer.compared is None and not viewer.drawn
        is_plain = is_alone and not (viewer.state.outline or viewer.state.masks_hidden)
        return is_plain and self._buffers is not None and self._buffers.grey.flags.f_contiguous

    def _rect(self, part: Part) -> QRect:
        """Return a part of the slice in pixels of the image."""
        return rect_of(part, self.is_fortran)

    def image(self) -> QImage:
        """Return the picture of the whole slice, up to date; it is overwritten by the next change."""
        return self.images()[0]

    def images(self, sampling: Callable[[], Sampling | None] = lambda: None) -> tuple[QImage, ...]:
        """Return the picture, or both while images are compared side by side, up to date, from left to right.

        What is looked at of the slice may be given: then `self.sampling` tells whether the picture is of that alone.
        """
        self._sample(sampling)
        self._update()
        return self._seen

    def _sample(self, sampling: Callable[[], Sampling | None]) -> None:
        """Choose what is worked out.

        What is to be worked out anew is so where it is looked at. What is there already is as good for no other size
        as the whole is, which is worked out once then: whoever zooms in goes on through many sizes.
        """
        is_new = self._pixels_stale is WHOLE
        if not is_new and self.sampling is None:
            return
        is_alone = not self._viewer.drawn and self._viewer.compared is None
        wanted = sampling() if is_alone else None
        if self.sampling is wanted or (wanted is not None and wanted.equals(self.sampling)):
            return
        self.sampling = wanted if is_new else None
        self._grey_stale = True
        self._stale_all()

    def _update(self) -> None:
        """Work out what has changed."""
        if self._buffers is None or self._grey_stale:
            values = self.values()
            if self._buffers is None or not self._buffers.fit(values):
                self._buffers = self._table.buffers(values)
                self._stale_all()
                self._covered = False
                self._sheets, self._seen = {}, ()
                self._stack, self._pair = None, None
            low, high = self._viewer.stored_window
            to_grey(values, low, high, self._buffers.grey, self._buffers.steps)
            self._grey_stale = False
        overlays = self._viewer.drawn
        halo = bool(overlays)
        if halo != self._halo:
            self._halo, self._states_stale, self._pixels_stale = halo, WHOLE, WHOLE
        is_masked_anew = self._states_stale is not None
        if self._states_stale is not None:
            self._update_states(self._buffers, self._states_stale)
            self._states_stale = None
        if self._pixels_stale is not None:
            self._compose(self._buffers, self._pixels_stale, overlays, is_masked_anew)
            self.composed += 1
            self._pixels_stale = None
        if self._voxels_stale:
            stale = self._voxels_stale
            self._look_up(self._buffers, stale[0] if len(stale) == 1 else np.concatenate(stale))
            self._voxels_stale.clear()

    def _compose(
        self, buffers: Buffers, part: Part, overlays: Sequence[tuple[Display, DisplayedImage]], is_masked_anew: bool
    ) -> None:
        """Put a part together: image and masks by one look-up, with further images between by one for each."""
        compared = self._viewer.compared
        names = {NO_IMAGE.name, *(display.name for display, _ in overlays)}
        self._sheets = {name: sheet for name, sheet in self._sheets.items() if name in names}
        before, self._compared = self._compared, compared[0] if compared is not None else None
        if (before is None) != (compared is None):
            self._stack, self._pair, part = None, None, WHOLE
        if compared is not None:
            self._pair = self._pair or ComparedPictures(self._viewer, self.plane, buffers)
            self._seen = self._pair.draw(self, part, is_masked_anew, *compared)
        elif not overlays:
            self._stack, self._seen = None, (buffers.image,)
            self.compose_base(buffers, part, buffers.pixels)
        else:
            if self._stack is None:
                self._stack, part = empty(buffers), WHOLE
            self.lay_over(buffers, part, overlays, self._stack, is_masked_anew)
            self._seen = (self._stack,)

    def compose_base(self, buffers: Buffers, part: Part, pixels: Pixels) -> None:
        """Look a part of the image up, with the masks over it."""
        part = part if self.sampling is None else self.sampling.part(part)
        states = buffers.states[part] if self._covered else None
        compose(buffers.grey[part], states, self._table.pixels, pixels[part], buffers.indices[part])
        self.looked_up += buffers.grey[part].size

    def lay_over(
        self,
        buffers: Buffers,
        part: Part,
        overlays: Sequence[tuple[Display, DisplayedImage]],
        stack: QImage,
        is_masked_anew: bool,
    ) -> None:
        """Draw a part of the image, of further images over it and of the masks over all."""
        states = buffers.states if self._covered else None
        axis, index = self.axis, self.index
        masks = None if states is None else self._layers.extent(axis)
        for display, image in overlays:
            sheet = self._sheets[display.name] = self._sheets.get(display.name) or Sheet(buffers)
            sheet.show(display, image, axis, index, self._viewer.overlay_frame(display, image), masks)
        # A map next to the image is looked up with it, unless the masks are looked up with that.
        (first, lowest), rest = overlays[0], overlays
        if lowest.labels_of(first) is None and (states is None or len(overlays) > 1):
            above, table, rest = self._sheets[first.name].levels[part], self._table.mixed(first), overlays[1:]
        else:
            above, table = None, self._table.pixels
        compose(buffers.grey[part], above, table, pixels_of(stack, buffers)[part], buffers.indices[part])
        # Qt lays one over the other in a tenth of the time that numpy takes.
        with painting(stack) as painter:
            for display, image in rest:
                sheet, labels = self._sheets[display.name], image.labels_of(display)
                with_masks = (
                    self._table.top(display, labels) if states is not None and display is overlays[-1][0] else None
                )
                if with_masks is not None:
                    sheet.compose(part, with_masks, states, is_masked_anew)
                    states = None
                else:
                    sheet.compose(part, below(display, labels))
                self._draw(painter, sheet, part)
            if states is not None and masks is not None:
                sheet = self._sheets[NO_IMAGE.name] = self._sheets.get(NO_IMAGE.name) or Sheet(buffers)
                sheet.show_nothing(masks)
                sheet.compose(part, self._table.masks, states, is_masked_anew)
                self._draw(painter, sheet, part)

    def _draw(self, painter: QPainter, sheet: Sheet, part: Part) -> None:
        """Draw what there is of a further image in a part."""
        if part is WHOLE:
            if sheet.extent is not None:
                painter.drawImage(sheet.corner, sheet.image)
        elif (parts := sheet.part(part)) is not None:
            there, here = map(self._rect, parts)
            painter.drawImage(there, sheet.image, here)

    def compose_alone(
        self, buffers: Buffers, part: Part, display: Display, image: DisplayedImage, is_masked_anew: bool
    ) -> tuple[QImage, Pixels]:
        """Draw a part of a further image by itself, its zeros black; return its picture and the memory of that."""
        sheet = self._sheets[display.name] = self._sheets.get(display.name) or Sheet(buffers)
        sheet.show(display, image, self.axis, self.index, self._viewer.overlay_frame(display, image))
        states = buffers.states if self._covered else None
        sheet.compose(part, self._table.alone(display), states, is_masked_anew)
        return sheet.alone, sheet.pixels

    def _look_up(self, buffers: Buffers, voxels: Counts) -> None:
        """Work out some voxels again, counted in Fortran order, and their pixels."""
        states = self._layers.states(self.axis, self.index, voxels)
        if self.sampling is not None:
            are_kept, voxels = self.sampling.places(voxels)
            states = None if states is None else states[are_kept]
        levels, pixels = (array.reshape(-1, order="F") for array in (buffers.states, buffers.pixels))
        levels[voxels] = 0 if states is None else states
        self._covered = self._covered or states is not None
        pixels[voxels] = looked_up(picked(buffers.grey, voxels), states, self._table.pixels)
        self.composed += 1
        self.looked_up += voxels.size

    def _update_states(self, buffers: Buffers, part: Part) -> None:
        states, here = None, part if self.sampling is None else self.sampling.part(part)
        if not self._viewer.state.masks_hidden:
            outline = self._viewer.state.outline
            where = part if self.sampling is None else self.sampling.within(part)
            states = self._layers.states(self.axis, self.index, where, outline, buffers.states[here], self._halo)
        if states is not None:
            self._covered = True
        elif self._covered:
            buffers.states[here] = 0
            self._covered = part is not WHOLE
