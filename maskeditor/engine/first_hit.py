"""What is seen of surfaces from far away: the first voxel that each line of sight meets, exactly, by numpy alone.

Voxels are boxes, of whatever shape the affine gives them, and lines of sight are parallel, one through the middle of
each pixel. So every voxel has the same outline in the picture, a hexagon, moved by parts of a pixel. From the farthest
to the nearest, each voxel is written into all pixels that lie in its hexagon: those that do wherever in its pixel the
voxel's middle is, by moving the whole picture at once, and the few others one by one, where nothing nearer hides them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, Floats, Singles
from maskeditor.engine.surface import Surface, rising_along
from maskeditor.engine.surface_cut import Cut

#: Directions of sight by which no voxel is passed along an axis.
_FLAT = 1e-9
#: How bright a surface is that is seen from the side; one that faces the viewer is 1.
DARKEST = 0.2

Pixels = NDArray[np.int32]


class View(NamedTuple):
    """From where a picture is taken, and which part of the world is on it.

    Parameters
    ----------
    directions : (3, 3) array of float64
        Rows: to the right, down and away from the viewer, as unit vectors in world mm.
    origin : (2,) array of float64
        How far to the right and down the middle of the left upper pixel lies, in mm.
    pixel : float
        The side of a pixel in mm.
    shape : tuple of 2 int
        Rows and columns of the picture.
    """

    directions: Floats
    origin: Floats
    pixel: float
    shape: tuple[int, int]

    @classmethod
    def around(cls, middle: Array, directions: Array, pixel: float, shape: tuple[int, int]) -> View:
        """Return the view in the middle of whose picture a point lies.

        Parameters
        ----------
        middle : (3,) array of int or float
            The point in world mm.
        directions : (3, 3) array of int or float
        pixel : float
        shape : tuple of 2 int
            As of a `View`.
        """
        rows, columns = shape
        edges = pixel * (np.array([columns, rows]) - 1) / 2
        return cls(np.asarray(directions, np.float64), directions[:2] @ middle - edges, pixel, shape)

    def place(self, points: Array) -> Floats:
        """Return where points lie in the picture, and how far away.

        Parameters
        ----------
        points : (..., 3) array of int or float
            In world mm.

        Returns
        -------
        (..., 3) array of float64
            Column, row and depth in mm.
        """
        placed: Floats = np.asarray(points, np.float64) @ self.directions.T
        placed[..., :2] = (placed[..., :2] - self.origin) / self.pixel
        return placed

    def part(self, rows: slice, columns: slice) -> View:
        """Return the view of a part of the picture, whose pixels are the same."""
        (top, bottom, _), (left, right, _) = rows.indices(self.shape[0]), columns.indices(self.shape[1])
        origin = self.origin + self.pixel * np.array([left, top])
        return View(self.directions, origin, self.pixel, (bottom - top, right - left))

    def part_of(self, corners: Array, voxel: Array) -> tuple[slice, slice]:
        """Return rows and columns that hold whatever lies between the middles of some voxels.

        Parameters
        ----------
        corners : (N, 3) array of int or float
            The middles, in world mm.
        voxel : (3, 3) array of int or float
            The edges of a voxel in world mm, a column each.
        """
        room = np.abs(self.directions[:2] @ voxel).sum(axis=1) / 2 / self.pixel + 1
        placed = self.place(corners)[:, :2]
        low, high = np.floor(placed.min(axis=0) - room), np.ceil(placed.max(axis=0) + room) + 1
        (left, top), (right, bottom) = (np.clip(ends, 0, self.shape[::-1]).astype(int).tolist() for ends in (low, high))
        return slice(top, bottom), slice(left, right)


class Seen(NamedTuple):
    """What is seen of a surface, a pixel each; both arrays are of the view's shape.

    Parameters
    ----------
    point : array of int32
        Which of its voxels is met first; -1 where none is.
    depth : array of float32
        How far away the middle of that is in mm along the line of sight; infinite where there is none.
    """

    point: Pixels
    depth: Singles


def first_hits(surface: Surface, view: View, cut: Cut | None = None) -> Seen:
    """Return the first voxel of a surface that is met by the line of sight through each pixel.

    Parameters
    ----------
    surface : Surface
    view : View
    cut : Cut, optional
        What of it is cut away.

    Examples
    --------
    >>> from maskeditor.engine.surface import surface_of
    >>> mask = np.zeros((3, 3, 3), bool); mask[1, 1, 0] = mask[1, 1, 2] = True
    >>> picture = first_hits(surface_of(mask, np.eye(4)), View.around(np.ones(3), np.eye(3), 1.0, (3, 3)))
    >>> picture.depth[1].tolist(), picture.point[1].tolist()
    ([inf, 0.0, inf], [-1, 0, -1])
    """
    edges = view.directions[:2] @ surface.affine[:3, :3] / view.pixel  # of a voxel, in pixels, a column each
    along = np.linalg.inv(surface.affine[:3, :3]) @ view.directions[2]
    ordered, places = surface.in_order(rising_along(surface.affine, view.directions[2]))
    # What is met first is met through a face that faces the viewer, and so such a face must be open.
    facing = sum(1 << (2 * axis + (speed < 0)) for axis, speed in enumerate(along) if abs(speed) > _FLAT)
    listed = np.flatnonzero(ordered.faces & np.uint8(facing))
    if cut is not None:
        listed = listed[~cut.takes(ordered.voxels[:, listed])]
    outline = _Outline.of(edges)
    # Round the picture lie the middles of voxels that reach into it, and round these what else those cover.
    room = outline.room
    edge = 2 * room
    rows, columns = (size + 2 * edge for size in view.shape)
    moved = (view.directions[:2] @ surface.affine[:3, 3] - view.origin) / view.pixel + edge
    x, y = (_along(edges[way], ordered.voxels, listed, moved[way]) for way in range(2))
    column, row = np.floor(x), np.floor(y)
    there = (column >= room) & (column < columns - room) & (row >= room) & (row < rows - room)
    if not there.all():
        inside = np.flatnonzero(there)
        listed = listed.take(inside)
        x, y, column, row = (each.take(inside) for each in (x, y, column, row))
    pixels = row.astype(np.int32) * np.int32(columns) + column.astype(np.int32)
    ranks = _ranks(outline, pixels, x - column, y - row, rows, columns)
    ranks = ranks[edge : edge + view.shape[0], edge : edge + view.shape[1]]
    away = view.directions[2] @ surface.affine[:3]
    depths = _along(away[:3], ordered.voxels, listed, away[3])
    return Seen(
        np.concatenate(([-1], places.take(listed)), dtype=np.int32, casting="unsafe").take(ranks),
        np.concatenate(([np.inf], depths), dtype=np.float32).take(ranks),
    )


def shades(surface: Surface, view: View) -> Singles:
    """Return how bright each voxel (N,) of a surface is, from 0 to 1: lit from where the viewer is."""
    bright = _weighted(-view.directions[2], surface.normals)
    np.clip(bright, 0, 1, out=bright)
    bright *= np.float32(1 - DARKEST)
    bright += np.float32(DARKEST)
    return bright


def _along(weights: Array, voxels: Singles, listed: NDArray[np.intp], start: float) -> Singles:
    found = _weighted(weights, tuple(row.take(listed) for row in voxels))
    found += np.float32(start)
    return found


def _weighted(weights: Array, rows: Sequence[Singles] | Singles) -> Singles:
    """Return the sum of three rows (N,), each times its weight."""
    # Not as a product of matrices, which would wake the threads of the library for so little.
    found: Singles = rows[0] * np.float32(weights[0])
    for axis in (1, 2):
        found += rows[axis] * np.float32(weights[axis])
    return found


class _Test(NamedTuple):
    """A side of the hexagon that decides over a pixel: by a number of the voxel's, at least or at most a bound."""

    side: int
    bound: float
    at_least: bool


