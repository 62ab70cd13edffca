"""Surfaces: what is seen from a right angle is what a line of sight meets first."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.surface import seen, surface_of

SHAPE = (21, 17, 19)


def blobs() -> BoolArray:
    """A mask with holes, several pieces and an overhang, up to the edge of the image."""
    return ndimage.gaussian_filter(np.random.default_rng(4).normal(size=SHAPE), 2) > 0.01


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("way", [1, -1])
def test_depth_is_that_of_the_first_voxel_on_each_line_of_sight(axis: int, way: int) -> None:
    mask, size, zoom = blobs(), 25, 2.0
    affine = np.diag([zoom, zoom, zoom, 1.0])
    middle = zoom * (np.array(SHAPE) - 1) / 2
    across, down = (other for other in range(3) if other != axis)
    directions = np.eye(3)[[across, down, axis]] * [[1.0], [1.0], [way]]
    picture = seen(surface_of(mask, affine), directions, affine[:3, :3], middle, zoom, size)

    ahead = np.moveaxis(mask, axis, 2)[:, :, ::way]
    first = np.where(ahead.any(2), zoom * (ahead.argmax(2) - (SHAPE[axis] - 1) / 2), np.inf).T
    expected = np.full((size, size), np.inf)
    top, left = (size - first.shape[0]) // 2, (size - first.shape[1]) // 2
    expected[top : top + first.shape[0], left : left + first.shape[1]] = first
    np.testing.assert_array_equal(picture.depth, expected)
    np.testing.assert_array_equal(picture.point >= 0, np.isfinite(expected))


def test_surface_is_what_an_erosion_takes_away() -> None:
    mask = blobs()
    at = surface_of(mask, np.eye(4)).points.astype(int)
    edge = np.zeros_like(mask)
    edge[tuple(at.T)] = True
    np.testing.assert_array_equal(edge, mask & ~ndimage.binary_erosion(mask))


def test_normals_of_a_ball_lead_out_of_it_in_the_world_on_anisotropic_grids_too() -> None:
    affine = np.array([[0, 0, 3.0, -40], [-1.0, 0, 0, 30], [0, 2.0, 0, -30], [0, 0, 0, 1]])
    world = np.einsum("ab,bijk->aijk", affine[:3, :3], np.indices((61, 31, 27))) + affine[:3, 3, None, None, None]
    middle = affine[:3, :3] @ [30, 15, 13] + affine[:3, 3]
    mask = np.square(world - middle[:, None, None, None]).sum(0) < 24**2
    surface = surface_of(mask, affine)
    out = surface.points - middle
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    assert (out * surface.normals).sum(1).min() > 0.85


def test_from_aside_no_line_of_sight_goes_through_a_wall() -> None:
    mask = np.ones((20, 20, 20), bool)
    turn = np.radians(33)
    directions = np.array([[np.cos(turn), np.sin(turn), 0], [0, 0, -1], [-np.sin(turn), np.cos(turn), 0]])
    picture = seen(surface_of(mask, np.eye(4)), directions, np.eye(3), np.full(3, 9.5), 0.7, 60)
    inside = picture.point >= 0
    np.testing.assert_array_equal(inside, ndimage.binary_fill_holes(inside))
    assert np.ptp(picture.depth[inside]) < 20 * np.sqrt(2) / 2 + 2  # of the two walls that face the viewer


def test_of_an_empty_mask_nothing_is_seen() -> None:
    picture = seen(surface_of(np.zeros((3, 3, 3), bool), np.eye(4)), np.eye(3), np.eye(3), np.zeros(3), 1.0, 4)
    assert (picture.point == -1).all()
    assert not picture.shade.any()
