"""Tables of named columns: as text to be pasted, and written as TSV or CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.visible import visible
from maskeditor.engine.arrays import Array
from maskeditor.io.replacing import check_folder
from maskeditor.io.save import write_text
from maskeditor.io.streams import looking

#: What a cell holds; None, and what is not a number, stand for what is not known.
Cell = str | int | float | None
#: How columns are parted in files, by the endings of their names.
SEPARATORS = {".tsv": "\t", ".csv": ","}
#: The same as text.
ENDINGS = " or ".join(SEPARATORS)
#: Rows that are turned into text at a time.
_ROWS = 16
#: What BIDS wants where there is no value; pandas reads it as such.
NO_VALUE = "n/a"


@dataclass(frozen=True, eq=False)
class Table:
    """A table of named columns.

    Parameters
    ----------
    columns : mapping of str to sequence or (N,) array
        By name, as many cells each; numbers as they are, not rounded.
    meanings : mapping of str to str
        What a column holds and its unit, by name; not of those whose name says it.

    Examples
    --------
    >>> table = Table({"name": ["left", "right"], "mean": [1.5, float("nan")]})
    >>> len(table), table["mean"][0], table.row(1)
    (2, 1.5, {'name': 'right', 'mean': None})
    >>> print(table.text(","))
    name,mean
    left,1.5
    right,n/a
    """

    columns: Mapping[str, Sequence[Cell] | Array]
    meanings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {name: len(cells) for name, cells in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"The columns have unlike lengths ({lengths}); give as many cells to each.")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> Sequence[Cell] | Array:
        return self.columns[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, in order."""
        return tuple(self.columns)

    def cell(self, place: int, name: str) -> Cell:
        """Return what a row holds in a column; None for what is not a number, as JSON has none."""
        cell = _plain(self.columns[name][place])
        return None if _is_unknown(cell) else cell

    def row(self, place: int) -> dict[str, Cell]:
        """Return the cells of a row by the names of their columns."""
        return {name: self.cell(place, name) for name in self.columns}

    def rows(self) -> list[dict[str, Cell]]:
        """Return all rows, each as `row` does."""
        return [self.row(place) for place in range(len(self))]

    def text(self, separator: str = "\t") -> str:
        """Return it as text: a line of names, then one for each row; numbers with all their digits."""
        if separator == "\t":
            # Tables of BIDS know no quotes: a name must have no tabulator, and go on one line.
            return "\n".join(map(separator.join, chain([map(visible, self.columns)], self._cells(visible))))
        out = io.StringIO()
        csv.writer(out, delimiter=separator, lineterminator="\n").writerows(chain([[*self.columns]], self._cells(str)))
        return out.getvalue().removesuffix("\n")

    def _cells(self, text: Callable[[str], str]) -> Iterator[list[str]]:
        """Yield the rows as they are written; few of them are numbers of Python at a time, which take much memory."""
        for start in range(0, len(self), _ROWS):
            columns = [column[start : start + _ROWS] for column in self.columns.values()]
            cells = [column.tolist() if isinstance(column, np.ndarray) else column for column in columns]
            for row in zip(*cells, strict=True):
                yield [_written(cell, text) for cell in row]

    def write(self, path: Path) -> None:
        """Write it as a file, TSV or CSV by its ending.

        Raises
        ------
        FileError
            If the name has another ending, or the file cannot be written; an older one is then untouched.
        """
        check_table(path)
        write_text(path, self.text(SEPARATORS[path.suffix.lower()]) + "\n")


def check_table(path: Path, sources: Sequence[Path] = ()) -> None:
    """Raise `FileError` if no table can be written under a name, before any work is done.

    Parameters
    ----------
    path : Path
    sources : sequence of Path
        Files that it must not take the place of.
    """
    if path.suffix.lower() not in SEPARATORS:
        raise FileError(f"{path} should end in {ENDINGS}; choose such a name for the table.")
    check_folder(path.parent, path.name)
    with looking(path):
        if path.is_dir():
            raise FileError(f"{path} is a folder; choose the name of a file for the table.")
        if any(path.exists() and source.exists() and path.samefile(source) for source in sources):
            raise FileError(f"{path} is what the table is made of; choose another name.")


def _plain(cell: Any) -> Cell:
    """Return a cell as what Python itself has."""
    plain: Cell = cell.item() if isinstance(cell, np.generic) else cell
    return plain


def _is_unknown(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _written(cell: Any, text: Callable[[str], str]) -> str:
    if type(cell) is float and math.isfinite(cell):  # nearly all of large tables
        return repr(cell)
    plain = _plain(cell)
    if _is_unknown(plain) or plain == "":
        return NO_VALUE
    return repr(plain) if isinstance(plain, float) else text(str(plain))
