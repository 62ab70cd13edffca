"""The whole window as it first stands, alone and with the surface beside the planes, beside stock pyqtgraph's planes.

    python tests/benchmarks/bench_cells.py [--sizes 512] [--rounds 7] [--only TEXT]

The mask holds the brightest voxels, ten million of 512³, and the surface is its own. Windows stand open and take
turns: the program's, in which histogram, words, sliders, tables and panels follow what is done in the planes; and three
planes of stock pyqtgraph, which draw nothing else, of the size of ours, and in a window as large as ours. What the
interface's thread works from an event to the end of painting is compared, as the surface's pictures are made on a lane
of their own. Of each measurement there are two rows, the median and what 99 of 100 frames stay below. On an image of
1024 × 1024 × 512, if there is memory for it, a frame may take no more than 1.5 times that on the first of the others.
With QT_QPA_PLATFORM=xcb it is a window on a screen, Xvfb's perhaps; offscreen is the default.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PyQt6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication

from maskeditor.model.cohort.memory import free_memory
from maskeditor.ui.views.cells import Layout
from maskeditor.ui.views.pointer import ZOOM_STEP
from maskeditor.ui.views.slice_slider import WHEEL_STEP
from tests.benchmarks import rows as table
from tests.benchmarks.bench_drags import Dragged
from tests.benchmarks.bench_frames import FRAMES, TURN, WANTED, WARM, Act, Stock, circle, settle, to_and_fro
from tests.benchmarks.bench_tools import FREE, LARGE, LONGER, Tools

#: Radius of the brush in voxels.
RADIUS = 6
#: What is measured, and how many times as fast as stock pyqtgraph it should be.
NAMES, DEMANDED = ("scroll", "crosshair", "window", "range", "brush", "magnify", "pan"), WANTED["scroll"]
#: Steps of the wheel that zoom in before as many zoom out.
ZOOMS = 8
#: Three planes of stock pyqtgraph, of the size of ours, and in a window of the size of ours.
PEERS = ("pyqtgraph", "pyqtgraph, such a window")
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


class StockPlanes(Stock):
    """Planes of stock pyqtgraph that are zoomed, all to one scale as ours, and moved, too."""

    @contextmanager
    def magnify(self) -> Iterator[Act]:
        factors = itertools.cycle([1 / ZOOM_STEP] * ZOOMS + [ZOOM_STEP] * ZOOMS)

        def act() -> None:
            factor = next(factors)
            for below, _, _ in self.planes:
                below.getViewBox().scaleBy((factor, factor))

        yield act

    @contextmanager
    def pan(self) -> Iterator[Act]:
        box, before = self.planes[2][0].getViewBox(), next(self.points)

        def act() -> None:
            nonlocal before
            here = next(self.points)
            box.translateBy((before[0] - here[0], before[1] - here[1]))
            before = here

        yield act


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[table.Row]:
    """Yield the rows of frames on images of some sizes, and on a larger one."""
    wanted = [(what, name) for what in LAYOUTS for name in NAMES if only in f"window: {name}, {what}"]
    shapes = [(size,) * 3 for size in sizes] if wanted else []
    if wanted and (free_memory() or 0) >= FREE:
        shapes.append(LARGE)
    usual: dict[tuple[str, str], float] = {}
    for shape in shapes:
        planes = Planes(*shape)
        image, mask = planes.desk.document.volume.stored, planes.desk.mask()
        # On the large one nobody is waited for but oneself.
        peers = [] if shape == LARGE else [StockPlanes(planes.app, image, mask) for _ in PEERS]
        size = f"{shape[0]}³" if len(set(shape)) == 1 else " × ".join(map(str, shape))
        for what, name in wanted:
            if shape == LARGE and what != FIRST:  # whose surface takes a minute until it is there
                continue
            planes.show(LAYOUTS[what])
            plane, window = planes.canvas.size(), planes.desk.window.size()
            for peer, room in zip(peers, (QSize(3 * plane.width(), plane.height()), window), strict=False):
                peer.widget.resize(room)
            with ExitStack() as stack:
                acts = [stack.enter_context(getattr(side, name)()) for side in (planes, *peers)]
                times = worked(planes.app, acts, FRAMES * (rounds if peers else 1))
            for kind, (own, *others) in (("median", np.median(times, 1)), ("99 of 100", np.percentile(times, 99, 1))):
                group = f"window: {name}, {what}, {kind}, on a processor"
                for peer_name, other in zip(PEERS, others, strict=False):
                    yield table.Row(group, group, size, own, peer_name, other, DEMANDED)
                if (what, name) in usual and kind == "median":
                    yield table.Row(group, group, size, own, f"on {sizes[0]}³", usual[what, name], 1 / LONGER)
                usual.setdefault((what, name), own)
        for side in peers:
            side.close()
        planes.desk.close()
        planes.app.processEvents()


def worked(app: QApplication, acts: Sequence[Act], frames: int) -> np.ndarray:
    """Return the ms (acts, frames) of the interface's thread from an action to the end of painting, in turns."""
    times = np.empty((len(acts), frames))
    for start in range(0, frames, TURN):
        for act, row in zip(acts, times, strict=True):
            for frame in range(start - WARM, min(start + TURN, frames)):
                settle(app)
                began = time.thread_time()
                act()
                settle(app)
                row[max(frame, start)] = 1e3 * (time.thread_time() - began)
    return times


if __name__ == "__main__":
    table.main(__doc__, rows)
