"""Images inside a mask, and values put back: nilearn's numbers, each voxel at its place."""

from __future__ import annotations

from typing import Any

import nibabel
import numpy as np
import pytest
from nilearn import masking
from nilearn.image import crop_img
from numpy.typing import NDArray

from maskeditor.core.errors import GeometryMismatch, OperationError
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.io.nifti.header import Header
from maskeditor.model.data.applied import ApplyParameters, Outside, applied, put_back
from tests import phantoms

SHAPE = (13, 12, 11)
MASK = phantoms.blobs(SHAPE)
MASK[:3], MASK[:, -2:] = False, False


def of(volume: Volume, affine: Any = None) -> nibabel.Nifti1Image:
    data = np.asarray(volume.scaled(volume.stored))
    return nibabel.Nifti1Image(data, volume.geometry.affine if affine is None else affine)


def apply(volume: Volume, mask: NDArray[np.bool_] = MASK, **options: Any) -> Any:
    overwrite = options.pop("overwrite", False)
    header, parameters = Header.from_geometry(volume.geometry), ApplyParameters(**options)
    return applied(volume, header, MaskBits.of(mask), parameters, overwrite=overwrite)


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8", "i8"])
@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("place", list(phantoms.AFFINES))
def test_equals_what_nilearn_masks_and_puts_back(dtype: str, inverse: bool, place: str) -> None:
    volume = phantoms.volume(phantoms.head() // 4, place, dtype=dtype)
    made = apply(volume, inverse=inverse)
    mask = nibabel.Nifti1Image((MASK ^ inverse).astype(np.uint8), volume.geometry.affine)
    expected = masking.unmask(masking.apply_mask(of(phantoms.volume(volume.stored.astype(float), place)), mask), mask)
    assert made.volume.dtype == dtype
    assert np.array_equal(made.volume.stored, expected.get_fdata())
    assert made.voxels == (MASK ^ inverse).sum()
    assert not made.findings


def test_what_is_no_number_stays_and_is_counted() -> None:
    values = phantoms.series(3, shape=SHAPE).stored.astype(np.float32)
    first, second = np.argwhere(MASK)[[0, -1]]
    outside = np.argwhere(~MASK)[0]
    values[(*first, 0)], values[(*first, 2)], values[(*second, 1)], values[(*outside, 1)] = (
        np.nan,
        np.nan,
        np.inf,
        np.nan,
    )
    series = phantoms.series(3, shape=SHAPE)
    made = apply(Volume(values, series.geometry))
    assert made.findings == ("NaN or infinite values stand in 2 voxels of what is kept, and stay there.",)
    assert np.count_nonzero(~np.isfinite(made.volume.stored)) == 3
    assert (
        apply(Volume(values, series.geometry), ~MASK)
        .findings[0]
        .startswith("NaN or infinite values stand in 1 voxel of")
    )


def test_series_keep_their_scaling() -> None:
    plain = phantoms.series(4, shape=SHAPE)
    series = Volume(plain.stored, plain.geometry, slope=0.5, intercept=-8.0, repetition_time=2.0)
    made = apply(series)
    assert (made.volume.slope, made.volume.intercept, made.volume.repetition_time) == (0.5, -8.0, 2.0)
    expected = np.where(MASK[..., None], series.scaled(series.stored), 0)
    assert np.array_equal(made.volume.scaled(made.volume.stored), expected)


def test_intensities_are_written_where_no_stored_value_is_zero() -> None:
    series = Volume(phantoms.head(), phantoms.volume().geometry, slope=0.5, intercept=0.3)
    made = apply(series)
    assert made.volume.dtype == np.float64
    assert np.array_equal(made.volume.stored, np.where(MASK, series.intensities(), 0))
    assert made.findings == (
        "The image is written as float64, no longer as int16, which has no value for an intensity of 0.",
    )


@pytest.mark.parametrize(("dtype", "becomes", "said"), [("i2", "f4", 1), ("i4", "f8", 1), ("f4", "f4", 0)])
def test_what_is_no_number_outside(dtype: str, becomes: str, said: int) -> None:
    volume = phantoms.volume(dtype=dtype)
    made = apply(volume, outside="nan")
    assert made.volume.dtype == becomes
    assert np.array_equal(made.volume.stored, np.where(MASK, volume.stored, np.nan), equal_nan=True)
    assert len(made.findings) == said
    assert all("float" in finding for finding in made.findings)


def test_what_is_no_number_in_the_image_goes_outside_and_stays_inside() -> None:
    data = phantoms.head().astype(np.float32)
    data[0, 0, 0] = data[tuple(np.argwhere(MASK)[0])] = np.nan
    made = apply(phantoms.volume(data)).volume.stored
    assert np.isnan(made).sum() == 1
    assert made[0, 0, 0] == 0


@pytest.mark.parametrize("place", list(phantoms.AFFINES))
@pytest.mark.parametrize("inverse", [False, True])
def test_is_cropped_as_nilearn_crops(place: str, inverse: bool) -> None:
    mask = ~MASK if inverse else MASK
    volume = phantoms.volume(affine_name=place)
    made = apply(volume, mask, crop=True)
    expected = crop_img(of(phantoms.volume(np.where(mask, volume.stored + 1, 0), place)), pad=False, copy_header=True)
    assert made.volume.shape == expected.shape
    assert np.array_equal(made.volume.stored, np.where(expected.get_fdata() > 0, expected.get_fdata() - 1, 0))
    assert np.allclose(made.volume.geometry.affine, expected.affine, rtol=0, atol=1e-12)
    assert not made.volume.geometry.differences(made.header.geometry())
    assert not made.header.qform_code or np.allclose(made.header.qform, made.header.sform, atol=1e-4)
    assert made.header.shape == made.volume.shape


def test_a_crop_of_an_image_placed_by_its_zooms_stays_at_its_place() -> None:
    geometry = phantoms.volume(affine_name="anisotropic").geometry
    image = nibabel.Nifti1Image(phantoms.head(), geometry.affine)
    image.header.set_sform(None, 0)
    image.header.set_qform(None, 0)
    header = Header(bytes(image.header.binaryblock[:344]) + b"n+1\0")
    assert header.placed_by == "zooms"
    volume = Volume(phantoms.head(), header.geometry())
    made = applied(volume, header, MaskBits.of(MASK), ApplyParameters(crop=True))
    assert not made.volume.geometry.differences(made.header.geometry())


def test_memory_of_an_image_needed_no_more_is_used() -> None:
    volume = phantoms.volume(phantoms.head())
    expected = np.where(MASK, volume.stored, 0)
    made = apply(volume, overwrite=True).volume.stored
    assert np.shares_memory(made, volume.stored)
    assert np.array_equal(made, expected)
    kept = phantoms.volume(phantoms.head())
    assert not np.shares_memory(apply(kept).volume.stored, kept.stored)
    assert np.array_equal(kept.stored, phantoms.head())


def test_an_empty_mask() -> None:
    nothing = np.zeros_like(MASK)
    assert apply(phantoms.volume(), nothing).findings == ("The mask is empty, so that nothing of the image is left.",)
    with pytest.raises(OperationError, match="nothing to crop to; give a mask with voxels"):
        apply(phantoms.volume(), nothing, crop=True)
    with pytest.raises(GeometryMismatch, match="its shape is"):
        apply(phantoms.volume(), MASK[1:])


@pytest.mark.parametrize("outside", ["0", "nan"])
def test_a_mask_of_one_voxel(outside: Outside) -> None:
    one = np.zeros_like(MASK)
    one[4, 5, 6] = True
    made = apply(phantoms.volume(), one, outside=outside, crop=True)
    assert made.volume.stored.ravel().tolist() == [phantoms.head()[4, 5, 6]]


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8"])
@pytest.mark.parametrize("frames", [None, 1, 3])
def test_values_are_put_back_as_by_nilearn(dtype: str, frames: int | None) -> None:
    random, voxels = np.random.default_rng(0), int(MASK.sum())
    values = (random.random((frames, voxels) if frames else voxels) * 200).astype(dtype)
    geometry = phantoms.volume(affine_name="oblique").geometry
    mask = nibabel.Nifti1Image(MASK.astype(np.uint8), geometry.affine)
    made = put_back(values, MaskBits.of(MASK), geometry, "values")
    expected = masking.unmask(values, mask)
    assert made.dtype == dtype == np.asarray(expected.dataobj).dtype
    assert np.array_equal(made.stored, np.asarray(expected.dataobj))
    again = masking.apply_mask(of(made), mask)
    assert np.array_equal(again, values)


def test_a_column_of_values_is_one_volume() -> None:
    values = np.arange(float(MASK.sum()))
    geometry = phantoms.volume().geometry
    made = put_back(values[:, None], MaskBits.of(MASK), geometry, "values")
    assert np.array_equal(made.stored[MASK], values)
    with pytest.raises(OperationError, match=r"table.tsv holds 3 × 2 values, but the mask has \d+ voxels"):
        put_back(np.zeros((3, 2)), MaskBits.of(MASK), geometry, "table.tsv")
