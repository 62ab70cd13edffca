"""Every general check, over every operation in the register: a new operation is checked by being there.

Examples of an operation are what it suggests for a scene, and that with each choice, flag and count changed in turn.
Operations that a mouse tool or a file makes suggest nothing and have their examples here. A check that cannot hold for
an operation names it in `EXCEPT`, with the reason; each other one really runs it, on one example at least.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from maskeditor.core.errors import OperationError, ParameterError
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import apply
from maskeditor.core.operation.declaration import Operation, find, from_json, from_text, make, operations
from maskeditor.core.operation.parameters import Kind, Parameter, Role, Unit
from maskeditor.core.operation.scene import Scene
from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.volume import Volume
from maskeditor.engine import (
    ball,
    bits,
    histograms,
    in_range,
    mean_over_time,
    morphology,
    over_time,
    parallel,
    resampling,
    smoothing,
    widest_gap,
)
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box, bounding_box
from maskeditor.engine.components import by_flood, by_runs, by_voxels, runs
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io.outside import OUTSIDE
from maskeditor.ops import gradient_magnitude, template_mask
from tests import phantoms
from tests.ops.common import result_of

#: All that is declared; and of these what changes masks. (What makes images: `test_battery_of_images.py`.)
DECLARED = [operation.id for operation in operations()]
IDS = [operation.id for operation in operations() if not operation.makes_image]

# Bringing the template onto a grid takes seconds; here it is done once for each.
_templates: dict[Any, Any] = {}
_resampled = template_mask._resampled


def _template(mask_type: str, scene: Scene, progress: Progress) -> Any:
    key = (mask_type, scene.geometry.shape, scene.geometry.affine.tobytes())
    if key not in _templates:
        _templates[key] = _resampled(mask_type, scene, progress)
    return _templates[key]


@pytest.fixture(autouse=True)
def _templates_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_mask, "_resampled", _template)


#: Voxels that a path goes through; off the middle between voxels, where rounding has no preference.
PATH = np.array([[3.1, 2.2, 4.1], [9.2, 7.3, 3.9], [6.4, 10.2, 5.2]])


def _paint(scene: Scene) -> Operation:
    points = scene.geometry.to_world(PATH * np.array(scene.geometry.shape) / (13, 12, 11))
    return find("paint")(points=points.tolist())


def _adaptive(scene: Scene) -> Operation:
    return find("adaptive_paint")(points=_paint(scene).points, radius=3.2, shape="sphere", tolerance=60.0)  # type: ignore[attr-defined]


def _import(scene: Scene) -> Operation:
    mask = phantoms.blobs(scene.geometry.shape, seed=8)
    return find("import_mask").of(mask, "hand.nii", "0" * 64)  # type: ignore[attr-defined]


def _polygon(scene: Scene) -> Operation:
    # All corners in the slice of the first, whatever way the axes run.
    around = scene.geometry.to_voxel(_paint(scene).points)  # type: ignore[attr-defined]
    around[:, scene.geometry.axis_of(Plane.AXIAL)] = around[0, scene.geometry.axis_of(Plane.AXIAL)]
    return find("polygon")(points=scene.geometry.to_world(around).tolist())


def _cut(scene: Scene) -> Operation:
    return find("cut_by_plane")(points=_paint(scene).points)  # type: ignore[attr-defined]


def _live_wire(scene: Scene) -> Operation:
    return find("live_wire")(points=_polygon(scene).points)  # type: ignore[attr-defined]


def _grow_from_seeds(scene: Scene) -> Operation:
    points = _paint(scene).points  # type: ignore[attr-defined]
    return find("grow_from_seeds")(points=points, strokes=((1, 2.0, 1), (2, 2.0, 1), (0, 1.5, 1)))


def _compared(id: str) -> Callable[[Scene], Operation]:
    chosen = {"a": "a", "b": "b"} if id == "t_test" else {}

    def suggested(scene: Scene) -> Operation:
        labels = tuple("ab"[frame // 2 % 2] for frame in range(scene.volume.frames))
        return make(id, {"name": "compared", "conditions": labels, **chosen})

    return suggested


#: How tools and files make operations that no form makes, and what wants a table.
BY_TOOL: dict[str, Callable[[Scene], Operation]] = {
    "paint": _paint,
    "adaptive_paint": _adaptive,
    "polygon": _polygon,
    "live_wire": _live_wire,
    "cut_by_plane": _cut,
    "grow_from_seeds": _grow_from_seeds,
    "import_mask": _import,
}
BY_HAND = BY_TOOL | {id: _compared(id) for id in ("t_test", "f_test")}

#: Checks that cannot hold for an operation, and why.
EXCEPT = {
    "flip": {
        "grow_from_seeds": "of equal gradients, the first in the file is lower",
        "copy_slice": "slices are named by their numbers",
        "import_mask": "its voxels lie where they lay in the file",
    },
    "scale": {
        "template_mask": "the template has a size of its own",
        "joint_histogram_region": "a gradient is per mm",
        "grow_from_seeds": "radii stand beside the labels of strokes",
    },
    "dtype": {
        **dict.fromkeys(
            ("otsu", "automatic_threshold"), "integers are counted by level, floats in 256 bins, as scikit-image does"
        ),
        "joint_histogram_region": "the corners do not grow with the intensities",
        "median_otsu": "integers are counted by level, floats in 256 bins, as scikit-image does",
        "tissue_class": "integers are counted by level, floats in bins",
        "from_labels": "a label is a number as it is",
        "z_threshold": "z is a number as it is",
    },
    "text": dict.fromkeys(BY_TOOL, "nobody types what a tool or a file makes"),
    "slices": {
        **dict.fromkeys(
            ("fill_holes", "keep_largest", "remove_small", "select_component", "region_grow", "flood_fill"),
            "components go through the whole mask",
        ),
        **dict.fromkeys(
            (
                "automatic_threshold",
                "background_mask",
                "epi_mask",
                "median_otsu",
                "otsu",
                "percentiles",
                "tissue_class",
                "z_threshold",
            ),
            "the threshold is found in the whole image",
        ),
        "template_mask": "it is brought onto the whole grid first",
        "consensus": "it may keep the largest component",
        "staple": "probabilities are estimated from the whole ROIs",
        "copy_slice": "it takes a slice from elsewhere",
        "mirror": "it takes voxels from the other side",
        "interpolate_slices": "it looks for the next drawn slices",
        **dict.fromkeys(BY_TOOL.keys() - {"cut_by_plane"}, "what a tool or a file makes is not previewed on slices"),
    },
}


def suggested(id: str, scene: Scene) -> Operation:
    return BY_HAND[id](scene) if id in BY_HAND else find(id).suggest(scene)


def examples(id: str, scene: Scene) -> list[Operation]:
    """The suggested operation, and it with each choice, flag and count changed in turn."""
    first = suggested(id, scene)
    found = [first]
    for declared in first.parameters():
        value = getattr(first, declared.name)
        changed: list[Any] = []
        if declared.kind is Kind.CHOICE:
            changed = [choice for choice in declared.choices if choice != value]
        elif declared.kind is Kind.FLAG:
            changed = [not value]
        elif declared.kind is Kind.INTEGER:
            changed = [value + 1]
        elif declared.unit is Unit.MM:
            changed = [value + 2.3]
        for other in changed:
            try:
                found.append(type(first)(**(first.model_dump() | {declared.name: other})))
            except ValidationError:
                continue  # does not go with the other parameters
    return found


def outcome(operation: Operation, scene: Scene) -> BoolArray | str:
    """The whole mask after an operation, or the sentence it refuses with."""
    try:
        return result_of(operation, scene)
    except OperationError as error:
        return str(error)


def each_example(scene: Scene, ids: Iterable[str] = IDS) -> list[Any]:
    """Examples that an operation carries out on a scene; the first must be among them."""
    return [
        pytest.param(operation, id=f"{id}-{number}")
        for id in ids
        for number, operation in enumerate(examples(id, scene))
        if number == 0 or not isinstance(outcome(operation, scene), str)
    ]


def _scene(affine_name: str) -> Scene:
    """A head, and blobs with gaps, so that operations that fill gaps have something to do too."""
    image = phantoms.volume(affine_name=affine_name)
    return phantoms.scene(image, phantoms.gapped(image.geometry.shape))


PLAIN = _scene("anisotropic")


def assert_same(a: BoolArray | str, b: BoolArray | str) -> None:
    assert isinstance(a, str) == isinstance(b, str), (a, b)
    if not isinstance(a, str):
        assert np.array_equal(a, b)


# That there is something to check.


def test_every_operation_does_something_here() -> None:
    """Were an operation to change nothing on these scenes, no check would see it fail."""
    for scene in (PLAIN, _scene("oblique")):
        for id in IDS:
            made = [outcome(operation, scene) for operation in examples(id, scene)]
            assert any(not isinstance(one, str) and not np.array_equal(one, scene.mask) for one in made), id


@pytest.mark.parametrize(("check", "count"), [("flip", 28), ("scale", 28), ("dtype", 25), ("text", 27), ("slices", 10)])
def test_checks_run_on_all_operations_but_those_that_are_named(check: str, count: int) -> None:
    """And on so many of today's 30: who adds to the exceptions changes a number here."""
    assert EXCEPT.keys() == {"flip", "scale", "dtype", "text", "slices"}
    assert EXCEPT[check].keys() <= set(IDS)
    assert all(EXCEPT[check].values())
    assert len(set(IDS) - EXCEPT[check].keys()) >= count


