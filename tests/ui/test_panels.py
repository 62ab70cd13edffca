"""The panels on a real editor: what they show, and what they ask for."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pyqtgraph as pg
import pytest
from PyQt6.QtCore import QEvent, QModelIndex, QPoint, QPointF, Qt
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from maskeditor.core.history.timelines import Outcome, Step
from maskeditor.core.operation.declaration import Operation, make, operations
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.io.nifti.header import Header
from maskeditor.model.histogram import Histogram
from maskeditor.model.histogram_request import HistogramRequest
from maskeditor.model.numbers_in_words import counted as thousands
from maskeditor.model.numbers_in_words import size_in_words
from maskeditor.model.preview import OperationPreview
from maskeditor.model.session import Session
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ops.otsu import Otsu
from maskeditor.ui.forms.field import Surroundings
from maskeditor.ui.histogram.count_axis import Scale
from maskeditor.ui.histogram.panel import HistogramPanel
from maskeditor.ui.histogram.places import heights
from maskeditor.ui.look import cells
from maskeditor.ui.look.theme import Theme, Themer, is_dark, palette
from maskeditor.ui.panels import rois, steps_model
from maskeditor.ui.panels.history import HistoryPanel
from maskeditor.ui.panels.operation_list import listed_operations
from maskeditor.ui.panels.operations import OperationsPanel
from maskeditor.ui.panels.rois import RoisPanel
from maskeditor.ui.panels.step_fields import StepFields
from maskeditor.ui.panels.steps_view import elided
from maskeditor.ui.work import preview_lane
from maskeditor.ui.work.editor import Editor
from tests.effort import effort_of
from tests.ui.drivers import PATIENCE_MS, wait_until

SHAPE = (20, 24, 16)


def image(frames: int = 1) -> Volume:
    """Air at 0 to 10, a head of 200 to 300 with a core of 500 to 600; later volumes are brighter by 10 each."""
    random = np.random.default_rng(5)
    data = random.integers(0, 11, SHAPE).astype(np.int16)
    data[4:16, 4:20, 3:13] = random.integers(200, 301, (12, 16, 10))
    data[8:12, 9:15, 6:10] = random.integers(500, 601, (4, 6, 4))
    if frames > 1:
        data = np.stack([data + 10 * frame for frame in range(frames)], axis=-1)
    return Volume(np.asfortranarray(data), Geometry(SHAPE, np.diag([2.0, 2.0, 4.0, 1.0])), name="phantom")


def session_of(volume: Volume) -> Session:
    return Session(volume, Header.from_geometry(volume.geometry, volume.frames))


@pytest.fixture
def editor(qapp: QApplication) -> Iterator[Editor]:
    made = Editor(Viewer(), Layers())
    made.set_session(session_of(image()))
    yield made
    made.close()
    made.deleteLater()


def settle(editor: Editor, qtbot: QtBot) -> None:
    """Wait until everything asked for is worked out."""
    qtbot.waitUntil(lambda: not editor.working, timeout=PATIENCE_MS)


def counted(editor: Editor, qtbot: QtBot) -> tuple[int, int]:
    """Wait for the counts of the preview."""
    qtbot.waitUntil(
        lambda: editor.previews.state is not None and editor.previews.state.added is not None, timeout=PATIENCE_MS
    )
    state = editor.previews.state
    assert state is not None
    assert state.added is not None
    assert state.removed is not None
    return state.added, state.removed


def mask(editor: Editor) -> np.ndarray:
    assert editor.document is not None
    return editor.document.mask(editor.active)[...]


# Histogram ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def histogram(editor: Editor, qtbot: QtBot) -> HistogramPanel:
    panel = HistogramPanel()
    qtbot.addWidget(panel)
    panel.resize(340, 300)
    panel.show()
    operations = OperationsPanel(editor, editor.viewer)
    qtbot.addWidget(operations)
    panel.attach(editor, editor.viewer, operations)
    qtbot.waitUntil(lambda: panel.plot.bars is not None, timeout=PATIENCE_MS)
    return panel


def span(panel: HistogramPanel) -> list[list[float]]:
    """Return the ranges of intensities and of heights that are shown."""
    ranges: list[list[float]] = panel.plot._area.viewRange()
    return ranges


def place(panel: HistogramPanel, intensity: float, height: float = 0.3) -> QPoint:
    """Return where an intensity is on the plot."""
    area = panel.plot._area
    return panel.plot.mapFromScene(area.mapToScene(QPointF(panel.plot.to_pixel(intensity), height * area.height())))


def press(panel: HistogramPanel, at: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    QTest.mousePress(panel.plot.viewport(), button, Qt.KeyboardModifier.AltModifier, at)


def move(panel: HistogramPanel, at: QPoint) -> None:
    QTest.mouseMove(panel.plot.viewport(), at)


def release(panel: HistogramPanel, at: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    QTest.mouseRelease(panel.plot.viewport(), button, Qt.KeyboardModifier.AltModifier, at)


def pending(editor: Editor) -> Operation | None:
    """Return the operation that is pending."""
    assert editor.pending.change is not None
    asked = editor.pending.change.fields.asked()
    return asked[0] if asked is not None else None


def click_at(panel: HistogramPanel, at: QPoint) -> None:
    press(panel, at)
    release(panel, at)


def test_the_shell_stands_without_an_editor(qtbot: QtBot) -> None:
    panel = HistogramPanel()
    qtbot.addWidget(panel)
    panel.show()
    assert not panel.change.apply_button.isEnabled()
    assert "Open an image" in panel.plot.empty_text
    # Nobody else holds it, so that it goes with this function, and is not to be painted once its parts have gone.
    panel.hide()


def test_a_click_sets_a_threshold_and_a_drag_moves_it(histogram: HistogramPanel, editor: Editor, qtbot: QtBot) -> None:
    one = histogram.plot.to_value(1) - histogram.plot.to_value(0)  # a pixel
    click_at(histogram, place(histogram, 150))
    assert histogram.plot.bounds is not None
    assert histogram.plot.bounds[0] == pytest.approx(150, abs=2 * one)
    assert histogram.plot.bounds[1] is None
    press(histogram, place(histogram, 150))
    move(histogram, place(histogram, 400))
    release(histogram, place(histogram, 400))
    lower, upper = histogram.plot.bounds
    assert lower == pytest.approx(400, abs=2 * one)
    assert (upper, histogram.ends.low.number()) == (None, lower)
    assert counted(editor, qtbot) == (4 * 6 * 4, 0)
    assert histogram.change.selected.text() == "96 voxels, 1.54 mL, 1.25 %"
    assert histogram.change.changes.text() == "+96 / −0 voxels"
    histogram.change.apply_button.click()
    settle(editor, qtbot)
    np.testing.assert_array_equal(mask(editor), image().stored >= 400)
    assert editor.document is not None
    assert [step.operation.id for step in editor.document.timeline] == ["threshold"]
    assert histogram.plot.bounds is None
    assert not histogram.change.apply_button.isEnabled()


def test_handles_and_inside_are_dragged(histogram: HistogramPanel) -> None:
    one = histogram.plot.to_value(1) - histogram.plot.to_value(0)
    histogram.ends.low.set_number(150.0)
    histogram.ends.high.set_number(350.0)
    assert histogram.plot.bounds == (150.0, 350.0)
    press(histogram, place(histogram, 351))
    move(histogram, place(histogram, 450))
    release(histogram, place(histogram, 450))
    assert histogram.ends.high.number() == pytest.approx(450, abs=3 * one)
    width = (histogram.ends.high.number() or 0) - 150
    press(histogram, place(histogram, 250))
    move(histogram, place(histogram, 300))
    release(histogram, place(histogram, 300))
    assert histogram.ends.low.number() == pytest.approx(200, abs=3 * one)
    assert (histogram.ends.high.number() or 0) - (histogram.ends.low.number() or 0) == width
    # In the empty plot, the nearest handle jumps.
    press(histogram, place(histogram, 20))
    release(histogram, place(histogram, 20))
    assert histogram.ends.low.number() == pytest.approx(20, abs=3 * one)


def test_handles_do_not_pass_each_other(histogram: HistogramPanel) -> None:
    histogram.ends.low.set_number(150.0)
    histogram.ends.high.set_number(350.0)
    press(histogram, place(histogram, 150))
    move(histogram, place(histogram, 500))
    release(histogram, place(histogram, 500))
    assert histogram.plot.bounds == (350.0, 350.0)


def test_handles_snap_to_peaks_and_valleys_unless_alt_is_held(histogram: HistogramPanel) -> None:
    plot = histogram.plot
    assert histogram._counting.histogram is not None
    mark = histogram._counting.histogram.landmarks[1][0]
    beside = place(histogram, mark) + QPoint(3, 0)
    QTest.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=beside)
    QTest.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=beside)
    assert plot.bounds == (mark, None)
    histogram.reset()
    click_at(histogram, beside)
    assert plot.bounds is not None
    assert plot.bounds[0] != mark


def test_bounds_of_scaled_intensities_have_few_digits(histogram: HistogramPanel, editor: Editor, qtbot: QtBot) -> None:
    plain = image()
    editor.set_session(session_of(Volume(plain.stored, plain.geometry, slope=1 / 3, intercept=0.1)))
    qtbot.waitUntil(lambda: histogram._counting.histogram is not None, timeout=PATIENCE_MS)
    click_at(histogram, place(histogram, 100))
    assert histogram.plot.bounds is not None
    lower = histogram.plot.bounds[0]
    assert lower == pytest.approx(100, abs=3)
    assert lower == round(lower or 0, 2)
    added = int((plain.stored / 3 + 0.1 >= lower).sum())
    assert counted(editor, qtbot) == (added, 0)
    assert histogram.change.selected.text().startswith(f"{thousands(added)} voxels")


def test_typed_bounds_are_previewed_and_joined_as_chosen(
    histogram: HistogramPanel, editor: Editor, qtbot: QtBot
) -> None:
    editor.apply_now(make("threshold", {"lower": 200}))
    histogram.change.combine.setCurrentIndex(histogram.change.combine.findData("subtract"))
    histogram.ends.low.setFocus()
    qtbot.keyClicks(histogram.ends.low, "500")
    assert histogram.plot.bounds == (500.0, None)
    assert counted(editor, qtbot) == (0, 96)
    histogram.activateWindow()
    qtbot.keyClick(histogram.ends.low, Qt.Key.Key_Return)
    assert histogram.ends.high.hasFocus()
    qtbot.keyClick(histogram.ends.high, Qt.Key.Key_Return)
    settle(editor, qtbot)
    np.testing.assert_array_equal(mask(editor), (image().stored >= 200) & (image().stored < 500))


def test_an_impossible_range_is_told_and_not_applied(histogram: HistogramPanel, editor: Editor) -> None:
    histogram.ends.low.set_number(300.0)
    histogram.ends.high.set_number(200.0)
    assert pending(editor) is None
    assert "must not be below" in histogram.change.changes.text()
    assert not histogram.change.apply_button.isEnabled()
    histogram.apply()
    assert not editor.jobs.busy


def test_reset_takes_range_and_preview_away(histogram: HistogramPanel, editor: Editor) -> None:
    histogram.ends.low.set_number(300.0)
    assert editor.previews.state is not None
    histogram.change.reset_button.click()
    assert editor.previews.state is None
    assert (histogram.plot.bounds, histogram.ends.low.text(), histogram.change.selected.text()) == (None, "", "")


def test_the_window_is_dragged_at_the_bottom(histogram: HistogramPanel, editor: Editor) -> None:
    low, high = editor.viewer.state.window
    one = histogram.plot.to_value(1) - histogram.plot.to_value(0)
    grip = place(histogram, high, height=0.98) - QPoint(3, 0)
    press(histogram, grip)
    move(histogram, grip - QPoint(40, 0))
    release(histogram, grip - QPoint(40, 0))
    assert editor.viewer.state.window[0] == low
    assert editor.viewer.state.window[1] == pytest.approx(high - 43 * one, abs=2 * one)
    assert histogram.plot.bounds is None
    editor.viewer.set_window(100, 400)
    wait_until(lambda: histogram.plot.window_range == (100.0, 400.0), "the handles to follow the window")


def test_zoom_pan_and_back(histogram: HistogramPanel) -> None:
    plot = histogram.plot
    whole = span(histogram)[0]
    pixel = plot.to_pixel(250.0)
    plot.zoom(pixel, 0.25)
    assert plot.to_pixel(250.0) == pytest.approx(pixel)
    assert span(histogram)[0][1] - span(histogram)[0][0] == pytest.approx((whole[1] - whole[0]) / 4)
    start = place(histogram, 250)
    for button in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
        before = plot.to_pixel(250.0)
        press(histogram, start, button)
        move(histogram, start + QPoint(20, 0))
        release(histogram, start + QPoint(20, 0), button)
        assert plot.to_pixel(250.0) == pytest.approx(before + 20)
    assert plot.bounds is None
    QTest.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=start)
    assert span(histogram)[0] == pytest.approx(whole)
    plot.zoom(pixel, 1000)
    assert span(histogram)[0] == pytest.approx(whole)


def test_a_double_click_sets_no_range_and_moves_none(histogram: HistogramPanel, editor: Editor) -> None:
    plot = histogram.plot
    for before in (None, (200.0, 400.0)):
        for field, bound in zip((histogram.ends.low, histogram.ends.high), before or (), strict=False):
            field.setValue(bound)
        plot.zoom(plot.to_pixel(250.0), 0.5)
        QTest.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place(histogram, 250))
        assert plot.bounds == before
        assert (histogram.ends.low.number(), histogram.ends.high.number()) == (before or (None, None))
    histogram.reset()
    assert editor.previews.state is None


def test_the_fields_show_halves_of_an_image_of_whole_numbers(histogram: HistogramPanel, editor: Editor) -> None:
    histogram.ends.low.setValue(204.5)
    histogram.ends.high.setValue(305.5)
    assert (histogram.ends.low.text(), histogram.ends.high.text()) == ("204.5", "305.5")
    assert histogram.plot.bounds == (204.5, 305.5)
    operation = pending(editor)
    assert operation is not None
    assert operation.summary() == "Threshold 204.5–305.5"


def test_the_background_does_not_squash_the_rest(histogram: HistogramPanel) -> None:
    plot = histogram.plot
    for scale in Scale:
        histogram.scale.setCurrentText(str(scale))
        assert plot.scale is scale
        assert plot.bars is not None
        head = plot.bars.counts[plot.bars.edges[:-1] > 100].max()
        top = span(histogram)[1][1]
        assert heights(np.array([head]), scale)[0] == pytest.approx(top / 1.06, rel=0.15)
        assert heights(np.array([plot.bars.counts.max()]), scale)[0] > top


def test_the_mask_has_its_own_histogram(histogram: HistogramPanel, editor: Editor, qtbot: QtBot) -> None:
    editor.apply_now(make("threshold", {"lower": 500}))
    qtbot.waitUntil(
        lambda: (
            histogram.plot.bars is not None
            and histogram.plot.bars.of_mask is not None
            and histogram.plot.bars.of_mask.sum() == 96
        ),
        timeout=PATIENCE_MS,
    )


def test_the_histogram_of_a_series(histogram: HistogramPanel, editor: Editor, qtbot: QtBot) -> None:
    assert histogram.sources.frame.isHidden()
    editor.set_session(session_of(image(frames=3)))
    qtbot.waitUntil(lambda: histogram._counting.histogram is not None, timeout=PATIENCE_MS)
    assert not histogram.sources.frame.isHidden()
    assert histogram._counting.histogram is not None
    assert histogram._counting.histogram.minimum == 10.0  # of the mean
    histogram.sources.frame.setCurrentIndex(histogram.sources.frame.findData("shown"))
    editor.viewer.set_frame(2)
    qtbot.waitUntil(
        lambda: histogram._counting.histogram is not None and histogram._counting.histogram.minimum == 20.0,
        timeout=PATIENCE_MS,
    )
    histogram.ends.low.set_number(500.0)
    operation = pending(editor)
    assert operation is not None
    assert operation.model_dump(exclude_defaults=True) == {"lower": 500.0, "frame": 2}


def test_a_late_histogram_of_another_volume_is_not_shown(
    histogram: HistogramPanel, editor: Editor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[HistogramRequest, Callable[[Histogram], None]]] = []
    monkeypatch.setattr(editor.image_lanes, "histogram", lambda want, done: asked.append((want, done)))
    editor.set_session(session_of(image(frames=3)))
    qtbot.waitUntil(lambda: len(asked) == 1, timeout=PATIENCE_MS)
    histogram.sources.frame.setCurrentIndex(histogram.sources.frame.findData("shown"))
    want, done = asked[0]
    done(want.work_out(Progress()))
    assert histogram._counting.histogram is None
    qtbot.waitUntil(lambda: len(asked) == 2, timeout=PATIENCE_MS)
    want, done = asked[1]
    assert (want.source.frame, want.known) == (0, None)
    done(want.work_out(Progress()))
    assert histogram._counting.histogram is not None


def test_a_late_histogram_of_another_image_is_not_shown(
    histogram: HistogramPanel, editor: Editor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[HistogramRequest, Callable[[Histogram], None]]] = []
    monkeypatch.setattr(editor.image_lanes, "histogram", lambda want, done: asked.append((want, done)))
    for number in (1, 2):
        editor.set_session(session_of(image()))
        qtbot.waitUntil(lambda number=number: len(asked) == number, timeout=PATIENCE_MS)
    want, done = asked[0]
    done(want.work_out(Progress()))
    assert histogram._counting.histogram is None
    want, done = asked[1]
    done(want.work_out(Progress()))
    assert histogram._counting.histogram is not None


def test_the_mean_of_a_series_is_the_same_at_every_volume(
    histogram: HistogramPanel, editor: Editor, qtbot: QtBot
) -> None:
    editor.set_session(session_of(image(frames=3)))
    qtbot.waitUntil(lambda: histogram._counting.histogram is not None, timeout=PATIENCE_MS)
    first = histogram._counting.histogram
    editor.viewer.set_frame(1)
    assert histogram._counting.histogram is first
    assert not histogram._counting.is_stale


def test_nothing_is_counted_that_nobody_sees(histogram: HistogramPanel, editor: Editor, qtbot: QtBot) -> None:
    settle(editor, qtbot)
    histogram.hide()
    editor.apply_now(make("threshold", {"lower": 500}))
    assert not histogram._counting.is_waiting
    histogram.show()
    qtbot.waitUntil(
        lambda: (
            histogram.plot.bars is not None
            and histogram.plot.bars.of_mask is not None
            and histogram.plot.bars.of_mask.sum() == 96
        ),
        timeout=PATIENCE_MS,
    )


def test_an_emptied_range_is_none(histogram: HistogramPanel, editor: Editor) -> None:
    histogram.ends.low.set_number(500.0)
    assert histogram.change.apply_button.isEnabled()
    histogram.ends.low.set_number(None)
    assert histogram.plot.bounds is None
    assert editor.previews.state is None
    assert not histogram.change.apply_button.isEnabled()
    assert not histogram.change.reset_button.isEnabled()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_an_applied_range_is_done_with(histogram: HistogramPanel, editor: Editor, qtbot: QtBot, key: Qt.Key) -> None:
    histogram.activateWindow()
    histogram.ends.high.setFocus()
    histogram.ends.low.set_number(500.0)
    qtbot.keyClick(histogram.ends.high, key)
    settle(editor, qtbot)
    assert mask(editor).sum() == 96
    assert (histogram.plot.bounds, histogram.ends.low.text(), histogram.change.apply_button.isEnabled()) == (
        None,
        "",
        False,
    )


def test_a_range_that_lost_its_preview_goes_with_its_image(
    histogram: HistogramPanel, editor: Editor, qtbot: QtBot
) -> None:
    histogram.ends.low.set_number(500.0)
    editor.previews.show(make("invert", {}))  # as another panel does
    assert histogram.plot.bounds == (500.0, None)
    editor.set_session(session_of(image()))
    assert (histogram.plot.bounds, histogram.ends.low.text()) == (None, "")


def test_how_a_range_is_joined_is_previewed(histogram: HistogramPanel, editor: Editor, qtbot: QtBot) -> None:
    editor.apply_now(make("threshold", {"upper": 300}))
    histogram.ends.low.set_number(500.0)
    assert counted(editor, qtbot)[1] > 0
    histogram.change.combine.setCurrentIndex(histogram.change.combine.findData("add"))
    assert counted(editor, qtbot) == (96, 0)


def test_ranges_of_floats_are_counted_nearly(histogram: HistogramPanel, editor: Editor, qtbot: QtBot) -> None:
    histogram.ends.low.set_number(500.0)
    assert histogram.change.selected.text().startswith("96 voxels")
    noise = Volume(np.asfortranarray(image().stored + np.float32(0.3)), image().geometry)
    editor.set_session(session_of(noise))
    qtbot.waitUntil(lambda: histogram._counting.histogram is not None, timeout=PATIENCE_MS)
    histogram.ends.low.set_number(400.0)
    assert histogram.change.selected.text().startswith("≈ 96 voxels")


def test_the_range_has_the_colour_of_the_roi(histogram: HistogramPanel, editor: Editor) -> None:
    assert editor.document is not None
    editor.change_roi(editor.active, colour=(1, 2, 3))
    assert histogram.plot.colour == QColor(1, 2, 3)
    editor.add_roi("other")
    assert histogram.plot.colour == QColor(*editor.document.roi(editor.active).colour)


def test_dragging_makes_no_bar_anew(histogram: HistogramPanel, editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    paths: list[int] = []
    to_path = pg.arrayToQPath
    monkeypatch.setattr(pg, "arrayToQPath", lambda *arrays: paths.append(1) or to_path(*arrays))
    shown_at: set[tuple[float, float]] = set()
    monkeypatch.setattr(editor.previews, "show", lambda *_: None)
    histogram.plot.refit()
    histogram.plot.viewport().repaint()
    assert paths  # the bars, once
    paths.clear()
    click_at(histogram, place(histogram, 100))
    press(histogram, place(histogram, 100))
    for intensity in range(100, 500, 20):
        move(histogram, place(histogram, intensity))
        histogram.plot.viewport().repaint()
        shown_at.add(histogram.plot.in_pixels(histogram.plot.bounds or (None, None)))
    release(histogram, place(histogram, 500))
    assert len(shown_at) == 20
    assert not paths


def test_while_a_range_is_dragged_words_come_behind_the_picture(histogram: HistogramPanel, editor: Editor) -> None:
    known: list[object] = []
    editor.preview_changed.connect(lambda: known.append(editor.previews.state))
    click_at(histogram, place(histogram, 100))
    assert [state.is_counting for state in known] == [True]  # type: ignore[attr-defined]
    before = histogram.change.selected.text()
    press(histogram, place(histogram, 100))
    for intensity in range(110, 300, 20):
        move(histogram, place(histogram, intensity))
        shown = editor._preview_lane.shown
        assert isinstance(shown, OperationPreview)
        assert shown.operation == pending(editor)
    # Of each, planes and form show the newest; that it is still to be counted has been said.
    assert len(known) == 1
    assert histogram.change.selected.text() == before
    release(histogram, place(histogram, 290))
    number = histogram.plot.histogram.between(*histogram.plot.bounds)  # type: ignore[union-attr,misc]
    assert before != histogram.change.selected.text() == size_in_words(number, editor.document.geometry)  # type: ignore[union-attr]


# Operations -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def panel(editor: Editor, qtbot: QtBot) -> OperationsPanel:
    made = OperationsPanel(editor, editor.viewer)
    qtbot.addWidget(made)
    made.resize(300, 600)
    made.show()
    return made


def set_field(panel: OperationsPanel, name: str, value: object) -> None:
    assert panel.fields.form is not None
    panel.fields.form.fields[name].set_value(value)


def test_only_operations_for_forms_are_offered(panel: OperationsPanel) -> None:
    ids = {item.data(Qt.ItemDataRole.UserRole) for item in panel.list._items()} - {None}
    by_hand = {"paint", "adaptive_paint", "grow_from_seeds", "live_wire", "import_mask"}
    assert ids == {cls.id for cls in operations()} - by_hand


def test_operations_are_found_by_words(panel: OperationsPanel, qtbot: QtBot) -> None:
    qtbot.keyClicks(panel.list.search, "morphology grows")
    shown = [item.text().strip() for item in panel.list._items() if not item.isHidden()]
    assert shown == ["Morphology", "Dilation"]
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Down)
    assert panel.heading.text() == "Dilation"


@pytest.mark.parametrize(
    ("text", "title"), [("dilat", "Dilation"), ("remove", "Remove small"), ("backgr", "Background mask")]
)
def test_enter_chooses_the_likeliest(panel: OperationsPanel, qtbot: QtBot, text: str, title: str) -> None:
    panel.choose("invert")
    qtbot.keyClicks(panel.list.search, text)
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Return)
    assert panel.heading.text() == title


def test_what_others_call_it_is_found_in_the_list(panel: OperationsPanel, qtbot: QtBot) -> None:
    panel.choose("invert")
    qtbot.keyClicks(panel.list.search, "skull strip")
    assert [item.text().strip() for item in panel.list._items()] == [
        "Intensity", "Background mask", "EPI mask", "Median Otsu", "Template mask",
    ]  # fmt: skip
    panel.list.search.clear()
    current = panel.list.list.currentItem()
    assert current is not None
    assert current.text().strip() == "Invert"


def test_enter_chooses_what_was_found_and_applies_nothing(panel: OperationsPanel, editor: Editor, qtbot: QtBot) -> None:
    panel.choose("invert")
    counted(editor, qtbot)
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Return)
    assert panel.heading.text() == "Invert"
    qtbot.keyClicks(panel.list.search, "nothing like it")
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Return)
    assert panel.heading.text() == "Invert"
    panel.list.search.clear()
    qtbot.keyClicks(panel.list.search, "thresh")
    qtbot.keyClick(panel.list.search, Qt.Key.Key_Return)
    assert panel.heading.text() == "Threshold"
    counted(editor, qtbot)
    assert editor.document is not None
    assert not editor.document.timeline
    qtbot.keyClick(panel.list.list, Qt.Key.Key_Return)
    settle(editor, qtbot)
    assert [step.operation.id for step in editor.document.timeline] == ["threshold"]


def test_choosing_previews_and_apply_makes_one_step(panel: OperationsPanel, editor: Editor, qtbot: QtBot) -> None:
    panel.choose("threshold")
    set_field(panel, "lower", 500.0)
    assert counted(editor, qtbot) == (96, 0)
    assert panel.counts.text() == "+96 / −0 voxels (+1.54 / −0 mL)"
    assert panel.fields.form is not None
    qtbot.keyClick(panel.fields.form.fields["lower"].focusProxy(), Qt.Key.Key_Return)
    settle(editor, qtbot)
    assert editor.document is not None
    assert editor.document.voxels(editor.active) == 96
    # What was done is not shown as something still to be done.
    assert editor.previews.state is None
    assert panel.counts.text().startswith("Nothing is previewed now")


def test_browsing_keeps_the_values_of_each(panel: OperationsPanel) -> None:
    panel.choose("dilation")
    set_field(panel, "iterations", 7)
    panel.choose("erosion")
    panel.choose("dilation")
    assert panel.fields.form is not None
    assert panel.fields.form.fields["iterations"].value() == 7
    panel.reset_button.click()
    assert panel.fields.form.fields["iterations"].value() == 1


def test_an_operation_without_parameters_is_previewed(panel: OperationsPanel, editor: Editor, qtbot: QtBot) -> None:
    panel.choose("invert")
    assert counted(editor, qtbot) == (int(np.prod(SHAPE)), 0)
    assert panel.fields.form is not None
    assert panel.fields.form.isHidden()
    assert panel.apply_button.isEnabled()


def test_the_preview_can_be_switched_off(panel: OperationsPanel, editor: Editor) -> None:
    panel.live.setChecked(False)
    panel.choose("invert")
    assert editor.previews.state is None
    panel.live.setChecked(True)
    assert editor.previews.state is not None
    panel.live.setChecked(False)
    assert editor.previews.state is None


def test_a_step_of_another_tool_renews_the_preview(panel: OperationsPanel, editor: Editor, qtbot: QtBot) -> None:
    panel.choose("invert")
    counted(editor, qtbot)
    editor.apply_now(make("threshold", {"lower": 500}))
    assert counted(editor, qtbot) == (int(np.prod(SHAPE)) - 96, 96)


def test_a_preview_that_was_given_up_stays_away(panel: OperationsPanel, editor: Editor, qtbot: QtBot) -> None:
    panel.choose("invert")
    counted(editor, qtbot)
    editor.clear_preview()
    QApplication.processEvents()
    editor.apply_now(make("threshold", {"lower": 500}))
    assert editor.previews.state is None


def test_where_limits_the_step(panel: OperationsPanel, editor: Editor, qtbot: QtBot) -> None:
    panel.choose("invert")
    panel.fields.where_button.click()
    assert panel.fields.where is not None
    assert panel.fields.where.isVisible()
    panel.fields.where.fields["axis"].set_value(0)
    panel.fields.where.fields["last"].set_value(4)
    assert counted(editor, qtbot) == (5 * SHAPE[1] * SHAPE[2], 0)
    assert panel.fields.where_button.text() == "Where: slices 0–4 of axis 0"
    assert editor.document is not None
    editor.document.add_roi("another")  # the form is made anew, the limit stays
    assert panel.fields.where_button.text() == "Where: slices 0–4 of axis 0"
    panel.apply()
    settle(editor, qtbot)
    assert editor.document is not None
    assert editor.document.timeline[-1].scope == Scope(axis=0, first=0, last=4)


def test_no_limit_is_everywhere(panel: OperationsPanel, editor: Editor, qtbot: QtBot) -> None:
    panel.choose("invert")
    panel.apply()
    settle(editor, qtbot)
    assert editor.document is not None
    assert editor.document.timeline[-1].scope == Scope()


def test_what_is_refused_is_told(panel: OperationsPanel, editor: Editor) -> None:
    panel.choose("boolean")
    assert editor.previews.state is None
    assert panel.fields.form is not None
    assert "There is no other ROI" in panel.fields.form.problem.text()
    panel.apply()
    assert not editor.jobs.busy
    editor.add_roi("second")
    assert panel.fields.form is not None
    assert panel.fields.form.fields["other"].value() is not None


def test_errors_of_a_preview_are_told(panel: OperationsPanel, editor: Editor, qtbot: QtBot) -> None:
    editor.set_session(session_of(Volume(np.zeros(SHAPE, np.int16, order="F"), Geometry(SHAPE, np.eye(4)))))
    panel.choose("otsu")
    qtbot.waitUntil(
        lambda: editor.previews.state is not None and bool(editor.previews.state.error), timeout=PATIENCE_MS
    )
    assert editor.previews.state is not None
    assert panel.counts.text() == editor.previews.state.error
    assert panel.counts.property("error")


def test_a_preview_that_takes_long_tells_how_far_it_is(
    panel: OperationsPanel, editor: Editor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, asked = threading.Event(), Otsu.apply

    def slow(self: Otsu, scene: Scene, progress: Progress) -> Patch | None:
        progress(0.25)
        assert seen.wait(60)
        return asked(self, scene, progress)

    monkeypatch.setattr(preview_lane, "LONG", -1)
    monkeypatch.setattr(Otsu, "apply", slow)
    panel.choose("otsu")
    qtbot.waitUntil(lambda: panel.counts.text() == "Counting … 25 %", timeout=PATIENCE_MS)
    seen.set()
    counted(editor, qtbot)
    assert panel.counts.text().startswith("+")


def test_what_a_preview_tells_late_or_soon_is_not_heard(
    panel: OperationsPanel, editor: Editor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    progressed, goes_on, asked = editor._preview_lane._lane.progressed, threading.Event(), Otsu.apply

    def slow(self: Otsu, scene: Scene, progress: Progress) -> Patch | None:
        assert goes_on.wait(60)
        return asked(self, scene, progress)

    monkeypatch.setattr(Otsu, "apply", slow)
    panel.choose("otsu")
    editor._preview_lane._began = -math.inf
    progressed.emit(0.5)  # of the one before
    assert panel.counts.text() == "Counting …"
    qtbot.waitUntil(lambda: editor._preview_lane._lane._running is not None, timeout=PATIENCE_MS)
    progressed.emit(0.5)  # it has only just begun
    assert panel.counts.text() == "Counting …"
    editor._preview_lane._began -= preview_lane.LONG
    progressed.emit(0.5)
    assert panel.counts.text() == "Counting … 50 %"
    goes_on.set()
    counted(editor, qtbot)
    told = panel.counts.text()
    progressed.emit(0.5)
    assert panel.counts.text() == told
    editor.clear_preview()
    progressed.emit(0.5)
    assert editor.previews.state is None


def test_a_preview_goes_on_after_a_job(panel: OperationsPanel, editor: Editor, qtbot: QtBot) -> None:
    panel.choose("threshold")
    set_field(panel, "lower", 500.0)
    editor.jobs.run("Saving", lambda progress: None, lambda _: None)
    settle(editor, qtbot)
    assert counted(editor, qtbot) == (96, 0)


def test_the_panels_share_one_preview(
    panel: OperationsPanel, histogram: HistogramPanel, editor: Editor, qtbot: QtBot
) -> None:
    panel.choose("invert")
    counted(editor, qtbot)
    histogram.ends.low.set_number(500.0)
    assert counted(editor, qtbot) == (96, 0)
    assert panel.counts.text() == "Another change is previewed; apply or reset that first."
    assert histogram.change.changes.text() == "+96 / −0 voxels"
    panel.choose("clear")
    assert counted(editor, qtbot) == (0, 0)
    assert (histogram.change.changes.text(), histogram.plot.bounds) == ("", None)


def test_the_menu_chooses(panel: OperationsPanel, qtbot: QtBot) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    panel.fill_menu(menu)
    groups = {action.text(): action.menu() for action in menu.actions()}
    assert set(groups) == {cls.group for cls in listed_operations()}
    action = next(action for action in groups["Morphology"].actions() if action.text() == "Closing …")
    action.trigger()
    assert panel.heading.text() == "Closing"


def test_another_image_gets_values_of_its_own(panel: OperationsPanel, editor: Editor) -> None:
    panel.choose("threshold")
    set_field(panel, "lower", 123.0)
    brighter = Volume(np.asfortranarray(image().stored * 10), image().geometry)
    editor.set_session(session_of(brighter))
    assert editor.previews.state is None
    assert panel.fields.form is not None
    assert panel.fields.form.fields["lower"].value() not in (123.0, None)


# History --------------------------------------------------------------------------------------------------------------


def shown(panel: HistoryPanel, row: int, role: int = Qt.ItemDataRole.DisplayRole) -> object:
    return panel.model.index(row).data(role)


@pytest.fixture
def steps(editor: Editor, qtbot: QtBot) -> HistoryPanel:
    made = HistoryPanel(editor, editor.viewer)
    qtbot.addWidget(made)
    made.resize(280, 300)
    made.show()
    editor.apply_now(make("threshold", {"lower": 200}))
    editor.apply_now(make("threshold", {"lower": 500, "combine": "subtract"}))
    editor.apply_now(make("invert", {}))
    return made


def test_what_is_said_of_a_step_names_rois(editor: Editor, steps: HistoryPanel) -> None:
    first = editor.active
    editor.add_roi("other")
    editor.apply_now(make("consensus", {"others": (first,)}), scope=Scope(inside=first))
    name = editor.document.roi(first).name
    told = str(shown(steps, 4, Qt.ItemDataRole.ToolTipRole)).splitlines()
    assert told[:3] == ["Step 4: Consensus of ROIs", "ROI: other", f"ROIs: {name}"]
    assert f"Where: inside {name}" in told


def test_rows_tell_steps(steps: HistoryPanel) -> None:
    assert steps.model.rowCount() == 4
    assert shown(steps, 0) == "Start: empty masks"
    assert shown(steps, 1) == "1  Threshold from 200"
    assert shown(steps, 1, steps_model.CHANGE) == "+1\u202f920"
    assert shown(steps, 2, steps_model.CHANGE) == "−96"
    assert str(shown(steps, 3, Qt.ItemDataRole.ToolTipRole)).startswith("Step 3: Invert\nROI: ")
    assert [shown(steps, row, steps_model.CURRENT) for row in range(4)] == [False, False, False, True]


def test_a_click_goes_there_and_back(steps: HistoryPanel, editor: Editor) -> None:
    def click(row: int) -> None:
        at = steps.list.visualRect(steps.model.index(row)).center()
        QTest.mouseClick(steps.list.viewport(), Qt.MouseButton.LeftButton, pos=at)

    assert editor.document is not None
    click(1)
    assert editor.document.voxels(editor.active) == 1920
    assert [shown(steps, row, steps_model.AHEAD) for row in range(4)] == [False, False, True, True]
    click(0)
    assert editor.document.voxels(editor.active) == 0
    click(3)
    assert len(editor.document.timeline) == 3
    assert [shown(steps, row, steps_model.AHEAD) for row in range(4)] == [False] * 4


def test_undo_and_redo_name_what_they_do(steps: HistoryPanel, editor: Editor) -> None:
    assert steps.undo_button.toolTip() == "Undo: Invert"
    assert not steps.redo_button.isEnabled()
    steps.undo_button.click()
    assert steps.redo_button.toolTip() == "Redo: Invert"
    assert editor.document is not None
    assert len(editor.document.timeline) == 2
    steps.redo_button.click()
    assert len(editor.document.timeline) == 3
    assert steps.memory.text().splitlines()[0].endswith("B of 16 MiB")


def test_what_is_kept_to_work_faster_is_shown_and_goes_when_nothing_needs_it(
    steps: HistoryPanel, editor: Editor
) -> None:
    document = editor.document
    assert document is not None
    wait_until(lambda: not editor.working)
    editor.rest._timer.timeout.emit()
    wait_until(lambda: "Cache:" not in steps.memory.text())
    editor.previews.show(make("threshold", {"lower": 200, "fwhm": 3}))
    editor.rest._timer.timeout.emit()  # something is still worked out
    wait_until(lambda: not editor.working)
    QApplication.processEvents()
    kept = document.geometry.shape[0] * document.geometry.shape[1] * document.geometry.shape[2] * 4
    assert document.intermediates.nbytes >= kept
    assert "Cache:" in steps.memory.text()
    editor.rest._timer.timeout.emit()  # the preview needs it
    assert document.intermediates.nbytes >= kept
    editor.clear_preview()
    assert editor.rest._timer.isActive()
    editor.rest._timer.timeout.emit()
    assert document.kept_nbytes == 0
    assert "Cache:" not in steps.memory.text()


def test_a_new_step_replaces_those_ahead(steps: HistoryPanel, editor: Editor) -> None:
    editor.undo()
    editor.undo()
    editor.apply_now(make("clear", {}))
    assert [shown(steps, row) for row in range(steps.model.rowCount())] == [
        "Start: empty masks",
        "1  Threshold from 200",
        "2  Clear",
    ]


def test_ten_thousand_steps_are_no_burden(steps: HistoryPanel, editor: Editor) -> None:
    document = editor.document
    assert document is not None
    done = Outcome(None, None, 0)

    def effort_after(count: int) -> int:
        many = tuple(Step(make("invert", {}), "roi1", outcome=done) for _ in range(count))
        document.history.visit(many, "many")
        editor.document_changed.emit()
        QApplication.processEvents()
        assert steps.model.rowCount() == count + 1

        def one_more() -> None:
            document.history.visit((*many, Step(make("clear", {}), "roi1", outcome=done)), "one more")
            editor.document_changed.emit()
            QApplication.processEvents()

        effort = effort_of(one_more)
        assert steps.model.rowCount() == count + 2
        return effort

    assert effort_after(10_000) < 1.1 * effort_after(100)


def test_another_image_begins_anew(steps: HistoryPanel, editor: Editor) -> None:
    editor.set_session(session_of(image()))
    assert steps.model.rowCount() == 1
    assert steps.model.rowCount(QModelIndex()) == 1


def test_titles_that_differ_at_their_ends_are_told_apart(steps: HistoryPanel, table: RoisPanel) -> None:
    one, other = "1  EPI mask 0.2–0.85, opening 1 ×", "1  EPI mask 0.2–0.85, opening 2 ×"
    metrics = steps.list.fontMetrics()
    for share in (0.9, 0.6, 0.4):
        width = int(share * metrics.horizontalAdvance(one))
        assert elided(one, metrics, width) != elided(other, metrics, width)
        assert metrics.horizontalAdvance(elided(one, metrics, width)) <= width
    assert elided(one, metrics, 1000) == one
    assert table.table.textElideMode() == Qt.TextElideMode.ElideMiddle


# ROIs -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def table(editor: Editor, qtbot: QtBot) -> RoisPanel:
    made = RoisPanel(editor)
    qtbot.addWidget(made)
    made.resize(280, 200)
    made.show()
    editor.add_roi("second")
    return made


def cell(panel: RoisPanel, row: int, column: int) -> QModelIndex:
    return panel.model.index(row, column)


def click(panel: RoisPanel, row: int, column: int) -> None:
    at = panel.table.visualRect(cell(panel, row, column)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_rows_tell_rois(table: RoisPanel, editor: Editor) -> None:
    editor.apply_now(make("threshold", {"lower": 500}))
    assert table.model.rowCount() == 2
    assert [cell(table, 1, column).data() for column in (rois.NAME, rois.VOXELS, rois.VOLUME, rois.SHARE)] == [
        "second",
        "96",
        "1.54",
        "1.25",
    ]
    assert cell(table, 0, rois.VOXELS).data() == "0"
    assert table.table.currentIndex().row() == 1


def test_a_row_is_chosen_by_a_click(table: RoisPanel, editor: Editor) -> None:
    assert editor.active == "roi2"
    click(table, 0, rois.NAME)
    assert editor.active == "roi1"
    editor.set_active("roi2")
    assert table.table.currentIndex().row() == 1


def test_eye_and_lock_are_switched(table: RoisPanel, editor: Editor) -> None:
    assert editor.document is not None
    click(table, 0, rois.VISIBLE)
    click(table, 0, rois.LOCKED)
    roi = editor.document.roi("roi1")
    assert (roi.visible, roi.locked) == (False, True)
    assert [cell(table, 0, column).data(cells.GLYPH) for column in (rois.VISIBLE, rois.LOCKED)] == ["hidden", "locked"]
    click(table, 0, rois.VISIBLE)
    assert editor.document.roi("roi1").visible
    # It is the other one that is worked on all the time.
    assert editor.active == "roi2"
    assert table.table.currentIndex().row() == 1


def test_names_are_edited_in_place_and_stay_apart(table: RoisPanel, editor: Editor, qtbot: QtBot) -> None:
    assert editor.document is not None
    name = cell(table, 1, rois.NAME)
    assert table.model.setData(name, "  ventricles ")
    assert editor.document.roi("roi2").name == "ventricles"
    with qtbot.waitSignal(editor.message, timeout=PATIENCE_MS) as told:
        assert not table.model.setData(name, editor.document.roi("roi1").name)
    assert "different name" in told.args[0]
    assert not table.model.setData(name, "   ")
    assert editor.document.roi("roi2").name == "ventricles"


def test_a_colour_is_chosen(table: RoisPanel, editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rois.QColorDialog, "getColor", lambda *_: QColor(1, 2, 3))
    click(table, 1, rois.COLOUR)
    assert editor.document is not None
    assert editor.document.roi("roi2").colour == (1, 2, 3)


def test_rois_are_added_and_deleted(table: RoisPanel, editor: Editor) -> None:
    table.add_button.click()
    assert table.model.rowCount() == 3
    assert editor.active == "roi3"
    table.delete_button.click()
    table.delete_button.click()
    assert table.model.rowCount() == 1
    assert not table.delete_button.isEnabled()


# Looks ----------------------------------------------------------------------------------------------------------------


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast ratio of the Web Content Accessibility Guidelines 2.1."""

    def luminance(colour: QColor) -> float:
        parts = [colour.redF(), colour.greenF(), colour.blueF()]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("WindowText", "Window"),
        ("Text", "Base"),
        ("Text", "AlternateBase"),
        ("ButtonText", "Button"),
        ("PlaceholderText", "Base"),
        ("PlaceholderText", "Window"),
        ("HighlightedText", "Highlight"),
        ("ToolTipText", "ToolTipBase"),
        ("BrightText", "Window"),
        ("Link", "Base"),
    ],
)
def test_text_can_be_read(dark: bool, text: str, ground: str) -> None:
    made = palette(dark)
    roles = QPalette.ColorRole
    # What level AA asks of small text.
    assert contrast(made.color(roles[text]), made.color(roles[ground])) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("text", "ground"),
    [("Text", "Base"), ("Text", "AlternateBase"), ("WindowText", "Window"), ("ButtonText", "Button")],
)
def test_undone_steps_headings_and_what_is_off_can_be_read(dark: bool, text: str, ground: str) -> None:
    made, roles = palette(dark), QPalette.ColorRole
    off = made.color(QPalette.ColorGroup.Disabled, roles[text])
    assert contrast(off, made.color(roles[ground])) >= 4.5
    assert off != made.color(QPalette.ColorGroup.Active, roles[text])


