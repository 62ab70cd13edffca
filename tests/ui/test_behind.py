"""What a step of a hand has drawn at once, and what follows it a moment later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.ui.behind import Behind
from maskeditor.ui.look.elided_label import STEP, ElidedLabel
from maskeditor.ui.views.canvas import Canvas
from maskeditor.ui.views.slice_slider import SliceSlider
from tests.ui.conftest import Desk
from tests.ui.drivers import wait_until

RELEASE = QEvent.Type.MouseButtonRelease
NONE, LEFT, MIDDLE = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


class Seen(QObject):
    """Takes note of which widgets are painted, and of which are asked to lay out what is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[QObject] = []
        self.laid_out: list[QObject] = []

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is not None and event is not None:
            if event.type() == QEvent.Type.Paint:
                self.painted.append(watched)
            elif event.type() == QEvent.Type.LayoutRequest:
                self.laid_out.append(watched)
        return False


@contextmanager
def seen() -> Iterator[Seen]:
    """See what is painted and laid out from now on, timers left aside: what is due later does not come."""
    app = QCoreApplication.instance()
    assert app is not None
    spy = Seen()
    app.installEventFilter(spy)
    yield spy
    app.sendPostedEvents()
    app.removeEventFilter(spy)


def is_at_rest() -> bool:
    """Do what is due, and return whether nothing of it was painted or laid out."""
    with seen() as spy:
        QCoreApplication.processEvents()
    return not spy.painted and not spy.laid_out


def mouse(canvas: Canvas, kind: QEvent.Type, x: float, button: Qt.MouseButton = LEFT) -> None:
    """Do something with the mouse in a plane, some pixels from its middle, without a turn of the event loop."""
    at = QPointF(canvas.width() / 2 + x, canvas.height() / 2 + x)
    of_event = NONE if kind == QEvent.Type.MouseMove else button
    held = NONE if kind == QEvent.Type.MouseButtonRelease else button
    place = canvas.mapToGlobal(at)
    QCoreApplication.sendEvent(canvas, QMouseEvent(kind, at, place, of_event, held, Qt.KeyboardModifier.NoModifier))


def said(desk: Desk) -> str:
    """Return what the status line says of the pointer."""
    labels = desk.window.findChildren(ElidedLabel)
    return next(label for label in labels if label.accessibleName() == "Under the pointer").text()


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    """A window with a mask."""
    values = np.random.default_rng(2).integers(0, 600, (24, 28, 20)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(values, np.diag([2.0, 2.0, 3.0, 1.0])), tmp_path / "head.nii.gz")
    desk.open(tmp_path / "head.nii.gz")
    desk.editor.apply(make("threshold", {"lower": 300.0}))
    desk.wait()
    wait_until(is_at_rest, "all to be painted")
    return desk


def test_a_scrolled_slice_paints_planes_and_sliders_alone(opened: Desk) -> None:
    with seen() as spy:
        opened.window.viewer.set_crosshair((5, 6, 7))
    assert {type(one) for one in spy.painted} == {Canvas, SliceSlider}
    assert spy.laid_out == []


@pytest.mark.parametrize(("tool", "button"), [("navigate", LEFT), ("navigate", MIDDLE), ("window", LEFT)])
def test_a_drag_paints_planes_and_sliders_alone(opened: Desk, tool: str, button: Qt.MouseButton) -> None:
    opened.wiring.toolbox.choose(tool)
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    mouse(canvas, QEvent.Type.MouseButtonPress, 0, button)
    opened.wait()
    wait_until(is_at_rest, "the tool's options to be laid out")
    before, words = opened.window.viewer.state, said(opened)
    with seen() as spy:
        mouse(canvas, QEvent.Type.MouseMove, 30, button)
    assert canvas in spy.painted
    assert {type(one) for one in spy.painted} <= {Canvas, SliceSlider}
    assert spy.laid_out == []
    # The rest follows.
    opened.wait()
    if button is LEFT:
        state, histogram = opened.window.viewer.state, opened.window.histogram
        assert state != before
        assert histogram.plot.window_range == state.window
    if tool == "navigate":
        assert said(opened) != words
    mouse(canvas, QEvent.Type.MouseButtonRelease, 30, button)


def on_plot(desk: Desk, kind: QEvent.Type, intensity: float) -> None:
    """Do something with the mouse at an intensity of the histogram, without a turn of the event loop."""
    plot = desk.window.histogram.plot
    viewport = plot.viewport()
    at = QPointF(plot.mapFromScene(plot._area.mapToScene(QPointF(plot.to_pixel(intensity), 0.4 * plot.area_height))))
    of_event, held = NONE if kind == QEvent.Type.MouseMove else LEFT, NONE if kind == RELEASE else LEFT
    place = QPointF(viewport.mapToGlobal(at.toPoint()))
    QCoreApplication.sendEvent(viewport, QMouseEvent(kind, at, place, of_event, held, Qt.KeyboardModifier.AltModifier))


