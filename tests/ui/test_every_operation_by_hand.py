"""Every operation can be reached by hand in the window: each is walked to, with mouse and keyboard, and done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QWidget

from maskeditor.core.operation.declaration import operations
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.space.geometry import Plane
from maskeditor.ops.import_mask import ImportMask
from maskeditor.ui.panels.operation_list import listed_operations
from maskeditor.ui.qt import sure
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, Position

pytestmark = [pytest.mark.qt_log_level_fail("WARNING"), pytest.mark.qt_log_ignore("propagateSizeHints")]

#: A grid that holds the MNI152 template.
SHAPE, ZOOM, ORIGIN = (48, 56, 48), 4.0, (-96.0, -132.0, -78.0)


def masks() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return a mask that every operation finds something to do on, and another beside it."""
    mask = np.zeros(SHAPE, bool, order="F")
    mask[10:38, 12:44, 8:32] = True
    mask[20, 20, 20] = False  # a hole
    mask[10:38, 12:44, 28:30] = False  # two slices that were not drawn
    mask[2, 2, 2] = True  # a small piece
    mask[24, 28, 18] = False  # unlike the slice before
    other = np.zeros(SHAPE, bool, order="F")
    other[30:46, 30:50, 20:40] = True
    return mask, other


@pytest.fixture
def begun(desk: Desk, tmp_path: Path) -> Desk:
    """A window with a head and two ROIs, the first of which is worked on."""
    random = np.random.default_rng(4)
    data = random.integers(0, 20, SHAPE)
    places = np.indices(SHAPE).T - np.array(SHAPE) / 2
    data[(np.linalg.norm(places / [20, 24, 20], axis=-1) < 1).T] += 300
    data[(np.linalg.norm(places / [10, 12, 10], axis=-1) < 1).T] += 200
    affine = np.diag([ZOOM, ZOOM, ZOOM, 1.0])
    affine[:3, 3] = ORIGIN
    nib.save(nib.Nifti1Image(data.astype(np.int16), affine), tmp_path / "head.nii")
    return _begun(desk, tmp_path / "head.nii")


@pytest.fixture
def begun_on_a_series(desk: Desk, tmp_path: Path) -> Desk:
    """A window with a series of four heads."""
    random = np.random.default_rng(5)
    data = random.integers(0, 200, (*SHAPE, 4)).astype(np.int16)
    nib.save(nib.Nifti1Image(data, np.diag([ZOOM, ZOOM, ZOOM, 1.0])), tmp_path / "series.nii")
    return _begun(desk, tmp_path / "series.nii")


def _begun(desk: Desk, image: Path) -> Desk:
    desk.open(image)
    first = desk.editor.active
    for mask, name in zip(masks(), ("first", "second"), strict=True):
        if name == "second":
            desk.editor.add_roi(name)
        desk.editor.apply_now(ImportMask.of(mask, f"{name}.nii", "0" * 64))
    desk.editor.set_active(first)
    desk.wait()
    return desk


# What a hand does -----------------------------------------------------------------------------------------------------


def row(desk: Desk, id: str) -> tuple[QWidget, Position]:
    """Return the list of operations and where in it one stands."""
    rows = desk.wiring.operations.list.list
    (item,) = (
        rows.item(place) for place in range(rows.count()) if rows.item(place).data(Qt.ItemDataRole.UserRole) == id
    )
    rows.scrollToItem(item)
    place = rows.visualItemRect(item).center()
    return rows.viewport(), (place.x(), place.y())


def field(desk: Desk, name: str) -> QWidget:
    """Return the widget that takes a parameter."""
    form = desk.wiring.operations.fields.form
    assert form is not None
    widget = form.fields[name].focusProxy()
    assert isinstance(widget, QWidget)
    return widget


def on_axial(desk: Desk, voxel: tuple[int, int, int]) -> tuple[QWidget, Position]:
    """Return the axial view, gone to the slice of a voxel, and where in it the voxel lies."""
    desk.editor.viewer.set_crosshair(voxel)
    desk.wait()
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    assert canvas.map is not None
    return canvas, canvas.camera.to_pixels(*canvas.map.to_screen(voxel))


