"""The list of images: it fills while the search goes on, and one of them is opened."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nibabel
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QMessageBox

from maskeditor.engine.errors import Cancelled
from maskeditor.io.open import Found, scan
from maskeditor.ui.files import opening, series_chooser
from maskeditor.ui.files.series_chooser import _AT_ONCE, TITLES, SeriesChooser, cells, forget
from maskeditor.ui.files.thumbnails import SIZE, picture, thumbnail
from maskeditor.ui.work.worker import Lane
from tests.io.dicom.phantom import numbers, write_series
from tests.many_files import write_nifti
from tests.ui.conftest import Desk
from tests.ui.drivers import PATIENCE, Driver, wait_until


def chooser() -> SeriesChooser | None:
    """Return the list that is open, if any."""
    dialog = QApplication.activeModalWidget()
    return dialog if isinstance(dialog, SeriesChooser) else None


def opened_chooser(desk: Desk, folder: Path) -> SeriesChooser:
    """Open a folder and wait for the whole list."""
    desk.wiring.files.open_path(folder)
    wait_until(lambda: chooser() is not None and not desk.editor.jobs.busy, "the list")
    dialog = chooser()
    assert dialog is not None
    return dialog


def texts(dialog: SeriesChooser, row: int) -> dict[str, str]:
    """Return what a row says, by the titles of the columns."""
    model = dialog.model
    return {title: model.data(model.index(row, column)) for column, title in enumerate(TITLES)}


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A folder of two series."""
    common = {"AcquisitionDate": "20240229"}
    write_series(tmp_path / "two" / "a", numbers((20, 16, 5)), SeriesNumber=3, SeriesDescription="first", **common)
    write_series(tmp_path / "two" / "b", numbers((20, 16, 4, 2)), SeriesNumber=4, SeriesDescription="second")
    return tmp_path / "two"


def test_rows_tell_what_there_is(desk: Desk, driver: Driver, two: Path) -> None:
    dialog = opened_chooser(desk, two)
    assert texts(dialog, 0) == {
        "": "", "Description": "first", "Modality": "MR", "Kind": "classic 3D", "Matrix": "20 × 16 × 5",
        "Volumes": "1", "Zooms (mm)": "1.25 × 1.5 × 3", "Date": "2024-02-29", "Files": "5", "Findings": "",
    }  # fmt: skip
    assert texts(dialog, 1)["Volumes"] == "2"
    wait_until(lambda: not any(dialog.model.wants_thumbnail(row) for row in (0, 1)), "thumbnails")
    icon = dialog.model.data(dialog.model.index(0, 0), Qt.ItemDataRole.DecorationRole)
    # 20 voxels of 1.25 mm across, 16 of 1.5 mm down.
    assert (icon.availableSizes()[0].width(), icon.availableSizes()[0].height()) == (SIZE, round(SIZE * 24 / 25))
    driver.key("Esc")
    wait_until(lambda: chooser() is None)
    assert desk.editor.document is None


def test_rows_of_files_alike_in_stem_are_told_apart(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    for name in ("head.nii", "head.nii.gz"):
        nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 4), np.uint8), np.eye(4)), tmp_path / name)
    dialog = opened_chooser(desk, tmp_path)
    assert [texts(dialog, row)["Description"] for row in (0, 1)] == ["head.nii", "head.nii.gz"]
    driver.key("Esc")
    wait_until(lambda: chooser() is None)


