"""What an operation would make of a mask, slice by slice, before it is applied."""

from __future__ import annotations

from maskeditor.core.box import Box
from maskeditor.core.document import Snapshot, apply
from maskeditor.core.errors import MaskEditorError
from maskeditor.core.operation import Operation
from maskeditor.core.progress import Progress
from maskeditor.core.scene import BoolArray, Patch
from maskeditor.core.scope import EVERYWHERE, Scope


class OperationPreview:
    """The mask as an operation would make it.

    An operation that looks no further than a few voxels is worked out for the slice that is asked for, exactly; for
    the others, and for the counts, the whole is worked out on a worker and handed in with `complete`.

    Parameters
    ----------
    snapshot : Snapshot
        The document the preview is for.
    roi : str
    operation : Operation
    scope : Scope
    """

    def __init__(self, snapshot: Snapshot, roi: str, operation: Operation, scope: Scope = EVERYWHERE) -> None:
        self.revision = snapshot.revision
        self.roi = roi
        self.operation = operation
        self.scope = scope
        self._scene = snapshot.scene(roi)
        self._reach = operation.reach(self._scene)
        self.patch: Patch | None = None
        self.is_known = False
        self._slices: dict[tuple[int, int], BoolArray] = {}

    @property
    def is_local(self) -> bool:
        """Whether slices can be worked out one by one, at once."""
        return self._reach is not None

    def work_out(self, progress: Progress) -> tuple[Patch | None, int, int]:
        """Return the whole patch and the counts of voxels added and removed; for a worker."""
        patch = apply(self.operation, self.scope, self._scene, progress)
        if patch is None:
            return None, 0, 0
        added = removed = 0
        before = self._scene.mask[patch.box.slices]
        for plane in range(patch.data.shape[2]):
            old, new = before[:, :, plane], patch.data[:, :, plane]
            differs = old ^ new
            gone = int((differs & old).sum())
            removed += gone
            added += int(differs.sum()) - gone
        return patch, added, removed

    def complete(self, patch: Patch | None) -> None:
        """Take the whole, as `work_out` gave it."""
        self.patch, self.is_known = patch, True
        self._slices.clear()

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
        if self.is_known:
            return self._from_patch(axis, index)
        if self._reach is None:
            return None
        key = (axis, index)
        if key not in self._slices:
            try:
                self._slices[key] = self._worked_out(axis, index, self._reach)
            except MaskEditorError:
                # The worker meets the same error and tells it once.
                return None
        return self._slices[key]

    def _slab(self, axis: int, index: int) -> Box:
        whole = Box.whole(self._scene.geometry.shape)
        start, stop = list(whole.start), list(whole.stop)
        start[axis], stop[axis] = index, index + 1
        return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))

    def _from_patch(self, axis: int, index: int) -> BoolArray:
        slab = self._slab(axis, index)
        return _flat(_inserted(self._scene.mask, slab, self.patch), axis)

    def _worked_out(self, axis: int, index: int, reach: tuple[int, int, int]) -> BoolArray:
        slab = self._slab(axis, index)
        margin = [0, 0, 0]
        margin[axis] = reach[axis]
        box = slab.grown((margin[0], margin[1], margin[2]), self._scene.geometry.shape)
        patch = self.operation.apply(self._scene.cropped(box), Progress())
        if patch is not None:
            patch = Patch(patch.box.moved(box.start), patch.data)
            patch = self.scope.limit(patch, self._scene)
        return _flat(_inserted(self._scene.mask, slab, patch), axis)


def _inserted(mask: BoolArray, box: Box, patch: Patch | None) -> BoolArray:
    """Return a box of a mask with a patch's voxels put in."""
    result = mask[box.slices].copy(order="K")
    both = box.intersection(patch.box) if patch is not None else None
    if patch is not None and both is not None:
        result[both.within(box).slices] = patch.data[both.within(patch.box).slices]
    return result


def _flat(slab: BoolArray, axis: int) -> BoolArray:
    where: list[int | slice] = [slice(None)] * 3
    where[axis] = 0
    flat: BoolArray = slab[tuple(where)]
    return flat
