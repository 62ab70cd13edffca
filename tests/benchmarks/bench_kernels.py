"""Numerical kernels beside the libraries they equal: a table of times and ratios.

    python tests/benchmarks/bench_kernels.py [--sizes 128 256 512] [--rounds 7] [--seconds 8] [--only TEXT]

Each row runs ours and the peer in turn, round after round, in one process and on one thread, and gives the medians;
results are compared first. Memory is warm. The last column tells whether the ratio reaches what is wanted of it.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import SimpleITK
from nilearn.image.image import smooth_array
from scipy import ndimage

from maskeditor.core import components, counting, frames, gap, holes, morphology, smoothing
from maskeditor.core.box import bounding_box

CROSS = {
    "dilation": (morphology.dilation, ndimage.binary_dilation, {1: 25, 2: 25, 5: 15, 10: 10}),
    "erosion": (morphology.erosion, ndimage.binary_erosion, {1: 25, 2: 25, 5: 15, 10: 10}),
    "opening": (morphology.opening, ndimage.binary_opening, {1: 30, 2: 30, 5: 15, 10: 10}),
    "closing": (morphology.closing, ndimage.binary_closing, {1: 30, 2: 30, 5: 15, 10: 10}),
}
BALL = {
    "dilation": (morphology.ball_dilation, SimpleITK.BinaryDilate),
    "erosion": (morphology.ball_erosion, SimpleITK.BinaryErode),
}
BOX_LIMITS = {"morphology": 1.0, "components": 3.0}  # ms, on a small ROI whose box is known


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes
    ----------
    name, peer_name : str
    ours, peer : callable
        What is timed.
    wanted : float
        Ratio of the peer's time to ours that is asked for; 0 for none.
    same : callable, optional
        Tells whether both results agree; by default they must be equal.
    """

    name: str
    ours: Callable[[], Any]
    peer_name: str
    peer: Callable[[], Any]
    wanted: float = 0
    same: Callable[[Any, Any], bool] | None = np.array_equal


