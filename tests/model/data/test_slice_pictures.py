"""Slices as a report and a montage draw them: the right voxel at each pixel, and outlines where scipy finds them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.model.data.montage import MontageParameters, montage
from maskeditor.model.data.slice_pictures import GREYS, Outlined, SlicePictures
from tests import phantoms

SHAPE = (17, 14, 12)


def pictures(affine: str, *masks: np.ndarray) -> SlicePictures:
    head = phantoms.head(SHAPE)
    outlined = tuple(Outlined(str(place), (place, 255, 0), MaskBits.of(mask)) for place, mask in enumerate(masks))
    return SlicePictures(head, None, Geometry(SHAPE, phantoms.affine(affine)), (0.0, 900.0), outlined)


@pytest.mark.parametrize("affine", phantoms.AFFINES)
@pytest.mark.parametrize("plane", Plane)
def test_each_pixel_shows_the_voxel_that_lies_there(affine: str, plane: Plane) -> None:
    drawn = pictures(affine)
    lies, index = drawn.plane(plane), 5
    picture = drawn.picture(plane, index, 40)
    height, width = picture.shape
    side = max(min(lies.pixel), max(lies.size) / 40)
    for row in range(0, height, 3):
        for column in range(0, width, 3):
            voxel = lies.to_voxel((column + 0.5) * side, (row + 0.5) * side, index)
            if np.isclose(np.abs(voxel - np.rint(voxel)), 0.5).any():
                continue  # on the border of two voxels
            i, j, k = (int(at) for at in np.rint(voxel).clip(0, np.array(SHAPE) - 1))
            grey = min(255, round(255 * float(drawn.values[i, j, k]) / 900)) // (256 // GREYS)
            assert abs(int(picture[row, column]) - grey) <= 1


@pytest.mark.parametrize("affine", ["plain", "flipped", "permuted"])
def test_outlines_are_what_an_erosion_takes_away_and_the_last_mask_lies_on_top(affine: str) -> None:
    head = phantoms.head(SHAPE)
    small, large = head > 600, ndimage.binary_dilation(head > 600)
    plane = Plane.AXIAL
    drawn, bare = pictures(affine, large, small), pictures(affine)
    lies, index = drawn.plane(plane), 6
    picture = drawn.picture(plane, index, 1000)
    expected = bare.picture(plane, index, 1000)
    rows, columns = drawn._voxels(lies, 1000)
    for place, mask in enumerate((large, small)):
        upright = drawn._upright(lies, np.take(mask, index, lies.normal))[np.ix_(rows, columns)]
        expected[upright & ~ndimage.binary_erosion(upright)] = GREYS + place
    np.testing.assert_array_equal(picture, expected)


def test_slices_go_up_front_and_right_whatever_the_order_of_voxels() -> None:
    for affine in phantoms.AFFINES:
        drawn = pictures(affine)
        for plane in Plane:
            places = [drawn.at(plane, index) for index in drawn.spread(plane, 0, 9, 4)]
            assert places == sorted(places)


def test_letters_stand_on_a_png_as_on_an_svg() -> None:
    sheet = montage(pictures("plain"), MontageParameters(rows=1, columns=2), side=100)
    assert [words.text for words in sheet.words if "mm" in words.text] == ["z 3 mm", "z 9 mm"]
    assert "z 3 mm" in sheet.as_svg()
    drawn = pictures("plain")
    assert sheet.pixels.shape[1] == 2 * drawn.shape(Plane.AXIAL, 100, drawn.enlarged(Plane.AXIAL, 100))[1] + 4


@pytest.mark.parametrize("shape", [(1, 1, 2), (2, 40, 9), (64, 64, 2), (200, 3, 3)])
@pytest.mark.parametrize("plane", Plane)
def test_letters_of_one_size_fit_into_slices_of_any(shape: tuple[int, int, int], plane: Plane) -> None:
    grid = Geometry(shape, np.diag([3.0, 3.0, 3.5, 1.0]))
    drawn = SlicePictures(np.full(shape, 9.0), None, grid, (0.0, 10.0))
    sheet = montage(drawn, MontageParameters(plane=plane, rows=1, columns=2), side=192)
    columns = min(2, shape[drawn.plane(plane).normal])
    width = (sheet.pixels.shape[1] + 4) // columns
    tiles = [sheet.words[start : start + 4] for start in range(0, len(sheet.words), 4)]
    assert len(tiles) == columns
    for place, tile in enumerate(tiles):
        for words in tile:
            end = words.x + len(words.text) * 12 - 2
            assert place * width <= words.x < end <= (place + 1) * width - 4
        tops = sorted({words.y for words in tile})
        assert all(one + words.size <= other for one, other in pairwise(tops))
    assert max(drawn.shape(plane, 192, drawn.enlarged(plane, 192))) >= 128


def test_an_outline_is_as_thin_where_voxels_are_enlarged() -> None:
    mask = np.ones((2, 2, 1), bool)
    drawn = SlicePictures(
        np.zeros(mask.shape),
        None,
        Geometry(mask.shape, np.eye(4)),
        (0.0, 1.0),
        (Outlined("all", (1, 2, 3), MaskBits.of(mask)),),
    )
    picture = drawn.picture(Plane.AXIAL, 0, 100, 5)
    assert picture.shape == (10, 10)
    assert np.count_nonzero(picture == GREYS) == 36
