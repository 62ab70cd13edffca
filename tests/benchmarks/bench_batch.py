"""`maskeditor batch` beside a loop over nilearn, with more processes, and with many tasks that do nothing.

    python tests/benchmarks/bench_batch.py [--rounds 7] [--only nilearn]
    python tests/benchmarks/bench_batch.py --tasks 100000      very many tasks that do nothing, by a Dask scheduler

Images are series of 64 × 64 × 30 × 50 (int16, .nii.gz), a head with noise of its own each, made in a temporary folder,
four for each round. Each gets an EPI mask, an opening and its largest component, by maskeditor (one process, one image
after the other) and by nilearn and scipy in the same process, in turn, a few images at a time; the masks are compared.
Packed, they take 0.61 of their size; series of scanners take 0.39 to 0.73, half of them 0.57 or more. To unpack one
takes three fifths of the time that maskeditor needs for it, and four fifths of what three times the peer's speed would
leave. The same images unpacked (.nii) have rows of their own: most of what either side does is then gone.
Per image and core: the processor time of all threads. maskeditor also hashes the image, writes the recipe and reads
the mask back. In the row of memory, numbers are megabytes that the process holds, after a quarter of the images and at
the end. Then one process and two, on one processor each, do 1,000 images in turns, the same ones again and again; the
time is that from one image to the next once all processes are warm, until the last. At the end tasks that do nothing
go through the same road, by two processes and by a Dask scheduler with two workers, their start included.
"""

from __future__ import annotations

import os
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nibabel
import numpy as np
import psutil
from nilearn import masking
from scipy import ndimage

import maskeditor
from maskeditor.engine.parallel import share_processors
from maskeditor.engine.progress import Progress
from maskeditor.model.cohort.batch import Asked, plan
from maskeditor.model.cohort.ledger import Ledger
from maskeditor.model.cohort.making import make_mask
from maskeditor.model.cohort.processes import in_processes, on_cluster
from maskeditor.model.cohort.tasks import Outcome, Task
from tests.benchmarks.rows import Row, main

STEPS = ["epi_mask", "opening", "keep_largest"]
SHAPE = (64, 64, 30, 50)
IMAGE = "series of 64 × 64 × 30 × 50"
#: The endings of images, packed and not.
PACKED, PLAIN = ".nii.gz", ".nii"
#: Images done by one before the other has its turn.
TURN = 4
#: Images in each pass by one process or by two; there are four passes, and images come again.
PASS = 250
#: Tasks that do nothing.
MANY = 2_000
#: What is measured.
PROCESSOR = "EPI mask, opening and largest component, processor time"
CLOCK = "EPI mask, opening and largest component"
MEMORY = "memory in MB after all images"
TWO = "an image by two processes"
NOTHING = "a task that does nothing"


def make_images(folder: Path, count: int) -> None:
    """Write series of a ball with noise."""
    grid = np.indices(SHAPE[:3]) - (np.array(SHAPE[:3]) / 2).reshape(3, 1, 1, 1)
    head = 900 * np.exp(-(((grid / np.array([22, 26, 13]).reshape(3, 1, 1, 1)) ** 2).sum(0) ** 4))
    for number in range(count):
        random = np.random.default_rng(number)
        data = head[..., None] * (1 + 0.1 * random.random()) + random.normal(40, 12, SHAPE)
        path = folder / f"sub-{number:05}/func/sub-{number:05}_bold.nii.gz"
        path.parent.mkdir(parents=True)
        made = nibabel.Nifti1Image(data.clip(0).astype(np.int16), np.diag([3.0, 3, 4, 1]))
        nibabel.save(made, path)
        nibabel.save(made, path.with_suffix(""))


