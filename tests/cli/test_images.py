"""maskeditor info and convert."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
import nibabel
import numpy as np
import pytest

from maskeditor.cli.commands import COMMANDS
from maskeditor.cli.main import program
from maskeditor.io.open import inspect

if TYPE_CHECKING:
    from tests.cli.conftest import Call

AFFINE = np.array([[-2.0, 0, 0, 40], [0, 2.5, 0, -50], [0, 0, 3, -20], [0, 0, 0, 1]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two images, one 4D and scaled."""
    scans = tmp_path / "scans"
    scans.mkdir()
    values = np.random.default_rng(0).integers(0, 99, (5, 6, 7, 3)).astype(np.int16)
    image = nibabel.Nifti1Image(values * 0.5, AFFINE)
    image.header.set_data_dtype(np.int16)
    image.header.set_slope_inter(0.5, 0)
    nibabel.save(image, scans / "bold.nii.gz")
    nibabel.save(nibabel.Nifti1Image(values[..., 0].astype(np.uint8), np.eye(4)), scans / "t1.nii")
    return scans


def test_info_as_json(call: Call, folder: Path) -> None:
    ended = call("info", folder, "--json")
    assert (ended.status, ended.err) == (0, "")
    bold, t1 = json.loads(ended.out)["images"]
    assert set(bold) == {
        "series_uid", "description", "modality", "kind", "shape", "zooms", "affine", "axis_codes", "dtype", "files",
        "findings",
    }  # fmt: skip
    assert (bold["series_uid"], bold["description"], bold["shape"]) == (None, "bold", [5, 6, 7, 3])
    assert (bold["zooms"], bold["axis_codes"], bold["dtype"]) == ([2.0, 2.5, 3.0], ["L", "A", "S"], "int16")
    assert np.array_equal(bold["affine"], AFFINE)
    assert (t1["dtype"], t1["files"]) == ("uint8", [str(folder / "t1.nii")])


def test_info_to_read(call: Call, folder: Path) -> None:
    lines = call("info", folder / "bold.nii.gz").out.splitlines()
    assert lines[0] == "bold"
    assert [line.split(maxsplit=1) for line in lines[1:4]] == [
        ["kind", "NIfTI 4D"],
        ["shape", "5 × 6 × 7 × 3"],
        ["zooms", "2 × 2.5 × 3 mm"],
    ]
    assert all(line == line.rstrip() for line in lines)


