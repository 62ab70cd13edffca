"""Nothing of the patient leaves the image's own files, but into a DICOM segmentation; the window shows it on demand."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import zstandard
from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QApplication, QLabel, QTableWidget, QTabWidget, QWidget

from maskeditor.core.errors import FileError
from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.io.open import inspect, open_image
from maskeditor.io.save import write_text
from maskeditor.model.mask_files import save_mask
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session
from maskeditor.ui.files.recent import KEY, recent, start_folder
from maskeditor.ui.main_window.information import InformationDialog
from tests.conftest import SEALED
from tests.io.dicom.phantom import numbers, write_series
from tests.ui.conftest import Desk
from tests.ui.drivers import wait_until

SECRETS = {
    "PatientName": "Telltale^Theodora",
    "PatientID": "TELLTALE-ID",
    "PatientBirthDate": "19010203",
    "PatientAddress": "Telltale Lane 9",
    "OtherPatientIDs": "TELLTALE-OTHER",
    "InstitutionName": "Telltale Hospital",
    "InstitutionAddress": "Telltale Square",
    "AccessionNumber": "TELLTALE-ACC",
    "ReferringPhysicianName": "Telltale^Referrer",
    "PerformingPhysicianName": "Telltale^Performer",
    "OperatorsName": "Telltale^Operator",
    "StudyID": "TELLTALESTUDY",
    "PatientComments": "telltale comment",
}
TRACES = [b"telltale", b"theodora", b"19010203", b"1901-02-03"]


@pytest.fixture
def series(tmp_path: Path) -> Path:
    write_series(tmp_path / "image", numbers((12, 10, 6)), **SECRETS)
    return tmp_path / "image"


def contents(path: Path) -> list[bytes]:
    """Return the bytes of a file, also unpacked."""
    data = path.read_bytes()
    found = [data]
    if data[:2] == b"\x1f\x8b":
        found.append(gzip.decompress(data))
    if data.startswith(b"SQLite format 3"):
        # Immutable, as another window may still hold it; its log is looked at by itself.
        with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as base:
            tables = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            rows = [row for (table,) in tables for row in base.execute(f"SELECT * FROM {table}")]
        found += [value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row]
    unpack = zstandard.ZstdDecompressor()
    packed = [piece for piece in found if piece.startswith(zstandard.FRAME_HEADER)]
    return found + [unpack.decompress(piece, max_output_size=1 << 26) for piece in packed]


def assert_silent(text: str | bytes, where: str) -> None:
    data = text.lower() if isinstance(text, bytes) else text.lower().encode()
    for trace in TRACES:
        assert trace not in data, f"{trace!r} in {where}"


def assert_files_silent(*folders: Path) -> int:
    """Search every file below some folders, and its name; return how many there are."""
    count = 0
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and "image" not in path.relative_to(folder).parts[:1]:
                count += 1
                assert_silent(str(path.relative_to(folder)), "a file's name")
                for data in contents(path):
                    assert_silent(data, str(path))
    return count


def texts(widget: QWidget) -> list[str]:
    """Return what a window says, its labels and tables too."""
    said = [widget.windowTitle()] + [label.text() for label in widget.findChildren(QLabel)]
    for table in widget.findChildren(QTableWidget):
        cells = (table.item(row, column) for row in range(table.rowCount()) for column in range(table.columnCount()))
        said += [cell.text() for cell in cells if cell is not None]
    return said


def test_no_file_that_is_written_names_the_patient(
    desk: Desk, series: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    desk.open(series)
    session = desk.editor.session
    assert session is not None
    roi = desk.editor.active
    session.document.do(make("threshold", {"lower": 1000}), roi)
    session.document.do(make("dilation", {}), roi)
    save_mask(session, roi, tmp_path / "mask.nii.gz")
    save_mask(session, roi, tmp_path / "mask.hdr")
    write_text(tmp_path / "recipe.json", dumps(session.recipe(roi)))
    session.save_session(tmp_path / "saved.maskeditor")
    desk.wait()
    assert list(recent()) == [series]
    for window in QApplication.topLevelWidgets():
        for text in texts(window):
            assert_silent(text, "the window")
    # Settings are written when the program next finds time.
    QSettings().sync()
    session.close()
    assert assert_files_silent(tmp_path) == 6  # the mask and the pair, their sidecar, recipe and session
    assert_files_silent(SEALED)
    out, err = capfd.readouterr()
    assert_silent(out + err, "what was printed")


def test_a_path_that_names_the_patient_is_not_kept(
    desk: Desk, series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maskeditor.ui.files.recent._unkept", [])
    named = [tmp_path / "THEODORA_telltale", tmp_path / "telltale-id" / "scan"]
    for path in named:
        path.parent.mkdir(exist_ok=True)
        shutil.copytree(series, path)
    for path in (series, named[0], named[1], series):
        desk.open(path)
    menu = desk.wiring.actions.submenus["Open recent"]
    menu.aboutToShow.emit()
    assert list(recent()) == [series, named[1], named[0]]
    titles = [action.text() for action in menu.actions()]
    assert all(title.startswith("phantom, 12 × 10 × 6, opened at ") for title in titles[1:])
    assert len(titles) == 3
    menu.actions()[2].trigger()
    desk.wait()
    assert list(recent()) == [named[0], series, named[1]]
    assert start_folder() == tmp_path
    assert QSettings().value(KEY) == [str(series)]
    QSettings().sync()
    assert assert_files_silent(SEALED) >= 1


def test_journals_name_nobody(series: Path, tmp_path: Path) -> None:
    session = Session.open(series)
    session.keep_journal(tmp_path / "journals")
    session.identify()
    session.document.do(make("threshold", {"lower": 1000}), session.document.rois[0].id)
    session.close()
    assert assert_files_silent(tmp_path) >= 1


def test_what_is_told_of_images_and_of_faults_names_nobody(series: Path) -> None:
    assert inspect(series)
    for info in inspect(series):
        assert_silent(repr(info), "the information")
    opened = open_image(series)
    assert_silent(opened.header.raw, "the header")
    assert_silent(f"{opened.volume.name} {opened.volume.findings}", "the volume")
    paths = sorted(series.iterdir())
    paths[0].write_bytes(paths[0].read_bytes()[:-40])
    paths[1].write_bytes(paths[1].read_bytes()[:300])
    with pytest.raises(FileError) as caught:
        open_image(series)
    assert_silent(str(caught.value), "the error")
    assert_silent(repr(inspect(series)), "the findings")


def test_the_information_shows_the_patient_only_on_its_second_page(desk: Desk, series: Path) -> None:
    desk.open(series)
    desk.wiring.commands.image_information()
    (dialog,) = desk.window.findChildren(InformationDialog)
    for text in texts(dialog):
        assert_silent(text, "the first page")
    tabs = dialog.findChild(QTabWidget)
    assert tabs is not None
    tabs.setCurrentIndex(1)
    wait_until(lambda: len(dialog.findChildren(QTableWidget)) == 2, "the header")
    said = texts(dialog)
    for secret in SECRETS.values():
        assert any(secret in text for text in said), secret
    dialog.reject()
    QSettings().sync()
    assert assert_files_silent(SEALED) >= 1  # what the window remembers


def test_other_images_have_no_second_page(desk: Desk) -> None:
    desk.open()
    desk.wiring.commands.image_information()
    (dialog,) = desk.window.findChildren(InformationDialog)
    assert dialog.tabs.count() == 1
    dialog.reject()


def test_a_session_is_restored_on_the_image_that_was_chosen(series: Path, tmp_path: Path) -> None:
    next(series.glob("*-3-0.dcm")).unlink()
    (measured,) = inspect(series)
    session = Session.open(series, f"{measured.key}:resampled")
    session.document.do(make("threshold", {"lower": 1000}), session.document.rois[0].id)
    wanted = session.document.mask(session.document.rois[0].id)[...]
    session.save_session(tmp_path / "saved.maskeditor")
    session.close()
    for data in contents(tmp_path / "saved.maskeditor"):
        assert measured.key.encode() not in data
    again = restore_session(tmp_path / "saved.maskeditor")
    assert (again.document.mask(again.document.rois[0].id)[...] == wanted).all()
    assert again.name == "phantom (resampled)"
    again.close()
