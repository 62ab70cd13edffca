"""Journals that ended programs left: each is offered, or kept and named; none that may hold work is removed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from maskeditor.core.operation.declaration import make
from maskeditor.io.journal import journal as module
from maskeditor.io.journal.journal import Journal
from maskeditor.io.journal.leftovers import leftovers
from maskeditor.io.journal.rows import checksum
from tests.io.journal.kept import ABOUT, Kept
from tests.model.recovery import state

LOWERS = (3, 5, 7, 2)


@pytest.fixture
def left(tmp_path: Path) -> Kept:
    """A journal of four moves, closed, of long ago."""
    kept = Kept(tmp_path / "left.maskeditor")
    for lower in LOWERS:
        kept.document.do(make("threshold", {"lower": lower}), "roi1")
    kept.journal.close()
    aged(kept.journal.path)
    return kept


def aged(path: Path) -> None:
    at = time.time() - 3600
    os.utime(path, (at, at))


def changed(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)
    aged(path)


def fact(key: str, value: object) -> str:
    text = json.dumps(value)
    return f"INSERT OR REPLACE INTO about VALUES ('{key}', '{text}', {checksum([key, text])})"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM about WHERE key = 'now'",
        "UPDATE about SET checksum = checksum + 1 WHERE key = 'now'",
        "UPDATE about SET value = replace(value, 'at', 'au') WHERE key = 'now'",
        "UPDATE about SET value = cast(x'ff' || value AS TEXT) WHERE key = 'now'",
        "UPDATE about SET key = 'nov' WHERE key = 'now'",
        "UPDATE about SET value = x'ff' WHERE key = 'now'",
        "DELETE FROM about",
        fact("now", None),
        fact("now", {"at": "4", "steps": 4, "last": 0, "time": 1}),
        fact("now", {"at": 4, "steps": 4, "last": 0, "time": float("inf")}),
    ],
)
def test_without_the_row_of_its_end_a_journal_is_offered_and_all_of_it_comes_back(left: Kept, statement: str) -> None:
    changed(left.journal.path, statement)
    for _ in range(2):
        (found,) = leftovers(left.journal.path.parent, ".maskeditor")
        assert (found.steps, found.can_open) == (len(LOWERS), True)
        assert found.problem
    journal = Journal.open(left.journal.path)
    back = journal.read()
    journal.close()
    assert back.lost
    assert (len(back.visits), back.at) == (len(LOWERS), len(LOWERS))


@pytest.mark.parametrize("what", ["visits", "steps", "deltas"])
def test_with_any_row_a_journal_is_kept(left: Kept, what: str) -> None:
    others = {"visits", "steps", "deltas"} - {what}
    changed(left.journal.path, "DELETE FROM about WHERE key = 'now'", *(f"DELETE FROM {table}" for table in others))
    (found,) = leftovers(left.journal.path.parent, ".maskeditor")
    assert found.path.exists()


def test_any_flipped_bit_in_a_journal_without_a_move_is_no_reason_to_remove_one_that_has_some(left: Kept) -> None:
    content = left.journal.path.read_bytes()
    # Headers of all pages, and the facts.
    places = {page + byte for page in range(0, len(content), 4096) for byte in (0, 1, 3, 4, 5, 8, 9)}
    places |= {content.index(b"now") + byte for byte in range(0, 60, 7)} | {18, 19, 28, 31, 44, 47, 59, 60, 68, 71}
    for place in sorted(places):
        damaged = bytearray(content)
        damaged[place] ^= 1
        left.journal.path.write_bytes(damaged)
        aged(left.journal.path)
        found = leftovers(left.journal.path.parent, ".maskeditor")
        assert [one.path for one in found] == [left.journal.path], place
        assert left.journal.path.exists()


def test_only_what_certainly_holds_no_move_is_removed(tmp_path: Path) -> None:
    names = ["empty", "facts", "page"]
    for name in names:
        Journal.create(tmp_path / f"{name}.maskeditor", ABOUT).close()
    changed(tmp_path / "facts.maskeditor", "UPDATE about SET checksum = 0 WHERE key = 'name'")
    content = bytearray((tmp_path / "page.maskeditor").read_bytes())
    content[-4096] = 77  # the first byte of the last page says of what kind it is
    (tmp_path / "page.maskeditor").write_bytes(content)
    for name in names:
        aged(tmp_path / f"{name}.maskeditor")
    assert {one.path.stem for one in leftovers(tmp_path, ".maskeditor")} == {"facts", "page"}
    assert {path.stem for path in tmp_path.glob("*.maskeditor")} == {"facts", "page"}


def test_without_locks_nothing_is_removed(left: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another window may just have made what holds no move."""
    Journal.create(tmp_path / "empty.maskeditor", ABOUT).close()
    aged(tmp_path / "empty.maskeditor")
    connected = module.connected
    monkeypatch.setattr(module, "connected", lambda *arguments: (connected(*arguments)[0], False))
    (found,) = leftovers(tmp_path, ".maskeditor")
    assert (found.path, "no locks" in found.problem) == (left.journal.path, True)
    assert (tmp_path / "empty.maskeditor").exists()
    monkeypatch.undo()
    leftovers(tmp_path, ".maskeditor")
    assert not (tmp_path / "empty.maskeditor").exists()


