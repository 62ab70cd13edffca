"""That each move is on the disk before anybody sees it, and that only what was written together is read together."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import prepare
from maskeditor.core.history.timelines import Step
from maskeditor.core.history.visits import Visit
from maskeditor.core.operation.declaration import make
from maskeditor.io.journal.journal import Journal
from tests.io.journal.test_journal import Kept, restored
from tests.model.recovery import state, volume


def test_each_move_is_on_the_disk_when_its_transaction_ends(tmp_path: Path) -> None:
    path = tmp_path / "one.maskeditor"
    for make_one in (lambda: Journal.create(path, {}), lambda: Journal.open(path)):
        journal = make_one()
        wanted = {"journal_mode": "wal", "synchronous": 2, "locking_mode": "exclusive"}  # 2 is FULL
        for name, value in wanted.items():
            assert journal._database.execute(f"PRAGMA {name}").fetchone() == (value,)
        journal.close()


def thresholds(path: Path, *lowers: int) -> Kept:
    kept = Kept(path)
    for lower in lowers:
        kept.document.do(make("threshold", {"lower": lower}), "roi1")
    return kept


def test_rows_of_another_session_are_noticed(tmp_path: Path) -> None:
    """Each of them is sound, and of the same number; only those that follow stood on others."""
    one, other = thresholds(tmp_path / "one.maskeditor", 3, 5, 7), thresholds(tmp_path / "other.maskeditor", 3, 6, 7)
    for kept in (one, other):
        kept.journal.close()
    with contextlib.closing(sqlite3.connect(other.journal.path)) as database:
        rows = {
            table: database.execute(f"SELECT * FROM {table} WHERE {key} = ?", (number,)).fetchone()
            for table, key, number in (("visits", "place", 1), ("deltas", "number", 3), ("steps", "number", 4))
        }
    assert all(rows.values())
    with contextlib.closing(sqlite3.connect(one.journal.path)) as database, database:
        for table, row in rows.items():
            database.execute(f"REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    found = Journal.open(one.journal.path).read()
    assert found.lost
    assert len(found.visits) == 2


def test_steps_of_a_forgotten_move_that_come_back_are_written_again(tmp_path: Path) -> None:
    kept = thresholds(tmp_path / "one.maskeditor", 3, 5, 7)
    _, second, third = kept.document.timeline
    visits = [kept.document.history.visits[0], Visit(1, (), (third, second), "again")]
    kept.journal.write(kept.document.every_roi, visits, 2, 3)
    kept.journal.close()
    found = Journal.open(kept.journal.path).read()
    assert not found.lost
    assert [step.operation for step in found.visits[1].entered] == [third.operation, second.operation]
    for read, step in zip(found.visits[1].entered, (third, second), strict=True):
        assert read.outcome is not None
        assert step.outcome is not None
        assert read.outcome.delta is not None
        assert step.outcome.delta is not None
        assert read.outcome.delta.bits() == step.outcome.delta.bits()


def test_what_was_done_while_nothing_was_written_is_made_up_for(tmp_path: Path) -> None:
    kept = thresholds(tmp_path / "one.maskeditor", 3, 5, 7)
    kept.document.moved.disconnect(kept.write)
    # Two moves of the three are replaced by others, before any of that is written.
    kept.document.undo()
    kept.document.undo()
    for lower in (4, 8):
        kept.document.do(make("threshold", {"lower": lower}), "roi1")
    kept.write()
    kept.journal.close()
    assert state(restored(Journal.open(kept.journal.path))) == state(kept.document)


def test_what_was_written_ahead_goes_with_its_move(tmp_path: Path) -> None:
    kept = thresholds(tmp_path / "one.maskeditor", 3)
    document, step = kept.document, Step(make("threshold", {"lower": 5}), "roi1")
    prepared = prepare(document.snapshot(), 1, [step])
    outcome = prepared.goal[-1].outcome
    assert outcome is not None
    assert outcome.delta is not None
    kept.journal.write_ahead([outcome.delta])
    document.commit(prepared, "Threshold")
    document.undo()
    document.do(make("threshold", {"lower": 7}), "roi1")
    expected = state(document)
    kept.journal.close()
    with contextlib.closing(sqlite3.connect(kept.journal.path)) as database:
        assert database.execute("SELECT count(*) FROM deltas").fetchone() == (2,)
    assert state(restored(Journal.open(kept.journal.path))) == expected


def test_masks_whose_names_are_lost_are_read(tmp_path: Path) -> None:
    kept = thresholds(tmp_path / "one.maskeditor", 3)
    other = kept.document.add_roi("other").id
    kept.document.do(make("threshold", {"upper": 5}), other)
    kept.journal.close()
    with contextlib.closing(sqlite3.connect(kept.journal.path)) as database, database:
        database.execute("DELETE FROM about WHERE key = 'rois'")
    found = Journal.open(kept.journal.path).read()
    assert found.lost
    assert [(roi.id, roi.name) for roi, _ in found.rois] == [("roi1", "roi1"), (other, other)]
    document = Document(volume())
    document.restore(found.rois, found.visits, found.at)
    for roi in ("roi1", other):
        assert np.array_equal(document.mask(roi)[...], kept.document.mask(roi)[...])


def test_what_changes_of_an_roi_alone_is_written(tmp_path: Path) -> None:
    kept = thresholds(tmp_path / "one.maskeditor", 3)
    kept.document.change_roi("roi1", name="brain", colour=(1, 2, 3), visible=False, locked=True)
    kept.journal.close()
    assert restored(Journal.open(kept.journal.path)).every_roi == kept.document.every_roi
    assert kept.document.rois[0].name == "brain"


class _First(random.Random):
    """Draws that the first move alone is written ahead."""

    drawn = False

    def random(self) -> float:
        now, self.drawn = float(self.drawn), True
        return now


def _opened_again(kept: Kept) -> None:
    kept.journal.close()
    kept.journal = Journal.open(kept.journal.path)
    kept.document = restored(kept.journal)
    kept.document.moved.connect(kept.write)


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("undone", [False, True])
def test_a_move_after_opening_anew_shares_no_number_with_those_before(
    tmp_path: Path, ahead: bool, undone: bool
) -> None:
    kept = Kept(tmp_path / "work.maskeditor")
    kept.ahead = _First() if ahead else None
    for lower in (3, 5):
        kept.document.do(make("threshold", {"lower": lower}), "roi1")
    # The rows of the move that is undone go, and no others.
    for number, lowers in enumerate(((7, 2), (4, 6))):
        _opened_again(kept)
        if undone == (number == 0):
            kept.document.undo()
        for lower in lowers:
            assert kept.document.do(make("threshold", {"lower": lower}), "roi1")
            kept.document.undo()
        kept.document.redo()
        expected = state(kept.document)
        _opened_again(kept)
        assert state(kept.document) == expected
    kept.journal.close()


def test_damage_beside_the_rows_is_said(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "work.maskeditor")
    kept.document.do(make("threshold", {"lower": 3}), "roi1")
    kept.journal.close()
    content = bytearray(kept.journal.path.read_bytes())
    content[39] += 1  # how many pages are free
    kept.journal.path.write_bytes(content)
    journal = Journal.open(kept.journal.path)
    found = journal.read()
    journal.close()
    assert found.lost
    assert len(found.visits) == 1
