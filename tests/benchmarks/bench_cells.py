"""The whole window as it first stands, alone and with the surface beside the planes, beside such a one of pyqtgraph.

    python tests/benchmarks/bench_cells.py [--sizes 512 1024] [--rounds 7] [--only TEXT]

The mask holds the brightest voxels, ten million of 512³, and the surface is its own. Two windows of one size stand open
and take turns, with planes and a histogram of one size: the program's; and one of stock pyqtgraph and Qt, which does
the same as far as it is seen, and no more. It shows three planes with the mask over each, a crosshair, sliders and the
numbers of the slices, and a histogram with a range, the ends of the window and a mark. Each gets the same events of the
mouse, but for a scroll, which is asked for directly in both. In the peer,

- scroll, crosshair: slices of image and mask are shown, with their numbers; what is pointed at is said, and marked in
  the histogram, every 40 ms at most, as in ours;
- window: the levels of all planes are set, and shown in the histogram every 40 ms;
- range: an end of pyqtgraph's own range is dragged, the slices are compared with it, and how many voxels it holds is
  said every 40 ms, as the bars tell (ours counts those that would change besides, on a worker);
- brush: a disc is painted from place to place, without gaps, into the volume of the mask; the planes that cut it are
  shown anew, and its outline is drawn (ours keeps what was there before, too, for Escape and undo);
- magnify, pan: the plane is zoomed and moved by pyqtgraph's own handling of wheel and drag, the others zoomed with it.

Measured is the time from an event to the end of painting, by the clock and what the interface's thread works of it, as
other programs and the lane that makes the surface's pictures interrupt it; threads that Qt paints with, as it does for
the peer, are in the first alone. Of each there are two rows, the median and what 99 of 100 frames stay below.

The size 1024 stands for an image of 1024 × 1024 × 512, for which 6 GB must be free. Its window takes turns with one on
the first of the other sizes, 512³ without any: there, a frame may take 1.2 times as long as on that, and what 99 of 100
stay below 1.5 times.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication, QGridLayout, QLabel, QSlider, QWidget

from maskeditor.model.cohort.memory import free_memory
from maskeditor.ui.behind import BEHIND
from maskeditor.ui.views.camera import MARGIN
from maskeditor.ui.views.cells import Layout
from maskeditor.ui.views.pointer import ZOOM_STEP
from maskeditor.ui.views.slice_slider import WHEEL_STEP
from tests.benchmarks import rows as table
from tests.benchmarks.bench_drags import FIRST as RANGE
from tests.benchmarks.bench_drags import STEP, STEPS, Dragged
from tests.benchmarks.bench_frames import FRAMES, TURN, WANTED, WARM, Act, Stock, circle, settle, to_and_fro
from tests.benchmarks.bench_tools import FREE, LARGE, LONGER, Tools

#: Radius of the brush in voxels.
RADIUS = 6
#: What is measured, and how many times as fast as stock pyqtgraph it should be.
NAMES, DEMANDED = ("scroll", "crosshair", "window", "range", "brush", "magnify", "pan"), WANTED["scroll"]
#: How much longer than beside it a frame may take on the large image, in the median.
SAME = 1.2
#: Edge of the cube beside which the large image is measured where no other is.
SMALLER = 512
#: Steps of the wheel that zoom in before as many zoom out.
ZOOMS = 8
#: Bars of the peer's histogram, and of one in how many voxels along each axis they tell.
BINS, THIN = 512, 4
FIRST = "three planes"
LAYOUTS = {FIRST: Layout.THREE, "planes and surface": Layout.FOUR}


class Planes(Tools):
    """The whole window on a large head with a mask."""

    def __init__(self, *size: int) -> None:
        super().__init__(*size)
        self.viewer, self.path = self.desk.editor.viewer, to_and_fro(min(self.desk.document.geometry.shape))

    def show(self, layout: Layout) -> None:
        self.desk.window.views.choose(layout)
        self.desk.wait()
        middle = self.canvas.rect().center()
        self.points = circle((middle.x(), middle.y()), self.canvas.height() / 4)

    @contextmanager
    def scroll(self) -> Iterator[Act]:
        yield lambda: self.viewer.set_crosshair((next(self.path),) * 3)

    def crosshair(self) -> AbstractContextManager[Act]:
        return self._dragged("navigate")

    @contextmanager
    def window(self) -> Iterator[Act]:
        with self._dragged("window") as act:
            yield act
        self.viewer.auto_window()

    def range(self) -> AbstractContextManager[Act]:
        return Dragged(self.desk).drag("threshold")

    def brush(self) -> AbstractContextManager[Act]:
        self.desk.wiring.toolbox.brush.change(radius=RADIUS * self.zoom, shape="disc")
        return self._dragged("brush")

    @contextmanager
    def magnify(self) -> Iterator[Act]:
        at, none = QPointF(self.canvas.rect().center()), Qt.MouseButton.NoButton
        turns = itertools.cycle([WHEEL_STEP] * ZOOMS + [-WHEEL_STEP] * ZOOMS)

        def act() -> None:
            place, turn, phase = self.canvas.mapToGlobal(at), QPoint(0, next(turns)), Qt.ScrollPhase.NoScrollPhase
            control = Qt.KeyboardModifier.ControlModifier
            QApplication.sendEvent(self.canvas, QWheelEvent(at, place, QPoint(), turn, none, control, phase, False))

        yield act
        self.desk.window.views.reset()

    @contextmanager
    def pan(self) -> Iterator[Act]:
        with self._dragged("navigate", Qt.MouseButton.MiddleButton) as act:
            yield act
        self.desk.window.views.reset()

    @contextmanager
    def _dragged(self, tool: str, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> Iterator[Act]:
        box = self.desk.wiring.toolbox
        box.choose(tool)
        self.timed(QEvent.Type.MouseButtonPress, QPointF(*next(self.points)), button)
        yield lambda: self.timed(QEvent.Type.MouseMove, QPointF(*next(self.points)), button)
        box.cancel_stroke()
        self.timed(QEvent.Type.MouseButtonRelease, QPointF(*next(self.points)), button)
        self.desk.wait()


class StockWindow(Stock):
    """A window of stock pyqtgraph that does in the planes, and shows beside them, what is seen of ours.

    Parameters
    ----------
    app : QApplication
    image, mask : (I, J, K) array
    like : Planes
        Of whose size window, planes and histogram are.
    """

    def __init__(self, app: QApplication, image: np.ndarray, mask: np.ndarray, like: Planes) -> None:
        # At the pace of a benchmark, it would leave out most events.
        pg.setConfigOptions(mouseRateLimit=-1)
        self.captions: list[QLabel] = []
        super().__init__(app, image, mask)
        self.shape = mask.shape
        row, self.widget = self.widget, QWidget()
        grid = QGridLayout(self.widget)
        self.boxes = [below.getViewBox() for below, _, _ in self.planes]
        self.views = [box.getViewWidget() for box in self.boxes]
        self.sliders = [QSlider(Qt.Orientation.Vertical) for _ in self.planes]
        # Sagittal, coronal and axial.
        for cell, view, slider, size in zip(
            ((0, 1), (1, 0), (0, 0)), self.views, self.sliders, mask.shape, strict=True
        ):
            slider.setRange(0, size - 1)
            self.captions.append(QLabel())
            held = QGridLayout()
            held.addWidget(self.captions[-1], 0, 0)
            held.addWidget(view, 1, 0)
            held.addWidget(slider, 1, 1)
            grid.addLayout(held, *cell)
        counts, edges = np.histogram(image[::THIN, ::THIN, ::THIN], BINS)
        self.edges, self.below = edges, np.concatenate([[0], np.cumsum(counts * THIN**3)])
        self.plot = pg.PlotWidget()
        self.plot.plot(edges, np.log10(counts + 1.0), stepMode="center", fillLevel=0, brush=(120, 120, 120))
        # The range, the window and what is pointed at.
        self.region, self.mark = pg.LinearRegionItem(RANGE), pg.InfiniteLine()
        self.ends = [pg.InfiniteLine(), pg.InfiniteLine()]
        self.words = QLabel()
        for item in (self.region, self.mark, *self.ends):
            self.plot.addItem(item)
        grid.addWidget(self.plot, 1, 1)
        grid.addWidget(self.words, 2, 0, 1, 2)
        row.deleteLater()
        self.widget.show()
        self.outline = pg.QtWidgets.QGraphicsEllipseItem()
        self.outline.setPen(pg.mkPen("w"))
        self.boxes[2].addItem(self.outline, ignoreBounds=True)
        self.painted = mask.copy(order="K").view(np.uint8)
        self.fit(like)

    def fit(self, like: Planes) -> None:
        """Be as large as ours is now."""
        window, plane = like.desk.window, like.canvas.size()
        for view in self.views:
            view.setFixedSize(plane)
        self.plot.setFixedSize(window.histogram.plot.size())
        self.widget.setFixedSize(window.size())
        settle(self.app)
        for box, axes in zip(self.boxes, ((1, 2), (0, 2), (0, 1)), strict=True):
            across, down = (self.shape[axis] for axis in axes)
            box.setRange(xRange=(0, across), yRange=(0, down), padding=MARGIN)
        middle = self.views[2].rect().center()
        self.pixels = circle((middle.x(), middle.y()), plane.height() / 4)

    def go(self, voxel: Sequence[int]) -> None:
        """Show other slices, with their numbers."""
        before = list(self.at)
        super().go(voxel)
        if not self.captions:
            return
        for axis, (caption, slider) in enumerate(zip(self.captions, self.sliders, strict=True)):
            if before[axis] != self.at[axis]:
                caption.setText(f"{self.at[axis]} of 0–{self.shape[axis] - 1} · {self.at[axis]:.1f} mm")
                slider.setValue(self.at[axis])

    def mouse(self, view: QWidget, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
        """Send an event of the mouse, as those that ours gets."""
        none, viewport = Qt.MouseButton.NoButton, view.viewport()
        event = QMouseEvent(
            kind,
            at,
            QPointF(viewport.mapToGlobal(at)),
            none if kind == QEvent.Type.MouseMove else button,
            none if kind == QEvent.Type.MouseButtonRelease else button,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(viewport, event)

    @contextmanager
    def dragged(
        self,
        view: QWidget,
        points: Iterator[QPointF],
        moved: Callable[[QPointF], object] = lambda place: None,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    ) -> Iterator[Act]:
        """Drag in a view; of each move, its place in voxels is told, and what is pointed at is said and marked."""
        scene, box = view.scene(), view.centralWidget if view is not self.plot else None

        def follow(place: QPointF) -> None:
            if box is not None:
                moved(box.mapSceneToView(place))

        def say(told: tuple[QPointF]) -> None:
            place = box.mapSceneToView(told[0])
            i, j, k = round(place.x()), round(place.y()), self.at[2]
            value = self.image[i, j, k]
            self.words.setText(f"{value:.5g}  ·  voxel {i}, {j}, {k}  ·  RAS {i:.1f}, {j:.1f}, {k:.1f} mm")
            self.mark.setValue(float(value))

        self.mouse(view, QEvent.Type.MouseButtonPress, next(points), button)
        scene.sigMouseMoved.connect(follow)
        proxy = pg.SignalProxy(scene.sigMouseMoved, rateLimit=1000 / BEHIND, slot=say) if box is not None else None
        yield lambda: self.mouse(view, QEvent.Type.MouseMove, next(points), button)
        scene.sigMouseMoved.disconnect(follow)
        if proxy is not None:
            proxy.disconnect()
        self.mouse(view, QEvent.Type.MouseButtonRelease, next(points), button)

    @property
    def round(self) -> Iterator[QPointF]:
        return (QPointF(*point) for point in self.pixels)

    def crosshair(self) -> AbstractContextManager[Act]:
        return self.dragged(
            self.views[2], self.round, lambda place: self.go([round(place.x()), round(place.y()), self.at[2]])
        )

    @contextmanager
    def window(self) -> Iterator[Act]:
        """Drag in a plane; the ends of the window follow in the histogram as what is pointed at does."""
        high = 0.0

        def show() -> None:
            for end, line in zip((0.0, high), self.ends, strict=True):
                line.setValue(end)

        def moved(place: QPointF) -> None:
            nonlocal high
            high = 200 + place.x()
            for below, _, _ in self.planes:
                below.setLevels((0, high))

        proxy = pg.SignalProxy(self.views[2].scene().sigMouseMoved, rateLimit=1000 / BEHIND, slot=lambda _: show())
        with self.dragged(self.views[2], self.round, moved) as act:
            yield act
        proxy.disconnect()

    @contextmanager
    def range(self) -> Iterator[Act]:
        """Drag an end of the range; slices are compared with it, and its voxels are counted as the bars tell."""

        def follow() -> None:
            low, high = self.region.getRegion()
            for axis, (_, above, _) in enumerate(self.planes):
                values = self.cut(self.image, axis)
                above.setImage(((values >= low) & (values <= high)).view(np.uint8), autoLevels=False)

        def say(_: object) -> None:
            first, last = np.searchsorted(self.edges, self.region.getRegion())
            self.words.setText(f"{int(self.below[min(last, BINS)] - self.below[first])} voxels")

        self.region.setRegion(RANGE)
        line = self.region.lines[0]
        place = self.plot.mapFromScene(line.mapToScene(QPointF(0, 0)))
        steps = itertools.cycle([*range(-STEPS, STEPS), *range(STEPS, -STEPS, -1)])
        points = (QPointF(place.x() + STEP * step, self.plot.height() / 2) for step in itertools.chain([0], steps))
        self.region.sigRegionChanged.connect(follow)
        proxy = pg.SignalProxy(self.region.sigRegionChanged, rateLimit=1000 / BEHIND, slot=say)
        with self.dragged(self.plot, points) as act:
            before = self.region.getRegion()
            yield act
            assert self.region.getRegion() != before, "the range was not dragged"
        self.region.sigRegionChanged.disconnect(follow)
        proxy.disconnect()
        for axis, (_, above, _) in enumerate(self.planes):
            above.setImage(self.cut(self.mask, axis).view(np.uint8), autoLevels=False)

    @contextmanager
    def brush(self) -> Iterator[Act]:
        """Paint a disc, on from where it was before, into the mask; planes that cut it, and its outline, follow."""
        before: QPointF | None = None
        grid = np.arange(self.shape[0])[:, None], np.arange(self.shape[1])[None]

        def moved(place: QPointF) -> None:
            nonlocal before
            start, before = before or place, place
            (a, b), (c, d) = (start.x(), start.y()), (place.x(), place.y())
            spans = [
                slice(max(int(min(one, other)) - RADIUS, 0), int(max(one, other)) + RADIUS + 2)
                for one, other in ((a, c), (b, d))
            ]
            i, j = grid[0][spans[0]] - a, grid[1][:, spans[1]] - b
            length = (c - a) ** 2 + (d - b) ** 2
            share = np.clip((i * (c - a) + j * (d - b)) / length, 0, 1) if length else 0.0
            inside = (i - share * (c - a)) ** 2 + (j - share * (d - b)) ** 2 <= RADIUS**2
            self.painted[spans[0], spans[1], self.at[2]] |= inside
            for axis, (_, above, _) in enumerate(self.planes):
                if axis == 2 or spans[axis].start <= self.at[axis] < spans[axis].stop:
                    above.setImage(self.cut(self.painted, axis), autoLevels=False)
            self.outline.setRect(c - RADIUS, d - RADIUS, 2 * RADIUS, 2 * RADIUS)

        with self.dragged(self.views[2], self.round, moved) as act:
            yield act

    @contextmanager
    def magnify(self) -> Iterator[Act]:
        """Zoom by the wheel as stock pyqtgraph does, by our step; the other planes to one scale with it."""
        box, view = self.boxes[2], self.views[2]
        box.state["wheelScaleFactor"] = -np.log(ZOOM_STEP) / (WHEEL_STEP * np.log(1.02))
        turns = itertools.cycle([WHEEL_STEP] * ZOOMS + [-WHEEL_STEP] * ZOOMS)
        at, none = QPointF(view.rect().center()), Qt.MouseButton.NoButton
        width = box.viewRect().width()

        def follow() -> None:
            nonlocal width
            factor, width = box.viewRect().width() / width, box.viewRect().width()
            for other in self.boxes[:2]:
                other.scaleBy((factor, factor))

        def act() -> None:
            turn, place, phase = QPoint(0, next(turns)), view.mapToGlobal(at), Qt.ScrollPhase.NoScrollPhase
            keys = Qt.KeyboardModifier.NoModifier
            QApplication.sendEvent(view.viewport(), QWheelEvent(at, place, QPoint(), turn, none, keys, phase, False))

        box.setMouseEnabled(True, True)
        box.sigRangeChangedManually.connect(follow)
        yield act
        box.sigRangeChangedManually.disconnect(follow)
        box.setMouseEnabled(False, False)

    @contextmanager
    def pan(self) -> Iterator[Act]:
        """Drag a plane as stock pyqtgraph does."""
        box = self.boxes[2]
        box.setMouseEnabled(True, True)
        with self.dragged(self.views[2], self.round, button=Qt.MouseButton.MiddleButton) as act:
            yield act
        box.setMouseEnabled(False, False)


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[table.Row]:
    """Yield the rows of frames on images of some sizes, and on a large one beside the first of them."""
    wanted = [(what, name) for what in LAYOUTS for name in NAMES if only in f"window: {name}, {what}"]
    cubes = [size for size in sizes if size != LARGE[0]]
    for size in cubes if wanted else ():
        planes = Planes(size, size, size)
        peer = StockWindow(planes.app, planes.desk.document.volume.stored, planes.desk.mask(), planes)
        for what, name in wanted:
            planes.show(LAYOUTS[what])
            peer.fit(planes)
            for kind, _, (own, other) in measured(planes.app, (planes, peer), name, rounds):
                group = f"window: {name}, {what}, {kind}"
                yield table.Row(group, group, f"{size}³", own, "pyqtgraph", other, DEMANDED)
        peer.close()
        close(planes)
    names = [name for what, name in wanted if what == FIRST]  # of the other layout, the surface takes a minute
    if LARGE[0] in sizes and names:
        if (free_memory() or 0) < FREE:
            words = " × ".join(map(str, LARGE))
            raise SystemExit(
                f"There is less memory than the {FREE >> 30} GB that an image of {words} needs; free some."
            )
        yield from beside((cubes or [SMALLER])[0], names, rounds)


def beside(size: int, names: Sequence[str], rounds: int) -> Iterator[table.Row]:
    """Yield the rows of frames on the large image, beside those on a cube, in turns."""
    sides = Planes(*LARGE), Planes(size, size, size)
    for side in sides:
        side.show(LAYOUTS[FIRST])
    for name in names:
        for kind, longer, (own, other) in measured(sides[0].app, sides, name, rounds):
            group = f"window: {name}, {FIRST}, {kind}"
            yield table.Row(group, group, " × ".join(map(str, LARGE)), own, f"on {size}³", other, 1 / longer)
    for side in sides:
        close(side)


def close(planes: Planes) -> None:
    """Close a window."""
    planes.desk.close()
    planes.app.processEvents()


def measured(
    app: QApplication, sides: Sequence[Planes | StockWindow], name: str, rounds: int
) -> Iterator[tuple[str, float, tuple[float, float]]]:
    """Yield what is told of the frames of two sides in turns, how much longer one may take, and the ms of each."""
    with ExitStack() as stack:
        acts = [stack.enter_context(getattr(side, name)()) for side in sides]
        clock, work = worked(app, acts, FRAMES * rounds)
    for kind, share, longer in (("median", 50, SAME), ("99 of 100", 99, LONGER)):
        for how, times in ((", on a processor", work), ("", clock)):
            own, other = map(float, np.percentile(times, share, 1))
            yield kind + how, longer, (own, other)


def worked(app: QApplication, acts: Sequence[Act], frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the ms (acts, frames) from an action to the end of painting, in turns: by the clock, and at work."""
    clock, work = np.empty((2, len(acts), frames))
    for start in range(0, frames, TURN):
        for place, act in enumerate(acts):
            for frame in range(start - WARM, min(start + TURN, frames)):
                settle(app)
                began, at_work = time.perf_counter(), time.thread_time()
                act()
                settle(app)
                at = place, max(frame, start)
                clock[at], work[at] = 1e3 * (time.perf_counter() - began), 1e3 * (time.thread_time() - at_work)
    return clock, work


if __name__ == "__main__":
    table.main(__doc__, rows)
