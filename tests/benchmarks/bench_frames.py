"""Frame times: from an event to the end of painting, beside stock pyqtgraph items in the same run.

    python tests/benchmarks/bench_frames.py [--sizes 256 512] [--rounds 7] [--only TEXT]

Both windows stand open and draw three planes of one size, with a mask over the image and a crosshair. They take turns,
a few frames each, so that what else the machine does falls upon both. Of each measurement there are two rows: the
median, and what 99 of 100 frames stay below.
"""

from __future__ import annotations

import gc
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QGuiApplication, QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QWidget

import tests.benchmarks.screen  # noqa: F401  # a window on a screen
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box
from maskeditor.model.label_colours import colour_of
from maskeditor.model.label_images import label_image_of
from maskeditor.model.view.comparison import HOWS, Comparison, How
from maskeditor.model.view.display import DIVERGING, LABELS, Display
from maskeditor.model.view.layers import Layer, Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.colour_maps import colour_map
from maskeditor.ui.tools.navigate import NavigateTool
from maskeditor.ui.tools.window_level import WindowLevelTool
from maskeditor.ui.views.camera import MARGIN
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.views.triplanar import TriplanarView
from tests.benchmarks import rows as table

#: What is measured, and how many times as fast as stock pyqtgraph it should be.
WANTED = {"scroll": 2.0, "wheel": 2.0, "crosshair": 2.0, "window": 2.0, "brush": 2.0, "range": 2.0, "volume": 2.0}
#: What is measured again with a map of floats over the image, and how fast it should be as a share of without it.
OVERLAID, LEAST_OF_PLAIN = ("scroll", "crosshair", "window"), 1 / 1.5
#: What lies over the image: a map, and labels too, of which there are so many.
OVER, LABEL_COUNT = ("an overlay", "an overlay and labels"), 400
#: What is done while two images are compared, in each way, and milliseconds that a frame may take: 60 in a second.
COMPARED, FRAME = ("scroll", "crosshair", "window"), 1000 / 60
ALSO_COMPARED = {"swipe": ("line",), "blink": ("turn",)}
#: Of three planes in a row, each higher than wide.
WINDOW = (1500, 600)
RADIUS = 6
#: How the map over the image is drawn.
OVERLAY_THRESHOLD, OVERLAY_OPACITY = 0.5, 0.8
#: Frames that one of the two draws before it is the other's turn, the first of which are not counted.
TURN, WARM = 25, 3
#: Frames for each round that is asked for.
FRAMES = 50
#: Volumes of the series that is measured beside an image of each size, and by how much it is smaller.
VOLUMES, SMALLER = 60, 4

Act = Callable[[], None]
Rows = Iterator[table.Row]


