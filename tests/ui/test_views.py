"""The three planes, driven by real mouse, wheel and key events."""

from __future__ import annotations

import gc
import itertools
import weakref
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from nibabel.affines import obliquity
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt
from PyQt6.QtGui import QEnterEvent, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainterPath, QPaintEvent, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLabel, QLineEdit, QSplitter, QWidget
from pytestqt.qtbot import QtBot
from scipy import ndimage

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box
from maskeditor.model.view.display import Display
from maskeditor.model.view.layers import Layer, Layers
from maskeditor.model.view.pixels import PREVIEW_COLOURS
from maskeditor.model.view.slices import PlaneMap
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.colour_maps import COLOUR_MAPS, colour_map
from maskeditor.ui.tools.navigate import NavigateTool
from maskeditor.ui.tools.window_level import WindowLevelTool
from maskeditor.ui.views.canvas import Canvas
from maskeditor.ui.views.cells import Layout
from maskeditor.ui.views.lines import GAP
from maskeditor.ui.views.signs import round_length
from maskeditor.ui.views.slice_view import SliceView
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.views.triplanar import PLANES, TriplanarView
from tests import phantoms
from tests.ui.drivers import PATIENCE_MS

Button, Modifier = Qt.MouseButton, Qt.KeyboardModifier
SHAPE = (20, 24, 28)


class Scene:
    """A window with the three planes, and hands to use it."""

    def __init__(self, qtbot: QtBot, beside: bool = False) -> None:
        self.viewer, self.layers = Viewer(), Layers()
        self.views = TriplanarView(self.viewer, self.layers, QLabel("beside") if beside else None)
        self.viewer.changed.connect(self.views.follow)
        qtbot.addWidget(self.views)
        self.views.resize(900, 700)
        self.views.show()
        qtbot.waitExposed(self.views)

    def open(self, volume: Volume) -> None:
        self.viewer.set_volume(volume)
        self.settle()

    @staticmethod
    def settle() -> None:
        QApplication.sendPostedEvents()
        QApplication.processEvents()

    def view(self, plane: Plane = Plane.AXIAL) -> SliceView:
        return self.views.views[plane]

    def canvas(self, plane: Plane = Plane.AXIAL) -> Canvas:
        return self.views.views[plane].canvas

    def point(self, voxel: tuple[float, float, float], plane: Plane = Plane.AXIAL) -> QPoint:
        """Return where a voxel is on the screen."""
        canvas = self.canvas(plane)
        assert canvas.map is not None
        x, y = canvas.camera.to_pixels(*canvas.map.to_screen(voxel))
        return QPoint(round(x), round(y))

    def drag(
        self,
        points: list[QPoint],
        button: Button = Button.LeftButton,
        modifier: Modifier = Modifier.NoModifier,
        plane: Plane = Plane.AXIAL,
    ) -> None:
        viewport = self.canvas(plane)
        QTest.mousePress(viewport, button, modifier, points[0])
        for point in points[1:]:
            self.move(point, button, modifier, plane)
        QTest.mouseRelease(viewport, button, modifier, points[-1])
        self.settle()

    def move(
        self,
        point: QPoint,
        button: Button = Button.NoButton,
        modifier: Modifier = Modifier.NoModifier,
        plane: Plane = Plane.AXIAL,
    ) -> None:
        """Move the mouse; QTest's own move holds no button."""
        viewport = self.canvas(plane)
        place = QPointF(point)
        event = QMouseEvent(
            QEvent.Type.MouseMove, place, viewport.mapToGlobal(place), Button.NoButton, button, modifier
        )
        QApplication.sendEvent(viewport, event)

    def wheel(
        self, turn: int, modifier: Modifier = Modifier.NoModifier, plane: Plane = Plane.AXIAL, at: QPoint | None = None
    ) -> None:
        self.turn(self.canvas(plane), turn, modifier, at)

    def turn(
        self, widget: QWidget, turn: int, modifier: Modifier = Modifier.NoModifier, at: QPoint | None = None
    ) -> None:
        place = QPointF(at or widget.rect().center())
        event = QWheelEvent(
            place,
            widget.mapToGlobal(place),
            QPoint(),
            QPoint(0, turn),
            Button.NoButton,
            modifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)
        self.settle()

    def key(self, key: Qt.Key, modifier: Modifier = Modifier.NoModifier) -> bool:
        taken = self.views.handle_key(QKeyEvent(QEvent.Type.KeyPress, key, modifier))
        self.settle()
        return taken

    def grab(self, plane: Plane = Plane.AXIAL) -> QImage:
        self.settle()
        return self.canvas(plane).grab().toImage()

    def colour(self, voxel: tuple[float, float, float], plane: Plane = Plane.AXIAL) -> tuple[int, int, int]:
        at = self.point(voxel, plane)
        red, green, blue, _ = self.grab(plane).pixelColor(at).getRgb()
        return (red, green, blue)

    @property
    def composed(self) -> list[int]:
        self.settle()
        return [self.view(plane).picture.composed for plane in PLANES]


def image(affine: NDArray[np.float64] | None = None, order: str = "F") -> Volume:
    """Return an image in which every voxel has a grey level of its own kind."""
    i, j, k = np.indices(SHAPE)
    stored = np.array(40 + 5 * i + 3 * j + 2 * k, np.int16, order=order)  # type: ignore[call-overload]
    return Volume(stored, Geometry(SHAPE, np.eye(4) if affine is None else affine))


@pytest.fixture
def scene(qtbot: QtBot) -> Scene:
    made = Scene(qtbot)
    made.open(image())
    made.viewer.set_window(0, 255)
    made.views.set_tool(NavigateTool(made.viewer))
    made.viewer.change(crosshair_visible=False)
    made.settle()
    return made


# What is seen


def test_a_plane_that_is_hidden_holds_no_levels_of_a_further_image(scene: Scene) -> None:
    volume = image()
    scene.viewer.set_images({"map": Volume(volume.stored * 2, volume.geometry)})
    display, further = Display("map", (0.0, 500.0), opacity=0.5), scene.viewer.images["map"]
    further.take_levels(further.levels(display, 0))  # as is done ahead of a large image
    scene.viewer.change(displays=(display,))
    first = [scene.grab(plane) for plane in PLANES]
    scene.views.choose(Layout.ONE)
    (plane,) = (plane for plane in PLANES if scene.canvas(plane).isVisible())
    other = display.changed(window=(0.0, 100.0))
    worked_out = further.levels(other, 0)
    before = weakref.ref(further._levels[1]._array)
    scene.viewer.change(displays=(other,))
    further.take_levels(worked_out)
    scene.grab(plane)
    gc.collect()
    assert before() is None
    # What is seen again is drawn as it was.
    scene.views.choose(Layout.THREE)
    scene.viewer.change(displays=(display,))
    assert [scene.grab(plane) for plane in PLANES] == first