def head(size: int, noisy: bool = False) -> np.ndarray:
    """Return a head-like mask, in the memory order of a NIfTI file: solid with specks, or grainy throughout."""
    rng = np.random.default_rng(size)
    i, j, k = np.ogrid[:size, :size, :size]
    middle = size / 2
    distance = ((i - middle) / 0.8) ** 2 + (j - middle) ** 2 + ((k - middle) / 0.75) ** 2
    mask = np.asfortranarray(distance < (0.46 * size) ** 2)
    mask &= np.asfortranarray(distance + 0 * k > (0.12 * size) ** 2)
    if noisy:
        grain = ndimage.gaussian_filter(rng.normal(size=mask.shape).astype(np.float32), 1).transpose()
        mask &= grain > np.quantile(grain[::4, ::4, ::4], 0.4)
    else:
        inside = bounding_box(mask)
        specks = rng.integers(inside.start, inside.stop, (mask.size // 5600, 3)).T
        mask[tuple(specks)] ^= True
    return mask


def small_roi(size: int) -> np.ndarray:
    """Return a mask that is empty but for a grainy lump."""
    mask = np.zeros((size,) * 3, bool, order="F")
    lump = (slice(size // 3, size // 3 + 30),) * 3
    mask[lump] = np.random.default_rng(0).random((30, 30, 30)) < 0.8
    return mask


def salt_and_pepper(size: int) -> np.ndarray:
    """Return a mask of which 2 % is true, anywhere."""
    return np.asfortranarray(np.random.default_rng(1).random((size,) * 3) < 0.02)


def intensities(size: int) -> np.ndarray:
    """Return a T1w-like head of int16."""
    rng = np.random.default_rng(2)
    inside = head(size)
    return np.asfortranarray(np.abs(rng.normal(0, 20, inside.shape) + 700 * inside).astype(np.int16))


def largest_by_scipy(mask: np.ndarray) -> np.ndarray:
    """Label, count, compare."""
    labels, _ = ndimage.label(mask)
    counts = np.bincount(labels.ravel())
    counts[0] = 0
    return labels == counts.argmax()


def at_by_scipy(mask: np.ndarray, point: tuple[int, int, int]) -> np.ndarray:
    """Label, compare."""
    labels, _ = ndimage.label(mask)
    return labels == labels[point]


def near_by_scipy(mask: np.ndarray, radius: float, zooms: tuple[float, float, float]) -> np.ndarray:
    """Distance transform, compare."""
    distances = ndimage.distance_transform_edt(~mask, zooms)
    return distances <= radius


def cases(sizes: list[int]) -> Iterator[Case]:
    """Yield the rows of the table."""
    for size in sizes:
        masks = {"head": head(size), "noisy head": head(size, noisy=True)}
        masks |= {"small ROI": small_roi(size), "salt and pepper": salt_and_pepper(size)}
        for mask_name, mask in masks.items():
            yield from cross_cases(f"{mask_name} {size}³", mask)
        for mask_name in ("head", "noisy head"):
            yield from component_cases(f"{mask_name} {size}³", masks[mask_name], "noisy" in mask_name, size >= 512)
        yield from box_cases(f"small ROI {size}³", masks["small ROI"])
        if size <= 256:
            yield from ball_cases(f"head {size}³", masks["head"])
            yield from itk_cross_cases(f"head {size}³", masks["head"])
        yield from intensity_cases(size)
    yield from series_cases()


def cross_cases(on: str, mask: np.ndarray) -> Iterator[Case]:
    """Cross-shaped morphology beside scipy's, and beside a plain copy."""
    # scipy gets the order in memory that suits it
    turned = mask.T
    out = np.empty_like(mask)
    yield Case(
        f"dilation 1 × {on}",
        lambda: morphology.dilation(mask, out=out),
        "copy",
        lambda: np.copyto(out, mask),
        1 / 3,
        None,
    )
    for name, (ours, peer, wanted) in CROSS.items():
        for count, ratio in wanted.items():
            yield Case(
                f"{name} {count} × {on}",
                lambda ours=ours, count=count: ours(mask, count),
                "scipy",
                lambda peer=peer, count=count: peer(turned, iterations=count).T,
                ratio,
            )


def component_cases(on: str, mask: np.ndarray, noisy: bool, large: bool) -> Iterator[Case]:
    """Components and holes beside scipy's."""
    turned = mask.T
    point = tuple(int(index) for index in np.argwhere(mask[::8, ::8, ::8])[100] * 8)
    wanted = 5 if large else 2 if noisy else 3
    yield Case(f"largest {on}", lambda: components.largest(mask), "scipy", lambda: largest_by_scipy(turned).T, wanted)
    yield Case(
        f"component at {on}",
        lambda: components.component_at(mask, point),
        "scipy",
        lambda: at_by_scipy(turned, point[::-1]).T,
        wanted,
    )
    yield Case(
        f"fill holes {on}",
        lambda: holes.fill_holes(mask),
        "scipy",
        lambda: ndimage.binary_fill_holes(turned).T,
        12 if large else 5 if noisy else 8,
    )


def box_cases(on: str, mask: np.ndarray) -> Iterator[Case]:
    """Everything on a small ROI whose box is known; the peer is a wait as long as is allowed."""
    box = bounding_box(mask)
    runs = {
        name: (lambda ours=ours: ours(mask, 2, box=box), BOX_LIMITS["morphology"])
        for name, (ours, _, _) in CROSS.items()
    }
    runs["largest"] = (lambda: components.largest(mask, box=box), BOX_LIMITS["components"])
    runs["fill holes"] = (lambda: holes.fill_holes(mask, box=box), BOX_LIMITS["components"])
    for name, (run, limit) in runs.items():
        yield Case(
            f"{name}, box known, {on}", run, f"{limit:g} ms", lambda limit=limit: time.sleep(limit / 1000), 1, None
        )


def ball_cases(on: str, mask: np.ndarray) -> Iterator[Case]:
    """Ball-shaped morphology beside scipy's distance transform and SimpleITK's ball."""
    zooms = (1.0, 1.0, 1.2)
    turned = mask.T
    for radius in (2, 5, 10):
        for name, (ours, itk) in BALL.items():
            run = lambda ours=ours, radius=radius: ours(mask, radius, zooms)  # noqa: E731
            if name == "dilation":
                yield Case(
                    f"ball {name} {radius} mm {on}",
                    run,
                    "scipy edt",
                    lambda radius=radius: near_by_scipy(turned, radius, zooms[::-1]).T,
                    8,
                )
            image = SimpleITK.GetImageFromArray(turned.view(np.uint8))
            reach = [int(radius / zoom) for zoom in zooms]
            yield Case(
                f"ball {name} {radius} mm {on}",
                run,
                "SimpleITK",
                lambda itk=itk, image=image, reach=reach: itk(image, reach, SimpleITK.sitkBall),
                20,
                None,
            )


def itk_cross_cases(on: str, mask: np.ndarray) -> Iterator[Case]:
    """Cross-shaped morphology beside SimpleITK's."""
    image = SimpleITK.GetImageFromArray(mask.T.view(np.uint8))
    for name, peer in (
        ("dilation", SimpleITK.BinaryDilate),
        ("erosion", SimpleITK.BinaryErode),
        ("opening", SimpleITK.BinaryMorphologicalOpening),
        ("closing", SimpleITK.BinaryMorphologicalClosing),
    ):
        yield Case(
            f"{name} 1 × {on}",
            lambda ours=CROSS[name][0]: ours(mask),
            "SimpleITK",
            lambda peer=peer: peer(image, [1, 1, 1], SimpleITK.sitkCross),
            100,
            None,
        )


def intensity_cases(size: int) -> Iterator[Case]:
    """Smoothing, counting and the EPI threshold."""
    data = intensities(size)
    single = data.astype(np.float32)
    yield Case(
        f"smoothing, FWHM 4 mm {size}³ float32",
        lambda: smoothing.smooth(single, (1, 1, 1), 4),
        "nilearn",
        lambda: smooth_array(single, np.eye(4), 4),
        2,
        lambda ours, peer: np.allclose(ours, peer, rtol=3e-6, atol=1e-3),
    )
    yield Case(
        f"smoothing by a voxel {size}³ float32",
        lambda: smoothing.smooth_one_voxel(single),
        "nilearn",
        lambda: smooth_array(single, np.eye(4), 1),
    )
    smoothed = smoothing.smooth_one_voxel(single)
    yield Case(
        f"EPI threshold {size}³ float32",
        lambda: gap.widest_gap_threshold(smoothed, 0.2, 0.85),
        "sorting",
        lambda: gap.SortedIntensities(smoothed).threshold(0.2, 0.85),
    )
    low, high = int(data.min()), int(data.max())
    yield Case(
        f"histogram {size}³ int16",
        lambda: counting.integer_histogram(data)[1],
        "np.histogram",
        lambda: np.histogram(data.ravel(order="K"), high - low + 1, (low - 0.5, high + 0.5))[0],
        4,
    )
    yield Case(
        f"percentiles {size}³ int16",
        lambda: counting.percentiles(data, [0.5, 99.5]),
        "np.percentile",
        lambda: np.percentile(data, [0.5, 99.5]),
        5,
    )


def series_cases() -> Iterator[Case]:
    """The mean of a series."""
    data = np.asfortranarray(np.random.default_rng(0).integers(0, 1500, (96, 96, 60, 200)).astype(np.int16))
    yield Case(
        "mean of 200 frames 96 × 96 × 60 int16",
        lambda: frames.mean_over_frames(data),
        "numpy",
        lambda: data.mean(axis=-1),
    )


def timed(run: Callable[[], Any]) -> float:
    """Return the milliseconds a call takes."""
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def measure(case: Case, rounds: int, seconds: float) -> tuple[float, float]:
    """Return the median milliseconds of ours and of the peer, run in turn."""
    ours, peer = case.ours(), case.peer()
    if case.same is not None and not case.same(ours, peer):
        raise SystemExit(f"{case.name}: the results of maskeditor and {case.peer_name} differ.")
    del ours, peer
    times: list[tuple[float, float]] = []
    end = time.perf_counter() + seconds
    while len(times) < rounds and (len(times) < 2 or time.perf_counter() < end):
        times.append((timed(case.ours), timed(case.peer)))
    return statistics.median(one for one, _ in times), statistics.median(one for _, one in times)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256], help="edges of the volumes, in voxels")
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take the median of")
    parser.add_argument("--seconds", type=float, default=8, help="at most so long for a row, two rounds at least")
    parser.add_argument("--only", default="", help="only the rows whose name or peer contains this")
    options = parser.parse_args()
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "nilearn", "SimpleITK"))
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {packages}\n")
    print("| operation | maskeditor, ms | peer | its ms | ratio | wanted |")
    print("|---|---:|---|---:|---:|---|")
    for case in cases(options.sizes):
        if options.only in f"{case.name} {case.peer_name}":
            ours, peer = measure(case, options.rounds, options.seconds)
            ratio = peer / ours
            wanted = f"{case.wanted:.3g} {'reached' if ratio >= case.wanted else 'missed'}" if case.wanted else ""
            print(f"| {case.name} | {ours:.2f} | {case.peer_name} | {peer:.2f} | {ratio:.3g} | {wanted} |", flush=True)


if __name__ == "__main__":
    main()
