"""Dilation, erosion, opening and closing: by hand, against scipy, and in the mask's box against the whole volume."""

from functools import partial

import numpy as np
import pytest
from scipy import ndimage

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.declaration import find
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.box import bounding_box
from maskeditor.engine.progress import Progress
from tests import phantoms
from tests.ops.common import on_mask, result_of

PEER = {
    "dilation": ndimage.binary_dilation,
    "erosion": ndimage.binary_erosion,
    "opening": ndimage.binary_opening,
    "closing": ndimage.binary_closing,
}


def rows(*lines):
    return np.array([[letter == "#" for letter in line] for line in lines])[:, :, None]


@pytest.mark.parametrize(
    ("id", "before", "after"),
    [
        ("dilation", ["...", ".#.", "..."], [".#.", "###", ".#."]),
        ("erosion", ["###.", "###.", "###.", "...."], ["....", "....", "....", "...."]),
        ("opening", ["#...", "....", "....", "...."], ["....", "....", "....", "...."]),
        (
            "closing",
            [".....", "..#..", ".#.#.", "..#..", "....."],
            [".....", "..#..", ".###.", "..#..", "....."],
        ),
    ],
)
def test_by_hand_in_one_slice(id, before, after):
    # In a single slice the cross has no neighbours across it, but all outside the volume is background for erosion.
    operation = find(id)()
    if id == "closing":
        made = on_mask(operation, np.repeat(rows(*before), 5, axis=2))[:, :, 2:3]
    else:
        made = on_mask(operation, rows(*before))
    assert np.array_equal(made, rows(*after))


@pytest.mark.parametrize("id", PEER)
@pytest.mark.parametrize("iterations", [1, 2, 3])
@pytest.mark.parametrize("fill", [0.1, 0.6])
def test_cross_equals_scipy(id, iterations, fill):
    scene = phantoms.scene(mask=phantoms.blobs((13, 12, 11), fill=fill))
    made = result_of(find(id)(iterations=iterations), scene)
    assert np.array_equal(made, PEER[id](scene.mask, iterations=iterations))


def ball_dilation(mask, radius, zooms):
    if not mask.any():
        return mask.copy()
    return ndimage.distance_transform_edt(~mask, sampling=zooms) <= radius + 1e-9


def ball_erosion(mask, radius, zooms):
    wide = np.pad(mask, 1)  # all outside the volume is background
    return (ndimage.distance_transform_edt(wide, sampling=zooms) > radius + 1e-9)[1:-1, 1:-1, 1:-1]


@pytest.mark.parametrize("id", PEER)
@pytest.mark.parametrize("radius", [1.0, 2.2, 4.0])
def test_ball_equals_distances(id, radius):
    image = phantoms.volume(np.zeros((14, 12, 9), np.uint8), "anisotropic")
    mask = np.zeros((14, 12, 9), bool)
    mask[3:12, 2:9, 1:7] = phantoms.blobs((9, 7, 6), fill=0.7)
    zooms = image.geometry.zooms
    grow = partial(ball_dilation, radius=radius, zooms=zooms)
    shrink = partial(ball_erosion, radius=radius, zooms=zooms)
    wanted = {
        "dilation": lambda: grow(mask),
        "erosion": lambda: shrink(mask),
        "opening": lambda: grow(shrink(mask)),
        "closing": lambda: shrink(grow(mask)),
    }[id]()
    made = result_of(find(id)(structure="ball", radius=radius), phantoms.scene(image, mask))
    assert np.array_equal(made, wanted)


@pytest.mark.parametrize("id", PEER)
def test_too_small_a_ball_says_so(id):
    operation = find(id)(structure="ball", radius=0.8)
    scene = phantoms.scene(phantoms.volume(affine_name="anisotropic"))
    with pytest.raises(OperationError, match=r"radius of 0.8 mm is smaller than the voxels .* at least 0.9 mm"):
        operation.apply(scene, lambda _: None)
    assert operation.reach(scene) == (0, 0, 0)


def test_reach_in_voxels():
    scene = phantoms.scene(phantoms.volume(affine_name="anisotropic"))
    assert find("dilation")(iterations=3).reach(scene) == (3, 3, 3)
    assert find("opening")(iterations=3).reach(scene) == (6, 6, 6)
    assert find("erosion")(structure="ball", radius=3.0).reach(scene) == (3, 2, 1)


def test_summaries():
    assert find("dilation")(iterations=2).summary() == "Dilation 2 ×"
    assert find("opening")(structure="ball", radius=3).summary() == "Opening 3 mm ball"


def test_closing_says_how_it_treats_the_border():
    assert "border" in (find("closing").__doc__ or "")
    block = np.zeros((6, 6, 6), bool)
    block[:3] = True
    assert not on_mask(find("closing")(), block)[0].any()


@pytest.mark.parametrize("name", PEER)
@pytest.mark.parametrize("place", [(3, 2, 1), (0, 0, 0), (13, 9, 8)])
def test_a_packed_mask_gives_the_voxels_of_scipy(name, place):
    """Packed bits are stepped as they are; the mask lies anywhere between two whole bytes, or at the border."""
    mask = np.zeros((150, 21, 18), bool, order="F")
    grains = np.random.default_rng(1).random((131, 10, 9)) < 0.7
    mask[tuple(slice(at, at + length) for at, length in zip(place, grains.shape, strict=True))] = grains
    for iterations in (1, 3):
        scene = Scene(phantoms.volume(mask.astype(np.uint8)), MaskBits.of(mask), bounding_box(mask))
        patch = find(name)(iterations=iterations).apply(scene, Progress())
        result = np.zeros_like(mask)
        result[patch.box.slices] = patch.data
        expected = PEER[name](mask, iterations=iterations)
        np.testing.assert_array_equal(result, expected)
