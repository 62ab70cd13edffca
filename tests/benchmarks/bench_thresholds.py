"""Thresholds that are found, tissue classes and joint histograms beside scikit-image, scikit-learn, dipy and numpy.

    python tests/benchmarks/bench_thresholds.py [--sizes 128 256] [--rounds 3] [--seconds 8] [--only TEXT]

Timed as in bench_kernels.py. Of dipy's median_otsu, what it calls stands in: scipy's median filter and scikit-image's
threshold, at 64³ alone, as they take minutes at 256³.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from scipy import ndimage
from skimage import filters
from sklearn.mixture import GaussianMixture

from maskeditor.core.history.document import Document
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.automatic_thresholds import Method, automatic_thresholds
from maskeditor.engine.gaussian_mixture import fitted, levels_of
from maskeditor.engine.gradients import gradient_magnitude, gradient_magnitude_of_part
from maskeditor.engine.in_range import chunks
from maskeditor.engine.joint_histogram import Bins, Region, in_polygon, joint_counts
from maskeditor.engine.median_otsu import median_otsu
from maskeditor.engine.progress import Progress
from maskeditor.model.histogram_request import BinsRequest, HistogramRequest
from tests.benchmarks.bench_operations import head
from tests.benchmarks.rows import Case, Row, main, measured

METHODS: tuple[Method, ...] = ("otsu", "li", "yen", "isodata", "triangle", "minimum")
#: Milliseconds that a median Otsu of 256³ may take, and a mask of a region.
MEDIAN_LIMIT, REGION_LIMIT = 30_000, 400
#: And the histogram of 512³; bins of equal width that are counted beside numpy's.
HISTOGRAM_LIMIT, EQUAL = 100, 256


def threshold_cases(size: int) -> Iterator[Case]:
    """Yield the methods, of whole numbers and of floats."""
    still = head((size,) * 3)
    for kind, data in (("int16", still), ("float32", still.astype(np.float32))):
        for method in METHODS:

            def peer(data: np.ndarray = data, method: str = method) -> tuple[float, ...]:
                return (getattr(filters, f"threshold_{method}")(data.reshape(-1, 1)).item(),)

            ours = partial(automatic_thresholds, data, method)
            yield Case("thresholds", f"threshold by {method}", f"{size}³ {kind}", ours, "scikit-image", peer, 1)


def histogram_cases(size: int) -> Iterator[Case]:
    """Yield the histogram of an image, as the window has it counted beside the interface: by the clock."""
    still = head((size,) * 3)
    document = Document(Volume(still, Geometry(still.shape, np.eye(4))))
    scene = document.snapshot().scene(document.rois[0].id)
    request, bins = HistogramRequest(scene), BinsRequest(scene, IntensityInput(), EQUAL)
    image = f"{size}³ int16"

    def levels() -> np.ndarray:
        counts = request.work_out(Progress()).counts
        present = np.flatnonzero(counts)
        return counts[present[0] : present[-1] + 1]

    def peer() -> np.ndarray:
        counts = np.bincount(still.ravel("K").view(np.uint16))
        return counts[np.flatnonzero(counts)[0] :]

    limit = HISTOGRAM_LIMIT * (size / 512) ** 3
    name = "histogram of a whole image"
    yield Case("histogram", name, image, partial(request.work_out, Progress()), "limit", limit, 1)
    yield Case("histogram", name, image, levels, "numpy.bincount", peer, 2)
    equal = partial(np.histogram, still.ravel("K"), EQUAL)
    yield Case(
        "histogram", f"{EQUAL} equal bins", image, lambda: bins.work_out(Progress()).counts, "numpy.histogram",
        lambda: equal()[0], 5,
    )  # fmt: skip


def tissue_cases() -> Iterator[Case]:
    """Yield a mixture of three, of few voxels, for scikit-learn takes its time."""
    data = head((48,) * 3)
    voxels = data.astype(float).reshape(-1, 1)

    def ours() -> np.ndarray:
        counts, levels, width = levels_of(data)
        return fitted(counts, levels, width, 3)[1]

    def peer() -> np.ndarray:
        model = GaussianMixture(3, tol=1e-9, max_iter=10_000, reg_covar=0, random_state=0).fit(voxels)
        return np.sort(model.means_.ravel())

    # scikit-learn begins elsewhere, and may end elsewhere.
    yield Case("tissues", "mixture of 3 Gaussians", "48³ int16", ours, "scikit-learn", peer, 20, None)


def median_cases(sizes: Sequence[int]) -> Iterator[Case]:
    """Yield median Otsu: beside what dipy calls, and what a whole head takes."""
    few = head((64,) * 3)

    def peer() -> np.ndarray:
        filtered = few
        for _ in range(4):
            filtered = ndimage.median_filter(filtered, 9)
        return filtered > filters.threshold_otsu(filtered.reshape(-1, 1))

    name = "median Otsu, radius 4, 4 passes"
    yield Case("median Otsu", name, "64³ int16", lambda: median_otsu(few, 4, 4).above, "dipy's calls", peer, 5)
    for size in sizes:
        if size > 256:
            continue  # it takes minutes
        whole = head((size,) * 3)
        limit = MEDIAN_LIMIT * (size / 256) ** 3
        for kind, data in (("int16", whole), ("float32", whole.astype(np.float32) / 3)):
            yield Case("median Otsu", name, f"{size}³ {kind}", partial(median_otsu, data, 4, 4), "limit", limit, 1)


def joint_cases(size: int) -> Iterator[Case]:
    """Yield counts of pairs, and the mask of a region."""
    one, other = head((size,) * 3), head((size,) * 3, 1)
    spans = [(0.0, float(data.max())) for data in (one, other)]
    turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    corners = np.stack([700 + 250 * np.cos(turn), 700 + 250 * np.sin(turn)], axis=1)

    def counts() -> np.ndarray:
        bins = [Bins(256, low, high, one.dtype) for low, high in spans]
        return joint_counts(((one[part], other[part]) for part, _ in chunks(one.shape)), bins[0], bins[1])

    def peer() -> np.ndarray:
        return np.histogram2d(one.ravel("K"), other.ravel("K"), bins=256, range=spans)[0]

    def mask() -> np.ndarray:
        region = Region(corners)
        made = np.empty(one.shape, bool, order="F")
        for part, _ in chunks(one.shape):
            made[part] = region.holds(one[part], other[part])
        return made

    def gradient() -> np.ndarray:
        made = np.empty(one.shape, order="F")
        for part, _ in chunks(one.shape):
            made[part] = gradient_magnitude_of_part(one, part, (1, 1, 1))
        return made

    image = f"{size}³ int16"
    yield Case("joint histogram", "joint histogram, 256 × 256", image, counts, "numpy", peer, 5)
    yield Case(
        "joint histogram", "mask of a region of 64 corners", image, mask, "limit", REGION_LIMIT * (size / 256) ** 3
    )
    slow = partial(in_polygon, one[:, :, : size // 8], other[:, :, : size // 8], corners)

    def few() -> np.ndarray:
        return Region(corners).holds(one[:, :, : size // 8], other[:, :, : size // 8])

    yield Case("joint histogram", "an eighth of it", image, few, "the even-odd rule for each", slow, 5)
    whole = partial(gradient_magnitude, one, (1, 1, 1))
    yield Case("joint histogram", "gradient, in parts", image, gradient, "numpy as a whole", whole, 1)


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Yield a row for each thing measured."""

    def cases() -> Iterator[Case]:
        for size in sizes:
            yield from histogram_cases(size)
            yield from threshold_cases(size)
            yield from joint_cases(size)
        yield from tissue_cases()
        yield from median_cases(sizes)

    return measured(cases(), rounds, seconds, only)


if __name__ == "__main__":
    main(__doc__, rows)
