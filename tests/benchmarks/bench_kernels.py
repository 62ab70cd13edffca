"""Numerical kernels beside the libraries they equal: a table of times and ratios.

    python tests/benchmarks/bench_kernels.py [--sizes 128 256 512] [--rounds 7] [--seconds 8] [--only TEXT]

Each row runs ours and the peer in turn, round after round, in one process, and gives the medians; results are compared
first. Both may use all processors (numpy, scipy and nilearn use one). In a round, a call is repeated until 40 ms have
passed. Each side makes a new result in each call (ours in memory that earlier results have left, as in the program);
scipy gets its masks in the order in memory that suits it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from maskeditor.engine import histograms, mean_over_time

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import SimpleITK
from nilearn._utils.ndimage import largest_connected_component
from nilearn.image.image import smooth_array
from scipy import ndimage

from maskeditor.engine import holes, morphology, smoothing
from maskeditor.engine.components import components
from tests.benchmarks.heads import drawn, heads, salt, small_roi
from tests.benchmarks.rows import Case, Row, main, measured

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


def intensities(size: int) -> np.ndarray:
    """Return a T1w-like head of int16."""
    rng = np.random.default_rng(2)
    inside = drawn(size)
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


def same_as_image(mask: np.ndarray, image: SimpleITK.Image) -> bool:
    """Tell whether an image of SimpleITK holds a mask."""
    return np.array_equal(mask, SimpleITK.GetArrayFromImage(image).T)


def near_by_scipy(mask: np.ndarray, radius: float, zooms: tuple[float, float, float]) -> np.ndarray:
    """Distance transform, compare."""
    distances = ndimage.distance_transform_edt(~mask, zooms)
    return distances <= radius


def cases(sizes: Sequence[int]) -> Iterator[Case]:
    """Yield the rows of the table."""
    for size in sizes:
        of_head = heads(size)
        solid_name, solid = next(iter(of_head.items()))
        grains = salt(size)
        # Salt and pepper turns over voxels of the head and around it; salt alone lies in a void.
        masks = of_head | {"small ROI": small_roi(size), "salt and pepper": solid ^ grains, "salt": grains}
        for mask_name, mask in masks.items():
            yield from cross_cases(f"{size}³ {mask_name}", mask)
        for mask_name, mask in of_head.items():
            yield from component_cases(f"{size}³ {mask_name}", mask, "noisy" in mask_name, size >= 512)
        # Beyond, SimpleITK takes a minute and more for each mask.
        for mask_name in masks if size <= 256 else (solid_name, "salt"):
            yield from itk_cross_cases(f"{size}³ {mask_name}", masks[mask_name])
        if size <= 256:
            yield from ball_cases(f"{size}³ {solid_name}", solid)
        del masks, of_head, solid, grains
        yield from intensity_cases(size)
    if sizes:
        yield from series_cases()


def cross_cases(on: str, mask: np.ndarray) -> Iterator[Case]:
    """Cross-shaped morphology beside scipy's, and beside a plain copy."""
    turned = mask.T
    out = np.empty_like(mask)
    yield Case(
        "dilation, 1 ×, into an array",
        "dilation, 1 ×, into an array",
        on,
        lambda: morphology.dilation(mask, out=out),
        "copy",
        lambda: np.copyto(out, mask),
        1 / 3 if len(mask) >= 512 else 0,
        None,
    )
    for name, (ours, peer, wanted) in CROSS.items():
        for count, ratio in wanted.items():
            yield Case(
                f"{name}, cross, 1 and 2 ×" if count <= 2 else f"all four, cross, {count} ×",
                f"{name}, cross, {count} ×",
                on,
                lambda ours=ours, count=count: ours(mask, count),
                "scipy",
                lambda peer=peer, count=count: peer(turned, iterations=count).T,
                ratio,
            )


