"""Recipes as the window, the command line and Python use them: read, fitted onto an image, carried out, described."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import maskeditor.ops
from maskeditor.core.errors import GIVE_RECIPE, RecipeError, ReplayError
from maskeditor.core.fingerprints import recorded_in, why_not_compared
from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.as_script import joined
from maskeditor.core.operation.intensity_range import Ranged
from maskeditor.core.operation.scene import no_other_roi
from maskeditor.core.recipe.onto_another_image import Bound, bound_steps, fitted, source_geometry
from maskeditor.core.recipe.recipe import Recipe, frames_looked_at, steps_of
from maskeditor.core.recipe.recipe_json import FORMAT, loads
from maskeditor.core.recipe.replay import replay
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume, check_frame
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.io.open import open_mask
from maskeditor.io.provenance import apart, read_text, sidecar_path, source_matches
from maskeditor.io.targets import target
from maskeditor.model.numbers_in_words import in_number
from maskeditor.model.source import Origin

assert maskeditor.ops  # fills the register


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from a recipe file, a mask's sidecar, or a mask that carries its recipe.

    Raises
    ------
    RecipeError
        If there is none in it.
    FileError
        If it cannot be read.
    """
    if formats.is_image_name(path):
        carried = formats.comment_in(path)
        # Other programs leave comments of their own there.
        if carried is None or FORMAT.encode() not in carried:
            raise RecipeError(f"{path.name} carries no recipe; {GIVE_RECIPE}.")
        text = carried.decode(errors="replace")
    else:
        text = read_text(path)
    try:
        return loads(text)
    except RecipeError as error:
        raise RecipeError(f"{path.name}: {error}") from None


def recipe_and_doubts(path: Path) -> tuple[Recipe, tuple[str, ...]]:
    """Read a recipe that is to be used, and a sentence for each thing that is doubtful about its file.

    Raises
    ------
    RecipeError, FileError
        As `read_recipe`.
    """
    return read_recipe(path), doubts_of_carried(path)


def doubts_of_carried(path: Path) -> tuple[str, ...]:
    """Return a sentence for each recipe in a mask's file, or beside it, that records another mask; else nothing.

    Of what is no mask, or cannot be opened as one, there is nothing to compare.
    """
    if not formats.is_image_name(path):
        return ()
    try:
        opened = open_mask(path)
    except MaskEditorError:
        return ()
    masks = list(opened.labels.values())
    return apart(Path(os.path.realpath(path)), masks[0], opened.extension) if len(masks) == 1 else ()


def recipe_target(path: Path) -> Path:
    """Return the file that a recipe is written to under a name: itself, or the recipe that a symbolic link leads to.

    Raises
    ------
    FileError
        If it is a link to nothing, or to what is no recipe, or is no file.
    """
    return target(path, "a recipe", _is_recipe)


def _is_recipe(path: Path) -> bool:
    try:
        read_recipe(path)
    except MaskEditorError:
        return False
    return True


def bound_elsewhere(recipe: Recipe, volume: Volume) -> tuple[str, ...]:
    """Return the steps that belong to another image than this one, such as "step 3 (Brush 12 points, 3 mm disc)".

    Empty if there are none, if the recipe was made on this very image, or if it has none. Takes a while on a big
    image whose grid is the recipe's.
    """
    bound = bound_steps(recipe)
    return _titles(recipe, bound) if bound and made_elsewhere(recipe, volume) else ()


def absolute_elsewhere(recipe: Recipe, source: Origin) -> tuple[str, ...]:
    """Return a sentence if steps take intensities as absolute numbers that were chosen on another image.

    Nothing of a recipe that records no image. Takes a while on a big image, whose fingerprint is worked out once.

    Parameters
    ----------
    recipe : Recipe
    source : Origin
        The image that it is carried out on.
    """
    steps = steps_of(recipe.steps, recipe.target) if recipe.image is None else recipe.steps
    needed = {id(step) for step in steps}
    absolute = [
        (place, step) for place, step in enumerate(recipe.steps, 1) if id(step) in needed and _is_absolute(step)
    ]
    known = recorded_in(recipe.source)
    if not absolute or not known or source.is_known_by(known):
        return ()
    if why := why_not_compared(known):
        return (
            f"Whether the recipe was made on this image cannot be told: {why}. If it was not, look at the mask, as "
            f"absolute intensities are looked for: {joined(few(_titles(recipe, absolute)))}.",
        )
    name = str(recipe.source.get("name") or "another image")
    return (
        f"Absolute intensities of {name}, on which the recipe was made, are looked for in this image too, which may "
        f"have other units or another scaling: {joined(few(_titles(recipe, absolute)))}; look at the mask, or take "
        "percentiles or otsu instead.",
    )


