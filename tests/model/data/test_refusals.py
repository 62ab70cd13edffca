"""What signals and clusters are made of is not replaced, not joined where it does not fit, and not left out unsaid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maskeditor.core.errors import FileError, OperationError, ParameterError
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.io.confounds import Confounds
from maskeditor.io.nifti.header import Header
from maskeditor.model.data import confounds as confounds_module
from maskeditor.model.data.applied import put_back
from maskeditor.model.data.clusters import clusters_table
from maskeditor.model.data.confounds import confounds_for
from maskeditor.model.data.resampled import grid_by_numbers, resampled
from maskeditor.model.data.signal_files import check_signals
from maskeditor.model.data.signal_parameters import ConfoundParameters, SignalParameters
from maskeditor.model.data.signals import signals_of
from maskeditor.model.data.statistics import volume_taken


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


def test_what_is_lost_and_what_is_no_number_on_another_grid_is_said() -> None:
    data = np.zeros((8, 8, 8), np.float32)
    data[1, 1, 1], data[2, 2, 2] = np.nan, np.inf
    grid = Geometry(data.shape, np.eye(4))
    wanted = grid_by_numbers(grid, Header.from_geometry(grid), zooms=(2, 2, 2))
    image = Volume(np.asfortranarray(data), grid, name="t")
    assert resampled(image, wanted, "linear").findings == (
        "2 voxels of t hold no finite number (NaN or infinite): what lies nearest to them is NaN, and what lies beside "
        "is found from the others.",
    )
    labels = np.zeros(data.shape, np.uint8, order="F")
    labels[:4, 2:], labels[5, 5, 5] = 3, 7
    atlas = Volume(labels, grid, name="atlas")
    named = {7: NamedLabel("speck")}
    assert resampled(atlas, wanted, None, named).findings == (
        "No voxel remains of 'speck' on this grid; choose a finer one.",
    )
    assert resampled(Volume(0 * labels, grid, name="m"), wanted).findings == ("m is empty: no voxel is inside.",)
    series = Volume(np.asfortranarray(np.stack([labels, labels], -1)), grid, name="s")
    (finding,) = resampled(series, wanted).findings
    assert finding.startswith("s looks like masks or labels, but has 2 volumes, so it is resampled as an image")
    assert resampled(series, wanted, "nearest").findings == ()


def test_an_empty_mask_takes_no_values_and_limits_no_signals() -> None:
    grid = Geometry((3, 3, 3), np.eye(4))
    empty = MaskBits(grid.shape)
    with pytest.raises(OperationError, match="The mask is empty, so there is no voxel to put values into"):
        put_back(np.zeros(0), empty, grid, "t.tsv")
    series = Volume(np.zeros((3, 3, 3, 4), order="F"), grid)
    parameters = SignalParameters(seeds=((1.0, 1.0, 1.0),))
    with pytest.raises(OperationError, match="The mask that limits regions and seeds is empty"):
        signals_of(series, [], parameters, inside=empty)


def test_values_that_are_no_numbers_are_put_back_and_said() -> None:
    grid, mask = Geometry((3, 1, 1), np.eye(4)), MaskBits.of(np.ones((3, 1, 1), bool))
    made = put_back(np.array([[1, np.nan, 2], [1, 3, np.nan]]), mask, grid, "t.tsv")
    assert made.findings == ("t.tsv holds NaN or infinite values for 2 voxels; they are written as such.",)


def test_the_volume_that_nobody_has_chosen_is_said() -> None:
    series = Volume(np.zeros((3, 3, 3, 4), order="F"), Geometry((3, 3, 3), np.eye(4)), name="bold")
    assert volume_taken(series, "mean") == ("bold has 4 volumes; the mean of all was taken.",)
    assert volume_taken(series, 0) == ("bold has 4 volumes; volume 0 was taken.",)
    assert volume_taken(Volume(np.zeros((3, 3, 3)), series.geometry), "mean") == ()
