"""Masks leaving as a DICOM segmentation, from the menu."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtWidgets import QFileDialog

from maskeditor.core.operation.declaration import make
from maskeditor.io.dicom.segmentation import can_export
from maskeditor.io.open import open_mask
from tests.io.dicom.phantom import numbers, write_series
from tests.ui.conftest import Desk


def why(desk: Desk) -> str:
    """Return why nothing can be exported, as the menu says it; empty if it can."""
    action = desk.wiring.actions["export_segmentation"]
    return "" if action.isEnabled() else action.toolTip()


def test_an_image_that_is_not_dicom_says_so(desk: Desk) -> None:
    desk.open()
    assert "is no DICOM image" in why(desk)


@pytest.mark.skipif(not can_export(), reason="highdicom is not installed (maskeditor[dicom-seg])")
def test_all_rois_are_exported(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_series(tmp_path / "image", numbers((12, 10, 5)))
    desk.open(tmp_path / "image")
    assert "All ROIs are empty; make a mask first." in why(desk)
    desk.editor.apply_now(make("threshold", {"lower": 2000}))
    desk.wait()
    assert not why(desk)
    asked: list[str] = []

    def name(parent: object, title: str, suggested: str, kinds: str) -> tuple[str, str]:
        asked.append(suggested)
        return str(tmp_path / "masks"), kinds

    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    desk.wiring.actions["export_segmentation"].trigger()
    desk.wait()
    assert asked == [str(tmp_path / "phantom_seg.dcm")]
    labels = open_mask(tmp_path / "masks.dcm", desk.document.geometry).labels
    np.testing.assert_array_equal(labels[1][...], desk.mask())
