"""The checksums of a session made to fit whatever is in its rows: damage is noticed by them, a forger makes them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from maskeditor.io.journal.rows import Known, checksum, visit_sum


def seal(path: Path) -> None:
    """Make every checksum of a session as if its rows had been written as they are now."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        run = database.execute
        deltas: dict[Any, Known] = {}
        for number, box, added, removed, bits in run("SELECT number, box, added, removed, bits FROM deltas").fetchall():
            content = bits if isinstance(bits, bytes) else b""
            deltas[number] = Known(number, _sum([number, box, added, removed], content))
            run("UPDATE deltas SET checksum = ? WHERE number = ?", (deltas[number].check, number))
        steps: dict[Any, Known] = {}
        for number, record, delta, extent, voxels in run(
            "SELECT number, record, delta, extent, voxels FROM steps"
        ).fetchall():
            content = record.encode() if isinstance(record, str) else b""
            steps[number] = Known(number, _sum([number, deltas.get(delta), extent, voxels], content))
            run("UPDATE steps SET checksum = ? WHERE number = ?", (steps[number].check, number))
        before = 0
        crossings: dict[Any, Any] = dict(run("SELECT place, deltas FROM crossings").fetchall())
        for row in run('SELECT place, first, keep, "left", entered, title FROM visits ORDER BY place').fetchall():
            try:
                known = [steps[number] for number in json.loads(row[4])]
            except (ValueError, TypeError, KeyError):
                known = []
            crossing = crossings.get(row[0])
            try:
                crossed = [deltas[number] for _, number in json.loads(crossing or "[]")]
            except (ValueError, TypeError, KeyError):
                crossed = []
            try:
                before = visit_sum(row, known, before, crossing, crossed)
            except TypeError:  # bytes
                before = 0
            run("UPDATE visits SET checksum = ? WHERE place = ?", (before, row[0]))
        for key, text in run("SELECT key, value FROM about").fetchall():
            if key == "now":
                try:
                    now = json.loads(text)
                except (ValueError, TypeError):
                    now = None
                if isinstance(now, dict) and type(now.get("last")) is int:
                    text = json.dumps({**now, "last": before})
            run("UPDATE about SET value = ?, checksum = ? WHERE key = ?", (text, _sum([key, text]), key))


def _sum(fields: list[Any], content: bytes = b"") -> int:
    try:
        return checksum(fields, content)
    except TypeError:  # bytes
        return 0
