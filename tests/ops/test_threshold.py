"""Threshold against numpy's own comparison, and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.declaration import make
from maskeditor.engine.box import Box
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.in_range import Extremes, in_range, stored_range
from maskeditor.engine.progress import Progress
from maskeditor.ops.threshold import Threshold
from tests import phantoms
from tests.ops.common import on_image, result_of

LINE = np.arange(1, 10, dtype=np.int16).reshape(3, 3, 1)


def test_both_ends_are_included():
    assert on_image(Threshold(lower=3, upper=5), phantoms.volume(LINE))[:, :, 0].tolist() == [
        [False, False, True],
        [True, True, False],
        [False, False, False],
    ]


def test_no_bound_takes_everything_but_nan():
    data = np.array([1.0, np.nan, np.inf, -np.inf]).reshape(4, 1, 1)
    assert on_image(Threshold(), phantoms.volume(data)).ravel().tolist() == [True, False, True, True]
    assert on_image(Threshold(upper=0), phantoms.volume(data)).ravel().tolist() == [False, False, False, True]
    assert on_image(Threshold(lower=0), phantoms.volume(data)).ravel().tolist() == [True, False, True, False]


def test_a_range_outside_the_type_is_empty_or_whole():
    image = phantoms.volume(LINE.astype(np.uint8))
    assert not on_image(Threshold(lower=300), image).any()
    assert not on_image(Threshold(upper=-0.5), image).any()
    assert on_image(Threshold(lower=-1e300, upper=1e300), image).all()
    assert not on_image(Threshold(lower=2.1, upper=2.9), image).any()


def test_bounds_must_be_in_order():
    with pytest.raises(ParameterError, match="intensity to \\(1\\) must not be below intensity from \\(2\\)"):
        make("threshold", {"lower": 2, "upper": 1})


@pytest.mark.parametrize(
    ("combine", "wanted"),
    [
        ("replace", [False, True, True, False]),
        ("add", [True, True, True, False]),
        ("subtract", [True, False, False, False]),
        ("intersect", [False, True, False, False]),
    ],
)
def test_combine(combine, wanted):
    image = phantoms.volume(np.array([1, 5, 5, 1]).reshape(4, 1, 1), dtype=np.int16)
    mask = np.array([True, True, False, False]).reshape(4, 1, 1)
    assert on_image(Threshold(lower=5, combine=combine), image, mask).ravel().tolist() == wanted


def test_an_empty_mask_has_nothing_to_subtract_from():
    scene = phantoms.scene(mask=np.zeros((13, 12, 11), bool))
    for combine in ("subtract", "intersect"):
        assert not result_of(Threshold(combine=combine), scene).any()


def test_frames_of_a_series():
    data = np.stack([LINE, LINE + 3, LINE + 9], axis=-1)
    image = phantoms.volume(data)
    for frame, values in [(1, LINE + 3), ((0, 1), LINE + 1.5), ("mean", LINE + 4)]:
        made = on_image(Threshold(lower=7, frame=frame), image)
        assert np.array_equal(made, values >= 7)
    with pytest.raises(MaskEditorError, match="Volume 3 was asked for"):
        on_image(Threshold(frame=3), image)


def test_smoothing_comes_before_the_threshold():
    from nibabel import Nifti1Image
    from nilearn.image import smooth_img

    image = phantoms.volume(affine_name="oblique")
    smoothed = smooth_img(Nifti1Image(image.stored, image.geometry.affine), 4.0).get_fdata()
    made = on_image(Threshold(lower=300.1234, fwhm=4.0), image)
    assert np.array_equal(made, smoothed >= 300.1234)


@pytest.mark.parametrize(
    "parameters", [{"fwhm": 4.0}, {"frame": (0, 1)}, {"frame": "mean"}, {"fwhm": 3.0, "image": "b"}]
)
def test_slices_can_be_previewed_once_the_image_is_made(parameters):
    data = np.stack([phantoms.volume().stored] * 3, axis=-1) + np.arange(3)
    image = phantoms.volume(data)
    scene = phantoms.scene(image, images={"b": image})
    threshold = Threshold(lower=300.0, **parameters)
    assert threshold.reach(scene) is None
    whole = result_of(threshold, scene)
    assert threshold.reach(scene) == (0, 0, 0)
    box = Box((0, 4, 0), (scene.geometry.shape[0], 5, scene.geometry.shape[2]))
    part = scene.cropped(box)
    assert threshold.reach(part) == (0, 0, 0)
    assert np.array_equal(result_of(threshold, part), whole[box.slices])


def test_a_part_takes_the_mean_of_the_whole():
    data = np.random.default_rng(3).normal(size=(5, 6, 7, 30)).astype(np.float32)
    scene = phantoms.scene(phantoms.volume(data))
    part = scene.cropped(Box((1, 2, 3), (2, 3, 4)))
    assert np.array_equal(
        part.intensities("", "mean", 2.0, Progress()),
        scene.intensities("", "mean", 2.0, Progress())[1:2, 2:3, 3:4],
    )


NUMBERS = st.floats(-300, 300) | st.integers(-300, 300).map(float) | st.sampled_from([-1e300, 1e300, 1e39])


@settings(max_examples=150)
@given(
    dtype=st.sampled_from([np.uint8, np.int8, np.uint16, np.int16, np.int32, np.float32, np.float64]),
    slope=st.sampled_from([1.0, 0.5, -0.25, 0.1, 3.7]),
    intercept=st.sampled_from([0.0, -7.5, 0.3]),
    bounds=st.tuples(st.none() | NUMBERS, st.none() | NUMBERS),
    seed=st.integers(0, 1000),
)
def test_equals_numpy_in_double_precision(dtype, slope, intercept, bounds, seed):
    random = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        data = random.normal(0, 100, (4, 5, 6)).astype(dtype)
        data[0, 0, :3] = np.nan, np.inf, -np.inf
        # A bound that float32 cannot hold lies between two of its numbers.
        bounds = (bounds[0], bounds[1] if bounds[1] is None else float(data[1, 1, 1]))
    else:
        limits = np.iinfo(dtype)
        data = random.integers(max(limits.min, -400), min(limits.max, 400) + 1, (4, 5, 6)).astype(dtype)
    lower, upper = bounds
    if lower is not None and upper is not None and upper < lower:
        lower, upper = upper, lower
    image = phantoms.volume(data, slope=slope, intercept=intercept)
    intensities = data.astype(np.float64) * slope + intercept
    wanted = ~np.isnan(intensities)
    if lower is not None:
        wanted &= intensities >= lower
    if upper is not None:
        wanted &= intensities <= upper
    assert np.array_equal(on_image(Threshold(lower=lower, upper=upper), image), wanted)


def test_float32_bounds_are_rounded_inwards():
    value = np.float32(0.1)  # a little more than 0.1
    data = np.full((1, 1, 1), value)
    assert in_range(data, 0.1, None).all()
    assert not in_range(data, None, 0.1).any()
    assert in_range(data, float(value), float(value)).all()


def test_large_whole_numbers_are_compared_with_floats_as_numpy_does():
    data = np.array([2**53, 2**53 + 1, 2**60]).reshape(3, 1, 1)
    assert in_range(data, None, float(2**53)).ravel().tolist() == [True, True, False]
    assert (data <= float(2**53)).ravel().tolist() == [True, True, False]
    assert in_range(data, None, 2**53).ravel().tolist() == [True, False, False]
    # Several whole numbers are one float64 there: 2^53 + 3 is 2^53 + 4, and 2^53 + 5 is too.
    data = np.arange(2**53, 2**53 + 12).reshape(12, 1, 1)
    for bound in data.ravel().astype(float).tolist():
        assert np.array_equal(in_range(data, bound, None), data >= bound)
        assert np.array_equal(in_range(data, None, bound), data <= bound)
        assert np.array_equal(in_range(-data, -bound, None), -data >= -bound)


def test_many_chunks_give_the_same():
    data = np.random.default_rng(0).integers(0, 1000, (600, 300, 7)).astype(np.int16, order="F")
    seen = []
    made = in_range(data, 100, 900, progress=seen.append)
    assert np.array_equal(made, (data >= 100) & (data <= 900))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 3
    assert np.array_equal(in_range(np.ascontiguousarray(data), 100, 900), made)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32, np.float64])
def test_blocks_that_cannot_lie_in_the_range_are_not_read(dtype):
    random = np.random.default_rng(3)
    data = np.zeros((64, 64, 40), dtype, order="F")
    data[:, :, 10:30] = random.integers(0, 200, (64, 64, 20))
    if data.dtype.kind == "f":
        data[0, 0, ::3] = np.nan
        data[1, 1, 10::5] = np.inf
        data[:, :, 32:36] = np.nan  # blocks that hold no number at all
        data[:, :, 36:40] = -np.inf
    scene = phantoms.scene(phantoms.volume(data))
    for lower, upper in ((100, 150), (1, None), (None, 0), (None, 150), (None, None), (300, 400), (0, 0)):
        wanted = ~np.isnan(data)
        wanted &= data >= (-np.inf if lower is None else lower)
        wanted &= data <= (np.inf if upper is None else upper)
        operation = Threshold(lower=lower, upper=upper)
        for _ in range(3):  # the second time, the extremes of the blocks are learned
            patch = operation.apply(scene, Progress())
            assert np.array_equal(patch.data, wanted)
    extremes = Extremes(data)
    in_range(data, None, None, extremes=extremes)
    data = data.copy(order="F")
    data[:, :, :10] = 120  # had they been read, they would be found
    assert not in_range(data, 100, 150, extremes=extremes)[:, :, :10].any()


def test_stored_range_of_a_negative_slope():
    image = phantoms.volume(LINE.astype(np.uint8), slope=-2.0, intercept=10.0)
    # Intensities 8, 6, 4 … −8: of 3 to 6 are 6 and 4, stored as 2 and 3.
    assert stored_range(image.stored.dtype, image.scaled, 3, 6) == (2, 3)


def test_suggest_parts_dark_from_bright():
    scene = phantoms.scene(phantoms.volume(phantoms.head((40, 40, 40))))
    suggested = Threshold.suggest(scene)
    assert suggested.lower is not None
    assert 100 < suggested.lower < 650
    assert suggested.upper is None


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"lower": 120, "upper": 340, "combine": "add"}, "Threshold 120–340 (add)"),
        ({"lower": 0.5}, "Threshold from 0.5"),
        ({"upper": 7, "fwhm": 4}, "Threshold up to 7, smoothed 4 mm"),
        ({"lower": 1, "frame": (0, 9)}, "Threshold from 1, volumes 0–9"),
        ({"frame": 3, "image": "T2"}, "Threshold any intensity, T2, volume 3"),
    ],
)
def test_summary(parameters, told):
    assert Threshold(**parameters).summary() == told
