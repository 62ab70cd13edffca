"""Flood fill, polygon, copy and interpolation of slices, smoothing of a mask: by hand and against their peers."""

import nibabel
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from maskeditor.core.errors import OperationError, ParameterError
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.ops.copy_slice import CopySlice
from maskeditor.ops.flood_fill import FloodFill
from maskeditor.ops.import_mask import ImportMask
from maskeditor.ops.interpolate_slices import InterpolateSlices
from maskeditor.ops.mirror import Mirror
from maskeditor.ops.polygon import Polygon, fill
from maskeditor.ops.smooth_mask import SmoothMask
from tests import phantoms
from tests.ops.common import on_mask, result_of


def picture(*lines):
    return np.array([[letter == "#" for letter in line] for line in lines])


RING = picture("####", "#..#", "####", "...#")[:, :, None]


def test_flood_fill_by_hand():
    filled = on_mask(FloodFill(point=(1, 1, 0)), RING)
    assert filled[1].all()
    assert filled.sum() == RING.sum() + 2
    assert not on_mask(FloodFill(point=(3, 3, 0), mode="erase"), RING).any()


@pytest.mark.parametrize(("point", "mode"), [((0, 0, 0), "add"), ((1, 1, 0), "erase"), ((4, 0, 0), "add")])
def test_flood_fill_of_the_wrong_side_is_refused(point, mode):
    with pytest.raises(OperationError, match="choose one"):
        on_mask(FloodFill(point=point, mode=mode), RING)


@pytest.mark.parametrize("neighbours", [6, 18, 26])
@pytest.mark.parametrize("within", ["axial", "coronal", "sagittal", "3D"])
def test_flood_fill_equals_scikit_image(neighbours, within):
    from skimage.segmentation import flood

    scene = phantoms.scene(phantoms.volume(affine_name="permuted"))
    connectivity = (6, 18, 26).index(neighbours) + 1
    axis = {"axial": 1, "coronal": 0, "sagittal": 2, "3D": None}[within]
    for point in [(6, 6, 5), (2, 9, 3)]:
        mode = "erase" if scene.mask[point] else "add"
        made = result_of(FloodFill(point=point, mode=mode, within=within, neighbours=neighbours), scene)
        region = np.zeros_like(scene.mask)
        if axis is None:
            region = flood(scene.mask, point, connectivity=connectivity)
        else:
            slab = tuple(slice(at, at + 1) if one == axis else slice(None) for one, at in enumerate(point))
            at = tuple(0 if one == axis else here for one, here in enumerate(point))
            region[slab] = flood(scene.mask[slab].copy(), at, connectivity=connectivity)
        assert np.array_equal(made, scene.mask & ~region if mode == "erase" else scene.mask | region)


def test_polygon_by_hand():
    empty = np.zeros((6, 6, 3), bool)
    corners = [(0.6, 0.6, 1), (4.4, 0.6, 1), (4.4, 3.4, 1), (0.6, 3.4, 1)]
    made = on_mask(Polygon(points=corners), empty)
    assert made[1:5, 1:4, 1].all()
    assert made.sum() == 12
    assert on_mask(Polygon(points=corners, mode="erase"), ~empty).sum() == empty.size - 12
    beyond = [(-9.5, -9.5, 1), (2.5, -9.5, 1), (2.5, 30.0, 1), (-9.5, 30.0, 1)]
    assert np.array_equal(on_mask(Polygon(points=beyond), empty)[:, :, 1], np.arange(36).reshape(6, 6) < 18)
    assert not on_mask(Polygon(points=[(x, y, -7) for x, y, _ in corners]), empty).any()


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(-3, 12), st.floats(-3, 12)), min_size=3, max_size=12))
def test_polygon_equals_scikit_image(corners):
    from skimage.measure import points_in_poly

    corners = np.round(corners, 1) + np.random.default_rng(0).uniform(0.01, 0.04, (len(corners), 2))
    grid = np.stack(np.meshgrid(range(10), range(9), indexing="ij"), axis=-1).reshape(-1, 2)
    assert np.array_equal(fill(corners, (10, 9)), points_in_poly(grid, corners).reshape(10, 9))


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(-6, 24), st.integers(-6, 24)), min_size=3, max_size=9, unique=True),
    st.sampled_from([1, 2, 4]),
)
def test_polygon_with_its_outline_equals_scikit_image(corners, parts):
    from skimage.measure import points_in_poly

    outline = np.array(corners) / parts
    # Round a point inside, so that no sides cross: where two do, scikit-image misses the point itself.
    middle = outline.mean(axis=0) + 1e-3
    outline = outline[np.argsort(np.arctan2(*(outline - middle).T))]
    after = np.roll(outline, -1, axis=0)
    assume(abs(np.sum(outline[:, 0] * after[:, 1] - outline[:, 1] * after[:, 0])) > 1)
    grid = np.stack(np.meshgrid(range(10), range(9), indexing="ij"), axis=-1).reshape(-1, 2)
    assert np.array_equal(fill(outline, (10, 9)), points_in_poly(grid, outline).reshape(10, 9))


