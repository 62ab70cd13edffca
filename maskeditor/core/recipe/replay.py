"""Recipes from a document, and carried out on one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Timeline
from maskeditor.core.recipe.recipe import Recipe, renamed, steps_of
from maskeditor.core.space.mask import Roi
from maskeditor.engine.progress import Progress


def recipe_of(
    document: Document,
    roi: str,
    source: Mapping[str, Any],
    result: Mapping[str, Any],
    program: str,
    timeline: Timeline | None = None,
) -> Recipe:
    """Return the recipe of one ROI of a document, by its present steps or those of another timeline."""
    steps = steps_of(document.timeline if timeline is None else timeline, roi)
    ids = {roi, *(step.roi for step in steps)}.union(*(step.references for step in steps))
    return Recipe(steps, tuple(r for r in document.rois if r.id in ids), roi, source, result, program)


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
    """Return the steps of a recipe on ROIs of their own; on the recipe's, in a document without steps."""
    if not document.present:
        return Adopted(recipe.steps, recipe.rois, recipe.target)
    drafts = document.draft_rois(roi.name for roi in recipe.rois)
    new = {roi.id: draft.id for roi, draft in zip(recipe.rois, drafts, strict=True)}
    return Adopted(tuple(renamed(step, new) for step in recipe.steps), drafts, new[recipe.target])


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
