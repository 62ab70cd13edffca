"""Drags on the histogram of the whole window: from the mouse's event to the end of painting, beside stock pyqtgraph.

    python tests/benchmarks/bench_drags.py [--sizes 512] [--rounds 7] [--only TEXT]

Each operation that draws itself on the histogram is chosen, and an end of its range is dragged; where it has none, as
it finds its bounds by itself, an end of the band that it is limited to; and of a brush, an end of the range that it
paints. (A flood fill looks at masks, and median Otsu takes minutes.) In the one window, the form, the histogram, the
words and the planes follow; in the other, stock pyqtgraph draws a range that is moved in three
planes of the same image (as in bench_frames.py), without histogram or form. They take turns, as there. What is found in
the whole volume first (the gap of an EPI mask, the piece round a seed) is drawn in the planes as soon as a worker has
it, while the hand goes on; what the worker takes from the drawing is in the times. Of each there are two rows: the
median, and what 99 of 100 frames stay below.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nibabel
import numpy as np
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

import tests.benchmarks.screen  # a window on a screen
import tests.conftest  # noqa: F401  # settings and sessions of its own
from maskeditor.core.operation.declaration import operations
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.model.ends import ends_of_range
from maskeditor.ui.app import application, import_the_rest
from maskeditor.ui.histogram.grips import STRIP
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
#: The range that is dragged where an operation opens without an end, and the band.
FIRST = (500.0, 1000.0)
#: What is drawn on the histogram, but takes minutes to be there first.
SLOW = ("median_otsu",)
BRUSH = "brush's range"


def opened(path: Path) -> Desk:
    """Return the program's window with an image."""
    window = MainWindow()
    window.resize(*WINDOW)
    window.show()
    QTest.qWaitForWindowActive(window)
    desk = Desk(window, Wiring(window))
    desk.open(path)
    return desk


class Dragged:
    """A hand on the histogram of the program's window.

    Parameters
    ----------
    desk : Desk
        The window, with an image.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk, self.panel = desk, desk.window.histogram

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
        """Choose an operation, or a brush, and drag the lower end of what it has on the histogram."""
        form, plot = self.desk.wiring.operations, self.panel.plot
        way = self._begin(id)
        steps = (*range(-STEPS, STEPS), *range(STEPS, -STEPS, -1))
        x, y = way(0)
        places, frames = itertools.cycle([way(step) for step in steps]), itertools.count()
        pictures = [view.picture for view in self.desk.window.views.views.values()]
        composed = sum(picture.composed for picture in pictures)
        self.mouse(QEvent.Type.MouseButtonPress, x, y)

        def act() -> None:
            next(frames)
            before = (plot.bounds, plot.shares, plot.band)
            self.mouse(QEvent.Type.MouseMove, *next(places))
            assert (plot.bounds, plot.shares, plot.band) != before, f"{id}: a step of the hand moved nothing"

        yield act
        # No frame was left out where slices are worked out at once.
        if (shown := self.desk.editor._preview_lane.shown) is not None and shown.is_local:
            assert sum(picture.composed for picture in pictures) - composed >= 3 * next(frames)
        self.mouse(QEvent.Type.MouseButtonRelease, x, y)
        self.desk.wait()
        form.put_away()
        self.desk.wiring.toolbox.brush.change(lower=None, upper=None)

    def _begin(self, id: str) -> Callable[[int], tuple[float, float]]:
        """Return where the hand is after some steps from the end that it holds."""
        wiring, plot = self.desk.wiring, self.panel.plot
        if id == BRUSH:
            wiring.toolbox.brush.change(lower=FIRST[0], upper=FIRST[1])
            ends = None
        else:
            wiring.operations.choose(id)
            fields = wiring.operations.fields
            ends = ends_of_range(sure(fields.operation).parameters())
            if ends is None:
                fields.set_values({}, dict(zip(("lower", "upper"), FIRST, strict=True)))
            elif not ends.are_shares:
                fields.set_values(dict(zip((end.name for end in ends), FIRST, strict=True)), {})
        self.desk.wait()
        if plot.shares is not None:  # a share is dragged along its curve
            first, (across, down, shares) = plot.shares[0], plot.curve()

            def along(step: int) -> tuple[float, float]:
                return tuple(float(np.interp(first + SHARE * step, shares, line)) for line in (across, down))  # type: ignore[return-value]

            return along
        x = plot.in_pixels(sure(plot.band if ends is None else plot.bounds))[0]
        # The handles of a band are at the top.
        y = 0.5 * STRIP if ends is None else 0.4 * plot.area_height
        return lambda step: (x + STEP * step, y)


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Rows:
    """Yield two rows for each operation that has something on the histogram to be dragged, and for a brush."""
    drawn = [
        cls.id
        for cls in operations()
        if (ends_of_range(cls.parameters()) is not None and not cls.by_tool)
        or (issubclass(cls, IntensityInput) and cls.finds() and cls.id not in SLOW)
    ]
    wanted = [id for id in (*drawn, BRUSH) if only in f"drag: {id}, median"]
    if not wanted:
        return
    app = application()
    import_the_rest()
    for size in sizes:
        image, mask = phantom(size)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "phantom.nii"
            nibabel.save(nibabel.Nifti1Image(image, np.eye(4)), path)
            hand, stock = Dragged(opened(path)), Stock(app, image, mask)
            for id in wanted:
                with hand.drag(id) as ours, stock.range() as theirs:
                    times = timed(app, [ours, theirs], FRAMES * rounds)
                for kind, (mine, peer) in (
                    ("median", np.median(times, axis=1)),
                    ("99 of 100", np.percentile(times, 99, axis=1)),
                ):
                    group = f"drag: {id}, {kind}"
                    yield table.Row(group, group, f"{size}³", mine, "pyqtgraph", peer, WANTED)
            stock.close()
            hand.desk.close()
            app.processEvents()


if __name__ == "__main__":
    table.main(__doc__, rows)
