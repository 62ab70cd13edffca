"""The window: menus and keys, opening and saving with all their questions, and what is refused."""

from __future__ import annotations

import gzip
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, QSettings, QSize, Qt, QTimer, QUrl
from PyQt6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLabel,
    QMenu,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QSlider,
    QTableView,
    QTableWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.progress import Progress
from maskeditor.model.given import Given
from maskeditor.ops.opening import Opening
from maskeditor.ui.files.recent import recent, short
from maskeditor.ui.forms.numeric_field import NumericField
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.look.theme import Themer, is_dark
from maskeditor.ui.main_window.gestures import GESTURES
from maskeditor.ui.main_window.menus import MENUS, Entry
from maskeditor.ui.main_window.options_bar import OptionsBar
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.tools.brush import BrushTool
from maskeditor.ui.tools.toolbox import tools
from tests import phantoms
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.drivers import PATIENCE, Driver, wait_until

pytestmark = [pytest.mark.qt_log_level_fail("WARNING"), pytest.mark.qt_log_ignore("propagateSizeHints")]

SHAPE = (30, 34, 26)
ENTRIES = [entry for entries in MENUS.values() for entry in entries if isinstance(entry, Entry)]


def write(path: Path, frames: int = 1, affine: str = "anisotropic") -> Path:
    stacked = [phantoms.head(SHAPE, seed) for seed in range(frames)]
    data = np.stack(stacked, axis=-1) if frames > 1 else stacked[0]
    nib.save(nib.Nifti1Image(data, phantoms.affine(affine)), path)
    return path


@pytest.fixture
def head(tmp_path: Path) -> Path:
    return write(tmp_path / "head.nii.gz")


@pytest.fixture
def opened(desk: Desk, head: Path) -> Desk:
    """A window with a small head."""
    desk.open(head)
    return desk


def threshold(desk: Desk, lower: float = 400) -> None:
    desk.editor.apply(make("threshold", {"lower": lower}))
    desk.wait()


# Questions are answered while they are asked: their dialogs hold up what comes after.


class Answers:
    """Presses one button after another as dialogs come up, and keeps what they said."""

    def __init__(self, driver: Driver, buttons: tuple[str, ...]) -> None:
        self.said: list[str] = []
        self._driver = driver
        self._buttons = list(buttons)
        self._timer = QTimer()
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QMessageBox) or not dialog.isVisible() or not dialog.isActiveWindow():
            return
        self._timer.stop()  # pressing lets events through
        text = " ".join(filter(None, (dialog.text(), dialog.informativeText())))
        wanted = self._buttons.pop(0) if self._buttons else None
        found = [button for button in dialog.buttons() if button.text().replace("&", "") == wanted]
        self.said.append(text if found else f"{text} (nothing to answer {wanted!r} with)")
        if found:
            self._driver.click(found[0])
        else:
            dialog.reject()
        self._timer.start()

    def close(self) -> None:
        self._timer.stop()
        assert not self._buttons, f"nobody asked for {self._buttons}"


@contextmanager
def answering(driver: Driver, *buttons: str) -> Iterator[list[str]]:
    """Answer the questions that come up by pressing buttons of these names; gives what was said."""
    answers = Answers(driver, buttons)
    yield answers.said
    wait_until(lambda: len(answers.said) >= len(buttons), f"a dialog to answer with {buttons}")
    answers.close()


def status(desk: Desk) -> str:
    """Return the sentence in the status line."""
    (label,) = (label for label in desk.window.findChildren(QLabel) if label.accessibleName() == "Message")
    return label.text()


# Menus and keys -------------------------------------------------------------------------------------------------------


def test_no_two_actions_share_a_shortcut(opened: Desk) -> None:
    keys = [sequence.toString() for action in opened.window.findChildren(QAction) for sequence in action.shortcuts()]
    assert len(keys) == len(set(keys))
    assert set(keys) == {QKeySequence(key).toString() for entry in ENTRIES for key in entry.keys}


def test_menu_letters_are_unlike_each_other(opened: Desk) -> None:
    def letters(texts: list[str]) -> list[str]:
        return [text[text.index("&") + 1].lower() for text in texts if "&" in text]

    bar = opened.window.menuBar()
    assert bar is not None
    menus = [action.menu() for action in bar.actions()]
    for titles in ([menu.title() for menu in menus], *([action.text() for action in menu.actions()] for menu in menus)):
        found = letters(titles)
        assert len(found) == len(set(found)), titles


