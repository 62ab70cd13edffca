"""Mouse and keys are those that other editors of masks share, so that nobody's hands are surprised."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from maskeditor.core.space.geometry import Plane
from maskeditor.ui.look.keys import Keys
from maskeditor.ui.main_window.menus import keyed
from maskeditor.ui.tools.toolbox import tools
from maskeditor.ui.views.view_keys import VIEW_KEYS
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, middle

#: What is done, and the keys that at least two of ITK-SNAP, 3D Slicer, FSLeyes, napari, mrview and MITK give it.
SHARED = [
    ("undo", "Ctrl+Z"),
    ("redo", "Ctrl+Y"),
    ("redo", "Ctrl+Shift+Z"),
    ("save_mask", "Ctrl+S"),
    ("open_file", "Ctrl+O"),
    ("open_mask", "Ctrl+Shift+O"),
    ("brush_smaller", "-"),
    ("brush_smaller", "["),
    ("brush_larger", "+"),
    ("brush_larger", "]"),
    ("mask_visible", "Ctrl+H"),
    ("fainter", "A"),
    ("stronger", "D"),
    ("previous_roi", ","),
    ("next_roi", "."),
    ("swap_eraser", "X"),
    ("move_left", "Left"),
    ("slice_up", "PgUp"),
    ("slice_down", "PgDown"),
    ("previous_volume", "Ctrl+Shift+,"),
    ("next_volume", "Ctrl+Shift+."),
    ("reset_view", "R"),
    ("centre_view", "C"),
    ("crosshair", "Ctrl+X"),
    ("window_automatic", "Ctrl+J"),
    ("cancel", "Esc"),
    ("pan", "Space"),
    ("invert", "Ctrl+Shift+I"),
    ("shortcuts", "F1"),
    ("shortcuts", "?"),
]


def test_keys() -> None:
    keys = Keys((*keyed(), *VIEW_KEYS))
    for id, key in SHARED:
        assert keys.started_by(key) == id
    # The first tools are had by digits.
    assert [tool.key for tool in tools()[:5]] == ["1", "2", "3", "4", "5"]


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(), phantoms.affine("anisotropic")), tmp_path / "head.nii")
    desk.open(tmp_path / "head.nii")
    return desk


def test_mouse_while_navigating(opened: Desk, driver: Driver) -> None:
    canvas, viewer = opened.window.views.views[Plane.AXIAL].canvas, opened.editor.viewer
    x, y = middle(canvas)
    normal = viewer.plane_map(Plane.AXIAL).normal

    def slice_() -> int:
        return viewer.state.crosshair[normal]

    before = viewer.state.crosshair
    driver.click(canvas, (x + 30, y + 20))
    assert viewer.state.crosshair != before
    at = slice_()
    driver.wheel(canvas, 1)
    assert slice_() == at + 1
    scale = canvas.camera.scale
    with driver.holding("Ctrl"):
        driver.wheel(canvas, 1)
    assert canvas.camera.scale > scale
    scale, place = canvas.camera.scale, canvas.camera.to_mm(0, 0)
    driver.drag(canvas, [(x, y), (x + 20, y)], "middle")
    assert canvas.camera.to_mm(0, 0) != place
    place = canvas.camera.to_mm(0, 0)
    with driver.holding("Alt"):
        driver.drag(canvas, [(x, y), (x + 20, y)])
    assert canvas.camera.to_mm(0, 0) != place
    assert canvas.camera.scale == scale
    driver.drag(canvas, [(x, y), (x, y - 40)], "right")
    assert canvas.camera.scale > scale
    before = viewer.state.crosshair
    with driver.holding("Shift"):
        driver.move(canvas, (x - 25, y - 25))
    assert viewer.state.crosshair != before
    driver.double_click(canvas)
    assert opened.window.views.maximised is Plane.AXIAL


def test_mouse_with_window_and_level(opened: Desk, driver: Driver) -> None:
    canvas, viewer = opened.window.views.views[Plane.AXIAL].canvas, opened.editor.viewer
    x, y = middle(canvas)
    opened.wiring.toolbox.choose("window")
    before = viewer.state.window
    driver.drag(canvas, [(x, y), (x + 40, y + 10)])
    dragged = viewer.state.window
    assert dragged != before
    with driver.holding("Ctrl"):
        driver.drag(canvas, [(x - 20, y - 20), (x + 20, y + 20)])
    assert viewer.state.window != dragged


def test_mouse_with_the_brush(opened: Desk, driver: Driver) -> None:
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    x, y = middle(canvas)
    opened.wiring.toolbox.choose("brush")
    radius = opened.wiring.toolbox.brush.settings.radius
    for modifiers in (("Shift",), ("Ctrl", "Shift")):
        with driver.holding(*modifiers):
            driver.wheel(canvas, 1)
        assert opened.wiring.toolbox.brush.settings.radius > radius
        radius = opened.wiring.toolbox.brush.settings.radius

    def painted(button: str) -> int:
        driver.drag(canvas, [(x - 10, y), (x + 10, y)], button)
        opened.wait()
        return int(np.count_nonzero(opened.mask()))

    assert painted("left") > 0
    assert painted("right") == 0
    with driver.holding("Ctrl"):
        assert painted("right") > 0
        assert painted("left") == 0
