"""Region growing, consensus and the template mask against SimpleITK and nilearn; Otsu against scikit-image."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nibabel import Nifti1Image

from maskeditor.core.errors import OperationError, ParameterError
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.intermediates import Intermediates
from maskeditor.core.operation.outside import Outside
from maskeditor.core.operation.parted import plain_thresholds
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.otsu import otsu_bins, otsu_thresholds
from maskeditor.engine.progress import Progress
from maskeditor.ops import template_mask
from maskeditor.ops.consensus import Consensus
from maskeditor.ops.otsu import Otsu
from maskeditor.ops.region_grow import RegionGrow, tidy_range
from maskeditor.ops.template_mask import TemplateMask
from maskeditor.sample.images import sample_t1
from tests import phantoms
from tests.ops.common import on_image, result_of


def test_region_grow_by_hand():
    data = np.array([[9, 9, 0], [0, 9, 0], [0, 0, 9]], np.int16)[:, :, None]
    image = phantoms.volume(data)
    assert on_image(RegionGrow(seed=(0, 0, 0), lower=5), image).sum() == 3
    assert on_image(RegionGrow(seed=(0, 0, 0), lower=5, neighbours=18), image).sum() == 4
    assert on_image(RegionGrow(seed=(0, 2, 0), upper=5), image).sum() == 2
    with pytest.raises(OperationError, match="outside the range"):
        on_image(RegionGrow(seed=(0, 0, 0), upper=5), image)
    with pytest.raises(OperationError, match="outside the image"):
        on_image(RegionGrow(seed=(3, 0, 0)), image)
    with pytest.raises(ParameterError, match="must not be below"):
        make("region_grow", {"seed": "0,0,0", "lower": 2, "upper": 1})
    grown = RegionGrow(seed=(0, 0, 0), lower=5, combine="add")
    assert grown.summary() == "Region growing from 0, 0, 0, from 5 (add)"


@pytest.mark.parametrize("neighbours", [6, 26])
def test_region_grow_equals_simpleitk(neighbours):
    import SimpleITK

    image = phantoms.volume()
    seed = (3, 6, 5)
    peer = SimpleITK.ConnectedThreshold(
        SimpleITK.GetImageFromArray(image.stored.T),
        [seed],
        lower=640.0,
        upper=740.0,
        connectivity=SimpleITK.ConnectedThresholdImageFilter.FullConnectivity
        if neighbours == 26
        else SimpleITK.ConnectedThresholdImageFilter.FaceConnectivity,
    )
    made = on_image(RegionGrow(seed=seed, lower=640, upper=740, neighbours=neighbours), image)
    assert np.array_equal(made, SimpleITK.GetArrayFromImage(peer).T > 0)


@pytest.mark.parametrize("values", [[1, np.nextafter(np.float32(1), np.float32(2))], [-3e38, 3e38]])
def test_otsu_of_what_no_bins_can_part(values):
    data = np.resize(np.array(values, np.float32), (4, 4, 4))
    with pytest.raises(OperationError, match="cannot be parted in 256 bins; scale the image, or take a threshold"):
        on_image(Otsu(), phantoms.volume(data))


def test_region_grow_suggests_the_tissue_of_its_seed():
    t1 = sample_t1()
    geometry = Geometry(t1.data.shape, t1.affine)
    volume = Volume(t1.data, geometry)
    head = int((t1.data > 100).sum())
    scene = Scene(volume, np.zeros(t1.data.shape, bool, order="F"), None)
    for seed in (None, (112, 102, 74), (70, 120, 60), (150, 130, 90)):
        suggested = RegionGrow.suggest(replace(scene, focus=seed))
        assert suggested.seed == (seed or (112, 102, 74))
        grown = result_of(suggested, scene)
        assert grown[suggested.seed]
        assert grown.sum() < 0.4 * head


def test_a_suggested_range_by_hand():
    # An edge runs through the 27 voxels: 18 of 100, 9 of 500.
    data = np.full((5, 5, 5), 100, np.int16)
    data[:, :, 3:] = 500
    for focus, wanted in (((2, 2, 2), 100), ((2, 2, 3), 500)):
        suggested = RegionGrow.suggest(replace(phantoms.scene(phantoms.volume(data)), focus=focus))
        assert (suggested.seed, suggested.lower, suggested.upper) == (focus, wanted, wanted)


def test_region_grow_suggests_no_more_than_the_side_of_its_seed_where_it_lies_amid_many_things():
    # Between a background of 0 and a head of 100, whose every voxel is speckled beyond both.
    data = np.zeros((40, 40, 40), np.int16)
    data[10:30, 10:30, 10:30] = 100
    data[19:22, 19:22, 19:22] = np.resize([0, 100, 40, 70, 20], 27).reshape(3, 3, 3)
    data[20, 20, 19:24] = 70
    scene = phantoms.scene(phantoms.volume(data))
    grown = result_of(RegionGrow.suggest(replace(scene, focus=(20, 20, 20))), scene)
    assert grown[20, 20, 20]
    assert not grown[0, 0, 0]


@pytest.mark.parametrize(("slope", "wanted"), [(1.0, (95.0, 105.0)), (2.0, (95.0, 105.0)), (0.5, (94.6, 105.3))])
def test_a_range_of_whole_numbers_has_whole_ends_that_take_the_same_voxels(slope, wanted):
    volume = replace(phantoms.volume(), slope=slope)
    assert tidy_range(94.6, 105.3, 100.0, volume) == wanted
    assert tidy_range(94.6, 105.3, 94.0, volume) == (94.0, wanted[1])  # the seed is always inside


def test_region_grow_suggests_a_range_round_its_seed():
    scene = phantoms.scene()
    suggested = RegionGrow.suggest(scene)
    assert result_of(suggested, scene)[suggested.seed]


@given(
    shape=st.tuples(*[st.integers(1, 11)] * 3),
    fills=st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.6, 0.9, 1.0]), min_size=1, max_size=6),
    order=st.sampled_from("CF"),
    threshold=st.one_of(st.sampled_from([0, 0.25, 1 / 3, 0.34, 0.5, 2 / 3, 0.75, 1]), st.floats(0, 1)),
    connected=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_consensus_equals_nilearn(shape, fills, order, threshold, connected, seed):
    from nilearn.masking import intersect_masks

    random = np.random.default_rng(seed)
    masks = {str(n): np.array(random.random(shape) < fill, order=order) for n, fill in enumerate(fills)}
    images = [Nifti1Image(mask.astype(np.uint8), np.eye(4)) for mask in masks.values()]
    peer = np.asarray(intersect_masks(images, threshold=threshold, connected=connected).dataobj) > 0
    scene = phantoms.scene(phantoms.volume(np.zeros(shape, np.uint8)), np.zeros(shape, bool), others=masks)
    made = result_of(Consensus(others=tuple(masks), threshold=threshold, connected=connected), scene)
    assert np.array_equal(made, peer)


@pytest.mark.parametrize("count", range(1, 9))
def test_consensus_of_all_and_of_any(count):
    # Voxel k is held by the first k.
    image = phantoms.volume(np.zeros((count + 1, 1, 1), np.uint8))
    held = np.arange(count + 1).reshape(-1, 1, 1)
    others = {str(number): np.asfortranarray(held > number) for number in range(count)}
    scene = phantoms.scene(image, np.zeros(held.shape, bool), others=others)

    def made(threshold):
        return result_of(Consensus(others=tuple(others), threshold=threshold, connected=False), scene)

    assert np.array_equal(made(1), held == count)
    assert np.array_equal(made(0), held > 0)
    for wanted in range(count):
        assert np.array_equal(made(wanted / count + 1e-9), held > wanted)


def test_consensus_by_hand_and_in_words():
    others = {
        name: np.array(row, bool).reshape(3, 1, 1)
        for name, row in zip("abc", [[1, 0, 0], [1, 1, 0], [1, 0, 1]], strict=True)
    }
    image = phantoms.volume(np.zeros((3, 1, 1), np.uint8))
    scene = phantoms.scene(image, np.array([0, 0, 1]).reshape(3, 1, 1), others=others)
    assert result_of(Consensus(others=("a", "b", "c")), scene).ravel().tolist() == [True, False, False]
    with_own = Consensus(others=("a", "b"), combine="add", connected=False)
    assert result_of(with_own, scene).ravel().tolist() == [True, False, True]
    assert with_own.summary() == "Consensus of a, b, more than 0.5, not connected (add)"
    assert with_own.references() == {"a", "b"}
    with pytest.raises(OperationError, match="name at least one"):
        result_of(Consensus(others=()), scene)
    many = {str(n): np.ones((3, 1, 1), bool, order="F") for n in range(300)}
    assert result_of(Consensus(others=tuple(many)), phantoms.scene(image, scene.mask, others=many)).all()


@st.composite
def grids(draw):
    """A coarse grid in the template's space: a shape, and an affine with any order and direction of axes, oblique."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    axes = np.eye(3)[random.permutation(3)] * random.choice([-1, 1], 3)
    zooms = random.uniform(6, 12, 3)
    affine = np.eye(4)
    affine[:3, :3] = (axes + random.uniform(-0.1, 0.1, (3, 3)) * draw(st.booleans())) * zooms
    shape = tuple(int(n) for n in random.integers(1, 28, 3))
    affine[:3, 3] = random.uniform(-15, 15, 3) - affine[:3, :3] @ (np.array(shape) / 2)
    return shape, affine


