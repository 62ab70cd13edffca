"""Labels as regions: of any stored type, whatever stands for them, and segments of DICOM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maskeditor.core.errors import GeometryMismatch
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.progress import Progress
from maskeditor.engine.regions import ALL
from maskeditor.io.open import open_image
from maskeditor.model.data.regions import Regions, regions_of_file, regions_of_labels, regions_of_mask, without_voxels


def voxels(regions: Regions, shape: tuple[int, ...]) -> np.ndarray:
    """Put the regions together again: 0 for none, else their place from 1 on."""
    made = np.zeros((shape[0] * shape[1], shape[2]), int)
    for plane, places, numbers in regions.pieces(ALL):
        assert (np.diff(places) > 0).all()
        made[places, plane] = numbers.astype(int) + 1
    return made.reshape(shape, order="F")


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.float32])
def test_labels_of_any_type(dtype: type) -> None:
    values = [-3, 0, 1, 2, 90] if np.dtype(dtype).kind != "u" else [0, 1, 2, 3, 90]
    stored = np.asfortranarray(np.random.default_rng(0).choice(values, (7, 6, 5)).astype(dtype))
    for wanted in ([values[0], 90], [0, 2], [90]):  # 0 may stand for a label where a file has an intercept
        numbers = {place: np.array([value], dtype) for place, value in enumerate(wanted, 1)}
        expected = np.zeros(stored.shape, int)
        for place, value in enumerate(wanted, 1):
            expected[stored == value] = place
        assert np.array_equal(voxels(regions_of_labels(stored, numbers, {}), stored.shape), expected)


def test_several_values_stand_for_one_label_and_nan_for_none() -> None:
    stored = np.array([1.0, 1.0001, np.nan, 2.0, 0.0, np.inf]).reshape(6, 1, 1)
    regions = regions_of_labels(stored, {1: np.array([1.0, 1.0001]), 2: np.array([2.0])}, {2: "two"})
    assert voxels(regions, stored.shape).ravel().tolist() == [1, 1, 0, 2, 0, 0]
    assert regions.names == ("", "two")


def test_more_labels_than_a_byte_counts() -> None:
    stored = np.arange(600, dtype=np.uint16).reshape(10, 10, 6, order="F")
    numbers = {value: np.array([value], np.uint16) for value in range(1, 600)}
    assert np.array_equal(voxels(regions_of_labels(stored, numbers, {}), stored.shape), stored)


def test_a_mask_is_read_where_it_is() -> None:
    mask = np.zeros((9, 8, 7), bool)
    mask[2:5, 3:6, 1:3] = True
    read: list[int] = []
    regions = regions_of_mask(MaskBits.of(mask), 1, "mask")
    for plane, _, _ in regions.pieces(ALL):
        read.append(plane)
    assert read == [1, 2]
    assert np.array_equal(voxels(regions, mask.shape), mask)


def test_labels_without_voxels_are_named_up_to_a_few() -> None:
    named = {0: "none", 1: "left", 2: "right"}
    assert without_voxels([1, 2], named, "a.nii") == ()
    assert without_voxels([1], named, "a.nii")[0].startswith("a.nii has no voxels of the label 2 right that its table")
    (many,) = without_voxels([], dict.fromkeys(range(1, 40), ""), "a.nii")
    assert "labels 1, 2, 3, 4, 5, 6, 7, 8 and 31 more" in many


@pytest.mark.realdata
def test_segments_of_dicom_are_regions(test_data: Path) -> None:
    path = test_data / "cases" / "dicom-02-seg-even-gap" / "53a_seg_two_frames_gap_binary" / "in"
    if not path.exists():
        pytest.skip("the made cases are not among the real scans")
    volume = open_image(path).volume
    (region,) = regions_of_file(path, volume.geometry, "image", Progress())
    assert np.array_equal(voxels(region, volume.geometry.shape) > 0, volume.stored_frame(0) > 0)
    elsewhere = Geometry(volume.geometry.shape, np.eye(4))
    with pytest.raises(GeometryMismatch, match="bring it there by maskeditor resample"):
        regions_of_file(path, elsewhere, "image", Progress())
