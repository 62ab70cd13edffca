"""What would become of a mask, slice by slice, before anything is applied."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from maskeditor.core.history.edits import Rewrite
from maskeditor.core.history.prepare import Prepared, apply, mask_after, prepare
from maskeditor.core.history.snapshot import Snapshot
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.scene import Patch
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.engine.arrays import BoolArray, Counts, and_not
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.model.image_preview import MOST_FIRST, ImageAsked, PreviewedImage, slabs

#: Voxels that may be worked out while a slice is drawn: an opening at 512 × 512. For more, the worker is waited for.
MOST_AT_ONCE = 3 << 19


class Becoming(NamedTuple):
    """What another ROI than the one that is worked on would become.

    Parameters
    ----------
    mask : MaskBits
    voxels : int
        How many it would have.
    """

    mask: MaskBits
    voxels: int


class Preview:
    """An ROI's mask as it would become: nothing until the whole is handed in with `complete`.

    Parameters
    ----------
    snapshot : Snapshot
        The document the preview is for.
    roi : str
    """

    #: Whether it is worked out while a hand moves, so that each result is shown though a newer one is asked for.
    is_live = False
    #: Whether it is of one volume in time of an image, that which is shown.
    of_volume = False
    #: Whether a part of it is worth being worked out before the whole.
    has_glimpse = False
    #: Where alone it looks otherwise than what was shown before it; None for anywhere.
    news_box: Box | None = None

    def __init__(self, snapshot: Snapshot, roi: str) -> None:
        self.revision = snapshot.revision
        self.roi = roi
        self.patch: Patch | None = None
        self.is_known = False
        #: The further image that would be made otherwise than it is, as far as it is worked out.
        self.image: PreviewedImage | None = None
        #: What other ROIs would become, by id, once that is known.
        self.others: Mapping[str, Becoming] = {}
        self._mask = snapshot.masks[roi]

    @property
    def is_local(self) -> bool:
        """Whether slices can be worked out one by one, at once."""
        return False

    def work_out(self, progress: Progress) -> tuple[Patch | None, int, int]:
        """Return the voxels that would change, and the counts of those added and removed; for a worker."""
        patch = self._worked_out(progress)
        if patch is None:
            return None, 0, 0
        added = removed = 0
        for plane in range(patch.data.shape[2]):
            new = patch.data[:, :, plane]
            old = self._mask[patch.box.across(2, plane).slices][:, :, 0]
            added += int(np.count_nonzero(and_not(new, old)))
            removed += int(np.count_nonzero(and_not(old, new)))
        return patch, added, removed

    def _worked_out(self, progress: Progress) -> Patch | None:
        raise NotImplementedError

    def glimpse(self, progress: Progress) -> PreviewedImage | None:
        """Work out what is seen first, where it has such a glimpse; for a worker.

        Returns
        -------
        PreviewedImage or None
            Of an image, what is known of it then; None of a mask, whose slices are known then, and where it was not
            worth it.
        """
        return None

    def complete(self, patch: Patch | None) -> None:
        """Take the whole, as `work_out` gave it."""
        self.patch, self.is_known = patch, True

    def mask(self) -> MaskBits:
        """Return the whole mask as it would become, once that is known; for a worker."""
        made = self._mask.copy()
        if self.patch is not None:
            made.put(Rows.of(self.patch.box, self.patch.data))
        return made

    def whole(self) -> MaskBits | None:
        """Return the whole mask as it would become, or None while it is not known; for a worker."""
        return self.mask() if self.is_known else None

    def slice(self, axis: int, index: int) -> BoolArray | None:
        """Return the slice across an axis as it would become, or None while it is not known.

        Parameters
        ----------
        axis : int
        index : int

        Returns
        -------
        2-D array of bool, or None
            The two other axes, in order.
        """
        return self._cut(axis, index, self.patch) if self.is_known else None

    def news(self, axis: int, index: int, box: Box) -> Counts | None:
        """Return the voxels of a slice that `news_box` is about, as `Drawn.news` does, where they are known."""
        return None

    def _cut(self, axis: int, index: int, patch: Patch | None) -> BoolArray:
        """Return a slice of the mask with a patch's voxels put in."""
        slab = Box.whole(self._mask.shape).across(axis, index)
        if patch is not None and patch.box == slab:
            result = patch.data
        else:
            result = self._mask[slab.slices]
            both = slab.intersection(patch.box) if patch is not None else None
            if patch is not None and both is not None:
                result[both.within(slab).slices] = patch.data[both.within(patch.box).slices]
        where: list[int | slice] = [slice(None)] * 3
        where[axis] = 0
        flat: BoolArray = result[tuple(where)]
        return flat