@pytest.mark.slow
@pytest.mark.parametrize("order", ["F", "C"])
@pytest.mark.parametrize("name", ["plain", "flipped", "permuted", "oblique", "anisotropic"])
@pytest.mark.parametrize("radiological", [True, False])
def test_voxels_are_where_the_plane_map_says(scene: Scene, name: str, order: str, radiological: bool) -> None:
    volume = image(phantoms.affine(name), order)
    scene.open(volume)
    scene.viewer.set_window(0, 255)
    scene.viewer.change(radiological=radiological)
    scene.viewer.set_crosshair((7, 9, 11))
    for plane in Plane:
        plane_map = PlaneMap(volume.geometry, plane, radiological)
        grab = scene.grab(plane)
        for voxel in np.random.default_rng(0).integers(1, np.array(SHAPE) - 1, (10, 3)):
            voxel[plane_map.normal] = (7, 9, 11)[plane_map.normal]
            i, j, k = voxel.tolist()
            grey = int(volume.stored[i, j, k])
            assert grab.pixelColor(scene.point((i, j, k), plane)).getRgb()[:3] == (grey, grey, grey)
        assert tuple(letter.text for letter in scene.canvas(plane).letters) == plane_map.letters


def test_proportions_are_true(scene: Scene) -> None:
    scene.open(image(np.diag([1, 1, 3, 1])))
    for plane, (width, height) in {Plane.AXIAL: (20, 24), Plane.CORONAL: (20, 84), Plane.SAGITTAL: (24, 84)}.items():
        canvas = scene.canvas(plane)
        assert canvas.map is not None
        corner, opposite = canvas.camera.to_pixels(0, 0), canvas.camera.to_pixels(*canvas.map.size)
        across, down = opposite[0] - corner[0], opposite[1] - corner[1]
        assert across / down == pytest.approx(width / height)
        assert 0 <= corner[0] < opposite[0] <= canvas.width()
        assert 0 <= corner[1] < opposite[1] <= canvas.height()


def test_masks_previews_and_strokes_are_drawn(scene: Scene) -> None:
    mask = np.zeros(SHAPE, bool, order="F")
    mask[5:15, 5:15, 10:18] = True
    scene.layers.show([Layer(MaskBits.of(mask), (255, 0, 0))], active=0)
    scene.views.refresh()
    scene.viewer.change(opacity=1.0)
    k = scene.viewer.state.crosshair[2]
    assert scene.colour((6, 6, k)) == (255, 0, 0)
    assert scene.colour((3, 3, k)) == (40 + 5 * 3 + 3 * 3 + 2 * k,) * 3
    scene.viewer.change(outline=True)
    grey = 40 + 5 * 9 + 3 * 9 + 2 * k
    assert scene.colour((9, 9, k)) == (grey, grey, grey)
    assert scene.colour((5, 9, k)) == (255, 0, 0)
    scene.viewer.change(masks_hidden=True)
    assert scene.colour((5, 9, k))[0] == scene.colour((5, 9, k))[1]
    scene.viewer.change(masks_hidden=False, outline=False)

    class Then:
        def slice(self, axis: int, index: int) -> BoolArray:
            then = np.roll(mask, 5, axis=0)
            return np.take(then, index, axis=axis)

    scene.layers.preview = Then()
    scene.views.refresh()
    assert scene.colour((12, 9, k)) == (255, 0, 0)
    assert scene.colour((7, 9, k)) == PREVIEW_COLOURS[0][1]
    assert scene.colour((17, 9, k)) == (60, 230, 60)
    scene.layers.preview = None
    scene.layers.stroke = Then()
    scene.views.refresh()
    assert scene.colour((17, 9, k)) == (255, 0, 0)
    assert scene.colour((7, 9, k)) == (40 + 5 * 7 + 3 * 9 + 2 * k,) * 3


@pytest.mark.parametrize("outline", [False, True])
@pytest.mark.parametrize("smooth", [False, True])
def test_a_dirty_box_draws_the_same_as_everything(scene: Scene, outline: bool, smooth: bool) -> None:
    scene.viewer.change(outline=outline, smooth=smooth)
    mask = MaskBits.of(phantoms.blobs(SHAPE))
    scene.layers.show([Layer(mask, (255, 0, 0))])
    scene.views.refresh()
    scene.settle()
    rng = np.random.default_rng(0)
    for _ in range(5):
        start = rng.integers(0, np.array(SHAPE) - 6)
        i, j, k = start.tolist()
        box = Box((i, j, k), (i + 6, j + 6, k + 6))
        mask.toggle(Rows.of(box, np.ones(box.shape, bool)))
        scene.layers.touch(0, box)
        scene.viewer.set_crosshair((i + 3, j + 3, k + 3))
        scene.settle()
        mask.toggle(Rows.of(box, rng.random(box.shape) < 0.5))
        scene.layers.touch(0, box)
        scene.views.refresh(box)
        parts = {plane: (scene.grab(plane), scene.view(plane).picture.image().copy()) for plane in Plane}
        scene.layers.touch(0, Box.whole(SHAPE))
        scene.views.refresh()
        for plane, (grabbed, picture) in parts.items():
            assert scene.view(plane).picture.image() == picture
            assert np.abs(levels(scene.grab(plane)) - levels(grabbed)).max() <= int(smooth)  # Qt rounds what it blends


def levels(image: QImage) -> NDArray[np.int16]:
    """Return red, green and blue of a picture; (height, width, 3)."""
    picture = image.convertToFormat(QImage.Format.Format_RGB32)
    bits = picture.constBits()
    assert bits is not None
    bits.setsize(picture.sizeInBytes())
    pixels = np.frombuffer(bits, np.uint8).reshape(picture.height(), picture.width(), 4)  # type: ignore[call-overload]
    return pixels[..., :3].astype(np.int16)


