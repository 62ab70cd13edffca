"""Steps that belong to the image they were made on (drawn, clicked, imported, by slice), and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from maskeditor.core.errors import RecipeError
from maskeditor.core.history.timelines import Step
from maskeditor.core.recipe.recipe import Recipe, steps_of
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.errors import MaskEditorError

#: No image has an axis of so many voxels; a recipe may be anybody's.
_LONGEST_AXIS = 1 << 31


class Bound(StrEnum):
    """What becomes of bound steps on another image."""

    KEEP = "keep"
    LEAVE_OUT = "leave-out"
    REFUSE = "refuse"


def bound_steps(recipe: Recipe) -> tuple[tuple[int, Step], ...]:
    """Return the steps that belong to the image of a recipe, each with its number counted from 1.

    Steps that are disabled, or that the result does not depend on, are left out.
    """
    needed = {id(step) for step in steps_of(recipe.steps, recipe.target)}
    return tuple((place, step) for place, step in enumerate(recipe.steps, 1) if id(step) in needed and _is_bound(step))


def _is_bound(step: Step) -> bool:
    return step.enabled and (step.operation.is_bound() or step.scope.is_bound)


def source_geometry(recipe: Recipe) -> Geometry | None:
    """Return the grid of the image that a recipe was made on, if it records one."""
    shape = recipe.source.get("shape")
    if not isinstance(shape, list) or any(type(length) is not int or length >= _LONGEST_AXIS for length in shape):
        return None
    try:
        return Geometry(tuple(shape[:3]), recipe.source["affine"])
    except (KeyError, TypeError, ValueError, OverflowError, MaskEditorError):
        return None


def fitted(recipe: Recipe, onto: Geometry, choice: Bound) -> Recipe:
    """Return a recipe for another image, its bound steps kept at the same place in the world or disabled.

    Parameters
    ----------
    recipe : Recipe
        Where it does not record its own grid, voxels and slices are kept by their numbers.
    onto : Geometry
        The grid of the other image.
    choice : Bound
        Keep or leave out.

    Raises
    ------
    RecipeError
        If a step has no place on the other grid.
    """
    source = source_geometry(recipe)
    bound = dict(bound_steps(recipe))

    def moved(place: int, step: Step) -> Step:
        if place not in bound:
            return step
        if choice is Bound.LEAVE_OUT:
            return step.with_(enabled=False)
        if source is None:
            return step
        try:
            return step.with_(operation=step.operation.moved(source, onto), scope=step.scope.moved(source, onto))
        except MaskEditorError as error:
            title = step.title_with(recipe.names)
            raise RecipeError(f"Step {place} ({title}) has no place on this image: {error}") from None

    return replace(recipe, steps=tuple(moved(place, step) for place, step in enumerate(recipe.steps, 1)))