def by_nilearn(image: Path, out: Path) -> None:
    """Make the same mask as somebody does who knows nilearn and scipy."""
    made = masking.compute_epi_mask(nibabel.load(image))
    mask = ndimage.binary_opening(np.asarray(made.dataobj) > 0)
    labels, _ = ndimage.label(mask)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    nibabel.save(nibabel.Nifti1Image((labels == sizes.argmax()).astype(np.uint8), made.affine, made.header), out)


def nothing(task: Task, progress: Progress | None) -> Outcome:
    """Do what a task costs beside its work."""
    return Outcome(task.key, task.image, task.target, 40_000, 1500.0, 30.0, 12, SHAPE[:3], (3.0, 3.0, 4.0), "0" * 64)


def tasks_in(folder: Path, ending: str = PACKED) -> tuple[Asked, list[Task]]:
    asked = Asked(maskeditor.recipe(STEPS), (str(folder / f"ds/sub-*/func/*_bold{ending}"),), folder / f"out{ending}")
    ledger = Ledger(asked.out)
    with ledger.alone():
        ledger.keep_recipe(asked.recipe)
    return asked, list(plan(asked).tasks)


def against_nilearn(folder: Path, tasks: list[Task], ending: str) -> Iterator[Row]:
    """Yield rows for processor time and the clock, and of packed images for what is held."""
    share_processors(os.cpu_count() or 1)  # one processor
    held, processor, clock = [], [0.0, 0.0], [0.0, 0.0]
    out = folder / "theirs.nii.gz"

    def ours(task: Task) -> None:
        assert not make_mask(replace(task, replaces="")).problem

    def theirs(task: Task) -> None:
        by_nilearn(Path(task.image), out)

    ours(tasks[0]), theirs(tasks[0])
    tasks[0].output.unlink()
    for start in range(0, len(tasks), TURN):
        for side, make in enumerate((ours, theirs)):
            began, at = time.process_time(), time.perf_counter()
            for task in tasks[start : start + TURN]:
                make(task)
            processor[side] += time.process_time() - began
            clock[side] += time.perf_counter() - at
            if make is ours:
                held.append(psutil.Process().memory_info().rss / 1e6)
        made, other = (nibabel.load(path).dataobj[...] > 0 for path in (task.output, out))
        if not np.array_equal(made, other):
            raise SystemExit(f"{task.key}: the masks of maskeditor and of nilearn differ.")
    image = IMAGE if ending == PACKED else f"{IMAGE}, {ending}"
    for what, spent, wanted in ((PROCESSOR, processor, 3 if ending == PACKED else 0), (CLOCK, clock, 0)):
        mine, other = (1000 * seconds / len(tasks) for seconds in spent)
        yield Row(what, what, image, mine, "loop over nilearn", other, wanted)
    if ending == PACKED:
        quarter = held[(len(held) - 1) // 4]
        yield Row(MEMORY, MEMORY, image, held[-1], "after a quarter", quarter, 0.95)


def more_processes(tasks: list[Task]) -> Iterator[Row]:
    """Yield rows for what a second process brings; each has one processor, and all are warm when the clock starts."""
    clock: dict[int, list[float]] = {1: [], 2: []}
    processor: dict[int, list[float]] = {1: [], 2: []}
    images = [
        replace(task, target=f"{number:04}_{Path(task.target).name}", replaces="")
        for number, task in zip(range(PASS), cycle(tasks), strict=False)
    ]
    for jobs in (1, 2, 1, 2):
        left = in_processes(images, jobs, make_mask_on_one)
        for _ in range(2 * jobs):
            next(left)
        # Until the last image is there: processes that end are not waited for a thousand times.
        times, spent = [time.perf_counter()], []
        for outcome in left:
            times.append(time.perf_counter())
            spent.append(float(outcome.warnings[-1]))
        clock[jobs].append(1000 * (times[-1] - times[0]) / len(spent))
        processor[jobs].append(statistics.median(spent))
        for task in images:
            task.output.unlink()
    # What counts where others use the processors too is their time.
    for what, ms, wanted in ((TWO, clock, 1.8), (f"{TWO}, processor time", processor, 0)):
        yield Row(what, what, IMAGE, min(ms[2]), "one process", min(ms[1]), wanted)


def make_mask_on_one(task: Task, progress: Progress | None) -> Outcome:
    """Make a mask on one processor, as the process of a batch on a full machine does; its milliseconds come last."""
    if hasattr(os, "sched_setaffinity"):
        mine = sorted(os.sched_getaffinity(0))
        if len(mine) > 1:
            os.sched_setaffinity(0, {mine[os.getpid() % len(mine)]})
    began = time.process_time()
    outcome = make_mask(task, progress)
    assert not outcome.problem
    return replace(outcome, warnings=(str(1000 * (time.process_time() - began)),))


def many(some: Task, count: int) -> list[Task]:
    """Return tasks of so many images."""
    return [
        replace(some, key=f"sub-{number:06}/func/sub-{number:06}_bold", target=f"sub-{number:06}.nii.gz")
        for number in range(count)
    ]


def through(outcomes: Iterator[Outcome], ledger: Ledger) -> float:
    """Note down what comes of tasks, and return the milliseconds of each."""
    began, count = time.perf_counter(), 0
    with ledger.alone():
        for outcome in outcomes:
            ledger.note(outcome)
            count += 1
    return 1000 * (time.perf_counter() - began) / count


def by_dask(tasks: list[Task], ledger: Ledger) -> float:
    """Return the milliseconds of each of many tasks that do nothing, by a Dask scheduler and two workers."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as made:
        return through(on_cluster(tasks, made.scheduler_address, nothing), ledger)


def many_tasks(folder: Path, some: Task) -> Iterator[Row]:
    """Yield rows for what tasks cost that do nothing."""
    tasks, ledger = many(some, MANY), Ledger(folder / "many")
    spent = {"two processes": through(in_processes(tasks, 2, nothing), ledger), "Dask": by_dask(tasks, ledger)}
    for name, ms in spent.items():
        what = f"{NOTHING}, {name}"
        yield Row(what, what, f"{MANY} tasks", ms, "limit", 10, 1)


def very_many(count: int) -> None:
    """Print what so many tasks take on paper and by a Dask scheduler that have nothing to do."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_images(folder / "ds", 1)
        some = tasks_in(folder)[1][0]
        size, back = len(pickle.dumps(some)), len(pickle.dumps(nothing(some, None)))
        print(f"A task is {size} bytes, what comes of it {back}: {count} tasks are {count * size / 1e6:.0f} MB.")
        tasks, ledger = many(some, count), Ledger(folder / "many")
        before = psutil.Process().memory_info().rss
        ms = by_dask(tasks, ledger)
        held = (psutil.Process().memory_info().rss - before) / 1e6
        print(f"By a Dask scheduler and two workers: {count * ms / 1000:.0f} s, {ms:.2f} ms each, {held:.0f} MB more.")
        began = time.perf_counter()
        print(f"{len(ledger.outcomes())} were noted down, and read in {time.perf_counter() - began:.1f} s.")


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure; the images are of one size, and each takes the time that it takes."""
    # What is measured together is printed together.
    chosen = [only in text for text in (f"{PROCESSOR}{CLOCK}{MEMORY}loop over nilearn", TWO, NOTHING)]
    if not any(chosen):
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_images(folder / "ds", 4 * rounds)
        _, tasks = tasks_in(folder)
        if chosen[0]:
            yield from against_nilearn(folder, tasks, PACKED)
            yield from against_nilearn(folder, tasks_in(folder, PLAIN)[1], PLAIN)
        if chosen[1]:
            yield from more_processes(tasks)
        if chosen[2]:
            yield from many_tasks(folder, tasks[0])


if __name__ == "__main__":
    if "--tasks" in sys.argv:
        very_many(int(sys.argv[-1]))
    else:
        main(__doc__, rows)
