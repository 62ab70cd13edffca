"""Crossings in the journal: read back, written into sessions of before, and never believed."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from maskeditor.core.history import edits
from maskeditor.core.history.delta import Delta
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import prepare
from maskeditor.core.history.timelines import Step, changes
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scope import EVERYWHERE
from maskeditor.engine.box import Box
from maskeditor.io.journal.journal import Journal
from tests.fuzz.seals import seal
from tests.io.journal.kept import Kept, restored
from tests.model.recovery import state


def thresholds(path: Path, budget: int = 256 << 20) -> Kept:
    """A session of one step that most of the later ones build on."""
    kept = Kept(path, budget)
    for lower, upper, combine in (
        (3, 4, "replace"),
        (0, 1, "subtract"),
        (7, 8, "add"),
        (0, 1, "add"),
        (7, 8, "subtract"),
    ):
        operation = make("threshold", {"lower": lower, "upper": upper, "combine": combine})
        assert kept.document.do(operation, "roi1")
        assert kept.document.do(make("invert", {}), "roi1")
    return kept


def edit(document: Document, lower: int, place: int = 0) -> None:
    operation = make("threshold", {"lower": lower, "upper": 4})
    wanted = edits.edit(document.timeline, place, operation, EVERYWHERE)
    document.edit(wanted.keep, wanted.tail, wanted.title)


def numbers(path: Path, query: str) -> list[tuple[int, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def test_a_crossing_is_read_back(tmp_path: Path) -> None:
    kept = thresholds(tmp_path / "one.maskeditor")
    before = kept.document.mask("roi1")[...]
    edit(kept.document, 1)
    kept.journal.close()
    document = restored(Journal.open(kept.journal.path))
    assert state(document) == state(kept.document)
    assert len(document.way_by(-1).crossing) <= 1
    document.undo()
    assert np.array_equal(document.mask("roi1")[...], before)


def test_a_session_of_version_1_is_restored_and_goes_on(tmp_path: Path) -> None:
    kept = thresholds(tmp_path / "one.maskeditor")
    expected = state(kept.document)
    kept.journal.close()
    with contextlib.closing(sqlite3.connect(kept.journal.path)) as database:
        database.execute("DROP TABLE crossings")
        database.execute("PRAGMA user_version = 1")
    journal = Journal.open(kept.journal.path)
    document = restored(journal)
    assert state(document) == expected

    def write(_: object) -> None:
        history = document.history
        journal.write(document.every_roi, history.visits, history.at, len(history.timeline))

    # As long as there is no crossing in it, an older program reads it.
    journal.read()
    document = restored(journal)
    document.moved.connect(write)
    document.undo()
    assert journal._database.execute("PRAGMA user_version").fetchone() == (1,)
    document.redo()
    edit(document, 1)
    assert journal._database.execute("PRAGMA user_version").fetchone() == (2,)
    expected = state(document)
    journal.close()
    again = restored(Journal.open(kept.journal.path))
    assert state(again) == expected
    assert again.history.visits[-1].crossing is not None


def test_a_crossing_goes_with_its_move(tmp_path: Path) -> None:
    kept = thresholds(tmp_path / "one.maskeditor")
    edit(kept.document, 1)
    kept.document.undo()
    kept.document.do(make("clear", {}), "roi1")
    expected = state(kept.document)
    kept.journal.close()
    assert numbers(kept.journal.path, "SELECT count(*) FROM crossings") == [(0,)]
    assert numbers(kept.journal.path, "SELECT count(*) FROM deltas") == [(11,)]
    assert state(restored(Journal.open(kept.journal.path))) == expected


@pytest.mark.parametrize(
    ("statement", "sealed", "message"),
    [
        ("DELETE FROM crossings", False, "move 11 is missing or not as it was written"),
        ("UPDATE crossings SET deltas = replace(deltas, 'roi1', 'roi2')", False, "not as it was written"),
        ("UPDATE crossings SET deltas = replace(deltas, 'roi1', 'roi2')", True, "changes what its steps do not"),
        ("UPDATE crossings SET deltas = '[[\"roi1\", 99]]'", True, "change 99 is missing"),
        ("UPDATE crossings SET deltas = '[[\"roi1\"]]'", True, "move 11 is not as it was written"),
        ("UPDATE crossings SET deltas = '{'", True, "what should be JSON in it is none"),
        ("UPDATE crossings SET deltas = x'00'", True, "what should be JSON in it is none"),
        ("UPDATE deltas SET bits = x'00' WHERE number = (SELECT max(number) FROM deltas)", False, "change"),
    ],
)
def test_a_crossing_that_is_not_as_it_was_written_loses_its_move(
    tmp_path: Path, statement: str, sealed: bool, message: str
) -> None:
    kept = thresholds(tmp_path / "one.maskeditor")
    edit(kept.document, 1)
    assert kept.document.history.visits[-1].crossing
    kept.journal.close()
    with contextlib.closing(sqlite3.connect(kept.journal.path, isolation_level=None)) as database:
        assert database.execute(statement).rowcount == 1
    if sealed:
        seal(kept.journal.path)
    found = Journal.open(kept.journal.path).read()
    assert message in found.lost
    assert len(found.visits) == 10


def test_what_was_written_ahead_of_a_move_that_is_given_up_goes_with_the_next(tmp_path: Path) -> None:
    kept = thresholds(tmp_path / "one.maskeditor")
    given_up = [Delta(Box((0, 0, 0), (1, 1, 1)), 1, 0, bytes([number])) for number in range(3)]
    kept.journal.write_ahead(given_up)
    kept.document.do(make("clear", {}), "roi1")
    assert kept.journal.unwritten(given_up) == given_up
    expected = state(kept.document)
    kept.journal.close()
    assert numbers(kept.journal.path, "SELECT count(*) FROM deltas") == [(11,)]
    assert state(restored(Journal.open(kept.journal.path))) == expected


def test_what_is_written_ahead_twice_is_one_row(tmp_path: Path) -> None:
    """As where the whole of a move is what one of its steps changes."""
    kept = thresholds(tmp_path / "one.maskeditor")
    step = Step(make("clear", {}), "roi1")
    prepared = prepare(kept.document.snapshot(), len(kept.document.timeline), [step])
    ((_, delta),) = changes(prepared.goal[-1:])
    kept.journal.write_ahead([delta, delta])
    kept.document.commit(prepared, "Clear")
    kept.journal.close()
    assert numbers(kept.journal.path, "SELECT count(*) FROM deltas") == [(11,)]


def test_a_move_that_is_worked_out_outlives_what_is_written_meanwhile(tmp_path: Path) -> None:
    """The rows that were written ahead of it go; its bits are in memory until it is made."""
    kept = thresholds(tmp_path / "one.maskeditor", budget=0)
    document = kept.document
    wanted = edits.remove(document.timeline, 0)
    prepared = prepare(document.snapshot(), wanted.keep, wanted.tail)
    kept.journal.write_ahead([delta for _, delta in (*changes(prepared.goal), *(prepared.crossing or ()))])
    document.change_roi("roi1", name="renamed meanwhile")
    assert kept.journal.unwritten([delta for _, delta in changes(prepared.goal)])
    document.commit(prepared, wanted.title)
    assert document.history.held.nbytes == 0
    expected = state(document)
    kept.journal.close()
    assert state(restored(Journal.open(kept.journal.path))) == expected


def test_undone_steps_whose_bits_are_in_the_journal_alone_come_back(tmp_path: Path) -> None:
    """Their moves are forgotten, and with them the rows that hold the only copy of their bits."""
    kept = thresholds(tmp_path / "one.maskeditor", budget=0)
    document = kept.document
    for _ in range(3):
        document.undo()
    document.go_to((*document.present, *document.history.ahead[:2]))
    document.do(make("threshold", {"lower": 4, "upper": 4, "combine": "subtract"}), "roi1")
    assert document.history.held.nbytes == 0
    expected = state(document)
    kept.journal.close()
    assert state(restored(Journal.open(kept.journal.path))) == expected
