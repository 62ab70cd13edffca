"""Masks put together from what each step is known to have changed, without working anything out again."""

from __future__ import annotations

from collections.abc import Iterable

from maskeditor.core.errors import OperationError
from maskeditor.core.history.timelines import Timeline, changes, state_of
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.progress import Progress


def put_together(shape: Voxel, rois: Iterable[str], timeline: Timeline, progress: Progress) -> dict[str, MaskBits]:
    """Return the masks of some ROIs after the steps of a timeline, each of which has its outcome.

    Raises
    ------
    OperationError
        If the steps are of another grid, or the masks do not come out as they were.
    """
    masks = {roi: MaskBits(shape) for roi in rois}
    whole = Box.whole(shape)
    for place, (roi, delta) in enumerate(changes(timeline)):
        if delta.box.union(whole) != whole:
            raise OperationError("The masks that were recorded lie on another grid; they cannot be restored.")
        delta.toggle(masks[roi])
        if place % 256 == 0:
            progress(place / len(timeline))
    for roi, mask in masks.items():
        state = state_of(timeline, roi)
        if mask.count() != state.voxels:
            raise OperationError("The masks that were recorded do not belong together; they cannot be restored.")
        mask.tighten(state.extent)
    return masks
