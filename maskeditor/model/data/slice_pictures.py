"""Slices of an image with the outlines of masks, as pictures of few colours: grey levels, then a colour for each mask.

Pixels are square, whatever the voxels are: what is finer is drawn in full, up to a size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.mask import Colour
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.box import Box
from maskeditor.model.numbers_in_words import trimmed
from maskeditor.model.view.pixels import Levels, to_grey
from maskeditor.model.view.slices import PlaneMap, slice_of, take

#: Grey levels of a picture: no eye sees more on paper, and pictures are half as large as with all 256.
GREYS = 64
#: Masks whose colours have room beside them.
MOST_MASKS = 256 - GREYS
#: What is called x, y and z in the world.
_AXES = "xyz"


class Outlined(NamedTuple):
    """A mask that is drawn as an outline.

    Parameters
    ----------
    name : str
    colour : tuple of 3 int
    mask : MaskBits
    """

    name: str
    colour: Colour
    mask: MaskBits


@dataclass(frozen=True, eq=False)
class SlicePictures:
    """An image and masks on its grid, drawn slice by slice.

    Parameters
    ----------
    values : (I, J, K) array
    scaled : callable or None
        Makes intensities of the values.
    geometry : Geometry
    window : tuple of 2 float
        The intensities that are darkest and brightest.
    outlined : tuple of Outlined
        The last lies on top.

    Examples
    --------
    >>> mask = MaskBits.of(np.ones((2, 2, 2), bool))
    >>> grid = Geometry((2, 2, 2), np.diag([1.0, 2.0, 1.0, 1.0]))
    >>> pictures = SlicePictures(np.zeros((2, 2, 2)), None, grid, (0.0, 1.0), (Outlined("all", (255, 0, 0), mask),))
    >>> pictures.picture(Plane.AXIAL, 0, 100).shape, pictures.palette.shape, pictures.position(Plane.CORONAL, 1)
    ((4, 2), (65, 3), 'y 2 mm')
    """

    values: Array
    scaled: Callable[[Array], Array] | None
    geometry: Geometry
    window: tuple[float, float]
    outlined: tuple[Outlined, ...] = ()

    @cached_property
    def palette(self) -> NDArray[np.uint8]:
        """The colours of pictures, (N, 3): grey levels from black to white, then those of the masks."""
        greys = np.repeat(np.linspace(0, 255, GREYS).round().astype(np.uint8)[:, None], 3, axis=1)
        colours = np.array([one.colour for one in self.outlined], np.uint8).reshape(-1, 3)
        return np.concatenate((greys, colours))

    @cached_property
    def _maps(self) -> dict[Plane, PlaneMap]:
        return {plane: PlaneMap(self.geometry, plane) for plane in Plane}

    @cached_property
    def _boxes(self) -> list[Box | None]:
        """The box that holds each mask."""
        return [one.mask.bounds() for one in self.outlined]

    def plane(self, plane: Plane) -> PlaneMap:
        """Return how a plane lies on paper, the patient's left on the right."""
        return self._maps[plane]

    def picture(self, plane: Plane, index: int, most: int, enlarged: int = 1) -> Levels:
        """Return the picture (H, W) of a slice, at most so many pixels along its longer side before it is enlarged."""
        lies = self.plane(plane)
        # (Outlines are as thin as before.)
        rows, columns = (voxels.repeat(enlarged) for voxels in self._voxels(lies, most))
        drawn = self._upright(lies, take(self.values, lies.normal, index))
        values = drawn if self.scaled is None else self.scaled(drawn)
        grey = np.empty(values.shape, np.uint8)
        to_grey(values, *self.window, grey, np.empty(values.shape, np.float32))
        pixels = (grey // (256 // GREYS))[np.ix_(rows, columns)]
        for place, (one, box) in enumerate(zip(self.outlined, self._boxes, strict=True)):
            if box is None or not box.start[lies.normal] <= index < box.stop[lies.normal]:
                continue
            inside = self._upright(lies, slice_of(one.mask, lies.normal, index))
            pixels[outline(inside[np.ix_(rows, columns)])] = GREYS + place
        return pixels

    def shape(self, plane: Plane, most: int, enlarged: int = 1) -> tuple[int, int]:
        """Return the height and width of the pictures of a plane."""
        rows, columns = self._voxels(self.plane(plane), most)
        return rows.size * enlarged, columns.size * enlarged

    def enlarged(self, plane: Plane, most: int) -> int:
        """Return how many times pictures of few voxels are enlarged to have about so many pixels on the longer side."""
        return max(1, round(most / max(self.shape(plane, most))))

    def position(self, plane: Plane, index: int) -> str:
        """Return where the middle of a slice lies, such as "z -12 mm"."""
        return f"{_AXES[plane.normal]} {trimmed(round(self.at(plane, index), 1) + 0.0)} mm"

    def at(self, plane: Plane, index: int) -> float:
        """Return where the middle of a slice lies on the world axis across it, in mm."""
        middle = [(length - 1) / 2 for length in self.geometry.shape]
        middle[self.plane(plane).normal] = index
        return float(self.geometry.to_world(middle)[plane.normal])

    def extent(self, plane: Plane) -> tuple[int, int]:
        """Return the first and the last slice that hold voxels of masks; of all, where none does."""
        axis = self.plane(plane).normal
        boxes = [box for box in self._boxes if box is not None]
        if not boxes:
            return 0, self.geometry.shape[axis] - 1
        return min(box.start[axis] for box in boxes), max(box.stop[axis] for box in boxes) - 1

    def spread(self, plane: Plane, first: int, last: int, most: int) -> list[int]:
        """Return at most so many slices between two, evenly spread, towards right, front or up."""
        lies, count = self.plane(plane), min(most, last - first + 1)
        if count == last - first + 1:
            found = list(range(first, last + 1))
        else:
            # In the middles of equal parts: the very ends show next to nothing.
            found = [first + int((place + 0.5) * (last - first + 1) / count) for place in range(count)]
        return found[:: lies.towards]

    @staticmethod
    def _upright(lies: PlaneMap, cut: NDArray[Any]) -> NDArray[Any]:
        """Return a slice as rows and columns of the paper."""
        turned = cut.T if lies.axes[0] < lies.axes[1] else cut
        right, down = lies.directions
        return turned[::down, ::right]

    @staticmethod
    def _voxels(lies: PlaneMap, most: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which row and column of voxels each row and column of pixels shows."""
        (width, height), (across, down) = lies.size, lies.pixel
        side = max(min(across, down), max(width, height) / most)

        def nearest(length: float, zoom: float, count: int) -> NDArray[np.intp]:
            middles = (np.arange(max(1, round(length / side))) + 0.5) * side / zoom
            return middles.astype(np.intp).clip(max=count - 1)

        return nearest(height, down, lies.counts[1]), nearest(width, across, lies.counts[0])


def outline(inside: BoolArray) -> BoolArray:
    """Return the pixels (H, W) of a mask that touch what is outside across an edge, and those on the rim.

    Examples
    --------
    >>> outline(np.ones((3, 4), bool)).astype(int).tolist()
    [[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
    """
    padded = np.pad(inside, 1)
    within = padded[2:, 1:-1] & padded[:-2, 1:-1] & padded[1:-1, 2:] & padded[1:-1, :-2]
    edge: BoolArray = inside & ~within
    return edge


def names_of(outlined: Sequence[Outlined]) -> str:
    """Return masks as the text that stands for a picture names them."""
    return ", ".join(one.name for one in outlined) or "no mask"