def _is_absolute(step: Step) -> bool:
    """Whether a step compares the intensities of the first image with numbers."""
    made = step.operation
    of_operation = isinstance(made, Ranged) and made.has_range and not getattr(made, "image", "")
    return step.enabled and (of_operation or step.scope.has_range)


def _titles(recipe: Recipe, steps: Iterable[tuple[int, Step]]) -> tuple[str, ...]:
    return tuple(f"step {place} ({step.title_with(recipe.names)})" for place, step in steps)


def made_elsewhere(recipe: Recipe, volume: Volume) -> bool:
    """Whether a recipe was made on another image, as far as it records on which; may take a while on a big image."""
    grid = source_geometry(recipe)
    if grid is not None and not grid.same_as(volume.geometry):
        return True
    known = recorded_in(recipe.source)
    return known != "" and not source_matches(known, volume)


def why_untold(recipe: Recipe, volume: Volume) -> str:
    """Return why it cannot be told whether a recipe was made on an image, as the end of a sentence; "" where it can."""
    grid = source_geometry(recipe)
    is_elsewhere = grid is not None and not grid.same_as(volume.geometry)
    return "" if is_elsewhere else why_not_compared(recorded_in(recipe.source))


def few(titles: Sequence[str], most: int = 8) -> tuple[str, ...]:
    """Return titles to be shown, of many the first and how many more there are."""
    return tuple(titles) if len(titles) <= most else (*titles[: most - 1], f"{len(titles) - most + 1} more")


def check_ahead(recipe: Recipe, bound: Bound, ways: str, geometry: Geometry, frames: int, name: str) -> None:
    """Raise what `carry_out` would, as far as the header of an image shows it: before any voxel is read.

    Parameters
    ----------
    recipe, bound, ways
        As for `carry_out`.
    geometry : Geometry
        Of the image.
    frames : int
        How many volumes it has.
    name : str
        What it is called.
    """
    grid = source_geometry(recipe)
    if grid is not None and not grid.same_as(geometry):
        if bound is Bound.REFUSE and (elsewhere := _titles(recipe, bound_steps(recipe))):
            raise _made_elsewhere(elsewhere, ways)
        recipe = fitted(recipe, geometry, bound)
    _check_steps(recipe, geometry, frames, name)


def _check_steps(recipe: Recipe, geometry: Geometry, frames: int, name: str) -> None:
    rois = recipe.names
    for place, step in enumerate(recipe.steps, 1):
        try:
            if step.enabled:
                _check_step(step, rois, geometry, frames, name)
        except MaskEditorError as error:
            if len(recipe.steps) == 1:
                raise
            raise ReplayError(
                f"Step {place} ({step.title_with(rois)}) could not be carried out: {error} Nothing was changed."
            ) from error


def _check_step(step: Step, rois: Mapping[str, str], geometry: Geometry, frames: int, name: str) -> None:
    for roi in sorted(step.references):
        if roi not in rois:
            others = (name for id, name in sorted(rois.items()) if id != step.roi)
            raise RecipeError(no_other_roi(rois.get(roi, roi), others))
    for frame in frames_looked_at((step,)) or ():
        check_frame(frame, frames, name)
    step.operation.check_grid(geometry)


def carry_out(document: Document, recipe: Recipe, bound: Bound, ways: str, progress: Progress | None = None) -> str:
    """Carry out a recipe on a document, after the steps that it has, as one move.

    Parameters
    ----------
    document : Document
    recipe : Recipe
    bound : Bound
        What becomes of steps that belong to another image, on which the recipe was made.
    ways : str
        How to choose otherwise, in the words of the caller, where they are refused.
    progress : Progress, optional

    Returns
    -------
    str
        The id of the ROI that is the result.

    Raises
    ------
    RecipeError
        If steps belong to another image, and they are neither to be kept nor to be left out.
    ReplayError
        If a step cannot be carried out; the masks are as they were.
    """
    volume = document.volume
    recipe = onto(recipe, volume, bound, ways)
    _check_steps(recipe, volume.geometry, volume.frames, volume.name)
    return replay(document, recipe, progress)


