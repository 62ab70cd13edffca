"""How long the window keeps its user waiting: gaps in the beat of its event loop while something is worked out.

A machine that lives beside others on one host stands still now and then, for a process that only sleeps as for the
window: what such a bystander waited during a gap is shown beside it, and not counted as the window's. A test counts
less still: of a gap, what the program itself was at work for, which is the same however busy the machine is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
from nibabel import Nifti1Image
from numpy.typing import NDArray
from PyQt6.QtCore import QEventLoop, Qt, QTimer

from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.recipe.replay import recipe_of
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.parallel import processors
from maskeditor.io.nifti.header import Header
from maskeditor.model.session import Session
from maskeditor.model.view.comparison import HOWS
from maskeditor.sample.images import sample_t1
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.panels.operation_list import listed_operations
from tests.ui.bystander import Bystander
from tests.ui.conftest import Desk

#: Milliseconds between two beats.
BEAT = 4
#: Milliseconds: what the longest gap, and 95 of 100 gaps, ought to stay below.
LONGEST, MOST = 50.0, 10.0
#: Gaps that 95 of 100 can be told of.
FEWEST = 40


@dataclass(frozen=True)
class Stalls:
    """Gaps between beats while something went on, in ms; each holds the `BEAT` that it takes at least."""

    name: str
    seconds: float
    gaps: NDArray[np.float64]
    #: For how many ms of each gap a bystander was held up as well.
    held: NDArray[np.float64]
    #: For how many ms of each gap the program was at work: the interface's thread, or all threads together on as many
    #: processors as it uses.
    worked: NDArray[np.float64]

    @property
    def longest(self) -> float:
        """The longest gap without what the bystander waited."""
        return float((self.gaps - self.held).max())

    @property
    def longest_at_work(self) -> float:
        """The longest gap, without what the machine did beside it."""
        return float(self.worked.max())

    @property
    def most(self) -> float:
        return float(np.percentile(self.gaps, 95))

    @property
    def is_late(self) -> bool:
        # Of fewer gaps, two that end with a drawing are more than 5 of 100.
        return self.longest > LONGEST or (self.most > MOST and len(self.gaps) >= FEWEST)

    def row(self) -> str:
        verdict = "  <<<" if self.is_late else ""
        at = self.gaps.argmax()
        held = f"{self.held[at]:8.1f}" if self.held[at] else f"{'':8}"
        return f"{self.name:<34}{self.seconds:8.2f}{self.gaps[at]:10.1f}{held}{self.most:8.1f}{verdict}"


#: `stalls_of` a desk, beside a bystander.
Watch = Callable[[str, Callable[[], object]], Stalls]
HEADING = f"{'':<34}{'seconds':>8}{'longest':>10}{'held':>8}{'p95':>8}   (ms; {LONGEST:g} and {MOST:g} are wanted)"


def stalls_of(desk: Desk, bystander: Bystander, name: str, act: Callable[[], object], seconds: float = 600.0) -> Stalls:
    """Do something and let the window live until all that follows from it is worked out and drawn."""
    # Seconds, and those that the interface's thread and all threads together had of a processor.
    beats: list[tuple[float, float, float]] = []
    loop, timer = QEventLoop(), QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(BEAT)
    started = _moment()
    quiet = 0

    def beat() -> None:
        nonlocal quiet
        beats.append(_moment())
        # Some of what follows begins a moment later: the histogram 80 ms after the mask has changed.
        quiet = 0 if desk.editor.working else quiet + 1
        if quiet * BEAT > 150 or beats[-1][0] - started[0] > seconds:
            loop.quit()

    timer.timeout.connect(beat)
    timer.start()
    # From within the loop, as a click would.
    QTimer.singleShot(3 * BEAT, act)
    loop.exec()
    timer.stop()
    assert not desk.editor.working, f"{name} has taken more than {seconds:g} s"
    # The quiet at the end is not counted, but for the drawing of the last result.
    beats = beats[: len(beats) - quiet + 5]
    times, of_thread, of_all = np.array([started, *beats]).T
    worked = np.maximum(np.diff(of_thread), np.diff(of_all) / processors())
    held = bystander.held(times)
    return Stalls(name, times[-1] - times[0], 1e3 * np.diff(times), 1e3 * held, 1e3 * worked)


def _moment() -> tuple[float, float, float]:
    """Return three clocks: the machine's, that of this thread, and that of the process."""
    return time.perf_counter(), time.thread_time(), time.process_time()


