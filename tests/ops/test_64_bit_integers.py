"""Integers that no float64 holds: every intensity operation compares them as numpy and nilearn do."""

from __future__ import annotations

import warnings

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nilearn.masking import compute_background_mask, compute_epi_mask, get_border_data

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.declaration import make, operations
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from tests import phantoms
from tests.ops.common import on_image

BASES = {np.int64: (-(2**63), -(2**53) - 5, 2**53 - 5, 2**60, 2**63 - 9), np.uint64: (2**53, 2**63 - 4, 2**64 - 9)}


@st.composite
def images(draw, minimum: int = 2) -> np.ndarray:
    """A few neighbouring integers that several share a float64, and sometimes one far away."""
    dtype = draw(st.sampled_from(list(BASES)))
    base = draw(st.sampled_from(BASES[dtype]))
    offsets = draw(st.lists(st.integers(0, 8), min_size=minimum, max_size=60))
    values = [base + offset for offset in offsets]
    if draw(st.booleans()):
        values[0] = draw(st.integers(0, 100))
    return np.array(values, dtype).reshape(-1, 1, 1)


def masked(data: np.ndarray, id: str, **parameters: object) -> np.ndarray:
    return on_image(make(id, parameters), Volume(np.asfortranarray(data), Geometry(data.shape[:3], np.eye(4))))


@given(images(), st.data())
def test_threshold_compares_as_numpy(data: np.ndarray, draw: st.DataObject) -> None:
    ends = st.sampled_from(sorted({float(value) + by for value in data.ravel() for by in (0, 0.5, -1, 2048)}))
    lower, upper = sorted((draw.draw(ends), draw.draw(ends)))
    assert np.array_equal(masked(data, "threshold", lower=lower, upper=upper), (data >= lower) & (data <= upper))


@given(images())
def test_percentiles_keep_both_ends(data: np.ndarray) -> None:
    assert masked(data, "percentiles", lower=0, upper=100).all()
    brightest = masked(data, "percentiles", lower=100, upper=100)
    assert np.array_equal(brightest, data.astype(np.float64) == data.max().astype(np.float64))


@given(images(), st.sampled_from([2, 3]))
def test_otsu_keeps_the_brightest(data: np.ndarray, classes: int) -> None:
    try:
        made = masked(data, "otsu", classes=classes)
    except OperationError:
        # Of integers over a wide range bins are counted, of which two at least hold some.
        assert np.unique(data).size < classes or classes > 2
    else:
        assert made[data == data.max()].all()


@given(images(minimum=12))
def test_masks_of_a_series_of_one_volume_are_those_of_nilearn(data: np.ndarray) -> None:
    series = data[..., None]
    image = nibabel.Nifti1Image(series, np.eye(4), dtype=data.dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = compute_background_mask(image).get_fdata() > 0
        assert np.array_equal(masked(series, "background_mask"), expected)
        expected = compute_epi_mask(image, opening=0, ensure_finite=True).get_fdata() > 0
    assert np.array_equal(masked(series, "epi_mask", opening=0), expected)


@given(images(minimum=12), st.integers(1, 3))
def test_background_masks_of_single_images_compare_as_numpy(data: np.ndarray, border: int) -> None:
    # nilearn takes no single image of these types; these are its lines.
    expected = data != np.median(get_border_data(data, border))
    assert np.array_equal(masked(data, "background_mask", border_size=border), expected)


@given(images())
def test_every_form_opens(data: np.ndarray) -> None:
    image = Volume(np.asfortranarray(data), Geometry(data.shape, np.eye(4)))
    scene = phantoms.scene(image, np.zeros(data.shape, bool), others={})
    for cls in operations():
        if not cls.by_tool:
            cls.suggest(scene)


@pytest.mark.parametrize("size", [4096, 4104])  # sorted, and counted
def test_epi_mask_of_the_largest_integers(size: int) -> None:
    data = (np.uint64(2**64 - 5) + np.random.default_rng(0).integers(0, 5, size).astype(np.uint64)).reshape(2, 2, -1)
    assert masked(data, "epi_mask", opening=0).all()  # all are one float64
