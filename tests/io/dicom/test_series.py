"""Series of every kind that the tests write themselves, so that the right answer is known."""

from __future__ import annotations

import io
import struct
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from maskeditor.core.errors import FileError
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io.dicom.codestreams import size_of
from maskeditor.io.open import Opened, SeveralSeries, inspect, open_image, open_images, open_mask
from tests.io.dicom.phantom import (
    ACROSS,
    DOWN,
    NORMAL,
    ORIGIN,
    PATIENT,
    SPACING,
    STEP,
    compress,
    enhanced,
    expected_affine,
    heading,
    numbers,
    set_pixels,
    write,
    write_series,
)

SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


def assert_is(opened: Opened, values: np.ndarray, affine: np.ndarray | None = None) -> None:
    """Check values and place; an image stored from the other end is the same image."""
    volume = opened.volume
    got = np.stack([volume.intensities(t) for t in range(volume.frames)], axis=-1)
    wanted = values if values.ndim == 4 else values[..., None]
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_allclose(volume.geometry.affine, expected_affine() if affine is None else affine, atol=1e-5)
    assert opened.info.shape == volume.stored.shape
    assert opened.info.dtype == volume.stored.dtype.name
    np.testing.assert_array_equal(opened.info.affine, volume.geometry.affine)


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    ("dtype", "bits"),
    [("u1", 8), ("i1", 8), ("u2", 12), ("i2", 12), ("u2", 16), ("i2", 16), ("u4", 32), ("i4", 32)],
)
def test_native_values(tmp_path: Path, dtype: str, bits: int, syntax: str) -> None:
    values = numbers((5, 3, 4), dtype, bits)
    stored = values
    if bits == 12:  # as some writers leave them, the four bits above are not zero
        stored = (values.view("u2") | np.uint16(0xA000)).view(dtype)
    write_series(tmp_path, stored, bits=bits, syntax=syntax)
    opened = open_image(tmp_path)
    assert opened.volume.stored.dtype == np.dtype(dtype)
    assert opened.volume.findings == ()
    assert opened.volume.name == "phantom"
    assert_is(opened, values)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
@pytest.mark.parametrize(("dtype", "bits"), [("u1", 8), ("u2", 12), ("u2", 16), ("i2", 16), ("i2", 12)])
def test_compressed_values(tmp_path: Path, dtype: str, bits: int, syntax: str) -> None:

    values = numbers((64, 48, 2), dtype, bits)
    write_series(tmp_path, values, bits=bits)
    for path in list(tmp_path.iterdir()):
        compress(path, syntax)
    assert_is(open_image(tmp_path), values)


def test_high_bit_above_the_stored_bits(tmp_path: Path) -> None:
    values = numbers((4, 3, 2))

    def shifted(ds: Dataset, k: int, _: int) -> None:
        ds.HighBit = 15
        ds.PixelData = (values[:, :, k].T << 4).tobytes()

    write_series(tmp_path, values, edit=shifted)
    assert_is(open_image(tmp_path), values)


