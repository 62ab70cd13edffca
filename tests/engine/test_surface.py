"""Surfaces: the voxels that touch what is outside, their normals, and how they are brought up to date."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box, bounding_box
from maskeditor.engine.surface import Surface, rising_along, surface_in, surface_of

SHAPE = (21, 17, 19)


def blobs() -> BoolArray:
    """A mask with holes, several pieces and an overhang, up to the edge of the image."""
    return ndimage.gaussian_filter(np.random.default_rng(4).normal(size=SHAPE), 2) > 0.01


def sorted_rows(surface: Surface) -> np.ndarray:
    rows = np.concatenate((surface.voxels, surface.faces[None], surface.normals))
    return rows[:, np.lexsort(rows[:3])]


def test_surface_is_what_an_erosion_takes_away() -> None:
    mask = blobs()
    at = surface_of(mask, np.eye(4)).voxels.astype(int)
    edge = np.zeros_like(mask)
    edge[tuple(at)] = True
    np.testing.assert_array_equal(edge, mask & ~ndimage.binary_erosion(mask))


def test_faces_are_those_whose_neighbour_is_outside() -> None:
    mask = blobs()
    surface = surface_of(mask, np.eye(4))
    around = np.pad(mask, 1)
    for bit, (axis, way) in enumerate((axis, way) for axis in range(3) for way in (-1, 1)):
        beside = surface.voxels.astype(int) + 1
        beside[axis] += way
        np.testing.assert_array_equal((surface.faces >> bit & 1).astype(bool), ~around[tuple(beside)])


def test_normals_of_a_ball_lead_out_of_it_in_the_world_on_anisotropic_grids_too() -> None:
    affine = np.array([[0, 0, 3.0, -40], [-1.0, 0, 0, 30], [0, 2.0, 0, -30], [0, 0, 0, 1]])
    world = np.einsum("ab,bijk->aijk", affine[:3, :3], np.indices((61, 31, 27))) + affine[:3, 3, None, None, None]
    middle = affine[:3, :3] @ [30, 15, 13] + affine[:3, 3]
    mask = np.square(world - middle[:, None, None, None]).sum(0) < 24**2
    surface = surface_of(mask, affine)
    out = surface.points - middle
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    assert (out * surface.normals.T).sum(1).min() > 0.85


def test_what_changed_in_a_box_is_found_by_looking_near_it() -> None:
    before, after = blobs(), blobs()
    rng = np.random.default_rng(1)
    after[4:9, 10:17, 0:5] ^= rng.random((5, 7, 5)) < 0.4
    box = bounding_box(before ^ after)
    assert box is not None
    read = []

    def reading(part: Box) -> BoolArray:
        read.append(part.size)
        return after[part.slices]

    updated = surface_of(before, np.eye(4)).updated(reading, SHAPE, box)
    np.testing.assert_array_equal(sorted_rows(updated), sorted_rows(surface_of(after, np.eye(4))))
    assert sum(read) <= 13 * 15 * 13


def test_no_more_is_brought_up_to_date_than_is_wanted_at_most() -> None:
    before, after = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    before[1:4, 1:4, 1:4], after[1:4, 1:4, 1:4], after[12:15, 9:12, 12:15] = True, True, True
    surface, box = surface_of(before, np.eye(4)), Box((12, 9, 12), (15, 12, 15))
    found = [surface.updated(lambda part: after[part.slices], SHAPE, box, most=most) for most in (51, 52)]
    assert found[0] is None
    assert len(found[1]) == 52


def test_indices_rise_along_a_line_of_sight_by_the_way_back_from_the_world() -> None:
    """Where axes are slanted, an axis may lead away from the viewer, and its indices fall all the same."""
    slanted = np.array([[1, 2, 0, 5], [0, 1, 0, -3], [0, 0, -2, 0], [0, 0, 0, 1.0]])
    assert rising_along(slanted, np.array([1.0, 1.0, 1.0])) == (False, True, False)


def test_a_surface_is_the_same_found_at_once_or_in_slabs(monkeypatch) -> None:
    mask = blobs()
    whole = surface_of(mask, np.eye(4))
    monkeypatch.setattr("maskeditor.engine.surface._AT_ONCE", 2 * SHAPE[0] * SHAPE[1])
    done: list[float] = []
    slabs = surface_in(lambda box: mask[box.slices], SHAPE, Box.whole(SHAPE), np.eye(4), done.append)
    assert done == [stop / 19 for stop in range(2, 19, 2)] + [1.0]
    np.testing.assert_array_equal(sorted_rows(slabs), sorted_rows(whole))


def test_all_lines_of_sight_of_an_octant_meet_voxels_in_one_order() -> None:
    surface = surface_of(blobs(), np.eye(4))
    ordered, places = surface.in_order((True, False, True))
    np.testing.assert_array_equal(ordered.voxels, surface.voxels[:, places])
    keys = np.lexsort((-ordered.voxels[2], ordered.voxels[1], -ordered.voxels[0]))
    np.testing.assert_array_equal(keys, np.arange(len(surface)))
