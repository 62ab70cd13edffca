"""Different things under one series UID: each an image of its own, named for what it is, or said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless, generate_uid

from maskeditor.core.errors import FileError
from maskeditor.io.open import SeveralSeries, inspect, open_image, open_images
from tests.io.dicom.phantom import NORMAL, ORIGIN, STEP, Edit, enhanced, numbers, write, write_series

VALUES = numbers((4, 3, 3, 2))
#: The group of what only nuclear medicine has.
_OF_PET = 0x0054


def images_of(folder: Path) -> dict[str, np.ndarray]:
    """Return the images of a folder by what the parentheses of their names say."""
    return {
        one.info.description.partition(" (")[2].rstrip(")"): one.volume.intensities() for one in open_images(folder)
    }


def assert_are(folder: Path, wanted: dict[str, np.ndarray]) -> None:
    found = images_of(folder)
    assert list(found) == list(wanted)
    for name, values in wanted.items():
        np.testing.assert_array_equal(found[name], values)


def private(creator: str, block: int, tag: int, vr: str, values: tuple[object, object]) -> Edit:
    """Return what sets an element of a maker's own by the volume."""

    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.add_new(block, "LO", creator)
        ds.add_new(tag, vr, values[t])

    return edit


@pytest.mark.parametrize(
    ("keyword", "values", "names"),
    [
        ("ConvolutionKernel", ("STANDARD", "BONE"), ("kernel STANDARD", "kernel BONE")),
        ("KVP", (80, 140), ("tube voltage 80 kV", "tube voltage 140 kV")),
        ("FlipAngle", (4, 20), ("flip angle 4 degrees", "flip angle 20 degrees")),
        ("InversionTime", (100, 350.5), ("inversion time 100 ms", "inversion time 350.5 ms")),
        ("InversionTime", (None, 900), ("no inversion time", "inversion time 900 ms")),
        ("ReceiveCoilName", ("H1", "H2"), ("coil H1", "coil H2")),
        ("ImagedNucleus", ("1H", "23Na"), ("nucleus 1H", "nucleus 23Na")),
        ("InPlanePhaseEncodingDirection", ("ROW", "COL"), ("phase encoding ROW", "phase encoding COL")),
        ("ScanningSequence", ("SE", "GR"), ("sequence SE", "sequence GR")),
        ("SliceThickness", (3, 5), ("slice thickness 3 mm", "slice thickness 5 mm")),
        ("CorrectedImage", (["ATTN", "SCAT"], "SCAT"), ("corrections ATTN SCAT", "corrections SCAT")),
        ("MagneticFieldStrength", (1.5, 3), ("magnetic field 1.5 T", "magnetic field 3 T")),
        ("FilterType", ("HEAD", "BODY"), ("filter HEAD", "filter BODY")),
        ("DecayCorrection", ("NONE", "START"), ("decay correction NONE", "decay correction START")),
        ("AttenuationCorrectionMethod", (None, "CT"), ("no attenuation correction", "attenuation correction CT")),
        ("ScatterCorrectionMethod", ("A", "B"), ("scatter correction A", "scatter correction B")),
        ("RandomsCorrectionMethod", ("NONE", "DLYD"), ("randoms correction NONE", "randoms correction DLYD")),
        (
            "SeriesType",
            (["STATIC", "IMAGE"], ["DYNAMIC", "IMAGE"]),
            ("type of series STATIC IMAGE", "type of series DYNAMIC IMAGE"),
        ),
        ("CountsSource", ("EMISSION", "TRANSMISSION"), ("counts EMISSION", "counts TRANSMISSION")),
        ("ScanOptions", ("", "MT"), ("no scan options", "scan options MT")),
        ("RescaleType", ("US", "HZ"), ("", "in HZ")),
        ("FrameOfReferenceUID", ("1.2.1", "1.2.2"), ("frame of reference 1", "frame of reference 2")),
        ("PatientID", ("A", "B"), ("patient 1", "patient 2")),
        ("PatientName", ("A", "B"), ("patient 1", "patient 2")),
        ("StudyInstanceUID", ("1.2.1", "1.2.2"), ("patient 1", "patient 2")),
    ],
)
def test_what_differs_in_a_tag_that_matters_is_taken_apart(
    tmp_path: Path, keyword: str, values: tuple[object, object], names: tuple[str, str]
) -> None:
    def edit(ds: Dataset, _: int, t: int) -> None:
        setattr(ds, keyword, values[t])
        if tag_for_keyword(keyword) >> 16 == _OF_PET:
            ds.Modality = "PT"

    write_series(tmp_path, VALUES, edit=edit)
    assert_are(tmp_path, {name: VALUES[..., t] for t, name in enumerate(names)})
    with pytest.raises(SeveralSeries):
        open_image(tmp_path)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize(
    ("maker", "edit", "names"),
    [
        (
            "GE MEDICAL SYSTEMS",
            private("GEMS_PARM_01", 0x00430010, 0x00431030, "SS", (0, 2)),
            ("", "magnitude"),
        ),
        (
            "GE MEDICAL SYSTEMS",
            private("GEMS_PARM_01", 0x00430010, 0x00431030, "SS", (16, 15)),
            ("", "combined"),
        ),
        (
            "SIEMENS",
            private("SIEMENS MR SDI 02", 0x00210011, 0x00211175, "CS", (["O", "P", "M"], ["O", "P", "P"])),
            ("m", "p"),
        ),
        (
            "SIEMENS",
            private("SIEMENS MR HEADER", 0x00510010, 0x00511016, "LO", ("p2 M/DIS2D/NORM", "p2 P/DIS2D")),
            ("m", "p"),
        ),
        (
            "SIEMENS",
            private("SIEMENS MR HEADER", 0x00510010, 0x0051100F, "LO", ("H1", "H2")),
            ("coil H1", "coil H2"),
        ),
        (
            "Philips Medical Systems",
            private("Philips MR Imaging DD 001", 0x20050010, 0x20051011, "CS", ("M", "B0 MAP")),
            ("magnitude", "b0 map"),
        ),
    ],
)
def test_what_only_the_maker_says_is_taken_apart(
    tmp_path: Path, maker: str, edit: Edit, names: tuple[str, str], syntax: str
) -> None:
    write_series(tmp_path, VALUES, edit=edit, syntax=syntax, Manufacturer=maker)
    assert_are(tmp_path, {name: VALUES[..., t] for t, name in enumerate(names)})


