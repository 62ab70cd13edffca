"""`maskeditor apply` and `maskeditor unmask`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nilearn import masking

import maskeditor
from maskeditor.engine.errors import MaskEditorError
from tests import phantoms
from tests.cli.conftest import Call

SHAPE = (13, 12, 11)
MASK = phantoms.blobs(SHAPE)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    affine = phantoms.affine("flipped")
    series = np.stack([phantoms.head(seed=seed) for seed in range(3)], axis=-1)
    scaled = nibabel.Nifti1Image(phantoms.head(), affine)
    scaled.header.set_slope_inter(0.25, 0)
    moved = affine.copy()
    moved[0, 3] += 5
    images = {
        "head.nii.gz": nibabel.Nifti1Image(phantoms.head(), affine),
        "scaled.nii": scaled,
        "series.nii.gz": nibabel.Nifti1Image(series, affine),
        "mask.nii.gz": nibabel.Nifti1Image(MASK.astype(np.uint8), affine),
        "moved.nii.gz": nibabel.Nifti1Image(MASK.astype(np.uint8), moved),
    }
    for name, image in images.items():
        nibabel.save(image, tmp_path / name)
    return tmp_path


def data_of(path: Path) -> Any:
    return np.asarray(nibabel.load(path).dataobj)


@pytest.mark.parametrize("name", ["head.nii.gz", "scaled.nii", "series.nii.gz"])
def test_writes_the_image_inside_the_mask(call: Call, files: Path, name: str) -> None:
    ended = call("apply", files / name, files / "mask.nii.gz", "-o", files / "out.nii.gz")
    assert (ended.status, ended.err) == (0, "")
    source, made = nibabel.load(files / name), nibabel.load(files / "out.nii.gz")
    mask = str(files / "mask.nii.gz")
    expected = masking.unmask(masking.apply_mask(str(files / name), mask), mask)
    assert np.array_equal(data_of(files / "out.nii.gz"), np.asarray(expected.dataobj))
    assert made.get_data_dtype() == source.get_data_dtype()
    assert made.header["scl_slope"] == source.header["scl_slope"] or np.isnan(source.header["scl_slope"])
    for field in ("srow_x", "srow_y", "srow_z", "sform_code", "qform_code", "pixdim"):
        assert np.array_equal(made.header[field], source.header[field])
    assert f"{MASK.sum()} voxels kept" in ended.out
    # The same from Python.
    inside = maskeditor.apply(maskeditor.open_image(files / name), files / "mask.nii.gz")
    assert np.array_equal(inside.data, data_of(files / "out.nii.gz"))


def test_crop_inverse_and_nan(call: Call, files: Path) -> None:
    words = ("apply", files / "head.nii.gz", files / "mask.nii.gz", "-o", files / "out.nii.gz")
    ended = call(*words, "--crop", "--inverse", "--outside", "nan")
    assert ended.status == 0
    assert ended.err == (
        "maskeditor: Warning: The image is written as float32, no longer as int16, which has no value for what is no "
        "number.\n"
    )
    assert np.array_equal(data_of(files / "out.nii.gz"), np.where(MASK, np.nan, phantoms.head()), equal_nan=True)


def test_a_mask_on_another_grid(call: Call, files: Path) -> None:
    ended = call("apply", files / "head.nii.gz", files / "moved.nii.gz", "-o", files / "out.nii.gz")
    ended.failed(1, "moved.nii.gz lies on another grid than head.nii.gz (", "maskeditor resample")
    assert not (files / "out.nii.gz").exists()
    with pytest.raises(MaskEditorError, match="lies on another grid than head"):
        maskeditor.apply(maskeditor.open_image(files / "head.nii.gz"), files / "moved.nii.gz")


def test_never_writes_over_what_is_read(call: Call, files: Path) -> None:
    before = (files / "mask.nii.gz").read_bytes()
    for target in ("mask.nii.gz", "head.nii.gz"):
        call("apply", files / "head.nii.gz", files / "mask.nii.gz", "-o", files / target).failed(1, "would replace")
    assert (files / "mask.nii.gz").read_bytes() == before


@pytest.mark.parametrize("ending", [".npy", ".tsv", ".csv"])
def test_puts_values_back(call: Call, files: Path, ending: str) -> None:
    mask, table = str(files / "mask.nii.gz"), files / f"values{ending}"
    values = masking.apply_mask(str(files / "series.nii.gz"), mask)
    if ending == ".npy":
        np.save(table, values)
    else:
        mark = "\t" if ending == ".tsv" else ","
        np.savetxt(table, values, "%.9g", mark, header=mark.join(f"v{n}" for n in range(MASK.sum())), comments="")
    ended = call("unmask", table, mask, "-o", files / "out.nii.gz")
    assert (ended.status, ended.err) == (0, "")
    expected = masking.unmask(values, mask)
    assert np.array_equal(data_of(files / "out.nii.gz"), np.asarray(expected.dataobj))
    assert np.allclose(nibabel.load(files / "out.nii.gz").affine, expected.affine)
    assert np.array_equal(maskeditor.unmask(table, mask).data, data_of(files / "out.nii.gz"))
    assert np.array_equal(maskeditor.unmask(values, mask).data, data_of(files / "out.nii.gz"))


def test_what_holds_no_values(call: Call, files: Path) -> None:
    cases = {
        "few.tsv": ("1\t2\n", "few.tsv holds 1 × 2 values, but the mask has"),
        "words.tsv": ("a\tb\n1\tsix\n", "words.tsv: 'six' in a row of numbers is none"),
        "empty.tsv": ("", "empty.tsv holds no numbers"),
        "text.npy": ("no array", "text.npy is no array of numbers"),
    }
    for name, (text, sentence) in cases.items():
        (files / name).write_text(text)
        call("unmask", files / name, files / "mask.nii.gz", "-o", files / "out.nii.gz").failed(1, sentence)
    np.save(files / "words.npy", np.array(["a", "b"]))
    call("unmask", files / "words.npy", files / "mask.nii.gz", "-o", files / "out.nii.gz").failed(1, "real numbers")
    assert not (files / "out.nii.gz").exists()
    with pytest.raises(MaskEditorError, match="The array is of the type complex128; give real numbers"):
        maskeditor.unmask(np.zeros(3, complex), files / "mask.nii.gz")
