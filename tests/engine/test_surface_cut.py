"""A cut takes the corner on the viewer's side of three slices, and lays open what touched it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from maskeditor.engine.box import Box
from maskeditor.engine.surface_cut import Cut

SHAPE, AT = (5, 6, 4), (2, 3, 1)
OBLIQUE = np.array([[1, 0.4, 0, 2], [0, 2, 0.3, 0], [0.2, 0, 1.5, -1], [0, 0, 0, 1.0]])


@pytest.mark.parametrize("rising", list(product((False, True), repeat=3)))
def test_walls_are_the_faces_that_touched_what_was_cut_away(rising: tuple[bool, bool, bool]) -> None:
    mask, cut = np.random.default_rng(2).random(SHAPE) < 0.8, Cut(AT, rising)
    away = np.ones(SHAPE, bool)
    for row, at, rises in zip(np.indices(SHAPE), AT, rising, strict=True):
        away &= (row < at) if rises else (row > at)
    np.testing.assert_array_equal(cut.takes(np.argwhere(mask).T), away[mask])
    walls = cut.walls(lambda box: mask[box.slices], Box.whole(SHAPE), OBLIQUE)
    expected = set()
    for voxel, axis in product(map(tuple, np.argwhere(mask & ~away).tolist()), range(3)):
        nearer = list(voxel)
        nearer[axis] += -1 if rising[axis] else 1
        if 0 <= nearer[axis] < SHAPE[axis] and away[tuple(nearer)]:
            expected.add((*voxel, 1 << (2 * axis + (nearer[axis] > voxel[axis]))))
    assert {
        (*voxel, face) for voxel, face in zip(walls.voxels.T.tolist(), walls.faces.tolist(), strict=True)
    } == expected
    # Out of the mask is towards the viewer, at right angles to the slice.
    axes = np.log2(walls.faces).astype(int) // 2
    along = walls.normals.T @ OBLIQUE[:3, :3]
    towards = np.where(np.array(rising)[axes], -1, 1) * along[np.arange(len(axes)), axes]
    assert towards.min() > 0
    np.testing.assert_allclose(np.where(np.eye(3, dtype=bool)[axes], 0, along), 0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(walls.normals, axis=0), 1, rtol=1e-6)
