"""The timelines that were visited, and the cursor among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from maskeditor.core.history.delta import Keep
from maskeditor.core.history.held import HeldDeltas
from maskeditor.core.history.timelines import (
    Crossing,
    Step,
    Timeline,
    Way,
    changes,
    crossed_once,
    shared,
    step_by_step,
)


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
    crossing : Crossing, optional
        What lies between the masks of both, where that is less than the steps left and entered changed on the way; at
        most one delta for an ROI is then not that of a step.
    """

    keep: int
    left: Timeline
    entered: Timeline
    title: str
    crossing: Crossing | None = None

    @property
    def crossed(self) -> Crossing:
        """What turns the masks of the timeline before into those of this one, and back."""
        if self.crossing is not None:
            return self.crossing
        return crossed_once((*changes(self.left), *changes(self.entered)))


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
        #: The deltas of all timelines visited, and of moves that are being worked out.
        self.held = HeldDeltas(budget, keep)
        self._visits: list[Visit] = []
        self._at = 0
        self._timeline: Timeline = ()

    @property
    def timeline(self) -> Timeline:
        """The steps that make the present masks, in order."""
        return self._timeline

    @property
    def visits(self) -> Sequence[Visit]:
        """The timelines visited, each as it differs from the one before; the first begins with no step. Only read."""
        return self._visits

    @property
    def steps(self) -> Iterator[Step]:
        """Every step that undo or redo may bring back, and those of the present; some come more than once."""
        return (step for visit in self._visits for step in (*visit.left, *visit.entered))

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

    def way_back(self, roi: str) -> str:
        """Return why an ROI is not there any more and what brings it back, for a sentence that goes on."""

        def is_used(steps: Iterable[Step]) -> bool:
            return any(roi == step.roi or roi in step.references for step in steps)

        if any(is_used(visit.left) for visit in self._visits[: self._at]):
            return "was deleted; undo that, or "
        if any(is_used(visit.entered) for visit in self._visits[self._at :]):
            return "went with the step that made it, which was undone; redo that, or "
        return "was deleted; "

    @property
    def ahead(self) -> Timeline:
        """The undone steps, which redo would bring back one after another, for showing them greyed."""
        ahead: list[Step] = []
        for visit in self._visits[self._at :]:
            if visit.left:
                break
            ahead += visit.entered
        return tuple(ahead)

    def way(self, by: int, start: Timeline, shown: Timeline) -> Way:
        """Return how to go from masks to others, while the cursor moves.

        Parameters
        ----------
        by : int
            How far the cursor moves.
        start, shown : Timeline
            The steps of the masks before and after; a beginning of those at the cursor, while a row is looked at.
        """
        moves = self._visits[self._at + by : self._at] if by < 0 else self._visits[self._at : self._at + by]
        # From end to end of each visit, or by the steps between the two alone: an edit of an early step changes all
        # later ones, but of two strokes that are undone after a look elsewhere, one may have been left already.
        by_visits = (
            *step_by_step(start, self._timeline),
            *(change for visit in moves for change in visit.crossed),
            *step_by_step(self.near(by), shown),
        )
        ways = Way(shown, crossed_once(by_visits)), Way(shown, step_by_step(start, shown))
        return min(ways, key=lambda way: way.cost)

    def visit(self, timeline: Timeline, title: str, crossing: Crossing | None = None) -> None:
        """Go to a new timeline; what could be redone until now is forgotten.

        `crossing` is what lies between its masks and the present ones, where that is less than what its steps changed.
        """
        keep = shared(self._timeline, timeline)
        del self._visits[self._at :]
        visit = Visit(keep, self._timeline[keep:], timeline[keep:], title, crossing)
        self._visits.append(visit)
        self._at += 1
        self._timeline = timeline
        self._hold(visit)
        self.held.trim()

    def restore(self, visits: Iterable[Visit], at: int) -> None:
        """Take over the timelines that an earlier session visited, and the place of its cursor among them."""
        self._visits, self._at = list(visits), at
        self._timeline = timeline_after(self._visits[:at])
        for visit in self._visits:
            self._hold(visit)
        self.held.trim()

    def _hold(self, visit: Visit) -> None:
        for _, delta in (*changes(visit.entered), *(visit.crossing or ())):
            self.held.count(delta)

    def move(self, by: int) -> None:
        """Move the cursor over several timelines, back for a negative number."""
        self._timeline = self.near(by)
        self._at += by
