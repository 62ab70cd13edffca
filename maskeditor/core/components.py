"""Connected components and holes of masks, equal to what scipy.ndimage finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.bits import (
    BoolArray,
    Bytes,
    Progress,
    check_mask,
    empty_outside,
    memory_axes,
    pack,
    permuted,
    restored,
)
from maskeditor.core.box import Box, Voxel
from maskeditor.core.pieces import FEW, Frame, Pieces, find_pieces
from maskeditor.core.runs import FACES, TOUCHING, RowOffsets

Neighbours = Literal[6, 18, 26]


def largest(
    mask: BoolArray,
    count: int = 1,
    neighbours: Neighbours = 6,
    *,
    box: Box | None = None,
    progress: Progress | None = None,
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
    box : Box, optional
        Part of the volume known to hold every true voxel. The rest is not read.
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
    if count < 1:
        raise ValueError(f"The number of components to keep is {count}; give 1 or more.")

    def choose(pieces: Pieces) -> BoolArray:
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

    return _select(mask, neighbours, choose, box, progress)


def component_at(
    mask: BoolArray,
    point: Voxel,
    neighbours: Neighbours = 6,
    *,
    box: Box | None = None,
    progress: Progress | None = None,
) -> BoolArray:
    """Keep the connected component that holds a voxel; nothing, if the voxel is not in the mask.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    point : tuple of int
        The voxel; an IndexError if it lies outside the volume.
    neighbours, box, progress
        As in `largest`.

    Returns
    -------
    (I, J, K) array of bool

    Examples
    --------
    >>> component_at(np.array([[[True, False, True, True]]]), (0, 0, 0))
    array([[[ True, False, False, False]]])
    """
    check_mask(mask)
    if not all(0 <= index < length for index, length in zip(point, mask.shape, strict=True)):
        raise IndexError(f"The voxel {point} lies outside a volume of shape {mask.shape}; give one inside it.")

    def choose(pieces: Pieces) -> BoolArray:
        chosen = np.zeros(pieces.count, np.bool_)
        if mask[point]:
            chosen[pieces.number_at(point)] = True
        return chosen

    return _select(mask, neighbours, choose, box, progress)


def at_least(
    mask: BoolArray,
    voxels: float,
    neighbours: Neighbours = 6,
    *,
    box: Box | None = None,
    progress: Progress | None = None,
) -> BoolArray:
    """Keep the connected components of so many voxels or more.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    voxels : float
        Size of the smallest component that is kept.
    neighbours, box, progress
        As in `largest`.

    Returns
    -------
    (I, J, K) array of bool

    Examples
    --------
    >>> at_least(np.array([[[True, True, False, True]]]), 2)
    array([[[ True,  True, False, False]]])
    """
    return _select(mask, neighbours, lambda pieces: pieces.sizes() >= voxels, box, progress)


def sizes(mask: BoolArray, neighbours: Neighbours = 6, *, box: Box | None = None) -> NDArray[np.intp]:
    """Count the voxels of each connected component, in the order of `scipy.ndimage.label`.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    neighbours, box
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
    check_mask(mask)
    axes = memory_axes(mask)
    packed = pack(mask.transpose(axes), None if box is None else permuted(box, axes))
    if packed is None:
        return np.zeros(0, np.intp)
    pieces = find_pieces(packed.data, Frame(packed.box, axes, mask.shape), _touching(neighbours))
    return pieces.sizes()[np.argsort(pieces.first_voxels())]


def fill_holes(mask: BoolArray, *, box: Box | None = None, progress: Progress | None = None) -> BoolArray:
    """Fill the background that is not joined, across faces, to the border of the volume.

    Equal to `scipy.ndimage.binary_fill_holes`.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    box, progress
        As in `largest`.

    Returns
    -------
    (I, J, K) array of bool
        In the memory order of `mask`.

    Examples
    --------
    >>> ring = np.ones((3, 3, 3), bool)
    >>> ring[1, 1, 1] = False
    >>> fill_holes(ring).all()
    np.True_
    """
    check_mask(mask)
    return _fill(mask, memory_axes(mask), FACES, (True, True, True), box, progress)


