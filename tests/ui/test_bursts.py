"""Keys and strokes in bursts: each waits for its turn, and all come out as they would one after the other."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtCore import QCoreApplication, QObject, QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QTableView

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.progress import Progress
from maskeditor.model.session import Session
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.panels.rois import LOCKED, NAME, VISIBLE
from maskeditor.ui.work import travels
from maskeditor.ui.work.turns import Turns
from tests.ui.conftest import Desk
from tests.ui.drivers import PATIENCE, Driver

pytestmark = [pytest.mark.qt_log_level_fail("WARNING"), pytest.mark.qt_log_ignore("propagateSizeHints")]

SHAPE = (48, 56, 40)
#: By name, the key of each gesture that is one.
KEYS = {
    "undo": (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier),
    "redo": (Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier),
}
GESTURES = ("paint", "paint", "erase", "undo", "undo", "redo", "redo")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "noise.nii.gz"
    values = np.random.default_rng(0).integers(0, 1000, SHAPE).astype(np.int16)
    nib.save(nib.Nifti1Image(values, np.eye(4)), path)
    return path


def begin(desk: Desk, image: Path, rows: int | None, radius: float) -> None:
    """Open an image with four steps, look at the row after some of them or at the present, and take a brush."""
    if desk.editor.session is not None:
        desk.wiring.files.saving.after_saving = lambda go_on: go_on()  # type: ignore[method-assign]
    desk.open(image)
    for operation in (make("threshold", {"lower": 900}), make("dilation", {}), make("erosion", {}), make("invert", {})):
        desk.editor.apply(operation)
        desk.wait()
    desk.wiring.toolbox.choose("brush")
    desk.wiring.toolbox.brush.change(radius=radius, shape="sphere")
    if rows is not None:
        desk.editor.go_to(desk.document.present[:rows])
    desk.wait()


def do(desk: Desk, gesture: str, at: int) -> None:
    """Make one gesture by events of the window, without waiting for what comes of it."""
    handle = desk.window.windowHandle()
    if gesture in KEYS:
        QTest.keyClick(handle, *KEYS[gesture])
        return
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    place = canvas.mapTo(desk.window, QPoint(canvas.width() // 2 + at, canvas.height() // 2 - at))
    button = Qt.MouseButton.LeftButton if gesture == "paint" else Qt.MouseButton.RightButton
    none = Qt.KeyboardModifier.NoModifier
    QTest.mousePress(handle, button, none, place)
    QTest.mouseMove(handle, place + QPoint(9, 3))
    QTest.mouseRelease(handle, button, none, place + QPoint(9, 3))


def end(desk: Desk) -> tuple[object, ...]:
    """Return all that the gestures have come to."""
    desk.wait()
    document = desk.document
    return (
        [step.operation for step in document.present],
        len(document.timeline),
        document.history.at,
        [visit.title for visit in document.history.visits],
        desk.mask().tobytes(),
    )


def burst(desk: Desk, gestures: Sequence[tuple[str, int]], pauses: random.Random | None) -> tuple[object, ...]:
    """Make gestures one after the other: at once with a few events between, or each once the last has come out."""
    for gesture, at in gestures:
        do(desk, gesture, at)
        if pauses is None:
            desk.wait()
        else:
            for _ in range(pauses.randrange(4)):
                QCoreApplication.processEvents()
    return end(desk)


def check(desk: Desk, image: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = random.Random(seed)
    gestures = [(drawn.choice(GESTURES), drawn.randrange(-40, 40)) for _ in range(drawn.randrange(4, 12))]
    rows, radius = drawn.choice((None, 1, 3)), drawn.choice((2.0, 12.0))
    monkeypatch.setattr(travels, "AT_ONCE", drawn.choice((0, 1 << 21)))
    begin(desk, image, rows, radius)
    slowly = burst(desk, gestures, None)
    begin(desk, image, rows, radius)
    assert burst(desk, gestures, drawn) == slowly, (seed, rows, radius, gestures)


def test_a_burst_comes_to_what_the_same_does_slowly(desk: Desk, image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(4):
        check(desk, image, seed, monkeypatch)


@pytest.mark.slow
def test_many_bursts_do(desk: Desk, image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(4, 16):
        check(desk, image, seed, monkeypatch)


# What waits, and what does not ----------------------------------------------------------------------------------------


@contextmanager
def under_way(desk: Desk, brief: bool) -> Iterator[list[str]]:
    """Have something run meanwhile, such as an undo or a long operation; yields what is said."""
    gate, said = threading.Event(), list[str]()
    desk.editor.message.connect(said.append)
    desk.editor.jobs.run("Working", lambda progress: gate.wait(PATIENCE), lambda _: None, brief=brief)
    QCoreApplication.processEvents()
    try:
        yield said
    finally:
        gate.set()
    desk.wait()
    desk.editor.message.disconnect(said.append)


@pytest.fixture
def opened(desk: Desk, image: Path) -> Desk:
    begin(desk, image, None, 3.0)
    return desk


def ids(desk: Desk) -> list[str]:
    return [step.operation.id for step in desk.document.present]


def test_keys_for_which_there_is_nothing_yet_wait_too(opened: Desk, driver: Driver) -> None:
    with under_way(opened, brief=True):
        for _ in range(5):
            driver.key("Ctrl+Z")
        # There is nothing to redo until its turn has come, and nothing to save.
        for keys in ("Ctrl+Y", "Ctrl+Shift+I"):
            driver.key(keys)
        assert ids(opened) == ["threshold", "dilation", "erosion", "invert"]
    assert ids(opened) == ["threshold", "invert"]


def test_what_comes_to_nothing_is_said(opened: Desk, driver: Driver) -> None:
    for _ in range(4):
        driver.key("Ctrl+Z")
    with under_way(opened, brief=True) as said:
        driver.key("Ctrl+Z")
    assert said == ["There is nothing to undo."]
    assert not opened.wiring.actions["undo"].isEnabled()
    assert not opened.wiring.history.undo_button.isEnabled()


@pytest.mark.parametrize("keys", ["Ctrl+Z", "Ctrl+Y", "Ctrl+S", "Ctrl+N", "Ctrl+O", "Ctrl+Shift+I"])
def test_a_key_that_is_not_possible_now_is_answered(opened: Desk, driver: Driver, keys: str) -> None:
    with under_way(opened, brief=False) as said:
        driver.key(keys)
    assert said == ["Wait until the running operation is done, or cancel it."]
    assert ids(opened) == ["threshold", "dilation", "erosion", "invert"]
    if keys == "Ctrl+S":
        opened.editor.apply(make("clear", {}))
        opened.wait()
        driver.key(keys)
        assert opened.window.statusBar().findChild(ElidedLabel).text() == "The mask is empty; make one first."


def test_a_click_in_the_history_is_answered(opened: Desk, driver: Driver) -> None:
    panel = opened.wiring.history

    def click(row: int) -> None:
        place = panel.list.visualRect(panel.model.index(row)).center()
        driver.click(panel.list.viewport(), (place.x(), place.y()))

    with under_way(opened, brief=False) as said:
        click(2)
    assert said == ["Wait until the running operation is done, or cancel it."]
    assert not opened.document.is_looking
    with under_way(opened, brief=True):
        click(2)
        # That is the row that is shown until its turn has come.
        click(4)
        click(1)
        click(4)
    assert not opened.document.is_looking


def test_rois_are_chosen_and_switched_as_often_as_was_asked(opened: Desk, driver: Driver) -> None:
    editor, document = opened.editor, opened.document
    for _ in range(3):
        driver.key("Ctrl+N")
    (table,) = (
        table for table in opened.window.docks["rois"].findChildren(QTableView) if table.accessibleName() == "ROIs"
    )

    def click(row: int, column: int) -> None:
        table.scrollTo(table.model().index(row, column))
        place = table.visualRect(table.model().index(row, column)).center()
        driver.click(table.viewport(), (place.x(), place.y()))

    assert editor.active == "roi4"
    with under_way(opened, brief=True):
        for _ in range(3):
            driver.key(".")
        assert editor.active == "roi4"
    assert editor.active == "roi3"
    with under_way(opened, brief=True):
        click(1, NAME)
        for _ in range(3):
            click(1, VISIBLE)
        click(0, LOCKED)
        click(0, LOCKED)
    # That row is followed once what ran has ended, is none that was chosen.
    assert editor.active == "roi2"
    assert [(roi.visible, roi.locked) for roi in document.rois[:2]] == [(True, False), (False, False)]


def test_what_a_look_was_taken_for_comes_before_what_waits(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(travels, "AT_ONCE", 0)
    opened.editor.go_to(opened.document.present[:1])
    opened.wait()
    gate = threading.Event()
    opened.editor.jobs._lane.submit(lambda progress: gate.wait(PATIENCE), lambda _: None, lambda _: None)
    # It leads back to the present first, beside the window, and removes the step then.
    opened.wiring.history.steps.remove(1)
    driver.key("Ctrl+Z")
    gate.set()
    opened.wait()
    assert ids(opened) == ["threshold", "dilation", "erosion", "invert"]
    assert opened.document.history.redo_title == "remove Dilation"


def test_what_waits_is_given_up_with_a_sentence(opened: Desk, driver: Driver, image: Path) -> None:
    said: list[str] = []
    opened.editor.message.connect(said.append)
    other, gate = Session.open(image), threading.Event()

    def work(progress: Progress) -> Session:
        gate.wait(PATIENCE)
        return other

    opened.editor.jobs.run("Opening", work, opened.editor.set_session, brief=True)
    driver.key("Ctrl+Z")
    gate.set()
    opened.wait()
    assert said[-1] == "What waited for its turn was given up, as another image was opened."
    assert opened.editor.session is other


def test_what_waits_has_its_turn_though_what_ended_failed() -> None:
    holder, done = QObject(), list[str]()
    turns = Turns(lambda: None, holder)
    turns.begin(brief=True)
    turns.in_turn(lambda: done.append("stroke"))
    assert not done

    def fail() -> None:
        raise ValueError("of what came of it")

    with pytest.raises(ValueError, match="of what came of it"):
        turns.end(fail)
    assert done == ["stroke"]
