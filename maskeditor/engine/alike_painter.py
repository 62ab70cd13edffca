"""Strokes of a brush that paints what hangs together with the voxel under it and is like it.

At each of many places of the path, near enough to leave no gap, the voxels within the radius are looked at: those whose
intensity differs little from that of the voxel in the middle, or that lie on its side of Otsu's threshold among them.
Of these, the piece that holds the middle is painted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from maskeditor.engine.arrays import Affine, Array, BoolArray, Counts, Floats
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.capsule import Shape, Way
from maskeditor.engine.components.components import Components, PackedMask
from maskeditor.engine.otsu import otsu_thresholds
from maskeditor.engine.stroke_painter import Allowed, Drawing, StrokePainter, voxels_of

#: Returns the intensities of a box: an array of the box's shape.
Intensities = Callable[[Box], Array]


class Piece(NamedTuple):
    """Voxels of a box, an array of bool of its shape."""

    box: Box
    held: BoolArray


class AlikeWay(Way):
    """What is painted on the way from one point to the next.

    Parameters
    ----------
    pieces : list of Piece
    """

    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces
        self.box = None
        for piece in pieces:
            self.box = piece.box.union(self.box)
        self.news = self.box


class AlikePainter(StrokePainter):
    """A stroke of what is like the voxels that it goes over.

    Parameters
    ----------
    affine, grid, radius, shape, axis, allowed
        As of a `StrokePainter`; there is no square.
    intensities : callable of Box
    tolerance : float or None
        By how much intensities may differ; None for Otsu's threshold among the voxels within the radius.

    Examples
    --------
    >>> values = np.array([5.0, 5.0, 9.0, 5.0, 5.0]).reshape(5, 1, 1)
    >>> painter = AlikePainter(np.eye(4), (5, 1, 1), 3, "sphere", 2, None, lambda box: values[box.slices], 1.0)
    >>> painter.add_point((0, 0, 0))
    Box(start=(0, 0, 0), stop=(4, 1, 1))
    >>> box, covered = painter.covered()
    >>> covered.ravel().tolist()
    [True, True, False, False]
    """

    def __init__(
        self,
        affine: Affine,
        grid: Voxel,
        radius: float,
        shape: Shape,
        axis: int,
        allowed: Allowed | None,
        intensities: Intensities,
        tolerance: float | None,
    ) -> None:
        super().__init__(affine, grid, radius, shape, axis, allowed)
        self._steps = affine[:3, :3]
        self._apart = apart(affine, radius)
        self._intensities = intensities
        self._tolerance = tolerance

    def _between(self, before: Floats | None, here: Floats) -> AlikeWay:
        """Return what is to be painted from one point to the next, which is found now."""
        places = [here] if before is None else places_between(before, here, self._steps, self._apart)
        found = (self.piece_at(place) for place in places)
        return AlikeWay([piece for piece in found if piece is not None])

    def piece_at(self, place: Floats) -> Piece | None:
        """Return what a dab at a fractional voxel, (3,) of float64, paints; None outside the grid."""
        way = self.dab(place)
        i, j, k = np.rint(place).astype(int).tolist()
        if way.box is None or not all(0 <= at < size for at, size in zip((i, j, k), self._grid, strict=True)):
            return None
        box, along = way.box, self._nib.within[0]
        within = np.zeros(box.shape, dtype=bool, order="F")
        for places in voxels_of(way, way.runs(box, along), box, along, box):
            within.reshape(-1, order="F")[places] = True
        middle = (i - box.start[0], j - box.start[1], k - box.start[2])
        self.visited += box.size
        return Piece(box, alike(self._intensities(box), within, middle, self._tolerance))

    def paint(self, way: Way, between: Callable[[], object] = lambda: None) -> None:
        """Cover what was found on a way."""
        assert isinstance(way, AlikeWay)
        if way.box is None:
            return
        box = way.box if self._touched is None else way.box.union(self._touched[0])
        room = self._make_room(box)
        for piece in way.pieces:
            self._covered[piece.box.within(room).slices] |= piece.held
            between()
        self._touched = box, self._covered[box.within(room).slices]

    def _places(self, way: Way, slices: Sequence[Drawing]) -> Iterator[Counts]:
        assert isinstance(way, AlikeWay)
        for one in slices:
            slab = Box.whole(self._grid).across(one.axis, one.index)
            new = np.zeros(one.voxels.shape, dtype=bool, order="F")
            for piece in way.pieces:
                if (part := piece.box.intersection(slab)) is not None:
                    new[part.spans(one.axis)] |= piece.held[part.within(piece.box).slices].squeeze(one.axis)
            yield np.flatnonzero(new.reshape(-1, order="F"))


def alike(values: Array, within: BoolArray, middle: Voxel, tolerance: float | None) -> BoolArray:
    """Return what hangs together with a voxel, across faces, and is like it.

    Parameters
    ----------
    values : (I, J, K) array of int or float
    within : (I, J, K) array of bool
        The voxels that are looked at, the middle among them.
    middle : tuple of 3 int
    tolerance : float or None
        By how much intensities may differ; None for Otsu's threshold among those that are looked at, on whose other
        side none is like it. Where these have one intensity alone, all are alike.

    Returns
    -------
    (I, J, K) array of bool
    """
    own = float(values[middle])
    if tolerance is not None:
        near = (values >= own - tolerance) & (values <= own + tolerance)
    else:
        looked_at = values[within]
        try:
            (threshold,) = otsu_thresholds(looked_at.reshape(-1, 1, 1), 2)
        except ValueError:  # of one intensity
            near = np.isfinite(values)
        else:
            near = values > threshold if own > threshold else values <= threshold
    near = np.asfortranarray(near & within)
    if not near[middle]:  # it is no number
        return np.zeros_like(near)
    return Components(PackedMask(near), 6).at(middle)


def apart(affine: Affine, radius: float) -> float:
    """Return how many mm places of a path lie apart: half a radius, or half the smallest voxel where that is more.

    Parameters
    ----------
    affine : (4, 4) array of float64
        From voxel indices to world mm.
    radius : float
        In mm.
    """
    return max(radius / 2, float(np.linalg.norm(affine[:3, :3], axis=0).min()) / 2)


def places_between(start: Floats, stop: Floats, steps: Floats, most: float) -> list[Floats]:
    """Return the places after one point up to the next, (3,) of float64 each, in fractional voxels.

    Parameters
    ----------
    start, stop : (3,) array of float64
    steps : (3, 3) array of float64
        Of the affine: mm of a voxel along each axis, as columns.
    most : float
        Millimetres that they may lie apart.
    """
    count = max(1, int(np.ceil(np.linalg.norm(steps @ (stop - start)) / most)))
    return [start + (place / count) * (stop - start) for place in range(1, count + 1)]
