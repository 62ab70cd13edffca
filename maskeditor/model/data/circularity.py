"""Circular analysis, found by the recipes that masks carry: see `maskeditor.core.recipe.circularity`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from maskeditor.core.recipe.circularity import circular
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.space.volume import Volume
from maskeditor.io.provenance import source_fingerprint
from maskeditor.model.recipes import recipe_with


def circular_in(
    recipes: Sequence[Recipe], volume: Volume, conditions: Collection[str] | None = None, *, over_time: bool
) -> tuple[str, ...]:
    """Return a sentence for each way in which an image has chosen the voxels that are now measured in it.

    Takes a while on a big image whose fingerprint nobody has worked out, where there is a recipe.

    Parameters
    ----------
    recipes : sequence of Recipe
        Of the masks; each of its ROIs counts.
    volume : Volume
        The image that is measured.
    conditions : collection of str, optional
        Under which it is measured; without them, any.
    over_time : bool
        Whether courses over time are measured, else intensities.
    """
    aims = [replace(recipe, target=roi.id) for recipe in recipes for roi in recipe.rois]
    if not aims:
        return ()
    sha256 = source_fingerprint(volume)
    found = (circular(aim, sha256, conditions, over_time=over_time) for aim in aims)
    return tuple(dict.fromkeys(sentence for sentences in found for sentence in sentences))


def recipes_of(paths: Sequence[Path]) -> list[Recipe]:
    """Return the recipes that the files of masks carry, of those that carry one."""
    return [recipe for path in paths if (recipe := recipe_with(path)) is not None]