def test_themes_are_switched(qapp: QApplication, qtbot: QtBot, histogram: HistogramPanel) -> None:
    themer = qapp.findChild(Themer)
    assert isinstance(themer, Themer)
    before = themer.theme
    for theme in itertools.islice(itertools.cycle((Theme.DARK, Theme.LIGHT)), 4):
        if theme is not themer.theme:
            with qtbot.waitSignal(themer.changed, timeout=PATIENCE_MS):
                themer.choose(theme)
        assert is_dark(qapp.palette()) is (theme is Theme.DARK)
        assert is_dark(histogram.plot.palette()) is (theme is Theme.DARK)
        ground = histogram.plot.backgroundBrush().color()
        assert (ground.lightness() < 128) is (theme is Theme.DARK)
        # The outline of a field stands out from the ground, in the middle of its left side.
        picture = histogram.ends.low.grab().toImage()
        across = [picture.pixelColor(x, picture.height() // 2).lightness() for x in range(3)]
        assert max(abs(one - qapp.palette().window().color().lightness()) for one in across) > 40
    themer.choose(before)


def test_where_names_rois_and_not_their_ids(panel: OperationsPanel, editor: Editor, qtbot: QtBot) -> None:
    assert editor.document is not None
    other, third = editor.document.add_roi("the hippocampus"), editor.document.add_roi("skull")
    panel.choose("invert")
    assert panel.fields.where is not None
    panel.fields.where.fields["outside"].set_value((third.id,))
    panel.fields.where.fields["inside"].set_value(other.id)
    counted(editor, qtbot)
    assert panel.fields.where_button.text() == "Where: inside the hippocampus, not inside skull"


def test_panels_fit_beside_the_views(
    panel: OperationsPanel, steps: HistoryPanel, table: RoisPanel, histogram: HistogramPanel
) -> None:
    for cls in listed_operations():
        panel.choose(cls.id)
        panel.fields.where_button.setChecked(True)
        assert panel.fields.form is not None
        assert panel.fields.form.minimumSizeHint().width() <= 300, cls.id
    for widget in (panel, steps, table):
        assert widget.minimumSizeHint().width() <= 300
        assert widget.minimumSizeHint().height() <= 330
    assert histogram.minimumSizeHint().width() <= 340
    assert histogram.minimumSizeHint().height() <= 240


def test_every_widget_has_a_name(
    panel: OperationsPanel, steps: HistoryPanel, table: RoisPanel, histogram: HistogramPanel
) -> None:
    named = [
        panel.list.search, panel.list.list, steps.list, table.table, histogram.plot, histogram.ends.low,
        histogram.ends.high, histogram.change.combine, histogram.sources.frame, histogram.sources.part,
        steps.undo_button, steps.redo_button, table.add_button, table.delete_button,
    ]  # fmt: skip
    assert all(widget.accessibleName() for widget in named)


def test_a_form_that_goes_at_once_is_no_window_for_a_moment(qtbot: QtBot, qapp: QApplication) -> None:
    """It would take the keyboard, and keep it from the window when it is gone."""
    fields = StepFields()
    qtbot.addWidget(fields)
    fields.show()
    fields.open(Otsu, None, EVERYWHERE, Surroundings())
    form = fields.form
    shown: list[object] = []
    qapp.focusWindowChanged.connect(shown.append)
    fields.close_forms()  # before the loop of events is back, in which a layout shows what came into it
    QApplication.sendPostedEvents(form, QEvent.Type.MetaCall)
    qapp.focusWindowChanged.disconnect(shown.append)
    assert form is not None
    assert form.isHidden()
    assert shown == []