DAMAGES = [
    ("PRAGMA writable_schema = ON", "UPDATE sqlite_master SET sql = cast(x'ff' || sql AS TEXT) WHERE name = 'steps'"),
    ("PRAGMA writable_schema = ON", "UPDATE sqlite_master SET name = cast(x'ff' AS TEXT) WHERE name = 'steps'"),
    ("PRAGMA writable_schema = ON", "UPDATE sqlite_master SET sql = 'CREATE TABLE'"),
    ("PRAGMA writable_schema = ON", "UPDATE sqlite_master SET rootpage = 1"),
    ("DROP TABLE about",),
    (fact("name", 7),),
    (fact("name", ["a"]),),
    (fact("now", {"at": 1, "steps": "many", "last": 1, "time": 1}),),
    (fact("now", {"at": 1, "steps": 1, "last": 1, "time": 1e300}),),
    (fact("now", [1]),),
    ("UPDATE about SET key = x'ff' WHERE key = 'name'",),
    ("PRAGMA application_id = 5",),
    ("PRAGMA user_version = 99",),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=[damage[-1][:40] for damage in DAMAGES])
def test_a_damaged_journal_hides_no_other(left: Kept, tmp_path: Path, damage: tuple[str, ...]) -> None:
    other = tmp_path / "another.maskeditor"
    shutil.copyfile(left.journal.path, other)
    changed(other, *damage)
    found = {one.path.stem: one for one in leftovers(tmp_path, ".maskeditor")}
    assert found.keys() == {"left", "another"}
    assert found["left"].problem == ""
    for one in found.values():
        assert isinstance(one.name, str)
        assert 0 <= one.time < 1e11
        assert len(one.problem) < 2000
    assert not found["another"].can_open or found["another"].steps <= len(LOWERS)
    expected = state(left.document)
    journal = Journal.open(left.journal.path)
    assert len(journal.read().visits) == len(expected[3])
    journal.close()


def test_looking_changes_nothing(left: Kept, tmp_path: Path) -> None:
    ended = Kept(tmp_path / "ended.maskeditor")
    ended.move(3, 10)
    for ending in ("", "-wal"):
        shutil.copyfile(f"{ended.journal.path}{ending}", tmp_path / f"copy.maskeditor{ending}")
    ended.journal.discard()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found = leftovers(tmp_path, ".maskeditor")
    assert {(one.path.stem, one.problem) for one in found} == {("left", ""), ("copy", "")}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_no_file_hides_no_journal(left: Kept, tmp_path: Path) -> None:
    (tmp_path / "folder.maskeditor").mkdir()
    (tmp_path / "link.maskeditor").symlink_to(tmp_path / "gone")
    (tmp_path / "round.maskeditor").symlink_to(tmp_path / "round.maskeditor")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.maskeditor")
        aged(tmp_path / "pipe.maskeditor")
    aged(tmp_path / "folder.maskeditor")
    found = [one.path.stem for one in leftovers(tmp_path, ".maskeditor") if one.can_open]
    assert found == ["left"]
