"""Several files dropped at once: each is what it most likely is, one question is asked, what is no image is named."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QDialogButtonBox, QFileDialog

from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.recipe import on_roi
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.engine.progress import Progress
from maskeditor.model.given import Given
from maskeditor.ui.files.dropping import IMAGE, RolesDialog, look
from maskeditor.ui.main_window.window import MainWindow
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, wait_until

SHAPE = (24, 26, 20)
AFFINE = np.diag([2.0, 2.0, 2.5, 1.0])
HEAD = phantoms.head(SHAPE, 0)
MASK = HEAD > 650


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """An image, a map, a mask, an atlas with its table, a recipe, and what is none of it."""
    atlas = np.zeros(SHAPE, np.int16)
    atlas[2:6, 3:9, 4:9] = 17
    arrays = {"head": HEAD, "stat": HEAD.astype(np.float32) / 100, "brain_mask": MASK.astype(np.uint8), "atlas": atlas}
    for name, data in arrays.items():
        nibabel.save(nibabel.Nifti1Image(data, AFFINE), tmp_path / f"{name}.nii.gz")
    recipe = on_roi([make("threshold", {"lower": 700})], "mask", ())
    (tmp_path / "steps.json").write_text(dumps(recipe), "utf-8")
    (tmp_path / "notes.txt").write_text("nothing", "utf-8")
    (tmp_path / "broken.nii.gz").write_bytes(b"broken")
    return tmp_path


def drop(desk: Desk, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    action, button, modifier = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(desk.window, QDragEnterEvent(QPoint(50, 50), action, data, button, modifier))
    QApplication.sendEvent(desk.window, QDropEvent(QPointF(50, 50), action, data, button, modifier))
    QApplication.processEvents()


def answering(driver: Driver, shown: list[dict[str, str]], button: str, **changed: str) -> QTimer:
    """Answer each such question that comes up by changing what files are, by hand, and pressing a button."""
    timer = QTimer()

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, RolesDialog) or not dialog.isActiveWindow():
            return
        timer.stop()
        names = [dialog.table.item(row, 0).text() for row in range(dialog.table.rowCount())]
        shown.append({name: box.currentText() for name, box in zip(names, dialog.boxes, strict=True)})
        for name, role in changed.items():
            box = next(box for there, box in zip(names, dialog.boxes, strict=True) if there.startswith(name))
            box.setFocus()
            driver.key(role[0])  # the first letter chooses it in the list
            assert box.currentText() == role
        (buttons,) = dialog.findChildren(QDialogButtonBox)
        driver.click(next(one for one in buttons.buttons() if one.text().replace("&", "") == button))
        timer.start()

    timer.timeout.connect(answer)
    timer.start(20)
    return timer


def test_all_kinds_are_taken_in_one_go(desk: Desk, driver: Driver, files: Path) -> None:
    shown: list[dict[str, str]] = []
    timer = answering(driver, shown, "Open")
    names = ("brain_mask.nii.gz", "steps.json", "notes.txt", "head.nii.gz", "stat.nii.gz", "atlas.nii.gz")
    drop(desk, *(files / name for name in (*names, "broken.nii.gz")))
    desk.wait()
    timer.stop()
    assert shown == [
        {
            "brain_mask.nii.gz": "Mask",
            "steps.json": "Recipe",
            "head.nii.gz": "Image",
            "stat.nii.gz": "Overlay",
            "atlas.nii.gz": "Overlay",
        }
    ]
    session = desk.editor.session
    assert session is not None
    assert session.name == "head.nii.gz"
    assert desk.editor.displays.names == ("stat", "atlas")
    assert desk.editor.labels.names == ("atlas",)
    masks = {roi.name: desk.document.mask(roi.id)[...] for roi in desk.document.rois}
    np.testing.assert_array_equal(masks["brain_mask"], MASK)
    assert any((mask == (HEAD >= 700)).all() for mask in masks.values())


def test_what_they_are_can_be_changed_and_given_up(desk: Desk, driver: Driver, files: Path) -> None:
    desk.open(files / "head.nii.gz")
    document, shown = desk.document, list[dict[str, str]]()
    timer = answering(driver, shown, "Cancel")
    drop(desk, files / "stat.nii.gz", files / "brain_mask.nii.gz")
    desk.wait()
    assert desk.document is document
    assert not document.images
    timer.stop()
    timer = answering(driver, shown, "Open", brain_mask="Overlay", stat="Leave out")
    drop(desk, files / "stat.nii.gz", files / "brain_mask.nii.gz")
    desk.wait()
    timer.stop()
    assert desk.document is document
    assert desk.editor.displays.names == ("brain_mask",)
    assert not desk.mask().any()
    assert len(shown) == 2


def test_a_session_comes_with_files_for_it(
    desk: Desk, driver: Driver, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open(files / "head.nii.gz")
    desk.editor.apply(make("threshold", {"lower": 600}))
    desk.wait()
    session = desk.editor.session
    assert session is not None
    saved = files / "work.maskeditor"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    desk.wiring.actions["save_session_as"].trigger()
    desk.wait()
    desk.open(files / "head.nii.gz")
    assert not desk.mask().any()
    shown: list[dict[str, str]] = []
    timer = answering(driver, shown, "Open")
    drop(desk, files / "stat.nii.gz", saved)
    desk.wait()
    timer.stop()
    assert shown == [{"stat.nii.gz": "Overlay", "work.maskeditor": "Session"}]
    found = look((files / "stat.nii.gz", saved), has_image=True, progress=Progress()).taken
    assert [IMAGE in one.roles for one in found] == [False, False]  # the session has its own
    np.testing.assert_array_equal(desk.mask(), HEAD >= 600)
    assert desk.editor.displays.names == ("stat",)


def test_it_is_told_what_is_wrong_with_what_cannot_be_taken(desk: Desk, files: Path) -> None:
    said: list[str] = []
    desk.editor.failed.disconnect()
    desk.editor.failed.connect(said.append)
    (files / "other.json").write_text("{}", "utf-8")
    none = "not taken: an image, a mask, a recipe or one session is wanted."

    def dropped(*names: str) -> str:
        drop(desk, *(files / name for name in names))
        desk.wait()
        return said.pop()

    broken = "broken.nii.gz is a text file, though it is named as a NIfTI file"
    assert dropped("notes.txt", "picture.pdf").endswith(f"notes.txt was {none}")
    sentence = dropped("notes.txt", "broken.nii.gz", "gone.nii")
    assert sentence.startswith(broken)
    assert "gone.nii cannot be opened: it does not exist; check its name and folder. notes.txt was" in sentence
    assert "other.json: This is not a recipe" in dropped("other.json", "notes.txt")
    # Of many, some.
    sentence = dropped("broken.nii.gz", *(f"gone{number}.nii" for number in range(9)))
    assert sentence.count("does not exist") == 2
    assert sentence.endswith(
        f"gone2.nii, gone3.nii, gone4.nii, gone5.nii, gone6.nii, gone7.nii and gone8.nii were {none}"
    )


def test_of_two_images_one_lies_over_the_other(desk: Desk, driver: Driver, files: Path) -> None:
    """Where both were the image, the second would be opened in the place of the first."""
    nibabel.save(nibabel.Nifti1Image(HEAD + 1, AFFINE), files / "later.nii.gz")
    shown: list[dict[str, str]] = []
    timer = answering(driver, shown, "Open", later="Image")
    drop(desk, files / "head.nii.gz", files / "later.nii.gz")
    desk.wait()
    timer.stop()
    assert list(shown[0].values()).count("Image") == 1
    assert desk.editor.session is not None
    assert desk.editor.session.name == "later.nii.gz"
    assert desk.editor.displays.names == ("head",)


def test_files_take_the_place_of_the_sample_unless_all_are_masks(desk: Desk, driver: Driver, files: Path) -> None:
    desk.open()
    shown: list[dict[str, str]] = []
    timer = answering(driver, shown, "Cancel")
    drop(desk, files / "brain_mask.nii.gz", files / "steps.json")
    desk.wait()
    drop(desk, files / "brain_mask.nii.gz", files / "head.nii.gz", files / "stat.nii.gz")
    desk.wait()
    timer.stop()
    assert shown == [
        {"brain_mask.nii.gz": "Mask", "steps.json": "Recipe"},
        {"brain_mask.nii.gz": "Mask", "head.nii.gz": "Image", "stat.nii.gz": "Overlay"},
    ]


def test_what_is_dropped_while_the_first_image_opens_is_taken_after_it(desk: Desk, driver: Driver, files: Path) -> None:
    desk.wiring.begin(Given())
    assert desk.editor.jobs.running
    shown: list[dict[str, str]] = []
    timer = answering(driver, shown, "Open")
    drop(desk, files / "head.nii.gz", files / "stat.nii.gz")
    wait_until(lambda: shown, "the question")
    timer.stop()
    desk.wait()
    session = desk.editor.session
    assert session is not None
    assert session.name == "head.nii.gz"
    assert desk.editor.displays.names == ("stat",)


def test_nothing_is_taken_before_there_is_who_opens_it(qapp: QApplication, files: Path) -> None:
    window, data = MainWindow(), QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(files / "head.nii.gz"))])
    button, modifier = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, data, button, modifier)
    event.ignore()
    window.dragEnterEvent(event)
    assert not event.isAccepted()
    window.dropped.connect(print)
    window.dragEnterEvent(event)
    assert event.isAccepted()
    window.deleteLater()
