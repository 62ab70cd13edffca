"""All ROIs saved as labels from the menu, with hands, and what is asked before."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtWidgets import QFileDialog, QLabel, QPushButton

from maskeditor.core.operation.declaration import make
from maskeditor.model.numbers_in_words import counted
from maskeditor.ui.choice import Choice
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.files import saving
from maskeditor.ui.files.label_values import VALUE, LabelValues
from maskeditor.ui.files.save_checks import SaveChecks
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

DATA = phantoms.head((30, 34, 26), 0)


@pytest.fixture
def opened(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A window with two ROIs that share voxels; files get the name that is suggested."""
    nibabel.save(nibabel.Nifti1Image(DATA, phantoms.affine("anisotropic")), tmp_path / "head.nii.gz")
    desk.open(tmp_path / "head.nii.gz")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda parent, title, suggested, kinds: (suggested, kinds))
    return desk


def fill(desk: Desk) -> None:
    desk.editor.apply_now(make("threshold", {"lower": 300}))
    desk.editor.add_roi("core")
    desk.editor.apply_now(make("threshold", {"lower": 700}))
    desk.wait()


def test_all_rois_are_saved_by_keys(opened: Desk, tmp_path: Path, driver: Driver) -> None:
    action = opened.wiring.actions["save_labels"]
    assert not action.isEnabled()
    assert "All ROIs are empty; make a mask first." in action.toolTip()
    fill(opened)
    said: list[str] = []
    opened.editor.message.connect(said.append)
    driver.key("Ctrl+Shift+L")
    opened.wait()
    saved = np.asarray(nibabel.load(tmp_path / "head_dseg.nii.gz").dataobj)
    np.testing.assert_array_equal(saved, np.where(DATA >= 700, 2, np.where(DATA >= 300, 1, 0)))
    assert said == [f"Saved 2 ROIs to {tmp_path / 'head_dseg.nii.gz'}."]
    assert not opened.window.isWindowModified()


@pytest.mark.parametrize("press", ["Save anyway", "Cancel", "Show me"])
def test_shared_voxels_are_asked_about(
    opened: Desk, tmp_path: Path, press: str, monkeypatch: pytest.MonkeyPatch, driver: Driver
) -> None:
    fill(opened)
    opened.wiring.files.saving.quiet = False
    asked: list[str] = []

    def run(dialog: SaveChecks) -> int:
        dialog.show()
        asked.extend(label.text() for label in dialog.findChildren(QLabel))
        (button,) = (one for one in dialog.findChildren(QPushButton) if one.text().replace("&", "") == press)
        driver.settle()
        driver.click(button)
        return dialog.result()

    monkeypatch.setattr(SaveChecks, "exec", run)
    driver.key("Ctrl+Shift+L")
    opened.wait()
    shared = counted(int((DATA >= 700).sum()))
    assert asked[:2] == [
        "This is worth a look before 'head_dseg.nii.gz' is saved:",
        f"'mask' and 'core' share {shared} voxels, which will be of 'core' alone.",
    ]
    assert (tmp_path / "head_dseg.nii.gz").is_file() == (press == "Save anyway")
    if press == "Show me":
        assert DATA[opened.editor.viewer.state.crosshair] >= 700


def test_values_are_shown_and_changed_by_keys(
    opened: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, driver: Driver
) -> None:
    labels = np.where(DATA >= 700, 53, np.where(DATA >= 300, 17, 0)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(labels, phantoms.affine("anisotropic")), tmp_path / "atlas.nii.gz")
    monkeypatch.setattr(Choice, "exec", lambda dialog: True)
    opened.wiring.files.open_mask_path(tmp_path / "atlas.nii.gz")
    opened.wait()
    opened.editor.add_roi("new")
    opened.editor.apply_now(make("threshold", {"lower": 750}))
    opened.wait()
    opened.wiring.files.saving.quiet = False
    shown: list[list[str]] = []

    def values(dialog: LabelValues) -> list[str]:
        return [dialog.table.item(row, VALUE).text() for row in range(dialog.table.rowCount())]

    def run(dialog: LabelValues) -> int:
        dialog.show()
        driver.settle()
        shown.append(values(dialog))
        place = dialog.table.visualItemRect(dialog.table.item(2, VALUE)).center()
        driver.click(dialog.table.viewport(), (place.x(), place.y()))
        for number, word in (("53", "have the value 53; give each another."), ("0", "must be from 1"), ("60", "")):
            driver.key("F2")
            driver.key("Ctrl+A")
            driver.type(number)
            driver.key("Return")
            assert word in dialog.problem.text()
            assert dialog.save_button.isEnabled() == (not word)
        driver.click(dialog.save_button)
        return dialog.result()

    monkeypatch.setattr(LabelValues, "exec", run)
    driver.key("Ctrl+Shift+L")
    opened.wait()
    assert shown == [["17", "53", "54"]]
    saved = np.asarray(nibabel.load(tmp_path / "head_dseg.nii.gz").dataobj)
    np.testing.assert_array_equal(saved, np.where(DATA >= 750, 60, labels))
    assert [roi.label for roi in opened.document.rois] == [17, 53, 60]
    # What was deleted leaves a gap, and what is left keeps its number.
    opened.editor.delete_roi(opened.document.rois[0].id)
    opened.wait()
    opened.wiring.files.saving.quiet = True
    opened.wiring.actions["save_labels"].trigger()
    opened.wait()
    saved = np.asarray(nibabel.load(tmp_path / "head_dseg.nii.gz").dataobj)
    assert np.unique(saved).tolist() == [0, 53, 60]
    table = (tmp_path / "head_dseg.tsv").read_text().splitlines()
    assert [line.split("\t")[:2] for line in table[1:]] == [["53", "atlas 53"], ["60", "new"]]


@pytest.mark.parametrize("given", list(Answer))
def test_labels_that_others_changed_are_replaced_only_if_wanted(
    opened: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Answer
) -> None:
    fill(opened)
    opened.wiring.files.saving_labels.save_as()
    opened.wait()
    path, other = tmp_path / "head_dseg.nii.gz", tmp_path / "other_dseg.nii.gz"
    theirs = nibabel.Nifti1Image(np.ones(DATA.shape, np.uint8), phantoms.affine("anisotropic"))
    nibabel.save(theirs, path)
    asked, given_names = list[str](), iter((path, other))

    def ask(parent: object, title: str, text: str, **more: object) -> Answer:
        asked.append(text)
        return given

    monkeypatch.setattr(saving, "ask", ask)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(next(given_names)), ""))
    opened.wiring.files.saving_labels.save_as()
    opened.wait()
    assert asked == [
        "head_dseg.nii.gz was changed by another window or program since it was last saved or opened here."
    ]
    assert (np.asarray(nibabel.load(path).dataobj) == 1).all() == (given is not Answer.YES)
    assert other.exists() == (given is Answer.NO)
