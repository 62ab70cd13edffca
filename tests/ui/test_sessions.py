"""Sessions in the window: saved, opened, restored after the program ended, and all that is asked on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox, QPushButton, QTableWidget

from maskeditor.core.errors import FileError
from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.io.journal.journal import Journal
from maskeditor.io.journal.leftovers import Leftover
from maskeditor.model.further import open_further
from maskeditor.model.given import Given
from maskeditor.model.mask_files import save_mask
from maskeditor.model.recording import ENDING, journals_folder
from maskeditor.model.session import Session
from maskeditor.ui import app
from maskeditor.ui.dialogs import Answer, SessionChoice
from maskeditor.ui.files import sessions
from maskeditor.ui.files.recent import recent
from maskeditor.ui.main_window.options_bar import OptionsBar
from maskeditor.ui.tools.brush import BrushOptions
from tests import phantoms
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.drivers import Driver, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.qt_log_level_fail("WARNING"),
    pytest.mark.qt_log_ignore("propagateSizeHints"),
]

SHAPE = (30, 34, 26)


@pytest.fixture
def head(tmp_path: Path) -> Path:
    path = tmp_path / "head.nii.gz"
    nib.save(nib.Nifti1Image(phantoms.head(SHAPE, 0), phantoms.affine("anisotropic")), path)
    return path


@pytest.fixture
def left(head: Path) -> Session:
    """What a program leaves that ended after two thresholds and an undo."""
    session = Session.open(head)
    session.keep_journal()
    session.identify()
    for lower in (300, 400, 710):
        session.document.do(make("threshold", {"lower": lower}), "roi1")
    session.document.undo()
    session.close()
    return session


@contextmanager
def pressing(driver: Driver, *buttons: str) -> Iterator[list[str]]:
    """Press buttons of these names in the dialogs that come up; gives what these said."""
    wanted, said, timer = list(buttons), [], QTimer()

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if not wanted or not isinstance(dialog, QDialog) or not dialog.isVisible() or not dialog.isActiveWindow():
            return
        timer.stop()  # pressing lets events through
        name = wanted.pop(0)
        if isinstance(dialog, QMessageBox):
            said.append(" ".join(filter(None, (dialog.text(), dialog.informativeText()))))
        else:
            (table,) = dialog.findChildren(QTableWidget)
            cells = [[table.item(row, column) for column in (0, 2, 3)] for row in range(table.rowCount())]
            said.append("; ".join(", ".join(cell.text() for cell in row if cell is not None) for row in cells))
        (button,) = (one for one in dialog.findChildren(QPushButton) if one.text().replace("&", "") == name)
        driver.click(button)
        timer.start()

    timer.setInterval(5)
    timer.timeout.connect(look)
    timer.start()
    yield said
    wait_until(lambda: len(said) == len(buttons), f"dialogs to press {buttons} in")
    timer.stop()


def is_as_left(desk: Desk, left: Session) -> bool:
    titles = [step.title for step in desk.document.timeline]
    return titles == [step.title for step in left.document.timeline] and bool(
        (desk.document.mask("roi1")[...] == left.document.mask("roi1")[...]).all()
    )


def journals() -> list[str]:
    return sorted(path.name for path in journals_folder().glob("*"))


# Saved and opened -----------------------------------------------------------------------------------------------------


def test_a_session_is_saved_and_opened_again(
    open_desk: OpenDesk, head: Path, tmp_path: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, target = open_desk(), tmp_path / "work.maskeditor"
    desk.open(head)
    for lower in (300, 400):
        desk.editor.apply(make("threshold", {"lower": lower}))
        desk.wait()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "work"), ""))
    assert desk.window.isWindowModified()
    driver.key("Ctrl+Alt+S")
    desk.wait()
    assert target.exists()
    assert journals() == []
    assert not desk.window.isWindowModified()
    assert desk.window.windowTitle() == "head.nii.gz – work.maskeditor[*]"
    assert next(iter(recent())) == target
    desk.editor.undo()
    desk.wait()
    expected = desk.mask()
    desk.wiring.close()
    again = open_desk()
    again.open(target)
    assert np.array_equal(again.mask()[...], expected)
    again.editor.redo()
    again.wait()
    assert len(again.document.timeline) == 2
    # It is open already; nothing is asked, nothing lost.
    document = again.document
    monkeypatch.chdir(tmp_path)
    for path in (target, Path(target.name)):
        again.wiring.files.open_path(path)
        again.wait()
        assert again.document is document


def test_the_first_save_after_opening_a_session_asks_where(
    desk: Desk, head: Path, tmp_path: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask, chosen = tmp_path / "mask.nii.gz", tmp_path / "chosen.nii.gz"
    other = Session.open(head)
    other.document.do(make("threshold", {"lower": 300}), "roi1")
    save_mask(other, "roi1", mask)
    other.save_session(tmp_path / "work.maskeditor")
    other.close()
    content = mask.read_bytes()
    desk.open(tmp_path / "work.maskeditor")
    desk.wiring.files.saving.quiet = True
    desk.editor.apply(make("invert", {}))
    desk.wait()
    suggested: list[str] = []

    def ask(_parent: object, _title: str, start: str, _filter: str) -> tuple[str, str]:
        suggested.append(start)
        return str(chosen), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    driver.key("Ctrl+S")
    desk.wait()
    assert suggested == [str(mask)]
    assert mask.read_bytes() == content
    written = chosen.read_bytes()
    desk.editor.apply(make("invert", {}))
    desk.wait()
    driver.key("Ctrl+S")  # where it was just saved
    desk.wait()
    assert len(suggested) == 1
    assert chosen.read_bytes() != written


def test_a_session_open_elsewhere_is_told(desk: Desk, head: Path, tmp_path: Path, driver: Driver) -> None:
    other = Session.open(head)
    other.save_session(tmp_path / "work.maskeditor")
    with pressing(driver, "OK") as said:
        desk.wiring.begin(Given(tmp_path / "work.maskeditor"))
        wait_until(lambda: not desk.editor.working)
    assert said == ["The session work.maskeditor is open in another window; close it there first."]
    other.close()


def test_what_cannot_be_opened_takes_nothing_away_and_asks_nothing(
    desk: Desk, head: Path, tmp_path: Path, driver: Driver
) -> None:
    desk.open(head)
    desk.editor.apply(make("threshold", {"lower": 300}))
    desk.wait()
    (tmp_path / "bad.maskeditor").write_bytes(b"no session at all" * 100)
    with pressing(driver, "OK") as said:
        desk.wiring.sessions.open(tmp_path / "bad.maskeditor")
        desk.wait()
    assert said == [
        "bad.maskeditor is no session of maskeditor, or is damaged (file is not a database); choose another file."
    ]
    assert len(desk.document.timeline) == 1


def test_what_is_unsaved_is_asked_about_once_however_many_images_were_moved(
    desk: Desk, left: Session, head: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What was left is offered once the sample is known: it must not come up between the other questions.
    with pressing(driver, "Later"):
        desk.wiring.files.open_sample("t1")
        desk.wait()
    desk.editor.apply(make("threshold", {"lower": 300}))
    desk.wait()
    elsewhere = head.rename(head.with_name("elsewhere.nii.gz"))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(elsewhere), ""))
    (path,) = set(journals_folder().glob(f"*{ENDING}")) - {desk.editor.session.recording.path}
    with pressing(driver, "Discard", "Choose a file…") as said:
        desk.wiring.sessions.open(path)
        wait_until(lambda: not desk.editor.working)
    assert [sentence[:10] for sentence in said] == ["'mask' has", "The image "]
    assert is_as_left(desk, left)


def test_an_image_that_was_moved_is_asked_for(
    desk: Desk, left: Session, head: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = head.rename(head.with_name("elsewhere.nii.gz"))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(elsewhere), ""))
    (path,) = journals_folder().iterdir()
    with pressing(driver, "Choose a file…") as said:
        desk.wiring.sessions.open(path)
        wait_until(lambda: desk.editor.document is not None)
    assert said == [f"The image head.nii.gz is no longer at {head}."]
    assert is_as_left(desk, left)


def test_all_images_that_were_moved_are_asked_for_one_after_the_other(
    desk: Desk, head: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    further = head.with_name("stat.nii.gz")
    nib.save(nib.Nifti1Image(phantoms.head(SHAPE, 2), phantoms.affine("anisotropic")), further)
    session = Session.open(head)
    session.add_image("stat", open_further(further, session.document.geometry))
    session.keep_journal()
    session.identify()
    session.document.do(make("threshold", {"image": "stat", "lower": 300}), "roi1")
    session.close()
    moved = [one.rename(one.with_name(f"moved_{one.name}")) for one in (head, further)]
    chosen = iter(moved)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(next(chosen)), ""))
    (path,) = journals_folder().iterdir()
    with pressing(driver, "Choose a file…", "Choose a file…") as said:
        desk.wiring.sessions.open(path)
        wait_until(lambda: desk.editor.document is not None)
    assert said == [
        f"The image {name} is no longer at {one}." for name, one in (("head.nii.gz", head), ("stat", further))
    ]
    assert desk.document.image_names() == ("stat",)
    assert desk.document.voxels("roi1") == session.document.voxels("roi1")


def test_an_image_that_changed_is_asked_about(desk: Desk, left: Session, head: Path, driver: Driver) -> None:
    nib.save(nib.Nifti1Image(phantoms.head(SHAPE, 1), phantoms.affine("anisotropic")), head)
    (path,) = journals_folder().iterdir()
    with pressing(driver, "Cancel"):
        desk.wiring.sessions.open(path)
        wait_until(lambda: not desk.editor.working)
    assert desk.editor.document is None
    with pressing(driver, "Open all the same") as said:
        desk.wiring.sessions.open(path)
        wait_until(lambda: desk.editor.document is not None)
    assert said == [
        "head.nii.gz is not the image that the session was made on. its voxels have other values",
    ]
    assert is_as_left(desk, left)


def test_another_image_that_differs_too_is_asked_about_again(
    desk: Desk, left: Session, head: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    nib.save(nib.Nifti1Image(phantoms.head(SHAPE, 1), phantoms.affine("anisotropic")), head)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(head), ""))
    (path,) = journals_folder().iterdir()
    with pressing(driver, "Choose another image…", "Cancel") as said:
        desk.wiring.sessions.open(path)
        wait_until(lambda: len(said) == 2 and not desk.editor.working)
    assert desk.editor.document is None


def test_cancel_in_any_question_leaves_all_as_it_is(
    desk: Desk, left: Session, head: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = journals_folder().iterdir()
    before, asked = path.read_bytes(), list[str]()

    def cancel(_: object, title: str, *__: object, **___: object) -> Answer:
        asked.append(title)
        return Answer.CANCEL

    def choose(*_: object) -> None:
        raise AssertionError("asked for a file")

    monkeypatch.setattr(sessions, "ask", cancel)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", choose)
    nib.save(nib.Nifti1Image(phantoms.head(SHAPE, 1), phantoms.affine("anisotropic")), head)
    for _ in range(2):
        desk.wiring.sessions.open(path)
        wait_until(lambda: not desk.editor.working)
        head.unlink(missing_ok=True)
    desk.wiring.sessions._discard(Leftover(path, "head.nii.gz", 0.0, 2, "", can_open=True))
    assert asked == ["Another image", "Where is the image?", "Discard"]
    assert desk.editor.document is None
    assert path.read_bytes() == before


def test_tool_settings_and_roi_are_in_hand_again_after_the_program_ended(
    open_desk: OpenDesk, head: Path, driver: Driver
) -> None:
    desk = open_desk()
    desk.open(head)
    desk.editor.apply(make("threshold", {"lower": 300}))
    desk.wait()
    desk.editor.add_roi("second")
    desk.editor.apply(make("threshold", {"lower": 400}))
    desk.wait()
    desk.editor.add_roi("third")
    desk.editor.set_active("roi2")
    brush = BrushOptions(radius=7.5, shape="sphere", lower=120.5, upper=300.0)
    desk.wiring.toolbox.choose("eraser")
    for radius in (2.0, 4.0, 7.5):
        desk.wiring.toolbox.brush.change(radius=radius, shape="sphere", lower=120.5, upper=300.0)
    session = desk.editor.session
    assert session is not None
    assert (session.hands.tool, session.hands.active) == ("eraser", "roi2")
    assert session.hands.options["brush"] == brush.to_record()
    journal = session.recording.path
    assert journal is not None
    wait_until(lambda: not desk.wiring.sessions._settle.isActive() and not desk.wiring.sessions._lane.busy)
    session.close()  # as the system closes it when the program is killed
    desk.wiring.close()
    again = open_desk()
    again.open(journal)
    assert again.editor.active == "roi2"
    assert again.wiring.toolbox.chosen == "eraser"
    assert again.wiring.toolbox.brush.settings == brush
    bar = again.window.findChild(OptionsBar)
    assert bar is not None
    assert bar.form is not None
    assert bar.form.value() == brush
    # What is in hand stays there on another image.
    again.editor.set_session(Session.open(head))
    assert again.wiring.toolbox.chosen == "eraser"
    assert again.wiring.toolbox.brush.settings == brush
    assert again.editor.active == "roi1"


# What an ended program left -------------------------------------------------------------------------------------------


def test_what_was_left_is_offered_and_restored(desk: Desk, left: Session, driver: Driver) -> None:
    with pressing(driver, "Restore") as said:
        desk.open()
        wait_until(lambda: len(desk.document.timeline) == 2)
    assert said == ["head.nii.gz, 2, "]
    assert is_as_left(desk, left)
    assert desk.window.isWindowModified()
    assert desk.editor.document is not None
    desk.editor.redo()
    desk.wait()
    assert len(desk.document.timeline) == 3
    assert len({name.removesuffix("-wal") for name in journals()}) == 1
    # It is no file of the user's own.
    assert not any(path.parent == journals_folder() for path in recent())
    desk.wiring.close()
    assert journals() == []


def test_what_was_left_may_wait(open_desk: OpenDesk, left: Session, driver: Driver) -> None:
    for _ in range(2):
        desk = open_desk()
        with pressing(driver, "Later"):
            desk.open()
        desk.wiring.close()
    assert len(journals()) == 1


def test_what_files_hold_anyway_is_not_asked_about_at_the_start(
    desk: Desk, head: Path, driver: Driver, tmp_path: Path
) -> None:
    saved = Session.open(head)
    saved.keep_journal()
    saved.identify()
    saved.document.do(make("threshold", {"lower": 300}), "roi1")
    save_mask(saved, "roi1", tmp_path / "mask.nii.gz")
    saved.close()
    desk.open()
    lane = desk.wiring.sessions._lane
    wait_until(lambda: desk.wiring.sessions._left == () and not lane.busy)
    assert QApplication.activeModalWidget() is None
    # Whoever looks for it finds it, with its undo.
    with pressing(driver, "Later"):
        desk.wiring.sessions.look_for_interrupted()


def test_what_was_left_is_not_offered_into_a_stroke(desk: Desk, left: Session, driver: Driver) -> None:
    with pressing(driver, "Later"):
        desk.open()
    desk.wiring.sessions._left = sessions._leftovers()
    assert len(desk.wiring.sessions._left) == 1
    desk.wiring.toolbox.choose("brush")
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    driver.move(canvas, (canvas.width() / 2, canvas.height() / 2))
    driver.press()
    desk.editor.jobs.busy_changed.emit()
    QApplication.processEvents()
    assert QApplication.activeModalWidget() is None
    with pressing(driver, "Later"):
        driver.release()
    assert len(desk.document.timeline) == 1


def test_what_was_left_is_offered_after_what_a_job_asks(
    desk: Desk, left: Session, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restoring it during that would have the question stand over another image."""
    with pressing(driver, "Later"):
        desk.open()
    desk.wiring.sessions._left = sessions._leftovers()
    asked: list[str] = []

    def offer(*_: object) -> tuple[SessionChoice, int]:
        asked.append("restore")
        return SessionChoice.LATER, 0

    def done(_: object) -> None:
        box = QMessageBox(desk.window)
        QTimer.singleShot(0, lambda: QTimer.singleShot(0, box.reject))
        box.exec()
        asked.append("of the job")

    monkeypatch.setattr(sessions, "offer_sessions", offer)
    desk.editor.jobs.run("Reading", lambda progress: None, done)
    wait_until(lambda: len(asked) == 2)
    assert asked == ["of the job", "restore"]


