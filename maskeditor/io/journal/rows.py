"""The rows of a journal: what SQLite keeps of steps, deltas and timelines, each with a checksum.

SQLite makes a move whole or not at all; what it does not notice is a bit that changed on the disk, or a file put
together from pieces of different age. Each row therefore carries a checksum over itself and over the rows it stands on,
and that of a visit goes on from the visit before: what can be read is what was once written, in that order.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import zstandard

from maskeditor.core.history.delta import Delta
from maskeditor.core.history.timelines import Outcome, Step
from maskeditor.core.history.visits import Visit
from maskeditor.core.recipe.recipe_json import step_record
from maskeditor.core.space.mask import Roi
from maskeditor.engine.box import Box
from maskeditor.io.journal.facts import is_as_written, is_count, is_voxel

#: In the header of the file, for whoever wonders what it is; "mask" in ASCII.
APPLICATION = 0x6D61736B
VERSION = 2

_TABLES = (
    "CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE deltas (number INTEGER PRIMARY KEY, box TEXT NOT NULL, added INTEGER NOT NULL,"
    " removed INTEGER NOT NULL, bits BLOB NOT NULL, checksum INTEGER NOT NULL)",
    "CREATE TABLE steps (number INTEGER PRIMARY KEY, record TEXT NOT NULL, delta INTEGER, extent TEXT,"
    " voxels INTEGER NOT NULL, checksum INTEGER NOT NULL)",
    "CREATE TABLE visits (place INTEGER PRIMARY KEY, first INTEGER NOT NULL, keep INTEGER NOT NULL,"
    ' "left" TEXT NOT NULL, entered TEXT NOT NULL, title TEXT NOT NULL, checksum INTEGER NOT NULL)',
)
_CROSSINGS = "CREATE TABLE crossings (place INTEGER PRIMARY KEY, deltas TEXT NOT NULL)"
#: The tables of each version: the second keeps crossings of visits, too.
TABLES = {1: _TABLES, 2: (*_TABLES, _CROSSINGS)}

Run = Callable[..., Any]
#: More are in no journal.
_MOST_FACTS = 100


class Damaged(Exception):
    """A row that is not as it was written, or not there."""


class Known(NamedTuple):
    """A row that the file holds: its number and its checksum."""

    number: int
    check: int


class Written(NamedTuple):
    """A visit that the file holds; no number below `first` was given for it."""

    visit: Visit
    first: int
    check: int


def checksum(fields: Sequence[Any], content: bytes = b"") -> int:
    """Return the CRC-32 of what JSON can hold, and of bytes after it."""
    return zlib.crc32(content, zlib.crc32(json.dumps(fields).encode()))


def write_about(run: Run, about: Mapping[str, Any]) -> None:
    """Write facts by key, in place of those of the same key."""
    for key, value in about.items():
        text = json.dumps(value)
        run("INSERT OR REPLACE INTO about VALUES (?, ?, ?)", (key, text, checksum([key, text])))


def read_about(run: Run) -> tuple[dict[str, Any], str]:
    """Return the facts, those left out that are damaged, and which these are; empty when none is."""
    facts: dict[str, Any] = {}
    damaged = []
    for key, text, check in run("SELECT key, value, checksum FROM about LIMIT ?", (_MOST_FACTS,)):
        try:
            if checksum([key, text]) == check and is_as_written(key, value := parsed(text)):
                facts[key] = value
                continue
        except (Damaged, TypeError):  # of bytes in place of text, too
            pass
        damaged.append(str(key)[:20])
    return facts, f"{', '.join(sorted(damaged))} in it is not as it was written" if damaged else ""


def parsed(text: Any) -> Any:
    """Return what JSON text holds.

    Raises
    ------
    Damaged
        If it is none, or no text.
    """
    try:
        if isinstance(text, str):
            return json.loads(text)
    except (ValueError, RecursionError):
        pass
    raise Damaged("what should be JSON in it is none")


def roi_records(rois: Sequence[tuple[Roi, bool]]) -> list[list[Any]]:
    """Return ROIs as what JSON can hold."""
    return [
        # Last, and only where there is one: journals of before there were any are read, and theirs by older programs.
        [roi.id, roi.name, list(roi.colour), roi.visible, roi.locked, listed, *([roi.label] if roi.label else [])]
        for roi, listed in rois
    ]


def rois_of_records(records: Sequence[Sequence[Any]]) -> list[tuple[Roi, bool]]:
    """Return ROIs from `roi_records`."""
    return [
        (Roi(id, name, tuple(colour), visible, locked, *label), listed)
        for id, name, colour, visible, locked, listed, *label in records
    ]


def write_delta(run: Run, number: int, delta: Delta) -> Known:
    """Write a delta under a new number.

    What lies there already was written ahead of a move that was never made, before the journal was opened anew.
    """
    box, bits = json.dumps(delta.box), delta.bits()
    check = checksum([number, box, delta.added, delta.removed], bits)
    row = (number, box, delta.added, delta.removed, bits, check)
    run("INSERT OR REPLACE INTO deltas VALUES (?, ?, ?, ?, ?, ?)", row)
    return Known(number, check)


def read_delta(run: Run, number: int) -> tuple[Delta, Known]:
    """Return a delta.

    Raises
    ------
    Damaged
        If it is not as it was written.
    """
    row = run("SELECT box, added, removed, bits, checksum FROM deltas WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise Damaged(f"change {number} is missing")
    box, added, removed, bits, check = row
    is_one = isinstance(bits, bytes) and isinstance(box, str) and is_count(added) and is_count(removed)
    if not is_one or checksum([number, box, added, removed], bits) != check:
        raise Damaged(f"change {number} is not as it was written")
    where = box_of(box)
    # What is stated is what is made room for when the voxels are unpacked.
    if _stated_size(bits) != (where.size + 7) // 8:
        raise Damaged(f"change {number} does not hold the voxels of its box")
    return Delta(where, added, removed, bits), Known(number, check)


def _stated_size(bits: bytes) -> int:
    try:
        return int(zstandard.frame_content_size(bits))
    except zstandard.ZstdError:
        return -1


def write_step(run: Run, number: int, step: Step, delta: Known | None) -> Known:
    """Write a step under a new number; its delta is written already."""
    outcome = step.outcome or Outcome(None, None, 0)
    record = json.dumps(step_record(step))
    extent = json.dumps(outcome.extent) if outcome.extent is not None else None
    check = checksum([number, delta, extent, outcome.voxels], record.encode())
    of_delta = delta.number if delta is not None else None
    run("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?)", (number, record, of_delta, extent, outcome.voxels, check))
    return Known(number, check)


def version_of(run: Run) -> int:
    """Return the version of a session."""
    (version,) = run("PRAGMA user_version").fetchone()
    return int(version)


def make_tables(run: Run) -> None:
    """Make the tables that a session of the newest version has, and an older one lacks."""
    for statement in TABLES[VERSION][len(TABLES.get(version_of(run), ())) :]:
        run(statement)
    run(f"PRAGMA user_version = {VERSION}")


def write_visit(
    run: Run,
    place: int,
    first: int,
    visit: Visit,
    left: Sequence[Known],
    entered: Sequence[Known],
    crossed: Sequence[Known],
    before: int,
) -> Written:
    """Write a visit whose steps and deltas are written already; `before` is the checksum of the visit before."""
    # The name of a file may hold what no encoding does.
    title = visit.title.encode(errors="backslashreplace").decode()
    row = (place, first, visit.keep, _numbers(left), _numbers(entered), title)
    crossing = None
    if visit.crossing is not None:
        make_tables(run)
        crossing = json.dumps([[roi, known.number] for (roi, _), known in zip(visit.crossing, crossed, strict=True)])
        run("INSERT INTO crossings VALUES (?, ?)", (place, crossing))
    check = visit_sum(row, entered, before, crossing, crossed)
    run("INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, check))
    return Written(visit, first, check)


def visit_sum(
    row: Sequence[Any], entered: Sequence[Known], before: int, crossing: str | None, crossed: Sequence[Known]
) -> int:
    """Return the checksum of a visit, which stands on its steps, its crossing, and all visits before."""
    fields: list[Any] = [before, row, [known.check for known in entered]]
    if crossing is not None:
        fields += [crossing, [known.check for known in crossed]]
    return checksum(fields)


def _numbers(known: Sequence[Known]) -> str:
    return json.dumps([one.number for one in known])


def box_of(text: Any) -> Box:
    """Return a box from its JSON text.

    Raises
    ------
    Damaged
        If there is no voxel in it.
    """
    value = parsed(text)
    if not (isinstance(value, list) and len(value) == 2 and all(map(is_voxel, value))):
        raise Damaged("a box in it is none")
    box = Box(tuple(value[0]), tuple(value[1]))
    if min(box.shape) < 1:
        raise Damaged("a box in it is none")
    return box