def test_the_field_map_of_ge_is_named(tmp_path: Path) -> None:
    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.add_new(0x00190010, "LO", "GEMS_ACQU_01")
        ds.add_new(0x0019109C, "LO", "3db0map")
        ds.add_new(0x00430010, "LO", "GEMS_PARM_01")
        ds.add_new(0x00431030, "SS", (0, 2)[t])

    write_series(tmp_path, VALUES, edit=edit, Manufacturer="GE MEDICAL SYSTEMS")
    assert_are(tmp_path, {"field map in Hz": VALUES[..., 0], "magnitude": VALUES[..., 1]})


def test_directions_of_ge_diffusion_stay_one_image(tmp_path: Path) -> None:
    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.add_new(0x00430010, "LO", "GEMS_PARM_01")
        ds.add_new(0x00431030, "SS", (14, 3, 4, 5)[t])
        ds.add_new(0x00431039, "IS", [0 if t == 0 else 1000, 8, 0, 0])

    values = numbers((4, 3, 3, 4))
    write_series(tmp_path, values, edit=edit, Manufacturer="GE MEDICAL SYSTEMS")
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values)
    assert opened.volume.findings == ()


def test_two_patients_whose_slices_lie_one_beside_the_other(tmp_path: Path) -> None:
    values = numbers((4, 3, 6))

    def edit(ds: Dataset, k: int, _: int) -> None:
        ds.PatientID, ds.FrameOfReferenceUID = ("A", "1.2.1") if k < 3 else ("B", "1.2.2")

    write_series(tmp_path, values, edit=edit)
    assert_are(
        tmp_path,
        {f"patient {n + 1}, frame of reference {n + 1}": values[..., 3 * n : 3 * n + 3] for n in range(2)},
    )
    assert not any("A" in sentence.split() for info in inspect(tmp_path) for sentence in info.findings)


def test_a_frame_of_reference_for_each_file_says_nothing(tmp_path: Path) -> None:
    values = numbers((4, 3, 5))
    write_series(tmp_path, values, edit=lambda ds, k, _: setattr(ds, "FrameOfReferenceUID", generate_uid()))
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values)
    (finding,) = opened.volume.findings
    assert finding.startswith("Each of its files names another patient or frame of reference")


def test_one_stack_whose_slices_differ_in_a_setting_stays_one_and_says_so(tmp_path: Path) -> None:
    values = numbers((4, 3, 4))
    write_series(tmp_path, values, edit=lambda ds, k, _: setattr(ds, "InversionTime", 250 + 10 * k))
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values)
    assert opened.volume.findings == ("The inversion time differs within the image (250 ms, 260 ms, 270 ms, 280 ms).",)


