"""What nilearn does to a mask it has just made: opening round the largest component."""

from __future__ import annotations

from collections.abc import Callable

from maskeditor.core.bits import memory_axes, pack, unpack, zero_outside
from maskeditor.core.components import largest_packed
from maskeditor.core.morphology import apply_packed
from maskeditor.core.scene import BoolArray


def cleaned(mask: BoolArray, opening: int, connected: bool, report: Callable[[float], None]) -> BoolArray:
    """Erode, keep the largest component, dilate twice as far and erode again; packed from the first to the last.

    Equal to the last part of `nilearn.masking.compute_epi_mask` and its like (`_post_process_mask`).

    Parameters
    ----------
    mask : (I, J, K) array of bool
        Is written over.
    opening : int
        Iterations of the erosion, and half those of the dilation; 0 for neither.
    connected : bool
        Whether only the largest component (6 neighbours) stays.
    report : callable of float
        Told the fraction done.

    Returns
    -------
    (I, J, K) array of bool
        The mask that was given.
    """
    if not opening and not connected:
        return mask
    axes = memory_axes(mask)
    view = mask.transpose(axes)
    packed = pack(view)
    report(0.1)
    if packed is not None and opening:
        packed = apply_packed(packed, view.shape, (-1,) * opening)
        report(0.3)
    if packed is not None and connected:
        packed = largest_packed(packed, axes, mask.shape)
        report(0.7)
    if packed is not None and opening:
        # Grown and shrunk in one go.
        packed = apply_packed(packed, view.shape, (1,) * (2 * opening) + (-1,) * opening)
        report(0.9)
    zero_outside(view, None if packed is None else packed.box)
    if packed is not None:
        unpack(packed.data, view[packed.box.slices])
    report(1.0)
    return mask
