"""Recipes from a document, and carried out on one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from maskeditor.core.errors import RecipeError
from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Timeline
from maskeditor.core.operation.as_script import joined
from maskeditor.core.operation.image_operation import ImageOperation, unlike
from maskeditor.core.recipe.recipe import Recipe, opened_images, renamed, steps_of
from maskeditor.core.space.mask import Roi
from maskeditor.engine.progress import Progress


def recipe_of(
    document: Document,
    roi: str,
    source: Mapping[str, Any],
    result: Mapping[str, Any],
    program: str,
    timeline: Timeline | None = None,
    images: Mapping[str, Mapping[str, Any]] | None = None,
) -> Recipe:
    """Return the recipe of one ROI of a document, by its present steps or those of another timeline.

    Of the further images that were opened, it tells what is known of those that the steps look at.
    """
    steps = steps_of(document.timeline if timeline is None else timeline, roi)
    ids = {roi, *(step.roi for step in steps)}.union(*(step.references for step in steps))
    opened = {name: (images or {}).get(name, {}) for name in opened_images(steps)}
    return Recipe(steps, tuple(r for r in document.rois if r.id in ids), roi, source, result, program, opened)


class Adopted(NamedTuple):
    """A recipe as it is carried out on a document.

    Parameters
    ----------
    steps : Timeline
    rois : tuple of Roi
        That the steps work on; they come with the move.
    target : str
        The id of the ROI that is the result.
    """

    steps: Timeline
    rois: tuple[Roi, ...]
    target: str


def adopt(document: Document, recipe: Recipe) -> Adopted:
    """Return the steps of a recipe on ROIs of their own; on the recipe's, in a document without steps.

    Images that they make are renamed where an image is called so already, and ROIs keep their colour unless one has it
    already.

    Raises
    ------
    RecipeError
        If they look at a further image that was not opened here.
    """
    check_images(recipe, document.images)
    if not document.present:
        return Adopted(recipe.steps, recipe.rois, recipe.target)
    taken_colours = {roi.colour for roi in document.rois}
    drafts = tuple(
        draft if roi.colour in taken_colours else replace(draft, colour=roi.colour)
        for roi, draft in zip(recipe.rois, document.draft_rois(roi.name for roi in recipe.rois), strict=True)
    )
    new = {roi.id: draft.id for roi, draft in zip(recipe.rois, drafts, strict=True)}
    opened = {*document.images, *opened_images(recipe.steps)}
    taken = {*document.image_names(document.present), *opened}
    names: dict[str, str] = {}
    for step in recipe.steps:
        if isinstance(step.operation, ImageOperation) and step.operation.name not in opened:
            taken.add(names.setdefault(step.operation.name, unlike(step.operation.name, taken)))
    target = new.get(recipe.target, document.rois[0].id)  # one that makes an image may come without
    return Adopted(tuple(renamed(step, new, names) for step in recipe.steps), drafts, target)


def check_images(recipe: Recipe, there: Iterable[str], way: str = "open each under its name") -> None:
    """Raise `RecipeError` if a recipe looks at further images that are not there.

    Parameters
    ----------
    recipe : Recipe
    there : iterable of str
        The names of those that are.
    way : str
        How to bring them in, in the words of the caller.
    """
    missing = [name for name in recipe.opened if name not in there]
    if missing:
        made = {name: recipe.images.get(name, {}).get("name") for name in missing}
        listed = joined(f"{name!r}{f' (there {made[name]})' if made[name] else ''}" for name in missing)
        several = len(missing) > 1
        raise RecipeError(
            f"The recipe looks at the further image{'s' * several} {listed}, which {'are' if several else 'is'} not "
            f"here; {way}."
        )


def replay(document: Document, recipe: Recipe, progress: Progress | None = None) -> str:
    """Carry out a recipe on a document, after the steps that it has, as one move.

    Returns
    -------
    str
        The id of the ROI that is the result.

    Raises
    ------
    ReplayError
        If a step cannot be carried out; the masks are as they were.
    """
    steps, rois, target = adopt(document, recipe)
    document.edit(len(document.present), steps, "the recipe", progress, rois)
    return target
