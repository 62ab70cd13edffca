"""Drags on the histogram of the whole window: from the mouse's event to the end of painting, beside stock pyqtgraph.

    python tests/benchmarks/bench_drags.py [--sizes 512] [--rounds 7] [--only TEXT]

Each operation whose declared range lies on the histogram is chosen, and an end of it is dragged: in the one window, the
form, the histogram, the words and the planes follow; in the other, stock pyqtgraph draws a range that is moved in three
planes of the same image (as in bench_frames.py), without histogram or form. They take turns, as there. What is found in
the whole volume first (the gap of an EPI mask, the piece round a seed) is drawn in the planes as soon as a worker has
it, while the hand goes on; what the worker takes from the drawing is in the times. Of each there are two rows: the
median, and what 99 of 100 frames stay below.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nibabel
import numpy as np
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

import tests.conftest  # noqa: F401  # settings and sessions of its own
from maskeditor.core.operation.declaration import operations
from maskeditor.model.ends import ends_of_range
from maskeditor.ui.app import application, import_the_rest
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.main_window.wiring import Wiring
from maskeditor.ui.qt import sure
from tests.benchmarks import rows as table
from tests.benchmarks.bench_frames import FRAMES, Act, Rows, Stock, phantom, timed
from tests.ui.conftest import Desk

#: How many times as fast as stock pyqtgraph it should be.
WANTED = 2.0
#: Pixels of the window.
WINDOW = (1500, 900)
#: Steps that the hand goes to either side; pixels of one, and the share of the voxels of one along their curve.
STEPS, STEP, SHARE = 15, 2, 0.01
#: The range that is dragged where an operation opens without an end.
FIRST = (500.0, 1000.0)


class Dragged:
    """The program's window with an image, and a hand on its histogram."""

    def __init__(self, path: Path) -> None:
        window = MainWindow()
        window.resize(*WINDOW)
        window.show()
        QTest.qWaitForWindowActive(window)
        self.desk = Desk(window, Wiring(window))
        self.desk.open(path)
        self.panel = window.histogram

    def mouse(self, kind: QEvent.Type, x: float, y: float) -> None:
        plot, none = self.panel.plot, Qt.MouseButton.NoButton
        viewport, place = sure(plot.viewport()), QPointF(plot.mapFromScene(plot._area.mapToScene(QPointF(x, y))))
        button = none if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        held = none if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        on_screen = QPointF(viewport.mapToGlobal(place.toPoint()))
        # With Alt, no end snaps to a peak and stands still there: each step of the hand moves it.
        event = QMouseEvent(kind, place, on_screen, button, held, Qt.KeyboardModifier.AltModifier)
        QApplication.sendEvent(viewport, event)

    @contextmanager
    def drag(self, id: str) -> Iterator[Act]:
        """Choose an operation, and drag the lower end of its range."""
        form, plot = self.desk.wiring.operations, self.panel.plot
        form.choose(id)
        ends = ends_of_range(sure(form.fields.operation).parameters())
        assert ends is not None
        if not ends.are_shares:
            form.fields.set_values(dict(zip((end.name for end in ends), FIRST, strict=True)), {})
        self.desk.wait()
        assert plot.bounds is not None
        knob = dict(plot.knobs()).get("low")
        x, y = (plot.in_pixels(plot.bounds)[0], 0.4 * plot.area_height) if knob is None else (knob.x(), knob.y())
        steps = (*range(-STEPS, STEPS), *range(STEPS, -STEPS, -1))
        way = [(x + STEP * step, y) for step in steps]
        if plot.shares is not None:  # a share is dragged along its curve
            across, down, shares = plot.curve()
            wanted = [plot.shares[0] + SHARE * step for step in steps]
            way = list(zip(*(np.interp(wanted, shares, line).tolist() for line in (across, down)), strict=True))
        places, frames = itertools.cycle(way), itertools.count()
        pictures = [view.picture for view in self.desk.window.views.views.values()]
        composed = sum(picture.composed for picture in pictures)
        self.mouse(QEvent.Type.MouseButtonPress, x, y)

        def act() -> None:
            next(frames)
            before = (plot.bounds, plot.shares)
            self.mouse(QEvent.Type.MouseMove, *next(places))
            assert (plot.bounds, plot.shares) != before, f"{id}: a step of the hand moved nothing"

        yield act
        # No frame was left out where slices are worked out at once.
        if (shown := self.desk.editor._preview_lane.shown) is not None and shown.is_local:
            assert sum(picture.composed for picture in pictures) - composed >= 3 * next(frames)
        self.mouse(QEvent.Type.MouseButtonRelease, x, y)
        self.desk.wait()
        self.panel.reset()


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Rows:
    """Yield two rows for each operation whose range can be dragged."""
    drawn = [cls for cls in operations() if ends_of_range(cls.parameters()) is not None and not cls.by_tool]
    wanted = [cls for cls in drawn if only in f"drag: {cls.id}, median"]
    if not wanted:
        return
    app = application()
    import_the_rest()
    for size in sizes:
        image, mask = phantom(size)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "phantom.nii"
            nibabel.save(nibabel.Nifti1Image(image, np.eye(4)), path)
            hand, stock = Dragged(path), Stock(app, image, mask)
            for cls in wanted:
                with hand.drag(cls.id) as ours, stock.range() as theirs:
                    times = timed(app, [ours, theirs], FRAMES * rounds)
                for kind, (mine, peer) in (
                    ("median", np.median(times, axis=1)),
                    ("99 of 100", np.percentile(times, 99, axis=1)),
                ):
                    group = f"drag: {cls.id}, {kind}"
                    yield table.Row(group, group, f"{size}³", mine, "pyqtgraph", peer, WANTED)
            stock.close()
            hand.desk.close()
            app.processEvents()


if __name__ == "__main__":
    table.main(__doc__, rows)
