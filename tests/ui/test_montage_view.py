"""The montage in the window: its slices, what a click does, and that it follows whatever the planes follow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.box import Box
from maskeditor.model.data.montage import MontageParameters
from maskeditor.ui.look.kept import last_set
from maskeditor.ui.main_window.montage_page import _KEY
from maskeditor.ui.views.cells import Layout
from maskeditor.ui.views.montage_tiles import Tile
from maskeditor.ui.views.montage_view import MontageView
from maskeditor.ui.views.surface_view import SurfaceView
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, wait_until


@pytest.fixture
def shown(desk: Desk, driver: Driver, slanted: Path) -> Desk:
    desk.open(slanted)
    driver.move(desk.window.views.views[Plane.AXIAL].canvas, (30, 30))
    driver.key("Ctrl+4")
    assert desk.window.views.arrangement is Layout.MONTAGE
    drawn(desk)
    return desk


def view_of(desk: Desk) -> MontageView:
    return desk.wiring.montage.view


def drawn(desk: Desk) -> list[Tile]:
    tiles = view_of(desk).tiles
    wait_until(lambda: not any(tile.scaled.is_stale for tile in view_of(desk).tiles), "the montage to be drawn")
    return tiles


def pixels(picture: QImage) -> bytes:
    bits = picture.constBits()
    assert bits is not None
    return bytes(bits.asarray(picture.sizeInBytes()))


def test_sixteen_slices_through_the_volume_along_each_axis(shown: Desk) -> None:
    view, fields = view_of(shown), shown.wiring.montage.fields
    for plane in (Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL):
        fields["plane"].set_value(plane)
        fields["plane"].changed.emit()
        tiles, count = drawn(shown), view.map.counts[2]
        assert last_set(_KEY, MontageParameters) == view.parameters  # for the next start
        middles = [int((place + 0.5) * count / 16) for place in range(16)]
        assert [tile.picture.index for tile in tiles] == middles[:: view.map.towards]
        world = [shown.document.geometry.to_world(_at(view, tile.picture.index))[plane.normal] for tile in tiles]
        assert sorted(world) == world
        assert [tile.position.text for tile in tiles] == [
            f"{'xyz'[plane.normal]} {round(float(at), 1) + 0.0:.15g} mm" for at in world
        ]
        assert tuple(label.text for label in tiles[0].letters) == view.map.letters[:3]


def _at(view: MontageView, index: int) -> list[float]:
    middle = [(length - 1) / 2 for length in view.map.geometry.shape]
    middle[view.map.normal] = index
    return middle


def test_a_slice_looks_as_in_its_plane_after_edits_and_with_another_window(shown: Desk) -> None:
    editor, viewer = shown.editor, shown.window.viewer
    editor.apply(make("threshold", {"lower": 300.0, "upper": 600.0}))
    shown.wait()
    viewer.set_window(100, 800)
    tile = drawn(shown)[5]
    viewer.set_slice(Plane.AXIAL, tile.picture.index)
    plane = shown.window.views.views[Plane.AXIAL].picture
    assert pixels(tile.picture.image()) == pixels(plane.image())
    editor.undo()
    shown.wait()
    drawn(shown)
    assert pixels(tile.picture.image()) == pixels(plane.image())
    for name in ("outline", "radiological"):
        viewer.change(**{name: not getattr(viewer.state, name)})
        assert pixels(drawn(shown)[5].picture.image()) == pixels(plane.image())


def test_a_click_goes_there_twice_opens_the_plane_and_the_wheel_moves_on(shown: Desk, driver: Driver) -> None:
    view, viewer = view_of(shown), shown.window.viewer
    tile = drawn(shown)[6]
    driver.move(view, (tile.place.x() + tile.place.width() / 2, tile.place.y() + tile.place.height() / 2))
    shown.wait()
    assert "RAS" in shown.wiring.status._pointer.text()
    driver.press()
    driver.release()
    driver.settle()
    middle = [size / 2 for size in shown.document.geometry.shape]
    middle[view.map.normal] = tile.picture.index
    assert np.abs(np.array(viewer.state.crosshair) - middle).max() <= 2
    # The plane under the pointer takes the keys.
    driver.key("PgUp")
    assert viewer.state.crosshair[view.map.normal] == tile.picture.index + view.map.towards
    before = [one.picture.index for one in view.tiles]
    driver.wheel(view, 1)
    assert [one.picture.index for one in drawn(shown)] == [index + view.map.towards for index in before]
    driver.wheel(view, -100)
    indices = [one.picture.index for one in drawn(shown)]
    assert min(indices) == 0 or max(indices) == view.map.counts[2] - 1
    assert np.diff(indices).tolist() == np.diff(before).tolist()
    driver.double_click(view, (tile.place.x() + 20.0, tile.place.y() + 40.0))
    assert shown.window.views.maximised is Plane.AXIAL
    assert viewer.state.crosshair[view.map.normal] == indices[6]
    driver.key("F11")
    assert shown.window.views.arrangement is Layout.MONTAGE


def test_escape_puts_the_crosshair_back_and_another_image_is_not_pointed_at(shown: Desk, driver: Driver) -> None:
    view, viewer = view_of(shown), shown.window.viewer
    place, before = drawn(shown)[6].place, viewer.state.crosshair
    driver.move(view, (place.x() + 30.0, place.y() + 40.0))
    driver.press()
    driver.move(view, (place.x() + 36.0, place.y() + 44.0))
    assert viewer.state.crosshair != before
    driver.key("Esc")
    assert viewer.state.crosshair == before
    driver.move(view, (place.x() + 30.0, place.y() + 40.0))
    driver.release()
    assert viewer.state.crosshair == before
    shown.wait()
    assert "RAS" in shown.wiring.status._pointer.text()
    shown.open()
    assert shown.wiring.status._pointer.text() == ""


def test_only_slices_that_have_changed_are_drawn_and_none_while_it_is_hidden(shown: Desk) -> None:
    view = view_of(shown)
    tiles = drawn(shown)
    before = [tile.picture.composed for tile in tiles]
    axis, index = view.map.normal, tiles[3].picture.index
    start, stop = [10, 10, 10], [20, 20, 20]
    start[axis], stop[axis] = index, index + 2
    shown.editor.redrawn.emit(Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])))
    drawn(shown)
    assert [tile.picture.composed - was for tile, was in zip(tiles, before, strict=True)] == [
        int(place == 3) for place in range(16)
    ]
    # What does not fit is said.
    fields = shown.wiring.montage.fields
    fields["step"].set_value(1.0)
    fields["step"].changed.emit()
    assert "do not fit into 4 rows of 4" in view.problem
    shown.window.views.choose(Layout.THREE)
    QApplication.processEvents()
    assert view.tiles == []
    assert view.childAt(QPoint(1, 1)) is None


def test_the_surface_has_the_last_place(shown: Desk, driver: Driver) -> None:
    view, fields = view_of(shown), shown.wiring.montage.fields
    shown.editor.apply(make("threshold", {"lower": 300.0, "upper": 600.0}))
    fields["surface"].set_value(True)
    fields["surface"].changed.emit()
    shown.wait()
    assert len(drawn(shown)) == 15
    surface = view.surface
    assert isinstance(surface, SurfaceView)
    assert surface.isVisible()
    assert not any(surface.geometry().intersects(tile.place) for tile in view.tiles)
    assert surface.picture is not None
    driver.click(surface)
    crosshair = shown.window.viewer.state.crosshair
    assert shown.document.mask(shown.editor.active)[crosshair]
    # The one of the four cells follows as well, and this one comes back.
    for layout, one in ((Layout.FOUR, shown.wiring.surface), (Layout.MONTAGE, surface)):
        shown.window.views.choose(layout)
        shown.wait()
        assert one.picture is not None
        assert one.picture.solids
    fields["surface"].set_value(False)
    fields["surface"].changed.emit()
    assert not surface.isVisible()
    assert len(drawn(shown)) == 16
