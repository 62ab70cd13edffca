"""Adaptive paint: by hand, and against scikit-image's flood in a ball."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.filters import threshold_otsu
from skimage.segmentation import flood

from maskeditor.core.space.geometry import Plane
from maskeditor.engine.alike_painter import alike
from maskeditor.ops.adaptive_paint import AdaptivePaint, alike_path
from tests import phantoms
from tests.ops.common import on_image

ROW = np.array([50, 52, 55, 90, 54, 51, 50, 10, 50], np.int16).reshape(9, 1, 1)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"tolerance": 5.0}, [1, 1, 1, 0, 0, 0, 0, 0, 0]),  # joined to the voxel, and not beyond the bright one
        ({"tolerance": 2.0}, [1, 1, 0, 0, 0, 0, 0, 0, 0]),
        ({"tolerance": 45.0}, [1, 1, 1, 1, 1, 0, 0, 0, 0]),  # as far as the radius goes
        ({"by": "otsu"}, [1, 1, 1, 0, 0, 0, 0, 0, 0]),
        ({"by": "otsu", "mode": "erase"}, [0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_a_dab_by_hand(settings: dict[str, object], expected: list[int]) -> None:
    made = on_image(AdaptivePaint(points=[(1, 0, 0)], radius=3, **settings), phantoms.volume(ROW))
    assert made.ravel().astype(int).tolist() == expected


def test_a_stroke_takes_what_is_like_each_of_its_places() -> None:
    made = on_image(AdaptivePaint(points=[(0, 0, 0), (8, 0, 0)], radius=1, tolerance=5), phantoms.volume(ROW))
    assert made.all()


@given(st.integers(0, 99), st.tuples(*[st.integers(0, 6)] * 3), st.sampled_from([0.0, 10.0, 25.0]))
def test_equals_flood_and_otsu_of_skimage(seed: int, middle: tuple[int, int, int], tolerance: float) -> None:
    rng = np.random.default_rng(seed)
    values, within = rng.integers(0, 60, (7, 7, 7)).astype(np.int16), rng.random((7, 7, 7)) < 0.8
    within[middle] = True
    apart = np.where(within, values, -1000)
    assert np.array_equal(
        alike(values, within, middle, tolerance), flood(apart, middle, connectivity=1, tolerance=tolerance)
    )
    threshold = threshold_otsu(values[within])
    side = (values > threshold) == (values[middle] > threshold)
    expected = flood((side & within).astype(np.int8), middle, connectivity=1)
    assert np.array_equal(alike(values, within, middle, None), expected)


def test_a_voxel_at_otsus_threshold_lies_on_the_darker_side() -> None:
    values = np.array([1, 1, 2, 8, 9, 9]).reshape(6, 1, 1)
    assert threshold_otsu(values) == 2
    held = alike(values, np.ones(values.shape, bool), (2, 0, 0), None)
    assert held.ravel().tolist() == [True, True, True, False, False, False]


@pytest.mark.parametrize("settings", [{"tolerance": 20.0, "shape": "sphere"}, {"by": "otsu"}])
def test_the_script_makes_the_same(settings: dict[str, object]) -> None:
    image = phantoms.volume(affine_name="oblique")
    path = image.geometry.to_world(np.array([[3.2, 4.1, 5.3], [8.4, 7.2, 5.1], [8.1, 2.2, 6.4]])).round(3)
    step = AdaptivePaint(points=path.tolist(), radius=5.2, **settings)
    axis = None if step.shape == "sphere" else image.geometry.axis_of(Plane.AXIAL)
    tolerance = step.tolerance if step.by == "tolerance" else None
    expected = alike_path(image.stored, image.geometry.affine, path, 5.2, tolerance, axis)
    assert np.array_equal(on_image(step, image), expected)
    assert 0 < expected.sum() < expected.size
