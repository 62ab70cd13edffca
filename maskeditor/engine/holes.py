"""Holes of masks: background that is enclosed, equal to what scipy.ndimage finds."""

from __future__ import annotations

import numpy as np

from maskeditor.engine.arrays import BoolArray, Bytes
from maskeditor.engine.bits import check_mask, copy, empty_outside, pack
from maskeditor.engine.components.choice import find_pieces
from maskeditor.engine.components.protocol import FEW, Placement
from maskeditor.engine.components.runs import FACES, RowOffsets
from maskeditor.engine.memory_order import memory_axes, restored
from maskeditor.engine.memory_pool import results
from maskeditor.engine.progress import Reporter, silent

TURNED = 64  # slices that are turned at a time: across rows, as many voxels as one read of memory brings
PARTS = 8  # but no more of them than such a part of all, as the turned ones take memory


def fill_holes(mask: BoolArray, *, progress: Reporter | None = None) -> BoolArray:
    """Fill the background that is not joined, across faces, to the border of the volume.

    Equal to `scipy.ndimage.binary_fill_holes`.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

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
    return _fill(mask, memory_axes(mask), FACES, (True, True, True), progress)


def fill_holes_by_slice(mask: BoolArray, axis: int, *, progress: Reporter | None = None) -> BoolArray:
    """Fill the holes of each slice across an axis, as if it were an image of its own.

    Equal to `scipy.ndimage.binary_fill_holes` of each slice `mask.take(index, axis)`.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    axis : {0, 1, 2}
        The axis that the slices are counted along.
    progress
        As in `fill_holes`.

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
    place = axes.index(axis)
    if place == 0:
        return _fill(mask, axes, FACES[:1], (False, True, True), progress)
    # Planes in memory must be the slices, so that what is labelled at a time does not go on in what comes after it.
    view = mask.transpose(axes)
    out: BoolArray = results.empty(view.shape)
    slices, others = view.shape[place], tuple(one for one in range(3) if one != place)
    step = min(TURNED, max(1, slices // PARTS))
    for start in range(0, slices, step):
        part = (slice(None),) * place + (slice(start, start + step),)
        turned = np.ascontiguousarray(view[part].transpose(place, *others))
        filled = _fill(turned, (0, 1, 2), FACES[:1], (False, True, True), None)
        out[part] = np.moveaxis(filled, 0, place)
        if progress is not None:
            progress(min(1.0, (start + step) / slices))
    return restored(out, axes)


def _fill(
    mask: BoolArray,
    axes: tuple[int, ...],
    offsets: RowOffsets,
    sides: tuple[bool, bool, bool],
    progress: Reporter | None,
) -> BoolArray:
    """Fill the background that no touching rows join to some sides of the volume."""
    report = progress or silent
    view = mask.transpose(axes)
    packed = pack(view)
    report(0.1)
    if packed is None:
        out = empty_outside(view.shape, None)
    else:
        # Outside the box around the mask all is background, so what reaches a side of the box is no hole.
        pieces = find_pieces(
            _complement(packed.data, packed.box.shape[2]), Placement(packed.box, axes, mask.shape), offsets
        )
        report(0.7)
        outside = pieces.on_border(sides)
        holes = pieces.size_of(~outside)
        out = empty_outside(view.shape, packed.box)
        report(0.8)
        inside = packed.box.slices
        if holes * FEW < packed.box.size:
            copy(view[inside], out[inside])
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
