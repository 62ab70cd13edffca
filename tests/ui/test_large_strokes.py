"""Strokes whose volume is not worked out yet when they are let go: seen, safe, and in order with all that follows."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtWidgets import QApplication

from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.replay import recipe_of, replay
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.stroke_painter import StrokePainter
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.files import saving
from maskeditor.ui.views.canvas import Canvas
from tests.ui.bystander import Bystander
from tests.ui.conftest import Desk
from tests.ui.drivers import PATIENCE, Driver, wait_until
from tests.ui.stalls import HEADING, LONGEST, big_session, stalls_of
from tests.ui.test_responsiveness import EXCUSED

pytestmark = [pytest.mark.qt_log_level_fail("WARNING"), pytest.mark.qt_log_ignore("propagateSizeHints")]

SHAPE = (72, 80, 64)


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    """A window with a noisy image, a sphere of 20 mm in hand, and a mask to draw on."""
    path = tmp_path / "noise.nii.gz"
    values = np.random.default_rng(0).integers(0, 1000, SHAPE).astype(np.int16)
    nib.save(nib.Nifti1Image(values, np.diag([1.0, 1.0, 1.0, 1.0])), path)
    desk.open(path)
    desk.editor.apply(make("threshold", {"lower": 900}))
    desk.wait()
    desk.wiring.toolbox.choose("brush")
    desk.wiring.toolbox.brush.change(radius=20.0, shape="sphere")
    return desk


@contextmanager
def held_up(desk: Desk) -> Iterator[None]:
    """Let nothing be worked out on the lane of strokes meanwhile."""
    gate = threading.Event()

    def fail(error: Exception) -> None:
        raise error

    desk.editor.strokes._lane.submit(lambda progress: gate.wait(PATIENCE), lambda _: None, fail)
    try:
        yield
    finally:
        gate.set()


def draw(desk: Desk, driver: Driver, right: int = 0, button: str = "left") -> None:
    """Drag the tool in hand a little beside the middle of the axial plane."""
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    x, y = canvas.width() / 2 + right, canvas.height() / 2
    driver.drag(canvas, [(x, y), (x + 6, y + 4), (x + 9, y)], button)


def ids(desk: Desk) -> list[str]:
    return [step.operation.id for step in desk.document.timeline]


def dilate_and_look_at(desk: Desk, steps: int) -> None:
    """Add a dilation, and look at the row after so many steps."""
    desk.editor.apply(make("dilation", {}))
    desk.wait()
    desk.editor.go_to(desk.document.present[:steps])
    desk.wait()


def made_again(document: Document, roi: str = "roi1") -> np.ndarray:
    """Return the mask that an ROI's recipe makes."""
    fresh = Document(document.volume)
    replay(fresh, recipe_of(document, roi, {}, {}, ""))
    return fresh.mask(fresh.rois[0].id)[...]


