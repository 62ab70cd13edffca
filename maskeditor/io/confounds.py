"""Confounds of a series: columns of a table, or those that a strategy takes from what fMRIPrep wrote beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.operation.meant import ending
from maskeditor.engine.arrays import Array
from maskeditor.io.maskers import calling_nilearn
from maskeditor.io.tables import read_rows

#: What stands for no number in tables of BIDS.
_NONE = ("", "n/a", "nan")


class Confounds(NamedTuple):
    """What is regressed out of signals.

    Parameters
    ----------
    values : (T, C) array of float64
    columns : tuple of str
    kept : tuple of int or None
        The volumes that a strategy keeps; None for all.
    findings : tuple of str
        What is worth saying of them, one sentence each.
    files : tuple of Path
        The tables that they are of.
    """

    values: Array
    columns: tuple[str, ...]
    kept: tuple[int, ...] | None = None
    findings: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


def read_confounds(path: Path, columns: tuple[str, ...] = ()) -> Confounds:
    """Return columns of a table with a row for each volume (fMRIPrep's confounds, or any with titles).

    Where derivatives have no value for the first volume, that of the second stands for it, as in nilearn's
    `load_confounds`; a finding says so.

    Parameters
    ----------
    path : Path
    columns : tuple of str
        By name; all for none.

    Raises
    ------
    FileError
        If it cannot be read, has no such column, or lacks other values.
    """
    rows = read_rows(path)
    if len(rows) < 2:
        raise FileError(f"{path.name} holds no confounds; give a table of titles, and a row for each volume.")
    titles, *body = rows
    missing = [name for name in columns if name not in titles]
    if missing:
        known = dict.fromkeys(titles, ())
        has = f"; it has {', '.join(titles[:20])}{' …' * (len(titles) > 20)}."
        raise FileError(f"{path.name} has no column {missing[0]!r}{ending(missing[0], known, has)}")
    names = columns or tuple(titles)
    values = np.empty((len(body), len(names)))
    for place, name in enumerate(names):
        values[:, place] = _numbers(path, name, [row[titles.index(name)] for row in body])
    absent = np.isnan(values)
    lacking = [name for place, name in enumerate(names) if absent[1:, place].any()]
    if lacking or (absent.any() and len(values) < 2):
        raise FileError(
            f"{path.name}: column {(lacking or names)[0]!r} has volumes without a value; choose other columns."
        )
    filled = [name for place, name in enumerate(names) if absent[0, place]]
    values[0, absent[0]] = values[1, absent[0]]
    said = f"{path.name} has no value of {', '.join(filled)} for the first volume: that of the second stands for it."
    return Confounds(values, names, None, (said,) if filled else (), (path,))


def _numbers(path: Path, name: str, cells: list[str]) -> list[float]:
    found = []
    for place, cell in enumerate(cells):
        try:
            number = float("nan") if cell.lower() in _NONE else float(cell)
        except ValueError:
            raise FileError(
                f"{path.name}: column {name!r} holds {cell[:20]!r} for volume {place}, which is no number; choose "
                "other columns by their names."
            ) from None
        found.append(number)
    return found


def confounds_by_strategy(image: Path, options: Mapping[str, Any]) -> Confounds:
    """Return what `nilearn.interfaces.fmriprep.load_confounds` finds beside a series that fMRIPrep wrote.

    Parameters
    ----------
    image : Path
        Of the series, by the name that fMRIPrep gave it.
    options : mapping
        What the function takes beside the image, by name; `strategy` is one.

    Raises
    ------
    FileError
        If there is no such table, or it lacks what the strategy wants.
    """
    try:
        with calling_nilearn(f"The confounds of {image.name} cannot be taken by the strategy", FileError):
            from nilearn.interfaces.fmriprep import load_confounds

            table, kept = load_confounds(str(image), **options)
            files = (_table_of(image, options),)
    except FileError as error:
        if "_desc-" in image.name and any(image.parent.glob("*_desc-confounds_*.tsv")):
            raise
        raise FileError(
            f"{str(error).rstrip('.')}; a strategy wants names as fMRIPrep gives them, such as "
            "sub-01_desc-preproc_bold.nii.gz with sub-01_desc-confounds_timeseries.tsv and its .json beside: without "
            "these, give a table of confounds and its columns."
        ) from error
    if table is None or not table.size:
        return Confounds(np.empty((0, 0)), (), _whole(kept), files=files)
    return Confounds(table.to_numpy(float), tuple(map(str, table.columns)), _whole(kept), files=files)


def _table_of(image: Path, options: Mapping[str, Any]) -> Path:
    """Return the table that `load_confounds` reads beside a series, which it does not tell itself."""
    from nilearn.interfaces.fmriprep.load_confounds_utils import get_confounds_file

    by_tedana = bool("tedana" in options["strategy"] and options.get("tedana"))
    by_aroma = "ica_aroma" in options["strategy"] and options.get("ica_aroma") == "full" and not by_tedana
    return Path(get_confounds_file(str(image), flag_full_aroma=by_aroma, flag_tedana=by_tedana))


def _whole(kept: Array | None) -> tuple[int, ...] | None:
    return None if kept is None else tuple(int(volume) for volume in kept)
