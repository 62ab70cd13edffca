"""What a move costs: recorded, taken back and made again, in time, memory and on the disk.

    python tests/benchmarks/bench_history.py [--sizes 256 512] [--only stroke]

Beside limits, a history of full copies, and the history of napari's labels layer where napari is installed. Times are
medians; rows of memory and of files are megabytes. The journal lies in the folder for temporary files.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

import maskeditor.ops
from maskeditor.core.history import edits
from maskeditor.core.history.delta import Delta
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import prepare, travel
from maskeditor.core.history.timelines import Step, Way, step_by_step
from maskeditor.core.history.visits import History
from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.operation.scene import Patch
from maskeditor.core.operation.scope import EVERYWHERE
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import Rows
from maskeditor.core.space.volume import Volume
from maskeditor.engine.memory_pool import give_back
from maskeditor.engine.progress import Progress
from maskeditor.io.journal.journal import Journal
from tests.benchmarks.rows import Row, main

assert maskeditor.ops
ROI = "roi1"
#: Strokes of a long session, and steps before and after the one that is edited.
STROKES, STEPS = 10_000, 300
#: Limits in ms and MB.
STROKE_MS, DILATION_MS, RESTORE_MS = 0.2, 60.0, 1000.0
DILATION_MB, STROKES_MB = 1.0, 100.0
#: Of undo and redo of an edit; and by how much memory may grow beyond what the history says.
EDIT_MS, UNCLAIMED_MB = 500.0, 32.0
Milliseconds = list[float]


def took(act: Callable[[], Any]) -> float:
    """Return milliseconds."""
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1e3


def within(what: str, size: int, found: float | Milliseconds, limit: float) -> Row:
    """Return the row of times, of which the median counts, or of megabytes, and what they may be."""
    return Row(what, what, f"{size}³", float(np.median(found)), "limit", limit, 1)


def head(size: int) -> np.ndarray:
    """Return a bumpy ball, four fifths of the volume across, in Fortran order."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    mask = np.empty((size, size, size), bool, order="F")
    across = np.sqrt(axis[:, None] ** 2 + axis**2)
    bumps = 0.02 * np.sin(23 * axis[:, None]) * np.sin(19 * axis)
    for k in range(size):
        np.less(np.sqrt(across**2 + axis[k] ** 2) + bumps * np.cos(21 * axis[k]), 0.8, out=mask[:, :, k])
    return mask


def stroke(size: int, rng: np.random.Generator) -> Operation:
    """Return a brush stroke of 20 points, 6 mm in radius, in an axial slice; zooms are 1 mm."""
    start = rng.uniform(0.15 * size, 0.85 * size, 3)
    way = np.cumsum(rng.normal(0, 2.5, (20, 3)), axis=0) * (1, 1, 0)
    return make("paint", {"points": (start + way).tolist(), "radius": 6.0, "shape": "disc"})


def patch_of(document: Document, operation: Operation) -> Patch:
    """Return what the window has drawn already when the button is let go."""
    patch = operation.apply(document.snapshot().scene(ROI), Progress())
    assert patch is not None
    return patch


class Journalled:
    """A document whose moves are written, and the milliseconds that takes."""

    def __init__(self, volume: Volume, path: Path) -> None:
        self.journal = Journal.create(path, {"name": "benchmark"})
        self.document = Document(volume, History(keep=self.journal.keep))
        self.writes: Milliseconds = []
        self.document.moved.connect(self._write)

    def _write(self, _: object) -> None:
        history = self.document.history
        self.writes.append(
            took(lambda: self.journal.write(self.document.every_roi, history.visits, history.at, len(history.timeline)))
        )


def stroke_rows(volume: Volume, size: int, count: int = 300) -> Iterator[Row]:
    """Time strokes without the journal."""
    rng, document = np.random.default_rng(1), Document(volume)
    times: dict[str, Milliseconds] = {"recorded": [], "undone": [], "redone": []}
    for _ in range(count):
        operation = stroke(size, rng)
        patch = patch_of(document, operation)
        times["recorded"].append(took(partial(document.do, operation, ROI, known=patch)))
        times["undone"].append(took(document.undo))
        times["redone"].append(took(document.redo))
    for what, found in times.items():
        yield within(f"stroke, {what}", size, found, STROKE_MS)