# What is declared.


@pytest.mark.parametrize("id", DECLARED)
def test_is_declared_in_full(id: str) -> None:
    cls = find(id)
    assert id == id.lower()
    assert cls.title
    assert cls.group
    first = cls.summary_line()
    assert first.endswith(".")
    assert cls.__doc__ != Operation.__doc__
    assert len(first) <= 120
    for declared in cls.parameters():
        assert declared.title
        assert declared.description.endswith(".")
        assert declared.kind is not Kind.OTHER or declared.role is not Role.PLAIN or cls.by_tool
        if declared.kind in (Kind.INTEGER, Kind.NUMBER) and declared.unit is not Unit.INTENSITY:
            assert declared.minimum is not None or declared.above is not None
            assert declared.maximum is not None
        if declared.when:
            name, value = declared.when
            governing = next(other for other in cls.parameters() if other.name == name)
            assert set(value if isinstance(value, tuple) else (value,)) <= set(governing.choices or (True, False))


@pytest.mark.parametrize("operation", each_example(PLAIN, DECLARED))
def test_json_there_and_back(operation: Operation) -> None:
    record = json.loads(json.dumps(operation.to_json()))
    again = from_json(record)
    assert again == operation
    assert again.to_json() == operation.to_json()
    assert hash(again) == hash(operation)
    assert operation.summary()
    record["parameters"]["radios"] = 1
    with pytest.raises(ParameterError, match=f"{operation.id} has no parameter 'radios'"):
        from_json(record)