@settings(max_examples=25)
@given(
    st.integers(1, 6),
    st.integers(1, 3),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_order_comes_from_positions(
    tmp_path_factory: pytest.TempPathFactory, slices: int, volumes: int, backwards: bool, random: object
) -> None:
    folder = tmp_path_factory.mktemp("series")
    values = numbers((4, 3, slices, volumes))
    names = [f"{number:04d}" for number in range(slices * volumes)]
    random.shuffle(names)  # type: ignore[attr-defined]

    def edit(ds: Dataset, k: int, t: int) -> None:
        ds.InstanceNumber = 1 + (slices - 1 - k if backwards else k) + slices * t
        ds.SliceLocation = 99 - k  # a lie
        ds.SpacingBetweenSlices = 0.5  # another

    write_series(folder, values, edit=edit, name=lambda k, t: names[k + slices * t])
    step = NORMAL * 0.5 if slices == 1 else None
    assert_is(open_image(folder), values if volumes > 1 else values[..., 0], expected_affine(step))


def test_philips_numbers_run_through_time_first(tmp_path: Path) -> None:
    values = numbers((4, 3, 5, 3))

    def edit(ds: Dataset, k: int, t: int) -> None:
        ds.InstanceNumber = 1 + t + 3 * k
        ds.TemporalPositionIdentifier = t + 1

    write_series(tmp_path, values, edit=edit)
    assert_is(open_image(tmp_path), values)


def test_time_across_midnight(tmp_path: Path) -> None:
    values = numbers((4, 3, 2, 3))

    def edit(ds: Dataset, k: int, t: int) -> None:
        del ds.InstanceNumber
        ds.AcquisitionDate = ("20240228", "20240229", "20240301")[t]
        ds.AcquisitionTime = ("235959.5", "120000", "000001.25")[t]

    write_series(tmp_path, values, edit=edit)
    assert_is(open_image(tmp_path), values)


@pytest.mark.parametrize("keyword", ["AcquisitionTime", "ContentTime"])
def test_times_past_midnight_without_a_date(tmp_path: Path, keyword: str) -> None:
    values = numbers((4, 3, 2, 4))
    times = ("235800", "235930", "000130", "000300")

    def edit(ds: Dataset, _: int, t: int) -> None:
        del ds.InstanceNumber
        ds.Modality = "PT"
        setattr(ds, keyword, times[t])

    write_series(tmp_path / "night", values, edit=edit)
    opened = open_image(tmp_path / "night")
    assert_is(opened, values)
    assert opened.volume.findings == (
        "No date is stated beside times that run past midnight; the early ones are taken as of the next day.",
    )
    # A whole day without a gap is what it says.
    times = ("010000", "090000", "160000", "230000")
    write_series(tmp_path / "day", values, edit=edit)
    opened = open_image(tmp_path / "day")
    assert_is(opened, values)
    assert opened.volume.findings == ()


def test_times_with_zones(tmp_path: Path) -> None:
    values = numbers((4, 3, 2, 3))

    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.InstanceNumber = 9 - t
        ds.AcquisitionDateTime = f"2024010112{t:02d}00.000000-0500"

    write_series(tmp_path, values, edit=edit)
    assert_is(open_image(tmp_path), values)


def test_an_interrupted_run_says_so(tmp_path: Path) -> None:
    values = numbers((4, 3, 5, 3))
    write_series(tmp_path, values)
    for k in (3, 4):
        next(tmp_path.glob(f"*-{k}-2.dcm")).unlink()
    opened = open_image(tmp_path)
    assert "incomplete" in opened.volume.findings[0]
    assert_is(opened, values[..., :2])


def test_a_hole_in_the_middle_of_a_run_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((4, 3, 5, 3)))
    next(tmp_path.glob("*-2-1.dcm")).unlink()
    with pytest.raises(FileError, match="hold between 2 and 3 slices"):
        open_image(tmp_path)


def test_scaling_is_kept_or_applied(tmp_path: Path) -> None:
    values = numbers((4, 3, 5))
    write_series(tmp_path / "ct", values, RescaleSlope=1, RescaleIntercept=-1024)
    opened = open_image(tmp_path / "ct")
    assert opened.volume.intercept == -1024
    assert_is(opened, values.astype(float) - 1024)

    def pet(ds: Dataset, k: int, _: int) -> None:
        ds.RescaleSlope, ds.RescaleIntercept = 0.5 + k, -k

    write_series(tmp_path / "pet", values, edit=pet)
    opened = open_image(tmp_path / "pet")
    assert opened.volume.stored.dtype == np.float32
    assert "differ between slices" in opened.volume.findings[0]
    assert_is(opened, (values * (0.5 + np.arange(5)) - np.arange(5)).astype(np.float32))
    write_series(tmp_path / "two", values[..., :2], edit=pet)
    opened = open_image(tmp_path / "two")
    assert_is(opened, (values[..., :2] * (0.5 + np.arange(2)) - np.arange(2)).astype(np.float32))


