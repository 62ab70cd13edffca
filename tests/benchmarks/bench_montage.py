"""Frames of a montage of sixteen slices, from an event to the end of painting, beside stock pyqtgraph items.

    python tests/benchmarks/bench_montage.py [--sizes 256 512] [--rounds 3] [--only TEXT]

As `bench_frames.py`. A frame of ours ends when all slices are drawn, though the window lives between them. The sagittal
slices are those whose voxels lie each in a line of the cache of its own.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pyqtgraph as pg
from PyQt6.QtWidgets import QApplication, QWidget

import tests.benchmarks.screen  # noqa: F401  # a window on a screen
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box
from maskeditor.model.data.montage import MontageParameters
from maskeditor.model.view.layers import Layer, Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.views.montage_view import MontageView
from tests.benchmarks import rows as table
from tests.benchmarks.bench_frames import FRAMES, Rows, phantom, settle, timed

#: What is done, and how many times as fast as stock pyqtgraph it should be.
WANTED = {"scroll": 2.0, "window": 2.0, "edit": 2.0}
PLANES = (Plane.AXIAL, Plane.SAGITTAL)
SIZE, SIDE = (900, 900), 4
#: Slices that the first and the last shown lie from the ends of the volume, as so many are scrolled to and fro.
ROOM = 5


def to_and_fro() -> itertools.cycle[int]:
    """Yield steps of one, some there and as many back."""
    return itertools.cycle([1] * ROOM + [-1] * 2 * ROOM + [1] * ROOM)


class Ours:
    """The montage of the program."""

    def __init__(self, app: QApplication, image: np.ndarray, mask: np.ndarray, plane: Plane) -> None:
        self.app, self.viewer, self.layers = app, Viewer(), Layers()
        self.viewer.set_volume(Volume(image, Geometry(mask.shape, np.eye(4))))
        self.layers.show([Layer(MaskBits.of(mask), (230, 60, 60))], active=0)
        self.view = MontageView(self.viewer, self.layers, QWidget())
        self.viewer.changed.connect(self.view.follow)
        self.view.show_parameters(MontageParameters(plane=plane))
        self.view.resize(*SIZE)
        self.view.show()
        self.steps, self.high = to_and_fro(), itertools.cycle([*range(800, 1000), *range(1000, 800, -1)])
        self.finish()

    def finish(self) -> None:
        """Let all slices be drawn."""
        settle(self.app)
        while any(tile.scaled.is_stale for tile in self.view.tiles):
            settle(self.app)

    def scroll(self) -> None:
        self.view.move_on(next(self.steps))
        self.finish()

    def window(self) -> None:
        self.viewer.set_window(0, next(self.high))
        self.finish()

    def edit(self) -> None:
        start = [size // 2 for size in self.view.map.geometry.shape]
        start[self.view.map.normal] = self.view.tiles[8].picture.index
        self.view.refresh(Box((start[0], start[1], start[2]), (start[0] + 9, start[1] + 9, start[2] + 9)))
        self.finish()


class Stock:
    """Sixteen pairs of pyqtgraph's image items in one view, and a text with each."""

    def __init__(self, image: np.ndarray, mask: np.ndarray, plane: Plane) -> None:
        pg.setConfigOptions(imageAxisOrder="col-major")
        self.axis, self.image, self.mask = plane.normal, image, mask
        self.widget = pg.GraphicsView()
        box = pg.ViewBox(lockAspect=True, enableMouse=False)
        self.widget.setCentralItem(box)
        lut = np.array([[0, 0, 0, 0], [230, 60, 60, 102]], np.uint8)
        size = len(mask)
        self.at = [ROOM + int((place + 0.5) * (size - 2 * ROOM) / SIDE**2) for place in range(SIDE**2)]
        self.tiles = []
        for place in range(SIDE**2):
            items = pg.ImageItem(levels=(0, 1300)), pg.ImageItem(lut=lut, levels=(0, 1))
            text = pg.TextItem(f"{place} mm")
            for item in (*items, text):
                item.setPos(place % SIDE * size, place // SIDE * size)
                box.addItem(item)
            self.tiles.append(items)
        box.setRange(xRange=(0, SIDE * size), yRange=(0, SIDE * size), padding=0)
        self.widget.resize(*SIZE)
        self.widget.show()
        self.steps, self.high = to_and_fro(), itertools.cycle([*range(800, 1000), *range(1000, 800, -1)])
        self.go()

    def cut(self, array: np.ndarray, index: int) -> np.ndarray:
        return array[(slice(None),) * self.axis + (index,)]

    def go(self) -> None:
        for (below, above), index in zip(self.tiles, self.at, strict=True):
            below.setImage(self.cut(self.image, index), autoLevels=False)
            above.setImage(self.cut(self.mask, index).view(np.uint8), autoLevels=False)

    def scroll(self) -> None:
        step = next(self.steps)
        self.at = [index + step for index in self.at]
        self.go()

    def window(self) -> None:
        high = next(self.high)
        for below, _ in self.tiles:
            below.setLevels((0, high))

    def edit(self) -> None:
        self.tiles[8][1].setImage(self.cut(self.mask, self.at[8]).view(np.uint8), autoLevels=False)


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Rows:
    """Yield the rows of images of some sizes."""
    wanted = [(plane, name) for plane in PLANES for name in WANTED if only in _group(plane, name)]
    if not wanted:
        return
    app = QApplication.instance() or QApplication([])
    for size in sizes:
        image, mask = phantom(size)
        for plane, name in wanted:
            ours, stock = Ours(app, image, mask, plane), Stock(image, mask, plane)
            settle(app)
            acts: list[Callable[[], None]] = [getattr(side, name) for side in (ours, stock)]
            times = timed(app, acts, FRAMES * rounds)
            for kind, (mine, theirs) in (
                ("median", np.median(times, axis=1)),
                ("99 of 100", np.percentile(times, 99, axis=1)),
            ):
                group = f"{_group(plane, name)}, {kind}"
                yield table.Row(group, group, f"{size}³", mine, "pyqtgraph", theirs, WANTED[name])
            for widget in (ours.view, stock.widget):
                widget.close()
                widget.deleteLater()
            settle(app)


def _group(plane: Plane, name: str) -> str:
    return f"montage: {name}, {plane}"


if __name__ == "__main__":
    table.main(__doc__, rows)
