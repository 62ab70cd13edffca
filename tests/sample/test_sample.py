"""The embedded sample: a head whose truth is known, on which the main job works."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from nilearn.masking import compute_epi_mask
from numpy.typing import NDArray
from scipy import ndimage

from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.sample.images import SampleImage, sample_epi, sample_t1
from maskeditor.sample.kept import kept_t1


@pytest.fixture(scope="module")
def t1() -> SampleImage:
    return sample_t1()


@pytest.fixture(scope="module")
def epi() -> SampleImage:
    return sample_epi()


@pytest.fixture(params=["t1", "epi"])
def image(request: pytest.FixtureRequest) -> SampleImage:
    found: SampleImage = request.getfixturevalue(request.param)
    return found


def dice(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def voxel(image: SampleImage, world: tuple[float, float, float]) -> tuple[int, ...]:
    """The nearest voxel to a point of RAS+ mm."""
    return tuple(np.rint(nib.affines.apply_affine(np.linalg.inv(image.affine), world)).astype(int))


def millilitres(image: SampleImage, name: str) -> float:
    return float(image.masks[name].sum() * abs(np.linalg.det(image.affine[:3, :3])) / 1000)


@pytest.mark.parametrize(
    ("name", "shape", "zooms", "codes"),
    [
        ("t1", (224, 204, 148), (1, 1, 1.2), ("P", "S", "R")),
        ("epi", (64, 64, 32, 12), (3, 3, 3.6), ("L", "A", "S")),
    ],
)
def test_grids_are_anisotropic_oblique_and_not_plain(
    name: str,
    shape: tuple[int, ...],
    zooms: tuple[float, ...],
    codes: tuple[str, ...],
    request: pytest.FixtureRequest,
) -> None:
    image: SampleImage = request.getfixturevalue(name)
    assert image.data.shape == shape
    assert nib.affines.voxel_sizes(image.affine) == pytest.approx(zooms)
    assert nib.aff2axcodes(image.affine) == codes
    degrees = np.rad2deg(nib.affines.obliquity(image.affine))
    assert np.all((degrees > 2) & (degrees < 15))
    axes = image.affine[:3, :3] / zooms
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)


def test_arrays_lie_as_in_a_file_and_are_read_only(image: SampleImage) -> None:
    assert image.data.dtype == np.int16
    assert image.data.min() >= 0
    assert image.affine.dtype == np.float64
    assert list(image.masks) == ["brain", "grey matter", "white matter"]
    for array in (image.data, *image.masks.values()):
        assert array.flags.f_contiguous
        assert not array.flags.writeable
    for mask in image.masks.values():
        assert mask.dtype == np.bool_
        assert mask.shape == image.data.shape[:3]


def test_what_is_kept_of_the_t1_is_what_is_made(t1: SampleImage) -> None:
    data, affine = kept_t1()
    np.testing.assert_array_equal(data, t1.data, "run packaging/keep_sample.py")
    np.testing.assert_array_equal(affine, t1.affine)
    assert (data.dtype, data.flags.f_contiguous, data.flags.writeable) == (np.int16, True, False)


@pytest.mark.parametrize("make", [sample_t1, sample_epi])
def test_the_sample_is_the_same_every_time(make: type, request: pytest.FixtureRequest) -> None:
    first = request.getfixturevalue("t1" if make is sample_t1 else "epi")
    second = make()
    np.testing.assert_array_equal(first.data, second.data)
    np.testing.assert_array_equal(first.affine, second.affine)
    for name, mask in first.masks.items():
        np.testing.assert_array_equal(mask, second.masks[name])


def test_tissues_lie_in_the_brain_and_apart(image: SampleImage) -> None:
    brain, grey, white = image.masks.values()
    assert not (grey & white).any()
    assert not ((grey | white) & ~brain).any()
    _, pieces = ndimage.label(brain)
    assert pieces == 1


def test_the_brain_of_the_t1_has_no_holes(t1: SampleImage) -> None:
    # At the EPI's 3 mm the gap below the occipital lobes closes here and there, and leaves some.
    _, outside = ndimage.label(~t1.masks["brain"])
    assert outside == 1


def test_volumes_are_those_of_an_adult(t1: SampleImage) -> None:
    # Wide bounds in mL: adults differ by a third.
    assert 1000 < millilitres(t1, "brain") < 1700
    assert 550 < millilitres(t1, "grey matter") < 850
    assert 400 < millilitres(t1, "white matter") < 700


def test_both_images_are_of_the_same_head(t1: SampleImage, epi: SampleImage) -> None:
    to_t1 = np.linalg.inv(t1.affine) @ epi.affine
    moved = ndimage.affine_transform(
        t1.masks["brain"].astype(np.float32), to_t1, output_shape=epi.data.shape[:3], order=1
    )
    assert dice(moved > 0.5, epi.masks["brain"]) > 0.97


def test_intensities_of_the_t1_are_in_order(t1: SampleImage) -> None:
    brain, grey, white = t1.masks.values()
    # CSF well away from other tissue: what is neither grey nor white in the middle of the brain.
    csf = ndimage.binary_erosion(brain & ~grey & ~white)
    medians = [float(np.median(t1.data[m])) for m in (white, grey, csf)]
    assert medians[0] > 1.25 * medians[1] > 1.25 * 1.5 * medians[2]
    assert np.median(t1.data[:8, :8, :8]) < 0.1 * medians[2] + 20
    assert np.percentile(t1.data, 99.5) > 1.2 * medians[0]  # the fat


def test_noise_is_rician(t1: SampleImage) -> None:
    # Far from the head the magnitude of noise alone follows Rayleigh, whose mean is 1.913 standard deviations.
    air = t1.data[:10, -20:, :20].astype(float)
    assert air.mean() / air.std() == pytest.approx(np.sqrt(np.pi / (4 - np.pi)), rel=0.06)


def test_the_capsule_is_on_the_right(t1: SampleImage) -> None:
    def around(x: float) -> float:
        i, j, k = voxel(t1, (x, 32, 9))
        return float(np.median(t1.data[i - 1 : i + 2, j - 1 : j + 2, k - 1 : k + 2]))

    assert around(78) > 700
    assert around(-79) < 100  # air


def test_a_range_an_opening_and_the_largest_component_give_the_brain(t1: SampleImage) -> None:
    inside = (t1.data >= 300) & (t1.data <= 760)
    opened = ndimage.binary_opening(inside, iterations=2)
    labels, _ = ndimage.label(opened)
    largest = labels == np.argmax(np.bincount(labels.ravel())[1:]) + 1
    assert dice(largest, t1.masks["grey matter"] | t1.masks["white matter"]) > 0.85


def test_epi_mask_of_nilearn_finds_the_brain(epi: SampleImage) -> None:
    mask = compute_epi_mask(nib.Nifti1Image(epi.data, epi.affine))
    assert dice(mask.get_fdata() > 0, epi.masks["brain"]) > 0.85


def test_epi_volumes_differ_by_noise_and_a_slow_drift(epi: SampleImage) -> None:
    brain = epi.data[epi.masks["brain"]].astype(float)
    assert 0.003 < (brain.std(axis=1) / brain.mean(axis=1).clip(1)).mean() < 0.1
    means = brain.mean(axis=0)
    assert np.polynomial.polynomial.polyfit(np.arange(12), means / means[0], 1)[1] > 0.0005


def test_the_work_tells_how_far_it_is_and_stops_when_asked(image: SampleImage) -> None:
    make = sample_epi if image.data.ndim == 4 else sample_t1
    seen: list[float] = []
    make(Progress(seen.append))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 20
    stopped = Progress()
    stopped.cancel()
    with pytest.raises(Cancelled):
        make(stopped)
