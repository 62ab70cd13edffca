"""`maskeditor run` with ROIs that are there from the start: looked at, or mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from scipy import ndimage

from maskeditor import api
from maskeditor.core.recipe.recipe_json import loads
from maskeditor.core.recipe.script import to_python
from tests import phantoms
from tests.cli.conftest import Call
from tests.core.recipe.scripts import run_scripts

HEAD = phantoms.head()
MASK = phantoms.blobs(HEAD.shape)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, data in {"head": HEAD, "brain": MASK.astype(np.uint8), "labels": MASK + 2 * ~MASK}.items():
        nibabel.save(nibabel.Nifti1Image(data.astype(np.int16), np.eye(4)), tmp_path / f"{name}.nii")
    nibabel.save(nibabel.Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4)), tmp_path / "small.nii")
    return tmp_path


def of(path: Path) -> Any:
    return np.asarray(nibabel.load(path).dataobj)


def run(call: Call, files: Path, *words: str) -> Any:
    return call("run", files / "head.nii", "-o", files / "out.nii", *words)


def test_steps_look_at_one_by_its_name(call: Call, files: Path, tmp_path: Path) -> None:
    brain = f"brain={files / 'brain.nii'}"
    ended = run(
        call, files, "--roi", brain, "--do", "threshold lower=300", "--do", "boolean other=brain how=intersection"
    )
    assert ended.status == 0
    expected = (HEAD >= 300) & MASK
    assert np.array_equal(of(files / "out.nii"), expected)
    recipe = loads((files / "out.json").read_text())
    assert [roi.name for roi in recipe.rois] == ["mask", "brain"]
    (again,) = run_scripts([to_python(recipe)], files / "head.nii", tmp_path)
    assert np.array_equal(again, expected)


def test_one_is_mended(call: Call, files: Path) -> None:
    words = ("--roi", f"brain={files / 'brain.nii'}", "--on", "brain")
    assert run(call, files, *words, "--do", "dilation iterations=2").status == 0
    assert np.array_equal(of(files / "out.nii"), ndimage.binary_dilation(MASK, iterations=2))
    assert json.loads((files / "out.json").read_text())["Label"] == "brain"


def test_a_new_one_has_the_name_that_is_given(call: Call, files: Path) -> None:
    assert run(call, files, "--on", "skull", "--do", "threshold lower=300").status == 0
    assert json.loads((files / "out.json").read_text())["Label"] == "skull"


def test_one_that_no_file_is_given_for_begins_empty(call: Call, files: Path) -> None:
    ended = run(call, files, "--roi", f"brain={files / 'brain.nii'}", "--on", "brian", "--do", "threshold lower=300")
    assert ended.status == 0
    assert "no --roi is called brian (brain is); --on brian begins with an empty mask." in ended.err


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--do", "boolean other=brain"), 1, "There is no other ROI 'brain' here (other ROIs: none)"),
        (("--do", "boolean other=mask"), 1, "There is no other ROI 'mask' here (other ROIs: none)"),
        (("--do", "boolean"), 1, "boolean: other is not given, but must be another ROI, by its name."),
        (("--roi", "brain=labels.nii", "--do", "invert"), 1, "labels.nii holds 2 labels, but an ROI is one mask"),
        (("--roi", "brain=small.nii", "--do", "invert"), 1, "small.nii lies on another grid"),
        (("--roi", "brain=absent.nii", "--do", "invert"), 1, "absent.nii"),
        (("--roi", "brain", "--do", "invert"), 2, "--roi 'brain' is not of the form NAME=PATH"),
        (("--on", "brain", "--recipe", "x.json"), 2, "--roi and --on go with --do steps"),
    ],
)
def test_what_cannot_be_is_refused(
    call: Call, files: Path, monkeypatch: pytest.MonkeyPatch, words: Any, status: int, sentence: str
) -> None:
    monkeypatch.chdir(files)
    ended = run(call, files, *words)
    assert ended.status == status
    assert sentence in ended.err
    assert not (files / "out.nii").exists()


def test_of_an_image_of_labels_the_others_are_named(call: Call, files: Path) -> None:
    head = api.open_image(files / "head.nii")
    dim, bright = api.run(head, "threshold upper=300"), api.run(head, "threshold lower=301")
    api.save_labels({"dim": dim, "bright": bright}, files / "both_dseg.nii")
    sentence = "the recipe makes an image of labels; this is 'dim' alone, without the 1 other ROI."
    ended = run(call, files, "--recipe", str(files / "both_dseg.nii"))
    assert ended.status == 0
    assert sentence in ended.err
    assert np.array_equal(of(files / "out.nii"), HEAD <= 300)
    ended = call("script", files / "both_dseg.nii")
    assert ended.status == 0
    assert sentence in ended.err
