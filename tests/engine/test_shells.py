"""What lies close to a surface is found by shells as scipy's distance transform finds it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from maskeditor.engine import shells as module
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.bits import count, packed_rows, unpacked
from maskeditor.engine.shells import Shells

SHAPES = [(21, 18, 15), (1, 40, 9), (70, 5, 1), (64, 9, 16)]
ZOOMS = [(1.0, 1.0, 1.0), (0.9, 1.5, 3.0), (4.0, 0.5, 1.0)]
#: Voxels that are looked round for however long they take.
ALL = 1 << 30


def random_masks(shape: tuple[int, ...]) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Return voxels that are looked for, a surface that holds none of them, and what the surface is of."""
    random = np.random.default_rng(len(shape) + shape[0])
    surface = random.random(shape) < 0.004
    surface[tuple(length // 2 for length in shape)] = True
    voxels = (random.random(shape) < 0.5) & ~surface
    return voxels, surface, surface | (random.random(shape) < 0.3)


@pytest.mark.parametrize("zooms", ZOOMS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("slab", "sparse"), [(module.SLAB, module.SPARSE), (50, 2.0), (50, 0.0)])
def test_equals_the_distance_transform(
    shape: tuple[int, int, int],
    zooms: tuple[float, float, float],
    slab: int,
    sparse: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In one part or in many, as whole slices or as bytes that are gathered."""
    monkeypatch.setattr(module, "SLAB", slab)
    monkeypatch.setattr(module, "SPARSE", sparse)
    voxels, surface, mask = random_masks(shape)
    shells = Shells(shape, np.diag(zooms))
    left = packed_rows(voxels.T)
    found = shells.look(left, packed_rows(mask.T), packed_rows(surface.T), ALL)
    distances = ndimage.distance_transform_edt(~surface, zooms)
    is_close = voxels & (distances <= shells.radius)
    np.testing.assert_array_equal(unpacked(left, shape[0]).T, voxels & ~is_close)
    np.testing.assert_allclose(np.repeat(shells.lengths, found.counts), np.sort(distances[is_close]), rtol=1e-12)
    assert found.furthest == pytest.approx(distances[is_close & ~mask].max(), rel=1e-12)


def test_a_shell_is_all_steps_of_one_length() -> None:
    """So long are the steps on a grid of cubes: of how many voxels, and how far, is the count of sums of squares."""
    shells = Shells((9, 9, 9), np.diag((2.0, 2.0, 2.0)))
    numbers = [6, 12, 8, 6, 24, 24, 12, 30, 24, 24, 8, 24, 48]  # of 1 to 14 as a sum of three squares, without 7
    assert [len(jumps) for jumps in shells.jumps[: len(numbers)]] == numbers
    squares = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14]
    np.testing.assert_allclose(shells.lengths[: len(squares)], 2 * np.sqrt(squares))


def test_what_lies_far_is_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two planes that lie ten voxels apart no more steps are gone through than show that these find nothing."""
    shape = (30, 40, 40)
    plane, other = np.zeros(shape, bool), np.zeros(shape, bool)
    plane[5], other[15] = True, True
    gone: list[int] = []
    cover = module._Slab._cover

    def counted(slab: module._Slab, jumps: np.ndarray) -> np.ndarray:
        gone.append(len(jumps))
        return cover(slab, jumps)

    monkeypatch.setattr(module._Slab, "_cover", counted)
    left, surface = packed_rows(plane.T), packed_rows(other.T)
    shells = Shells(shape, np.eye(3))
    found = shells.look(left, surface, surface)
    assert module.FIRST <= sum(gone) < 2 * module.FIRST
    assert (found.counts.sum(), count(left)) == (0, plane.sum())
    found = shells.look(left, surface, surface, ALL)
    # The furthest of the steps reach 9.9 voxels.
    assert sum(gone) > module.MOST / 2
    assert found.counts.sum() == 0
