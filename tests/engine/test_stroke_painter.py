"""Strokes against distances worked out voxel by voxel, and against the plain painter that made the first recipes."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from maskeditor.core.space.geometry import Geometry
from maskeditor.engine import capsule as capsules
from maskeditor.engine.capsule import SPREAD
from maskeditor.engine.stroke_painter import Drawing, StrokePainter
from tests import phantoms
from tests.engine.plain_stroke import plain_stroke

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


def painter_through(geometry, points, radius, shape="sphere", axis=2):
    painter = StrokePainter(geometry.affine, geometry.shape, radius, shape, axis)
    for point in points:
        painter.add_point(point)
    return painter


def painted(geometry, a, b, radius, shape="sphere", axis=2):
    mask = np.zeros(geometry.shape, bool)
    found = painter_through(geometry, (a, b), radius, shape, axis).covered()
    if found is not None:
        box, covered = found
        assert covered.shape == box.shape
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
    assert painter_through(geometry, [(-50, 3, 3), (-20, 3, 3)], 5, shape).covered() is None
    far = painter_through(geometry, [(-1e9, 3, 3), (1e9, 3, 3)], 1, shape).covered()
    assert far is not None
    assert far[1].any(axis=(1, 2)).all()
    assert far[1].shape[0] == SHAPE[0]


def test_a_disc_in_a_slice_outside_paints_nothing():
    geometry = Geometry(SHAPE, np.eye(4))
    assert painter_through(geometry, [(3, 3, -0.6), (3, 3, 4)], 5, "disc").covered() is None
    assert painter_through(geometry, [(3, 3, -0.4), (3, 3, 4)], 5, "disc").covered() is not None


# To the bit ----------------------------------------------------------------------------------------------------------

#: From one point to the next, in voxels: anywhere, along an axis, hardly at all, to the middle of a voxel, or some way.
HOPS = st.one_of(
    st.tuples(st.just("to"), VOXELS),
    st.tuples(st.just("by"), st.tuples(*[st.sampled_from([0.0, 0.0, 1.0, -4.0, 7.0])] * 3)),
    st.tuples(st.just("by"), st.tuples(*[st.floats(-1e-3, 1e-3)] * 3)),
    st.tuples(st.just("to"), st.tuples(*(st.integers(-2, n + 2).map(float) for n in SHAPE))),
    st.tuples(st.just("by"), st.tuples(*[st.floats(-3, 3)] * 3)),
)
#: Whole numbers of voxels most of all: where rounding decides.
RADII = st.one_of(st.sampled_from([0.1, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 30.0]), st.floats(0.05, 12))


def along(geometry, hops):
    """Return the points of a path in world mm, rounded as a stroke rounds them."""
    here, points = np.zeros(3), []
    for how, where in hops:
        here = np.array(where) if how == "to" else here + where
        points.append(np.round(geometry.to_world(here), 3))
    return points


@settings(max_examples=300)
@given(
    name=st.sampled_from(sorted(phantoms.AFFINES)),
    hops=st.lists(HOPS, min_size=1, max_size=6),
    radius=RADII,
    shape=st.sampled_from(["sphere", "disc"]),
    axis=st.integers(0, 2),
    limited=st.booleans(),
)
@example("oblique", [("to", (5.0, 5.0, 4.0)), ("by", (0.0, 0.0, 0.0))], 3.0, "sphere", 2, False)
@example("oblique", [("to", (5.0, 5.0, 4.0)), ("by", (4.0, 0.003, 0.0))], 3.0, "sphere", 2, False)
def test_equals_the_plain_painter(name, hops, radius, shape, axis, limited):
    geometry = Geometry(SHAPE, phantoms.affine(name))
    points = along(geometry, hops)
    allowed = np.asfortranarray(np.indices(SHAPE).sum(axis=0) % 3 > 0) if limited else np.ones(SHAPE, bool)
    wanted = plain_stroke(geometry.affine, SHAPE, points, radius, shape, axis) & allowed
    painter = StrokePainter(
        geometry.affine, SHAPE, radius, shape, axis, (lambda box: allowed[box.slices]) if limited else None
    )
    slices = [(cut, index) for cut in range(3) for index in (0, 4)]
    only = {cut: np.asfortranarray(allowed.take(cut[1], cut[0])) if limited else None for cut in slices}
    alone, together = (
        [Drawing(*cut, np.ones(wanted.take(0, cut[0]).shape, bool, "F"), only[cut]) for cut in slices] for _ in range(2)
    )
    for point in points:
        before = np.array(painter.touched[1]).sum() if painter.touched is not None else 0
        way = painter.go_to(point)
        painter.paint(way)
        if painter.touched is not None and way.box is not None:
            # All that is new lies where it may.
            box, covered = painter.touched
            elsewhere = covered.copy()
            if way.news is not None:
                elsewhere[way.news.within(box).slices] = False
            assert covered.sum() - before <= covered.sum() - elsewhere.sum()
        # Each slice by itself comes to the same as the volume, and so do all at once.
        for one in alone:
            painter.draw(way, [one], True)
        painter.draw(way, together, True)
    made = np.zeros(SHAPE, bool)
    if painter.touched is not None:
        box, covered = painter.covered()
        made[box.slices] = covered
    assert np.array_equal(made, wanted)
    for one in (*alone, *together):
        assert np.array_equal(one.voxels, ~wanted.take(one.index, one.axis))


@pytest.mark.parametrize("point", [(101.992, 102.006, 0.01), (101.998, 102.0, 0.014), (102.002, 102.0, 0.014)])
def test_where_rounding_decides_each_voxel_is_measured(point):
    # Some voxels lie at a squared distance of 10000.0002 from here, and 100.000001² is 10000.000200000001: less apart
    # than two neighbouring floats. The root of the equation lies on the other side of the voxel.
    geometry = Geometry((205, 205, 1), np.eye(4))
    box, covered = painter_through(geometry, [point], 100.0).covered()
    made = np.zeros(geometry.shape, bool)
    made[box.slices] = covered
    assert np.array_equal(made, plain_stroke(geometry.affine, geometry.shape, [point], 100.0, "sphere", 2))


@pytest.mark.parametrize(("shape", "radius", "grid"), [("disc", 60.0, (200, 190, 1)), ("sphere", 22.0, (70, 66, 62))])
def test_a_large_brush_that_goes_askew_equals_the_plain_painter(shape, radius, grid):
    """What is new is looked for in a part of its box alone, to some voxels behind the point before."""
    geometry = Geometry(grid, np.diag([1.0, 1.1, 0.9, 1.0]))
    hops = [(9, 4, 1), (-20, 9, -5), (3, -14, 2), (-2, -2, 8), (12, 11, -13), (-13, -1, -9)]
    points = geometry.to_world(np.array(grid) / 2 + np.cumsum([(0, 0, 0), *hops], axis=0))
    made = np.zeros(grid, bool)
    box, covered = painter_through(geometry, points, radius, shape).covered()
    made[box.slices] = covered
    assert np.array_equal(made, plain_stroke(geometry.affine, grid, points, radius, shape, 2))


# What it costs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("radius", [20, 60])
def test_a_move_visits_what_is_new(radius):
    size = 2 * radius + 41
    geometry = Geometry((size, size, size), np.eye(4))
    middle = size / 2
    painter = painter_through(geometry, [(middle, middle, middle)], radius)
    ball = painter.covered()[1].sum()
    assert painter.visited < 1.2 * ball + size**2
    before = painter.visited
    for step in (2, 4, 6):
        painter.add_point((middle + step, middle, middle))
    new = painter.covered()[1].sum() - ball
    lines = 3 * (2 * radius + 1) ** 2
    assert painter.visited - before <= 1.1 * new + 1.1 * lines
    # A tenth of what the boxes hold that the plain painter measures.
    assert painter.visited - before < 3 * (2 * radius + 1) ** 3 / 10


def test_a_slice_costs_lines():
    geometry = Geometry((141, 141, 141), np.eye(4))
    painter = painter_through(geometry, [(70, 70, 70)], 60)
    way, drawn = painter.go_to((72, 70, 70)), np.zeros((141, 141), bool, order="F")
    # Two voxels a line at most, and none but those that were drawn.
    (places,) = painter.draw(way, [Drawing(2, 70, drawn, None)], False)
    assert np.array_equal(np.sort(places), np.flatnonzero(drawn.ravel(order="F")))
    assert places.size < 2 * 125


def test_all_slices_are_gone_through_together(monkeypatch):
    """The steps of arithmetic take longer than the lines of a slice, so that they are few, and few voxels measured."""
    measured, holds = [], capsules.Capsule.holds
    monkeypatch.setattr(
        capsules.Capsule, "holds", lambda way, voxels: measured.append(voxels[0].size) or holds(way, voxels)
    )
    monkeypatch.setattr(capsules, "ends", lambda *_: pytest.fail("lines of a slice were solved by themselves"))
    geometry = Geometry((141, 141, 141), np.eye(4))
    painter = StrokePainter(geometry.affine, geometry.shape, 60, "sphere", 2)
    painter.go_to((70, 70, 70))
    slices = [Drawing(axis, 70, np.zeros((141, 141), bool, order="F"), None) for axis in range(3)]
    drawn = painter.draw(painter.go_to((71.3, 70.8, 70.2)), slices, False)
    for one, places in zip(slices, drawn, strict=True):
        assert places.size
        assert np.array_equal(np.sort(places), np.flatnonzero(one.voxels.ravel(order="F")))
    assert len(measured) == 1
    # A voxel a line besides at most, of those that the ball reaches in each slice.
    assert measured[0] <= sum(places.size for places in drawn) + 3 * 125


@pytest.mark.parametrize("axis", range(3))
def test_a_square_is_the_same_in_all_slices_at_once(axis):
    """Along each axis of its slice, it reaches as far from the way as its radius, corners and all."""
    geometry = Geometry((20, 20, 20), np.eye(4))
    painter = painter_through(geometry, [(9, 9, 9)], 3, "square", axis)
    way = painter.go_to((9, 9, 9) + 4 * np.eye(3)[axis - 1])
    slices = [Drawing(one, 9, np.zeros((20, 20), bool, order="F"), None) for one in range(3)]
    painter.draw(way, slices, False)
    # What is new is as long as the way, and as wide as the square: none of the ball that it might be taken for.
    new = [slice(6, 13)] * 3
    new[axis], new[axis - 1] = slice(9, 10), slice(13, 17)
    wanted = np.zeros(geometry.shape, bool)
    wanted[tuple(new)] = True
    for one in slices:
        assert np.array_equal(one.voxels, wanted.take(9, one.axis))


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
    box, covered = painter.covered()
    made = np.zeros(geometry.shape, bool)
    made[box.slices] = covered
    assert np.array_equal(made, whole)


def test_only_allowed_voxels_are_covered():
    geometry = Geometry(SHAPE, np.eye(4))
    even = np.indices(SHAPE).sum(axis=0) % 2 == 0
    painter = StrokePainter(geometry.affine, geometry.shape, 2, "sphere", 2, lambda box: even[box.slices])
    painter.add_point((4, 4, 4))
    painter.add_point((7, 4, 4))
    box, covered = painter.covered()
    assert np.array_equal(covered, capsule(geometry, (4, 4, 4), (7, 4, 4), 2)[box.slices] & even[box.slices])


def test_a_large_ball_is_painted_in_pieces():
    painter, done = StrokePainter(np.eye(4), (200,) * 3, 80.0, "sphere", 2), []
    for x in (100.0, 110.0):
        way = painter.go_to((x, 100.0, 100.0))
        painter.paint(way, lambda: done.append(painter.visited))
    pieces = np.diff([0, *done])
    # Of voxels; the lines that were solved count too.
    assert len(pieces) > 8
    assert pieces.max() <= SPREAD + 161 * 161
    assert done[-1] == painter.visited
