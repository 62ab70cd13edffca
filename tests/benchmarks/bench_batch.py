"""`maskeditor batch` beside a loop over nilearn, with more processes, and with very many tasks that do nothing.

    python tests/benchmarks/bench_batch.py [--images 40] [--tasks 20000] [--cluster]

Images are series of 64 × 64 × 30 × 50 (int16, .nii.gz), a head with noise of its own each, made in a temporary folder.
Each gets an EPI mask, an opening and its largest component, by maskeditor (one process, one image after the other) and
by nilearn and scipy in the same process, in turn, a few images at a time; the masks are compared. Per image and core:
the processor time of all threads. maskeditor also hashes the image, writes the recipe and reads the mask back.
Memory is what the process holds after a quarter of the images and at the end. Then one process and two do all of them,
on one processor each. At the end tasks that do nothing go through the same road, by processes, and with --cluster by
a Dask scheduler and two workers.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

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

STEPS = ["epi_mask", "opening", "keep_largest"]
SHAPE = (64, 64, 30, 50)
#: Images done by one before the other has its turn.
TURN = 5


def make_images(folder: Path, count: int) -> None:
    """Write series of a ball with noise."""
    grid = np.indices(SHAPE[:3]) - (np.array(SHAPE[:3]) / 2).reshape(3, 1, 1, 1)
    head = 900 * np.exp(-(((grid / np.array([22, 26, 13]).reshape(3, 1, 1, 1)) ** 2).sum(0) ** 4))
    for number in range(count):
        random = np.random.default_rng(number)
        data = head[..., None] * (1 + 0.1 * random.random()) + random.normal(40, 12, SHAPE)
        path = folder / f"sub-{number:05}/func/sub-{number:05}_bold.nii.gz"
        path.parent.mkdir(parents=True)
        nibabel.save(nibabel.Nifti1Image(data.clip(0).astype(np.int16), np.diag([3.0, 3, 4, 1])), path)


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


def tasks_in(folder: Path) -> tuple[Asked, list[Task]]:
    asked = Asked(maskeditor.recipe(STEPS), (str(folder / "ds/sub-*/func/*_bold.nii.gz"),), folder / "out")
    ledger = Ledger(asked.out)
    with ledger.alone():
        ledger.keep_recipe(asked.recipe)
    return asked, list(plan(asked).tasks)


def against_nilearn(folder: Path, tasks: list[Task]) -> None:
    share_processors(os.cpu_count() or 1)  # one processor
    resident = psutil.Process().memory_info
    make_mask(tasks[0])
    by_nilearn(Path(tasks[0].image), folder / "theirs.nii.gz")
    ours, theirs, wall = 0.0, 0.0, [0.0, 0.0]
    held = []
    for start in range(0, len(tasks), TURN):
        some = tasks[start : start + TURN]
        began, clock = time.process_time(), time.perf_counter()
        for task in some:
            assert not make_mask(task).problem
        ours += time.process_time() - began
        wall[0] += time.perf_counter() - clock
        held.append(resident().rss)
        began, clock = time.process_time(), time.perf_counter()
        for task in some:
            by_nilearn(Path(task.image), folder / "theirs.nii.gz")
        theirs += time.process_time() - began
        wall[1] += time.perf_counter() - clock
        mine, other = (nibabel.load(path).dataobj[...] > 0 for path in (some[-1].output, folder / "theirs.nii.gz"))
        assert np.array_equal(mine, other)
    count = len(tasks)
    print(
        f"{count} images, per second and core: {count / ours:.1f}, nilearn {count / theirs:.1f}: {theirs / ours:.1f} ×"
    )
    print(f"  by the clock: {count / wall[0]:.1f} a second, nilearn {count / wall[1]:.1f}: {wall[1] / wall[0]:.1f} ×")
    quarter = held[len(held) // 4]
    print(f"  memory after a quarter {quarter / 1e6:.0f} MB, at the end {held[-1] / 1e6:.0f} MB")


def more_processes(tasks: list[Task]) -> None:
    """Print what a second process brings; each has one processor, and all are warm when the clock starts."""
    speeds, shares = [], []
    for jobs in (1, 2, 1, 2):
        worked = sum(os.times()[2:4])
        # A process of its own processor, so that one does not work with two.
        left = in_processes((replace(task, replaces="") for task in tasks), jobs, make_mask_on_one)
        for _ in range(2 * jobs):
            next(left)
        began = time.perf_counter()
        count = sum(not outcome.problem for outcome in left)
        speeds.append(count / (time.perf_counter() - began))
        shares.append((sum(os.times()[2:4]) - worked) / len(tasks))
    one, two = max(speeds[0::2]), max(speeds[1::2])
    print(f"one process {one:.1f} images a second, two {two:.1f}: {two / one:.2f} × (on a quiet machine)")
    # What counts where others use the processors too; starting is part of it.
    print(f"  processor time an image: one {1e3 * min(shares[0::2]):.0f} ms, two {1e3 * min(shares[1::2]):.0f} ms")


def make_mask_on_one(task: Task, progress: Progress | None) -> Outcome:
    """Make a mask on one processor, as the process of a batch on a full machine does."""
    if hasattr(os, "sched_setaffinity"):
        mine = sorted(os.sched_getaffinity(0))
        if len(mine) > 1:
            os.sched_setaffinity(0, {mine[os.getpid() % len(mine)]})
    return make_mask(task, progress)


def many_tasks(folder: Path, count: int, some: Task, cluster: bool) -> None:
    """Print what tasks cost that do nothing, planned ones and sent ones."""
    ledger = Ledger(folder / "many")
    tasks = [
        replace(some, key=f"sub-{number:06}/func/sub-{number:06}_bold", target=f"sub-{number:06}.nii.gz")
        for number in range(count)
    ]
    size, back = len(pickle.dumps(some)), len(pickle.dumps(nothing(some, None)))
    print(f"a task is {size} bytes, what comes of it {back} bytes; {count} tasks are {count * size / 1e6:.0f} MB")
    lanes: dict[str, Iterator[Outcome]] = {"two processes": in_processes(tasks, 2, nothing)}
    if cluster:
        from distributed import LocalCluster

        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as made:
            run_many("a Dask scheduler and two workers", on_cluster(tasks, made.scheduler_address, nothing), ledger)
    for name, lane in lanes.items():
        run_many(name, lane, ledger)
    began = time.perf_counter()
    found = ledger.outcomes()
    print(f"  noted down: {len(found)} read again in {time.perf_counter() - began:.1f} s")


def run_many(name: str, outcomes: Iterator[Outcome], ledger: Ledger) -> None:
    before = psutil.Process().memory_info().rss
    began, count = time.perf_counter(), 0
    with ledger.alone():
        for outcome in outcomes:
            ledger.note(outcome)
            count += 1
    seconds = time.perf_counter() - began
    held = (psutil.Process().memory_info().rss - before) / 1e6
    print(f"{name}: {count} tasks in {seconds:.0f} s, {1e3 * seconds / count:.2f} ms each; {held:.0f} MB more held")


def main() -> None:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--cluster", action="store_true")
    given: Any = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_images(folder / "ds", given.images)
        _, tasks = tasks_in(folder)
        against_nilearn(folder, tasks)
        more_processes(tasks)
        many_tasks(folder, given.tasks, tasks[0], given.cluster)


if __name__ == "__main__":
    main()
