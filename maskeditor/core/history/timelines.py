"""Steps, timelines, and the timelines visited."""

from __future__ import annotations

import weakref
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from maskeditor.core.history.delta import Delta, Keep
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.engine.box import Box

#: Characters that a step's name or note may have.
LONGEST_TEXT = 10_000


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

    Steps are compared by identity: each is an event of its own.
    """

    operation: Operation
    roi: str
    scope: Scope = EVERYWHERE
    enabled: bool = True
    name: str = ""
    note: str = ""
    outcome: Outcome | None = field(default=None, repr=False)

    @property
    def title(self) -> str:
        """The row of the history: the step's own name, or the operation with its parameters."""
        where = self.scope.summary()
        return self.name or self.operation.summary() + (f" ({where})" if where else "")

    @cached_property
    def references(self) -> frozenset[str]:
        """Ids of the ROIs that the step looks at, its own not counted."""
        return (self.operation.references() | self.scope.references()) - {self.roi}

    def with_(self, **changes: Any) -> Step:
        """Return a new step with some fields changed and nothing worked out yet."""
        return replace(self, outcome=None, **changes)


Timeline = tuple[Step, ...]


def shared(a: Timeline, b: Timeline) -> int:
    """Return the length of the beginning that two timelines share, outcomes included."""
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


def without_effect(timeline: Timeline) -> tuple[str, ...]:
    """Return a sentence for each step, worked out, that changed no voxel, or that left nothing of its mask."""
    sentences = []
    voxels: dict[str, int] = {}
    for place, step in enumerate(timeline, 1):
        if not step.enabled or step.outcome is None:
            continue
        if step.outcome.delta is None:
            sentences.append(f"Step {place} ({step.title}) changed no voxel.")
        elif step.outcome.voxels == 0 and not step.operation.empties:
            sentences.append(f"Step {place} ({step.title}) left nothing of the {voxels.get(step.roi, 0)} voxels.")
        voxels[step.roi] = step.outcome.voxels
    return tuple(sentences)


class Visit(NamedTuple):
    """How a timeline differs from the one visited before it: ten thousand strokes share their beginnings.

    Parameters
    ----------
    keep : int
        Steps at the beginning that both have.
    left, entered : Timeline
        The steps after these, of the timeline before and of this one.
    title : str
        What the move between them is called.
    """

    keep: int
    left: Timeline
    entered: Timeline
    title: str


def timeline_after(visits: Iterable[Visit]) -> Timeline:
    """Return where visits lead, the first of them from no step."""
    steps: list[Step] = []
    for visit in visits:
        steps[visit.keep :] = visit.entered
    return tuple(steps)


class History:
    """The timelines visited and a cursor: what undo and redo walk.

    Parameters
    ----------
    budget : int
        Bytes of deltas kept in memory; beyond it the oldest are put away, none is dropped.
    keep : callable, optional
        Says where the bits of a delta are kept besides; without it they stay in memory.
    """

    def __init__(self, budget: int = 16 << 20, keep: Keep | None = None) -> None:
        self._budget = budget
        self._keep = keep
        self._visits: list[Visit] = []
        self._at = 0
        self._timeline: Timeline = ()
        # Deltas in the order they came, as long as a visited timeline holds them.
        self._deltas: dict[int, weakref.ref[Delta]] = {}
        self._nbytes = 0
        # Those of them whose bits were put away.
        self._away: dict[int, weakref.ref[Delta]] = {}
        self._nbytes_away = 0

    @property
    def budget(self) -> int:
        """Bytes of deltas kept in memory; with fewer than before, the oldest are put away at once."""
        return self._budget

    @budget.setter
    def budget(self, nbytes: int) -> None:
        self._budget = nbytes
        self._trim()

    @property
    def timeline(self) -> Timeline:
        """The steps that make the present masks, in order."""
        return self._timeline

    @property
    def visits(self) -> Sequence[Visit]:
        """The timelines visited, each as it differs from the one before; the first begins with no step. Only read."""
        return self._visits

    @property
    def at(self) -> int:
        """How many of the visits lie behind the cursor."""
        return self._at

    @property
    def can_undo(self) -> bool:
        """Whether there is a timeline to go back to."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a timeline to go forth to."""
        return self._at < len(self._visits)

    @property
    def undo_title(self) -> str:
        """What undo would take back; empty when it can do nothing."""
        return self._visits[self._at - 1].title if self.can_undo else ""

    @property
    def redo_title(self) -> str:
        """What redo would do again; empty when it can do nothing."""
        return self._visits[self._at].title if self.can_redo else ""

    def near(self, by: int) -> Timeline:
        """Return the timeline visited some moves later, or earlier for a negative number."""
        steps = list(self._timeline)
        for visit in reversed(self._visits[self._at + by : self._at]):
            steps[visit.keep :] = visit.left
        for visit in self._visits[self._at : self._at + by]:
            steps[visit.keep :] = visit.entered
        return tuple(steps)

    @property
    def ahead(self) -> Timeline:
        """The undone steps, which redo would bring back one after another, for showing them greyed."""
        ahead: list[Step] = []
        for visit in self._visits[self._at :]:
            if visit.left:
                break
            ahead += visit.entered
        return tuple(ahead)

    def visit(self, timeline: Timeline, title: str) -> None:
        """Go to a new timeline; what could be redone until now is forgotten."""
        keep = shared(self._timeline, timeline)
        del self._visits[self._at :]
        self._visits.append(Visit(keep, self._timeline[keep:], timeline[keep:], title))
        self._at += 1
        self._timeline = timeline
        for step in timeline[keep:]:
            if step.outcome is not None and step.outcome.delta is not None:
                self._count(step.outcome.delta)
        self._trim()

    def restore(self, visits: Iterable[Visit], at: int) -> None:
        """Take over the timelines that an earlier session visited, and the place of its cursor among them."""
        self._visits, self._at = list(visits), at
        self._timeline = timeline_after(self._visits[:at])
        for visit in self._visits:
            for step in visit.entered:
                if step.outcome is not None and step.outcome.delta is not None:
                    self._count(step.outcome.delta)
        self._trim()

    def move(self, by: int) -> None:
        """Move the cursor over several timelines, back for a negative number."""
        self._timeline = self.near(by)
        self._at += by

    @property
    def nbytes(self) -> int:
        """Bytes of deltas held in memory."""
        return self._nbytes

    @property
    def nbytes_away(self) -> int:
        """Bytes of deltas that were put away."""
        return self._nbytes_away

    def _count(self, delta: Delta) -> None:
        key = id(delta)
        if key in self._deltas or key in self._away:
            return
        size = delta.nbytes

        def gone(_: object) -> None:
            if self._deltas.pop(key, None) is not None:
                self._nbytes -= size
            elif self._away.pop(key, None) is not None:
                self._nbytes_away -= size

        self._deltas[key] = weakref.ref(delta, gone)
        self._nbytes += size

    def _trim(self) -> None:
        if self._keep is None:
            return
        while self._nbytes > self._budget and self._deltas:
            key, held = next(iter(self._deltas.items()))
            delta = held()
            if delta is None:
                self._deltas.pop(key, None)
                continue
            size = delta.nbytes
            if not delta.put_away(self._keep):
                # What is newer is kept nowhere else either; the next visit tries again.
                return
            self._away[key] = self._deltas.pop(key)
            self._nbytes -= size
            self._nbytes_away += size
