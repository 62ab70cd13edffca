"""Kinds of files that real scanners write and the real scans at hand lack; right is what dcm2niix or pydicom make."""

from __future__ import annotations

import subprocess
from pathlib import Path

import dcm2niix
import nibabel as nib
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

from maskeditor.core.errors import FileError
from maskeditor.io.open import inspect, open_image
from tests.io.dicom.phantom import (
    ACROSS,
    DOWN,
    NORMAL,
    ORIGIN,
    enhanced,
    expected_affine,
    heading,
    numbers,
    set_pixels,
    write,
    write_series,
)

STACK, IN_STACK, B_VALUE, DIRECTION = 0x00209056, 0x00209057, 0x00189087, 0x00189089
#: Numbers of the b-value and of the direction of each volume: one without weighting, two shells.
SHELLS = [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3)]
VIDEO, JPIP, HEVC = "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.107"


def assert_is_as_by_dcm2niix(folder: Path, work: Path) -> None:
    """Check values and place of the one image in a folder; an image stored from the other end is the same image."""
    subprocess.run(
        [dcm2niix.bin, "-z", "n", "-b", "n", "-m", "n", "-f", "it", "-o", str(work), str(folder)],
        check=True,
        capture_output=True,
    )
    theirs = nib.as_closest_canonical(nib.load(work / "it.nii"))
    volume = open_image(folder).volume
    ours = nib.as_closest_canonical(nib.Nifti1Image(volume.stored, volume.geometry.affine))
    np.testing.assert_array_equal(ours.dataobj, theirs.dataobj)
    np.testing.assert_allclose(ours.affine, theirs.affine, atol=1e-3)


@pytest.mark.parametrize(
    ("pointers", "places"),
    [
        ([STACK, IN_STACK, B_VALUE, DIRECTION], "kbd"),
        ([STACK, IN_STACK, DIRECTION, B_VALUE], "kdb"),
        ([STACK, B_VALUE, DIRECTION, IN_STACK], "bdk"),
    ],
)
def test_several_dimensions_of_time_run_as_in_dcm2niix(tmp_path: Path, pointers: list[int], places: str) -> None:
    values = numbers((6, 5, 4, len(SHELLS)))
    order = [(k, t) for k in range(4) for t in range(len(SHELLS))]
    order = [order[n] for n in np.random.default_rng(0).permutation(len(order))]
    ds = enhanced(values, order)
    ds.Manufacturer, ds.PatientPosition = "Philips Medical Systems", "HFS"
    ds.DimensionIndexSequence = Sequence([Dataset() for _ in pointers])
    for item, pointer in zip(ds.DimensionIndexSequence, pointers, strict=True):
        item.DimensionIndexPointer = pointer
    for (k, t), group in zip(order, ds.PerFrameFunctionalGroupsSequence, strict=True):
        of = {"k": k + 1, "b": SHELLS[t][0], "d": SHELLS[t][1]}
        group.FrameContentSequence[0].DimensionIndexValues = [1, *(of[place] for place in places)]
        del group.FrameContentSequence[0].TemporalPositionIndex
    write(ds, tmp_path / "in" / "enhanced.dcm")
    assert_is_as_by_dcm2niix(tmp_path / "in", tmp_path)


@pytest.mark.parametrize("syntax", [VIDEO, JPIP, HEVC])
def test_pixels_without_a_decoder_are_named_before_they_are_opened(tmp_path: Path, syntax: str) -> None:
    values = numbers((4, 3, 3))
    write_series(tmp_path, values)
    write_series(tmp_path, values[..., :1], syntax=syntax, PixelData=encapsulate([b"something"]), name=lambda *_: "odd")
    (info,) = inspect(tmp_path)
    assert len(info.files) == 3
    (finding,) = info.findings
    assert finding.startswith("odd was left out: its pixels are packed")
    assert syntax in finding
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored, values)


def test_encrypted_files_are_named(tmp_path: Path) -> None:
    values = numbers((4, 3, 3))
    write_series(tmp_path, values)
    # The begin of a CMS envelope (RFC 5652): a sequence of the type "enveloped data" and its content.
    envelope = bytes.fromhex("30820400 06092a864886f70d010703 a08203f1") + bytes(range(256)) * 4
    (tmp_path / "secret.dcm").write_bytes(envelope)
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values)
    assert opened.volume.findings == ("secret.dcm was left out: it is encrypted; decrypt it first.",)
    with pytest.raises(FileError, match=r"secret\.dcm cannot be opened: it is encrypted"):
        open_image(tmp_path / "secret.dcm")