def test_times_that_the_heart_sets_make_no_images(tmp_path: Path) -> None:
    # Each slice has inversion times of its own: 3 × 2 values, where two images lie at each place.
    write_series(tmp_path, VALUES, edit=lambda ds, k, t: setattr(ds, "InversionTime", 100 + 500 * t + 7 * k))
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, VALUES)
    (finding,) = opened.volume.findings
    assert finding.startswith("The inversion time differs within the image (")
    assert finding.endswith(" and 2 more).")


@pytest.mark.parametrize(
    ("keyword", "values", "words"),
    [
        ("RepetitionTime", (900, 1100), "repetition time differs within the image (900 ms, 1100 ms)"),
        (
            "SeriesDescription",
            ("before", "after"),
            "description of the series differs within the image (before, after)",
        ),
        ("ContrastBolusAgent", ("", "Gd"), "contrast agent differs within the image (not stated, Gd)"),
    ],
)
def test_what_may_change_within_an_image_is_said(
    tmp_path: Path, keyword: str, values: tuple[object, object], words: str
) -> None:
    write_series(tmp_path, VALUES, edit=lambda ds, _, t: setattr(ds, keyword, values[t]))
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, VALUES)
    assert opened.volume.findings == (f"The {words}.",)


def test_two_settings_make_four_images(tmp_path: Path) -> None:
    values = numbers((4, 3, 3, 4))

    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.FlipAngle, ds.InversionTime = (5, 5, 15, 15)[t], (100, 200, 100, 200)[t]

    write_series(tmp_path, values, edit=edit)
    assert_are(
        tmp_path,
        {
            f"flip angle {(5, 15)[t // 2]} degrees, inversion time {(100, 200)[t % 2]} ms": values[..., t]
            for t in range(4)
        },
    )


@pytest.mark.parametrize(
    ("group", "keyword", "values", "names"),
    [
        (
            "MRTimingAndRelatedParametersSequence",
            "FlipAngle",
            (5.0, 15.0),
            ("flip angle 5 degrees", "flip angle 15 degrees"),
        ),
        (
            "MRModifierSequence",
            "InversionTimes",
            ([100.0], [200.0]),
            ("inversion time 100 ms", "inversion time 200 ms"),
        ),
        ("MRReceiveCoilSequence", "ReceiveCoilName", ("H1", "H2"), ("coil H1", "coil H2")),
        ("CTReconstructionSequence", "ConvolutionKernel", ("B30", "B70"), ("kernel B30", "kernel B70")),
        ("CTXRayDetailsSequence", "KVP", (80, 140), ("tube voltage 80 kV", "tube voltage 140 kV")),
    ],
)
def test_settings_of_enhanced_files(
    tmp_path: Path, group: str, keyword: str, values: tuple[object, object], names: tuple[str, str]
) -> None:
    order = [(k, t) for t in range(2) for k in range(3)]
    ds = enhanced(VALUES, order)
    for (_, t), own in zip(order, ds.PerFrameFunctionalGroupsSequence, strict=True):
        item = Dataset()
        setattr(item, keyword, values[t])
        setattr(own, group, Sequence([item]))
    write(ds, tmp_path / "file", ImplicitVRLittleEndian)
    assert_are(tmp_path, {name: VALUES[..., t] for t, name in enumerate(names)})


# Copies.


def altered(ds: Dataset) -> None:
    ds.PixelData = bytes(len(ds.PixelData))


def write_copies(folder: Path, values: np.ndarray, change: Callable[[Dataset], None]) -> None:
    """Write a series, and a copy with the same UIDs in which the last slice is changed."""
    uids: dict[int, str] = {}
    uid = generate_uid()

    def edit(ds: Dataset, k: int, _: int) -> None:
        ds.SeriesInstanceUID, ds.SOPInstanceUID = uid, uids.setdefault(k, ds.SOPInstanceUID)

    def other(ds: Dataset, k: int, t: int) -> None:
        edit(ds, k, t)
        if k == values.shape[2] - 1:
            change(ds)

    write_series(folder, values, edit=edit, name=lambda k, _: f"b{k}.dcm")
    write_series(folder, values, edit=other, name=lambda k, _: f"a{k}.dcm")


