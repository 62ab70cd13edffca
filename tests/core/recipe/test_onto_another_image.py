"""Steps that belong to their image are told apart, and lie at the same place of the world on another grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from maskeditor.core.errors import OperationError, RecipeError
from maskeditor.core.history.prepare import apply
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import find, make, operations
from maskeditor.core.operation.scene import Scene
from maskeditor.core.operation.scope import Scope
from maskeditor.core.recipe.onto_another_image import Bound, bound_steps, fitted, source_geometry
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask import Roi
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.progress import Progress
from tests import phantoms
from tests.ops.common import result_of
from tests.ops.test_battery import examples, moved

BOUND = {
    "seed_correlation",
    "adaptive_paint",
    "paint",
    "polygon",
    "live_wire",
    "cut_by_plane",
    "import_mask",
    "select_component",
    "flood_fill",
    "region_grow",
    "copy_slice",
}
#: Also bound, but of equal gradients, the first in the file is lower: voxels between equals are not the same ones.
BY_ORDER = {"grow_from_seeds"}
TURNS = [((0, 1, 2), (0,)), ((0, 1, 2), (1, 2)), ((2, 0, 1), ()), ((1, 0, 2), (2,))]


def test_what_is_bound() -> None:
    assert {cls.id for cls in operations() if cls.is_bound()} == BOUND | BY_ORDER


@pytest.mark.parametrize("id", sorted(BOUND))
@pytest.mark.parametrize(("order", "flips"), TURNS)
def test_the_same_place_on_a_turned_grid(id: str, order: tuple[int, ...], flips: tuple[int, ...]) -> None:
    scene = phantoms.scene(phantoms.volume(affine_name="oblique"))
    other, _ = moved(scene, order, flips)
    for operation in examples(id, scene):
        try:
            made = result_of(operation, scene)
        except OperationError:
            continue
        there = result_of(operation.moved(scene.geometry, other.geometry), other)
        assert np.array_equal(there, np.flip(made.transpose(order), flips))


@pytest.mark.parametrize(("order", "flips"), TURNS)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slices_on_a_turned_grid(axis: int, order: tuple[int, ...], flips: tuple[int, ...]) -> None:
    scene = phantoms.scene(phantoms.volume(affine_name="oblique"))
    other, _ = moved(scene, order, flips)
    scope = Scope(axis=axis, first=2, last=5, lower=100)

    def inverted(scene: Scene, scope: Scope) -> BoolArray:
        patch = apply(make("invert", {}), scope, scene, Progress())
        assert patch is not None
        return patch.data

    there = inverted(other, scope.moved(scene.geometry, other.geometry))
    assert np.array_equal(there, np.flip(inverted(scene, scope).transpose(order), flips))


def test_slices_on_other_zooms() -> None:
    here = Geometry((10, 10, 20), np.diag([2.0, 2, 2, 1]))
    # 4 mm instead of 2, and begun 8 mm lower: slice 6 lies at 12 mm, slice 11 at 22 mm, between 7 and 8 there.
    there = Geometry((10, 10, 20), [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 4, -8], [0, 0, 0, 1]])
    moved = Scope(axis=2, first=6, last=10).moved(here, there)
    assert (moved.axis, moved.first, moved.last) == (2, 5, 7)
    assert Scope(lower=3).moved(here, there) == Scope(lower=3)
    assert Scope(axis=2, first=18, last=99).moved(here, there).last == 12  # 99 stood for all


def recipe() -> Recipe:
    affine = np.diag([2.0, 2, 2, 1])
    return Recipe(
        (
            Step(make("threshold", {"lower": 5}), "roi1"),
            Step(make("dilation", {}), "roi1", Scope(axis=2, first=0, last=3)),
            Step(make("select_component", {"point": (1, 2, 3)}), "roi1"),
            Step(make("select_component", {"point": (1, 2, 3)}), "roi1", enabled=False),
            Step(make("copy_slice", {"source": 4, "first": 5, "last": 5}), "unused"),
            Step(make("paint", {"points": ((1, 2, 3),)}), "roi1"),
            Step(make("smooth_mask", {}), "roi1"),
        ),
        (Roi("roi1", "mask"), Roi("unused", "unused")),
        "roi1",
        {"shape": [10, 10, 20, 7], "affine": affine.tolist(), "sha256": "0" * 64},
    )


def test_kept_or_left_out() -> None:
    wanted = recipe()
    assert [place for place, _ in bound_steps(wanted)] == [2, 3, 6]
    grid = Geometry((20, 20, 20), np.diag([1.0, 1, 2, 1]))
    kept = fitted(wanted, grid, Bound.KEEP).steps
    assert [step.enabled for step in kept] == [True, True, True, False, True, True, True]
    assert kept[2].operation.point == (2, 4, 3)  # type: ignore[attr-defined]
    assert kept[5].operation == wanted.steps[5].operation
    assert kept[0] is wanted.steps[0]
    left = fitted(wanted, grid, Bound.LEAVE_OUT).steps
    assert [step.enabled for step in left] == [True, False, False, False, True, False, True]


def test_what_has_no_place() -> None:
    grid = Geometry((10, 10, 20), [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 100], [0, 0, 0, 1]])
    with pytest.raises(RecipeError, match=r"Step 2 \(Dilation 1 × \(slices 0–3 of axis 2\)\) has no place on this im"):
        fitted(recipe(), grid, Bound.KEEP)


@pytest.mark.parametrize("source", [{}, {"shape": [1], "affine": "x"}, {"shape": 3, "affine": [[0]]}, {"shape": None}])
def test_a_recipe_that_does_not_tell_its_grid(source: dict[str, object]) -> None:
    unknown = replace(recipe(), source=source)
    assert source_geometry(unknown) is None
    grid = Geometry((20, 20, 20), np.eye(4))
    assert fitted(unknown, grid, Bound.KEEP).steps == unknown.steps


def test_an_imported_mask_is_brought_to_the_other_grid() -> None:
    mask = np.zeros((4, 4, 4), bool, order="F")
    mask[1:3, 1, 1] = True
    step = find("import_mask").of(mask, "hand.nii", "0" * 64)  # type: ignore[attr-defined]
    fine = Geometry((8, 8, 4), [[0.5, 0, 0, -0.25], [0, 0.5, 0, -0.25], [0, 0, 1, 0], [0, 0, 0, 1]])
    made = step.moved(Geometry((4, 4, 4), np.eye(4)), fine).mask()
    expected = np.zeros((8, 8, 4), bool)
    expected[2:6, 2:4, 1] = True
    assert np.array_equal(made, expected)
