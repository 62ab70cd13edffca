"""maskeditor run --recipe on another image: what belongs to the first image is asked about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nibabel
import numpy as np
import pytest

from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scope import Scope
from maskeditor.core.recipe.recipe import of_operations
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.core.recipe.replay import replay
from maskeditor.io.save import write_text
from maskeditor.model.session import Session

if TYPE_CHECKING:
    from tests.cli.conftest import Call

AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
#: The same head, twice as fine along the first axis, moved by 6 mm along the third.
FINE = np.array([[1.0, 0, 0, -0.5], [0, 2, 0, 0], [0, 0, 2, -6], [0, 0, 0, 1]])


@pytest.fixture
def first(tmp_path: Path) -> Path:
    data = np.random.default_rng(2).integers(0, 100, (10, 11, 12)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(data, AFFINE), tmp_path / "first.nii")
    return tmp_path / "first.nii"


@pytest.fixture
def second(tmp_path: Path) -> Path:
    data = np.random.default_rng(3).integers(0, 100, (20, 11, 18)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(data, FINE), tmp_path / "second.nii")
    return tmp_path / "second.nii"


@pytest.fixture
def recipe(first: Path, tmp_path: Path) -> Path:
    """A stroke at (8, 8, 8) mm and dilation in slices 3 and 4 (6 and 8 mm), saved with the first image."""
    session = Session.open(first)
    steps = [
        Step(make("paint", {"points": ((8, 8, 8),), "radius": 0.5, "shape": "sphere"}), "roi1"),
        Step(make("dilation", {}), "roi1", Scope(axis=2, first=3, last=4)),
    ]
    roi = replay(session.document, of_operations(steps))
    write_text(tmp_path / "recipe.json", dumps(session.recipe(roi)))
    return tmp_path / "recipe.json"


def voxels(path: Path) -> list[list[int]]:
    return np.argwhere(np.asarray(nibabel.load(path).dataobj)).tolist()


def test_the_same_image_is_not_asked_about(call: Call, first: Path, recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.nii"
    ended = call("run", first, "-o", out, "--recipe", recipe)
    assert (ended.status, ended.err) == (0, "")
    assert [4, 4, 4] in voxels(out)


def test_another_image_is_refused(call: Call, second: Path, recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.nii"
    call("run", second, "-o", out, "--recipe", recipe).failed(
        1,
        "The recipe was made on another image, to which step 1 (Brush 1 point, 0.5 mm sphere) and step 2 (Dilation 1 × "
        "(slices 3–4 of axis 2)) belong; give --bound keep to do the same at the same place in the world, or --bound "
        "leave-out to do without.",
    )
    assert not out.exists()


def test_other_voxels_on_the_same_grid_are_another_image(call: Call, first: Path, recipe: Path, tmp_path: Path) -> None:
    image = nibabel.load(first)
    data = np.asarray(image.dataobj).copy()
    data[0, 0, 0] += 1
    nibabel.save(nibabel.Nifti1Image(data, AFFINE), tmp_path / "third.nii")
    call("run", tmp_path / "third.nii", "-o", tmp_path / "mask.nii", "--recipe", recipe).failed(1, "another image")


def test_kept_in_the_world(call: Call, second: Path, recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.nii"
    ended = call("run", second, "-o", out, "--recipe", recipe, "--bound", "keep")
    assert (ended.status, ended.err) == (0, "")
    # (8, 8, 8) mm lies between voxels 8 and 9 of the first axis; slices 3 and 4 are 6 and 7 there.
    stroke = [[8, 4, 7], [9, 4, 7]]
    expected = np.zeros((20, 11, 18), bool)
    for i, j, k in stroke:
        expected[i - 1 : i + 2, j, k] = expected[i, j - 1 : j + 2, k] = True
        expected[i, j, 6:8] = True
    assert voxels(out) == np.argwhere(expected).tolist()


def test_left_out(call: Call, second: Path, recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.nii"
    ended = call("run", second, "-o", out, "--recipe", recipe, "--bound", "leave-out")
    assert (ended.status, ended.err) == (0, "maskeditor: Warning: The mask is empty: no voxel is inside.\n")
    assert voxels(out) == []
    # What was left out is still told by the mask's own recipe.
    assert "(disabled, left out)" in call("script", out).out


def test_wrong_choice(call: Call, second: Path, recipe: Path, tmp_path: Path) -> None:
    ended = call("run", second, "-o", tmp_path / "mask.nii", "--recipe", recipe, "--bound", "perhaps")
    ended.failed(2, "'perhaps' is not one of 'keep', 'leave-out', 'refuse'")
