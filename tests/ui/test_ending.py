"""However the program ends, no thread outlives its event loop, nothing reaches what is gone, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QObject, QSettings
from PyQt6.QtWidgets import QApplication, QWidget

from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress, Reporter
from maskeditor.model.recording import journals_folder
from maskeditor.model.restoring import restore_session
from maskeditor.ui.interrupts import Interrupts
from maskeditor.ui.work import worker
from maskeditor.ui.work.interface_thread import call_on_interface
from maskeditor.ui.work.worker import Lane, close_lanes
from tests.ui.conftest import Desk
from tests.ui.drivers import PATIENCE, wait_until

#: A thread that reports for ever how far it has come, beside an interpreter that ends.
REPORTING = """
import atexit, itertools, sys, threading

def print_lanes():
    print([thread.name for thread in threading.enumerate() if thread.name == "reporting"])

from maskeditor.ui import app
from maskeditor.ui.work import worker
worker.REPORTED = 0
application = app.application()
started = threading.Event()

def work(progress):
    for part in itertools.count(1):
        progress(1 - 1 / part)
        started.set()

def begin():
    lane = worker.Lane("reporting")
    lane.submit(work, print, print)
    started.wait()
"""
LOOPED = """
from PyQt6.QtCore import QTimer
QTimer.singleShot(0, lambda: (begin(), application.quit()))
status = application.exec()
print_lanes()
"""
#: What is asked for first is called last.
NEVER_LOOPED = """
atexit.register(print_lanes)
begin()
"""
#: Work that hears of no cancelling.
DEAF = """
worker.PATIENCE = 0
worker.Lane("deaf").submit(lambda progress: (started.set(), threading.Event().wait()), print, print)
started.wait()
print("told")
"""


def ended(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script to its end."""
    command = [sys.executable, "-c", script]
    whole = {**os.environ, **environment}
    # (One that never ends is a fault, and no reason that the tests do not either.)
    return subprocess.run(command, env=whole, capture_output=True, text=True, check=False, timeout=5 * PATIENCE)


@pytest.mark.parametrize("end", [LOOPED, NEVER_LOOPED])
def test_no_thread_outlives_the_event_loop_or_the_interpreter(end: str) -> None:
    process = ended(REPORTING + end)
    assert (process.returncode, process.stdout, process.stderr) == (0, "[]\n", "")


@pytest.mark.parametrize(("leaving", "status"), [("worker.leave(0)", 0), ("worker.leave(143)", 143), ("", 1)])
def test_what_cannot_be_stopped_ends_with_the_process(leaving: str, status: int) -> None:
    process = ended(REPORTING + DEAF + leaving)
    assert (process.returncode, process.stdout, process.stderr) == (status, "told\n", "")


def test_all_lanes_are_waited_for_together(qapp: QApplication) -> None:
    lanes, go_on, told = [Lane("first"), Lane("second")], threading.Event(), list[object]()

    def work(progress: Progress) -> None:
        while not progress.cancelled:
            pass
        # It ends only if the other is cancelled before this one is waited for.
        if all(one.cancelled for one in asked):
            go_on.set()
        go_on.wait()

    asked = [lane.submit(work, told.append, told.append) for lane in lanes]
    wait_until(lambda: all(lane._running is not None for lane in lanes))
    assert close_lanes(lanes)
    QCoreApplication.processEvents()
    assert not told


