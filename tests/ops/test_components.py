"""Keep largest, select component, remove small, fill holes: by hand and against scipy's labels."""

import numpy as np
import pytest
from scipy import ndimage

from maskeditor.core.errors import OperationError
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.ops.fill_holes import FillHoles
from maskeditor.ops.keep_largest import KeepLargest
from maskeditor.ops.remove_small import RemoveSmall
from maskeditor.ops.select_component import SelectComponent
from tests import phantoms
from tests.ops.common import on_mask, result_of

# Sizes 2, 3, 1, 2; all apart across faces, the third touches the second across an edge.
PICTURE = ["##..##", "....#.", "...#..", ".....#", ".....#"]
MASK = np.array([[letter == "#" for letter in line] for line in PICTURE])[:, :, None]
SECOND = np.array([[*map(bool, line)] for line in ([0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 0])])


def labels(mask, neighbours):
    structure = ndimage.generate_binary_structure(3, (6, 18, 26).index(neighbours) + 1)
    return ndimage.label(mask, structure)[0]


def test_keep_largest_by_hand():
    made = on_mask(KeepLargest(), MASK)
    assert np.array_equal(made[:2, :, 0], SECOND)
    assert not made[2:].any()
    with_edges = on_mask(KeepLargest(neighbours=18), MASK)
    assert with_edges.sum() == 4
    assert with_edges[2, 3, 0]


def test_of_equal_components_the_first_is_kept():
    made = on_mask(KeepLargest(count=2), MASK)
    assert made[0, :2, 0].all()
    assert not made[3:].any()


def test_select_component_by_hand():
    assert np.array_equal(on_mask(SelectComponent(point=(0, 4, 0)), MASK)[:2, :, 0], SECOND)
    removed = on_mask(SelectComponent(point=(0, 4, 0), action="remove"), MASK)
    assert removed.sum() == MASK.sum() - 3
    assert not removed[0, 4, 0]


@pytest.mark.parametrize("point", [(0, 2, 0), (9, 0, 0), (-1, 0, 0)])
def test_a_voxel_outside_the_mask_is_refused(point):
    with pytest.raises(OperationError, match="lies outside the mask; choose one inside it"):
        on_mask(SelectComponent(point=point), MASK)


def test_suggested_voxel_lies_in_the_mask():
    scene = phantoms.scene()
    assert scene.mask[SelectComponent.suggest(scene).point]
    assert SelectComponent.suggest(phantoms.scene(mask=np.zeros((13, 12, 11), bool))).point == (6, 6, 5)


def test_remove_small_keeps_what_is_just_as_large():
    assert on_mask(RemoveSmall(below=2, unit="voxels"), MASK).sum() == MASK.sum() - 1
    assert on_mask(RemoveSmall(below=2.5, unit="voxels"), MASK).sum() == 3
    # Voxels of 1 mm³: two are 0.002 mL.
    assert on_mask(RemoveSmall(below=0.002), MASK).sum() == MASK.sum() - 1
    assert on_mask(RemoveSmall(below=0.003), MASK).sum() == 3


def test_remove_small_does_not_round_up():
    line = np.zeros((120, 1, 1), bool)
    line[:100] = True
    assert on_mask(RemoveSmall(below=0.1), line).sum() == 100
    line[99] = False
    assert not on_mask(RemoveSmall(below=0.1), line).any()


def test_remove_small_of_voxels_of_a_micrometre():
    mask = np.zeros((140, 3, 1), bool)
    mask[:132, 0] = True
    for zoom in (0.0012, 0.0005):
        image = Volume(np.zeros(mask.shape, np.uint8), Geometry(mask.shape, np.diag([zoom, zoom, zoom, 1])))
        scene = phantoms.scene(image, mask)
        size = 132 * zoom**3 / 1000
        assert result_of(RemoveSmall(below=0.99 * size), scene).sum() == 132
        assert not result_of(RemoveSmall(below=1.01 * size), scene).any()


@pytest.mark.parametrize("neighbours", [6, 18, 26])
@pytest.mark.parametrize("seed", [1, 2])
def test_equal_to_scipy(neighbours, seed):
    scene = phantoms.scene(mask=phantoms.blobs((13, 12, 11), seed=seed, fill=0.2))
    found = labels(scene.mask, neighbours)
    sizes = np.bincount(found.ravel())
    sizes[0] = 0
    made = result_of(KeepLargest(neighbours=neighbours), scene)
    assert np.array_equal(made, found == sizes.argmax())
    made = result_of(RemoveSmall(below=5, unit="voxels", neighbours=neighbours), scene)
    assert np.array_equal(made, sizes[found] >= 5)
    point = SelectComponent.suggest(scene).point
    made = result_of(SelectComponent(point=point, neighbours=neighbours), scene)
    assert np.array_equal(made, found == found[point])


def test_equal_to_nilearn_on_ties():
    from nibabel import Nifti1Image
    from nilearn.image import largest_connected_component_img

    mask = np.zeros((6, 6, 6), bool, order="F")
    mask[0, 4, 4:], mask[3:5, 0, 0], mask[1, 1, 1:3] = True, True, True
    peer = largest_connected_component_img(Nifti1Image(mask.astype(np.uint8), np.eye(4)))
    assert np.array_equal(on_mask(KeepLargest(), mask), np.asarray(peer.dataobj) > 0)


RING = np.array([[letter == "#" for letter in line] for line in ("####", "#..#", "####", "...#")])


def test_fill_holes_by_hand():
    tube = np.repeat(RING[:, :, None], 3, axis=2)
    assert np.array_equal(on_mask(FillHoles(), tube), tube)
    filled = on_mask(FillHoles(mode="axial"), tube)
    assert filled[1, 1:3].all()
    assert filled.sum() == tube.sum() + 6
    assert np.array_equal(on_mask(FillHoles(mode="coronal"), tube), tube)


@pytest.mark.parametrize("affine_name", phantoms.AFFINES)
def test_fill_holes_equals_scipy(affine_name):
    image = phantoms.volume(affine_name=affine_name)
    scene = phantoms.scene(image, phantoms.blobs(image.geometry.shape, fill=0.7))
    assert np.array_equal(result_of(FillHoles(), scene), ndimage.binary_fill_holes(scene.mask))
    for mode, letters in [("axial", "IS"), ("coronal", "PA"), ("sagittal", "LR")]:
        axis = next(axis for axis, code in enumerate(image.geometry.axis_codes) if code in letters)
        slices = [ndimage.binary_fill_holes(part) for part in np.moveaxis(scene.mask, axis, 0)]
        wanted = np.moveaxis(np.stack(slices), 0, axis)
        assert np.array_equal(result_of(FillHoles(mode=mode), scene), wanted)


def test_summaries():
    assert RemoveSmall(below=0.5, neighbours=26).summary() == "Remove below 0.5 mL, 26 neighbours"
    assert KeepLargest().summary() == "Keep largest"
    assert KeepLargest(count=3).summary() == "Keep largest: count 3"
    assert SelectComponent(point=(1, 2, 3)).summary() == "Select component: voxel 1, 2, 3"