def dilation_rows(volume: Volume, size: int, folder: Path, runs: int = 5) -> Iterator[Row]:
    """Time what a worker does to record, undo and redo a dilation of the whole head, and what is left to the window.

    Beside it, a history of full copies: one is kept before each move, and undo puts it back.
    """
    kept = Journalled(volume, folder / f"dilation{size}.maskeditor")
    document, mask = kept.document, head(size)
    snapshot = document.snapshot()
    known = Patch(snapshot.scene(ROI).whole, mask)
    document.commit(prepare(snapshot, 0, [Step(make("threshold", {"lower": 0}), ROI)], known=known), "head")
    operation, other = make("dilation", {}), np.zeros(mask.shape, bool, order="F")
    record, undo, redo, window, copies = [], [], [], [], []
    for _ in range(runs):
        snapshot = document.snapshot()
        patch = operation.apply(snapshot.scene(ROI), Progress())
        assert patch is not None
        rows_of_patch = Rows.of(patch.box, patch.data)
        record.append(took(partial(Delta.between, snapshot.masks[ROI], rows_of_patch)))
        prepared = prepare(snapshot, 1, [Step(operation, ROI)], known=patch)
        before = len(kept.writes)
        window.append(took(partial(document.commit, prepared, "dilation")) - sum(kept.writes[before:]))
        delta = document.timeline[-1].outcome.delta  # type: ignore[union-attr]
        for by, found in ((-1, undo), (1, redo), (-1, [])):
            snapshot, way = document.snapshot(), document.way_by(by)
            start = time.perf_counter()
            travelled = travel(snapshot, way)
            found.append((time.perf_counter() - start) * 1e3)
            before = len(kept.writes)
            window.append(took(partial(document.arrive, travelled, by)) - sum(kept.writes[before:]))
        copies.append(took(partial(np.copyto, other, mask)))
    kept.journal.close()
    limit = DILATION_MS * (size / 512) ** 3
    for what, times in (("recorded", record), ("undone", undo), ("redone", redo)):
        name = f"dilation of the head, {what} by the worker"
        yield within(name, size, times, limit)
        yield Row(name, name, f"{size}³", float(np.median(times)), "full copy", float(np.median(copies)), 0)
    yield within("dilation of the head, on the interface's thread", size, window, 16.0)
    yield within("dilation of the head, changes in MB", size, delta.nbytes / 1e6, DILATION_MB)


def many_rows(volume: Volume, size: int, folder: Path) -> Iterator[Row]:
    """Time the journal with many strokes, and the restoring of all of them."""
    path = folder / f"strokes{size}.maskeditor"
    rng, kept = np.random.default_rng(2), Journalled(volume, path)
    document = kept.document
    for _ in range(STROKES):
        document.do(stroke(size, rng), ROI)
    kept.journal.close()
    restored = []
    for _ in range(3):
        again, start = Document(volume), time.perf_counter()
        journal = Journal.open(path)
        found = journal.read(own=True)
        again.restore(found.rois, found.visits, found.at)
        restored.append((time.perf_counter() - start) * 1e3)
        journal.close()
        assert not found.lost
        assert np.array_equal(again.mask(ROI)[...].T, document.mask(ROI)[...].T)
    yield Row("stroke, written to the journal", "stroke, written to the journal", f"{size}³",
              float(np.median(kept.writes)), "limit", 16.0, 1)  # fmt: skip
    yield within("10,000 strokes, in memory in MB", size, document.history.held.nbytes / 1e6, STROKES_MB)
    yield within("10,000 strokes, the session's file in MB", size, path.stat().st_size / 1e6, STROKES_MB)
    yield within("10,000 strokes, restored", size, restored, RESTORE_MS)
    path.unlink()


