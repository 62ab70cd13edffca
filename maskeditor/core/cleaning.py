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
        mask = erosion(mask, opening, out=mask, progress=lambda done: report(0.3 * done))
    if connected:
        mask = largest(mask, progress=lambda done: report(0.3 + 0.4 * done))
    if opening:
        # Grown and shrunk in one go, so that it stays packed meanwhile.
        steps = (1,) * (2 * opening) + (-1,) * opening
        mask = apply_sequence(mask, steps, out=mask, progress=lambda done: report(0.7 + 0.3 * done))
    report(1.0)
    return mask
