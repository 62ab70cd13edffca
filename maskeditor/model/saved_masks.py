"""Where the masks of a session were saved, and which of them are as they were saved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from maskeditor.core.history.timelines import Step, Timeline
from maskeditor.core.operation.scope import EVERYWHERE
from maskeditor.core.recipe.recipe import steps_of
from maskeditor.core.recipe.recipe_json import step_record
from maskeditor.io.seen import Seen, look, recorded
from maskeditor.model.source import seen_from
from maskeditor.ops.import_mask import ImportMask


class _Mark(NamedTuple):
    """What the steps of an ROI are known by, in a journal that outlives them."""

    length: int
    digest: str

    @classmethod
    def of(cls, steps: Iterable[Step]) -> _Mark:
        records = [step_record(step) for step in steps]
        return cls(len(records), hashlib.sha256(json.dumps(records).encode()).hexdigest())


class _SavedSteps:
    """The steps with which ROIs were saved, by id."""

    def __init__(self) -> None:
        self._steps: dict[str, Timeline] = {}
        # Of a session that was restored: the steps that were saved, wherever in its history they are.
        self._marks: dict[str, _Mark] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._steps, *self._marks)))

    def take(self, roi: str, steps: Timeline) -> None:
        """Remember the steps of an ROI."""
        self._steps[roi] = steps
        self._marks.pop(roi, None)

    def are(self, roi: str, now: Timeline) -> bool:
        """Whether the steps of an ROI are those with which it was saved."""
        mark = self._marks.get(roi)
        if mark is not None and len(now) == mark.length and _Mark.of(now) == mark:
            self.take(roi, now)
        # Steps are compared by identity.
        return now == self._steps.get(roi)

    def record(self, roi: str) -> dict[str, Any]:
        """Return what a journal records of an ROI's steps."""
        mark = self._marks.get(roi) or _Mark.of(self._steps.get(roi, ()))
        return {"steps": mark.digest, "count": mark.length}

    def remember(self, roi: str, record: Mapping[str, Any], timeline: Timeline) -> None:
        """Take over what a journal recorded."""
        # Journals of old do not know how many steps were saved; then only the present ones can be these.
        self._marks[roi] = _Mark(record.get("count", len(steps_of(timeline, roi))), record["steps"])


class SavedMasks:
    """Where each ROI was saved, with which steps, and what its file was then; by id."""

    def __init__(self) -> None:
        #: Where each ROI was last saved.
        self.files: dict[str, Path] = {}
        #: The ROIs whose file nobody chose here: the session that was opened names it, and may be from anywhere.
        self.unchosen: set[str] = set()
        self._steps = _SavedSteps()
        self._seen: dict[str, Seen] = {}

    def take(self, roi: str, path: Path, timeline: Timeline) -> None:
        """Remember that an ROI, with its steps in a timeline, is the mask of a file."""
        self.files[roi] = path
        self.unchosen.discard(roi)
        self._seen[roi] = look(path)
        self._steps.take(roi, steps_of(timeline, roi))

    def seen(self, roi: str, path: Path) -> Seen | None:
        """Return what was last seen of a file that an ROI was saved to; None of any other."""
        return self._seen.get(roi) if self.files.get(roi) == path else None

    def is_kept(self, roi: str, timeline: Timeline) -> bool:
        """Whether a file holds what the steps of a timeline make of an ROI; so it does of one without a step."""
        now = steps_of(timeline, roi)
        if roi not in self.files:
            return not now or _only_brought_in(now)
        return self._steps.are(roi, now) and look(self.files[roi]) == self._seen[roi]

    # In the journal -----------------------------------------------------------------------------------------------

    def facts(self, base: Path | None) -> dict[str, Any]:
        """Return what a journal records; paths as seen from a folder, or in full for None."""
        return {
            roi: {
                "path": seen_from(base, path),
                **self._steps.record(roi),
                "seen": self._seen.get(roi, ()),
                "chosen": roi not in self.unchosen,
            }
            for roi, path in self.files.items()
        }

    def remember(self, facts: Mapping[str, Any], timeline: Timeline, base: Path, is_own: bool) -> None:
        """Take over what a journal recorded.

        Parameters
        ----------
        facts : mapping
        timeline : Timeline
            The present steps.
        base : Path
            The folder that paths are seen from.
        is_own : bool
            Whether the program wrote the journal for itself.
        """
        for roi, file in facts.items():
            self.files[roi] = base / file["path"]
            self._seen[roi] = recorded(file.get("seen"))
            if not (is_own and file.get("chosen", True)):
                self.unchosen.add(roi)
            self._steps.remember(roi, file, timeline)


class SavedLabels:
    """The image of labels that ROIs of a session were last saved to, or brought back from, together."""

    def __init__(self) -> None:
        #: Where it is; None as long as there is none.
        self.path: Path | None = None
        self._steps = _SavedSteps()
        self._seen: Seen = ()

    def take(self, path: Path, rois: Iterable[str], timeline: Timeline) -> None:
        """Remember that ROIs, with their steps in a timeline, are those of a file."""
        self.path, self._seen, self._steps = path, look(path), _SavedSteps()
        for roi in rois:
            self._steps.take(roi, steps_of(timeline, roi))

    def seen(self, path: Path) -> Seen | None:
        """Return what was last seen of a file that was written; None of any other."""
        return self._seen if path == self.path else None

    def is_kept(self, roi: str, timeline: Timeline) -> bool:
        """Whether the file holds what the steps of a timeline make of an ROI."""
        if self.path is None or not self._steps.are(roi, steps_of(timeline, roi)):
            return False
        return look(self.path) == self._seen

    # In the journal -----------------------------------------------------------------------------------------------

    def facts(self, base: Path | None) -> dict[str, Any] | None:
        """Return what a journal records, None without a file; its path as seen from a folder, or in full for None."""
        if self.path is None:
            return None
        rois = {roi: self._steps.record(roi) for roi in self._steps}
        return {"path": seen_from(base, self.path), "seen": self._seen, "rois": rois}

    def remember(self, facts: Mapping[str, Any] | None, timeline: Timeline, base: Path) -> None:
        """Take over what a journal recorded, with the present steps and the folder that its path is seen from."""
        if facts is not None:
            self.path, self._seen = base / facts["path"], recorded(facts.get("seen"))
            for roi, record in facts["rois"].items():
                self._steps.remember(roi, record, timeline)


def images_of_no_mask(timeline: Timeline, rois: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the images by steps that the mask of no ROI looks at: no file of a mask keeps them."""
    of_masks = {id(step) for roi in rois for step in steps_of(timeline, roi)}
    return tuple(step.makes.name for step in timeline if step.makes is not None and id(step) not in of_masks)


def _only_brought_in(steps: Timeline) -> bool:
    """Whether steps are the mask of a file and nothing else, so that the file holds it."""
    if len(steps) != 1:
        return False
    (step,) = steps
    return isinstance(step.operation, ImportMask) and not step.operation.resampled and step.scope == EVERYWHERE
