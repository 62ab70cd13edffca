"""Sessions that anybody may have made: what is in them is checked as recipes are, and nothing in them can run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from maskeditor.core.errors import FileError
from maskeditor.core.history.delta import Delta
from maskeditor.engine.box import Box
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io.journal import rows
from maskeditor.io.journal.journal import Journal
from maskeditor.model.restoring import restore_session
from tests.fuzz.seals import seal
from tests.model.recovery import moved_session, state


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A saved session of some moves."""
    return moved_session(tmp_path)


def forged(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)
    seal(path)
    return path


def opened(path: Path) -> str:
    """Open a session, go all the way back and forth, and return what is said about it."""
    try:
        session = restore_session(path, folder=path.parent / "journals")
    except MaskEditorError as error:
        return str(error)
    try:
        while session.document.undo():
            pass
        while session.document.redo():
            pass
        assert session.document.rois
        state(session.document)
        return session.note
    finally:
        session.close(discard=True)


def test_a_sealed_session_is_as_it_was(saved: Path) -> None:
    assert opened(forged(saved)) == ""


def test_a_change_that_claims_more_voxels_than_its_box_is_refused(tmp_path: Path) -> None:
    """What is stated is what is made room for."""
    with closing(sqlite3.connect(":memory:")) as database:
        rows.make_tables(database.execute)
        for nbytes in (1, 1 << 20):
            bits = zstandard.compress(bytes(nbytes))
            rows.write_delta(database.execute, 1, Delta(Box((0, 0, 0), (2, 2, 2)), 0, 0, bits))
            if nbytes == 1:
                assert rows.read_delta(database.execute, 1)[0].bits() == bits
            else:
                with pytest.raises(rows.Damaged, match="does not hold the voxels of its box"):
                    rows.read_delta(database.execute, 1)


SCHEMAS = [
    # A table that never ends; SQLite carries it out as soon as it is read.
    (
        "ALTER TABLE about RENAME TO kept",
        "CREATE VIEW about AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT 'key' || i AS key, 'null' AS value, 0 AS checksum FROM n",
    ),
    ("CREATE VIEW more AS SELECT 1",),
    ("CREATE TRIGGER always AFTER INSERT ON about BEGIN DELETE FROM steps; END",),
    ("CREATE TABLE more (a, b)",),
    ("CREATE INDEX more ON steps (voxels)",),
    ("CREATE INDEX more ON steps (abs(voxels))",),
    ("ALTER TABLE steps ADD COLUMN more INTEGER CHECK (more IS NULL)",),
    ("ALTER TABLE steps ADD COLUMN more INTEGER AS (voxels + 1)",),
]


