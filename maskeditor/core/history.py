"""Steps, timelines, and the timelines visited."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from maskeditor.core.box import Box
from maskeditor.core.delta import Delta, Keep
from maskeditor.core.operation import Operation
from maskeditor.core.scope import EVERYWHERE, Scope


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

    @property
    def references(self) -> frozenset[str]:
        """Ids of the ROIs that the step looks at, its own not counted."""
        return (self.operation.references() | self.scope.references()) - {self.roi}

    def with_(self, **changes: Any) -> Step:
        """Return a new step with some fields changed and nothing worked out yet."""
        return replace(self, outcome=None, **changes)


Timeline = tuple[Step, ...]


def shared(a: Timeline, b: Timeline) -> int:
    """Return the length of the beginning that two timelines share, outcomes included."""
    length = 0
    for one, other in zip(a, b, strict=False):
        if one is not other:
            break
        length += 1
    return length


def crossed(a: Timeline, b: Timeline) -> tuple[Step, ...]:
    """Return the steps to toggle on the way from one timeline to another."""
    keep = shared(a, b)
    return a[keep:] + b[keep:]


def state_of(timeline: Timeline, roi: str) -> Outcome:
    """Return extent and voxels of an ROI at the end of a timeline."""
    for step in reversed(timeline):
        if step.roi == roi and step.outcome is not None:
            return step.outcome
    return Outcome(None, None, 0)


class History:
    """The timelines visited and a cursor: what undo and redo walk.

    Parameters
    ----------
    budget : int
        Bytes of deltas kept in memory; beyond it the oldest are given to `keep`, none is dropped.
    keep : callable, optional
        Where bytes go beyond the budget; without it they stay in memory.
    """

    def __init__(self, budget: int = 256 << 20, keep: Keep | None = None) -> None:
        self.budget = budget
        self._keep = keep
        self._visited: list[tuple[Timeline, str]] = [((), "")]
        self._at = 0

    @property
    def timeline(self) -> Timeline:
        """The steps that make the present masks, in order."""
        return self._visited[self._at][0]

    @property
    def can_undo(self) -> bool:
        """Whether there is a timeline to go back to."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a timeline to go forth to."""
        return self._at + 1 < len(self._visited)

    @property
    def undo_title(self) -> str:
        """What undo would take back; empty when it can do nothing."""
        return self._visited[self._at][1] if self.can_undo else ""

    @property
    def redo_title(self) -> str:
        """What redo would do again; empty when it can do nothing."""
        return self._visited[self._at + 1][1] if self.can_redo else ""

    @property
    def previous(self) -> Timeline:
        """The timeline that undo goes to."""
        return self._visited[self._at - 1][0]

    @property
    def next(self) -> Timeline:
        """The timeline that redo goes to."""
        return self._visited[self._at + 1][0]

    @property
    def ahead(self) -> Timeline:
        """The steps that redo would bring back one after another, oldest first; for showing them greyed."""
        longest = self.timeline
        for timeline, _ in self._visited[self._at + 1 :]:
            if shared(timeline, longest) < len(longest):
                break
            longest = timeline
        return longest[len(self.timeline) :]

    def visit(self, timeline: Timeline, title: str) -> None:
        """Go to a new timeline; what could be redone until now is forgotten."""
        del self._visited[self._at + 1 :]
        self._visited.append((timeline, title))
        self._at += 1
        self._trim()

    def back(self) -> None:
        """Move the cursor to the timeline before."""
        self._at -= 1

    def forth(self) -> None:
        """Move the cursor to the timeline after."""
        self._at += 1

    def find(self, timeline: Timeline) -> int | None:
        """Return how far away (negative: back) the nearest visit of exactly these steps is, or None."""
        places = [
            place - self._at
            for place, (visited, _) in enumerate(self._visited)
            if len(visited) == len(timeline) and shared(visited, timeline) == len(timeline)
        ]
        return min(places, key=abs, default=None)

    def move(self, by: int) -> None:
        """Move the cursor over several timelines."""
        self._at += by

    @property
    def nbytes(self) -> int:
        """Bytes of deltas held in memory."""
        return sum(delta.nbytes for delta in self._deltas())

    def _deltas(self) -> list[Delta]:
        seen: dict[int, Delta] = {}
        for timeline, _ in self._visited:
            for step in timeline:
                if step.outcome is not None and step.outcome.delta is not None:
                    seen.setdefault(id(step.outcome.delta), step.outcome.delta)
        return list(seen.values())

    def _trim(self) -> None:
        if self._keep is None:
            return
        held = self.nbytes
        for delta in self._deltas():
            if held <= self.budget:
                break
            held -= delta.nbytes
            delta.put_away(self._keep)