def test_unsigned_values_above_32767_stay_positive(tmp_path: Path) -> None:
    values = numbers((4, 3, 2), "u2", 16)
    values[0, 0, 0] = 65535
    write_series(tmp_path, values, bits=16)
    assert open_image(tmp_path).volume.intensities().max() == 65535


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"EchoTime": 7.5}, "echo time 7.5 ms"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "P", "ND"]}, "p"),
        ({"ComplexImageComponent": "PHASE"}, "phase"),
        ({"ImageOrientationPatient": [0, 1, 0, 0, 0, 1]}, "sagittal"),
        ({"SeriesNumber": 8}, ""),
    ],
)
def test_different_images_in_one_series(tmp_path: Path, change: dict, words: str) -> None:
    values = numbers((4, 3, 2, 2))

    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.EchoTime = 2.5
        if t == 1:
            for keyword, value in change.items():
                setattr(ds, keyword, value)

    uid = write_series(tmp_path, values, edit=edit)
    with pytest.raises(SeveralSeries, match="holds 2 images; choose one with --series UID") as caught:
        open_image(tmp_path)
    assert [image.key for image in caught.value.images] == [f"{uid}:1", f"{uid}:2"]
    assert caught.value.images[1].series_uid == uid
    assert words in caught.value.images[1].description
    first, second = open_images(tmp_path, uid)
    assert_is(first, values[..., 0])
    np.testing.assert_array_equal(second.volume.stored.shape, (4, 3, 2))
    np.testing.assert_array_equal(open_image(tmp_path, f"{uid}:2").volume.stored, second.volume.stored)
    with pytest.raises(SeveralSeries):
        open_image(tmp_path, uid)
    with pytest.raises(FileError, match="no series 1\\.2\\.3"):
        open_image(tmp_path, "1.2.3")


def test_what_makers_say_in_elements_of_their_own(tmp_path: Path) -> None:
    values = numbers((4, 3, 2, 2))

    def ge(ds: Dataset, _: int, t: int) -> None:
        ds.Manufacturer = "GE MEDICAL SYSTEMS"
        ds.add_new(0x00430010, "LO", "GEMS_PARM_01")
        ds.add_new(0x0043102F, "SS", t)

    write_series(tmp_path / "ge", values, edit=ge)
    magnitude, phase = open_images(tmp_path / "ge")
    assert phase.info.description == "phantom (phase)"
    assert_is(magnitude, values[..., 0])
    assert_is(phase, values[..., 1])

    def philips(ds: Dataset, _: int, t: int) -> None:
        ds.Manufacturer = "Philips Medical Systems"
        ds.add_new(0x20010010, "LO", "Philips Imaging DD 001")
        ds.add_new(0x20011004, "CS", ("AP", "I")[t])

    write_series(tmp_path / "philips", values, edit=philips)
    directions, trace = open_images(tmp_path / "philips")
    assert_is(directions, values[..., 0])
    assert_is(trace, values[..., 1])


def test_several_series(tmp_path: Path) -> None:
    one, two = numbers((4, 3, 2)), numbers((3, 5, 4))
    first = write_series(tmp_path / "a" / "b", one, SeriesNumber=12)
    second = write_series(tmp_path / "c", two, SeriesNumber=3)
    assert [image.key for image in inspect(tmp_path)] == [second, first]
    assert_is(open_image(tmp_path, first), one)
    assert_is(open_image(tmp_path, second), two)


