"""Lasso and polygon by hand: what is filled is the outline, as scikit-image fills it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.measure import grid_points_in_poly

from maskeditor.core.history.document import Document
from maskeditor.core.space.geometry import Plane
from maskeditor.ops.polygon import Polygon
from maskeditor.ui.tools.lasso import CORRECTED, LassoOptions
from maskeditor.ui.tools.outline_tool import OutlineOptions
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

CORNERS = [(100, 90), (160, 95), (150, 150), (105, 140)]


@pytest.fixture
def head(desk: Desk) -> Desk:
    desk.open()
    return desk


def filled(document: Document, operation: object) -> NDArray[np.bool_]:
    """Return the voxels of a polygon by scikit-image."""
    assert isinstance(operation, Polygon)
    geometry, mask = document.geometry, np.zeros(document.geometry.shape, bool)
    axis = geometry.axis_of(Plane(operation.plane))
    corners = np.asarray(geometry.to_voxel(operation.points))
    inside = grid_points_in_poly(np.delete(geometry.shape, axis), np.delete(corners, axis, axis=1))
    np.moveaxis(mask, axis, 0)[slice(None) if operation.through else round(corners[0, axis])] = inside
    return mask


def test_a_polygon_is_set_corrected_and_filled(head: Desk, driver: Driver) -> None:
    canvas, toolbox = head.window.views.views[Plane.AXIAL].canvas, head.wiring.toolbox
    driver.key("8")
    for place in (*CORNERS, (300, 60)):
        driver.click(canvas, place)
    assert not canvas.drawing.path.isEmpty()
    driver.key("Backspace")
    driver.drag(canvas, [(150, 150), (155, 155), (170, 160)])
    driver.click(canvas, (105, 140), "right")
    assert len(toolbox.tool.corners) == 3
    driver.click(canvas, (130, 92))  # into the side between the first two
    assert len(toolbox.tool.corners) == 4
    assert not head.document.timeline
    driver.key("Return")
    head.wait()
    assert canvas.drawing.path.isEmpty()
    (step,) = head.document.timeline
    assert len(step.operation.points) == 4
    assert head.mask().any()
    assert np.array_equal(head.mask(), filled(head.document, step.operation))


def test_escape_and_another_tool_give_a_polygon_up(head: Desk, driver: Driver) -> None:
    canvas, toolbox = head.window.views.views[Plane.AXIAL].canvas, head.wiring.toolbox
    for how in ("Esc", "1"):
        toolbox.choose("polygon")
        for place in CORNERS:
            driver.click(canvas, place)
        tool = toolbox.tool
        driver.key(how)
        assert not tool.corners
        assert canvas.drawing.path.isEmpty()
    head.wait()
    assert not head.document.timeline


def test_the_lasso_fills_and_erases_and_cuts_through_the_volume(head: Desk, driver: Driver) -> None:
    canvas = head.window.views.views[Plane.AXIAL].canvas
    driver.key("7")
    driver.drag(canvas, CORNERS)
    head.wait()
    (step,) = head.document.timeline
    made = filled(head.document, step.operation)
    assert made.any()
    assert np.array_equal(head.mask(), made)
    head.wiring.toolbox.of(LassoOptions).change(through=True)
    assert canvas.badge.text == "Through all slices"
    driver.drag(canvas, CORNERS)
    head.wait()
    through = filled(head.document, head.document.timeline[-1].operation)
    assert np.array_equal(head.mask(), through)
    assert through.sum() == made.sum() * head.document.geometry.shape[head.document.geometry.axis_of(Plane.AXIAL)]
    head.wiring.toolbox.of(LassoOptions).change(through=False)
    driver.drag(canvas, CORNERS, "right")
    head.wait()
    assert head.document.timeline[-1].operation.mode == "erase"
    assert head.mask().sum() < through.sum()


def test_a_lasso_is_corrected_before_it_is_filled(head: Desk, driver: Driver) -> None:
    canvas, toolbox = head.window.views.views[Plane.AXIAL].canvas, head.wiring.toolbox
    driver.key("7")
    toolbox.of(LassoOptions).change(corrected=True)
    driver.drag(canvas, CORNERS)
    head.wait()
    assert not head.document.timeline
    before = len(toolbox.tool.corners)
    driver.drag(canvas, [CORNERS[2], (155, 160), (190, 180)])
    assert len(toolbox.tool.corners) == before
    driver.key("Return")
    head.wait()
    (step,) = head.document.timeline
    assert np.array_equal(head.mask(), filled(head.document, step.operation))
    assert toolbox.of(OutlineOptions).settings == OutlineOptions()


def test_escape_in_the_drag_of_a_corner_gives_up_the_drag_alone(head: Desk, driver: Driver) -> None:
    canvas, toolbox = head.window.views.views[Plane.AXIAL].canvas, head.wiring.toolbox
    toolbox.of(LassoOptions).change(corrected=True)
    for tool in ("lasso", "polygon"):
        toolbox.choose(tool)
        if tool == "lasso":
            driver.drag(canvas, CORNERS)
        else:
            for place in CORNERS:
                driver.click(canvas, place)
        drawn = np.array(toolbox.tool.corners)
        for place, button in ((CORNERS[2], "left"), ((130, 92), "left"), (CORNERS[2], "right")):
            driver.move(canvas, place)
            driver.press(button)
            driver.move(canvas, (190, 180))
            driver.key("Esc")
            driver.move(canvas, (200, 60))
            driver.release(button)
            assert np.array_equal(toolbox.tool.corners, drawn)
        driver.move(canvas, CORNERS[2])
        driver.press()
        driver.key("Backspace")
        driver.move(canvas, (190, 180))
        driver.release()
        assert np.array_equal(toolbox.tool.corners, drawn[:-1])
        driver.key("Esc")
        assert not toolbox.tool.corners
        assert canvas.drawing.path.isEmpty()
    head.wait()
    assert not head.document.timeline


def test_an_outline_is_not_dropped_by_a_press_beside_it(head: Desk, driver: Driver) -> None:
    views, toolbox = head.window.views.views, head.wiring.toolbox
    canvas, other = views[Plane.AXIAL].canvas, views[Plane.CORONAL].canvas
    here = head.editor.viewer.state.crosshair
    axis = head.document.geometry.axis_of(Plane.AXIAL)
    said = f"The outline lies in axial slice {here[axis]}; go on there, fill it with Enter, or give it up with Escape."
    sentences: list[str] = []
    head.editor.message.connect(sentences.append)
    toolbox.of(LassoOptions).change(corrected=True)
    for tool, place in (("lasso", (30, 30)), ("polygon", None)):
        toolbox.choose(tool)
        if tool == "lasso":
            driver.drag(canvas, CORNERS)
            assert sentences.pop() == CORRECTED
        else:
            for corner in CORNERS:
                driver.click(canvas, corner)
        drawn = np.array(toolbox.tool.corners)
        if place is not None:
            driver.drag(canvas, [place, (40, 40), (60, 30)])
            assert sentences.pop() == CORRECTED
        driver.drag(other, [(60, 60), (90, 60), (90, 90)])
        assert sentences.pop() == said
        head.editor.viewer.step(Plane.AXIAL, 1)
        driver.drag(canvas, [(60, 60), (90, 60), (90, 90)])
        assert sentences.pop() == said
        assert np.array_equal(toolbox.tool.corners, drawn)
        head.editor.viewer.set_crosshair(here)
        driver.key("Esc")


def test_what_the_right_button_encircles_is_erased_once_it_is_corrected(head: Desk, driver: Driver) -> None:
    canvas, toolbox = head.window.views.views[Plane.AXIAL].canvas, head.wiring.toolbox
    toolbox.choose("lasso")
    driver.drag(canvas, CORNERS)
    head.wait()
    toolbox.of(LassoOptions).change(corrected=True)
    driver.drag(canvas, CORNERS, "right")
    assert canvas.badge.text == "Erases"
    driver.key("Return")
    head.wait()
    assert [step.operation.mode for step in head.document.timeline] == ["add", "erase"]
    assert not head.mask().any()
    assert canvas.badge.text == ""
