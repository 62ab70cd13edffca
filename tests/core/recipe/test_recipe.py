"""Recipes: there and back, and one sentence for whatever is wrong with them."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import maskeditor.ops
from maskeditor.core.errors import RecipeError
from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.recipe.recipe import Recipe, of_operations, steps_of
from maskeditor.core.recipe.recipe_json import dumps, loads, to_record
from maskeditor.core.recipe.replay import recipe_of, replay
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask import Roi
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import MaskEditorError

assert maskeditor.ops
SHAPE = (6, 5, 4)
IMAGE = Volume(
    np.asfortranarray(np.random.default_rng(1).integers(0, 10, SHAPE).astype(np.int16)), Geometry(SHAPE, np.eye(4))
)


def document_of_two() -> tuple[Document, str, str]:
    """The first ROI is made from the second, which goes on changing afterwards."""
    document = Document(IMAGE)
    first, second = "roi1", document.add_roi("inner").id
    document.change_roi(second, colour=(1, 2, 3))
    document.do(make("threshold", {"lower": 3}), second)
    document.do(make("threshold", {"lower": 6}), first, Scope(inside=second, axis=2, first=1, last=3))
    document.do(make("boolean", {"other": second, "how": "union"}), first)
    document.do(make("dilation", {}), second)
    return document, first, second


def test_the_steps_that_a_mask_depends_on() -> None:
    document, first, second = document_of_two()
    a, b, c, d = document.timeline
    assert steps_of(document.timeline, first) == (a, b, c)
    assert steps_of(document.timeline, second) == (a, d)
    assert steps_of(document.timeline, "roi7") == ()


@pytest.mark.parametrize("roi", ["roi1", "roi2"])
def test_a_recipe_makes_the_same_mask_again(roi: str) -> None:
    document, _, _ = document_of_two()
    text = dumps(recipe_of(document, roi, {"name": "a.nii"}, {"voxels": 3}, "maskeditor 1"))
    recipe = loads(text)
    assert dumps(recipe) != text  # what changed is known of steps that were worked out
    fresh = Document(IMAGE)
    assert replay(fresh, recipe) == roi
    assert np.array_equal(fresh.mask(roi)[...], document.mask(roi)[...])
    assert dumps(recipe_of(fresh, roi, {"name": "a.nii"}, {"voxels": 3}, "maskeditor 1")) == text
    assert fresh.history.undo_title == "the recipe"
    fresh.undo()
    assert not fresh.mask(roi)[...].any()


def test_all_that_a_step_carries_is_kept() -> None:
    step = Step(
        make("threshold", {"lower": 1.25}),
        "roi2",
        Scope(axis=1, first=2, last=3, lower=0.5),
        enabled=False,
        name="mine",
        note="because",
    )
    rois = (Roi("roi1", "Hirn"), Roi("roi2", "größer", (9, 8, 7)))
    recipe = Recipe((step,), rois, "roi2", {"name": "a"}, {"voxels": 1}, "x")
    back = loads(dumps(recipe))
    assert back.rois == rois
    assert (back.target, back.source, back.result, back.program) == ("roi2", {"name": "a"}, {"voxels": 1}, "x")
    (read,) = back.steps
    for name in ("operation", "roi", "scope", "enabled", "name", "note"):
        assert getattr(read, name) == getattr(step, name)
    assert "größer" in dumps(recipe)


def test_the_format_as_it_is_written() -> None:
    """The stable format: a recipe of today must be read for ever."""
    document, first, _ = document_of_two()
    record = to_record(recipe_of(document, first, {"name": "a.nii"}, {}, "maskeditor 1"))
    lower = int((IMAGE.stored >= 3).sum())
    assert record["units"] == {"threshold": {"lower": "intensity", "upper": "intensity", "fwhm": "mm"}}
    assert {key: record[key] for key in ("format", "version", "program", "source", "target", "rois")} == {
        "format": "maskeditor recipe",
        "version": 1,
        "program": "maskeditor 1",
        "source": {"name": "a.nii"},
        "target": "roi1",
        "rois": [
            {"id": "roi1", "name": "mask", "colour": [230, 60, 60]},
            {"id": "roi2", "name": "inner", "colour": [1, 2, 3]},
        ],
    }
    assert "result" not in record
    first_step, second_step, _ = record["steps"]
    assert first_step["changed"] == {"added": lower, "removed": 0}
    assert first_step["parameters"]["lower"] == 3.0
    assert (first_step["id"], first_step["version"], first_step["roi"]) == ("threshold", 1, "roi2")
    assert "scope" not in first_step
    assert second_step["scope"] == {"axis": 2, "first": 1, "last": 3, "inside": "roi2"}


def test_the_shortest_recipe() -> None:
    recipe = loads('{"format": "maskeditor recipe", "version": 1, "steps": [{"id": "invert"}]}')
    (step,) = recipe.steps
    assert (step.roi, step.scope, step.enabled, recipe.target) == ("roi1", EVERYWHERE, True, "roi1")
    assert loads('{"format": "maskeditor recipe", "version": 1}').steps == ()


def test_a_step_without_an_roi_works_on_the_first() -> None:
    record = {"format": "maskeditor recipe", "version": 1, "steps": [{"id": "invert"}]}
    for ids in ("abcdefgh", "hgfedcba"):
        rois = [{"id": id} for id in ids]
        recipe = loads(json.dumps(record | {"rois": rois}))
        assert (recipe.steps[0].roi, recipe.target) == (ids[0], ids[0])
        assert [roi.name for roi in recipe.rois] == list(ids)


def test_a_sidecar_carries_a_recipe() -> None:
    record = {"format": "maskeditor recipe", "version": 1, "steps": [{"id": "invert"}]}
    assert len(loads(json.dumps({"Type": "ROI", "Recipe": record})).steps) == 1


def test_steps_given_one_by_one() -> None:
    recipe = of_operations([Step(make("invert", {}), "roi1")])
    fresh = Document(IMAGE)
    assert replay(fresh, recipe) == "roi1"
    assert fresh.mask("roi1")[...].all()


def test_a_recipe_after_other_steps_gets_rois_of_its_own() -> None:
    document, first, second = document_of_two()
    recipe = loads(dumps(recipe_of(document, first, {}, {}, "")))
    before = {roi: document.mask(roi)[...] for roi in (first, second)}
    made = replay(document, recipe)
    assert made not in before
    assert np.array_equal(document.mask(made)[...], before[first])
    for roi, mask in before.items():
        assert np.array_equal(document.mask(roi)[...], mask)


names = st.sampled_from(["roi1", "roi2", "roi3"])


@st.composite
def steps_on_three(draw: st.DrawFn) -> Step:
    """A step that looks at other ROIs by every way there is."""
    roi, inside = draw(names), draw(st.sampled_from(["", "roi1", "roi2", "roi3"]))
    scope = Scope(inside=inside) if inside != roi else EVERYWHERE
    kind = draw(st.sampled_from(["threshold", "boolean", "consensus", "dilation"]))
    others = [other for other in ("roi1", "roi2", "roi3") if other != roi]
    lower = draw(st.integers(1, 9))
    how, threshold = draw(st.sampled_from(["union", "difference"])), draw(st.sampled_from([0, 0.5, 1]))
    values: dict[str, Any] = {
        "threshold": {"lower": lower, "combine": draw(st.sampled_from(["replace", "add"]))},
        "boolean": {"other": draw(st.sampled_from(others)), "how": how},
        "consensus": {"others": others, "threshold": threshold, "connected": False},
        "dilation": {},
    }
    return Step(make(kind, values[kind]), roi, scope)


@given(st.lists(steps_on_three(), min_size=1, max_size=6), names)
def test_a_recipe_makes_the_same_beside_rois_of_the_same_ids(steps: list[Step], target: str) -> None:
    rois = tuple(Roi(f"roi{number}", f"part {number}") for number in (1, 2, 3))
    recipe = Recipe(tuple(steps), rois, target)
    fresh = Document(IMAGE)
    alone = fresh.mask(replay(fresh, recipe))[...]
    beside = Document(IMAGE)
    for roi in (beside.rois[0], beside.add_roi("b"), beside.add_roi("c")):
        beside.do(make("threshold", {"upper": 4 if roi.id == "roi2" else 7}), roi.id)
    own = beside.timeline
    made = replay(beside, recipe)
    assert np.array_equal(beside.mask(made)[...], alone)
    # Nothing of it looks at, or works on, what was there.
    for step in beside.timeline[len(own) :]:
        assert not ({step.roi} | step.references) & {"roi1", "roi2", "roi3"}


def test_a_recipe_that_cannot_be_carried_out_changes_nothing() -> None:
    steps = [
        Step(make("threshold", {"lower": 99}), "roi1"),
        Step(make("select_component", {"point": (0, 0, 0)}), "roi1"),
    ]
    document = Document(IMAGE)
    with pytest.raises(
        MaskEditorError, match=r"^Step 2 \(Select component.*\) could not be carried out: .*Nothing was"
    ):
        replay(document, of_operations(steps))
    assert document.timeline == ()
    assert not document.history.can_undo


# What is refused

GOOD = {
    "format": "maskeditor recipe",
    "version": 1,
    "program": "x",
    "source": {"name": "a"},
    "result": {"voxels": 1},
    "rois": [{"id": "roi1", "name": "a", "colour": [1, 2, 3]}, {"id": "roi2"}],
    "target": "roi1",
    "steps": [
        {"id": "threshold", "version": 1, "parameters": {"lower": 1}, "roi": "roi2", "changed": {"added": 1}},
        {
            "id": "boolean",
            "parameters": {"other": "roi2"},
            "roi": "roi1",
            "scope": {"inside": "roi2", "lower": 1},
            "enabled": False,
            "name": "n",
            "note": "t",
        },
    ],
}


def changed(*path: Any, to: Any) -> str:
    record = copy.deepcopy(GOOD)
    place: Any = record
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return json.dumps(record)


def test_the_good_one_is_good() -> None:
    assert len(loads(json.dumps(GOOD)).steps) == 2


def test_all_that_is_wrong_is_told_at_once() -> None:
    steps = [{"id": "dilatoin"}, {"id": "invert"}, {"id": "erosion", "parameters": {"iteration": 2}}]
    with pytest.raises(RecipeError) as raised:
        loads(json.dumps({"format": "maskeditor recipe", "version": 1, "steps": steps}))
    assert str(raised.value) == (
        "Step 1 of the recipe: There is no operation 'dilatoin'; did you mean 'dilation'? "
        "Step 3 of the recipe: erosion has no parameter 'iteration'; did you mean 'iterations'?"
    )
    with pytest.raises(
        RecipeError, match=r"Step 8 of the recipe must be an .*; correct it\. 92 more cannot be read\.$"
    ):
        loads(json.dumps({"format": "maskeditor recipe", "version": 1, "steps": [1] * 100}))


def test_units_are_told_and_read() -> None:
    steps = [Step(make(id, {}), "roi1") for id in ("invert", "dilation", "remove_small", "dilation")]
    record = to_record(of_operations(steps))
    assert record["units"] == {"dilation": {"iterations": "times", "radius": "mm"}}
    assert [step.operation for step in loads(json.dumps(record)).steps] == [step.operation for step in steps]
    assert "units" not in to_record(of_operations(steps[:1]))


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        (
            "",
            "This is not a recipe: it is no valid JSON (line 1, column 1); give a recipe, a mask's .json file",
        ),
        (
            "[" * 100_000,
            "This is not a recipe: it is no valid JSON (a number in it is too long, or it is nested too deep); give",
        ),
        ("[]", 'This is not a recipe: it must be a JSON object whose "format" is "maskeditor recipe"; give a recipe'),
        ("{}", 'This is not a recipe: it must be a JSON object whose "format" is "maskeditor recipe"; give a recipe'),
        (changed("format", to="other"), "This is not a recipe: it must be"),
        (changed("version", to=2), "The recipe is of version 2, but this program knows versions 1 to 1; open it with"),
        (changed("version", to=0), "The recipe is of version 0, but"),
        (changed("version", to=True), "The recipe is of version True, but"),
        (changed("more", to=1), "The recipe holds 'more', which this version does not know."),
        (changed("source", to=1), 'The recipe holds "source" that is not an object; correct it.'),
        (changed("program", to=1), 'The recipe holds "program" that is not text; correct it.'),
        (changed("rois", to=5), 'The recipe holds "rois" that is not a list; correct it.'),
        (changed("rois", to=[]), "The recipe's ROIs must be one or more, each with an id of its own"),
        (changed("rois", 1, "id", to="roi1"), "The recipe's ROIs must be one or more, each with an id of its own"),
        (changed("rois", 1, to="roi2"), 'ROI 2 of the recipe must be an object with an "id"; correct it.'),
        (changed("rois", 1, "locked", to=True), "ROI 2 of the recipe holds 'locked', which this version does not"),
        (changed("rois", 0, "name", to=None), 'ROI 1 of the recipe holds "name" that is not text; correct it.'),
        (changed("rois", 0, "colour", to=[1, 2, 256]), "ROI 1 of the recipe has the colour [1, 2, 256], but it must"),
        (changed("target", to="roi9"), "The recipe's target 'roi9' is none of its ROIs (roi1, roi2); correct it."),
        (changed("steps", to={}), 'The recipe holds "steps" that is not a list; correct it.'),
        (
            changed("steps", 0, to=[]),
            'Step 1 of the recipe must be an object with an "id" and "parameters"; correct it.',
        ),
        (changed("steps", 0, "id", to="treshold"), "Step 1 of the recipe: There is no operation 'treshold'; did you"),
        (changed("steps", 0, "version", to=2), "Step 1 of the recipe: threshold is of version 2, but this program"),
        (
            changed("steps", 0, "parameters", "lowr", to=2),
            "Step 1 of the recipe: threshold has no parameter 'lowr'; did you mean 'lower'?",
        ),
        (
            changed("steps", 0, "parameters", "fwhm", to=-1),
            "Step 1 of the recipe: threshold: fwhm is -1, but must be a number from 0 to 100 mm, or three",
        ),
        (changed("steps", 0, "comment", to=1), "Step 1 of the recipe holds 'comment', which this version does not"),
        (changed("steps", 0, "roi", to="roi9"), "Step 1 of the recipe names the ROI 'roi9', which the recipe does not"),
        (changed("steps", 0, "roi", to=""), "Step 1 of the recipe works on no ROI, though it makes no image;"),
        (changed("rois", 0, "id", to=""), 'ROI 1 of the recipe must be an object with an "id"; correct it.'),
        (changed("steps", 0, "roi", to=["roi1"]), 'Step 1 of the recipe holds "roi" that is not text; correct it.'),
        (changed("steps", 1, "parameters", "other", to="roi8"), "Step 2 of the recipe names the ROI 'roi8', which"),
        (changed("steps", 1, "scope", "inside", to="roi7"), "Step 2 of the recipe names the ROI 'roi7', which"),
        (changed("steps", 1, "scope", to=[]), 'Step 2 of the recipe holds "scope" that is not an object; correct it.'),
        (
            changed("steps", 1, "scope", "axis", to=3),
            "Step 2 of the recipe: scope: axis is 3, but must be one of 0, 1, 2.",
        ),
        (
            changed("steps", 1, "scope", "upper", to=0),
            "Step 2 of the recipe: scope: intensity to (0) must not be below intensity from (1).",
        ),
        (
            changed("steps", 1, "scope", "slices", to=0),
            "Step 2 of the recipe: scope has no parameter 'slices'; did you mean 'axis'?",
        ),
        (
            changed("steps", 1, "enabeld", to=False),
            "Step 2 of the recipe holds 'enabeld', which this version does not know; did you mean 'enabled'?",
        ),
        (changed("units", to=[]), 'The recipe holds "units" that is not an object; correct it.'),
        (
            changed("units", to={"threshold": {"fwhm": "cm"}}),
            "Step 1 of the recipe: threshold: fwhm is told in cm, but is in mm; convert it.",
        ),
        (
            changed("units", to={"threshold": {"frame": "s"}}),
            "Step 1 of the recipe: threshold: frame is told in s, but has no unit; convert it.",
        ),
        (
            changed("steps", 1, "enabled", to=1),
            'Step 2 of the recipe holds "enabled" that is not true or false; correct it.',
        ),
    ],
)
def test_what_is_refused(text: str, beginning: str) -> None:
    with pytest.raises(RecipeError) as raised:
        loads(text)
    assert str(raised.value).startswith(beginning)
    assert "\n" not in str(raised.value)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from(["", "roi1", "mean", "threshold"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "a", "name"]), inner, max_size=3)
    ),
    max_leaves=4,
)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Every place in a record."""
    found = [path] if path else []
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += places(value[key], (*path, key))
    return found


@given(st.lists(st.tuples(st.sampled_from(places(GOOD)), values), min_size=1, max_size=3))
def test_whatever_a_record_holds_it_is_read_or_refused_in_a_sentence(changes: list[tuple]) -> None:
    record: Any = copy.deepcopy(GOOD)
    for path, value in changes:
        place = record
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change took the place away
    try:
        recipe = loads(json.dumps(record))
    except RecipeError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert loads(dumps(recipe)).rois == recipe.rois
