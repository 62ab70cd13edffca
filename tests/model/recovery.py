"""Random moves on a session, the same for the same seed, and a process that makes them until it is killed.

When a program is killed is counted in finished moves, and then in calls of functions from there on: what a seed kills
lies at the same place of the program on every machine, however busy it is.

`python -m tests.model.recovery 1000` kills a thousand programs. Without a number, it takes lines "SEED MOVES CALLS
FOLDER IMAGE PIPE" and for each starts a copy of itself, which makes moves with that seed, writes the number of each
finished one to the pipe and, so many calls after so many moves, asks there to be killed; until then it goes on.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

import maskeditor.ops
from maskeditor.core.errors import FileError
from maskeditor.core.history import edits
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import Prepared, apply, put_in
from maskeditor.core.history.timelines import Step, Timeline
from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.operation.scene import Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask import Roi
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import bounding_box
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io.nifti.header import Header
from maskeditor.io.save import save_volume
from maskeditor.model import recording
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session

assert maskeditor.ops
SHAPE = (23, 19, 17)
#: How many volumes the image has: a series, each of whose strokes notes the volume it was drawn on.
FRAMES = 3
GRID = Geometry(SHAPE, [[-2, 0, 0, 8], [0, 0, 3, -4], [0, 1.5, 0, 2], [0, 0, 0, 1]])
Masks = dict[str, np.ndarray]
#: The most finished moves after which a program is killed, and the most calls after those; a move takes 20 to 2,500.
MOVES, CALLS = 40, 1500
#: What a program writes when it is to be killed.
NOW = b"now\n"


def volume() -> Volume:
    """The image: a series of noise."""
    values = np.random.default_rng(7).integers(0, 10, (*SHAPE, FRAMES)).astype(np.int16)
    return Volume(np.asfortranarray(values), GRID, name="noise")


def session(path: Path | None = None) -> Session:
    return Session(volume(), Header.from_geometry(GRID), path)


def random_move(document: Document, chance: random.Random) -> None:
    """Do, undo, redo or rewrite something; what is refused changes nothing."""
    timeline, rois = document.timeline, document.rois
    kind = chance.choice(["do"] * 6 + ["undo", "undo", "redo", "rewrite", "rewrite", "roi"])
    try:
        if kind == "undo":
            document.undo()
        elif kind == "redo":
            document.redo()
        elif kind == "roi":
            _change_rois(document, chance)
        elif kind == "rewrite" and timeline:
            place = chance.randrange(max(0, len(timeline) - 6), len(timeline))
            rewrite = chance.choice(
                [
                    lambda: edits.remove(timeline, place),
                    lambda: edits.duplicate(timeline, place),
                    lambda: edits.move(timeline, place, len(timeline) - 1),
                    lambda: edits.enable(timeline, place, not timeline[place].enabled),
                    lambda: edits.describe(timeline, place, f"name {chance.randrange(99)}", "a note"),
                    lambda: edits.edit(timeline, place, _operation(document, chance, timeline[place]), EVERYWHERE),
                ]
            )()
            document.edit(rewrite.keep, rewrite.tail, rewrite.title)
        else:
            scope = Scope(lower=chance.randrange(5)) if chance.random() < 0.2 else EVERYWHERE
            _do(document, _operation(document, chance), chance.choice(rois).id, scope, chance.randrange(FRAMES))
    except MaskEditorError:
        pass


def _do(document: Document, operation: Operation, roi: str, scope: Scope, shown: int) -> None:
    """Make a step of an operation; a stroke notes the volume that is shown, as the window does."""
    document.check_unlocked(roi)
    step = Step(operation, roi, scope, frame=shown if operation.is_bound() else None)
    prepared = put_in(document.snapshot(), [step])
    if prepared.is_step:
        document.commit(prepared, operation.called)


def _change_rois(document: Document, chance: random.Random) -> None:
    roi = chance.choice(document.rois)
    if len(document.rois) < 3:
        document.add_roi("ROI")
    elif chance.random() < 0.3:
        document.delete_roi(roi.id)
    else:
        document.change_roi(roi.id, name=f"name {chance.randrange(99)}", visible=chance.random() < 0.5)


def _operation(document: Document, chance: random.Random, instead_of: Step | None = None) -> Any:
    kind = chance.choice(
        ["threshold", "threshold", "paint", "paint", "paint", "paint", "boolean", "dilation", "invert"]
    )
    # What makes an image stays so when its step is edited.
    if (chance.random() < 0.15) if instead_of is None else instead_of.operation.makes_image:
        kind = chance.choice(["smooth", "mean"])
        name = instead_of.operation.name if instead_of is not None else f"image {chance.randrange(6)}"
        return make(kind, {"name": name, "image": _some_image(document, chance)})
    if kind == "threshold":
        lower, combine = chance.randrange(10), chance.choice(["replace", "add", "subtract"])
        return make(kind, {"lower": lower, "combine": combine, "image": _some_image(document, chance)})
    if kind == "paint":
        points = [GRID.to_world([chance.randrange(n) for n in SHAPE]).tolist() for _ in range(chance.randint(1, 9))]
        return make(kind, {"points": points, "radius": chance.randint(1, 5), "mode": chance.choice(["add", "erase"])})
    if kind == "boolean":
        return make(kind, {"other": chance.choice(document.rois).id, "how": "symmetric difference"})
    return make(kind, {})


def _some_image(document: Document, chance: random.Random) -> str:
    return chance.choice(["", *document.image_names()])


def state(document: Document) -> tuple[Any, ...]:
    """Return all that must come back: ROIs, masks, steps, and what undo and redo would do."""
    history = document.history
    return (
        document.every_roi,
        tuple(document.mask(roi.id)[...].tobytes(order="F") for roi, _ in document.every_roi),
        tuple(_describe(step) for step in document.timeline),
        tuple(
            (visit.keep, visit.title, tuple(map(_describe, visit.left)), tuple(map(_describe, visit.entered)))
            for visit in history.visits
        ),
        history.at,
    )


def _describe(step: Any) -> tuple[Any, ...]:
    delta = step.outcome.delta
    return (
        (step.operation, step.roi, step.scope, step.enabled, step.name, step.note, step.frame),
        (step.outcome.voxels, step.outcome.extent),
        (delta.box, delta.added, delta.removed, delta.bits()) if delta else None,
    )


def from_nothing(timeline: Timeline, rois: list[str]) -> Masks:
    """The masks of the steps, each carried out in full on masks of its own."""
    image = volume()
    masks = {roi: np.zeros(SHAPE, bool, order="F") for roi in rois}
    images: dict[str, Volume] = {}
    for step in timeline:
        if step.makes is not None:
            source = images[step.makes.image] if step.makes.image else image
            images[step.makes.name] = Volume(step.makes.worked_out(source, Progress()), GRID)
        elif step.enabled and step.roi:
            mask = masks[step.roi].copy(order="F")
            others = {roi: masks[roi].copy(order="F") for roi in rois if roi != step.roi}
            scene = Scene(image, mask, bounding_box(mask), others, images)
            patch = apply(step.operation, step.scope, scene, Progress())
            if patch is not None:
                masks[step.roi][patch.box.slices] = patch.data
    return masks


def are_a_replay(document: Document) -> bool:
    """Whether the masks are those of carrying out all steps anew."""
    rois = [roi.id for roi, _ in document.every_roi]
    expected = from_nothing(document.timeline, rois)
    return all(np.array_equal(document.mask(roi)[...], expected[roi]) for roi in rois)


def write_image(folder: Path) -> Path:
    """Write the image as a file."""
    path = folder / "noise.nii"
    save_volume(volume(), path, Header.from_geometry(GRID))
    return path


def moved_session(folder: Path, count: int = 40) -> Path:
    """Save a session of some moves beside its image, and return its file."""
    here = session(write_image(folder))
    chance = random.Random(2)
    while len(here.document.timeline) < 5 or here.document.history.at < count:
        random_move(here.document, chance)
    path = folder / "work.maskeditor"
    here.save_session(path)
    here.close()
    return path


class Killer:
    """Lets another process make moves, and kills it.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.image = write_image(folder)
        command = [sys.executable, __file__]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True, bufsize=1
        )

    def kill_after(self, moves: int, calls: int, seed: int) -> tuple[Path, int]:
        """Let moves be made, and kill when asked to; return the folder of the journal and how many were finished."""
        journals, pipe = self.folder / f"journals{seed}", self.folder / f"pipe{seed}"
        os.mkfifo(pipe)
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(f"{seed} {moves} {calls} {journals} {self.image} {pipe}\n")
        process = int(self._server.stdout.readline())
        finished, asked = 0, False
        with pipe.open("rb") as reports:  # it ends when the process has; the last line may be cut off
            for line in reports:
                if line == NOW and not asked:
                    os.kill(process, signal.SIGKILL)
                    asked = True
                elif line.endswith(b"\n") and line != NOW:
                    finished += 1
        pipe.unlink()
        assert asked, f"the program of seed {seed} ended by itself after {finished} moves"
        return journals, finished

    def close(self) -> None:
        self._server.communicate("")