def test_an_encrypted_place_is_said(tmp_path: Path) -> None:
    def hide(ds: Dataset, *_: int) -> None:
        del ds.ImagePositionPatient
        item = Dataset()
        item.EncryptedContentTransferSyntaxUID, item.EncryptedContent = "1.2.840.10008.1.2.1", bytes(64)
        ds.EncryptedAttributesSequence = [item]

    write_series(tmp_path, numbers((4, 3, 2)), edit=hide)
    with pytest.raises(FileError, match="parts of its header are encrypted"):
        open_image(tmp_path)


@pytest.mark.parametrize("first", [0.0, ORIGIN[2]])
def test_frames_of_a_dose_lie_where_it_says(tmp_path: Path, first: float) -> None:
    # PS3.3, C.8.8.3.2: offsets from the first frame if they begin with zero, else heights of axial frames.
    across, down = ((1.0, 0, 0), (0, 1.0, 0)) if first else (ACROSS, DOWN)
    values = numbers((6, 5, 4), "u2", 16)
    ds = heading(generate_uid(), "1.2.840.10008.5.1.4.1.1.481.2")
    ds.Modality, ds.PixelSpacing, ds.InstanceNumber = "RTDOSE", [1.5, 1.25], 1
    ds.ImageOrientationPatient, ds.ImagePositionPatient = [*across, *down], list(ORIGIN)
    ds.GridFrameOffsetVector, ds.FrameIncrementPointer = [first + 3.0 * k for k in range(4)], 0x3004000C
    set_pixels(ds, np.ascontiguousarray(values.T), 16)
    write(ds, tmp_path / "dose.dcm")
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values)
    affine = expected_affine()
    if first:
        affine[:3, :3] = np.diag([-1.25, -1.5, 3.0])
    np.testing.assert_allclose(opened.volume.geometry.affine, affine, atol=1e-5)


def test_frames_of_unknown_place_are_no_volumes(tmp_path: Path) -> None:
    ds = heading(generate_uid())
    ds.PixelSpacing, ds.InstanceNumber = [1.5, 1.25], 1
    ds.ImageOrientationPatient, ds.ImagePositionPatient = [*ACROSS, *DOWN], list(ORIGIN)
    values = numbers((6, 5, 4))
    set_pixels(ds, np.ascontiguousarray(values.T), 12)
    write(ds, tmp_path / "frames.dcm")
    (info,) = inspect(tmp_path)
    assert "4 frames and does not say whether they differ in place or in time" in " ".join(info.findings)
    with pytest.raises(FileError, match="where the slices lie"):
        open_image(tmp_path)
    ds.FrameIncrementPointer, ds.FrameTime = 0x00181063, 40
    write(ds, tmp_path / "frames.dcm")
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored[:, :, 0], values)


@pytest.mark.parametrize("keyword", ["AcquisitionNumber", "TriggerTime"])
def test_volumes_that_are_each_numbered_from_one(tmp_path: Path, keyword: str) -> None:
    values = numbers((4, 3, 3, 3))

    def again(ds: Dataset, k: int, t: int) -> None:
        ds.InstanceNumber = 1 + k
        setattr(ds, keyword, 10 + t)

    write_series(tmp_path, values, edit=again, name=lambda k, t: f"{9 - t}{k}")
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values)
    assert opened.volume.findings == ()


def test_an_order_that_nothing_tells_is_said(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((4, 3, 3, 2)), InstanceNumber=1)
    (info,) = inspect(tmp_path)
    assert info.findings == (
        "Nothing says in which order some of its volumes were taken; that of the files and frames is kept.",
    )


