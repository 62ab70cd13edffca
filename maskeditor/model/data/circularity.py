"""Circular analysis, found by the recipes that masks carry: see `maskeditor.core.recipe.circularity`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from maskeditor.core.fingerprints import recorded_in, why_not_compared
from maskeditor.core.recipe.circularity import circular, names_of
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.space.volume import Volume
from maskeditor.io.provenance import source_matches
from maskeditor.model.recipes import recipe_with

#: What stands for the masks in a sentence until all are known that share it.
_WHOSE = "\0"


def circular_in(
    recipes: Sequence[Recipe], volume: Volume, conditions: Collection[str] | None = None, *, over_time: bool
) -> tuple[str, ...]:
    """Return a sentence for each way in which an image has chosen the voxels that are now measured in it.

    Masks that were chosen in the same way share one.

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

    chosen: dict[str, dict[str, None]] = {}
    for recipe, roi in aims:
        aim = replace(recipe, target=roi.id)
        for sentence in circular(aim, names_of(aim, is_its), conditions, over_time=over_time, whose=_WHOSE):
            chosen.setdefault(sentence, {})[roi.quoted] = None
    known = (recorded_in(one) for recipe in recipes for one in (recipe.source, *recipe.images.values()))
    untold = dict.fromkeys(why for one in known if (why := why_not_compared(one)))
    return (
        *(sentence.replace(_WHOSE, _whose([*names], len(aims))) for sentence, names in chosen.items()),
        *(f"Whether an image has chosen the voxels that are measured in it cannot be told: {why}." for why in untold),
    )


def _whose(names: list[str], count: int) -> str:
    """Return the voxels of some masks, of so many that are measured, in words."""
    if count == 1:
        return "The voxels"
    *others, last = names
    return f"The voxels of {', '.join(others)} and {last}" if others else f"The voxels of {last}"


def _results(recipe: Recipe) -> Collection[str]:
    """Return the ids of the ROIs that a recipe makes: of an image of labels all, else its target."""
    labels = recipe.result.get("labels")
    return tuple(labels) if isinstance(labels, dict) else (recipe.target,)


def recipes_of(paths: Sequence[Path]) -> list[Recipe]:
    """Return the recipes that the files of masks carry, of those that carry one."""
    return [recipe for path in paths if (recipe := recipe_with(path)) is not None]
