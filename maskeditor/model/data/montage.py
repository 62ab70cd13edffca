"""Slices side by side on one sheet, with outlines of masks, letters of the directions and positions in mm."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.parameters import Role, Unit, parameter
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.progress import Progress
from maskeditor.io.png import png
from maskeditor.model.data import pixel_font
from maskeditor.model.data.drawing import LETTER, Words, svg_of
from maskeditor.model.data.slice_pictures import GREYS, SlicePictures, names_of
from maskeditor.model.data.surface_pictures import SHADES, surface_pictures
from maskeditor.model.numbers_in_words import in_number
from maskeditor.model.view.orbit import Orbit
from maskeditor.model.view.pixels import Levels

#: The pixels along the longer side of a slice: of a file of its own, and in a report.
SIDE, SMALL_SIDE = 320, 192
#: Pixels between slices, and between their edge and the letters.
_GAP, _MARGIN = 4, 3
#: Pixels of a picture for each of a letter.
_SCALE = LETTER // pixel_font.HEIGHT
#: Tiles of a sheet beyond which nothing can be seen.
_MOST = 40
_WHITE = GREYS - 1


class MontageParameters(BaseModel):
    """What slices are drawn, declared once for the command line and Python."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plane: Literal[Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL] = parameter(
        Plane.AXIAL, title="Plane", description="How the slices cut the head."
    )
    rows: int = parameter(4, title="Rows", description="Rows of slices.", ge=1, le=_MOST)
    columns: int = parameter(4, title="Columns", description="Slices in a row.", ge=1, le=_MOST)
    step: float = parameter(
        0.0,
        title="Step",
        description="From one slice to the next, from the first on; 0 spreads them evenly.",
        unit=Unit.MM,
        role=Role.DISTANCE,
        ge=0.0,
        le=1000.0,
    )
    from_: float | None = parameter(
        None,
        title="From",
        description="Where the slices begin, counted towards right, front or up; without it where the mask does.",
        unit=Unit.MM,
        role=Role.DISTANCE,
    )
    to: float | None = parameter(
        None,
        title="To",
        description="Where the slices end; without it where the mask does.",
        unit=Unit.MM,
        role=Role.DISTANCE,
    )
    surface: bool = parameter(False, title="Surface", description="The surface of the masks in the last place.")

    @property
    def slices(self) -> int:
        """How many slices have room."""
        return max(1, self.rows * self.columns - self.surface)


class Sheet(NamedTuple):
    """A montage.

    Parameters
    ----------
    pixels : (H, W) array of uint8
    palette : (N, 3) array of uint8
    words : tuple of Words
    alt : str
        What stands for it where it cannot be seen.
    """

    pixels: Levels
    palette: NDArray[np.uint8]
    words: tuple[Words, ...]
    alt: str

    def as_png(self) -> bytes:
        """Return it as the bytes of a PNG file."""
        pixels = self.pixels.copy()
        for text, x, y, _ in self.words:
            shape = pixel_font.drawn(text, _SCALE)
            where = pixels[y : y + shape.shape[0], x : x + shape.shape[1]]
            shown = shape[: where.shape[0], : where.shape[1]]
            # A dark rim, so that letters are read on what is bright.
            rim = np.zeros_like(shown)
            for axis in (0, 1):
                for way in (1, -1):
                    rim |= np.roll(shown, way, axis)
            where[rim] = 0
            where[shown] = _WHITE
        return png(pixels, self.palette)

    def as_svg(self) -> str:
        """Return it as a drawing that holds its picture, its letters as text."""
        height, width = self.pixels.shape
        return svg_of(png(self.pixels, self.palette), width, height, self.words, self.alt)


