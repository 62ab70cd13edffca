"""Smoothing equals nilearn's."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nilearn.image import smooth_img
from nilearn.image.image import compute_mean, smooth_array
from scipy.ndimage import gaussian_filter1d

from maskeditor.engine import parallel, smoothing

TYPES = ["uint8", "int16", "uint16", "int32", "int64", "float32", "float64"]
SHAPES = [(1, 1, 1), (1, 5, 9), (5, 6, 7), (9, 17, 64), (3, 3, 200), (2, 40, 1), (20, 21, 22)]


@pytest.fixture(params=["small", "usual"])
def blocks(request, monkeypatch):
    """Small blocks have many borders between them, as have the parts that several threads take."""
    if request.param == "small":
        monkeypatch.setattr(smoothing, "BLOCK", 500)
        monkeypatch.setattr(smoothing, "PIECE", 90)
        monkeypatch.setattr(smoothing, "LEAST", 100)
        monkeypatch.setattr(parallel, "processors", lambda: 3)


def volume(shape, dtype, order, seed=0):
    rng = np.random.default_rng(seed)
    top = min(30000, np.iinfo(dtype).max) if np.dtype(dtype).kind in "iu" else 1500
    data = (rng.random(shape) * top).astype(dtype)
    return np.array(data, order=order)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", TYPES)
def test_equals_smooth_img(dtype, order):
    zooms = (0.9, 1.25, 3.0)
    for shape in SHAPES:
        data = volume(shape, dtype, order)
        data.flags.writeable = False
        kept = data.copy()
        for fwhm in (1.0, 4.0, 11.5):
            expected = smooth_array(data, np.diag([*zooms, 1]), fwhm)
            result = smoothing.smooth(data, zooms, fwhm)
            assert result.dtype == expected.dtype
            np.testing.assert_array_equal(result, expected)
            assert result.flags.f_contiguous == data.flags.f_contiguous
        np.testing.assert_array_equal(data, kept)


def test_equals_smooth_img_of_an_oblique_image_with_holes_in_its_values():
    data = volume((12, 13, 14), "float32", "F")
    data[3, 4, 5] = np.nan
    data[0, 0, 0] = np.inf
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([1.5, 2, 2.5])
    expected = np.asanyarray(smooth_img(nibabel.Nifti1Image(data, affine), 5).dataobj)
    zooms = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    np.testing.assert_array_equal(smoothing.smooth(data, zooms, 5), expected)


def test_what_is_flat_stays_so():
    data = np.full((9, 9, 9), 1000, np.int16)
    assert (smoothing.smooth(data, (1, 1, 1), 4) >= 1000).all()
    largest = np.full((5, 5, 5), 3e38, np.float32)
    np.testing.assert_array_equal(smoothing.smooth(largest, (1, 1, 1), 2), largest)


@pytest.mark.parametrize("sigma", [0.3, 0.42466, 1, 2.7, 6])
def test_weights_are_those_of_scipy(sigma):
    weights = smoothing.gaussian_weights(sigma)
    impulse = np.zeros(101)
    impulse[50] = 1
    np.testing.assert_array_equal(gaussian_filter1d(impulse, sigma)[50 : 50 + weights.size], weights)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [name for name in TYPES if name != "int64"])  # which nilearn refuses
def test_one_voxel_equals_nilearn_to_the_bit(dtype, order):
    for shape in SHAPES:
        data = volume(shape, dtype, order)
        if data.dtype.kind == "f" and data.size > 30:
            data.reshape(-1, order="A")[[3, 7, 11, 29]] = np.nan, np.inf, -np.inf, np.nan
        expected, _ = compute_mean(nibabel.Nifti1Image(data, np.eye(4), dtype=data.dtype), smooth=1)
        result = smoothing.smooth_one_voxel(data)
        assert result.dtype == expected.dtype
        np.testing.assert_array_equal(result, expected)


@settings(max_examples=40)
@given(
    st.tuples(*[st.integers(1, 12)] * 3),
    st.sampled_from(["int16", "float32", "float64"]),
    st.permutations(range(3)),
    st.sampled_from([1, -1, 2]),
    st.integers(0, 2**32 - 1),
)
def test_any_layout_in_memory(shape, dtype, axes, step, seed):
    data = volume(shape, dtype, "C", seed).transpose(axes)[::step]
    expected = smooth_array(np.ascontiguousarray(data), np.eye(4), 1)
    np.testing.assert_array_equal(smoothing.smooth_one_voxel(data), expected)


def test_no_width_changes_no_value():
    data = volume((4, 5, 6), "int16", "F")
    np.testing.assert_array_equal(smoothing.smooth(data, (1, 1, 1), 0), data)


def test_progress_grows_to_one_and_can_cancel():
    data = volume((80, 81, 82), "float32", "F")
    seen = []
    smoothing.smooth(data, (1, 1, 1), 4, progress=seen.append)
    assert len(seen) > 20
    assert seen == sorted(seen)
    assert seen[-1] == 1

    def cancel(_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        smoothing.smooth(data, (1, 1, 1), 4, progress=cancel)


def test_what_rounds_to_a_half_belongs_to_a_smoothed_mask():
    """A sum of weights a hair below a half is a half as float32, in which nilearn compares."""
    mask = np.zeros((3, 2, 2), bool, order="F")
    mask[:, :, 0] = True

    def sums(fwhm):
        return gaussian_filter1d(mask[0, 0].astype(float), fwhm / smoothing.FWHM_PER_SIGMA)

    found = 0
    for wide in np.arange(5, 14, 0.125):
        low, high = wide, wide + 0.125
        if (sums(low)[1] < 0.5) == (sums(high)[1] < 0.5):
            continue
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if (sums(low)[1] < 0.5) != (sums(middle)[1] < 0.5) else (middle, high)
            below = min(sums(middle)[1], sums(middle)[0])
            if below < 0.5 and np.float32(below) == 0.5:
                found += 1
                expected = smooth_array(mask.astype(np.float32), np.eye(4), middle)
                np.testing.assert_array_equal(smoothing.smooth_mask(mask, (1, 1, 1), middle), expected >= 0.5)
    assert found


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(40, 31, 83), (1, 5, 6), (9, 1, 3), (30, 20, 1), (3, 3, 2)])
def test_a_mask_smoothed_in_parts(shape, order):
    mask = np.asarray(np.random.default_rng(7).random(shape) < 0.5, order=order)
    mask[shape[0] // 2 :] &= mask[::-1][shape[0] // 2 :]
    for zooms, fwhm in (((1, 1, 1), 3), ((0.5, 0.9, 2.2), 5), ((2, 2, 0.4), 4), ((3, 3, 3), 0.5)):
        image = nibabel.Nifti1Image(mask.astype(np.float32), np.diag([*zooms, 1]))
        expected = smooth_img(image, fwhm).get_fdata(dtype=np.float32)
        ours = smoothing.smooth_mask(mask, zooms, fwhm)
        np.testing.assert_array_equal(ours, expected >= 0.5)
        assert np.array_equal(ours, smoothing.smooth(mask.astype(np.float32), zooms, fwhm) >= 0.5)