def test_it_is_seen_as_drawn_and_then_a_step(opened: Desk, driver: Driver) -> None:
    before, layers = opened.mask(), opened.editor.layers
    with held_up(opened):
        draw(opened, driver)
        assert ids(opened) == ["threshold"]
        drawn = [np.array(layers.states(axis, size // 2)) for axis, size in enumerate(SHAPE)]
    opened.wait()
    assert layers.stroke is None
    assert ids(opened) == ["threshold", "paint"]
    assert (made_again(opened.document) == opened.mask()).all()
    assert opened.mask().sum() > before.sum() + 30_000
    for axis, seen in enumerate(drawn):
        assert (layers.states(axis, SHAPE[axis] // 2) == seen).all()


def test_the_volume_is_worked_out_beside_the_window(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[int] = set()
    visited: list[int] = []
    paint, at_once = StrokePainter.paint, StrokePainter.draw
    monkeypatch.setattr(StrokePainter, "paint", lambda *given: (threads.add(threading.get_ident()), paint(*given))[1])

    def counted(*given: object) -> list[NDArray[np.intp]]:
        drawn = at_once(*given)  # type: ignore[arg-type]
        visited.extend(places.size for places in drawn)
        return drawn

    monkeypatch.setattr(StrokePainter, "draw", counted)
    draw(opened, driver)
    opened.wait()
    assert threads
    assert threading.get_ident() not in threads
    # In three planes, the ball once; then what is new.
    whole = 3.2 * 20**2
    assert len(visited) >= 9
    assert sum(visited) < 3 * 1.2 * whole + len(visited) * 41 * 7
    threads.clear()
    # A small one is a step once the button is let go.
    opened.wiring.toolbox.brush.change(radius=3.0)
    draw(opened, driver, 0, "right")
    assert threads == {threading.get_ident()}
    assert ids(opened) == ["threshold", "paint", "paint"]


class Awaited(threading.Event):
    """An event that knows whether somebody has come to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.has_waiter = False

    def wait(self, timeout: float | None = None) -> bool:
        self.has_waiter = self.has_waiter or not self.is_set()
        return super().wait(timeout)


def test_nothing_is_worked_out_while_a_move_is_drawn(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    strokes, rest, painted = opened.editor.strokes, Awaited(), list[bool]()
    monkeypatch.setattr(strokes, "_rest", rest)
    strokes._until_rest.timeout.connect(rest.set)
    paint = Canvas.paintEvent
    monkeypatch.setattr(Canvas, "paintEvent", lambda *given: (painted.append(rest.is_set()), paint(*given))[1])
    draw_slice = StrokePainter.draw
    monkeypatch.setattr(StrokePainter, "draw", lambda *given: (painted.append(rest.is_set()), draw_slice(*given))[1])
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    driver.move(canvas, (canvas.width() / 2, canvas.height() / 2))
    painted.clear()
    driver.press()
    # What was asked for is drawn and painted first, and then it goes on.
    assert painted[:2] == [False, False]
    stroke = opened.editor.layers.stroke
    wait_until(lambda: strokes._following is None and rest.is_set() and not stroke.is_behind)
    visited, rest.has_waiter = stroke.visited, False
    # As long as the window has something to do, it waits.
    with monkeypatch.context() as patch:
        patch.setattr(strokes._until_rest, "start", lambda: None)
        for right in (9, 18):
            driver.move(canvas, (canvas.width() / 2 + right, canvas.height() / 2))
            wait_until(lambda: rest.has_waiter)
            assert stroke.is_behind
            assert stroke.visited == visited
    rest.set()
    wait_until(lambda: not stroke.is_behind)
    driver.release()
    opened.wait()
    assert (made_again(opened.document) == opened.mask()).all()


def test_strokes_that_follow_one_another_are_drawn_over_one_another(opened: Desk, driver: Driver) -> None:
    layers = opened.editor.layers
    with held_up(opened):
        draw(opened, driver)
        draw(opened, driver, 25, "right")
        opened.wiring.toolbox.brush.change(radius=2.0)
        draw(opened, driver, 30)
        assert ids(opened) == ["threshold"]
        drawn = [np.array(layers.states(axis, size // 2)) for axis, size in enumerate(SHAPE)]
    opened.wait()
    assert ids(opened) == ["threshold", "paint", "paint", "paint"]
    assert [step.operation.mode for step in opened.document.timeline[1:]] == ["add", "erase", "add"]
    assert (made_again(opened.document) == opened.mask()).all()
    for axis, seen in enumerate(drawn):
        assert (layers.states(axis, SHAPE[axis] // 2) == seen).all()


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (["Ctrl+Z"], ["threshold"]),
        (["Ctrl+Z", "Ctrl+Z"], []),
        (["Ctrl+Z", "Ctrl+Shift+Z"], ["threshold", "paint"]),
        (["Ctrl+Shift+I"], ["threshold", "paint", "invert"]),
        (["Ctrl+Shift+I", "Ctrl+Z"], ["threshold", "paint"]),
    ],
)
def test_keys_come_after_it(opened: Desk, driver: Driver, keys: list[str], wanted: list[str]) -> None:
    with held_up(opened):
        draw(opened, driver)
        for key in keys:
            driver.key(key)
        assert ids(opened) == ["threshold"]
    opened.wait()
    # What follows what has to be worked out waits for that, and is not refused.
    assert ids(opened) == wanted
    assert not wanted or (made_again(opened.document) == opened.mask()).all()


def test_the_first_stroke_can_be_undone_and_saved_at_once(
    opened: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.editor.undo()
    opened.wait()
    path = tmp_path / "saved.nii"
    assert opened.editor.session is not None
    opened.editor.session.files["roi1"] = path
    with held_up(opened):
        draw(opened, driver)
        driver.key("Ctrl+S")
    wait_until(path.exists)
    opened.wait()
    assert (np.asarray(nib.load(path).dataobj) > 0).sum() == opened.mask().sum() > 30_000
    with held_up(opened):
        draw(opened, driver, 20)
        driver.key("Ctrl+Z")
    opened.wait()
    assert ids(opened) == ["paint"]


@contextmanager
def busy(desk: Desk) -> Iterator[None]:
    """Let something long run meanwhile, which editing waits for."""
    gate = threading.Event()
    desk.editor.jobs.run("Working", lambda progress: gate.wait(PATIENCE), lambda _: None)
    try:
        yield
    finally:
        gate.set()


def test_strokes_drawn_while_something_runs_wait_for_it(
    opened: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers, said = opened.editor.layers, list[str]()
    opened.editor.message.connect(said.append)
    with busy(opened):
        draw(opened, driver)
        opened.wiring.toolbox.brush.change(radius=2.0)
        draw(opened, driver, 30, "right")
        assert ids(opened) == ["threshold"]
        assert not said
        drawn = [np.array(layers.states(axis, size // 2)) for axis, size in enumerate(SHAPE)]
        back = killed(opened, tmp_path / "back")
    opened.wait()
    assert ids(opened) == ["threshold", "paint", "paint"]
    assert (made_again(opened.document) == opened.mask()).all()
    for axis, seen in enumerate(drawn):
        assert (layers.states(axis, SHAPE[axis] // 2) == seen).all()
    assert is_back(opened, back)
    back.close(discard=True)


def test_a_step_that_is_worked_out_meanwhile_comes_before_it(opened: Desk, driver: Driver) -> None:
    with busy(opened):
        draw(opened, driver)
        opened.editor.apply(make("invert", {}))
        draw(opened, driver, 20)
    opened.wait()
    assert ids(opened) == ["threshold", "paint", "invert", "paint"]
    assert (made_again(opened.document) == opened.mask()).all()


def test_a_row_of_steps_that_are_changed_before_its_turn_is_not_looked_at(opened: Desk, driver: Driver) -> None:
    opened.editor.apply(make("dilation", {}))
    opened.wait()
    said: list[str] = []
    opened.editor.message.connect(said.append)
    with held_up(opened):
        draw(opened, driver)
        opened.wiring.history.steps.toggle(1)
        opened.editor.go_to(opened.document.present)
        draw(opened, driver, 20)
    opened.wait()
    assert "The steps have changed since that row was chosen; choose it again." in said
    assert not opened.document.is_looking
    assert ids(opened) == ["threshold", "dilation", "paint", "paint"]
    assert [step.enabled for step in opened.document.present] == [True, False, True, True]
    assert (made_again(opened.document) == opened.mask()).all()


def test_a_step_that_is_another_once_it_is_its_turn_is_not_changed(opened: Desk, driver: Driver) -> None:
    dilate_and_look_at(opened, 1)
    said: list[str] = []
    opened.editor.message.connect(said.append)
    with busy(opened):
        draw(opened, driver)
        # The stroke is put in before it.
        opened.wiring.history.steps.remove(1)
    opened.wait()
    opened.editor.come_back()
    opened.wait()
    assert "The steps have changed since step 2 was chosen; choose it again." in said
    assert ids(opened) == ["threshold", "paint", "dilation"]


def test_an_roi_that_is_chosen_once_it_is_deleted_stays_gone(opened: Desk, driver: Driver) -> None:
    opened.document.add_roi("other")
    with held_up(opened):
        draw(opened, driver)
        opened.editor.delete_roi("roi2")
        opened.editor.set_active("roi2")
    opened.wait()
    assert opened.editor.active == "roi1"
    assert ids(opened) == ["threshold", "paint"]


@pytest.mark.parametrize("act", ["choose", "lock", "switch off", "look", "delete"])
def test_another_roi_a_lock_and_a_change_of_steps_come_after_it(opened: Desk, driver: Driver, act: str) -> None:
    editor, document = opened.editor, opened.document
    document.add_roi("other")
    acts = {
        "choose": lambda: editor.set_active("roi2"),
        "lock": lambda: editor.change_roi("roi1", locked=True),
        "switch off": lambda: opened.wiring.history.steps.toggle(0),
        "look": lambda: editor.go_to(()),
        "delete": lambda: editor.delete_roi("roi1"),
    }
    with held_up(opened):
        draw(opened, driver)
        acts[act]()
        assert ids(opened) == ["threshold"]
        assert document.timeline[0].enabled
        assert editor.active == "roi1"
    opened.wait()
    if act == "delete":
        assert [roi.id for roi in document.rois] == ["roi2"]
        editor.undo()
        opened.wait()
    assert [(step.operation.id, step.roi) for step in document.present] == [("threshold", "roi1"), ("paint", "roi1")]
    if act == "choose":
        assert editor.active == "roi2"
    elif act == "lock":
        assert document.roi("roi1").locked
    elif act == "switch off":
        assert not document.timeline[0].enabled
        assert (made_again(document) == document.mask("roi1")[...]).all()
    elif act == "look":
        assert document.timeline == ()
        assert not document.mask("roi1")[...].any()


@pytest.mark.parametrize("answer", [Answer.YES, Answer.NO])
def test_a_window_that_is_closed_asks_about_it(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: Answer
) -> None:
    opened.editor.undo()
    opened.wait()
    path = tmp_path / "saved.nii"
    assert opened.editor.session is not None
    opened.editor.session.files["roi1"] = path
    asked: list[str] = []
    monkeypatch.setattr(saving, "ask", lambda *told, **_: (asked.append(told[2]), answer)[1])
    with held_up(opened):
        draw(opened, driver)
        opened.window.close()
        assert opened.window.isVisible()
    wait_until(lambda: not opened.window.isVisible())
    assert asked == ["'mask' has changes that are not saved."]
    assert path.exists() == (answer is Answer.YES)


def test_another_image_comes_after_it(opened: Desk, driver: Driver, tmp_path: Path, head_path: Path) -> None:
    document = opened.document
    with held_up(opened):
        draw(opened, driver)
        opened.editor.jobs.run("Opening", lambda progress: Session.open(head_path), opened.editor.set_session)
    opened.wait()
    assert [step.operation.id for step in document.timeline] == ["threshold", "paint"]
    assert opened.document is not document


@pytest.fixture
def head_path(tmp_path: Path) -> Path:
    path = tmp_path / "other.nii"
    nib.save(nib.Nifti1Image(np.zeros((9, 9, 9), np.int16), np.eye(4)), path)
    return path


def test_it_is_given_up_by_escape_while_it_is_drawn(opened: Desk, driver: Driver) -> None:
    before = opened.mask()
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    driver.move(canvas, (canvas.width() / 2, canvas.height() / 2))
    driver.press()
    driver.move(canvas, (canvas.width() / 2 + 9, canvas.height() / 2))
    driver.key("Esc")
    driver.release()
    opened.wait()
    assert ids(opened) == ["threshold"]
    assert (opened.mask() == before).all()
    assert opened.editor.layers.stroke is None


@pytest.mark.parametrize("act", ["lock", "delete", "undo"])
def test_what_keys_do_while_it_is_drawn_comes_before_it(opened: Desk, driver: Driver, act: str) -> None:
    document, failures = opened.document, list[str]()
    document.add_roi("other")
    opened.editor.failed.disconnect()
    opened.editor.failed.connect(failures.append)
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    driver.move(canvas, (canvas.width() / 2, canvas.height() / 2))
    driver.press()
    if act == "lock":
        opened.editor.change_roi("roi1", locked=True)
    elif act == "delete":
        opened.editor.delete_roi("roi1")
    else:
        opened.editor.undo()
    driver.move(canvas, (canvas.width() / 2 + 9, canvas.height() / 2))
    driver.release()
    opened.wait()
    assert opened.editor.layers.stroke is None
    if act == "undo":
        assert ids(opened) == ["paint"]
        assert (made_again(document) == opened.mask()).all()
    else:
        assert "paint" not in ids(opened)
        assert len(failures) == 1


def test_at_an_earlier_row_it_is_put_in_there(opened: Desk, driver: Driver) -> None:
    dilate_and_look_at(opened, 1)
    draw(opened, driver)
    opened.wait()
    # One goes on looking at the row.
    assert ids(opened) == ["threshold", "paint"]
    opened.editor.come_back()
    opened.wait()
    assert ids(opened) == ["threshold", "paint", "dilation"]
    assert (made_again(opened.document) == opened.mask()).all()


# Killed in that moment ------------------------------------------------------------------------------------------------


def killed(desk: Desk, folder: Path, note: str = "") -> Session:
    """Return the session that comes back, with a note that begins so, if the program is killed now.

    Only its files are left.
    """
    assert desk.editor.session is not None
    journal = desk.editor.session.recording.path
    assert journal is not None
    folder.mkdir()
    for file in journal.parent.glob(f"{journal.name}*"):
        shutil.copyfile(file, folder / file.name)
    back = restore_session(folder / journal.name, folder=folder)
    assert back.note.startswith(note)
    assert bool(back.note) == bool(note)
    return back


def is_back(desk: Desk, back: Session) -> bool:
    titles = [step.title for step in back.document.timeline]
    masks = back.document.mask("roi1")[...] == desk.document.mask("roi1")[...]
    return titles == [step.title for step in desk.document.timeline] and bool(masks.all())


def test_killed_before_it_is_a_step_it_comes_back(opened: Desk, driver: Driver, tmp_path: Path) -> None:
    with held_up(opened):
        draw(opened, driver)
        one = killed(opened, tmp_path / "one")
        draw(opened, driver, 25, "right")
        two = killed(opened, tmp_path / "two")
        # It is safe again as soon as it is back.
        assert two.recording.path is not None
        folder = tmp_path / "again"
        shutil.copytree(two.recording.path.parent, folder)
        again = restore_session(folder / two.recording.path.name, folder=folder)
    opened.wait()
    after = killed(opened, tmp_path / "after")
    assert ids(opened) == ["threshold", "paint", "paint"]
    assert is_back(opened, after)
    assert is_back(opened, two)
    assert is_back(opened, again)
    opened.editor.undo()
    opened.wait()
    assert is_back(opened, one)
    for session in (one, two, again, after):
        session.close(discard=True)


def test_killed_between_two_that_undo_one_another_neither_is_made_twice(
    opened: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions: list[Session] = []
    opened.editor.document.moved.connect(lambda _: sessions.append(killed(opened, tmp_path / str(len(sessions)))))
    with held_up(opened):
        draw(opened, driver)
        draw(opened, driver, 0, "right")
    opened.wait()
    assert len(sessions) == 2
    assert all(is_back(opened, session) for session in sessions)
    for session in sessions:
        session.close(discard=True)


def test_killed_at_an_earlier_row_it_is_put_in_there(opened: Desk, driver: Driver, tmp_path: Path) -> None:
    dilate_and_look_at(opened, 1)
    gate = threading.Event()
    opened.editor.jobs._lane.submit(lambda progress: gate.wait(PATIENCE), lambda _: None, lambda _: None)
    draw(opened, driver)
    back = killed(opened, tmp_path / "back")
    gate.set()
    opened.wait()
    opened.editor.come_back()
    opened.wait()
    assert ids(opened) == ["threshold", "paint", "dilation"]
    assert is_back(opened, back)
    back.close(discard=True)


def test_killed_at_an_earlier_row_the_second_goes_where_the_first_changes_nothing(
    opened: Desk, driver: Driver, tmp_path: Path
) -> None:
    dilate_and_look_at(opened, 0)
    with busy(opened):
        draw(opened, driver, 0, "right")
        draw(opened, driver)
        back = killed(opened, tmp_path / "back")
    opened.wait()
    opened.editor.come_back()
    opened.wait()
    assert ids(opened) == ["paint", "threshold", "dilation"]
    assert is_back(opened, back)
    back.close(discard=True)


def test_killed_with_a_stroke_that_cannot_be_made_all_else_comes_back(
    opened: Desk, driver: Driver, tmp_path: Path
) -> None:
    document = opened.document
    document.add_roi("other")
    document.do(make("boolean", {"other": "roi1"}), "roi2")
    opened.editor.go_to(document.present[:1])
    opened.wait()
    with busy(opened):
        draw(opened, driver)
        # The copy would change with what it is a copy of.
        document.change_roi("roi2", locked=True)
        back = killed(opened, tmp_path / "back", "The last stroke could not be made again: 'other' is locked")
        assert back.document.present == back.document.timeline
        assert [step.operation.id for step in back.document.present] == ["threshold", "boolean"]
        assert not back.recording.drawn
        back.close(discard=True)
        document.change_roi("roi2", locked=False)


# How long it takes ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("button", ["left", "right"])
def test_a_stroke_of_the_largest_brush_does_not_stall_the_window(desk: Desk, driver: Driver, button: str) -> None:
    desk.editor.set_session(big_session(512))
    desk.wait()
    desk.wiring.toolbox.choose("brush")
    # 200 voxels.
    desk.wiring.toolbox.brush.change(radius=80.0, shape="sphere", lower=100.0)
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    x, y = canvas.width() / 2, canvas.height() / 2

    def act() -> None:
        driver.move(canvas, (x, y))
        driver.press(button)
        for step in range(30):
            driver.move(canvas, (x + step, y + step / 2))
            QApplication.processEvents()
        driver.release(button)

    with Bystander() as bystander:
        stalls = stalls_of(desk, bystander, f"stroke of 200 voxels, {button}", act)
    print(f"{HEADING}\n{stalls.row()}")
    assert len(desk.document.timeline) == (button == "left")
    assert stalls.longest_at_work < EXCUSED * LONGEST
