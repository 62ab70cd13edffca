"""Recipes keep the schema that `maskeditor operations --json` publishes: those kept here, and one of each step."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

import maskeditor.ops
from maskeditor.cli.schema import recipe_schema
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scope import Scope
from maskeditor.core.recipe.recipe_json import dumps, loads
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.io.nifti.header import Header
from maskeditor.model.session import Session
from tests.recipes import peers

assert maskeditor.ops
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "number": (int, float), "integer": (int,),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
#: What says nothing about whether a value is allowed; the last four are notes of our own, for forms.
WORDS = {"$schema", "title", "description", "default", "role", "unit", "step", "when"}


def problems(value: Any, schema: dict[str, Any], place: str = "recipe") -> list[str]:
    """Return what the schema does not allow, by the rules of JSON schema (draft 2020-12) that it uses."""
    found: list[str] = []
    rules = {key: rule for key, rule in schema.items() if key not in WORDS}
    number = isinstance(value, int | float) and not isinstance(value, bool)
    for key, rule in rules.items():
        if key == "type":
            good = isinstance(value, TYPES[rule]) and (rule in ("boolean",) or not isinstance(value, bool))
        elif key == "const":
            good = value == rule
        elif key == "enum":
            good = value in rule
        elif key == "anyOf":
            good = any(not problems(value, one, place) for one in rule)
        elif key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            compared = {"minimum": "__ge__", "maximum": "__le__", "exclusiveMinimum": "__gt__",
                        "exclusiveMaximum": "__lt__"}[key]  # fmt: skip
            good = not number or getattr(float(value), compared)(float(rule))
        elif key in ("minItems", "minLength"):
            good = not isinstance(value, list | str) or len(value) >= rule
        elif key in ("maxItems", "maxLength"):
            good = not isinstance(value, list | str) or len(value) <= rule
        elif key == "required":
            good = not isinstance(value, dict) or set(rule) <= set(value)
        elif key == "properties":
            good = True
            for name, one in rule.items():
                if isinstance(value, dict) and name in value:
                    found += problems(value[name], one, f"{place}.{name}")
        elif key == "additionalProperties":
            assert rule is False
            good = not isinstance(value, dict) or set(value) <= set(rules.get("properties", ()))
        elif key == "prefixItems":
            good = True
            for index, one in enumerate(rule[: len(value)] if isinstance(value, list) else ()):
                found += problems(value[index], one, f"{place}[{index}]")
        elif key == "items":
            good = True
            for index, one in enumerate(value if isinstance(value, list) else ()):
                found += problems(one, rule, f"{place}[{index}]")
        else:
            raise AssertionError(f"{place}: this test does not know the rule {key!r}")
        if not good:
            found.append(f"{place} breaks {key}")
    return found


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return recipe_schema()


@pytest.mark.parametrize("path", sorted(peers.FOLDER.glob("*/recipe.json")), ids=lambda path: path.parent.name)
def test_kept_recipes_keep_it_and_load_for_ever(path: Any, schema: dict[str, Any]) -> None:
    text = path.read_text(encoding="utf-8")
    assert problems(json.loads(text), schema) == []
    recipe = loads(text)
    assert recipe.steps
    # What is read is written as this version writes it.
    again = dumps(recipe)
    assert problems(json.loads(again), schema) == []
    assert [step.operation for step in loads(again).steps] == [step.operation for step in recipe.steps]


def test_every_version_of_the_format_is_kept() -> None:
    from maskeditor.core.recipe.recipe_json import VERSION

    kept = {json.loads(path.read_text())["version"] for path in peers.FOLDER.glob("*/recipe.json")}
    assert kept == set(range(1, VERSION + 1))


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """A recipe as the window saves it, with steps of every kind."""
    data = np.asfortranarray(np.random.default_rng(1).integers(0, 100, (9, 8, 7)).astype(np.int16))
    geometry = Geometry(data.shape, np.eye(4))
    session = Session(Volume(data, geometry), Header.from_geometry(geometry))
    document = session.document
    document.add_roi("other")
    document.do(make("threshold", {"lower": 50}), "roi2")
    document.do(make("threshold", {"lower": 40, "upper": 90.5}), "roi1", Scope(axis=2, last=4, inside="roi2", lower=3))
    document.do(make("paint", {"points": ((1, 1, 1), (5, 5, 1)), "radius": 2.5}), "roi1")
    document.do(make("boolean", {"other": "roi2"}), "roi1")
    document.do(make("opening", {}), "roi1")
    document.edit(0, [step.with_(name="n", note="t", enabled=index != 2) for index, step in
                      enumerate(document.timeline)], "edit")  # fmt: skip
    return dict(json.loads(dumps(session.recipe("roi1"))))


def test_what_the_window_writes_keeps_it(written: dict[str, Any], schema: dict[str, Any]) -> None:
    assert len(written["steps"]) == 5
    assert problems(written, schema) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.update(version=0),
        lambda record: record.update(unknown=1),
        lambda record: record.pop("format"),
        lambda record: record["steps"][0].update(id="treshold"),
        lambda record: record["steps"][0]["parameters"].update(combine="join"),
        lambda record: record["steps"][0]["parameters"].update(lower="much"),
        lambda record: record["steps"][2]["parameters"].update(radius=-1),
        lambda record: record["steps"][1]["scope"].update(axis=3),
        lambda record: record["rois"][0].update(colour=[1, 2]),
        lambda record: record["units"]["opening"].update(radius="cm"),
    ],
)
def test_what_is_wrong_breaks_it(spoil: Any, written: dict[str, Any], schema: dict[str, Any]) -> None:
    record = copy.deepcopy(written)
    spoil(record)
    assert problems(record, schema)
