"""Operations beside the libraries they equal, as the program runs them.

    python tests/benchmarks/bench_operations.py [--sizes 256 512] [--rounds 7] [--seconds 8] [--only TEXT]

Timed as in bench_kernels.py. An EPI mask for the first time is one of which nothing is kept from before.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from nibabel import Nifti1Image
from nilearn import masking
from scipy import ndimage

import maskeditor.ops  # noqa: F401  (fills the register)
from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.progress import Progress
from maskeditor.io.outside import OUTSIDE
from tests.benchmarks.heads import heads, real_image, small_roi
from tests.benchmarks.rows import Case, Row, main, measured


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
    """Return a scene on a grid of 1 mm; masks are packed, as in the program."""
    volume = Volume(data, Geometry(data.shape[:3], np.eye(4)))
    bits = MaskBits(volume.geometry.shape) if mask is None else MaskBits.of(mask)
    return Scene(volume, bits, bits.bounds(), outside=OUTSIDE, **fields)


def whole(operation: Operation, scene: Scene) -> BoolArray:
    """Return the result of an operation that makes a new mask of the whole volume."""
    patch = operation.apply(scene, Progress())
    assert patch is not None
    assert patch.data.shape == scene.mask.shape
    return patch.data


def nilearns(function: Callable[..., Nifti1Image], *inputs: Any, **parameters: Any) -> BoolArray:
    """Return a mask by nilearn, from memory."""
    return np.asarray(function(*inputs, **parameters).dataobj).view(bool)


Moves = Sequence[dict[str, float]]
CUTOFFS: Moves = [{"lower_cutoff": cutoff} for cutoff in (0.2, 0.25, 0.3, 0.15, 0.22, 0.27, 0.18, 0.24)]
THRESHOLDS: Moves = [{"threshold": threshold} for threshold in (0.5, 0.45, 0.55, 0.4, 0.52, 0.47, 0.6, 0.42)]


def moved_cases(
    image_name: str,
    scene: Scene,
    operation_id: str,
    moves: Moves,
    peer: Callable[..., BoolArray],
    told: str,
    first: float,
    moved: float,
) -> Iterator[Case]:
    """A mask for the first time, and with a parameter moved, beside a peer that is given the same values."""

    def moving() -> Callable[[], BoolArray]:
        values = itertools.cycle(moves)
        return lambda: whole(make(operation_id, next(values)), scene)

    def moving_peer() -> Callable[[], BoolArray]:
        values = itertools.cycle(moves)
        return lambda: peer(**next(values))

    afresh = moving()

    def first_time() -> BoolArray:
        scene.intermediates.clear()
        return afresh()

    for when, ours, wanted in (("first time", first_time, first), (told, moving(), moved)):
        name = f"{operation_id}, {when}"
        yield Case(name, name, image_name, ours, "nilearn", moving_peer(), wanted)


def epi_cases(image_name: str, data: np.ndarray, first: float, moved: float) -> Iterator[Case]:
    """The EPI mask, for the first time and with a cutoff moved."""
    image, scene = Nifti1Image(data, np.eye(4)), scene_of(data)
    peer = partial(nilearns, masking.compute_epi_mask, image)
    yield from moved_cases(image_name, scene, "epi_mask", CUTOFFS, peer, "cutoffs moved", first, moved)


def step_cases(size: int) -> Iterator[Case]:
    """Morphology of a head as a step of the history, which knows the box that holds the mask, beside scipy's."""
    mask_name, mask = next(iter(heads(size).items()))
    scene, turned = scene_of(np.zeros(mask.shape, np.int16, order="F"), mask), mask.T
    for name, wanted in (("dilation", 25), ("erosion", 25), ("opening", 30), ("closing", 30)):
        peer = getattr(ndimage, f"binary_{name}")
        for count in (1, 2):
            operation = make(name, {"iterations": count})
            yield Case(
                "all four as a step, cross, 1 and 2 ×",
                f"{name} as a step, cross, {count} ×",
                f"{size}³ {mask_name}",
                lambda operation=operation: operation.apply(scene, Progress()),
                "scipy",
                lambda peer=peer, count=count: peer(turned, iterations=count).T,
                wanted,
                lambda patch, whole: (
                    np.array_equal(patch.data, whole[patch.box.slices]) and patch.data.sum() == whole.sum()
                ),
            )


def roi_cases(size: int) -> Iterator[Case]:
    """What is done to a small ROI in a large volume, beside the milliseconds that it may take."""
    scene = scene_of(np.zeros((size,) * 3, np.int16, order="F"), small_roi(size))
    for name in ("dilation", "erosion", "opening", "closing"):
        yield roi_case("all four, cross, 2 ×, small ROI", make(name, {"iterations": 2}), scene, 1.0)
    for name in ("keep_largest", "fill_holes"):
        yield roi_case("components and holes, small ROI", make(name, {}), scene, 3.0)