def test_what_may_wait_is_in_the_menu(desk: Desk, left: Session, driver: Driver) -> None:
    with pressing(driver, "Later"):
        desk.open()
    said: list[str] = []
    desk.editor.message.connect(said.append)
    with pressing(driver, "Restore"):
        desk.wiring.actions["interrupted_sessions"].trigger()
        wait_until(lambda: len(desk.document.timeline) == 2)
    assert is_as_left(desk, left)
    desk.wiring.actions["interrupted_sessions"].trigger()  # its own is none
    wait_until(lambda: "There is no interrupted session." in said)


@pytest.mark.parametrize("answer", ["Discard", "Cancel"])
def test_what_was_left_is_discarded_only_when_that_is_meant(
    desk: Desk, left: Session, driver: Driver, answer: str
) -> None:
    before = journals()
    with pressing(driver, "Discard…", answer) as said:
        desk.open()
    assert said[1] == "Discard 2 steps on head.nii.gz?"
    desk.wiring.close()
    assert journals() == ([] if answer == "Discard" else before)


def test_nothing_left_asks_nothing(open_desk: OpenDesk, head: Path) -> None:
    desk = open_desk()
    desk.open(head)
    wait_until(lambda: desk.wiring.sessions._left is not None and not desk.wiring.sessions._lane.busy)
    session = desk.editor.session
    assert session is not None
    assert session.source.fingerprint  # worked out meanwhile
    desk.wiring.close()
    assert journals() == []


