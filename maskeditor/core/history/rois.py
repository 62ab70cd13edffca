"""The ROIs of a document: which there are, what they are called, and which stay without any step."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from maskeditor.core.history.timelines import Timeline
from maskeditor.core.space.mask import COLOURS, Roi
from maskeditor.engine.errors import MaskEditorError


class Rois:
    """All ROIs there ever were, by id, as undo may bring them back.

    Parameters
    ----------
    every : iterable of (Roi, bool)
        Each with whether it stays without any step.
    """

    def __init__(self, every: Iterable[tuple[Roi, bool]] = ()) -> None:
        every = tuple(every)
        self._rois = {roi.id: roi for roi, _ in every}
        self._staying = {roi.id for roi, stays in every if stays}
        # What was found last, for steps that were made and steps that were shown.
        self._used: tuple[Timeline, Timeline, set[str]] = ((), (), set())

    def __contains__(self, id: str) -> bool:
        return id in self._rois

    def __getitem__(self, id: str) -> Roi:
        """Return an ROI by id.

        Raises
        ------
        MaskEditorError
            If there never was one.
        """
        if id not in self._rois:
            raise MaskEditorError(f"There is no ROI {id!r}; there are {', '.join(self._rois)}.")
        return self._rois[id]

    @property
    def every(self) -> tuple[tuple[Roi, bool], ...]:
        """All of them, each with whether it stays without any step."""
        return tuple((roi, id in self._staying) for id, roi in self._rois.items())

    @property
    def all_stay(self) -> bool:
        """Whether each of them stays without any step, so that none comes or goes with steps."""
        return len(self._staying) == len(self._rois)

    def there(self, present: Timeline, shown: Timeline) -> tuple[Roi, ...]:
        """Return those there are: those that stay, and those that steps made or shown fill or look at."""
        if self.all_stay:
            return tuple(self._rois.values())
        if self._used[0] is not present or self._used[1] is not shown:
            steps = present if shown is present else (*present, *shown)
            used = {step.roi for step in steps}.union(*(step.references for step in steps))
            self._used = (present, shown, used)
        return tuple(roi for id, roi in self._rois.items() if id in self._staying or id in self._used[2])

    def draft(self, names: Iterable[str], there: Iterable[Roi]) -> tuple[Roi, ...]:
        """Return ROIs that may be added, their names made unlike those of all there are; nothing is added yet."""
        taken = {roi.name for roi in there}
        drafts: list[Roi] = []
        # Ids are counted on over deleted ROIs, which undo may bring back.
        numbers = (number for number in itertools.count(1) if f"roi{number}" not in self._rois)
        for name in names:
            unlike, count = name, 2
            while unlike in taken:
                unlike, count = f"{name} {count}", count + 1
            taken.add(unlike)
            colour = COLOURS[(len(self._rois) + len(drafts)) % len(COLOURS)]
            drafts.append(Roi(f"roi{next(numbers)}", unlike, colour))
        return tuple(drafts)

    def put(self, roi: Roi) -> None:
        """Add an ROI, or put it in the place of that of its id."""
        self._rois[roi.id] = roi

    def have_stay(self, rois: Iterable[Roi]) -> None:
        """Have ROIs stay without any step."""
        self._staying |= {roi.id for roi in rois}

    def let_go(self, id: str) -> None:
        """Have an ROI go, unless steps fill it or look at it."""
        self._staying.discard(id)

    @property
    def none_stays(self) -> bool:
        """Whether all of them would go with their steps."""
        return not self._staying