def test_bytes_that_stand_in_big_endian_words(tmp_path: Path) -> None:
    values = numbers((5, 3, 2), "u1", 8)  # 15 bytes a frame: the words cross the frames
    ds = heading(generate_uid())
    ds.PixelSpacing, ds.FrameIncrementPointer, ds.FrameTime = [1.5, 1.25], 0x00181063, 40
    ds.ImageOrientationPatient, ds.ImagePositionPatient = [*ACROSS, *DOWN], list(ORIGIN)
    set_pixels(ds, np.ascontiguousarray(values.T), 8)
    write(ds, tmp_path / "words.dcm", ExplicitVRBigEndian)
    theirs = dcmread(tmp_path / "words.dcm")
    assert theirs["PixelData"].VR == "OW"
    np.testing.assert_array_equal(theirs.pixel_array, values.T)
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored[:, :, 0], values)


def test_a_mosaic_of_one_volume_that_lacks_its_count_says_so(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((8, 8, 1)), ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"], Manufacturer="SIEMENS")
    assert "does not say of how many slices" in open_image(tmp_path).volume.findings[0]


def test_a_sheet_that_does_not_divide_into_its_tiles_says_so(tmp_path: Path) -> None:
    def count(ds: Dataset, *_: int) -> None:
        ds.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
        ds.add_new(0x0019100A, "US", 5)

    write_series(tmp_path, numbers((10, 10, 1)), edit=count, ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"])
    assert any("do not divide into 3 × 3 tiles" in sentence for sentence in open_image(tmp_path).volume.findings)


def test_of_several_reasons_the_first_is_told(tmp_path: Path) -> None:
    write_series(
        tmp_path,
        numbers((4, 3, 2)),
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        ImagePositionPatient=None,
        SliceThickness=float(np.linalg.norm(NORMAL)),
    )
    with pytest.raises(FileError, match="colours"):
        open_image(tmp_path)


def test_one_file_without_a_place_is_named_and_the_others_open(tmp_path: Path) -> None:
    values = numbers((4, 3, 4))

    def lose(ds: Dataset, k: int, _: int) -> None:
        if k == 3:
            del ds.ImagePositionPatient

    write_series(tmp_path, values, edit=lose, name=lambda k, _: f"{k}.dcm")
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values[..., :3])
    assert opened.volume.findings == ("3.dcm was left out, as it is not said where the slices lie.",)


def test_pixels_of_a_wrong_length_are_said_before_they_are_opened(tmp_path: Path) -> None:
    values = numbers((8, 6, 3))
    write_series(tmp_path, values, name=lambda k, _: f"{k}.dcm")
    whole = (tmp_path / "1.dcm").read_bytes()
    for cut in (1, 2):
        (tmp_path / f"{cut}.dcm").write_bytes((tmp_path / f"{cut}.dcm").read_bytes()[:-20])
    (info,) = inspect(tmp_path)
    assert info.findings == (
        "In 1.dcm and 1 more file the pixels are cut short, so the image cannot be read; copy or export it again.",
    )
    with pytest.raises(FileError, match=r"1\.dcm ends too early"):
        open_image(tmp_path)
    (tmp_path / "2.dcm").unlink()
    head = whole.index(b"\xe0\x7f\x10\x00OW")
    (tmp_path / "1.dcm").write_bytes(whole[: head + 8] + (9998).to_bytes(4, "little") + whole[head + 12 :])
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values[..., :2])
    assert opened.volume.findings == ("In 1.dcm the pixels are said to take 9998 bytes where 96 are wanted.",)


def test_long_headers_are_read_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskeditor.io.dicom import scan

    def swell(ds: Dataset, *_: int) -> None:
        ds.add_new(0x00310010, "LO", "PADDING")
        ds.add_new(0x00311001, "OB", bytes(1 << 23))

    uid = generate_uid()
    write_series(
        tmp_path, numbers((4, 3, 12)), syntax=DeflatedExplicitVRLittleEndian, edit=swell, SeriesInstanceUID=uid
    )
    real, long = scan._first_bytes, []

    def first_bytes(path: Path, count: int = scan._FIRST) -> scan._Start:
        if count > scan._LONG:
            long.append(scan._LONG_HEADERS.locked())
        return real(path, count)

    monkeypatch.setattr(scan, "_first_bytes", first_bytes)
    assert len(list(scan.read_headers(sorted(tmp_path.iterdir())))) == 12
    assert len(long) >= 12
    assert all(long)


