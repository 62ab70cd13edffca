"""The layouts, chosen by keys and by the menu, and what of the window stays where it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLabel, QScrollArea, QWidget

from maskeditor.core.space.geometry import Plane
from maskeditor.ui.main_window.window import LEAST_PLANE, MainWindow
from maskeditor.ui.main_window.wiring import Wiring
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.views.cells import Layout
from maskeditor.ui.views.triplanar import PLANES
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.drivers import PATIENCE_MS, Driver, wait_until


def seen(desk: Desk) -> list[Plane]:
    return [plane for plane in PLANES if desk.window.views.views[plane].isVisible()]


def test_layouts_have_keys_and_are_remembered(open_desk: OpenDesk, driver: Driver, slanted: Path) -> None:
    desk = open_desk()
    desk.open(slanted)
    views, checked = desk.window.views, desk.wiring.actions
    driver.move(views.views[Plane.CORONAL].canvas, (30, 30))
    driver.key("Ctrl+2")
    assert (views.arrangement, seen(desk)) == (Layout.ONE, [Plane.CORONAL])
    # What is worked with stays.
    assert desk.window.histogram.isVisible()
    assert desk.wiring.history.isVisible()
    driver.key("F11")
    assert (views.arrangement, seen(desk)) == (Layout.THREE, list(PLANES))
    driver.key("Ctrl+3")
    assert views.arrangement is Layout.FOUR
    assert checked["layout_four"].isChecked()
    assert not checked["layout_three"].isChecked()
    driver.double_click(views.views[Plane.AXIAL].canvas)
    assert (views.arrangement, seen(desk)) == (Layout.ONE, [Plane.AXIAL])
    driver.double_click(views.views[Plane.AXIAL].canvas)
    assert views.arrangement is Layout.FOUR
    assert open_desk().window.views.arrangement is Layout.FOUR


@pytest.mark.parametrize("first", [Layout.ONE, Layout.THREE])
def test_slices_are_whole_again_after_clicks_in_one_large_plane(
    open_desk: OpenDesk, driver: Driver, slanted: Path, first: Layout
) -> None:
    open_desk().window.views.choose(first)  # remembered for the next window
    desk = open_desk()
    desk.open(slanted)
    views = desk.window.views
    views.choose(Layout.ONE)
    desk.wait()
    (plane,) = seen(desk)
    canvas = views.views[plane].canvas
    for x, y in ((0.3, 0.3), (0.7, 0.6)):
        driver.click(canvas, (canvas.width() * x, canvas.height() * y))
    views.choose(Layout.THREE)
    desk.wait()
    cameras = [views.views[one].canvas.camera for one in PLANES]
    assert all(camera.is_fitted for camera in cameras)
    assert {camera.scale for camera in cameras} == {min(camera.fitted_scale for camera in cameras)}


@pytest.mark.parametrize(("size", "is_right"), [((1350, 720), True), ((900, 1000), False)])
def test_four_cells_are_of_one_size_with_the_histogram_beside_them(
    desk: Desk, slanted: Path, size: tuple[int, int], is_right: bool
) -> None:
    desk.window.resize(*size)
    desk.open(slanted)
    views, surface = desk.window.views, QLabel("surface")
    views.set_surface(surface)
    assert not surface.isVisible()
    desk.wiring.actions["layout_four"].trigger()
    desk.wait()
    cells = [*(views.views[plane] for plane in PLANES), surface]
    places = [cell.mapTo(views, QPoint(0, 0)) for cell in cells]
    assert [(place.x() > 0, place.y() > 0) for place in places] == [
        (False, False), (True, False), (False, True), (True, True)
    ]  # fmt: skip
    assert max(cell.width() for cell in cells) - min(cell.width() for cell in cells) <= 2
    there = desk.window.histogram.mapTo(views, QPoint(0, 0))
    assert (there.x() > places[1].x(), there.y() > places[2].y()) == (is_right, not is_right)
    views.choose(Layout.THREE)
    assert not surface.isVisible()


def test_a_cell_that_was_made_wider_is_so_again(desk: Desk, slanted: Path) -> None:
    desk.open(slanted)
    views = desk.window.views
    handle = views.views[Plane.AXIAL].parentWidget().handle(1)  # type: ignore[union-attr]
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=QPoint(1, 50))
    QTest.mouseMove(handle, QPoint(61, 50))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=QPoint(61, 50))
    desk.wait()
    wider = views.views[Plane.AXIAL].width()
    assert wider > views.views[Plane.SAGITTAL].width()
    # The cells of both rows stay in line.
    assert views.views[Plane.CORONAL].width() == wider
    for layout in (Layout.ONE, Layout.FOUR, Layout.THREE):
        views.choose(layout)
        desk.wait()
    assert views.views[Plane.AXIAL].width() == wider


def test_in_a_narrow_window_what_stands_below_has_the_width_of_the_operations_too(desk: Desk, slanted: Path) -> None:
    desk.open(slanted)
    window, docks = desk.window, desk.window.docks
    desk.wiring.actions["usual_layout"].trigger()
    docks["statistics"].show()
    for width, beside in ((1350, True), (1000, False), (1350, True)):
        window.resize(width, 700)
        desk.wait()
        wait_until(
            lambda beside=beside: (docks["statistics"].x() > docks["operations"].geometry().right()) is beside,
            f"the panel below in a window of {width}",
        )


@pytest.mark.parametrize(
    ("screen", "is_stacked", "layout"),
    [
        (QSize(960, 540), False, Layout.THREE),  # 1920 × 1080 at twice the size
        (QSize(683, 384), True, Layout.THREE),  # 1366 × 768 at twice the size
        (QSize(683, 330), True, Layout.ONE),
    ],
)
def test_the_window_is_no_larger_than_a_small_screen(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, slanted: Path, screen: QSize, is_stacked: bool, layout: Layout
) -> None:
    monkeypatch.setattr(MainWindow, "_free_room", screen)
    window = MainWindow()
    window.show()
    assert QTest.qWaitForWindowExposed(window, PATIENCE_MS)
    QApplication.processEvents()
    desk = Desk(window, Wiring(window, attended=False))
    desk.open(slanted)
    try:
        assert window.width() <= screen.width()
        assert window.height() <= screen.height()
        assert bool(window.tabifiedDockWidgets(window.docks["operations"])) is is_stacked
        assert window.views.arrangement is layout
        # What stands in one column has one width, though the histogram is wider than half of the room.
        if layout is Layout.THREE:
            widths = [window.views.views[plane].width() for plane in (Plane.AXIAL, Plane.CORONAL)]
            assert widths[0] == widths[1]
        shown, panel = window.views.rect(), window.histogram
        assert shown.contains(panel.rect().translated(panel.mapTo(window.views, QPoint(0, 0))))
        # Nor does it grow with panels that are opened later, and the planes keep most of the height.
        within = QRect(QPoint(0, 0), screen)
        if layout is Layout.THREE and not is_stacked:
            for id in ("joint_histogram", "statistics"):
                window.docks[id].show()
                desk.wait()
                wait_until(lambda: within.contains(QRect(QPoint(0, 0), window.size())), "the window to fit")
                assert not window.docks[id].visibleRegion().isEmpty()
            # What would leave the planes no useful height from below stands behind a tab at a side, whole.
            for arrangement in (Layout.THREE, Layout.ONE, Layout.FOUR):
                window.views.choose(arrangement)
                desk.wait()
                assert min(canvas.height() for canvas in window.views.seen) >= LEAST_PLANE
            assert window.docks["statistics"] in window.tabifiedDockWidgets(window.docks["operations"])
            window.views.choose(Layout.THREE)
            desk.editor.preferred.change(histogram_place="Below")
            wait_until(lambda: within.contains(QRect(QPoint(0, 0), window.size())), "the window to fit")
    finally:
        desk.close()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


def test_what_stands_below_makes_room_when_another_layout_makes_the_planes_low(desk: Desk, slanted: Path) -> None:
    desk.open(slanted)
    window = desk.window
    window.resize(960, 492)
    window.views.choose(Layout.ONE)
    window.docks["statistics"].show()
    desk.wait()
    below = Qt.DockWidgetArea.BottomDockWidgetArea
    assert window.dockWidgetArea(window.docks["statistics"]) is below
    window.views.choose(Layout.THREE)
    wait_until(lambda: window.dockWidgetArea(window.docks["statistics"]) is not below, "the table to make room")
    desk.wait()
    assert min(canvas.height() for canvas in window.views.seen) >= LEAST_PLANE
    assert not window.docks["statistics"].visibleRegion().isEmpty()


def test_what_stands_below_leaves_planes_their_width_too(desk: Desk, slanted: Path) -> None:
    """In a low room, the histogram stands beside four cells and takes width from them."""
    desk.open(slanted)
    window = desk.window
    window.resize(944, 492)
    window.views.choose(Layout.FOUR)
    desk.wait()
    before = [canvas.height() for canvas in window.views.seen]
    window.docks["signals"].show()
    desk.wait()
    assert window.dockWidgetArea(window.docks["signals"]) is not Qt.DockWidgetArea.BottomDockWidgetArea
    # Nor does a lower room of a moment leave them lower.
    assert [canvas.height() for canvas in window.views.seen] == before


def test_what_hands_have_left_below_low_planes_stays_there(desk: Desk, slanted: Path) -> None:
    """A panel moves when it is opened, and not when its tab is chosen or it is put down."""
    desk.open(slanted)
    window, below = desk.window, Qt.DockWidgetArea.BottomDockWidgetArea
    window.resize(1350, 700)
    docks = [window.docks[id] for id in ("statistics", "curves")]
    for dock in docks:
        dock.show()
        desk.wait()
    window.resizeDocks(docks[:1], [420], Qt.Orientation.Vertical)
    for dock in docks:
        dock.raise_()
        desk.wait()
    assert max(canvas.height() for canvas in window.views.seen) < LEAST_PLANE
    docks.append(window.docks["history"])
    docks[-1].setFloating(True)  # as it is while it is dragged
    window.addDockWidget(below, docks[-1])
    docks[-1].setFloating(False)
    desk.wait()
    assert [window.dockWidgetArea(dock) for dock in docks] == [below] * 3
    # What is opened then does not join them.
    window.docks["clusters"].show()
    desk.wait()
    assert [window.dockWidgetArea(dock) for dock in docks] == [below] * 3
    assert window.dockWidgetArea(window.docks["clusters"]) is not below


def test_what_stood_below_low_planes_stands_there_in_the_next_window(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, slanted: Path
) -> None:
    desk = open_desk()
    desk.open(slanted)
    table = desk.window.docks["statistics"]
    table.show()
    desk.wait()
    desk.window.resizeDocks([table], [600], Qt.Orientation.Vertical)
    desk.wait()
    volume, put_up = desk.window.viewer.volume, MainWindow.put_up
    desk.window.close_now()

    def put_up_beside_an_image(window: MainWindow, panels: Iterable[tuple[PanelDeclaration, QWidget]]) -> None:
        """As at the start of the program, which shows an image before the panels are there."""
        window.look_at(volume)
        put_up(window, panels)

    monkeypatch.setattr(MainWindow, "put_up", put_up_beside_an_image)
    window = open_desk().window
    assert max(canvas.height() for canvas in window.views.seen) < LEAST_PLANE
    assert window.dockWidgetArea(window.docks["statistics"]) is Qt.DockWidgetArea.BottomDockWidgetArea


def test_panels_have_room_beside_a_series_on_a_small_screen(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As 1920 × 1080 at twice the size is: the window does not grow, and no row of the panel is cut."""
    screen = QSize(960, 540)
    series = np.random.default_rng(3).integers(0, 900, (20, 22, 24, 5)).astype(np.int16)
    nib.save(nib.Nifti1Image(series, np.eye(4)), tmp_path / "series.nii")
    monkeypatch.setattr(MainWindow, "_free_room", screen)
    window = MainWindow()
    window.resize(screen)
    window.show()
    assert QTest.qWaitForWindowExposed(window, PATIENCE_MS)
    desk = Desk(window, Wiring(window, attended=False))
    try:
        desk.open(tmp_path / "series.nii")
        for id in ("joint_histogram", "clusters"):
            window.docks[id].show()
            desk.wait()
        for _ in range(5):
            QApplication.processEvents()
        assert window.minimumSizeHint().boundedTo(screen) == window.minimumSizeHint()
        assert window.size().boundedTo(screen) == window.size()
        (around,) = window.docks["clusters"].findChildren(
            QScrollArea, options=Qt.FindChildOption.FindDirectChildrenOnly
        )
        assert around.horizontalScrollBar().maximum() == 0
    finally:
        desk.close()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
