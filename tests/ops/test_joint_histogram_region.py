"""Regions of a joint histogram: counts are numpy's, and a region is the same whatever it is looked up by."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.declaration import from_text, make
from maskeditor.core.operation.pairs import Pairs
from maskeditor.engine.gradients import gradient_magnitude, gradient_magnitude_of_part
from maskeditor.engine.joint_histogram import Bins, Region, in_polygon, joint_counts
from maskeditor.engine.progress import Progress
from maskeditor.ops.joint_histogram_region import JointHistogramRegion
from tests import phantoms
from tests.ops.common import on_image, result_of


@given(
    st.sampled_from([np.uint8, np.int16, np.int32, np.float32, np.float64]),
    st.integers(1, 300),
    st.sampled_from([0.0, -3.0, 1e6, 0.1]),
    st.sampled_from([1.0, 7.0, 255.0, 0.3]),
    st.integers(0, 1000),
)
def test_counts_equal_numpy(dtype, bins, low, width, seed):
    random = np.random.default_rng(seed)
    high = low + width
    with np.errstate(invalid="ignore"):
        a, b = ((low + width * random.integers(-5, bins + 6, 500) / bins).astype(dtype) for _ in range(2))
    if a.dtype.kind == "f":
        a[:3] = np.nan, np.inf, -np.inf
    wanted = np.histogram2d(a, b, bins=bins, range=[(low, high), (low, high)])[0]
    first, second = (Bins(bins, low, high, one.dtype) for one in (a, b))
    halves = ((a[part], b[part]) for part in (slice(200), slice(200, None)))
    assert np.array_equal(joint_counts(halves, first, second), wanted)


def test_what_lies_too_far_away_for_a_distance_is_in_no_bin():
    assert Bins(4, 1e308, 1.4e308, np.dtype(float)).numbers(np.array([-1.7e308, 1.25e308])).tolist() == [4, 2]


def holds(x, y, corners):
    """Even-odd or on the outline, in fractions."""
    x, y, inside = Fraction(x), Fraction(y), False
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        x0, y0, x1, y1 = map(Fraction, (x0, y0, x1, y1))
        beside = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
        if beside == 0 and min(x0, x1) <= x <= max(x0, x1) and min(y0, y1) <= y <= max(y0, y1):
            return True
        if (y0 <= y) != (y1 <= y):
            inside ^= x < x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    return inside


corner = st.tuples(st.integers(0, 12), st.integers(0, 12))


@given(st.lists(corner, min_size=3, max_size=9))
def test_a_region_is_even_odd_or_the_outline(corners):
    x, y = (one.ravel().astype(float) for one in np.mgrid[-1:14, -1:14])
    wanted = [holds(one, other, corners) for one, other in zip(x, y, strict=True)]
    assert in_polygon(x, y, corners).tolist() == wanted
    assert Region(corners).holds(x, y).tolist() == wanted


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e-3, 1e-3)), min_size=3, max_size=20), st.integers(0, 99))
def test_the_table_says_what_the_polygon_says(corners, seed):
    random = np.random.default_rng(seed)
    x, y = random.normal(size=600) * 500, random.normal(size=600) * 5e-4
    # And points near the outline.
    ends = np.array(corners)
    share = random.random((len(ends), 20, 1))
    beside = (ends[:, None] * share + np.roll(ends, 1, axis=0)[:, None] * (1 - share)).reshape(-1, 2)
    x, y = np.append(x, beside[:, 0]), np.append(y, beside[:, 1])
    x[0] = np.nan
    y[1] = np.inf
    assert np.array_equal(Region(corners).holds(x, y), in_polygon(x, y, corners))


def test_the_gradient_of_a_part_is_part_of_the_gradient():
    data = phantoms.head((9, 8, 7))
    whole = gradient_magnitude(data, (1, 2, 3))
    for part in ((slice(0, 3), slice(2, 8), slice(6, 7)), (slice(None), slice(4, 5), slice(0, 1))):
        assert np.array_equal(gradient_magnitude_of_part(data, part, (1, 2, 3)), whole[part])


def test_intensity_against_gradient():
    image = phantoms.volume(affine_name="anisotropic")
    data, steep = image.stored.astype(float), gradient_magnitude(image.stored, image.geometry.zooms)
    corners = ((100, 0), (400, 0), (400, 60.5), (100, 20))
    made = on_image(JointHistogramRegion(corners=corners), image)
    assert np.array_equal(made, in_polygon(data, steep, corners))
    assert 0 < made.sum() < made.size


@pytest.mark.parametrize("frame", ["mean", 1])
def test_two_images(frame):
    beside = phantoms.series(3)
    image = phantoms.volume(phantoms.head(beside.geometry.shape), "anisotropic")
    scene = phantoms.scene(image, np.zeros(image.geometry.shape, bool), images={"t2": beside})
    second = beside.stored.mean(axis=3) if frame == "mean" else beside.stored[..., frame]
    corners = ((50, 300), (600, 10), (300, 700))
    made = result_of(JointHistogramRegion(other="t2", frame=frame, corners=corners), scene)
    assert np.array_equal(made, in_polygon(image.stored, second, corners))
    pairs = Pairs(scene, "", "t2", frame, 0.0, Progress())
    first, other = pairs.of((slice(2), slice(2), slice(2)))
    assert np.array_equal(other, second[:2, :2, :2])
    assert np.array_equal(first, image.stored[:2, :2, :2])


def test_is_read_and_told():
    made = from_text("joint_histogram_region corners='1, 0; 9,0; 9,5.5'")
    assert made == JointHistogramRegion(corners=((1, 0), (9, 0), (9, 5.5)))
    assert made.summary() == "Region of 3 corners against gradient"
    assert "the magnitude of its gradient (per mm) together lie in a region of 3 corners" in made.methods()
    for wrong in ("1,0; 2,0", "1,0; 2; 3,3", "a,b; 1,2; 3,4"):
        with pytest.raises(ParameterError, match="but must be three corners or more, a pair of intensities each"):
            make("joint_histogram_region", {"corners": wrong})
    with pytest.raises(ParameterError, match="the corners of the region lie too far apart; give nearer ones"):
        make("joint_histogram_region", {"corners": ((-1e308, 0), (1e308, 0), (0, 1))})


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32])
def test_scaled_images_are_looked_up_as_they_are_stored(dtype):
    stored = phantoms.head((9, 8, 7)).clip(0, 127).astype(dtype)
    image = phantoms.volume(stored, slope=-0.3, intercept=5.0)
    corners = ((-30, 0), (0, 0), (0, 9), (-20, 4))
    made = on_image(JointHistogramRegion(corners=corners), image)
    data = stored * -0.3 + 5.0
    assert np.array_equal(made, in_polygon(data, gradient_magnitude(data, (1, 1, 1)), corners))