def montage(
    pictures: SlicePictures,
    parameters: MontageParameters | None = None,
    side: int = SIDE,
    progress: Progress | None = None,
) -> Sheet:
    """Return slices side by side, the first in the left upper corner.

    Parameters
    ----------
    pictures : SlicePictures
    parameters : MontageParameters, optional
    side : int
        Pixels along the longer side of each slice; about so many of a small one, which is enlarged by a whole number.
    progress : Progress, optional

    Raises
    ------
    ParameterError
        If no slice lies where they are wanted, or more than fit; or if there is no surface.
    """
    parameters = parameters or MontageParameters()
    plane = parameters.plane
    indices = slices_of(pictures, plane, parameters)
    count = len(indices) + parameters.surface
    columns = min(parameters.columns, count)
    rows = math.ceil(count / columns)
    positions = [pictures.position(plane, index) for index in indices]
    enlarged = pictures.enlarged(plane, side)
    rows_drawn, columns_drawn = pictures.shape(plane, side, enlarged)
    # Letters are of one size, and a narrow slice has room for them beside it.
    height = max(rows_drawn, 3 * LETTER + 4 * _MARGIN)
    width = max(columns_drawn, _SCALE * pixel_font.ADVANCE * max(map(len, positions)) + 2 * _MARGIN)
    above, before = (height - rows_drawn) // 2, (width - columns_drawn) // 2
    sheet = np.zeros((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP), np.uint8)
    words: list[Words] = []
    left, right, top, _ = pictures.plane(plane).letters
    for place, index in enumerate(indices):
        y, x = (height + _GAP) * (place // columns), (width + _GAP) * (place % columns)
        shown = slice(y + above, y + above + rows_drawn), slice(x + before, x + before + columns_drawn)
        sheet[shown] = pictures.picture(plane, index, side, enlarged)
        middle, centre = y + (height - LETTER) // 2, x + (width - LETTER) // 2
        words.append(Words(positions[place], x + _MARGIN, y + height - LETTER - _MARGIN))
        words += [Words(left, x + _MARGIN, middle), Words(right, x + width - LETTER, middle)]
        words.append(Words(top, centre, y + _MARGIN))
    drawn = f"{in_number(len(indices), f'{plane} slice')} from {positions[0]} to {positions[-1]}"
    alt = f"{drawn}, outlined: {names_of(pictures.outlined)}"
    palette = pictures.palette
    if parameters.surface:
        surface, shaded = _surface(pictures, (height, width), progress or Progress())
        y, x = (height + _GAP) * (len(indices) // columns), (width + _GAP) * (len(indices) % columns)
        # Nothing is black.
        sheet[y : y + height, x : x + width] = np.where(surface, surface + np.uint8(len(palette) - 1), 0)
        palette = np.concatenate((palette, shaded))
        alt += "; and their surface"
    return Sheet(sheet, palette, tuple(words), alt)


def _surface(pictures: SlicePictures, shape: tuple[int, int], progress: Progress) -> tuple[Levels, NDArray[np.uint8]]:
    """Return the picture (H, W) of the surface of the masks, and its colours from 1 on."""
    colours = 257 - len(pictures.palette)  # its black is that of the slices
    if colours <= SHADES:
        most = 256 - GREYS - SHADES
        raise ParameterError(
            f"Beside {len(pictures.outlined)} masks there are no colours for a surface; give up to {most}, or leave it "
            "out."
        )
    surfaces = surface_pictures(pictures.outlined, pictures.geometry, progress.within(0, 0.7), colours)
    if surfaces is None:
        raise ParameterError("No mask holds voxels, so there is no surface; give a mask, or leave the surface out.")
    return surfaces.picture(Orbit().directions, shape, progress.within(0.7, 1)), surfaces.palette[1:]


def slices_of(pictures: SlicePictures, plane: Plane, parameters: MontageParameters) -> list[int]:
    """Return the indices of the slices that are drawn, towards right, front or up; errors are those of `montage`."""
    axis, most = pictures.plane(plane).normal, parameters.slices
    first, last = pictures.extent(plane)
    at = {index: pictures.at(plane, index) for index in range(pictures.geometry.shape[axis])}
    half = pictures.geometry.zooms[axis] / 2 + 1e-6
    low = min(at[first], at[last]) if parameters.from_ is None else parameters.from_
    high = max(at[first], at[last]) if parameters.to is None else parameters.to
    inside = [index for index, place in at.items() if low - half <= place <= high + half]
    if not inside:
        raise ParameterError(
            f"No {plane} slice lies between {low:g} and {high:g} mm; the image has those from "
            f"{min(at.values()):g} to {max(at.values()):g} mm."
        )
    if not parameters.step:
        return pictures.spread(plane, inside[0], inside[-1], most)
    count = int((high - low) / parameters.step + 1e-6) + 1
    if count > most:
        beside = " and the surface" if parameters.surface else ""
        raise ParameterError(
            f"{count} slices{beside}, one every {parameters.step:g} mm, do not fit into "
            f"{in_number(parameters.rows, 'row')} of {parameters.columns}; give more rows or columns, or a larger step."
        )
    places = low + parameters.step * np.arange(count)
    nearest = [min(inside, key=lambda index: abs(at[index] - place)) for place in places.tolist()]
    return list(dict.fromkeys(nearest))