def edit_rows(size: int, folder: Path) -> Iterator[Row]:
    """Time an edit of the third of many steps on noise, and its undo and redo; compare memory with what is claimed.

    Beside it, the undo step by step: each step that was made anew is taken back, and each before it is made again.
    """
    noise = np.random.default_rng(3).normal(500, 100, (size, size, size)).astype(np.int16, order="F")
    kept = Journalled(Volume(noise, Geometry(noise.shape, np.eye(4))), folder / f"edit{size}.maskeditor")
    document, rng, held = kept.document, np.random.default_rng(4), kept.document.history.held
    for number in range(STEPS):
        lower, combine = 450 + number % 50, ("add", "subtract")[number % 2]
        threshold = make("threshold", {"lower": lower, "upper": lower + 60, "combine": combine})
        document.do(threshold if number % 3 == 2 else stroke(size, rng), ROI)
    undo, redo, by_steps = [], [], []
    before, claimed = resident(), held.nbytes
    for lower in (410, 420, 430):
        changed = make("threshold", {"lower": lower, "upper": 600, "combine": "add"})
        document.edit(*edits.edit(document.timeline, 2, changed, EVERYWHERE))
        for by, found in ((-1, undo), (1, redo)):
            snapshot, start = document.snapshot(), document.timeline
            began = time.perf_counter()
            travelled = travel(snapshot, document.way_by(by))
            found.append((time.perf_counter() - began) * 1e3)
            if by < 0:
                way = Way(travelled.goal, step_by_step(start, travelled.goal))
                by_steps.append(took(partial(travel, snapshot, way)))
            document.arrive(travelled, by)
            del travelled, snapshot
    for what, times in (("undone", undo), ("redone", redo)):
        yield within(f"edit of step 3 of {STEPS}, {what} by the worker", size, times, EDIT_MS)
    name = f"edit of step 3 of {STEPS}, undone by the worker"
    yield Row(name, name, f"{size}³", float(np.median(undo)), "step by step", float(np.median(by_steps)), 0)
    grown, claimed = (resident() - before) / 1e6, (held.nbytes - claimed) / 1e6
    beyond = max(grown - claimed, 0.01)
    yield within(f"edit of step 3 of {STEPS}, MB beyond what is claimed", size, beyond, UNCLAIMED_MB)
    kept.journal.close()


def resident() -> int:
    """Return the bytes of memory that the program holds."""
    give_back()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def napari_rows(volume: Volume, size: int) -> Iterator[Row]:
    """Time the history of napari's labels layer, which keeps index and old value of every voxel that changes."""
    try:
        from napari.layers import Labels
    except ImportError:
        print("napari is not installed here, so it is not measured.", file=sys.stderr)
        return
    rng, document = np.random.default_rng(1), Document(volume)
    layer = Labels(np.zeros(volume.geometry.shape, np.uint8))
    ours: dict[str, Milliseconds] = {"recorded": [], "undone": [], "redone": []}
    theirs: dict[str, Milliseconds] = {"recorded": [], "undone": [], "redone": []}
    for _ in range(30):
        operation = stroke(size, rng)
        patch = patch_of(document, operation)
        indices = tuple(i + s for i, s in zip(np.nonzero(patch.data), patch.box.start, strict=True))
        ours["recorded"].append(took(partial(document.do, operation, ROI, known=patch)))
        theirs["recorded"].append(took(partial(layer.data_setitem, indices, 1, refresh=False)))
        for what, mine, other in (("undone", document.undo, layer.undo), ("redone", document.redo, layer.redo)):
            ours[what].append(took(mine))
            theirs[what].append(took(other))
    for what, times in ours.items():
        name = f"stroke, {what}"
        yield Row(name, name, f"{size}³", float(np.median(times)), "napari", float(np.median(theirs[what])), 1)


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure."""
    for size in sizes:
        volume = Volume(np.zeros((size, size, size), np.int16, order="F"), Geometry((size, size, size), np.eye(4)))
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            measures = {
                "stroke, limit": partial(stroke_rows, volume, size),
                "stroke, napari": partial(napari_rows, volume, size),
                "dilation of the head": partial(dilation_rows, volume, size, folder),
                "10,000 strokes": partial(many_rows, volume, size, folder),
                f"edit of step 3 of {STEPS}": partial(edit_rows, size, folder),
            }
            for what, measure in measures.items():
                if only in f"{what}, {size}³":
                    yield from measure()


if __name__ == "__main__":
    main(__doc__, rows)
