"""The connected components of a mask as a table: how large each is, and where an image is greatest in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from maskeditor.core.operation.scene import Scene
from maskeditor.engine.arrays import Array, Neighbours
from maskeditor.engine.box import Voxel
from maskeditor.engine.components.components import Components
from maskeditor.engine.progress import Progress
from maskeditor.engine.regions import Piece, region_statistics
from maskeditor.io.columns import Cell, Table
from maskeditor.model.numbers_in_words import in_number, size_in_words

#: Components that have a row; of more, the largest have.
MOST_ROWS = 500
_MEANINGS = {
    "component": "Number, the largest first",
    "voxels": "Number of voxels",
    "millilitres": "Volume in mL",
    "peak": "Greatest intensity",
    **{axis: f"{axis} of the peak in RAS mm" for axis in "xyz"},
    "mean": "Mean of the intensities",
    **{axis: f"{axis} of the peak in voxels" for axis in "ijk"},
}


class ComponentTable(NamedTuple):
    """The components of a mask.

    Parameters
    ----------
    table : Table
        A row for each of the largest, the largest first.
    seeds : tuple of tuple of 3 int
        A voxel of each: the first one in C index order.
    peaks : tuple of tuple of 3 int
        The voxel of the greatest intensity of each; where none is finite, its first voxel.
    in_all : int
        How many there are in all.
    rest : str
        What is left out, in words; "" for nothing.
    """

    table: Table
    seeds: tuple[Voxel, ...]
    peaks: tuple[Voxel, ...]
    in_all: int
    rest: str


def component_table(
    scene: Scene,
    values: Array,
    scaled: Callable[[Array], Array] | None,
    neighbours: Neighbours,
    progress: Progress,
    most: int = MOST_ROWS,
) -> ComponentTable:
    """Return the table of the connected components of a scene's mask; for a worker.

    They are those of `scipy.ndimage.label`; peaks and means are those of `scipy.ndimage.maximum` and ``mean`` of the
    finite intensities. Of components equally large, the one whose first voxel comes first does.

    Parameters
    ----------
    scene : Scene
    values : (I, J, K) array
    scaled : callable, optional
        Makes intensities of the values.
    neighbours : {6, 18, 26}
        Voxels that touch a voxel.
    progress : Progress
    most : int
        Rows, at most.
    """
    if scene.extent is None:
        return _table(scene, [], [], [], 0, 0)
    components = scene.components(neighbours, progress.within(0, 0.5))
    start = scene.extent.start
    seeds = [(i + start[0], j + start[1], k + start[2]) for i, j, k in components.seeds(most)]
    report = progress.within(0.5, 1)

    def pieces(planes: slice) -> Iterator[Piece]:
        return _pieces(scene, components, len(seeds), planes)

    found = region_statistics(values, pieces, len(seeds), (), scaled=scaled, progress=report)
    peaks = [one.peak or seed for one, seed in zip(found, seeds, strict=True)]
    numbers = [(one.voxels, one.maximum, one.mean) for one in found]
    voxels = int(components.sizes().sum())
    return _table(scene, numbers, seeds, peaks, components.count, voxels)


def _pieces(scene: Scene, components: Components, most: int, planes: slice) -> Iterator[Piece]:
    """Yield the voxels of the largest components in some planes, each with the place of its component."""
    assert scene.extent is not None
    (a, b, c), (d, e, f) = scene.extent
    width, (first, stop, _) = scene.geometry.shape[0], planes.indices(scene.geometry.shape[2])
    for plane in range(max(first, c), min(stop, f)):
        inside = np.flatnonzero(scene.mask[a:d, b:e, plane].ravel(order="F"))
        j, i = np.divmod(inside, d - a)
        of = components.places_of(i, j, np.full(inside.size, plane - c))
        listed = of < most
        if listed.all():
            yield Piece(plane, i + a + (j + b) * width, of)
        else:
            yield Piece(plane, (i + a + (j + b) * width)[listed], of[listed])


def _table(
    scene: Scene,
    numbers: list[tuple[int, float, float]],
    seeds: list[Voxel],
    peaks: list[Voxel],
    count: int,
    voxels: int,
) -> ComponentTable:
    geometry = scene.geometry
    worlds = [geometry.to_world(peak).tolist() for peak in peaks]
    columns: dict[str, list[Cell]] = {
        "component": [*range(1, len(numbers) + 1)],
        "voxels": [one for one, _, _ in numbers],
        "millilitres": [one * geometry.voxel_volume for one, _, _ in numbers],
        "peak": [greatest for _, greatest, _ in numbers],
        **{axis: [world[place] for world in worlds] for place, axis in enumerate("xyz")},
        "mean": [mean for _, _, mean in numbers],
        **{axis: [peak[place] for peak in peaks] for place, axis in enumerate("ijk")},
    }
    left_out, rest = count - len(numbers), ""
    if left_out:
        together = size_in_words(voxels - sum(one for one, _, _ in numbers), geometry)
        is_one = left_out == 1
        rest = f"{in_number(left_out, 'smaller one')} {'has' if is_one else 'have'} no row, together {together}"
    return ComponentTable(Table(columns, _MEANINGS), tuple(seeds), tuple(peaks), count, rest)
