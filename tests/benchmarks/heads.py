"""Heads that benchmarks work on: a real T1 where the real scans are, and a drawn one elsewhere."""

from __future__ import annotations

import sys
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

import maskeditor
from maskeditor.engine.box import bounding_box
from tests import real_scans

BoolArray = NDArray[np.bool_]


def heads(size: int) -> dict[str, BoolArray]:
    """Return the masks of a head, solid and noisy, by names that tell where they come from; edges of so many voxels."""
    image = real_image(size)
    if image is None:
        return {"drawn head": drawn(size), "noisy drawn head": drawn(size, noisy=True)}
    threshold = threshold_otsu(image)
    lower, upper = np.percentile(image[image > threshold], [30, 80])
    return {"real head": image > threshold / 2, "noisy real head": (image > lower) & (image < upper)}


def real_image(size: int) -> NDArray[np.int16] | None:
    """Return a T1 on a grid of so many voxels along each edge, in Fortran order; None where there are no real scans."""
    stored = _scan()
    if stored is None:
        return None
    scale = [size / length for length in stored.shape]
    grid = ndimage.zoom(stored.astype(np.float32), scale, order=1, mode="nearest", grid_mode=True)
    return np.asfortranarray(np.rint(grid).astype(np.int16))


@cache
def _scan() -> NDArray[np.int16] | None:
    archive = real_scans.folder() / "dicom.tar.xz"
    if not archive.is_file():
        print(f"There is no {archive}: heads are drawn.", file=sys.stderr)
        return None
    image = maskeditor.open_image(real_scans.unpacked(archive) / "dicom" / "in" / "t1_sag_384")
    return image.volume.stored


def drawn(size: int, noisy: bool = False) -> BoolArray:
    """Return a head-like mask, in the memory order of a NIfTI file: solid with specks, or grainy throughout."""
    rng = np.random.default_rng(size)
    i, j, k = np.ogrid[:size, :size, :size]
    middle = size / 2
    distance = ((i - middle) / 0.8) ** 2 + (j - middle) ** 2 + ((k - middle) / 0.75) ** 2
    mask = np.asfortranarray(distance < (0.46 * size) ** 2)
    mask &= np.asfortranarray(distance + 0 * k > (0.12 * size) ** 2)
    if noisy:
        # The grain is of the same size in mm, whatever the size of the voxels.
        grain = ndimage.gaussian_filter(rng.normal(size=mask.shape).astype(np.float32), size / 256).transpose()
        mask &= grain > np.quantile(grain[::4, ::4, ::4], 0.4)
    else:
        inside = bounding_box(mask)
        specks = rng.integers(inside.start, inside.stop, (mask.size // 5600, 3)).T
        mask[tuple(specks)] ^= True
    return mask


def salt(size: int) -> BoolArray:
    """Return a mask of which 2 % is true, anywhere, and the rest is void."""
    return np.asfortranarray(np.random.default_rng(1).random((size,) * 3) < 0.02)


def rough(size: int, seed: int) -> BoolArray:
    """Return a ball whose surface is so rough that it has a million voxels at 256 of them along each edge."""
    grain = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((size,) * 3, np.float32), 2)
    axis = np.arange(size) - size / 2
    distance = np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2)
    return np.asfortranarray(distance + grain / grain.std() * size / 10 < 0.35 * size)


def small_roi(size: int) -> BoolArray:
    """Return a mask that is empty but for a grainy lump."""
    mask = np.zeros((size,) * 3, bool, order="F")
    lump = (slice(size // 3, size // 3 + 30),) * 3
    mask[lump] = np.random.default_rng(0).random((30, 30, 30)) < 0.8
    return mask
