"""Masks compared, and raters weighed, beside SimpleITK: a table of times and ratios.

    python tests/benchmarks/bench_agreement.py [--sizes 256] [--rounds 7] [--seconds 8] [--only TEXT]

Each row runs ours and SimpleITK in turn, in one process; results are compared first. Both may use all processors. A
comparison is all that `maskeditor compare` shows; for SimpleITK the overlap measures, the Hausdorff distance, and the
distances between the contours. Images for SimpleITK are made beforehand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import SimpleITK

import maskeditor.ops
from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.morphology import dilation, opening
from maskeditor.engine.progress import Progress
from maskeditor.model.data.agreement import Comparison, compare_masks
from tests import phantoms
from tests.benchmarks.heads import drawn, rough, salt, small_roi
from tests.benchmarks.rows import Case, Row, main, measured

assert maskeditor.ops  # fills the register

ZOOMS = (1.0, 1.0, 1.5)
WANTED = 3


def image(mask: np.ndarray) -> SimpleITK.Image:
    """Return a mask as an image of SimpleITK."""
    made = SimpleITK.GetImageFromArray(np.ascontiguousarray(mask.T, np.uint8))
    made.SetSpacing(ZOOMS)
    return made


def by_simpleitk(first: SimpleITK.Image, second: SimpleITK.Image) -> tuple[float, ...]:
    """Return Dice, Hausdorff, its 95th percentile and the mean surface distance."""
    overlap, whole = SimpleITK.LabelOverlapMeasuresImageFilter(), SimpleITK.HausdorffDistanceImageFilter()
    overlap.Execute(first, second)
    whole.Execute(first, second)
    contours = [SimpleITK.LabelContour(each) for each in (first, second)]
    maps = [
        SimpleITK.GetArrayFromImage(
            SimpleITK.Abs(SimpleITK.SignedMaurerDistanceMap(each, squaredDistance=False, useImageSpacing=True))
        )
        for each in contours
    ]
    edges = [SimpleITK.GetArrayFromImage(each) > 0 for each in contours]
    distances = np.concatenate([maps[1][edges[0]], maps[0][edges[1]]])
    return (
        overlap.GetDiceCoefficient(1),
        whole.GetHausdorffDistance(),
        float(np.percentile(distances, 95)),
        float(distances.mean(dtype=float)),
    )


def same(found: Comparison, expected: tuple[float, ...]) -> bool:
    """Tell whether both have measured the same, as far as single precision goes."""
    mine = (found.dice, found.hausdorff, found.hausdorff_95, found.mean_surface_distance)
    return np.allclose(mine, expected, rtol=1e-5)


def cases(sizes: Sequence[int]) -> Iterator[Case]:
    """Two raters of a head, a small ROI in it, grains, rough blobs; and three raters weighed."""
    for size in sizes:
        head = drawn(size)
        second = opening(np.roll(head, 2, 0), 3)
        grains = salt(size)
        blob = rough(size, 0)
        pairs = {
            "two raters": (head, second),
            "salt": (grains, np.roll(grains, 3, 1)),
            "two rough blobs": (blob, rough(size, 1)),
        }
        if size <= 256:  # beyond, SimpleITK takes half a minute for each
            pairs["head, small ROI"] = head, small_roi(size)
            pairs["rough blob, shifted"] = blob, np.roll(blob, 3, 0)
        grid = Geometry((size,) * 3, np.diag((*ZOOMS, 1.0)))
        for name, masks in pairs.items():
            packed, images = [MaskBits.of(mask) for mask in masks], [image(mask) for mask in masks]
            yield Case(
                "compare",
                "compare",
                f"{size}³ {name}",
                lambda packed=packed, grid=grid: compare_masks({1: packed[0]}, {1: packed[1]}, grid),
                "SimpleITK",
                lambda images=images: by_simpleitk(*images),
                WANTED,
                same,
            )
        raters = {"a": head, "b": second, "c": dilation(head)}
        images = [image(mask) for mask in raters.values()]
        scene = phantoms.scene(
            phantoms.volume(np.zeros(head.shape, np.uint8)),
            np.zeros(head.shape, bool),
            others=raters,
        )
        operation = make("staple", {"others": tuple(raters), "iterations": 20})
        yield Case(
            "STAPLE of 3",
            "STAPLE of 3",
            f"{size}³",
            lambda scene=scene, operation=operation: operation.apply(scene, Progress()).data,
            "SimpleITK",
            lambda images=images: SimpleITK.STAPLE(images, 1.0, 1.0, 20),
            WANTED,
            lambda mine, other: np.array_equal(mine, SimpleITK.GetArrayFromImage(other).T >= 0.5),
        )


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure."""
    return measured(cases(sizes), rounds, seconds, only)


if __name__ == "__main__":
    main(__doc__, rows)
