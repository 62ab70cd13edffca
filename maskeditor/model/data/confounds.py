"""Confounds of a series as they are asked for: of a table, of a strategy, or of both."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from maskeditor.core.errors import ParameterError
from maskeditor.io.confounds import Confounds, confounds_by_strategy, read_confounds
from maskeditor.model.data.signal_parameters import ConfoundParameters
from maskeditor.model.numbers_in_words import in_number


def confounds_for(image: Path | None, table: Path | None, parameters: ConfoundParameters) -> Confounds | None:
    """Return what is to be regressed out; None for nothing.

    Parameters
    ----------
    image : Path or None
        Of the series, beside which a strategy finds the table that fMRIPrep wrote.
    table : Path or None
        Whose columns are taken.
    parameters : ConfoundParameters

    Raises
    ------
    ParameterError
        If columns are named without a table, or a strategy is chosen for an image that has no file.
    FileError
        If a table cannot be read.
    """
    if parameters.confound_columns and table is None:
        raise ParameterError("Columns of confounds are named, but no table of them is given; give one.")
    if parameters.strategy and image is None:
        raise ParameterError(
            "A strategy finds confounds beside the file of the series, which this has not; give a table."
        )
    found = [read_confounds(table, parameters.confound_columns)] if table is not None else []
    if parameters.strategy and image is not None:
        found.append(confounds_by_strategy(image, parameters.of_strategy()))
    if not found:
        return None
    if len(found) == 1:
        return found[0]
    first, second = found
    if second.values.size and len(first.values) != len(second.values):
        raise ParameterError(
            f"The table of confounds has {in_number(len(first.values), 'row')}, but that of the strategy "
            f"{len(second.values)}; give a row for each volume."
        )
    values = np.hstack([one.values for one in found if one.values.size])
    files = tuple(dict.fromkeys(first.files + second.files))
    return Confounds(values, first.columns + second.columns, second.kept, first.findings, files)