def by_the_list(id: str, typed: dict[str, tuple[str, ...]]) -> Callable[[Desk, Driver, pytest.MonkeyPatch, Path], None]:
    """Choose it in the list, type where a field needs it (several lines with Enter between), and press Apply."""

    def walk(desk: Desk, driver: Driver, *_: object) -> None:
        driver.click(*row(desk, id))
        desk.wait()
        for name, lines in typed.items():
            driver.click(field(desk, name))
            driver.key("Ctrl+A")
            for number, line in enumerate(lines):
                if number:
                    driver.key("Return")
                driver.type(line)
        desk.wait()
        driver.click(desk.wiring.operations.apply_button)

    return walk


def by_the_histogram(desk: Desk, driver: Driver, *_: object) -> None:
    """Click on the histogram and press Apply."""
    panel = desk.window.histogram
    area = panel.plot._area
    place = panel.plot.mapFromScene(area.mapToScene(QPointF(panel.plot.to_pixel(150.0), area.height() / 2)))
    driver.click(sure(panel.plot.viewport()), (place.x(), place.y()))
    desk.wait()
    driver.click(panel.change.apply_button)


def by_a_drag(key: str) -> Callable[[Desk, Driver, pytest.MonkeyPatch, Path], None]:
    """Take a tool by its key and drag it round a corner."""

    def walk(desk: Desk, driver: Driver, *_: object) -> None:
        driver.key(key)
        canvas, (x, y) = on_axial(desk, (40, 46, 24))
        driver.drag(canvas, [(x, y), (x + 9, y + 4), (x + 4, y + 12)])

    return walk


def by_the_component_tool(desk: Desk, driver: Driver, *_: object) -> None:
    """Take the tool that picks components and click a piece."""
    driver.key("5")
    driver.click(*on_axial(desk, (24, 20, 16)))


def by_the_live_wire(desk: Desk, driver: Driver, *_: object) -> None:
    """Take it, click three places, and press Enter."""
    driver.key("W")
    for voxel in ((40, 46, 24), (46, 46, 24), (43, 52, 24)):
        driver.click(*on_axial(desk, voxel))
    driver.key("Return")


def by_the_cut(desk: Desk, driver: Driver, *_: object) -> None:
    """Take it and draw a line through the mask."""
    driver.key("K")
    canvas, start = on_axial(desk, (24, 10, 24))
    driver.drag(canvas, [start, (start[0] + 5, start[1] - 20), (start[0] + 10, start[1] - 60)])


def by_seeds(desk: Desk, driver: Driver, *_: object) -> None:
    """Take seeds, paint some of the ROI and some of outside, and press Enter."""
    driver.key("G")
    canvas, inside = on_axial(desk, (24, 20, 16))
    driver.drag(canvas, [inside, (inside[0] + 4, inside[1])])
    _, outside = on_axial(desk, (40, 46, 24))
    with driver.holding("Ctrl"):
        driver.drag(canvas, [outside, (outside[0] + 4, outside[1])])
    desk.wait()
    driver.key("Return")


def by_nudging(desk: Desk, driver: Driver, *_: object) -> None:
    """Take it and push the border outwards."""
    driver.key("N")
    canvas, start = on_axial(desk, (36, 30, 24))
    _, stop = on_axial(desk, (44, 30, 24))
    driver.drag(canvas, [start, stop])


def by_key(key: str) -> Callable[[Desk, Driver, pytest.MonkeyPatch, Path], None]:
    """Press the key of a menu's entry."""

    def walk(desk: Desk, driver: Driver, *_: object) -> None:
        driver.key(key)

    return walk


