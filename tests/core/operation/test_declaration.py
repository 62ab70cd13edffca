"""Operations: the register, reading text and JSON, and the sentences for what is refused."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import maskeditor.ops
from maskeditor.core.errors import ParameterError, UnknownOperation
from maskeditor.core.operation import declaration as module
from maskeditor.core.operation.declaration import Operation, find, from_json, from_text, make, operation, operations
from maskeditor.core.operation.parameter_types import FrameParameter, SwitchedCount
from maskeditor.core.operation.parameters import Kind, Role, Unit, parameter
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress

assert maskeditor.ops


class Every(Operation):
    """A parameter of every kind."""

    id = "every"
    title = "Every"
    group = "Tests"
    version = 3

    flag: bool = parameter(True, title="Flag", description="A flag.")
    count: int = parameter(1, title="Count", description="A count.", ge=1, le=9)
    times: SwitchedCount = parameter(2, title="Times", description="How often.", ge=0, unit=Unit.TIMES)
    size: float = parameter(1.5, title="Size", description="A size.", gt=0, le=50, unit=Unit.MM)
    share: float | None = parameter(None, title="Share", description="A share.", ge=0)
    kind: Literal["round", "square"] = parameter("round", title="Kind", description="A kind.")
    near: Literal[6, 18, 26] = parameter(6, title="Near", description="Neighbours.")
    frame: FrameParameter = parameter("mean", title="Frame", description="A frame.", role=Role.FRAME)
    seed: tuple[int, int, int] | None = parameter(None, title="Seed", description="A voxel.", role=Role.VOXEL)
    other: str = parameter("", title="Other", description="An ROI.", role=Role.ROI)
    others: tuple[str, ...] = parameter((), title="Others", description="ROIs.", role=Role.ROIS)
    image: str = parameter("", title="Image", description="An image.", role=Role.IMAGE)

    @classmethod
    def upgrade(cls, version: int, parameters: dict[str, Any]) -> dict[str, Any]:
        assert version in (1, 2)
        return {"count": parameters["old"] + version}


class Needs(Operation):
    """Must be given a count."""

    id = "needs"
    title = "Needs"
    group = "Tests"
    count: int = parameter(title="Count", description="A count.")


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module._register, "every", Every)
    monkeypatch.setitem(module._register, "needs", Needs)


# Text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("every", {}),
        ("every flag=false count=3", {"flag": False, "count": 3}),
        ("every times=true", {"times": 1}),
        ("every times=False", {"times": 0}),
        ("every size=2 share=none", {"size": 2.0, "share": None}),
        ("every share=0.25", {"share": 0.25}),
        ("every kind=Square near=26", {"kind": "square", "near": 26}),
        ("every frame=mean", {"frame": "mean"}),
        ("every frame=3", {"frame": 3}),
        ("every frame=0-9", {"frame": (0, 9)}),
        ("every seed=1,2,3", {"seed": (1, 2, 3)}),
        ('every seed="(1, 2, 3)"', {"seed": (1, 2, 3)}),
        ("every other=roi2 others=roi2,roi3", {"other": "roi2", "others": ("roi2", "roi3")}),
        ("every others=", {"others": ()}),
        ('every image="T2 star"', {"image": "T2 star"}),
        ("every image=none", {"image": "none"}),
    ],
)
def test_a_line_of_text(text: str, expected: dict) -> None:
    assert from_text(text) == Every(**expected)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "An empty step was given; write it as ID name=value name=value."),
        ("evry", "There is no operation 'evry'; did you mean 'every'?"),
        ("every flag", "every: 'flag' is not of the form name=value."),
        ("every siz=3", "every has no parameter 'siz'; did you mean 'size'?"),
        ("every count=0", "every: count is '0', but must be a whole number from 1 to 9."),
        ("every count=2.5", "every: count is '2.5', but must be a whole number from 1 to 9."),
        ("every size=0", "every: size is '0', but must be a number above 0 and at most 50 mm."),
        ("every size=nan", "every: size is 'nan', but must be a number above 0 and at most 50 mm."),
        ("every share=-1", "every: share is '-1', but must be a number of at least 0 or none."),
        ("every flag=maybe", "every: flag is 'maybe', but must be true or false."),
        ("every kind=flat", "every: kind is 'flat', but must be one of round, square."),
        ("every near=7", "every: near is '7', but must be one of 6, 18, 26."),
        (
            "every frame=last",
            "every: frame is 'last', but must be mean, the number of a volume such as 3, or a range such as 0-9.",
        ),
        (
            "every frame=9-0",
            "every: frame is '9-0', but must be mean, the number of a volume such as 3, or a range such as 0-9.",
        ),
        ("every seed=1,2", "every: seed is '1,2', but must be a voxel, three whole numbers such as 10,20,30."),
        ("needs", "needs: count is not given, but must be a whole number."),
        (
            "every count=0 siz=3 flag=x",
            "every has no parameter 'siz'; did you mean 'size'? every: flag is 'x', but must be true or false. "
            "every: count is '0', but must be a whole number from 1 to 9.",
        ),
    ],
)
def test_what_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ParameterError) as raised:
        from_text(text)
    assert str(raised.value) == sentence


def test_an_open_quote_is_told() -> None:
    with pytest.raises(ParameterError, match=r"cannot be read .*; write it as ID name=value"):
        from_text("every kind='round")


# JSON


@given(
    st.builds(
        Every,
        flag=st.booleans(),
        count=st.integers(1, 9),
        times=st.integers(0, 99),
        size=st.floats(0, 50, exclude_min=True),
        share=st.none() | st.floats(0, 1e300),
        kind=st.sampled_from(["round", "square"]),
        near=st.sampled_from([6, 18, 26]),
        frame=st.just("mean") | st.integers(0, 99) | st.tuples(st.integers(0, 5), st.integers(5, 9)),
        seed=st.none() | st.tuples(*[st.integers(0, 99)] * 3),
        other=st.text(),
        others=st.lists(st.text()).map(tuple),
    )
)
def test_json_there_and_back(made: Every) -> None:
    import json

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(module._register, "every", Every)
        assert from_json(json.loads(json.dumps(made.to_json()))) == made


def test_an_older_version_is_upgraded() -> None:
    assert from_json({"id": "every", "version": 2, "parameters": {"old": 1}}) == Every(count=3)
    assert from_json({"id": "every", "version": 1, "parameters": {"old": 1}}) == Every(count=2)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({}, "There is no operation 'None'"),
        ({"id": "every", "version": 4}, "every is of version 4, but this program knows versions up to 3; open it"),
        (
            {"id": "every", "version": "3"},
            'every: "version" must be a whole number and "parameters" an object; correct the step.',
        ),
        ({"id": "every", "version": 3, "parameters": []}, 'every: "version" must be a whole number'),
        ({"id": "every", "version": 3, "parameters": {"frame": [None, 1]}}, "every: frame is [None, 1], but must be"),
        ({"id": "every", "version": 3, "parameters": {"frame": [1.5, 2.5]}}, "every: frame is [1.5, 2.5], but must be"),
        ({"id": "every", "version": 3, "parameters": {"frame": [1, 2, 3]}}, "every: frame is [1, 2, 3], but must be"),
        ({"id": "every", "version": 3, "parameters": {"size": float("inf")}}, "every: size is inf, but must be"),
        ({"id": "every", "version": 3, "parameters": {"id": 1}}, "every has no parameter 'id'"),
    ],
)
def test_what_is_refused_of_json(record: dict, sentence: str) -> None:
    with pytest.raises(ParameterError) as raised:
        from_json(record)
    assert str(raised.value).startswith(sentence)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*Every.model_fields, "other name"]), values), st.integers(0, 5) | values)
def test_whatever_json_holds_it_is_read_or_refused_in_a_sentence(parameters: dict, version: Any) -> None:
    record = {"id": "every", "version": version, "parameters": parameters}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(module._register, "every", Every)
        patch.setattr(Every, "upgrade", classmethod(lambda cls, version, parameters: parameters))
        try:
            made = from_json(record)
        except MaskEditorError as error:
            assert "\n" not in str(error)  # noqa: PT017
        else:
            assert isinstance(made, Every)


# The register


def test_operations_by_group_and_title() -> None:
    found = operations()
    assert [(cls.group, cls.title) for cls in found] == sorted((cls.group, cls.title) for cls in found)
    assert find("threshold").title == "Threshold"
    with pytest.raises(UnknownOperation, match="There is no operation 'treshold'; did you mean 'threshold'"):
        find("treshold")


def test_an_id_is_taken_once_and_parameters_are_explained() -> None:
    with pytest.raises(ValueError, match="Two operations have the id 'threshold'"):
        operation("threshold", title="Mine", group="Tests")(Needs)

    class Bare(Operation):
        """Says nothing of its parameter."""

        count: int = 1

    with pytest.raises(ValueError, match="bare: the parameter count needs a title and a description"):
        operation("bare", title="Bare", group="Tests")(Bare)
    assert "bare" not in module._register


def test_each_is_in_a_module_of_its_id() -> None:
    """So it is found without importing the others."""
    modules = {cls.id: cls.__module__ for cls in operations() if cls.__module__.startswith("maskeditor.")}
    assert len(modules) > 40
    assert modules == {id: f"maskeditor.ops.{id}" for id in modules}


def test_one_whose_module_is_called_otherwise_is_found_among_all(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def entered(name: str) -> None:
        asked.append(name)
        if name == "some.things":
            operation("odd_one", title="Odd one", group="Shape")(type("OddOne", (Operation,), {}))

    monkeypatch.setattr(module, "_register", {})
    monkeypatch.setattr(module, "_kept", {})
    monkeypatch.setattr(module, "import_module", entered)
    module.keep("some", ["other", "things"])
    assert asked == []
    assert find("odd_one").title == "Odd one"
    assert asked == ["some.other", "some.things"]


def entering(id: str, whose: str) -> None:
    """Enter an operation as a module does."""
    operation(id, title="Mine", group="Shape")(type("Mine", (Operation,), {"__module__": whose, "__qualname__": whose}))


@pytest.mark.parametrize("plugin_first", [False, True])
def test_a_plug_in_takes_no_id_of_one_that_is_still_to_be_imported(
    monkeypatch: pytest.MonkeyPatch, plugin_first: bool
) -> None:
    monkeypatch.setattr(module, "_register", {})
    monkeypatch.setattr(module, "_kept", {})
    monkeypatch.setattr(module, "import_module", lambda name: entering(name.split(".")[1], name))
    steps = [lambda: module.keep("some", ["mine", "other"]), lambda: entering("mine", "plugin")]
    first, second = steps[::-1] if plugin_first else steps
    first()
    with pytest.raises(ValueError, match="Two operations have the id 'mine'"):
        second()


def test_one_that_is_called_as_another_module_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_register", {})
    monkeypatch.setattr(module, "_kept", {})
    names = {"some.one": "other", "some.more": "one"}
    monkeypatch.setattr(module, "import_module", lambda name: entering(names[name], name))
    module.keep("some", ["one"])
    assert find("other").__module__ == "some.one"
    monkeypatch.setattr(module, "_register", {})
    module.keep("some", ["one", "more"])
    assert find("one").__module__ == "some.more"


def test_one_whose_module_another_thread_is_importing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is entered before what follows it in its module is there."""
    asked: list[str] = []

    def entered(name: str) -> None:
        asked.append(name)
        if len(asked) == 1:
            entering("mine", name)
            find("mine")  # as another thread does meanwhile, which the lock of the module has wait

    monkeypatch.setattr(module, "_register", {})
    monkeypatch.setattr(module, "_kept", {})
    monkeypatch.setattr(module, "import_module", entered)
    module.keep("some", ["mine"])
    find("mine")
    assert asked == ["some.mine"] * 2
    find("mine")
    assert len(asked) == 2


