"""Where a move along the history changes something, so that whoever undoes it sees what was undone."""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple

from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Step, Timeline, Way
from maskeditor.engine.box import Box


class ChangedPlace(NamedTuple):
    """A place to look at.

    Parameters
    ----------
    box : Box, optional
        Around every voxel that changes in an ROI that is drawn; None if there is none.
    frame : int, optional
        The volume of the series that the step looked at, or was drawn on; None if it looked at several.
    """

    box: Box | None
    frame: int | None


def changed_place(document: Document, way: Way) -> ChangedPlace:
    """Return where going from the masks that are shown by a way changes something."""
    box: Box | None = None
    for roi, delta in way.crossing:
        if document.roi(roi).visible:
            box = delta.box.union(box)
    step = _changed_step(document.timeline, way.goal)
    if step is None or document.volume.frames == 1:
        return ChangedPlace(box, None)
    frame = getattr(step.operation, "frame", None)
    if isinstance(frame, int) and not getattr(step.operation, "image", ""):
        return ChangedPlace(box, frame)
    # A session may be anybody's.
    is_there = step.frame is not None and step.frame < document.volume.frames
    return ChangedPlace(box, step.frame if is_there else None)


def _changed_step(start: Timeline, goal: Timeline) -> Step | None:
    """Return the first step that differs: as it is afterwards, or, if it goes, as it was."""
    for before, after in zip_longest(start, goal):
        if before is not after:
            return after if after is not None and len(goal) >= len(start) else before
    return None
