"""Recipes that come with a mask's file, and what becomes of the mask they made."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

import maskeditor.ops
from maskeditor.core.errors import RecipeError, ReplayError
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import mask_after, prepare
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.operation.scope import Scope
from maskeditor.core.recipe.onto_another_image import Bound, fitted
from maskeditor.core.recipe.recipe import Recipe, of_operations
from maskeditor.core.recipe.replay import replay
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask import Roi
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.model.label_files import is_result
from maskeditor.model.mask_files import save_mask
from maskeditor.model.recipes import absolute_elsewhere, bound_elsewhere, carried, check_ahead
from maskeditor.model.session import Session

assert maskeditor.ops
ROI = "roi1"
AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])


@pytest.fixture
def session(tmp_path: Path) -> Session:
    data = np.random.default_rng(2).integers(0, 100, (12, 11, 9)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(data, AFFINE), tmp_path / "image.nii")
    made = Session.open(tmp_path / "image.nii")
    made.document.do(make("threshold", {"lower": 60}), ROI)
    made.document.do(make("dilation", {}), ROI)
    save_mask(made, ROI, tmp_path / "mask.nii.gz")
    return made


def file_mask(path: Path) -> np.ndarray:
    return np.asfortranarray(np.asarray(nibabel.load(path).dataobj) > 0)


def test_a_mask_brings_its_steps_back(session: Session, tmp_path: Path) -> None:
    fresh = Session.open(tmp_path / "image.nii")
    found = carried(tmp_path / "mask.nii.gz", fresh.source)
    assert found is not None
    assert found.from_here
    assert is_result(found.recipe, {ROI: MaskBits.of(file_mask(tmp_path / "mask.nii.gz"))})
    roi = replay(fresh.document, found.recipe)
    assert [step.operation for step in fresh.document.timeline] == [
        step.operation for step in session.document.timeline
    ]
    assert np.array_equal(fresh.document.mask(roi)[...], file_mask(tmp_path / "mask.nii.gz"))
    fresh.took_mask(roi, tmp_path / "mask.nii.gz")
    assert fresh.unsaved() == ()
    assert fresh.files == {roi: tmp_path / "mask.nii.gz"}


@pytest.mark.parametrize("where", ["header", "sidecar"])
def test_either_place_will_do(session: Session, tmp_path: Path, where: str) -> None:
    mask = tmp_path / "mask.nii.gz"
    if where == "header":
        (tmp_path / "mask.json").unlink()
    else:
        save_mask(session, ROI, mask, recipe_inside=False)
        assert not nibabel.load(mask).header.extensions
    found = carried(mask, session.source)
    assert found is not None
    assert len(found.recipe.steps) == 2


def test_on_another_image(session: Session, tmp_path: Path) -> None:
    data = np.asarray(nibabel.load(tmp_path / "image.nii").dataobj) + np.int16(1)
    nibabel.save(nibabel.Nifti1Image(data, AFFINE), tmp_path / "other.nii")
    found = carried(tmp_path / "mask.nii.gz", Session.open(tmp_path / "other.nii").source)
    assert found is not None
    assert not found.from_here


@pytest.mark.parametrize(
    ("operation", "scope", "named"),
    [
        (make("threshold", {"lower": 60}), Scope(), True),
        (make("invert", {}), Scope(lower=3), True),
        (make("region_grow", {"seed": (1, 2, 3), "lower": 0}), Scope(), True),
        (make("percentiles", {}), Scope(), False),
        (make("threshold", {"lower": 3, "image": "z"}), Scope(), False),
    ],
)
def test_bounds_of_another_image_are_named(session: Session, operation: Operation, scope: Scope, named: bool) -> None:
    made = replace(of_operations([Step(operation, ROI, scope)]), source=dict(session.recipe(ROI).source))
    assert absolute_elsewhere(made, session.source) == ()
    other = replace(made, source=made.source | {"fingerprint": f"blake3:{'0' * 64}"})
    said = absolute_elsewhere(other, session.source)
    assert len(said) == named
    assert all("Absolute intensities of image.nii" in one and "step 1" in one for one in said)
    assert absolute_elsewhere(replace(other, source={}), session.source) == ()


def test_voxels_that_were_changed_since_are_noticed(session: Session, tmp_path: Path) -> None:
    # Another program that keeps the header, extensions included.
    image = nibabel.load(tmp_path / "mask.nii.gz")
    data = np.asarray(image.dataobj).copy()
    data[0, 0, 0] ^= 1
    nibabel.save(nibabel.Nifti1Image(data, image.affine, image.header), tmp_path / "edited.nii.gz")
    found = carried(tmp_path / "edited.nii.gz", session.source)
    assert found is not None
    assert not is_result(found.recipe, {ROI: MaskBits.of(file_mask(tmp_path / "edited.nii.gz"))})


def test_files_without_a_recipe(session: Session, tmp_path: Path) -> None:
    assert carried(tmp_path / "image.nii", session.source) is None
    assert carried(tmp_path, session.source) is None
    (tmp_path / "image.json").write_text(json.dumps({"EchoTime": 0.003}))
    assert carried(tmp_path / "image.nii", session.source) is None
    # A recipe of steps that this version does not know is none to bring back.
    record = json.loads((tmp_path / "mask.json").read_text())
    record["Recipe"]["steps"][0]["id"] = "unknown_to_us"
    nibabel.save(nibabel.Nifti1Image(np.ones((12, 11, 9), np.uint8), AFFINE), tmp_path / "plain.nii")
    (tmp_path / "plain.json").write_text(json.dumps(record))
    assert carried(tmp_path / "plain.nii", session.source) is None


@pytest.mark.parametrize("operations", [["invert"], ["invert", "erosion"], ["fill_holes"], []])
def test_the_mask_after_a_move(session: Session, operations: list[str]) -> None:
    document: Document = session.document
    snapshot = document.snapshot()
    prepared = prepare(snapshot, 2, [*snapshot.timeline[2:], *(Step(make(id, {}), ROI) for id in operations)])
    after = mask_after(prepared, snapshot, ROI)[...]
    document.commit(prepared, "move")
    assert np.array_equal(document.mask(ROI)[...], after)


def test_bounds_in_steps_that_the_mask_does_not_need_are_not_named(session: Session) -> None:
    steps = [Step(make("percentiles", {}), ROI), Step(make("threshold", {"lower": 60}), "other")]
    made = replace(of_operations(steps), target=ROI, source={"name": "image.nii", "sha256": "0" * 64})
    assert absolute_elsewhere(made, session.source) == ()
    assert len(absolute_elsewhere(replace(made, target="other"), session.source)) == 1


def test_steps_that_are_named_name_the_rois_they_look_at(session: Session) -> None:
    step = Step(make("threshold", {"lower": 60}), ROI, Scope(inside="roi2", axis=0, first=20, last=90))
    rois = (Roi(ROI, "lesion"), Roi("roi2", "left half"))
    made = Recipe((step,), rois, ROI, dict(session.recipe(ROI).source) | {"fingerprint": f"blake3:{'0' * 64}"})
    called = r"tep 1 \(Threshold from 60 \(slices 20–90 of axis 0, inside left half\)\)"
    (said,) = absolute_elsewhere(made, session.source)
    assert re.search(called, said)
    for one in bound_elsewhere(made, session.document.volume):
        assert re.fullmatch("s" + called, one)
    later = step.with_(operation=make("threshold", {"lower": 60, "frame": 7}))
    two = replace(made, steps=(later, Step(make("dilation", {}), ROI)))
    with pytest.raises(ReplayError, match=r"Step 1 \(Threshold from 60.* inside left half\)\) could not"):
        check_ahead(two, Bound.KEEP, "", session.document.geometry, 1, "image.nii")
    far = np.diag([2.0, 2.0, 3.0, 1.0])
    far[0, 3] = 500  # no slice of the one grid lies in the other
    with pytest.raises(RecipeError, match="S" + called):
        fitted(made, Geometry((12, 11, 9), far), Bound.KEEP)
