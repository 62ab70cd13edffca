"""What live-wire and the cut by a plane make, by their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from maskeditor.core.errors import OperationError, ParameterError
from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.ops.cut_by_plane import CutByPlane
from maskeditor.ops.live_wire import LiveWire
from tests import phantoms
from tests.ops.common import on_mask, result_of


def test_live_wire_by_hand() -> None:
    empty = np.zeros((7, 7, 3), bool)
    # A square on its corner, closed from the last point to the first.
    corners = [(3, 0, 1), (6, 3, 1), (3, 6, 1), (0, 3, 1)]
    wanted = np.abs(np.indices((7, 7)) - 3).sum(axis=0) <= 3
    made = on_mask(LiveWire(points=corners), empty)
    assert np.array_equal(made[:, :, 1], wanted)
    assert not made[:, :, [0, 2]].any()
    assert np.array_equal(on_mask(LiveWire(points=corners, mode="erase"), ~empty), ~made)
    # Where the way passes outside, what lies inside is filled all the same.
    beyond = [(x + 5, y, z) for x, y, z in corners]
    assert np.array_equal(on_mask(LiveWire(points=beyond), empty)[5:, :, 1], wanted[:2])
    assert not on_mask(LiveWire(points=[(x, y, 9) for x, y, _ in corners]), empty).any()
    assert not on_mask(LiveWire(points=[(x + 50, y, 1) for x, y, _ in corners]), empty).any()
    assert LiveWire(points=corners).summary() == "Fill axial live-wire of 4 points"
    assert np.argwhere(on_mask(LiveWire(points=[(2, 2, 1)]), empty)).tolist() == [[2, 2, 1]]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(-4, 14), st.integers(-4, 14)), min_size=1, max_size=8))
def test_live_wire_equals_scipy_on_a_larger_grid(corners: list[tuple[int, int]]) -> None:
    """On a grid that holds the whole way, the voxels that it steps on are drawn one by one, and filled by scipy."""
    wide = np.zeros((20, 20), bool)
    for (a, b), (c, d) in zip(corners, [*corners[1:], corners[0]], strict=True):
        steps = max(abs(c - a), abs(d - b), 1)
        for step in range(steps + 1):
            i, j = ((abs(to - at) * step * 2 + steps - 1) // (2 * steps) for at, to in ((a, c), (b, d)))
            wide[a + (i if c > a else -i) + 4, b + (j if d > b else -j) + 4] = True
    wanted = ndimage.binary_fill_holes(wide)[4:15, 4:14]
    made = on_mask(LiveWire(points=[(x, y, 1) for x, y in corners]), np.zeros((11, 10, 2), bool))
    assert np.array_equal(made[:, :, 1], wanted)


def test_a_way_that_no_hand_draws_is_refused() -> None:
    with pytest.raises(ParameterError, match="at least one point"):
        make("live_wire", {"points": []})
    with pytest.raises(OperationError, match="more than 16,777,216 voxels of this image; draw a smaller one"):
        on_mask(LiveWire(points=[(0, 0, 0), (1e9, 1e9, 0)]), np.zeros((4, 4, 4)))


def test_cut_by_hand() -> None:
    full = np.ones((5, 4, 3), bool)
    made = on_mask(CutByPlane(points=[(2, 0, 1), (2, 9, 1), (3, 0, 0)]), full)
    assert np.array_equal(made, np.indices(full.shape)[0] >= 2)
    made = on_mask(CutByPlane(points=[(2, 9, 1), (2, 0, 1), (1.9, 0, 7)]), full)
    assert np.array_equal(made, np.indices(full.shape)[0] <= 2)
    made = on_mask(CutByPlane(points=[(0, 0, 0), (1, 0, 1), (0, 0, 2)], plane="coronal"), full)
    i, _, k = np.indices(full.shape)
    assert np.array_equal(made, k >= i)
    assert CutByPlane(points=[(0, 0, 0)] * 3).summary() == "Cut by a plane, drawn in an axial slice"
    nowhere = on_mask(CutByPlane(points=[(-9, 0, 0), (-9, 1, 0), (0, 0, 0)]), full)
    assert nowhere.all()


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("affine_name", ["oblique", "permuted"])
def test_a_cut_stands_at_right_angles_on_its_view(plane: Plane, affine_name: str) -> None:
    """By its definition in mm: the side of the plane through both points along the slices' own axis."""
    image = phantoms.volume(affine_name=affine_name)
    grid, random = image.geometry, np.random.default_rng(1)
    points = grid.to_world(random.uniform(2, 9, (3, 3))).round(3)
    normal = np.cross(points[1] - points[0], grid.affine[:3, grid.axis_of(plane)])
    side = (grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1).reshape(-1, 3)) - points[0]) @ normal
    wanted = (side * ((points[2] - points[0]) @ normal) >= 0).reshape(grid.shape)
    mask = phantoms.blobs(grid.shape)
    made = result_of(CutByPlane(points=points.tolist(), plane=plane.value), phantoms.scene(image, mask))
    assert np.array_equal(made, mask & wanted)
    assert 0 < made.sum() < mask.sum()


def test_a_cut_without_a_side_is_refused() -> None:
    with pytest.raises(ParameterError, match="must have three points"):
        make("cut_by_plane", {"points": [[0, 0, 0], [1, 1, 1]]})
    for points in ([(1, 1, 0), (1, 1, 5), (2, 2, 0)], [(0, 0, 0), (2, 2, 0), (1, 1, 3)]):
        with pytest.raises(OperationError, match="lie in one line of the view; choose two on the plane"):
            on_mask(CutByPlane(points=points), np.ones((4, 4, 4)))