def big_session(size: int, *others: int) -> Session:
    """Return a session on a head of some size: the embedded sample, enlarged by nearest neighbour, with some noise.

    Its sizes along the other two axes may be given too; else it is a cube.
    """
    shape = (size, *(others or (size, size)))
    small = sample_t1().data
    index = [np.arange(wanted) * n // wanted for wanted, n in zip(shape, small.shape, strict=True)]
    noise = np.random.default_rng(3).integers(-8, 9, 1 << 16).astype(np.int16)
    data = np.empty(shape, np.int16, order="F")
    for k in range(shape[2]):
        plane = small[:, :, index[2][k]][np.ix_(index[0], index[1])]
        data[:, :, k] = plane + np.resize(np.roll(noise, 997 * k), plane.shape)
    geometry = Geometry(data.shape, np.diag([0.4, 0.4, 0.4, 1.0]))
    return Session(Volume(data, geometry, name="big head"), Header.from_geometry(geometry))


def every_operation(document: Document, active: str, other: str, ids: Collection[str]) -> Iterator[Operation]:
    """Yield operations of the panel as their forms would open, or with what only a person can choose."""
    middle = tuple(n // 2 for n in document.geometry.shape)
    air = (2, 2, middle[2])
    needed = {
        "boolean": {"other": other, "how": "union"},
        "consensus": {"others": (other,)},
        "staple": {"others": (other,)},
        "region_grow": {"seed": middle},
        "flood_fill": {"point": air},
    }
    scene = document.snapshot().scene(active)
    for cls in listed_operations():
        if ids and cls.id not in ids:
            continue
        try:
            yield make(cls.id, needed[cls.id]) if cls.id in needed else cls.suggest(scene)
        except (MaskEditorError, ValueError):
            yield cls()


def every_wait(desk: Desk, session: Session, folder: Path, ids: Collection[str] = ()) -> Iterator[Stalls]:
    """Yield how each piece of whole-volume work goes, on a session without a step; of operations, all or some."""
    with Bystander() as bystander:
        yield from _every_wait(partial(stalls_of, desk, bystander), desk, session, folder, ids)


def _every_wait(watch: Watch, desk: Desk, session: Session, folder: Path, ids: Collection[str]) -> Iterator[Stalls]:
    editor = desk.editor
    # A dialog would wait for somebody to read it.
    editor.failed.disconnect()
    editor.failed.connect(_fail)
    desk.wiring.files.saving.quiet = True
    yield watch("show an image", lambda: editor.set_session(session))
    bright = make("threshold", {"lower": 250})
    yield watch("threshold: preview", lambda: editor.previews.show(bright))
    yield watch("threshold: apply the preview", lambda: editor.apply(bright))
    other = _second_roi(desk)
    for operation in every_operation(desk.document, editor.active, other, ids):
        yield from _one_operation(watch, desk, operation)
    yield from overlays(watch, desk, folder)
    yield from _files(watch, desk, folder)


def _fail(sentence: str) -> None:
    raise AssertionError(sentence)


def _one_operation(watch: Watch, desk: Desk, operation: Operation) -> Iterator[Stalls]:
    editor, document, title = desk.editor, desk.document, operation.title
    before = document.timeline
    yield watch(f"{title}: preview", lambda: editor.previews.show(operation))
    editor.clear_preview()
    yield watch(f"{title}: apply", lambda: editor.apply(operation))
    if document.timeline is not before:
        yield watch(f"{title}: undo", editor.undo)
        yield watch(f"{title}: redo", editor.redo)
        editor.undo()
        desk.wait()


def _second_roi(desk: Desk) -> str:
    """Add an ROI for operations that look at another one, and go back to the first."""
    editor, first = desk.editor, desk.editor.active
    editor.add_roi("other")
    other = editor.active
    editor.apply(make("threshold", {"lower": 500}))
    desk.wait()
    editor.set_active(first)
    desk.wait()
    return other


def overlays(watch: Watch, desk: Desk, folder: Path) -> Iterator[Stalls]:
    """Yield how a map of floats as large as the image is added, looked at, compared and removed, and one is derived."""
    editor, geometry = desk.editor, desk.document.geometry
    path, values = folder / "map.nii", np.random.default_rng(4).normal(0, 3, geometry.shape[:2]).astype(np.float32)
    whole = np.empty(geometry.shape, np.float32, order="F")
    whole[...] = values[:, :, None]
    Nifti1Image(whole, geometry.affine).to_filename(path)
    del whole
    yield watch("add a map", lambda: desk.wiring.files.images.add(path))
    yield watch("its threshold", lambda: editor.displays.change("map", threshold=3.0))
    for how in HOWS:
        yield watch(f"compare: {how}", partial(editor.comparing.start, how))
    editor.viewer.change_comparison(plays=False)
    yield watch("compare no more", editor.comparing.stop)
    yield watch("make an image", lambda: editor.apply(make("gradient_magnitude", {"name": "edges"})))
    yield watch("look at it", lambda: editor.displays.show("edges", True))
    yield watch("undo it", editor.undo)
    yield watch("remove the map", lambda: editor.displays.remove("map"))


def _files(watch: Watch, desk: Desk, folder: Path) -> Iterator[Stalls]:
    editor, document, files = desk.editor, desk.document, desk.wiring.files
    recipe = recipe_of(document, editor.active, source={}, result={}, program="")
    path = folder / "mask.nii.gz"
    before = document.timeline
    assert editor.session is not None
    editor.session.files[editor.active] = path  # where it was saved before, so that no dialog asks
    yield watch("save", files.saving.save_mask)
    with patch("maskeditor.ui.files.opening_masks.ask", return_value=Answer.NO):  # its voxels alone
        yield watch("open the saved mask", lambda: files.open_mask_path(path))
    assert len(document.timeline) == len(before) + 1
    yield watch("delete its ROI", lambda: editor.delete_roi(editor.active))
    yield watch("bring it back", editor.undo)
    yield watch("run a recipe", lambda: editor.bringing_in.recipe(recipe))
    yield watch("go to the step before", lambda: editor.go_to(document.timeline[:-1]))
    yield watch("go to the start", lambda: editor.go_to(()))
