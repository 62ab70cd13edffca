"""Clusters of a statistical map and their peaks, as nilearn lists them."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from maskeditor.engine.arrays import Affine, Array, BoolArray, Integers, Points
from maskeditor.engine.box import Voxel
from maskeditor.engine.progress import Reporter, silent

#: Peaks of one cluster that are listed: the highest, and so many others.
SUB_PEAKS = 3


class Peak(NamedTuple):
    """A peak of a cluster.

    Parameters
    ----------
    id : str
        The number of the cluster, with a letter for those that are not its highest.
    voxel : tuple of 3 int
    world : tuple of 3 float
        In mm.
    value : float
    voxels : int or None
        Of the cluster; None where it is not its highest peak.
    size : int or None
        The same in mm³, without what is after the point.
    """

    id: str
    voxel: Voxel
    world: tuple[float, float, float]
    value: float
    voxels: int | None = None
    size: int | None = None


def clusters(
    values: Array,
    affine: Affine,
    threshold: float,
    *,
    two_sided: bool = False,
    minimum_size: int = 0,
    distance: float = 8.0,
    progress: Reporter = silent,
) -> list[Peak]:
    """Return the peaks of the clusters of a map that lie beyond a threshold.

    Equal to `nilearn.reporting.get_clusters_table` of nilearn 0.14, in numbers, order and ids: clusters are joined
    across faces; those of the negative tail follow those of the positive one, and go on counting after all rows. (With
    a negative threshold and one side, nilearn gives the peaks without their sign; here they have it.)

    Parameters
    ----------
    values : (I, J, K) array of int or float
        What is not finite is taken as 0.
    affine : (4, 4) array of float
    threshold : float
        Clusters are of the voxels above it; of a negative one, without `two_sided`, of those below it.
    two_sided : bool
        Whether those below the negative of the threshold make clusters too.
    minimum_size : int
        Voxels that a cluster has at least.
    distance : float
        Between the listed peaks of one cluster, in mm: each is farther than this from the one listed before.
    progress : callable, optional
        Called with the fraction done; may raise to cancel.

    Raises
    ------
    ValueError
        If the threshold is negative and two-sided, or not finite, or the distance not positive.

    Examples
    --------
    >>> values = np.zeros((9, 5, 5))
    >>> values[1:3, 2, 2], values[6, 2, 2] = (4, 5), 3
    >>> [(peak.id, peak.voxel, peak.value, peak.voxels) for peak in clusters(values, np.eye(4), 2.0)]
    [('1', (2, 2, 2), 5.0, 2), ('2', (6, 2, 2), 3.0, 1)]
    """
    if not np.isfinite(threshold) or (two_sided and threshold < 0) or not distance > 0:
        raise ValueError("The threshold must be finite, and positive for both sides, and the distance positive.")
    peaks: list[Peak] = []
    is_below = threshold < 0 and not two_sided
    signs = (1, -1) if two_sided else (-1,) if is_below else (1,)
    for place, sign in enumerate(signs):

        def report(done: float, start: int = place) -> None:
            progress((start + done) / len(signs))

        found = _Tail(values, affine, abs(threshold), sign, minimum_size)
        # nilearn goes through the clusters below a negative threshold the other way round.
        peaks += found.peaks(distance, len(peaks), turned=is_below, progress=report)
    return peaks


def beyond(values: Array, threshold: float, sign: int, minimum_size: int) -> BoolArray:
    """Return which values of one sign reach a threshold, in clusters that are large enough.

    Equal to what `nilearn.image.threshold_img` leaves of that sign; what is not finite or 0 is left out.

    Parameters
    ----------
    values : (I, J, K) array of int or float
    threshold : float
        0 or more, of either sign.
    sign : {1, -1}
    minimum_size : int
        Voxels of the smallest cluster that is kept; its voxels touch by their faces.

    Returns
    -------
    (I, J, K) array of bool
    """
    limit = sign * threshold
    with np.errstate(invalid="ignore"):
        kept: BoolArray = (values >= limit) & (values > 0) if sign > 0 else (values <= limit) & (values < 0)
    if values.dtype.kind == "f":
        kept &= np.isfinite(values)
    if minimum_size > 1:
        labels, _ = ndimage.label(kept)
        sizes = np.bincount(labels.ravel())
        kept &= (sizes >= minimum_size)[labels]
    return kept


class _Tail:
    """The clusters on one side of a map.

    Parameters
    ----------
    values : (I, J, K) array
    affine : (4, 4) array
    threshold : float
        0 or more.
    sign : {1, -1}
    minimum_size : int
    """

    def __init__(self, values: Array, affine: Affine, threshold: float, sign: int, minimum_size: int) -> None:
        self._values, self._affine, self._sign = values, affine, sign
        kept = beyond(values, threshold, sign, minimum_size)
        # What equals the threshold is kept by nilearn as long as sizes are counted, and belongs to no cluster then.
        kept &= values > threshold if sign > 0 else values < -threshold
        self._labels, count = ndimage.label(kept)
        self._boxes: list[tuple[slice, ...]] = ndimage.find_objects(self._labels, count)
        self._sizes: Integers = np.bincount(self._labels.ravel(), minlength=count + 1)[1:]
        # (NIfTI headers hold zooms as 32-bit floats, by which nilearn multiplies.)
        self._voxel = np.prod(np.sqrt((affine[:3, :3] ** 2).sum(axis=0)).astype(np.float32))

    def _of_cluster(self, number: int, margin: int) -> tuple[Array, tuple[int, ...]]:
        """Return the values of one cluster, times the sign, and 0 round it, in its box with a margin; and its start."""
        box = tuple(slice(max(0, one.start - margin), one.stop + margin) for one in self._boxes[number])
        inside = self._labels[box] == number + 1
        values = np.where(inside, self._values[box], self._values.dtype.type(0))
        if values.dtype.kind == "u":
            values = values.astype(np.float64)  # which has a sign
        elif values.dtype.kind == "i" and values.min() == np.iinfo(values.dtype).min:
            values = values.astype(np.int64)  # where the lowest number of fewer bits has an opposite
        return values * self._sign, tuple(one.start for one in box)

    def peaks(self, distance: float, offset: int, turned: bool, progress: Reporter) -> list[Peak]:
        """Return the peaks of all clusters, whose numbers begin after an offset."""
        heights = np.array([self._of_cluster(number, 0)[0].max() for number in range(len(self._boxes))])
        order = (heights if turned else -heights).argsort().tolist()
        peaks: list[Peak] = []
        for place, number in enumerate(order):
            values, start = self._of_cluster(number, 1)
            voxels, found = _local_maxima(values, start)
            size = int(self._sizes[number])
            listed = _apart(voxels, found, self._affine, distance)
            world = self._world(voxels[listed])
            for rank, at in enumerate(listed):
                i, j, k = voxels[at].tolist()
                x, y, z = world[rank].tolist()
                id = f"{offset + place + 1}{ascii_lowercase[rank - 1] if rank else ''}"
                first = (size, int(size * self._voxel)) if not rank else (None, None)
                peaks.append(Peak(id, (i, j, k), (x, y, z), self._sign * found[at].item(), *first))
            progress((place + 1) / len(order))
        return peaks

    def _world(self, voxels: Integers) -> Points:
        made: Points = np.dot(self._affine, np.c_[voxels, np.ones(len(voxels))].T)[:3].T
        return made


def _local_maxima(values: Array, start: Sequence[int]) -> tuple[Integers, Array]:
    """Return the voxels of the peaks of a cluster and their values, the highest first.

    Where several voxels beside each other are as high, the peak is the one in their middle.

    Parameters
    ----------
    values : (I, J, K) array
        Of the cluster, 0 round it.
    start : sequence of 3 int
        Where the array begins in the image.
    """
    highest = ndimage.maximum_filter(values, 3)
    maxima = (values == highest) & (values != 0)
    there = values[values != 0]
    if not np.isclose(there.max(), there.min()):
        maxima &= (highest - ndimage.minimum_filter(values, 3)) > 0
    labels, count = ndimage.label(maxima)
    numbers = np.arange(1, count + 1)
    middles = _middles(values, labels, numbers, start)
    for row in np.flatnonzero(labels[tuple((middles - start).T)] != numbers):
        # The middle of a ring lies beside it.
        own = np.argwhere(labels == numbers[row]) + start
        middles[row] = own[np.argmin(np.linalg.norm(own - middles[row], axis=1))]
    found = values[tuple((middles - start).T)]
    order = (-found).argsort()
    return middles[order], found[order]


def _middles(values: Array, labels: Integers, numbers: Integers, start: Sequence[int]) -> Integers:
    """Return the centres of mass of labels as `scipy.ndimage.center_of_mass` has them in the whole image, rounded."""
    weights = ndimage.sum(values, labels, numbers)
    grids = np.ogrid[tuple(slice(first, first + size) for first, size in zip(start, values.shape, strict=True))]
    sums = [ndimage.sum(values * grid.astype(float), labels, numbers) / weights for grid in grids]
    made: Integers = np.round(np.stack(sums, axis=1)).astype(int)
    return made


def _apart(voxels: Integers, found: Array, affine: Affine, distance: float) -> list[int]:
    """Return which peaks are listed: each is farther than a distance (mm) from the one that is listed before it."""
    world = voxels @ affine[:3, :3].T + affine[:3, 3]
    listed = [0]
    for place in range(1, len(found)):
        if len(listed) > SUB_PEAKS:
            break
        if np.linalg.norm(world[listed[-1]] - world[place]) > distance:
            listed.append(place)
    return listed