@pytest.mark.slow
@settings(max_examples=25)
@given(
    grid=grids(),
    mask_type=st.sampled_from(["whole-brain", "gm", "wm"]),
    threshold=st.one_of(st.sampled_from([0.0, 1e-60, 0.3, 0.5, 1.0]), st.floats(0, 1)),
    connected=st.booleans(),
    opening=st.sampled_from([False, True, 0, 1, 2, 3]),
)
def test_template_mask_equals_nilearn(grid, **parameters):
    from nilearn.masking import compute_brain_mask

    shape, affine = grid
    image = Volume(np.zeros(shape, np.uint8), Geometry(shape, affine))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = compute_brain_mask(Nifti1Image(image.stored, affine), **parameters)
    made = result_of(make("template_mask", parameters), phantoms.scene(image))
    assert np.array_equal(made, np.asarray(peer.dataobj) > 0)


def _on_grid(shape, affine, **parameters):
    image = Volume(np.zeros(shape, np.uint8), Geometry(shape, affine))
    return result_of(TemplateMask(**parameters), phantoms.scene(image))


@pytest.mark.parametrize("oblique", [False, True])
def test_the_template_on_a_grid_equals_nilearns_to_the_bit(oblique):
    from nilearn.datasets import load_mni152_template
    from nilearn.image import resample_to_img

    affine = np.diag([-5.1, 4.3, 6.7, 1])
    affine[:3, 3] = 101.3, -140.2, -80.6
    affine[0, 1] = 0.4 * oblique
    shape = (40, 57, 30)
    peer = resample_to_img(load_mni152_template(resolution=1), Nifti1Image(np.zeros(shape, np.uint8), affine))
    image = Volume(np.zeros(shape, np.uint8), Geometry(shape, affine))
    made = template_mask._resampled("whole-brain", phantoms.scene(image), Progress())
    np.testing.assert_array_equal(made, np.asarray(peer.dataobj))


