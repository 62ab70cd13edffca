"""What many ROIs cost: memory, and frames of a scroll through the three planes with all of them visible.

    python tests/benchmarks/bench_rois.py [--sizes 256 512] [--rounds 7] [--only frames]

Memory is what the document holds of masks and changes, in MB, beside a numpy array of bool for each ROI. Frames are
timed as in bench_frames.py, beside stock pyqtgraph with as many image items; to spare its memory, these share four
masks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pyqtgraph as pg
from PyQt6.QtWidgets import QApplication

import maskeditor.ops
import tests.benchmarks.screen  # noqa: F401  # a window on a screen
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask import COLOURS
from maskeditor.core.space.volume import Volume
from maskeditor.model.view.layers import Layer
from tests.benchmarks import rows as table
from tests.benchmarks.bench_frames import FRAMES, Ours, Stock, phantom, timed

assert maskeditor.ops
COUNTS = (1, 10, 60)
#: Different masks that the peer's items share.
SHARED = 4


def lower(number: int) -> int:
    """Return the threshold of an ROI: most of the first are noise throughout the volume."""
    return 20 + 10 * number


def document_of(image: np.ndarray, count: int) -> Document:
    """Return a document with so many ROIs, each a threshold."""
    document = Document(Volume(image, Geometry(image.shape, np.eye(4))))
    for number in range(count):
        roi = document.rois[0] if number == 0 else document.add_roi("another")
        document.do(make("threshold", {"lower": lower(number)}), roi.id)
    return document


class Stacked(Stock):
    """Stock items, one for each ROI in each plane."""

    def __init__(self, app: QApplication, image: np.ndarray, masks: Sequence[np.ndarray], count: int) -> None:
        self.others: list[list[pg.ImageItem]] = []
        super().__init__(app, image, masks[0])
        self.masks = masks
        for below, _, _ in self.planes:
            items = []
            for number in range(1, count):
                lut = np.array([[0, 0, 0, 0], [*COLOURS[number % len(COLOURS)], 102]], np.uint8)
                items.append(pg.ImageItem(lut=lut, levels=(0, 1)))
                below.getViewBox().addItem(items[-1])
            self.others.append(items)

    def go(self, voxel: Sequence[int]) -> None:
        """Show the slices at a voxel."""
        super().go(voxel)
        for axis, items in enumerate(self.others):
            for number, item in enumerate(items, 1):
                item.setImage(self.cut(self.masks[number % SHARED], axis).view(np.uint8), autoLevels=False)


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[table.Row]:
    """Yield the rows of images of some sizes, by number of ROIs."""
    if not any(only in group for group in ("memory of many ROIs, MB", "frames: scroll with many ROIs")):
        return
    app = QApplication.instance() or QApplication([])
    app.setStyle("Fusion")
    for size in sizes:
        image, _ = phantom(size)
        masks = [np.asfortranarray(image >= lower(number)) for number in range(SHARED)]
        for count in COUNTS:
            document, what = document_of(image, count), f"{size}³ {count} ROIs"
            held = sum(document.mask(roi.id).nbytes for roi in document.rois) + document.history.held.nbytes
            group = "memory of many ROIs, MB"
            yield table.Row(group, group, what, held / 1e6, "numpy", count * size**3 / 1e6, 4)
            ours, stock = Ours(app, image, masks[0]), Stacked(app, image, masks, count)
            ours.layers.show([Layer(document.mask(roi.id), roi.colour) for roi in document.rois], active=0)
            ours.views.refresh()
            with ours.scroll() as mine, stock.scroll() as theirs:
                times = timed(app, [mine, theirs], max(20, FRAMES * rounds // count))
            for kind, share in (("median", 50), ("99 of 100", 99)):
                group = f"frames: scroll with many ROIs, {kind}"
                yield table.Row(group, group, what, *np.percentile(times[0], [share]), "pyqtgraph",
                                float(np.percentile(times[1], share)), 2)  # fmt: skip
            ours.close()
            stock.close()


if __name__ == "__main__":
    table.main(__doc__, rows)
