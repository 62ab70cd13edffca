"""What stored numbers stand for, counts that cannot be, and files that are readable though they break the rules."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_modality_lut
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

from maskeditor.core.errors import FileError
from maskeditor.core.space.geometry import Geometry
from maskeditor.io.dicom.elements import EXPLICIT, Elements
from maskeditor.io.open import inspect, open_image, open_images, open_mask, scan
from tests.io.dicom.phantom import (
    ACROSS,
    DOWN,
    NORMAL,
    ORIGIN,
    STEP,
    enhanced,
    expected_affine,
    heading,
    numbers,
    set_pixels,
    write,
    write_series,
)


@contextmanager
def pydicom_as_it_is() -> Iterator[None]:
    """Let pydicom write what breaks the rules."""
    before = pydicom.config.settings.writing_validation_mode
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    pydicom.config.settings.writing_validation_mode = before


VALUES = numbers((6, 5, 4))
DOSE, NUCLEAR = "1.2.840.10008.5.1.4.1.1.481.2", "1.2.840.10008.5.1.4.1.1.20"
MASKS, LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"


# Values.


@pytest.mark.parametrize("frames", [1, 4])
def test_doses_are_in_gray(tmp_path: Path, frames: int) -> None:
    values = numbers((6, 5, frames), "u4", 32)
    ds = heading(generate_uid(), DOSE)
    ds.Modality, ds.PixelSpacing, ds.InstanceNumber = "RTDOSE", [1.5, 1.25], 1
    ds.ImageOrientationPatient, ds.ImagePositionPatient = [*ACROSS, *DOWN], list(ORIGIN)
    ds.DoseUnits, ds.DoseGridScaling = "GY", "1.5e-3"
    if frames > 1:
        ds.GridFrameOffsetVector, ds.FrameIncrementPointer = [3.0 * k for k in range(frames)], 0x3004000C
    set_pixels(ds, np.ascontiguousarray(values.T), 32)
    write(ds, tmp_path / "dose.dcm")
    np.testing.assert_allclose(open_image(tmp_path).volume.intensities(), values * 1.5e-3, rtol=1e-6)


def test_a_slope_of_zero_is_said(tmp_path: Path) -> None:
    write_series(tmp_path, VALUES, RescaleSlope=0, RescaleIntercept=-5)
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.intensities(), VALUES.astype(float) - 5)
    assert opened.volume.findings == ("The slope of the intensities is stated to be 0, which cannot be; 1 is taken.",)


@pytest.mark.parametrize(
    ("keyword", "word", "taken"), [("RescaleSlope", "slope", 1), ("RescaleIntercept", "intercept", 0)]
)
def test_a_scaling_that_is_no_number_is_said(tmp_path: Path, keyword: str, word: str, taken: int) -> None:
    def edit(ds: Dataset, *_: int) -> None:
        ds.add_new(keyword, "LO", "ten")

    write_series(tmp_path, VALUES, edit=edit)
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.intensities(), VALUES)
    (finding,) = opened.volume.findings
    assert finding == f"The {word} of the intensities is stated to be “ten”, which is no number; {taken} is taken."


def test_an_intercept_that_cannot_be_is_said(tmp_path: Path) -> None:
    write_series(tmp_path, VALUES, RescaleSlope=1, RescaleIntercept="1e30")
    assert "an intercept of 1e+30" in open_image(tmp_path).volume.findings[0]


def with_table(descriptor: list[int], data: object, vr: str) -> Callable[[Dataset, int, int], None]:
    def edit(ds: Dataset, *_: int) -> None:
        table = Dataset()
        table.LUTDescriptor, table.ModalityLUTType, table.LUTData = descriptor, "HU", data
        table["LUTDescriptor"].VR = "SS" if ds.PixelRepresentation else "US"
        table["LUTData"].VR = vr
        ds.ModalityLUTSequence = Sequence([table])
        ds.RescaleSlope, ds.RescaleIntercept = 3, -7  # which counts for nothing beside a table

    return edit


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless])
@pytest.mark.parametrize(
    ("dtype", "descriptor", "vr"),
    [
        ("u2", [4096, 0, 16], "US"),
        ("u2", [100, 1000, 16], "OW"),
        ("i2", [3000, -900, 16], "US"),
        ("u1", [64, 9, 8], "US"),
    ],
)
def test_a_table_of_values_is_applied(tmp_path: Path, dtype: str, descriptor: list[int], vr: str, syntax: str) -> None:
    bits = 8 if dtype == "u1" else 12
    values = numbers((6, 5, 4), dtype, bits)
    table = np.random.default_rng(1).integers(0, 1 << descriptor[2], descriptor[0])
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    edit = with_table(descriptor, table.astype(f"{order}u2").tobytes() if vr == "OW" else table.tolist(), vr)
    write_series(
        tmp_path, values, bits=bits, edit=edit, syntax=ExplicitVRLittleEndian if syntax == RLELossless else syntax
    )
    if syntax == RLELossless:
        for path in list(tmp_path.iterdir()):
            ds = dcmread(path)
            ds.compress(syntax, generate_instance_uid=False)
            ds.save_as(path)
    opened = open_image(tmp_path)
    path = next(tmp_path.glob("*-2-0.dcm"))
    ds = dcmread(path)
    expected = apply_modality_lut(ds.pixel_array, ds).T
    assert opened.volume.stored.dtype == expected.dtype == inspect(tmp_path)[0].dtype
    np.testing.assert_array_equal(opened.volume.intensities()[:, :, 2], expected)
    assert opened.volume.findings == (
        "The intensities are those that a table (modality LUT, HU) in the file states for the stored numbers.",
    )
    (found,) = scan(tmp_path)
    np.testing.assert_array_equal(found.preview(), opened.volume.stored[:, :, 2])


@pytest.mark.parametrize("descriptor", [[5, 0, 16], [4, 0, 12], [4, 0]])
def test_a_table_of_values_that_is_damaged_is_said(tmp_path: Path, descriptor: list[int]) -> None:
    edit = with_table(descriptor, [0, 10, 20, 30], "US")
    with pydicom_as_it_is():
        write_series(tmp_path, VALUES, edit=edit)
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, VALUES)
    (finding,) = opened.volume.findings
    assert "a table (modality LUT, HU) that is damaged; it is not applied" in finding


def real_world(slope: float, intercept: float, unit: str = "mm2/s") -> Sequence:
    mapping, code = Dataset(), Dataset()
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = slope, intercept
    mapping.RealWorldValueFirstValueMapped, mapping.RealWorldValueLastValueMapped = 0, 4095
    for keyword in ("RealWorldValueFirstValueMapped", "RealWorldValueLastValueMapped"):
        mapping[keyword].VR = "US"
    code.CodeValue, code.CodeMeaning = unit, unit
    mapping.MeasurementUnitsCodeSequence = Sequence([code])
    return Sequence([mapping])


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("kind", ["classic", "frame", "shared"])
@pytest.mark.parametrize(
    ("rescale", "scale", "words"),
    [
        (None, 0.25, "The intensities are the real-world values (mm2/s) that the file states."),
        (2.0, 2.0, ""),
        (2.0, 0.25, "The file also states real-world values (mm2/s) other than the intensities shown"),
    ],
)
def test_real_world_values_are_taken_or_said(
    tmp_path: Path, kind: str, rescale: float | None, scale: float, words: str, syntax: str
) -> None:
    def describe(ds: Dataset, *_: int) -> None:
        ds.RealWorldValueMappingSequence = real_world(scale, 0.0)
        if rescale is not None and kind == "classic":
            ds.RescaleSlope, ds.RescaleIntercept = rescale, 0

    if kind == "classic":
        write_series(tmp_path, VALUES, edit=describe, syntax=syntax)
    else:
        ds = enhanced(VALUES[..., None], [(k, 0) for k in range(4)])
        if rescale is not None:
            scaling = Dataset()
            scaling.RescaleSlope, scaling.RescaleIntercept, scaling.RescaleType = rescale, 0, "US"
            ds.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence = Sequence([scaling])
        groups = ds.SharedFunctionalGroupsSequence if kind == "shared" else ds.PerFrameFunctionalGroupsSequence
        for group in groups:
            describe(group)
        write(ds, tmp_path / "file", syntax)
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.intensities(), VALUES * (scale if rescale is None else rescale))
    assert [sentence.startswith(words) for sentence in opened.volume.findings] == [True] * bool(words)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_the_numbers_that_real_world_values_are_stated_for_are_named(tmp_path: Path, syntax: str) -> None:
    def describe(ds: Dataset, *_: int) -> None:
        ds.RealWorldValueMappingSequence = real_world(2.0, 0.0)
        ds.RealWorldValueMappingSequence[0].RealWorldValueLastValueMapped = 100

    write_series(tmp_path, VALUES, edit=describe, syntax=syntax)
    (finding,) = open_image(tmp_path).volume.findings
    assert finding.endswith("states for stored numbers from 0 to 100; others are worked out in the same way.")


# Segmentations.


def segmentation(frames: np.ndarray, places: list[int], **common: object) -> Dataset:
    """Return a segmentation of (I, J, n) frames at the slices given; attributes may be set on the whole."""
    ds = enhanced(frames[..., None].astype("u1"), [(n, 0) for n in range(frames.shape[2])], bits=8)
    for place, group in zip(places, ds.PerFrameFunctionalGroupsSequence, strict=True):
        group.PlanePositionSequence[0].ImagePositionPatient = [float(x) for x in ORIGIN + place * STEP * NORMAL]
        segment = Dataset()
        segment.ReferencedSegmentNumber = 1
        group.SegmentIdentificationSequence = [segment]
    ds.SOPClassUID = MASKS
    for keyword, value in common.items():
        setattr(ds, keyword, value)
    return ds


def measures(ds: Dataset, spacing: float | None, thickness: float | None) -> None:
    own = ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    del own.SliceThickness
    for keyword, value in (("SpacingBetweenSlices", spacing), ("SliceThickness", thickness)):
        if value is not None:
            setattr(own, keyword, value)


@pytest.mark.parametrize("places", [[3, 5], [3, 5, 7], [2, 8], [0, 1, 4]])
@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP", "FRACTIONAL"])
def test_slices_left_out_as_empty_are_put_back_in(tmp_path: Path, kind: str, places: list[int]) -> None:
    frames = np.random.default_rng(3).integers(0, 2, (5, 4, len(places))).astype("u1")
    frames[0, 0] = 1
    whole = np.zeros((5, 4, places[-1] - places[0] + 1))
    whole[..., np.array(places) - places[0]] = frames
    if kind == "LABELMAP":
        ds = segmentation(3 * frames, places, SOPClassUID=LABEL_MAP, SegmentationType=kind)
        for group in ds.PerFrameFunctionalGroupsSequence:
            del group.SegmentIdentificationSequence
        whole *= 3
    elif kind == "FRACTIONAL":
        ds = segmentation(255 * frames, places, SegmentationType=kind, MaximumFractionalValue=255)
    else:
        ds = segmentation(frames, places, SegmentationType=kind, BitsAllocated=1, BitsStored=1, HighBit=0)
        ds.PixelData = np.packbits(frames.transpose(2, 1, 0).ravel(), bitorder="little").tobytes() + b"\0"
    measures(ds, STEP, STEP)
    write(ds, tmp_path / "seg.dcm")
    opened = open_image(tmp_path / "seg.dcm")
    np.testing.assert_array_equal(opened.volume.intensities(), whole)
    affine = expected_affine()
    affine[:3, 3] += affine[:3, 2] * places[0]
    np.testing.assert_allclose(opened.volume.geometry.affine, affine, atol=1e-5)
    labels = open_mask(tmp_path / "seg.dcm", Geometry(whole.shape, affine)).labels
    np.testing.assert_array_equal(labels[3 if kind == "LABELMAP" else 1][...], whole > 0)


def test_fractions_are_scaled_and_said(tmp_path: Path) -> None:
    frames = np.arange(60).reshape(5, 4, 3)
    ds = segmentation(
        frames,
        [0, 1, 2],
        SegmentationType="FRACTIONAL",
        SegmentationFractionalType="PROBABILITY",
        MaximumFractionalValue=100,
    )
    write(ds, tmp_path / "seg.dcm")
    opened = open_image(tmp_path / "seg.dcm")
    np.testing.assert_allclose(opened.volume.intensities(), frames / 100, rtol=1e-6)
    assert "fractions (probability) from 0 to 1" in opened.volume.findings[0]
    with pytest.raises(FileError, match="fractions"):
        open_mask(tmp_path / "seg.dcm", opened.volume.geometry)


@pytest.mark.parametrize(
    ("spacing", "thickness", "words"),
    [
        (None, 3.0, "they are 3 mm thick"),
        (3.5, 3.0, "3.5 mm are stated"),
        (None, 6.0, ""),
        (None, None, "nor how thick they are"),
    ],
)
def test_where_nothing_says_whether_slices_were_left_out(
    tmp_path: Path, spacing: float | None, thickness: float | None, words: str
) -> None:
    ds = segmentation(np.ones((5, 4, 2)), [3, 5])
    measures(ds, spacing, thickness)
    write(ds, tmp_path / "seg.dcm")
    opened = open_image(tmp_path / "seg.dcm")
    assert opened.volume.stored.shape == (5, 4, 2)
    assert [words in sentence for sentence in opened.volume.findings] == [True] * bool(words)


def test_a_label_map_with_a_palette_is_no_image_of_colours(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 4, (5, 4, 3))
    ds = segmentation(frames, [0, 1, 2], SOPClassUID=LABEL_MAP, PhotometricInterpretation="PALETTE COLOR")
    for group in ds.PerFrameFunctionalGroupsSequence:
        del group.SegmentIdentificationSequence
    write(ds, tmp_path / "seg.dcm")
    (found,) = scan(tmp_path / "seg.dcm")
    np.testing.assert_array_equal(found.open().volume.stored, frames)


# Files that break the rules.


def test_implicit_files_that_call_themselves_explicit_and_the_other_way_round(tmp_path: Path) -> None:
    write_series(tmp_path, VALUES[..., :2], syntax=ImplicitVRLittleEndian)
    uid = dcmread(next(tmp_path.iterdir())).SeriesInstanceUID
    implicit, explicit = (str(syntax).encode() for syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian))
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        at = data.index(b"\x02\x00\x10\x00UI")
        length = int.from_bytes(data[at + 6 : at + 8], "little")
        assert data[at + 8 : at + 8 + length].rstrip(b"\0") == implicit
        longer = len(explicit) + len(explicit) % 2
        meta = int.from_bytes(data[140:144], "little") + longer - length
        head = data[:140] + meta.to_bytes(4, "little") + data[144 : at + 6]
        path.write_bytes(head + longer.to_bytes(2, "little") + explicit.ljust(longer, b"\0") + data[at + 8 + length :])
    folder = tmp_path / "other"
    write_series(folder, VALUES[..., 2:], SeriesInstanceUID=uid, edit=at_level(2))
    for path in folder.iterdir():
        data = path.read_bytes()
        at = data.index(b"\x02\x00\x10\x00UI")
        length = int.from_bytes(data[at + 6 : at + 8], "little")
        path.write_bytes(data[: at + 8] + implicit.ljust(length, b"\0") + data[at + 8 + length :])
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, VALUES)


def at_level(first: int) -> Callable[[Dataset, int, int], None]:
    """Return what moves a series up by some slices."""

    def edit(ds: Dataset, k: int, _: int) -> None:
        ds.ImagePositionPatient = [round(float(x), 6) for x in ORIGIN + (first + k) * STEP * NORMAL]

    return edit


@pytest.mark.parametrize(
    "text",
    [
        b"-40\\12.5\\-7.25\\",
        b"-40,0\\12,5\\-7,25",
        b"-40\\12.5\\-7.25\\ ",
        b" -40 \\ 12.5\\ -7.25 ",
        b"-40,\\12,50\\-7,25\\",
    ],
)
def test_numbers_as_some_writers_have_them(text: bytes) -> None:
    assert Elements({0x00200032: (b"DS", text)}, EXPLICIT).numbers(0x00200032) == (-40.0, 12.5, -7.25)


@pytest.mark.parametrize("text", [b"1\\\\3", b"1,2,3", b"a\\b\\c", b"\\"])
def test_numbers_that_are_none(text: bytes) -> None:
    assert Elements({0x00200032: (b"DS", text)}, EXPLICIT).numbers(0x00200032) == ()


def nuclear(values: np.ndarray, step: float, **common: object) -> Dataset:
    """Return a nuclear reconstruction of (I, J, K, T) values whose place stands in the sequence of its detector."""
    ds = heading(generate_uid(), NUCLEAR)
    ds.Modality, ds.ImageType, ds.InstanceNumber = "NM", ["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"], 1
    ds.PixelSpacing, ds.SliceThickness, ds.SpacingBetweenSlices = [1.5, 1.25], 9.0, step
    detector = Dataset()
    detector.ImagePositionPatient, detector.ImageOrientationPatient = list(ORIGIN), [*ACROSS, *DOWN]
    ds.DetectorInformationSequence = Sequence([detector])
    order = [(k, t) for t in range(values.shape[3]) for k in range(values.shape[2])]
    ds.FrameIncrementPointer = 0x00540080
    ds.SliceVector = [k + 1 for k, _ in order]
    for keyword, value in common.items():
        setattr(ds, keyword, value)
    set_pixels(ds, np.stack([values[:, :, k, t].T for k, t in order]), 12)
    return ds


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("step", [STEP, -STEP])
def test_nuclear_reconstructions_lie_where_their_detector_says(tmp_path: Path, step: float, syntax: str) -> None:
    write(nuclear(VALUES[..., None], step), tmp_path / "nm", syntax)
    opened = open_image(tmp_path)
    affine = expected_affine()
    values = VALUES
    if step < 0:
        # The last is the lowest: the same image from its other end.
        values = VALUES[:, :, ::-1]
        affine[:3, 3] -= 3 * affine[:3, 2]
    np.testing.assert_array_equal(opened.volume.stored, values)
    np.testing.assert_allclose(opened.volume.geometry.affine, affine, atol=1e-5)


def test_nuclear_slices_in_files_of_their_own(tmp_path: Path) -> None:
    uid = generate_uid()
    for k in range(4):
        ds = nuclear(VALUES[:, :, k : k + 1, None], STEP, SeriesInstanceUID=uid, SliceVector=[k + 1])
        ds.DetectorInformationSequence[0].ImagePositionPatient = [float(x) for x in ORIGIN + k * STEP * NORMAL]
        write(ds, tmp_path / str(k))
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, VALUES)
    np.testing.assert_allclose(opened.volume.geometry.affine, expected_affine(), atol=1e-5)


@pytest.mark.parametrize("vector", ["TimeSlotVector", "TimeSliceVector"])
def test_gates_of_nuclear_reconstructions_are_volumes(tmp_path: Path, vector: str) -> None:
    values = numbers((6, 5, 4, 3))
    times = [3 - t for t in range(3) for _ in range(4)]
    write(nuclear(values, STEP, **{vector: times}), tmp_path / "nm")
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored, values[..., ::-1])


def test_energy_windows_of_nuclear_reconstructions_are_images(tmp_path: Path) -> None:
    values = numbers((6, 5, 4, 2))
    write(nuclear(values, STEP, EnergyWindowVector=[1 + t for t in range(2) for _ in range(4)]), tmp_path / "nm")
    for t, one in enumerate(open_images(tmp_path)):
        np.testing.assert_array_equal(one.volume.stored, values[..., t])
        assert f"energy window {t + 1}" in one.info.description


def test_projections_are_refused(tmp_path: Path) -> None:
    write(nuclear(VALUES[..., None], STEP, FrameIncrementPointer=[0x00540020, 0x00540050]), tmp_path / "nm")
    with pytest.raises(FileError, match="where the slices lie"):
        open_image(tmp_path)


# Colours.


def colours(folder: Path, planar: int = 0) -> tuple[str, np.ndarray]:
    """Write slices of red, green and blue and return their UID and values (I, J, K, 3)."""
    values = np.random.default_rng(1).integers(0, 256, (6, 5, 4, 3)).astype("u1")
    values[0] = values[0, :, :, :1]  # grey

    def edit(ds: Dataset, k: int, _: int) -> None:
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", planar
        plane = values[:, :, k].transpose(1, 0, 2)
        ds.PixelData = (plane.transpose(2, 0, 1) if planar else plane).tobytes()

    return write_series(folder, values[..., 0], bits=8, edit=edit), values


@pytest.mark.parametrize(("planar", "syntax"), [(0, "native"), (1, "native"), (0, RLELossless)])
def test_the_luminance_of_colours_is_a_choice(tmp_path: Path, planar: int, syntax: str) -> None:
    uid, values = colours(tmp_path, planar)
    if syntax != "native":
        for path in list(tmp_path.iterdir()):
            ds = dcmread(path)
            ds.compress(syntax, generate_instance_uid=False)
            ds.save_as(path)
    with pytest.raises(FileError, match=r"colours.*; open the luminance that is offered beside it"):
        open_image(tmp_path)
    (info,) = inspect(tmp_path)
    assert info.findings[-1] == "Its luminance is offered beside it (add :luminance to the name of the series)."
    opened = open_image(tmp_path, f"{uid}:luminance")
    # ITU-R BT.601
    wanted = values @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(opened.volume.stored, wanted, rtol=1e-6)
    np.testing.assert_array_equal(opened.volume.stored[0], values[0, ..., 0])
    np.testing.assert_allclose(opened.volume.geometry.affine, expected_affine(), atol=1e-5)
    assert opened.info.kind == "classic 3D luminance"
    assert opened.volume.name == "phantom (luminance)"
    assert "0.299 red" in opened.volume.findings[0]
    found = next(one for one in scan(tmp_path) if one.info.is_made)
    np.testing.assert_array_equal(found.preview(), opened.volume.stored[:, :, 2])


def test_the_luminance_of_a_palette(tmp_path: Path) -> None:
    indices = np.random.default_rng(2).integers(0, 4, (6, 5, 3)).astype("u1")
    palette = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [10, 20, 30]], "u1")

    def edit(ds: Dataset, *_: int) -> None:
        ds.PhotometricInterpretation = "PALETTE COLOR"
        for number, colour in enumerate(("Red", "Green", "Blue")):
            setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [4, 0, 8])
            ds[f"{colour}PaletteColorLookupTableDescriptor"].VR = "US"
            setattr(ds, f"{colour}PaletteColorLookupTableData", palette[:, number].tobytes())

    uid = write_series(tmp_path, indices, bits=8, edit=edit)
    opened = open_image(tmp_path, f"{uid}:luminance")
    np.testing.assert_allclose(opened.volume.stored, palette[indices] @ np.array([0.299, 0.587, 0.114]), rtol=1e-6)


# Counts against the bytes that are there.


@pytest.mark.parametrize(
    ("kind", "count"),
    [(kind, count) for kind in ("classic", "enhanced", "packed") for count in (500, 2_000_000_000, 2**31 - 1)]
    + [("deflated", 2_000_000_000)],  # a few hundred might be unpacked from as many bytes
)
def test_more_frames_than_there_are_bytes_are_refused_at_once(tmp_path: Path, kind: str, count: int) -> None:
    if kind == "enhanced":
        ds = enhanced(VALUES[..., None], [(k, 0) for k in range(4)])
    else:
        ds = heading(generate_uid())
        ds.PixelSpacing, ds.FrameIncrementPointer, ds.FrameTime = [1.5, 1.25], 0x00181063, 40
        ds.ImageOrientationPatient, ds.ImagePositionPatient = [*ACROSS, *DOWN], list(ORIGIN)
        set_pixels(ds, np.ascontiguousarray(VALUES.T), 12)
    ds.NumberOfFrames = count
    syntax = ExplicitVRLittleEndian
    if kind == "deflated":
        syntax = DeflatedExplicitVRLittleEndian
    if kind == "packed":
        syntax = RLELossless
        ds.PixelData = encapsulate([b"\1" * 64] * 4)
        ds["PixelData"].is_undefined_length = True
    write(ds, tmp_path / "bomb.dcm", syntax)
    with pytest.raises(FileError, match=rf"bomb\.dcm cannot be opened: its header promises {count} frames"):
        open_image(tmp_path / "bomb.dcm")
    write_series(tmp_path, VALUES)
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, VALUES)
    assert opened.volume.findings[0].startswith(f"bomb.dcm was left out: its header promises {count} frames")


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_no_memory_is_taken_for_pixels_that_are_not_there(tmp_path: Path, syntax: str) -> None:
    def lie(ds: Dataset, *_: int) -> None:
        ds.Rows = ds.Columns = 65535
        if syntax == RLELossless:
            ds.PixelData = encapsulate([b"\1" * 64])
            ds["PixelData"].is_undefined_length = True

    write_series(tmp_path, VALUES[..., :1], edit=lie, syntax=syntax)
    path = next(tmp_path.iterdir())
    with pytest.raises(
        FileError, match="ends too early" if syntax == ExplicitVRLittleEndian else "promises 1 frame of"
    ):
        scan(path)[0].preview()


def test_a_mosaic_of_more_tiles_than_pixels_is_none(tmp_path: Path) -> None:
    def count(ds: Dataset, *_: int) -> None:
        ds.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
        ds.add_new(0x0019100A, "IS", 2_000_000_000)

    write_series(tmp_path, VALUES[..., :1], edit=count, ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"])
    opened = open_image(tmp_path)
    assert opened.volume.stored.shape == (6, 5, 1)
    assert "does not say of how many slices" in opened.volume.findings[0]


def test_gaps_that_would_take_too_many_empty_slices_are_not_filled(tmp_path: Path) -> None:
    ds = segmentation(np.ones((5, 4, 3)), [0, 1, 200_000])
    write(ds, tmp_path / "seg.dcm")
    (info,) = inspect(tmp_path / "seg.dcm")
    assert "It would take 200001 slices to fill the gaps" in " ".join(info.findings)
    assert not info.can_open


# Numbers that cannot be, beside files that are whole.


@pytest.mark.parametrize(
    ("keyword", "value", "words"),
    [
        ("Rows", 0, "odd was left out: its header states no rows or no columns"),
        ("Columns", 0, "odd was left out: its header states no rows or no columns"),
        ("PixelSpacing", ["1e308", "1e308"], "The distance between pixels is not stated"),
        ("PixelSpacing", ["-1.5", "1.25"], "The distance between pixels is stated to be less than zero"),
        ("PixelSpacing", ["0", "1"], "The distance between pixels is not stated"),
        ("PixelSpacing", ["inf", "nan"], "The distance between pixels is not stated"),
        ("ImagePositionPatient", ["1e308", "0", "0"], "where the slices lie"),
        ("ImageOrientationPatient", ["inf", "0", "0", "0", "1", "0"], "where the slices lie"),
    ],
)
def test_numbers_that_cannot_be_do_not_hide_other_files(
    tmp_path: Path, keyword: str, value: object, words: str
) -> None:
    uid = write_series(tmp_path, VALUES)
    with pydicom_as_it_is():
        write_series(tmp_path, VALUES[..., :1], **{keyword: value}, name=lambda *_: "odd", SeriesNumber=8)
    infos = inspect(tmp_path)
    assert words in " ".join(sentence for info in infos for sentence in info.findings)
    np.testing.assert_array_equal(open_image(tmp_path, uid).volume.stored, VALUES)


@pytest.mark.parametrize("keyword", ["SliceThickness", "SpacingBetweenSlices"])
def test_a_length_that_cannot_be_is_not_taken(tmp_path: Path, keyword: str) -> None:
    with pydicom_as_it_is():
        write_series(tmp_path, VALUES[..., :1], **{"SliceThickness": "2", keyword: "1e308"})
    assert open_image(tmp_path).volume.geometry.zooms[2] == (1.0 if keyword == "SliceThickness" else 2.0)


def test_slices_far_aside_are_not_resampled_into_a_giant(tmp_path: Path) -> None:
    def aside(ds: Dataset, k: int, _: int) -> None:
        ds.ImagePositionPatient = [round(float(x), 6) for x in ORIGIN + k * (NORMAL * STEP + 9000 * DOWN)]

    write_series(tmp_path, VALUES, edit=aside)
    assert not any(found.info.is_made for found in scan(tmp_path))
