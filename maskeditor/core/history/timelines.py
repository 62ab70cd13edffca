"""Steps, timelines, and what lies between two of them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from maskeditor.core.history.delta import Delta
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.mask import Roi
from maskeditor.engine.box import Box

#: Characters that a step's name or note may have.
LONGEST_TEXT = 10_000
#: Steps of which each has a sentence of its own; of more, the others are counted.
_EACH_NAMED = 3


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a step did to its ROI.

    Parameters
    ----------
    delta : Delta or None
        None when no voxel changed.
    extent : Box or None
        A box that holds every voxel of the mask after the step; None when it is empty.
    voxels : int
        Voxels of the mask after the step.
    """

    delta: Delta | None
    extent: Box | None
    voxels: int


@dataclass(frozen=True, eq=False)
class Step:
    """An operation as applied to an ROI, at its place in the timeline.

    Steps are compared by identity: each is an event of its own. One that makes an image works on no ROI (""), and has
    no limits.

    `frame` is the volume of a series that was shown while it was drawn or clicked: whoever undoes it is led back there.
    `recorded` is how many voxels it added and removed where a file tells so.
    """

    operation: Operation
    roi: str
    scope: Scope = EVERYWHERE
    enabled: bool = True
    name: str = ""
    note: str = ""
    frame: int | None = None
    outcome: Outcome | None = field(default=None, repr=False)
    recorded: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.operation.makes_image:
            object.__setattr__(self, "roi", "")
            object.__setattr__(self, "scope", EVERYWHERE)

    @property
    def makes(self) -> ImageOperation | None:
        """The operation, if it makes an image and is not disabled."""
        if not (self.operation.makes_image and self.enabled):
            return None
        assert isinstance(self.operation, ImageOperation)
        return self.operation

    @property
    def changed(self) -> tuple[int, int] | None:
        """How many voxels it added and removed, here or where its recipe was written; None where that is not known."""
        if self.outcome is None:
            return self.recorded
        delta = self.outcome.delta
        return (delta.added, delta.removed) if delta is not None else (0, 0)

    @property
    def title(self) -> str:
        """The row of the history: the step's own name, or the operation with its parameters."""
        where = self.scope.summary()
        return self.name or self.operation.summary() + (f" ({where})" if where else "")

    def title_with(self, names: Mapping[str, str]) -> str:
        """Return the title with the names of the ROIs that the step looks at, given by id, instead of their ids."""
        # In one pass, as a name may hold an id, and an id another: roi1 begins as roi10 does.
        ids = "|".join(map(re.escape, sorted(self.references & names.keys(), key=len, reverse=True)))
        return re.sub(ids, lambda found: names[found[0]], self.title) if ids else self.title

    @cached_property
    def references(self) -> frozenset[str]:
        """Ids of the ROIs that the step looks at, its own not counted."""
        return (self.operation.references() | self.scope.references()) - {self.roi}

    @cached_property
    def images(self) -> frozenset[str]:
        """Names of the further images that the step looks at."""
        return self.operation.images()

    def done(self, outcome: Outcome) -> Step:
        """Return the same step with what it did; `replace` takes as long as a tenth of a stroke, and knows less."""
        step = object.__new__(Step)
        vars(step).update(vars(self), outcome=outcome)
        return step

    def with_(self, **changes: Any) -> Step:
        """Return a new step with some fields changed and nothing worked out yet."""
        return replace(self, outcome=None, recorded=None, **changes)


Timeline = tuple[Step, ...]
#: ROIs and deltas that turn the masks of one timeline into those of another, and back; in any order.
Crossing = tuple[tuple[str, Delta], ...]


def shared(a: Timeline, b: Timeline) -> int:
    """Return the length of the beginning that two timelines share, outcomes included."""
    if a is b:
        return len(a)
    length = min(len(a), len(b))
    # Steps are compared by identity; whole tuples of them, as fast as it goes with ten thousand.
    if a[:length] == b[:length]:
        return length
    return bisect_left(range(length), True, key=lambda place: a[: place + 1] != b[: place + 1])


def state_of(timeline: Timeline, roi: str) -> Outcome:
    """Return extent and voxels of an ROI at the end of a timeline."""
    for step in reversed(timeline):
        if step.roi == roi and step.outcome is not None:
            return step.outcome
    return Outcome(None, None, 0)


def without_effect(timeline: Timeline, rois: Iterable[Roi]) -> tuple[str, ...]:
    """Return sentences on steps, worked out, that changed no voxel, or that left nothing of their mask.

    They call the ROIs that steps look at by their names. That what tidies up found nothing to tidy is no news. Many
    steps are one sentence of each kind.
    """
    names = {roi.id: roi.quoted for roi in rois}
    idle: list[tuple[int, Step, str]] = []
    emptying: list[tuple[int, Step, str]] = []
    voxels: dict[str, int] = {}
    for place, step in enumerate(timeline, 1):
        if not step.enabled or step.outcome is None or step.makes is not None:
            continue
        if step.outcome.delta is None:
            if not step.operation.tidies:
                idle.append((place, step, "changed no voxel"))
        elif step.outcome.voxels == 0 and not step.operation.empties:
            emptying.append((place, step, f"left nothing of the {plain_number(voxels.get(step.roi, 0), 'voxel')}"))
        voxels[step.roi] = step.outcome.voxels
    sentences: dict[int, str] = {}
    for found, together in ((idle, "changed no voxel"), (emptying, "left nothing of their masks")):
        if len(found) <= _EACH_NAMED:
            sentences |= {place: f"Step {place} ({step.title_with(names)}) {what}." for place, step, what in found}
        else:
            named = ", ".join(f"{place} ({step.title_with(names)})" for place, step, _ in found[:_EACH_NAMED])
            sentences[found[0][0]] = f"Steps {named} and {len(found) - _EACH_NAMED} more {together}."
    return tuple(sentence for _, sentence in sorted(sentences.items()))


class Way(NamedTuple):
    """How to go to a timeline from another.

    Parameters
    ----------
    goal : Timeline
    crossing : Crossing
    """

    goal: Timeline
    crossing: Crossing

    @property
    def cost(self) -> int:
        """How many voxels have to be visited."""
        return cost(self.crossing)


def cost(crossing: Crossing) -> int:
    """Return how many voxels a crossing visits."""
    return sum(delta.box.size for _, delta in crossing)


def changes(steps: Iterable[Step]) -> Iterable[tuple[str, Delta]]:
    """Yield ROI and delta of each step that changed a voxel."""
    for step in steps:
        if step.outcome is not None and step.outcome.delta is not None:
            yield step.roi, step.outcome.delta


def crossed_once(crossing: Iterable[tuple[str, Delta]]) -> Crossing:
    """Return the same without the deltas that come twice, as a delta that is toggled twice changes nothing."""
    left: dict[int, tuple[str, Delta]] = {}
    for roi, delta in crossing:
        if left.pop(id(delta), None) is None:
            left[id(delta)] = (roi, delta)
    return tuple(left.values())


def step_by_step(start: Timeline, goal: Timeline) -> Crossing:
    """Return the deltas of the steps between two timelines; what both hold need not be toggled."""
    keep = shared(start, goal)
    return crossed_once((*changes(start[keep:]), *changes(goal[keep:])))
