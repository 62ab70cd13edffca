"""The masks that a document shows, with what is known of them; nobody but the document writes."""

from __future__ import annotations

from collections.abc import Mapping

from maskeditor.core.history.delta import Delta
from maskeditor.core.history.timelines import Crossing, Outcome, Timeline, state_of
from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.engine.box import Box, Voxel

#: How many times as large as needed a mask may stay when a move makes it smaller: more than it grows by at once.
SLACK = 4


class Masks:
    """The mask of each ROI after the steps that are shown.

    Parameters
    ----------
    shape : tuple of 3 int
    masks : mapping of str to MaskBits
        By id of the ROI.
    """

    def __init__(self, shape: Voxel, masks: Mapping[str, MaskBits] | None = None) -> None:
        self._shape = shape
        self._masks = dict(masks or {})
        self._states: dict[str, Outcome] = {}

    def __getitem__(self, roi: str) -> MaskBits:
        """Return the mask of an ROI."""
        return self._masks[roi]

    def begin(self, roi: str) -> MaskBits:
        """Put an empty mask in the place of an ROI's."""
        self._masks[roi] = MaskBits(self._shape)
        return self._masks[roi]

    def swap(self, masks: Mapping[str, MaskBits]) -> None:
        """Put whole masks in the place of those of their ROIs."""
        self._masks.update(masks)

    def put(self, in_place: Mapping[str, Rows]) -> None:
        """Put voxels in place, for each ROI."""
        for roi, rows in in_place.items():
            self._masks[roi].put(rows)

    def toggle(self, crossing: Crossing) -> None:
        """Cross from one timeline to another; if some bits cannot be read, nothing is changed."""
        done: list[tuple[str, Delta]] = []
        try:
            for roi, delta in crossing:
                delta.toggle(self._masks[roi])
                done.append((roi, delta))
        except BaseException:
            # Bits that were put away may be out of reach; masks and steps must still belong together.
            for roi, delta in done:
                delta.toggle(self._masks[roi])
            raise

    def state(self, roi: str, shown: Timeline) -> Outcome:
        """Return extent and voxels of an ROI after the steps that are shown."""
        if roi not in self._states:
            self._states[roi] = state_of(shown, roi)
        return self._states[roi]

    def settle(self, crossed: Crossing, shown: Timeline) -> dict[str, Box]:
        """Know anew what was crossed to come to the steps that are shown; return the box that changed for each ROI."""
        boxes: dict[str, Box] = {}
        for roi, delta in crossed:
            boxes[roi] = delta.box.union(boxes.get(roi))
            self._states.pop(roi, None)
        for roi in boxes:
            # An undone threshold must not go on taking memory; what is drawn further out keeps its room.
            self._masks[roi].tighten(self.state(roi, shown).extent, SLACK)
        return boxes
