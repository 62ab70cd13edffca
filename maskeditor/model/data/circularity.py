"""Circular analysis, found by the recipes that masks carry: see `maskeditor.core.recipe.circularity`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from maskeditor.core.recipe.circularity import circular, names_of
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.space.volume import Volume
from maskeditor.io.provenance import source_matches
from maskeditor.model.recipes import recipe_with


def circular_in(
    recipes: Sequence[Recipe], volume: Volume, conditions: Collection[str] | None = None, *, over_time: bool
) -> tuple[str, ...]:
    """Return a sentence for each way in which an image has chosen the voxels that are now measured in it.

    Takes a while on a big image whose fingerprint nobody has worked out, where there is a recipe.

    Parameters
    ----------
    recipes : sequence of Recipe
        Of the masks; of an image of labels, each counts.
    volume : Volume
        The image that is measured.
    conditions : collection of str, optional
        Under which it is measured; without them, any.
    over_time : bool
        Whether courses over time are measured, else intensities.
    """
    aims = [(recipe, roi) for recipe in recipes for roi in recipe.rois if roi.id in _results(recipe)]
    if not aims:
        return ()

    def is_its(recorded: str) -> bool:
        return source_matches(recorded, volume)

    found: dict[str, None] = {}
    for recipe, roi in aims:
        whose = f"The voxels of {roi.quoted}" if len(aims) > 1 else "The voxels"
        aim = replace(recipe, target=roi.id)
        found |= dict.fromkeys(circular(aim, names_of(aim, is_its), conditions, over_time=over_time, whose=whose))
    return tuple(found)


def _results(recipe: Recipe) -> Collection[str]:
    """Return the ids of the ROIs that a recipe makes: of an image of labels all, else its target."""
    labels = recipe.result.get("labels")
    return tuple(labels) if isinstance(labels, dict) else (recipe.target,)


def recipes_of(paths: Sequence[Path]) -> list[Recipe]:
    """Return the recipes that the files of masks carry, of those that carry one."""
    return [recipe for path in paths if (recipe := recipe_with(path)) is not None]
