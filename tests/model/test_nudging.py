"""The ball that pushes a border, by its definition: as far as the nearest voxel of the other side, whatever is read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskeditor.core.space.geometry import Geometry
from maskeditor.model.nudging import AWAY, ball_at
from tests import phantoms


@given(
    seed=st.integers(0, 99),
    filled=st.sampled_from([0.0, 0.02, 0.98, 1.0]),
    voxel=st.tuples(*[st.floats(-3, 14)] * 3),
    axis=st.sampled_from([None, 0, 1, 2]),
)
def test_the_ball_ends_at_the_nearest_voxel_of_the_other_side(
    seed: int, filled: float, voxel: tuple[float, float, float], axis: int | None
) -> None:
    grid, most = Geometry((12, 11, 10), phantoms.volume(affine_name="oblique").geometry.affine), 20.0
    mask, middle = np.random.default_rng(seed).random(grid.shape) < filled, np.array(voxel)
    ball = ball_at(mask, grid, middle, most, axis)
    place = np.floor(middle + 0.5).astype(int)
    assert ball.is_inside == (grid.holds(tuple(place.tolist())) and mask[tuple(place)])
    others = np.argwhere(mask != ball.is_inside)
    if axis is not None:
        others = others[others[:, axis] == place[axis]]
        middle[axis] = place[axis]
    apart = np.linalg.norm((others - middle) @ grid.affine[:3, :3].T, axis=1).min(initial=np.inf)
    wanted = most if apart > most else max(apart - AWAY, apart / 2)
    assert ball.radius == pytest.approx(wanted, abs=1e-6)