def phantom(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a noisy ball (int16) and a mask inside it, in Fortran order."""
    rng = np.random.default_rng(0)
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    image = np.empty((size, size, size), np.int16, order="F")
    for k in range(size):
        distance = np.sqrt(axis[:, None] ** 2 + axis**2 + axis[k] ** 2)
        plane = 900 * (distance < 0.8) + 300 * np.sin(9 * distance) * (distance < 0.8)
        image[:, :, k] = np.abs(plane + rng.normal(0, 40, (size, size)))
    return image, np.asfortranarray((image > 700) & (image < 1100))


def atlas(size: int) -> np.ndarray:
    """Return an image of labels (int16) in Fortran order: cubes, of which a ball is cut out."""
    rng, side = np.random.default_rng(1), round(LABEL_COUNT ** (1 / 3)) + 1
    pieces = np.arange(side**3).reshape(side, side, side) % LABEL_COUNT + 1
    made = rng.permutation(pieces.ravel()).reshape(pieces.shape).astype(np.int16)
    for axis in range(3):
        made = made.take(np.arange(size) * side // size, axis)
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    ball = axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2 < 0.64
    return np.asfortranarray(made * ball)


def settle(app: QApplication) -> None:
    """Do all that is due, painting included, to the end."""
    app.sendPostedEvents()
    app.processEvents()
    QGuiApplication.sync()


def timed(app: QApplication, acts: Sequence[Act], frames: int) -> np.ndarray:
    """Return the ms (acts, frames) from an action to the end of painting, of several that take turns."""
    times = np.empty((len(acts), frames))
    gc.collect()
    gc.disable()
    for start in range(0, frames, TURN):
        for act, row in zip(acts, times, strict=True):
            for frame in range(start - WARM, min(start + TURN, frames)):
                settle(app)
                began = time.perf_counter()
                act()
                settle(app)
                row[max(frame, start)] = 1e3 * (time.perf_counter() - began)
    gc.enable()
    return times


class Dabs(Tool):
    """A brush as the views see it: each move changes a small box of the slice that is drawn."""

    def __init__(self, mask: np.ndarray, layers: Layers, views: TriplanarView) -> None:
        self._mask, self._layers, self._views = mask, layers, views

    def press(self, event: PointerEvent) -> bool:
        self._index = event.nearest[event.axis]
        self._drawn = self._mask[:, :, self._index].copy(order="K")
        self._layers.stroke = self
        return True

    def move(self, event: PointerEvent) -> None:
        i, j, _ = event.nearest
        start = (max(i - RADIUS, 0), max(j - RADIUS, 0), self._index)
        box = Box(start, (i + RADIUS + 1, j + RADIUS + 1, self._index + 1))
        self._drawn[box.slices[:2]] ^= True
        self._views.refresh(box)

    def slice(self, axis: int, index: int) -> np.ndarray | None:
        return self._drawn if (axis, index) == (2, self._index) else None

    def news(self, axis: int, index: int, box: Box) -> None:
        return None


@dataclass
class Ranged:
    """A threshold slice by slice, as while a range is dragged on the histogram."""

    viewer: Viewer
    lower: float = 500
    upper: float = 1000

    def slice(self, axis: int, index: int) -> np.ndarray:
        values = self.viewer.slice(axis, index)
        result = np.greater_equal(values, self.lower)
        np.logical_and(result, values <= self.upper, out=result)
        return result


def circle(middle: Sequence[float], radius: float) -> Iterator[tuple[float, float]]:
    """Yield points of a circle, round and round."""
    angles = itertools.cycle(np.linspace(0, 2 * np.pi, 97))
    return ((middle[0] + radius * np.cos(angle), middle[1] + radius * np.sin(angle)) for angle in angles)


def to_and_fro(size: int) -> Iterator[int]:
    """Yield indices of the middle half of an axis, there and back."""
    return itertools.cycle([*range(size // 4, 3 * size // 4), *range(3 * size // 4, size // 4, -1)])


class Ours:
    """The three planes of the program, driven by events."""

    def __init__(self, app: QApplication, image: np.ndarray, mask: np.ndarray, over: Sequence[np.ndarray] = ()) -> None:
        self.app, self.mask = app, mask
        self.viewer, self.layers = Viewer(), Layers()
        self.views = TriplanarView(self.viewer, self.layers)
        self.viewer.changed.connect(self.views.follow)
        self.views.resize(*WINDOW)
        self.views.show()
        self.viewer.set_volume(Volume(image, Geometry(mask.shape, np.eye(4))))
        names = ("map", "labels")[: len(over)]
        volumes = [Volume(one, Geometry(mask.shape, np.eye(4))) for one in over]
        labels = {name: label_image_of(volume) for name, volume in zip(names, volumes, strict=True) if name == "labels"}
        self.viewer.set_images(dict(zip(names, volumes, strict=True)), labels)
        shown = (
            Display("map", (-1.0, 1.0), DIVERGING, OVERLAY_THRESHOLD, OVERLAY_OPACITY),
            Display("labels", colour_map=LABELS, opacity=OVERLAY_OPACITY),
        )
        self.viewer.change(displays=shown[: len(over)])
        for display, drawn in self.viewer.overlays:
            if drawn.wants_levels(display, 0):
                drawn.take_levels(drawn.levels(display, 0))
        self.layers.show([Layer(MaskBits.of(mask), (230, 60, 60))], active=0)
        self.views.refresh()
        self.path = to_and_fro(len(image))
        self.canvas = self.views.views[Plane.AXIAL].canvas
        settle(app)
        middle = self.canvas.rect().center()
        # As large on the screen as a quarter of the slice.
        self.points = circle((middle.x(), middle.y()), self.canvas.camera.scale * len(image) / 4)

    def mouse(self, kind: QEvent.Type) -> None:
        at, viewport = QPointF(*next(self.points)), self.canvas
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        place = viewport.mapToGlobal(at)
        event = QMouseEvent(kind, at, place, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(viewport, event)

    @contextmanager
    def drag(self, tool: Tool) -> Iterator[Act]:
        self.views.set_tool(tool)
        self.mouse(QEvent.Type.MouseButtonPress)
        yield lambda: self.mouse(QEvent.Type.MouseMove)
        self.mouse(QEvent.Type.MouseButtonRelease)

    @contextmanager
    def scroll(self) -> Iterator[Act]:
        pictures = [view.picture for view in self.views.views.values()]
        before, turns = sum(picture.composed for picture in pictures), itertools.count()

        def act() -> None:
            next(turns)
            self.viewer.set_crosshair((next(self.path),) * 3)

        yield act
        # No frame was put off or left out.
        assert sum(picture.composed for picture in pictures) - before >= 3 * next(turns)

    @contextmanager
    def wheel(self) -> Iterator[Act]:
        viewport, turns = self.canvas, itertools.cycle([120] * 100 + [-120] * 100)
        at = QPointF(viewport.rect().center())
        none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase

        def act() -> None:
            turn, place = QPoint(0, next(turns)), viewport.mapToGlobal(at)
            event = QWheelEvent(at, place, QPoint(), turn, none, Qt.KeyboardModifier.NoModifier, phase, False)
            QApplication.sendEvent(viewport, event)

        yield act

    def crosshair(self) -> AbstractContextManager[Act]:
        return self.drag(NavigateTool(self.viewer))

    @contextmanager
    def window(self) -> Iterator[Act]:
        with self.drag(WindowLevelTool(self.viewer)) as act:
            yield act
        self.viewer.auto_window()

    @contextmanager
    def brush(self) -> Iterator[Act]:
        with self.drag(Dabs(self.mask, self.layers, self.views)) as act:
            yield act
        self.layers.stroke = None
        self.views.refresh()

    @contextmanager
    def range(self) -> Iterator[Act]:
        preview = self.layers.preview = Ranged(self.viewer)

        def act() -> None:
            preview.lower = 400 + 2 * next(self.path)
            self.views.refresh()

        yield act
        self.layers.preview = None
        self.views.refresh()

    @contextmanager
    def line(self) -> Iterator[Act]:
        yield lambda: self.viewer.change_comparison(share=next(self.path) / len(self.mask))

    @contextmanager
    def turn(self) -> Iterator[Act]:
        swapped = itertools.cycle((True, False))
        yield lambda: self.viewer.change_comparison(swapped=next(swapped))

    @contextmanager
    def volume(self) -> Iterator[Act]:
        volumes = itertools.cycle(range(VOLUMES))
        yield lambda: self.viewer.set_frame(next(volumes))

    def close(self) -> None:
        self.views.close()
        self.views.deleteLater()
        settle(self.app)


class Stock:
    """The same with pyqtgraph's own items: an image, a mask over it with a look-up table, and two lines.

    A map over the image is one more item between the two, with a look-up table that is clear in the middle; labels are
    another, with a colour for each.
    """

    def __init__(self, app: QApplication, image: np.ndarray, mask: np.ndarray, over: Sequence[np.ndarray] = ()) -> None:
        pg.setConfigOptions(imageAxisOrder="col-major")
        self.app, self.series, self.image, self.mask = app, image, image[..., 0] if image.ndim == 4 else image, mask
        self.widget = QWidget()
        layout = QHBoxLayout(self.widget)
        layout.setContentsMargins(0, 0, 0, 0)
        lut = np.array([[0, 0, 0, 0], [230, 60, 60, 102]], np.uint8)
        colours = np.full((256, 4), round(255 * OVERLAY_OPACITY), np.uint8)
        colours[:, :3] = colour_map(DIVERGING)
        colours[np.abs(np.linspace(-1, 1, 256)) <= OVERLAY_THRESHOLD] = 0
        of_labels = np.zeros((LABEL_COUNT + 1, 4), np.uint8)
        of_labels[1:] = [(*colour_of(number), round(255 * OVERLAY_OPACITY)) for number in range(1, LABEL_COUNT + 1)]
        looks = ((colours, (-1, 1)), (of_labels, (0, LABEL_COUNT)))[: len(over)]
        self.over, self.items_between = over, []
        self.planes = []
        for axis in range(3):
            view = pg.GraphicsView()
            box = pg.ViewBox(lockAspect=True, enableMouse=False)
            view.setCentralItem(box)
            below, above = pg.ImageItem(levels=(0, 1300)), pg.ImageItem(lut=lut, levels=(0, 1))
            lines = (pg.InfiniteLine(angle=90), pg.InfiniteLine(angle=0))
            between = [pg.ImageItem(lut=table, levels=levels) for table, levels in looks]
            self.items_between.append(between)
            for item in (below, *between, above, *lines):
                box.addItem(item)
            across, down = (size for other, size in enumerate(mask.shape) if other != axis)
            box.setRange(xRange=(0, across), yRange=(0, down), padding=MARGIN)
            layout.addWidget(view)
            self.planes.append((below, above, lines))
        self.widget.resize(*WINDOW)
        self.widget.show()
        size = len(image)
        self.path, self.points = to_and_fro(size), circle((size / 2, size / 2), size / 4)
        self.at = [-1, -1, -1]
        self.go([size // 2 for size in mask.shape])
        settle(app)

    def cut(self, array: np.ndarray, axis: int) -> np.ndarray:
        return array[(slice(None),) * axis + (self.at[axis],)]

    def go(self, voxel: Sequence[int]) -> None:
        before, self.at = self.at, list(voxel)
        for axis, (below, above, lines) in enumerate(self.planes):
            if before[axis] != self.at[axis]:
                below.setImage(self.cut(self.image, axis), autoLevels=False)
                above.setImage(self.cut(self.mask, axis).view(np.uint8), autoLevels=False)
                for item, array in zip(self.items_between[axis], self.over, strict=True):
                    item.setImage(self.cut(array, axis), autoLevels=False)
            for line, index in zip(lines, (index for other, index in enumerate(voxel) if other != axis), strict=True):
                line.setValue(index)

    @contextmanager
    def scroll(self) -> Iterator[Act]:
        yield lambda: self.go([next(self.path)] * 3)

    @contextmanager
    def wheel(self) -> Iterator[Act]:
        yield lambda: self.go([*self.at[:2], next(self.path)])

    @contextmanager
    def crosshair(self) -> Iterator[Act]:
        yield lambda: self.go([*map(int, next(self.points)), self.at[2]])

    @contextmanager
    def window(self) -> Iterator[Act]:
        def act() -> None:
            high = 800 + next(self.path)
            for below, _, _ in self.planes:
                below.setLevels((0, high))

        yield act

    @contextmanager
    def brush(self) -> Iterator[Act]:
        drawn = self.cut(self.mask, 2).view(np.uint8).copy(order="K")

        def act() -> None:
            i, j = map(int, next(self.points))
            drawn[i - RADIUS : i + RADIUS + 1, j - RADIUS : j + RADIUS + 1] ^= 1
            self.planes[2][1].setImage(drawn, autoLevels=False)

        yield act

    @contextmanager
    def range(self) -> Iterator[Act]:
        def act() -> None:
            lower = 400 + 2 * next(self.path)
            for axis, (_, above, _) in enumerate(self.planes):
                values = self.cut(self.image, axis)
                above.setImage(((values >= lower) & (values <= 1000)).view(np.uint8), autoLevels=False)

        yield act

    @contextmanager
    def volume(self) -> Iterator[Act]:
        volumes = itertools.cycle(range(VOLUMES))

        def act() -> None:
            self.image = self.series[..., next(volumes)]
            for axis, (below, _, _) in enumerate(self.planes):
                below.setImage(self.cut(self.image, axis), autoLevels=False)

        yield act

    def close(self) -> None:
        self.widget.close()
        self.widget.deleteLater()
        settle(self.app)


def measured(app: QApplication, names: Sequence[str], image: np.ndarray, mask: np.ndarray, frames: int) -> Rows:
    """Yield rows of some measurements on one image, on whose first volume the mask is."""
    ours, stock = Ours(app, image, mask), Stock(app, image, mask)
    what = f"{len(mask)}³" + (f" × {image.shape[3]}" if image.ndim == 4 else "")
    for name in names:
        with ExitStack() as stack:
            acts = [stack.enter_context(getattr(side, name)()) for side in (ours, stock)]
            times = timed(app, acts, frames)
        for kind, (mine, theirs) in (
            ("median", np.median(times, axis=1)),
            ("99 of 100", np.percentile(times, 99, axis=1)),
        ):
            group = f"frames: {name}, {kind}"
            yield table.Row(group, group, what, mine, "pyqtgraph", theirs, WANTED[name])
    ours.close()
    stock.close()


def overlaid(
    app: QApplication,
    names: Sequence[str],
    image: np.ndarray,
    mask: np.ndarray,
    over: Sequence[np.ndarray],
    frames: int,
) -> Rows:
    """Yield rows of some measurements with a map, or a map and labels, over the image, beside pyqtgraph and without."""
    sides = Ours(app, image, mask, over), Stock(app, image, mask, over), Ours(app, image, mask)
    what_over = OVER[len(over) - 1]
    for name in names:
        with ExitStack() as stack:
            acts = [stack.enter_context(getattr(side, name)()) for side in sides]
            mine, theirs, plain = np.median(timed(app, acts, frames), axis=1)
        what, group = f"{len(mask)}³", f"frames: {name} with {what_over}, median"
        yield table.Row(group, group, what, mine, "pyqtgraph", theirs, WANTED[name])
        yield table.Row(group, group, what, mine, f"without {what_over}", plain, LEAST_OF_PLAIN)
    for side in sides:
        side.close()


def compared(
    app: QApplication, wanted: Sequence[tuple[How, str]], image: np.ndarray, mask: np.ndarray, frames: int
) -> Rows:
    """Yield rows of what is done while a map of floats is compared with the image, beside a map that lies over it."""
    over = (np.sin(image.astype(np.float32) / 200),)
    side, other = Ours(app, image, mask, over), Ours(app, image, mask, over)
    for how, name in wanted:
        side.viewer.change(comparison=Comparison("map", how))
        with getattr(side, name)() as act, getattr(other, name if name in COMPARED else "window")() as beside:
            took, plain = np.median(timed(app, [act, beside], frames), axis=1)
        group, what = while_compared(how, name), f"{len(mask)}³"
        yield table.Row(group, group, what, took, OVER[0] if name in COMPARED else "its window", plain, LEAST_OF_PLAIN)
        yield table.Row(group, group, what, took, "limit", FRAME, 1)
    for one in (side, other):
        one.close()


def while_compared(how: How, name: str) -> str:
    """Return what a measurement is called that is made while images are compared."""
    return f"frames: {name}, compared by {how}, median"


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Rows:
    """Yield the rows of images of some sizes, and of a smaller series beside each."""
    names = [name for name in WANTED if only in f"frames: {name}, median"]
    ways = [(how, name) for how in HOWS for name in (*COMPARED, *ALSO_COMPARED.get(how, ()))]
    ways = [(how, name) for how, name in ways if only in while_compared(how, name)]
    if not any(only in f"frames: {name} with {over}, median" for name in OVERLAID for over in OVER) and not [
        *names,
        *ways,
    ]:
        return
    app = QApplication.instance() or QApplication([])
    app.setStyle("Fusion")
    for size in sizes:
        of_image = [name for name in names if name != "volume"]
        image, mask = phantom(size)
        yield from measured(app, of_image, image, mask, FRAMES * rounds)
        for count, words in enumerate(OVER, 1):
            of_overlaid = [name for name in OVERLAID if only in f"frames: {name} with {words}, median"]
            if of_overlaid:
                over = (np.sin(image.astype(np.float32) / 200), atlas(size))[:count]
                yield from overlaid(app, of_overlaid, image, mask, over, FRAMES * rounds)
        if ways:
            yield from compared(app, ways, image, mask, FRAMES * rounds)
        of_series = [name for name in names if name in ("scroll", "window", "volume")]
        image, mask = phantom(size // SMALLER)
        series = np.repeat(image[..., None], VOLUMES, axis=3).copy(order="F")
        yield from measured(app, of_series, series, mask, FRAMES * rounds)


if __name__ == "__main__":
    table.main(__doc__, rows)
