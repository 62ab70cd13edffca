"""A wire that is drawn along edges of a slice: the places where it is fixed, and the way between them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.engine.arrays import Array
from maskeditor.engine.live_wire import Place, Wire
from maskeditor.ops.live_wire import LiveWire

Way = NDArray[np.intp]


class DrawnWire:
    """A wire from its first fixed place on.

    Parameters
    ----------
    geometry : Geometry
    plane : Plane
    index : int
        Of the slice.
    values : (M, N) array of int or float
        What is shown there; its edges are clung to.
    start : tuple of 2 int
        The first fixed place: a voxel of the slice, by its indices along the two axes of that.

    Examples
    --------
    >>> wire = DrawnWire(Geometry((9, 9, 1), np.eye(4)), Plane.AXIAL, 0, np.zeros((9, 9)), (1, 1))
    >>> wire.fix((1, 5)); wire.fix((6, 5)); wire.places
    [(1, 1), (1, 5), (6, 5)]
    >>> wire.take_back(); wire.to((1, 3)).tolist()
    [[1, 5], [1, 4], [1, 3]]
    """

    def __init__(self, geometry: Geometry, plane: Plane, index: int, values: Array, start: Place) -> None:
        self._geometry, self.plane, self.index = geometry, plane, index
        self.axis = geometry.axis_of(plane)
        self._zooms = [zoom for axis, zoom in enumerate(geometry.zooms) if axis != self.axis]
        self._values = values
        #: Where it is fixed.
        self.places = [start]
        self._ways: list[Way] = []
        self._wire = Wire(values, self._zooms, start)

    def to(self, stop: Place) -> Way:
        """Return the way (P, 2) from the last fixed place to a voxel; where that is out of reach, straight on to it."""
        way = self._wire.to(stop)
        if tuple(way[-1].tolist()) != stop:
            way = np.concatenate([way, [stop]])
        return way

    def fix(self, place: Place) -> None:
        """Fix it at a voxel."""
        self._ways.append(self.to(place))
        self.places.append(place)
        self._wire = Wire(self._values, self._zooms, place)

    def take_back(self) -> None:
        """Take the last fixed place back; there must be one before it."""
        self.places.pop()
        self._ways.pop()
        self._wire = Wire(self._values, self._zooms, self.places[-1])

    @property
    def way(self) -> Way:
        """The way (P, 2) through all fixed places."""
        return np.concatenate([np.array(self.places[:1]), *self._ways])

    def closed(self, mode: Literal["add", "erase"]) -> LiveWire:
        """Return the operation that adds what it encloses once it has gone back to its start, or erases that."""
        corners = turning_points(np.concatenate([self.way, self.to(self.places[0])]))
        voxels = np.insert(corners, self.axis, self.index, axis=1)
        points = tuple(map(tuple, self._geometry.to_world(voxels).tolist()))
        return LiveWire(points=points, plane=self.plane.value, mode=mode)


def turning_points(way: Way) -> Way:
    """Return the points (N, 2) of a way (P, 2) at which it turns, and its ends.

    Examples
    --------
    >>> turning_points(np.array([[0, 0], [0, 1], [0, 1], [0, 2], [1, 3], [2, 4]])).tolist()
    [[0, 0], [0, 2], [2, 4]]
    >>> turning_points(np.array([[3, 4], [3, 4]])).tolist()
    [[3, 4]]
    """
    moved = np.append(True, np.diff(way, axis=0).any(axis=1))
    points = way[moved]
    steps = np.diff(points, axis=0)
    turns = (steps[1:] != steps[:-1]).any(axis=1)
    is_end = np.ones(len(points), bool)
    is_end[1:-1] = turns
    ends: Way = points[is_end]
    return ends
