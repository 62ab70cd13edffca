"""Solids in one picture: coloured, lit, see-through where one lies behind another, and cut open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.mask import Colour
from maskeditor.engine.arrays import Array, BoolArray, Bytes, Floats, Integers
from maskeditor.engine.box import Voxel
from maskeditor.engine.first_hit import Seen, View, first_hits, shades
from maskeditor.engine.progress import Reporter, silent
from maskeditor.engine.surface import Surface, rising_along
from maskeditor.engine.surface_cut import Cut
from maskeditor.model.view.solids import Solid

_BLACK = np.uint32(0xFF000000)
#: Returns the grey levels (N,), of uint8, that the image has in voxels (3, N).
Greys = Callable[[Integers], Bytes]


class Coloured(NamedTuple):
    """A solid and its colour."""

    solid: Solid
    colour: Colour


class CutOpen(NamedTuple):
    """How solids are cut open: at a voxel of the masks' grid, all that is nearer to the viewer being taken away."""

    at: Voxel
    greys: Greys


class SurfacePicture(NamedTuple):
    """What is seen of solids.

    Parameters
    ----------
    pixels : (H, W) array of uint32
        Colours as 0xffRRGGBB; black where nothing is.
    codes : (H, W) array of int32
        Which voxel is in front, counted from 1 through all pieces; 0 where none is.
    pieces : tuple of (int, Surface)
        Surfaces, and which of the solids each belongs to.
    solids : tuple of Coloured
    """

    pixels: NDArray[np.uint32]
    codes: NDArray[np.int32]
    pieces: tuple[tuple[int, Surface], ...]
    solids: tuple[Coloured, ...]

    def hit(self, row: int, column: int) -> tuple[int, Voxel] | None:
        """Return which solid is seen in a pixel, and which voxel of its mask; None where nothing is."""
        height, width = self.codes.shape
        if not (0 <= row < height and 0 <= column < width):
            return None
        point = int(self.codes[row, column]) - 1
        for place, surface in self.pieces:
            if 0 <= point < len(surface):
                i, j, k = surface.voxels[:, point].astype(int).tolist()
                return place, self.solids[place].solid.voxel_of((i, j, k))
            point -= len(surface)
        return None


def directions(azimuth: float, elevation: float) -> Floats:
    """Return right, down and away of a viewer who has walked round the patient, and risen, by angles in degrees.

    Parameters
    ----------
    azimuth : float
        From the front to the patient's right.
    elevation : float
        Above the patient.

    Returns
    -------
    (3, 3) array of float64
        Rows, unit vectors in world mm.

    Examples
    --------
    >>> directions(90, 0).round(3).tolist()
    [[-0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, -0.0, -0.0]]
    """
    turn, rise = np.radians(azimuth), np.radians(elevation)
    towards = np.array([np.sin(turn), np.cos(turn)])
    up = np.array([*(-np.sin(rise) * towards), np.cos(rise)])
    away = -np.array([*(np.cos(rise) * towards), np.sin(rise)])
    return np.array([[-np.cos(turn), np.sin(turn), 0.0], -up, away])


def surface_picture(
    solids: Sequence[Coloured], view: View, opacity: float, cut: CutOpen | None = None, report: Reporter = silent
) -> SurfacePicture:
    """Return solids as they are seen.

    Parameters
    ----------
    solids : sequence of Coloured
        Of those in the same place, the last is seen.
    view : View
    opacity : float
        How much of the one in front is seen where another lies behind it, from 0 to 1.
    cut : CutOpen, optional
    report : callable of float
        Told how far the work is; what it raises stops the work.
    """
    drawing = _Drawing(view, opacity)
    for place, (solid, colour) in enumerate(solids):
        drawing.draw(place, solid, colour, cut)
        report((place + 1) / len(solids))
    pixels = drawing.pixels()
    return SurfacePicture(pixels, drawing.front.codes, tuple(drawing.pieces), tuple(solids))


