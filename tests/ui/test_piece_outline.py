"""The outline of the piece under the pointer lies where its pixels are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import label

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.model.view.slices import PlaneMap, cut
from maskeditor.ui.main_window.gestures import GESTURES
from maskeditor.ui.tools.component import TOOL
from maskeditor.ui.tools.piece_outline import outline
from maskeditor.ui.views.tool import PointerEvent
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("radiological", [True, False])
def test_an_outline_by_hand(plane: Plane, radiological: bool) -> None:
    plane_map = PlaneMap(Geometry((6, 7, 8), phantoms.affine("anisotropic")), plane, radiological)
    mask = np.zeros((6, 7, 8), bool)
    mask[2:4, 3:5, 4:6] = True
    mask[2, 1, 4] = mask[2, 3, 7] = mask[0, 3, 4] = True  # other pieces, in each of the slices
    first, second = (at for axis, at in enumerate((2, 3, 4)) if axis != plane_map.normal)
    piece = label(cut(mask, plane_map.normal, (2, 3, 4)[plane_map.normal]))[0]
    piece = piece == piece[first, second]
    assert piece.sum() == 4
    box = outline(piece, plane_map).boundingRect()
    corners = [plane_map.to_screen(voxel) for voxel in ((1.5, 2.5, 3.5), (3.5, 4.5, 5.5))]
    assert (box.left(), box.right()) == pytest.approx(sorted(x for x, _ in corners))
    assert (box.top(), box.bottom()) == pytest.approx(sorted(y for _, y in corners))


def test_a_hole_is_outlined_too() -> None:
    piece = np.ones((5, 5), bool)
    piece[2, 2] = False
    path = outline(piece, PlaneMap(Geometry((5, 5, 1), np.eye(4)), Plane.AXIAL))
    assert path.elementCount() == 2 * 8  # four lines outside and four inside


def test_the_component_tool_outlines_what_a_click_is_about(desk: Desk) -> None:
    desk.open()
    desk.editor.apply_now(make("threshold", {"lower": 500}))
    desk.wait()
    desk.wiring.toolbox.choose("component")
    tool = desk.wiring.toolbox.tool
    plane_map = desk.editor.viewer.plane_map(Plane.AXIAL)
    mask = desk.mask()
    inside, outside = np.argwhere(mask)[1000].astype(float), np.argwhere(~mask)[0].astype(float)
    assert tool.cursor_outline(PointerEvent(plane_map, inside, (0, 0))) is None  # a worker finds the components first
    desk.wait()
    path = tool.cursor_outline(PointerEvent(plane_map, inside, (0, 0)))
    assert path is not None
    labels = label(mask)[0]
    piece = labels == labels[tuple(inside.astype(int))]
    axis = plane_map.normal
    expected = outline(piece.take(int(inside[axis]), axis), plane_map)
    assert path.boundingRect() == expected.boundingRect()
    assert path.elementCount() == expected.elementCount()
    assert tool.badge.startswith(f"Component: {piece.sum():,} voxels".replace(",", "\u202f"))
    assert tool.cursor_outline(PointerEvent(plane_map, outside, (0, 0))) is None
    assert tool.cursor_outline(PointerEvent(plane_map, np.array([-3.0, 0, 0]), (0, 0))) is None


def test_ctrl_click_makes_an_roi_of_the_component(desk: Desk, driver: Driver) -> None:
    desk.open()
    desk.editor.apply_now(make("threshold", {"lower": 150, "upper": 250}))
    desk.wait()
    before = desk.mask()
    driver.key("5")
    with driver.holding("Ctrl"):
        driver.click(desk.window.views.views[Plane.AXIAL].canvas, (140, 150))
    desk.wait()
    assert len(desk.document.rois) == 2
    made = np.array(desk.document.mask(desk.document.rois[1].id)[...])
    labels = label(before)[0]
    (number,) = set(np.unique(labels[made]))
    assert np.array_equal(made, labels == number)
    assert np.array_equal(np.array(desk.document.mask("roi1")[...]), before)


def test_what_is_outlined_follows_the_mask_under_a_resting_pointer(desk: Desk, driver: Driver) -> None:
    desk.open()
    desk.editor.apply_now(make("threshold", {"lower": 150}))
    desk.wait()
    driver.key("5")
    desk.wait()
    canvas, other = (desk.window.views.views[plane].canvas for plane in (Plane.AXIAL, Plane.SAGITTAL))
    middle = (canvas.width() / 2, canvas.height() / 2)
    driver.move(canvas, middle)
    desk.wait()
    voxel = desk.window.views.pointed
    assert desk.mask()[voxel]
    assert not canvas.outline.path.isEmpty() and canvas.badge.is_shown and other.badge.is_shown
    driver.click(canvas, middle, button="right")
    desk.wait()
    assert not desk.mask()[voxel]
    assert canvas.outline.path.isEmpty() and not canvas.badge.is_shown and not other.badge.is_shown
    desk.editor.undo()
    desk.wait()
    assert not canvas.outline.path.isEmpty() and canvas.badge.is_shown and other.badge.is_shown


def test_both_buttons_of_the_component_tool_are_told() -> None:
    told = [gesture for gesture, _ in GESTURES if "component tool" in gesture]
    assert len(told) == 3
    assert "right click removes" in TOOL.tip
