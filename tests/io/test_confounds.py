"""Confounds of a series: columns of a table, and nilearn's strategies on what fMRIPrep writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas
import pytest
from nilearn.interfaces.fmriprep import load_confounds

from maskeditor.core.errors import FileError
from maskeditor.io.confounds import confounds_by_strategy, read_confounds
from maskeditor.model.data.confounds import confounds_for
from maskeditor.model.data.signal_parameters import ConfoundParameters

FRAMES = 30


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """A series by fMRIPrep's names, with the table of confounds beside it; no voxel is looked at."""
    random = np.random.default_rng(0)
    axes = [f"{kind}_{axis}" for kind in ("trans", "rot") for axis in "xyz"]
    columns = [*axes, "csf", "white_matter", "global_signal"]
    names = [f"{name}{end}" for name in columns for end in ("", "_derivative1", "_power2", "_derivative1_power2")]
    table = pandas.DataFrame({name: random.normal(size=FRAMES) for name in names})
    for name in names:
        if "derivative1" in name:
            table.loc[0, name] = np.nan
    table["cosine00"] = np.cos(np.arange(FRAMES) / 10)
    table["framewise_displacement"] = [np.nan, *random.random(FRAMES - 1)]
    table["std_dvars"] = [np.nan, *random.random(FRAMES - 1)]
    table["non_steady_state_outlier00"] = [1.0, *[0.0] * (FRAMES - 1)]
    stem = "sub-01_task-rest"
    table.to_csv(tmp_path / f"{stem}_desc-confounds_timeseries.tsv", sep="\t", index=False, na_rep="n/a")
    (tmp_path / f"{stem}_desc-confounds_timeseries.json").write_text(json.dumps({}))
    image = tmp_path / f"{stem}_space-MNI152NLin2009cAsym_desc-preproc_bold.nii.gz"
    image.touch()
    return image


def beside(image: Path) -> Path:
    return image.with_name("sub-01_task-rest_desc-confounds_timeseries.tsv")


@pytest.mark.parametrize(
    "given",
    [
        {"strategy": ["motion", "high_pass", "wm_csf"]},
        {"strategy": ["motion"], "motion": "basic", "demean": False},
        {"strategy": ["motion", "scrub"], "fd_threshold": 0.9, "std_dvars_threshold": 3.0, "scrub": 2},
        {"strategy": ["global_signal"], "global_signal": "power2"},
    ],
)
def test_strategies_are_those_of_nilearn(series: Path, given: dict[str, object]) -> None:
    found = confounds_for(series, None, ConfoundParameters.model_validate(given))
    expected, kept = load_confounds(str(series), **given)
    assert found is not None
    assert np.array_equal(found.values, expected.to_numpy())
    assert found.columns == tuple(expected.columns)
    assert found.kept == (None if kept is None else tuple(kept))
    assert found.files == (beside(series),)


def test_columns_by_their_names(series: Path) -> None:
    found = read_confounds(beside(series), ("trans_x", "csf_derivative1"))
    expected = pandas.read_csv(beside(series), sep="\t")[["trans_x", "csf_derivative1"]].bfill(limit=1)
    assert np.array_equal(found.values, expected.to_numpy())
    assert found.findings == (
        f"{beside(series).name} has no value of csf_derivative1 for the first volume: that of the second stands for "
        "it.",
    )
    both = confounds_for(series, beside(series), ConfoundParameters(confound_columns=("csf",), strategy=("motion",)))
    assert both is not None
    assert both.files == (beside(series),)
    assert both.values.shape == (FRAMES, 25)


def test_all_columns_of_a_plain_table(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("a,b\n1,2\n3,4\n")
    assert read_confounds(tmp_path / "c.csv").values.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "columns", "sentence"),
    [
        ("a\tb\n1\t2\n3\t4\n", ("trans_x",), "no column 'trans_x'; it has a, b"),
        ("trans_x\n1\n2\n", ("transx",), "no column 'transx'.*trans_x"),
        ("a\n1\nn/a\n3\n", ("a",), "column 'a' has volumes without a value"),
        ("a\n1\nsix\n", (), "column 'a' holds 'six' for volume 1, which is no number"),
        ("a\n", (), "holds no confounds"),
    ],
)
def test_what_is_no_table_of_confounds(tmp_path: Path, text: str, columns: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "c.tsv").write_text(text)
    with pytest.raises(FileError, match=sentence):
        read_confounds(tmp_path / "c.tsv", columns)


def test_what_no_strategy_can_be_taken_of(tmp_path: Path, series: Path) -> None:
    (tmp_path / "bold.nii.gz").touch()
    with pytest.raises(FileError, match=r"The confounds of bold.nii.gz cannot be taken by the strategy: "):
        confounds_by_strategy(tmp_path / "bold.nii.gz", {"strategy": ("motion",)})
    with pytest.raises(
        FileError, match=r"_desc-preproc_bold.nii.gz with .*_desc-confounds_timeseries.tsv .* give a table"
    ):
        confounds_by_strategy(tmp_path / "bold.nii.gz", {"strategy": ("motion",)})
    with pytest.raises(FileError, match=r"high_pass[^;]*$"):
        confounds_by_strategy(series, {"strategy": ("compcor",)})
    beside(series).unlink()
    with pytest.raises(FileError, match=r"find.*; a strategy wants names as fMRIPrep gives them"):
        confounds_by_strategy(series, {"strategy": ("motion",)})