def test_polygon_is_the_same_from_all_sides():
    corners = np.array([[1, 1], [1, 6], [4, 8], [7, 5], [5, 1.0]])
    made = fill(corners, (9, 10))
    assert made[1, 1]
    assert made[1, 6]
    assert made[4, 8]
    assert np.array_equal(fill([8, 0] - corners * [1, -1], (9, 10)), made[::-1])
    assert np.array_equal(fill([0, 9] + corners * [1, -1], (9, 10)), made[:, ::-1])
    assert np.array_equal(fill(corners[:, ::-1], (10, 9)), made.T)


def test_polygon_needs_three_points():
    with pytest.raises(ParameterError, match="at least three points"):
        make("polygon", {"points": [[0, 0, 0], [1, 1, 1]]})
    assert Polygon(points=[(0, 0, 0)] * 4).summary() == "Fill axial outline of 4 points"


def test_copy_slice():
    mask = phantoms.blobs((7, 6, 5))
    made = on_mask(CopySlice(source=1, first=3, last=4), mask)
    assert np.array_equal(made[:, :, :3], mask[:, :, :3])
    for index in (3, 4):
        assert np.array_equal(made[:, :, index], mask[:, :, 1])
    added = on_mask(CopySlice(plane="sagittal", source=0, first=6, last=6, mode="add"), mask)
    assert np.array_equal(added[6], mask[6] | mask[0])
    for wrong in ({"source": 5}, {"first": 3, "last": 2}, {"first": 4, "last": 5}):
        with pytest.raises(OperationError, match="the image has axial slices 0 to 4"):
            on_mask(CopySlice(**wrong), mask)
    assert CopySlice(source=2, first=3, last=9).summary() == "Copy axial slice 2 to 3–9"


@pytest.mark.parametrize("affine_name", ["plain", "anisotropic"])
def test_mirror(affine_name: str):
    mask = phantoms.blobs((7, 6, 5))
    grid = phantoms.volume(phantoms.head((7, 6, 5)), affine_name)
    axis = [code in "LR" for code in nibabel.aff2axcodes(grid.geometry.affine)].index(True)
    flipped = np.flip(mask, axis)
    document = Document(grid)
    document.do(ImportMask.of(mask, "hand.nii", "0" * 64), "roi1")
    document.do(Mirror(), "roi1")
    assert np.array_equal(document.mask("roi1")[...], flipped)
    document.do(Mirror(combine="add"), "roi1")
    assert np.array_equal(document.mask("roi1")[...], flipped | mask)
    assert not document.do(Mirror(), "roi1")


def test_interpolation_by_hand():
    # Bars of length 1 and 5: halfway there is one of length 3.
    mask = np.zeros((9, 3, 3), bool)
    mask[4, :, 0] = True
    mask[2:7, :, 2] = True
    made = on_mask(InterpolateSlices(), mask)
    assert np.flatnonzero(made[:, 1, 1]).tolist() == [3, 4, 5]
    assert np.array_equal(made[:, :, [0, 2]], mask[:, :, [0, 2]])
    assert np.array_equal(on_mask(InterpolateSlices(plane="coronal"), mask), mask)


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_interpolation_equals_the_formula(plane):
    image = phantoms.volume(np.zeros((16, 15, 14), np.uint8), "permuted")
    axis = {"axial": 1, "coronal": 0, "sagittal": 2}[plane]
    zooms = [zoom for one, zoom in enumerate(image.geometry.zooms) if one != axis]
    mask = np.zeros(image.geometry.shape, bool)
    slices = np.moveaxis(mask, axis, 0)
    random = np.random.default_rng(0)
    drawn = [1, 4, 5, 9]
    for index in drawn:
        smooth = ndimage.gaussian_filter(random.normal(size=slices[0].shape), 2)
        slices[index] = smooth > 0.05
    wanted = mask.copy()
    target = np.moveaxis(wanted, axis, 0)

    def signed(flat):
        wide = np.pad(flat, 20)
        inside, outside = (ndimage.distance_transform_edt(side, sampling=zooms) for side in (wide, ~wide))
        return (inside - outside)[20:-20, 20:-20]

    for before, after in [(1, 4), (5, 9)]:
        for index in range(before + 1, after):
            part = (index - before) / (after - before)
            target[index] = (1 - part) * signed(slices[before]) + part * signed(slices[after]) > 1e-9
    assert np.array_equal(result_of(InterpolateSlices(plane=plane), phantoms.scene(image, mask)), wanted)


def test_smoothing_removes_a_speck_and_keeps_a_block():
    mask = np.zeros((15, 15, 15), bool)
    mask[1, 1, 1] = True
    mask[5:12, 5:12, 5:12] = True
    made = on_mask(SmoothMask(fwhm=2.5), mask)
    assert not made[1, 1, 1]
    assert made[6:11, 6:11, 6:11].all()
    assert not made[5, 5, 5]
    assert SmoothMask(fwhm=2.5).summary() == "Smooth mask 2.5 mm"


@pytest.mark.parametrize("fwhm", [0.7, 2.5, 9.0])
def test_smoothing_equals_nilearn(fwhm):
    from nibabel import Nifti1Image
    from nilearn.image import smooth_img

    scene = phantoms.scene(phantoms.volume(affine_name="anisotropic"))
    peer = smooth_img(Nifti1Image(scene.mask.astype(np.float32), scene.geometry.affine), fwhm).get_fdata()
    assert np.array_equal(result_of(SmoothMask(fwhm=fwhm), scene), peer >= 0.5)
