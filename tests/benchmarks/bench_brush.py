"""Strokes of every size in the whole window: from a mouse event to the end of painting, beside the smallest brush.

    python tests/benchmarks/bench_brush.py [--sizes 512] [--rounds 7] [--only sphere]

Each round draws a stroke with every brush in turn, painting and erasing; a move comes every 12 ms, as from a mouse.
Wanted: a move takes at most 1.5 times as long as with the smallest brush, and neither a move nor letting go 50 ms.
A large sphere is seen in all three planes, where the smallest, beside the crosshair, is seen in one: how much of the
difference that is, tells the sphere in the layout of one plane. Where other programs want the processors, they
interrupt long moves more often than short ones: what a move takes of a processor is given besides. What a large
stroke takes afterwards, on its own lane, until it is a step, is given without a demand. Where napari is not installed,
its figures are quoted: of Labels.paint of napari 0.9.2 at 512³, without any drawing, on another machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QGuiApplication, QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

import tests.benchmarks.screen  # a window on a screen
import tests.conftest  # noqa: F401  # settings and sessions of its own
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import Floats
from maskeditor.ui.app import application, import_the_rest
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.main_window.wiring import Wiring
from maskeditor.ui.views.cells import Layout
from tests.benchmarks import rows as table
from tests.ui.conftest import SIZE, Desk
from tests.ui.stalls import big_session

#: Radii in voxels, the smallest first, beside which the others are measured.
RADII = (2, 6, 20, 70, 120, 200)
#: Moves of a stroke, milliseconds between two, and pixels that each goes.
MOVES, PACE, STEP = 40, 12, 3.0
#: How much longer than with the smallest brush a move may take; milliseconds that nothing may take longer than.
SLOWER, LONGEST = 1.5, 50.0
#: Of spheres by radius: milliseconds that napari takes to paint one.
NAPARI = {20: 0.6, 70: 23.0}


class Stroke(NamedTuple):
    """What a stroke took, in ms.

    Parameters
    ----------
    moves, work : (N,) array of float
        Each move, and the work of the interface's thread for it.
    release, made : float
        Letting go, and from then on until it was a step.
    """

    moves: Floats
    work: Floats
    release: float
    made: float


class Hand:
    """A brush in a window on a large head.

    Parameters
    ----------
    *size : int
        Voxels along each axis, or of a cube.
    """

    def __init__(self, *size: int) -> None:
        self.app = application()
        import_the_rest()
        window = MainWindow()
        window.resize(*SIZE)
        window.show()
        QTest.qWaitForWindowActive(window)
        self.desk = Desk(window, Wiring(window))
        self.desk.editor.set_session(big_session(*size))
        self.desk.wait()
        self.zoom = self.desk.document.geometry.zooms[0]
        self.canvas = window.views.views[Plane.AXIAL].canvas

    def show(self, layout: Layout) -> None:
        """Choose which planes are seen."""
        self.desk.window.views.choose(layout)
        self.app.processEvents()

    def timed(
        self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton = Qt.MouseButton.LeftButton
    ) -> tuple[float, float]:
        """Return the milliseconds from an event of the mouse to the end of painting, and those on a processor."""
        none = Qt.MouseButton.NoButton
        event = QMouseEvent(
            kind,
            at,
            QPointF(self.canvas.mapToGlobal(at)),
            none if kind == QEvent.Type.MouseMove else button,
            none if kind == QEvent.Type.MouseButtonRelease else button,
            Qt.KeyboardModifier.NoModifier,
        )
        start, worked = time.perf_counter(), time.thread_time()
        QApplication.sendEvent(self.canvas, event)
        self.app.sendPostedEvents()
        self.app.processEvents()
        QGuiApplication.sync()
        return 1e3 * (time.perf_counter() - start), 1e3 * (time.thread_time() - worked)

    def stroke(self, radius: int, sphere: bool, band: bool, erase: bool) -> Stroke:
        """Draw a stroke, and return what it took."""
        self.desk.wiring.toolbox.choose("eraser" if erase else "brush")
        lower = 100.0 if band else None
        self.desk.wiring.toolbox.brush.change(
            radius=radius * self.zoom, shape="sphere" if sphere else "disc", lower=lower
        )
        middle = self.canvas.rect().center()
        angles = np.arange(MOVES) * STEP / 40
        points = [QPointF(middle.x() - 10 + 40 * np.cos(a), middle.y() + 40 * np.sin(a)) for a in angles]
        self.timed(QEvent.Type.MouseButtonPress, points[0])
        moves = []
        for point in points[1:]:
            moves.append(self.timed(QEvent.Type.MouseMove, point))
            rest = time.perf_counter() + PACE / 1e3
            while time.perf_counter() < rest:
                self.app.processEvents()
                time.sleep(0.001)
        (release, _), start = self.timed(QEvent.Type.MouseButtonRelease, points[-1]), time.perf_counter()
        while self.desk.editor.strokes.working:
            self.app.processEvents()
            time.sleep(0.001)
        made = 1e3 * (time.perf_counter() - start)
        self.desk.wait()
        return Stroke(*np.transpose(moves), release, made)


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[table.Row]:
    """Yield the rows of brushes of every size on volumes of some sizes."""
    kinds = [
        (shape == "sphere", band == "in a band", Layout.THREE, f"{shape}{f', {band}' if band else ''}")
        for shape, band in product(("disc", "sphere"), ("", "in a band"))
    ]
    kinds.append((True, False, Layout.ONE, "sphere, one plane"))
    kinds = [kind for kind in kinds if only in f"brush: {kind[3]}"]
    for size in sizes if kinds else ():
        hand = Hand(size)
        for sphere, band, layout, name in kinds:
            hand.show(layout)
            # Brushes in turn, painting and erasing, so that a busy moment is the same to all.
            done = [
                {radius: hand.stroke(radius, sphere, band, erase) for radius in RADII}
                for _ in range(max(1, rounds // 2))
                for erase in (False, True)
            ]
            yield from _rows_of(name, f"{size}³", name == "sphere", done)
        hand.desk.close()
        hand.app.processEvents()


def _rows_of(name: str, image: str, is_plain: bool, done: Sequence[dict[int, Stroke]]) -> Iterator[table.Row]:
    smallest = RADII[0]
    least, least_work = (float(np.median(np.concatenate([strokes[smallest][at] for strokes in done]))) for at in (0, 1))
    for radius in RADII:
        moves, work = (np.concatenate([strokes[radius][at] for strokes in done]) for at in (0, 1))
        release, made = (max(strokes[radius][at] for strokes in done) for at in (2, 3))
        what = f"{image} {radius} voxels"
        median, longest = float(np.median(moves)), float(moves.max())
        group, worked = f"brush: {name}, move", f"brush: {name}, move, on a processor"
        yield table.Row(group, group, what, median, f"brush of {smallest}", least, 1 / SLOWER)
        yield table.Row(worked, worked, what, float(np.median(work)), f"brush of {smallest}", least_work, 1 / SLOWER)
        yield table.Row(f"{group}, longest", f"{group}, longest", what, longest, "limit", LONGEST, 1)
        group = f"brush: {name}, let go"
        yield table.Row(group, group, what, release, "limit", LONGEST, 1)
        yield table.Row(f"{group}, until a step", f"{group}, until a step", what, made, "limit", LONGEST, 0)
        if is_plain and radius in NAPARI:
            group = f"brush: {name}, move"
            yield table.Row(group, group, what, median, "napari, quoted", NAPARI[radius], 0)


if __name__ == "__main__":
    table.main(__doc__, rows)
