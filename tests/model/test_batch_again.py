"""What a batch does again once its recipe was written anew: only what would come out otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import maskeditor
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import from_text, make
from maskeditor.core.operation.scope import Scope
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe import Recipe, renamed
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.core.space.mask import Roi
from maskeditor.model.cohort.batch import Asked, plan
from maskeditor.model.cohort.tasks import recipe_mark
from maskeditor.model.recipes import read_recipe
from tests.cohorts import AFFINE, cohort, image_of, recipe_in

GRID: dict[str, Any] = {"shape": [12, 11, 9], "affine": AFFINE.tolist()}
STEPS = tuple(Step(from_text(line), "roi1") for line in ("threshold lower=30", "opening"))
#: As a version before has saved it: two ROIs, of which one is looked at.
RECIPE = Recipe(
    (*STEPS, Step(from_text("boolean how=union other=roi2"), "roi1")),
    (Roi("roi1", "brain"), Roi("roi2", "more")),
    "roi1",
    source={**GRID, "name": "sub-01", "sha256": "0" * 64},
    result={"sha256": "1" * 64, "voxels": 12},
    program="maskeditor 0.1.0",
)
STROKE = Step(make("paint", {"points": [(0.0, 0.0, 0.0)], "radius": 3.0}), "roi1")


def to_do(tmp_path: Path, recipe: Recipe, bound: str = "refuse") -> int:
    """Have a recipe written and read again, and return how many of two images are to be done by it."""
    (tmp_path / "recipe.json").write_text(dumps(recipe))
    asked = Asked(read_recipe(tmp_path / "recipe.json"), (str(tmp_path / "ds/sub-*/func/*.nii.gz"),), tmp_path / "out")
    return len(plan(replace(asked, bound=Bound(bound))).to_do)


def test_a_recipe_that_is_written_otherwise_makes_the_same(tmp_path: Path) -> None:
    cohort(tmp_path, 2)
    (tmp_path / "recipe.json").write_text(dumps(RECIPE))
    maskeditor.batch(tmp_path / "recipe.json", str(tmp_path / "ds/sub-*/func/*.nii.gz"), tmp_path / "out")
    assert to_do(tmp_path, RECIPE) == 0
    now = GRID | {"name": "sub-01_task-rest_bold", "fingerprint": f"blake3:{'2' * 64}"}
    noted = tuple(replace(step, name="first", note="by eye") for step in RECIPE.steps)
    ids = {"roi1": "roi7", "roi2": "roi1"}
    moved = tuple(replace(roi, id=ids[roi.id], colour=(1, 2, 3)) for roi in RECIPE.rois)
    written: dict[str, Any]
    for written in (
        {"source": now, "program": "maskeditor 0.2.0", "result": {"fingerprint": f"blake3:{'3' * 64}"}},
        {"source": {}},
        {"steps": noted},
        {"steps": (*RECIPE.steps, Step(from_text("dilation"), "roi1", enabled=False))},
        {"steps": tuple(renamed(step, ids) for step in RECIPE.steps), "rois": moved, "target": "roi7"},
    ):
        assert to_do(tmp_path, replace(RECIPE, **written)) == 0
    # The recipe is kept as it was given last, and that of the masks that are there too.
    maskeditor.batch(tmp_path / "recipe.json", str(tmp_path / "ds/sub-*/func/*.nii.gz"), tmp_path / "out")
    assert len([*(tmp_path / "out/.maskeditor").glob("recipe-*.json")]) == 2


@pytest.mark.parametrize(
    "written",
    [
        {"steps": (STEPS[0], STEPS[1])},
        {"steps": (STEPS[1], STEPS[0], RECIPE.steps[2])},
        {"steps": (Step(from_text("threshold lower=31"), "roi1"), *RECIPE.steps[1:])},
        {"steps": (Step(STEPS[0].operation, "roi2"), *RECIPE.steps[1:])},
        {"steps": (Step(STEPS[0].operation, "roi1", Scope(axis=0, first=1, last=3)), *RECIPE.steps[1:])},
        {"steps": (*RECIPE.steps[:2], replace(RECIPE.steps[2], enabled=False))},
        {"rois": (Roi("roi1", "head"), RECIPE.rois[1])},
    ],
)
def test_what_comes_out_otherwise_is_done_again(tmp_path: Path, written: dict[str, Any]) -> None:
    cohort(tmp_path, 2)
    (tmp_path / "recipe.json").write_text(dumps(RECIPE))
    maskeditor.batch(tmp_path / "recipe.json", str(tmp_path / "ds/sub-*/func/*.nii.gz"), tmp_path / "out")
    assert to_do(tmp_path, replace(RECIPE, **written)) == 2


def test_the_image_of_the_recipe_decides_where_steps_belong_to_it(tmp_path: Path) -> None:
    cohort(tmp_path, 2)
    drawn = replace(RECIPE, steps=(*RECIPE.steps, STROKE))
    (tmp_path / "recipe.json").write_text(dumps(drawn))
    images = str(tmp_path / "ds/sub-*/func/*.nii.gz")
    maskeditor.batch(tmp_path / "recipe.json", images, tmp_path / "out", bound="leave-out")
    assert to_do(tmp_path, drawn, "leave-out") == 0
    for key, other in (("sha256", "4" * 64), ("affine", np.eye(4).tolist()), ("shape", [12, 11, 8])):
        source = {**drawn.source, key: other}
        assert to_do(tmp_path, replace(drawn, source=source), "leave-out") == 2


def test_what_else_decides() -> None:
    one = replace(RECIPE, steps=(Step(from_text("threshold lower=30 image=t2"), "roi1"), *RECIPE.steps[1:]))
    marks = [
        recipe_mark(replace(one, images={"t2": {"name": name, "interpolation": how}}))
        for name, how in (("a.nii", "linear"), ("a.nii", "nearest"), ("b.nii", "linear"))
    ]
    assert marks[0] != marks[1]
    assert marks[0] == marks[2]
    # Nor does that of an image that no step looks at; of which ROI the mask is, does.
    idle = [recipe_mark(replace(RECIPE, images={"t2": {"interpolation": how}})) for how in ("linear", "nearest")]
    assert idle[0] == idle[1]
    assert recipe_mark(replace(RECIPE, target="roi2")) != recipe_mark(RECIPE)
    # Corrections find ROIs by their names.
    assert recipe_mark(replace(RECIPE, rois=(RECIPE.rois[0], Roi("roi2", "other")))) != recipe_mark(RECIPE)


def test_a_mask_that_was_made_otherwise_meanwhile_is_left(tmp_path: Path) -> None:
    """With the window, say: it carries its own recipe, and is no work of this batch."""
    cohort(tmp_path, 2)
    images, out = str(tmp_path / "ds/sub-*/func/*.nii.gz"), tmp_path / "out"
    maskeditor.batch(recipe_in(tmp_path), images, out)
    path = next(out.rglob("sub-01*_mask.nii.gz"))
    maskeditor.save_mask(maskeditor.run(maskeditor.open_image(image_of(tmp_path, 1)), ["threshold lower=50"]), path)
    by_hand = path.read_bytes()
    with pytest.warns(UserWarning, match="sub-01"):
        made = maskeditor.batch(recipe_in(tmp_path, 45), images, out)
    first, second = made["problem"]
    assert "is there already and was changed" in str(first)
    assert (second, path.read_bytes()) == ("", by_hand)
