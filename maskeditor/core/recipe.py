"""Recipes: the steps that made a mask, as JSON that can be read, kept and run again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from maskeditor.core.document import Document
from maskeditor.core.errors import ParameterError, RecipeError
from maskeditor.core.history import Step, Timeline
from maskeditor.core.mask import Roi
from maskeditor.core.operation import from_json
from maskeditor.core.parameters import Role
from maskeditor.core.progress import Progress
from maskeditor.core.scope import EVERYWHERE, Scope

FORMAT = "maskeditor recipe"
VERSION = 1


@dataclass(frozen=True)
class Recipe:
    """Steps to run, and where they came from.

    Parameters
    ----------
    steps : tuple of Step
        In order; none has been worked out.
    rois : tuple of Roi
        The ROIs that the steps work on.
    target : str
        Id of the ROI that is the result.
    source, result : mapping
        What is known of the image it was made on, and of the mask that came out.
    program : str
        Name and version of the program that wrote it.
    """

    steps: Timeline
    rois: tuple[Roi, ...]
    target: str
    source: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    program: str = ""


def steps_of(timeline: Timeline, roi: str) -> Timeline:
    """Return the steps that an ROI's mask depends on: its own, and those of the ROIs these look at."""
    wanted = {roi}
    kept: list[Step] = []
    for step in reversed(timeline):
        if step.roi in wanted:
            kept.append(step)
            wanted |= step.references
    return tuple(reversed(kept))


def recipe_of(
    document: Document, roi: str, source: Mapping[str, Any], result: Mapping[str, Any], program: str
) -> Recipe:
    """Return the recipe of one ROI of a document."""
    steps = steps_of(document.timeline, roi)
    ids = {step.roi for step in steps} | {roi}
    return Recipe(steps, tuple(r for r in document.rois if r.id in ids), roi, source, result, program)


