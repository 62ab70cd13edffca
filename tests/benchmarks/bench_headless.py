"""`maskeditor run` beside a script by hand: whole processes, from start to end, and the most memory that each holds.

    python tests/benchmarks/bench_headless.py [--sizes 256 512] [--rounds 5] [--only series]

Both start in turn, each first in every other round, as the memory that a process leaves is had more quickly by the
next. They read the same file, and write a mask (.nii.gz); the masks are compared first. A script is what
somebody who knows nibabel, numpy, scipy and nilearn writes for the steps. maskeditor writes the recipe besides, with
the fingerprints of image and mask, and reads the mask back. Images are made in a temporary folder, one at a time: a
noisy head of each size, and a series, of 1 GB where a size is 512 or more, else of 128 MB. Memory is the peak of the
process as the system counts it, the pages of a file that nibabel maps included; in its rows, numbers are megabytes.
Processor time is that of all threads: what is left to compare on a machine that others use too.
"""

from __future__ import annotations

import gzip
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nibabel
import numpy as np

from tests.benchmarks.rows import Row, main

CHECKOUT = Path(__file__).resolve().parents[2]
BEGIN = """
import sys
import nibabel
import numpy as np
image = nibabel.load(sys.argv[1])
data = np.asanyarray(image.dataobj)
mask = {mask}
"""
END = """
header = image.header.copy()
header.set_data_dtype(np.uint8)
nibabel.save(nibabel.Nifti1Image(mask.astype(np.uint8), image.affine, header), sys.argv[2])
"""
ABOVE = BEGIN.format(mask="data >= 400")
OPENING = "from scipy import ndimage\nmask = ndimage.binary_opening(mask, iterations=2)\n"
LARGEST = """from scipy import ndimage
labels, _ = ndimage.label(mask)
sizes = np.bincount(labels.ravel())
sizes[0] = 0
mask = labels == sizes.argmax()
"""
EPI = """
import sys
import nibabel
from nilearn import masking
nibabel.save(masking.compute_epi_mask(nibabel.load(sys.argv[1])), sys.argv[2])
"""
#: What is done, by which steps, and the same by hand.
VOLUME = {
    "threshold": (["threshold lower=400"], ABOVE + END),
    "threshold, opening 2 ×": (["threshold lower=400", "opening iterations=2"], ABOVE + OPENING + END),
    "threshold, largest component": (["threshold lower=400", "keep_largest"], ABOVE + LARGEST + END),
}
SERIES = {
    "threshold of the mean": (["threshold lower=400"], BEGIN.format(mask="data.mean(axis=3) >= 400") + END),
    "EPI mask": (["epi_mask"], EPI),
}
#: Milliseconds that a start may take.
START = {"--version": 200.0, "run, tiny image": 500.0}


class Run(NamedTuple):
    """How long a process took, how long processors worked on it, and the most that it held."""

    ms: float
    processor: float
    mb: float


#: Starts a process and prints how it ended. Linux counts what the starting process holds as the peak of the one that it
#: starts, so that one that holds next to nothing must start it.
STARTER = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


def run(*words: object) -> Run:
    """Run Python with some words as a process of its own."""
    # Compiled modules are there for both, as in any installation.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = subprocess.run(
        [sys.executable, "-S", "-c", STARTER, sys.executable, *map(str, words)],
        cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    status, passed, processor, kilobytes = map(float, started.stdout.split())
    if status:
        raise SystemExit(f"A process ended with status {status:g}; what it printed is above.")
    return Run(1000 * passed, 1000 * processor, kilobytes / 1024)


