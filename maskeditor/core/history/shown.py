"""Which steps are shown: those of the present, or, while one looks at an earlier row, a beginning of them."""

from __future__ import annotations

from maskeditor.core.errors import OperationError
from maskeditor.core.history.timelines import Timeline, Way, step_by_step
from maskeditor.core.history.visits import History


class Shown:
    """The row whose masks are shown, and the ways from it to others.

    Parameters
    ----------
    history : History
        What was made, whatever is shown of it.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        # None at the present.
        self._looked_at: Timeline | None = None

    @property
    def timeline(self) -> Timeline:
        """The steps that make the masks as they are shown."""
        return self._history.timeline if self._looked_at is None else self._looked_at

    @property
    def is_earlier(self) -> bool:
        """Whether they are those after another row than the present one."""
        return self._looked_at is not None

    @property
    def later(self) -> Timeline:
        """The steps of the present that follow them."""
        return self._history.timeline[len(self.timeline) :]

    def come_to(self, goal: Timeline) -> None:
        """Note that the masks after these steps are shown."""
        self._looked_at = None if goal == self._history.timeline else goal

    def way_to(self, goal: Timeline) -> Way:
        """Return how to go from the masks that are shown to those of another row, as `Document.way_to`."""
        # What is done there would bring steps back that were changed or taken out.
        if goal != (*self._history.timeline, *self._history.ahead)[: len(goal)]:
            raise OperationError("The steps have changed since that row was chosen; choose it again.")
        return Way(goal, step_by_step(self.timeline, goal))

    def way_by(self, by: int) -> Way:
        """Return how to go from the masks that are shown to those after the cursor has moved by 1 or -1."""
        return self._history.way(by, self.timeline, self._after(by))

    def _after(self, by: int) -> Timeline:
        """Return the steps whose masks are shown once the cursor has moved by 1 or -1.

        Whoever looks at an earlier row goes on looking at it if the move changes steps there, as when what was put in
        there is taken back; else the move is shown, at the present.
        """
        goal, shown, present = self._history.near(by), self.timeline, self._history.timeline
        visit = self._history.visits[self._history.at + min(by, 0)]
        after = len(self.later)
        if after == 0 or len(shown) < visit.keep or shown != present[: len(shown)]:
            return goal
        return goal[: max(visit.keep, len(goal) - after)]
