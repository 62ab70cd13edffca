"""Resampled images equal nilearn's, whichever way the grid is given; labels stay labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nilearn.image import resample_img, resample_to_img

import maskeditor
from maskeditor.core.errors import GeometryError, ParameterError
from maskeditor.core.space.geometry import Geometry
from maskeditor.io.nifti.header import Header
from maskeditor.model.data.resampled import grid_by_numbers
from tests import phantoms

HOWS = ["nearest", "linear", "continuous"]
AFFINE = phantoms.affine("oblique")
COARSE = np.diag([-2.0, 2.0, 3.0, 1.0])
COARSE[:3, 3] = AFFINE[:3, :3] @ (12, 6, 5) + AFFINE[:3, 3]


def head(dtype: Any = np.int16) -> nibabel.Nifti1Image:
    return nibabel.Nifti1Image(phantoms.head().astype(dtype), AFFINE)


def opened(image: nibabel.Nifti1Image, path: Path) -> maskeditor.Image:
    nibabel.save(image, path)
    return maskeditor.open_image(path)


def same(made: maskeditor.Image, expected: nibabel.Nifti1Image) -> None:
    np.testing.assert_array_equal(made.affine, expected.affine)
    values = np.asarray(expected.dataobj)
    np.testing.assert_array_equal(made.data, values)
    assert made.data.dtype == values.dtype


@pytest.mark.filterwarnings("ignore:Casting data from int16 to float32")
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_grids_by_numbers_are_those_of_nilearn(tmp_path: Path, how: Any, dtype: Any) -> None:
    source = head(dtype)
    image = opened(source, tmp_path / "head.nii")
    loaded = nibabel.load(tmp_path / "head.nii")
    directions = loaded.affine[:3, :3] / nibabel.affines.voxel_sizes(loaded.affine)
    zooms = (2.0, 1.7, 3.1)
    for given, peer in (
        ({"affine": COARSE}, {"target_affine": COARSE}),
        ({"affine": COARSE, "shape": (9, 8, 7)}, {"target_affine": COARSE, "target_shape": (9, 8, 7)}),
        ({"affine": COARSE[:3, :3]}, {"target_affine": COARSE[:3, :3]}),
        ({"zooms": zooms}, {"target_affine": directions * zooms}),
    ):
        same(maskeditor.resample(image, interpolation=how, **given), resample_img(loaded, interpolation=how, **peer))


@pytest.mark.parametrize("how", HOWS)
def test_the_grid_of_an_image_is_that_of_nilearn(tmp_path: Path, how: Any) -> None:
    image = opened(head(np.float32), tmp_path / "head.nii")
    other = opened(nibabel.Nifti1Image(np.zeros((9, 8, 7), np.uint8), COARSE), tmp_path / "other.nii")
    made = maskeditor.resample(image, other, how)
    same(made, resample_to_img(tmp_path / "head.nii", tmp_path / "other.nii", interpolation=how))
    assert made.volume.name == "head (resampled)"


def test_real_images_equal_nilearn(test_data: Path) -> None:
    head, epi = (maskeditor.open_image(test_data / "nifti" / f"{name}.nii.gz") for name in ("T1_head_ext2", "fmri"))
    expected = resample_to_img(head.path, epi.path, interpolation="linear")
    made = maskeditor.resample(head, epi, "linear")
    np.testing.assert_array_equal(made.data, np.asarray(expected.dataobj))


@pytest.mark.parametrize("how", HOWS)
def test_a_volume_without_numbers_bounds_nothing(how: Any) -> None:
    """The two others are as nilearn makes them by themselves."""
    values = phantoms.head().astype(float)
    series = np.stack([values, np.full_like(values, np.nan), -values], axis=-1)
    with pytest.warns(UserWarning, match="hold no finite number") as said:
        made = maskeditor.resample(maskeditor.Image.of(series, AFFINE), interpolation=how, affine=COARSE)
    assert len(said) == 1
    numbers = nibabel.Nifti1Image(series[..., [0, 2]], AFFINE)
    expected = resample_img(numbers, target_affine=COARSE, interpolation=how)
    np.testing.assert_array_equal(made.data[..., [0, 2]], np.asarray(expected.dataobj))


def test_masks_and_labels_take_the_nearest(tmp_path: Path) -> None:
    values = np.zeros((12, 12, 12), np.uint8)
    values[2:6, 2:9, 2:9], values[6:10, 2:9, 2:9] = 3, 17
    for mask, what in ((values, "labels"), (values > 0, "a mask")):
        image = opened(nibabel.Nifti1Image(mask.astype(np.uint8), np.eye(4)), tmp_path / "labels.nii")
        made = maskeditor.resample(image, zooms=(1.3, 1.3, 1.3))
        expected = resample_img(tmp_path / "labels.nii", target_affine=np.eye(3) * 1.3, interpolation="nearest")
        same(made, expected)
        for how in ("linear", "continuous"):
            with pytest.raises(
                ParameterError, match=f"holds {what}, between whose.*cannot be resampled as {how}; use nearest"
            ):
                maskeditor.resample(image, interpolation=how, zooms=(1.3, 1.3, 1.3))


def test_what_is_no_grid_is_refused() -> None:
    grid = Geometry((4, 5, 6), np.eye(4))
    header = Header.from_geometry(grid)
    for given, sentence in (
        ({}, "The grid is not known"),
        ({"zooms": (1, 2, 3), "affine": np.eye(4)}, "either zooms, or an affine"),
        ({"zooms": (1, 0, 3)}, "three numbers above 0"),
        ({"affine": np.eye(3), "shape": (2, 2, 2)}, "not where it begins"),
        ({"affine": np.zeros((3, 3))}, "singular"),
        ({"affine": np.eye(2)}, "4 × 4 or 3 × 3"),
        ({"affine": np.eye(4) + np.eye(4, k=3) * 99}, "outside the grid"),
    ):
        with pytest.raises(ParameterError, match=sentence):
            grid_by_numbers(grid, header, **given)
    away = np.eye(4) + np.eye(4, k=3) * 99
    image = maskeditor.Image.of(phantoms.head(), np.eye(4))
    with pytest.raises(GeometryError, match="register the two to one space first"):
        maskeditor.resample(image, affine=away, shape=(4, 4, 4))
