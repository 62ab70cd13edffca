"""From where solids are looked at."""

from __future__ import annotations

import numpy as np
import pytest

from maskeditor.core.space.geometry import Geometry
from maskeditor.model.view.orbit import LARGEST_VOXEL, Orbit

GRID = Geometry((10, 10, 10), np.diag([1.0, 1.0, 2.0, 1.0]))


@pytest.mark.parametrize("azimuth", [0, 77, 200])
@pytest.mark.parametrize("elevation", [-90, -20, 65])
def test_directions_are_at_right_angles_and_the_head_stands_upright(azimuth: float, elevation: float) -> None:
    aim = Orbit(azimuth=azimuth, elevation=elevation).directions
    np.testing.assert_allclose(aim @ aim.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(aim) == pytest.approx(1)
    assert aim[0, 2] == 0
    assert aim[1, 2] <= 1e-12


def test_from_the_front_the_patients_right_is_on_the_left() -> None:
    right, down, away = Orbit(azimuth=0, elevation=0).directions
    assert right.tolist() == [-1, 0, 0]
    np.testing.assert_allclose(down, [0, 0, -1], atol=1e-12)
    assert away.round().tolist() == [0, -1, 0]


def test_coming_nearer_leaves_what_is_under_the_pointer_there() -> None:
    orbit = Orbit(reach=100)
    near = orbit.nearer(3, right=20, down=-8)
    before, after = (one.view(300, 200, GRID)[0] for one in (orbit, near))
    point = np.array([20.0, -8.0]) @ orbit.directions[:2]
    np.testing.assert_allclose(before.place(point)[:2], after.place(point)[:2], atol=1e-9)
    assert near.at_rest() == orbit


def test_from_near_pixels_are_drawn_together_and_stay_where_they_are() -> None:
    near = Orbit(reach=100, zoom=50)
    view, together = near.view(301, 200, GRID)
    assert together > 1
    assert view.shape == (-(-200 // together), -(-301 // together))
    assert max(GRID.zooms) / view.pixel <= LARGEST_VOXEL
    across, down, _ = view.place(np.zeros(3)).tolist()
    assert ((across + 0.5) * together, (down + 0.5) * together) == pytest.approx((150.5, 100))


def test_what_is_in_sight_and_not_small_does_not_move_the_viewer() -> None:
    orbit = Orbit(reach=50)
    assert orbit.fitting(np.array([10, 0, 0]), 30) is orbit
    assert orbit.fitting(np.array([30, 0, 0]), 30).middle == (30, 0, 0)
    assert orbit.fitting(np.zeros(3), 10).reach == 10


def test_what_is_moved_lies_so_many_mm_to_the_right_and_down() -> None:
    orbit, point, grid = Orbit((1.0, 2.0, 3.0), 50.0), np.array([4.0, -2.0, 7.0]), Geometry((9, 9, 9), np.eye(4))
    before, after = (seen.view(100, 100, grid)[0].place(point) for seen in (orbit, orbit.moved(8.0, -3.0)))
    np.testing.assert_allclose(after - before, [8.0, -3.0, 0.0], atol=1e-9)  # a pixel is 1 mm
