"""Median Otsu: dipy's masks, bit for bit, and scipy's median filter."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.filters import threshold_otsu

from maskeditor.core.errors import OperationError
from maskeditor.engine import median_filter as module
from maskeditor.engine.median_filter import median_filter
from maskeditor.engine.median_otsu import extremes_of_medians
from maskeditor.engine.progress import Progress
from maskeditor.ops import median_otsu as operation
from maskeditor.ops.median_otsu import MedianOtsu, plain_median_otsu
from tests import phantoms
from tests.ops.common import on_image
from tests.ops.record_median_otsu import CASES, RECORDED, digest, image


@given(
    st.tuples(*[st.integers(1, 20)] * 3),
    st.integers(1, 4),
    st.integers(1, 2),
    st.sampled_from([np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64]),
    st.sampled_from([1, 30, 10_000]),
    st.integers(0, 1000),
)
def test_filter_equals_scipy(shape, radius, passes, dtype, spread, seed):
    values = np.random.default_rng(seed).normal(size=shape) * spread
    values = (values.clip(-128, 127) if dtype in (np.int8, np.uint8) else values).astype(np.int32).astype(dtype)
    values = values + np.random.default_rng(seed).random(shape).astype(dtype) if values.dtype.kind == "f" else values
    wanted = values
    for _ in range(passes):
        wanted = ndimage.median_filter(wanted, 2 * radius + 1)
    found = median_filter(values, radius, passes=passes)
    assert found.dtype == dtype
    assert np.array_equal(found, wanted)


@pytest.mark.parametrize(("tile", "most"), [(5, 600), (7, 2), (28, 2)])
def test_small_tiles_and_sorted_boxes_make_the_same(monkeypatch, tile, most):
    head = phantoms.head((17, 16, 15))
    wanted = ndimage.median_filter(head, 5)
    monkeypatch.setattr(module, "TILE", tile)
    monkeypatch.setattr(module, "MOST_LEVELS", most)
    assert np.array_equal(median_filter(head, 2), wanted)


@given(st.integers(0, 1000), st.sampled_from([np.float32, np.float64]), st.sampled_from([0.0, 1e9]))
def test_extremes_are_those_of_the_filtered_image(seed, dtype, far):
    values = np.random.default_rng(seed).normal(size=(9, 8, 7)).astype(dtype)
    values[4, 4, 4] = far
    filtered = ndimage.median_filter(ndimage.median_filter(values, 3), 3)
    assert extremes_of_medians(values, 1, 2) == (filtered.min(), filtered.max())


@pytest.mark.parametrize("case", CASES)
def test_equal_to_dipy(request, case):
    """To dipy 1.12.1, by what `record_median_otsu` wrote."""
    name, volumes, radius, passes, dilate = CASES[case]
    if name == "pcasl":
        request.getfixturevalue("test_data")
    data = image(name)
    frame = "mean" if volumes is None or len(volumes) > 1 else volumes[0]
    chosen = MedianOtsu(frame=frame, median_radius=radius, numpass=passes, dilate=dilate or 0)
    wanted = json.loads(RECORDED.read_text())[case]
    assert digest(on_image(chosen, phantoms.volume(data))) == wanted


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_scaled_images_and_constant_ones(dtype):
    head = phantoms.head((15, 14, 13)).astype(dtype)
    for slope in (0.3, -0.3):
        made = on_image(MedianOtsu(median_radius=1, numpass=2), phantoms.volume(head, slope=slope, intercept=5.0))
        assert np.array_equal(made, plain_median_otsu(head * np.float64(slope) + 5.0, 1, 2, False))
    # One voxel alone is in no median.
    single = np.zeros((7, 7, 7), dtype)
    single[3, 3, 3] = 9
    assert not on_image(MedianOtsu(median_radius=1), phantoms.volume(single)).any()


@pytest.mark.parametrize(("dtype", "slope"), [(np.int16, 1.0), (np.int16, -0.3), (np.float32, 1.0)])
def test_the_threshold_of_the_medians_is_found_with_the_mask(monkeypatch, dtype, slope):
    image = phantoms.volume(phantoms.head((15, 14, 13)).astype(dtype), slope=slope)
    scene, chosen = phantoms.scene(image, np.zeros(image.shape, bool)), MedianOtsu(median_radius=1, numpass=2)
    medians = scene.intensities("", "mean", 0.0, Progress())
    for _ in range(2):
        medians = ndimage.median_filter(medians, 3)
    ((title, threshold, *_),) = chosen.found(scene, Progress())
    assert (title, threshold) == ("Threshold of medians", threshold_otsu(medians))
    # The filters have run; neither the mask nor another width of it wants them again.
    monkeypatch.setattr(operation, "median_otsu", None)
    patch = chosen.apply(scene, Progress())
    assert np.array_equal(patch.data, medians > threshold)
    assert MedianOtsu(median_radius=1, numpass=2, dilate=1).found(scene, Progress()) == chosen.found(scene, Progress())


def test_medians_that_are_all_alike_have_no_threshold():
    scene = phantoms.scene(phantoms.volume(np.zeros((5, 5, 5), np.int16)), np.zeros((5, 5, 5), bool))
    assert MedianOtsu().found(scene, Progress()) == ()


def test_is_refused_and_told():
    holes = phantoms.head().astype(np.float32)
    holes[2, 3:5, 4] = np.nan
    with pytest.raises(OperationError, match=r"holds NaN or infinite values \(voxels: 2\)"):
        on_image(MedianOtsu(), phantoms.volume(holes))
    # Widths of nothing are no smoothing, after which a series would be one no longer.
    assert MedianOtsu(fwhm=(0, 0, 0)).python() == MedianOtsu().python()
    chosen = MedianOtsu(frame=(0, 3), dilate=1)
    assert chosen.summary() == "Median Otsu, radius 4, 4 passes, dilated 1, volumes 0–3"
    assert "as by median_otsu of DIPY (median radius 4, 4 passes, dilated once)" in chosen.methods()