def test_copies_that_differ_are_kept_apart(tmp_path: Path) -> None:
    values = numbers((4, 3, 4))
    write_copies(tmp_path, values, altered)
    changed = values.copy()
    changed[..., -1] = 0
    assert_are(tmp_path, {"copy 1": changed, "copy 2": values})
    for info in inspect(tmp_path):
        assert "3 files are there twice; each was read once." in info.findings
        assert any("under one UID with different contents (such as a3.dcm and b3.dcm)" in one for one in info.findings)
    for name, wanted in (("a3.dcm", changed), ("b3.dcm", values)):
        np.testing.assert_array_equal(open_image(tmp_path / name).volume.stored, wanted)


def test_copies_of_a_file_of_many_frames_may_differ_in_the_last(tmp_path: Path) -> None:
    values = numbers((4, 3, 3))
    ds = enhanced(values[..., None], [(k, 0) for k in range(3)])
    write(ds, tmp_path / "a.dcm")
    ds.PixelData = ds.PixelData[:-2] + bytes(2)
    write(ds, tmp_path / "b.dcm")
    changed = values.copy(order="K")
    changed[-1, -1, -1] = 0
    assert_are(tmp_path, {"copy 1": values, "copy 2": changed})


def test_images_of_which_no_copies_differ_are_there_once(tmp_path: Path) -> None:
    values = numbers((4, 3, 4))
    write_copies(tmp_path, values, altered)
    uid = inspect(tmp_path)[0].series_uid
    write_series(tmp_path, values, SeriesInstanceUID=uid, EchoTime=7, name=lambda k, _: f"echo{k}")
    names = [info.description for info in inspect(tmp_path)]
    assert names == [f"phantom (echo time {echo})" for echo in ("0 ms, copy 1", "7 ms", "0 ms, copy 2")]


def test_copies_that_differ_in_how_they_are_read(tmp_path: Path) -> None:
    values = numbers((4, 3, 2), bits=16)
    write_copies(tmp_path, values, lambda ds: setattr(ds, "RescaleSlope", 2))
    assert len(inspect(tmp_path)) == 2


def test_a_copy_packed_without_loss_is_the_same(tmp_path: Path) -> None:
    values = numbers((64, 48, 3))
    write_copies(tmp_path, values, lambda ds: None)
    from pydicom import dcmread

    ds = dcmread(tmp_path / "a1.dcm")
    ds.compress(RLELossless, generate_instance_uid=False)
    ds.save_as(tmp_path / "a1.dcm")
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values)
    assert opened.volume.findings == ("3 files are there twice; each was read once.",)


# GE's epi_pepolar (dcm2niix issue 532).


def pepolar(mode: object, temporal: bool = True) -> Edit:
    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.add_new(0x00190010, "LO", "GEMS_ACQU_01")
        ds.add_new(0x0019109C, "LO", "research/ABCD/epi_pepolar")
        if mode is not None:
            ds.add_new(0x001910B3, "DS", mode)
        if temporal:
            ds.TemporalPositionIdentifier = t + 1

    return edit


@pytest.mark.parametrize(("mode", "reverse"), [(0, ()), (1, (0, 1, 2, 3)), (2, (0, 2)), (3, (1, 3))])
def test_rows_that_ge_stores_in_reverse_are_put_right(tmp_path: Path, mode: int, reverse: tuple[int, ...]) -> None:
    values = numbers((4, 3, 3, 4))
    write_series(tmp_path, values, edit=pepolar(mode), Manufacturer="GE MEDICAL SYSTEMS")
    forward = [t for t in range(4) if t not in reverse]
    wanted = [values[..., forward]] if forward else []
    if reverse:
        wanted.append(values[:, ::-1][..., list(reverse)])
    found = list(open_images(tmp_path))
    for one, want in zip(sorted(found, key=lambda one: "reverse" in one.info.description), wanted, strict=True):
        np.testing.assert_array_equal(one.volume.stored, want)
    said = [any("put right" in sentence for sentence in one.volume.findings) for one in found]
    assert sum(said) == bool(reverse)


def test_rows_in_reverse_are_put_right_where_each_slice_is_scaled_by_itself(tmp_path: Path) -> None:
    """These are not read straight into place."""

    def edit(ds: Dataset, k: int, t: int) -> None:
        pepolar(1)(ds, k, t)
        ds.RescaleSlope, ds.RescaleIntercept = k + 1, 0

    write_series(tmp_path, VALUES, edit=edit, Manufacturer="GE MEDICAL SYSTEMS")
    wanted = VALUES * np.arange(1, VALUES.shape[2] + 1)[:, None]
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored, wanted[:, ::-1])