@pytest.mark.slow
@pytest.mark.parametrize(("cut", "scale"), [(0, 1), (0, 1 + 1e-6), (0, 1 + 1e-4), (5, 1)])
def test_template_mask_on_the_templates_own_grid(cut, scale):
    from nilearn.datasets import load_mni152_template
    from nilearn.masking import compute_brain_mask

    template = load_mni152_template(resolution=1)
    shape, affine = tuple(length - cut for length in template.shape), template.affine * [scale, 1, 1, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        grid = Nifti1Image(np.zeros(shape, np.uint8), affine)
        peer = compute_brain_mask(grid, threshold=0, connected=False, opening=0)
    made = _on_grid(shape, affine, threshold=0, connected=False, opening=0)
    assert np.array_equal(made, np.asarray(peer.dataobj) > 0)


def test_template_mask_far_from_the_template():
    from nilearn.image.resampling import BoundingBoxError
    from nilearn.masking import compute_brain_mask

    for axis in range(3):
        affine = np.diag([8.0, 8, 8, 1])
        affine[axis, 3] = 400  # the template lies before the image
        with pytest.raises(BoundingBoxError):
            compute_brain_mask(Nifti1Image(np.zeros((9, 9, 9), np.uint8), affine))
        with pytest.raises(OperationError, match="register the image to the template's space first"):
            _on_grid((9, 9, 9), affine)
        affine[axis, 3] = -400  # and beyond it
        assert not _on_grid((9, 9, 9), affine).any()


@pytest.mark.slow
def test_template_mask_is_nilearns_where_corners_touch():
    from nilearn.image.resampling import BoundingBoxError
    from nilearn.masking import compute_brain_mask

    random = np.random.default_rng(0)
    refused = 0
    for _ in range(20):
        affine = np.eye(4)
        affine[:3, :3] = np.diag(random.uniform(20, 40, 3)) + random.normal(0, 0.1, (3, 3))
        affine[:3, 3] = -98 + 196, -134 + 232, -72 + 188  # the first voxel is the template's last corner
        parameters = {"threshold": 0.0, "connected": False, "opening": 0}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                peer = compute_brain_mask(Nifti1Image(np.zeros((2, 2, 2), np.uint8), affine), **parameters)
        except BoundingBoxError:
            refused += 1
            with pytest.raises(OperationError, match="register"):
                _on_grid((2, 2, 2), affine, **parameters)
        else:
            assert np.array_equal(_on_grid((2, 2, 2), affine, **parameters), np.asarray(peer.dataobj) > 0)
    assert 0 < refused < 20


@pytest.mark.slow
def test_template_mask_can_be_stopped_on_its_way():
    affine = np.diag([8.0, 8, 8, 1])
    affine[:3, 3] = -90, -120, -60
    scene = phantoms.scene(Volume(np.zeros((24, 28, 24), np.uint8), Geometry((24, 28, 24), affine)))
    told: list[float] = []
    TemplateMask().apply(scene, Progress(told.append))
    assert len([fraction for fraction in told if 0.1 < fraction < 0.8]) > 20

    def stop_at(limit: float) -> Progress:
        progress = Progress(lambda fraction: progress.cancel() if fraction >= limit else None)
        return progress

    for limit in told[:-1:4]:
        scene.intermediates.clear()
        with pytest.raises(Cancelled):
            TemplateMask().apply(scene, stop_at(limit))
        assert limit >= 0.8 or not scene.intermediates._kept


class Kept(Intermediates):
    """Shows what is asked for, and makes nothing that takes long."""

    def __init__(self):
        super().__init__()
        self.keys = []

    def get(self, key, make, **of):
        self.keys.append(key)
        return np.zeros(key[2], np.float32)


def test_a_template_on_another_grid_is_another():
    def key(shape=(4, 5, 6), zoom=3.0, **parameters):
        kept = Kept()
        image = Volume(np.zeros(shape, np.uint8), Geometry(shape, np.diag([2.0, 2, zoom, 1])))
        scene = phantoms.scene(image, np.zeros(shape, bool), others={}, intermediates=kept)
        TemplateMask(**parameters).apply(scene, Progress())
        (asked,) = kept.keys
        return asked

    assert key() == key(threshold=0.2) == key(opening=0)
    assert len({key(), key((6, 5, 4)), key(zoom=3.1), key(mask_type="gm"), key(mask_type="wm")}) == 5


def test_a_template_is_compared_as_float32(monkeypatch):
    template = np.full((3, 3, 3), np.float32(0.7))  # which is less than 0.7
    monkeypatch.setattr(template_mask, "_resampled", lambda *_: template)
    image = phantoms.volume(np.zeros((3, 3, 3), np.uint8))
    for threshold, wanted in ((0.7, True), (0.70000005, False), (0.75, False)):
        made = on_image(TemplateMask(threshold=threshold, opening=0, connected=False), image)
        assert np.array_equal(made, template >= threshold)
        assert made.all() == wanted


def test_template_mask_without_its_template():
    with pytest.raises(OperationError, match=r"no template 'MNI152 gm' here \(templates: none\)"):
        result_of(TemplateMask(mask_type="gm"), phantoms.scene(outside=Outside()))


# Otsu.


@st.composite
def values(draw):
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    parts = [random.normal(centre, draw(st.sampled_from([1, 8, 20])), 300) for centre in (20, 90, 160, 200)]
    mixed = np.concatenate(parts[: draw(st.integers(1, 4))])
    dtype = draw(st.sampled_from([np.uint8, np.int16, np.float32, np.float64]))
    return mixed.clip(0, 255).astype(dtype).reshape(-1, 10, 5)


@settings(max_examples=60)
@given(values(), st.sampled_from([2, 3, 4]))
def test_thresholds_equal_scikit_image(data, classes):
    from skimage.filters import threshold_multiotsu, threshold_otsu

    found = otsu_thresholds(data, classes)
    assert found is not None
    flat = data.reshape(-1, 1)  # not to be taken for a colour image
    peer = [threshold_otsu(flat)] if classes == 2 else threshold_multiotsu(flat, classes=classes).tolist()
    assert list(found) == pytest.approx(peer, abs=0)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=5, max_size=40), st.sampled_from([3, 4]))
