"""What the numbers of a label image mean: tables of names, a module for each format.

A module has `read`, which returns names and colours by number, or None for a text that is no table of its format.
"""

from __future__ import annotations

from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.core.register import modules_of
from maskeditor.core.space.label_image import NamedLabel
from maskeditor.io.tables import read_text

#: Endings of tables that lie beside their image under its name.
BESIDE = (".tsv", ".csv", ".txt", ".label", ".lut", ".xml")
_READERS = tuple(module.read for module in modules_of(__name__, __path__))


def read_table(path: Path) -> dict[int, NamedLabel]:
    """Return the names of labels, and their colours where there are any, by number.

    Parameters
    ----------
    path : Path
        A BIDS table (index, name), a label file of ITK-SNAP, a colour table of FreeSurfer or an atlas XML of FSL.

    Raises
    ------
    FileError
        If it cannot be read, or is no such table.
    """
    text = read_text(path)
    for read in _READERS:
        found: dict[int, NamedLabel] | None = read(text)
        if found:
            return found
    raise FileError(
        f"{path.name} is no table of labels; give one of BIDS (columns index and name), ITK-SNAP, FreeSurfer or FSL."
    )


def read_labels(path: Path) -> dict[int, str]:
    """Return the names of labels, by number; parameters and errors are those of `read_table`."""
    return {number: label.name for number, label in read_table(path).items()}


def labels_beside(path: Path) -> dict[int, str]:
    """Return the names in a file that lies beside a label image, none if it is something else."""
    return {number: label.name for number, label in _if_table(path).items()}


def named_beside(image: Path, stem: str) -> dict[int, NamedLabel]:
    """Return names and colours by the table that lies beside a label image, none without one; see `table_beside`."""
    beside = table_beside(image, stem)
    return {} if beside is None else _if_table(beside)


def _if_table(path: Path) -> dict[int, NamedLabel]:
    try:
        return read_table(path)
    except FileError:
        return {}


def table_beside(image: Path, stem: str) -> Path | None:
    """Return the table that lies beside a label image under its name without ending; None if there is none."""
    return next((path for ending in BESIDE if (path := image.with_name(stem + ending)).is_file()), None)
