"""Fill with a real mouse: holes are filled, regions emptied, and what is not enclosed is left alone."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.ui.tools.fill import OPEN, _is_open
from maskeditor.ui.views.tool import PointerEvent
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, Position

SHAPE = (30, 28, 12)


@pytest.fixture
def shown(desk: Desk, driver: Driver, tmp_path: Path) -> Desk:
    """A hollow box."""
    values = np.zeros(SHAPE, np.int16)
    values[6:22, 6:22, 2:10] = 100
    values[10:18, 10:18, 4:8] = 0
    nib.save(nib.Nifti1Image(values, np.eye(4)), tmp_path / "box.nii")
    desk.open(tmp_path / "box.nii")
    desk.editor.apply(make("threshold", {"lower": 50}))
    desk.window.viewer.set_crosshair((14, 14, 6))
    desk.wait()
    driver.key("0")
    assert desk.wiring.toolbox.chosen == "fill"
    return desk


def click(desk: Desk, driver: Driver, i: int, j: int, button: str = "left") -> None:
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    assert canvas.map is not None
    place: Position = canvas.camera.to_pixels(*canvas.map.to_screen((i, j, 6)))
    driver.move(canvas, place)
    driver.click(canvas, place, button=button)
    desk.wait()


def test_a_hole_is_filled_in_the_slice_or_the_volume(shown: Desk, driver: Driver) -> None:
    before = shown.mask()
    said: list[str] = []
    shown.editor.message.connect(said.append)
    click(shown, driver, 14, 14)
    filled = before.copy()
    filled[:, :, 6] = ndimage.binary_fill_holes(before[:, :, 6])
    np.testing.assert_array_equal(shown.mask(), filled)
    assert said[-1].startswith("Fill: 64 voxels added")
    shown.editor.undo()
    shown.wait()
    shown.wiring.toolbox.options.change(within="3D")
    click(shown, driver, 14, 14)
    np.testing.assert_array_equal(shown.mask(), ndimage.binary_fill_holes(before))


def test_a_region_is_emptied_and_what_is_open_is_left_alone(shown: Desk, driver: Driver) -> None:
    before = shown.mask()
    said: list[str] = []
    shown.editor.message.connect(said.append)
    click(shown, driver, 2, 2)
    assert said == [OPEN]
    click(shown, driver, 7, 7)
    assert said[-1].startswith("The voxel is in the mask already")
    np.testing.assert_array_equal(shown.mask(), before)
    click(shown, driver, 7, 7, button="right")
    before[:, :, 6] = False
    np.testing.assert_array_equal(shown.mask(), before)


def test_what_a_click_would_change_is_outlined(shown: Desk) -> None:
    tool, plane_map = shown.wiring.toolbox.tool, shown.window.views.views[Plane.AXIAL].canvas.map
    assert plane_map is not None
    hole = tool.cursor_outline(PointerEvent(plane_map, np.array([14.0, 14.0, 6.0]), (0, 0)))
    assert hole is not None
    size = hole.boundingRect().size()
    assert (round(size.width()), round(size.height())) == (8, 8)
    assert tool.cursor_outline(PointerEvent(plane_map, np.array([2.0, 2.0, 6.0]), (0, 0))) is None
    region = tool.cursor_outline(PointerEvent(plane_map, np.array([7.0, 7.0, 6.0]), (0, 0)))
    assert region is not None
    assert round(region.boundingRect().width()) == 16


def test_the_outline_is_of_the_slice_and_the_mask_that_are_seen_now(shown: Desk) -> None:
    tool, plane_map = shown.wiring.toolbox.tool, shown.window.views.views[Plane.AXIAL].canvas.map
    assert plane_map is not None

    def width(height: float) -> int:
        path = tool.cursor_outline(PointerEvent(plane_map, np.array([14.0, 14.0, height]), (0, 0)))
        assert path is not None
        return round(path.boundingRect().width())

    assert [width(height) for height in (6.0, 3.0, 6.0)] == [8, 16, 8]
    shown.editor.apply(make("fill_holes", {}))
    shown.wait()
    assert width(6.0) == 16


def test_a_locked_roi_is_neither_filled_nor_emptied(shown: Desk, driver: Driver) -> None:
    before = shown.mask()
    shown.editor.change_roi(shown.editor.active, locked=True)
    said: list[str] = []
    shown.editor.message.connect(said.append)
    click(shown, driver, 14, 14)
    click(shown, driver, 7, 7, button="right")
    assert len(said) == 2
    assert "locked" in said[0]
    assert said[0] == said[1]
    np.testing.assert_array_equal(shown.mask(), before)


@pytest.mark.parametrize("at", [(0, 2), (4, 2), (2, 0), (2, 4)])
def test_what_reaches_any_edge_of_a_slice_is_open(at: tuple[int, int]) -> None:
    region = np.zeros((5, 5), bool)
    region[1:4, 1:4] = True
    assert not _is_open(region)
    region[at] = True
    assert _is_open(region)
