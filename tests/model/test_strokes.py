"""The live stroke beside the operation that it becomes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box, bounding_box
from maskeditor.engine.progress import Progress
from maskeditor.model import strokes
from maskeditor.model.strokes import FEW, Stroke
from maskeditor.ops.paint import Paint

OBLIQUE = Geometry((14, 11, 9), [[1.1, 0.2, 0.0, -8], [-0.15, 1.4, 0.1, -7], [0.05, -0.1, 2.2, -9], [0, 0, 0, 1]])


def scene(seed: int) -> Scene:
    """Return a noisy image and mask on an oblique, anisotropic grid."""
    draw = np.random.default_rng(seed)
    mask = np.asfortranarray(draw.random(OBLIQUE.shape) < 0.3)
    values = np.asfortranarray(draw.integers(0, 100, OBLIQUE.shape).astype(np.int16))
    return Scene(Volume(values, OBLIQUE), mask, bounding_box(mask))


def applied(stroke: Stroke, before: Scene) -> BoolArray:
    """Return the mask as the stroke's operation makes it."""
    operation = stroke.operation()
    assert operation is not None
    patch = operation.apply(before, Progress())
    after = before.mask.copy(order="F")
    if patch is not None:
        after[patch.box.slices] = patch.data
    return after


points = st.lists(st.tuples(*[st.floats(-12, 14)] * 3), min_size=1, max_size=6)
brushes = st.builds(
    Paint,
    points=st.just(((0, 0, 0),)),
    radius=st.floats(0.3, 5),
    shape=st.sampled_from(["disc", "sphere", "square"]),
    plane=st.sampled_from([plane.value for plane in Plane]),
    mode=st.sampled_from(["add", "erase"]),
    lower=st.none() | st.just(20.0),
    upper=st.none() | st.just(70.0),
    side=st.sampled_from(["inside", "outside"]),
)