def test_convert_keeps_the_stored_values(call: Call, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy.nii"
    ended = call("convert", folder / "bold.nii.gz", out)
    assert ended == (0, f"{out}: 5 × 6 × 7 × 3, int16\n", "")
    source, copy = nibabel.load(folder / "bold.nii.gz"), nibabel.load(out)
    assert np.array_equal(np.asarray(copy.dataobj.get_unscaled()), np.asarray(source.dataobj.get_unscaled()))
    assert copy.dataobj.slope == 0.5
    assert np.array_equal(copy.affine, source.affine)


@pytest.mark.parametrize("end", ["/", ""])
def test_convert_into_a_folder(call: Call, folder: Path, tmp_path: Path, end: str) -> None:
    out = tmp_path / "out"
    if not end:
        out.mkdir()
    ended = call("convert", folder, f"{out}{end}")
    assert ended.status == 0
    assert sorted(file.name for file in out.iterdir()) == ["bold.nii.gz", "t1.nii.gz"]
    assert [line.partition(":")[0] for line in ended.out.splitlines()] == [str(out / name) for name in
                                                                          ("bold.nii.gz", "t1.nii.gz")]  # fmt: skip


def test_convert_one_of_several(call: Call, folder: Path, tmp_path: Path) -> None:
    call("convert", folder, tmp_path / "one.nii").failed(
        1, "holds 2 images; give one of these files: bold.nii.gz (NIfTI 4D); t1.nii (NIfTI 3D)."
    )
    assert call("convert", folder, tmp_path / "one.nii", "--series", "t1.nii").status == 0
    assert nibabel.load(tmp_path / "one.nii").shape == (5, 6, 7)
    assert call("convert", folder, f"{tmp_path}/out/", "--series", "t1.nii").status == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["t1.nii.gz"]
    call("convert", folder, f"{tmp_path}/none/", "--series", "9.9").failed(1, "holds no series 9.9; it holds")
    assert not (tmp_path / "none").exists()


def test_what_can_be_read_is_converted_and_the_rest_named(call: Call, folder: Path, tmp_path: Path) -> None:
    (folder / "a.nii").write_bytes((folder / "t1.nii").read_bytes()[:-20])
    (folder / "b.nii").touch()
    (folder / "notes.nii").write_text("not an image")
    ended = call("convert", folder, f"{tmp_path}/out/")
    assert ended.status == 1
    notes, cut, empty, last = ended.err.splitlines()
    assert notes.startswith(
        "maskeditor: Warning: A file beside it is no image: notes.nii is a text file, though it is named as a"
    )
    assert cut.startswith("maskeditor: Warning: a.nii ends too early")
    assert empty.startswith("maskeditor: Warning: b.nii is empty")
    assert last.startswith("maskeditor: 2 of 4 images could not be converted, for the reasons above;")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["bold.nii.gz", "t1.nii.gz"]
    for name in ("a.nii", "b.nii"):
        (folder / name).unlink()
    for series in ((), ("--series", "t1.nii")):
        ended = call("convert", folder, f"{tmp_path}/out/", *series)
        assert (ended.status, ended.err.count("Warning")) == (0, 0 if series else 1)


@pytest.mark.parametrize("out", ["closed/copy.nii", "closed/copies/", "closed/deep/copy.nii"])
def test_a_folder_that_may_not_be_looked_into_is_named(
    call: Call, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    """As for one of another user; who runs the tests may be allowed everything."""
    stat = Path.stat

    def refused(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if "closed" in path.parent.parts:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return stat(path, follow_symlinks=follow_symlinks)

    (tmp_path / "closed").mkdir()
    monkeypatch.setattr(Path, "stat", refused)
    end = "/" if out.endswith("/") else ""
    call("convert", folder / "bold.nii.gz", f"{tmp_path / out}{end}").failed(1, "may not be read or written by you")


def test_what_may_not_be_read_is_said_by_the_program_itself() -> None:
    """The library would call it wrong usage, without a remedy."""
    context = click.Context(program)
    types = [one.type for name in COMMANDS for one in program.get_command(context, name).params]
    paths = [one for one in types if isinstance(one, click.Path)]
    assert paths
    assert not any(one.readable for one in paths)


def test_images_alike_in_stem_are_told_apart(call: Call, folder: Path, tmp_path: Path) -> None:
    nibabel.save(nibabel.MGHImage(np.zeros((3, 3, 3), np.uint8), np.eye(4)), folder / "t1.mgz")
    (folder / "cut.nii").write_bytes(b"")
    out = call("info", folder).out
    assert [line.split()[1] for line in out.splitlines() if line.startswith("  file ")] == [
        *("bold.nii.gz", "t1.mgz", "t1.nii"),
    ]
    # What is said of the folder is said once.
    assert out.count("cut.nii is empty") == 1
    assert out.splitlines()[-2:][0] == "all of these"
    listed = json.loads(call("info", folder, "--json").out)["images"]
    assert [Path(image["files"][0]).name for image in listed] == ["bold.nii.gz", "t1.mgz", "t1.nii"]
    manual = " ".join(call("run", "--help").out.split())
    assert "Of files that are an image each, give the file itself." in manual
    assert call("convert", folder / "t1.mgz", tmp_path / "one.nii").status == 0


@pytest.mark.parametrize("name", ["image.nii", "image.nii.gz", "image.mgz"])
def test_volumes_without_numbers_are_found_as_by_run(call: Call, tmp_path: Path, name: str) -> None:
    kind = nibabel.MGHImage if name.endswith(".mgz") else nibabel.Nifti1Image
    values = np.full((70, 70, 70, 3), np.nan, np.float32)  # more than a piece
    values[69, 69, 69, 0] = values[0, 0, 0, 2] = 1
    for shown, words in ((values, "Volume 1 holds no number"), (values[..., 1], "The image holds no number")):
        nibabel.save(kind(shown, np.eye(4)), tmp_path / name)
        (image,) = json.loads(call("info", tmp_path / name, "--json").out)["images"]
        ended = call("run", tmp_path / name, "-o", tmp_path / "mask.nii", "--do", "threshold")
        assert image["findings"][-1].startswith(words)
        assert f"maskeditor: Warning: {image['findings'][-1]}" in ended.err.splitlines()
    assert all(
        "number" not in finding for finding in inspect(tmp_path / name)[0].findings
    )  # no voxel is read for a list


@pytest.mark.parametrize(
    ("out", "part"),
    [
        ("image.mha", "image.mha should end in .nii.gz, .nii, .hdr or .img, or in / for a folder; choose such a name."),
        ("absent/image.nii", "absent does not exist; make it first or choose another."),
        ("absent/folder/", "absent does not exist; make it first or choose another."),
    ],
)
def test_where_nothing_can_be_written(call: Call, folder: Path, tmp_path: Path, out: str, part: str) -> None:
    call("convert", folder / "t1.nii", f"{tmp_path}/{out}").failed(1, part)


def test_a_folder_that_cannot_be_made(call: Call, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    call("convert", folder, f"{tmp_path}/file/").failed(
        1, "file is a file, so that nothing can lie in it; choose a folder."
    )
    call("convert", folder, f"{tmp_path}/file/in/").failed(
        1, "file is a file, so that nothing can lie in it; choose a folder."
    )


def test_an_image_is_not_replaced_by_itself(call: Call, folder: Path) -> None:
    before = (folder / "bold.nii.gz").read_bytes()
    call("convert", folder / "bold.nii.gz", folder / "bold.nii.gz").failed(1, "is the image itself; choose another")
    call("convert", folder, f"{folder}/").failed(1, "bold.nii.gz is itself an image to convert; choose another folder.")
    assert sorted(file.name for file in folder.iterdir()) == ["bold.nii.gz", "t1.nii"]
    assert (folder / "bold.nii.gz").read_bytes() == before


def test_nothing_there(call: Call, tmp_path: Path) -> None:
    call("info", tmp_path / "absent").failed(1, "absent does not exist")
    call("info", tmp_path).failed(1, "holds no image")
    call("info").failed(2, "Missing argument 'PATH'; see maskeditor info --help.")


def test_the_series_of_a_folder(call: Call, dicom_data: Path, tmp_path: Path) -> None:
    images = json.loads(call("info", dicom_data / "in", "--json").out)["images"]
    assert len(images) > 20
    assert all(image["series_uid"] for image in images)
    listed = call("info", dicom_data / "in").out
    # Whatever the list calls a series can be given as --series.
    keys = [line.split()[1] for line in listed.splitlines() if line.startswith("  series ")]
    assert len(keys) == len(set(keys)) == len(images)
    several = next(key for key in keys if ":" in key)
    assert call("convert", dicom_data / "in", tmp_path / "one.nii.gz", "--series", several).status == 0