@pytest.mark.parametrize("id", DECLARED)
def test_what_there_is_one_of_stands_in_the_singular(id: str) -> None:
    """In the row of the history, and in the text of a paper."""
    told = 0
    for operation in examples(id, PLAIN):
        given = operation.to_json()["parameters"]
        of_one: list[dict[str, Any]] = [
            {declared.name: 1}
            for declared in operation.parameters()
            if declared.kind is Kind.INTEGER and declared.role is Role.PLAIN
        ]
        if "strokes" in given:
            of_one.append({"strokes": given["strokes"][:1], "points": given["points"][: given["strokes"][0][2]]})
        elif "points" in given:
            of_one.append({"points": given["points"][:1]})
        for changed in of_one:
            with contextlib.suppress(ParameterError, ValidationError):
                one = make(id, {**given, **changed})
                for text in (one.summary(), one.methods()):
                    assert not re.search(r"\b1 (?!(has|is|was)\b)[a-z-]+(?<!s)s\b", text), text
                    told += bool(re.search(r"\b1\b", text))
    assert told or id not in ("background_mask", "live_wire", "median_otsu", "paint", "staple", "z_threshold")


def test_what_nobody_types_is_made_by_tools() -> None:
    assert EXCEPT["text"].keys() == {id for id in DECLARED if find(id).by_tool}


