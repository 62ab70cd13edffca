"""maskeditor operations: every declaration told in full, and a schema that the recipes keep."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING

import pytest

import maskeditor.ops
from maskeditor.core.operation.declaration import Operation, operations

if TYPE_CHECKING:
    from tests.cli.conftest import Call

assert maskeditor.ops


def test_the_list_names_every_operation_with_its_sentence(call: Call) -> None:
    out = call("operations").out
    told = " ".join(out.split())
    for cls in operations():
        assert f"{cls.id} {cls.summary_line()}" in told
    groups = [line for line in out.splitlines() if not line.startswith(" ")]
    assert groups == sorted({cls.group for cls in operations()})


@pytest.mark.parametrize("cls", operations(), ids=lambda cls: cls.id)
def test_a_page_tells_every_parameter(call: Call, cls: type[Operation]) -> None:
    told = " ".join(call("operations", cls.id).out.split())
    assert " ".join(inspect.cleandoc(cls.__doc__ or "").split()) in told
    for declared in cls.parameters():
        assert f"{declared.name}=" in told
        assert f"({declared.wanted}) {declared.description}" in told


def test_a_page_as_it_looks(call: Call) -> None:
    out = call("operations", "dilation").out
    assert out.startswith("dilation: Dilation (Morphology)\n\nAdd the voxels near the mask, so that it grows.\n")
    assert "\niterations=1  (a whole number from 1 to 100)\n    " in out
    assert all(len(line) <= 100 for line in out.splitlines())


def test_a_page_tells_what_others_call_it(call: Call) -> None:
    assert "Gaussian" in " ".join(call("operations", "smooth_mask").out.split())
    assert "Gaussian" in json.loads(call("operations", "smooth_mask", "--json").out)["synonyms"]
    call("operations", "islands").failed(
        1, "There is no operation 'islands'; did you mean 'keep_largest', 'remove_small' or 'select_component'?"
    )


def test_unknown_operations(call: Call) -> None:
    call("operations", "dilatoin").failed(1, "There is no operation 'dilatoin'; did you mean 'dilation'?")


def test_the_schema_of_one(call: Call) -> None:
    schema = json.loads(call("operations", "dilation", "--json").out)
    assert {key: schema[key] for key in ("id", "title", "group", "version", "by_tool")} == {
        "id": "dilation",
        "title": "Dilation",
        "group": "Morphology",
        "version": 1,
        "by_tool": False,
    }
    iterations = schema["parameters"]["properties"]["iterations"]
    assert {key: iterations[key] for key in ("type", "default", "minimum", "maximum")} == {
        "type": "integer",
        "default": 1,
        "minimum": 1,
        "maximum": 100,
    }
    assert schema["parameters"]["additionalProperties"] is False


def test_the_schema_of_all(call: Call) -> None:
    schema = json.loads(call("operations", "--json").out)
    assert [one["id"] for one in schema["operations"]] == [cls.id for cls in operations()]
    recipe = schema["recipe"]
    assert recipe["properties"]["format"] == {"const": "maskeditor recipe"}
    steps = recipe["properties"]["steps"]["items"]["anyOf"]
    assert [step["properties"]["id"]["const"] for step in steps] == [cls.id for cls in operations()]
    for step, cls in zip(steps, operations(), strict=True):
        must = {declared.name for declared in cls.parameters() if declared.required}
        assert set(step["properties"]["parameters"].get("required", ())) == must
        assert ("parameters" in step["required"]) == bool(must)


def test_a_recipe_keeps_the_schema(call: Call) -> None:
    """The keys that recipes are written with are the schema's, and no others."""
    from maskeditor.core.history.timelines import Step
    from maskeditor.core.operation.declaration import make
    from maskeditor.core.operation.scope import Scope
    from maskeditor.core.recipe.recipe import of_operations
    from maskeditor.core.recipe.recipe_json import to_record

    recipe = json.loads(call("operations", "--json").out)["recipe"]
    step = Step(make("dilation", {}), "roi1", Scope(axis=1, last=2, inside="roi1", lower=1, upper=2), False, "n", "t")
    record = to_record(of_operations([step]))
    assert set(record) <= set(recipe["properties"])
    assert set(recipe["required"]) <= set(record)
    known = next(
        one["properties"]
        for one in recipe["properties"]["steps"]["items"]["anyOf"]
        if one["properties"]["id"] == {"const": "dilation"}
    )
    assert set(record["steps"][0]) == set(known) - {"changed"}
    assert set(record["steps"][0]["scope"]) <= set(known["scope"]["properties"])
    assert set(record["rois"][0]) == set(recipe["properties"]["rois"]["items"]["properties"])
