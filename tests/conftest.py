"""What every test lives by: sealed settings, no widget left behind, and the way to the real scans."""

from __future__ import annotations

import atexit
import gc
import itertools
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests import real_scans
from tests.x_server import is_there, x_server

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

CHECKOUT = Path(__file__).resolve().parents[1]
REAL_DATA_FIXTURES = {"test_data", "dicom_data"}
REAL_DATA_REQUIRED = os.environ.get("MASKEDITOR_REQUIRE_DATA", "") not in ("", "0")

# Drawn examples: nothing that a busy machine could fail. The fixtures of a test are the same for all of its examples.
hypothesis.settings.register_profile(
    "maskeditor",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("maskeditor")


# Run without a terminal, as by nohup or in the background of a shell, signals are ignored that tests send to programs.
for name, usual in (("SIGINT", signal.default_int_handler), ("SIGTERM", signal.SIG_DFL), ("SIGHUP", signal.SIG_DFL)):
    number = getattr(signal, name, None)  # Windows has no SIGHUP
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)


# Sealed settings: the variables are set before anything reads them, and again for each test.

SEALED = Path(tempfile.mkdtemp(prefix="maskeditor-sealed-"))
# Benchmarks seal themselves in too, and pytest may end before it has begun.
atexit.register(shutil.rmtree, SEALED, ignore_errors=True)
_number = itertools.count()


def _seal(folder: Path) -> dict[str, str]:
    """Return the variables that lead Qt and platformdirs below `folder`, on Linux, macOS and Windows."""
    folder.mkdir()
    # One cache for the whole run: a fresh one would make every process gather the system's fonts again.
    cache = str(SEALED / "cache")
    places = {name: str(folder / name) for name in ("config", "data", "state")}
    return {
        "HOME": str(folder),
        "USERPROFILE": str(folder),
        "APPDATA": places["config"],
        "LOCALAPPDATA": places["data"],
        "WIN_PD_OVERRIDE_APPDATA": places["config"],
        "WIN_PD_OVERRIDE_LOCAL_APPDATA": places["data"],
        "XDG_CONFIG_HOME": places["config"],
        "XDG_DATA_HOME": places["data"],
        "XDG_STATE_HOME": places["state"],
        "XDG_CACHE_HOME": cache,
    }


os.environ.update(_seal(SEALED / "session"))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if "XDG_RUNTIME_DIR" not in os.environ:  # Qt complains without one
    os.environ["XDG_RUNTIME_DIR"] = str(SEALED)
if sys.platform == "linux":  # elsewhere, the names of sockets would be too long
    # What programs leave that tests kill goes with the settings; this process knows its own place already.
    os.environ["TMPDIR"] = str(SEALED)


@pytest.fixture(autouse=True)
def _sealed_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test settings of its own, empty ones."""
    folder = SEALED / str(next(_number))
    for name, value in _seal(folder).items():
        monkeypatch.setenv(name, value)
    if "PyQt6.QtCore" in sys.modules:  # Qt reads the variables only once
        from PyQt6.QtCore import QSettings

        for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
            QSettings.setPath(form, QSettings.Scope.UserScope, str(folder / "config"))


# No widget survives its test.


@pytest.fixture(autouse=True)
def _no_widget_left(_sealed_settings: None) -> Iterator[None]:
    """Fail a test that leaves a window behind."""
    before = frozenset(_windows())
    yield
    if not _windows(except_for=before):
        return
    from PyQt6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    left = _windows(except_for=before)
    if left:
        names = ", ".join(sorted(f"{type(widget).__name__} {widget.objectName()!r}" for widget in left))
        for widget in left:
            widget.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        pytest.fail(
            f"The test left windows behind: {names}. Hand them to qtbot.addWidget, or close and delete them.",
            pytrace=False,
        )


def _windows(except_for: frozenset[QWidget] = frozenset()) -> list[QWidget]:
    """Return the top-level widgets alive, without Qt's own tool tip."""
    if "PyQt6.QtWidgets" not in sys.modules:
        return []
    from PyQt6.QtWidgets import QApplication

    if QApplication.instance() is None:
        return []
    windows = QApplication.topLevelWidgets()
    return [w for w in windows if w not in except_for and not w.inherits("QTipLabel")]


# A real X server.


@pytest.fixture(scope="session")
def xvfb_display() -> Iterator[str]:
    """The display (such as ":7") of an X server of the tests' own, for programs started as processes.

    Start them with DISPLAY set to it and QT_QPA_PLATFORM to xcb; the tests' own process stays offscreen.
    """
    if not is_there():
        pytest.skip("There is no Xvfb here; install it to try the window on a real X server.")
    with x_server(1366, 768) as display:
        yield display


# Real scans.


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs real scans, what needs an X server, and what starts programs from a copy of the package."""
    for item in items:
        if "copied" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
        if "xvfb_display" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xvfb)
        if REAL_DATA_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.realdata)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real scans: MASKEDITOR_TEST_DATA, or ../shared/data beside the checkout."""
    folder = real_scans.folder()
    if not folder.is_dir():
        reason = f"There are no real scans at {folder}; name their folder in {real_scans.VARIABLE}."
        if REAL_DATA_REQUIRED or os.environ.get(real_scans.VARIABLE):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder.resolve()


@pytest.fixture(scope="session")
def dicom_data(test_data: Path) -> Path:
    """The unpacked dicom.tar.xz: the folder of cases.json, in/ and ref/; treat it as read-only.

    It is unpacked once for each version of the archive and kept below the system's temporary folder.
    """
    archive = test_data / "dicom.tar.xz"
    if not archive.is_file():
        reason = f"{test_data} holds no dicom.tar.xz."
        if REAL_DATA_REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason)
    return real_scans.unpacked(archive) / "dicom"


_real_data: dict[str, bool] = {}  # the tests on real scans: did they run, or were they skipped?


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Record which tests really ran on real scans."""
    if "realdata" in report.keywords and (report.when == "call" or report.skipped):
        _real_data[report.nodeid] = not report.skipped


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where real scans are required, a test that skipped them has failed."""
    if REAL_DATA_REQUIRED and not all(_real_data.values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many they were; continuous integration reads this line."""
    ran = sum(_real_data.values())
    terminalreporter.write_line(f"real data: {ran} tests ran, {len(_real_data) - ran} were skipped")
