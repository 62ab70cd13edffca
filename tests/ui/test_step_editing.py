"""Steps that are changed in the history panel: by form, keys, menu and mouse."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QModelIndex, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot
from scipy import ndimage

from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import Operation, find, make
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.io.nifti.header import Header
from maskeditor.model.preview import RewritePreview
from maskeditor.model.session import Session
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.panels import steps_model
from maskeditor.ui.panels.history import HistoryPanel
from maskeditor.ui.panels.operations import OperationsPanel
from maskeditor.ui.panels.steps_model import DRAGGED
from maskeditor.ui.work.editor import Editor
from tests.ui.conftest import Desk
from tests.ui.drivers import PATIENCE_MS, Driver

SHAPE = (20, 24, 16)
IMAGE = np.asfortranarray(
    (ndimage.gaussian_filter(np.random.default_rng(5).standard_normal(SHAPE), 1.5) * 3000).astype(np.int16)
)
HEAD, CORE = IMAGE >= 100, IMAGE >= 300
OPENED = ndimage.binary_opening(HEAD)


@pytest.fixture
def editor(qapp: QApplication) -> Iterator[Editor]:
    volume = Volume(IMAGE, Geometry(SHAPE, np.diag([2.0, 2.0, 2.0, 1.0])), name="phantom")
    made = Editor(Viewer(), Layers())
    made.set_session(Session(volume, Header.from_geometry(volume.geometry, 1)))
    for id, values in (("threshold", {"lower": 100}), ("opening", {}), ("dilation", {}), ("invert", {})):
        made.apply_now(make(id, values))
    assert len(made.timeline) == 4
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def panel(editor: Editor, qtbot: QtBot) -> HistoryPanel:
    made = HistoryPanel(editor, editor.viewer)
    qtbot.addWidget(made)
    made.resize(280, 480)
    made.show()
    made.activateWindow()
    assert QTest.qWaitForWindowActive(made, PATIENCE_MS)
    made.list.setFocus()
    return made


@pytest.fixture
def said(editor: Editor) -> list[str]:
    """What was said of failures."""
    made: list[str] = []
    editor.failed.connect(made.append)
    return made


def document_of(editor: Editor) -> Document:
    assert editor.document is not None
    return editor.document


def mask(editor: Editor) -> np.ndarray:
    return document_of(editor).mask(editor.active)[...]


def settle(editor: Editor, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not editor.working, timeout=PATIENCE_MS)
    QApplication.processEvents()  # what a worker has found may still be on its way


def ids(editor: Editor) -> list[str]:
    return [step.operation.id for step in editor.timeline]


def put_cursor(panel: HistoryPanel, row: int) -> None:
    panel.list.setCurrentIndex(panel.model.index(row))


def press(panel: HistoryPanel, row: int, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    put_cursor(panel, row)
    QTest.keyClick(panel.list, key, *modifiers)


def set_field(panel: HistoryPanel, name: str, value: object) -> None:
    form = panel.step_form.fields.form
    assert form is not None
    form.fields[name].set_value(value)


def shown(editor: Editor, axis: int, index: int) -> np.ndarray:
    """Return a slice as the views draw it."""
    preview = editor.layers.preview
    assert preview is not None
    made = preview.slice(axis, index)
    assert made is not None
    return made


# The form -------------------------------------------------------------------------------------------------------------


def test_a_change_is_previewed_and_then_one_move(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    before, at = mask(editor).copy(), document_of(editor).history.at
    press(panel, 1, Qt.Key.Key_Return)
    form = panel.step_form
    assert form.isVisible()
    assert form.heading.text() == "Step 1: Threshold"
    assert form.isAncestorOf(QApplication.focusWidget())
    # Nothing differs yet, so there is nothing to see.
    assert (editor.previews.state, form.counts.text()) == (None, "")
    set_field(panel, "lower", 300.0)
    settle(editor, qtbot)
    wanted = ~ndimage.binary_dilation(ndimage.binary_opening(CORE))
    for axis in range(3):
        assert np.array_equal(shown(editor, axis, 7), wanted.take(7, axis))
    added, removed = np.count_nonzero(wanted & ~before), np.count_nonzero(before & ~wanted)
    state = editor.previews.state
    assert state is not None
    assert (state.added, state.removed) == (added, removed)
    assert form.counts.text().startswith(f"+{added:,}".replace(",", "\u202f"))
    assert np.array_equal(mask(editor), before)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    settle(editor, qtbot)
    assert np.array_equal(mask(editor), wanted)
    assert document_of(editor).history.at == at + 1
    assert panel.undo_button.toolTip() == "Undo: edit of Threshold"
    # The form is put away, and the cursor is where it was.
    assert not form.isVisible()
    assert QApplication.focusWidget() is panel.list
    assert panel.list.currentIndex().row() == 1
    assert editor.previews.state is None
    editor.undo()
    assert np.array_equal(mask(editor), before)
    editor.redo()
    assert np.array_equal(mask(editor), wanted)


def test_what_the_preview_worked_out_is_not_worked_out_again(
    panel: HistoryPanel, editor: Editor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.step_form.open_step(0)
    set_field(panel, "lower", 300.0)
    settle(editor, qtbot)
    monkeypatch.setattr(find("threshold"), "apply", lambda *given: pytest.fail("worked out again"))
    panel.step_form.apply_button.click()
    settle(editor, qtbot)
    assert np.array_equal(mask(editor), ~ndimage.binary_dilation(ndimage.binary_opening(CORE)))


def test_applied_before_the_preview_is_known(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    panel.step_form.open_step(0)
    set_field(panel, "lower", 300.0)
    panel.step_form.apply_button.click()
    assert editor.jobs.busy
    assert not panel.step_form.apply_button.isEnabled()
    settle(editor, qtbot)
    assert np.array_equal(mask(editor), ~ndimage.binary_dilation(ndimage.binary_opening(CORE)))
    assert not panel.step_form.is_open


def test_the_same_values_are_no_move(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    timeline = editor.timeline
    panel.step_form.open_step(0)
    set_field(panel, "lower", 300.0)
    set_field(panel, "lower", 100.0)
    assert editor.previews.state is None
    panel.step_form.apply()
    settle(editor, qtbot)
    assert editor.timeline is timeline
    assert not panel.step_form.is_open


def test_the_row_of_the_step_that_is_changed_is_the_one_marked(
    panel: HistoryPanel, editor: Editor, qtbot: QtBot
) -> None:
    panel.step_form.open_step(0)
    qtbot.waitUntil(lambda: panel.list.currentIndex().row() == 1, timeout=PATIENCE_MS)
    editor.apply_now(find("invert")())
    assert (panel.list.currentIndex().row(), panel.list.changed_row) == (1, 1)
    panel.step_form.put_away()
    assert panel.list.changed_row == -1


def test_where_a_step_may_change_the_mask_is_changed_too(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    form = panel.step_form
    form.open_step(0)
    assert form.fields.where is not None
    assert not form.fields.where.isVisible()
    form.fields.where_button.click()
    assert form.fields.where.isVisible()
    form.fields.where.fields["axis"].set_value(2)
    form.fields.where.fields["first"].set_value(4)
    assert form.fields.where_button.text() == "Where: slices 4–23 of axis 2"
    form.apply()
    settle(editor, qtbot)
    limited = HEAD.copy()
    limited[:, :, :4] = False
    assert np.array_equal(mask(editor), ~ndimage.binary_dilation(ndimage.binary_opening(limited)))


def test_a_step_without_parameters_can_be_limited(panel: HistoryPanel, editor: Editor) -> None:
    panel.step_form.open_step(3)
    assert panel.step_form.fields.form is not None
    assert not panel.step_form.fields.form.isVisible()
    assert QApplication.focusWidget() is panel.step_form.fields.where_button


def test_a_value_that_is_not_allowed_is_told_and_not_applied(panel: HistoryPanel, editor: Editor) -> None:
    timeline = editor.timeline
    panel.step_form.open_step(0)
    set_field(panel, "upper", 50.0)
    form = panel.step_form.fields.form
    assert form is not None
    assert "must not be below" in form.problem.text()
    panel.step_form.apply()
    assert (editor.timeline, editor.jobs.busy, panel.step_form.is_open) == (timeline, False, True)


def test_a_stroke_is_drawn_again(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    centre = (17.1, 20.3, 15.2)
    editor.apply_now(make("paint", {"points": (centre,), "radius": 5, "shape": "sphere", "mode": "erase"}))
    before = ~ndimage.binary_dilation(OPENED)
    panel.step_form.open_step(4)
    set_field(panel, "radius", 9.0)
    panel.step_form.apply()
    settle(editor, qtbot)
    away = np.linalg.norm(np.indices(SHAPE).transpose(1, 2, 3, 0) * 2.0 - centre, axis=-1)
    assert np.array_equal(mask(editor), before & (away > 9))


def test_the_form_puts_another_rois_step_on_its_own_roi(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    first = editor.active
    editor.add_roi("other")
    assert editor.active != first
    panel.step_form.open_step(1)
    assert editor.active == first
    assert panel.step_form.is_open


def test_a_move_elsewhere_renews_the_preview_or_ends_the_form(
    panel: HistoryPanel, editor: Editor, qtbot: QtBot
) -> None:
    panel.step_form.open_step(0)
    set_field(panel, "lower", 300.0)
    settle(editor, qtbot)
    editor.apply_now(make("erosion", {}))
    settle(editor, qtbot)
    wanted = ndimage.binary_erosion(~ndimage.binary_dilation(ndimage.binary_opening(CORE)))
    assert np.array_equal(shown(editor, 2, 7), wanted[:, :, 7])
    editor.go_to(())
    assert not panel.step_form.is_open
    assert editor.previews.state is None


def test_a_preview_that_begins_elsewhere_ends_the_form(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    other = OperationsPanel(editor, editor.viewer)
    qtbot.addWidget(other)
    panel.step_form.open_step(0)
    set_field(panel, "lower", 300.0)
    settle(editor, qtbot)
    assert panel.step_form.counts.text()
    asked: list[str] = []
    answers = [Answer.CANCEL, Answer.NO]
    editor.pending.ask = lambda sentence: asked.append(sentence) or answers.pop(0)  # type: ignore[func-returns-value]
    other.choose("clear")
    assert panel.step_form.is_open
    assert other.list.list.currentItem() is None
    other.choose("clear")
    settle(editor, qtbot)
    assert asked == ["The change of step 1 (Threshold from 100) is not applied."] * 2
    assert not panel.step_form.is_open
    assert editor.previews.state is not None


def test_a_change_of_a_step_is_described_with_the_names_of_rois(panel: HistoryPanel, editor: Editor) -> None:
    document = editor.document
    assert document is not None
    inside = document.add_roi("bright half")
    document.do(make("threshold", {"lower": 400}), inside.id)
    document.do(make("threshold", {"lower": 300}), document.rois[0].id, Scope(inside=inside.id))
    place = len(document.present) - 1
    panel.step_form.open_step(place)
    assert panel.step_form.describe() == (f"The change of step {place + 1} (Threshold from 300 (inside bright half))")


def test_cancel_leaves_the_step(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    timeline = editor.timeline
    panel.step_form.open_step(0)
    set_field(panel, "lower", 300.0)
    settle(editor, qtbot)
    panel.step_form.cancel_button.click()
    assert (editor.timeline, editor.previews.state) == (timeline, None)
    assert not panel.step_form.isVisible()


# What goes wrong ------------------------------------------------------------------------------------------------------


def with_component(editor: Editor) -> None:
    """Add a step that needs a voxel to be in the mask."""
    place = tuple(int(index) for index in np.argwhere(mask(editor))[0])
    document_of(editor).do(make("keep_largest", {}), editor.active)
    place = tuple(int(index) for index in np.argwhere(mask(editor))[0])
    assert document_of(editor).do(make("select_component", {"point": place, "action": "remove"}), editor.active)


def test_a_later_step_that_fails_is_named_and_nothing_changes(
    panel: HistoryPanel, editor: Editor, qtbot: QtBot, said: list[str]
) -> None:
    with_component(editor)
    number = len(editor.timeline)
    timeline, before = editor.timeline, mask(editor).copy()
    press(panel, 4, Qt.Key.Key_Space)
    settle(editor, qtbot)
    (sentence,) = said
    assert sentence.startswith(f"Step {number} (")
    assert sentence.endswith("Nothing was changed.")
    assert editor.timeline is timeline
    assert np.array_equal(mask(editor), before)


def test_a_failing_preview_is_told_in_the_form_which_stays(
    panel: HistoryPanel, editor: Editor, qtbot: QtBot, said: list[str]
) -> None:
    with_component(editor)
    timeline = editor.timeline
    panel.step_form.open_step(0)
    set_field(panel, "lower", -30_000.0)
    settle(editor, qtbot)
    assert "could not be repeated" in panel.step_form.counts.text()
    assert panel.step_form.counts.property("error")
    assert said == []
    panel.step_form.apply()
    settle(editor, qtbot)
    assert len(said) == 1
    assert editor.timeline is timeline
    # What was set is still there to be corrected.
    assert panel.step_form.is_open


def test_a_locked_roi_refuses(panel: HistoryPanel, editor: Editor, qtbot: QtBot, said: list[str]) -> None:
    timeline = editor.timeline
    editor.change_roi(editor.active, locked=True)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Delete):
        press(panel, 2, key)
        settle(editor, qtbot)
    assert said == ["'mask' is locked; unlock it in the list of ROIs to change it."] * 2
    assert editor.timeline is timeline


def test_a_locked_roi_that_looks_at_what_changes_refuses(
    panel: HistoryPanel, editor: Editor, qtbot: QtBot, said: list[str]
) -> None:
    first = editor.active
    editor.add_roi("other")
    other = editor.active
    editor.apply_now(make("boolean", {"other": first}))
    editor.change_roi(other, locked=True)
    timeline, masks = editor.timeline, [document_of(editor).mask(roi)[...] for roi in (first, other)]
    press(panel, 2, Qt.Key.Key_Space)
    settle(editor, qtbot)
    assert said == ["'other' is locked; unlock it in the list of ROIs to change it."]
    assert editor.timeline is timeline
    assert all(np.array_equal(document_of(editor).mask(roi)[...], was) for roi, was in zip((first, other), masks))  # noqa: B905
    # One that does not look at it has nothing against it.
    editor.undo()
    editor.change_roi(other, locked=False)
    editor.apply_now(make("threshold", {"lower": 300}))
    editor.change_roi(other, locked=True)
    press(panel, 2, Qt.Key.Key_Space)
    settle(editor, qtbot)
    assert len(said) == 1
    assert not editor.timeline[1].enabled


def test_a_long_rewrite_is_cancelled(
    panel: HistoryPanel, editor: Editor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = threading.Event()

    def slow(self: Operation, scene: Scene, progress: Progress) -> Patch | None:
        started.set()
        for step in itertools.count(1):
            progress(1 - 1 / step)
            threading.Event().wait(0.001)
        raise AssertionError

    timeline, before = editor.timeline, mask(editor).copy()
    monkeypatch.setattr(find("opening"), "apply", slow)
    press(panel, 1, Qt.Key.Key_Space)
    qtbot.waitUntil(started.is_set, timeout=PATIENCE_MS)
    # Other edits wait meanwhile.
    press(panel, 1, Qt.Key.Key_Delete)
    editor.jobs.cancel()
    settle(editor, qtbot)
    assert editor.timeline is timeline
    assert np.array_equal(mask(editor), before)
    assert panel.list.currentIndex().row() == 1


# Keys, menu and mouse -------------------------------------------------------------------------------------------------


def test_space_switches_off_and_on(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    press(panel, 3, Qt.Key.Key_Space)
    settle(editor, qtbot)
    assert np.array_equal(mask(editor), ~OPENED)
    assert panel.model.index(3).data(steps_model.OFF)
    assert panel.model.index(3).data(steps_model.CHANGE) == "off"
    # The cursor stays, so the same key takes it back.
    assert panel.list.currentIndex().row() == 3
    QTest.keyClick(panel.list, Qt.Key.Key_Space)
    settle(editor, qtbot)
    assert np.array_equal(mask(editor), ~ndimage.binary_dilation(OPENED))


def test_del_removes_and_the_next_is_under_the_cursor(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    press(panel, 2, Qt.Key.Key_Delete)
    settle(editor, qtbot)
    assert ids(editor) == ["threshold", "dilation", "invert"]
    assert panel.list.currentIndex().row() == 2
    press(panel, 3, Qt.Key.Key_Delete)
    settle(editor, qtbot)
    assert panel.list.currentIndex().row() == 2
    assert np.array_equal(mask(editor), ndimage.binary_dilation(HEAD))


def test_alt_and_arrows_move_the_step_with_the_cursor(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    press(panel, 4, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    settle(editor, qtbot)
    QTest.keyClick(panel.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    settle(editor, qtbot)
    assert ids(editor) == ["threshold", "invert", "opening", "dilation"]
    assert panel.list.currentIndex().row() == 2
    assert np.array_equal(mask(editor), ndimage.binary_dilation(ndimage.binary_opening(~HEAD)))
    QTest.keyClick(panel.list, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    settle(editor, qtbot)
    assert ids(editor) == ["threshold", "opening", "invert", "dilation"]
    # At the ends there is nowhere to go.
    at = document_of(editor).history.at
    press(panel, 1, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    press(panel, 4, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert not editor.jobs.busy
    assert document_of(editor).history.at == at


def test_f2_names(panel: HistoryPanel, editor: Editor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *args: (" head ", True))
    press(panel, 1, Qt.Key.Key_F2)
    settle(editor, qtbot)
    assert panel.model.index(1).data() == "1  head"
    at = document_of(editor).history.at
    press(panel, 1, Qt.Key.Key_F2)  # the same name again
    monkeypatch.setattr(QInputDialog, "getText", lambda *args: ("other", False))
    press(panel, 1, Qt.Key.Key_F2)
    assert document_of(editor).history.at == at
    editor.undo()
    assert panel.model.index(1).data() == "1  Threshold from 100"


def test_a_note_is_seen_and_leaves_with_the_recipe(
    panel: HistoryPanel, editor: Editor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QInputDialog, "getMultiLineText", lambda *args: ("100 keeps the scalp", True))
    choose(panel, 0, "Note…")
    settle(editor, qtbot)
    assert str(panel.model.index(1).data(Qt.ItemDataRole.ToolTipRole)).endswith("\n100 keeps the scalp")
    assert editor.session is not None
    assert editor.session.recipe(editor.active).steps[0].note == "100 keeps the scalp"


def choose(panel: HistoryPanel, index: int, text: str) -> None:
    menu = panel.steps.menu(index)
    (action,) = (action for action in menu.actions() if action.text().split("\t")[0] == text)
    assert action.isEnabled()
    action.trigger()
    menu.deleteLater()


def test_the_menu(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    menu = panel.steps.menu(0)
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert texts == [
        "Change…\tReturn", "Switch off\tSpace", "Duplicate", "Remove\tDel", "Move up\tAlt+Up", "Move down\tAlt+Down",
        "Name…\tF2", "Note…",
    ]  # fmt: skip
    assert [action.text() for action in menu.actions() if not action.isEnabled() and action.text()] == [texts[4]]
    menu.deleteLater()
    choose(panel, 2, "Duplicate")
    settle(editor, qtbot)
    assert np.array_equal(mask(editor), ~ndimage.binary_dilation(OPENED, iterations=2))
    assert panel.list.currentIndex().row() == 4
    choose(panel, 3, "Switch off")
    settle(editor, qtbot)
    assert panel.steps.menu(3).actions()[1].text() == "Switch on\tSpace"
    choose(panel, 1, "Change…")
    assert panel.step_form.heading.text() == "Step 2: Opening"


def drop(panel: HistoryPanel, dragged: int, row: int) -> None:
    data = panel.model.mimeData([panel.model.index(dragged)])
    # The view must not take away the row itself: the document moves the step.
    assert not panel.model.dropMimeData(data, Qt.DropAction.MoveAction, row, 0, QModelIndex())


@pytest.mark.parametrize(
    ("dragged", "row", "wanted"),
    [
        (4, 1, ["invert", "threshold", "opening", "dilation"]),
        (4, 0, ["invert", "threshold", "opening", "dilation"]),
        (1, 3, ["opening", "threshold", "dilation", "invert"]),
        (1, 5, ["opening", "dilation", "invert", "threshold"]),
        (1, -1, ["opening", "dilation", "invert", "threshold"]),
        (2, 2, ["threshold", "opening", "dilation", "invert"]),
        (2, 3, ["threshold", "opening", "dilation", "invert"]),
    ],
)
def test_a_dragged_step_is_moved(
    panel: HistoryPanel, editor: Editor, qtbot: QtBot, dragged: int, row: int, wanted: list[str]
) -> None:
    drop(panel, dragged, row)
    settle(editor, qtbot)
    assert ids(editor) == wanted


def test_nothing_else_is_dropped(panel: HistoryPanel, editor: Editor) -> None:
    other = QMimeData()
    other.setText("1")
    assert not panel.model.dropMimeData(other, Qt.DropAction.MoveAction, 1, 0, QModelIndex())
    assert not panel.model.dropMimeData(None, Qt.DropAction.MoveAction, 1, 0, QModelIndex())
    assert not editor.jobs.busy
    assert panel.model.mimeTypes() == [DRAGGED]
    assert not panel.model.flags(panel.model.index(0)) & Qt.ItemFlag.ItemIsDragEnabled


# Undone steps ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "wanted"),
    [
        (lambda panel: press(panel, 3, Qt.Key.Key_Space), ~OPENED),
        (lambda panel: press(panel, 3, Qt.Key.Key_Delete), ~OPENED),
        (lambda panel: choose(panel, 2, "Remove"), ~OPENED),
        (lambda panel: drop(panel, 4, 2), ndimage.binary_dilation(ndimage.binary_opening(~HEAD))),
        (lambda panel: drop(panel, 1, 5), HEAD),
    ],
    ids=["space", "del", "menu", "drag up", "drag down"],
)
def test_undone_steps_come_back_first(
    panel: HistoryPanel, editor: Editor, qtbot: QtBot, act: Callable[[HistoryPanel], None], wanted: Any
) -> None:
    editor.go_to(editor.timeline[:1])
    assert len(editor.timeline) == 1
    act(panel)
    settle(editor, qtbot)
    assert np.array_equal(mask(editor), wanted)
    assert panel.model.rowCount() == 1 + len(editor.timeline)


def test_opening_the_form_of_an_undone_step_brings_all_back(panel: HistoryPanel, editor: Editor) -> None:
    editor.go_to(())
    press(panel, 2, Qt.Key.Key_Return)
    assert len(editor.timeline) == 4
    assert panel.step_form.heading.text() == "Step 2: Opening"


def test_a_menu_that_is_only_looked_at_changes_nothing(panel: HistoryPanel, editor: Editor) -> None:
    editor.go_to(())
    panel.steps.menu(2).deleteLater()
    assert editor.timeline == ()


def test_rows_stay_whichever_is_clicked_after_an_edit(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    press(panel, 2, Qt.Key.Key_Space)
    settle(editor, qtbot)
    line, after = editor.timeline, mask(editor).copy()
    for row in (1, 3, 0, 2, 4):
        panel.list.clicked.emit(panel.model.index(row))
        settle(editor, qtbot)
        assert editor.timeline == line[:row]
        assert panel.model.steps == line
        assert [bool(panel.model.index(n).data(steps_model.AHEAD)) for n in range(5)] == [n > row for n in range(5)]
    assert np.array_equal(mask(editor), after)


def test_a_double_click_opens_the_form_with_all_steps(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    press(panel, 2, Qt.Key.Key_Space)
    settle(editor, qtbot)
    line = editor.timeline
    place = panel.list.visualRect(panel.model.index(1)).center()
    viewport = panel.list.viewport()
    assert viewport is not None
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    settle(editor, qtbot)
    assert editor.timeline == line
    assert panel.step_form.heading.text() == "Step 1: Threshold"


# Memory for undo ------------------------------------------------------------------------------------------------------


def test_the_budget_of_memory_is_chosen_and_kept(panel: HistoryPanel, editor: Editor, qtbot: QtBot) -> None:
    held = document_of(editor).history.held
    assert held.budget == 16 << 20
    assert panel.memory.text().splitlines()[0] == f"Undo: {held.nbytes / 1024:.1f} KiB of 16 MiB"
    menu = panel.memory.menu()
    assert menu is not None
    (action,) = (action for action in menu.actions() if action.text() == "Up to 1 GiB")
    action.trigger()
    assert held.budget == 1 << 30
    assert panel.memory.text().splitlines()[0].endswith("of 1 GiB")
    # Other sessions, and the program when it is started again, get as much.
    session = Session(document_of(editor).volume, Header.from_geometry(document_of(editor).geometry, 1))
    editor.set_session(session)
    assert session.document.history.held.budget == 1 << 30
    again = HistoryPanel(editor, editor.viewer)
    qtbot.addWidget(again)
    other = again.memory.menu()
    assert other is not None
    assert [action.text() for action in other.actions() if action.isChecked()] == ["Up to 1 GiB"]


def test_what_went_to_disk_is_told(panel: HistoryPanel, editor: Editor, qtbot: QtBot, tmp_path: Path) -> None:
    assert editor.session is not None
    editor.session.keep_journal(tmp_path)
    editor.apply_now(make("erosion", {}))
    held = document_of(editor).history.held
    before, all_bytes = mask(editor).copy(), held.nbytes
    held.budget = 0
    editor.document_changed.emit()
    shown = panel.memory.text().splitlines()
    assert shown[:2] == ["Undo: 0 B of 0 B", f"{all_bytes / 1024:.1f} KiB on disk"]
    assert "Nothing is lost" in panel.memory.toolTip()
    editor.go_to(())
    editor.go_to(panel.model.steps)
    assert np.array_equal(mask(editor), before)
    editor.session.close(discard=True)


# In the window --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_esc_closes_the_form_from_anywhere(desk: Desk, driver: Driver, qtbot: QtBot) -> None:
    desk.open()
    desk.editor.apply_now(make("otsu", {}))
    desk.editor.apply_now(make("dilation", {}))
    panel = desk.wiring.history
    panel.list.setFocus()
    put_cursor(panel, 1)
    driver.key("Return")
    assert panel.step_form.isVisible()
    set_field(panel, "classes", 3)
    desk.wait()
    assert isinstance(desk.editor.layers.preview, RewritePreview)
    driver.key("Esc")
    assert not panel.step_form.isVisible()
    assert desk.editor.layers.preview is None
    assert QApplication.focusWidget() is panel.list
    panel.step_form.open_step(0)
    desk.window.views.setFocus()
    driver.key("Esc")
    assert not panel.step_form.isVisible()


@pytest.mark.slow
def test_a_step_is_changed_in_the_window(desk: Desk, driver: Driver) -> None:
    desk.open()
    image = np.array(desk.document.volume.stored)
    low, high = (int(np.percentile(image, part)) for part in (60, 80))
    desk.editor.apply_now(make("threshold", {"lower": low}))
    desk.editor.apply_now(make("opening", {}))
    panel = desk.wiring.history
    panel.list.setFocus()
    put_cursor(panel, 1)
    driver.key("Return")
    driver.key("Ctrl+A")
    driver.type(str(high))
    desk.wait()
    driver.key("Return")
    desk.wait()
    assert desk.document.timeline[0].operation.lower == high  # type: ignore[attr-defined]
    assert np.array_equal(desk.mask(), ndimage.binary_opening(image >= high))
    driver.key("Ctrl+Z")
    desk.wait()
    assert np.array_equal(desk.mask(), ndimage.binary_opening(image >= low))
