"""Statistics of labels and masks, and clusters of maps, beside SimpleITK and nilearn.

    python tests/benchmarks/bench_tables.py [--sizes 256] [--rounds 3] [--seconds 8] [--only TEXT]

Timed as in bench_kernels.py, on images in memory. SimpleITK's filter gives what is compared besides percentiles other
than the median, centres and peaks, which ours finds as well; nilearn's masker gives the means alone. Clusters are
looked for in maps of 2 mm, as nilearn goes through the whole map for each cluster.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nibabel
import numpy as np
import SimpleITK
from nilearn.glm import threshold_stats_img
from nilearn.maskers import NiftiLabelsMasker
from nilearn.reporting import get_clusters_table
from scipy.ndimage import gaussian_filter

import maskeditor.ops
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.clusters import clusters
from maskeditor.engine.progress import Progress
from maskeditor.engine.regions import RegionStatistics, region_statistics
from maskeditor.model.data.regions import Regions, regions_of_labels, regions_of_mask
from maskeditor.model.data.statistics import PERCENTILES
from tests.benchmarks.bench_operations import head
from tests.benchmarks.rows import Case, Row, main, measured

assert maskeditor.ops  # fills the register
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
#: Voxels of a map of 2 mm along each axis.
MAP = (91, 109, 91)


def atlas(shape: tuple[int, int, int]) -> np.ndarray:
    """Return a hundred labels in a ball, which is a quarter of the image."""
    i, j, k = np.ogrid[tuple(slice(0, size) for size in shape)]
    middle = [(size - 1) / 2 for size in shape]
    inside = sum(((one - at) / at) ** 2 for one, at in zip((i, j, k), middle, strict=True)) < 0.61
    number = 1 + (10 * i // shape[0]) + 10 * (10 * j // shape[1]) + 0 * k
    return np.asfortranarray(np.where(inside, number, 0).astype(np.uint8))


def of_itk(image: np.ndarray, labels: np.ndarray) -> Callable[[], list[tuple[float, ...]]]:
    """Return SimpleITK's statistics, of images that are there already."""
    pictures = SimpleITK.GetImageFromArray(image.T), SimpleITK.GetImageFromArray(labels.T)

    def found() -> list[tuple[float, ...]]:
        peer = SimpleITK.LabelStatisticsImageFilter()
        peer.UseHistogramsOn()
        peer.Execute(*pictures)
        numbers = sorted(number for number in peer.GetLabels() if number)
        return [(peer.GetCount(one), peer.GetMean(one), peer.GetMinimum(one), peer.GetMaximum(one)) for one in numbers]

    return found


def of_ours(image: np.ndarray, regions: Regions) -> Callable[[], list[RegionStatistics]]:
    """Return our statistics."""
    return lambda: region_statistics(image, regions.pieces, len(regions.numbers), PERCENTILES, ddof=1)


def agree(ours: Sequence[RegionStatistics], theirs: Sequence[tuple[float, ...]]) -> bool:
    """Tell whether counts, means and extremes are the same."""
    return np.allclose([(one.voxels, one.mean, one.minimum, one.maximum) for one in ours], theirs, rtol=1e-9)


def statistics_cases(size: int) -> Iterator[Case]:
    """Yield a hundred labels and one mask, of whole numbers and of floats."""
    still, labels = head((size,) * 3), atlas((size,) * 3)
    numbers = {number: np.array([number], np.uint8) for number in np.unique(labels).tolist() if number}
    many = regions_of_labels(labels, numbers, {})
    mask = np.asfortranarray((labels > 0).astype(np.uint8))
    one = regions_of_mask(MaskBits.of(mask > 0), 1, "")
    for kind, data in (("int16", still), ("float32", still.astype(np.float32))):
        name = f"{size}³ {kind}"
        ours = of_ours(data, many)
        yield Case("statistics", "statistics of 100 labels", name, ours, "SimpleITK", of_itk(data, labels), 3, agree)
        ours = of_ours(data, one)
        yield Case("statistics", "statistics of a mask", name, ours, "SimpleITK", of_itk(data, mask), 3, agree)

    if size > 256:
        return  # nilearn takes its time
    images = nibabel.Nifti1Image(still, AFFINE), nibabel.Nifti1Image(labels, AFFINE)

    def means() -> np.ndarray:
        return np.ravel(NiftiLabelsMasker(images[1], standardize=None).fit_transform(images[0]))

    def alike(ours: Sequence[RegionStatistics], theirs: np.ndarray) -> bool:
        return np.allclose([one.mean for one in ours], theirs, rtol=1e-5)

    ours = of_ours(still, many)
    yield Case("statistics", "statistics of 100 labels", f"{size}³ int16", ours, "nilearn", means, 3, alike)


def cluster_cases() -> Iterator[Case]:
    """Yield a map of z at two thresholds, and the threshold that is found."""
    z = gaussian_filter(np.random.default_rng(0).normal(size=MAP), 2.5)
    z = np.asfortranarray(z / z.std())
    image = nibabel.Nifti1Image(z, AFFINE)
    name = " × ".join(map(str, MAP))
    for threshold in (3.5, 4.0):

        def ours(threshold: float = threshold) -> list[Any]:
            return clusters(z, AFFINE, threshold, two_sided=True)

        def theirs(threshold: float = threshold) -> list[Any]:
            return get_clusters_table(image, threshold, two_sided=True)["Peak Stat"].tolist()

        same = lambda ours, theirs: [peak.value for peak in ours] == theirs  # noqa: E731
        yield Case("clusters", f"clusters beyond ±{threshold}", name, ours, "nilearn", theirs, 3, same)
    document = Document(Volume(z, Geometry(MAP, AFFINE)))
    scene = document.snapshot().scene(document.rois[0].id)
    operation = make("z_threshold", {"correction": "fdr", "alpha": 0.05})

    def found() -> float:
        values = [one.value for one in operation.found(scene, Progress())]
        return values[-1] if values else np.inf

    def peer() -> float:
        return float(threshold_stats_img(image, alpha=0.05, height_control="fdr")[1])

    yield Case("clusters", "threshold by false discovery rate", name, found, "nilearn", peer, 3)


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure statistics and clusters."""
    for size in sizes:
        yield from measured(statistics_cases(size), rounds, seconds, only)
    yield from measured(cluster_cases(), rounds, seconds, only)


if __name__ == "__main__":
    main(__doc__, rows)
