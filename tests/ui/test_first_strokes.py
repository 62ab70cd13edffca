"""Strokes from the first paint on: none is lost, whether or not tools and image are there yet."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from maskeditor.model.given import Given
from maskeditor.ui import app
from maskeditor.ui.main_window import wiring as module
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.main_window.wiring import Wiring
from tests.ui.conftest import SIZE
from tests.ui.drivers import PATIENCE_MS, wait_until

#: Of a window of the test's size, where the axial plane of the image below is; each stroke well beside the others.
CENTRE, APART = (480, 200), 34


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "flat.nii"
    nib.save(nib.Nifti1Image(np.ones((120, 120, 40), np.int16), np.diag([2.0, 2.0, 2.0, 1.0])), path)
    return path


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> list[Wiring]:
    """What wires the windows that are opened."""
    made: list[Wiring] = []

    class Kept(Wiring):
        def __init__(self, window: MainWindow, **more: Any) -> None:
            super().__init__(window, **more)
            made.append(self)

    monkeypatch.setattr(module, "Wiring", Kept)
    return made


def places() -> Iterator[QPoint]:
    for down in (-2, -1, 0, 1, 2):
        for right in (-2, -1, 0, 1, 2):
            yield QPoint(CENTRE[0] + APART * right, CENTRE[1] + APART * down)


def draw_from_the_first_paint(path: Path | None, wired: list[Wiring], strokes: int, pauses: random.Random) -> int:
    """Open a window as the program does, draw at once, and return how many strokes are in its history."""
    wired.clear()
    window, painted = MainWindow(), [0]
    window.resize(*SIZE)
    window.painted.connect(lambda: app._wire(window, Given(path), None, None))
    window.painted.connect(lambda: painted.append(1))
    window.show()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window, PATIENCE_MS)
    wait_until(lambda: len(painted) > 1)
    handle, left, none = window.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.keyClick(handle, Qt.Key.Key_3)

    def breathe() -> None:
        for _ in range(pauses.randrange(4)):
            QCoreApplication.processEvents()

    for place, _ in zip(places(), range(strokes), strict=False):
        QTest.mousePress(handle, left, none, place)
        breathe()
        QTest.mouseMove(handle, place + QPoint(5, 3))
        breathe()
        QTest.mouseRelease(handle, left, none, place + QPoint(5, 3))
        breathe()
    wait_until(lambda: wired and wired[0].editor.document is not None and not wired[0].editor.working)
    document = wired[0].editor.document
    assert document is not None
    assert {step.operation.id for step in document.timeline} == {"paint"}
    wired[0].close()
    window.deleteLater()
    for _ in range(2):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
    return len(document.timeline)


def test_the_first_strokes_are_kept(qapp: QApplication, image: Path, wired: list[Wiring]) -> None:
    assert draw_from_the_first_paint(image, wired, 10, random.Random(0)) == 10


def test_those_on_the_sample_are_kept_though_it_is_seen_before_the_tools_are_there(
    qapp: QApplication, wired: list[Wiring]
) -> None:
    assert draw_from_the_first_paint(None, wired, 10, random.Random(0)) == 10


@pytest.mark.slow
def test_of_a_thousand_first_strokes_none_is_lost(qapp: QApplication, image: Path, wired: list[Wiring]) -> None:
    counts = [draw_from_the_first_paint(image, wired, 25, random.Random(seed)) for seed in range(40)]
    assert sum(counts) == 1000, counts