def component_cases(on: str, mask: np.ndarray, noisy: bool, large: bool) -> Iterator[Case]:
    """Components and holes beside scipy's, SimpleITK's and nilearn's."""
    turned = mask.T
    inside = np.argwhere(mask[::8, ::8, ::8]) * 8
    point = tuple(int(index) for index in inside[len(inside) // 10])
    wanted = 5 if large else 2 if noisy else 3
    filled = 12 if large else 5 if noisy else 8
    for peer, largest in (("scipy", largest_by_scipy), ("nilearn", largest_connected_component)):
        yield Case(
            "largest component",
            "largest component",
            on,
            lambda: components.largest(mask),
            peer,
            lambda largest=largest: largest(turned).T,
            wanted,
        )
    yield Case(
        "component at a click",
        "component at a click",
        on,
        lambda: components.component_at(mask, point),
        "scipy",
        lambda: at_by_scipy(turned, point[::-1]).T,
        wanted,
    )
    image = SimpleITK.GetImageFromArray(turned.view(np.uint8))
    for peer, theirs, same in (
        ("scipy", lambda: ndimage.binary_fill_holes(turned).T, np.array_equal),
        ("SimpleITK", lambda: SimpleITK.BinaryFillhole(image, False, 1), same_as_image),
    ):
        yield Case("fill holes", "fill holes", on, lambda: holes.fill_holes(mask), peer, theirs, filled, same)


def ball_cases(on: str, mask: np.ndarray) -> Iterator[Case]:
    """Ball-shaped morphology beside scipy's distance transform and SimpleITK's ball."""
    zooms = (1.0, 1.0, 1.2)
    turned = mask.T
    for radius in (2, 5, 10):
        for name, (ours, itk) in BALL.items():
            run = lambda ours=ours, radius=radius: ours(mask, radius, zooms)  # noqa: E731
            told = f"{name}, ball of {radius} mm"
            if name == "dilation":
                yield Case(
                    "ball of 2, 5, 10 mm",
                    told,
                    on,
                    run,
                    "scipy's distances",
                    lambda radius=radius: near_by_scipy(turned, radius, zooms[::-1]).T,
                    8,
                )
            image = SimpleITK.GetImageFromArray(turned.view(np.uint8))
            reach = [int(radius / zoom) for zoom in zooms]
            yield Case(
                "ball of 2, 5, 10 mm",
                told,
                on,
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
            "all four, cross, 1 ×",
            f"{name}, cross, 1 ×",
            on,
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
    fwhm = 4 if size <= 256 else 6  # a large volume of as many mm has smaller voxels, which are smoothed further
    yield Case(
        f"smoothing, FWHM {fwhm} mm",
        f"smoothing, FWHM {fwhm} mm",
        f"{size}³ float32",
        lambda: smoothing.smooth(single, (1, 1, 1), fwhm),
        "nilearn",
        lambda: smooth_array(single, np.eye(4), fwhm),
        3,
        lambda ours, peer: np.allclose(ours, peer, rtol=3e-6, atol=1e-3),
    )
    if size <= 256:
        yield Case(
            "smoothing by a voxel",
            "smoothing by a voxel",
            f"{size}³ float32",
            lambda: smoothing.smooth_one_voxel(single),
            "nilearn",
            lambda: smooth_array(single, np.eye(4), 1),
        )
    low, high = int(data.min()), int(data.max())
    yield Case(
        "histogram, every integer",
        "histogram, every integer",
        f"{size}³ int16",
        lambda: histograms.integer_histogram(data)[1],
        "numpy",
        lambda: np.histogram(data.ravel(order="K"), high - low + 1, (low - 0.5, high + 0.5))[0],
        4,
    )
    yield Case(
        "two percentiles",
        "two percentiles",
        f"{size}³ int16",
        lambda: histograms.percentiles(data, [0.5, 99.5]),
        "numpy",
        lambda: np.percentile(data, [0.5, 99.5]),
        5,
    )


def series_cases() -> Iterator[Case]:
    """The mean of a series."""
    data = np.asfortranarray(np.random.default_rng(0).integers(0, 1500, (96, 96, 60, 200)).astype(np.int16))
    yield Case(
        "mean over volumes",
        "mean over volumes",
        "96 × 96 × 60 × 200 int16",
        lambda: mean_over_time.mean_over_frames(data),
        "numpy",
        lambda: data.mean(axis=-1),
    )


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure."""
    return measured(cases(sizes), rounds, seconds, only)


if __name__ == "__main__":
    main(__doc__, rows)
