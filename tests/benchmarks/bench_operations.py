"""Operations beside the libraries they equal, and how long each takes to preview.

    python tests/benchmarks/bench_operations.py [--rounds 5] [--seconds 10] [--only TEXT] [--size 256] [--large 512]

The first table runs ours and the peer in turn, round after round, in one process and on one thread, and gives
medians; results are compared first. Memory is warm. The second gives the time of every operation of the register, as a
form opens it, on the whole volume of a head: what a preview waits for.
"""

from __future__ import annotations

import argparse
import itertools
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from nibabel import Nifti1Image
from nilearn import masking

import maskeditor.ops  # noqa: F401  (fills the register)
from maskeditor.core.box import bounding_box
from maskeditor.core.errors import OperationError
from maskeditor.core.geometry import Geometry
from maskeditor.core.operation import Operation, find, make, operations
from maskeditor.core.progress import Progress
from maskeditor.core.scene import BoolArray, Scene
from maskeditor.core.volume import Volume


@dataclass(frozen=True)
class Case:
    """One row of the first table.

    Attributes
    ----------
    name, peer_name : str
    ours, peer : callable of a round's number to array
        What is timed.
    wanted : float
        Ratio of the peer's time to ours that is asked for.
    same : bool
        Whether both results must be equal.
    """

    name: str
    ours: Callable[[int], Any]
    peer_name: str
    peer: Callable[[int], Any]
    wanted: float
    same: bool = True