class _Outline(NamedTuple):
    """The hexagon that voxels cover.

    Parameters
    ----------
    sides : tuple of (float, float)
        The direction across each pair of its sides.
    always : list of (int, int)
        Pixels beside that of a voxel's middle, right and down, that it covers wherever in its pixel the middle is.
    sometimes : list of ((int, int), list of _Test)
        Those that it covers if all tests hold.
    room : int
        How far away any of them is.
    """

    sides: tuple[tuple[float, float], ...]
    always: list[tuple[int, int]]
    sometimes: list[tuple[tuple[int, int], list[_Test]]]
    room: int

    @classmethod
    def of(cls, edges: Array) -> _Outline:
        """Return the outline of voxels whose edges are (2, 3) in pixels."""
        sides = tuple((float(-y), float(x)) for x, y in edges.T if np.hypot(x, y) > _FLAT)
        halves = [float(np.abs(np.array(side) @ edges).sum()) / 2 for side in sides]
        reach = np.abs(edges).sum(axis=1) / 2
        room = int(np.floor(reach.max())) + 1
        always, sometimes = [], []
        for down in range(-room, room + 1):
            for right in range(-room, room + 1):
                tests: list[_Test] = []
                for number, ((x, y), half) in enumerate(zip(sides, halves, strict=True)):
                    middle = x * right + y * down
                    # Where in its pixel the voxel's middle may be, from 0 to 1 right and down.
                    low, high = min(x, 0) + min(y, 0), max(x, 0) + max(y, 0)
                    if high < middle - half or low > middle + half:
                        break
                    if low < middle - half:
                        tests.append(_Test(number, middle - half, at_least=True))
                    if high > middle + half:
                        tests.append(_Test(number, middle + half, at_least=False))
                else:
                    if tests:
                        sometimes.append(((right, down), tests))
                    else:
                        always.append((right, down))
        return cls(sides, always, sometimes, room)


