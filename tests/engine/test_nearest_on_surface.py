"""What lies far from a surface, and which of its voxels are the nearest to that."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import cKDTree

from maskeditor.engine import nearest_on_surface as module
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.bits import count, packed_rows, unpacked
from maskeditor.engine.nearest_on_surface import Far, beyond, exposed

SHAPE = (25, 22, 19)
STEPS = {
    "upright": np.diag((1.0, 1.3, 2.0)),
    "turned": np.linalg.qr(np.random.default_rng(3).standard_normal((3, 3)))[0] @ np.diag((0.8, 1.0, 1.5)),
    "slanted": np.array([[1.0, 0.3, 0.0], [0.0, 1.2, 0.5], [0.1, 0.0, 1.4]]),
}


def porous(seed: int) -> BoolArray:
    """Return voxels that lie densely in one half, with a hole within, and nowhere else."""
    made = np.random.default_rng(seed).random(SHAPE) < 0.3
    made[12:] = False
    made[2:9, 4:12, 3:10] = False
    return made


def from_all(surface: BoolArray, steps: np.ndarray) -> np.ndarray:
    """Return how far every voxel lies, by a search through all voxels of the surface."""
    places = np.indices(SHAPE).reshape(3, -1).T @ steps.T
    found: np.ndarray = cKDTree(np.argwhere(surface) @ steps.T).query(places)[0].reshape(SHAPE)
    return found


@pytest.mark.parametrize("radius", [0.0, 1.0, 2.6, 5.0])
def test_beyond_is_what_the_distance_transform_finds_further(radius: float) -> None:
    surface, zooms = porous(1), (1.0, 1.3, 2.0)
    packed = beyond(packed_rows(surface.T), SHAPE, np.diag(zooms), radius)
    found = unpacked(packed, SHAPE[0]).T
    assert count(packed) == found.sum()  # nothing lies beyond the ends of rows
    distances = ndimage.distance_transform_edt(~surface, zooms)
    assert not found[distances < radius * (1 - 1e-4)].any()
    assert found[distances > radius].all()


@pytest.mark.parametrize("radius", [0.0, 0.4, 2.5, 4.0])
@pytest.mark.parametrize("name", STEPS)
def test_the_nearest_of_what_lies_far_are_exposed(name: str, radius: float) -> None:
    """From everything beyond a radius, the exposed voxels lie as near as all do; and they are few where holes are."""
    steps = STEPS[name]
    for seed in range(5):
        surface = porous(seed)
        packed = packed_rows(surface.T)
        far = beyond(packed, SHAPE, steps, radius)
        seen = unpacked(exposed(packed, far, steps, radius), SHAPE[0]).T
        assert not (seen & ~surface).any()
        is_far = unpacked(far, SHAPE[0]).T
        distances = from_all(surface, steps)
        assert is_far[distances > radius].all()
        np.testing.assert_allclose(from_all(seen, steps)[is_far], distances[is_far], rtol=1e-12)
        if radius == 4 and name != "slanted":
            assert seen.sum() < 0.8 * surface.sum()


@pytest.mark.parametrize("rough", [False, True])
@pytest.mark.parametrize("radius", [1.0, 3.0, 40.0])
@pytest.mark.parametrize("name", STEPS)
def test_far_ones_are_found_with_what_tells_how_far(
    name: str, radius: float, rough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them are, and of what lies further than the radius all; even if nothing does, as of 40 mm."""
    if rough:
        monkeypatch.setattr(module, "POINTS", 10)
        monkeypatch.setattr(module, "ROUGH", 1 << 30)
    surface, steps = porous(2), STEPS[name]
    voxels = (np.random.default_rng(1).random(SHAPE) < 0.2) & ~surface
    distances = from_all(surface, steps)
    for find, wanted in (("sought", voxels), ("further", voxels & (distances > radius))):
        seen = np.zeros(SHAPE, bool)
        far = Far(packed_rows(surface.T), SHAPE, steps)
        assert (far.few > 0) == rough
        for part, nearest in getattr(far, find)(packed_rows(voxels.T), radius):
            some = unpacked(part, SHAPE[0]).T
            assert some.any()
            assert not (some & (seen | ~voxels)).any()
            seen |= some
            np.testing.assert_allclose(nearest.distances(np.argwhere(some)), distances[some], rtol=1e-12)
        assert not (wanted & ~seen).any()
