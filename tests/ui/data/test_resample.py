"""Images and ROIs saved on another grid from the window, as nilearn brings them there."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nilearn.image import resample_img, resample_to_img
from PyQt6.QtWidgets import QFileDialog

from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.declaration import make
from maskeditor.engine.progress import Progress
from maskeditor.model.data.resample_in_session import ResampleAsked, resample_to
from maskeditor.ui.data.resample import ResampleDialog
from tests import phantoms
from tests.ui.conftest import Desk

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])


@pytest.fixture
def head(desk: Desk, tmp_path: Path) -> Desk:
    nibabel.save(nibabel.Nifti1Image(phantoms.head().astype(np.float32), AFFINE), tmp_path / "head.nii")
    nibabel.save(nibabel.Nifti1Image(np.zeros((9, 9, 9), np.uint8), np.diag([3.0, 3.0, 3.0, 1.0])), tmp_path / "o.nii")
    desk.open(tmp_path / "head.nii")
    desk.editor.apply_now(make("threshold", {"lower": 500}))
    return desk


def resample(desk: Desk, monkeypatch: pytest.MonkeyPatch, out: Path, **chosen: object) -> None:
    """Choose in the dialog, save, and wait until it is there."""

    def choose(dialog: ResampleDialog) -> bool:
        dialog.what.setCurrentIndex(int(chosen.get("what", 0)))
        dialog.like.setText(str(chosen.get("like", "")))
        dialog.how.setCurrentIndex(int(chosen.get("how", 0)))
        for box in dialog.zooms:
            box.setValue(2.5)
        return True

    monkeypatch.setattr(ResampleDialog, "exec", choose)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    desk.wiring.actions["data_resample"].trigger()
    desk.wait()


def test_the_image_to_other_zooms(head: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "out.nii"
    resample(head, monkeypatch, out)
    expected = resample_img(tmp_path / "head.nii", target_affine=np.eye(3) * 2.5)
    np.testing.assert_array_equal(np.asarray(nibabel.load(out).dataobj), np.asarray(expected.dataobj))
    assert json.loads((tmp_path / "out.json").read_text())["Sources"] == ["head.nii"]


def test_an_roi_to_the_grid_of_an_image(head: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "out.nii"
    resample(head, monkeypatch, out, what=1, like=tmp_path / "o.nii")
    mask = nibabel.Nifti1Image((phantoms.head() >= 500).astype(np.uint8), AFFINE)
    expected = resample_to_img(mask, tmp_path / "o.nii", interpolation="nearest")
    made = nibabel.load(out)
    np.testing.assert_array_equal(np.asarray(made.dataobj), np.asarray(expected.dataobj))
    np.testing.assert_array_equal(made.affine, np.diag([3.0, 3.0, 3.0, 1.0]))
    record = json.loads((tmp_path / "out.json").read_text())
    assert (record["Type"], record["Label"], record["Manual"]) == ("ROI", "mask", False)
    assert (record["Sources"], record["Interpolation"]) == (["head.nii", "o.nii"], "nearest")


def test_labels_refuse_to_be_linear(head: Desk, tmp_path: Path) -> None:
    session = head.editor.session
    asked = ResampleAsked(roi=head.editor.active, zooms=(2.5, 2.5, 2.5), how="linear")
    with pytest.raises(ParameterError, match=r"mask holds a mask.*use nearest"):
        resample_to(session, asked, tmp_path / "out.nii")(Progress())
    assert not (tmp_path / "out.nii").exists()
