"""The conditions of an experiment, from BIDS events or from labels volume by volume."""

from __future__ import annotations

import math
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.core.operation.conditions import MOST_ROWS, Conditions
from maskeditor.io.tables import read_rows

#: Endings of the names of such tables.
ENDINGS = (".tsv", ".csv", ".txt")
#: What the column with the conditions may be called, in the order in which they are looked for.
_NAMES = ("trial_type", "condition", "conditions", "label", "labels")
#: What BIDS writes where there is no value.
_NONE = ("", "n/a")


def read_conditions(path: Path) -> Conditions:
    """Return the conditions in a table: events with onset and duration in seconds, or a label for each volume.

    Columns are parted by tabs, commas or blanks. Events are told by columns "onset", "duration" and "trial_type" (as in
    a BIDS events.tsv); labels by a column "trial_type", "condition" or "label", or by there being one column alone.

    Parameters
    ----------
    path : Path

    Raises
    ------
    FileError
        If it cannot be read, or has no such columns.
    """
    rows = read_rows(path)
    if not rows:
        raise FileError(f"{path.name} is empty; give a table of events, or of labels volume by volume.")
    header = [cell.lower() for cell in rows[0]]
    named = next((name for name in _NAMES if name in header), None)
    if "onset" in header and "duration" in header:
        if named is None:
            raise FileError(f"{path.name} has events without names; give it a column trial_type.")
        places = [header.index(name) for name in ("onset", "duration", named)]
        events = (_event(path, line, [cells[place] for place in places]) for line, cells in enumerate(rows[1:], 2))
        found: Conditions = tuple(event for event in events if event is not None)
    elif named is not None:
        found = tuple(cells[header.index(named)] for cells in rows[1:])
    elif len(header) == 1:
        found = tuple(cell for (cell,) in rows)
    else:
        raise FileError(
            f"{path.name} has the columns {', '.join(rows[0][:20])}, but wants onset, duration and trial_type (of "
            "events), or one called label (of each volume); rename a column."
        )
    if not 1 <= len(found) <= MOST_ROWS:
        raise FileError(f"{path.name} has {len(found)} rows of conditions, but from 1 to {MOST_ROWS} are wanted.")
    return found


def _event(path: Path, line: int, cells: list[str]) -> tuple[float, float, str] | None:
    onset, duration, name = cells
    if name in _NONE or onset in _NONE:
        return None
    try:
        start, length = float(onset), 0.0 if duration in _NONE else float(duration)
    except ValueError:
        start = length = math.nan
    if not math.isfinite(start) or not 0 <= length < math.inf:
        raise FileError(
            f"{path.name}: line {line} has the onset {onset[:20]!r} and the duration {duration[:20]!r}; both must be "
            "seconds."
        )
    return start, length, name