class OperationPreview(Preview):
    """The mask as an operation would make it.

    An operation that looks no further than a few voxels is worked out for the slice that is asked for, exactly. Of one
    that looks further, but not everywhere, the planes through the crosshair are worked out first, on a worker, and for
    the others, and for the counts, the whole is.

    Parameters
    ----------
    snapshot : Snapshot
    roi : str
    operation : Operation
    scope : Scope
    crosshair : tuple of 3 int, optional
        Where one looks.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        roi: str,
        operation: Operation,
        scope: Scope = EVERYWHERE,
        crosshair: Voxel | None = None,
    ) -> None:
        super().__init__(snapshot, roi)
        self.operation = operation
        self.scope = scope
        self._scene = snapshot.scene(roi)
        self._far = operation.reach(self._scene)
        self._reach = self._quick_reach()
        self._crosshair = crosshair
        self.has_glimpse = crosshair is not None and self._is_seen_early(crosshair)
        self._slices: dict[tuple[int, int], BoolArray] = {}

    @property
    def is_local(self) -> bool:
        """Whether slices can be worked out one by one, at once."""
        return self._reach is not None

    def _quick_reach(self) -> tuple[int, int, int] | None:
        """Return how far the operation looks, if a slice with all that it looks at is worked out in no time."""
        reach, shape = self._far, self._scene.geometry.shape
        if reach is None:
            return None
        sizes = (min(size, 1 + 2 * far) * (math.prod(shape) // size) for size, far in zip(shape, reach, strict=True))
        return reach if max(sizes) <= MOST_AT_ONCE else None

    def _is_seen_early(self, crosshair: Voxel) -> bool:
        """Whether the planes through a voxel are worth being worked out before the whole, and not at once."""
        whole = self._scene.whole
        if self._far is None or self._reach is not None:
            return False
        return sum(box.size for box in slabs(whole.shape, crosshair, self._far)) <= MOST_FIRST * whole.size

    def glimpse(self, progress: Progress) -> None:
        """Work out the planes through the crosshair."""
        if self._far is None or self._crosshair is None:
            return
        for axis, index in enumerate(self._crosshair):
            part = progress.within(axis / 3, (axis + 1) / 3)
            try:
                self._slices[axis, index] = self._cut(axis, index, self._patch_of(axis, index, self._far, part))
            except Cancelled:
                raise
            except MaskEditorError:  # which the whole meets, too
                return

    def _worked_out(self, progress: Progress) -> Patch | None:
        return apply(self.operation, self.scope, self._scene, progress)

    def complete(self, patch: Patch | None) -> None:
        """Take the whole, as `work_out` gave it."""
        super().complete(patch)
        self._slices.clear()

    def slice(self, axis: int, index: int) -> BoolArray | None:
        """Return the slice across an axis as it would become, or None while it is not known."""
        key = (axis, index)
        if self.is_known or (self._reach is None and key not in self._slices):
            return super().slice(axis, index)
        if self._reach is not None and key not in self._slices:
            try:
                self._slices[key] = self._cut(axis, index, self._patch_of(axis, index, self._reach, Progress()))
            except MaskEditorError:
                # The worker meets the same error and reports it once.
                return None
        return self._slices[key]

    def _patch_of(self, axis: int, index: int, reach: tuple[int, int, int], progress: Progress) -> Patch | None:
        """Work out a slice alone: from the voxels that it looks at."""
        margin = [0, 0, 0]
        margin[axis] = reach[axis]
        box = self._scene.whole.across(axis, index).grown((margin[0], margin[1], margin[2]), self._scene.geometry.shape)
        looks = isinstance(self.operation, IntensityInput)
        patch = self.operation.apply(self._scene.cropped(box, axis if looks else None), progress)
        if patch is None:
            return None
        return self.scope.limit(Patch(patch.box.moved(box.start), patch.data), self._scene)


class ImagePreview(Preview):
    """The image as an operation would make it, over masks that stay as they are.

    Parameters
    ----------
    snapshot : Snapshot
    roi : str
    operation : ImageOperation
    crosshair : tuple of 3 int
        Where one looks: the planes through it are worked out first where that is exact and the whole takes long.
    place : int
        The volume in time that is shown.
    """

    def __init__(
        self, snapshot: Snapshot, roi: str, operation: ImageOperation, crosshair: Voxel, place: int = 0
    ) -> None:
        super().__init__(snapshot, roi)
        self.operation = operation
        self.is_live = operation.is_bound()
        self.has_glimpse = not self.is_live
        self._asked = ImageAsked(snapshot, snapshot.timeline, operation, place)
        self.of_volume = self._asked.of_volume
        self._crosshair = crosshair
        self._made: PreviewedImage | None = None

    def glimpse(self, progress: Progress) -> PreviewedImage | None:
        """Return the planes that are seen, where that is worth it."""
        return self._asked.planes(self._crosshair, progress)

    def _worked_out(self, progress: Progress) -> Patch | None:
        glance = self._asked.at_a_glance(progress) if self.is_live else None
        self._made = glance or self._asked.worked_out(progress)
        _ = self._made.ends  # here, and not where it is shown
        return None

    def complete(self, patch: Patch | None) -> None:
        """Take the whole, as `work_out` made it."""
        super().complete(patch)
        self.image = self._made

    def slice(self, axis: int, index: int) -> BoolArray | None:
        """Return None, as no mask is concerned."""
        return None


class RewritePreview(Preview):
    """The mask as it would become if steps of its past were others.

    Parameters
    ----------
    snapshot : Snapshot
    roi : str
    rewrite : Rewrite
    place : int
        The volume in time that is shown.
    """

    def __init__(self, snapshot: Snapshot, roi: str, rewrite: Rewrite, place: int = 0) -> None:
        super().__init__(snapshot, roi)
        self.rewrite = rewrite
        made = rewrite.tail[0].makes if rewrite.tail else None
        before = snapshot.present[: rewrite.keep]
        self._asked = ImageAsked(snapshot, before, made, place) if made is not None else None
        self.of_volume = self._asked is not None and self._asked.of_volume
        #: All that would change, once it was worked out.
        self.prepared: Prepared | None = None
        self._others: Mapping[str, Becoming] = {}
        self._snapshot = snapshot

    def _worked_out(self, progress: Progress) -> Patch | None:
        rewrite = self.rewrite
        part = progress.within(0.0, 0.5) if self._asked is not None else progress
        prepared = self.prepared = prepare(self._snapshot, rewrite.keep, rewrite.tail, part)
        if self._asked is not None:
            self.image = self._asked.worked_out(progress.within(0.5, 1.0))
            _ = self.image.ends  # here, and not where it is shown
        changed = {*prepared.in_place, *prepared.masks} - {self.roi}
        masks = {roi: mask_after(prepared, self._snapshot, roi) for roi in changed if roi in self._snapshot.masks}
        self._others = {roi: Becoming(mask, mask.count()) for roi, mask in masks.items()}
        if self.roi in prepared.in_place:
            box = prepared.in_place[self.roi].box
        elif self.roi in prepared.masks:
            box = Box.whole(prepared.masks[self.roi].shape)
        else:
            return None
        return Patch(box, mask_after(prepared, self._snapshot, self.roi)[box.slices])

    def complete(self, patch: Patch | None) -> None:
        """Take the whole, as `work_out` gave it."""
        super().complete(patch)
        self.others = self._others