@pytest.mark.parametrize("id", [id for id in DECLARED if id not in EXCEPT["text"]])
def test_every_parameter_is_read_from_text(id: str) -> None:
    for operation in examples(id, PLAIN):
        words = [id]
        for declared in operation.parameters():
            value = getattr(operation, declared.name)
            between = ";" if declared.role is Role.REGION else ","
            text = between.join(map(str, value)) if isinstance(value, tuple) else str(value)
            words.append(f"{declared.name}={text!r}" if " " in text or not text else f"{declared.name}={text}")
        assert from_text(" ".join(words)) == operation


@pytest.mark.parametrize("id", DECLARED)
def test_defaults_are_the_classes_own(id: str) -> None:
    operation = suggested(id, PLAIN)
    required = {one.name: getattr(operation, one.name) for one in operation.parameters() if one.required}
    bare = make(id, required)
    for declared in bare.parameters():
        if not declared.required:
            assert getattr(bare, declared.name) == declared.default


#: Bounds that go with no usual value of another parameter, such as an upper cutoff of 0: refused, but not as a bound.
BESIDE_ANOTHER = {("epi_mask", "lower_cutoff"), ("epi_mask", "upper_cutoff"), ("percentiles", "upper")}


def _bounds() -> list[Any]:
    return [
        pytest.param(id, declared, id=f"{id}-{declared.name}")
        for id in DECLARED
        for declared in find(id).parameters()
        if declared.kind in (Kind.INTEGER, Kind.NUMBER)
    ]


@pytest.mark.parametrize(("id", "declared"), _bounds())
def test_bounds_are_taken_and_what_lies_beyond_is_refused(id: str, declared: Parameter) -> None:
    whole = declared.kind is Kind.INTEGER
    given = suggested(id, PLAIN).model_dump()

    def refused(value: float) -> None:
        with pytest.raises(ParameterError) as caught:
            make(id, given | {declared.name: value})
        sentence = str(caught.value)
        assert sentence.startswith(f"{id}: {declared.name} is {value!r}, but must be a ")
        assert declared.wanted in sentence

    for bound, step in ((declared.minimum, -1), (declared.maximum, 1)):
        if bound is None:
            continue
        value = int(bound) if whole else float(bound)
        try:
            taken = getattr(make(id, given | {declared.name: value}), declared.name)
        except ParameterError as error:
            if (id, declared.name) not in BESIDE_ANOTHER or f"{id}: {declared.name} is" in str(error):
                raise
        else:
            assert taken == value
        refused(value + step if whole else value + step * max(1e-9, abs(value) * 1e-9))
    if declared.above is not None:
        refused(int(declared.above) if whole else float(declared.above))
    for nonsense in (float("nan"), float("inf")):
        with pytest.raises(ParameterError):
            make(id, given | {declared.name: nonsense})


# What it does.


@pytest.mark.parametrize("operation", each_example(PLAIN))
def test_is_pure(operation: Operation) -> None:
    scene = _scene("anisotropic")
    before = [scene.mask.copy(), scene.volume.stored.copy(), scene.others["other"].copy()]
    seen: list[float] = []
    patch = operation.apply(scene, Progress(seen.append))
    after = [scene.mask, scene.volume.stored, scene.others["other"]]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    assert seen == sorted(seen)
    assert seen
    assert seen[-1] <= 1.0
    if patch is not None:
        assert patch.data.flags.f_contiguous
        assert not np.shares_memory(patch.data, scene.mask)
    first = result_of(operation, scene)
    assert np.array_equal(result_of(operation, scene), first)