class _Sheet:
    """Which voxel is seen in each pixel, and how far away."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.codes, self.depth = np.zeros(shape, np.int32), np.full(shape, np.inf, np.float32)

    def part(self, rows: slice, columns: slice) -> _Sheet:
        """Return a part of it, as a view."""
        part = _Sheet((0, 0))
        part.codes, part.depth = self.codes[rows, columns], self.depth[rows, columns]
        return part

    def take(self, other: _Sheet, where: BoolArray) -> None:
        """Take over what another one shows in some pixels."""
        np.copyto(self.codes, other.codes, where=where)
        np.copyto(self.depth, other.depth, where=where)


class _Drawing:
    """The two solids nearest to the viewer, while one after another is drawn."""

    def __init__(self, view: View, opacity: float) -> None:
        self.view, self.opacity = view, opacity
        self.front, self.behind = _Sheet(view.shape), _Sheet(view.shape)
        self.pieces: list[tuple[int, Surface]] = []
        # Of each voxel of each piece, which of the colours it has.
        self._colours, self._levels = [np.full(1, _BLACK, np.uint32)], [np.zeros(1, np.int32)]
        self._drawn = 0

    def draw(self, place: int, solid: Solid, colour: Colour, cut: CutOpen | None) -> None:
        """Draw a solid, in front of the nearest one, or between it and the next."""
        surface, box = solid.surface, solid.box
        if not len(surface) or box is None:
            return
        corners = np.array(list(product(*zip(box.start, np.array(box.stop) - 1, strict=True))))
        world = corners @ surface.affine[:3, :3].T + surface.affine[:3, 3]
        rows, columns = self.view.part_of(world, surface.affine[:3, :3])
        part = self.view.part(rows, columns)
        if 0 in part.shape:
            return
        found, opened = _Sheet(part.shape), None
        if cut is not None:
            i, j, k = (at // solid.by for at in cut.at)
            opened = Cut((i, j, k), rising_along(surface.affine, part.directions[2]))
        lit = np.linspace(0, 1, 256)[:, None] * colour
        self._put(found, place, surface, first_hits(surface, part, opened), shades(surface, part) * 255, lit)
        if opened is not None and cut is not None:
            walls = opened.walls(solid.read, box, surface.affine)
            there = walls.voxels.astype(np.int64) * solid.by + solid.by // 2
            greys = cut.greys(np.minimum(there, np.array(solid.mask.shape)[:, None] - 1))
            tinted = (1 - self.opacity) * np.arange(256)[:, None] + self.opacity * np.array(colour)
            self._put(found, place, walls, first_hits(walls, part), greys, tinted)
        front, behind = self.front.part(rows, columns), self.behind.part(rows, columns)
        nearer = (found.codes > 0) & (found.depth <= front.depth)
        if self._drawn:
            behind.take(front, nearer)
            behind.take(found, (found.codes > 0) & ~nearer & (found.depth < behind.depth))
        front.take(found, nearer)
        self._drawn += 1

    def _put(self, found: _Sheet, place: int, surface: Surface, seen: Seen, levels: Array, colours: Floats) -> None:
        """Put what is seen of a piece, levels (N,) of colours (256, 3) in its voxels, unless it is behind the rest."""
        codes = seen.point + np.int32(1 + sum(len(piece) for _, piece in self.pieces))
        there = seen.point >= 0
        there &= seen.depth <= found.depth
        np.copyto(found.codes, codes, where=there)
        np.copyto(found.depth, seen.depth, where=there)
        self._levels.append(levels.astype(np.int32) + np.int32(1 + 256 * len(self.pieces)))
        red, green, blue = np.rint(colours).astype(np.uint32).T
        self._colours.append(_BLACK | red << np.uint32(16) | green << np.uint32(8) | blue)
        self.pieces.append((place, surface))

    def pixels(self) -> NDArray[np.uint32]:
        """Return the colours of all pixels."""
        colours, levels = np.concatenate(self._colours), np.concatenate(self._levels)
        pixels: NDArray[np.uint32] = colours.take(levels.take(self.front.codes))
        through = np.flatnonzero(self.behind.codes)
        if through.size:
            front = pixels.ravel()[through].view(np.uint8)
            back = colours.take(levels.take(self.behind.codes.ravel()[through])).view(np.uint8)
            mixed = np.rint(self.opacity * front + (1 - self.opacity) * back).astype(np.uint8)
            pixels.ravel()[through] = mixed.view(np.uint32)
        return pixels
