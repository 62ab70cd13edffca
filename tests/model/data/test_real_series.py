"""Signals and masks of real scans, beside nilearn."""

from __future__ import annotations

import warnings
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nilearn import masking
from nilearn.maskers import NiftiLabelsMasker, NiftiMasker

import maskeditor


@pytest.fixture
def series(test_data: Path) -> Path:
    return test_data / "nifti" / "pcasl.nii.gz"


def test_signals_of_a_perfusion_series(series: Path, tmp_path: Path) -> None:
    image = nibabel.load(series)
    labels = np.zeros(image.shape[:3], np.uint8)
    labels[10:25, 20:50, 5:15], labels[25:42, 20:50, 5:15] = 1, 2
    nibabel.save(nibabel.Nifti1Image(labels, image.affine), tmp_path / "halves.nii.gz")
    opened = maskeditor.open_image(series)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for given in ({}, {"detrend": True, "standardize": "zscore_sample"}, {"standardize": "psc"}):
            made = maskeditor.signals(opened, tmp_path / "halves.nii.gz", fwhm=6, **given)
            theirs = {"standardize": None, **given}
            masker = NiftiLabelsMasker(str(tmp_path / "halves.nii.gz"), smoothing_fwhm=6, **theirs)
            assert np.array_equal(made.values, masker.fit_transform(str(series)))
        voxels = maskeditor.signals(opened, tmp_path / "halves.nii.gz", voxels=True)
        whole = nibabel.Nifti1Image((labels > 0).astype(np.uint8), image.affine)
        assert np.array_equal(voxels.values, NiftiMasker(whole, standardize=None).fit_transform(str(series)))
        back = maskeditor.unmask(voxels.values, tmp_path / "halves.nii.gz")
        assert np.array_equal(back.data, masking.unmask(voxels.values, whole).get_fdata(dtype=np.float32))


@pytest.mark.parametrize("name", ["spmMotor.nii.gz", "spm152.nii.gz", "pcasl.nii.gz", "fmri.nii.gz"])
def test_a_real_image_inside_a_mask(test_data: Path, name: str, tmp_path: Path) -> None:
    path = test_data / "nifti" / name
    opened = maskeditor.open_image(path)
    image = nibabel.load(path)
    first = image.get_fdata().reshape((*image.shape[:3], -1))[..., 0]
    mask = nibabel.Nifti1Image((first > np.percentile(first, 80)).astype(np.uint8), image.affine)
    nibabel.save(mask, tmp_path / "mask.nii.gz")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inside = maskeditor.apply(opened, tmp_path / "mask.nii.gz")
        expected = masking.unmask(masking.apply_mask(str(path), mask), mask)
    assert np.array_equal(inside.data, np.nan_to_num(np.asarray(expected.dataobj)))
    assert inside.volume.dtype == opened.volume.dtype
