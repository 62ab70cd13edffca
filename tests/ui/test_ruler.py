"""The ruler, with real mouse and keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maskeditor.core.space.geometry import Plane
from maskeditor.ui.views.canvas import Canvas
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver


def test_a_drag_measures_a_length_and_with_ctrl_an_angle(desk: Desk, driver: Driver, slanted: Path) -> None:
    desk.open(slanted)
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    driver.move(canvas, (30, 30))
    driver.key("Q")
    assert desk.wiring.toolbox.chosen == "ruler"
    places = [(100.0, 120.0), (160.0, 120.0), (100.0, 180.0)]
    driver.drag(canvas, places[:2])
    # The world's millimetres, which are those of the screen as the axes stand at right angles.
    assert _length(canvas.words.text) == pytest.approx(60 / canvas.camera.scale, abs=0.06)
    assert canvas.drawing.path.boundingRect().width() == pytest.approx(60, abs=1)
    with driver.holding("Ctrl"):
        driver.drag(canvas, [places[1], places[2]])
    first, second, between = canvas.words.text.split(", ")
    assert _length(second) == pytest.approx(np.hypot(60, 60) / canvas.camera.scale, abs=0.06)
    assert _length(first) == pytest.approx(60 / canvas.camera.scale, abs=0.06)
    assert float(between.removesuffix("°")) == pytest.approx(45, abs=0.1)
    # It stays in its slice, whatever is zoomed, and is seen in no other.
    with driver.holding("Ctrl"):
        driver.wheel(canvas, 2)
    assert canvas.drawing.path.boundingRect().width() == pytest.approx(60 * 1.15**2, abs=1)
    _step(desk, driver, 1)
    assert (canvas.words.is_shown, canvas.drawing.path.isEmpty()) == (False, True)
    _step(desk, driver, -1)
    assert canvas.words.is_shown
    assert not any(_other(desk, plane).words.is_shown for plane in (Plane.CORONAL, Plane.SAGITTAL))
    driver.key("Esc")
    assert (canvas.words.is_shown, canvas.drawing.path.isEmpty()) == (False, True)
    assert desk.document.timeline == ()
    driver.drag(canvas, places[:2])
    driver.key("1")
    assert not canvas.words.is_shown


def test_a_length_is_said_where_its_end_is_in_sight(desk: Desk, driver: Driver, slanted: Path) -> None:
    desk.open(slanted)
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    desk.wiring.toolbox.choose("ruler")
    driver.drag(canvas, [(100.0, 120.0), (160.0, 120.0)])
    right, down = canvas.width(), canvas.height()
    for place in ((0, 120), (right, 120), (160, 0), (160, down)):
        bring_back = canvas.camera.keep()
        canvas.zoom(16.0, place)
        assert not canvas.words.is_shown
        bring_back()
        assert canvas.words.is_shown
    driver.drag(canvas, [(100.0, 120.0), (right - 5.0, 120.0)])  # close to the edge, it is whole
    assert canvas.words.is_shown
    assert canvas.rect().contains(canvas.words.bounds)
    canvas.zoom(16.0, (0, 120))
    driver.key("Esc")
    assert not canvas.words.is_shown
    canvas.fit()
    assert not canvas.words.is_shown


@pytest.mark.parametrize("by", ["mouse", "keys"])
def test_what_is_measured_in_another_plane_goes_at_once(desk: Desk, driver: Driver, slanted: Path, by: str) -> None:
    desk.open(slanted)
    desk.wiring.toolbox.choose("ruler")
    canvas, other = _other(desk, Plane.AXIAL), _other(desk, Plane.CORONAL)
    driver.drag(canvas, [(100.0, 120.0), (160.0, 120.0)])
    if by == "mouse":
        driver.drag(other, [(60.0, 60.0), (90.0, 60.0)])
    else:
        driver.move(other, (60.0, 60.0))
        driver.key_down("P")
        driver.key("Right")
        driver.key_up("P")
    assert other.words.is_shown
    assert (canvas.words.is_shown, canvas.drawing.path.isEmpty()) == (False, True)


def _step(desk: Desk, driver: Driver, by: int) -> None:
    """Go to another axial slice with the pointer elsewhere."""
    driver.move(_other(desk, Plane.CORONAL), (40, 40))
    driver.key("Up" if by > 0 else "Down")


def _other(desk: Desk, plane: Plane) -> Canvas:
    return desk.window.views.views[plane].canvas


def _length(text: str) -> float:
    return float(text.removesuffix(" mm"))
