"""Where a move along the history changes something, so that whoever undoes it sees what was undone."""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple
from weakref import WeakKeyDictionary

from maskeditor.core.history.delta import Delta
from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Step, Timeline, Way
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.box import Box


class DrawnOn:
    """Which volume of a series was shown while a step was drawn or clicked, as long as that step is remembered."""

    def __init__(self) -> None:
        self._frames: WeakKeyDictionary[Delta, int] = WeakKeyDictionary()

    def note(self, step: Step, frame: FrameChoice) -> None:
        """Note the volume that was shown while a step was made; of a mean there is none to go back to."""
        delta = step.outcome.delta if step.outcome is not None else None
        if delta is not None and isinstance(frame, int) and step.operation.is_bound():
            self._frames[delta] = frame

    def frame(self, step: Step) -> int | None:
        """Return the volume that was shown; None if nobody knows."""
        delta = step.outcome.delta if step.outcome is not None else None
        return self._frames.get(delta) if delta is not None else None


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


def changed_place(document: Document, way: Way, drawn_on: DrawnOn) -> ChangedPlace:
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
    return ChangedPlace(box, drawn_on.frame(step))


def _changed_step(start: Timeline, goal: Timeline) -> Step | None:
    """Return the first step that differs: as it is afterwards, or, if it goes, as it was."""
    for before, after in zip_longest(start, goal):
        if before is not after:
            return after if after is not None and len(goal) >= len(start) else before
    return None