@pytest.mark.parametrize("mode", [None, 2, 3, 7])
def test_where_it_is_not_said_which_rows_are_in_reverse(tmp_path: Path, mode: object) -> None:
    write_series(tmp_path, VALUES, edit=pepolar(mode, temporal=False), Manufacturer="GE MEDICAL SYSTEMS")
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, VALUES)
    assert opened.volume.findings[0].startswith("Some volumes may be stored with their rows in reverse")


@pytest.mark.parametrize("mode", [None, 0, 1, 2])
def test_enhanced_files_may_have_rows_in_reverse_too(tmp_path: Path, mode: object) -> None:
    ds = enhanced(VALUES, [(k, t) for t in range(2) for k in range(3)])
    pepolar(mode, temporal=False)(ds, 0, 0)
    write(ds, tmp_path / "file.dcm")
    said = any("rows in reverse" in sentence for sentence in open_image(tmp_path).volume.findings)
    assert said == (mode != 0)


# The order of volumes.


@pytest.mark.parametrize("keyword", ["FrameReferenceTime", "ImageIndex", "ContentTime"])
def test_dynamic_pet_runs_by_its_own_time(tmp_path: Path, keyword: str) -> None:
    values = numbers((4, 3, 3, 4))
    numbered = np.random.default_rng(5).permutation(12)
    times = {
        "FrameReferenceTime": (15000, 45000, 90000, 400000),
        "ContentTime": ("090031", "090131", "091000", "103000.5"),
    }

    def edit(ds: Dataset, k: int, t: int) -> None:
        ds.Modality, ds.AcquisitionTime = "PT", "100000"
        ds.InstanceNumber = int(numbered[k + 3 * t]) + 1
        setattr(ds, keyword, times[keyword][t] if keyword in times else 1 + k + 3 * t)

    write_series(tmp_path, values, edit=edit)
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values)
    assert opened.volume.findings == ()


def test_other_images_run_by_their_numbers_whenever_they_were_written(tmp_path: Path) -> None:
    """Of what is no PET, the content time may be when a file was written."""
    values = numbers((4, 3, 3, 4))
    write_series(tmp_path, values, edit=lambda ds, k, t: setattr(ds, "ContentTime", f"10{59 - t}{k:02d}"))
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored, values)


def test_the_beating_heart_runs_by_its_trigger(tmp_path: Path) -> None:
    values = numbers((4, 3, 3, 5))
    numbered = np.random.default_rng(6).permutation(15)

    def edit(ds: Dataset, k: int, t: int) -> None:
        ds.AcquisitionTime, ds.TriggerTime = f"10{k:02d}00", 38.5 * t + 3 * k
        ds.InstanceNumber = int(numbered[k + 3 * t]) + 1

    write_series(tmp_path, values, edit=edit)
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored, values)


def test_a_trigger_that_is_the_time_of_a_slice_does_not_order_volumes(tmp_path: Path) -> None:
    values = numbers((4, 3, 3, 4))
    write_series(tmp_path, values, edit=lambda ds, k, t: setattr(ds, "TriggerTime", 660.0 * k))
    for k in (1, 2):
        next(tmp_path.glob(f"*-{k}-3.dcm")).unlink()
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values[..., :3])
    assert "incomplete" in opened.volume.findings[0]


# Diffusion with what was worked out of it appended.


def philips_dti(said: str) -> tuple[np.ndarray, Edit]:
    values = numbers((4, 3, 3, 6))  # one without weighting, three directions, a trace and an ADC map

    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.Manufacturer = "Philips Medical Systems"
        ds.DiffusionBValue = 0.0 if t == 0 else 1000.0
        if said == "letter":
            ds.add_new(0x20010010, "LO", "Philips Imaging DD 001")
            ds.add_new(0x20011004, "CS", "N" if t == 0 else "I" if t > 3 else "O")
        elif said == "standard":
            ds.DiffusionDirectionality = "NONE" if t == 0 else "ISOTROPIC" if t > 3 else "DIRECTIONAL"
        else:
            ds.DiffusionGradientOrientation = [0.0, 0.0, 0.0] if t in (0, 4, 5) else [0.0, 0.6, 0.8]

    return values, edit


