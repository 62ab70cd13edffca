"""What is doubtful about an image, a mask or what was made of them stands in the window."""

from __future__ import annotations

import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtWidgets import QFileDialog

from maskeditor.core.operation.declaration import make
from tests.ui.conftest import Desk

AFFINE = np.diag([-2.0, 2.0, 3.0, 1.0])
SHAPE = (24, 22, 18)


@pytest.fixture
def said(desk: Desk) -> list[str]:
    """All that the status line has shown."""
    sentences: list[str] = []
    desk.editor.message.connect(sentences.append)
    return sentences


def test_a_volume_without_a_number_and_what_comes_of_it(desk: Desk, said: list[str], tmp_path: Path) -> None:
    data = np.random.default_rng(0).random((*SHAPE, 3)).astype(np.float32)
    data[..., 2] = np.nan
    nibabel.save(nibabel.Nifti1Image(data, AFFINE), tmp_path / "gap.nii")
    desk.open(tmp_path / "gap.nii")
    assert any(sentence.startswith("Volume 2 holds no number") for sentence in said)
    desk.editor.apply(make("epi_mask", {}))
    desk.wait()
    assert "The mask is a mere box of 20 × 18 × 14 voxels" in said[-1]


def test_a_header_that_leaves_something_open(desk: Desk, said: list[str], tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.ones(SHAPE, np.int16), AFFINE)
    image.header["xyzt_units"] = 3
    nibabel.save(image, tmp_path / "image.nii")
    desk.open(tmp_path / "image.nii")
    assert any("micrometres" in sentence for sentence in said)


def test_a_mask_that_is_rounded(desk: Desk, said: list[str], tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.ones(SHAPE, np.int16), AFFINE), tmp_path / "image.nii")
    values = np.full(SHAPE, np.nan, np.float32)
    values[5:9, 5:9, 5:9] = 1.00000012
    nibabel.save(nibabel.Nifti1Image(values, AFFINE), tmp_path / "mask.nii")
    desk.open(tmp_path / "image.nii")
    desk.wiring.files.open_mask_path(tmp_path / "mask.nii")
    desk.wait()
    assert np.array_equal(desk.mask(), ~np.isnan(values))
    assert said[-1].startswith("Opened 'mask'. mask.nii holds no number (NaN) in")
    assert "off whole ones" in said[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="names are letters there")
def test_a_name_that_is_not_utf8(desk: Desk, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[str] = []
    desk.editor.failed.connect(failed.append)
    odd, mask = tmp_path / "image\udcff.nii", tmp_path / "mask\udcfe.nii.gz"
    nibabel.save(
        nibabel.Nifti1Image(np.arange(24 * 22 * 18, dtype=np.int16).reshape(SHAPE), AFFINE), tmp_path / "i.nii"
    )
    (tmp_path / "i.nii").rename(odd)
    desk.wiring.files.open_path(odd)
    desk.wait()
    desk.editor.apply(make("threshold", {"lower": 5000}))
    desk.wait()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(mask), ""))
    desk.wiring.files.saving.save_mask()
    desk.wait()
    assert mask.exists()
    assert not desk.window.isWindowModified()
    desk.wiring.files.saving.save_mask()
    desk.wait()
    desk.wiring.files.saving.suggested()
    assert failed == []
