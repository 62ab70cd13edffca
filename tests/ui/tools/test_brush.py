"""The brush by hand: what is outlined is what is painted, and it stays where it is limited to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QTransform

from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.intensity_range import range_words
from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.engine.capsule import Shape
from maskeditor.engine.stroke_painter import StrokePainter
from maskeditor.model.view.slices import PlaneMap, slice_of
from maskeditor.ops.paint import Paint
from maskeditor.ui.tools.footprint import footprint
from maskeditor.ui.tools.piece_outline import outline
from maskeditor.ui.views.tool import PointerEvent
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

PLACE = (140, 150)


@pytest.fixture
def head(desk: Desk) -> Desk:
    """A window with the embedded head, and the brush in hand."""
    desk.open()
    desk.wiring.toolbox.choose("brush")
    return desk


def voxel_at(desk: Desk, place: tuple[int, int]) -> NDArray[np.float64]:
    """Return which fractional voxel lies at a place of the axial plane."""
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    assert canvas.map is not None
    x, y = canvas.camera.to_mm(*map(float, place))
    return np.asarray(canvas.map.to_voxel(x, y, desk.editor.viewer.state.crosshair[canvas.map.normal]))


def edges(path: object, plane_map: PlaneMap) -> set[tuple[float, ...]]:
    """Return the edges of single pixels that an outline is made of."""
    back, found = QTransform(*plane_map.affine2d).inverted()[0], set()
    points = [path.elementAt(place) for place in range(path.elementCount())]  # type: ignore[attr-defined]
    ends = [back.map(QPointF(point.x, point.y)) for point in points]
    for one, other in zip(ends[::2], ends[1::2], strict=True):
        a, b = np.rint([one.x(), one.y()]), np.rint([other.x(), other.y()])
        steps = int(np.abs(b - a).max())
        found.update(tuple(a + (b - a) * (step + 0.5) / steps) for step in range(steps))
    return found


@pytest.mark.parametrize(
    "settings",
    [
        {"radius": 4.3},
        {"radius": 0.2},
        {"radius": 6.0, "shape": "square"},
        {"radius": 9.0, "shape": "sphere"},
        {"radius": 8.0, "lower": 300.0},
        {"radius": 8.0, "lower": 300.0, "side": "outside"},
    ],
)
def test_what_is_outlined_is_what_a_click_paints(head: Desk, driver: Driver, settings: dict[str, object]) -> None:
    head.wiring.toolbox.brush.change(**settings)
    canvas = head.window.views.views[Plane.AXIAL].canvas
    plane_map = canvas.map
    assert plane_map is not None
    here = PointerEvent(plane_map, voxel_at(head, PLACE), PLACE, scale=canvas.camera.scale)
    path = head.wiring.toolbox.tool.cursor_outline(here)
    driver.click(canvas, PLACE)
    head.wait()
    painted = slice_of(head.mask(), plane_map.normal, head.editor.viewer.state.crosshair[plane_map.normal])
    assert painted.any()
    assert edges(path, plane_map) == edges(outline(painted, plane_map), plane_map)


@pytest.mark.parametrize("shape", ["disc", "sphere"])
@pytest.mark.parametrize(("radius", "far"), [(30.0, 1.0), (3.0, 2.0)])  # in mm, and pixels for each
def test_where_voxels_are_too_small_to_be_told_apart_the_edge_is_drawn(shape: Shape, radius: float, far: float) -> None:
    # Sheared within the slice, and of voxels that are not square.
    affine = np.array([[0.3, 0.1, 0, 0], [0, 0.4, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    plane_map = PlaneMap(Geometry((400, 400, 3), affine), Plane.AXIAL)
    painter = StrokePainter(affine, (400, 400, 3), radius, shape, 2)
    back, _ = QTransform(*plane_map.affine2d).inverted()
    exact, one, other, near, beyond = (
        footprint(painter, PointerEvent(plane_map, np.array([*middle, 1.0]), (0, 0), scale=scale))
        for scale, middle in (
            (9.0, (201.3, 199.6)),
            (far, (201.3, 199.6)),
            (far, (207.75, 190.125)),
            (far, (3.0, 5.0)),
            (far, (900.0, 5.0)),
        )
    )
    assert exact is not None
    assert one is not None
    assert other is not None
    assert near is not None
    found, expected = back.map(one), back.map(exact)
    for place in np.linspace(0, 1, 50):
        point = found.pointAtPercent(place)
        # Within a voxel of it, on either side.
        assert expected.intersects(QRectF(point.x() - 1, point.y() - 1, 2, 2))
    sizes = [path.boundingRect().size() for path in (one, other, near)]
    assert sizes[0].width() == pytest.approx(sizes[1].width()) == pytest.approx(sizes[2].width())
    assert one.elementCount() < 20 < exact.elementCount()
    assert beyond is None


@pytest.mark.parametrize("shape", ["disc", "sphere"])
def test_beside_a_corner_of_the_image_nothing_is_outlined(shape: Shape) -> None:
    plane_map = PlaneMap(Geometry((8, 8, 3), np.eye(4)), Plane.AXIAL)
    painter = StrokePainter(np.eye(4), (8, 8, 3), 2.5, shape, 2)
    # The corner lies in the box of the dab, and farther than its radius.
    beside, over = (
        footprint(painter, PointerEvent(plane_map, np.array([x, x, 1.0]), (0, 0), scale=9.0)) for x in (-2.0, -1.0)
    )
    assert beside is None
    assert over is not None


def test_the_range_is_taken_from_the_voxel_and_turned_round(head: Desk, driver: Driver) -> None:
    canvas, brush = head.window.views.views[Plane.AXIAL].canvas, head.wiring.toolbox.brush
    driver.move(canvas, (20, 20))
    driver.move(canvas, PLACE)
    driver.key("T")
    i, j, k = np.floor(voxel_at(head, PLACE) + 0.5).astype(int)
    own = float(head.document.volume.intensities(0)[i, j, k])
    assert brush.settings.lower is not None
    assert brush.settings.upper is not None
    assert brush.settings.lower <= own <= brush.settings.upper
    assert canvas.badge.text.startswith("Only intensity ")
    driver.key("U")
    assert brush.settings.side == "outside"
    assert canvas.badge.text.startswith("Only intensity outside ")
    driver.click(canvas, PLACE)
    head.wait()
    assert not head.mask()[i, j, k]
    (step,) = head.document.timeline
    assert isinstance(step.operation, Paint)
    assert step.operation.side == "outside"


def test_the_range_of_the_histogram_limits_the_brush(head: Desk) -> None:
    actions, brush = head.wiring.actions, head.wiring.toolbox.brush
    actions["of_tool_band_of_histogram"].trigger()
    assert not brush.settings.has_range
    head.wiring.operations.choose("threshold")
    head.wiring.operations.fields.set_values({"lower": 120.0, "upper": 300.0}, {})
    head.wait()
    actions["of_tool_band_of_histogram"].trigger()
    assert (brush.settings.lower, brush.settings.upper) == (120.0, 300.0)
    actions["of_tool_unlimited"].trigger()
    assert not brush.settings.has_range


def test_locked_rois_are_spared_and_another_may_limit(head: Desk, driver: Driver) -> None:
    canvas, editor = head.window.views.views[Plane.AXIAL].canvas, head.editor
    world = tuple(head.document.geometry.to_world(voxel_at(head, PLACE)).tolist())
    head.wiring.toolbox.brush.change(radius=6.0)
    editor.apply_now(make("paint", {"points": (world,), "radius": 3.0}))
    head.wait()
    first = editor.active
    editor.add_roi("second")
    second = editor.active
    assert (first, second) == ("roi1", "roi2")

    def painted() -> NDArray[np.bool_]:
        driver.click(canvas, PLACE)
        head.wait()
        return head.mask()

    spared = np.array(head.document.mask(first)[...])
    editor.change_roi(first, locked=True)
    made = painted()
    assert made.any()
    assert not (made & spared).any()
    assert head.document.timeline[-1].scope == Scope(outside=(first,))
    said: list[str] = []
    editor.message.connect(said.append)
    head.wiring.toolbox.brush.change(radius=2.0)
    painted()
    assert said[-1] == "Brush changes no voxel, so no step was made; voxels of 'mask' are spared."
    head.wiring.toolbox.brush.change(radius=6.0)
    driver.key("Ctrl+Z")
    head.wait()
    editor.change_roi(first, locked=False)
    head.wiring.toolbox.brush.change(inside=first)
    assert "inside mask" in canvas.badge.text
    made = painted()
    assert np.array_equal(made, spared)
    assert head.document.timeline[-1].scope == Scope(inside=first)


@pytest.mark.parametrize("shape", ["disc", "sphere", "square"])
def test_fast_strokes_have_no_gaps(head: Desk, shape: str) -> None:
    """At 5,000 pixels a second, a mouse of 125 Hz is heard every 40 pixels."""
    head.wiring.toolbox.brush.change(radius=1.5, shape=shape)
    canvas = head.window.views.views[Plane.AXIAL].canvas
    plane_map, tool = canvas.map, head.wiring.toolbox.tool
    assert plane_map is not None
    places = [(40.0 + 40 * step, 100.0 + (step % 2) * 30) for step in range(7)]
    events = [PointerEvent(plane_map, voxel_at(head, place), place) for place in places]  # type: ignore[arg-type]
    tool.press(events[0])
    for event in events[1:]:
        tool.move(event)
    tool.release(events[-1])
    head.wait()
    made = head.mask()
    path = np.array([event.voxel for event in events])
    for start, stop in pairwise(path):
        way = start + np.linspace(0, 1, 500)[:, None] * (stop - start)
        on = np.rint(way).astype(int)
        inside = ((on >= 0) & (on < made.shape)).all(axis=1)
        assert inside.any()
        assert made[tuple(on[inside].T)].all()


def test_each_limit_that_is_set_or_taken_away_is_said(head: Desk, driver: Driver) -> None:
    sentences: list[str] = []
    head.editor.message.connect(sentences.append)
    commands = {command.id: command for command in head.wiring.toolbox.commands()}
    for id, words in (("band_of_voxel", "limited to"), ("band_turned", "outside"), ("unlimited", "anywhere")):
        sentences.clear()
        head.wiring.toolbox.carry_out(commands[id])
        assert words in sentences[-1]
    driver.click(head.window.histogram.plot, (200, 100))
    head.wait()
    sentences.clear()
    head.wiring.toolbox.carry_out(commands["band_of_histogram"])
    settings = head.wiring.toolbox.brush.settings
    assert settings.lower is not None
    assert range_words(settings.lower, settings.upper) in sentences[-1]