def by_a_file(desk: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """File, Open mask."""
    path = folder / "drawn.nii"
    affine = np.diag([ZOOM, ZOOM, ZOOM, 1.0])
    affine[:3, 3] = ORIGIN
    nib.save(nib.Nifti1Image(np.ones(SHAPE, np.uint8), affine), path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args, **kwargs: (str(path), ""))
    driver.key("Ctrl+Shift+O")


#: What must be typed so that an operation has something to do.
TYPED: dict[str, dict[str, tuple[str, ...]]] = {
    "polygon": {"points": ("60,40,10", "90,40,10", "90,80,10")},
    "cut_by_plane": {"points": ("0,0,0", "0,10,0", "9,0,0")},
    "smooth_mask": {"fwhm": ("20",)},
    "t_test": {"conditions": ("a, a, b, b",), "a": ("a",), "b": ("b",)},
    "f_test": {"conditions": ("a, a, b, b",)},
}
#: The ways other than the list: what is done, and to which operation it leads.
OTHER_WAYS = {
    "histogram": ("threshold", by_the_histogram),
    "brush": ("paint", by_a_drag("3")),
    "adaptive brush": ("adaptive_paint", by_a_drag("6")),
    "lasso": ("polygon", by_a_drag("7")),
    "grow tool": ("region_grow", by_a_drag("9")),
    "nudge": ("paint", by_nudging),
    "live-wire": ("live_wire", by_the_live_wire),
    "cut": ("cut_by_plane", by_the_cut),
    "seeds": ("grow_from_seeds", by_seeds),
    "component tool": ("select_component", by_the_component_tool),
    "File, Open mask": ("import_mask", by_a_file),
    "Edit, Invert mask": ("invert", by_key("Ctrl+Shift+I")),
    "Edit, Mirror ROI left–right": ("mirror", by_key("Ctrl+Shift+H")),
    "Edit, Clear mask": ("clear", by_key("Ctrl+Del")),
}
WAYS = {
    **{f"list, {cls.title}": (cls.id, by_the_list(cls.id, TYPED.get(cls.id, {}))) for cls in listed_operations()},
    **OTHER_WAYS,
}


def without_a_way(ids: Iterable[str]) -> set[str]:
    """Return the operations that nothing in the window leads to."""
    return set(ids) - {id for id, _ in WAYS.values()}


def test_no_operation_is_without_a_way() -> None:
    assert without_a_way(cls.id for cls in operations()) == set()
    assert without_a_way(("paint", "levitate")) == {"levitate"}


#: They want a series.
OVER_TIME = {"standard_deviation", "tsnr", "t_test", "f_test", "seed_correlation"}


@pytest.mark.parametrize("way", WAYS)
def test_the_way_leads_there(
    request: pytest.FixtureRequest, driver: Driver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str
) -> None:
    id, walk = WAYS[way]
    begun: Desk = request.getfixturevalue("begun_on_a_series" if id in OVER_TIME else "begun")
    steps, before = begun.document.timeline, begun.mask()
    walk(begun, driver, monkeypatch, tmp_path)
    begun.wait()
    (step,) = begun.document.timeline[len(steps) :]
    assert step.operation.id == id
    if isinstance(step.operation, ImageOperation):
        # No mask changes: the image is offered to the other operations, and its form suggests another name.
        driver.click(*row(begun, "threshold"))
        box = field(begun, "image")
        assert isinstance(box, QComboBox)
        assert [box.itemText(place) for place in range(box.count())] == ["The open image", step.operation.name]
        driver.click(*row(begun, id))
        name = field(begun, "name")
        assert isinstance(name, QLineEdit)
        assert name.text() == f"{step.operation.name}2"
        return
    assert id == "import_mask" or not np.array_equal(begun.mask(), before)  # a file gets an ROI of its own
    history = begun.wiring.history.model
    assert str(history.current.data()).startswith(f"{len(steps) + 1}  ")


def test_a_polygon_is_drawn_by_its_form(begun: Desk, driver: Driver) -> None:
    """Its corners are taken at the crosshair, one after the other."""
    panel = begun.wiring.operations
    driver.click(*row(begun, "polygon"))
    begun.wait()
    assert panel.fields.form is not None
    assert panel.fields.form.problem.text() == "An outline must have at least three points."
    (button,) = (one for one in panel.fields.form.findChildren(QWidget) if one.accessibleName() == "Add crosshair")
    for corner in ((39, 10, 22), (45, 10, 22), (45, 20, 22), (39, 20, 22)):
        begun.editor.viewer.set_crosshair(corner)
        driver.click(button)
    begun.wait()
    before = begun.mask()
    driver.click(panel.apply_button)
    begun.wait()
    wanted = before.copy()
    wanted[39:46, 10:21, 22] = True
    assert np.array_equal(begun.mask(), wanted)
    assert begun.document.timeline[-1].operation.model_dump()["points"] == (
        (60.0, -92.0, 10.0),
        (84.0, -92.0, 10.0),
        (84.0, -52.0, 10.0),
        (60.0, -52.0, 10.0),
    )
