"""Strokes against distances worked out voxel by voxel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.stroke_painter import StrokePainter, rasterise_segment
from tests import phantoms

SHAPE = (11, 10, 9)


def capsule(geometry, a, b, radius, shape="sphere", axis=2):
    """Every voxel by the textbook: the distance of its centre to the nearest point of the segment."""
    voxels = np.stack(np.meshgrid(*map(np.arange, geometry.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    a, b = np.asarray(a, float), np.asarray(b, float)
    if shape == "disc":
        ends = geometry.to_voxel([a, b])
        ends[:, axis] = np.rint(ends[0, axis])
        a, b = geometry.to_world(ends)
    centres = geometry.to_world(voxels)
    way = b - a
    part = np.clip((centres - a) @ way / max(way @ way, 1e-300), 0, 1)
    near = np.linalg.norm(centres - (a + part[:, None] * way), axis=1) <= radius + 1e-6
    if shape == "disc":
        near &= voxels[:, axis] == np.rint(geometry.to_voxel(a)[axis])
    return near.reshape(geometry.shape)


def path(geometry, a, b, shape="sphere", axis=2):
    """The voxels that the segment runs through, by very many samples."""
    ends = geometry.to_voxel([a, b])
    if shape == "disc":
        ends[:, axis] = np.rint(ends[0, axis])
    samples = np.rint(ends[0] + np.linspace(0, 1, 2001)[:, None] * (ends[1] - ends[0])).astype(int)
    inside = ((samples >= 0) & (samples < geometry.shape)).all(axis=1)
    mask = np.zeros(geometry.shape, bool)
    mask[tuple(samples[inside].T)] = True
    return mask


def painted(geometry, a, b, radius, shape="sphere", axis=2):
    mask = np.zeros(geometry.shape, bool)
    found = rasterise_segment(geometry.affine, geometry.shape, a, b, radius, shape, axis)
    if found is not None:
        box, covered = found
        assert covered.shape == box.shape
        assert covered.flags.f_contiguous
        mask[box.slices] = covered
    return mask


VOXELS = st.tuples(*(st.integers(-300, 100 * n + 300).map(lambda v: v / 100) for n in SHAPE))


@settings(max_examples=200)
@given(
    name=st.sampled_from(sorted(phantoms.AFFINES)),
    a=VOXELS,
    b=VOXELS,
    radius=st.floats(0.05, 9),
    shape=st.sampled_from(["sphere", "disc"]),
    axis=st.integers(0, 2),
)
def test_equals_distances(name, a, b, radius, shape, axis):
    geometry = Geometry(SHAPE, phantoms.affine(name))
    a, b = geometry.to_world([a, b])
    made = painted(geometry, a, b, radius, shape, axis)
    near = capsule(geometry, a, b, radius, shape, axis)
    assert not (near & ~made).any()
    # What is covered besides lies on the path itself.
    assert not (made & ~near & ~path(geometry, a, b, shape, axis)).any()


def test_a_radius_of_whole_voxels_includes_its_end():
    geometry = Geometry((9, 9, 9), np.diag([0.1, 0.1, 0.1, 1]))
    centre = geometry.to_world((4, 4, 4))
    made = painted(geometry, centre, centre, 0.3)
    assert made[1:8, 4, 4].all()
    assert made.sum() == 123  # whole points within 3 of the origin


def test_the_smallest_brush_paints_the_voxels_of_its_way():
    geometry = Geometry((9, 9, 1), np.eye(4))
    made = painted(geometry, (1.3, 1.2, 0.0), (6.9, 1.2, 0.0), 0.01, "disc")
    assert np.argwhere(made)[:, :2].tolist() == [[i, 1] for i in range(1, 8)]


@pytest.mark.parametrize("shape", ["sphere", "disc"])
def test_outside_the_volume_nothing_is_painted(shape):
    geometry = Geometry(SHAPE, np.eye(4))
    assert rasterise_segment(geometry.affine, geometry.shape, (-50, 3, 3), (-20, 3, 3), 5, shape, 2) is None
    far = rasterise_segment(geometry.affine, geometry.shape, (-1e9, 3, 3), (1e9, 3, 3), 1, shape, 2)
    assert far is not None
    assert far[1].any(axis=(1, 2)).all()
    assert far[1].shape[0] == SHAPE[0]


def test_a_disc_in_a_slice_outside_paints_nothing():
    geometry = Geometry(SHAPE, np.eye(4))
    assert rasterise_segment(geometry.affine, geometry.shape, (3, 3, -0.6), (3, 3, 4), 5, "disc", 2) is None
    assert rasterise_segment(geometry.affine, geometry.shape, (3, 3, -0.4), (3, 3, 4), 5, "disc", 2) is not None


@pytest.mark.parametrize("shape", ["sphere", "disc"])
def test_a_growing_stroke_is_the_union_of_its_pieces(shape):
    geometry = Geometry((40, 35, 30), phantoms.affine("oblique"))
    random = np.random.default_rng(0)
    points = geometry.to_world(random.uniform(-4, 44, (25, 3)))
    painter = StrokePainter(geometry.affine, geometry.shape, 3.0, shape, 1)
    assert painter.touched is None
    whole = np.zeros(geometry.shape, bool)
    before = points[0]
    # A disc stays in the slice of its first point.
    level = np.rint(geometry.to_voxel(points[0])[1])
    for point in points:
        ends = geometry.to_voxel([before, point])
        if shape == "disc":
            ends[:, 1] = level
        box = painter.add_point(point)
        piece = painted(geometry, *geometry.to_world(ends), 3.0, shape, 1)
        if box is not None:
            outside = piece.copy()
            outside[box.slices] = False
            assert not outside.any()
        whole |= piece
        before = point
    box, covered = painter.touched
    made = np.zeros(geometry.shape, bool)
    made[box.slices] = covered
    assert np.array_equal(made, whole)


def test_only_allowed_voxels_are_covered():
    geometry = Geometry(SHAPE, np.eye(4))
    even = np.indices(SHAPE).sum(axis=0) % 2 == 0
    painter = StrokePainter(geometry.affine, geometry.shape, 2, "sphere", 2, lambda box: even[box.slices])
    painter.add_point((4, 4, 4))
    painter.add_point((7, 4, 4))
    box, covered = painter.touched
    assert np.array_equal(covered, capsule(geometry, (4, 4, 4), (7, 4, 4), 2)[box.slices] & even[box.slices])
