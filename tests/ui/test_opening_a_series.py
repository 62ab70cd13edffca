"""A series shows its first volume before the others are read; an image that is open stays until it is whole."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest

from maskeditor.core.errors import FileError
from maskeditor.io.streams import ByteStream
from maskeditor.model.given import Given
from tests.ui.conftest import Desk
from tests.ui.drivers import PATIENCE_MS, wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    data = np.random.default_rng(0).integers(0, 900, (21, 20, 19, 5)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(data, np.diag([2.0, 2, 3, 1])), tmp_path / "bold.nii.gz")
    return tmp_path / "bold.nii.gz"


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """What the reader waits for after the first volume."""
    go_on, fill = threading.Event(), ByteStream.fill

    def slowly(stream: ByteStream, flat: Any, **given: Any) -> None:
        if flat.size > 21 * 20 * 19:
            assert go_on.wait(PATIENCE_MS / 1000)
        fill(stream, flat, **given)

    monkeypatch.setattr(ByteStream, "fill", slowly)
    return go_on


def test_the_first_volume_is_shown_before_the_others_are_read(desk: Desk, path: Path, reader: threading.Event) -> None:
    viewer, data = desk.editor.viewer, np.asanyarray(nibabel.load(path).dataobj)
    desk.wiring.begin(Given(path))
    wait_until(lambda: viewer.volume is not None, "the first volume")
    assert viewer.volume is not None
    assert np.array_equal(viewer.volume.stored, data[..., 0])
    assert desk.editor.document is None
    # It is looked at alone: a click in a plane does nothing yet.
    views = desk.window.views
    QTest.mouseMove(views, QPoint(100, 100))
    QTest.mouseClick(views, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert not desk.window.grab().isNull()
    reader.set()
    desk.wait()
    assert viewer.volume is desk.document.volume
    assert np.array_equal(viewer.volume.stored, data)
    assert not views.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


def test_an_image_that_is_open_stays_below_until_the_series_is_whole(
    desk: Desk, path: Path, reader: threading.Event
) -> None:
    desk.open()
    before, look = desk.document, desk.wiring.first_look
    desk.wiring.files.open_path(path)
    wait_until(look.isVisible, "the first volume")
    assert look.viewer.volume is not None
    assert np.array_equal(look.viewer.volume.stored, np.asanyarray(nibabel.load(path).dataobj)[..., 0])
    assert look.geometry() == desk.window.views.rect()
    assert "bold" in look.heading.text()
    assert not desk.window.grab().isNull()
    # A click goes neither to these planes nor to those below.
    crosshair = desk.editor.viewer.state.crosshair
    QTest.mouseClick(look, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert desk.editor.viewer.volume is before.volume
    assert desk.editor.viewer.state.crosshair == crosshair
    reader.set()
    desk.wait()
    assert desk.document is not before
    assert not look.isVisible()
    assert look.viewer.volume is None


def test_a_series_that_is_given_up_leaves_the_image_that_was_open(
    desk: Desk, path: Path, reader: threading.Event
) -> None:
    desk.open()
    before, look = desk.document, desk.wiring.first_look
    desk.wiring.files.open_path(path)
    wait_until(look.isVisible, "the first volume")
    desk.editor.jobs.cancel()
    reader.set()
    desk.wait()
    assert desk.document is before
    assert desk.editor.viewer.volume is before.volume
    assert not look.isVisible()


def test_what_ends_too_early_is_not_looked_at_any_more(desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    desk.editor.failed.disconnect()  # nobody is there to close the box
    desk.editor.failed.connect(said.append)
    fill = ByteStream.fill

    def broken(stream: ByteStream, flat: Any, **given: Any) -> None:
        if flat.size > 21 * 20 * 19:
            raise FileError("It broke off.")
        fill(stream, flat, **given)

    monkeypatch.setattr(ByteStream, "fill", broken)
    desk.wiring.begin(Given(path))
    wait_until(lambda: bool(said), "the failure")
    assert desk.editor.viewer.volume is None
    monkeypatch.undo()
    desk.open(path)
    assert desk.document.volume.frames == 5
