"""What is given to a second program goes to the window of the first, if that is preferred."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtNetwork import QLocalSocket
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from maskeditor.model.given import Given
from maskeditor.ui.main_window import handing_over
from maskeditor.ui.main_window.handing_over import Receiver, hand_over
from maskeditor.ui.qt import sure
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, wait_until

SECOND = """
import sys
from PyQt6.QtCore import QCoreApplication
from maskeditor.model.given import Given
from maskeditor.ui.main_window import handing_over
app = QCoreApplication([])
handing_over.address = lambda: sys.argv[1]
sys.exit(0 if handing_over.hand_over(Given.of('scan.nii', None, '/r.json')) else 3)
"""

#: A program that is started while the window of another is still starting, before anything can be opened there.
WHILE_STARTING = """
import os, subprocess, sys
from PyQt6.QtCore import QTimer
from maskeditor.ui import app

ready = app.ready
first, second = sys.argv[1:]
code = '''
import sys
from pathlib import Path
from maskeditor.model.given import Given
from maskeditor.ui import app
from maskeditor.ui.main_window import handing_over
app.application()
handing_over.PATIENCE = 60_000
sys.exit(0 if handing_over.hand_over(Given(Path(sys.argv[1]))) else 3)
'''

def ready_later():
    status = subprocess.run([sys.executable, "-c", code, second]).returncode
    print(status, flush=True)
    if status:
        os._exit(1)  # nothing will be opened
    return ready()

def look():
    titles = [widget.windowTitle() for widget in app.QApplication.topLevelWidgets()]
    if any(title.startswith("second") for title in titles):
        print("opened")
        app.QApplication.exit(0)

app.ready = ready_later
app.application()
timer = QTimer()
timer.timeout.connect(look)
timer.start(5)
sys.exit(app.main(first or None))
"""


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of this test's own."""
    found = f"maskeditor-test-{abs(hash(tmp_path)):x}"
    monkeypatch.setattr(handing_over, "address", lambda: found)
    return found


@pytest.fixture
def taken(qapp: QApplication, name: str) -> Iterator[list[Given]]:
    """What the window has been asked to open."""
    given: list[Given] = []
    owner = QObject()
    receiver = Receiver(owner)
    receiver.begin(given.append)
    yield given
    receiver.close()
    owner.deleteLater()


def test_another_program_hands_over_and_is_answered(
    taken: list[Given], name: str, tmp_path: Path, qtbot: QtBot
) -> None:
    with subprocess.Popen([sys.executable, "-c", SECOND, name], cwd=tmp_path) as second:
        qtbot.waitUntil(lambda: second.poll() is not None, timeout=30_000)
        assert second.returncode == 0
    assert taken == [Given(tmp_path / "scan.nii", None, Path("/r.json"))]


def test_without_a_window_nobody_takes_it(qapp: QApplication, name: str) -> None:
    assert not hand_over(Given(Path("scan.nii")))


@pytest.mark.parametrize("line", [b"no json\n", b"[1, 2, 3]\n", b"[null]\n", b'{"a": 1}\n', b"x" * 70_000])
def test_what_is_no_such_line_is_not_taken(taken: list[Given], name: str, line: bytes, qtbot: QtBot) -> None:
    socket = QLocalSocket()
    socket.connectToServer(name)
    assert socket.waitForConnected(2000)
    with qtbot.waitSignal(socket.disconnected, timeout=10_000):
        socket.write(line)
    assert taken == []


def test_what_was_given_up_meanwhile_is_not_taken(taken: list[Given], name: str, driver: Driver) -> None:
    socket = QLocalSocket()
    socket.connectToServer(name)
    assert socket.waitForConnected(2000)
    socket.write(b'["/scan.nii", null, null, null]\n')
    assert socket.flush()
    socket.abort()  # before the window had time for it
    driver.settle()
    assert taken == []


def test_a_second_window_does_not_take_the_address_away(taken: list[Given], name: str, qtbot: QtBot) -> None:
    owner = QObject()
    other: list[Given] = []
    second = Receiver(owner)
    second.begin(other.append)
    with subprocess.Popen([sys.executable, "-c", SECOND, name]) as asked:
        qtbot.waitUntil(lambda: asked.poll() is not None, timeout=30_000)
    second.close()
    assert (len(taken), len(other)) == (1, 0)
    owner.deleteLater()