def _ranks(outline: _Outline, pixels: Pixels, x: Singles, y: Singles, rows: int, columns: int) -> Pixels:
    """Return the rank of the nearest voxel in each pixel (rows, columns), counted from 1; 0 where none is.

    Parameters
    ----------
    outline : _Outline
    pixels : (N,) array of int32
        In which pixel of the flattened picture each voxel's middle is, from the farthest to the nearest.
    x, y : (N,) array of float32
        Where in the pixel.
    rows, columns : int
    """
    rank = np.arange(1, pixels.size + 1, dtype=np.int32)
    middles, nearest = np.zeros(rows * columns, np.int32), np.zeros(rows * columns, np.int32)
    middles[pixels] = rank  # of those that share a pixel, the nearest is written last, and stays
    for right, down in outline.always:
        onto, source = _shifted(nearest, middles, down * columns + right)
        np.maximum(onto, source, out=onto)
    if outline.sometimes:
        # What is hidden wherever it might be seen is left out.
        least = np.full(rows * columns, np.iinfo(np.int32).max, np.int32)
        for (right, down), _ in outline.sometimes:
            source, onto = _shifted(nearest, least, down * columns + right)
            np.minimum(onto, source, out=onto)
        seen = np.flatnonzero(least.take(pixels) < rank)
        pixels, rank, x, y = pixels.take(seen), rank.take(seen), x.take(seen), y.take(seen)
        across = [np.float32(one) * x + np.float32(two) * y for one, two in outline.sides]
        for (right, down), tests in outline.sometimes:
            covers = np.ones(rank.size, bool)
            for side, bound, at_least in tests:
                covers &= across[side] >= np.float32(bound) if at_least else across[side] <= np.float32(bound)
            which = np.flatnonzero(covers)
            there, new = pixels.take(which) + np.int32(down * columns + right), rank.take(which)
            nearer = np.flatnonzero(new > nearest.take(there))
            nearest[there.take(nearer)] = new.take(nearer)
    return nearest.reshape(rows, columns)


def _shifted(onto: Pixels, source: Pixels, by: int) -> tuple[Pixels, Pixels]:
    """Return the parts of two flat pictures that fall on each other when the second is moved by some pixels."""
    return (onto[by:], source[: source.size - by]) if by >= 0 else (onto[:by], source[-by:])
