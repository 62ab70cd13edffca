"""The files of signals: a table of BIDS or an array of numpy, with JSON beside it that says how they were made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.io.columns import NO_VALUE, SEPARATORS, Table, check_table
from maskeditor.io.numbers import ARRAY_ENDING, array_bytes
from maskeditor.io.replacing import check_folder, replacing
from maskeditor.io.save import encoded
from maskeditor.io.streams import looking
from maskeditor.model.data.signals import Signals, sidecar

#: How the names of such files end.
ENDINGS = (*SEPARATORS, ARRAY_ENDING)
#: The same as text.
ENDINGS_IN_WORDS = f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
#: What BIDS has such a file be called.
SUFFIX = "_timeseries"
#: The column of conditions, as BIDS calls it in tables of events.
CONDITION = "trial_type"
#: How the drawing of a box plot ends.
PLOT_ENDING = ".svg"


def table_of(signals: Signals, conditions: Sequence[str] = ()) -> Table:
    """Return signals as a table: a column for each, a row for each volume; and a column of conditions, if there are."""
    named = {CONDITION: [condition or NO_VALUE for condition in conditions]} if conditions else {}
    return Table({**{name: signals.values[:, place] for place, name in enumerate(signals.names)}, **named})


def check_signals(path: Path, sources: Sequence[Path] = ()) -> None:
    """Raise `FileError` if no signals can be written under a name, before any work is done.

    Parameters
    ----------
    path : Path
    sources : sequence of Path
        Files that must not be replaced, nor what lies beside them.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise FileError(f"{path} should end in {ENDINGS_IN_WORDS}; choose such a name for the signals.")
    if ending in SEPARATORS:
        check_table(path, sources)
    else:
        check_folder(path.parent, path.name)
    beside = _sidecar_of(path)
    with looking(path):
        if any(
            source.exists() and written.exists() and written.samefile(source)
            for source in sources
            for written in (path, beside)
        ):
            raise FileError(f"{path.name} would replace what the signals are made of; choose another name.")
        if beside.exists() and not _is_of_signals(beside):
            raise FileError(
                f"{path.name} was not written: {beside.name} beside it tells of something else and would be lost; "
                "choose another name."
            )


def check_plot(path: Path) -> None:
    """Raise `FileError` if no drawing can be written under a name, before any work is done."""
    if path.suffix.lower() != PLOT_ENDING:
        raise FileError(f"{path} should end in {PLOT_ENDING}; choose such a name for the plot.")
    check_folder(path.parent, path.name)


def save_signals(
    signals: Signals,
    path: Path,
    sources: Sequence[Path],
    warnings: Sequence[str] = (),
    conditions: Sequence[str] = (),
) -> None:
    """Write signals and the JSON beside them: both or neither.

    Parameters
    ----------
    signals : Signals
    path : Path
        Ends in .tsv, .csv or .npy.
    sources : sequence of Path
        What they were made of.
    warnings : sequence of str
        What is doubtful of them, one sentence each.
    conditions : sequence of str
        Of each volume that was kept, for a column in a table.

    Raises
    ------
    FileError
        If they cannot be written; older files are then untouched.
    """
    check_signals(path, sources)
    ending = path.suffix.lower()
    if ending == ARRAY_ENDING:
        data = array_bytes(signals.values)
    else:
        data = encoded(table_of(signals, conditions).text(SEPARATORS[ending]) + "\n")
    text = sidecar(signals, [source.name for source in sources], warnings)
    with replacing([path, _sidecar_of(path)]) as (table, beside):
        table.write_bytes(data)
        beside.write_bytes(encoded(text))


def _sidecar_of(path: Path) -> Path:
    """Return the JSON beside signals: of their name, or where that is something else's, as an image's, of all of it."""
    usual = path.with_suffix(".json")
    with looking(path):
        return path.with_name(f"{path.name}.json") if usual.exists() and not _is_of_signals(usual) else usual


def _is_of_signals(path: Path) -> bool:
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and "Columns" in record and "GeneratedBy" in record