def check(journals: Path, finished: int, seed: int) -> str:
    """Restore what a killed process left, and return what is wrong with it; empty when nothing is."""
    expected = session()
    chance = random.Random(seed)
    for _ in range(finished):
        random_move(expected.document, chance)
    states = [state(expected.document)]
    random_move(expected.document, chance)
    states.append(state(expected.document))  # the unfinished move may be there or not
    paths = list(journals.glob("*.maskeditor"))
    try:
        restored = restore_session(paths[0], folder=journals)
    except (FileError, IndexError) as error:
        # Killed while the journal was being made, before the first move.
        return f"nothing was kept of {finished} moves ({error})" if finished else ""
    try:
        if restored.note:
            return restored.note
        if state(restored.document) not in states:
            return f"after {finished} moves, the state is another"
        if not are_a_replay(restored.document):
            return f"after {finished} moves, the masks are not those of a replay"
    finally:
        restored.close(discard=True)
    return ""


def make_moves(seed: int, moves: int, calls: int, folder: Path, image: Path) -> None:
    """Make moves for ever, and report each one that is finished; ask to be killed so many calls after so many moves."""
    if not moves:
        ask_after(calls)
    here = session(image)
    here.keep_journal(folder)
    here.identify()
    if seed % 2:
        _write_ahead(here)
    chance = random.Random(seed)
    for number in itertools.count(1):
        random_move(here.document, chance)
        os.write(1, b"%d\n" % number)
        if number == moves:
            ask_after(calls)


