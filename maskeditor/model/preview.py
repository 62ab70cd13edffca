"""What would become of a mask, slice by slice, before anything is applied."""

from __future__ import annotations

import math

import numpy as np

from maskeditor.core.history.edits import Rewrite
from maskeditor.core.history.prepare import Prepared, Snapshot, apply, mask_after, prepare
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scene import Patch
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.engine.arrays import BoolArray, and_not
from maskeditor.engine.box import Box
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress

#: Voxels that may be worked out while a slice is drawn: an opening at 512 × 512. For more, the worker is waited for.
MOST_AT_ONCE = 3 << 19


class Preview:
    """An ROI's mask as it would become: nothing until the whole is handed in with `complete`.

    Parameters
    ----------
    snapshot : Snapshot
        The document the preview is for.
    roi : str
    """

    def __init__(self, snapshot: Snapshot, roi: str) -> None:
        self.revision = snapshot.revision
        self.roi = roi
        self.patch: Patch | None = None
        self.is_known = False
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

    def complete(self, patch: Patch | None) -> None:
        """Take the whole, as `work_out` gave it."""
        self.patch, self.is_known = patch, True

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

    def _cut(self, axis: int, index: int, patch: Patch | None) -> BoolArray:
        """Return a slice of the mask with a patch's voxels put in."""
        slab = Box.whole(self._mask.shape).across(axis, index)
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

    An operation that looks no further than a few voxels is worked out for the slice that is asked for, exactly; for
    the others, and for the counts, the whole is worked out on a worker.

    Parameters
    ----------
    snapshot : Snapshot
    roi : str
    operation : Operation
    scope : Scope
    """

    def __init__(self, snapshot: Snapshot, roi: str, operation: Operation, scope: Scope = EVERYWHERE) -> None:
        super().__init__(snapshot, roi)
        self.operation = operation
        self.scope = scope
        self._scene = snapshot.scene(roi)
        self._reach = self._quick_reach()
        self._slices: dict[tuple[int, int], BoolArray] = {}

    @property
    def is_local(self) -> bool:
        """Whether slices can be worked out one by one, at once."""
        return self._reach is not None

    def _quick_reach(self) -> tuple[int, int, int] | None:
        """Return how far the operation looks, if a slice with all that it looks at is worked out in no time."""
        reach, shape = self.operation.reach(self._scene), self._scene.geometry.shape
        if reach is None:
            return None
        slabs = (min(size, 1 + 2 * far) * (math.prod(shape) // size) for size, far in zip(shape, reach, strict=True))
        return reach if max(slabs) <= MOST_AT_ONCE else None

    def _worked_out(self, progress: Progress) -> Patch | None:
        return apply(self.operation, self.scope, self._scene, progress)

    def complete(self, patch: Patch | None) -> None:
        """Take the whole, as `work_out` gave it."""
        super().complete(patch)
        self._slices.clear()

    def slice(self, axis: int, index: int) -> BoolArray | None:
        """Return the slice across an axis as it would become, or None while it is not known."""
        if self.is_known or self._reach is None:
            return super().slice(axis, index)
        key = (axis, index)
        if key not in self._slices:
            try:
                self._slices[key] = self._cut(axis, index, self._patch_of(axis, index, self._reach))
            except MaskEditorError:
                # The worker meets the same error and reports it once.
                return None
        return self._slices[key]

    def _patch_of(self, axis: int, index: int, reach: tuple[int, int, int]) -> Patch | None:
        """Work out a slice alone: from the voxels that it looks at."""
        margin = [0, 0, 0]
        margin[axis] = reach[axis]
        box = self._scene.whole.across(axis, index).grown((margin[0], margin[1], margin[2]), self._scene.geometry.shape)
        patch = self.operation.apply(self._scene.cropped(box), Progress())
        if patch is None:
            return None
        return self.scope.limit(Patch(patch.box.moved(box.start), patch.data), self._scene)


class RewritePreview(Preview):
    """The mask as it would become if steps of its past were others.

    Parameters
    ----------
    snapshot : Snapshot
    roi : str
    rewrite : Rewrite
    """

    def __init__(self, snapshot: Snapshot, roi: str, rewrite: Rewrite) -> None:
        super().__init__(snapshot, roi)
        self.rewrite = rewrite
        #: All that would change, once it was worked out.
        self.prepared: Prepared | None = None
        self._snapshot = snapshot

    def _worked_out(self, progress: Progress) -> Patch | None:
        prepared = self.prepared = prepare(self._snapshot, self.rewrite.keep, self.rewrite.tail, progress)
        if self.roi in prepared.in_place:
            box = prepared.in_place[self.roi].box
        elif self.roi in prepared.masks:
            box = Box.whole(prepared.masks[self.roi].shape)
        else:
            return None
        return Patch(box, mask_after(prepared, self._snapshot, self.roi)[box.slices])
