"""A wire that clings to edges: the cheapest way through a slice, where steep voxels are cheap.

As in Mortensen EN, Barrett WA (1998), Interactive segmentation with intelligent scissors, and in Falcão AX et al.
(1998), User-steered image segmentation paradigms: live wire and live lane (Graphical Models and Image Processing
60:349–384 and 60:233–260). All ways from a place are worked out at once, so that any of them is only looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import Array, Counts, Floats
from maskeditor.engine.gradients import gradient_magnitude_of_part

#: Voxels that a wire reaches along each axis: so many are worked out within a display frame.
REACH = 96
#: An edge is at least half as steep as the steepest 0.5 % of voxels, and a step along it costs so much of any other:
#: for the sake of an edge, a wire does not go round three times as far. (Chosen on a head with and without noise, by
#: outlines of scalp and ventricles from 6 to 14 places that were clicked.)
STEEPEST, EDGE, LEAST = 0.995, 0.5, 0.3
#: Where the 8 neighbours lie, in the order of memory.
AROUND = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Place = tuple[int, int]


class Wire:
    """The cheapest ways from one voxel of a slice to all others not too far from it.

    A step to one of the 8 neighbours costs its length in mm times the mean of what both voxels cost, as in
    `skimage.graph.MCP_Geometric`.

    Parameters
    ----------
    values : (M, N) array of int or float
        The intensities of the slice.
    zooms : sequence of 2 float
        Millimetres per voxel along each axis.
    start : tuple of 2 int
        Where the wire is fixed.

    Examples
    --------
    >>> values = np.zeros((5, 6)); values[2:, 2:] = 1
    >>> Wire(values, (1, 1), (4, 1)).to((1, 5)).tolist()
    [[4, 1], [3, 2], [2, 3], [2, 4], [1, 5]]
    """

    def __init__(self, values: Array, zooms: Sequence[float], start: Place) -> None:
        from scipy.sparse.csgraph import dijkstra

        part = tuple(
            slice(max(0, at - REACH), min(size, at + REACH + 1)) for at, size in zip(start, values.shape, strict=True)
        )
        self._corner = np.array([span.start for span in part])
        costs = cost_of_edges(values, zooms, part)
        self._shape = costs.shape
        self._before: NDArray[np.int32] = dijkstra(
            steps_between(costs, zooms), indices=self._index(start), return_predecessors=True
        )[1]

    def to(self, stop: Place) -> NDArray[np.intp]:
        """Return the voxels, (P, 2) of int, of the way to one; of one out of reach, to the nearest that is not."""
        low, high = self._corner, self._corner + self._shape - 1
        i, j = np.clip(stop, low, high).tolist()
        way = [self._index((i, j))]
        while (before := int(self._before[way[-1]])) >= 0:
            way.append(before)
        passed: NDArray[np.intp] = np.stack(np.divmod(way[::-1], self._shape[1]), axis=1) + self._corner
        return passed

    def _index(self, place: Place) -> int:
        i, j = (at - first for at, first in zip(place, self._corner.tolist(), strict=True))
        return int(np.ravel_multi_index((i, j), self._shape))


def cost_of_edges(values: Array, zooms: Sequence[float], part: tuple[slice, ...]) -> Floats:
    """Return what each voxel of a part of a slice costs: 1 where nothing changes, and least on steep edges.

    Parameters
    ----------
    values : (M, N) array of int or float
    zooms : sequence of 2 float
    part : tuple of 2 slice

    Returns
    -------
    array of float64 of the part's shape

    Examples
    --------
    >>> cost_of_edges(np.array([[0, 0, 0, 5, 5, 5]]), (1, 1), (slice(None), slice(None))).tolist()
    [[1.0, 1.0, 0.3, 0.3, 1.0, 1.0]]
    """
    steep = gradient_magnitude_of_part(values, part, zooms)
    # What is no number is no edge either.
    steep[~np.isfinite(steep)] = 0
    edge = EDGE * float(np.quantile(steep, STEEPEST)) or float(steep.max())
    if edge == 0:
        return np.ones_like(steep)
    return LEAST + (1 - LEAST) * (1 - np.minimum(steep / edge, 1)) ** 2


def steps_between(costs: Floats, zooms: Sequence[float]) -> csr_array:
    """Return what the steps between neighbouring voxels cost.

    Parameters
    ----------
    costs : (M, N) array of float64
        Of each voxel for each mm; finite.
    zooms : sequence of 2 float

    Returns
    -------
    (M · N, M · N) sparse array of float64
        From each voxel, counted in C order, to each.

    Examples
    --------
    >>> steps_between(np.array([[1.0, 3.0]]), (1, 2)).toarray().tolist()
    [[0.0, 4.0], [4.0, 0.0]]
    """
    from scipy.sparse import csr_array

    places, ends_at, ends = _neighbours(costs.shape)
    rows, columns = costs.shape
    around = np.pad(costs, 1, mode="edge")
    steps = np.empty((len(AROUND), rows, columns))
    for place, (i, j) in enumerate(AROUND):
        there = around[1 + i : 1 + i + rows, 1 + j : 1 + j + columns]
        np.add(there, costs, out=steps[place])
        steps[place] *= float(np.hypot(i * zooms[0], j * zooms[1])) / 2
    return csr_array((steps.reshape(-1)[places], ends_at, ends), shape=(costs.size, costs.size))


@lru_cache(maxsize=2)
def _neighbours(shape: Place) -> tuple[Counts, NDArray[np.int32], NDArray[np.int32]]:
    """Return, for each step inside a slice, its place among all by direction, and rows of a sparse array of them."""
    rows, columns = shape
    here = np.arange(rows * columns, dtype=np.int32).reshape(shape)
    i, j = np.indices(shape)[..., None] + np.array(AROUND).T[:, None, None]
    is_inside = (i >= 0) & (i < rows) & (j >= 0) & (j < columns)
    places = (here[..., None] + here.size * np.arange(len(AROUND)))[is_inside]
    ends_at = (here[..., None] + np.array(AROUND, dtype=np.int32) @ np.array([columns, 1], dtype=np.int32))[is_inside]
    ends = np.zeros(here.size + 1, dtype=np.int32)
    np.cumsum(is_inside.reshape(here.size, -1).sum(axis=1), out=ends[1:])
    for kept in (places, ends_at, ends):
        kept.setflags(write=False)
    return places, ends_at, ends
