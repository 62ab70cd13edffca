"""maskeditor resample: files as nilearn makes them, what goes beside them, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel
import numpy as np
from nilearn.image import resample_img, resample_to_img

from tests import phantoms

if TYPE_CHECKING:
    from tests.cli.conftest import Call

GRID = np.diag([2.0, 2.0, 2.5, 1.0])


def series(path: Path) -> Path:
    data = np.stack([phantoms.head(seed=seed) for seed in range(3)], axis=-1)
    image = nibabel.Nifti1Image(data, np.diag([1.0, 1.2, 1.0, 1.0]))
    image.header.set_xyzt_units("mm", "msec")
    image.header["pixdim"][4] = 1500
    image.header.set_sform(image.affine, 4)
    nibabel.save(image, path)
    return path


def test_onto_an_image(call: Call, tmp_path: Path) -> None:
    bold, other = series(tmp_path / "bold.nii.gz"), tmp_path / "T1w.nii.gz"
    reference = nibabel.Nifti1Image(np.zeros((7, 8, 5), np.float32), GRID)
    reference.header.set_sform(GRID, 3)
    nibabel.save(reference, other)
    out = tmp_path / "out.nii.gz"
    ended = call("resample", bold, "--to", other, "-o", out)
    assert (ended.status, ended.out) == (0, f"{out}: 7 × 8 × 5 × 3, float32, continuous\n")
    made, expected = nibabel.load(out), resample_to_img(bold, other)
    np.testing.assert_array_equal(np.asarray(made.dataobj), np.asarray(expected.dataobj))
    # The geometry is that of the other image, the time between volumes that of the series.
    assert (made.header["sform_code"], made.header["pixdim"][4]) == (3, 1.5)
    np.testing.assert_array_equal(made.affine, reference.affine)
    beside = json.loads((tmp_path / "out.json").read_text())
    assert beside["Sources"] == ["bold.nii.gz", "T1w.nii.gz"]
    assert (beside["SpatialReference"], beside["Interpolation"]) == ("T1w.nii.gz", "continuous")
    assert beside["Resolution"] == "2 × 2 × 2.5 mm, resampled to the grid of T1w.nii.gz"
    assert beside["GeneratedBy"][0]["Name"] == "maskeditor"
    # Done again, it takes the place of what it wrote.
    assert call("resample", bold, "--to", other, "-o", out, "--interpolation", "linear").status == 0


def test_by_numbers(call: Call, tmp_path: Path) -> None:
    bold, out = series(tmp_path / "bold.nii.gz"), tmp_path / "out.nii"
    call("resample", bold, "--zooms", "2,2.4,3", "-o", out, "--interpolation", "linear")
    expected = resample_img(bold, target_affine=np.diag([2, 2.4, 3]), interpolation="linear")
    np.testing.assert_array_equal(np.asarray(nibabel.load(out).dataobj), np.asarray(expected.dataobj))
    assert nibabel.load(out).header["sform_code"] == 4
    affine = ",".join(f"{number:g}" for number in GRID[:3].ravel())
    assert call("resample", bold, "--affine", affine, "--shape", "5,6,4", "-o", out).status == 0
    expected = resample_img(bold, target_affine=GRID, target_shape=(5, 6, 4))
    np.testing.assert_array_equal(np.asarray(nibabel.load(out).dataobj), np.asarray(expected.dataobj))


def test_labels_keep_their_names(call: Call, tmp_path: Path) -> None:
    values = np.zeros((12, 12, 12), np.uint8)
    values[2:6, 2:9, 2:9], values[6:10, 2:9, 2:9] = 3, 17
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "a_dseg.nii.gz")
    table = "index\tname\tcolor\n3\tleft\t#ff0000\n17\tright\t#0000ff\n"
    (tmp_path / "a_dseg.tsv").write_text(table)
    (tmp_path / "a_dseg.json").write_text(json.dumps({"Type": "ROI", "Manual": True, "Recipe": {"steps": []}}))
    out = tmp_path / "b_dseg.nii.gz"
    ended = call("resample", tmp_path / "a_dseg.nii.gz", "--zooms", "2,2,2", "-o", out)
    assert ended.out.endswith("uint8, nearest\n")
    assert (tmp_path / "b_dseg.tsv").read_text() == table
    beside = json.loads((tmp_path / "b_dseg.json").read_text())
    assert (beside["Type"], beside["Manual"], beside["SpatialReference"]) == ("ROI", True, "orig")
    assert "Recipe" not in beside
    call("resample", tmp_path / "a_dseg.nii.gz", "--zooms", "2,2,2", "-o", out, "--interpolation", "linear").failed(
        1, "a_dseg holds labels, between whose numbers there is nothing, so it cannot be resampled as linear; use near"
    )


def test_what_is_refused(call: Call, tmp_path: Path) -> None:
    bold, out = series(tmp_path / "bold.nii.gz"), tmp_path / "out.nii"
    call("resample", bold, "-o", out).failed(2, "Give the grid by one of --to, --zooms and --affine")
    call("resample", bold, "--zooms", "2,2,2", "--shape", "4,4,4", "-o", out).failed(2, "--shape goes with --affine")
    call("resample", bold, "--zooms", "2,2", "-o", out).failed(1, "--zooms is '2,2', but must be 3 numbers")
    call("resample", bold, "--affine", "1,2", "-o", out).failed(1, "must be 9 or 12 or 16 numbers")
    call("resample", bold, "--zooms", "2,2,2", "-o", bold).failed(1, "would replace the image itself")
    (tmp_path / "out.json").write_text('{"RepetitionTime": 2}')
    call("resample", bold, "--zooms", "2,2,2", "-o", out).failed(1, "out.json beside it tells of another image")
    assert not out.exists()