def test_a_dragged_range_is_drawn_at_once_and_what_stands_beside_it_follows(opened: Desk) -> None:
    histogram = opened.window.histogram
    opened.wiring.operations.choose("threshold")
    form = opened.wiring.operations.fields.form
    assert form is not None
    form.set_values({"lower": 200.0, "upper": 500.0})
    opened.wait()
    on_plot(opened, QEvent.Type.MouseButtonPress, 500.0)
    on_plot(opened, QEvent.Type.MouseMove, 450.0)
    opened.wait()
    wait_until(is_at_rest, "the first step to be drawn")
    canvases = {view.canvas for view in opened.window.views.views.values()}
    beside = (histogram.sources, histogram.said, histogram.ends, histogram.change)
    asked: list[object] = []
    opened.window.histogram.sources.follow = lambda: asked.append(None)  # type: ignore[method-assign]
    before = histogram.ends.numbers()
    for step, intensity in enumerate((420.0, 410.0, 400.0, 390.0, 360.0)):
        with seen() as spy:
            on_plot(opened, QEvent.Type.MouseMove, intensity)
        if step < 2:  # that it is counted again is said once, and laid out
            continue
        assert {*canvases, histogram.plot.viewport()} <= {*spy.painted}
        assert not any(one.isAncestorOf(other) for one in beside for other in spy.painted if isinstance(other, QWidget))
        assert spy.laid_out == []
        assert form.value().upper == pytest.approx(intensity, abs=4)
    assert (histogram.ends.numbers(), asked) == (before, [])
    on_plot(opened, RELEASE, 360.0)
    assert asked
    assert histogram.ends.numbers()[1] == form.value().upper


def test_sliders_are_painted_alone_in_another_style_too(opened: Desk) -> None:
    for theme in ("dark", "light"):
        opened.editor.preferred.change(theme=theme)
        wait_until(is_at_rest, "all to be painted in the other colours")
        with seen() as spy:
            opened.window.viewer.set_crosshair((5, 6, 7) if theme == "dark" else (6, 7, 8))
        assert {type(one) for one in spy.painted} == {Canvas, SliceSlider}


def test_all_that_is_asked_for_meanwhile_is_done_once_and_in_order(qtbot: QtBot) -> None:
    parent, done = QObject(), []
    behind = Behind(parent, lambda: done.append("words"), lambda: done.append("mark"))
    assert not behind.is_due
    for _ in range(5):
        behind.ask()
    assert (behind.is_due, done) == (True, [])
    wait_until(lambda: not behind.is_due, "what is behind")
    assert done == ["words", "mark"]


def test_what_is_asked_for_between_two_of_them_is_shown_by_both(qtbot: QtBot) -> None:
    parent, value, shown = QObject(), [1], {}

    def words() -> None:
        shown["words"] = value[0]
        if value[0] == 1:
            value[0] = 2
            behind.ask()

    behind = Behind(parent, words, lambda: shown.update(mark=value[0]))
    behind.ask()
    wait_until(lambda: not behind.is_due, "what is behind")
    assert shown == {"words": 2, "mark": 2}


def test_what_is_done_at_once_is_not_done_again(qtbot: QtBot) -> None:
    parent, done = QObject(), []
    behind, other = Behind(parent, lambda: done.append(1)), Behind(parent, lambda: None)
    behind.ask()
    behind.now()
    assert (behind.is_due, done) == (False, [1])
    other.ask()
    wait_until(lambda: not other.is_due, "as long as it would have taken")
    assert done == [1]


def test_a_label_asks_for_more_room_not_with_each_digit(qtbot: QtBot) -> None:
    window, label = QWidget(), ElidedLabel("Under the pointer")
    qtbot.addWidget(window)
    layout = QHBoxLayout(window)
    layout.addWidget(label)
    layout.addStretch(1)
    words = [f"voxel {number}, {number + 1}, {number + 2}" for number in (*range(5, 305), *range(305, 5, -1))]
    label.setText(words[0])
    window.resize(600, 60)
    window.show()
    QCoreApplication.processEvents()
    widths = []
    with seen() as spy:
        for text in words:
            label.setText(text)
            QCoreApplication.sendPostedEvents()
            QCoreApplication.processEvents()
            widths.append(label.fontMetrics().horizontalAdvance(text))
            assert (label.text(), label.shown) == (text, text)
            assert widths[-1] <= label.width()
    # Of six hundred texts, as many as it grows by steps.
    assert spy.laid_out.count(window) <= (max(widths) - min(widths)) // STEP + 1
    for text in (f"{words[0]}, in a mask of some name, over a map of another", ""):
        with seen() as spy:
            label.setText(text)
        assert window in spy.laid_out
        QCoreApplication.processEvents()
        assert label.fontMetrics().horizontalAdvance(text) <= label.width()


def test_a_screen_reader_is_told_the_whole_text_of_a_label(qtbot: QtBot) -> None:
    label = ElidedLabel("Under the pointer", "Counted from 0.")
    qtbot.addWidget(label)
    for text in ("head: 204  ·  voxel 3, 4, 5", "head: 7", ""):
        label.setText(text)
        assert (label.accessibleName(), label.accessibleDescription()) == (
            "Under the pointer",
            "\n".join(filter(None, (text, "Counted from 0."))),
        )


def test_a_label_measures_its_text_in_another_font(qtbot: QtBot) -> None:
    label = ElidedLabel("Image")
    qtbot.addWidget(label)
    label.setText("64 × 64 × 30  ·  3 × 3 × 4 mm  ·  RAS")
    before, font = label.sizeHint(), label.font()
    font.setPointSizeF(2 * font.pointSizeF())
    label.setFont(font)
    assert label.sizeHint().width() > 1.5 * before.width()
    assert label.sizeHint().height() > before.height()


def test_a_zoom_places_each_plane_once_and_a_pan_one_of_them(opened: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Canvas] = []
    aside = Canvas._look_aside

    def look_aside(canvas: Canvas) -> None:
        looked.append(canvas)
        aside(canvas)

    monkeypatch.setattr(Canvas, "_look_aside", look_aside)
    planes = [view.canvas for view in opened.window.views.views.values()]
    planes[0].zoom(1.5, (50.0, 60.0))
    assert sorted(looked, key=id) == sorted(planes, key=id)
    looked.clear()
    planes[0].pan(5.0, 6.0)
    assert looked == planes[:1]