def head(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Return a noisy, unevenly lit head (int16) in Fortran order, skull and dark ventricles included."""
    rng = np.random.default_rng(seed)
    image = np.empty(shape, np.int16, order="F")
    x, y = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape[:2])
    for k, z in enumerate(np.linspace(-1, 1, shape[2], dtype=np.float32)):
        distance = np.sqrt((x[:, None] / 0.8) ** 2 + (y / 0.9) ** 2 + (z / 0.9) ** 2)
        plane = np.select(
            [distance < 0.15, distance < 0.5, distance < 0.8, distance < 0.88, distance < 1],
            [250, 900, 650, 90, 1100],
            0,
        )
        lit = plane * (1 + 0.25 * y - 0.15 * z) + 60 * np.sin(20 * distance) * (distance < 0.8)
        noise = rng.normal(0, 18, (2, *lit.shape))
        image[:, :, k] = np.hypot(lit + noise[0], noise[1])
    return image


def series(frames: int) -> np.ndarray:
    """Return a functional series (int16) in Fortran order."""
    still = head((96, 96, 60)).astype(np.float32)
    rng = np.random.default_rng(1)
    data = np.empty((*still.shape, frames), np.int16, order="F")
    for frame in range(frames):
        data[..., frame] = np.abs(still + rng.normal(0, 15, still.shape))
    return data


def scene_of(data: np.ndarray, mask: BoolArray | None = None, **fields: Any) -> Scene:
    """Return a scene on a grid of 1 mm."""
    volume = Volume(data, Geometry(data.shape[:3], np.eye(4)))
    mask = np.zeros(data.shape[:3], bool, order="F") if mask is None else mask
    return Scene(volume, mask, bounding_box(mask), **fields)


def whole(operation: Operation, scene: Scene) -> BoolArray:
    """Return the result of an operation that makes a new mask of the whole volume."""
    patch = operation.apply(scene, Progress())
    assert patch is not None
    assert patch.data.shape == scene.mask.shape
    return patch.data


def nilearns(function: Callable[..., Nifti1Image], *inputs: Any, **parameters: Any) -> BoolArray:
    """Return a mask by nilearn, from memory."""
    return np.asarray(function(*inputs, **parameters).dataobj).view(bool)


CUTOFFS = (0.2, 0.25, 0.3, 0.15, 0.22, 0.27, 0.18, 0.24)


def epi_cases(name: str, data: np.ndarray, first: float, moved: float) -> Iterator[Case]:
    """The EPI mask, for the first time and with a cutoff moved."""
    image = Nifti1Image(data, np.eye(4))
    scene = scene_of(data)
    peer = lambda turn: nilearns(masking.compute_epi_mask, image, lower_cutoff=CUTOFFS[turn % len(CUTOFFS)])  # noqa: E731

    def ours(turn: int) -> BoolArray:
        return whole(make("epi_mask", {"lower_cutoff": CUTOFFS[turn % len(CUTOFFS)]}), scene)

    def afresh(turn: int) -> BoolArray:
        scene.intermediates.clear()
        return ours(turn)

    yield Case(f"epi_mask, {name}, first time", afresh, "nilearn", peer, first)
    yield Case(f"epi_mask, {name}, cutoffs moved", ours, "nilearn", peer, moved)


def mask_cases(size: int) -> Iterator[Case]:
    """EPI and background masks, and the consensus of three."""
    data = head((size,) * 3)
    yield from epi_cases(f"{size}³ int16", data, 4, 20)
    yield from epi_cases("96 × 96 × 60 × 200 int16", series(200), 2, 15)
    still = np.where(data < 60, 0, data).astype(np.int16, order="F")
    image, scene = Nifti1Image(still, np.eye(4)), scene_of(still)
    for parameters in ({}, {"connected": True, "opening": 2}):
        told = "".join(f", {name} {value}" for name, value in parameters.items())
        yield Case(
            f"background_mask, {size}³ int16{told}",
            lambda _, parameters=parameters: whole(make("background_mask", parameters), scene),
            "nilearn",
            lambda _, parameters=parameters: nilearns(masking.compute_background_mask, image, **parameters),
            5,
        )
    others = {name: np.asfortranarray(data > level) for name, level in (("a", 300), ("b", 500), ("c", 700))}
    images = [Nifti1Image(mask.view(np.int8), np.eye(4)) for mask in others.values()]
    asked = scene_of(data, others=others)
    yield Case(
        f"consensus of 3, {size}³",
        lambda _: whole(make("consensus", {"others": ("a", "b", "c")}), asked),
        "nilearn",
        lambda _: nilearns(masking.intersect_masks, images, threshold=0.5),
        15,
    )


def threshold_cases(size: int) -> Iterator[Case]:
    """A range of intensities beside numpy's comparisons, and beside a copy of the same bytes."""
    stored = head((size,) * 3)
    for dtype in (np.int16, np.float32):
        data = stored.astype(dtype, order="F")
        scene = scene_of(data)
        run = lambda _, scene=scene: whole(make("threshold", {"lower": 300, "upper": 1000}), scene)  # noqa: E731
        low, high = dtype(300), dtype(1000)
        name = f"threshold, {size}³ {np.dtype(dtype)}"
        yield Case(name, run, "numpy", lambda _, d=data, a=low, b=high: (d >= a) & (d <= b), 2)

        def copied(_: int, data: np.ndarray = data) -> tuple[np.ndarray, np.ndarray]:
            return data.copy(order="F"), np.ones(data.shape, bool)

        yield Case(name, run, "copy", copied, 0.5, same=False)


def timed(run: Callable[[int], Any], turn: int) -> float:
    """Return the milliseconds a call takes."""
    start = time.perf_counter()
    run(turn)
    return 1000 * (time.perf_counter() - start)


def measure(case: Case, rounds: int, seconds: float) -> tuple[float, float]:
    """Return the median milliseconds of ours and of the peer, run in turn."""
    ours, peer = case.ours(0), case.peer(0)
    if case.same and not np.array_equal(ours, peer):
        raise SystemExit(f"{case.name}: the results of maskeditor and {case.peer_name} differ.")
    del ours, peer
    times: list[tuple[float, float]] = []
    end = time.perf_counter() + seconds
    while len(times) < rounds and (len(times) < 3 or time.perf_counter() < end):
        turn = len(times) + 1
        times.append((timed(case.ours, turn), timed(case.peer, turn)))
    return statistics.median(one for one, _ in times), statistics.median(one for _, one in times)


def previews(size: int, rounds: int, only: str) -> Iterator[tuple[str, float, float]]:
    """Yield the summary of each operation as a form opens it, its first time and the median of later ones, in ms."""
    data = head((size,) * 3)
    mask = np.asfortranarray((data > 500) & (data < 1200))
    scene = scene_of(data, mask, others={"other": np.asfortranarray(data > 900)})
    for cls in operations():
        if cls.by_tool or only not in f"preview {cls.id}":
            continue
        variants = [cls.suggest(scene)]
        if hasattr(variants[0], "structure"):
            variants.append(find(cls.id)(structure="ball", radius=3.0))
        for operation in variants:
            scene.intermediates.clear()

            def run(_: int, operation: Operation = operation) -> None:
                operation.apply(scene, Progress())

            try:
                first = timed(run, 0)
            except OperationError:
                continue
            later = statistics.median(timed(run, turn) for turn in range(rounds))
            yield operation.summary(), first, later


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256, help="edge of the volumes, in voxels; 0 for none")
    parser.add_argument("--large", type=int, default=512, help="edge of the volumes for threshold; 0 for none")
    parser.add_argument("--rounds", type=int, default=5, help="rounds to take the median of")
    parser.add_argument("--seconds", type=float, default=10, help="at most so long for a row, three rounds at least")
    parser.add_argument("--only", default="", help="only the rows whose name contains this")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "nilearn"))
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {packages}\n")
    print("| operation | maskeditor, ms | peer | its ms | ratio | wanted |")
    print("|---|---:|---|---:|---:|---|")
    large = threshold_cases(options.large) if options.large else iter(())
    for case in itertools.chain(large, mask_cases(options.size) if options.size else ()):
        if options.only in case.name:
            ours, peer = measure(case, options.rounds, options.seconds)
            ratio = peer / ours
            wanted = f"{case.wanted:g} {'reached' if ratio >= case.wanted else 'missed'}"
            print(f"| {case.name} | {ours:.1f} | {case.peer_name} | {peer:.1f} | {ratio:.1f} | {wanted} |", flush=True)
    if options.size:
        print(f"\n| preview on {options.size}³ | first, ms | again, ms |\n|---|---:|---:|")
        for summary, first, later in previews(options.size, options.rounds, options.only):
            print(f"| {summary} | {first:.1f} | {later:.1f} |", flush=True)


if __name__ == "__main__":
    main()
