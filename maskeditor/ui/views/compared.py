"""What is seen of two images that are compared: both pictures put together, side by side, or one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PyQt6.QtGui import QImage

from maskeditor.core.space.geometry import Plane
from maskeditor.model.view.comparison import Comparison
from maskeditor.model.view.display import Display, DisplayedImage
from maskeditor.model.view.pixels import Pixels
from maskeditor.model.view.slices import WHOLE, Part, part_between
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.painting import painting
from maskeditor.ui.views.sheets import Buffers, empty, pixels_of, rect_of


class Composing(Protocol):
    """What draws one picture of a slice, each time up to date in a part of it and with the masks over it."""

    def compose_base(self, buffers: Buffers, part: Part, pixels: Pixels) -> None:
        """Draw the image that is edited on."""
        ...

    def lay_over(
        self,
        buffers: Buffers,
        part: Part,
        overlays: Sequence[tuple[Display, DisplayedImage]],
        stack: QImage,
        is_masked_anew: bool,
    ) -> None:
        """Draw the image that is edited on, and further images over it."""
        ...

    def compose_alone(
        self, buffers: Buffers, part: Part, display: Display, image: DisplayedImage, is_masked_anew: bool
    ) -> tuple[QImage, Pixels]:
        """Draw a further image by itself, its zeros black, and return its picture and the memory of that."""
        ...


class ComparedPictures:
    """Two pictures of one slice, each with the masks over it, as far as they are seen.

    The first is of the image that is edited on, in grey levels or in colours of labels. The second is of the further
    image by itself, its zeros black; where that is clear by choice, as labels are beside them or a map below its
    threshold, it lies over the image.

    Parameters
    ----------
    viewer : Viewer
    plane : Plane
    buffers : Buffers
        Of the slice; the first picture is drawn there, if it is seen by itself.
    """

    def __init__(self, viewer: Viewer, plane: Plane, buffers: Buffers) -> None:
        self._viewer, self._plane, self._buffers = viewer, plane, buffers
        # Both put together; None while they are not.
        self._mixed: QImage | None = None
        # The first, where it is of labels, and the second, where it lies over the first.
        self._labelled: QImage | None = None
        self._through: QImage | None = None

    def draw(
        self,
        composing: Composing,
        part: Part,
        is_masked_anew: bool,
        comparison: Comparison,
        display: Display,
        image: DisplayedImage,
    ) -> tuple[QImage, ...]:
        """Draw a part of what is seen anew; return all that is seen, from the left to the right.

        Parameters
        ----------
        composing : Composing
            Draws each of the two.
        part : Part
        is_masked_anew : bool
            Whether masks have changed there.
        comparison : Comparison
        display : Display
            How the further image is looked at.
        image : DisplayedImage
            The further image.
        """
        how, swapped = comparison.how, comparison.swapped

        def first(part: Part, pixels: Pixels) -> None:
            self._draw_first(composing, part, pixels, is_masked_anew)

        def second(part: Part) -> tuple[QImage, Pixels]:
            return self._draw_second(composing, part, is_masked_anew, display, image)

        if how in ("side by side", "blink"):
            self._mixed = None
            # Of each that is seen, whether it is the further image.
            wanted = (swapped, not swapped) if how == "side by side" else (swapped,)
            if False in wanted:
                first(part, self._buffers.pixels)
            other = second(part)[0] if True in wanted else self._buffers.image
            return tuple(other if is_other else self._buffers.image for is_other in wanted)
        if self._mixed is None:
            self._mixed, part = empty(self._buffers), WHOLE
        mixed, plane_map = pixels_of(self._mixed, self._buffers), self._viewer.plane_map(self._plane)
        if how == "swipe":
            place, _ = comparison.edge(plane_map)
            for is_right, side in enumerate(comparison.sides(plane_map)):
                inside = part_between(part, place, side, mixed.shape)
                if inside is not None and is_right == swapped:
                    first(inside, mixed)
                elif inside is not None:
                    _, pixels = second(inside)
                    mixed[inside] = pixels[inside]
            return (self._mixed,)
        first(part, mixed)
        other, pixels = second(part)
        is_fortran = self._buffers.pixels.flags.f_contiguous
        if how == "checkerboard":
            board = comparison.board(plane_map, is_fortran)
            np.copyto(mixed[part], pixels[part], where=board[part])
            return (self._mixed,)
        # Masks lie over both, and so over what is blended.
        rect = self._mixed.rect() if part is WHOLE else rect_of(part, is_fortran)
        with painting(self._mixed) as painter:
            painter.setOpacity(1 - comparison.share if swapped else comparison.share)
            painter.drawImage(rect, other, rect)
        return (self._mixed,)

    def _draw_first(self, composing: Composing, part: Part, pixels: Pixels, is_masked_anew: bool) -> None:
        """Put a part of the first picture together: of the image itself, in grey levels or in colours of labels."""
        below = self._viewer.drawn[:-1]
        if not below:
            self._labelled = None
            composing.compose_base(self._buffers, part, pixels)
            return
        whole = part
        if self._labelled is None:
            self._labelled, whole = empty(self._buffers), WHOLE
        composing.lay_over(self._buffers, whole, below, self._labelled, is_masked_anew)
        pixels[part] = pixels_of(self._labelled, self._buffers)[part]

    def _draw_second(
        self, composing: Composing, part: Part, is_masked_anew: bool, display: Display, image: DisplayedImage
    ) -> tuple[QImage, Pixels]:
        """Return the second picture and its memory, up to date in a part."""
        if display.is_partial or image.labels_of(display) is not None:
            if self._through is None:
                self._through, part = empty(self._buffers), WHOLE
            # Over the first as it is drawn, which may be of labels itself.
            composing.lay_over(self._buffers, part, self._viewer.drawn, self._through, is_masked_anew)
            return self._through, pixels_of(self._through, self._buffers)
        self._through = None
        return composing.compose_alone(self._buffers, part, display, image, is_masked_anew)
