"""What a square brush covers on a straight way between two points in a slice, as runs of voxels along one axis.

A voxel is held if there is a point of the way from whose middle it lies no further than the radius along either axis of
the slice, in mm. On a line of voxels, the part of the way that is near enough across the line has two ends, and the run
reaches from one to the other, and the radius beyond both.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from maskeditor.engine.arrays import Counts, Floats
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.capsule import Capsule, Nib, Runs, runs_between
from maskeditor.engine.capsule_lines import clamped


class Square(Capsule):
    """The voxels of a square that goes a straight way, and those that the way runs through.

    Parameters
    ----------
    nib, start, stop, grid, goes_on
        As of a `Capsule`; the nib is one of a square.
    """

    def __init__(self, nib: Nib, start: Floats, stop: Floats, grid: Voxel, goes_on: bool) -> None:
        super().__init__(nib, start, stop, grid, goes_on)
        # What is new lies round a corner, whose box is nearly that of all.
        self.news = self.box

    @property
    def is_short(self) -> bool:
        """No: what it adds lies round a corner, and is no crescent."""
        return False

    def _runs_of_lines(self, box: Box, along: int) -> Iterator[Runs]:
        lines = [axis for axis in range(3) if axis != along]
        # Of the other axis of the slice: the first of the lines, unless that is the axis across the slice.
        beside = next(axis for axis in self._nib.within if axis != along)
        offset = np.arange(box.start[beside], box.stop[beside]) - self._start[beside]
        reach, way = self._nib.reaches[beside], self._stop - self._start
        first, stop = self._run(*_part_near(offset, way[beside], reach), along, way[along], box)
        old_first, old_stop = np.full_like(first, box.stop[along]), np.full_like(stop, box.stop[along])
        if self._goes_on:
            covered = np.abs(offset) <= reach
            old = self._run(np.where(covered, 0.0, np.inf), np.where(covered, 0.0, -np.inf), along, 0.0, box)
            old_first, old_stop = np.where(covered, old, box.stop[along])
        shape = (box.shape[lines[1]], box.shape[lines[0]])
        for begin, end in ((first, np.minimum(stop, old_first)), (np.maximum(first, old_stop), stop)):
            spread = (np.broadcast_to(one if beside == lines[0] else one[:, None], shape) for one in (begin, end))
            yield runs_between(box, lines, *spread)

    def _run(self, begin: Floats, end: Floats, along: int, way: float, box: Box) -> tuple[Counts, Counts]:
        """Return where lines enter and leave the square, as it goes a part of the way; nowhere, of an empty part."""
        reach, start = self._nib.reaches[along], self._start[along]
        some = begin <= end
        low, high = (np.where(some, part, 0.0) * way for part in (begin, end))
        first = clamped(np.ceil(start + np.minimum(low, high) - reach), box.start[along], box.stop[along])
        stop = clamped(np.floor(start + np.maximum(low, high) + reach) + 1, box.start[along], box.stop[along])
        return np.where(some, first, box.stop[along]), np.where(some, stop, box.start[along])


def _part_near(offset: Floats, way: float, reach: float) -> tuple[Floats, Floats]:
    """Return between which parts of a way (0 to 1) it comes near enough to lines at offsets; the first above, if never.

    Examples
    --------
    >>> _part_near(np.array([0.0, 5.0, 9.0]), 6.0, 2.0)
    (array([0. , 0.5, inf]), array([0.33333333, 1.        ,       -inf]))
    """
    if way == 0:
        near = np.abs(offset) <= reach
        return np.where(near, 0.0, np.inf), np.where(near, 1.0, -np.inf)
    ends = np.sort([(offset - reach) / way, (offset + reach) / way], axis=0)
    begin, end = np.maximum(ends[0], 0.0), np.minimum(ends[1], 1.0)
    near = begin <= end
    return np.where(near, begin, np.inf), np.where(near, end, -np.inf)