def test_bins_equal_scikit_image_on_any_histogram(counts, classes):
    from skimage.filters import threshold_multiotsu

    counts = np.array([max(1, counts[0]), *counts[1:], max(1, counts[-1])])
    assume(np.count_nonzero(counts) >= classes)
    peer = threshold_multiotsu(np.repeat(np.arange(len(counts)), counts)[:, None], classes=classes)
    assert otsu_bins(counts, classes) == tuple(peer.tolist())


def test_many_levels_are_joined():
    random = np.random.default_rng(0)
    parts = [random.normal(centre, 500, 5000) for centre in (-9000, 0, 9000)]
    data = np.concatenate(parts).astype(np.int16).reshape(-1, 10, 10)
    lower, upper = otsu_thresholds(data, 3)
    assert np.array_equal(data <= lower, data < -4500)
    assert np.array_equal(data <= upper, data < 4500)
    (found,) = otsu_thresholds(np.where(data < 0, -5, 7) * 1_000_000_000, 2)
    assert -5e9 < found < 7e9


@pytest.mark.parametrize(
    ("dtype", "largest"), [("f4", 1e17), ("f4", 1e30), ("f4", 3.4e38), ("f8", 1e150), ("f8", 1.7e308)]
)
def test_otsu_of_intensities_whose_squares_overflow(dtype, largest):
    from skimage.filters import threshold_otsu

    parts = phantoms.head((12, 11, 10)) / phantoms.head((12, 11, 10)).max()
    data = (parts * largest).astype(dtype)
    assert np.isfinite(data).all()
    found = on_image(Otsu(), phantoms.volume(data))
    np.testing.assert_array_equal(found, data / np.float64(largest) > threshold_otsu(data / np.float64(largest)))
    assert plain_thresholds(data, 2).tolist() == list(otsu_thresholds(data, 2))


