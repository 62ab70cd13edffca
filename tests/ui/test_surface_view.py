"""The surface of the masks in the fourth cell: turned, clicked, cut, painted on, and following edits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPointF
from PyQt6.QtWidgets import QApplication

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.model.session import Session
from maskeditor.ui.views.canvas import Canvas
from maskeditor.ui.views.surface_view import SurfaceView
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, Position, middle, wait_until


@pytest.fixture
def shown(desk: Desk, driver: Driver) -> Desk:
    desk.open()
    desk.editor.apply(make("threshold", {"lower": 540.0, "upper": 720.0}))
    desk.wait()
    desk.editor.apply(make("keep_largest", {}))
    desk.wait()
    driver.move(desk.window.views.views[Plane.AXIAL].canvas, (30, 30))
    driver.key("Ctrl+3")
    desk.wait()
    assert view_of(desk).isVisible()
    assert hits(desk).any()
    return desk


def view_of(desk: Desk) -> SurfaceView:
    return desk.wiring.surface


def hits(desk: Desk) -> np.ndarray:
    picture = view_of(desk).picture
    assert picture is not None
    return picture.codes > 0


def on_surface(desk: Desk) -> Position:
    """Return where, near the middle of the cell, a voxel is seen."""
    view = view_of(desk)
    across, down = middle(view)
    rows, columns = np.nonzero(hits(desk))
    nearest = np.abs(rows - down).argsort(kind="stable")[:50]
    best = nearest[np.abs(columns[nearest] - across).argmin()]
    return float(columns[best]), float(rows[best])


def beside(desk: Desk) -> Position:
    view = view_of(desk)
    place = (view.width() - 12.0, view.height() - 12.0)
    assert view.hit(QPointF(*place)) is None
    return place


def test_a_drag_turns_and_a_click_goes_to_the_voxel_that_is_seen(shown: Desk, driver: Driver) -> None:
    view, viewer = view_of(shown), shown.window.viewer
    before, crosshair = view.orbit, viewer.state.crosshair
    place = on_surface(shown)
    driver.drag(view, [place, (place[0] + 40, place[1] + 10), (place[0] + 60, place[1] + 20)])
    shown.wait()
    assert view.orbit.azimuth == before.azimuth + 30
    assert view.orbit.elevation == before.elevation + 10
    assert viewer.state.crosshair == crosshair
    place = on_surface(shown)
    seen = view.hit(QPointF(*place))
    pointed = []
    shown.window.views.hovered.connect(pointed.append)
    driver.click(view, place)
    assert viewer.state.crosshair == seen
    assert pointed[-1].tolist() == list(seen)
    assert shown.mask()[seen]


def test_it_follows_edits_undo_and_colours_and_holds_nothing_once_it_is_hidden(shown: Desk, driver: Driver) -> None:
    editor = shown.editor
    before = hits(shown).copy()
    editor.apply(make("erosion", {"iterations": 3}))
    shown.wait()
    assert hits(shown).sum() < before.sum()
    editor.undo()
    shown.wait()
    np.testing.assert_array_equal(hits(shown), before)
    editor.change_roi(editor.active, visible=False)
    shown.wait()
    assert view_of(shown).picture is not None
    assert not hits(shown).any()
    editor.undo()
    editor.change_roi(editor.active, visible=True)
    driver.key("Ctrl+1")
    driver.key("Ctrl+3")
    shown.wait()
    assert hits(shown).any()
    driver.key("Ctrl+1")
    shown.wait()
    assert view_of(shown).picture is None
    assert editor.surfaces._solids == ()


def test_the_brush_paints_where_the_surface_is_pressed_and_turns_beside_it(shown: Desk, driver: Driver) -> None:
    view = view_of(shown)
    driver.key("3")
    shown.wait()
    orbit, place = view.orbit, on_surface(shown)
    seen = view.hit(QPointF(*place))
    mask = shown.mask()
    driver.drag(view, [place, (place[0] + 3, place[1])], button="right")
    shown.wait()
    assert mask[seen]
    assert not shown.mask()[seen]
    assert len(shown.document.timeline) == 3
    assert view.orbit == orbit
    corner = beside(shown)
    driver.drag(view, [corner, (corner[0] - 30, corner[1])])
    shown.wait()
    assert view.orbit.azimuth == orbit.azimuth - 15
    assert len(shown.document.timeline) == 3


def test_escape_gives_up_a_stroke_on_the_surface(shown: Desk, driver: Driver) -> None:
    view = view_of(shown)
    driver.key("3")
    place = on_surface(shown)
    driver.move(view, place)
    driver.press()
    driver.move(view, (place[0] + 4, place[1]))
    driver.key("Esc")
    driver.release()
    shown.wait()
    assert len(shown.document.timeline) == 2


@pytest.mark.parametrize("button", ["left", "middle"])
def test_escape_looks_from_where_one_did_before_a_drag(shown: Desk, driver: Driver, button: str) -> None:
    view, place = view_of(shown), beside(shown)
    orbit = view.orbit
    driver.move(view, place)
    driver.press(button)
    driver.move(view, (place[0] - 30, place[1] - 20))
    assert view.orbit != orbit
    driver.key("Esc")
    assert view.orbit == orbit
    driver.move(view, (place[0] - 40, place[1] - 20))
    driver.release(button)
    assert view.orbit == orbit
    driver.drag(view, [place, (place[0] - 30, place[1])], button)
    assert view.orbit != orbit


def test_escape_looks_at_no_other_image_from_where_one_did(shown: Desk, driver: Driver, slanted: Path) -> None:
    view, place = view_of(shown), beside(shown)
    driver.move(view, place)
    driver.press()
    driver.move(view, (place[0] - 30, place[1] - 20))
    shown.editor.set_session(Session.open(slanted))
    shown.wait()
    orbit = view.orbit
    driver.move(view, (place[0] - 50, place[1] - 20))
    driver.key("Esc")
    driver.release()
    assert view.orbit == orbit


def test_a_stroke_is_given_up_where_the_surface_is_hidden_below_it(shown: Desk, driver: Driver) -> None:
    view = view_of(shown)
    driver.key("3")
    place = on_surface(shown)
    driver.move(view, place)
    driver.press()
    assert shown.window.layers.stroke is not None
    driver.key("Ctrl+1")
    assert shown.window.layers.stroke is None
    driver.release()
    driver.key("Ctrl+3")
    shown.wait()
    before, corner = view.orbit, beside(shown)
    driver.drag(view, [corner, (corner[0] - 30, corner[1])])
    shown.wait()
    assert view.orbit.azimuth == before.azimuth - 15
    assert len(shown.document.timeline) == 2


def voxels_seen(desk: Desk) -> int:
    (one,) = view_of(desk).picture.solids
    return one.solid.mask.count()


def test_a_stroke_is_seen_while_it_is_drawn_and_goes_when_it_is_given_up(shown: Desk, driver: Driver) -> None:
    before, canvas = voxels_seen(shown), shown.window.views.views[Plane.AXIAL].canvas
    driver.key("3")
    for radius in (4.0, 20.0):  # worked out at once, and on a lane
        shown.wiring.toolbox.brush.change(radius=radius, shape="sphere")
        driver.move(canvas, (30, 30))
        driver.press()
        driver.move(canvas, (40, 30))
        shown.wait()
        assert voxels_seen(shown) > before
        assert shown.document.voxels(shown.editor.active) == before
        driver.key("Esc")
        driver.release()
        shown.wait()
        assert voxels_seen(shown) == before


def test_what_is_previewed_is_seen_once_it_is_known(shown: Desk) -> None:
    before = voxels_seen(shown)
    shown.editor.previews.show(make("dilation", {"radius": 2.0}))
    shown.wait()
    assert voxels_seen(shown) > before
    shown.editor.previews.hide()
    shown.wait()
    assert voxels_seen(shown) == before


def test_a_stroke_on_the_surface_goes_along_it_and_not_up_what_it_has_painted(shown: Desk, driver: Driver) -> None:
    view, place = view_of(shown), on_surface(shown)
    driver.key("3")
    shown.wiring.toolbox.brush.change(radius=6.0, shape="sphere")
    there = view.hit(QPointF(*place))
    driver.move(view, place)
    driver.press()
    shown.wait()
    assert view.picture.hit(int(place[1]), int(place[0]))[1] != there
    assert view.hit(QPointF(*place)) == there
    driver.release()
    shown.wait()
    assert view.hit(QPointF(*place)) != there


def test_the_component_tool_picks_on_the_surface(shown: Desk, driver: Driver) -> None:
    driver.key("5")
    driver.click(view_of(shown), on_surface(shown), button="right")
    shown.wait()
    assert shown.document.timeline[-1].operation.id == "select_component"
    assert not shown.mask().any()


def test_the_wheel_zooms_keys_turn_and_r_shows_all_of_it_again(shown: Desk, driver: Driver) -> None:
    view = view_of(shown)
    orbit = view.orbit
    driver.wheel(view, 3, on_surface(shown))
    assert view.orbit.zoom > orbit.zoom
    driver.key("Left")
    assert view.orbit.azimuth == orbit.azimuth - 15
    driver.key("R")
    assert view.orbit.is_at_rest
    shown.wait()


def test_the_crosshair_is_followed_once_the_planes_are_painted(shown: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[type] = []
    for kind in (SurfaceView, Canvas):
        paint = kind.paintEvent
        monkeypatch.setattr(
            kind, "paintEvent", lambda *given, kind=kind, paint=paint: (painted.append(kind), paint(*given))[1]
        )
    viewer = shown.window.viewer
    for place in (90, 91, 92):
        viewer.set_crosshair((place, place, place))
        # What was asked for is painted, without waiting for a timer.
        QApplication.sendPostedEvents()
    assert painted == [Canvas] * 9
    wait_until(lambda: SurfaceView in painted)
    # However often the crosshair has moved, once.
    assert painted.count(SurfaceView) == 1


def test_cut_open_the_image_is_seen_inside_as_far_as_the_crosshair_goes(shown: Desk, driver: Driver) -> None:
    view, viewer = view_of(shown), shown.window.viewer
    before = len(view.picture.pieces)
    driver.click(view.cut_button, middle(view.cut_button))
    shown.wait()
    assert len(view.picture.pieces) == before + 1
    for crosshair in (viewer.state.crosshair, (100, 90, 60)):
        viewer.set_crosshair(crosshair)
        shown.wait()
        _, (_, walls) = view.picture.pieces
        assert len(walls)
        by = view.picture.solids[0].solid.by
        assert (walls.voxels == np.array(crosshair)[:, None] // by).any(0).all()
