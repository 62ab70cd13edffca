"""Recipes that come with a mask's file: where they belong, and what they made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maskeditor.core.errors import MaskEditorError
from maskeditor.core.prepare import Prepared, Snapshot
from maskeditor.core.recipe import Recipe
from maskeditor.core.scene import BoolArray
from maskeditor.io.nifti import is_nifti_name
from maskeditor.io.provenance import fingerprint, sidecar_path
from maskeditor.model.session import read_recipe
from maskeditor.model.source import Source


@dataclass(frozen=True)
class Carried:
    """A recipe that came with a mask.

    Parameters
    ----------
    recipe : Recipe
    from_here : bool
        Whether it was made on the open image.
    """

    recipe: Recipe
    from_here: bool

    def made(self, mask: BoolArray) -> bool:
        """Whether it made this very mask, as far as it tells."""
        return self.recipe.result.get("sha256") in (None, fingerprint(mask))


def carried(path: Path, source: Source) -> Carried | None:
    """Return the recipe in a mask's file or in the sidecar beside it; None without one that can be read.

    Takes a while on a big image, whose fingerprint is worked out once.
    """
    if not is_nifti_name(path):
        return None
    for where in (path, sidecar_path(path)):
        try:
            recipe = read_recipe(where)
        except MaskEditorError:
            continue
        if recipe.steps:
            return Carried(recipe, recipe.source.get("sha256") == source.identify())
    return None


def mask_after(prepared: Prepared, snapshot: Snapshot, roi: str) -> BoolArray:
    """Return the mask (I, J, K) of an ROI as it will be after a move."""
    if roi in prepared.masks:
        return prepared.masks[roi]
    mask = snapshot.masks[roi]
    patch = prepared.patches.get(roi)
    if patch is not None:
        mask = mask.copy(order="F")
        mask[patch.box.slices] = patch.data
    return mask
