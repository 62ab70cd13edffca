"""EPI and background masks against nilearn itself, voxel for voxel."""

import contextlib
import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nibabel import Nifti1Image
from nilearn import masking

from maskeditor.core.errors import OperationError, ParameterError
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.intermediates import Intermediates
from maskeditor.ops.background_mask import BackgroundMask
from maskeditor.ops.epi_mask import EpiMask
from tests import phantoms
from tests.ops.common import on_image, result_of


def as_nibabel(image):
    """The image as nibabel would load it: in Fortran order, in float64 if it is scaled."""
    data = image.stored
    if image.is_scaled:
        data = np.asfortranarray(data * np.float64(image.slope) + np.float64(image.intercept))
    return Nifti1Image(data, image.geometry.affine)


def nilearns(function, image, **parameters):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(function(as_nibabel(image), **parameters).dataobj).astype(bool)


TYPES = [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64]


@st.composite
def images(draw):
    """Images with the traits that decide: type, frames, scaling, holes of NaN and infinity, padding, ties."""
    dtype = np.dtype(draw(st.sampled_from(TYPES)))
    shape = draw(st.sampled_from([(9, 10, 8), (13, 6, 11), (5, 5, 5), (12, 9, 1), (20, 18, 16)]))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    data = phantoms.head(shape, int(random.integers(100))).astype(np.float64)
    data *= draw(st.sampled_from([0.02, 0.15, 1.0, 40.0]))
    if draw(st.booleans()):
        data[: shape[0] // 3] = 0
    frames = draw(st.sampled_from([0, 0, 1, 2, 7]))
    if frames:
        data = data[..., None] * random.uniform(0.7, 1.2, (*shape, frames))
    if dtype.kind == "f":
        if draw(st.booleans()):
            data.flat[random.integers(0, data.size, 9)] = np.nan
        if draw(st.booleans()):
            data.flat[random.integers(0, data.size, 4)] = draw(st.sampled_from([np.inf, -np.inf]))
        with np.errstate(invalid="ignore"):
            data = data.astype(dtype)
    else:
        limits = np.iinfo(dtype)
        data = data.clip(limits.min, limits.max).astype(dtype)
        if draw(st.booleans()) and limits.min < 0:
            data -= dtype.type(60)
    slope, intercept = draw(st.sampled_from([(1.0, 0.0), (1.0, 0.0), (0.37, 0.0), (2.5, -40.3)]))
    return phantoms.volume(data, "oblique", slope=slope, intercept=intercept)


CUTOFFS = st.one_of(st.sampled_from([0.0, 0.1, 0.2, 0.35, 0.5, 0.6, 0.7, 0.85, 0.93, 1.0]), st.floats(0, 1))


@settings(max_examples=150)
@given(
    image=images(),
    cutoffs=st.tuples(CUTOFFS, CUTOFFS).map(sorted).filter(lambda both: both[0] < both[1]),
    connected=st.booleans(),
    opening=st.sampled_from([False, True, 0, 1, 2, 3, 5]),
    exclude_zeros=st.booleans(),
)
def test_epi_mask_equals_nilearn(image, cutoffs, **parameters):
    parameters |= {"lower_cutoff": cutoffs[0], "upper_cutoff": cutoffs[1]}
    try:
        peer = nilearns(masking.compute_epi_mask, image, **parameters)
    except ValueError:  # nilearn finds nothing between the cutoffs
        with pytest.raises(OperationError, match="move the cutoffs"):
            on_image(make("epi_mask", parameters), image)
        return
    scene = phantoms.scene(image, np.zeros(image.geometry.shape, bool))
    operation = make("epi_mask", parameters)
    assert np.array_equal(result_of(operation, scene), peer)
    # Again, from what was kept of the first time; then a cutoff moved, and back.
    assert np.array_equal(result_of(operation, scene), peer)
    moved = make("epi_mask", parameters | {"lower_cutoff": 0.7 * cutoffs[0]})
    fresh = phantoms.scene(image, scene.mask)
    with contextlib.suppress(OperationError):
        assert np.array_equal(result_of(moved, scene), result_of(moved, fresh))


def test_what_is_kept_for_other_parameters_is_not_taken():
    data = np.random.default_rng(6).gamma(1.5, 100, (20, 11, 10, 3)).astype(np.float32)
    data[:8] = 0
    image = phantoms.volume(data, "anisotropic")
    empty = np.zeros(image.geometry.shape, bool)
    scene = phantoms.scene(image, empty)
    choices = {"exclude_zeros": (False, True), "opening": (0, 1), "frame": ("mean", 1, (0, 1)), "fwhm": (0.0, 4.0)}
    every = [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]
    # The first time each is worked out, the second it is sorted, the third it is there.
    made = [[result_of(EpiMask(connected=False, **one), scene) for one in every] for _ in range(3)]
    for place, one in enumerate(every):
        fresh = result_of(EpiMask(connected=False, **one), phantoms.scene(image, empty))
        assert all(np.array_equal(again[place], fresh) for again in made)
    # Each parameter makes a difference somewhere.
    assert len({mask.tobytes() for one, mask in zip(every, made[0], strict=True) if not one["fwhm"]}) == 8
    assert len({mask.tobytes() for one, mask in zip(every, made[0], strict=True) if one["fwhm"]}) == 6


@settings(max_examples=80)
@given(
    image=images(),
    border_size=st.integers(1, 8),
    connected=st.booleans(),
    opening=st.sampled_from([False, True, 0, 1, 3]),
)
def test_background_mask_equals_nilearn(image, **parameters):
    peer = nilearns(masking.compute_background_mask, image, **parameters)
    assert np.array_equal(on_image(make("background_mask", parameters), image), peer)


def test_background_of_a_single_value():
    data = np.full((7, 7, 7), 5, np.int16)
    data[2:5, 3, 3] = 9
    for value in (data, data.astype(np.float32), data + np.float64(0.5)):
        assert np.array_equal(on_image(BackgroundMask(), phantoms.volume(value)), data == 9)
    holes = np.where(data == 5, np.nan, data)
    assert np.array_equal(on_image(BackgroundMask(), phantoms.volume(holes)), data == 9)


def test_epi_mask_by_hand():
    # Sorted: 0 0 1 1 2 | 10 10 11 11 12: the widest gap has its middle at 6.
    data = np.array([0, 10, 1, 11, 2, 12, 1, 10, 0, 11]).reshape(10, 1, 1)
    made = on_image(EpiMask(opening=0, connected=False), phantoms.volume(data, dtype=np.int16))
    assert np.array_equal(made, data > 6)


def test_a_series_of_one_volume_is_averaged_all_the_same():
    # The sum of two bytes would wrap in their own type, not in that of a mean.
    data = np.array([10, 20, 30, 179, 255, 255]).reshape(6, 1, 1, 1)
    image = phantoms.volume(data, dtype=np.uint8)
    peer = nilearns(masking.compute_epi_mask, image, opening=False)
    assert np.array_equal(on_image(EpiMask(opening=0), image), peer)
    assert peer.sum() == 3
    alone = phantoms.volume(data[..., 0], dtype=np.uint8)
    peer = nilearns(masking.compute_epi_mask, alone, opening=False)
    assert np.array_equal(on_image(EpiMask(opening=0), alone), peer)
    assert np.array_equal(on_image(EpiMask(opening=0, frame=0), image), peer)


@settings(max_examples=60)
@given(image=images(), fwhm=st.floats(0.5, 12), id=st.sampled_from(["epi_mask", "background_mask"]))
def test_after_smoothing_in_mm_equals_nilearn(image, fwhm, id):
    from nilearn.image import mean_img, smooth_img

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        still = as_nibabel(image)
        if image.frames > 1:
            still = mean_img(still, copy_header=True)
        elif still.ndim == 4:
            still = still.slicer[..., 0]
        smoothed = smooth_img(still, fwhm)
        try:
            peer = np.asarray(getattr(masking, f"compute_{id}")(smoothed).dataobj) > 0
        except ValueError:  # nothing between the cutoffs
            return
    assert np.array_equal(on_image(make(id, {"fwhm": fwhm}), image), peer)


def test_one_frame_of_a_series_and_smoothing_in_mm():
    from nilearn.image import index_img, smooth_img

    image = phantoms.series()
    peer = masking.compute_epi_mask(index_img(as_nibabel(image), 2))
    assert np.array_equal(on_image(EpiMask(frame=2), image), np.asarray(peer.dataobj) > 0)
    smoothed = smooth_img(Nifti1Image(image.stored[..., 2], image.geometry.affine), 3.0)
    peer = masking.compute_epi_mask(smoothed)
    assert np.array_equal(on_image(EpiMask(frame=2, fwhm=3.0), image), np.asarray(peer.dataobj) > 0)


def test_what_is_too_large_to_be_kept_in_order_is_bucketed_each_time():
    scene = phantoms.scene(intermediates=Intermediates(budget=100))
    first = result_of(EpiMask(), scene)
    assert np.array_equal(result_of(EpiMask(), scene), first)


def test_cutoffs_must_be_in_order():
    with pytest.raises(ParameterError, match=r"upper cutoff \(0.2\) must be above the lower cutoff \(0.5\)"):
        make("epi_mask", {"lower_cutoff": 0.5, "upper_cutoff": 0.2})


def test_opening_reads_as_in_nilearn():
    assert make("epi_mask", {"opening": "false"}) == EpiMask(opening=0)
    assert make("epi_mask", {"opening": True}) == EpiMask(opening=1)
    opening = next(one for one in EpiMask.parameters() if one.name == "opening")
    assert "smoothed over one voxel" in opening.description


def test_summaries():
    assert EpiMask().summary() == "EPI mask 0.2–0.85, opening 2"
    summary = EpiMask(opening=0, connected=False, exclude_zeros=True, combine="add").summary()
    assert summary == "EPI mask 0.2–0.85, no opening, not connected, zeros excluded (add)"
    assert BackgroundMask(connected=True).summary() == "Background mask: connected"
