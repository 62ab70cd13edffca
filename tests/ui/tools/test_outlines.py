"""Lasso and polygon by hand: what is filled is the outline, as scikit-image fills it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.measure import grid_points_in_poly

from maskeditor.core.history.document import Document
from maskeditor.core.space.geometry import Plane
from maskeditor.ops.polygon import Polygon
from maskeditor.ui.tools.lasso import LassoOptions
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