def roi_case(group: str, operation: Operation, scene: Scene, limit: float) -> Case:
    """Return the row of one operation."""
    image = f"{scene.mask.shape[0]}³ small ROI"

    def run() -> Patch | None:
        scene.intermediates.clear()
        return operation.apply(scene, Progress())

    return Case(group, operation.id, image, run, "limit", limit, 1)


def mask_cases(size: int) -> Iterator[Case]:
    """EPI and background masks, and the consensus of three."""
    data = head((size,) * 3)
    yield from epi_cases(f"{size}³ int16", data, 4, 20)
    yield from epi_cases("96 × 96 × 60 × 200 int16", series(200), 2, 15)
    yield from background_cases(f"{size}³ int16", np.where(data < 60, 0, data).astype(np.int16, order="F"))
    real = real_image(size)
    if real is not None:
        yield from epi_cases(f"{size}³ int16, real head", real, 4, 20)
        yield from background_cases(f"{size}³ int16, real head", real)
    masks = [np.asfortranarray(data > level) for level in (300, 500, 700)]
    images = [Nifti1Image(mask.view(np.int8), np.eye(4)) for mask in masks]
    asked = scene_of(data, others=dict(zip("abc", map(MaskBits.of, masks), strict=True)))
    yield Case(
        "consensus of 3",
        "consensus of 3",
        f"{size}³",
        lambda: whole(make("consensus", {"others": ("a", "b", "c")}), asked),
        "nilearn",
        lambda: nilearns(masking.intersect_masks, images, threshold=0.5),
        15,
    )


def background_cases(image_name: str, data: np.ndarray) -> Iterator[Case]:
    """The background mask, alone and cleaned."""
    image, scene = Nifti1Image(data, np.eye(4)), scene_of(data)
    for parameters in ({}, {"connected": True, "opening": 2}):
        told = "".join(f", {name} {value}" for name, value in parameters.items())
        yield Case(
            "background_mask",
            f"background_mask{told}",
            image_name,
            lambda parameters=parameters: whole(make("background_mask", parameters), scene),
            "nilearn",
            lambda parameters=parameters: nilearns(masking.compute_background_mask, image, **parameters),
            5,
        )


def template_cases(size: int) -> Iterator[Case]:
    """The template mask of a grid in the template's space, for the first time and with the threshold moved."""
    affine = np.diag([230 / size] * 3 + [1.0])
    affine[:3, 3] = -115, -140, -85
    data = np.zeros((size,) * 3, np.uint8, order="F")
    scene = Scene(Volume(data, Geometry(data.shape, affine)), MaskBits(data.shape), None, outside=OUTSIDE)
    peer = partial(nilearns, masking.compute_brain_mask, Nifti1Image(data, affine))
    yield from moved_cases(f"{size}³", scene, "template_mask", THRESHOLDS, peer, "threshold moved", 0, 0)


def threshold_cases(size: int) -> Iterator[Case]:
    """A range of intensities beside numpy's comparisons, and beside a copy of the bytes that are read and written."""
    stored, wanted = head((size,) * 3), 2 if size >= 512 else 0
    for dtype in (np.int16, np.float32):
        data = stored.astype(dtype, order="F")
        scene = scene_of(data)
        low, high = dtype(300), dtype(1000)
        image, copies = f"{size}³ {np.dtype(dtype)}", (np.empty_like(data), np.empty(data.shape, bool, order="F"))

        def moved(scene: Scene = scene) -> BoolArray:
            return whole(make("threshold", {"lower": 300, "upper": 1000}), scene)

        def first(scene: Scene = scene) -> BoolArray:
            scene.intermediates.clear()
            return moved(scene)

        def compared(data: np.ndarray = data, low: Any = low, high: Any = high) -> BoolArray:
            return (data >= low) & (data <= high)

        def copied(data: np.ndarray = data, copies: tuple[np.ndarray, np.ndarray] = copies) -> None:
            np.copyto(copies[0], data)
            copies[1].fill(True)

        yield Case("threshold, first time", "threshold, first time", image, first, "numpy", compared, wanted)
        yield Case("threshold, first time", "threshold, first time", image, first, "copy", copied, wanted / 4, None)
        yield Case("threshold, range moved", "threshold, range moved", image, moved, "numpy", compared, wanted)
        yield Case("threshold, range moved", "threshold, range moved", image, moved, "copy", copied, wanted / 4, None)


def cases(sizes: Sequence[int]) -> Iterator[Case]:
    """Yield the rows of the table; nilearn's masks for sizes up to 256 alone, as they take long."""
    for size in sizes:
        yield from threshold_cases(size)
        yield from step_cases(size)
        yield from roi_cases(size)
        if size <= 256:
            yield from mask_cases(size)
            yield from template_cases(size)


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure."""
    return measured(cases(sizes), rounds, seconds, only)


if __name__ == "__main__":
    main(__doc__, rows)