def test_slices_of_one_stack_may_be_labelled_differently(tmp_path: Path) -> None:
    values = numbers((6, 5, 6))

    def label(ds: Dataset, k: int, _: int) -> None:
        ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", *(["FM3_2"] if k % 3 else [])]
        ds.PixelSpacing = [1.5004 if k % 2 else 1.5006, 1.25]
        ds.PatientPosition = "HFS"

    write_series(tmp_path / "in", values, edit=label)
    subprocess.run(
        [dcm2niix.bin, "-z", "n", "-b", "n", "-m", "n", "-f", "it", "-o", str(tmp_path), str(tmp_path / "in")],
        check=True,
        capture_output=True,
    )
    (made,) = tmp_path.glob("*.nii")
    theirs = nib.as_closest_canonical(nib.load(made))
    volume = open_image(tmp_path / "in").volume
    ours = nib.as_closest_canonical(nib.Nifti1Image(volume.stored, volume.geometry.affine))
    np.testing.assert_array_equal(ours.dataobj, theirs.dataobj)
    np.testing.assert_allclose(ours.affine, theirs.affine, atol=1e-3)
    (finding,) = volume.findings
    assert finding.startswith("Some slices are labelled otherwise")


@pytest.mark.parametrize(
    ("one", "other"),
    [(["ORIGINAL", "PRIMARY", "AXIAL"], ["DERIVED", "PRIMARY", "AXIAL"])]
    + [(["ORIGINAL", "PRIMARY", "M_FFE"], ["ORIGINAL", "PRIMARY", word]) for word in ("P_FFE", "T1 MAP", "R")],
)
def test_what_shows_something_else_is_not_joined(tmp_path: Path, one: list[str], other: list[str]) -> None:
    def label(ds: Dataset, k: int, _: int) -> None:
        ds.ImageType = other if k % 2 else one

    write_series(tmp_path, numbers((6, 5, 4)), edit=label)
    assert len(inspect(tmp_path)) == 2


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_philips_directions_run_by_their_own_numbers(tmp_path: Path, syntax: str) -> None:
    values = numbers((6, 5, 4, len(SHELLS)))
    instance = np.random.default_rng(2).permutation(len(SHELLS))

    def weigh(ds: Dataset, k: int, t: int) -> None:
        b, direction = SHELLS[t]
        ds.Manufacturer, ds.PatientPosition, ds.ProtocolName = "Philips Medical Systems", "HFS", "dwi"
        ds.InstanceNumber = 1 + int(instance[t]) + len(SHELLS) * k
        ds.DiffusionBValue = (0.0, 1000.0, 2000.0)[b - 1]
        ds.DiffusionGradientOrientation = [0.0, 0.0, 0.0] if b == 1 else [1.0, 0.0, 0.0]
        ds.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
        ds.add_new(0x20051412, "IS", b)
        ds.add_new(0x20051413, "IS", direction)

    write_series(tmp_path / "in", values, edit=weigh, syntax=syntax)
    assert_is_as_by_dcm2niix(tmp_path / "in", tmp_path)


@pytest.mark.parametrize("creator", ["Philips MR Imaging DD 006", "SOMEBODY ELSE"])
def test_volumes_run_by_philips_numbers_where_these_are_philips(tmp_path: Path, creator: str) -> None:
    values = numbers((6, 5, 4, 3))

    def number(ds: Dataset, _: int, t: int) -> None:
        ds.Manufacturer, ds.DiffusionBValue = "Philips Medical Systems", 1000.0
        ds.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
        ds.add_new(0x20050015, "LO", creator)
        ds.add_new(0x20051596, "IS", 3 - t)

    write_series(tmp_path, values, edit=number)
    order = slice(None, None, -1 if "006" in creator else 1)
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored, values[..., order])


def test_colours_with_fewer_samples_are_not_called_cut_short(tmp_path: Path) -> None:
    # Two pixels share their colour in YBR_FULL_422: two bytes a pixel for three samples.
    values = numbers((6, 5, 1), "u2", 8)
    write_series(tmp_path, values, bits=8, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422", BitsAllocated=8)
    (info,) = inspect(tmp_path)
    assert "it holds colours (YBR_FULL_422)" in info.findings[0]
    assert not any("bytes" in sentence or "short" in sentence for sentence in info.findings)
