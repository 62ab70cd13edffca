"""What nilearn does to a mask it has just made: opening round the largest component."""

from __future__ import annotations

from collections.abc import Callable

from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.bits import empty_outside, unpack
from maskeditor.engine.components.components import PackedMask, largest_packed
from maskeditor.engine.memory_order import restored
from maskeditor.engine.morphology import apply_packed


def cleaned(make: Callable[[], BoolArray], opening: int, connected: bool, report: Callable[[float], None]) -> BoolArray:
    """Erode, keep the largest component, dilate twice as far and erode again; packed from the first to the last.

    Equal to the last part of `nilearn.masking.compute_epi_mask` and its like (`_post_process_mask`).

    Parameters
    ----------
    make : callable
        Makes the mask (I, J, K). It should hold it no longer, so that its memory is free when the result needs it.
    opening : int
        Iterations of the erosion, and half those of the dilation; 0 for neither.
    connected : bool
        Whether only the largest component (6 neighbours) stays.
    report : callable of float
        Told the fraction done.

    Returns
    -------
    (I, J, K) array of bool
    """
    mask = make()
    if not opening and not connected:
        return mask
    packed = PackedMask(mask)
    del mask
    part, axes = packed.part, packed.axes
    shape = tuple(packed.shape[axis] for axis in axes)
    report(0.1)
    if part is not None and opening:
        part = apply_packed(part, shape, (-1,) * opening)
        report(0.3)
    if part is not None and connected:
        part = largest_packed(part, axes, packed.shape)
        report(0.7)
    if part is not None and opening:
        # Grown and shrunk in one go.
        part = apply_packed(part, shape, (1,) * (2 * opening) + (-1,) * opening)
        report(0.9)
    out = empty_outside(shape, None if part is None else part.box)
    if part is not None:
        unpack(part.data, out[part.box.slices])
    report(1.0)
    return restored(out, axes)
