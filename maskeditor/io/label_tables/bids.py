"""BIDS: a table with the columns index and name, and often color, parted by tabs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.mask import Colour

#: The columns that are written.
COLUMNS = ("index", "name", "color")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def columns(text: str) -> tuple[str, ...]:
    """Return the names of a table's columns, as they stand in its first line."""
    rows = [line for line in text.splitlines() if line.strip()]
    return tuple(cell.strip() for cell in rows[0].split("\t")) if rows else ()


def read(text: str) -> dict[int, NamedLabel] | None:
    r"""Return the names and colours of labels by number; None if the text is no such table.

    Examples
    --------
    >>> read("index\tname\tcolor\n17\tLeft Hippocampus\t#ff0000\n")
    {17: NamedLabel(name='Left Hippocampus', colour=(255, 0, 0))}
    """
    rows = [[cell.strip() for cell in line.split("\t")] for line in text.splitlines() if line.strip()]
    names = [name.lower() for name in columns(text)]
    if "index" not in names or "name" not in names:
        return None
    index, name = names.index("index"), names.index("name")
    color = names.index("color") if "color" in names else len(names)
    try:
        return {int(cells[index]): NamedLabel(cells[name], _colour(cells[color:])) for cells in rows[1:]}
    except (ValueError, IndexError):
        return None


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
        (str(number), " ".join(name.split()) or "n/a", f"#{bytes(colour).hex()}")
        for number, (name, colour) in labels.items()
    ]
    return "".join("\t".join(row) + "\n" for row in (COLUMNS, *rows))
