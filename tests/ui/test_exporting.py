"""Masks leaving as a DICOM segmentation, from the menu."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtWidgets import QFileDialog, QMessageBox

from maskeditor.core.operation.declaration import make
from maskeditor.io.dicom.segmentation import can_export
from maskeditor.io.open import open_mask
from tests.io.dicom.phantom import numbers, write_series
from tests.ui.conftest import Desk


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sentences of the warnings that were shown."""
    sentences: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda parent, title, text: sentences.append(text))
    return sentences


def test_an_image_that_is_not_dicom_says_so(desk: Desk, told: list[str]) -> None:
    desk.open()
    desk.wiring.actions["export_segmentation"].trigger()
    assert len(told) == 1
    assert "is no DICOM image" in told[0]


@pytest.mark.skipif(not can_export(), reason="highdicom is not installed (maskeditor[dicom-seg])")
def test_all_rois_are_exported(desk: Desk, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_series(tmp_path / "image", numbers((12, 10, 5)))
    desk.open(tmp_path / "image")
    desk.wiring.actions["export_segmentation"].trigger()
    assert told == ["All ROIs are empty; make a mask first."]
    desk.editor.apply_now(make("threshold", {"lower": 2000}))
    desk.wait()
    asked: list[str] = []

    def name(parent: object, title: str, suggested: str, kinds: str) -> tuple[str, str]:
        asked.append(suggested)
        return str(tmp_path / "masks"), kinds

    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    desk.wiring.actions["export_segmentation"].trigger()
    desk.wait()
    assert asked == [str(tmp_path / "phantom_seg.dcm")]
    labels = open_mask(tmp_path / "masks.dcm", desk.document.geometry).labels
    np.testing.assert_array_equal(labels[1], desk.mask())
