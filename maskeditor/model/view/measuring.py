"""Lengths and angles between places of an image."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.geometry import Geometry


def lengths(geometry: Geometry, places: Sequence[NDArray[np.float64]]) -> list[float]:
    """Return how far each place is from the one before, in mm of the world.

    Parameters
    ----------
    geometry : Geometry
    places : sequence of (3,) arrays of float64
        Fractional voxel indices.

    Examples
    --------
    >>> grid = Geometry((9, 9, 9), np.diag([1.0, 2.0, 3.0, 1.0]))
    >>> lengths(grid, [np.array([0.0, 0, 0]), np.array([3.0, 2, 0]), np.array([3.0, 2, 1])])
    [5.0, 3.0]
    """
    world = [geometry.to_world(place) for place in places]
    return [float(np.linalg.norm(after - before)) for before, after in itertools.pairwise(world)]


def angle(geometry: Geometry, places: Sequence[NDArray[np.float64]]) -> float | None:
    """Return the angle in degrees at the middle one of three places in the world; None where two of them are one.

    Parameters
    ----------
    geometry : Geometry
    places : sequence of 3 (3,) arrays of float64
        Fractional voxel indices.

    Examples
    --------
    >>> grid = Geometry((9, 9, 9), np.diag([1.0, 2.0, 3.0, 1.0]))
    >>> angle(grid, [np.array([2.0, 0, 0]), np.array([0.0, 0, 0]), np.array([2.0, 1, 0])])
    45.0
    """
    first, middle, last = (geometry.to_world(place) for place in places)
    one, other = first - middle, last - middle
    if not one.any() or not other.any():
        return None
    # Near 0 and 180 degrees, where the cosine alone would be inexact, too.
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(one, other))), float(one @ other)))
