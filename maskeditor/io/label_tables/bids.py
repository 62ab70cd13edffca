"""BIDS: a table with the columns index and name, and often color, parted by tabs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping

from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.mask import Colour
from maskeditor.core.visible import on_one_line

#: The columns that are written.
COLUMNS = ("index", "name", "color")
#: What stands where nothing is known, as BIDS has it.
NO_VALUE = "n/a"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def columns(text: str) -> tuple[str, ...]:
    """Return the names of a table's columns, as they stand in its first line."""
    return tuple(next(_rows(text), ()))


def _rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of each line that is not empty; quotes round a cell are none of it, as pandas has it."""
    lines = [line for line in text.splitlines() if line.strip()]
    # By commas, as nilearn takes them too, only where there is no tab.
    mark = "\t" if not lines or "\t" in lines[0] else ","
    return ([cell.strip() for cell in cells] for cells in csv.reader(lines, delimiter=mark))


def read(text: str) -> dict[int, NamedLabel] | None:
    r"""Return the names and colours of labels by number; None if the text is no such table.

    Examples
    --------
    >>> read("index\tname\tcolor\n17\tLeft Hippocampus\t#ff0000\n")
    {17: NamedLabel(name='Left Hippocampus', colour=(255, 0, 0))}
    """
    try:
        rows = [*_rows(text)]
    except csv.Error:
        return None
    names = [name.lower() for name in rows[0]] if rows else []
    if "index" not in names or "name" not in names:
        return None
    index, name = names.index("index"), names.index("name")
    color = names.index("color") if "color" in names else len(names)
    try:
        return {_whole(cells[index]): NamedLabel(_name(cells[name]), _colour(cells[color:])) for cells in rows[1:]}
    except (ValueError, IndexError):
        return None


def _whole(cell: str) -> int:
    """Return a number, which other programs may have written as a fraction such as 17.0."""
    number = float(cell)
    if not number.is_integer():
        raise ValueError(cell)
    return int(number)


def _name(cell: str) -> str:
    return "" if cell == NO_VALUE else cell


def _colour(cells: list[str]) -> Colour | None:
    """Return the colour in the first of some cells; None where there is none."""
    if not cells or _COLOUR.fullmatch(cells[0]) is None:
        return None
    red, green, blue = bytes.fromhex(cells[0][1:])
    return red, green, blue


def write(labels: Mapping[int, tuple[str, Colour]]) -> str:
    r"""Return the table of labels, with name and colour of each by number.

    Blanks in a name that would part columns or lines become plain ones.

    Examples
    --------
    >>> write({1: ("left\tamygdala", (230, 60, 60))})
    'index\tname\tcolor\n1\tleft amygdala\t#e63c3c\n'
    """
    rows = [
        (str(number), on_one_line(name) or NO_VALUE, f"#{bytes(colour).hex()}")
        for number, (name, colour) in labels.items()
    ]
    return "".join("\t".join(row) + "\n" for row in (COLUMNS, *rows))
