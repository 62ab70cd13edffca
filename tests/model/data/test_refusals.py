"""What signals and clusters are made of is not replaced, not joined where it does not fit, and not left out unsaid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maskeditor.core.errors import FileError, ParameterError
from maskeditor.core.space.geometry import Geometry
from maskeditor.io.confounds import Confounds
from maskeditor.model.data import confounds as confounds_module
from maskeditor.model.data.clusters import clusters_table
from maskeditor.model.data.confounds import confounds_for
from maskeditor.model.data.signal_files import check_signals
from maskeditor.model.data.signal_parameters import ConfoundParameters


def test_what_lies_beside_signals_is_not_replaced_where_they_are_made_of_it(tmp_path: Path) -> None:
    source = tmp_path / "events.json"
    source.write_text('{"Columns": {}, "GeneratedBy": []}')
    check_signals(tmp_path / "events.tsv", [tmp_path / "bold.nii"])
    with pytest.raises(FileError, match=r"events\.tsv would replace what the signals are made of"):
        check_signals(tmp_path / "events.tsv", [tmp_path / "bold.nii", source])


def test_confounds_of_a_table_and_of_a_strategy_have_as_many_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "own.tsv"
    table.write_text("x\n1\n2\n3\n")
    found = {"rows": 3}

    def by_strategy(*_: object) -> Confounds:
        return Confounds(np.ones((found["rows"], 2)), ("a", "b"), None, ())

    monkeypatch.setattr(confounds_module, "confounds_by_strategy", by_strategy)
    parameters = ConfoundParameters(strategy=("motion",))
    both = confounds_for(tmp_path / "bold.nii", table, parameters)
    assert both is not None
    assert both.values.tolist() == [[1, 1, 1], [2, 1, 1], [3, 1, 1]]
    found["rows"] = 4
    with pytest.raises(ParameterError, match="has 3 rows, but that of the strategy 4"):
        confounds_for(tmp_path / "bold.nii", table, parameters)


def test_what_is_no_number_in_a_map_of_clusters_is_said() -> None:
    data = np.zeros((6, 5, 4), np.float32)
    data[1:3, 1:3, 1:3] = 5
    data[4, 4, :2] = np.nan, np.inf
    found = clusters_table(data, None, Geometry(data.shape, np.eye(4)), 3.0)
    assert found.findings == ("2 voxels of the map hold no finite number and count as 0.",)
    assert found.table["voxels"] == [8]
    assert clusters_table(np.nan_to_num(data, posinf=0), None, Geometry(data.shape, np.eye(4)), 3.0).findings == ()
