"""The window under test: the program's own, wired as the program wires it, on a screen of 1366 × 768."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PyQt6.QtGui import QWindow
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from maskeditor.core.history.document import Document
from maskeditor.model.given import Given
from maskeditor.ui.app import application
from maskeditor.ui.behind import Behind
from maskeditor.ui.look.theme import Themer
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.main_window.wiring import Wiring
from maskeditor.ui.work.editor import Editor
from tests.ui.drivers import PATIENCE_MS, Driver, QtDriver, XDriver, wait_until

#: What a screen of 1366 × 768 leaves for a window with a frame.
SIZE = (1350, 720)
#: Milliseconds between looks for a dialog that is left open.
UNANSWERED = 90_000


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The application object as the program makes it."""
    made = application()
    if made.findChild(Themer) is None:  # made by a test of something else
        Themer(made)
    return made


@pytest.fixture(autouse=True)
def _no_question_left_open(qapp: QApplication) -> Iterator[None]:
    """Close a dialog that nobody answers and fail its test, so that no run waits for ever."""
    unanswered: list[str] = []

    def close() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            unanswered.append(f"{type(dialog).__name__} {dialog.windowTitle()!r}")
            dialog.close()

    timer = QTimer()
    timer.setInterval(UNANSWERED)
    timer.timeout.connect(close)
    timer.start()
    yield
    timer.stop()
    if unanswered:
        pytest.fail(f"Nobody answered: {', '.join(unanswered)}.", pytrace=False)


@pytest.fixture(autouse=True)
def _no_button_held(qapp: QApplication) -> Iterator[None]:
    """Let go of the mouse: after a double click QTest keeps it down, and the next test would drag."""
    yield
    window = QWindow()
    for button in (one for one in Qt.MouseButton if one & QApplication.mouseButtons()):
        QTest.mouseRelease(window, button)


@dataclass(eq=False)
class Desk:
    """A window with all that makes it work."""

    window: MainWindow
    wiring: Wiring

    def __post_init__(self) -> None:
        # They stand from the start, and to look for them takes milliseconds, at each wait.
        self._followers = self.window.findChildren(Behind)

    @property
    def editor(self) -> Editor:
        return self.wiring.editor

    @property
    def document(self) -> Document:
        assert self.editor.document is not None
        return self.editor.document

    def mask(self) -> NDArray[np.bool_]:
        """Return a copy of the active mask."""
        return np.array(self.document.mask(self.editor.active)[...], order="K")

    def wait(self) -> None:
        """Wait until all that was asked for is worked out and drawn, the histogram and what follows a hand too."""
        plot = self.window.histogram.plot
        wait_until(
            lambda: (
                not self.editor.working
                and (self.editor.document is None or plot.bars is not None)
                and not any(one.is_due for one in self._followers)
            ),
            "the window to settle",
        )
        QCoreApplication.processEvents()

    def open(self, path: Path | None = None) -> None:
        """Open an image, or the embedded sample, and wait until it is shown."""
        self.wiring.begin(Given(path))
        self.wait()
        assert self.editor.document is not None

    def close(self) -> None:
        """Close the window and let go of it: pytest keeps this object until after the check for widgets left."""
        self.wiring.close()
        self.window.deleteLater()
        del self.window, self.wiring, self._followers


OpenDesk = Callable[[], Desk]


@pytest.fixture
def open_desk(qapp: QApplication) -> Iterator[OpenDesk]:
    """Opens windows, and puts them away after the test."""
    desks: list[Desk] = []

    def opened() -> Desk:
        window = MainWindow()
        window.resize(*SIZE)
        window.show()
        window.activateWindow()
        assert QTest.qWaitForWindowActive(window, PATIENCE_MS)
        desks.append(Desk(window, Wiring(window)))
        # What is worth a look is asked only where a test wants it.
        desks[-1].wiring.files.saving.quiet = True
        QCoreApplication.processEvents()
        return desks[-1]

    yield opened
    for desk in desks:
        desk.close()
    # First the windows go, and then what PyQt had connected to them.
    for _ in range(2):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


@pytest.fixture
def slanted(tmp_path: Path) -> Path:
    """A small image, oblique by 8°, that is brighter from voxel to voxel: it is opened faster than the sample."""
    i, j, k = np.indices((40, 44, 48), np.int16)
    turn = np.radians(8)
    affine = np.diag([-2.0, 2.0, 2.0, 1.0])
    affine[1:3, 1:3] = 2 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    path = tmp_path / "slanted.nii.gz"
    nib.save(nib.Nifti1Image(8 * i + 9 * j + 7 * k, affine), path)
    return path


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    """A window without an image."""
    return open_desk()


@pytest.fixture
def driver(qapp: QApplication) -> Iterator[Driver]:
    """Real hands where there is a real screen, and Qt's own where there is none."""
    if qapp.platformName() != "xcb":
        yield QtDriver()
        return
    hands = XDriver()
    yield hands
    hands.close()
