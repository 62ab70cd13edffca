"""Headers that other programs read differently: said before anything is made, opened as by nibabel or ITK."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

import maskeditor
from maskeditor.io.nifti.doubts import doubts
from maskeditor.io.nifti.read import read_header, read_image
from maskeditor.io.open import inspect
from maskeditor.io.save import save_mask
from tests.core.recipe.scripts import run_scripts

AFFINE = np.array([[-2.0, 0, 0, 30], [0, 2, 0, -40], [0, 0, 3, -20], [0, 0, 0, 1]])
VALUES = np.arange(60, dtype=np.int16).reshape(5, 4, 3)


def written(folder: Path, sform: int = 1, qform: int = 1, kind: Any = nib.Nifti1Image, **fields: Any) -> Path:
    """Write a file (.nii) of 5 × 4 × 3 voxels with fields of its header changed."""
    image = kind(VALUES, AFFINE)
    image.set_sform(AFFINE, sform)
    image.set_qform(AFFINE, qform)
    content = bytearray(image.to_bytes())
    dtype = image.header.template_dtype
    record = np.frombuffer(content, dtype, 1).copy()
    for field, value in fields.items():
        record[field] = value
    content[: dtype.itemsize] = record.tobytes()
    path = folder / "image.nii"
    path.write_bytes(content)
    return path


#: b² + c² + d² of this is 1 + 1e-6, as fMRIPrep's issue 845 has it.
LONG = {"sform": 0, "quatern_b": 0, "quatern_c": 1.0000005, "quatern_d": 0}
ONES = {"sform": 0, "quatern_b": 1, "quatern_c": 1, "quatern_d": 1}
ZEROS = {"srow_x": 0, "srow_y": 0, "srow_z": 0}
#: What is changed in the header, and how the finding names it.
DOUBTS: list[tuple[dict[str, Any], str]] = [
    ({"pixdim": [1, 3, 3, 3, 1, 1, 1, 1], "qform": 0}, "3 × 3 × 3 mm, but its sform, which is used, has 2 × 2 × 3 mm"),
    ({"pixdim": [1, 2, 2, 3.05, 1, 1, 1, 1], "qform": 0}, "2 × 2 × 3.05 mm"),
    ({"pixdim": [1, 2, 0, 3, 1, 1, 1, 1], "sform": 0}, "2 × 1 × 3 mm are assumed"),
    ({"pixdim": [1, 2, -2, 3, 1, 1, 1, 1], "sform": 0, "qform": 0}, "2 × 2 × 3 mm are assumed"),
    ({"pixdim": [1, np.nan, 2, 3, 1, 1, 1, 1], "qform": 0}, "the affine decides"),
    ({"pixdim": [-2, 2, 2, 3, 1, 1, 1, 1], "sform": 0}, "qfac"),
    (LONG, "none of a rotation (b² + c² + d² is 1.00000"),
    (ONES, "none of a rotation (b² + c² + d² is 3,"),
    ({**ONES, "sform": 1}, "nibabel does not read the qform, but the sform is used"),
    ({"pixdim": [1, -2, 2, 3, 1, 1, 1, 1], "qform": 0}, "the affine decides, but ITK reads them otherwise"),
    ({"pixdim": [1, -2, 2, 3, 1, 1, 1, 1], "sform": 0}, "as by nibabel, but ITK reads them otherwise"),
    ({"quatern_b": np.nan}, "what is not a number; masks are written without it"),
    ({"quatern_b": np.nan, "srow_x": [-2, 0.1, 0, 0]}, "not at right angles"),
    ({"scl_slope": 0, "scl_inter": -1}, "a slope of 0 and an intercept of -1"),
    ({"scl_slope": np.nan, "scl_inter": 3}, "a slope of nan and an intercept of 3"),
    ({"scl_slope": np.inf, "scl_inter": 2}, "a slope of inf"),
    (ZEROS, "so the qform is used, as by ITK"),
    ({"srow_x": [-2, 0, 0, 1e30], "qform": 0}, "places the image 1e+30 mm from the origin"),
    ({"sform": 0, "qoffset_y": -2e6}, "places the image 2e+06 mm from the origin"),
    ({"srow_y": [0, np.nan, 0, 0]}, "so the qform is used"),
    ({"srow_y": [0, 2, 0, np.inf]}, "so the qform is used, as by ITK, but not by nibabel"),
    ({"srow_x": [-2, 0.1, 0, 0], "qform": 0}, "not at right angles"),
    ({"sform_code": 7}, "sform of the code 7"),
    ({"qform_code": -1}, "qform of the code -1"),
    ({"xyzt_units": 3}, "micrometres"),
    ({"xyzt_units": 1}, "metres"),
    ({"xyzt_units": 6}, "a unit that NIfTI does not know"),
    ({"dim": [4, 5, 4, 3, 0, 1, 1, 1]}, "0 voxels along axis 4"),
    ({"dim": [5, 5, 4, 3, 1, -1, 1, 1]}, "-1 voxels along axis 5"),
    ({"vox_offset": 0}, "begin at byte 0"),
    ({"vox_offset": 100}, "begin at byte 100"),
    ({"vox_offset": 350}, "begin at byte 350"),
    ({"vox_offset": -5}, "begin at byte -5"),
    ({"vox_offset": np.nan}, "begin at byte nan"),
    ({"kind": nib.Nifti2Image}, "NIfTI-2"),
]


@pytest.mark.parametrize(("fields", "words"), DOUBTS)
def test_each_doubt_is_a_finding_before_a_voxel_is_read(tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    path = written(tmp_path, **fields)
    found = [sentence for sentence in doubts(read_header(path)) if words in sentence]
    assert len(found) == 1
    (info,) = inspect(path)
    assert found[0] in info.findings
    assert found[0] in read_image(path)[0].findings


@pytest.mark.parametrize(("fields", "words"), DOUBTS)
def test_masks_are_opened_by_nibabel_and_itk(tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    sitk = pytest.importorskip("SimpleITK")
    path = written(tmp_path, **fields)
    volume, header = read_image(path)
    mask = np.asfortranarray(volume.intensities() > 30)
    save_mask(mask, tmp_path / "mask.nii.gz", header)

    saved = nib.load(tmp_path / "mask.nii.gz")
    np.testing.assert_array_equal(np.asarray(saved.dataobj), mask)
    np.testing.assert_allclose(saved.affine, volume.geometry.affine, rtol=0, atol=1e-4)
    if words.startswith(
        ("not at right angles", "NIfTI-2", "places the image 1e+30")
    ):  # of which the finding says that ITK does not
        return
    opened = sitk.ReadImage(str(tmp_path / "mask.nii.gz"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(opened).T, mask)


@pytest.mark.parametrize(
    ("slope", "intercept", "said"), [(1, 1e30, True), (1e-9, 2000, True), (-1, -1e6, False), (0, 0, False)]
)
def test_an_intercept_beside_which_values_are_lost_is_said(
    tmp_path: Path, slope: float, intercept: float, said: bool
) -> None:
    path = written(tmp_path, scl_slope=slope, scl_inter=intercept)
    lost = np.unique(read_image(path)[0].intensities().astype(np.float32)).size < 8
    sentences = [sentence for sentence in inspect(path)[0].findings if f"intercept of {intercept:g}" in sentence]
    assert bool(sentences) == said == lost


def test_a_slope_that_itk_takes_for_none_is_said(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    path = written(tmp_path, scl_slope=1e-30)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))).T, VALUES)
    assert read_image(path)[0].findings == ("The header states a slope of 1e-30, which ITK takes for none.",)


def test_geometry_that_every_program_opens_stays_to_the_byte(tmp_path: Path) -> None:
    header = read_header(written(tmp_path, pixdim=[0, 3, 3, 3, 0, 0, 0, 0], qform=0))
    assert header.sound is header


@pytest.mark.parametrize("fields", [LONG, ONES, ZEROS])
def test_places_are_those_of_itk(tmp_path: Path, fields: dict[str, Any]) -> None:
    sitk = pytest.importorskip("SimpleITK")
    path = written(tmp_path, **fields)
    image = sitk.ReadImage(str(path))
    ours = read_image(path)[0].geometry
    for voxel in ((0, 0, 0), (4, 3, 2), (1, 0, 2)):
        left, back, up = image.TransformIndexToPhysicalPoint(voxel)
        np.testing.assert_allclose(ours.to_world(voxel), (-left, -back, up), atol=1e-4)


@pytest.mark.parametrize("dim", [[4, 5, 4, 3, 0, 1, 1, 1], [5, 5, 4, 3, -7, 0, 1, 1]])
def test_an_axis_without_voxels_counts_as_one_as_in_itk(tmp_path: Path, dim: list[int]) -> None:
    sitk = pytest.importorskip("SimpleITK")
    path = written(tmp_path, dim=dim)
    volume, header = read_image(path)
    values = sitk.GetArrayFromImage(sitk.ReadImage(str(path))).T
    np.testing.assert_array_equal(volume.stored, values.reshape(volume.stored.shape))
    assert header.shape == (5, 4, 3)


def test_an_offset_within_the_flag_is_that_of_the_voxels_as_in_itk(tmp_path: Path) -> None:
    path = written(tmp_path, vox_offset=348)
    content = path.read_bytes()
    path.write_bytes(content[:348] + content[352:] + bytes(16))
    np.testing.assert_array_equal(read_image(path)[0].stored, VALUES)


@pytest.mark.parametrize("length", [163842, 40000])
def test_long_axes_as_freesurfer_writes_them(tmp_path: Path, length: int) -> None:
    values = np.arange(length, dtype=np.float32).reshape(-1, 1, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that SPM and FSL do not read it
        nib.save(nib.Nifti1Image(values, AFFINE), tmp_path / "surface.nii")
    volume, header = read_image(tmp_path / "surface.nii")
    np.testing.assert_array_equal(volume.stored, np.asarray(nib.load(tmp_path / "surface.nii").dataobj))
    assert any("FreeSurfer" in sentence for sentence in volume.findings)
    mask = np.asfortranarray(values > length // 2)
    save_mask(mask, tmp_path / "mask.nii", header)
    np.testing.assert_array_equal(np.asarray(nib.load(tmp_path / "mask.nii").dataobj), mask)
    np.testing.assert_array_equal(read_image(tmp_path / "mask.nii")[0].stored, mask)


@pytest.mark.parametrize(("fields", "words"), DOUBTS)
def test_scripts_make_the_same_mask_or_none(tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    path = written(tmp_path, **fields)
    steps = ["threshold lower=30", "dilation structure=ball radius=2.5"]
    mask = maskeditor.run(maskeditor.open_image(path), steps)
    wrong = ""
    try:
        run_scripts([maskeditor.script(steps)], path, tmp_path)
    except AssertionError as error:  # of the script, or that nibabel places its image elsewhere
        wrong = str(error)
    if (tmp_path / "out0.nii").exists():
        made = nib.load(tmp_path / "out0.nii")
        np.testing.assert_array_equal(np.asarray(made.dataobj), mask.data)
        np.testing.assert_array_equal(made.affine, mask.affine)
        return
    assert wrong.strip().splitlines()[-1].startswith(f"SystemExit: {path} ")
    assert any(name in words for name in ("rotation", "axis", "begin at byte"))
    assert any("nibabel" in finding for finding in mask.session.document.volume.findings)
