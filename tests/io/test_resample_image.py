"""Images brought to another grid equal nilearn's, to the bit."""

from __future__ import annotations

import warnings
from typing import Any

import nibabel
import numpy as np
import pytest
from nilearn.image import resample_to_img

from maskeditor.core.errors import GeometryError
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io.resample import resample_image
from tests import phantoms

COARSE = np.diag([2.0, 2.2, 2.9, 1.0])
COARSE[:3, 3] = [1.1, -0.7, 2.0]
OBLIQUE = phantoms.affine("oblique") @ np.diag([0.7, 0.9, 0.4, 1])
OBLIQUE[:3, 3] = [1.3, 0.4, 2.1]
GRIDS = {
    "coarse": Geometry((7, 6, 8), COARSE),
    "oblique": Geometry((14, 9, 10), OBLIQUE),
    "flipped": Geometry((13, 12, 11), np.array([[-1.0, 0, 0, 12], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])),
    "moved by whole voxels": Geometry((9, 9, 9), np.array([[1.0, 0, 0, 3], [0, 1, 0, -2], [0, 0, 1, 1], [0, 0, 0, 1]])),
}


def _values(kind: str) -> np.ndarray:
    head = phantoms.head()
    if kind == "not finite":
        holes = head.astype(np.float32) / 3
        holes[2, 3:6, 4] = np.nan
        holes[7, 7, :2] = np.inf, -np.inf
        return holes
    if kind == "series":
        return np.stack([head, phantoms.head(seed=3)], axis=-1)
    return head.astype(kind)


def peer(data: np.ndarray, affine: Any, onto: Geometry, how: str) -> np.ndarray:
    image = nibabel.Nifti1Image(data, affine, dtype=data.dtype)
    target = nibabel.Nifti1Image(np.zeros(onto.shape, np.uint8), onto.affine)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = resample_to_img(image, target, interpolation=how, copy_header=True, force_resample=True)
    return np.asarray(made.dataobj)


@pytest.mark.parametrize("how", ["nearest", "linear", "continuous"])
@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("kind", ["int16", "uint8", "int32", "float32", "float64", "not finite", "series"])
def test_equals_nilearn(kind: str, grid: str, how: Any) -> None:
    data = np.asfortranarray(_values(kind))
    onto, affine = GRIDS[grid], np.eye(4)
    expected = peer(data, affine, onto, how)
    made = resample_image(Volume(data, Geometry(data.shape[:3], affine), name="stat"), onto, how)
    assert made.stored.dtype == expected.dtype
    assert np.array_equal(made.stored, expected, equal_nan=expected.dtype.kind == "f")
    assert (made.geometry, made.name) == (onto, "stat (resampled)")
    assert made.stored.flags.f_contiguous


def test_scaled_values_are_resampled_as_intensities() -> None:
    data = phantoms.head()
    volume = Volume(data, Geometry(data.shape, np.eye(4)), slope=0.5, intercept=-3.0)
    expected = peer(data * 0.5 - 3.0, np.eye(4), GRIDS["coarse"], "linear")
    assert np.array_equal(resample_image(volume, GRIDS["coarse"], "linear").stored, expected)


def test_what_lies_elsewhere_is_refused() -> None:
    away = Geometry((4, 4, 4), np.array([[1.0, 0, 0, 99], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))
    with pytest.raises(GeometryError, match="lies outside the grid that it is to be brought to"):
        resample_image(phantoms.volume(), away, "linear")


def test_it_can_be_cancelled() -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        resample_image(phantoms.volume(), GRIDS["coarse"], "linear", progress)
