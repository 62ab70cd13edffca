"""A recipe as W3C PROV: each step is an activity that uses what was there and makes one thing."""

from __future__ import annotations

import json

import maskeditor.ops
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import from_text
from maskeditor.core.operation.scope import Scope
from maskeditor.core.recipe.prov import to_prov
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.space.mask import Roi

assert maskeditor.ops


def test_steps_are_activities() -> None:
    lines = [
        ("smooth name=s fwhm=4", ""),
        ("threshold image=s lower=3", "roi1"),
        ("threshold image=stat lower=1", "roi2"),
        ("opening", "roi2"),
        ("boolean other=roi2 how=union", "roi1"),
    ]
    steps = tuple(Step(from_text(line), roi) for line, roi in lines)
    rois = (Roi("roi1", "brain", (1, 2, 3)), Roi("roi2", "spots", (4, 5, 6)))
    source, stat = {"name": "bold.nii.gz", "sha256": "ab"}, {"name": "tmap.nii.gz"}
    recipe = Recipe(steps, rois, "roi1", source, {"fingerprint": "blake3:cd"}, "maskeditor 9.9", {"stat": stat})
    text = to_prov(recipe)
    assert text == to_prov(recipe)
    record = json.loads(text)
    assert record["@context"].startswith("https://purl.org/nidash/bidsprov")
    (software,) = record["Records"]["Software"]
    assert (software["Label"], software["Version"]) == ("maskeditor", "9.9")
    activities, entities = record["Records"]["Activities"], record["Records"]["Entities"]
    labels = {one["Id"]: one["Label"] for one in entities}
    assert len(labels) == len(entities)
    used = [[labels[mark] for mark in one["Used"]] for one in activities]
    assert used == [
        ["bold.nii.gz"],
        ["bold.nii.gz", "s"],
        ["bold.nii.gz", "tmap.nii.gz"],
        ["bold.nii.gz", "spots"],
        ["bold.nii.gz", "brain", "spots"],
    ]
    made = [one["GeneratedBy"] for one in entities if "GeneratedBy" in one]
    assert made == [one["Id"] for one in activities]
    assert all(one["AssociatedWith"] == software["Id"] for one in activities)
    assert activities[3]["Parameters"]["id"] == "opening"
    assert (entities[0]["VoxelDigest"], entities[-1]["VoxelDigest"]) == ({"sha256": "ab"}, {"blake3": "cd"})


def test_an_activity_tells_where_its_step_was_limited() -> None:
    """By the names of ROIs, also where a person has called the step otherwise; and it is another one then."""
    rois = (Roi("roi1", "brain", (1, 2, 3)), Roi("roi2", "spots", (4, 5, 6)))
    marks = set()
    for scope, said in ((Scope(), None), (Scope(inside="roi2", lower=3), {"inside": "spots", "lower": 3.0})):
        step = Step(from_text("boolean other=roi2 how=union"), "roi1", scope, name="as we like it")
        seen = (Step(from_text("threshold lower=9"), "roi2"), step)
        activity = json.loads(to_prov(Recipe(seen, rois, "roi1", {}, {}, "", {})))["Records"]["Activities"][-1]
        assert activity["Parameters"]["parameters"]["other"] == "spots"
        assert activity["Parameters"].get("scope") == said
        marks.add(activity["Id"])
    assert len(marks) == 2
