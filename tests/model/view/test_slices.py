"""Planes on the screen, against nibabel's idea of orientation."""

from __future__ import annotations

import itertools

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.model.view.slices import PlaneMap, cut, take
from tests import phantoms

SHAPE, ZOOMS = (4, 5, 6), (1.0, 2.0, 3.5)
ORDERS = [
    tuple(ends[axis][flip] for axis, flip in zip(order, flips, strict=True))
    for ends in [("LR", "PA", "IS")]
    for order in itertools.permutations(range(3))
    for flips in itertools.product((0, 1), repeat=3)
]


def image(codes: tuple[str, ...]) -> nibabel.Nifti1Image:
    """Return an image with a number of its own in each voxel, stored in an axis order."""
    canonical = nibabel.Nifti1Image(
        np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE),
        nibabel.affines.from_matvec(np.diag(ZOOMS), [-3, 7, 11]),
    )
    wanted = nibabel.orientations.axcodes2ornt(codes)
    return canonical.as_reoriented(nibabel.orientations.ornt_transform(nibabel.io_orientation(np.eye(4)), wanted))


def on_screen(values: NDArray[np.int16], plane: Plane, index: int, radiological: bool) -> NDArray[np.int16]:
    """Return lines and columns of the screen of a canonical (RAS) array: front or top up, nose to the left."""
    if plane is Plane.SAGITTAL:
        return values[index, ::-1, ::-1].T
    seen = values[:, ::-1, index].T if plane is Plane.AXIAL else values[:, index, ::-1].T
    return seen[:, ::-1] if radiological else seen


@pytest.mark.parametrize("codes", ORDERS, ids="".join)
def test_every_axis_order_looks_the_same(codes: tuple[str, ...]) -> None:
    stored = image(codes)
    assert nibabel.aff2axcodes(stored.affine) == codes
    canonical = np.asanyarray(nibabel.as_closest_canonical(stored).dataobj)
    array = np.asanyarray(stored.dataobj)
    grid = Geometry(stored.shape, stored.affine)
    for plane, radiological in itertools.product(Plane, (True, False)):
        view = PlaneMap(grid, plane, radiological)
        last = view.counts[2] - 1
        for step in (0, last):
            index = step if view.towards > 0 else last - step
            lines = []
            for row in range(view.counts[1]):
                y = (row + 0.5) * view.pixel[1]
                voxels = [view.to_voxel((column + 0.5) * view.pixel[0], y, index) for column in range(view.counts[0])]
                lines.append([array[tuple(np.rint(voxel).astype(int))] for voxel in voxels])
            np.testing.assert_array_equal(lines, on_screen(canonical, plane, step, radiological))
        zooms = {Plane.AXIAL: (1.0, 2.0), Plane.CORONAL: (1.0, 3.5), Plane.SAGITTAL: (2.0, 3.5)}
        assert view.pixel == pytest.approx(zooms[plane])
        assert view.size == pytest.approx((view.counts[0] * view.pixel[0], view.counts[1] * view.pixel[1]))


@pytest.mark.parametrize("codes", ORDERS, ids="".join)
@pytest.mark.parametrize("radiological", [True, False])
def test_letters_name_where_the_edge_lies(codes: tuple[str, ...], radiological: bool) -> None:
    stored = image(codes)
    for plane in Plane:
        view = PlaneMap(Geometry(stored.shape, stored.affine), plane, radiological)
        width, height = view.size
        middle = view.to_voxel(width / 2, height / 2, 1)
        edges = [(0, height / 2), (width, height / 2), (width / 2, 0), (width / 2, height)]
        for letter, (x, y) in zip(view.letters, edges, strict=True):
            there = nibabel.affines.apply_affine(stored.affine, view.to_voxel(x, y, 1) - middle)
            direction = there - stored.affine[:3, 3]
            world = int(np.abs(direction).argmax())
            assert letter == (("L", "R"), ("P", "A"), ("I", "S"))[world][int(direction[world] > 0)]


def test_letters_of_an_oblique_grid_are_nibabels_nearest_ones() -> None:
    affine = phantoms.affine("oblique")
    codes = nibabel.aff2axcodes(affine)
    for plane in Plane:
        view = PlaneMap(Geometry((4, 5, 6), affine), plane)
        for axis, edges in zip(view.axes, (view.letters[:2], view.letters[2:]), strict=False):
            assert codes[axis] in edges


@pytest.mark.parametrize("name", phantoms.AFFINES)
@pytest.mark.parametrize("plane", Plane)
def test_screen_and_voxel_are_inverse(name: str, plane: Plane) -> None:
    view = PlaneMap(Geometry((7, 8, 9), phantoms.affine(name)), plane)
    rng = np.random.default_rng(0)
    for voxel in rng.uniform(-2, 10, (20, 3)):
        x, y = view.to_screen(voxel)
        np.testing.assert_allclose(view.to_voxel(x, y, voxel[view.normal]), voxel, atol=1e-12)


@pytest.mark.parametrize("name", phantoms.AFFINES)
@pytest.mark.parametrize("plane", Plane)
@pytest.mark.parametrize("radiological", [True, False])
def test_the_painters_matrix_is_the_same_map(name: str, plane: Plane, radiological: bool) -> None:
    view = PlaneMap(Geometry((7, 8, 9), phantoms.affine(name)), plane, radiological)
    a, b, c, d, e, f = view.affine2d
    for voxel in ((0, 0, 0), (6, 7, 8), (2.25, 3, 1)):
        i, j = (voxel[axis] + 0.5 for axis in range(3) if axis != view.normal)
        assert (a * i + c * j + e, b * i + d * j + f) == pytest.approx(view.to_screen(voxel))


def test_moves_follow_the_screen() -> None:
    for codes, plane in itertools.product(ORDERS, Plane):
        stored = image(codes)
        view = PlaneMap(Geometry(stored.shape, stored.affine), plane)
        x, y = view.to_screen((2, 2, 2))
        right, down = view.to_screen(view.moved((2, 2, 2), 1, 1))
        assert (right - x, down - y) == pytest.approx(view.pixel)


@pytest.mark.parametrize("order", ["F", "C"])
@pytest.mark.parametrize("axis", range(3))
def test_slices_are_gathered_in_memory_order(order: str, axis: int) -> None:
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    volume = np.array(array, order=order)  # type: ignore[call-overload]
    taken = take(volume, axis, 1)
    np.testing.assert_array_equal(taken, np.take(array, 1, axis=axis))
    assert taken.flags.f_contiguous if order == "F" else taken.flags.c_contiguous
    assert not np.shares_memory(taken, volume)
    assert np.shares_memory(cut(volume, axis, 1), volume)


@pytest.mark.parametrize("shape", [(1, 4, 5), (4, 1, 5), (4, 5, 1), (1, 1, 1)])
def test_volumes_of_one_slice(shape: tuple[int, int, int]) -> None:
    for plane in Plane:
        view = PlaneMap(Geometry(shape, np.eye(4)), plane)
        assert sorted(view.counts) == sorted(shape)
        assert take(np.zeros(shape, order="F"), view.normal, 0).flags.f_contiguous
