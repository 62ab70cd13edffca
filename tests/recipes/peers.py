"""The images that the recipes are run on, and their masks as numpy, scipy and nilearn make them.

Run as a program, it writes each folder's expected.json: ``python -m tests.recipes.peers``.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FOLDER = Path(__file__).parent
AFFINE = np.array([[-2.0, 0, 0, 30], [0, 2.0, 0.5, -40], [0, -0.4, 2.5, -20], [0, 0, 0, 1]])
Mask = NDArray[np.bool_]


def pattern() -> nibabel.Nifti1Image:
    """Return whole numbers from 0 to 99 that jump about: specks, holes and bridges of all kinds."""
    i, j, k = np.indices((24, 20, 16))
    values = (i * i * 3 + j * 7 + k * k * 5 + i * j * k // 40) % 100
    return nibabel.Nifti1Image(values.astype(np.int16), AFFINE)


def head() -> nibabel.Nifti1Image:
    """Return four volumes of a bright ellipsoid with a bright shell round it, in a dim room."""
    i, j, k, t = np.indices((30, 32, 26, 4))
    distance = (i - 14) ** 2 * 4 + (j - 16) ** 2 * 3 + (k - 12) ** 2 * 5
    values = np.where(distance < 400, 800 - distance // 4, 30)
    values = np.where((distance > 620) & (distance < 720), 500, values)
    values += (i * 5 + j * 3 + k * 7 + t * 11) % 23
    return nibabel.Nifti1Image(values.astype(np.uint16), AFFINE)


IMAGES: dict[str, Callable[[], nibabel.Nifti1Image]] = {"pattern": pattern, "head": head}


def of(image: nibabel.Nifti1Image) -> NDArray[Any]:
    return np.asarray(image.dataobj)


def threshold_and_morphology() -> Mask:
    values = of(pattern())
    mask = (values >= 40) & (values <= 75)
    mask = ndimage.binary_dilation(mask, iterations=2)
    mask = ndimage.binary_fill_holes(mask)
    return ndimage.binary_erosion(mask, iterations=3)


def epi_mask() -> Mask:
    from nilearn.masking import compute_epi_mask

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mask = of(compute_epi_mask(head(), lower_cutoff=0.3, upper_cutoff=0.9, opening=1)).astype(bool)
    return ~ndimage.binary_opening(mask, iterations=2)


def two_rois() -> Mask:
    values = of(pattern())
    inner = largest(values >= 50, 26, 1)
    outer = np.zeros_like(inner)
    outer[:, :, 3:12] = (values[:, :, 3:12] >= 20) & inner[:, :, 3:12]
    # The inner one goes on changing, which the outer one no longer sees.
    return outer ^ ndimage.binary_erosion(inner)


def components() -> Mask:
    mask = of(pattern()) >= 70
    labels, _ = ndimage.label(mask)
    sizes = np.bincount(labels.ravel())
    mask &= sizes[labels] >= 3
    return largest(mask, 6, 4)


def strokes() -> Mask:
    values = of(head()).mean(axis=3)
    mask = values >= 300
    first = near([(2.0, 3.0, 4.0), (-10.0, -6.0, 9.0)], 9.0)
    second = near([(5.0, -10.0, 2.0)], 6.5)
    return (mask & ~first) | (second & (values >= 100))


def derived_images() -> Mask:
    from nilearn.image import smooth_img

    smoothed = of(smooth_img(head(), 5))
    unsteady = of(head()).astype(float).std(axis=3, ddof=1)
    # None lies at the edge of the choice, where the order of sums would decide.
    assert np.abs(unsteady - 8).min() > 1e-9
    return (smoothed[..., 1:4].mean(axis=3) >= 400) & (unsteady <= 8)


def found_thresholds() -> Mask:
    from skimage.filters import threshold_li, threshold_multiotsu, threshold_otsu
    from sklearn.mixture import GaussianMixture

    series = of(head())
    mean = series.mean(axis=3)
    filtered = mean
    for _ in range(2):  # as dipy's median_otsu
        filtered = ndimage.median_filter(filtered, 5)
    mask = series[..., 2] > threshold_li(series[..., 2].astype(np.int64).reshape(-1, 1))
    mask &= ndimage.binary_dilation(filtered > threshold_otsu(filtered.reshape(-1, 1)))
    mask &= mean > threshold_multiotsu(mean.reshape(-1, 1), classes=4)[-1]
    slopes = np.gradient(series[..., 1].astype(float), *np.linalg.norm(AFFINE[:3, :3], axis=0))
    steep = np.sqrt(sum(one**2 for one in slopes))
    # A triangle from the origin: below its long side, which no pair lies on.
    long = series[..., 1] * 40.25 / 900
    assert np.abs(steep - long)[series[..., 1] > 0].min() > 1e-9
    mask |= (series[..., 1] <= 900) & (steep <= long)
    voxels = series[..., 0].astype(float).reshape(-1, 1)
    parts = threshold_multiotsu(series[..., 0].astype(np.int64).reshape(-1, 1), classes=3)
    members = [voxels[np.searchsorted(parts, voxels.ravel()) == number] for number in range(3)]
    mixture = GaussianMixture(
        3,
        tol=1e-9,
        max_iter=10_000,
        reg_covar=0,
        weights_init=[len(one) / len(voxels) for one in members],
        means_init=[[one.mean()] for one in members],
        precisions_init=[[[1 / one.var()]] for one in members],
    ).fit(voxels)
    brightest = mixture.predict(voxels) == np.argmax(mixture.means_)
    return mask & ~brightest.reshape(mask.shape)


def hand_tools() -> Mask:
    mask = of(pattern()) >= 40
    i, j, k = np.indices(mask.shape)
    mask |= (k == 7) & (np.abs(i - 12) + np.abs(j - 10) <= 6)
    mask &= ~((i == 12) & (k == 4) & (np.abs(j - 9) <= 6))  # there and back on one line
    beside = (i - 3.2) * (13.3 - 2.1) - (k - 2.1) * (20.4 - 3.2)
    assert np.abs(beside).min() > 1e-2  # more than points in thousandths of a mm can be off
    return mask & (beside < 0)


def largest(mask: Mask, neighbours: int, count: int) -> Mask:
    """Return the largest components; equally large ones must not be at the edge of the choice."""
    rank = {6: 1, 18: 2, 26: 3}[neighbours]
    labels, _ = ndimage.label(mask, ndimage.generate_binary_structure(3, rank))
    sizes = np.bincount(labels.ravel())[1:]
    order = np.argsort(-sizes, kind="stable")
    assert len(sizes) == count or sizes[order[count - 1]] > sizes[order[count]]
    return np.isin(labels, order[:count] + 1)


def near(path: list[tuple[float, float, float]], radius: float) -> Mask:
    """Return the voxels whose centres lie within a radius (mm) of a straight path, none of them in doubt."""
    centres = np.moveaxis(np.indices((30, 32, 26)), 0, -1) @ AFFINE[:3, :3].T + AFFINE[:3, 3]
    start, way = np.array(path[0]), np.array(path[-1]) - np.array(path[0])
    along = ((centres - start) @ way / max(way @ way, 1e-9)).clip(0, 1)
    distance = np.linalg.norm(centres - (start + along[..., None] * way), axis=-1)
    assert np.abs(distance - radius).min() > 1e-4
    return distance <= radius


#: For each folder the image, and the mask as the peers make it.
EXPECTED: dict[str, tuple[str, Callable[[], Mask]]] = {
    "0001-threshold-and-morphology": ("pattern", threshold_and_morphology),
    "0002-epi-mask": ("head", epi_mask),
    "0003-two-rois": ("pattern", two_rois),
    "0004-components": ("pattern", components),
    "0005-strokes": ("head", strokes),
    "0006-derived-images": ("head", derived_images),
    "0007-found-thresholds": ("head", found_thresholds),
    "0008-hand-tools": ("pattern", hand_tools),
}


def expected(name: str) -> dict[str, Any]:
    """Return what a folder's expected.json holds."""
    image, make = EXPECTED[name]
    mask = make()
    data = mask.astype(np.uint8).tobytes(order="F")
    return {"image": image, "voxels": int(mask.sum()), "sha256": hashlib.sha256(data).hexdigest()}


if __name__ == "__main__":
    for name in EXPECTED:
        (FOLDER / name / "expected.json").write_text(json.dumps(expected(name), indent=2) + "\n")