def ask_after(calls: int, pipe: int = 1) -> None:
    """Ask to be killed so many calls from here, C functions included; what goes on meanwhile is the next of them."""
    left = itertools.count(calls, -1)

    def count(_frame: Any, event: str, _argument: Any) -> None:
        if event in ("call", "c_call") and next(left) <= 0:
            sys.setprofile(None)
            os.write(pipe, NOW)

    sys.setprofile(count)


def _write_ahead(here: Session) -> None:
    """Have all that a move changes on the disk before the move is made, as the window does with large changes."""
    recording.LARGE = 0
    commit = here.document.commit

    def ahead(prepared: Prepared, title: str, rois: Iterable[Roi] = ()) -> None:
        commit(here.expect(prepared), title, rois)

    here.document.commit = ahead  # type: ignore[method-assign]


def serve() -> None:
    """Start a process for each line, and print its number; it ends when it is killed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that are killed
    for line in sys.stdin:
        seed, moves, calls, folder, image, pipe = line.split()
        child = os.fork()
        if not child:
            os.dup2(os.open(pipe, os.O_WRONLY), 1)
            make_moves(int(seed), int(moves), int(calls), Path(folder), Path(image))
        print(child, flush=True)


def killed(folder: Path, count: int) -> Iterator[tuple[int, int, str]]:
    """Kill programs at random places, and restore what they left.

    Parameters
    ----------
    folder : Path
    count : int

    Yields
    ------
    seed : int
    moves : int
        How many it had finished.
    problem : str
        What is wrong with what it left; empty when nothing is.
    """
    killer = Killer(folder)

    def next_one(seed: int) -> tuple[Path, int]:
        chance = random.Random(f"killed {seed}")
        # Many die young, where most goes on.
        return killer.kill_after(int(MOVES * chance.random() ** 1.5), chance.randrange(CALLS), seed)

    # While one is looked at, the next one lives.
    with ThreadPoolExecutor(1) as beside:
        try:
            living = beside.submit(next_one, 0)
            for seed in range(count):
                journals, moves = living.result()
                living = beside.submit(next_one, seed + 1)
                yield seed, moves, check(journals, moves, seed)
        finally:
            beside.shutdown()
            killer.close()


def main(count: int) -> None:
    """Print what is wrong with what killed programs left."""
    moves, wrong = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for seed, finished, problem in killed(Path(folder), count):
            moves += finished
            if problem:
                wrong += 1
                print(f"seed {seed}: {problem}", flush=True)
    print(f"{count} programs killed after {moves} moves in all; {wrong} wrong")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(int(sys.argv[1]))
    else:
        serve()
