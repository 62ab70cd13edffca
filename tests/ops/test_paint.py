"""Paint: by hand, live against replayed, and what its parameters allow."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.declaration import from_json, make
from maskeditor.core.recipe.script_functions import near_path
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.stroke_painter import StrokePainter
from maskeditor.ops.paint import Paint
from tests import phantoms
from tests.ops.common import on_image, result_of

FLAT = phantoms.volume(np.zeros((5, 5, 3), np.uint8))


def test_a_dab_by_hand():
    made = on_image(Paint(points=[(2, 2, 1)], radius=1), FLAT)
    assert made[:, :, 1].astype(int).tolist() == [
        [0, 0, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 1, 1, 1, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0],
    ]
    assert made.sum() == 5
    assert on_image(Paint(points=[(2, 2, 1)], radius=1, shape="sphere"), FLAT).sum() == 7


def test_a_square_by_hand():
    made = on_image(Paint(points=[(2, 1, 1)], radius=1, shape="square"), FLAT)
    assert made[:, :, 1].astype(int).tolist() == [
        [0, 0, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0],
    ]
    assert made.sum() == 9


@given(st.lists(st.tuples(*[st.floats(-3, 15)] * 3), min_size=1, max_size=4), st.floats(0.2, 6), st.integers(0, 2))
def test_a_square_covers_what_it_goes_over(hops, radius, axis):
    """Against the definition: a part of the way is near enough along both axes of the slice."""
    geometry = Geometry((13, 12, 11), [[1.1, 0.2, 0, -8], [-0.15, 1.4, 0.1, -7], [0.05, -0.1, 2.2, -9], [0, 0, 0, 1]])
    path = geometry.to_world(np.array(hops)).round(3)
    painter = StrokePainter(geometry.affine, geometry.shape, radius, "square", axis)
    for point in path:
        painter.add_point(point)
    made = np.zeros(geometry.shape, bool)
    if (found := painter.covered()) is not None:
        made[found[0].slices] = found[1]
    expected = near_path(geometry.shape, geometry.affine, path, radius, axis, square=True)
    assert np.array_equal(made, expected)


@pytest.mark.parametrize("hops", [[(9, 7), (-5, 13), (16, -2)], [(-8, -9), (-6, 11), (14, 0)], [(0, 9), (2, -15)]])
def test_a_large_square_covers_what_it_goes_over(hops):
    """What is new lies round a corner of it, as far back as its other sides go."""
    geometry = Geometry((78, 72, 1), np.diag([1.0, 1.1, 2.0, 1.0]))
    path = np.cumsum([(36, 38), *hops], axis=0)
    path = geometry.to_world(np.c_[path, np.zeros(len(path))]).round(3)
    painter = StrokePainter(geometry.affine, geometry.shape, 15.0, "square", 2)
    for point in path:
        painter.add_point(point)
    box, covered = painter.covered()
    made = np.zeros(geometry.shape, bool)
    made[box.slices] = covered
    assert np.array_equal(made, near_path(geometry.shape, geometry.affine, path, 15.0, 2, square=True))


def test_erase():
    full = np.ones((5, 5, 3), bool)
    made = on_image(Paint(points=[(2, 2, 1)], radius=1, mode="erase"), FLAT, full)
    assert (full & ~made).sum() == 5


def test_a_stroke_beside_the_volume_changes_nothing():
    assert not on_image(Paint(points=[(-90, 2, 1), (-80, 2, 1)]), FLAT).any()


def test_no_gap_between_far_points():
    made = on_image(Paint(points=[(0, 0, 1), (4, 4, 1)], radius=0.2), FLAT)
    assert made[np.arange(5), np.arange(5), 1].all()


@pytest.mark.parametrize(("plane", "axis"), [("axial", 1), ("coronal", 0), ("sagittal", 2)])
def test_a_disc_lies_in_its_plane(plane, axis):
    # Of the permuted affine, axis 0 runs along world y, axis 1 along z, axis 2 along x.
    image = phantoms.volume(np.zeros((9, 9, 9), np.uint8), "permuted")
    point = tuple(image.geometry.to_world((4, 4, 4)))
    made = on_image(Paint(points=[point], radius=3, plane=plane), image)
    assert np.flatnonzero(made.any(axis=tuple({0, 1, 2} - {axis}))).tolist() == [4]
    assert made.sum() > 5


def test_only_within_the_intensity_band():
    data = np.zeros((5, 5, 3), np.int16)
    data[2] = 100
    image = phantoms.volume(data, slope=2.0)
    made = on_image(Paint(points=[(2, 2, 1)], radius=9, lower=150), image)
    assert np.array_equal(made[:, :, 1], data[:, :, 1] == 100)


def test_only_outside_the_intensity_band():
    data = np.zeros((5, 5, 3), np.int16)
    data[2] = 100
    made = on_image(Paint(points=[(2, 2, 1)], radius=9, lower=50, side="outside"), phantoms.volume(data))
    assert np.array_equal(made[:, :, 1], data[:, :, 1] == 0)


def test_the_band_looks_at_the_mean_of_a_series():
    data = np.zeros((5, 5, 3, 2), np.int16)
    data[2, ..., 1] = 100
    made = on_image(Paint(points=[(2, 2, 1)], radius=9, lower=50, upper=50), phantoms.volume(data))
    assert np.array_equal(made[:, :, 1], data[:, :, 1, 1] == 100)


def test_live_and_replayed_strokes_are_the_same():
    scene = phantoms.scene(phantoms.volume(affine_name="oblique"), np.zeros((13, 12, 11), bool))
    path = scene.geometry.to_world(np.random.default_rng(0).uniform(0, 12, (30, 3)))
    step = Paint(points=path.tolist(), radius=2.3, shape="sphere")
    painter = step.painter(scene)
    for point in step.points:
        painter.add_point(point)
    box, covered = painter.touched
    replayed = from_json(json.loads(json.dumps(step.to_json())))
    assert replayed == step
    after = result_of(replayed, scene)
    assert np.array_equal(after[box.slices], covered)
    assert after.sum() == covered.sum()


@pytest.mark.parametrize("far", [1e300, -1e300, 2e9])
def test_points_beyond_all_distance_are_refused(far):
    """Their squares are no numbers."""
    with pytest.raises(ParameterError, match="points is"):
        make("paint", {"points": [(2, 2, 1), (far, 2, 1)]})


def test_points_are_kept_to_a_micrometre():
    assert Paint(points=[(1.23456, -0.0004, 3)]).points == ((1.235, -0.0, 3.0),)


def test_refusals():
    with pytest.raises(ParameterError, match="at least one point"):
        make("paint", {"points": []})
    with pytest.raises(ParameterError, match="radius is 0, but must be a number above 0"):
        make("paint", {"points": [[0, 0, 0]], "radius": 0})
    with pytest.raises(ParameterError, match="must not be below"):
        make("paint", {"points": [[0, 0, 0]], "lower": 3, "upper": 2})


def test_summary():
    assert Paint(points=[(0, 0, 0)] * 12, radius=4, shape="sphere").summary() == "Brush 12 points, 4 mm sphere"
    assert Paint(points=[(0, 0, 0)], mode="erase", lower=3).summary() == "Eraser 1 point, 3 mm disc, from 3"