def _images() -> dict[str, Volume]:
    small = phantoms.head((9, 10, 8))
    holes = small.astype(np.float32)
    holes[2, 3:5, 4] = np.nan
    holes[7, 7, :2] = np.inf, -np.inf
    return {
        "one slice": phantoms.volume(phantoms.head((9, 10, 1))),
        "one row": phantoms.volume(phantoms.head((1, 10, 1))),
        "one voxel": phantoms.volume(phantoms.head((1, 1, 1))),
        "series": phantoms.series(3),
        "scaled series": phantoms.volume(phantoms.series(3).stored, slope=0.3, intercept=-20.0),
        "not finite": phantoms.volume(holes),
        "nothing finite": phantoms.volume(np.full((4, 5, 3), np.nan, np.float32)),
        "constant": phantoms.volume(np.full((4, 5, 3), 7, np.uint8)),
        "small numbers": phantoms.volume(small.astype(np.float64) * 1e-30),
        "far from 0": phantoms.volume(small.astype(np.float64) * 2 + 2.0**54),
        # Neighbours that share a float64.
        "int64": phantoms.volume(np.int64(-(2**63)) + small.astype(np.int64)),
        "int64 of both signs": phantoms.volume((small.astype(np.int64) - 350) * (2**53 // 8 + 1)),
        "uint64": phantoms.volume(np.uint64(2**64 - 1) - small.astype(np.uint64)),
        "uint64 series": phantoms.volume(np.uint64(2**63 - 400) + phantoms.series(2).stored.astype(np.uint64)),
    }


@pytest.mark.parametrize("image", _images().values(), ids=_images().keys())
@pytest.mark.parametrize("kind", ["blobs", "empty", "full"])
def test_odd_images_and_masks(image: Volume, kind: str) -> None:
    shape = image.geometry.shape
    masks = {"blobs": phantoms.blobs(shape), "empty": np.zeros(shape, bool), "full": np.ones(shape, bool)}
    scene = phantoms.scene(image, masks[kind], others={"other": np.ones(shape, bool, order="F")})
    refused = set(IDS)
    for id in IDS:
        for operation in examples(id, scene):
            # Either a mask or one sentence; never another error, never a warning.
            made = outcome(operation, scene)
            if isinstance(made, str):
                assert made.endswith("."), id
                assert ";" in made, id  # what is wrong; what to do
            else:
                refused.discard(id)
    # An image without contrast, and a mask without a component, leave these nothing to find; a series is no atlas.
    assert refused <= {
        "otsu", "automatic_threshold", "tissue_class", "median_otsu", "epi_mask", "select_component", "from_labels"
    }  # fmt: skip
    assert len(refused) <= 5


def moved(scene: Scene, order: tuple[int, ...], flips: tuple[int, ...]) -> tuple[Scene, Callable[[Any], Any]]:
    """The same scene in space, its axes permuted and flipped; and how a voxel's indices change."""

    def turned(array: np.ndarray) -> np.ndarray:
        return np.asfortranarray(np.flip(array.transpose(*order, *range(3, array.ndim)), flips))

    # New index n of each voxel: old index along order[axis], counted from the other end if flipped.
    matrix = np.zeros((4, 4))
    matrix[3, 3] = 1
    shape = scene.geometry.shape
    for axis, old in enumerate(order):
        matrix[old, axis] = -1 if axis in flips else 1
        matrix[old, 3] = shape[old] - 1 if axis in flips else 0
    volume = scene.volume
    geometry = Geometry(tuple(shape[old] for old in order), volume.geometry.affine @ matrix)

    def voxel(point: Any) -> Any:
        new = np.linalg.inv(matrix) @ [*point, 1]
        return tuple(np.rint(new[:3]).astype(int).tolist())

    again = phantoms.scene(
        Volume(turned(volume.stored), geometry, volume.slope, volume.intercept),
        turned(scene.mask),
        others={id: turned(mask) for id, mask in scene.others.items()},
    )
    return again, voxel


@pytest.mark.parametrize(
    "operation", [one for one in each_example(_scene("oblique")) if one.values[0].id not in EXCEPT["flip"]]
)
@pytest.mark.parametrize(
    ("order", "flips"), [((0, 1, 2), (0,)), ((0, 1, 2), (1, 2)), ((2, 0, 1), ()), ((1, 0, 2), (2,))]
)
def test_flips_and_permutations_commute(operation: Operation, order: tuple[int, ...], flips: tuple[int, ...]) -> None:
    scene = _scene("oblique")
    other, voxel = moved(scene, order, flips)
    points = [one.name for one in operation.parameters() if one.role is Role.VOXEL]
    turned = operation.model_copy(update={name: voxel(getattr(operation, name)) for name in points})
    made = result_of(operation, scene)
    expected = np.flip(made.transpose(order), flips)
    assert np.array_equal(result_of(turned, other), expected)


@pytest.mark.parametrize("operation", [one for one in each_example(PLAIN) if one.values[0].id not in EXCEPT["scale"]])
def test_twice_the_millimetres_select_the_same_voxels(operation: Operation) -> None:
    scene = PLAIN
    grid = scene.geometry
    twice = Geometry(grid.shape, np.diag([2, 2, 2, 1.0]) @ grid.affine)
    changes: dict[str, Any] = {
        one.name: 2 * getattr(operation, one.name) for one in operation.parameters() if one.unit is Unit.MM
    }
    if getattr(operation, "unit", "") == "mL":
        changes["below"] = 8 * operation.below  # type: ignore[attr-defined]
    if hasattr(operation, "points"):
        changes["points"] = tuple(tuple(2 * x for x in point) for point in operation.points)  # type: ignore[attr-defined]
    again = phantoms.scene(Volume(scene.volume.stored, twice), scene.mask, others=dict(scene.others))
    assert np.array_equal(result_of(operation.model_copy(update=changes), again), result_of(operation, scene))


@pytest.mark.parametrize("id", [id for id in IDS if id not in EXCEPT["dtype"]])
@pytest.mark.parametrize(
    ("dtype", "factor"),
    [
        *((dtype, 1) for dtype in (np.uint16, np.int32, np.int64, np.uint64, np.float32, np.float64)),
        *((dtype, 2**53) for dtype in (np.int64, np.uint64, np.float64)),
    ],
)
def test_types_agree(id: str, dtype: type, factor: int) -> None:
    made = []
    values = PLAIN.volume.stored.astype(dtype) * dtype(factor)
    for operation in examples(id, PLAIN):
        image = phantoms.volume(values, "anisotropic")
        bounds = [one.name for one in operation.parameters() if one.unit is Unit.INTENSITY]
        larger = {name: getattr(operation, name) * factor for name in bounds if getattr(operation, name) is not None}
        scene = phantoms.scene(image, PLAIN.mask, others=dict(PLAIN.others))
        made.append(outcome(operation.model_copy(update=larger), scene))
        assert_same(made[-1], outcome(operation, PLAIN))
    assert not all(isinstance(one, str) for one in made)


#: How much is handled at a time, so small that nothing here fits into one piece; in every module that reads it.
SMALL = {
    (in_range, "CHUNK"): 400, (in_range, "COMPARED"): 1024, (in_range, "BLOCK"): 16, (in_range, "LEAST_ROWS"): 1,
    (histograms, "CHUNK"): 50, (widest_gap, "CHUNK"): 50, (widest_gap, "BLOCK"): 16, (widest_gap, "FEW"): 10,
    (smoothing, "BLOCK"): 200, (smoothing, "LEAST"): 50, (smoothing, "PLANES"): 2,
    (mean_over_time, "CHUNK"): 20, (mean_over_time, "CHUNK_VOXELS"): 100, (resampling, "LEAST"): 1,
    (over_time, "CHUNK"): 7, (over_time, "LEAST"): 20, (gradient_magnitude, "PLANES"): 1,
    (bits, "PACKED_CHUNK"): 50, (bits, "UNPACKED_CHUNK"): 50, (bits, "PLACED_CHUNK"): 50, (bits, "LEAST_WRITTEN"): 50,
    (morphology, "TILE_BYTES"): 64, (morphology, "LEAST_VOXELS"): 1, (morphology, "LEAST_PLANES"): 1,
    (ball, "TILE_BYTES"): 64, (runs, "CHUNK"): 30, (runs, "LEAST"): 60, (by_runs, "CHUNK"): 30,
    (by_runs, "CHUNK_VOXELS"): 300, (by_runs, "FILLED"): 20, (by_flood, "CHUNK_VOXELS"): 300,
    (by_voxels, "LABELLED"): 300, (by_voxels, "FEWER"): 100,
    (parallel, "processors"): lambda: 3,
}  # fmt: skip


@pytest.mark.parametrize("id", IDS)
def test_small_pieces_make_the_same_mask(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    series = phantoms.series(3)
    holes = PLAIN.volume.stored.astype(np.float32)
    holes[2, 3:5, 4] = np.nan
    images = [PLAIN.volume, series, phantoms.volume(holes, "anisotropic"), phantoms.volume(holes.T.copy().T, "flipped")]
    scenes = [lambda image=image: phantoms.scene(image, phantoms.gapped(image.geometry.shape)) for image in images]
    some = [examples(id, scene()) for scene in scenes]
    wanted = [[outcome(one, scene()) for one in here] for here, scene in zip(some, scenes, strict=True)]
    for (module, name), value in SMALL.items():
        monkeypatch.setattr(module, name, value)
    for here, scene, there in zip(some, scenes, wanted, strict=True):
        again = scene()
        for _ in range(2):  # and once more, from what was kept
            for one, made in zip(here, there, strict=True):
                assert_same(outcome(one, again), made)


def test_what_may_look_anywhere_is_named() -> None:
    """Nothing is kept in the scene, from which an operation could know what lies elsewhere: no smoothed image."""
    scene = _scene("anisotropic")
    operations = [one.values[0] for one in each_example(PLAIN)]
    everywhere = [one.id for one in operations if not getattr(one, "fwhm", 0) and one.reach(scene) is None]
    assert set(everywhere) == EXCEPT["slices"].keys()


@pytest.mark.parametrize("operation", [one for one in each_example(PLAIN) if one.values[0].id not in EXCEPT["slices"]])
def test_slices_worked_out_alone_are_the_same(operation: Operation) -> None:
    scene = PLAIN
    reach = operation.reach(scene)
    assert reach is not None
    made = result_of(operation, scene)
    for axis, index in itertools.product(range(3), (0, 5)):
        start, stop, margin = [0, 0, 0], list(scene.geometry.shape), [0, 0, 0]
        start[axis], stop[axis], margin[axis] = index, index + 1, reach[axis]
        slab = Box(tuple(start), tuple(stop))  # type: ignore[arg-type]
        box = slab.grown(tuple(margin), scene.geometry.shape)  # type: ignore[arg-type]
        alone = result_of(operation, scene.cropped(box))
        assert np.array_equal(alone[slab.within(box).slices], made[slab.slices])


@pytest.mark.parametrize(
    "operation", each_example(PLAIN, [id for id in IDS if id not in EXCEPT["slices"] or id == "fill_holes"])
)
def test_a_scope_of_slices_leaves_the_rest_out(operation: Operation) -> None:
    """However little is worked out for it, it is what the whole would be in these slices."""
    scene, axis = PLAIN, len(operation.summary()) % 3
    whole, places = result_of(operation, scene), np.indices(scene.mask.shape)[axis]
    for first, last in ((3, 4), (0, 0), (7, 99), (99, 99)):
        scope = Scope(axis=axis, first=first, last=last)  # type: ignore[arg-type]
        patch = apply(operation, scope, scene, Progress())
        made = scene.mask.copy()
        if patch is not None:
            made[patch.box.slices] = patch.data
        assert np.array_equal(made, np.where((first <= places) & (places <= last), whole, scene.mask))


# What the document makes of it.


def _document() -> tuple[Document, str]:
    document = Document(phantoms.volume(affine_name="anisotropic"), outside=OUTSIDE)
    other = document.rois[0].id if document.rois else document.add_roi("other").id
    roi = document.add_roi("edited").id
    shape = document.geometry.shape
    blobs = find("import_mask")
    document.do(blobs.of(phantoms.blobs(shape, seed=5), "other.nii", "0" * 64), other)  # type: ignore[attr-defined]
    document.do(blobs.of(phantoms.gapped(shape), "edited.nii", "0" * 64), roi)  # type: ignore[attr-defined]
    return document, roi


def _in_document(document: Document, roi: str) -> Scene:
    others = {one.id: document.mask(one.id)[...] for one in document.rois if one.id != roi}
    mask = document.mask(roi)[...]
    return Scene(document.volume, mask, bounding_box(mask), others, outside=document.outside)


@pytest.mark.parametrize("id", IDS)
def test_undo_and_redo(id: str) -> None:
    document, roi = _document()
    undone = 0
    for operation in examples(id, _in_document(document, roi)):
        before = document.mask(roi)[...]
        wanted = outcome(operation, _in_document(document, roi))
        if isinstance(wanted, str):
            continue
        document.do(operation, roi)
        assert np.array_equal(document.mask(roi)[...], wanted)
        if np.array_equal(wanted, before):
            continue  # no step was made
        document.undo()
        assert np.array_equal(document.mask(roi)[...], before)
        document.redo()
        assert np.array_equal(document.mask(roi)[...], wanted)
        document.undo()
        undone += 1
    assert undone


@pytest.mark.parametrize("id", IDS)
def test_the_extent_holds_every_voxel(id: str) -> None:
    document, roi = _document()
    examples_here = examples(id, _in_document(document, roi))
    for operation in [*examples_here, make("paint", {"points": [(3, 3, 9)], "radius": 3.5, "mode": "erase"})]:
        with contextlib.suppress(OperationError):
            document.do(operation, roi)
        for go in (None, document.undo, document.redo):
            if go is not None:
                go()
            loose, tight = document.extent(roi), bounding_box(document.mask(roi)[...])
            assert (loose is None) == (tight is None)
            assert tight is None or tight.union(loose) == loose
            assert document.voxels(roi) == document.mask(roi)[...].sum()


@pytest.mark.parametrize("id", IDS)
def test_what_is_kept_for_one_is_not_taken_for_another(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results that are kept for the next time belong to the image and to the parameters they were made with."""
    # Extremes of so few values decide something here.
    monkeypatch.setattr(in_range, "BLOCK", 4)
    monkeypatch.setattr(in_range, "COMPARED", 256)
    image = phantoms.volume(phantoms.series(3).stored, "anisotropic")
    other = phantoms.volume(phantoms.series(3).stored[::-1], "anisotropic")
    shape = image.geometry.shape

    def scene(shown: Volume) -> Scene:
        masks = {"others": {"other": phantoms.blobs(shape, seed=5)}}
        beside = other if shown is image else image
        return phantoms.scene(shown, phantoms.gapped(shape), **masks, images={"beside": beside})

    kept = scene(image)
    some = examples(id, kept)
    for operation in some[:1]:
        if "image" in type(operation).model_fields:
            some += [one.model_copy(update={"image": "beside"}) for one in some]
            some += [operation.model_copy(update={"frame": frame}) for frame in (1, (0, 1))]
    wanted = [outcome(operation, scene(image)) for operation in some]
    for turn in (some, some[::-1], some):
        for operation in turn:
            assert_same(outcome(operation, kept), wanted[some.index(operation)])
    # Another image is another, though what is kept is kept together.
    again = replace(scene(other), intermediates=kept.intermediates)
    for operation in some:
        assert_same(outcome(operation, again), outcome(operation, scene(other)))


class _CancelledAt(Progress):
    """Asks to stop as soon as so much is done."""

    def __init__(self, fraction: float) -> None:
        super().__init__(lambda done: self.cancel() if done >= fraction else None)


@pytest.mark.parametrize("id", IDS)
def test_cancelling_leaves_everything_as_it_was(id: str) -> None:
    document, roi = _document()
    operation = suggested(id, _in_document(document, roi))
    before, timeline = document.mask(roi)[...], document.timeline
    cancelled = Progress()
    cancelled.cancel()
    scene = _in_document(document, roi)
    with pytest.raises(Cancelled):
        operation.apply(scene, cancelled)
    assert np.array_equal(scene.mask, before)
    # A result half worked out must not be kept for the next time.
    for fraction in (0.1, 0.5, 0.8):
        with contextlib.suppress(Cancelled):  # a quick operation may be done before it hears
            operation.apply(scene, _CancelledAt(fraction))
    assert np.array_equal(result_of(operation, scene), result_of(operation, _in_document(document, roi)))
    assert np.array_equal(document.mask(roi)[...], before)
    assert document.timeline is timeline