def test_it_is_waited_for_no_longer_than_from_when_it_was_first_stopped(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, waits = [100.0], list[float]()
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(worker, "PATIENCE", 7)
    lane, started, go_on = Lane("test"), threading.Event(), threading.Event()
    lane.submit(lambda progress: (started.set(), go_on.wait()), print, print)
    started.wait()
    thread, wait = lane._thread, lane._thread.join
    monkeypatch.setattr(thread, "join", waits.append)
    for later in (0, 3, 10):
        now[0] = 100 + later
        assert not lane.close()
    assert waits == [7, 4, 0]
    go_on.set()
    wait()
    assert lane.close()


def test_a_lane_that_qt_has_taken_apart_ends_without_a_word(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised, told = list[object](), list[object]()
    monkeypatch.setattr(threading, "excepthook", raised.append)
    parent, started, go_on = QObject(), threading.Event(), threading.Event()
    lane = Lane("test", parent=parent)

    def work(progress: Progress) -> None:
        started.set()
        go_on.wait()
        # Work that looks only now and then whether it is still wanted.
        progress._report(0.5)

    lane.submit(work, told.append, told.append)
    lane.submit(work, told.append, told.append)
    started.wait()
    sip.delete(parent)
    assert sip.isdeleted(lane)
    go_on.set()
    lane._thread.join(PATIENCE)
    assert not lane._thread.is_alive()
    QCoreApplication.processEvents()
    assert not raised
    assert not told


def test_a_result_on_its_way_to_what_is_gone_is_dropped(qapp: QApplication) -> None:
    owner, called = QObject(), list[int]()
    call_on_interface(owner, called.append, 1)
    assert not called
    QCoreApplication.processEvents()
    assert called == [1]
    call_on_interface(owner, called.append, 2)
    sip.delete(owner)
    QCoreApplication.processEvents()
    assert called == [1]


def test_a_held_up_stroke_hears_that_it_is_not_wanted(desk: Desk) -> None:
    strokes, errors = desk.editor.strokes, list[Exception]()
    lane, started = Lane("test"), threading.Event()

    def work(report: Reporter) -> None:
        strokes._rest.clear()  # as if the window were never at rest again
        progress.cancel()
        started.set()
        report(0.5)

    go_on = threading.Event()
    progress = lane.submit(lambda progress: (go_on.wait(), strokes._at_rest(work)(progress)), print, errors.append)
    go_on.set()
    started.wait()
    wait_until(lambda: errors)
    assert [type(error) for error in errors] == [Cancelled]
    assert lane.close()


#: A window in which a step and a tool are the last that hands have done when it ends, in one way or another.
WINDOW = """
import os, sys
from PyQt6.QtCore import QTimer
from maskeditor.core.operation.declaration import make
from maskeditor.ui import app
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.main_window.wiring import Wiring

application = app.application()

def look():
    window = next(widget for widget in application.topLevelWidgets() if isinstance(widget, MainWindow))
    if window.windowTitle().startswith("image"):
        timer.stop()
        wiring = window.findChild(Wiring)
        wiring.editor.apply_now(make("threshold", {"lower": 5}))
        wiring.toolbox.choose("eraser")
        window.resize(1000, 640)
        window.docks["images"].close()
        end(window)

timer = QTimer()
timer.timeout.connect(look)
timer.start(5)
"""
CLOSED, QUIT = "end = lambda window: window.close_now()", "end = lambda window: application.exit(0)"
KILLED = "end = lambda window: os.kill(os.getpid(), {})"
RUN = "\nsys.exit(app.main(sys.argv[1]))"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "status"),
    [
        (CLOSED, 0),
        (QUIT, 0),
        (KILLED.format(int(signal.SIGINT)), 128 + signal.SIGINT),
        (KILLED.format(int(signal.SIGTERM)), 128 + signal.SIGTERM),
        (KILLED.format(int(signal.SIGHUP)), 128 + signal.SIGHUP),
    ],
)
def test_what_was_done_last_is_kept_where_nothing_is_asked(tmp_path: Path, end: str, status: int) -> None:
    image, temporary = tmp_path / "image.nii", tmp_path / "temporary"
    temporary.mkdir()
    nib.save(nib.Nifti1Image(np.arange(64, dtype=np.int16).reshape(4, 4, 4), np.eye(4)), image)
    places = {"TMPDIR": str(temporary), "XDG_RUNTIME_DIR": str(temporary)}
    process = ended(f"import sys\nsys.argv[1:] = [{str(image)!r}]\n{WINDOW}\n{end}{RUN}", **places)
    assert (process.returncode, process.stdout, process.stderr) == (status, "", "")
    (path,) = journals_folder().glob("*.maskeditor")
    session = restore_session(path)
    assert [step.operation.id for step in session.document.timeline] == ["threshold"]
    assert session.hands is not None
    assert session.hands.tool == "eraser"
    session.close(discard=True)
    kept = Path(os.environ["XDG_CONFIG_HOME"]) / "maskeditor/maskeditor.conf"
    settings = QSettings(str(kept), QSettings.Format.IniFormat)
    window = QWidget()
    assert window.restoreGeometry(settings.value("window/geometry"))
    # (The screen of a program under test is too narrow for it, and moves it.)
    assert window.height() == 640
    del window
    assert settings.contains("window/state")
    assert not list(temporary.iterdir())


@pytest.mark.slow
def test_the_window_is_gone_when_pyqt_takes_apart_what_is_left(tmp_path: Path) -> None:
    """It walks along a list of all there is, and what goes with a window is in that list: every third end crashed."""
    image = tmp_path / "image.nii"
    nib.save(nib.Nifti1Image(np.arange(64, dtype=np.int16).reshape(4, 4, 4), np.eye(4)), image)
    left = "import atexit\natexit.register(lambda: print(application.topLevelWidgets(), application.allWidgets()))"
    end = "end = lambda window: (window.findChild(Wiring).commands.show_preferences(), window.close_now())"
    process = ended(f"import sys\nsys.argv[1:] = [{str(image)!r}]\n{WINDOW}\n{left}\n{end}{RUN}")
    assert (process.returncode, process.stdout, process.stderr) == (0, "[] []\n", "")


#: What is there when PyQt's turn comes: it asked at the import, and who asks last is called first.
LEFT = """
import atexit
from PyQt6.QtWidgets import QApplication
atexit.register(lambda: print(QApplication.topLevelWidgets(), QApplication.allWidgets()))
from maskeditor.ui.app import application
from maskeditor.ui.main_window.window import MainWindow
"""
UNHELD = """
import gc
application()
gc.collect()
window = MainWindow()
window.show()
"""
OF_A_FUNCTION = """
def run():
    app = application()
    window = MainWindow()
    window.show()
    app.processEvents()
    from maskeditor.ui.main_window.wiring import Wiring
    Wiring(window, attended=False).close()

run()
"""
WITH_AN_APPLICATION_OF_ITS_OWN = """
app = QApplication([])
window = MainWindow()
"""


@pytest.mark.slow
@pytest.mark.parametrize("script", [UNHELD, OF_A_FUNCTION, WITH_AN_APPLICATION_OF_ITS_OWN])
@pytest.mark.parametrize(("end", "status"), [("", 0), ("raise SystemExit(3)", 3), ("raise ValueError", 1)])
def test_a_script_with_a_window_ends_in_order(script: str, end: str, status: int) -> None:
    """One whose window and application went with a function ended by a signal each time."""
    process = ended(LEFT + script + end)
    assert (process.returncode, process.stdout) == (status, "[] []\n"), process.stderr


def test_a_signal_that_is_seen_to_already_is_let_be(qapp: QApplication) -> None:
    def others(number: int, frame: object) -> None:
        raise AssertionError(number)

    before = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: others}
    usual = {number: signal.signal(number, handler) for number, handler in before.items()}
    try:
        interrupts = Interrupts(qapp)
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        assert signal.getsignal(signal.SIGTERM) is others
        interrupts.close()
        interrupts.deleteLater()
        assert {number: signal.getsignal(number) for number in before} == before
        assert signal.set_wakeup_fd(-1) == -1
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