def test_rounded_orientations_are_one(tmp_path: Path) -> None:
    def edit(ds: Dataset, k: int, _: int) -> None:
        ds.ImageOrientationPatient = [float(x) + 2e-8 * k for x in (*ACROSS, *DOWN)]

    values = numbers((4, 3, 6))
    write_series(tmp_path, values, edit=edit)
    assert_is(open_image(tmp_path), values)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_tilted_gantry_shears_the_affine(tmp_path: Path, sign: int) -> None:
    step = NORMAL * STEP + sign * 0.8 * DOWN
    values = numbers((4, 3, 6))
    write_series(tmp_path, values, step=step)
    opened = open_image(tmp_path)
    assert_is(opened, values, expected_affine(step))
    # tan(tilt) = 0.8 / 3
    assert "sheared by 14.9 degrees" in opened.volume.findings[0]


def test_volumes_that_followed_the_head(tmp_path: Path) -> None:
    values = numbers((5, 4, 3, 3))
    for t in range(3):
        ds = enhanced(values[..., t : t + 1], [(k, 0) for k in range(3)])
        ds.SeriesInstanceUID, ds.InstanceNumber = "1.2.3", t + 1
        for k, group in enumerate(ds.PerFrameFunctionalGroupsSequence):
            place = ORIGIN + (k * STEP + 0.4 * t) * NORMAL
            group.PlanePositionSequence[0].ImagePositionPatient = [float(x) for x in place]
        write(ds, tmp_path / f"{t}")
    opened = open_image(tmp_path)
    assert "up to 0.8 mm elsewhere and are turned by up to 0 degrees" in opened.volume.findings[0]
    assert_is(opened, values)


def test_places_apart_are_not_volumes(tmp_path: Path) -> None:
    def edit(ds: Dataset, k: int, t: int) -> None:
        ds.ImagePositionPatient = [float(x) for x in ORIGIN + k * STEP * NORMAL + 90 * t * ACROSS]

    write_series(tmp_path, numbers((4, 3, 2, 2)), edit=edit)
    with pytest.raises(FileError, match="up to 90 mm apart, so they show different places"):
        open_image(tmp_path)


def test_traces_are_parted_from_directions(tmp_path: Path) -> None:
    values = numbers((4, 3, 2, 4))

    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.DiffusionDirectionality = ("NONE", "DIRECTIONAL", "DIRECTIONAL", "ISOTROPIC")[t]

    write_series(tmp_path, values, edit=edit)
    directions, trace = open_images(tmp_path)
    assert_is(directions, values[..., :3])
    assert_is(trace, values[..., 3])
    assert "trace" in trace.info.description


def test_a_missing_slice_is_named(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((4, 3, 9)))
    next(tmp_path.glob("*-4-0.dcm")).unlink()
    height = float(ORIGIN @ NORMAL) + 4 * STEP
    with pytest.raises(FileError, match=f"slices are missing at {height:.1f} mm"):
        open_image(tmp_path)
    assert f"{height:.1f}" in inspect(tmp_path)[0].findings[0]


def test_uneven_spacing(tmp_path: Path) -> None:
    def moved(by: float) -> object:
        def edit(ds: Dataset, k: int, _: int) -> None:
            if k == 2:
                ds.ImagePositionPatient = [float(x) for x in ORIGIN + NORMAL * (STEP * k + by)]

        return edit

    values = numbers((4, 3, 5))
    write_series(tmp_path / "much", values, edit=moved(1.2))
    with pytest.raises(FileError, match=r"unevenly spaced, 1\.8 to 4\.2 mm"):
        open_image(tmp_path / "much")
    write_series(tmp_path / "little", values, edit=moved(0.15))
    opened = open_image(tmp_path / "little")
    assert "2.85 to 3.15 mm apart" in opened.volume.findings[0]
    assert_is(opened, values)


