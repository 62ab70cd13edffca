"""Tables of text."""

from __future__ import annotations

from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.core.plain_number import plain_number
from maskeditor.io.streams import no_pipe, reading

#: Bytes of a table, at most.
_LARGEST = 1 << 26


def read_text(path: Path) -> str:
    """Return the text of a table (UTF-8).

    Raises
    ------
    FileError
        If it cannot be read, is no text, or is too large for a table.
    """
    with reading(path):
        no_pipe(path)
        if path.stat().st_size > _LARGEST:
            raise FileError(f"{path.name} is too large for a table ({path.stat().st_size} bytes); give a smaller one.")
        data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(f"{path.name} is no text file; give a table of text.") from None


def read_rows(path: Path) -> list[list[str]]:
    """Return the cells of a table, whose columns are parted by tabs, commas or blanks; empty lines are left out.

    Raises
    ------
    FileError
        If it cannot be read, is no text, or its rows are of unlike lengths.
    """
    lines = [line for line in read_text(path).splitlines() if line.strip()]
    mark = next((mark for mark in ("\t", ",") if lines and mark in lines[0]), None)
    rows = [[cell.strip() for cell in line.split(mark)] for line in lines]
    for number, cells in enumerate(rows, 1):
        if len(cells) != len(rows[0]):
            has = plain_number(len(cells), "cell")
            raise FileError(f"{path.name}: row {number} has {has}, but the first has {len(rows[0])}; correct it.")
    return rows
