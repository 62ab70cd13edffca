"""A recipe on an image that may be another than the one it was made on."""

from __future__ import annotations

from maskeditor.core.binding import bound_steps, source_geometry
from maskeditor.core.recipe import Recipe
from maskeditor.core.volume import Volume
from maskeditor.io.provenance import fingerprint


def bound_elsewhere(recipe: Recipe, volume: Volume) -> tuple[str, ...]:
    """Return the steps that belong to another image than this one, such as "step 3 (Brush 12 points, 3 mm disc)".

    Empty if there are none, if the recipe was made on this very image, or if it tells of none. Takes a while on a big
    image whose grid is the recipe's.
    """
    bound = bound_steps(recipe)
    return tuple(f"step {place} ({step.title})" for place, step in bound) if bound and _differs(recipe, volume) else ()


def _differs(recipe: Recipe, volume: Volume) -> bool:
    grid = source_geometry(recipe)
    if grid is not None and not grid.same_as(volume.geometry):
        return True
    known = recipe.source.get("sha256")
    return isinstance(known, str) and known != fingerprint(volume.stored)


def few(titles: tuple[str, ...], most: int = 8) -> tuple[str, ...]:
    """Return titles to be shown, of many the first and how many more there are."""
    return titles if len(titles) <= most else (*titles[: most - 1], f"{len(titles) - most + 1} more")
