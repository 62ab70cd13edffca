"""Frame times: from an event to the end of painting, beside stock pyqtgraph items in the same run.

    python tests/benchmarks/bench_frames.py [--sizes 256 512] [--frames 200]

It works with any Qt platform; offscreen is the default. The machine should be quiet: the load is printed.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QGuiApplication, QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QWidget

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box
from maskeditor.model.view.layers import Layer, Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.tools.navigate import NavigateTool
from maskeditor.ui.tools.window_level import WindowLevelTool
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.views.triplanar import TriplanarView

#: Limits of the 99th percentile in ms, by measurement and size.
TARGETS = {
    ("scroll", 256): 5.0,
    ("scroll", 512): 12.0,
    ("brush", 256): 4.0,
    ("brush", 512): 4.0,
    ("window", 256): 12.0,
    ("window", 512): 12.0,
    ("range", 256): 12.0,
    ("range", 512): 12.0,
}
WINDOW = (1280, 860)
RADIUS = 6


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


def settle(app: QApplication) -> None:
    """Do all that is due, painting included, to the end."""
    app.sendPostedEvents()
    app.processEvents()
    QGuiApplication.sync()


def timed(app: QApplication, act: Callable[[], None], frames: int) -> np.ndarray:
    """Return the times in ms from an action to the end of painting."""
    for _ in range(20):
        act()
        settle(app)
    gc.collect()
    gc.disable()
    times = np.empty(frames)
    for frame in range(frames):
        settle(app)
        start = time.perf_counter()
        act()
        settle(app)
        times[frame] = time.perf_counter() - start
    gc.enable()
    return times * 1e3


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


class Ours:
    """The three planes of the program, driven by mouse events."""

    def __init__(self, app: QApplication, image: np.ndarray, mask: np.ndarray) -> None:
        self.app, self.mask = app, mask
        self.viewer, self.layers = Viewer(), Layers()
        self.views = TriplanarView(self.viewer, self.layers)
        self.viewer.changed.connect(self.views.follow)
        self.views.resize(*WINDOW)
        self.views.show()
        size = len(image)
        self.viewer.set_volume(Volume(image, Geometry(image.shape, np.diag([1, 1, 1, 1]))))
        self.layers.show([Layer(mask, (230, 60, 60))], active=0)
        self.views.refresh()
        self.path = itertools.cycle([*range(size // 4, 3 * size // 4), *range(3 * size // 4, size // 4, -1)])
        self.canvas = self.views.views[Plane.AXIAL].canvas
        self.aim()

    def aim(self) -> None:
        """Lay the pointer's path, a circle in the axial plane."""
        settle(self.app)
        middle = self.canvas.rect().center()
        self.points = itertools.cycle(
            QPointF(middle.x() + 120 * np.cos(angle), middle.y() + 120 * np.sin(angle))
            for angle in np.linspace(0, 2 * np.pi, 97)
        )

    def mouse(self, kind: QEvent.Type, at: QPointF) -> None:
        viewport = self.canvas.viewport()
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        place = viewport.mapToGlobal(at)
        event = QMouseEvent(kind, at, place, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(viewport, event)

    def drag(self, tool: Tool, frames: int) -> np.ndarray:
        self.views.set_tool(tool)
        self.mouse(QEvent.Type.MouseButtonPress, next(self.points))
        times = timed(self.app, lambda: self.mouse(QEvent.Type.MouseMove, next(self.points)), frames)
        self.mouse(QEvent.Type.MouseButtonRelease, next(self.points))
        settle(self.app)
        return times

    def wheel(self) -> None:
        viewport = self.canvas.viewport()
        at = QPointF(viewport.rect().center())
        none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(
            at, viewport.mapToGlobal(at), QPoint(), QPoint(0, 120), none, Qt.KeyboardModifier.NoModifier, phase, False
        )
        QApplication.sendEvent(viewport, event)

    def measurements(self, frames: int) -> Iterator[tuple[str, np.ndarray]]:
        pictures = [view.picture for view in self.views.views.values()]

        def scroll() -> None:
            index = next(self.path)
            self.viewer.set_crosshair((index, index, index))

        before = sum(picture.composed for picture in pictures)
        yield "scroll", timed(self.app, scroll, frames)
        # No frame was put off or left out.
        assert sum(picture.composed for picture in pictures) - before >= 3 * frames
        self.viewer.set_crosshair((0, 0, 0))
        yield "wheel", timed(self.app, self.wheel, min(frames, len(self.mask) - 30))
        self.viewer.set_crosshair(tuple(size // 2 for size in self.mask.shape))
        yield "crosshair", self.drag(NavigateTool(self.viewer), frames)
        yield "window", self.drag(WindowLevelTool(self.viewer), frames)
        self.viewer.auto_window()
        before = pictures[0].composed
        yield "brush", self.drag(Dabs(self.mask, self.layers, self.views), frames)
        assert pictures[0].composed - before >= frames
        self.layers.stroke = None
        preview = self.layers.preview = Ranged(self.viewer)

        def set_range() -> None:
            preview.lower = 400 + 2 * next(self.path)
            self.views.refresh()

        yield "range", timed(self.app, set_range, frames)
        self.layers.preview = None

    def close(self) -> None:
        self.views.close()
        self.views.deleteLater()
        settle(self.app)


class Stock:
    """The same with pyqtgraph's own items: an image, a mask over it with a look-up table, and two lines."""

    def __init__(self, app: QApplication, image: np.ndarray, mask: np.ndarray) -> None:
        pg.setConfigOptions(imageAxisOrder="col-major")
        self.app, self.image, self.mask = app, image, mask
        self.window = QWidget()
        layout = QHBoxLayout(self.window)
        layout.setContentsMargins(0, 0, 0, 0)
        lut = np.array([[0, 0, 0, 0], [230, 60, 60, 102]], np.uint8)
        self.planes = []
        for _ in range(3):
            view = pg.GraphicsView()
            box = pg.ViewBox(lockAspect=True, enableMouse=False)
            view.setCentralItem(box)
            below, above = pg.ImageItem(levels=(0, 1300)), pg.ImageItem(lut=lut, levels=(0, 1))
            lines = (pg.InfiniteLine(angle=90), pg.InfiniteLine(angle=0))
            for item in (below, above, *lines):
                box.addItem(item)
            box.setRange(xRange=(0, len(image)), yRange=(0, len(image)), padding=0)
            layout.addWidget(view)
            self.planes.append((below, above, lines))
        self.window.resize(*WINDOW)
        self.window.show()
        size = len(image)
        self.path = itertools.cycle([*range(size // 4, 3 * size // 4), *range(3 * size // 4, size // 4, -1)])
        self.go(size // 2)
        settle(app)

    def go(self, index: int) -> None:
        for axis, (below, above, lines) in enumerate(self.planes):
            where = (slice(None),) * axis + (index,)
            below.setImage(self.image[where], autoLevels=False)
            above.setImage(self.mask[where].view(np.uint8), autoLevels=False)
            for line in lines:
                line.setValue(index)

    def measurements(self, frames: int) -> Iterator[tuple[str, np.ndarray]]:
        yield "scroll", timed(self.app, lambda: self.go(next(self.path)), frames)

        def window() -> None:
            high = 800 + next(self.path)
            for below, _, _ in self.planes:
                below.setLevels((0, high))

        yield "window", timed(self.app, window, frames)
        index = len(self.image) // 2
        self.go(index)
        drawn = self.mask[:, :, index].view(np.uint8).copy(order="K")

        def dab() -> None:
            i = next(self.path)
            drawn[i : i + 2 * RADIUS + 1, i : i + 2 * RADIUS + 1] ^= 1
            self.planes[2][1].setImage(drawn, autoLevels=False)

        yield "brush", timed(self.app, dab, frames)

        def set_range() -> None:
            lower = 400 + 2 * next(self.path)
            for axis, (_, above, _) in enumerate(self.planes):
                values = self.image[(slice(None),) * axis + (index,)]
                above.setImage(((values >= lower) & (values <= 1000)).view(np.uint8), autoLevels=False)

        yield "range", timed(self.app, set_range, frames)

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()
        settle(self.app)


def measure(app: QApplication, size: int, frames: int) -> dict[str, dict[str, np.ndarray]]:
    """Return the times of both, by measurement."""
    image, mask = phantom(size)
    found = {}
    for kind in (Stock, Ours):
        shown = kind(app, image, mask)
        found[kind.__name__] = dict(shown.measurements(frames))
        shown.close()
    return found


def main() -> int:
    """Measure, print a table, and return 1 if a target was missed."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    arguments.add_argument("--frames", type=int, default=300)
    options = arguments.parse_args()
    app = QApplication([])
    app.setStyle("Fusion")
    print(f"platform {app.platformName()}, load {os.getloadavg()[0]:.2f}, times in ms: median (99 %)")
    missed = False
    for size in options.sizes:
        found = measure(app, size, options.frames)
        for name, times in found["Ours"].items():
            median, high = np.percentile(times, (50, 99))
            stock, ratio = found["Stock"].get(name), ""
            if stock is not None:
                middle, worst = np.percentile(stock, (50, 99))
                ratio = f"   stock {middle:6.2f} ({worst:6.2f})   × {middle / median:.1f}"
            target = TARGETS.get((name, size))
            verdict = "" if target is None else f"   target {target:g}: {'met' if high <= target else 'MISSED'}"
            missed |= target is not None and high > target
            print(f"{size}³ {name:10} {median:6.2f} ({high:6.2f}){ratio}{verdict}")
    print(f"load at the end {os.getloadavg()[0]:.2f}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
