"""What a move costs: recorded, taken back and made again, in time, memory and on the disk.

    python tests/benchmarks/bench_history.py [--sizes 256 512] [--strokes 10000] [--steps 300]

Beside it, a history of full copies, and the history of napari's labels layer where napari is installed. The machine
should be quiet: the load is printed. The journal lies in the folder for temporary files, or in --folder.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

import maskeditor.ops
from maskeditor.core.history import edits
from maskeditor.core.history.delta import Delta
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import Prepared, prepare, travel
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

assert maskeditor.ops
ROI = "roi1"
#: Limits in ms, MB or s.
STROKE_MS, DILATION_MS, DILATION_MB, STROKES_MB, RESTORE_S = 0.2, 60.0, 1.0, 100.0, 1.0
#: Of undo and redo of an edit; and by how much memory may grow beyond what the history says.
EDIT_MS, UNCLAIMED_MB = 500.0, 32.0
Milliseconds = list[float]
_failed: list[str] = []


def took(act: Callable[[], Any]) -> float:
    """Return milliseconds."""
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1e3


def told(what: str, times: Milliseconds, limit: float | None = None) -> None:
    """Print median and 99th percentile; the median has to keep the limit."""
    middle, late = np.median(times), np.percentile(times, 99)
    verdict = "" if limit is None else f"  (≤ {limit:g} ms: {'yes' if middle <= limit else 'NO'})"
    if limit is not None and middle > limit:
        _failed.append(what)
    print(f"  {what:<46} {middle:9.3f} ms, 99 % {late:9.3f} ms{verdict}")


def told_size(what: str, size: float, unit: str, limit: float) -> None:
    """Print a size or a time that has to keep a limit."""
    if size > limit:
        _failed.append(what)
    print(f"  {what:<46} {size:9.3f} {unit}  (≤ {limit:g} {unit}: {'yes' if size <= limit else 'NO'})")


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


def measure_strokes(volume: Volume, size: int, count: int = 300) -> None:
    """Time strokes without the journal."""
    rng, document = np.random.default_rng(1), Document(volume)
    times: dict[str, Milliseconds] = {"record": [], "undo": [], "redo": []}
    for _ in range(count):
        operation = stroke(size, rng)
        patch = patch_of(document, operation)
        times["record"].append(took(lambda: document.do(operation, ROI, known=patch)))  # noqa: B023 - done at once
        times["undo"].append(took(document.undo))
        times["redo"].append(took(document.redo))
    for what, found in times.items():
        told(f"stroke: {what}", found, STROKE_MS)
    print(f"  {'stroke: in memory':<46} {document.history.held.nbytes / count:9.0f} bytes")


def measure_dilation(volume: Volume, size: int, folder: Path, runs: int = 5) -> None:
    """Time what a worker does to record, undo and redo a dilation of the whole head, and what is left to the window."""
    kept = Journalled(volume, folder / f"dilation{size}.maskeditor")
    document, mask = kept.document, head(size)
    snapshot = document.snapshot()
    known = Patch(snapshot.scene(ROI).whole, mask)
    document.commit(prepare(snapshot, 0, [Step(make("threshold", {"lower": 0}), ROI)], known=known), "head")
    operation = make("dilation", {})
    record, undo, redo, window = [], [], [], []
    delta = None
    for _ in range(runs):
        snapshot = document.snapshot()
        patch = operation.apply(snapshot.scene(ROI), Progress())
        assert patch is not None
        record.append(took(lambda: Delta.between(snapshot.masks[ROI], Rows.of(patch.box, patch.data))))  # noqa: B023
        prepared = prepare(snapshot, 1, [Step(operation, ROI)], known=patch)
        before = len(kept.writes)
        window.append(took(lambda: document.commit(prepared, "dilation")) - sum(kept.writes[before:]))  # noqa: B023
        delta = document.timeline[-1].outcome.delta  # type: ignore[union-attr]
        for by, found in ((-1, undo), (1, redo), (-1, [])):
            snapshot, way = document.snapshot(), document.way_by(by)
            start = time.perf_counter()
            travelled = travel(snapshot, way)
            found.append((time.perf_counter() - start) * 1e3)
            before = len(kept.writes)
            window.append(took(lambda: document.arrive(travelled, by)) - sum(kept.writes[before:]))  # noqa: B023
    assert delta is not None
    limit = DILATION_MS if size == 512 else None
    told("dilation of the head: record, on the worker", record, limit)
    told("dilation of the head: undo, on the worker", undo, limit)
    told("dilation of the head: redo, on the worker", redo, limit)
    told("dilation of the head: on the interface thread", window)
    told("dilation of the head: journal", kept.writes[1:])
    told_size("dilation of the head: changes", delta.nbytes / 1e6, "MB", DILATION_MB)
    kept.journal.close()


def measure_many(volume: Volume, size: int, folder: Path, count: int) -> None:
    """Time the journal with many strokes, and the restoring of all of them."""
    path = folder / f"strokes{size}.maskeditor"
    rng, kept = np.random.default_rng(2), Journalled(volume, path)
    document = kept.document
    for _ in range(count):
        document.do(stroke(size, rng), ROI)
    told(f"journal: a stroke, of {count}", kept.writes)
    told_size(f"{count} strokes: in memory", document.history.held.nbytes / 1e6, "MB", STROKES_MB)
    kept.journal.close()
    told_size(f"{count} strokes: the session's file", path.stat().st_size / 1e6, "MB", STROKES_MB)
    best = np.inf
    for _ in range(3):
        again, start = Document(volume), time.perf_counter()
        journal = Journal.open(path)
        found = journal.read(own=True)
        again.restore(found.rois, found.visits, found.at)
        best = min(best, time.perf_counter() - start)
        journal.close()
        assert not found.lost
        assert np.array_equal(again.mask(ROI)[...].T, document.mask(ROI)[...].T)
    told_size(f"{count} strokes: restored", best, "s", RESTORE_S)
    path.unlink()


def measure_edit(size: int, folder: Path, steps: int) -> None:
    """Time an edit of the third of many steps on noise, and its undo and redo; compare memory with what is claimed.

    Beside it, the undo step by step: each step that was made anew is taken back, and each before it is made again.
    """
    noise = np.random.default_rng(3).normal(500, 100, (size, size, size)).astype(np.int16, order="F")
    kept = Journalled(Volume(noise, Geometry(noise.shape, np.eye(4))), folder / f"edit{size}.maskeditor")
    document, rng, held = kept.document, np.random.default_rng(4), kept.document.history.held
    for number in range(steps):
        lower, combine = 450 + number % 50, ("add", "subtract")[number % 2]
        threshold = make("threshold", {"lower": lower, "upper": lower + 60, "combine": combine})
        document.do(threshold if number % 3 == 2 else stroke(size, rng), ROI)
    edit, undo, redo, by_steps = [], [], [], []
    before, claimed = resident(), held.nbytes
    for lower in (410, 420, 430):
        changed = make("threshold", {"lower": lower, "upper": 600, "combine": "add"})
        rewrite = edits.edit(document.timeline, 2, changed, EVERYWHERE)
        edit.append(took(lambda: document.edit(*rewrite)))  # noqa: B023 - done at once
        for by, found in ((-1, undo), (1, redo)):
            snapshot, start = document.snapshot(), document.timeline
            travelled: list[Prepared] = []
            found.append(took(lambda: travelled.append(travel(snapshot, document.way_by(by)))))  # noqa: B023
            if by < 0:
                way = Way(travelled[0].goal, step_by_step(start, travelled[0].goal))
                by_steps.append(took(lambda: travel(snapshot, way)))  # noqa: B023
            document.arrive(travelled.pop(), by)
    told(f"edit of step 3 of {steps}, with the journal", edit)
    told(f"edit of step 3 of {steps}: undo, on the worker", undo, EDIT_MS)
    told(f"edit of step 3 of {steps}: redo, on the worker", redo, EDIT_MS)
    told(f"edit of step 3 of {steps}: undo step by step", by_steps)
    grown, claimed = (resident() - before) / 1e6, (held.nbytes - claimed) / 1e6
    print(f"  {f'edit of step 3 of {steps}: claimed, grown':<46} {claimed:9.3f} MB, {grown:.3f} MB")
    told_size(f"edit of step 3 of {steps}: beyond what is claimed", grown - claimed, "MB", UNCLAIMED_MB)
    kept.journal.close()


def resident() -> int:
    """Return the bytes of memory that the program holds."""
    give_back()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure_copies(volume: Volume, size: int) -> None:
    """Time a history of full copies: a copy is kept before each move, undo puts it back."""
    mask, kept = head(size), np.zeros(volume.geometry.shape, bool, order="F")
    record, undo = [], []
    for _ in range(5):
        record.append(took(lambda: np.copyto(kept, mask)))
        undo.append(took(lambda: np.copyto(mask, kept)))
    told("full copies: record", record)
    told("full copies: undo or redo", undo)
    print(f"  {'full copies: in memory':<46} {mask.nbytes / 1e6:9.1f} MB a move")


def measure_napari(volume: Volume, size: int) -> None:
    """Time the history of napari's labels layer, which keeps index and old value of every voxel that changes."""
    try:
        import napari
        from napari.layers import Labels
    except ImportError:
        print("  napari is not installed here, so it was not measured.")
        return
    print(f"  napari {napari.__version__} (undo and redo draw the slice, too)")
    rng, document = np.random.default_rng(1), Document(volume)
    layer = Labels(np.zeros(volume.geometry.shape, np.uint8))
    strokes = []
    for _ in range(30):
        patch = patch_of(document, stroke(size, rng))
        strokes.append(tuple(i + s for i, s in zip(np.nonzero(patch.data), patch.box.start, strict=True)))
    time_napari(layer, strokes, "stroke")
    mask = head(size)
    layer.data[mask] = 1
    document = Document(volume)
    known = Patch(document.snapshot().scene(ROI).whole, mask)
    document.commit(prepare(document.snapshot(), 0, [Step(make("threshold", {"lower": 0}), ROI)], known=known), "head")
    patch = patch_of(document, make("dilation", {}))
    changed = np.array(patch.data)
    changed ^= document.mask(ROI)[patch.box.slices]
    indices = tuple(i + s for i, s in zip(np.nonzero(changed), patch.box.start, strict=True))
    time_napari(layer, [indices], "dilation of the head")
    print(f"  {'napari: moves kept':<46} {layer._history_limit:9} (older ones are dropped)")


