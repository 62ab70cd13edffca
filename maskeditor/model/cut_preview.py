"""What a cut by a plane would leave of a mask, while a hand moves the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maskeditor.core.history.snapshot import Snapshot
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import BoolArray, Counts
from maskeditor.engine.box import Box
from maskeditor.engine.capsule import spread
from maskeditor.model.preview import OperationPreview, Preview
from maskeditor.model.view.slices import slice_of
from maskeditor.ops.cut_by_plane import CutByPlane, runs_on_side

#: Of the voxels of a slice, the share beyond which all are looked at instead of those that change.
MANY = 1 / 8


@dataclass
class _Slice:
    """A slice of the mask, the same as a cut leaves it, and the runs of that cut; all in Fortran order."""

    index: int
    mask: BoolArray
    left: BoolArray
    runs: tuple[Counts, Counts]


class CutPreview(OperationPreview):
    """The mask as a cut would leave it, which each move of the line changes at the cost of the voxels between.

    Parameters
    ----------
    snapshot : Snapshot
    roi : str
    operation : CutByPlane
    before : Preview, optional
        What is drawn now: of another cut of the same mask, it goes on from there.

    Attributes
    ----------
    axis : int
        That the slices of the view are cut across.
    runs : (first, stop) or None
        What stays of lines of voxels, as `runs_on_side` gives it.
    left : dict of int to _Slice
        By axis, the slice that was looked at last; shared with the cuts before.
    """

    def __init__(self, snapshot: Snapshot, roi: str, operation: CutByPlane, before: Preview | None = None) -> None:
        super().__init__(snapshot, roi, operation)
        geometry = snapshot.volume.geometry
        self.axis = geometry.axis_of(Plane(operation.plane))
        self._along, self._across = (axis for axis in range(3) if axis != self.axis)
        self.runs = runs_on_side(geometry.shape, geometry.affine, operation.points, self.axis)
        self.left: dict[int, _Slice] = {}
        self._before: tuple[Counts, Counts] | None = None
        goes_on = isinstance(before, CutPreview) and before.roi == roi and before.revision == self.revision
        if isinstance(before, CutPreview) and goes_on and before.axis == self.axis and before.runs is not None:
            self.left, self._before = before.left, before.runs
        if self._before is not None and self.runs is not None:
            self.news_box = self._box_between(self._before, self.runs)

    @property
    def is_local(self) -> bool:
        """Whether slices can be worked out one by one, at once."""
        return self.runs is not None

    def _box_between(self, before: tuple[Counts, Counts], now: tuple[Counts, Counts]) -> Box:
        """Return where two cuts differ; one voxel where they do not."""
        box: Box | None = None
        for one, other in zip(before, now, strict=True):
            lines = np.flatnonzero(one != other)
            if lines.size:
                ends = np.stack([one[lines], other[lines]])
                part = Box.whole(self._mask.shape).cut(self._across, int(lines[0]), int(lines[-1]) + 1)
                box = part.cut(self._along, int(ends.min()), int(ends.max())).union(box)
        return box or Box((0, 0, 0), (1, 1, 1))

    def slice(self, axis: int, index: int) -> BoolArray | None:
        """Return the slice across an axis as it would become, good until the next move."""
        if self.is_known or self.runs is None:
            return super().slice(axis, index)
        kept = self.left.get(axis)
        if kept is not None and kept.index == index:
            if kept.runs is not self.runs:
                places, stay = self._between(kept.runs, axis, index)
                if places.size <= MANY * kept.mask.size:
                    left, mask = (array.reshape(-1, order="F") for array in (kept.left, kept.mask))
                    left[places] = mask[places] & stay
                    kept.runs = self.runs
                if kept.runs is self.runs:
                    return kept.left
        else:
            kept = self.left[axis] = _Slice(index, slice_of(self._mask, axis, index), np.zeros(0, bool), self.runs)
        kept.left, kept.runs = np.asfortranarray(kept.mask & self._stays(axis, index)), self.runs
        return kept.left

    def news(self, axis: int, index: int, box: Box) -> Counts | None:
        """Return the voxels of a slice that the move has changed, (V,) of int in Fortran order, where they are few."""
        if box is not self.news_box or self._before is None:
            return None
        kept = self.left.get(axis)
        if kept is None or kept.index != index:
            return None
        places, _ = self._between(self._before, axis, index)
        return places[kept.mask.reshape(-1, order="F")[places]] if places.size <= MANY * kept.mask.size else None

    def _line(self, runs: tuple[Counts, Counts], axis: int, index: int) -> BoolArray:
        """Return which voxels stay along the line in which the view's slices meet one across another axis."""
        first, stop = runs
        places: Counts | int = index
        if axis == self._across:
            first, stop, places = first[index], stop[index], np.arange(self._mask.shape[self._along])
        stays: BoolArray = (first <= places) & (places < stop)
        return stays

    def _stays(self, axis: int, index: int) -> BoolArray:
        """Return which voxels of a slice stay, if they are in the mask: an array that broadcasts to its shape."""
        assert self.runs is not None
        if axis == self.axis:
            first, stop = self.runs
            places = np.arange(self._mask.shape[self._along])[:, None]
            stays: BoolArray = (first <= places) & (places < stop)
            return stays
        line = self._line(self.runs, axis, index)
        return line[:, None] if self._is_first(axis) else line

    def _is_first(self, axis: int) -> bool:
        """Whether the line of `_line` lies along the first axis of a slice across another one than the view's."""
        return self._along + self._across - axis < self.axis

    def _between(self, before: tuple[Counts, Counts], axis: int, index: int) -> tuple[Counts, BoolArray]:
        """Return the voxels (V,) of a slice among which are all that change sides, and which of these stay now."""
        assert self.runs is not None
        shape = [size for other, size in enumerate(self._mask.shape) if other != axis]
        if axis == self.axis:
            spans = [(np.minimum(*ends), np.maximum(*ends)) for ends in zip(before, self.runs, strict=True)]
            lines, places = (np.concatenate(parts) for parts in zip(*(spread(*span) for span in spans), strict=True))
            first, stop = (ends[lines] for ends in self.runs)
            return places + shape[0] * lines, (first <= places) & (places < stop)
        line = self._line(self.runs, axis, index)
        changed = np.flatnonzero(line != self._line(before, axis, index))
        one, other = (changed, np.arange(shape[1])) if self._is_first(axis) else (np.arange(shape[0]), changed)
        stay = np.repeat(line[changed], shape[1]) if self._is_first(axis) else np.tile(line[changed], shape[0])
        return (one[:, None] + shape[0] * other).reshape(-1), stay
