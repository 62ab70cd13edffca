"""Corrections: steps of one image alone, carried out after those of the recipe that all images share.

Each is a recipe in a file of its own, which holds these further steps and nothing of the shared ones, so that it goes
on when the shared recipe changes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from maskeditor.core.errors import OperationError, RecipeError
from maskeditor.core.fingerprints import recorded_in, why_not_compared
from maskeditor.core.recipe.onto_another_image import Bound, source_geometry
from maskeditor.core.recipe.recipe import Recipe, renamed, steps_of
from maskeditor.core.recipe.recipe_json import dumps, step_record
from maskeditor.core.space.mask import Roi
from maskeditor.core.space.volume import Volume
from maskeditor.io.provenance import PROGRAM, described, source_matches
from maskeditor.io.save import write_text
from maskeditor.model.recipes import onto, read_recipe
from maskeditor.model.session import Session

FOLDER = "corrections"


def correction_path(out: Path, key: str) -> Path:
    """Return where the correction of an image is kept below the folder of results."""
    return out / FOLDER / f"{key}.json"


def joined_with(
    shared: Recipe, correction: Recipe | None, volume: Volume, bound: Bound, ways: str
) -> tuple[Recipe, tuple[str, ...]]:
    """Return a shared recipe as it is carried out on an image, the steps of its correction after it, and its doubts.

    Parameters
    ----------
    shared : Recipe
    correction : Recipe or None
    volume : Volume
        The image.
    bound : Bound
        What becomes of steps of the shared recipe that belong to another image. Those of the correction belong here.
    ways : str
        How to choose otherwise, as a sentence has it.

    Raises
    ------
    RecipeError
        If bound steps are refused, or the correction was made on another grid.
    """
    fitted = onto(shared, volume, bound, ways)
    if correction is None:
        return replace(fitted, source={}), ()
    grid, doubts = source_geometry(correction), tuple[str, ...]()
    if grid is not None and not grid.same_as(volume.geometry):
        differences = "; ".join(volume.geometry.differences(grid))
        raise RecipeError(
            f"Its correction was made on an image of another grid ({differences}); open it in the Cohort panel, and "
            "correct it anew."
        )
    known = recorded_in(correction.source)
    if why := why_not_compared(known):
        doubts = (f"Whether the image has changed since its correction was made cannot be told: {why}.",)
    elif known and not source_matches(known, volume):
        doubts = ("The image has changed since its correction was made; look whether the correction still fits.",)
    taken = {roi.id for roi in fitted.rois}
    new, more = {correction.target: fitted.target}, []
    for roi in correction.rois:
        if roi.id not in new:
            same = next((one.id for one in fitted.rois if one.name == roi.name), None)
            id = same or next(name for number in range(1, 1 << 20) if (name := f"roi{number}") not in taken)
            if same is None:
                more.append(replace(roi, id=id))
            taken.add(id)
            new[roi.id] = id
    steps = tuple(renamed(step, new) for step in correction.steps)
    images = {**fitted.images, **correction.images}
    whole = replace(fitted, steps=(*fitted.steps, *steps), rois=(*fitted.rois, *more), images=images, source={})
    return whole, doubts


def correction_of(session: Session, shared: Recipe, target: str) -> Recipe | None:
    """Return the steps that a session has beyond those of the shared recipe; None if it has none.

    Parameters
    ----------
    session : Session
        On which `joined_with` was carried out.
    shared : Recipe
        As it was carried out there: without the correction.
    target : str
        The id of the ROI that is the result.

    Raises
    ------
    OperationError
        If a step of the shared recipe was changed there.
    """
    document = session.document
    present, count = document.present, len(shared.steps)
    for place in range(count):
        there = present[place] if place < len(present) else None
        if there is None or _means(there) != _means(shared.steps[place]):
            raise OperationError(
                f"Step {place + 1} ({shared.steps[place].title}) of the recipe that all images share was changed here, "
                "but a correction is made of steps after them; undo that, and correct by further steps."
            )
    needed = {id(step) for step in steps_of(present, target)}
    own = tuple(step for step in present[count:] if id(step) in needed)
    if not own:
        return None
    used = {target, *(step.roi for step in own if step.roi)}.union(*(step.references for step in own))
    rois = tuple(Roi(roi.id, roi.name, roi.colour) for roi in document.rois if roi.id in used)
    return Recipe(own, rois, target, source=described(document.volume, session.name), program=PROGRAM)


def _means(step: object) -> object:
    record = step_record(step)  # type: ignore[arg-type]
    return {key: value for key, value in record.items() if key in ("id", "parameters", "roi", "scope", "enabled")}


def read_correction(path: Path) -> Recipe | None:
    """Return the correction in a file; None where there is no file.

    Raises
    ------
    RecipeError, FileError
        If it holds no recipe, or cannot be read.
    """
    return read_recipe(path) if path.is_file() else None


def keep_correction(path: Path, correction: Recipe | None) -> None:
    """Write a correction to its file, or take the file away where there is none any more.

    Raises
    ------
    FileError
        If it cannot be written; an older one is then untouched.
    """
    if correction is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, dumps(correction))
