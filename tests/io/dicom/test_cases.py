"""Real scans of seven makers: equal to what dcm2niix makes of them, or to what their headers say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import dcm2niix
import nibabel as nib
import numpy as np
import pytest

from maskeditor.core.errors import FileError
from maskeditor.core.space.volume import Volume
from maskeditor.io.open import inspect, open_image, open_images, open_mask
from maskeditor.io.save import save_mask

pytestmark = pytest.mark.realdata
#: The names of the cases, written out so that one that vanishes is noticed.
CASES = [
    "si_mosaic_ax_asc",
    "si_mosaic_jpegll",
    "si_mosaic_HF_junk",
    "si_mosaic_rl",
    "si_mosaic_B12",
    "si_ts_be",
    "si_ts_rle",
    "si_12bit_dirty",
    "si_t1_prone_sag",
    "si_phase_slope",
    "si_two_echoes",
    "si_frag_jpegll",
    "si_enh_t1",
    "si_enh_bold",
    "si_enh_two_echoes",
    "ge_fmri_int",
    "ge_t1",
    "ge_localizer",
    "ge_cor_dti",
    "ph_fmri",
    "ph_asl_slopes",
    "ph_enh_b0",
    "ph_cor",
    "uih_grid",
    "canon_enh_dti",
    "toshiba_dti",
    "gen_jpegls",
    "single_slice",
    "two_slices",
    "nema_enh_cor",
    "ct_ph_axial",
    "ct_ge_abdomen",
    "ct_ph_tilt_neg",
    "d_mono1",
]
DOUBTFUL = ["w_ct_uneven", "w_missing_slice"]


def case(dicom_data: Path, name: str) -> dict:
    return next(case for case in json.loads((dicom_data / "cases.json").read_text()) if case["name"] == name)


def differences(volume: Volume, reference: Path, corner_tolerance: float) -> str:
    """Say how an image differs from a NIfTI file, both brought to RAS; empty if it does not."""
    stored = nib.load(reference)
    theirs = nib.as_closest_canonical(nib.Nifti1Image(np.asanyarray(stored.dataobj), stored.affine))
    intensities = np.stack([volume.intensities(t) for t in range(volume.frames)], axis=-1)
    ours = nib.as_closest_canonical(nib.Nifti1Image(intensities.astype(np.float64), volume.geometry.affine))
    wanted = np.asanyarray(theirs.dataobj)
    wanted = wanted.reshape(*wanted.shape[:3], -1)
    got = np.asanyarray(ours.dataobj)
    if wanted.shape != got.shape:
        return f"shape {got.shape} instead of {wanted.shape}"
    off = np.abs(ours.affine - theirs.affine)
    off[:, [axis for axis in range(3) if wanted.shape[axis] == 1]] = 0  # a thickness places no voxel
    if (off @ [*wanted.shape[:3], 1]).max() > corner_tolerance and off.max() > 1e-3:
        return f"affine off by {off.max()}"
    tolerance = 0.0 if wanted.dtype.kind in "iu" else 1e-6 * np.abs(wanted).max()
    wrong = ~np.isclose(got, wanted, rtol=0 if tolerance == 0 else 1e-5, atol=tolerance)
    return f"{wrong.sum()} voxels differ" if wrong.any() else ""


@pytest.mark.parametrize("name", CASES)
def test_equal_to_the_reference(dicom_data: Path, name: str) -> None:
    wanted = case(dicom_data, name)
    images = list(open_images(dicom_data / "in" / wanted["folder"], wanted["series_uid"]))
    assert len(images) == len(wanted["refs"])
    for reference in wanted["refs"]:
        reports = [differences(one.volume, dicom_data / reference, wanted.get("corner_tol", 0)) for one in images]
        assert "" in reports, reports
    for image in images:
        assert image.volume.stored.flags.f_contiguous
        assert image.volume.stored.dtype.isnative


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_no_grid_is_refused(dicom_data: Path, name: str) -> None:
    folder = dicom_data / "in" / case(dicom_data, name)["folder"]
    (info,) = inspect(folder)
    assert any("cannot be opened as one image" in sentence for sentence in info.findings)
    assert info.affine == ()
    with pytest.raises(FileError, match="slices are missing at"):
        open_image(folder)


def test_every_case_is_named_here(dicom_data: Path) -> None:
    cases = json.loads((dicom_data / "cases.json").read_text())
    assert sorted(one["name"] for one in cases) == sorted(CASES + DOUBTFUL)


def test_a_whole_t1_is_what_dcm2niix_makes(dicom_data: Path, tmp_path: Path) -> None:
    folder = dicom_data / "in" / "t1_sag_384"
    subprocess.run(
        [dcm2niix.bin, "-z", "n", "-b", "n", "-f", "t1", "-o", str(tmp_path), str(folder)],
        check=True,
        capture_output=True,
    )
    opened = open_image(folder)
    assert opened.volume.stored.shape == (274, 384, 384)
    assert opened.volume.findings == ()
    # The tolerance is that of dcm2niix's 32-bit affine over 384 voxels.
    assert differences(opened.volume, tmp_path / "t1.nii", 2e-3) == ""


def test_a_dicomdir_stands_for_its_folder(dicom_data: Path) -> None:
    wanted = case(dicom_data, "nema_enh_cor")
    folder = dicom_data / "in" / wanted["folder"]
    directory = next(folder.rglob("DICOMDIR"))
    assert [info.key for info in inspect(directory)] == [info.key for info in inspect(folder)]
    assert len(inspect(folder)) == 4


def test_a_mask_on_dicom_comes_back(dicom_data: Path, tmp_path: Path) -> None:
    for name in ("si_t1_prone_sag", "ct_ph_tilt_neg", "si_enh_t1"):
        opened = open_image(dicom_data / "in" / case(dicom_data, name)["folder"])
        mask = np.asfortranarray(opened.volume.intensities() > opened.volume.intensities().mean())
        save_mask(mask, tmp_path / "mask.nii.gz", opened.header)
        again = open_mask(tmp_path / "mask.nii.gz", opened.volume.geometry)
        np.testing.assert_array_equal(again.mask, mask)


def test_a_file_stands_for_its_series(dicom_data: Path) -> None:
    folder = dicom_data / "in" / case(dicom_data, "ge_t1")["folder"]
    one = next(path for path in sorted(folder.iterdir()) if path.is_file())
    assert open_image(one).volume.stored.shape == open_image(folder).volume.stored.shape


def test_nothing_of_the_patient_is_shown(dicom_data: Path) -> None:
    from pydicom import dcmread

    for name in CASES:
        folder = dicom_data / "in" / case(dicom_data, name)["folder"]
        for info in inspect(folder):
            ds = dcmread(info.files[0], stop_before_pixels=True, force=True)
            private = [str(ds.get(key, "")) for key in ("PatientName", "PatientID", "InstitutionName", "StudyID")]
            shown = " ".join((info.description, info.kind, *info.findings))
            assert not any(len(text) > 3 and text in shown for text in private), name


def test_no_import_of_pydicom_for_native_files(dicom_data: Path) -> None:
    folder = dicom_data / "in" / case(dicom_data, "ge_t1")["folder"]
    code = (
        "import sys; from maskeditor.io.open import open_image; "
        f"open_image({str(folder)!r}); assert 'pydicom' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
