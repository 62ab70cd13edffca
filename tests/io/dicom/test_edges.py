"""What sets one image, volume or copy apart from the next, just before and just behind the edge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, generate_uid
from scipy.spatial.transform import Rotation

from maskeditor.core.errors import FileError
from maskeditor.io.open import inspect, open_image, open_images, scan
from tests.io.dicom.phantom import (
    ACROSS,
    DOWN,
    NORMAL,
    ORIGIN,
    SPACING,
    STEP,
    enhanced,
    expected_affine,
    heading,
    numbers,
    set_pixels,
    write,
    write_series,
)
from tests.io.dicom.test_series import csa

PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.30"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"


def intensities(folder: Path) -> np.ndarray:
    """The intensities (I, J, K, T) of the one image there."""
    volume = open_image(folder).volume
    return np.stack([volume.intensities(frame) for frame in range(volume.frames)], axis=-1)


def descriptions(folder: Path) -> list[str]:
    return [info.description for info in inspect(folder)]


# Pixels


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("dtype", ["u8", "i8"])
def test_values_of_64_bits(tmp_path: Path, dtype: str, syntax: str) -> None:
    limits = np.iinfo(dtype)
    values = np.random.default_rng(0).integers(limits.min, limits.max, (4, 3, 2), dtype, endpoint=True)
    write_series(tmp_path, values, bits=64, syntax=syntax)
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored, values)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("beside", [{}, {"BitsStored": 12, "HighBit": 11}, {"BitsAllocated": 16}])
def test_values_that_are_floats(tmp_path: Path, dtype: str, beside: dict[str, int]) -> None:
    values = np.random.default_rng(0).normal(0, 1e3, (4, 3, 5, 1)).astype(dtype)
    ds = enhanced(np.zeros(values.shape, "u2"), [(k, 0) for k in range(5)])
    ds.SOPClassUID = PARAMETRIC_MAP
    del ds.PixelData, ds.BitsStored, ds.HighBit, ds.PixelRepresentation
    ds.BitsAllocated = 8 * values.itemsize
    setattr(ds, "FloatPixelData" if dtype == "f4" else "DoubleFloatPixelData", values[..., 0].T.tobytes())
    for keyword, value in beside.items():
        setattr(ds, keyword, value)
    write(ds, tmp_path / "map.dcm")
    opened = open_image(tmp_path)
    assert opened.volume.stored.dtype == dtype
    np.testing.assert_array_equal(opened.volume.stored, values[..., 0])
    assert inspect(tmp_path / "map.dcm", check=True)[0].findings == opened.volume.findings


def test_floats_that_are_no_numbers_are_found(tmp_path: Path) -> None:
    values = np.full((4, 3, 5), np.nan, np.float32)
    for number, start in enumerate(("The image holds no number", "")):
        ds = enhanced(np.zeros((*values.shape, 1), "u2"), [(k, 0) for k in range(5)])
        ds.SOPClassUID, ds.BitsAllocated, ds.FloatPixelData = PARAMETRIC_MAP, 32, values.T.tobytes()
        del ds.PixelData
        write(ds, tmp_path / str(number) / "map.dcm")
        (info,) = inspect(tmp_path / str(number) / "map.dcm", check=True)
        assert info.findings == open_image(tmp_path / str(number)).volume.findings
        assert "".join(info.findings).startswith(start)
        values[3, 2, 4] = 1


def test_slices_that_differ_in_their_intercept_alone(tmp_path: Path) -> None:
    values = numbers((4, 3, 5))

    def edit(ds: Dataset, k: int, _: int) -> None:
        ds.RescaleSlope, ds.RescaleIntercept = 2, -7 * k

    write_series(tmp_path, values, edit=edit)
    wanted = values * 2.0 - 7 * np.arange(5)
    np.testing.assert_array_equal(intensities(tmp_path)[..., 0], wanted)


def test_the_preview_of_a_slice_that_was_left_out_is_empty(tmp_path: Path) -> None:
    order = [(0, 0), (1, 0), (3, 0), (4, 0)]  # the middle one is not there
    ds = enhanced(np.ones((4, 3, 5, 1), "u1"), order, bits=8)
    for group in ds.PerFrameFunctionalGroupsSequence:
        segment = Dataset()
        segment.ReferencedSegmentNumber = 1
        group.SegmentIdentificationSequence = [segment]
    ds.SOPClassUID = SEGMENTATION
    write(ds, tmp_path / "seg.dcm")
    (found,) = scan(tmp_path / "seg.dcm")
    assert found.info.shape == (4, 3, 5)
    assert found.preview().shape == (4, 3)
    assert not found.preview().any()


# Copies


def test_files_of_one_uid_at_other_places_are_no_copies(tmp_path: Path) -> None:
    values = numbers((4, 3, 5))
    write_series(tmp_path, values, SOPInstanceUID="1.2.3")
    np.testing.assert_array_equal(intensities(tmp_path)[..., 0], values)
    assert open_image(tmp_path).volume.findings == ()


def test_files_without_a_uid_are_no_copies(tmp_path: Path) -> None:
    values = numbers((4, 3, 5))
    write_series(tmp_path, values)
    for path in tmp_path.iterdir():
        ds = dcmread(path)
        del ds.SOPInstanceUID
        ds.save_as(path)
    np.testing.assert_array_equal(intensities(tmp_path)[..., 0], values)


# Images of one series


def test_other_pixels_make_another_image(tmp_path: Path) -> None:
    values = numbers((4, 3, 5, 2))

    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.PixelSpacing = [1.5 + 0.002 * t, 1.25]

    write_series(tmp_path, values, edit=edit)
    assert descriptions(tmp_path) == ["phantom (image 1)", "phantom (image 2)"]
    for opened, t in zip(open_images(tmp_path), range(2), strict=True):
        np.testing.assert_array_equal(opened.volume.stored, values[..., t])


@pytest.mark.parametrize(("by", "images"), [(0.0, 1), (0.004, 1), (0.02, 2)])
def test_echo_times_that_differ_by_rounding_are_one(tmp_path: Path, by: float, images: int) -> None:
    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.EchoTime = 2.0 + by * t

    write_series(tmp_path, numbers((4, 3, 5, 2)), edit=edit)
    assert len(inspect(tmp_path)) == images


def test_two_slices_labelled_differently_are_two(tmp_path: Path) -> None:
    def label(ds: Dataset, k: int, _: int) -> None:
        ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", *(["FM3_2"] if k else [])]

    write_series(tmp_path, numbers((6, 5, 2)), edit=label)
    assert len(inspect(tmp_path)) == 2


def test_a_file_without_orientation_is_an_image_of_its_own(tmp_path: Path) -> None:
    values = numbers((4, 3, 5))

    def edit(ds: Dataset, k: int, _: int) -> None:
        if k == 4:
            del ds.ImageOrientationPatient

    write_series(tmp_path, values, edit=edit)
    shapes = sorted(info.shape for info in inspect(tmp_path))
    assert shapes == [(4, 3, 1), (4, 3, 4)]


@pytest.mark.parametrize("creator", ["GEMS_PARM_01", "SOMEBODY ELSE"])
def test_private_elements_are_those_of_their_creator(tmp_path: Path, creator: str) -> None:
    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.Manufacturer = "GE MEDICAL SYSTEMS"
        ds.add_new(0x00430010, "LO", creator)
        ds.add_new(0x0043102F, "SS", t)

    write_series(tmp_path, numbers((4, 3, 2, 2)), edit=edit)
    assert len(inspect(tmp_path)) == (2 if creator == "GEMS_PARM_01" else 1)


@pytest.mark.parametrize("kinds", [("BMATRIX", "BMATRIX", "ISOTROPIC"), ("NONE", "DIRECTIONAL", "ISOTROPIC")])
def test_traces_are_parted_from_matrices_too(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    values = numbers((4, 3, 2, 3))

    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.DiffusionDirectionality = kinds[t]

    write_series(tmp_path, values, edit=edit)
    measured, trace = open_images(tmp_path)
    np.testing.assert_array_equal(measured.volume.stored, values[..., :2])
    np.testing.assert_array_equal(trace.volume.stored, values[..., 2])


def test_philips_images_without_weighting_are_no_traces(tmp_path: Path) -> None:
    values = numbers((4, 3, 2, 3))

    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.Manufacturer = "Philips Medical Systems"
        ds.add_new(0x20010010, "LO", "Philips Imaging DD 001")
        ds.add_new(0x20011004, "CS", ("N", "AP", "I")[t])

    write_series(tmp_path, values, edit=edit)
    measured, trace = open_images(tmp_path)
    np.testing.assert_array_equal(measured.volume.stored, values[..., :2])
    np.testing.assert_array_equal(trace.volume.stored, values[..., 2])


# Order and place


def test_volumes_run_by_parts_of_a_second_before_instances(tmp_path: Path) -> None:
    values = numbers((4, 3, 2, 4))

    def edit(ds: Dataset, k: int, t: int) -> None:
        ds.AcquisitionDate, ds.AcquisitionTime = "20200101", f"120000.{25 * t:02d}"
        ds.InstanceNumber = 100 - 2 * t + k

    write_series(tmp_path, values, edit=edit)
    np.testing.assert_array_equal(intensities(tmp_path), values)


def test_frames_at_one_place_whose_order_nothing_gives(tmp_path: Path) -> None:
    values = numbers((5, 4, 3, 2))
    ds = enhanced(values, [(k, t) for t in range(2) for k in range(3)])
    for group in ds.PerFrameFunctionalGroupsSequence:
        content = group.FrameContentSequence[0]
        del content.TemporalPositionIndex
        content.DimensionIndexValues = [*content.DimensionIndexValues[:2], 1]
    write(ds, tmp_path / "file")
    np.testing.assert_array_equal(intensities(tmp_path / "file"), values)
    (finding,) = open_image(tmp_path / "file").volume.findings
    assert finding.startswith("Nothing says in which order some of its volumes were taken")


def test_frames_at_stated_times_are_volumes(tmp_path: Path) -> None:
    values = numbers((5, 3, 4))
    ds = heading(generate_uid())
    ds.PixelSpacing, ds.FrameIncrementPointer, ds.FrameTimeVector = [1.5, 1.25], 0x00181065, [0, 40, 35, 50]
    ds.ImageOrientationPatient, ds.ImagePositionPatient = [*ACROSS, *DOWN], list(ORIGIN)
    set_pixels(ds, np.ascontiguousarray(values.T), 12)
    write(ds, tmp_path / "cine.dcm")
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored[:, :, 0], values)


def test_what_a_frame_says_goes_before_what_all_share(tmp_path: Path) -> None:
    values = numbers((5, 4, 3, 1))
    ds = enhanced(values, [(0, 0), (1, 0), (2, 0)])

    def scaling(slope: float) -> list[Dataset]:
        made = Dataset()
        made.RescaleSlope, made.RescaleIntercept, made.RescaleType = slope, 0, "US"
        return [made]

    ds.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence = scaling(3)
    ds.PerFrameFunctionalGroupsSequence[1].PixelValueTransformationSequence = scaling(2)
    write(ds, tmp_path / "file")
    np.testing.assert_array_equal(intensities(tmp_path / "file")[..., 0], values[..., 0] * [3.0, 2.0, 3.0])


def test_the_sign_of_a_spacing_means_nothing(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((4, 3, 5)), PixelSpacing=[-SPACING[0], SPACING[1]])
    np.testing.assert_allclose(open_image(tmp_path).volume.geometry.affine, expected_affine(), atol=1e-5)


def test_one_slice_is_as_thick_as_the_step_to_the_next(tmp_path: Path) -> None:
    write_series(tmp_path / "step", numbers((4, 3, 1)), SpacingBetweenSlices=5.5)
    assert open_image(tmp_path / "step").volume.geometry.zooms == pytest.approx((SPACING[1], SPACING[0], 5.5))
    write_series(tmp_path / "thickness", numbers((4, 3, 1)))
    assert open_image(tmp_path / "thickness").volume.geometry.zooms[2] == pytest.approx(STEP)


def test_several_volumes_that_lack_slices_are_no_interrupted_run(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((4, 3, 3, 4)), name=lambda k, t: f"{k}-{t}")
    for k, t in ((1, 2), (2, 2), (1, 3), (2, 3)):
        (tmp_path / f"{k}-{t}").unlink()
    with pytest.raises(FileError, match="hold between 2 and 4 slices each"):
        open_image(tmp_path)


def test_slices_between_slices_are_no_later_volume(tmp_path: Path) -> None:
    values = numbers((5, 4, 6, 1))
    for part in range(2):
        ds = enhanced(values[:, :, part::2], [(k, 0) for k in range(3)])
        ds.SeriesInstanceUID, ds.InstanceNumber = "1.2.3", part + 1
        for k, group in enumerate(ds.PerFrameFunctionalGroupsSequence):
            place = ORIGIN + (2 * k + part) * STEP * NORMAL
            group.PlanePositionSequence[0].ImagePositionPatient = [float(x) for x in place]
        write(ds, tmp_path / f"{part}")
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored, values[..., 0])


@pytest.mark.parametrize(("degrees", "words"), [(0.05, ""), (0.6, "are turned by up to"), (8.0, "2 different")])
def test_mosaics_that_are_turned_with_the_head(tmp_path: Path, degrees: float, words: str) -> None:
    values = numbers((6, 4, 4, 2))
    middle = ORIGIN + ACROSS * SPACING[1] * 2.5 + DOWN * SPACING[0] * 1.5 + NORMAL * STEP * 1.5
    uid = generate_uid()
    for t in range(2):
        turn = Rotation.from_rotvec(np.radians(degrees) * t * NORMAL).as_matrix()
        across, down = turn @ ACROSS, turn @ DOWN
        first = middle - across * SPACING[1] * 2.5 - down * SPACING[0] * 1.5 - NORMAL * STEP * 1.5
        ds = heading(uid)
        ds.Manufacturer, ds.InstanceNumber = "SIEMENS", t + 1
        ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]
        sheet = np.zeros((8, 12), "u2")
        for k in range(4):
            sheet[k // 2 * 4 :, k % 2 * 6 :][:4, :6] = values[:, :, k, t].T
        set_pixels(ds, sheet, 12)
        corner = first - across * SPACING[1] * 6 / 2 - down * SPACING[0] * 4 / 2
        ds.ImagePositionPatient = [round(float(x), 6) for x in corner]
        ds.ImageOrientationPatient = [round(float(x), 8) for x in (*across, *down)]
        ds.PixelSpacing, ds.SpacingBetweenSlices = list(SPACING), STEP
        ds.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
        ds.add_new(0x00291010, "OB", csa(4, NORMAL))
        write(ds, tmp_path / f"{t}.dcm")
    images = list(open_images(tmp_path))
    findings = " ".join(images[0].volume.findings)
    assert words in findings
    assert words.startswith("are") is (f"turned by up to {degrees} degrees" in findings)
    assert bool(findings) is bool(words)
    assert len(images) == (2 if degrees > 6 else 1)
    if len(images) == 1:
        np.testing.assert_array_equal(images[0].volume.stored, values)
