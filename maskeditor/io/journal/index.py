"""What a journal holds: read from its rows, and the rows that are still to be written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from maskeditor.core.errors import RecipeError
from maskeditor.core.history.delta import Delta
from maskeditor.core.history.timelines import Crossing, Outcome, Step
from maskeditor.core.history.visits import Visit
from maskeditor.core.recipe.recipe_json import step_of_record
from maskeditor.core.space.mask import Roi
from maskeditor.engine.box import Box
from maskeditor.io.journal import rows as rows
from maskeditor.io.journal.facts import is_count, is_text
from maskeditor.io.journal.rows import Damaged, Known, Run, Written

#: Characters of why something is lost, that are shown.
_LONGEST_REASON = 500


@dataclass
class Recorded:
    """What a journal holds.

    Parameters
    ----------
    about : dict
        Name of the image, its source, and whatever else was recorded.
    rois : list of (Roi, bool)
        Each with whether it stays without any step.
    visits : list of Visit
        The timelines visited.
    at : int
        How many of the visits lie behind the cursor.
    lost : str
        Why the rest could not be read; empty when all is there.
    drawn : list
        Records of strokes that were drawn last and are no steps yet.
    """

    about: dict[str, Any] = field(default_factory=dict)
    rois: list[tuple[Roi, bool]] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    at: int = 0
    lost: str = ""
    drawn: list[Any] = field(default_factory=list)


@dataclass
class Index:
    """The rows that a journal holds; the numbers of rows only ever grow, so that none means two things.

    Parameters
    ----------
    written : list of Written
        The visits.
    steps, deltas : mapping to Known
    next : int
        The number of the next row.
    ahead : set of Known
        The deltas that were written ahead of their visit.
    """

    written: list[Written] = field(default_factory=list)
    steps: WeakKeyDictionary[Step, Known] = field(default_factory=WeakKeyDictionary)
    deltas: WeakKeyDictionary[Delta, Known] = field(default_factory=WeakKeyDictionary)
    next: int = 1
    ahead: set[Known] = field(default_factory=set)

    def number(self) -> int:
        """Return the number for a new row."""
        self.next += 1
        return self.next - 1

    def write_ahead(self, run: Run, deltas: Iterable[Delta]) -> dict[Delta, Known]:
        """Write deltas whose visit is still to come."""
        return {delta: rows.write_delta(run, self.number(), delta) for delta in deltas}

    def settle_ahead(self, written: Mapping[Delta, Known]) -> None:
        """Take down that deltas written ahead are on the disk now."""
        self.ahead |= set(written.values())
        self.deltas.update(written)

    def shared(self, visits: Sequence[Visit]) -> int:
        """Return how many visits at the beginning are written."""
        keep = min(len(self.written), len(visits))
        # A visit never moves, and what lies before it never changes.
        while keep and self.written[keep - 1].visit is not visits[keep - 1]:
            keep -= 1
        return keep

    def equals(self, other: Index) -> bool:
        """Whether another journal holds the same."""
        # The last checksum stands on all rows before.
        return [one.check for one in self.written] == [one.check for one in other.written]


class Batch:
    """The rows of one transaction; the index knows of them only once they are on the disk.

    Parameters
    ----------
    index : Index
    keep : int
        Visits that stay; the others are forgotten.
    run : callable
        Carries out a statement.
    """

    def __init__(self, index: Index, keep: int, run: Run) -> None:
        self._index = index
        self._keep = keep
        self._run = run
        forgotten = index.written[keep:]
        # Numbers grow: between these two they were given to rows that only forgotten visits stand on.
        self._first = min((known.number for known in index.ahead), default=index.next)
        self._forgotten = range(forgotten[0].first if forgotten else self._first, self._first)
        self._ahead = set(index.ahead)
        self._written: list[Written] = []
        self._steps: dict[Step, Known] = {}
        self._deltas: dict[Delta, Known] = {}
        if forgotten:
            run("DELETE FROM visits WHERE place >= ?", (keep,))
            if any(written.visit.crossing is not None for written in forgotten):
                run("DELETE FROM crossings WHERE place >= ?", (keep,))

    @property
    def last_check(self) -> int:
        """The checksum of the last visit."""
        last = self._written[-1:] or self._index.written[self._keep - 1 : self._keep]
        return last[0].check if last else 0

    def write(self, visit: Visit) -> None:
        """Write a visit after the others, and the steps that are not written yet."""
        before, first = self.last_check, self._first
        entered = [self._step(step) for step in visit.entered]
        left = [self._step(step) for step in visit.left]
        crossed = [self._delta(delta) for _, delta in visit.crossing or ()]
        place = self._keep + len(self._written)
        self._written.append(rows.write_visit(self._run, place, first, visit, left, entered, crossed, before))
        self._first = self._index.next

    def clean(self) -> None:
        """Remove the rows that no visit stands on any more; those of its steps that came back are written anew."""
        if self._forgotten:
            span = (self._forgotten.start, self._forgotten.stop)
            self._run("DELETE FROM steps WHERE number >= ? AND number < ?", span)
            self._run("DELETE FROM deltas WHERE number >= ? AND number < ?", span)
        for known in self._ahead:
            self._run("DELETE FROM deltas WHERE number = ?", (known.number,))

    def _step(self, step: Step) -> Known:
        known = self._steps.get(step) or self._held(self._index.steps.get(step))
        if known is None:
            delta = step.outcome.delta if step.outcome is not None else None
            of_delta = self._delta(delta) if delta is not None else None
            known = self._steps[step] = rows.write_step(self._run, self._index.number(), step, of_delta)
        return known

    def _delta(self, delta: Delta) -> Known:
        known = self._deltas.get(delta) or self._held(self._index.deltas.get(delta))
        if known is None:
            known = self._deltas[delta] = rows.write_delta(self._run, self._index.number(), delta)
        self._ahead.discard(known)
        return known

    def _held(self, known: Known | None) -> Known | None:
        return None if known is None or known.number in self._forgotten else known

    def settle(self) -> None:
        """Let the index know of what is on the disk now."""
        index = self._index
        if self._forgotten:
            for step in [step for step, known in index.steps.items() if known.number in self._forgotten]:
                del index.steps[step]
        if self._forgotten or self._ahead:
            for delta in [delta for delta, known in index.deltas.items() if self._is_gone(known)]:
                del index.deltas[delta]
        index.written[self._keep :] = self._written
        index.steps.update(self._steps)
        index.deltas.update(self._deltas)
        index.ahead = set()

    def _is_gone(self, known: Known) -> bool:
        return known.number in self._forgotten or known in self._ahead


def _whole_of(about: Mapping[str, Any]) -> Box | None:
    shape = about.get("source", {}).get("shape", [])
    return Box.whole((shape[0], shape[1], shape[2])) if len(shape) >= 3 else None


class Reader:
    """Reads a journal from its beginning on, as far as it is as it was written.

    Parameters
    ----------
    run : callable
        Carries out a statement.
    own : bool
        Whether this program wrote the journal for itself, so that the values of steps are not checked again.
    """

    def __init__(self, run: Run, own: bool) -> None:
        self._run = run
        self._own = own
        #: The grid of the image, as far as it is known.
        self._whole: Box | None = None
        self._timeline: list[Step] = []
        self._crossings: dict[int, str] = {}
        self.written: list[Written] = []
        self.steps: dict[int, tuple[Step, Known]] = {}
        self.deltas: dict[int, tuple[Delta, Known]] = {}

    def read(self) -> Recorded:
        """Return all that can be read."""
        found = Recorded()
        try:
            found.about, found.lost = rows.read_about(self._run)
            self._whole = _whole_of(found.about)
            (sound,) = self._run("PRAGMA quick_check(1)").fetchone()
            if sound != "ok":
                found.lost = str(sound)[:_LONGEST_REASON]
            if rows.version_of(self._run) >= rows.VERSION:
                self._crossings = dict(self._run("SELECT place, deltas FROM crossings"))
            # One row after the other: what comes before a damaged page is read.
            for row in self._run(
                'SELECT place, first, keep, "left", entered, title, checksum FROM visits ORDER BY place'
            ):
                self._visit(row)
        except (Damaged, RecipeError, sqlite3.DatabaseError) as error:
            found.lost = str(error)[:_LONGEST_REASON].rstrip(".")
        found.visits = [written.visit for written in self.written]
        now = found.about.pop("now", None)
        found.at = min(now["at"], len(found.visits)) if now is not None else len(found.visits)
        if now is None and found.visits:
            found.lost = found.lost or "where its end is was not recorded"
        elif now is not None and (now["last"] != self.last_check or now["at"] > len(found.visits)):
            found.lost = found.lost or "moves are missing at its end"
        found.rois = rows.rois_of_records(found.about.pop("rois", []))
        found.drawn = found.about.pop("drawn", [])
        named = {roi.id for roi, _ in found.rois}
        unnamed = {roi for step, _ in self.steps.values() for roi in (step.roi, *step.references)}
        unnamed -= {"", *named}  # what makes an image works on no ROI
        if unnamed:
            found.lost = found.lost or "names of ROIs are missing"
            found.rois += [(Roi(id, id), True) for id in sorted(unnamed)]
        return found

    @property
    def last_check(self) -> int:
        """The checksum of the last visit."""
        return self.written[-1].check if self.written else 0

    def _visit(self, row: Sequence[Any]) -> None:
        *fields, check = row
        place, first, keep, left, entered, title = fields
        before, after = self._steps(left), self._steps(entered)
        text = self._crossings.get(place)
        crossing, crossed = self._crossing(text) if text is not None else (None, [])
        known = [one for _, one in after]
        is_one = is_count(first) and is_count(keep) and isinstance(title, str)
        is_one = is_one and place == len(self.written)
        if not is_one or rows.visit_sum(fields, known, self.last_check, text, crossed) != check:
            raise Damaged(f"move {len(self.written) + 1} is missing or not as it was written")
        rois = {step.roi for step, _ in (*before, *after)} - {""}
        if not all(roi in rois for roi, _ in crossing or ()):
            raise Damaged(f"move {len(self.written) + 1} changes what its steps do not")
        leaving = tuple(step for step, _ in before)
        # Steps are compared by identity.
        if keep > len(self._timeline) or tuple(self._timeline[keep:]) != leaving:
            raise Damaged(f"move {len(self.written) + 1} leaves other steps than there were")
        visit = Visit(keep, leaving, tuple(step for step, _ in after), title, crossing)
        self._timeline[keep:] = visit.entered
        self.written.append(Written(visit, first, check))

    def _steps(self, text: Any) -> list[tuple[Step, Known]]:
        numbers = rows.parsed(text)
        if not isinstance(numbers, list) or not all(map(is_count, numbers)):
            raise Damaged(f"move {len(self.written) + 1} is not as it was written")
        for number in numbers:
            if number not in self.steps:
                self.steps[number] = self._read_step(number)
        return [self.steps[number] for number in numbers]

    def _crossing(self, text: Any) -> tuple[Crossing, list[Known]]:
        pairs = rows.parsed(text)
        is_one = isinstance(pairs, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in pairs)
        if not is_one or not all(is_text(roi) and is_count(number) for roi, number in pairs):
            raise Damaged(f"move {len(self.written) + 1} is not as it was written")
        found = [(roi, *self._delta(number)) for roi, number in pairs]
        return tuple((roi, delta) for roi, delta, _ in found), [known for _, _, known in found]

    def _read_step(self, number: int) -> tuple[Step, Known]:
        query = "SELECT record, delta, extent, voxels, checksum FROM steps WHERE number = ?"
        row = self._run(query, (number,)).fetchone()
        if row is None:
            raise Damaged(f"step {number} is missing")
        record, of_delta, extent, voxels, check = row
        is_one = isinstance(record, str) and isinstance(extent, str | None) and is_count(voxels)
        if not is_one or not (of_delta is None or is_count(of_delta)):
            raise Damaged(f"step {number} is not as it was written")
        delta, known = self._delta(of_delta) if of_delta is not None else (None, None)
        if rows.checksum([number, known, extent, voxels], record.encode()) != check:
            raise Damaged(f"step {number} is not as it was written")
        outcome = Outcome(delta, self._within(rows.box_of(extent)) if extent is not None else None, voxels)
        step = step_of_record(rows.parsed(record), outcome, self._own)
        if step.operation.makes_image and delta is not None:
            raise Damaged(f"step {number} makes an image, but changes a mask")
        return step, Known(number, check)

    def _delta(self, number: int) -> tuple[Delta, Known]:
        if number not in self.deltas:
            delta, known = rows.read_delta(self._run, number)
            self._within(delta.box)
            self.deltas[number] = delta, known
        return self.deltas[number]

    def _within(self, box: Box) -> Box:
        if self._whole is not None and box.union(self._whole) != self._whole:
            raise Damaged("a box in it is larger than its image")
        return box

    def index(self) -> Index:
        """Return the rows that were read."""
        last = max((*self.steps, *self.deltas), default=0)
        steps, deltas = WeakKeyDictionary(self.steps.values()), WeakKeyDictionary(self.deltas.values())
        return Index(self.written, steps, deltas, last + 1)