def onto(recipe: Recipe, volume: Volume, bound: Bound, ways: str) -> Recipe:
    """Return a recipe as it is carried out on an image: what belongs to another one is kept in its place, or left out.

    Raises
    ------
    RecipeError
        If steps belong to another image, and they are neither to be kept nor to be left out.
    """
    elsewhere = bound_elsewhere(recipe, volume)
    if elsewhere and bound is Bound.REFUSE:
        raise _made_elsewhere(elsewhere, ways, why_untold(recipe, volume))
    return fitted(recipe, volume.geometry, bound) if elsewhere else recipe


def _made_elsewhere(steps: tuple[str, ...], ways: str, untold: str = "") -> RecipeError:
    if untold:
        return RecipeError(
            f"Whether the recipe was made on this image, to which {joined(few(steps))} would belong, cannot be told: "
            f"{untold}; {ways}."
        )
    return RecipeError(
        f"The recipe was made on another image, to which {joined(few(steps))} belong{'s' * (len(steps) == 1)}; {ways}."
    )


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


def carried(path: Path, source: Origin) -> Carried | None:
    """Return the recipe in a mask's file or in the sidecar beside it; None without one that can be read.

    Takes a while on a big image, whose fingerprint is worked out once.
    """
    recipe = recipe_with(path)
    return Carried(recipe, source.is_known_by(recorded_in(recipe.source))) if recipe is not None else None


def recipe_with(path: Path) -> Recipe | None:
    """Return the steps that made a mask, from its file or from the sidecar beside it; None where there are none."""
    if not formats.is_image_name(path):
        return None
    # Of a link, the sidecar is beside what it leads to.
    for where in dict.fromkeys((path, sidecar_path(Path(os.path.realpath(path))), sidecar_path(path))):
        try:
            recipe = read_recipe(where)
        except MaskEditorError:
            continue
        if recipe.steps and recipe.image is None:
            return recipe
    return None


def mask_type(recipe: Recipe) -> str:
    """Return the BIDS "Type" of a recipe's mask: "Brain" where a brain mask was made last, else "ROI".

    What only changes a mask, such as an opening, leaves it what it was.

    Examples
    --------
    >>> import maskeditor.ops
    >>> from maskeditor.core.operation.declaration import from_text
    >>> from maskeditor.core.recipe.recipe import of_operations
    >>> lines = ("threshold lower=3", "epi_mask", "dilation")
    >>> mask_type(of_operations(Step(from_text(line), "roi1") for line in lines))
    'Brain'
    """
    for step in reversed(recipe.steps):
        if step.roi == recipe.target and step.enabled and _makes_anew(step):
            return "Brain" if _makes_brain(step) else "ROI"
    return "ROI"


def _makes_anew(step: Step) -> bool:
    return getattr(step.operation, "combine", "") == "replace" or step.operation.id == "clear"


def _makes_brain(step: Step) -> bool:
    if step.operation.id == "template_mask":
        return getattr(step.operation, "mask_type", "") == "whole-brain"
    return step.operation.id in ("epi_mask", "background_mask")


def by_hand(recipe: Recipe) -> str:
    """Return what a hand made of a mask, in a sentence: brush, polygon, a mask from elsewhere; "" for nothing.

    Examples
    --------
    >>> import maskeditor.ops
    >>> from maskeditor.core.operation.declaration import make
    >>> from maskeditor.core.recipe.recipe import of_operations
    >>> stroke = make("paint", {"points": [(0, 0, 0)], "radius": 2.0})
    >>> by_hand(of_operations(Step(operation, "roi1") for operation in (make("invert", {}), stroke, stroke)))
    'A hand took part in 2 of 3 steps: Paint (2).'
    """
    steps = [step for step in recipe.steps if step.enabled]
    made = Counter(type(step.operation).title for step in steps if step.operation.by_tool)
    if not made:
        return ""
    kinds = ", ".join(f"{title} ({count})" for title, count in made.items())
    return f"A hand took part in {made.total()} of {in_number(len(steps), 'step')}: {kinds}."