def time_napari(layer: Any, moves: list[tuple[np.ndarray, ...]], what: str) -> None:
    """Time napari's record, undo and redo of moves given as indices."""
    record, undo, redo, sizes = [], [], [], []
    for indices in moves:
        record.append(took(lambda: layer.data_setitem(indices, 1, refresh=False)))  # noqa: B023
        sizes.append(sum(part.nbytes for atom in layer._undo_history[-1] for part in (*atom[0], atom[1])))
        undo.append(took(layer.undo))
        redo.append(took(layer.redo))
    for name, times in (("record", record), ("undo", undo), ("redo", redo)):
        told(f"napari: {what}: {name}", times)
    print(f"  {f'napari: {what}: in memory':<46} {np.mean(sizes):9.0f} bytes")


def main() -> int:
    """Measure, and return 1 if a limit was not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--strokes", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--folder", type=Path)
    wanted = parser.parse_args()
    for size in wanted.sizes:
        print(f"{size} × {size} × {size}, load {os.getloadavg()[0]:.1f}")
        volume = Volume(np.zeros((size, size, size), np.int16, order="F"), Geometry((size, size, size), np.eye(4)))
        with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
            measure_strokes(volume, size)
            measure_dilation(volume, size, Path(folder))
            measure_many(volume, size, Path(folder), wanted.strokes)
            measure_edit(size, Path(folder), wanted.steps)
        measure_copies(volume, size)
        measure_napari(volume, size)
    print("All limits were kept." if not _failed else f"Not kept: {', '.join(_failed)}.")
    return bool(_failed)


if __name__ == "__main__":
    sys.exit(main())
