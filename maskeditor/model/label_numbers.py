"""The numbers of ROIs in an image of labels: those that they came with, and new ones after them."""

from __future__ import annotations

from collections.abc import Iterable

from maskeditor.core.history.timelines import Timeline
from maskeditor.core.space.mask import Roi
from maskeditor.ops.from_labels import FromLabels

#: What most programs can read: 31 bits.
LARGEST = (1 << 31) - 1
#: What a file that holds one mask has for "inside", which is no label.
INSIDE = (1, 255)


def numbers_for(rois: Iterable[Roi], timeline: Timeline) -> dict[str, int]:
    """Return the number that each ROI gets in an image of labels, by id.

    It keeps the one it has, or that of the label it was made of; the others are counted on after the greatest of
    these, and so is an ROI whose number is that of an earlier one.

    Parameters
    ----------
    rois : iterable of Roi
        In the order of their list.
    timeline : Timeline
        The steps that made them.

    Examples
    --------
    >>> numbers_for([Roi("roi1", "new"), Roi("roi2", "left", label=17), Roi("roi3", "right", label=53)], ())
    {'roi1': 54, 'roi2': 17, 'roi3': 53}
    """
    rois = tuple(rois)
    kept: dict[str, int] = {}
    for roi in rois:
        number = roi.label or label_of_steps(roi.id, timeline)
        if 0 < number <= LARGEST and number not in kept.values():
            kept[roi.id] = number
    last = max(kept.values(), default=0)
    # After the greatest that there can be, the least that are free.
    free = (number for number in range(1 if last == LARGEST else last + 1, LARGEST) if number not in kept.values())
    return {roi.id: kept[roi.id] if roi.id in kept else next(free) for roi in rois}


def label_of_steps(roi: str, timeline: Timeline) -> int:
    """Return the label whose voxels an ROI's first step takes; 0 if it takes none, or several."""
    first = next((step.operation for step in timeline if step.roi == roi and step.enabled), None)
    return first.labels[0] if isinstance(first, FromLabels) and len(first.labels) == 1 else 0
