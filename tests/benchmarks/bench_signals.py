"""Images inside masks, values put back and signals, beside nilearn's same calls.

    python tests/benchmarks/bench_signals.py [--sizes 256] [--rounds 7] [--seconds 8] [--only TEXT]

Signals are those of nilearn's own maskers, called here a part of the series at a time: what is wanted is that this
takes at most a tenth longer than one call. The series is a run at rest of 150,000 voxels and 200 volumes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from nibabel import Nifti1Image
from nilearn import masking
from nilearn.maskers import NiftiLabelsMasker, NiftiMasker, NiftiSpheresMasker

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.io.nifti.header import Header
from maskeditor.model.data.applied import applied, put_back
from maskeditor.model.data.parcels import Parcels
from maskeditor.model.data.signal_parameters import SignalParameters
from maskeditor.model.data.signals import signals_of
from tests.benchmarks.rows import Case, Row, main, measured

AFFINE = np.diag([3.0, 3, 3, 1])
#: Signals take at most so much longer than nilearn's call: 1.1 times.
SIGNALS = 1 / 1.1


def ball(size: int) -> np.ndarray:
    """Return a mask as large as a head in its image."""
    axis = np.arange(size) - size / 2
    squares = axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2
    return np.asfortranarray(squares < (0.35 * size) ** 2)


def in_space(size: int) -> Iterator[Case]:
    """Yield what is compared of a volume."""
    random, grid = np.random.default_rng(0), Geometry((size,) * 3, AFFINE)
    mask, header = ball(size), Header.from_geometry(Geometry((size,) * 3, AFFINE))
    bits, image_of_mask = MaskBits.of(mask), Nifti1Image(mask.astype(np.uint8), AFFINE)
    values = random.random(int(mask.sum()), np.float32)
    for dtype in (np.int16, np.float32):
        volume = Volume(np.asfortranarray(random.integers(0, 1000, (size,) * 3).astype(dtype)), grid)
        image = Nifti1Image(volume.stored, AFFINE)

        def ours(volume: Volume = volume) -> np.ndarray:
            return applied(volume, header, bits).volume.stored

        def theirs(image: Any = image) -> np.ndarray:
            return np.asarray(masking.unmask(masking.apply_mask(image, image_of_mask), image_of_mask).dataobj)

        yield Case("apply", "apply", f"{size}³ {np.dtype(dtype)}", ours, "nilearn", theirs, 3)
    yield Case(
        "unmask",
        "unmask",
        f"{size}³ float32",
        lambda: put_back(values, bits, grid, "values").stored,
        "nilearn",
        lambda: np.asarray(masking.unmask(values, image_of_mask).dataobj),
        3,
    )


def over_time() -> Iterator[Case]:
    """Yield what is compared of a series."""
    shape, frames = (50, 50, 60), 200
    random = np.random.default_rng(0)
    data = random.standard_normal((frames, *shape[::-1]), np.float32).T * 30 + 1000
    series = Volume(np.asfortranarray(data), Geometry(shape, AFFINE), repetition_time=2.0)
    labels = np.asfortranarray(np.repeat(np.arange(60), 2500).reshape(shape, order="F") + 1).astype(np.uint8)
    parcels = Parcels(labels, series.geometry, {number: str(number) for number in range(1, 61)})
    image, atlas = Nifti1Image(series.stored, AFFINE), Nifti1Image(labels, AFFINE)
    inside = Nifti1Image((labels > 20).astype(np.uint8), AFFINE)
    brain = Parcels((labels > 20).astype(np.uint8), series.geometry, {1: "brain"})
    seeds = tuple((float(3 * at), 60.0, 90.0) for at in range(10, 45, 8))

    def case(what: str, regions: list[Parcels], given: dict[str, Any], make: Callable[[], Any]) -> Case:
        parameters = SignalParameters.model_validate(given)
        return Case(
            "signals",
            f"signals of {what}",
            "150,000 voxels × 200 float32",
            lambda: signals_of(series, regions, parameters).values,
            "nilearn",
            lambda: make().fit_transform(image),
            SIGNALS,
        )

    cleaned = {"detrend": True, "standardize": "zscore_sample", "low_pass": 0.1, "high_pass": 0.01}
    yield case("60 labels", [parcels], {}, lambda: NiftiLabelsMasker(atlas, standardize=None, reports=False))
    yield case(
        "60 labels, cleaned",
        [parcels],
        cleaned,
        lambda: NiftiLabelsMasker(atlas, t_r=2.0, reports=False, **cleaned),
    )
    yield case(
        "60 labels, smoothed",
        [parcels],
        {"fwhm": 6},
        lambda: NiftiLabelsMasker(atlas, smoothing_fwhm=6, standardize=None, reports=False),
    )
    yield case(
        "100,000 voxels, detrended",
        [brain],
        {"voxels": True, "detrend": True},
        lambda: NiftiMasker(inside, detrend=True, standardize=None, reports=False),
    )
    yield case(
        "5 seeds",
        [],
        {"seeds": seeds, "radius": 8},
        lambda: NiftiSpheresMasker(list(seeds), radius=8, standardize=None, reports=False),
    )


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Yield a row for each thing measured."""

    def cases() -> Iterator[Case]:
        for size in sizes:
            yield from in_space(size)
        yield from over_time()

    return measured(cases(), rounds, seconds, only)


if __name__ == "__main__":
    main(__doc__, rows)