def test_what_is_taken_waits_for_what_runs_and_for_an_answer(desk: Desk, tmp_path: Path, driver: Driver) -> None:
    for name in ("a", "b", "c"):
        nibabel.save(nibabel.Nifti1Image(phantoms.head(), np.eye(4)), tmp_path / f"{name}.nii")
    go_on, results = threading.Event(), list[object]()
    desk.editor.jobs.run("Waiting", lambda progress: go_on.wait(60), results.append)
    # As a file manager opens several at once.
    for name in ("a", "b"):
        desk.wiring.take(Given(tmp_path / f"{name}.nii"))
    driver.settle()
    go_on.set()
    wait_until(lambda: desk.window.windowTitle().startswith("b.nii"))
    assert results == [True]
    driver.key("Ctrl+G")
    desk.wiring.take(Given(tmp_path / "c.nii"))
    driver.settle()
    desk.wait()
    assert desk.window.windowTitle().startswith("b.nii")
    sure(QApplication.activeModalWidget()).close()
    wait_until(lambda: desk.window.windowTitle().startswith("c.nii"))


class FileOpen(QEvent):
    """As macOS sends it; Qt lets nobody else make one."""

    def __init__(self, path: Path) -> None:
        super().__init__(QEvent.Type.FileOpen)
        self.path = path

    def file(self) -> str:
        return str(self.path)


@pytest.mark.parametrize("gives_files", [True, False])
def test_where_the_system_gives_files_they_are_taken(
    qapp: QApplication, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gives_files: bool
) -> None:
    """Elsewhere, no event of all the others goes through Python for them."""
    monkeypatch.setattr(handing_over, "GIVES_FILES", gives_files)
    owner, taken, heard = QObject(), list[Given](), list[QObject | None]()

    class Hears(Receiver):
        def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
            heard.append(watched)
            return super().eventFilter(watched, event)

    receiver = Hears(owner)
    receiver.begin(taken.append)
    QApplication.sendEvent(qapp, FileOpen(tmp_path / "scan.nii"))
    assert taken == [Given(tmp_path / "scan.nii")] * gives_files
    assert bool(heard) is gives_files
    receiver.close()
    owner.deleteLater()


def test_what_was_refused_at_once_keeps_nobody_waiting(desk: Desk, tmp_path: Path, driver: Driver) -> None:
    for name in ("a", "b"):
        nibabel.save(nibabel.Nifti1Image(phantoms.head(), np.eye(4)), tmp_path / f"{name}.nii")
    desk.open(tmp_path / "a.nii")
    session = sure(desk.editor.session)
    session.save_session(tmp_path / "work.maskeditor")
    said, go_on = list[str](), threading.Event()
    desk.editor.message.connect(said.append)
    desk.editor.jobs.run("Waiting", lambda progress: go_on.wait(60), lambda _: None)
    for name in ("work.maskeditor", "b.nii"):
        desk.wiring.take(Given(tmp_path / name))
    go_on.set()
    wait_until(lambda: desk.window.windowTitle().startswith("b.nii"))
    assert "work.maskeditor is open already." in said


def test_it_listens_in_the_folder_of_the_user_alone(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "none"))
    name = handing_over.address()
    assert Path(name).name == name
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    here = tmp_path / name
    monkeypatch.setattr(handing_over, "_LONGEST_NAME", len(str(here)))
    assert handing_over.address() == str(here)
    # A path that no socket may have is none.
    monkeypatch.setattr(handing_over, "_LONGEST_NAME", len(str(here)) - 1)
    assert handing_over.address() == name
    # As after `su`, in the folder of somebody else.
    monkeypatch.setattr(handing_over, "_LONGEST_NAME", len(str(here)))
    monkeypatch.setattr(handing_over.os, "access", lambda path, mode: path != str(tmp_path))
    assert handing_over.address() == name


@pytest.mark.slow
@pytest.mark.parametrize("first", ["first.nii", ""])
def test_what_is_given_while_the_window_is_starting_is_opened_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    for one in ("first", "second"):
        nibabel.save(nibabel.Nifti1Image(phantoms.head(), np.eye(4)), tmp_path / f"{one}.nii")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    given = [first and str(tmp_path / first), str(tmp_path / "second.nii")]
    process = subprocess.run(
        [sys.executable, "-c", WHILE_STARTING, *given], capture_output=True, text=True, check=False
    )
    # What answers cannot open it yet: that begins only after the other program has ended.
    assert (process.returncode, process.stdout) == (0, "0\nopened\n"), process.stderr


def test_what_is_given_before_it_can_be_opened_waits_in_order(qapp: QApplication, name: str, driver: Driver) -> None:
    owner, taken = QObject(), list[Given]()
    receiver = Receiver(owner)
    for path in ("/a.nii", "/b.nii"):
        receiver._take(Given.of(path))
    receiver.begin(taken.append)
    receiver._take(Given.of("/c.nii"))
    assert taken == [Given.of("/a.nii"), Given.of("/b.nii"), Given.of("/c.nii")]
    receiver.close()
    owner.deleteLater()
