"""Files of labels opened as ROIs: with their steps, or those labels that are chosen, with hands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QFileDialog

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.mask import COLOURS
from maskeditor.model.further import open_further
from maskeditor.model.label_files import save_labels
from maskeditor.model.session import Session
from maskeditor.model.view.pixels import MOST_LAYERS
from maskeditor.ui.choice import Choice
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.files import opening_masks, recipe_images
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

DATA = phantoms.head((30, 34, 26), 0)
AFFINE = phantoms.affine("anisotropic")
LABELS = np.where(DATA >= 700, 53, np.where(DATA >= 300, 17, 0)).astype(np.int16)
LABELS[0, 0, 0] = 4


@pytest.fixture
def image(tmp_path: Path) -> Path:
    nibabel.save(nibabel.Nifti1Image(DATA, AFFINE), tmp_path / "head.nii.gz")
    return tmp_path / "head.nii.gz"


@pytest.fixture
def saved(image: Path) -> Path:
    """Three ROIs that share voxels, one of them empty, as one image of labels."""
    session = Session.open(image)
    document = session.document
    document.change_roi("roi1", name="head", colour=(1, 2, 3))
    document.add_roi("nothing")
    document.change_roi(document.add_roi("core").id, colour=(4, 5, 6))
    document.do(make("threshold", {"lower": 300}), "roi1")
    document.do(make("boolean", {"other": "roi1"}), "roi3")
    document.do(make("erosion", {}), "roi3")
    path = image.with_name("head_dseg.nii.gz")
    save_labels(session, path)
    return path


def answer(monkeypatch: pytest.MonkeyPatch, given: Answer) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = []

    def ask(parent: Any, title: str, text: str, **more: Any) -> Answer:
        asked.append({"text": text, **more})
        return given

    monkeypatch.setattr(opening_masks, "ask", ask)
    return asked


@pytest.mark.parametrize("has_other", [False, True])
def test_rois_come_back_with_their_steps(
    desk: Desk, image: Path, saved: Path, has_other: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, Answer.YES)
    desk.open(image)
    if has_other:
        desk.editor.apply_now(make("threshold", {"lower": 600}))
    desk.wiring.files.open_mask_path(saved)
    desk.wait()
    (question,) = asked
    assert question["text"] == "head_dseg.nii.gz was made on this image and carries the 3 steps that made it."
    assert question["details"] == ()
    rois = desk.document.rois[has_other:]
    assert [(roi.name, roi.colour) for roi in rois] == [
        ("head", (1, 2, 3)),
        ("nothing", COLOURS[1]),
        ("core", (4, 5, 6)),
    ]
    assert [roi.label for roi in rois] == [1, 2, 3]
    head = desk.document.mask(rois[0].id)[...]
    np.testing.assert_array_equal(head, DATA >= 300)
    assert desk.document.voxels(rois[1].id) == 0
    # What lies under another ROI is back too, and the steps still look at each other.
    assert (head & desk.document.mask(rois[2].id)[...]).any()
    assert desk.document.timeline[-2].references == {rois[0].id}
    assert desk.window.isWindowModified() == has_other
    desk.editor.undo()
    desk.wait()
    assert len(desk.document.timeline) == has_other


@pytest.mark.parametrize("label", [3, 9])
def test_labels_that_were_changed_since_are_told(
    desk: Desk, image: Path, saved: Path, label: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = nibabel.load(saved)
    data = np.asarray(stored.dataobj).copy()
    # One of the recipe's, or one more.
    data[0, 0, 0] = label
    nibabel.save(nibabel.Nifti1Image(data, stored.affine, stored.header), saved)
    asked = answer(monkeypatch, Answer.YES)
    desk.open(image)
    desk.wiring.files.open_mask_path(saved)
    desk.wait()
    assert asked[0]["details"][0].startswith("Its voxels were changed since")
    assert desk.window.isWindowModified()


TABLES = {
    "atlas.tsv": "index\tname\tcolor\n17\tLeft\t#dcd814\n53\tRight\t#0a0b0c\n",
    "atlas.label": '17 220 216 20 1 1 1 "Left"\n53 10 11 12 1 1 1 "Right"\n',
    "atlas.lut": "17  Left  220 216 20  0\n53 Right 10 11 12 0\n",
    "": "",
}


@pytest.mark.parametrize("table", TABLES)
def test_labels_are_chosen_by_keys(
    desk: Desk, image: Path, table: str, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    nibabel.save(nibabel.Nifti1Image(LABELS, AFFINE), image.with_name("atlas.nii.gz"))
    if table:
        image.with_name(table).write_text(TABLES[table])
    rows: list[str] = []

    def run(dialog: Choice) -> int:
        dialog.show()
        driver.settle()
        rows.extend(dialog.list.item(row).text() for row in range(dialog.list.count()))
        driver.key("Space")  # not the first
        driver.key("Return")
        return dialog.result()

    monkeypatch.setattr(Choice, "exec", run)
    desk.open(image)
    desk.wiring.files.open_mask_path(image.with_name("atlas.nii.gz"))
    desk.wait()
    assert len(rows) == 3
    assert rows[0] == "atlas 4 (4): 1 voxel"
    names = ["Left", "Right"] if table else ["atlas 17", "atlas 53"]
    assert [roi.name for roi in desk.document.rois] == names
    if table:
        assert [roi.colour for roi in desk.document.rois] == [(220, 216, 20), (10, 11, 12)]
    for roi, label in zip(desk.document.rois, (17, 53), strict=True):
        np.testing.assert_array_equal(desk.document.mask(roi.id)[...], label == LABELS)
        assert roi.label == label
    desk.editor.undo()
    desk.wait()
    assert not desk.document.timeline


def test_none_can_be_chosen_only_by_giving_up(
    desk: Desk, image: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    nibabel.save(nibabel.Nifti1Image(LABELS, AFFINE), image.with_name("atlas.nii.gz"))

    def run(dialog: Choice) -> int:
        dialog.show()
        driver.settle()
        (none,) = (button for button in dialog.findChildren(type(dialog.agree)) if button.text() == "None")
        driver.click(none)
        assert dialog.chosen == ()
        assert not dialog.agree.isEnabled()
        driver.key("Esc")
        return dialog.result()

    monkeypatch.setattr(Choice, "exec", run)
    desk.open(image)
    desk.wiring.files.open_mask_path(image.with_name("atlas.nii.gz"))
    desk.wait()
    assert not desk.document.timeline
    assert QApplication.activeModalWidget() is None


@pytest.mark.parametrize("value", [255, 1.0])
def test_a_mask_of_one_number_is_not_asked_about(desk: Desk, image: Path, value: float) -> None:
    mask = (DATA >= 300) * np.array(value, np.uint8 if value == 255 else np.float32)
    nibabel.save(nibabel.Nifti1Image(mask, AFFINE), image.with_name("brain.nii.gz"))
    desk.open(image)
    desk.wiring.files.open_mask_path(image.with_name("brain.nii.gz"))
    desk.wait()
    assert [(roi.name, roi.label) for roi in desk.document.rois] == [("brain", 0)]
    np.testing.assert_array_equal(desk.mask(), DATA >= 300)


@pytest.mark.parametrize("place", ["beside", "elsewhere", "changed"])
def test_further_images_of_the_steps_are_opened_with_them(
    desk: Desk, image: Path, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nibabel.save(nibabel.Nifti1Image(LABELS, AFFINE), tmp_path / "atlas.nii.gz")
    session = Session.open(image)
    session.add_image("regions", open_further(tmp_path / "atlas.nii.gz", session.document.geometry))
    session.document.do(make("from_labels", {"labels": (17,), "image": "regions"}), "roi1")
    save_labels(session, tmp_path / "head_dseg.nii.gz")
    if place == "elsewhere":
        (tmp_path / "other").mkdir()
        (tmp_path / "atlas.nii.gz").rename(tmp_path / "other" / "atlas.nii.gz")
    elif place == "changed":
        nibabel.save(nibabel.Nifti1Image(np.where(LABELS == 53, 54, LABELS), AFFINE), tmp_path / "atlas.nii.gz")
    asked: list[str] = []

    def ask(parent: Any, title: str, text: str, **more: Any) -> Answer:
        asked.append(text)
        return Answer.YES

    for module in (opening_masks, recipe_images):
        monkeypatch.setattr(module, "ask", ask)
    there = str(tmp_path / "other" / "atlas.nii.gz")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args, **kwargs: (there, ""))
    desk.open(image)
    desk.wiring.files.open_mask_path(tmp_path / "head_dseg.nii.gz")
    desk.wait()
    questions = {
        "beside": [],
        "elsewhere": [
            "The steps of head_dseg.nii.gz look at the image 'regions' (atlas.nii.gz), which does not lie beside it."
        ],
        "changed": [
            "atlas.nii.gz is not the image 'regions' that the steps were made on; they may come out otherwise."
        ],
    }
    assert asked[1:] == questions[place]
    assert [*desk.document.images] == ["regions"]
    np.testing.assert_array_equal(desk.mask(), LABELS == 17)
    assert [roi.label for roi in desk.document.rois] == [17]
    assert not desk.window.isWindowModified()


def test_more_labels_than_there_can_be_rois_are_chosen_from(
    desk: Desk, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = np.zeros(DATA.shape, np.int16)
    many[:20, :20, 0] = np.arange(1, 401).reshape(20, 20)
    nibabel.save(nibabel.Nifti1Image(many, AFFINE), image.with_name("atlas.nii.gz"))
    asked: list[tuple[tuple[int, ...], int]] = []

    def run(dialog: Choice) -> int:
        asked.append((dialog.chosen, dialog.list.count()))
        dialog._tick_all(Qt.CheckState.Checked)
        assert not dialog.agree.isEnabled()
        assert dialog.agree.toolTip() == f"Choose {MOST_LAYERS} or fewer."
        return 1

    monkeypatch.setattr(Choice, "exec", run)
    desk.open(image)
    refused: list[str] = []
    desk.editor.failed.disconnect()
    desk.editor.failed.connect(refused.append)
    desk.wiring.files.open_mask_path(image.with_name("atlas.nii.gz"))
    desk.wait()
    assert asked == [((), 400)]
    # Nothing has come of what cannot be.
    assert refused == [f"There would be 400 ROIs, but {MOST_LAYERS} are the most; take fewer."]
    assert not desk.document.timeline
    assert len(desk.document.rois) == 1