def test_of_many_images_only_those_seen_are_put_into_words(
    desk: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worded: list[str] = []
    searches: list[int] = []

    def counted(found: Found) -> tuple[str, ...]:
        worded.append(found.info.key)
        return cells(found)

    def noted(phase: str, about: dict[str, int]) -> None:
        if phase == "start" and about["generation"] == 2:
            searches.append(len(gc.get_objects()))

    monkeypatch.setattr("maskeditor.ui.files.series_chooser.cells", counted)
    monkeypatch.setattr("maskeditor.io.showing.Showing.INTERVAL", 0.0)
    folder = write_nifti(tmp_path / "many", 300)
    gc.callbacks.append(noted)
    try:
        dialog = opened_chooser(desk, folder)
        assert len(dialog.model.images) == 300
        # The search for garbage stops all threads, the longer the more is known.
        assert not searches
        assert not gc.isenabled()
    finally:
        gc.callbacks.remove(noted)
    assert len(set(worded)) < 30
    assert dialog.model.rowCount() == 300
    driver.key("Esc")
    wait_until(lambda: chooser() is None)
    assert gc.isenabled()


def test_rows_that_come_leave_the_selection_where_it_is(desk: Desk, tmp_path: Path) -> None:
    found = scan(write_nifti(tmp_path / "many", 40))
    dialog = SeriesChooser(desk.window)
    resets: list[None] = []
    dialog.model.modelReset.connect(lambda: resets.append(None))
    dialog.show_images(found[:10])
    dialog.table.selectRow(7)
    dialog.show_images(found)
    assert dialog.table.currentIndex().row() == 7
    assert not resets
    dialog.show_images(found[5:])  # what was selected has moved
    assert dialog.table.currentIndex().row() == 2
    assert len(resets) == 1
    dialog.reject()
    dialog.deleteLater()


@pytest.mark.usefixtures("desk")
def test_many_images_are_let_go_a_few_at_a_time() -> None:
    """As many as are of so many files: to let go of an image of a thousand slices takes as long as of a thousand."""
    images, ended = list[Any]([SimpleNamespace(files=1)] * (2 * _AT_ONCE)), []
    images[-1] = SimpleNamespace(files=_AT_ONCE)
    forget(images, lambda: ended.append(len(images)))
    assert len(images) == 2 * _AT_ONCE - 1
    forget(images, list)
    assert len(images) == _AT_ONCE - 1
    wait_until(lambda: bool(ended), "the last of them")
    assert ended == [0]


@pytest.mark.parametrize("how", ["Return", "double click"])
def test_enter_and_double_click_open(desk: Desk, driver: Driver, two: Path, how: str) -> None:
    dialog = opened_chooser(desk, two)
    place = dialog.table.visualRect(dialog.model.index(1, 1)).center()
    viewport = dialog.table.viewport()
    assert viewport is not None
    driver.click(viewport, (place.x(), place.y()))
    if how == "Return":
        driver.key("Return")
    else:
        driver.double_click(viewport, (place.x(), place.y()))
    wait_until(lambda: desk.editor.document is not None, "the image")
    desk.wait()
    assert desk.document.volume.stored.shape == (20, 16, 4, 2)
    assert desk.window.windowTitle().startswith("second")


def test_one_series_opens_straight_away(desk: Desk, two: Path) -> None:
    desk.wiring.files.open_path(two / "a")
    wait_until(lambda: desk.editor.document is not None, "the image")
    desk.wait()
    assert chooser() is None
    assert desk.document.volume.stored.shape == (20, 16, 5)


class Held:
    """A search that waits after it told what it knew."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go_on = threading.Event()

        def held(path: Path, progress: Callable[[float], None], tell: Callable[[list], None]) -> list:
            found = scan(path)
            early = [type(one)(one.info, one.path, 1, False, 0, one._read, one._preview) for one in found]
            tell(early[:1])
            tell(early)
            while not self.go_on.wait(0.01):
                progress(0.5)
            return found

        monkeypatch.setattr(opening, "scan", held)


def test_what_is_chosen_early_opens_when_all_is_known(
    desk: Desk, driver: Driver, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Held(monkeypatch)
    desk.wiring.files.open_path(two)
    wait_until(lambda: chooser() is not None, "the list")
    dialog = chooser()
    assert dialog is not None
    wait_until(lambda: dialog.model.rowCount() == 2)
    assert texts(dialog, 0)["Matrix"] == "…"
    driver.key("Down")
    driver.key("Return")
    assert chooser() is dialog
    search.go_on.set()
    wait_until(lambda: desk.editor.document is not None, "the image")
    desk.wait()
    assert desk.document.volume.stored.shape == (20, 16, 4, 2)


def test_what_is_chosen_early_and_turns_out_to_be_several_is_asked_about_again(desk: Desk, two: Path) -> None:
    found = scan(two)
    dialog, chosen = SeriesChooser(desk.window), list[Found]()
    dialog.chosen.connect(chosen.append)
    dialog.show_images([replace(one, complete=False) for one in found])
    dialog.table.selectRow(1)
    dialog._choose()
    key = found[1].info.key
    parts = [replace(found[1], info=replace(found[1].info, key=f"{key}:{place}")) for place in (1, 2)]
    dialog.finish([found[0], *parts])
    assert chosen == []
    # It is the first of them that is offered.
    assert dialog.table.currentIndex().row() == 1
    dialog._choose()
    assert chosen == parts[:1]
    dialog.deleteLater()


def test_cancel_stops_the_search(desk: Desk, driver: Driver, two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Held(monkeypatch)
    said: list[str] = []
    desk.editor.message.connect(said.append)
    desk.wiring.files.open_path(two)
    wait_until(lambda: chooser() is not None, "the list")
    driver.key("Esc")
    wait_until(lambda: not desk.editor.jobs.busy, "the end of the search")
    desk.wait()
    assert chooser() is None
    assert desk.editor.document is None
    assert said == [str(Cancelled())]
    desk.wiring.files.open_path(two)  # and it can be asked again


def test_refused_and_resampled_images_stand_side_by_side(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    write_series(tmp_path, numbers((8, 8, 9)))
    next(tmp_path.glob("*-4-0.dcm")).unlink()
    dialog = opened_chooser(desk, tmp_path)
    assert [texts(dialog, row)["Description"] for row in (0, 1)] == ["phantom", "phantom (resampled)"]
    assert "missing" in texts(dialog, 0)["Findings"]
    # What cannot be opened is not what Enter opens.
    assert dialog.table.currentIndex().row() == 1
    driver.key("Up")
    driver.key("Return")
    assert chooser() is dialog
    driver.key("Down")
    driver.key("Return")
    wait_until(lambda: desk.editor.document is not None, "the image")
    desk.wait()
    assert desk.document.volume.stored.shape == (8, 8, 9)
    assert "resampled" in desk.window.windowTitle()


def test_a_picture_that_is_being_made_is_not_waited_for(
    desk: Desk, driver: Driver, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go_on, waited_for = threading.Event(), threading.Event(), list[Lane]()
    monkeypatch.setattr(series_chooser, "thumbnail", lambda found: (started.set(), go_on.wait()))
    monkeypatch.setattr(Lane, "close", waited_for.append)
    dialog = opened_chooser(desk, two)
    thread = dialog._previews._thread
    wait_until(started.is_set, "the first picture")
    driver.key("Esc")
    assert chooser() is None
    assert waited_for == []
    go_on.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    monkeypatch.undo()


def test_a_folder_without_images_is_one_sentence(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda parent, title, text: told.append(text))
    desk.wiring.files.open_path(tmp_path)
    wait_until(lambda: told, "the sentence")
    assert "holds no image" in told[0]
    assert chooser() is None


def test_pictures_lie_as_they_are_looked_at(tmp_path: Path) -> None:
    values = np.zeros((4, 3), np.int16)
    values[0, 0], values[3, 0], values[0, 2] = 1000, 500, 250
    write_series(tmp_path / "dicom", np.repeat(values[..., None], 3, axis=2))
    (found,) = scan(tmp_path / "dicom")
    grey = picture(values, found.info)
    assert grey.shape == (3, 4)
    assert grey[0, 0] > grey[0, 3] > grey[2, 0] > grey[1, 1] == 0
    write_series(tmp_path / "inverted", values[..., None], PhotometricInterpretation="MONOCHROME1")
    (found,) = scan(tmp_path / "inverted")
    np.testing.assert_array_equal(picture(values, found.info), 255 - grey)
    image = thumbnail(found)
    assert image.width() == SIZE


@pytest.mark.parametrize("axes", ["RAS", "LAS", "LPS", "ASR", "SAL"])
def test_pictures_of_nifti_files_have_the_head_or_face_up(tmp_path: Path, axes: str) -> None:
    import nibabel as nib

    # A voxel at the patient's right front top is bright; in every picture it stands up or left.
    values = np.zeros((4, 4, 4), np.float32)
    orientation = nib.orientations.axcodes2ornt(axes)
    affine = nib.orientations.inv_ornt_aff(orientation, (4, 4, 4))
    right_front_top = np.linalg.inv(affine) @ [3, 3, 3, 1]
    values[tuple(np.rint(right_front_top[:3]).astype(int))] = 1
    nib.save(nib.Nifti1Image(values, affine), tmp_path / "image.nii")
    (found,) = scan(tmp_path / "image.nii")
    level = int(np.rint(right_front_top[2]))
    grey = picture(values[:, :, level], found.info)
    assert tuple(np.argwhere(grey == grey.max())[0]) == (0, 0)


def test_images_whose_low_numbers_are_bright_are_shown_inverted(desk: Desk, tmp_path: Path) -> None:
    write_series(tmp_path / "inverted", numbers((8, 8, 3)), PhotometricInterpretation="MONOCHROME1")
    write_series(tmp_path / "usual", numbers((8, 8, 3)))
    state = desk.window.viewer

    def shown() -> list[str]:
        menu = desk.wiring.actions.submenus["Colour map"]
        return [action.text() for action in menu.actions() if action.isChecked()]

    desk.open(tmp_path / "inverted")
    assert state.state.colour_map == "grey inverted"
    assert shown() == ["Grey inverted"]
    desk.open(tmp_path / "usual")
    assert state.state.colour_map == "grey"
    assert shown() == ["Grey"]
    desk.open(tmp_path / "inverted")
    state.change(colour_map="viridis")  # a choice of the user's stays
    desk.open(tmp_path / "usual")
    assert state.state.colour_map == "viridis"
    desk.open(tmp_path / "inverted")
    assert state.state.colour_map == "viridis"