def test_another_image_closes_the_journal_of_the_first(desk: Desk, head: Path) -> None:
    desk.open()
    first = desk.editor.session
    assert first is not None
    wait_until(lambda: first.recording.path is not None)
    desk.open(head)
    assert first.recording.path is None


# A journal that cannot be written -------------------------------------------------------------------------------------


def test_a_journal_that_cannot_be_written_is_told_once(
    desk: Desk, head: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open(head)

    def refuse(*_: object) -> None:
        raise FileError("There is no room.")

    monkeypatch.setattr(Journal, "write", refuse)
    with pressing(driver, "OK") as said:
        for lower in (300, 400):
            desk.editor.apply(make("threshold", {"lower": lower}))
            desk.wait()
    assert said[0].startswith("There is no room. Until then, what you do is not kept")
    assert len(desk.document.timeline) == 2


def test_a_picture_asks_nothing_and_keeps_no_session(
    left: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would see the dialog that offers what was left behind, and the picture would never be made."""
    shown: list[object] = []
    monkeypatch.setattr(QDialog, "exec", lambda dialog: shown.append(dialog))
    before = {path.name: path.read_bytes() for path in journals_folder().iterdir()}
    monkeypatch.setattr(app, "qInstallMessageHandler", lambda _: None)
    app.picture(tmp_path / "window.png", None, None)
    assert (tmp_path / "window.png").stat().st_size > 10_000
    assert not shown
    assert {path.name: path.read_bytes() for path in journals_folder().iterdir()} == before
