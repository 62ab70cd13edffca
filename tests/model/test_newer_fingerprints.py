"""A hash of a kind that this version does not know is said to be that, and taken neither for the same nor another."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

import maskeditor
from maskeditor.core.errors import FileError, RecipeError
from maskeditor.core.operation.declaration import from_text
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.model.cohort.corrections import joined_with
from maskeditor.model.cohort.folder import outcomes_of
from maskeditor.model.cohort.ledger import Ledger
from maskeditor.model.cohort.making import keep_others_work
from maskeditor.model.cohort.verdicts import Verdict, read_verdicts, stale, untold, write_verdicts
from maskeditor.model.data.circularity import circular_in
from maskeditor.model.recipes import absolute_elsewhere, bound_elsewhere, doubts_of_carried, onto, read_recipe
from maskeditor.model.session import Session
from maskeditor.model.source import SourceChanged
from tests.cohorts import cohort, recipe_in

NEWER = "blake9:" + "0" * 64
WHY = r"cannot be told.*: its fingerprint is of a kind that this version of maskeditor does not know \('blake9'\)"


def newer(path: Path) -> None:
    """Have a recipe, a sidecar or a ledger be as a newer version might write it."""
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.suffix == ".jsonl" else None
    for record in lines or [json.loads(path.read_text())]:
        kept = record.get("Recipe", record)
        for part in (kept.get("source"), kept.get("result"), kept if lines else None):
            if part and "fingerprint" in part:
                part["fingerprint"] = NEWER
        if lines is None:
            path.write_text(json.dumps(record))
    if lines is not None:
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    values = np.random.default_rng(0).integers(0, 100, (9, 8, 7), np.int16)
    nibabel.save(nibabel.Nifti1Image(values, np.diag([2.0, 2.5, 3.0, 1.0])), tmp_path / "image.nii")
    return tmp_path / "image.nii"


def test_a_recipe_that_may_be_of_this_image(image: Path, tmp_path: Path) -> None:
    session = Session.open(image)
    for line in ("threshold lower=50", "select_component point=6,1,1"):
        session.document.do(from_text(line), "roi1")
    recipe = session.recipe("roi1")
    (tmp_path / "recipe.json").write_text(dumps(recipe))
    newer(tmp_path / "recipe.json")
    recipe, volume = read_recipe(tmp_path / "recipe.json"), session.document.volume
    with pytest.raises(RecipeError, match=f"^Whether the recipe was made on this image, to which step 2 .* {WHY}"):
        onto(recipe, volume, Bound.REFUSE, "give --bound keep")
    assert len(bound_elsewhere(recipe, volume)) == 1
    (doubt,) = absolute_elsewhere(recipe, session.source)
    assert "made on this image" in doubt
    for sentence in (doubt, *joined_with(recipe, recipe, volume, Bound.KEEP, "")[1]):
        assert re.match(f"Whether .* {WHY}", sentence)
    (circular,) = circular_in([recipe], volume, over_time=False)
    assert circular.startswith("Whether an image has chosen the voxels that are measured in it cannot be told: its")
    on_others = replace(recipe, source={}, images={"t2": {"name": "t2.nii", "fingerprint": NEWER}})
    assert circular_in([on_others], volume, over_time=False) == (circular,)
    # On another grid it is of another image, whatever its hash is.
    moved = replace(recipe, source={**recipe.source, "affine": np.eye(4).tolist()})
    with pytest.raises(RecipeError, match="The recipe was made on another image"):
        onto(moved, volume, Bound.REFUSE, "give --bound keep")
    session.close()


def test_a_session_that_may_be_of_this_image(image: Path) -> None:
    session = Session.open(image)
    recorded = session.source.facts(None)["source"] | {"fingerprint": NEWER}
    with pytest.raises(
        SourceChanged, match=r"^Whether image.nii is the image that the session was made on cannot be told"
    ):
        session.source.check(recorded)
    session.source.check(recorded, accept=True)
    session.close()


def test_masks_of_a_batch_are_left_and_named(tmp_path: Path) -> None:
    cohort(tmp_path, 2)
    images = str(tmp_path / "ds/sub-*/func/*_bold.nii.gz")
    maskeditor.batch(recipe_in(tmp_path), images, tmp_path / "out")
    ledger = Ledger(tmp_path / "out")
    first, second = outcomes_of(ledger)
    mask = ledger.out / first.target
    with pytest.raises(FileError, match=f"^{mask.name} is there already, and whether it was changed .* {WHY}"):
        keep_others_work(mask, NEWER)
    newer(mask.with_name(mask.name.replace(".nii.gz", ".json")))
    (doubt,) = doubts_of_carried(mask)
    assert doubt.startswith(
        "Whether the recipe in sub-01_task-rest_desc-roi_mask.json tells how this mask was made cannot"
    )
    with pytest.raises(FileError, match=f"is there already, and whether it was changed .* {WHY}"):
        keep_others_work(mask, first.fingerprint)
    # What is done by the same recipe is done, whatever the masks are known by; by another it is named.
    newer(ledger.out / ".maskeditor/done.jsonl")
    before = (ledger.out / second.target).read_bytes()
    assert maskeditor.batch(recipe_in(tmp_path), images, tmp_path / "out")["problem"] == ["", ""]
    with warnings.catch_warnings(action="ignore"):
        problems = maskeditor.batch(recipe_in(tmp_path, 45), images, tmp_path / "out")["problem"]
    assert all("cannot be told: its fingerprint is of a kind" in str(one) for one in problems)
    assert (ledger.out / second.target).read_bytes() == before


def test_a_verdict_that_may_be_of_this_mask(tmp_path: Path) -> None:
    cohort(tmp_path, 2)
    maskeditor.batch(recipe_in(tmp_path), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"), tmp_path / "out")
    outcomes = outcomes_of(Ledger(tmp_path / "out"))
    write_verdicts(tmp_path / "v.tsv", {one.key: Verdict("pass", "", NEWER) for one in outcomes})
    read, doubts = read_verdicts(tmp_path / "v.tsv", outcomes, tmp_path / "out")
    assert all(read[one.key].is_stale(one) for one in outcomes)
    assert doubts == ()
    (doubt,) = untold(read, outcomes)
    assert re.match(f"Whether the mask of {outcomes[0].key} and 1 more was changed since it was judged {WHY}", doubt)
    same = [replace(one, fingerprint=NEWER) for one in outcomes]
    assert read_verdicts(tmp_path / "v.tsv", same, tmp_path / "out") == (read, ())
    assert untold(read, same) == stale(read, same) == ()
    other = {one.key: Verdict("pass", "", NEWER.replace("0", "1")) for one in outcomes}
    write_verdicts(tmp_path / "v.tsv", other)
    assert read_verdicts(tmp_path / "v.tsv", same, tmp_path / "out") == (other, ())
    assert untold(other, same) == ()
