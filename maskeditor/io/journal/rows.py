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

from maskeditor.core.history.delta import Delta
from maskeditor.core.history.timelines import Outcome, Step, Visit
from maskeditor.core.recipe.recipe_json import step_record
from maskeditor.core.space.mask import Roi
from maskeditor.engine.box import Box

#: In the header of the file, for whoever wonders what it is; "mask" in ASCII.
APPLICATION = 0x6D61736B
VERSION = 1

TABLES = (
    "CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE deltas (number INTEGER PRIMARY KEY, box TEXT NOT NULL, added INTEGER NOT NULL,"
    " removed INTEGER NOT NULL, bits BLOB NOT NULL, checksum INTEGER NOT NULL)",
    "CREATE TABLE steps (number INTEGER PRIMARY KEY, record TEXT NOT NULL, delta INTEGER, extent TEXT,"
    " voxels INTEGER NOT NULL, checksum INTEGER NOT NULL)",
    "CREATE TABLE visits (place INTEGER PRIMARY KEY, first INTEGER NOT NULL, keep INTEGER NOT NULL,"
    ' "left" TEXT NOT NULL, entered TEXT NOT NULL, title TEXT NOT NULL, checksum INTEGER NOT NULL)',
)

Run = Callable[..., Any]


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


def read_about(run: Run) -> dict[str, Any]:
    """Return the facts, those left out that are damaged."""
    rows = run("SELECT key, value, checksum FROM about").fetchall()
    return {key: json.loads(text) for key, text, check in rows if checksum([key, text]) == check}


def roi_records(rois: Sequence[tuple[Roi, bool]]) -> list[list[Any]]:
    """Return ROIs as what JSON can hold."""
    return [[roi.id, roi.name, list(roi.colour), roi.visible, roi.locked, listed] for roi, listed in rois]


def rois_of_records(records: Sequence[Sequence[Any]]) -> list[tuple[Roi, bool]]:
    """Return ROIs from `roi_records`."""
    return [
        (Roi(id, name, tuple(colour), visible, locked), listed) for id, name, colour, visible, locked, listed in records
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
    if not isinstance(bits, bytes) or checksum([number, box, added, removed], bits) != check:
        raise Damaged(f"change {number} is not as it was written")
    return Delta(box_of(box), added, removed, bits), Known(number, check)


def write_step(run: Run, number: int, step: Step, delta: Known | None) -> Known:
    """Write a step under a new number; its delta is written already."""
    outcome = step.outcome or Outcome(None, None, 0)
    record = json.dumps(step_record(step))
    extent = json.dumps(outcome.extent) if outcome.extent is not None else None
    check = checksum([number, delta, extent, outcome.voxels], record.encode())
    of_delta = delta.number if delta is not None else None
    run("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?)", (number, record, of_delta, extent, outcome.voxels, check))
    return Known(number, check)


def write_visit(
    run: Run, place: int, first: int, visit: Visit, left: Sequence[Known], entered: Sequence[Known], before: int
) -> Written:
    """Write a visit whose steps are written already; `before` is the checksum of the visit before."""
    row = (place, first, visit.keep, _numbers(left), _numbers(entered), visit.title)
    check = visit_sum(row, entered, before)
    run("INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, check))
    return Written(visit, first, check)


def visit_sum(row: Sequence[Any], entered: Sequence[Known], before: int) -> int:
    """Return the checksum of a visit, which stands on its steps and on all visits before."""
    return checksum([before, row, [known.check for known in entered]])


def _numbers(known: Sequence[Known]) -> str:
    return json.dumps([one.number for one in known])


def box_of(text: str) -> Box:
    """Return a box from its JSON text."""
    start, stop = json.loads(text)
    return Box(tuple(start), tuple(stop))
