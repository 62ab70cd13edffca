"""What is seen of surfaces is what each line of sight meets first, by a literal march of rays through all voxels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from maskeditor.engine.arrays import BoolArray, Floats
from maskeditor.engine.first_hit import View, first_hits, shades
from maskeditor.engine.surface import rising_along, surface_of
from maskeditor.engine.surface_cut import Cut

SHAPE = (11, 9, 10)
GRIDS = {
    "cubes": np.eye(4),
    "flipped, anisotropic": np.array([[0, 0, 3.0, -4], [-1.0, 0, 0, 3], [0, 0.7, 0, -3], [0, 0, 0, 1]]),
    "oblique": np.block(
        [
            [Rotation.from_euler("xyz", [20, -35, 50], degrees=True).as_matrix() * [1, 2, 0.8], np.ones((3, 1))],
            [np.zeros((1, 3)), np.ones((1, 1))],
        ]
    ),
    "sheared": np.array([[1, 0.4, 0, 2], [0, 1, 0.3, 0], [0.2, 0, 1.5, -1], [0, 0, 0, 1.0]]),
}


def blobs(shape: tuple[int, int, int] = SHAPE) -> BoolArray:
    """A mask with holes, several pieces and an overhang, up to the edge of the image."""
    return ndimage.gaussian_filter(np.random.default_rng(4).normal(size=shape), 1) > 0.05


def marched(mask: BoolArray, affine: Floats, view: View) -> tuple[np.ndarray, np.ndarray]:
    """Return the first voxel that each line of sight meets (H, W), -1 for none, and how near it passes by an edge."""
    inverse, voxels = np.linalg.inv(affine), np.argwhere(mask)
    step = inverse[:3, :3] @ view.directions[2]
    rows, columns = np.indices(view.shape)
    across = view.origin + view.pixel * np.stack([columns, rows], -1)
    starts = (across @ view.directions[:2]) @ inverse[:3, :3].T + inverse[:3, 3]
    step = np.where(np.abs(step) < 1e-12, 1e-12, step)
    one, two = ((voxels + side - starts[:, :, None]) / step for side in (-0.5, 0.5))
    enters, leaves = np.minimum(one, two).max(-1), np.maximum(one, two).min(-1)
    hit = enters < leaves
    first = np.where(hit, enters, np.inf).argmin(-1)
    return np.where(hit.any(-1), first, -1), np.abs(leaves - enters).min(-1)


def compare(mask: BoolArray, affine: Floats, view: View, cut: Cut | None = None) -> None:
    surface = surface_of(mask, affine)
    picture = first_hits(surface, view, cut)
    if cut is not None:
        mask = mask.copy()
        mask[tuple(np.argwhere(mask)[cut.takes(np.argwhere(mask).T)].T)] = False
    first, near_edge = marched(mask, affine, view)
    there = picture.point >= 0
    seen = np.full((*view.shape, 3), -1)
    seen[there] = surface.voxels.T[picture.point[there]]
    expected = np.where((first >= 0)[..., None], np.argwhere(mask)[first], -1)
    clear = near_edge > 1e-3  # numbers decide over rays along an edge
    assert clear.mean() > 0.9
    assert (first >= 0).sum() > 20
    np.testing.assert_array_equal(seen[clear], expected[clear])
    points = expected[clear & there] @ affine[:3, :3].T + affine[:3, 3]
    np.testing.assert_allclose(picture.depth[clear & there], points @ view.directions[2], atol=1e-3)


@pytest.mark.parametrize("pixel", [0.31, 1.7])
@pytest.mark.parametrize("grid", GRIDS)
def test_first_voxel_of_each_line_of_sight_from_any_side(grid: str, pixel: float) -> None:
    mask, affine = blobs(), GRIDS[grid]
    middle = affine[:3, :3] @ (np.array(SHAPE) / 2) + affine[:3, 3]
    for seed in range(3):
        directions = Rotation.random(random_state=seed).as_matrix()
        compare(mask, affine, View.around(middle, directions, pixel, (40, 52)))


def test_a_part_of_the_picture_is_the_same_and_what_reaches_into_it_is_seen() -> None:
    mask, directions = blobs(), Rotation.random(random_state=5).as_matrix()
    view = View.around(np.array(SHAPE) / 2, directions, 0.3, (60, 60))
    whole, surface = first_hits(surface_of(mask, np.eye(4)), view), surface_of(mask, np.eye(4))
    part = first_hits(surface, view.part(slice(20, 41), slice(13, 30)))
    np.testing.assert_array_equal(part.point, whole.point[20:41, 13:30])
    rows, columns = view.part_of(np.array([[0, 0, 0], np.array(SHAPE) - 1]), np.eye(3))
    outside = whole.point.copy()
    outside[rows, columns] = -1
    assert (outside == -1).sum() >= (whole.point == -1).sum()


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("way", [1, -1])
def test_at_right_angles_depth_is_that_of_the_first_voxel_along_the_axis(axis: int, way: int) -> None:
    mask, size, zoom = blobs(), 25, 2.0
    middle = zoom * (np.array(SHAPE) - 1) / 2
    across, down = (other for other in range(3) if other != axis)
    directions = np.eye(3)[[across, down, axis]] * [[1.0], [1.0], [way]]
    origin = directions[:2] @ middle - zoom * np.array([12, 12])
    # The middles of pixels are those of voxels.
    shift = (np.array([SHAPE[across], SHAPE[down]]) - 1) % 2 * zoom / 2
    picture = first_hits(
        surface_of(mask, np.diag([zoom, zoom, zoom, 1.0])), View(directions, origin + shift, zoom, (size, size))
    )

    ahead = np.moveaxis(mask, axis, 2)[:, :, ::way]
    start = 0 if way > 0 else SHAPE[axis] - 1
    first = np.where(ahead.any(2), zoom * (way * start + ahead.argmax(2)), np.inf).T
    expected = np.full((size, size), np.inf)
    left, top = (12 - (SHAPE[one] - 1) // 2 - (SHAPE[one] - 1) % 2 for one in (across, down))
    expected[top : top + first.shape[0], left : left + first.shape[1]] = first
    np.testing.assert_array_equal(picture.depth, expected)


def test_what_is_cut_away_leaves_what_lies_behind_it() -> None:
    # A thin mask has no inside that a cut would open.
    mask = blobs() & (np.indices(SHAPE).sum(0) % 2 == 0)
    for seed in range(3):
        directions = Rotation.random(random_state=seed).as_matrix()
        view = View.around(np.array(SHAPE) / 2, directions, 0.4, (40, 40))
        compare(mask, np.eye(4), view, Cut((5, 4, 5), rising_along(np.eye(4), directions[2])))


def test_brightest_is_what_faces_the_viewer() -> None:
    surface = surface_of(np.ones((5, 5, 5), bool), np.eye(4))
    bright = shades(surface, View.around(np.zeros(3), np.eye(3), 1.0, (3, 3)))
    assert surface.voxels[:, bright.argmax()].tolist() == [2, 2, 0]
    assert bright.max() == pytest.approx(1)


def test_of_an_empty_mask_nothing_is_seen() -> None:
    picture = first_hits(
        surface_of(np.zeros((3, 3, 3), bool), np.eye(4)), View.around(np.zeros(3), np.eye(3), 1, (4, 4))
    )
    assert (picture.point == -1).all()
    assert np.isinf(picture.depth).all()