@pytest.mark.parametrize("said", ["letter", "standard", "gradient"])
def test_trace_and_adc_are_parted_from_directions_and_from_each_other(tmp_path: Path, said: str) -> None:
    values, edit = philips_dti(said)
    write_series(tmp_path, values, edit=edit)
    assert [info.shape for info in inspect(tmp_path)] == [(4, 3, 3, 4), (4, 3, 3), (4, 3, 3)]
    measured, *derived = open_images(tmp_path)
    np.testing.assert_array_equal(measured.volume.stored, values[..., :4])
    for number, one in enumerate(derived):
        np.testing.assert_array_equal(one.volume.stored, values[..., 4 + number])
        assert one.info.description == f"phantom (trace or ADC {number + 1})"


def test_a_volume_that_says_nothing_of_its_weighting_is_set_apart(tmp_path: Path) -> None:
    values, edit = philips_dti("standard")

    def unsaid(ds: Dataset, k: int, t: int) -> None:
        edit(ds, k, t)
        if t == 5:
            del ds.DiffusionDirectionality, ds.DiffusionBValue

    write_series(tmp_path, values, edit=unsaid)
    found = images_of(tmp_path)
    assert [info.shape for info in inspect(tmp_path)] == [(4, 3, 3, 4), (4, 3, 3), (4, 3, 3)]
    np.testing.assert_array_equal(found[""], values[..., 0])
    np.testing.assert_array_equal(found["weighting not stated"], values[..., 5])
    np.testing.assert_array_equal(found["trace"], values[..., 4])


def test_an_adc_map_that_says_so_is_named(tmp_path: Path) -> None:
    values, edit = philips_dti("standard")

    def named(ds: Dataset, k: int, t: int) -> None:
        edit(ds, k, t)
        if t == 5:
            ds.ImageType = ["DERIVED", "PRIMARY", "ADC", "ADC"]

    write_series(tmp_path, values, edit=named)
    assert [info.description for info in inspect(tmp_path)] == [
        "phantom (m)",
        "phantom (m, trace)",
        "phantom (adc adc)",
    ]


def test_traces_of_several_shells_name_theirs(tmp_path: Path) -> None:
    def edit(ds: Dataset, _: int, t: int) -> None:
        ds.DiffusionBValue = (0.0, 500.0, 1000.0, 500.0, 1000.0)[t]
        ds.DiffusionDirectionality = ("NONE", *["DIRECTIONAL"] * 2, *["ISOTROPIC"] * 2)[t]

    write_series(tmp_path, numbers((4, 3, 3, 5)), edit=edit)
    assert [info.description for info in inspect(tmp_path)] == [
        "phantom",
        "phantom (trace of b = 500)",
        "phantom (trace of b = 1000)",
    ]


def test_places_apart_with_other_settings_are_different_images(tmp_path: Path) -> None:
    values = numbers((4, 3, 6))

    def edit(ds: Dataset, k: int, _: int) -> None:
        ds.ConvolutionKernel = "SOFT" if k < 3 else "SHARP"
        ds.ImagePositionPatient = [float(x) for x in ORIGIN + (k * STEP + (50 if k >= 3 else 0)) * NORMAL]

    write_series(tmp_path, values, edit=edit)
    assert_are(tmp_path, {"kernel SOFT": values[..., :3], "kernel SHARP": values[..., 3:]})


def test_a_file_that_shares_its_uid_with_a_damaged_one_opens_by_its_name(tmp_path: Path) -> None:
    values = numbers((4, 3, 1))
    write_copies(tmp_path, values, lambda ds: ds.update({"Rows": 6, "Columns": 2}))
    assert open_image(tmp_path / "b0.dcm").volume.stored.shape == (4, 3, 1)
    assert open_image(tmp_path / "a0.dcm").volume.stored.shape == (2, 6, 1)
    with pytest.raises(FileError):
        open_image(tmp_path)


@pytest.mark.parametrize("apart", ["UID", "number", "echo", "size"])
def test_what_is_known_of_an_image_is_said_by_its_own_files(tmp_path: Path, apart: str) -> None:
    first = {"EchoTime": 2, "AcquisitionDate": "20240229"}
    uid = write_series(tmp_path / "one", numbers((6, 5, 3)), **first)
    other = {"EchoTime": 2, "AcquisitionDate": "20240301", "SeriesInstanceUID": uid}
    if apart == "UID":
        del other["SeriesInstanceUID"]
    elif apart == "number":
        other["SeriesNumber"] = 8
    elif apart == "echo":
        other["EchoTime"] = 7
    write_series(tmp_path / "other", numbers((8 if apart == "size" else 6, 5, 3)), **other)
    assert sorted(one.date for one in inspect(tmp_path)) == ["2024-02-29", "2024-03-01"]