def test_otsu_keeps_classes():
    data = np.array([1, 1, 2, 50, 51, 51, 99, 99, 98], np.int16).reshape(3, 3, 1)
    image = phantoms.volume(data)

    def kept(**parameters):
        return sorted(data[on_image(Otsu(**parameters), image)].tolist())

    assert kept(classes=3) == [98, 99, 99]
    assert kept(classes=3, keep="darkest") == [1, 1, 2]
    assert kept(classes=3, keep="middle") == [50, 51, 51]
    assert kept(classes=3, keep="not darkest") == [50, 51, 51, 98, 99, 99]
    assert kept(keep="darkest") + kept() == sorted(data.ravel().tolist())
    assert Otsu(classes=3, keep="middle").summary() == "Otsu, middle of 3"


def test_otsu_refusals():
    with pytest.raises(OperationError, match="2 different intensities, fewer than the 3 classes"):
        on_image(Otsu(classes=3), phantoms.volume(np.array([1, 1, 2, 2], np.uint8).reshape(4, 1, 1)))
    with pytest.raises(OperationError, match="one intensity alone, 7, which cannot be parted"):
        on_image(Otsu(), phantoms.volume(np.array([7, 7, np.nan, 7]).reshape(4, 1, 1)))
    with pytest.raises(OperationError, match=r"holds no number \(all voxels are NaN or infinite\)"):
        on_image(Otsu(), phantoms.volume(np.full((4, 1, 1), np.nan)))
    for dtype in (np.int16, np.float32):  # levels or bins between the two are no intensities
        with pytest.raises(OperationError, match="2 different intensities, fewer than the 3 classes"):
            on_image(Otsu(classes=3), phantoms.volume(np.array([0, 0, 1000, 1000], dtype).reshape(4, 1, 1)))
    with_outlier = np.array([1, 2, 3, 4, 5, 1e9], np.float32).reshape(6, 1, 1)
    with pytest.raises(OperationError, match="only 2 hold any, fewer than the 3 classes"):
        on_image(Otsu(classes=3), phantoms.volume(with_outlier))
    with pytest.raises(ParameterError, match="two classes have no middle"):
        make("otsu", {"keep": "middle"})


def test_otsu_looks_past_what_is_not_finite():
    data = phantoms.head().astype(np.float32)
    plain = on_image(Otsu(), phantoms.volume(data))
    holes = data.copy(order="F")
    holes[0, 0, 0], holes[0, 0, 1] = np.nan, -np.inf
    assert np.array_equal(on_image(Otsu(), phantoms.volume(holes)), plain)