def test_every_key_carries_out_its_action(
    desk: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open(write(tmp_path / "series.nii.gz", frames=3))
    threshold(desk)
    threshold(desk, 710)
    desk.editor.undo()
    desk.wait()
    called: list[str] = []
    for entry in ENTRIES:
        monkeypatch.setattr(desk.wiring.commands, entry.id, lambda id=entry.id: called.append(id))
    for entry in ENTRIES:
        for key in entry.keys:
            assert desk.wiring.actions[entry.id].isEnabled(), entry.id
            driver.key(key)
            assert called == [entry.id], key
            called.clear()


def test_an_action_that_cannot_be_done_says_why(desk: Desk, driver: Driver, head: Path) -> None:
    actions = desk.wiring.actions
    for id in ("save_mask", "undo", "redo", "invert", "tool_brush"):
        assert not actions[id].isEnabled()
        assert "Open an image first." in actions[id].toolTip()
    desk.open(head)
    assert "nothing to undo" in actions["undo"].toolTip()
    assert "mask is empty" in actions["save_mask"].toolTip()
    assert actions["tool_brush"].isEnabled()
    driver.key("Ctrl+Z")
    assert desk.document.timeline == ()


def test_f1_lists_every_key_and_gesture(desk: Desk, driver: Driver) -> None:
    driver.key("F1")
    (dialog,) = (dialog for dialog in desk.window.findChildren(QDialog) if dialog.windowTitle() == "Keys and mouse")
    assert dialog.isVisible()
    table = dialog.findChild(QTableWidget)
    rows = {
        table.item(row, 0).text(): table.item(row, 1).text().lower()
        for row in range(table.rowCount())
        if table.item(row, 0).text() != "Right drag"  # it has two meanings
    }
    for entry in ENTRIES:
        if entry.keys:
            assert rows[", ".join(entry.keys)] == entry.text.replace("&", "").rstrip("…").lower()
    assert {desk.window.keys.in_words(gesture) for gesture, _ in GESTURES} - set(rows) == {"Right drag"}
    driver.key("Esc")
    wait_until(lambda: not desk.window.findChildren(QDialog))


def test_undo_and_redo_by_key(opened: Desk, driver: Driver) -> None:
    threshold(opened)
    full, empty = opened.mask(), np.zeros(SHAPE, bool)
    assert full.any()
    for key, wanted in (("Ctrl+Z", empty), ("Ctrl+Y", full), ("Ctrl+Z", empty), ("Ctrl+Shift+Z", full)):
        driver.key(key)
        opened.wait()
        assert np.array_equal(opened.mask(), wanted), key
    assert "Threshold" in opened.wiring.actions["undo"].text()


def test_menus_follow_the_view_whoever_changes_it(opened: Desk) -> None:
    """As a session that is opened does."""
    viewer, actions = opened.editor.viewer, opened.wiring.actions
    for field, action, is_same in (
        ("outline", "outline", True),
        ("masks_hidden", "mask_visible", False),
        ("overlays_hidden", "overlays_visible", False),
        ("image_visible", "chosen_visible", True),
        ("radiological", "radiological", True),
        ("crosshair_visible", "crosshair", True),
        ("smooth", "smooth_pixels", True),
        ("voxel_grid", "voxel_grid", True),
        ("linked_zoom", "linked_zoom", True),
    ):
        for _ in range(2):
            viewer.change(**{field: not getattr(viewer.state, field)})
            assert actions[action].isChecked() == (getattr(viewer.state, field) == is_same), field


def test_digits_choose_tools_and_x_swaps(opened: Desk, driver: Driver) -> None:
    toolbox, actions = opened.wiring.toolbox, opened.wiring.actions
    for key, tool in zip("23451", ("window", "brush", "eraser", "component", "navigate"), strict=True):
        driver.key(key)
        assert toolbox.chosen == tool
        tools = [entry.id for entry in ENTRIES if entry.group == "tool"]
        assert [id for id in tools if actions[id].isChecked()] == [f"tool_{tool}"]
    for tool in ("brush", "eraser", "brush"):
        driver.key("X")
        assert toolbox.chosen == tool
        assert isinstance(toolbox.tool, BrushTool)
        assert toolbox.tool.erases is (tool == "eraser")


def test_brackets_and_signs_change_the_brush(opened: Desk, driver: Driver) -> None:
    toolbox = opened.wiring.toolbox
    driver.key("3")
    start = toolbox.brush.settings.radius
    for smaller, larger in (("[", "]"), ("-", "+"), ("-", "=")):
        driver.key(smaller)
        assert toolbox.brush.settings.radius < start
        driver.key(larger)
        assert toolbox.brush.settings.radius == pytest.approx(start, rel=0.05)
    driver.key("B")
    assert toolbox.brush.settings.shape == "sphere"
    driver.key("B")
    assert toolbox.brush.settings.shape == "disc"
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    across = opened.editor.viewer.plane_map(Plane.AXIAL).normal
    index = opened.editor.viewer.state.crosshair[across]
    with driver.holding("Shift"):
        driver.wheel(canvas, 2)
    assert toolbox.brush.settings.radius == pytest.approx(1.44 * start, rel=0.05)
    assert opened.editor.viewer.state.crosshair[across] == index


def test_keys_of_the_view(opened: Desk, driver: Driver) -> None:
    viewer = opened.editor.viewer
    opacity = viewer.state.opacity
    driver.key("A")
    assert viewer.state.opacity == pytest.approx(opacity - 0.1)
    driver.key("D")
    driver.key("D")
    assert viewer.state.opacity == pytest.approx(opacity + 0.1)
    for key, field in (
        ("O", "outline"),
        ("M", "masks_hidden"),
        ("Ctrl+R", "radiological"),
        ("Ctrl+X", "crosshair_visible"),
    ):
        before = getattr(viewer.state, field)
        driver.key(key)
        assert getattr(viewer.state, field) is not before
        driver.key(key)
        assert getattr(viewer.state, field) is before
    driver.key("F11")
    assert [plane for plane in opened.window.views.views if opened.window.views.views[plane].isVisible()] == [
        Plane.AXIAL
    ]
    driver.key("F11")
    assert all(view.isVisible() for view in opened.window.views.views.values())


def test_the_mask_is_hidden_while_h_is_held(opened: Desk, driver: Driver) -> None:
    threshold(opened)
    canvas = opened.window.views.views[Plane.AXIAL].canvas

    def shown() -> bytes:
        driver.settle()
        image = canvas.grab().toImage()
        bits = image.constBits()
        assert bits is not None
        return bytes(bits.asarray(image.sizeInBytes()))

    with_mask = shown()
    driver.key_down("H")
    without = shown()
    assert without != with_mask
    driver.key_up("H")
    assert shown() == with_mask
    driver.key("Ctrl+Z")
    opened.wait()
    assert shown() == without


# Opening --------------------------------------------------------------------------------------------------------------


def drop(desk: Desk, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    action, button, modifier = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(50, 50), action, data, button, modifier)
    QApplication.sendEvent(desk.window, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(desk.window, QDropEvent(QPointF(50, 50), action, data, button, modifier))
    QApplication.processEvents()


class ProposingAMove(QDropEvent):
    """As X11 gives it for a source that moves and copies."""

    def acceptProposedAction(self) -> None:
        self.setDropAction(Qt.DropAction.MoveAction)
        self.accept()


def test_what_is_dropped_is_not_moved(desk: Desk, head: Path) -> None:
    """A source that is told of a move may delete its files."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(head))])
    actions = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    button, modifier = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = ProposingAMove(QPointF(50, 50), actions, data, button, modifier)
    desk.window.dropEvent(event)
    desk.wait()
    assert event.isAccepted()
    assert event.dropAction() == Qt.DropAction.CopyAction


def test_a_dropped_file_is_opened(desk: Desk, head: Path) -> None:
    drop(desk, head)
    desk.wait()
    assert desk.document.volume.geometry.shape == SHAPE
    assert desk.window.windowTitle().startswith("head.nii.gz")


@pytest.mark.parametrize("answer", ["Open as mask", "Open as image", "Cancel"])
def test_a_dropped_file_may_be_a_mask(opened: Desk, driver: Driver, tmp_path: Path, answer: str) -> None:
    made = np.zeros(SHAPE, np.uint8)
    made[3:9, 4:12, 5:20] = 1
    path = tmp_path / "made.nii.gz"
    nib.save(nib.Nifti1Image(made, phantoms.affine("anisotropic")), path)
    document = opened.document
    with answering(driver, answer):
        drop(opened, path)
    opened.wait()
    assert (opened.document is document) is (answer != "Open as image")
    assert np.array_equal(opened.mask(), made.astype(bool) & (answer == "Open as mask"))
    if answer == "Open as mask":
        assert opened.document.roi(opened.editor.active).name == "made"


def forbidden(path: Path, **_: object) -> None:
    raise PermissionError(13, "Permission denied", str(path))


def test_recent_files(desk: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, gone = (write(tmp_path / f"{name}.nii") for name in ("first", "second", "gone"))
    for path in (first, second, gone, first):
        desk.open(path)
    gone.unlink()
    menu = desk.wiring.actions.submenus["Open recent"]
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == [short(first), short(second)]
    menu.actions()[1].trigger()
    desk.wait()
    assert desk.window.windowTitle().startswith("second.nii")
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == [short(second), short(first)]
    # What was away, as a disk may be, is there again; one that may not be looked at does no harm.
    write(gone)
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == [short(second), short(first), short(gone)]
    monkeypatch.setattr(Path, "stat", forbidden)
    assert list(recent()) == [second, first, gone]


def test_there_are_samples_to_open(desk: Desk) -> None:
    menu = desk.wiring.actions.submenus["Open sample"]
    menu.actions()[1].trigger()
    desk.wait()
    assert desk.document.volume.frames > 1
    assert desk.window.views.frames.isVisible()


def test_one_of_several_images_is_chosen(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    write(folder / "a.nii"), write(folder / "b.nii", affine="oblique")
    asked: list[int] = []

    def choose() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            return
        asked.append(1)
        table = dialog.findChild(QTableView)
        if len(asked) > 1 or table is None:
            timer.stop()
            dialog.reject()
            return
        assert table.model().rowCount() == 2
        place = table.visualRect(table.model().index(1, 1)).center()
        driver.click(table.viewport(), (place.x(), place.y()))
        (button,) = (button for button in dialog.findChildren(QPushButton) if "Open" in button.text())
        driver.click(button)

    timer = QTimer()
    timer.timeout.connect(choose)
    timer.start(5)
    desk.wiring.files.open_path(folder)
    wait_until(lambda: asked)
    desk.wait()
    timer.stop()
    assert len(asked) == 1
    np.testing.assert_allclose(desk.document.geometry.affine, phantoms.affine("oblique"), atol=1e-5)


def _text(path: Path) -> None:
    path.write_text("no image at all\n" * 40)


def _truncated(path: Path) -> None:
    whole = write(path.with_name("whole.nii.gz")).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _truncated_inside(path: Path) -> None:
    whole = gzip.decompress(write(path.with_name("whole.nii.gz")).read_bytes())
    path.write_bytes(gzip.compress(whole[: len(whole) // 2]))


def _five_dimensions(path: Path) -> None:
    nib.save(nib.Nifti1Image(np.zeros((4, 5, 6, 2, 3), np.int16), np.eye(4)), path)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [_text, _truncated, _truncated_inside, _five_dimensions, _empty])
def test_a_bad_file_is_refused_in_one_sentence(
    opened: Desk, driver: Driver, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    threshold(opened)
    document, mask = opened.document, opened.mask()
    bad = tmp_path / "bad.nii.gz"
    spoil(bad)
    with answering(driver, "OK") as said:  # what is open is not asked about for a file that cannot be opened
        opened.wiring.files.open_path(bad)
    opened.wait()
    assert "bad.nii.gz" in said[0]
    assert said[0].endswith(".")
    assert "\n" not in said[0]
    assert "Error" not in said[0]  # of Python's
    assert opened.document is document
    assert np.array_equal(opened.mask(), mask)
    assert bad not in recent()
    assert opened.window.isWindowModified()


@pytest.mark.parametrize("answer", ["Resample to the image", "Cancel"])
def test_a_mask_on_another_grid(opened: Desk, driver: Driver, tmp_path: Path, answer: str) -> None:
    # Every other voxel along axis 0: a grid of half as many voxels twice as large, in the same place.
    affine = phantoms.affine("anisotropic")
    affine[0, 0] *= 2
    made = np.zeros((15, 34, 26), np.uint8)
    made[4:9, 10:20, 5:15] = 1
    path = tmp_path / "coarse.nii.gz"
    nib.save(nib.Nifti1Image(made, affine), path)
    with answering(driver, answer) as said:
        opened.wiring.files.open_mask_path(path)
    opened.wait()
    assert "coarse.nii.gz" in said[0]
    assert "15" in said[0]
    assert "30" in said[0]
    if answer == "Cancel":
        assert opened.document.timeline == ()
        assert len(opened.document.rois) == 1
    else:
        # The nearest voxel; where two are equally near, either. The last voxel has nothing beyond it.
        made = np.concatenate([made, np.zeros((1, 34, 26), np.uint8)]).astype(bool)
        one, other = made[np.arange(30) // 2], made[(np.arange(30) + 1) // 2]
        got = opened.mask()
        assert np.array_equal(got & one & other, one & other)
        assert not (got & ~(one | other)).any()


# Saving ---------------------------------------------------------------------------------------------------------------


def name_file(monkeypatch: pytest.MonkeyPatch, path: Path | None) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args, **kwargs: (str(path) if path else "", ""))


@pytest.mark.parametrize(("answer", "file"), [("Save", True), ("Save", False), ("Discard", True), ("Cancel", True)])
def test_closing_asks_about_unsaved_masks(
    opened: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, file: bool
) -> None:
    threshold(opened)
    target = tmp_path / "saved.nii.gz"
    name_file(monkeypatch, target if file else None)
    closes = answer == "Discard" or (answer == "Save" and file)
    with answering(driver, answer) as said:
        opened.window.close()
    wait_until(lambda: not opened.editor.working)
    wait_until(lambda: opened.window.isVisible() is not closes)
    assert "'mask' has changes that are not saved" in said[0]
    assert target.exists() is (answer == "Save" and file)
    if target.exists():
        assert np.array_equal(np.asarray(nib.load(target).dataobj), opened.mask())


def test_closing_without_changes_does_not_ask(opened: Desk, driver: Driver) -> None:
    driver.key("Ctrl+Q")
    assert not opened.window.isVisible()


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["Save", "Discard", "Cancel"])
def test_opening_another_image_asks_too(
    opened: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    threshold(opened)
    document, target = opened.document, tmp_path / "saved.nii.gz"
    name_file(monkeypatch, target)
    other = write(tmp_path / "other.nii")
    with answering(driver, answer):
        opened.wiring.files.open_path(other)
    opened.wait()
    assert (opened.document is document) is (answer == "Cancel")
    assert target.exists() is (answer == "Save")
    assert opened.window.isWindowModified() is (answer == "Cancel")


def test_every_unsaved_roi_is_asked_for(
    opened: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threshold(opened)
    opened.editor.add_roi("second")
    threshold(opened, 600)
    files = itertools.count()
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *args, **kwargs: (str(tmp_path / f"{next(files)}.nii.gz"), "")
    )
    with answering(driver, "Save each") as said:
        opened.window.close()
        wait_until(lambda: not opened.window.isVisible())
    assert "2 ROIs have changes that are not saved: 'mask', 'second'." in said[0]
    assert [(tmp_path / f"{number}.nii.gz").exists() for number in range(3)] == [True, True, False]


def test_a_mask_that_cannot_be_saved_stays_unsaved(
    opened: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threshold(opened)
    name_file(monkeypatch, tmp_path / "nowhere" / "mask.nii.gz")
    with answering(driver, "Save", "OK") as said:
        opened.window.close()
    opened.wait()
    assert "nowhere" in said[1]
    assert opened.window.isVisible()
    assert opened.window.isWindowModified()


def test_saving_again_needs_no_name(
    opened: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    target = tmp_path / "mine"  # the ending is added

    def ask(*args: object, **kwargs: object) -> tuple[str, str]:
        asked.append(str(args[2]))
        return str(target), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    threshold(opened)
    driver.key("Ctrl+S")
    opened.wait()
    saved = tmp_path / "mine.nii.gz"
    assert Path(asked[0]).name == "head_mask.nii.gz"
    assert np.array_equal(np.asarray(nib.load(saved).dataobj), opened.mask())
    assert not opened.window.isWindowModified()
    threshold(opened, 700)
    assert opened.window.isWindowModified()
    driver.key("Ctrl+S")
    opened.wait()
    assert len(asked) == 1
    assert np.array_equal(np.asarray(nib.load(saved).dataobj), opened.mask())
    driver.key("Ctrl+Z")
    opened.wait()
    assert opened.window.isWindowModified()
    driver.key("Ctrl+Y")
    opened.wait()
    assert not opened.window.isWindowModified()


def test_a_recipe_makes_the_same_mask_on_another_image(
    opened: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk, head: Path
) -> None:
    threshold(opened)
    opened.editor.apply(make("opening", {}))
    opened.wait()
    recipe = tmp_path / "recipe.json"
    name_file(monkeypatch, recipe)
    opened.wiring.actions["save_recipe"].trigger()
    opened.wait()
    again = open_desk()
    again.wiring.begin(Given(head, recipe=recipe))
    wait_until(lambda: again.editor.document is not None and again.document.timeline)
    again.wait()
    assert np.array_equal(again.mask()[...], opened.mask())


# What is remembered ---------------------------------------------------------------------------------------------------


def test_the_layout_is_remembered(open_desk: OpenDesk) -> None:
    one = open_desk()
    one.window.docks["rois"].hide()
    one.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, one.window.docks["history"])
    one.window.resize(780, 640)
    QApplication.processEvents()
    one_size = one.window.size()
    one.wiring.close()
    other = open_desk()
    other.window.restoreGeometry(QSettings().value("window/geometry"))  # the fixture has set a size
    assert not other.window.docks["rois"].isVisible()
    assert other.window.dockWidgetArea(other.window.docks["history"]) == Qt.DockWidgetArea.LeftDockWidgetArea
    assert (other.window.width(), other.window.height()) == (one_size.width(), one_size.height())


def test_a_window_closed_before_its_panels_stand_leaves_the_layout(open_desk: OpenDesk, qtbot: QtBot) -> None:
    open_desk().wiring.close()
    state = QSettings().value("window/state")
    assert state
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    window.close()
    assert not window.isVisible()
    assert QSettings().value("window/state") == state


def test_the_theme_is_remembered(desk: Desk) -> None:
    menu = desk.wiring.actions.submenus["Theme"]
    themer = QApplication.instance().findChild(Themer)  # type: ignore[union-attr]
    before = themer.theme
    try:
        for name, dark in (("Dark", True), ("Light", False)):
            (action,) = (action for action in menu.actions() if action.text() == name)
            action.trigger()
            assert is_dark(desk.window.palette()) is dark
            assert desk.editor.preferred.value.theme == name.lower()
    finally:
        themer.choose(before)


def test_the_sizes_fit_a_small_screen(opened: Desk) -> None:
    least = opened.window.minimumSizeHint()
    assert least.width() <= 1366
    assert least.height() <= 700
    for plane, view in opened.window.views.views.items():
        assert min(view.canvas.width(), view.canvas.height()) >= 150, plane


# What is refused, and what is stopped ---------------------------------------------------------------------------------


def slow_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an opening take until it is cancelled."""

    def apply(self: Opening, scene: Scene, progress: Progress) -> Patch | None:
        for part in itertools.count(1):
            time.sleep(0.001)
            progress(1 - 0.999**part)
        return None

    monkeypatch.setattr(Opening, "apply", apply)


def test_escape_cancels_what_runs_and_leaves_all_as_it_was(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    threshold(opened)
    mask, timeline = opened.mask(), opened.document.timeline
    slow_opening(monkeypatch)
    opened.editor.apply(make("opening", {}))
    wait_until(lambda: opened.editor.jobs.busy)
    driver.settle()
    cancel = next(button for button in opened.window.findChildren(QToolButton) if button.text() == "Cancel")
    assert cancel.isVisible()
    driver.key("Esc")
    wait_until(lambda: not opened.editor.jobs.busy)
    opened.wait()
    assert not cancel.isVisible()
    assert status(opened) == "Cancelled; nothing was changed."
    assert opened.document.timeline is timeline
    assert np.array_equal(opened.mask(), mask)
    # The button does the same.
    opened.editor.apply(make("opening", {}))
    wait_until(cancel.isVisible)
    driver.settle()
    driver.click(cancel)
    wait_until(lambda: not opened.editor.jobs.busy)
    assert opened.document.timeline is timeline


def test_nothing_is_edited_while_an_operation_runs(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    threshold(opened)
    mask, timeline = opened.mask(), opened.document.timeline
    slow_opening(monkeypatch)
    opened.editor.apply(make("opening", {}))
    wait_until(lambda: opened.editor.jobs.busy)
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    for id in ("undo", "invert", "clear", "save_mask", "open_file", "add_roi"):
        assert not opened.wiring.actions[id].isEnabled()
    driver.key("Ctrl+Z")
    driver.key("3")
    opened.editor.apply(make("invert", {}))
    assert status(opened) == "Wait until the running operation is done, or cancel it."
    middle = (canvas.width() / 2, canvas.height() / 2)
    driver.drag(canvas, [middle, (middle[0] + 20, middle[1])], "right")  # it erases, once it is its turn
    assert opened.document.timeline is timeline
    # Looking round goes on.
    crosshair = opened.editor.viewer.state.crosshair
    driver.wheel(canvas, 2)
    assert opened.editor.viewer.state.crosshair != crosshair
    driver.key("Esc")
    wait_until(lambda: len(opened.document.timeline) == len(timeline) + 1)
    assert [step.operation.id for step in opened.document.timeline] == ["threshold", "paint"]
    opened.editor.undo()
    assert np.array_equal(opened.mask(), mask)


def test_closing_while_an_operation_runs_ends_it(opened: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = len(opened.document.timeline)
    slow_opening(monkeypatch)
    opened.editor.apply(make("opening", {}))
    wait_until(lambda: opened.editor.jobs.busy)
    opened.window.close()
    wait_until(lambda: not opened.window.isVisible())
    assert len(opened.document.timeline) == mark


def test_a_locked_roi_is_not_changed(opened: Desk, driver: Driver) -> None:
    threshold(opened)
    mask, timeline = opened.mask(), opened.document.timeline
    (table,) = (
        table for table in opened.window.docks["rois"].findChildren(QTableView) if table.accessibleName() == "ROIs"
    )
    last = table.visualRect(table.model().index(0, table.model().columnCount() - 1)).center()
    driver.click(table.viewport(), (last.x(), last.y()))
    assert opened.document.rois[0].locked
    for id in ("invert", "clear"):
        assert not opened.wiring.actions[id].isEnabled()
        assert "locked" in opened.wiring.actions[id].toolTip()
    driver.key("3")
    driver.drag(opened.window.views.views[Plane.AXIAL].canvas, [(60, 60), (90, 90)])
    assert "locked" in status(opened)
    with answering(driver, "OK") as said:
        opened.editor.apply(make("opening", {}))
    assert "'mask' is locked" in said[0]
    assert opened.document.timeline is timeline
    assert np.array_equal(opened.mask(), mask)
    driver.click(table.viewport(), (last.x(), last.y()))
    assert opened.wiring.actions["invert"].isEnabled()


def test_an_operation_that_changes_nothing_is_no_step(opened: Desk) -> None:
    threshold(opened)
    steps = len(opened.document.timeline)
    threshold(opened)
    assert len(opened.document.timeline) == steps
    assert status(opened) == "Threshold changes no voxel, so no step was made."


def test_escape_gives_up_what_the_hand_does_before_what_runs(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    threshold(opened)
    slow_opening(monkeypatch)
    opened.editor.apply(make("opening", {}))
    wait_until(lambda: opened.editor.jobs.busy)
    canvas, crosshair = opened.window.views.views[Plane.AXIAL].canvas, opened.window.viewer.state.crosshair
    driver.move(canvas, (60, 60))
    driver.press()
    assert opened.window.viewer.state.crosshair != crosshair
    driver.key("Esc")
    assert opened.window.viewer.state.crosshair == crosshair
    assert opened.editor.jobs.busy
    driver.release()
    driver.key("Esc")
    wait_until(lambda: not opened.editor.jobs.busy)


def test_escape_gives_up_a_stroke(opened: Desk, driver: Driver) -> None:
    driver.key("3")
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    driver.move(canvas, (60, 60))
    driver.press()
    driver.move(canvas, (100, 100))
    assert opened.editor.layers.stroke is not None
    driver.key("Esc")
    driver.move(canvas, (120, 100))
    driver.release()
    opened.wait()
    assert opened.document.timeline == ()
    assert not opened.mask().any()


def test_menus_of_operations_open_their_form(opened: Desk) -> None:
    menu = opened.wiring.actions.submenus["Operations"]
    offered = [action for group in menu.findChildren(QMenu) for action in group.actions()]
    (opening,) = (action for action in offered if action.text().startswith("Opening"))
    opening.trigger()
    assert opened.wiring.operations.heading.text() == "Opening"


# What is said of what is seen -----------------------------------------------------------------------------------------


def labelled(desk: Desk, name: str) -> str:
    (label,) = (label for label in desk.window.findChildren(QLabel) if label.accessibleName() == name)
    return label.text()


def test_a_bar_that_hears_nothing_is_shown_as_busy(opened: Desk) -> None:
    """As while N4 runs, which prints nothing before it is done."""
    bar = opened.window.findChild(QProgressBar)
    unheard = opened.window.findChild(QTimer, "unheard")
    assert bar is not None
    assert unheard is not None
    heard, goes_on, ends = threading.Event(), threading.Event(), threading.Event()

    def work(progress: Progress) -> None:
        goes_on.wait(PATIENCE)
        progress(0.6)
        ends.wait(PATIENCE)

    opened.editor.jobs.run("Working", work, lambda _: heard.set())
    wait_until(bar.isVisible)
    unheard.timeout.emit()
    assert bar.maximum() == 0
    goes_on.set()
    wait_until(lambda: (bar.maximum(), bar.value()) == (1000, 600))
    ends.set()
    wait_until(heard.is_set)
    opened.wait()
    assert not unheard.isActive()


def test_the_status_line_labels_its_numbers_and_is_never_stale(opened: Desk, driver: Driver) -> None:
    editor, canvas = opened.editor, opened.window.views.views[Plane.AXIAL].canvas
    opened.editor.change_roi(editor.active, name="brain")
    voxel = editor.viewer.state.crosshair
    assert canvas.map is not None
    driver.move(canvas, canvas.camera.to_pixels(*canvas.map.to_screen(voxel)))
    opened.wait()

    def wanted(index: tuple[int, int, int], within: str = "") -> str:
        x, y, z = opened.document.geometry.to_world(index).tolist()
        value = opened.document.volume.stored[index]
        return (
            f"head.nii.gz: {value:g}{within}  ·  voxel {index[0]}, {index[1]}, {index[2]}  ·  "
            f"RAS {x:.1f}, {y:.1f}, {z:.1f} mm"
        )

    assert labelled(opened, "Under the pointer") == wanted(voxel)
    threshold(opened, -1000)
    assert labelled(opened, "Under the pointer") == wanted(voxel, ", in brain")
    volume = opened.document.geometry.voxel_volume * np.prod(SHAPE)
    assert labelled(opened, "Active mask").startswith("ROI brain: 26\u202f520 voxels, ")
    assert float(labelled(opened, "Active mask").split()[-4]) == pytest.approx(volume, rel=0.01)
    assert labelled(opened, "Active mask").endswith(", 100 %")
    driver.key("Ctrl+Z")
    opened.wait()
    assert labelled(opened, "Under the pointer") == wanted(voxel)
    assert "RAS+" in next(
        label.toolTip() for label in opened.window.findChildren(QLabel) if label.accessibleName() == "Under the pointer"
    )
    # The pointer lies still, and another slice comes under it.
    driver.key("PgUp")
    after = editor.viewer.state.crosshair
    assert after != voxel
    opened.wait()
    assert labelled(opened, "Under the pointer") == wanted(after)


def test_tips_of_the_tool_bar_name_their_keys(opened: Desk) -> None:
    for entry in ENTRIES:
        tip = opened.wiring.actions[entry.id].toolTip()
        assert all(key in tip for key in entry.keys), entry.id


def test_the_fields_of_every_tool_have_their_full_height(opened: Desk) -> None:
    bar = opened.window.findChild(OptionsBar)
    assert bar is not None
    kinds: set[type] = set()
    for tool in tools():
        opened.wiring.toolbox.choose(tool.id)
        QApplication.processEvents()
        for field in bar.findChildren(QComboBox) + bar.findChildren(QAbstractSpinBox):
            if field.isVisible():
                kinds.add(type(field))
                assert field.height() >= field.minimumSizeHint().height(), (tool.id, field.accessibleName())
    assert len(kinds) > 1


def test_the_tool_bar_does_not_move_with_what_it_says(opened: Desk, driver: Driver) -> None:
    bar = opened.window.findChild(OptionsBar)
    assert bar is not None
    driver.key("3")
    assert bar.form is not None
    field = bar.form.fields["radius"]
    assert isinstance(field, NumericField)

    def places() -> list[int]:
        QApplication.processEvents()
        assert bar.form is not None
        return [field.x() for field in bar.form.fields.values()]

    before = places()
    for radius in (0.64, 12.0, 199.5):
        opened.wiring.toolbox.brush.change(radius=radius)
        assert places() == before
        assert field.number.text() == f"{radius:g} mm"
        assert field.number.number() == radius


@pytest.mark.parametrize("size", [(944, 492), (1350, 720)])
def test_everything_has_room_on_a_small_screen(opened: Desk, size: tuple[int, int]) -> None:
    window = opened.window
    window.resize(*size)
    threshold(opened)
    opened.editor.apply(make("opening", {}))
    opened.wait()
    opened.wiring.operations.choose("region_grow")
    opened.wiring.history.step_form.open_step(0)
    opened.wait()
    assert window.size().width() <= size[0]
    assert window.size().height() <= size[1]
    widths = [view.canvas.width() for view in window.views.views.values()]
    # The planes of one column have one width, and their one scale is that of the narrower column.
    assert widths[0] == widths[2]
    assert max(widths) <= 1.6 * min(widths)
    apply = window.histogram.change.apply_button
    assert apply.text() == "Change step"
    assert apply.width() > apply.fontMetrics().horizontalAdvance(apply.text())
    slider = next(slider for slider in window.findChildren(QSlider) if slider.accessibleName() == "Mask opacity")
    assert slider.isVisible()
    assert slider.mapTo(window, QPoint(slider.width(), 0)).x() <= size[0]


def test_the_form_of_a_step_has_room_while_it_is_open(opened: Desk, driver: Driver) -> None:
    def heights() -> list[int]:
        return [dock.height() for dock in opened.window.docks.values() if dock.isVisible()]

    def is_whole(widget: QWidget) -> bool:
        return widget.visibleRegion().boundingRect() == widget.rect()

    threshold(opened)
    opened.wait()
    before, step_form = heights(), opened.wiring.history.step_form
    step_form.open_step(0)
    form = step_form.fields.form
    assert form is not None
    for widget in (step_form.cancel_button, step_form.apply_button, form.fields["lower"], form.fields["fwhm"]):
        wait_until(lambda widget=widget: is_whole(widget), f"{widget} to be seen")
    driver.key("Esc")
    wait_until(lambda: heights() == before, "the room to be given back")


def test_enter_in_the_field_that_finds_operations_applies_nothing(opened: Desk, driver: Driver) -> None:
    driver.click(opened.wiring.operations.list.search)
    driver.type("thresh")
    driver.key("Return")
    opened.wait()
    assert opened.wiring.operations.heading.text() == "Threshold"
    assert opened.document.timeline == ()


def test_enter_over_a_plane_applies_what_is_previewed(opened: Desk, driver: Driver) -> None:
    opened.wiring.operations.choose("threshold")
    opened.wait()
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    driver.move(canvas, (60, 60))
    canvas.setFocus()
    driver.key("Return")
    opened.wait()
    assert [step.operation.id for step in opened.document.timeline] == ["threshold"]


def test_panels_below_the_planes_share_one_room(opened: Desk) -> None:
    """Side by side they made the window wider than the screen, and it stayed so."""
    window = opened.window
    window.resize(944, 492)
    below = [
        dock for dock in window.docks.values() if window.dockWidgetArea(dock) == Qt.DockWidgetArea.BottomDockWidgetArea
    ]
    assert len(below) > 4
    for dock in below:
        dock.show()
        dock.raise_()
        opened.wait()
        assert (window.width(), window.height()) == (944, 492)
    # So low, they stand at the side where there is most height.
    assert set(window.tabifiedDockWidgets(below[0])) == {*below[1:], window.docks["operations"]}
    window.docks["history"].hide()
    opened.wiring.actions["usual_layout"].trigger()
    assert window.docks["history"].isVisible()
    assert not any(dock.isVisible() for dock in below)


def test_a_button_without_room_has_no_picture(qapp: QApplication) -> None:
    assert glyph("target").pixmap(QSize(0, 0)).isNull()
