"""Arrays of numbers in files: .npy, or a table of text with or without titles."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.engine.arrays import Array
from maskeditor.io.streams import no_pipe, reading
from maskeditor.io.tables import read_rows

#: How the name of an array of numpy ends.
ARRAY_ENDING = ".npy"
#: What stands for no number.
_NONE = ("", "n/a", "nan")
#: Types that NIfTI files do not have, and the one that stands for each.
_STORED_AS: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.bool_): np.dtype(np.uint8),
    np.dtype(np.float16): np.dtype(np.float32),
    np.dtype(np.longdouble): np.dtype(np.float64),
}


def read_numbers(path: Path) -> Array:
    """Return the numbers of a file (N,) or (M, N): an array of numpy (.npy) in its type, or a table in float64.

    A table's columns are parted by tabs, commas or blanks; a first row that holds no number is left out, and cells that
    are empty or "n/a" are NaN.

    Raises
    ------
    FileError
        If it cannot be read, or does not hold real numbers alone.
    """
    if path.suffix.lower() == ARRAY_ENDING:
        return _array(path)
    rows = read_rows(path)
    if rows and not any(_is_number(cell) for cell in rows[0]):
        rows = rows[1:]
    if not rows:
        raise FileError(f"{path.name} holds no numbers; give a table of numbers, or an array of numpy (.npy).")
    values = np.empty((len(rows), len(rows[0])))
    for place, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if not _is_number(cell) and cell.lower() not in _NONE:
                raise FileError(f"{path.name}: {cell[:20]!r} in a row of numbers is none; correct it.")
            values[place, column] = np.nan if cell.lower() in _NONE else float(cell)
    return values


def as_stored(values: Array, name: str) -> Array:
    """Return real numbers, an array of any shape, in a type that NIfTI files have: their own, or the one nearest to it.

    Parameters
    ----------
    values : array
    name : str
        What they are called, for a sentence.

    Raises
    ------
    FileError
        If they are no real numbers.
    """
    if values.dtype.kind not in "biuf":
        raise FileError(f"{name} is of the type {values.dtype}; give real numbers.")
    return np.asarray(values, stored_type(values.dtype))


def stored_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type in which a NIfTI file holds real numbers of a type, in the byte order of this machine.

    Examples
    --------
    >>> stored_type(np.dtype(bool)), stored_type(np.dtype(">i2"))
    (dtype('uint8'), dtype('int16'))
    """
    plain = dtype.newbyteorder("=")
    return _STORED_AS.get(plain, plain)


def array_bytes(values: Array) -> bytes:
    """Return an array (any shape) of numbers as the bytes of an .npy file."""
    file = io.BytesIO()
    np.save(file, values, allow_pickle=False)
    return file.getvalue()


def _array(path: Path) -> Array:
    with reading(path):
        no_pipe(path)
        try:
            with path.open("rb") as file:
                values: Array = np.load(file, allow_pickle=False)
        except (ValueError, EOFError):
            raise FileError(f"{path.name} is no array of numbers as numpy saves one; save it by numpy.save.") from None
    return as_stored(values, path.name)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