@pytest.mark.parametrize("statements", SCHEMAS, ids=[statements[-1][:40] for statements in SCHEMAS])
def test_a_session_with_any_other_table_is_refused(saved: Path, statements: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(saved, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)
    content = saved.read_bytes()
    with pytest.raises(FileError, match=r"its tables are not those of a session; choose another file\.$"):
        Journal.open(saved)
    assert saved.read_bytes() == content


def test_nothing_in_a_file_is_trusted_by_sqlite(saved: Path) -> None:
    journal = Journal.open(saved)
    run = journal._database.execute
    assert run("PRAGMA trusted_schema").fetchone() == (0,)
    assert journal._database.getlimit(sqlite3.SQLITE_LIMIT_LENGTH) == 1 << 29
    journal.close()


STEP = "UPDATE steps SET record = {} WHERE number = (SELECT max(number) FROM steps)"
OF_STEP = [
    "'null'", "'[]'", "'7'", "'\"text\"'", "'{}'", "'{'", "x'7b7d'", "'[' || printf('%.100000c', '[')",
    "json_set(record, '$.id', json('[]'))", "json_set(record, '$.id', 'eval')", "json_set(record, '$.roi', 7)",
    "json_set(record, '$.roi', '')", "json_remove(record, '$.roi')",
    "'{\"id\": \"mean\", \"parameters\": {\"name\": \"m\"}}'",
    "json_set(record, '$.roi', json('null'))", "json_set(record, '$.enabled', 'no')",
    "json_set(record, '$.name', json('{}'))", "json_set(record, '$.note', 4)", "json_set(record, '$.scope', 1)",
    "json_set(record, '$.scope', json('{\"inside\": 4}'))", "json_set(record, '$.parameters', json('[]'))",
    "json_set(record, '$.parameters', 'text')", "json_set(record, '$.version', 'one')",
    "json_set(record, '$.version', 99)", "json_set(record, '$.parameters.combine', 7)",
    "json_set(record, '$.parameters.lower', 'much')", "json_set(record, '$.parameters.more', 1)",
    "json_set(record, '$.more', 1)",
]  # fmt: skip
OTHERS = [
    ("steps", "delta = 'text'"), ("steps", "delta = -1"), ("steps", "delta = 1e300"), ("steps", "voxels = 'many'"),
    ("steps", "voxels = -5"), ("steps", "voxels = 9223372036854775807"), ("steps", "extent = '[]'"),
    ("steps", "extent = '[[0,0,0],[1,1]]'"), ("steps", "extent = '[[0,0,0],[99,1,1]]'"),
    ("steps", "extent = '[[\"a\",0,0],[1,1,1]]'"), ("steps", "extent = '7'"), ("steps", "extent = x'ff'"),
    ("deltas", "box = '[[0,0,0],[0,0,0]]'"), ("deltas", "box = '[[5,5,5],[2,2,2]]'"), ("deltas", "box = 'null'"),
    ("deltas", "box = '[[-1,0,0],[1,1,1]]'"), ("deltas", "box = '[[0,0,0],[1e9,1e9,1e9]]'"),
    ("deltas", "box = '[[0,0,0],[1000000,1000000,1000000]]'"), ("deltas", "added = 'some'"),
    ("deltas", "removed = -1"), ("deltas", "bits = 'text'"), ("deltas", "bits = x''"),
    ("deltas", "bits = zeroblob(1000)"), ("deltas", "bits = substr(bits, 1, length(bits) - 1)"),
    # A frame of zstd that states 2^62 bytes.
    ("deltas", "bits = x'28b52ffde00000000000000040010000'"),
    ("visits", "entered = '7'"), ("visits", "entered = '[\"1\"]'"), ("visits", "entered = '[[1]]'"),
    ("visits", "entered = '[1e999]'"), ("visits", "entered = '[-3]'"), ("visits", "entered = '{'"),
    ("visits", "entered = '[99999999999999999999999]'"), ("visits", "\"left\" = '[null]'"),
    ("visits", "\"left\" = '{}'"), ("visits", "keep = -1"), ("visits", "keep = 'all'"), ("visits", "keep = 99999"),
    ("visits", "keep = 0"), ("visits", "first = 'one'"), ("visits", "first = -9"), ("visits", "title = x'ff'"),
    ("visits", "place = 99"), ("visits", "place = -1"),
]  # fmt: skip
FACTS = {
    "name": ["7", "[]", "null", '"' + "n" * 200_000 + '"', "{"],
    "source": [
        "7", "[]", '{"path": 7}', '{"path": ["a"]}', '{"shape": "large"}', '{"shape": [1e400, 1, 1]}',
        '{"path": "a\\u0000b"}', '{"path": "' + "x" * 3000 + '"}', '{"path": "' + "x/" * 900 + '"}',
        '{"shape": [0, 0, 0]}',
        '{"shape": [23, 19, 17], "path": "noise.nii", "affine": [[1' + "0" * 400 + "]]}",
        '{"shape": [23, 19, 17], "path": "noise.nii", "affine": "text"}', '{"sample": ["t1"]}',
        '{"shape": [23, 19, 17], "path": "noise.nii", "affine": [[1, 0, 0, 0]]}', '{"path": "."}',
        '{"shape": [23, 19], "path": "noise.nii"}', '{"shape": [23, 19, 17, 1, 1, 1], "path": "noise.nii"}',
    ],
    "files": ["[]", '{"roi1": 7}', '{"roi1": {"path": 7, "steps": ""}}', '{"roi1": {}}'],
    "rois": [
        "7", "[7]", "[[]]", '[["roi1", "mask", [1, 2], true, false, true]]', "null",
        '[["roi1", "mask", ["r", "g", "b"], true, false, true]]', '[["roi1", 7, [1, 2, 3], true, false, true]]',
        '[["roi1", "mask", [1, 2, 3], 1, 0, 1]]', '[["roi1", "mask", [1, 2, 300], true, false, true]]',
        '[["roi1", "mask", [1, 2, 3], true, false, false]]', "[]", '{"roi1": 1}',
        '[["roi1", "a", [1, 2, 3], true, false, true], ["roi1", "b", [1, 2, 3], true, false, true]]',
    ],
    "now": [
        "7", "[]", "{}", '{"at": -1, "steps": 1, "last": 0, "time": 1}',
        '{"at": "x", "steps": 1, "last": 0, "time": 1}',
        '{"at": 1, "steps": 1, "last": 0, "time": NaN}', '{"at": 99999, "steps": 1, "last": 0, "time": 1}',
        '{"at": 1, "steps": 1, "last": [], "time": 1}', '{"at": true, "steps": 1, "last": 0, "time": 1}',
    ],
}  # fmt: skip
STATEMENTS = [
    *(STEP.format(value) for value in OF_STEP),
    *(f"UPDATE {table} SET {change} WHERE rowid = (SELECT max(rowid) FROM {table})" for table, change in OTHERS),
    *(f"UPDATE about SET value = '{value}' WHERE key = '{key}'" for key, values in FACTS.items() for value in values),
    "UPDATE about SET value = x'ff' WHERE key = 'source'",
    "INSERT INTO about VALUES (x'00', '1', 0)",
    "DELETE FROM about WHERE key = 'rois'",
]


@pytest.mark.parametrize("statement", STATEMENTS, ids=range(len(STATEMENTS)))
def test_whatever_is_in_a_row_is_a_sentence_or_a_session(saved: Path, statement: str) -> None:
    said = opened(forged(saved, statement))
    assert said, statement
    assert len(said) < 2000


def test_more_rois_than_memory_holds_are_a_sentence(saved: Path) -> None:
    rois = ", ".join(f'["roi{n}", "", [1, 2, 3], true, false, true]' for n in range(1, 12_000))
    said = opened(forged(saved, f"UPDATE about SET value = '[{rois}]' WHERE key = 'rois'"))
    assert "rois in it is not as it was written" in said
