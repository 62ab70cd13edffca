"""Operations that make images equal their peers: nilearn, numpy, scipy, scikit-learn and SimpleITK."""

from __future__ import annotations

from typing import Any

import nibabel
import numpy as np
import pytest
from nilearn import image as of_nilearn

from maskeditor.core.errors import OperationError, ParameterError
from maskeditor.core.operation.declaration import from_text, make
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Progress
from tests import phantoms

SERIES = phantoms.series(5)
OBLIQUE = phantoms.volume(phantoms.head().astype(np.float32), "oblique")


def made(line: str, image: Volume) -> Array:
    """Return the image that a step makes of another."""
    operation = from_text(line)
    assert isinstance(operation, ImageOperation)
    operation.frames_made(image.frames, image.geometry)
    return operation.worked_out(image, Progress())


def nifti(image: Volume) -> Any:
    return nibabel.Nifti1Image(image.intensities() if image.frames == 1 else image.stored, image.geometry.affine)


@pytest.mark.parametrize("image", [SERIES, OBLIQUE], ids=["series", "oblique"])
@pytest.mark.parametrize("fwhm", [2.5, 6])
def test_smooth_equals_nilearn(image: Volume, fwhm: float) -> None:
    expected = of_nilearn.smooth_img(nifti(image), fwhm).get_fdata()
    assert np.array_equal(made(f"smooth name=s fwhm={fwhm}", image), expected)


def test_smooth_takes_some_volumes() -> None:
    every = made("smooth name=s", SERIES)
    assert np.array_equal(made("smooth name=s frame=1-3", SERIES), every[..., 1:4])
    assert np.array_equal(made("smooth name=s frame=4", SERIES), every[..., 4])


def test_mean_equals_nilearn() -> None:
    expected = of_nilearn.mean_img(nifti(SERIES), copy_header=True).get_fdata()
    assert np.array_equal(made("mean name=m", SERIES), expected)
    assert np.array_equal(made("mean name=m frame=2-3", SERIES), SERIES.stored[..., 2:4].mean(axis=3))
    assert np.array_equal(made("mean name=m", OBLIQUE), OBLIQUE.stored)


@pytest.mark.parametrize("line", ["mean name=m frame=3-5", "smooth name=s frame=5"])
def test_volumes_that_are_not_there_are_refused(line: str) -> None:
    with pytest.raises(OperationError, match=r"Volume 5 was asked for, but the image has volumes 0 to 4\."):
        made(line, SERIES)


@pytest.mark.parametrize("name", ["", " s", "s ", "a\tb", 61 * "s"])
def test_a_name_can_be_seen_and_is_not_long(name: str) -> None:
    with pytest.raises(ParameterError, match=r"name is .* but must be a name of 1 to 60 characters that can be seen"):
        make("mean", {"name": name})