def fill_holes_by_slice(
    mask: BoolArray, axis: int, *, box: Box | None = None, progress: Progress | None = None
) -> BoolArray:
    """Fill the holes of each slice across an axis, as if it were an image of its own.

    Equal to `scipy.ndimage.binary_fill_holes` of each slice `mask.take(index, axis)`.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    axis : {0, 1, 2}
        The axis that the slices are counted along.
    box, progress
        As in `largest`.

    Returns
    -------
    (I, J, K) array of bool
        In the memory order of `mask`.

    Examples
    --------
    >>> ring = np.array([[[True, True, True], [True, False, True], [True, True, True]]])
    >>> fill_holes_by_slice(ring, 0).all(), fill_holes_by_slice(ring, 2).all()
    (np.True_, np.False_)
    """
    check_mask(mask)
    if axis not in (0, 1, 2):
        raise ValueError(f"The axis is {axis}; give 0, 1 or 2.")
    axes = memory_axes(mask)
    if axes.index(axis) == 2:  # rows must lie within a slice
        turned = np.ascontiguousarray(mask.transpose(axis, *axes[:2]))
        inner = None if box is None else permuted(box, (axis, *axes[:2]))
        filled = _fill(turned, (0, 1, 2), FACES[:1], (False, True, True), inner, progress)
        out: BoolArray = np.empty([mask.shape[one] for one in axes], np.bool_)
        np.copyto(out, filled.transpose(1, 2, 0))
        return restored(out, axes)
    if axes.index(axis) == 1:
        return _fill(mask, axes, FACES[1:], (True, False, True), box, progress)
    return _fill(mask, axes, FACES[:1], (False, True, True), box, progress)


def _touching(neighbours: int) -> RowOffsets:
    if neighbours not in TOUCHING:
        raise ValueError(f"The number of neighbours is {neighbours}; give 6, 18 or 26.")
    return TOUCHING[neighbours]


def _select(
    mask: BoolArray,
    neighbours: int,
    choose: Callable[[Pieces], BoolArray],
    box: Box | None,
    progress: Progress | None,
) -> BoolArray:
    """Keep the components that `choose` marks."""
    check_mask(mask)
    offsets = _touching(neighbours)
    report = progress or _silent
    axes = memory_axes(mask)
    view = mask.transpose(axes)
    packed = pack(view, None if box is None else permuted(box, axes))
    out = empty_outside(view.shape, None if packed is None else packed.box)
    report(0.1)
    if packed is not None:
        pieces = find_pieces(packed.data, Frame(packed.box, axes, mask.shape), offsets)
        report(0.7)
        chosen = choose(pieces)
        report(0.8)
        inside = packed.box.slices
        dropped = int(pieces.sizes()[~chosen].sum())
        if dropped * FEW < packed.box.size:
            out[inside] = view[inside]
            if dropped:
                pieces.fill(~chosen, out[inside], False)
        else:
            pieces.write(chosen, out[inside])
    report(1.0)
    return restored(out, axes)


def _fill(
    mask: BoolArray,
    axes: tuple[int, ...],
    offsets: RowOffsets,
    sides: tuple[bool, bool, bool],
    box: Box | None,
    progress: Progress | None,
) -> BoolArray:
    """Fill the background that no touching rows join to some sides of the volume."""
    report = progress or _silent
    view = mask.transpose(axes)
    packed = pack(view, None if box is None else permuted(box, axes))
    out = empty_outside(view.shape, None if packed is None else packed.box)
    report(0.1)
    if packed is not None:
        # Outside the box around the mask all is background, so what reaches a side of the box is no hole.
        pieces = find_pieces(
            _complement(packed.data, packed.box.shape[2]), Frame(packed.box, axes, mask.shape), offsets
        )
        report(0.7)
        outside = pieces.on_border(sides)
        holes = int(pieces.sizes()[~outside].sum())
        report(0.8)
        inside = packed.box.slices
        if holes * FEW < packed.box.size:
            out[inside] = view[inside]
            if holes:
                pieces.fill(~outside, out[inside], True)
        else:
            pieces.write(outside, out[inside], inverted=True)
    report(1.0)
    return restored(out, axes)


def _complement(packed: Bytes, length: int) -> Bytes:
    """Invert packed rows of so many voxels; the bits beyond stay zero."""
    inverted: Bytes = np.invert(packed)
    if length % 8:
        inverted[:, :, -1] &= (1 << length % 8) - 1
    return inverted


def _silent(_fraction: float) -> None:
    """Report progress to nobody."""