def shown_and_whole(views: TriplanarView) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return what stands on the screen, painted bit by bit, and the same painted at once; (height, width, 3)."""
    screen = views.screen()
    assert screen is not None
    shown = levels(screen.grabWindow(views.winId()).toImage())
    for view in views.views.values():
        view.canvas.scaled[0].stale(None)
    return shown, levels(views.grab().toImage())


def test_what_is_painted_in_parts_is_what_is_painted_whole(scene: Scene) -> None:
    rng = np.random.default_rng(0)
    mask = MaskBits(SHAPE)
    scene.layers.show([Layer(mask, (230, 60, 60))], active=0)
    circle = QPainterPath()
    for turn in range(24):
        i, j, k = (int(rng.integers(0, size - 5)) for size in SHAPE)
        box = Box((i, j, k), (i + 5, j + 5, k + 5))
        mask.toggle(Rows.of(box, np.ones(box.shape, bool)))
        scene.layers.touch(0, box)
        canvas = scene.canvas(PLANES[turn % 3])
        circle.addEllipse(QPointF(turn % 20, 7), 3, 3)
        acts: list[Callable[[], object]] = [
            partial(scene.viewer.set_crosshair, (i, j, k)),
            partial(scene.viewer.set_crosshair, (i + 1, j, k + 1)),
            partial(scene.viewer.change, smooth=turn % 4 == 1, crosshair_visible=turn % 3 > 0),
            partial(scene.viewer.set_window, 40 - turn, 200),
            partial(canvas.show_outline, circle),
            partial(canvas.show_outline, None),
            partial(canvas.show_legend, turn % 2 == 1),
            partial(canvas.zoom, 1.2 if turn % 2 else 1 / 1.2, (20, 30)),
            scene.settle,
        ]
        for number in rng.permutation(len(acts))[: 1 + turn % 4]:
            acts[number]()
        scene.views.refresh(box)
        scene.settle()
        shown, whole = shown_and_whole(scene.views)
        # Qt may round the edge of a voxel to the next pixel, and a blend to the next level, within a part.
        different = np.abs(shown - whole).max(axis=-1) > 1
        assert not ndimage.binary_erosion(different, np.ones((2, 2))).any(), turn


def test_a_line_that_moves_repaints_little(scene: Scene) -> None:
    painted: list[int] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
            if isinstance(event, QPaintEvent):
                box = event.region().boundingRect()
                painted.append(box.width() * box.height())
            return False

    canvas, watch = scene.canvas(Plane.SAGITTAL), Watch()
    canvas.installEventFilter(watch)
    scene.viewer.step(Plane.AXIAL, 1)
    scene.settle()
    # Old line and new line, and the middle of the other one.
    assert len(painted) == 1
    assert painted[0] < canvas.width() * (canvas.camera.scale + 2 * GAP + 10)


def test_only_planes_that_changed_are_composed(scene: Scene) -> None:
    scene.layers.show([Layer(MaskBits.of(np.ones(SHAPE, bool)), (255, 0, 0))])
    scene.views.refresh()
    before = scene.composed

    def more() -> list[int]:
        nonlocal before
        now = scene.composed
        change = [a - b for a, b in zip(now, before, strict=True)]
        before = now
        return change

    i, j, k = scene.viewer.state.crosshair
    scene.viewer.set_crosshair((i, j, k + 1))
    assert more() == [1, 0, 0]
    scene.viewer.set_crosshair((i + 1, j, k + 1))
    assert more() == [0, 1, 0]
    for low in range(5):
        scene.viewer.set_window(low, 200)
    assert more() == [1, 1, 1]  # five changes, one picture
    scene.views.refresh(Box((i + 1, 0, 0), (i + 2, 2, 2)))
    assert more() == [0, 1, 0]
    scene.views.refresh(Box((0, 0, 0), (1, 1, 1)))
    assert more() == [0, 0, 0]
    scene.views.refresh()
    assert more() == [1, 1, 1]
    scene.viewer.change(radiological=False, crosshair_visible=True)
    more()
    scene.views.toggle_maximised(Plane.CORONAL)
    more()
    scene.viewer.set_window(0, 90)
    assert more() == [0, 0, 1]  # what is hidden does no work
    scene.views.toggle_maximised()
    assert more()[:2] == [1, 1]


def test_captions_count_from_zero_and_tell_millimetres(scene: Scene) -> None:
    scene.open(image(phantoms.affine("flipped")))
    scene.viewer.set_crosshair((1, 2, 3))
    assert scene.canvas().caption.text == "Axial 3 of 0–27 · RAS z = -1.0 mm"
    assert scene.canvas(Plane.SAGITTAL).caption.text == "Sagittal 1 of 0–19 · RAS x = 19.0 mm"
    assert scene.canvas(Plane.CORONAL).caption.text == "Coronal 2 of 0–23 · RAS y = 27.0 mm"


@pytest.mark.parametrize(("width", "height"), [(600, 700), (900, 700), (1300, 700), (300, 500)])
def test_nothing_written_hides_anything_written(qtbot: QtBot, width: int, height: int) -> None:
    scene = Scene(qtbot)
    scene.views.resize(width, height)
    scene.open(image(np.array([[1, 0, 0, -1000], [0, 1, 0, -1000], [0, 0, 1, -1000], [0, 0, 0, 1]])))
    for plane in Plane:
        canvas = scene.canvas(plane)
        canvas.show_legend(True)
        written = [*canvas.letters, canvas.caption, canvas.bar, canvas.bar_label, *canvas.legend]
        for one, other in itertools.combinations([item for item in written if item.is_shown], 2):
            assert not one.bounds.intersects(other.bounds) or {one, other} == {
                canvas.bar,
                canvas.bar_label,
            }


@pytest.mark.parametrize(("height", "letters"), [(56, 2), (70, 4), (90, 4)])
def test_in_a_low_view_letters_and_scale_are_read_or_left_out(scene: Scene, height: int, letters: int) -> None:
    canvas = scene.canvas()
    canvas.setFixedHeight(height)
    scene.settle()
    assert canvas.height() == height
    shown = [item for item in (*canvas.letters, canvas.bar_label) if item.is_shown]
    for one, other in itertools.combinations(shown, 2):
        assert not one.bounds.intersects(other.bounds)
    assert shown[:2] == list(canvas.letters[:2])
    assert sum(letter.is_shown for letter in canvas.letters) == letters
    assert canvas.bar.is_shown == canvas.bar_label.is_shown == (height == 90)


@pytest.mark.parametrize("width", [80, 100, 130])
def test_in_a_narrow_view_the_scale_stands_above_the_letter(scene: Scene, width: int) -> None:
    canvas = scene.canvas()
    canvas.setFixedSize(width, 200)
    scene.settle()
    assert (canvas.width(), canvas.height()) == (width, 200)
    shown = [*canvas.letters, canvas.bar, canvas.bar_label]
    assert all(item.is_shown for item in shown)
    for one, other in itertools.combinations(shown, 2):
        assert not one.bounds.intersects(other.bounds) or {one, other} == {canvas.bar, canvas.bar_label}


def test_a_legend_says_what_the_colours_of_a_preview_mean(scene: Scene) -> None:
    def shown() -> list[str]:
        return [label.text for plane in PLANES for label in scene.canvas(plane).legend if label.is_shown]

    assert shown() == []
    mask = np.zeros(SHAPE, bool, order="F")
    scene.layers.show([Layer(MaskBits.of(mask), (230, 60, 60))], active=0)

    class Then:
        def slice(self, axis: int, index: int) -> BoolArray:
            return np.take(mask, index, axis=axis)

    scene.layers.preview = Then()
    scene.views.refresh()
    assert shown() == ["added", "removed"]
    scene.views.toggle_maximised(Plane.CORONAL)
    assert [label.is_shown for label in scene.canvas(Plane.CORONAL).legend] == [True, True]
    scene.views.toggle_maximised()
    scene.layers.preview = None
    scene.views.refresh()
    assert shown() == []


def test_scale_bars_are_round_and_true(scene: Scene) -> None:
    canvas = scene.canvas()
    assert canvas.bar.width == pytest.approx(canvas.bar.millimetres * canvas.camera.scale)
    assert canvas.bar_label.text == f"{canvas.bar.millimetres:g} mm"
    assert [round_length(length) for length in (0.09, 1, 4.9, 5, 999)] == pytest.approx([0.05, 1, 2, 5, 500])


def test_the_crosshair_is_open_in_the_middle(scene: Scene) -> None:
    scene.viewer.change(crosshair_visible=True)
    voxel = scene.viewer.state.crosshair
    i, j, k = voxel
    grey = 40 + 5 * i + 3 * j + 2 * k
    assert scene.colour(voxel) == (grey, grey, grey)
    at = scene.point(voxel)
    grab = scene.grab()
    assert grab.pixelColor(at.x(), at.y() // 2).getRgb()[:3] == (90, 200, 255)
    assert grab.pixelColor(at.x() // 2, at.y()).getRgb()[:3] == (90, 200, 255)


def test_without_an_image_a_hint_is_shown(qtbot: QtBot) -> None:
    empty = Scene(qtbot)
    labels = [label for label in empty.views.findChildren(QLabel) if label.isVisible()]
    assert [label.text() for label in labels] == ["Open an image, or drop a file here"]
    assert not empty.key(Qt.Key.Key_Up)
    empty.views.refresh()
    empty.open(image())
    assert empty.canvas().isVisible()
    empty.viewer.set_volume(None)
    assert not empty.canvas().isVisible()


# The mouse


def test_pressing_and_dragging_moves_the_crosshair(scene: Scene) -> None:
    k = scene.viewer.state.crosshair[2]
    QTest.mouseClick(scene.canvas(), Button.LeftButton, pos=scene.point((4, 5, k)))
    assert scene.viewer.state.crosshair == (4, 5, k)
    scene.drag([scene.point((4, 5, k)), scene.point((8, 8, k)), scene.point((15, 20, k))])
    assert scene.viewer.state.crosshair == (15, 20, k)
    scene.drag([scene.point((15, 5, 9), Plane.SAGITTAL), QPoint(-500, -500)], plane=Plane.SAGITTAL)
    assert scene.viewer.state.crosshair == (15, SHAPE[1] - 1, SHAPE[2] - 1)  # nearest voxel inside
    scene.move(scene.point((2, 2, k)))  # without a button
    assert scene.viewer.state.crosshair[:2] == (15, SHAPE[1] - 1)
    scene.move(scene.point((3, 2, k)), modifier=Modifier.ShiftModifier)
    assert scene.viewer.state.crosshair[:2] == (3, 2)


@pytest.mark.parametrize("plane", Plane)
@pytest.mark.parametrize("name", ["plain", "flipped"])
def test_the_wheel_goes_through_slices(scene: Scene, plane: Plane, name: str) -> None:
    scene.open(image(phantoms.affine(name)))
    view = scene.viewer.plane_map(plane)
    before = scene.viewer.state.crosshair
    scene.wheel(120, plane=plane)
    change = np.subtract(scene.viewer.state.crosshair, before)
    assert change[view.normal] == view.towards
    assert np.abs(change).sum() == 1
    for _ in range(4):
        scene.wheel(-30, plane=plane)  # a touch pad's small turns add up
    assert scene.viewer.state.crosshair == before
    scene.wheel(120, Modifier.ShiftModifier, plane)
    assert np.subtract(scene.viewer.state.crosshair, before)[view.normal] == 5 * view.towards


def test_ctrl_and_wheel_zoom_at_the_pointer(scene: Scene) -> None:
    camera = scene.canvas().camera
    at = scene.point((4, 5, 0)) + QPoint(3, 2)
    before, scale = camera.to_mm(at.x(), at.y()), camera.scale
    scene.wheel(240, Modifier.ControlModifier, at=at)
    assert camera.scale == pytest.approx(scale * 1.15**2)
    assert camera.to_mm(at.x(), at.y()) == pytest.approx(before)
    assert [scene.canvas(plane).camera.scale for plane in PLANES] == [camera.scale] * 3
    for _ in range(100):
        scene.wheel(-240, Modifier.ControlModifier)
    assert camera.scale == pytest.approx(scale / 4)
    scene.views.reset()
    assert camera.scale == pytest.approx(scale)


def test_what_is_written_stands_after_zooming_as_when_all_is_placed_anew(scene: Scene) -> None:
    def stands() -> list[tuple[QRect, str]]:
        canvases = [scene.canvas(plane) for plane in PLANES]
        return [(item.bounds, getattr(item, "text", "")) for canvas in canvases for item in canvas.written]

    begun = stands()
    for turn in (120, 240, 360, -960):
        scene.wheel(turn, Modifier.ControlModifier)
        zoomed = stands()
        assert zoomed != begun
        for plane in PLANES:
            scene.canvas(plane).look()
        assert stands() == zoomed


@pytest.mark.parametrize(
    ("button", "modifier"), [(Button.MiddleButton, Modifier.NoModifier), (Button.LeftButton, Modifier.AltModifier)]
)
def test_the_middle_button_pans(scene: Scene, button: Button, modifier: Modifier) -> None:
    crosshair = scene.viewer.state.crosshair
    start = scene.point((10, 12, 0))
    scene.drag([start, start + QPoint(10, 5), start + QPoint(30, -20)], button, modifier)
    assert scene.point((10, 12, 0)) == start + QPoint(30, -20)
    assert scene.viewer.state.crosshair == crosshair


def test_space_held_pans(scene: Scene) -> None:
    start = scene.point((10, 12, 0))
    scene.key(Qt.Key.Key_Space)
    scene.drag([start, start + QPoint(12, 8)])
    assert scene.point((10, 12, 0)) == start + QPoint(12, 8)
    scene.views.handle_key(QKeyEvent(QEvent.Type.KeyRelease, Qt.Key.Key_Space, Modifier.NoModifier))
    scene.drag([scene.point((4, 5, 0)), scene.point((4, 6, 0))])
    assert scene.viewer.state.crosshair[:2] == (4, 6)


def test_the_right_button_zooms_where_the_tool_leaves_it(scene: Scene) -> None:
    camera = scene.canvas().camera
    start = scene.point((10, 12, 0))
    before, scale = camera.to_mm(start.x(), start.y()), camera.scale
    scene.drag([start, start - QPoint(0, 20), start - QPoint(0, 40)], Button.RightButton)
    assert camera.scale == pytest.approx(scale * 1.15**2)
    assert camera.to_mm(start.x(), start.y()) == pytest.approx(before)


def test_a_double_click_maximises_and_restores(scene: Scene) -> None:
    viewport = scene.canvas(Plane.SAGITTAL)
    QTest.mouseDClick(viewport, Button.LeftButton, pos=QPoint(50, 50))
    scene.settle()
    assert [scene.view(plane).isVisible() for plane in PLANES] == [False, True, False]
    assert scene.canvas(Plane.SAGITTAL).width() > 850
    assert scene.canvas(Plane.SAGITTAL).height() > 650
    QTest.mouseDClick(viewport, Button.LeftButton, pos=QPoint(50, 50))
    assert all(scene.view(plane).isVisible() for plane in PLANES)


class Recorder(Tool):
    """A tool that takes all there is."""

    double_click_maximises = False

    def __init__(self, takes: bool = True) -> None:
        self.takes, self.heard = takes, list[tuple[str, PointerEvent | int | None]]()

    def press(self, event: PointerEvent) -> bool:
        self.heard.append(("press", event))
        return self.takes

    def move(self, event: PointerEvent) -> None:
        self.heard.append(("move", event))

    def release(self, event: PointerEvent) -> None:
        self.heard.append(("release", event))

    def cancel(self) -> bool:
        self.heard.append(("cancel", None))
        return [kind for kind in self.kinds if kind in ("press", "cancel")][-2:] == ["press", "cancel"]

    def hover(self, event: PointerEvent) -> None:
        self.heard.append(("hover", event))

    def leave(self) -> None:
        self.heard.append(("leave", None))

    def wheel(self, event: PointerEvent, steps: int) -> bool:
        self.heard.append(("wheel", steps))
        return True

    def cursor_outline(self, event: PointerEvent) -> QPainterPath:
        path = QPainterPath()
        path.addEllipse(QPointF(*event.map.to_screen(event.voxel)), 3.0, 3.0)
        return path

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.heard]


@pytest.fixture
def recorder(scene: Scene) -> Recorder:
    tool = Recorder()
    scene.views.set_tool(tool)
    return tool


def test_a_tool_hears_every_move_in_voxels_and_millimetres(scene: Scene, recorder: Recorder) -> None:
    scene.open(image(phantoms.affine("oblique")))
    recorder.heard.clear()
    k = scene.viewer.state.crosshair[2]
    points = [scene.point((5, 5, k)) + QPoint(step, 0) for step in range(200)]  # far more than 100 a second
    scene.drag(points, Button.RightButton, Modifier.ControlModifier)
    assert recorder.kinds == ["press", *["move"] * 199, "release"]
    event = recorder.heard[0][1]
    assert isinstance(event, PointerEvent)
    assert (event.plane, event.axis, event.button) == (Plane.AXIAL, 2, Button.RightButton)
    assert event.has(Modifier.ControlModifier)
    assert event.nearest == (5, 5, k)
    assert event.is_inside
    assert np.abs(event.voxel - (5, 5, k)).max() < 0.5
    assert scene.viewer.volume is not None
    np.testing.assert_allclose(event.world, scene.viewer.volume.geometry.to_world(event.voxel))
    for _, moved in recorder.heard[1:]:
        assert isinstance(moved, PointerEvent)
        assert moved.button == Button.RightButton


def test_what_a_tool_does_not_take_is_the_views(scene: Scene) -> None:
    tool = Recorder(takes=False)
    scene.views.set_tool(tool)
    scale = scene.canvas().camera.scale
    scene.drag([QPoint(50, 50), QPoint(50, 10)], Button.RightButton)
    assert scene.canvas().camera.scale > scale
    assert tool.kinds == ["press"]
    scene.drag([QPoint(50, 50), QPoint(50, 10)], Button.MiddleButton)
    assert tool.kinds == ["press"]


def test_fast_clicks_are_all_the_tools(scene: Scene, recorder: Recorder) -> None:
    viewport = scene.canvas()
    QTest.mouseClick(viewport, Button.LeftButton, pos=QPoint(50, 50))
    QTest.mouseDClick(viewport, Button.LeftButton, pos=QPoint(50, 50))
    QTest.mouseRelease(viewport, Button.LeftButton, pos=QPoint(50, 50))
    assert recorder.kinds.count("press") == 2
    assert recorder.kinds.count("release") == 2
    assert scene.views.maximised is None


def test_shift_and_wheel_are_the_tools(scene: Scene, recorder: Recorder) -> None:
    before = scene.viewer.state.crosshair
    scene.wheel(240, Modifier.ShiftModifier)
    scene.wheel(-120, Modifier.ShiftModifier | Modifier.ControlModifier)
    assert recorder.heard == [("wheel", 2), ("wheel", -1)]
    assert scene.viewer.state.crosshair == before


@pytest.mark.parametrize("how", ["escape", "another tool"])
def test_a_drag_can_be_given_up(scene: Scene, recorder: Recorder, how: str) -> None:
    viewport = scene.canvas()
    QTest.mousePress(viewport, Button.LeftButton, pos=QPoint(50, 50))
    if how == "escape":
        assert scene.key(Qt.Key.Key_Escape)
        assert not scene.key(Qt.Key.Key_Escape)
    else:
        scene.views.set_tool(NavigateTool(scene.viewer))
    scene.move(QPoint(60, 60), Button.LeftButton)
    QTest.mouseRelease(viewport, Button.LeftButton, pos=QPoint(60, 60))
    # Escape asks once more whether there is anything to give up, as corner after corner may be set between drags.
    again = ["cancel"] if how == "escape" else []
    assert [kind for kind in recorder.kinds if kind != "hover"] == ["press", "cancel", *again]


def test_a_release_elsewhere_ends_the_drag(scene: Scene, recorder: Recorder) -> None:
    QTest.mousePress(scene.canvas(), Button.LeftButton, pos=QPoint(50, 50))
    scene.move(QPoint(70, 70))  # no button any more
    assert recorder.kinds == ["press", "release", "hover"]


def test_the_outline_follows_the_pointer(scene: Scene, recorder: Recorder) -> None:
    canvas = scene.canvas()
    scene.move(QPoint(80, 90))
    scale = canvas.camera.scale
    bounds = canvas.outline.path.boundingRect()
    assert (bounds.center().x(), bounds.center().y()) == pytest.approx((80, 90))
    assert bounds.width() == pytest.approx(6 * scale)
    scene.wheel(120, Modifier.ControlModifier, at=QPoint(80, 90))
    assert canvas.outline.path.boundingRect().width() == pytest.approx(6 * canvas.camera.scale)
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    assert canvas.outline.path.isEmpty()
    assert recorder.kinds[-1] == "leave"


def test_a_second_button_changes_nothing(scene: Scene, recorder: Recorder) -> None:
    viewport, camera = scene.canvas(), scene.canvas().camera
    before = (camera.scale, scene.point((4, 5, 0)))
    QTest.mousePress(viewport, Button.LeftButton, pos=QPoint(50, 50))
    QTest.mousePress(viewport, Button.RightButton, pos=QPoint(55, 50))
    QTest.mousePress(viewport, Button.MiddleButton, pos=QPoint(55, 50))
    scene.move(QPoint(60, 60), Button.LeftButton | Button.RightButton)
    QTest.mouseRelease(viewport, Button.RightButton, pos=QPoint(60, 60))
    scene.move(QPoint(70, 60), Button.LeftButton)
    assert recorder.kinds == ["press", "move", "move"]
    # Whatever button is let go of, the drag is that of the first.
    assert {event.button for _, event in recorder.heard if isinstance(event, PointerEvent)} == {Button.LeftButton}
    QTest.mouseRelease(viewport, Button.LeftButton, pos=QPoint(70, 60))
    assert recorder.kinds[-1] == "release"
    assert (camera.scale, scene.point((4, 5, 0))) == before


def test_a_double_click_amid_a_drag_maximises_nothing(scene: Scene) -> None:
    viewport = scene.canvas()
    QTest.mousePress(viewport, Button.MiddleButton, pos=QPoint(50, 50))
    QTest.mouseDClick(viewport, Button.LeftButton, pos=QPoint(50, 50))
    assert scene.views.maximised is None
    QTest.mouseRelease(viewport, Button.MiddleButton, pos=QPoint(50, 50))


def test_a_drag_goes_on_beyond_the_view(scene: Scene, recorder: Recorder) -> None:
    viewport = scene.canvas()
    QTest.mousePress(viewport, Button.LeftButton, pos=QPoint(50, 50))
    QApplication.sendEvent(scene.canvas(), QEvent(QEvent.Type.Leave))
    assert not scene.canvas().outline.path.isEmpty()
    scene.move(QPoint(-20, 60), Button.LeftButton)
    QTest.mouseRelease(viewport, Button.LeftButton, pos=QPoint(-20, 60))
    assert recorder.kinds == ["press", "move", "release"]


def test_the_tool_in_hand_may_be_taken_again(scene: Scene, recorder: Recorder) -> None:
    QTest.mousePress(scene.canvas(), Button.LeftButton, pos=QPoint(50, 50))
    scene.views.set_tool(recorder)
    scene.move(QPoint(60, 60), Button.LeftButton)
    QTest.mouseRelease(scene.canvas(), Button.LeftButton, pos=QPoint(60, 60))
    assert recorder.kinds == ["press", "move", "release"]


def test_no_outline_is_drawn_while_the_view_moves(scene: Scene, recorder: Recorder) -> None:
    viewport = scene.canvas()
    for button in (Button.MiddleButton, Button.RightButton):
        recorder.takes = False
        scene.move(QPoint(80, 90))
        assert not scene.canvas().outline.path.isEmpty()
        QTest.mousePress(viewport, button, pos=QPoint(80, 90))
        scene.move(QPoint(85, 95), button)
        assert scene.canvas().outline.path.isEmpty()
        QTest.mouseRelease(viewport, button, pos=QPoint(85, 95))
        assert not scene.canvas().outline.path.isEmpty()


def test_small_turns_of_the_wheel(scene: Scene) -> None:
    def gone() -> int:
        return abs(scene.viewer.state.crosshair[2] - before)

    before = scene.viewer.state.crosshair[2]
    scene.wheel(100)
    scene.wheel(-90)  # another direction begins anew
    assert gone() == 0
    scene.wheel(-30)
    assert gone() == 1
    before = scene.viewer.state.crosshair[2]
    for _ in range(4):
        scene.wheel(90)  # what is left over counts
    assert gone() == 3
    scene.wheel(100)
    scene.wheel(30, Modifier.ControlModifier)  # a zoom between begins anew
    before = scene.viewer.state.crosshair[2]
    scene.wheel(100)
    assert gone() == 0


def test_a_wheel_that_is_turned_sideways_with_a_modifier(scene: Scene, recorder: Recorder) -> None:
    viewport = scene.canvas()
    place = QPointF(50, 50)
    event = QWheelEvent(
        place, viewport.mapToGlobal(place), QPoint(), QPoint(120, 0), Button.NoButton, Modifier.ShiftModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)
    assert recorder.heard == [("wheel", 1)]


def test_what_lies_under_the_pointer_after_the_wheel_is_told(scene: Scene) -> None:
    heard: list[NDArray[np.float64]] = []
    scene.views.hovered.connect(heard.append)
    scene.wheel(120)
    assert round(heard[-1][2]) == scene.viewer.state.crosshair[2]


def test_with_shift_the_crosshair_stays_within_the_image(scene: Scene) -> None:
    before = scene.viewer.state.crosshair
    scene.wheel(-1200, Modifier.ControlModifier)
    scene.move(QPoint(2, 2), modifier=Modifier.ShiftModifier)
    assert scene.viewer.state.crosshair == before


def test_the_right_button_zooms_at_the_place_it_was_pressed(scene: Scene) -> None:
    camera, start = scene.canvas().camera, scene.point((10, 12, 0))
    before = camera.to_mm(start.x(), start.y())
    scene.drag([start, start + QPoint(40, -20), start + QPoint(90, -40)], Button.RightButton)
    assert camera.to_mm(start.x(), start.y()) == pytest.approx(before)


def test_the_pointer_is_told(scene: Scene) -> None:
    heard: list[NDArray[np.float64] | None] = []
    scene.views.hovered.connect(heard.append)
    scene.move(scene.point((3, 4, 14)))
    assert heard[-1] is not None
    assert np.rint(heard[-1]).tolist() == [3, 4, scene.viewer.state.crosshair[2]]
    QApplication.sendEvent(scene.canvas(), QEvent(QEvent.Type.Leave))
    assert heard[-1] is None


# Window and level


def test_dragging_sets_window_and_level(scene: Scene) -> None:
    scene.views.set_tool(WindowLevelTool(scene.viewer))
    scene.viewer.set_window(100, 200)
    at = QPoint(150, 150)
    scene.drag([at, at + QPoint(50, 0)])
    low, high = scene.viewer.state.window
    assert high - low > 100
    assert (low + high) / 2 == pytest.approx(150)
    scene.viewer.set_window(100, 200)
    scene.drag([at, at - QPoint(0, 40)])
    low, high = scene.viewer.state.window
    assert high - low == pytest.approx(100)
    assert (low + high) / 2 < 150  # up is brighter
    scene.viewer.set_window(100, 200)
    QTest.mousePress(scene.canvas(), Button.LeftButton, pos=at)
    scene.move(at + QPoint(9, 9), Button.LeftButton)
    scene.key(Qt.Key.Key_Escape)
    assert scene.viewer.state.window == (100, 200)
    QTest.mouseRelease(scene.canvas(), Button.LeftButton, pos=at)


def test_a_rectangle_sets_the_window_of_a_region(scene: Scene) -> None:
    tool = WindowLevelTool(scene.viewer)
    scene.views.set_tool(tool)
    k = scene.viewer.state.crosshair[2]
    start, end = scene.point((3, 4, k)), scene.point((12, 9, k))
    viewport = scene.canvas()
    QTest.mousePress(viewport, Button.LeftButton, Modifier.ControlModifier, start)
    scene.move(end, Button.LeftButton, Modifier.ControlModifier)
    bounds = scene.canvas().outline.path.boundingRect()
    assert (bounds.width(), bounds.height()) == pytest.approx((abs(end.x() - start.x()), abs(end.y() - start.y())))
    QTest.mouseRelease(viewport, Button.LeftButton, Modifier.ControlModifier, end)
    assert scene.viewer.volume is not None
    region = scene.viewer.volume.stored[3:13, 4:10, k]
    assert scene.viewer.state.window == pytest.approx(tuple(np.percentile(region, (0.5, 99.5))))
    assert scene.canvas().outline.path.isEmpty()


def test_what_was_seen_comes_back_in_a_view_of_another_size(scene: Scene) -> None:
    camera = scene.canvas().camera
    bring_back = camera.keep()
    camera.zoom(3.0, (40.0, 50.0))
    scene.views.resize(700, 800)
    scene.settle()
    bring_back()
    zoomed = [scene.canvas(plane).camera for plane in PLANES]
    assert all(one.is_fitted for one in zoomed)
    assert {one.scale for one in zoomed} == {min(one.fitted_scale for one in zoomed)}


def test_scales_that_were_linked_meanwhile_stay_so(scene: Scene) -> None:
    scene.viewer.change(linked_zoom=False)
    camera = scene.canvas().camera
    camera.zoom(3.0, (40.0, 50.0))
    bring_back = camera.keep()
    camera.zoom(2.0, (40.0, 50.0))
    scene.viewer.change(linked_zoom=True)
    bring_back()
    assert len({scene.canvas(plane).camera.scale for plane in PLANES}) == 1


def test_a_rectangle_that_is_given_up_is_drawn_no_longer(scene: Scene) -> None:
    scene.views.set_tool(WindowLevelTool(scene.viewer))
    k, window = scene.viewer.state.crosshair[2], scene.viewer.state.window
    QTest.mousePress(scene.canvas(), Button.LeftButton, Modifier.ControlModifier, scene.point((3, 4, k)))
    scene.move(scene.point((12, 9, k)), Button.LeftButton, Modifier.ControlModifier)
    assert not scene.canvas().outline.path.isEmpty()
    assert scene.views.cancel()
    assert scene.canvas().outline.path.isEmpty()
    assert scene.viewer.state.window == window


# Keys and sliders


def test_arrows_and_pages(scene: Scene) -> None:
    i, j, k = scene.viewer.state.crosshair  # RAS, axial, left on the right: right on the screen is a lower i
    for key, modifier, expected in (
        (Qt.Key.Key_Right, Modifier.NoModifier, (i - 1, j, k)),
        (Qt.Key.Key_Left, Modifier.KeypadModifier, (i, j, k)),
        (Qt.Key.Key_Up, Modifier.NoModifier, (i, j + 1, k)),
        (Qt.Key.Key_Down, Modifier.ShiftModifier, (i, j - 4, k)),
        (Qt.Key.Key_PageUp, Modifier.NoModifier, (i, j - 4, k + 1)),
        (Qt.Key.Key_PageDown, Modifier.ShiftModifier, (i, j - 4, k - 4)),
    ):
        assert scene.key(key, modifier)
        assert scene.viewer.state.crosshair == expected
    assert not scene.key(Qt.Key.Key_Up, Modifier.ControlModifier)
    assert not scene.key(Qt.Key.Key_A)
    scene.move(QPoint(50, 50), plane=Plane.SAGITTAL)
    assert scene.key(Qt.Key.Key_PageUp)
    assert scene.viewer.state.crosshair == (i + 1, j - 4, k - 4)


def test_keys_go_to_the_plane_under_the_pointer(scene: Scene, qtbot: QtBot) -> None:
    typed = QLineEdit()
    typed.setParent(scene.views)
    typed.show()
    scene.views.activateWindow()
    assert QTest.qWaitForWindowActive(scene.views, PATIENCE_MS)
    typed.setFocus()
    QTest.keyClick(typed, Qt.Key.Key_C)
    assert typed.text() == "c"
    for plane in PLANES:
        typed.setFocus()
        canvas = scene.canvas(plane)
        QApplication.sendEvent(canvas, QEnterEvent(QPointF(50, 50), QPointF(50, 50), QPointF(50, 50)))
        assert canvas.hasFocus()
        before = scene.viewer.state.crosshair
        QTest.keyClick(canvas, Qt.Key.Key_PageUp)
        axis = plane.normal
        assert scene.viewer.state.crosshair[axis] == before[axis] + 1
    assert typed.text() == "c"


def test_what_is_under_a_pointer_that_lies_still_is_told_anew(scene: Scene) -> None:
    heard: list[NDArray[np.float64]] = []
    scene.views.hovered.connect(heard.append)
    scene.move(scene.point((4, 5, 0)))
    i, j, k = (round(float(at)) for at in heard[-1])
    scene.key(Qt.Key.Key_PageUp)
    assert [round(float(at)) for at in heard[-1]] == [i, j, k + 1]
    scene.views.views[Plane.AXIAL].canvas.zoom(4, (0, 0))
    scene.views.reset()
    assert [round(float(at)) for at in heard[-1]] == [i, j, k + 1]


def test_planes_share_one_scale(scene: Scene) -> None:
    def scales() -> set[float]:
        return {scene.canvas(plane).camera.scale for plane in PLANES}

    assert len(scales()) == 1
    for plane in PLANES:
        canvas = scene.canvas(plane)
        canvas.zoom(1.3, (20, 30))
        assert len(scales()) == 1
    scene.views.reset()
    fitted = scales()
    # One alone is as large as it can be.
    scene.views.toggle_maximised(Plane.CORONAL)
    scene.settle()
    assert min(scales()) > max(fitted)
    scene.views.toggle_maximised()
    scene.settle()
    assert scales() == fitted


def test_keys_go_where_the_focus_is(scene: Scene) -> None:
    i, j, k = scene.viewer.state.crosshair
    # Sent by hand: without a window manager no window is ever active.
    QApplication.sendEvent(scene.canvas(Plane.CORONAL), QFocusEvent(QEvent.Type.FocusIn))
    QTest.keyClick(scene.canvas(Plane.CORONAL), Qt.Key.Key_PageUp)
    assert scene.viewer.state.crosshair == (i, j + 1, k)


@pytest.mark.parametrize("name", ["plain", "flipped"])
def test_sliders_show_and_set_the_slice(scene: Scene, name: str) -> None:
    scene.open(image(phantoms.affine(name)))
    for plane in Plane:
        slider, view = scene.view(plane).slider, scene.viewer.plane_map(plane)
        assert slider.maximum() == view.counts[2] - 1
        QTest.mouseClick(slider, Button.LeftButton, pos=QPoint(7, 1))  # the top: right, front or top of the head
        last = view.counts[2] - 1
        assert scene.viewer.state.crosshair[view.normal] == (last if view.towards > 0 else 0)
        scene.viewer.step(plane, -3)
        assert slider.value() == last - 3
        scene.turn(slider, -120)
        assert slider.value() == last - 4
        scene.turn(slider, 120)
        QTest.keyClick(slider, Qt.Key.Key_Up)
        assert slider.value() == last - 2
        assert scene.viewer.state.crosshair[view.normal] == (last - 2 if view.towards > 0 else 2)
        assert slider.accessibleName() == f"{plane.value.capitalize()} slice"
        assert scene.canvas(plane).accessibleName() == f"{plane.value.capitalize()} plane"


def test_a_crosshair_out_of_sight_is_followed(scene: Scene) -> None:
    canvas = scene.canvas(Plane.CORONAL)
    canvas.zoom(8, (canvas.width() / 2, canvas.height() / 2))
    scene.viewer.set_crosshair((0, 12, 0))
    assert canvas.map is not None
    assert canvas.camera.sees(*canvas.map.to_screen((0, 12, 0)))
    scene.views.centre()
    x, y = canvas.camera.to_pixels(*canvas.map.to_screen((0, 12, 0)))
    assert (x, y) == pytest.approx((canvas.width() / 2, canvas.height() / 2))


def test_volumes_of_a_series(scene: Scene) -> None:
    bar = scene.views.frames
    assert not bar.isVisible()
    stored = np.zeros((4, 4, 4, 5), np.int16, order="F") + np.arange(0, 250, 50, dtype=np.int16)
    scene.open(Volume(np.asfortranarray(stored), Geometry((4, 4, 4), np.eye(4))))
    assert bar.isVisible()
    scene.viewer.set_window(0, 255)
    bar.slider.setValue(3)
    assert scene.viewer.state.frame == 3
    assert scene.colour((1, 1, 2)) == (150, 150, 150)
    bar.mean.setChecked(True)
    assert scene.viewer.state.frame == "mean"
    assert not bar.slider.isEnabled()
    assert scene.colour((1, 1, 2)) == (150, 150, 150)
    assert bar.label.text() == "working out the mean …"
    scene.viewer.set_mean(np.full((4, 4, 4), 100.0))
    assert scene.colour((1, 1, 2)) == (100, 100, 100)
    assert bar.label.text() == "3 of 0–4"
    bar.mean.setChecked(False)
    assert scene.viewer.state.frame == 3
    scene.viewer.step_frame(1)
    assert bar.label.text() == "4 of 0–4"


def test_another_volume_is_drawn_where_the_last_one_was(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = np.zeros((4, 4, 4, 5), np.int16, order="F") + np.arange(5, dtype=np.int16)
    scene.open(Volume(np.asfortranarray(stored), Geometry((4, 4, 4), np.eye(4))))
    scene.viewer.set_window(0, 255)
    placed: list[Canvas] = []
    monkeypatch.setattr(Canvas, "look", lambda canvas, look=Canvas.look: placed.append(canvas) or look(canvas))
    scene.viewer.set_frame(3)
    assert scene.colour((1, 1, 2)) == (3, 3, 3)
    assert placed == []
    scene.viewer.set_frame("mean")
    scene.viewer.set_mean(np.arange(64.0).reshape(4, 4, 4))  # lies otherwise in memory
    assert scene.colour((1, 2, 2)) == (26, 26, 26)
    assert set(placed) == {scene.canvas(plane) for plane in Plane}


# Layout


def test_planes_stand_two_by_two_or_in_a_row(qtbot: QtBot) -> None:
    scene = Scene(qtbot, beside=True)
    scene.open(image())

    def middles(place: Callable[[SliceView], int]) -> list[int]:
        scene.settle()
        return [place(scene.view(plane)) for plane in PLANES]

    def top(view: SliceView) -> int:
        return view.mapTo(scene.views, QPoint(0, 0)).y()

    tops = middles(top)
    assert tops[0] == tops[1] < tops[2]
    scene.views.resize(1400, 500)
    assert len(set(middles(top))) == 1
    beside = next(label for label in scene.views.findChildren(QLabel) if label.text() == "beside")
    assert beside.isVisible()
    assert beside.mapTo(scene.views, QPoint(0, 0)).y() > 100
    scene.views.resize(900, 700)
    assert middles(top)[2] > middles(top)[0]
    before = [splitter.sizes() for splitter in scene.views.findChildren(QSplitter)]
    scene.views.toggle_maximised(Plane.AXIAL)
    qtbot.waitUntil(lambda: scene.canvas().width() > 700 and scene.canvas().height() > 600, timeout=PATIENCE_MS)
    assert beside.isVisible()
    scene.views.toggle_maximised()
    scene.settle()
    assert [splitter.sizes() for splitter in scene.views.findChildren(QSplitter)] == before


def test_what_is_zoomed_stays_in_the_middle_when_resized(scene: Scene) -> None:
    canvas = scene.canvas()
    canvas.zoom(3, (100, 80))
    middle = canvas.camera.to_mm(canvas.width() / 2, canvas.height() / 2)
    scale = canvas.camera.scale
    scene.views.resize(1100, 800)
    scene.settle()
    assert canvas.camera.to_mm(canvas.width() / 2, canvas.height() / 2) == pytest.approx(middle)
    assert canvas.camera.scale == scale


# Colour maps


def test_colour_maps() -> None:
    for name in COLOUR_MAPS:
        colours = colour_map(name)
        assert colours.shape == (256, 3)
        assert colours.dtype == np.uint8
    np.testing.assert_array_equal(colour_map("grey")[:, 0], np.arange(256))
    np.testing.assert_array_equal(colour_map("grey inverted"), colour_map("grey")[::-1])
    np.testing.assert_array_equal(colour_map("no such map"), colour_map("grey"))
    # Ends of the published tables (van der Walt and Smith 2015), there as shares of 1.
    published = [[0.267004, 0.004874, 0.329415], [0.993248, 0.906157, 0.143936]]
    np.testing.assert_allclose(colour_map("viridis")[[0, 255]] / 255, published, atol=1 / 255)
    np.testing.assert_allclose(colour_map("magma")[0] / 255, [0.001462, 0.000466, 0.013866], atol=1 / 255)


def test_colour_maps_are_drawn(scene: Scene) -> None:
    i, j, k = 5, 6, scene.viewer.state.crosshair[2]
    grey = 40 + 5 * i + 3 * j + 2 * k
    for name in COLOUR_MAPS:
        scene.viewer.change(colour_map=name)
        assert scene.colour((i, j, k)) == tuple(colour_map(name)[grey].tolist())


# Linked zoom and grid


def test_planes_that_are_not_linked_have_scales_of_their_own(scene: Scene) -> None:
    def scales() -> list[float]:
        return [scene.canvas(plane).camera.scale for plane in PLANES]

    shared = scales()
    scene.viewer.change(linked_zoom=False)
    assert scales() == [scene.canvas(plane).camera.fitted_scale for plane in PLANES]
    assert min(scales()) == shared[0] < max(scales())
    own = scales()
    scene.wheel(120, Modifier.ControlModifier)
    assert scales()[0] == pytest.approx(own[0] * 1.15)
    assert scales()[1:] == own[1:]
    # The plane last pointed at is what the others are as large as.
    scene.move(scene.point((4, 5, 0)))
    scene.viewer.change(linked_zoom=True)
    assert scales() == [pytest.approx(own[0] * 1.15)] * 3
    scene.viewer.change(linked_zoom=False)
    scene.views.reset()
    assert scales() == own
    scene.viewer.change(linked_zoom=True)
    assert scales() == shared


def test_lines_part_voxels_once_they_are_large(scene: Scene) -> None:
    canvas = scene.canvas()
    scene.viewer.change(crosshair_visible=False)
    scene.viewer.set_window(1e6, 2e6)
    dark = (0, 0, 0)
    assert scene.colour((5, 5.5, 14)) == dark  # between two voxels, zoomed out
    scene.wheel(120 * 5, Modifier.ControlModifier, at=scene.point((5, 6, 14)))
    assert min(canvas.map.pixel) * canvas.camera.scale >= 12  # type: ignore[union-attr]
    assert scene.colour((5, 5.5, 14)) != dark
    assert scene.colour((5, 6, 14)) == dark
    # Each voxel is drawn once, whatever part of the slice is painted again.
    before = scene.grab()
    scene.views.refresh(Box((4, 4, 14), (7, 7, 15)))
    assert scene.grab() == before
    # The outer lines too, wherever the edges of the slice come to lie between pixels of the screen.
    scene.views.reset()
    scene.views.toggle_maximised(Plane.AXIAL)
    for width in range(400, 408):
        scene.views.resize(width, width)
        scene.settle()
        before = scene.grab()
        scene.views.refresh(None)
        assert scene.grab() == before, width
    scene.viewer.change(voxel_grid=False)
    assert scene.colour((5, 5.5, 14)) == dark


def test_planes_say_on_which_side_left_is_and_how_oblique_they_are(scene: Scene) -> None:
    def notes() -> list[str]:
        return [label.text for plane in PLANES if (label := scene.canvas(plane).note).is_shown]

    scene.open(image())
    assert notes() == ["radiological", "radiological"]
    scene.viewer.change(radiological=False)
    assert notes() == ["neurological", "neurological"]
    turn = np.radians(8)
    tilted = np.eye(4)
    tilted[1:3, 1:3] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    scene.open(image(tilted))
    wanted = np.degrees(obliquity(tilted)).max()
    assert wanted == pytest.approx(8)
    whole = "neurological · oblique by 8°, along the image's own axes"
    assert notes() == ["neurological · oblique 8°", "oblique 8°, own axes", whole]
    # In all words where there is room.
    scene.views.toggle_maximised(Plane.AXIAL)
    scene.settle()
    assert notes()[0] == whole
    # Where there is none beside the letter, both stand below it; in a low view, what the letters do not say.
    canvas = scene.canvas()
    for height, said in ((300, "neurological · oblique 8°"), (110, "oblique 8°"), (90, "")):
        canvas.setMinimumSize(1, 1)
        canvas.resize(230, height)
        assert canvas.note.text == said
        assert canvas.note.is_shown == bool(said)
        beside = [canvas.caption, *canvas.letters]
        assert not said or not any(one.is_shown and one.bounds.intersects(canvas.note.bounds) for one in beside)


def test_the_colours_of_a_map_leave_the_slice_free(scene: Scene) -> None:
    canvas = scene.canvas()
    canvas.show_key(("map", "-1", "1"), QImage(256, 1, QImage.Format.Format_RGB32))
    canvas.show_legend(True)
    written = [canvas.key, *canvas.letters, canvas.caption, canvas.note, *canvas.legend]
    for one, other in itertools.combinations(written, 2):
        assert not one.bounds.intersects(other.bounds)
    assert canvas.key.bounds.bottom() > 0.9 * canvas.height()
    assert canvas.key.bounds.right() > 0.95 * canvas.width()
