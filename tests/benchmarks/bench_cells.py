"""Three planes, alone and with the surface beside them, in the whole window, beside three planes of stock pyqtgraph.

    python tests/benchmarks/bench_cells.py [--sizes 512] [--rounds 7] [--only TEXT]

Both stand open with planes of one size, and take turns; the surface is that of the brightest voxels. What the
interface's thread works for a frame is compared, as the surface's pictures are made on a lane of their own. With each
frame the window also draws what else follows: the histogram, values under the pointer, sliders; the peer does not.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PyQt6.QtCore import QEvent, QPointF
from PyQt6.QtWidgets import QApplication

from maskeditor.ui.views.cells import Layout
from tests.benchmarks import rows as table
from tests.benchmarks.bench_frames import FRAMES, TURN, WANTED, WARM, Act, Stock, circle, settle, to_and_fro
from tests.benchmarks.bench_tools import Tools

#: Radius of the brush in voxels.
RADIUS = 6
#: What is measured, and how many times as fast as stock pyqtgraph it should be. Of a brush it is `bench_frames` that
#: asks it of the planes, and `bench_brush` what a large one takes beside a small one in the window.
DEMANDS = {"scroll": WANTED["scroll"], "crosshair": WANTED["crosshair"], "brush": 0.0}


class Planes(Tools):
    """The whole window on a large head with a mask."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.viewer, self.path = self.desk.editor.viewer, to_and_fro(size)

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

    def brush(self) -> AbstractContextManager[Act]:
        self.desk.wiring.toolbox.brush.change(radius=RADIUS * self.zoom, shape="disc")
        return self._dragged("brush")

    @contextmanager
    def _dragged(self, tool: str) -> Iterator[Act]:
        box = self.desk.wiring.toolbox
        box.choose(tool)
        self.timed(QEvent.Type.MouseButtonPress, QPointF(*next(self.points)))
        yield lambda: self.timed(QEvent.Type.MouseMove, QPointF(*next(self.points)))
        box.cancel_stroke()
        self.desk.wait()


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[table.Row]:
    """Yield the rows of frames on images of some sizes."""
    layouts = {"three planes": Layout.THREE, "planes and surface": Layout.FOUR}
    wanted = [(what, name) for what in layouts for name in DEMANDS if only in f"window: {name}, {what}"]
    for size in sizes if wanted else ():
        planes = Planes(size)
        stock = Stock(planes.app, planes.desk.document.volume.stored, planes.desk.mask())
        for what, name in wanted:
            planes.show(layouts[what])
            stock.widget.resize(3 * planes.canvas.width(), planes.canvas.height())
            with ExitStack() as stack:
                acts = [stack.enter_context(getattr(side, name)()) for side in (planes, stock)]
                times = worked(planes.app, acts, FRAMES * rounds)
            for kind, (own, other) in (("median", np.median(times, 1)), ("99 of 100", np.percentile(times, 99, 1))):
                group = f"window: {name}, {what}, {kind}, on a processor"
                yield table.Row(group, group, f"{size}³", own, "pyqtgraph", other, DEMANDS[name])
        stock.close()
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
