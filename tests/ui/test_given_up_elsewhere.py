"""Escape in the middle of a drag of whatever can be dragged beside the planes: all is as it was before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtWidgets import (
    QApplication,
    QDialog,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSlider,
    QSplitter,
    QStyle,
    QStyleOptionSlider,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.ui.main_window.compare_bar import CompareBar
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.panels.images import ImagesPanel
from maskeditor.ui.panels.joint_plot import Shape
from maskeditor.ui.qt import sure
from maskeditor.ui.views.cells import Layout
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, Position, middle, wait_until

pytestmark = [pytest.mark.qt_log_level_fail("WARNING"), pytest.mark.qt_log_ignore("propagateSizeHints")]


class Held(NamedTuple):
    """What is dragged: the widget under the pointer, where it goes, and what that changes."""

    widget: QWidget
    way: tuple[Position, ...]
    state: Callable[[], Any]


@pytest.fixture
def shown(desk: Desk, tmp_path: Path) -> Desk:
    """A series of seven volumes with a smoothed image."""
    head = phantoms.head((20, 24, 18))
    series = np.stack([head + 5 * at for at in range(7)], axis=-1)
    nib.save(nib.Nifti1Image(series, phantoms.affine("anisotropic")), tmp_path / "series.nii")
    desk.open(tmp_path / "series.nii")
    desk.editor.apply_now(make("smooth", {"name": "soft", "fwhm": 4.0}))
    desk.wait()
    return desk


def along(widget: QWidget, *shifts: float, at: Position | None = None, upright: bool = False) -> tuple[Position, ...]:
    x, y = at or middle(widget)
    return tuple((x, y + shift) if upright else (x + shift, y) for shift in (0.0, *shifts))


def handle_of(slider: QSlider) -> Position:
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    which = QStyle.SubControl.SC_SliderHandle
    place = sure(slider.style()).subControlRect(QStyle.ComplexControl.CC_Slider, option, which, slider)
    return place.center().x(), place.center().y()


def of_slider(slider: QSlider, state: Callable[[], Any], *, towards: int = 1) -> Held:
    return Held(
        slider,
        along(slider, 25.0 * towards, 45.0 * towards, 50.0 * towards, at=handle_of(slider)),
        lambda: (slider.value(), slider.isSliderDown(), state()),
    )


def view_state(desk: Desk) -> Callable[[], Any]:
    return lambda: desk.editor.viewer.state


def volume(desk: Desk, driver: Driver) -> Held:
    desk.editor.viewer.set_frame(2)
    return of_slider(desk.window.views.frames.slider, view_state(desk))


def opacity(desk: Desk, driver: Driver) -> Held:
    slider = next(one for one in desk.window.findChildren(QSlider) if one.accessibleName() == "Mask opacity")
    return of_slider(slider, view_state(desk), towards=-1)


def opacity_of_image(desk: Desk, driver: Driver) -> Held:
    panel = sure(desk.window.findChild(ImagesPanel))
    slider = next(one for one in panel.findChildren(QSlider) if one.accessibleName() == "Opacity of soft")
    return of_slider(slider, lambda: desk.editor.viewer.display("soft"), towards=-1)


def comparison(desk: Desk, driver: Driver) -> Held:
    desk.editor.comparing.start("blend", "soft")
    desk.wait()
    bar = sure(desk.window.findChild(CompareBar))
    return of_slider(bar.slider, lambda: desk.editor.viewer.state.comparison)


def slice_slider(desk: Desk, driver: Driver) -> Held:
    slider = desk.window.views.views[Plane.AXIAL].slider
    return Held(slider, along(slider, 30, 60, upright=True), view_state(desk))


def between_planes(desk: Desk, driver: Driver) -> Held:
    desk.window.views.choose(Layout.FOUR)
    driver.settle()
    top = next(
        one
        for one in desk.window.views.cells.findChildren(QSplitter)
        if desk.window.views.views[Plane.AXIAL].parent() is one
    )
    handle = sure(top.handle(1))
    return Held(handle, along(handle, 30, 60), lambda: [one.sizes() for one in all_splitters(desk)])


def all_splitters(desk: Desk) -> list[QSplitter]:
    return desk.window.views.findChildren(QSplitter)


def between_panels(desk: Desk, driver: Driver) -> Held:
    window, dock = desk.window, desk.window.docks["rois"]
    x = dock.mapTo(window, dock.rect().topLeft()).x()
    left = x > window.width() / 2
    at = (x - 2.0 if left else x + dock.width() + 2.0, window.height() / 2)
    way = along(window, *((-30, -60) if left else (30, 60)), at=at)
    driver.move(window, (at[0], at[1] - 5))
    return Held(window, way, lambda: {id: one.geometry().getRect() for id, one in window.docks.items()})


def curve_over_time(desk: Desk, driver: Driver) -> Held:
    return of_curve(desk, driver)


def profile(desk: Desk, driver: Driver) -> Held:
    desk.wiring.curves.what.setCurrentIndex(1)
    return of_curve(desk, driver)


def curve_of_mean(desk: Desk, driver: Driver) -> Held:
    desk.editor.viewer.set_frame("mean")
    return of_curve(desk, driver)


def of_curve(desk: Desk, driver: Driver) -> Held:
    desk.window.docks["curves"].show()
    desk.wait()
    driver.settle()
    plot = desk.wiring.curves.plot
    return Held(
        plot, along(plot, 60, 120, 130), lambda: (desk.editor.viewer.state.crosshair, desk.editor.viewer.state.frame)
    )


def joint(desk: Desk, *pairs: tuple[float, float]) -> Held:
    """What a drag on the joint histogram changes, over parts of its axes."""
    plot, pending = desk.wiring.joint_histogram.plot, desk.editor.pending
    (low, high), (_, top) = plot.spans()
    points = [QPointF(low + x * (high - low), y * top) for x, y in pairs]
    places = [plot.mapFromScene(plot.area.mapToScene(plot.area.mapFromView(point))) for point in points]

    def state() -> Any:
        change = pending.change
        set_so = change.fields.values() if change is not None else None
        previewed = desk.editor.previews.state
        said = previewed.in_words() if previewed is not None else None
        return plot.corners, change, set_so, desk.wiring.operations.fields.form, said

    return Held(plot, tuple((float(one.x()), float(one.y())) for one in places), state)


def show_joint(desk: Desk, driver: Driver) -> None:
    desk.window.docks["joint_histogram"].show()
    wait_until(lambda: desk.wiring.joint_histogram.histogram is not None, "the counts")
    desk.wait()
    driver.settle()


def region(desk: Desk, driver: Driver) -> Held:
    show_joint(desk, driver)
    return joint(desk, (0.3, 0.2), (0.6, 0.5), (0.7, 0.3), (0.4, 0.1))


def region_in_a_form(desk: Desk, driver: Driver) -> Held:
    show_joint(desk, driver)
    desk.wiring.operations.choose("joint_histogram_region")
    desk.wait()
    driver.settle()
    desk.wiring.joint_histogram.plot.draw_shape(Shape.ELLIPSE)
    return joint(desk, (0.3, 0.2), (0.6, 0.5), (0.7, 0.6))


def region_moved(desk: Desk, driver: Driver) -> Held:
    show_joint(desk, driver)
    desk.wiring.joint_histogram.plot.draw_shape(Shape.RECTANGLE)
    driver.drag(desk.wiring.joint_histogram.plot, joint(desk, (0.3, 0.2), (0.6, 0.5)).way)
    desk.wait()
    driver.settle()
    return joint(desk, (0.45, 0.35), (0.55, 0.4), (0.65, 0.45))


DRAGGED = (
    volume, opacity, opacity_of_image, comparison, slice_slider, between_planes, between_panels, curve_over_time,
    profile, curve_of_mean, region, region_in_a_form, region_moved,
)  # fmt: skip


@pytest.mark.parametrize("dragged", DRAGGED, ids=lambda one: one.__name__)
@pytest.mark.parametrize("key", ["Esc", "F9"])
def test_escape_leaves_all_as_it_was(
    shown: Desk, driver: Driver, dragged: Callable[[Desk, Driver], Held], key: str
) -> None:
    """By the key of Cancel, whichever that is."""
    if key != "Esc":
        shown.window.keys.choose({"cancel": (key,)}, {})
    held = dragged(shown, driver)
    shown.wait()
    driver.settle()
    before, steps = held.state(), shown.document.timeline

    def go(place: Position) -> None:
        """Move on, to where something else may be by now."""
        at = held.widget.mapTo(shown.window, QPointF(*place))
        driver.move(shown.window, (at.x(), at.y()))
        driver.settle()

    def go_half() -> None:
        driver.move(held.widget, held.way[0])
        driver.press()
        for place in held.way[1:-1]:
            go(place)

    go_half()
    shown.wait()
    assert held.state() != before
    driver.key(key)
    shown.wait()
    assert held.state() == before
    go(held.way[-1])
    driver.release()
    shown.wait()
    assert held.state() == before
    assert shown.document.timeline == steps
    # The same drag, not given up, does something.
    go_half()
    driver.release()
    shown.wait()
    assert held.state() != before


def test_in_a_dialog_escape_gives_up_the_drag_and_then_closes_it(desk: Desk, driver: Driver) -> None:
    dialog = QDialog(desk.window)
    table = QTableWidget(2, 3)
    split = QSplitter(Qt.Orientation.Horizontal)
    for widget in (table, QLabel("beside")):
        split.addWidget(widget)
    layout = QVBoxLayout(dialog)
    layout.addWidget(QLineEdit())
    layout.addWidget(split)
    dialog.resize(700, 300)
    dialog.show()
    driver.settle()
    headings = sure(table.horizontalHeader())
    edge = float(headings.sectionPosition(1) - 1)
    sorted_by: list[int] = []
    headings.sectionClicked.connect(sorted_by.append)

    def sizes() -> Any:
        return split.sizes(), [headings.sectionSize(one) for one in range(3)]

    handle, heading = sure(split.handle(1)), sure(headings.viewport())
    starts = ((handle, middle(handle)), (heading, (edge, 8.0)))
    for widget, start in starts:
        before = sizes()
        driver.move(widget, start)
        driver.press()
        begun = widget.mapTo(dialog, QPointF(*start))
        for shift in (-15, -30):
            driver.move(dialog, (begun.x() + shift, begun.y()))
        assert sizes() != before
        driver.key("Esc")
        driver.move(dialog, (begun.x() - 40, begun.y()))
        driver.release()
        assert sizes() == before
        assert dialog.isVisible()
    # A press of a heading that goes nowhere is given up, too, and what comes after it counts again.
    inside = (headings.sectionPosition(1) + 30.0, 8.0)
    driver.move(heading, inside)
    driver.press()
    driver.key("Esc")
    driver.release()
    assert sorted_by == []
    driver.click(heading, inside)
    assert sorted_by == [1]
    driver.key("Esc")
    assert not dialog.isVisible()


def test_a_drag_from_the_second_of_two_clicks_is_given_up_too(desk: Desk, driver: Driver) -> None:
    box = QDialog(desk.window)
    slider = QSlider(Qt.Orientation.Horizontal)
    QHBoxLayout(box).addWidget(slider)
    box.resize(400, 60)
    box.show()
    driver.settle()
    x, y = handle_of(slider)
    driver.move(slider, (x, y))
    interval = QApplication.doubleClickInterval()
    QApplication.setDoubleClickInterval(60_000)
    try:
        driver.press()
        driver.release()
        driver.press()
    finally:
        QApplication.setDoubleClickInterval(interval)
    driver.move(slider, (x + 100, y))
    assert slider.value() > 0
    driver.key("Esc")
    driver.release()
    assert (slider.value(), slider.isSliderDown(), box.isVisible()) == (0, False, True)
    driver.key("Esc")
    assert not box.isVisible()


def test_what_goes_while_it_is_dragged_is_let_go_of(desk: Desk, driver: Driver) -> None:
    box = QDialog(desk.window)
    row = QHBoxLayout(box)
    slider = QSlider(Qt.Orientation.Horizontal)
    row.addWidget(slider)
    row.addWidget(QLineEdit())
    box.resize(400, 60)
    box.show()
    driver.settle()
    driver.move(slider, handle_of(slider))
    driver.press()
    slider.setParent(None)
    slider.deleteLater()
    del slider
    driver.settle()
    driver.release()
    driver.key("Esc")
    assert not box.isVisible()


def test_a_release_that_went_elsewhere_leaves_escape_to_others(desk: Desk, driver: Driver) -> None:
    box = QDialog(desk.window)
    row = QHBoxLayout(box)
    slider = QSlider(Qt.Orientation.Horizontal)
    row.addWidget(slider)
    row.addWidget(QLineEdit())
    box.resize(400, 60)
    box.show()
    driver.settle()
    driver.move(slider, handle_of(slider))
    driver.press()
    slider.hide()
    driver.release()
    driver.key("Esc")
    assert not box.isVisible()


def test_a_second_escape_within_the_drag_is_what_it_always_is(shown: Desk, driver: Driver) -> None:
    shown.wiring.operations.choose("threshold")
    shown.wait()
    held = opacity(shown, driver)
    before = held.state()
    driver.move(held.widget, held.way[0])
    driver.press()
    driver.move(held.widget, held.way[1])
    assert held.state() != before
    driver.key("Esc")
    shown.wait()
    assert (held.state(), shown.editor.pending.change is None) == (before, False)
    driver.key("Esc")
    assert shown.editor.pending.change is None
    driver.release()
    assert held.state() == before


def curve_from_late(desk: Desk, driver: Driver) -> Held:
    """From a volume that the other image has not."""
    desk.editor.viewer.set_frame(5)
    return of_curve(desk, driver)


def test_a_slider_is_not_put_back_in_another_image(shown: Desk, driver: Driver, tmp_path: Path) -> None:
    series = np.stack([phantoms.head((20, 24, 18))] * 7, axis=-1)
    nib.save(nib.Nifti1Image(series, phantoms.affine("anisotropic")), tmp_path / "other.nii")
    sure(shown.editor.session).save_session(tmp_path / "work.maskeditor")  # so that nothing is asked
    held = volume(shown, driver)
    shown.wait()
    driver.move(held.widget, held.way[0])
    driver.press()
    driver.move(held.widget, held.way[1])
    shown.open(tmp_path / "other.nii")
    before = shown.editor.viewer.state
    driver.key("Esc")
    driver.release()
    assert shown.editor.viewer.state == before


@pytest.mark.parametrize("dragged", [curve_from_late, curve_of_mean, region])
def test_a_drag_ends_where_another_image_opens(
    shown: Desk, driver: Driver, dragged: Callable[[Desk, Driver], Held], tmp_path: Path
) -> None:
    """It is no place and no region of that one."""
    other = np.stack([phantoms.head((20, 24, 18))] * 2, axis=-1)
    nib.save(nib.Nifti1Image(other, phantoms.affine("anisotropic")), tmp_path / "other.nii")
    sure(shown.editor.session).save_session(tmp_path / "work.maskeditor")  # so that nothing is asked
    held = dragged(shown, driver)
    driver.move(held.widget, held.way[0])
    driver.press()
    if dragged is not region:  # a form that is pending is asked about first
        driver.move(held.widget, held.way[1])
    shown.open(tmp_path / "other.nii")
    before = held.state()
    for place in held.way[2:]:
        driver.move(held.widget, place)
    shown.wait()
    assert held.state() == before
    driver.key("Esc")
    driver.release()
    shown.wait()
    assert held.state() == before


def large_region_moved(desk: Desk, driver: Driver) -> Held:
    """One that holds voxels wherever it is."""
    show_joint(desk, driver)
    desk.wiring.joint_histogram.plot.draw_shape(Shape.RECTANGLE)
    driver.drag(desk.wiring.joint_histogram.plot, joint(desk, (0.1, 0.05), (0.8, 0.8)).way)
    desk.wait()
    driver.settle()
    return joint(desk, (0.4, 0.4), (0.45, 0.45), (0.5, 0.45))


@pytest.mark.parametrize("dragged", [region_in_a_form, large_region_moved])
@pytest.mark.parametrize("key", ["Return", "Esc"])
def test_a_region_that_was_applied_within_its_drag_stays_so(
    shown: Desk, driver: Driver, dragged: Callable[[Desk, Driver], Held], key: str
) -> None:
    """Neither what the hand does then nor Escape has a region to go on with."""
    held = dragged(shown, driver)
    driver.move(held.widget, held.way[0])
    driver.press()
    for place in held.way[1:-1]:
        driver.move(held.widget, place)
    shown.wait()
    driver.key("Return")
    shown.wait()
    steps = shown.document.timeline
    assert steps[-1].operation.id == "joint_histogram_region"
    if key == "Esc":
        driver.key("Esc")
    driver.move(held.widget, held.way[-1])
    driver.release()
    shown.wait()
    assert (shown.document.timeline, shown.editor.pending.change) == (steps, None)
    assert shown.wiring.joint_histogram.plot.corners == ()


def test_what_is_pressed_before_panels_are_up_says_nothing(desk: Desk, qtbot: QtBot) -> None:
    """Qt warns of what it is to remember and has no name."""
    bare = MainWindow()
    qtbot.addWidget(bare)
    bare.show()
    docks = bare.findChildren(QDockWidget)
    assert docks
    for dock in docks:
        qtbot.mousePress(dock, Qt.MouseButton.LeftButton)
        qtbot.mouseRelease(dock, Qt.MouseButton.LeftButton)