def beside(
    what: str, image: str, path: Path, steps: list[str], script: str, rounds: int, seconds: float
) -> Iterator[Row]:
    """Yield rows for the time, that of processors, and the memory."""
    ours, theirs = path.with_name("ours.nii.gz"), path.with_name("theirs.nii.gz")
    by_hand = path.with_name("by_hand.py")
    by_hand.write_text(script)
    words = ["-m", "maskeditor", "run", path, "-o", ours, *(word for step in steps for word in ("--do", step))]
    both = words, [by_hand, path, theirs]
    run(*both[0]), run(*both[1])  # fills the disk's cache
    if not np.array_equal(*(np.asanyarray(nibabel.load(one).dataobj) for one in (ours, theirs))):
        raise SystemExit(f"{what}, {image}: the masks of maskeditor and of the script differ.")
    pairs: list[tuple[Run, Run]] = []
    end = time.perf_counter() + seconds
    while len(pairs) < rounds and (len(pairs) < 3 or time.perf_counter() < end):
        first = len(pairs) % 2
        runs = [run(*both[first]), run(*both[1 - first])]
        pairs.append((runs[first], runs[1 - first]))
    for measured, unit, wanted in (
        ("", "ms", 1),
        (", processor time", "processor", 0),
        (", peak memory in MB", "mb", 1),
    ):
        ours_median, their_median = (statistics.median(getattr(pair[side], unit) for pair in pairs) for side in (0, 1))
        peer = "script by hand"
        yield Row(f"run{measured}", f"run: {what}{measured}", image, ours_median, peer, their_median, wanted)


def head(size: int) -> np.ndarray:
    """Return a noisy head (size, size, size) of int16."""
    axis, rng = np.linspace(-1, 1, size, dtype=np.float32), np.random.default_rng(0)
    values = np.empty((size, size, size), np.int16, order="F")
    for k, z in enumerate(axis):
        inside = axis[:, None] ** 2 + axis[None] ** 2 * 1.3 + z * z < 0.6
        specks = rng.random((size, size)) < 1e-3
        values[:, :, k] = (inside ^ specks) * 800 + rng.integers(0, 60, (size, size))
    return values


def write_series(path: Path, volumes: int) -> None:
    """Write volumes of 96 × 96 × 64 voxels one after another; nothing of the series is held."""
    volume, rng = head(96)[:, :, 16:80], np.random.default_rng(1)
    header = nibabel.Nifti1Image(np.zeros((1, 1, 1, 1), np.int16), np.diag([2.5, 2.5, 2.5, 1])).header
    header.set_data_shape((*volume.shape, volumes))
    header["magic"], header["vox_offset"] = b"n+1", 352
    with gzip.open(path, "wb", 1) if path.suffix == ".gz" else path.open("wb") as file:
        file.write(header.binaryblock + bytes(4))
        for _ in range(volumes):
            file.write((volume + rng.integers(0, 60, volume.shape, np.int16)).tobytes(order="F"))


def starts(folder: Path, rounds: int, only: str) -> Iterator[Row]:
    """Yield rows for what takes hardly longer than its imports."""
    nibabel.save(nibabel.Nifti1Image(head(24), np.eye(4)), folder / "tiny.nii.gz")
    words = {
        "--version": ["--version"],
        "run, tiny image": ["run", folder / "tiny.nii.gz", "-o", folder / "m.nii.gz", "--do", "threshold lower=400"],
    }
    for what, limit in START.items():
        if only in f"maskeditor {what}, start, limit":
            ms = statistics.median([run("-m", "maskeditor", *words[what]).ms for _ in range(rounds + 1)][1:])
            yield Row(f"maskeditor {what}", f"maskeditor {what}", "start", ms, "limit", limit, 1)


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure."""
    volumes = (1 << 30 if max(sizes) >= 512 else 1 << 27) // (96 * 96 * 64 * 2)
    series = "1 GB" if max(sizes) >= 512 else "128 MB"
    images = [(f"{size}³", size, VOLUME) for size in sizes] + [(series, 0, SERIES)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from starts(folder, rounds, only)
        for label, size, cases in images:
            for ending in (".nii", ".nii.gz"):
                image = f"{label} {ending}{'' if size else ' series'}"
                chosen = {what: case for what, case in cases.items() if only in f"run: {what}, {image}, script by hand"}
                path = folder / f"image{ending}"
                if chosen and size:
                    nibabel.save(nibabel.Nifti1Image(head(size), np.eye(4)), path)
                elif chosen:
                    write_series(path, volumes)
                for what, (steps, script) in chosen.items():
                    yield from beside(what, image, path, steps, script, rounds, seconds)
                path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(__doc__, rows)
