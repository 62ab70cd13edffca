"""How many voxels each label of an image has, and where it lies: found in one pass, however many labels there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array, Counts, Floats
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.progress import Reporter, silent
from maskeditor.model.label_images import LabelImage

#: Planes gone through together.
_PLANES = 4
#: Voxels on every side of a place that are looked at first.
_NEAR = 2


@dataclass(frozen=True, eq=False)
class LabelPlace:
    """Where the voxels of a label are.

    Parameters
    ----------
    voxels : int
    centre : tuple of 3 float
        The mean of their indices.
    box : Box
        The least that holds them.
    """

    voxels: int
    centre: tuple[float, float, float]
    box: Box


def census(volume: Volume, labels: LabelImage, progress: Reporter = silent) -> dict[int, LabelPlace]:
    """Return how many voxels each label in an image has, and where they are, by number. For a worker.

    Counts equal `numpy.bincount`, centres `scipy.ndimage.center_of_mass`, boxes `scipy.ndimage.find_objects`.

    Parameters
    ----------
    volume : Volume
    labels : LabelImage
        Of that.
    progress : callable, optional

    Examples
    --------
    >>> from maskeditor.core.space.geometry import Geometry
    >>> stored = np.array([[0, 7, 7], [0, 0, 7]], np.uint8).reshape(2, 3, 1)
    >>> labels = LabelImage(np.array([0, 7], np.uint8), np.array([0, 7]), {})
    >>> census(Volume(stored, Geometry((2, 3, 1), np.eye(4))), labels)[7].voxels
    3
    """
    stored, count = volume.stored_frame(0), len(labels.stored)
    shape = volume.geometry.shape
    # Of each label, how many of its voxels have each index along each axis: centre and box follow from that.
    profiles = [np.zeros((count, size), np.intp) for size in shape]
    none = np.flatnonzero(labels.numbers == 0)
    for start in range(0, shape[2], _PLANES):
        slab = stored[:, :, start : start + _PLANES]
        ranks = np.searchsorted(labels.stored, slab.ravel(order="F"))
        # Places of what is a label; beyond the last is what is not a number.
        where = np.flatnonzero((ranks != none[0]) & (ranks < count) if len(none) else ranks < count)
        ranks = ranks[where]
        column, plane = where // shape[0], where // (shape[0] * shape[1])
        for profile, index in zip(profiles, (where % shape[0], column % shape[1], start + plane), strict=True):
            profile += _pairs(ranks, index, *profile.shape)
        progress((start + slab.shape[2]) / shape[2])
    numbers = labels.numbers.tolist()
    return {
        number: _place([profile[rank] for profile in profiles]) for rank, number in enumerate(numbers) if number != 0
    }


def _pairs(ranks: Counts, index: Counts, count: int, size: int) -> Counts:
    return np.bincount(ranks * size + index, minlength=count * size).reshape(count, size)


def _place(profiles: list[Counts]) -> LabelPlace:
    voxels = int(profiles[0].sum())
    i, j, k = (float(profile @ np.arange(len(profile))) / voxels for profile in profiles)
    filled = [np.flatnonzero(profile) for profile in profiles]
    low, high = [int(one[0]) for one in filled], [int(one[-1]) + 1 for one in filled]
    return LabelPlace(voxels, (i, j, k), Box((low[0], low[1], low[2]), (high[0], high[1], high[2])))


def middle_voxel(volume: Volume, labels: LabelImage, number: int, place: LabelPlace) -> Voxel:
    """Return the voxel of a label that lies nearest to its centre, in mm: of a ring, one on the ring.

    A box round the centre grows until it holds one, so that few voxels are looked at.

    Parameters
    ----------
    volume : Volume
    labels : LabelImage
        Of that.
    number : int
    place : LabelPlace
        Of that label.
    """
    zooms, centre = np.array(volume.geometry.zooms), np.array(place.centre)
    stored, reach = labels.stored[labels.numbers == number], _NEAR * float(zooms.max())
    while True:
        steps = np.ceil(reach / zooms)
        low, high = np.floor(centre - steps).astype(int), np.ceil(centre + steps).astype(int) + 1
        start, stop = np.maximum(low, place.box.start), np.minimum(high, place.box.stop)
        box = Box((int(start[0]), int(start[1]), int(start[2])), (int(stop[0]), int(stop[1]), int(stop[2])))
        inside = np.argwhere(np.isin(volume.stored_frame(0, box), stored)) + box.start
        if len(inside):
            distances = _distances(inside, centre, zooms)
            nearest = int(np.argmin(distances))
            # Beyond the corners of the box there may be a nearer one; the next box has its sides no nearer than this.
            if distances[nearest] <= reach or box == place.box:
                i, j, k = inside[nearest].tolist()
                return i, j, k
            reach = float(distances[nearest])
        else:
            reach *= 2


def _distances(voxels: Array, centre: Floats, zooms: Floats) -> Floats:
    distances: Floats = np.linalg.norm((voxels - centre) * zooms, axis=1)
    return distances