def to_record(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as what JSON can hold."""
    record = {
        "format": FORMAT,
        "version": VERSION,
        "program": recipe.program,
        "source": dict(recipe.source),
        "result": dict(recipe.result),
        "rois": [{"id": roi.id, "name": roi.name, "colour": list(roi.colour)} for roi in recipe.rois],
        "target": recipe.target,
        "steps": [_step_record(step) for step in recipe.steps],
    }
    return {key: value for key, value in record.items() if value not in ({}, "")}


def dumps(recipe: Recipe) -> str:
    """Return a recipe as JSON text."""
    return json.dumps(to_record(recipe), indent=2, ensure_ascii=False) + "\n"


def _step_record(step: Step) -> dict[str, Any]:
    record = {**step.operation.to_json(), "roi": step.roi}
    if step.scope != EVERYWHERE:
        record["scope"] = step.scope.model_dump(mode="json", exclude_defaults=True)
    if not step.enabled:
        record["enabled"] = False
    for key in ("name", "note"):
        if getattr(step, key):
            record[key] = getattr(step, key)
    if step.outcome is not None:
        delta = step.outcome.delta
        record["changed"] = {"added": delta.added if delta else 0, "removed": delta.removed if delta else 0}
    return record


def loads(text: str) -> Recipe:
    """Return a recipe from JSON text; a sidecar that carries one under "Recipe" will do too.

    Raises
    ------
    RecipeError
        If it is no recipe, is of a newer version, or holds an operation or parameter that is not known.
    """
    try:
        record = json.loads(text)
    except ValueError as error:
        raise RecipeError(f"This is not a recipe: it is no valid JSON ({error}).") from None
    if isinstance(record, dict) and isinstance(record.get("Recipe"), dict):
        record = record["Recipe"]
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise RecipeError(f'This is not a recipe: it must be a JSON object whose "format" is "{FORMAT}".')
    version = record.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise RecipeError(
            f"The recipe is of version {version}, but this program knows versions up to {VERSION}; "
            "open it with a newer maskeditor."
        )
    unknown = set(record) - {"format", "version", "program", "source", "result", "rois", "target", "steps"}
    if unknown:
        raise RecipeError(
            f"The recipe holds {', '.join(sorted(map(repr, unknown)))}, which this version does not know."
        )
    rois = tuple(_roi(entry) for entry in record.get("rois", [{"id": "roi1", "name": "mask"}]))
    known = {roi.id for roi in rois}
    steps = tuple(_step(place, entry, known) for place, entry in enumerate(record.get("steps", []), start=1))
    target = record.get("target", rois[0].id if rois else "")
    if target not in known:
        raise RecipeError(f"The recipe's target {target!r} is none of its ROIs ({', '.join(known) or 'none'}).")
    return Recipe(
        steps, rois, target, record.get("source", {}), record.get("result", {}), str(record.get("program", ""))
    )


def _roi(entry: Any) -> Roi:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise RecipeError("Each ROI of a recipe must be an object with an id.")
    colour = entry.get("colour")
    plain = Roi(entry["id"], str(entry.get("name", entry["id"])))
    if isinstance(colour, list) and len(colour) == 3 and all(isinstance(c, int) and 0 <= c <= 255 for c in colour):
        return Roi(plain.id, plain.name, (colour[0], colour[1], colour[2]))
    return plain


def _step(place: int, entry: Any, rois: set[str]) -> Step:
    if not isinstance(entry, dict):
        raise RecipeError(f"Step {place} of the recipe must be an object.")
    unknown = set(entry) - {"id", "version", "parameters", "roi", "scope", "enabled", "name", "note", "changed"}
    if unknown:
        raise RecipeError(
            f"Step {place} holds {', '.join(sorted(map(repr, unknown)))}, which this version does not know."
        )
    try:
        operation = from_json(entry)
        scope = Scope(**entry.get("scope", {}))
    except ParameterError as error:
        raise RecipeError(f"Step {place} of the recipe: {error}") from None
    except (TypeError, ValueError) as error:
        raise RecipeError(f"Step {place} of the recipe has a scope that cannot be read: {error}") from None
    roi = entry.get("roi", next(iter(rois), ""))
    step = Step(
        operation,
        roi,
        scope,
        enabled=bool(entry.get("enabled", True)),
        name=str(entry.get("name", "")),
        note=str(entry.get("note", "")),
    )
    missing = ({roi} | step.references) - rois
    if missing:
        raise RecipeError(
            f"Step {place} of the recipe names the ROI {missing.pop()!r}, which the recipe does not hold."
        )
    return step


def adopt(document: Document, recipe: Recipe) -> tuple[Timeline, str]:
    """Give a document the ROIs of a recipe; return the recipe's steps on them, and the id of its result.

    The ROIs of a document without steps are replaced; otherwise the recipe gets new ones beside them.
    """
    if not document.timeline:
        for roi in recipe.rois:
            document.adopt_roi(roi)
        return recipe.steps, recipe.target
    new = {roi.id: document.add_roi(roi.name).id for roi in recipe.rois}
    return tuple(_renamed(step, new) for step in recipe.steps), new[recipe.target]


def _renamed(step: Step, new: Mapping[str, str]) -> Step:
    """Return a step that works on, and looks at, ROIs of other ids."""
    changes: dict[str, Any] = {}
    for declared in step.operation.parameters():
        value = getattr(step.operation, declared.name)
        if declared.role is Role.ROI and value:
            changes[declared.name] = new[value]
        elif declared.role is Role.ROIS:
            changes[declared.name] = tuple(new[id] for id in value)
    scope = step.scope.model_copy(update={"inside": new[step.scope.inside]}) if step.scope.inside else step.scope
    return step.with_(operation=step.operation.model_copy(update=changes), roi=new[step.roi], scope=scope)


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
    steps, target = adopt(document, recipe)
    document.edit(len(document.timeline), steps, "the recipe", progress)
    return target


def of_operations(steps: Iterable[Step]) -> Recipe:
    """Return a recipe of steps that all work on one ROI."""
    return Recipe(tuple(steps), (Roi("roi1", "mask"),), "roi1")
