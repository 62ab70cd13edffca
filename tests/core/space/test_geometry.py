"""Geometry: the same axes as nibabel's, and differences in words."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nibabel.affines import obliquity, voxel_sizes
from scipy.spatial.transform import Rotation

from maskeditor.core.errors import GeometryError
from maskeditor.core.space.geometry import Geometry, Plane

turns = st.tuples(*[st.floats(-180, 180)] * 3)
sizes = st.tuples(*[st.floats(0.05, 20)] * 3)
shears = st.tuples(*[st.floats(-0.6, 0.6)] * 3)
origins = st.tuples(*[st.floats(-500, 500)] * 3)
orders = st.permutations([0, 1, 2])
signs = st.tuples(*[st.sampled_from([-1, 1])] * 3)
shapes = st.tuples(*[st.integers(1, 40)] * 3)


@st.composite
def affines(draw: st.DrawFn) -> np.ndarray:
    """An affine: axes permuted and flipped, turned, sheared, scaled and moved."""
    shear = np.eye(3)
    shear[0, 1], shear[0, 2], shear[1, 2] = draw(shears)
    turn = Rotation.from_euler("xyz", draw(turns), degrees=True).as_matrix()
    order = np.eye(3)[:, draw(orders)] * draw(signs)
    affine = np.eye(4)
    affine[:3, :3] = turn @ shear @ order * draw(sizes)
    affine[:3, 3] = draw(origins)
    return affine


@given(affines())
def test_orientation_is_nibabels(affine: np.ndarray) -> None:
    grid = Geometry((3, 4, 5), affine)
    assert np.array_equal(grid.orientation, nibabel.orientations.io_orientation(affine))
    assert grid.axis_codes == nibabel.orientations.aff2axcodes(affine)
    assert np.allclose(grid.zooms, voxel_sizes(affine), rtol=1e-12)


@given(affines(), st.integers(-1, 1), st.integers(-1, 1))
def test_orientation_at_exact_ties_is_nibabels(affine: np.ndarray, a: int, b: int) -> None:
    affine[:3, :3] = [[1, a, 0], [b, 1, 0], [0, 0, 1]]
    assume(abs(np.linalg.det(affine[:3, :3])) > 0.5)
    assert Geometry((3, 4, 5), affine).axis_codes == nibabel.orientations.aff2axcodes(affine)


@given(affines(), shapes, st.lists(st.tuples(*[st.floats(-50, 50)] * 3), min_size=1, max_size=5))
def test_voxels_go_to_world_and_back(affine: np.ndarray, shape: tuple[int, int, int], points: list[tuple]) -> None:
    grid = Geometry(shape, affine)
    world = grid.to_world(points)
    assert np.allclose(world, nibabel.affines.apply_affine(affine, points))
    assert np.allclose(grid.to_voxel(world), points, atol=1e-6 * (1 + np.abs(affine).max()))
    assert grid.to_world(points[0]).shape == (3,)


@given(affines())
def test_each_plane_has_an_axis_of_its_own(affine: np.ndarray) -> None:
    grid = Geometry((3, 4, 5), affine)
    assert sorted(grid.axis_of(plane) for plane in Plane) == [0, 1, 2]
    assert all(grid.plane_of(grid.axis_of(plane)) is plane for plane in Plane)


def test_planes_of_a_sagittal_acquisition() -> None:
    # Slices from right to left, rows from top to bottom: the axes run back, down and left.
    grid = Geometry((256, 200, 176), [[0, 0, -1, 90], [-1, 0, 0, 120], [0, -1.2, 0, 130], [0, 0, 0, 1]])
    assert grid.axis_codes == ("P", "I", "L")
    assert [grid.axis_of(plane) for plane in (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)] == [2, 0, 1]
    assert grid.zooms == (1.0, 1.2, 1.0)
    assert grid.voxel_volume == pytest.approx(0.0012, rel=1e-12)
    assert not grid.is_oblique


@pytest.mark.parametrize(("degrees", "oblique"), [(0.0, False), (0.09, False), (0.11, True), (12.0, True)])
def test_oblique_begins_at_a_tenth_of_a_degree(degrees: float, oblique: bool) -> None:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("x", degrees, degrees=True).as_matrix() * (2, 3, 4)
    assert Geometry((2, 2, 2), affine).is_oblique is oblique


@given(affines())
def test_obliquity_is_nibabels(affine: np.ndarray) -> None:
    wanted = np.degrees(obliquity(affine)).max()
    assert Geometry((2, 2, 2), affine).obliquity == pytest.approx(wanted, rel=1e-6, abs=1e-5)


def test_a_permuted_grid_is_not_oblique() -> None:
    assert not Geometry((2, 2, 2), np.eye(4)[[1, 2, 0, 3]]).is_oblique


@pytest.mark.parametrize(
    ("voxel", "inside"),
    [((0, 0, 0), True), ((1, 2, 3), True), ((2, 0, 0), False), ((0, -1, 0), False), ((0, 0, 4), False)],
)
def test_holds(voxel: tuple[int, int, int], inside: bool) -> None:
    assert Geometry((2, 3, 4), np.eye(4)).holds(voxel) is inside


def test_corners_are_the_centres_of_the_corner_voxels() -> None:
    corners = Geometry((3, 4, 5), np.diag([2, 3, 4, 1])).corners()
    assert corners.min(axis=0).tolist() == [0, 0, 0]
    assert corners.max(axis=0).tolist() == [4, 9, 16]
    assert len(np.unique(corners, axis=0)) == 8


@pytest.mark.parametrize(
    ("shape", "affine", "words"),
    [
        ((2, 2), np.eye(4), "shape is (2, 2)"),
        ((2, 2, 0), np.eye(4), "shape is (2, 2, 0)"),
        ((2, 2, 2), np.eye(3), "4 × 4 matrix"),
        ((2, 2, 2), np.full((4, 4), np.nan), "finite numbers"),
        ((2, 2, 2), np.diag([1, 1, 0, 1]), "singular"),
    ],
)
def test_no_grid(shape: tuple[int, ...], affine: np.ndarray, words: str) -> None:
    with pytest.raises(GeometryError, match=words.replace("(", r"\(").replace(")", r"\)")):
        Geometry(shape, affine)


def test_values_cannot_be_changed() -> None:
    affine = np.eye(4)
    grid = Geometry((2, 2, 2), affine)
    affine[0, 0] = 7
    assert grid.zooms == (1, 1, 1)
    with pytest.raises(ValueError, match="read-only"):
        grid.affine[0, 0] = 7


@given(affines(), affines(), shapes, st.integers(0, 2), st.data())
def test_a_slice_goes_where_its_middle_lies(
    affine: np.ndarray, other: np.ndarray, shape: tuple[int, int, int], axis: int, data: st.DataObject
) -> None:
    here = Geometry(shape, affine)
    index = data.draw(st.integers(0, shape[axis] - 1))
    middle = [(length - 1) / 2 for length in shape]
    middle[axis] = index
    # The other grid is moved so that the middle lies between its slices 10 and 11, nearer to one of them.
    across = Geometry((2, 2, 2), other).axis_of(here.plane_of(axis))
    place = np.array([7.0, 7, 7])
    place[across] = data.draw(st.sampled_from([9.6, 10.0, 10.4]))
    other[:3, 3] += nibabel.affines.apply_affine(affine, middle) - nibabel.affines.apply_affine(other, place)
    there = Geometry((30, 30, 30), other)
    assert here.slices_onto(there, axis, [index]) == (across, (10,))


# Differences


GRID = Geometry((10, 12, 14), [[2, 0, 0, -9], [0, 2, 0, -11], [0, 0, 3, -20], [0, 0, 0, 1]])


def moved(*changes: tuple[tuple[int, int], float], shape: tuple[int, int, int] = GRID.shape) -> Geometry:
    affine = GRID.affine.copy()
    for place, value in changes:
        affine[place] += value
    return Geometry(shape, affine)


def test_the_same_grid_has_no_differences() -> None:
    assert GRID.differences(GRID) == ()
    assert GRID.differences(moved(((0, 3), 5e-4))) == ()
    assert GRID.same_as(moved(((0, 0), 1e-6)))
    assert not GRID.same_as(moved(((0, 3), 2e-3)))


@given(affines(), shapes)
def test_a_grid_written_with_float32_is_the_same(affine: np.ndarray, shape: tuple[int, int, int]) -> None:
    affine[:3, 3] /= 5
    written = affine.astype(np.float32).astype(np.float64)
    assert Geometry(shape, affine).same_as(Geometry(shape, written))


@pytest.mark.parametrize(
    ("other", "beginnings"),
    [
        (moved(((0, 3), 0.05)), ["corners: up to 0.05 mm", "likely cause: rounding"]),
        (moved(((0, 3), -0.19)), ["corners: up to 0.19 mm", "likely cause: rounding"]),
        (moved(((0, 3), 0.21)), ["corners: up to 0.21 mm", "likely cause: the origin was moved by (0.21, 0, 0) mm"]),
        (moved(((1, 3), 7.5)), ["corners: up to 7.5 mm", "likely cause: the origin was moved by (0, 7.5, 0) mm"]),
        (
            moved(shape=(10, 12, 10)),
            ["shape: 10 × 12 × 14 here, 10 × 12 × 10 there", "corners", "likely cause: one of the two was cropped"],
        ),
        (
            moved(((0, 0), 1.0)),
            ["zooms: 2 × 2 × 3 mm here, 3 × 2 × 3 mm there", "corners", "likely cause: one of the two was resampled"],
        ),
        (
            Geometry((10, 12, 14), np.diag([-1, 1, 1, 1]) @ GRID.affine),
            ["axis codes: RAS here, LAS there", "likely cause: the same box of space, stored with its axes flipped"],
        ),
        (
            Geometry((14, 10, 12), GRID.affine[:, [2, 0, 1, 3]]),
            ["shape", "zooms", "axis codes: RAS here, SRA there", "corners", "likely cause: the same box of space"],
        ),
        (
            Geometry((19, 23, 27), GRID.affine @ np.diag([0.5, 0.5, 0.5, 1])),
            ["shape", "zooms", "likely cause: one of the two was resampled"],
        ),
    ],
)
def test_differences_in_words(other: Geometry, beginnings: list[str]) -> None:
    found = GRID.differences(other)
    assert len(found) >= len(beginnings)
    for beginning in beginnings:
        assert any(sentence.startswith(beginning) for sentence in found), found


def test_a_turned_head_was_moved() -> None:
    affine = GRID.affine.copy()
    affine[:3, :3] = Rotation.from_euler("z", 5, degrees=True).as_matrix() @ affine[:3, :3]
    assert GRID.differences(Geometry(GRID.shape, affine))[-1].startswith("likely cause: one of the two was moved")
