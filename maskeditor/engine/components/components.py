"""Connected components of masks, equal to what scipy.ndimage finds."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.arrays import BoolArray, Integers, Neighbours
from maskeditor.engine.bits import PackedBox, check_mask, empty_outside, pack, unpack
from maskeditor.engine.box import Voxel
from maskeditor.engine.components.choice import find_pieces
from maskeditor.engine.components.protocol import FEW, Pieces, Placement
from maskeditor.engine.components.runs import FACES, TOUCHING
from maskeditor.engine.memory_order import memory_axes, restored
from maskeditor.engine.progress import Reporter, silent


class PackedMask:
    """A mask packed to bits, with its shape and place in memory.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    """

    def __init__(self, mask: BoolArray) -> None:
        check_mask(mask)
        self.shape = mask.shape
        self.axes = memory_axes(mask)
        self.part = pack(mask.transpose(self.axes))

    def equals(self, other: PackedMask) -> bool:
        """Whether the same voxels are true in both, of masks alike in shape and memory order."""
        if self.shape != other.shape or self.axes != other.axes:
            return False
        if self.part is None or other.part is None:
            return self.part is other.part
        return self.part.box == other.part.box and np.array_equal(self.part.data, other.part.data)


class Components:
    """The connected components of a mask, found once for any number of questions.

    Parameters
    ----------
    mask : PackedMask
    neighbours : {6, 18, 26}
        Voxels that touch a voxel: across faces, edges too, or corners too.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Examples
    --------
    >>> mask = np.array([[[True, False, True, True, False, True]]])
    >>> components = Components(PackedMask(mask))
    >>> components.largest()
    array([[[False, False,  True,  True, False, False]]])
    >>> components.at((0, 0, 0))
    array([[[ True, False, False, False, False, False]]])
    """

    def __init__(self, mask: PackedMask, neighbours: int = 6, *, progress: Reporter | None = None) -> None:
        if neighbours not in TOUCHING:
            raise ValueError(f"The number of neighbours is {neighbours}; give 6, 18 or 26.")
        report = progress or silent
        report(0.1)
        self.mask = mask
        self._pieces: Pieces | None = None
        if mask.part is not None:
            placement = Placement(mask.part.box, mask.axes, mask.shape)
            self._pieces = find_pieces(mask.part.data, placement, TOUCHING[neighbours])
        report(0.8)

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return 0 if self._pieces is None or self.mask.part is None else self._pieces.nbytes + self.mask.part.data.nbytes

    def largest(self, count: int = 1) -> BoolArray:
        """Return a mask (I, J, K) of bool of the largest, see the function of this name."""
        if count < 1:
            raise ValueError(f"The number of components to keep is {count}; give 1 or more.")
        return self._only(None if self._pieces is None else largest_of(self._pieces, count))

    def at(self, *points: Voxel) -> BoolArray:
        """Return a mask (I, J, K) of bool of those that hold some voxels, see `component_at`."""
        for point in points:
            if not all(0 <= index < length for index, length in zip(point, self.mask.shape, strict=True)):
                raise ValueError(
                    f"The voxel {point} lies outside a volume of shape {self.mask.shape}; give one inside it."
                )
        chosen = None
        if self._pieces is not None:
            chosen = np.zeros(self._pieces.count, np.bool_)
            for number in filter(lambda number: number is not None, map(self._pieces.number_at, points)):
                chosen[number] = True
        return self._only(chosen)

    def at_least(self, voxels: float) -> BoolArray:
        """Return a mask (I, J, K) of bool of those of so many voxels or more, see the function of this name."""
        return self._only(None if self._pieces is None else self._pieces.sizes() >= voxels)

    @property
    def count(self) -> int:
        """How many there are."""
        return 0 if self._pieces is None else self._pieces.count

    def seeds(self, most: int) -> list[Voxel]:
        """Return the first voxel of each of the largest, in C index order; of equal ones the first comes first.

        Parameters
        ----------
        most : int
            How many at most.
        """
        if self._pieces is None:
            return []
        places = self._pieces.first_voxels()[self._by_size[:most]]
        return [(i, j, k) for i, j, k in np.stack(np.unravel_index(places, self.mask.shape), axis=-1).tolist()]

    @cached_property
    def _by_size(self) -> NDArray[np.intp]:
        """The numbers of all, the largest first; of equal ones, in the order of their first voxels."""
        assert self._pieces is not None
        return np.lexsort((self._pieces.first_voxels(), -self._pieces.sizes().astype(np.int64)))

    @cached_property
    def _places_by_size(self) -> NDArray[np.intp]:
        """Of each by its number, its place among all as `_by_size` has them."""
        places = np.empty(self.count, np.intp)
        places[self._by_size] = np.arange(self.count)
        return places

    def places_of(self, i: Integers, j: Integers, k: Integers) -> NDArray[np.intp]:
        """Return which ones hold some voxels, (voxels,) of int: 0 for the largest, in the order of `seeds`.

        Parameters
        ----------
        i, j, k : (voxels,) array of int
            Their indices; all must be true in the mask.

        Examples
        --------
        >>> components = Components(PackedMask(np.array([[[True, False, True, True, False, True]]])))
        >>> nothing = np.zeros(4, int)
        >>> components.places_of(nothing, nothing, np.array([0, 2, 3, 5]))
        array([1, 0, 0, 2])
        """
        if self._pieces is None or self.mask.part is None:
            return np.zeros(0, np.intp)
        axes, start = self.mask.axes, self.mask.part.box.start
        x, y, z = ((i, j, k)[axis] - at for axis, at in zip(axes, start, strict=True))
        return self._places_by_size[self._pieces.numbers_of(x, y, z)]

    def sizes(self) -> NDArray[np.intp]:
        """Return the voxels of each, (components,) of int, see the function of this name."""
        if self._pieces is None:
            return np.zeros(0, np.intp)
        return self._pieces.sizes()[np.argsort(self._pieces.first_voxels())].astype(np.intp)

    def _only(self, chosen: BoolArray | None) -> BoolArray:
        """Return a mask of some of them, in the memory order of the mask; None is none of none."""
        part, pieces, axes = self.mask.part, self._pieces, self.mask.axes
        shape = tuple(self.mask.shape[axis] for axis in axes)
        # Counted before there is a result, as of many pieces either takes memory.
        dropped = 0 if pieces is None or chosen is None else pieces.size_of(~chosen)
        out = empty_outside(shape, None if part is None else part.box)
        if part is not None and pieces is not None and chosen is not None:
            inside = out[part.box.slices]
            if dropped * FEW < part.box.size:
                unpack(part.data, inside)
                if dropped:
                    pieces.fill(~chosen, inside, False)
            else:
                pieces.write(chosen, inside)
        return restored(out, axes)


def largest(
    mask: BoolArray,
    count: int = 1,
    neighbours: Neighbours = 6,
    *,
    progress: Reporter | None = None,
) -> BoolArray:
    """Keep the largest connected components.

    Among components of equal size, the one whose first voxel comes first in C index order (last index fastest)
    is kept, whatever the order in memory; so does `nilearn.image.largest_connected_component_img`.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    count : int
        How many to keep, at least 1.
    neighbours : {6, 18, 26}
        Voxels that touch a voxel: across faces, edges too, or corners too.
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (I, J, K) array of bool
        In the memory order of `mask`; empty if the mask is.

    Examples
    --------
    >>> largest(np.array([[[True, False, True, True, False, True]]]))
    array([[[False, False,  True,  True, False, False]]])
    """
    return _finished(Components(PackedMask(mask), neighbours, progress=progress).largest(count), progress)


def component_at(
    mask: BoolArray,
    point: Voxel,
    neighbours: Neighbours = 6,
    *,
    progress: Reporter | None = None,
) -> BoolArray:
    """Keep the connected component that holds a voxel; nothing, if the voxel is not in the mask.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    point : tuple of int
        The voxel; a ValueError if it lies outside the volume.
    neighbours, progress
        As in `largest`.

    Returns
    -------
    (I, J, K) array of bool

    Examples
    --------
    >>> component_at(np.array([[[True, False, True, True]]]), (0, 0, 0))
    array([[[ True, False, False, False]]])
    """
    return _finished(Components(PackedMask(mask), neighbours, progress=progress).at(point), progress)


def at_least(
    mask: BoolArray,
    voxels: float,
    neighbours: Neighbours = 6,
    *,
    progress: Reporter | None = None,
) -> BoolArray:
    """Keep the connected components of so many voxels or more.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    voxels : float
        Size of the smallest component that is kept.
    neighbours, progress
        As in `largest`.

    Returns
    -------
    (I, J, K) array of bool

    Examples
    --------
    >>> at_least(np.array([[[True, True, False, True]]]), 2)
    array([[[ True,  True, False, False]]])
    """
    return _finished(Components(PackedMask(mask), neighbours, progress=progress).at_least(voxels), progress)


def sizes(mask: BoolArray, neighbours: Neighbours = 6) -> NDArray[np.intp]:
    """Count the voxels of each connected component, in the order of `scipy.ndimage.label`.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    neighbours
        As in `largest`.

    Returns
    -------
    (components,) array of int
        Ordered by the C index (last index fastest) of each component's first voxel.

    Examples
    --------
    >>> sizes(np.array([[[True, True, False, True]]]))
    array([2, 1])
    """
    return Components(PackedMask(mask), neighbours).sizes()


def largest_packed(packed: PackedBox, axes: tuple[int, ...], shape: tuple[int, ...]) -> PackedBox:
    """Keep the largest component, across faces, of what is packed and stays so; else as `largest`.

    Parameters
    ----------
    packed : PackedBox
    axes : tuple of int
        The axes of the mask in the order of memory, see `maskeditor.engine.memory_order.memory_axes`.
    shape : tuple of int
        The mask's own shape.
    """
    pieces = find_pieces(packed.data, Placement(packed.box, axes, shape), FACES)
    return PackedBox(pieces.packed(largest_of(pieces, 1)), packed.box)


def largest_of(pieces: Pieces, count: int) -> BoolArray:
    """Return which components are the largest, (pieces,) of bool; of those equally large, the first."""
    if pieces.count <= count:
        return np.ones(pieces.count, np.bool_)
    sizes = pieces.sizes()
    least = np.partition(sizes, -count)[-count]
    chosen: BoolArray = sizes > least
    tied = np.flatnonzero(sizes == least)
    wanted = count - int(np.count_nonzero(chosen))
    if wanted < tied.size:
        tied = tied[np.argsort(pieces.first_voxels()[tied])[:wanted]]
    chosen[tied] = True
    return chosen


def _finished(mask: BoolArray, progress: Reporter | None) -> BoolArray:
    """Report that all is done."""
    if progress is not None:
        progress(1.0)
    return mask