def test_the_declaration_as_others_read_it() -> None:
    declared = {one.name: one for one in Every.parameters()}
    assert [declared[name].kind for name in ("flag", "count", "times", "size", "share", "kind", "near", "seed")] == [
        Kind.FLAG, Kind.INTEGER, Kind.INTEGER, Kind.NUMBER, Kind.NUMBER, Kind.CHOICE, Kind.CHOICE, Kind.OTHER,
    ]  # fmt: skip
    size = declared["size"]
    assert (size.above, size.minimum, size.maximum, size.unit, size.default) == (0, None, 50, Unit.MM, 1.5)
    assert (declared["share"].optional, declared["share"].minimum) == (True, 0)
    assert (declared["kind"].choices, declared["near"].choices) == (("round", "square"), (6, 18, 26))
    assert Needs.parameters()[0].required


def test_what_it_is_called_in_the_history() -> None:
    assert Every().summary() == "Every"
    changed = Every(flag=False, size=2, frame=(0, 9), seed=(1, 2, 3))
    assert changed.summary() == "Every: not flag, size 2 mm, frame 0–9, seed 1, 2, 3"


def test_which_rois_it_looks_at() -> None:
    assert Every(other="roi2", others=("roi3", "roi2")).references() == {"roi2", "roi3"}
    assert Every().references() == frozenset()


def test_operations_cannot_be_changed_and_are_equal_by_value() -> None:
    made = make("every", {"count": 2})
    with pytest.raises(ValueError, match="frozen"):
        made.count = 3  # type: ignore[attr-defined]
    assert made == Every(count=2) != Every()


def test_what_every_operation_may_leave_out() -> None:
    volume = Volume(np.zeros((1, 1, 1)), Geometry((1, 1, 1), np.eye(4)))
    scene = Scene(volume, np.zeros((1, 1, 1), bool), None)
    assert Every.suggest(scene) == Every()
    assert Every().reach(scene) is None
    assert Every.summary_line() == "A parameter of every kind."
    assert Operation.upgrade(1, {"a": 1}) == {"a": 1}
    with pytest.raises(NotImplementedError):
        Every().apply(scene, Progress())


def test_a_parameter_given_twice_is_refused():
    with pytest.raises(ParameterError, match=r"threshold: lower is given twice \('10' and '20'\); give it once"):
        from_text("threshold lower=10 lower=20")
