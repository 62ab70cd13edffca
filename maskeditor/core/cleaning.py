"""What nilearn does to a mask it has just made: opening round the largest component."""

from __future__ import annotations

from collections.abc import Callable

from maskeditor.core.components import largest
from maskeditor.core.morphology import apply_sequence, erosion
from maskeditor.core.scene import BoolArray


def cleaned(mask: BoolArray, opening: int, connected: bool, report: Callable[[float], None]) -> BoolArray:
    """Erode, keep the largest component, dilate twice as far and erode again; in place where that can be.

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
    """
    if opening:
        mask = erosion(mask, opening, out=mask)
    report(0.3)
    if connected:
        mask = largest(mask)
    report(0.6)
    if opening:
        # Once grown and shrunk in one go, so that it stays packed meanwhile.
        mask = apply_sequence(mask, (1,) * (2 * opening) + (-1,) * opening, out=mask)
    report(1.0)
    return mask
