"""Tools in the whole window: from a mouse event to the end of painting, beside a small brush.

    python tests/benchmarks/bench_tools.py [--sizes 512] [--rounds 7] [--only live-wire]

Each round moves every tool along the same way, in turn, over a head whose mask holds the brightest voxels. Wanted: no
move takes longer than 50 ms, whatever the size of the volume: on one of 1024 × 1024 × 512 voxels, if there is memory
for it, a move takes no longer of a processor than 1.5 times that on the first of the other sizes. Where a live-wire is
fixed, all ways from there are worked out at once, beside what scikit-image takes for those of the whole slice.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PyQt6.QtCore import QEvent, QPointF

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import Floats
from maskeditor.engine.live_wire import Wire, cost_of_edges
from maskeditor.model.cohort.memory import free_memory
from tests.benchmarks import rows as table
from tests.benchmarks.bench_brush import LONGEST, MOVES, PACE, STEP, Hand

#: Share of the voxels that the mask holds, and radii in voxels of the ball that nudges.
SHARE, BALLS = 0.08, (6, 40)
BRUSH = "brush of 2"
#: A volume that is larger than most, and bytes that must be free for it.
LARGE, FREE = (1024, 1024, 512), 6 << 30
#: How much longer than on a smaller one a move may take there.
LONGER = 1.5


class Way(NamedTuple):
    """What a tool took along a way, in ms.

    Parameters
    ----------
    press, release : float
    moves, work : (N,) array of float
        Each move, and the work of the interface's thread for it.
    """

    press: float
    release: float
    moves: Floats
    work: Floats


class Tools(Hand):
    """Tools in a window on a large head with a mask."""

    def __init__(self, *size: int) -> None:
        super().__init__(*size)
        self.desk.editor.apply(make("percentiles", {"lower": 100 * (1 - SHARE)}))
        self.desk.wait()

    def way(self, id: str, radius: float = 0.0, shape: str = "disc") -> Way:
        """Press, move along a way and let go with a tool; return what each took, and take back what it did."""
        box, steps = self.desk.wiring.toolbox, len(self.desk.document.timeline)
        box.choose(id)
        if radius:
            box.options.change(radius=radius * self.zoom, shape=shape)
        middle = self.canvas.rect().center()
        angles = np.arange(MOVES) * STEP / 60
        points = [QPointF(middle.x() + 60 * np.cos(a), middle.y() + 60 * np.sin(a)) for a in angles]
        self.timed(QEvent.Type.MouseMove, points[0])
        press = self.timed(QEvent.Type.MouseButtonPress, points[0])[0]
        if id == "live_wire":  # is drawn without a button
            self.timed(QEvent.Type.MouseButtonRelease, points[0])
        moves = []
        for point in points[1:]:
            moves.append(self.timed(QEvent.Type.MouseMove, point))
            rest = time.perf_counter() + PACE / 1e3
            while time.perf_counter() < rest:
                self.app.processEvents()
                time.sleep(0.001)
        release = 0.0 if id == "live_wire" else self.timed(QEvent.Type.MouseButtonRelease, points[-1])[0]
        box.cancel_stroke()
        self.desk.wait()
        if len(self.desk.document.timeline) > steps:
            self.desk.editor.undo()
            self.desk.wait()
        return Way(press, release, *np.transpose(moves))


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[table.Row]:
    """Yield the rows of the tools on volumes of some sizes."""
    tools: dict[str, tuple[str, float, str]] = {
        "live-wire": ("live_wire", 0.0, ""),
        "cut": ("cut", 0.0, ""),
        "lasso": ("lasso", 0.0, ""),
        "adaptive brush": ("adaptive", 6.0, "sphere"),
    }
    tools |= {f"nudge, {shape} of {ball}": ("nudge", ball, shape) for shape in ("disc", "sphere") for ball in BALLS}
    tools = {name: tool for name, tool in tools.items() if only in f"tools: {name}"}
    shapes = [(size, size, size) for size in sizes]
    if (free_memory() or 0) >= FREE:
        shapes.append(LARGE)
    usual_work: dict[str, float] = {}
    for shape in shapes if tools else ():
        hand, what = Tools(*shape), f"{shape[0]}³" if len(set(shape)) == 1 else " × ".join(map(str, shape))
        for tool in tools.values():  # what is loaded first, and kept from then on
            hand.way(*tool)
        done = [
            {BRUSH: hand.way("brush", 2.0)} | {name: hand.way(*tool) for name, tool in tools.items()}
            for _ in range(rounds)
        ]
        usual = float(np.median([one[BRUSH].moves for one in done]))
        for name in tools:
            moves = np.concatenate([one[name].moves for one in done])
            group = f"tools: {name}, move"
            yield table.Row(group, group, what, float(np.median(moves)), BRUSH, usual, 0)
            group += ", 99 of 100"
            yield table.Row(group, group, what, float(np.quantile(moves, 0.99)), "limit", LONGEST, 1)
            work = float(np.median([one[name].work for one in done]))
            if shape == LARGE and usual_work:
                group = f"tools: {name}, move, on a processor"
                yield table.Row(group, group, what, work, f"on {sizes[0]}³", usual_work[name], 1 / LONGER)
            usual_work.setdefault(name, work)
            for place, gesture in ((0, "press"), (1, "let go")):
                took = float(np.median([one[name][place] for one in done]))
                if took:
                    group = f"tools: {name}, {gesture}"
                    yield table.Row(group, group, what, took, "limit", LONGEST, 1)
        if "live-wire" in tools:
            yield from _fixed(hand, shape, rounds, seconds)
        hand.desk.close()
        hand.app.processEvents()


def _fixed(hand: Tools, shape: tuple[int, ...], rounds: int, seconds: float) -> Iterator[table.Row]:
    from skimage.graph import MCP_Geometric

    size, viewer = shape[0], hand.desk.editor.viewer
    middle = size // 2, size // 2
    values = viewer.slice(viewer.plane_map(Plane.AXIAL).normal, shape[2] // 2)
    whole = (slice(None), slice(None))

    def of_scikit_image() -> object:
        return MCP_Geometric(cost_of_edges(values, (1, 1), whole)).find_costs([middle])

    name = "live-wire, fixed in a slice"
    case = table.Case(
        name, name, f"{size}²", lambda: Wire(values, (1, 1), middle), "scikit-image", of_scikit_image, 1, None
    )
    yield case.measured(rounds, seconds)


if __name__ == "__main__":
    table.main(__doc__, rows)
