"""Small made-up images and masks, for tests of anything that works on voxels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import bounding_box
from maskeditor.io.outside import OUTSIDE

AFFINES: dict[str, NDArray[np.float64]] = {
    "plain": np.eye(4),
    "anisotropic": np.diag([0.9, 1.1, 3.0, 1.0]),
    "flipped": np.array([[-1.0, 0, 0, 20], [0, -1.5, 0, 30], [0, 0, 2.0, -7], [0, 0, 0, 1]]),
    "permuted": np.array([[0.0, 0, 1.2, -9], [-1.1, 0, 0, 4], [0, 1.3, 0, 2], [0, 0, 0, 1]]),
    "oblique": np.array([[0.95, -0.21, 0.33, -12.3], [0.24, 1.02, -0.27, 5.1], [-0.29, 0.31, 2.6, 40.7], [0, 0, 0, 1]]),
}


def affine(name: str) -> NDArray[np.float64]:
    """Return one of the affines, to be changed at will."""
    return AFFINES[name].copy()


def head(shape: tuple[int, int, int] = (13, 12, 11), seed: int = 0) -> NDArray[np.int16]:
    """Return a bright ellipsoid with a dark kernel in a noisy dark room, in Fortran order; no mirror symmetry."""
    random = np.random.default_rng(seed)
    grid = np.meshgrid(*(np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in shape), indexing="ij")
    distance = (grid[0] / 0.8 - 0.05) ** 2 + (grid[1] / 0.85 + 0.07) ** 2 + (grid[2] / 0.9 + 0.1 * grid[0]) ** 2
    values = np.where(distance < 1, 700.0, 40.0) - np.where(distance < 0.04, 450.0, 0.0)
    values += random.normal(0, 25, shape)
    return np.asfortranarray(values.clip(0).round().astype(np.int16))


def blobs(shape: tuple[int, int, int], seed: int = 1, fill: float = 0.35) -> BoolArray:
    """Return a mask of lumps of all sizes, some on the border, with holes; no two components of the same size first."""
    from scipy import ndimage

    random = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(random.normal(size=shape), 0.9)
    mask = smooth > np.quantile(smooth, 1 - fill)
    return np.asfortranarray(mask)


def gapped(shape: tuple[int, int, int], seed: int = 1) -> BoolArray:
    """Return blobs, of which one slice across each axis is empty, as where only some slices were drawn."""
    mask = blobs(shape, seed)
    for axis, length in enumerate(shape):
        if length > 4:
            mask[(slice(None),) * axis + (3,)] = False
    return mask


def volume(
    data: NDArray[Any] | None = None,
    affine_name: str = "plain",
    *,
    dtype: DTypeLike | None = None,
    **fields: Any,
) -> Volume:
    """Return an image, a head if no data are given."""
    stored = head() if data is None else data
    return Volume(
        np.asfortranarray(stored if dtype is None else stored.astype(dtype)),
        Geometry(stored.shape[:3], affine(affine_name)),
        **fields,
    )


def series(frames: int = 5, dtype: DTypeLike = np.int16, shape: tuple[int, int, int] = (9, 10, 8)) -> Volume:
    """Return a 4D image: heads with noise of their own."""
    stacked = np.stack([head(shape, seed) for seed in range(frames)], axis=-1)
    return volume(stacked, "anisotropic", dtype=dtype)


def scene(image: Volume | None = None, mask: BoolArray | None = None, **fields: Any) -> Scene:
    """Return a scene, of blobs on a head if nothing else is given, with one other ROI "other"; all read-only."""
    image = image or volume()
    shape = image.geometry.shape
    mask = np.array(blobs(shape) if mask is None else mask, dtype=bool, order="F")
    fields.setdefault("outside", OUTSIDE)
    fields.setdefault("others", {"other": blobs(shape, seed=5)})
    for array in (mask, *fields["others"].values()):
        array.setflags(write=False)
    return Scene(volume=image, mask=mask, extent=bounding_box(mask), **fields)
