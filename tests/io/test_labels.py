"""What counts as a mask: whole numbers but for rounding, and nothing that is not a number."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskeditor.core.errors import FileError
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.io.labels import labels_of
from maskeditor.io.open import open_mask

SHAPE = (4, 3, 5)
GRID = Geometry(SHAPE, np.eye(4))
LABELS = np.random.default_rng(4).integers(0, 8, SHAPE)


def volume(values: np.ndarray, slope: float = 1.0, intercept: float = 0.0) -> Volume:
    return Volume(np.asfortranarray(values), GRID, slope, intercept)


@pytest.mark.parametrize("label", [1, 3, 7, 200])
@pytest.mark.parametrize("stored", [np.uint8, np.int16])
def test_a_mask_that_nibabel_scaled(tmp_path: Path, label: int, stored: type) -> None:
    mask = LABELS > 4
    image = nib.Nifti1Image((mask * label).astype(np.float32), np.eye(4))
    image.set_data_dtype(stored)
    nib.save(image, tmp_path / "mask.nii")
    opened = open_mask(tmp_path / "mask.nii", GRID)
    assert list(opened.labels) == [label]
    np.testing.assert_array_equal(opened.mask, mask)
    rounded = (np.asarray(nib.load(tmp_path / "mask.nii").dataobj)[mask] != label).any()
    assert any("off whole ones" in sentence for sentence in opened.findings) == rounded


@given(st.integers(2, 200))
def test_labels_come_back_from_any_scaling_to_bytes(most: int) -> None:
    labels = np.arange(60).reshape(SHAPE) % (most + 1)
    labels[-1, -1, -1] = most
    slope = float(np.float32(most / 255))
    stored = np.rint(labels / slope).astype(np.uint8)  # as nibabel stores them
    read = labels_of(volume(stored, slope), "mask.nii")
    assert list(read.masks) == sorted(set(labels.ravel().tolist()) - {0})
    for label, mask in read.masks.items():
        np.testing.assert_array_equal(mask[...], labels == label)


@pytest.mark.parametrize("value", [1.00000006, 7014.9999, 2.9991, -1.0009])
def test_numbers_that_are_whole_but_for_rounding(value: float) -> None:
    read = labels_of(volume(np.where(LABELS > 3, value, 0.0)), "mask.nii")
    assert list(read.masks) == [round(value)]
    np.testing.assert_array_equal(read.masks[round(value)][...], LABELS > 3)
    (finding,) = read.findings
    assert finding.startswith("mask.nii holds numbers that are up to ")


def test_many_numbers_that_mean_one_label() -> None:
    values = np.where(LABELS > 3, np.random.default_rng(1).uniform(1.9995, 2.0005, SHAPE), 1e-4)
    read = labels_of(volume(values), "mask.nii")
    assert list(read.masks) == [2]
    np.testing.assert_array_equal(read.masks[2][...], LABELS > 3)


@pytest.mark.parametrize(
    ("values", "slope"),
    [
        ([0, 1, 2], 0.5),  # halves
        ([0, 1, 2], 2.5),  # steps too wide for labels
        ([0, 128, 255], 1 / 255),  # a probability
        ([0, 1002], 1e-3),
    ],
)
def test_scaled_fractions_are_none(values: list[int], slope: float) -> None:
    with pytest.raises(FileError, match="holds fractions"):
        labels_of(volume(np.resize(values, SHAPE).astype(np.int16), slope), "image.nii")


@pytest.mark.parametrize("label", [1.0, np.nan])
def test_what_is_not_a_number_lies_outside(label: float) -> None:
    values = np.where(LABELS > 3, label, np.nan).astype(np.float32)
    read = labels_of(volume(values), "mask.nii")
    assert list(read.masks) == [1]
    np.testing.assert_array_equal(read.masks[1][...], (LABELS > 3) & (label == 1))
    count = int(np.isnan(values).sum())
    assert read.findings == (f"mask.nii holds no number (NaN) in {count} voxels; they are taken as outside.",)


@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_labels_beyond_2_to_the_53_are_exact(dtype: str) -> None:
    values = np.where(LABELS > 3, 2**60 + 1, 0).astype(dtype)
    assert list(labels_of(volume(values), "mask.nii").masks) == [2**60 + 1]


def test_several_volumes_are_named_and_what_to_do() -> None:
    four = Volume(np.zeros((*SHAPE, 2), np.uint8, order="F"), GRID)
    with pytest.raises(FileError, match=r"mask\.nii has 2 volumes, but a mask has one; extract one volume"):
        labels_of(four, "mask.nii")


def test_many_labels_are_held_in_bits() -> None:
    labels = np.repeat(np.arange(60, dtype=np.uint8), 16 * 16 * 16).reshape((64, 48, 80), order="F")
    read = labels_of(Volume(labels, Geometry(labels.shape, np.eye(4))), "atlas.nii")
    assert list(read.masks) == list(range(1, 60))
    # Each lies in some slices alone; eight voxels a byte, and the slices at both its ends.
    assert sum(mask.nbytes for mask in read.masks.values()) < 2 * 2 * labels.size / 8