@given(points, brushes, st.integers(0, 9))
def test_what_is_drawn_is_what_is_applied(path: list[tuple[float, float, float]], like: Paint, seed: int) -> None:
    before = scene(seed)
    stroke = Stroke(before, like)
    for point in path:
        stroke.add(point)
        # Looked at after every point, as the window does: later points must be drawn over what was gathered.
        for axis, count in enumerate(OBLIQUE.shape):
            stroke.slice(axis, count // 2)
    after = applied(stroke, before)
    for axis, count in enumerate(OBLIQUE.shape):
        for index in range(count):
            seen = stroke.slice(axis, index)
            shown = before.mask.take(index, axis) if seen is None else seen
            assert np.array_equal(shown, after.take(index, axis))
    stroke.work_out()
    assert np.array_equal(stroke.whole()[...], after)  # as a surface is drawn of it meanwhile
    patch = stroke.patch(before.mask)
    if patch is None:
        assert np.array_equal(after, before.mask)
    else:
        patched = before.mask.copy()
        patched[patch.box.slices] = patch.data
        assert np.array_equal(patched, after)


def on_screen(stroke: Stroke, before: Scene) -> BoolArray:
    """Return the mask as the slices of a stroke along the last axis show it."""
    seen = [stroke.slice(2, index) for index in range(OBLIQUE.shape[2])]
    return np.stack([before.mask[:, :, k] if one is None else one for k, one in enumerate(seen)], axis=2)


@pytest.mark.parametrize("mode", ["add", "erase"])
@pytest.mark.parametrize("upper", [None, 70.0])
def test_many_ways_are_taken_from_the_volume(mode: str, upper: float | None) -> None:
    before = scene(1)
    stroke = Stroke(before, Paint(points=((0, 0, 0),), radius=2.5, shape="sphere", mode=mode, upper=upper))
    stroke.add((-8, 0, 0))
    stroke.slice(2, 4)  # kept, so that the others are drawn over it
    for number in range(2 * FEW):
        stroke.add((-7 + number, 0.5 * number, 0.3 * number))
    stroke.work_out()
    assert np.array_equal(on_screen(stroke, before), applied(stroke, before))
    assert not np.array_equal(applied(stroke, before), before.mask)


@pytest.mark.parametrize("mode", ["add", "erase"])
def test_news_are_of_the_last_point_alone(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strokes, "SMALL", 0)
    before, axis, index = scene(2), 2, 4
    stroke = Stroke(before, Paint(points=((0, 0, 0),), radius=3, shape="sphere", mode=mode))
    stroke.add((-6, 0, 0))
    stroke.slice(axis, index)
    box = stroke.add((-3, 0, 0))
    assert box is not None
    assert stroke.news(axis, index, Box((0, 0, 0), OBLIQUE.shape)) is None  # of any other box nothing is known
    assert stroke.news(axis, index, box) is not None
    assert stroke.news(axis, index, box) is None  # drawn already
    stroke.add((0, 0, 0))
    box = stroke.add((3, 0, 0))
    assert box is not None
    assert stroke.news(axis, index, box) is None  # what was drawn before it is not in the slice yet
    assert np.array_equal(on_screen(stroke, before), applied(stroke, before))


def test_a_stroke_without_points_is_no_operation() -> None:
    assert Stroke(scene(0), Paint(points=((0, 0, 0),))).operation() is None


def test_a_point_that_does_not_move_is_not_kept() -> None:
    stroke = Stroke(scene(0), Paint(points=((0, 0, 0),)))
    assert stroke.add((0, 0, 0)) is not None
    assert stroke.add((0, 0, 0.0001)) is None
    assert stroke.add((3, 0, 0)) is not None
    stroke.add((0, 0, 0))  # back where it began, which is a way of its own
    operation = stroke.operation()
    assert operation is not None
    assert operation.points == ((0, 0, 0), (3, 0, 0), (0, 0, 0))


@pytest.mark.parametrize("mode", ["add", "erase"])
def test_a_stroke_is_drawn_over_the_mask_as_it_is_after_a_move(mode: str) -> None:
    before, moved = scene(3), scene(4)
    stroke = Stroke(before, Paint(points=((0, 0, 0),), radius=2.5, shape="sphere", mode=mode))
    stroke.add((-4, 0, 0))
    i, j, k = np.round(OBLIQUE.to_voxel((-4, 0, 0))).astype(int).tolist()
    looked_at = ((0, i), (1, j), (2, k))
    for made, mask in ((applied(stroke, before), before.mask), (applied(stroke, moved), moved.mask)):
        stroke.follow(mask, None, is_other=True)
        for axis, index in looked_at:
            assert np.array_equal(stroke.slice(axis, index), made.take(index, axis))
            assert not np.array_equal(made.take(index, axis), mask.take(index, axis))
    # What only became a step is drawn as before.
    stroke.follow(applied(stroke, moved), None, is_other=False)
    for axis, index in looked_at:
        assert np.array_equal(stroke.slice(axis, index), applied(stroke, moved).take(index, axis))


def test_a_plane_that_was_hidden_is_told_no_news_of_an_earlier_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plane that is hidden does not ask for them, and may be drawn before it does when it is shown again."""
    monkeypatch.setattr(strokes, "SMALL", 0)
    stroke = Stroke(scene(5), Paint(points=((0, 0, 0),), radius=4, shape="sphere"))
    stroke.add((-4, 0, 0))
    hidden, _, seen = ((axis, int(index)) for axis, index in enumerate(np.round(OBLIQUE.to_voxel((0, 0, 0)))))
    for one in (hidden, seen):
        stroke.slice(*one)
    earlier = stroke.add((-2, 0, 0))
    assert earlier is not None
    assert stroke.news(*seen, earlier) is not None  # found for the other plane, too, and kept for it
    before = np.array(stroke.slice(*hidden))
    last = stroke.add((0, 0, 0))
    after = stroke.slice(*hidden)
    assert last is not None
    assert not np.array_equal(before, after)
    assert stroke.news(*hidden, last) is None
