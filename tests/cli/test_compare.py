"""maskeditor compare: two masks, images of labels, several raters, and what cannot be compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel
import numpy as np
import pandas as pd
import pytest

import maskeditor
from tests.phantoms import blobs

if TYPE_CHECKING:
    from tests.cli.conftest import Call

SHAPE = (14, 12, 10)
AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])


def save(path: Path, values: np.ndarray, affine: np.ndarray = AFFINE) -> Path:
    nibabel.save(nibabel.Nifti1Image(values.astype(np.uint8), affine), path)
    return path


@pytest.fixture
def raters(tmp_path: Path) -> list[Path]:
    return [save(tmp_path / f"{name}.nii.gz", blobs(SHAPE, seed)) for seed, name in enumerate("abc", 1)]


def test_two_masks(call: Call, raters: list[Path], tmp_path: Path) -> None:
    ended = call("compare", *raters[:2], "--json")
    assert (ended.status, ended.err) == (0, "")
    (row,) = json.loads(ended.out)["rows"]
    found = maskeditor.compare(*raters[:2])
    assert (row["dice"], row["hausdorff_95"]) == (found.dice, found.hausdorff_95)
    assert (row["first"], row["second_voxels"]) == (str(raters[0]), found.second)
    # Elsewhere than on a terminal, and in a file, it is a table of BIDS.
    table = tmp_path / "t.tsv"
    call("compare", *raters[:2], "-o", table)
    assert table.read_text() == call("compare", *raters[:2]).out
    assert pd.read_csv(table, sep="\t")["kappa"][0] == pytest.approx(found.kappa)


def test_several_raters(call: Call, raters: list[Path]) -> None:
    answer = json.loads(call("compare", *raters, "--json").out)
    assert [(Path(row["first"]).name[0], Path(row["second"]).name[0]) for row in answer["rows"][:-1]] == [
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    ]
    assert answer["rows"][-1]["first"] == "all"
    assert answer["rows"][-1]["kappa"] == answer["fleiss_kappa"] == maskeditor.compare_all(raters).fleiss_kappa


def test_labels_have_a_row_each_and_their_names(call: Call, tmp_path: Path) -> None:
    values = np.zeros(SHAPE, int)
    values[2:5, 3:8, 2:6], values[6:9, 3:8, 2:6] = 3, 17
    first, second = save(tmp_path / "one.nii.gz", values), save(tmp_path / "two.nii.gz", np.roll(values, 1, 0))
    (tmp_path / "one.tsv").write_text("index\tname\n3\tleft\n17\tright\n")
    rows = json.loads(call("compare", first, second, "--json").out)["rows"]
    assert [(row["label"], row["name"]) for row in rows] == [(None, "all labels"), (3, "left"), (17, "right")]
    assert rows[1]["dice"] == pytest.approx(2 / 3)
    assert rows[1]["hausdorff"] == 2


def test_what_is_doubtful_is_a_warning(call: Call, raters: list[Path], tmp_path: Path) -> None:
    ended = call("compare", raters[0], save(tmp_path / "empty.nii.gz", np.zeros(SHAPE)), "--json")
    assert ended.status == 0
    assert ended.err.startswith("maskeditor: Warning: ")
    assert "the second is empty, so distances have no value." in ended.err
    assert json.loads(ended.out)["rows"][0]["hausdorff"] is None
    assert "n/a" in call("compare", raters[0], tmp_path / "empty.nii.gz").out


def test_what_cannot_be_compared(call: Call, raters: list[Path], tmp_path: Path) -> None:
    call("compare", raters[0]).failed(2, "Give two masks or more; see maskeditor compare --help.")
    call("compare", raters[0], raters[0]).failed(2, "The same mask is given twice")
    other = save(tmp_path / "other.nii.gz", blobs((14, 12, 9)), np.diag([2.0, 2.0, 3.3, 1.0]))
    call("compare", *raters, other).failed(
        1, "lie on different grids (shape: 14 × 12 × 10 here, 14 × 12 × 9 there; zooms:", "maskeditor resample"
    )
    call("compare", *raters, "-o", raters[0]).failed(1, "should end in .tsv")