def test_files_that_are_there_twice(tmp_path: Path) -> None:
    values = numbers((4, 3, 5))
    write_series(tmp_path, values)
    for path in list(tmp_path.iterdir())[:2]:
        (tmp_path / f"copy-{path.name}").write_bytes(path.read_bytes())
    opened = open_image(tmp_path)
    assert_is(opened, values)
    assert "2 files are there twice" in opened.volume.findings[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_enhanced_frames_in_any_order(tmp_path: Path, seed: int) -> None:
    values = numbers((5, 4, 3, 4))
    order = [(k, t) for t in range(4) for k in range(3)]
    np.random.default_rng(seed).shuffle(order)
    write(enhanced(values, [tuple(pair) for pair in order]), tmp_path / "file")
    opened = open_image(tmp_path)
    assert opened.kind == "enhanced 4D"
    assert_is(opened, values)


def test_enhanced_scaling_that_differs_by_frame(tmp_path: Path) -> None:
    values = numbers((5, 4, 3, 1))
    ds = enhanced(values, [(0, 0), (1, 0), (2, 0)])
    for number, group in enumerate(ds.PerFrameFunctionalGroupsSequence):
        scaling = Dataset()
        scaling.RescaleSlope, scaling.RescaleIntercept, scaling.RescaleType = number + 1, -5, "US"
        group.PixelValueTransformationSequence = [scaling]
    write(ds, tmp_path / "file")
    assert_is(open_image(tmp_path / "file"), (values[..., 0] * [1.0, 2.0, 3.0] - 5).astype(np.float32))


def csa(count: int, normal: np.ndarray) -> bytes:
    """Return a Siemens CSA header of the second kind."""
    fields = {"NumberOfImagesInMosaic": [str(count)], "SliceNormalVector": [f"{x:.8f}" for x in normal]}
    data = b"SV10\4\3\2\1" + struct.pack("<2I", len(fields), 77)
    for name, values in fields.items():
        data += struct.pack("<64si4s3i", name.encode(), len(values), b"IS\0\0", 6, 6, 77)
        for value in [*values, *[""] * (6 - len(values))]:
            text = value.encode() + b"\0" if value else b""
            data += struct.pack("<4i", len(text), len(text), 77, len(text)) + text.ljust(-(-len(text) // 4) * 4, b"\0")
    return data


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("labelled", [True, False])
def test_mosaic(tmp_path: Path, direction: int, labelled: bool) -> None:
    values = numbers((6, 4, 5, 2))
    uid = generate_uid()
    for t in range(2):
        ds = heading(uid)
        ds.Manufacturer, ds.InstanceNumber = "SIEMENS", t + 1
        ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "MOSAIC" if labelled else "ND"]
        sheet = np.zeros((12, 18), "u2")
        for tile in range(5):
            k = tile if direction == 1 else 4 - tile
            row, column = tile // 3 * 4, tile % 3 * 6
            sheet[row : row + 4, column : column + 6] = values[:, :, k, t].T
        set_pixels(ds, sheet, 12)
        first = ORIGIN if direction == 1 else ORIGIN + 4 * STEP * NORMAL
        corner = first - ACROSS * SPACING[1] * (18 - 6) / 2 - DOWN * SPACING[0] * (12 - 4) / 2
        ds.ImagePositionPatient = [round(float(x), 6) for x in corner]
        ds.ImageOrientationPatient, ds.PixelSpacing = [*ACROSS, *DOWN], list(SPACING)
        ds.SpacingBetweenSlices = STEP
        ds.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
        ds.add_new(0x00291010, "OB", csa(5, NORMAL * direction))
        write(ds, tmp_path / f"{t}.dcm")
    opened = open_image(tmp_path)
    assert opened.kind == "mosaic 4D"
    assert_is(opened, values)
    assert any("unlabelled" in sentence for sentence in opened.volume.findings) == (not labelled)


@pytest.mark.parametrize(
    ("common", "words"),
    [
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colours"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "palette"),
        ({"ImagePositionPatient": None}, "where the slices lie"),
        ({"ImageOrientationPatient": None}, "where the slices lie"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "right angles"),
        ({"BitsAllocated": 12}, "12 bits"),
    ],
)
def test_refusals_name_the_reason(tmp_path: Path, common: dict, words: str) -> None:
    write_series(tmp_path, numbers((4, 3, 2)), **common)
    with pytest.raises(FileError, match=words) as caught:
        open_image(tmp_path)
    assert "\n" not in str(caught.value)


def test_inverted_and_lossy_images_say_so(tmp_path: Path) -> None:
    values = numbers((4, 3, 2))
    write_series(tmp_path, values, PhotometricInterpretation="MONOCHROME1", LossyImageCompression="01")
    opened = open_image(tmp_path)
    assert_is(opened, values)
    assert "MONOCHROME1" in opened.volume.findings[0]
    assert "with loss" in opened.volume.findings[1]


def test_broken_files_do_not_hide_the_others(tmp_path: Path) -> None:
    values = numbers((4, 3, 3))
    write_series(tmp_path / "good", values)
    whole = next((tmp_path / "good").iterdir()).read_bytes()
    (tmp_path / "cut").write_bytes(whole[:400])
    (tmp_path / "noise").write_bytes(b"\0" * 128 + b"DICM" + bytes(range(256)) * 8)
    (tmp_path / "text.txt").write_text("no image")
    (tmp_path / "empty").touch()
    (tmp_path / "empty.txt").touch()
    (tmp_path / "words.dcm").write_text("no image")
    report = heading(generate_uid(), "1.2.840.10008.5.1.4.1.1.88.11")
    write(report, tmp_path / "report.dcm")
    rows_only = heading(generate_uid(), "1.2.840.10008.5.1.4.1.1.66")
    rows_only.Rows, rows_only.Columns = 4, 3
    write(rows_only, tmp_path / "raw.dcm")
    opened = open_image(tmp_path)
    assert_is(opened, values)
    assert [sentence.split(" ")[0] for sentence in opened.volume.findings] == ["cut", "empty", "noise", "words.dcm"]
    assert opened.volume.findings[1] == "empty was left out: it is empty."
    assert opened.volume.findings[3] == "words.dcm was left out: it is no DICOM file, though it is named as one."


def test_short_pixels_are_one_sentence(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((64, 64, 2)))
    path = next(tmp_path.glob("*-1-0.dcm"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FileError, match=rf"{path.name} ends too early"):
        open_image(tmp_path)


def test_unknown_compression_is_one_sentence(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((4, 4, 1)), syntax="1.2.840.10008.1.2.4.100", PixelData=encapsulate([b"some video"]))
    with pytest.raises(FileError, match=r"000-0-0\.dcm .* not read \(transfer syntax 1\.2\.840\.10008\.1\.2\.4\.100\)"):
        open_image(tmp_path)


def test_a_deflate_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskeditor.io.dicom import pixels

    write_series(tmp_path, np.zeros((512, 512, 1), "u2"), syntax=DeflatedExplicitVRLittleEndian)
    monkeypatch.setattr(pixels, "_MOST_UNPACKED", 1 << 16)
    with pytest.raises(FileError, match="unpacks to more than"):
        open_image(tmp_path)
    monkeypatch.undo()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_in_a_circle(tmp_path: Path) -> None:
    values = numbers((4, 3, 2))
    write_series(tmp_path / "in", values)
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    assert_is(open_image(tmp_path), values)


def test_files_without_preamble(tmp_path: Path) -> None:
    values = numbers((4, 3, 2))
    write_series(tmp_path, values, syntax=ImplicitVRLittleEndian)
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        meta_length = int.from_bytes(data[140:144], "little")
        path.write_bytes(data[144 + meta_length :])
    assert_is(open_image(tmp_path), values)


def test_nothing_of_the_patient_leaves(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((4, 3, 2)))
    opened = open_image(tmp_path)
    told = f"{opened.info.to_json()} {opened.volume.name} {opened.volume.findings} {opened.header.raw!r}"
    for secret in (PATIENT, "Jane", "secret-17", "secret-18", "Secret Hospital", "19700101"):
        assert secret not in told


def test_progress_and_cancel(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((4, 3, 20)))
    seen: list[float] = []
    open_image(tmp_path, None, Progress(seen.append))
    assert seen == sorted(seen)
    assert len(seen) > 20
    assert seen[-1] == 1.0
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        open_image(tmp_path, None, progress)


def test_segmentations_are_masks(tmp_path: Path) -> None:
    masks = np.random.default_rng(0).random((5, 3, 6, 2)) < 0.4  # 15 voxels a frame: bits cross the bytes
    order = [(0, 0), (3, 0), (4, 0), (5, 1), (4, 1), (2, 1)]  # slice 1 is empty in both segments
    for k, t in np.ndindex(6, 2):
        if (k, t) not in order:
            masks[:, :, k, t] = False
    ds = enhanced(masks.astype("u1"), order, bits=8)
    for (_, t), group in zip(order, ds.PerFrameFunctionalGroupsSequence, strict=True):
        segment = Dataset()
        segment.ReferencedSegmentNumber = t + 3
        group.SegmentIdentificationSequence = [segment]
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = 0
    frames = np.concatenate([masks[:, :, k, t].T.ravel() for k, t in order])
    ds.PixelData = np.packbits(frames, bitorder="little").tobytes()
    write(ds, tmp_path / "seg.dcm")
    opened = open_mask(tmp_path / "seg.dcm", Geometry((5, 3, 6), expected_affine()))
    assert list(opened.labels) == [3, 4]
    for t in range(2):
        np.testing.assert_array_equal(opened.labels[t + 3][...], masks[..., t])
    assert "segment 3" in inspect(tmp_path)[0].description
    assert inspect(tmp_path)[0].kind == "segmentation 3D"


def test_damaged_sequences_leave_the_others(tmp_path: Path) -> None:
    values = numbers((5, 4, 3, 1))
    order = [(0, 0), (1, 0), (2, 0)]
    write(enhanced(values, order), tmp_path / "good")
    write(enhanced(values, order), tmp_path / "bad")
    data = bytearray((tmp_path / "bad").read_bytes())
    item = data.index(b"\x20\x00\x11\x91SQ")  # the first frame's content: its length becomes too large
    data[item + 8 : item + 12] = b"\xff\xff\xff\x00"
    (tmp_path / "bad").write_bytes(data)
    opened = open_image(tmp_path)
    assert_is(opened, values[..., 0])
    assert opened.volume.findings == ("bad was left out: its sequences are damaged.",)


def test_a_header_that_lies_about_its_size(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((4, 3, 2)), Rows=65535, Columns=65535)
    with pytest.raises(FileError, match="ends too early"):
        open_image(tmp_path)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless, JPEGBaseline8Bit])
@pytest.mark.parametrize("kind", ["noise", "ramp"])
def test_compressed_rows_and_columns_that_are_swapped(tmp_path: Path, kind: str, syntax: str) -> None:
    from pydicom import dcmread

    ramp = np.arange(64 * 48 * 2).reshape((64, 48, 2)) // 4
    values = (numbers((64, 48, 2), "u1", 8) if kind == "noise" else ramp).astype("u1")
    write_series(tmp_path, values, bits=8)
    for path in list(tmp_path.iterdir()):
        compress(path, syntax)
    assert open_image(tmp_path).volume.stored.shape == (64, 48, 2)
    inspect(path, check=True)
    for path in list(tmp_path.iterdir()):
        ds = dcmread(path)
        ds.Rows, ds.Columns = ds.Columns, ds.Rows
        ds.save_as(path)
    for look in (lambda: open_image(tmp_path), lambda: inspect(path, check=True)):
        with pytest.raises(FileError, match="states 48 × 64 pixels, but its compressed image has 64 × 48; export it"):
            look()


def test_a_later_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    from PIL import Image
    from pydicom import dcmread

    write_series(tmp_path, np.zeros((16, 16, 1), np.uint8), bits=8)
    path = next(tmp_path.iterdir())
    ds = dcmread(path)
    streams = []
    for shape in ((16, 16), (16, 16), (8, 32)):
        stream = io.BytesIO()
        Image.fromarray(np.zeros(shape, np.uint8)).save(stream, "jpeg")
        streams.append(stream.getvalue())
    ds.NumberOfFrames, ds.FrameIncrementPointer = 3, 0x00181063
    ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    for last, refused in ((streams[1], False), (streams[2], True)):
        ds.PixelData = encapsulate([*streams[:2], last])
        ds["PixelData"].VR = "OB"
        ds.save_as(path)
        if refused:
            with pytest.raises(FileError, match="its compressed image has 32 × 8"):
                open_image(path)
        else:
            assert open_image(path).volume.stored.shape == (16, 16, 1, 3)


@pytest.mark.parametrize(("syntax", "size"), [(JPEGLSLossless, b"\xff\xf7"), (JPEGBaseline8Bit, b"\xff\xc0")])
def test_rows_that_a_compressed_image_does_not_state_are_looked_for_behind_its_pixels(
    tmp_path: Path, syntax: str, size: bytes
) -> None:
    """Decoders look for them without end, where there are none; CCITT T.81, B.2.5."""
    write_series(tmp_path, numbers((64, 48, 1), "u1", 8), bits=8)
    (path,) = tmp_path.iterdir()
    compress(path, syntax)
    whole = path.read_bytes()
    place = whole.index(b"\x00\x30\x00\x40", whole.index(size))
    without = whole[:place] + b"\0\0" + whole[place + 2 :]
    path.write_bytes(without)
    for look in (lambda: open_image(tmp_path), lambda: inspect(path, check=True)):
        with pytest.raises(FileError, match="states 64 × 48 pixels, but its compressed image has 64 × 0"):
            look()
    stream = without[without.rindex(b"\xff\xd8", 0, place) :]
    assert size_of(stream.replace(b"\xff\xd9", b"\xff\xdc\x00\x04\x00\x30\xff\xd9")) == (64, 48)


def test_files_that_are_cut_short_are_refused_by_info_too(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((8, 6, 3)))
    path = sorted(tmp_path.iterdir())[1]
    path.write_bytes(path.read_bytes()[:-40])
    for look in (open_image, lambda one: inspect(one, check=True)):
        with pytest.raises(FileError, match=rf"{path.name} ends too early"):
            look(path)
    # Of several images, the others can be opened.
    write_series(tmp_path / "other", numbers((8, 6, 3)), SeriesNumber=8)
    for other in (tmp_path / "other").iterdir():
        ds = pydicom.dcmread(other)
        ds.SeriesInstanceUID = pydicom.dcmread(path, stop_before_pixels=True).SeriesInstanceUID
        ds.save_as(tmp_path / f"other-{other.name}")
    found = inspect(path, check=True)
    assert len(found) == 2
    assert [any("cannot be opened" in sentence for sentence in one.findings) for one in found] == [True, False]


def test_compressed_frames_that_are_missing_or_of_another_size(tmp_path: Path) -> None:
    from pydicom import dcmread

    values = numbers((64, 48, 1), "u2", 12)
    write_series(tmp_path / "size", values)
    path = next((tmp_path / "size").iterdir())
    ds = dcmread(path)
    ds.compress(JPEG2000Lossless, generate_instance_uid=False)
    ds.Rows = 40
    ds.save_as(path)
    with pytest.raises(FileError, match=path.name):
        open_image(path)
    ds.Rows, ds.NumberOfFrames, ds.FrameIncrementPointer = 48, 3, 0x00181063
    ds.save_as(path)
    with pytest.raises(FileError, match=path.name):
        open_image(path)
