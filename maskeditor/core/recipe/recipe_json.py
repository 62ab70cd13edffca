"""Recipes as JSON that can be read, kept and run again."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from maskeditor.core.errors import GIVE_RECIPE, ParameterError, RecipeError
from maskeditor.core.history.timelines import LONGEST_TEXT, Outcome, Step, Timeline
from maskeditor.core.operation.declaration import Operation, checked, from_json, from_trusted_json
from maskeditor.core.operation.parameter_types import IMAGE_NAME, is_image_name
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.space.mask import DEFAULT_NAME, Roi

FORMAT = "maskeditor recipe"
VERSION = 1


def to_record(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as what JSON can hold."""
    record = {
        "format": FORMAT,
        "version": VERSION,
        "program": recipe.program,
        "source": dict(recipe.source),
        "images": {name: dict(image) for name, image in recipe.images.items()},
        "result": dict(recipe.result),
        "rois": [{"id": roi.id, "name": roi.name, "colour": list(roi.colour)} for roi in recipe.rois],
        "target": recipe.target,
        "units": _units(recipe.steps),
        # What was shown while they were made is of that window alone.
        "steps": [step_record(step if step.frame is None else replace(step, frame=None)) for step in recipe.steps],
    }
    return {key: value for key, value in record.items() if value not in ({}, "")}


def _units(steps: Iterable[Step]) -> dict[str, dict[str, str]]:
    """Return what the parameters of some steps are measured in, by operation and name, for who reads the file alone."""
    used = {type(step.operation): None for step in steps}
    return {cls.id: units for cls in used if (units := _units_of(cls))}


def _units_of(cls: type[Operation]) -> dict[str, str]:
    return {declared.name: str(declared.unit) for declared in cls.parameters() if declared.unit}


def dumps(recipe: Recipe) -> str:
    """Return a recipe as JSON text."""
    text = json.dumps(to_record(recipe), indent=2, ensure_ascii=False) + "\n"
    # What no encoding holds, such as bytes of a file's name that are not UTF-8, is escaped as JSON does.
    return text.encode("utf-8", "backslashreplace").decode()


def step_record(step: Step) -> dict[str, Any]:
    """Return a step as what JSON can hold."""
    record = step.operation.to_json() | ({"roi": step.roi} if step.roi else {})
    if step.scope != EVERYWHERE:
        record["scope"] = step.scope.model_dump(mode="json", exclude_defaults=True)
    if not step.enabled:
        record["enabled"] = False
    for key in ("name", "note"):
        if getattr(step, key):
            record[key] = getattr(step, key)
    if step.frame is not None:
        record["frame"] = step.frame
    if step.outcome is not None:
        record["changed"] = dict(zip(_CHANGED, step.changed or (0, 0), strict=True))
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
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RecipeError(f"This is not a recipe: it is no valid JSON ({where}); {GIVE_RECIPE}.") from None
    except (ValueError, RecursionError):
        why = "a number in it is too long, or it is nested too deep"
        raise RecipeError(f"This is not a recipe: it is no valid JSON ({why}); {GIVE_RECIPE}.") from None
    if isinstance(record, dict) and isinstance(record.get("Recipe"), dict):
        record = record["Recipe"]
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise RecipeError(
            f'This is not a recipe: it must be a JSON object whose "format" is "{FORMAT}"; {GIVE_RECIPE}.'
        )
    version = record.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise RecipeError(
            f"The recipe is of version {version}, but this program knows versions 1 to {VERSION}; "
            "open it with a newer maskeditor."
        )
    _known_keys("The recipe", record, _KEYS)
    entries = _typed("The recipe", record, "rois", list, [{"id": "roi1", "name": DEFAULT_NAME}])
    rois = tuple(_roi(place, entry) for place, entry in enumerate(entries, start=1))
    known = tuple(roi.id for roi in rois)
    if not rois or len(set(known)) < len(known):
        raise RecipeError(
            f"The recipe's ROIs must be one or more, each with an id of its own (they are {_few(known)})."
        )
    target = _typed("The recipe", record, "target", str, known[0])
    if target not in known:
        raise RecipeError(f"The recipe's target {target!r} is none of its ROIs ({_few(known)}); correct it.")
    units = _typed("The recipe", record, "units", dict, {})
    return Recipe(
        _steps(_typed("The recipe", record, "steps", list, []), known, units),
        rois,
        target,
        _typed("The recipe", record, "source", dict, {}),
        _typed("The recipe", record, "result", dict, {}),
        _typed("The recipe", record, "program", str, ""),
        _images(_typed("The recipe", record, "images", dict, {})),
    )


_KEYS = {"format", "version", "program", "source", "images", "result", "rois", "target", "units", "steps"}
#: What a step did to its mask.
_CHANGED = ("added", "removed")
_STEP_KEYS = {"id", "version", "parameters", "roi", "scope", "enabled", "name", "note", "changed", "frame"}
#: Of how many steps, or keys, a message names what is wrong with them; and how much of a key.
_MOST_NAMED, _LONGEST_KEY = 8, 60
#: What the types of JSON are called.
_TYPE_NAMES = {list: "a list", dict: "an object", str: "text", bool: "true or false"}
Value = TypeVar("Value")


def _typed(owner: str, record: Mapping[str, Any], key: str, kind: type[Value], default: Value) -> Value:
    value = record.get(key, default)
    if not isinstance(value, kind):
        raise RecipeError(f'{owner} holds "{key}" that is not {_TYPE_NAMES[kind]}; correct it.')
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise RecipeError(
            f'{owner} holds "{key}" of {len(value)} characters, but {LONGEST_TEXT} are the most; shorten it.'
        )
    return value


def _few(names: Iterable[str]) -> str:
    """Return names as a message lists them: of many the first, and of long ones the beginning."""
    shown = [name if len(name) <= _LONGEST_KEY else f"{name[:_LONGEST_KEY]}…" for name in names]
    more = len(shown) - _MOST_NAMED
    return ", ".join([*shown[:_MOST_NAMED], f"{more} more"] if more > 0 else shown)


def _known_keys(owner: str, record: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(record) - known):
        short = [key for key in unknown[:_MOST_NAMED] if len(key) <= _LONGEST_KEY]
        near = [match for key in short for match in difflib.get_close_matches(key, sorted(known), 1, 0.7)]
        meant = f"; did you mean {', '.join(map(repr, near))}?" if near else "."
        raise RecipeError(f"{owner} holds {_few(map(repr, unknown))}, which this version does not know{meant}")


def _roi(place: int, entry: Any) -> Roi:
    owner = f"ROI {place} of the recipe"
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
        raise RecipeError(f'{owner} must be an object with an "id"; correct it.')
    _known_keys(owner, entry, {"id", "name", "colour"})
    id = _typed(owner, entry, "id", str, "")
    name = _typed(owner, entry, "name", str, id)
    colour = entry.get("colour", list(Roi.colour))
    if not isinstance(colour, list) or len(colour) != 3 or any(type(c) is not int or not 0 <= c < 256 for c in colour):
        raise RecipeError(
            f"{owner} has the colour {str(colour)[:_LONGEST_KEY]}, but it must be red, green and blue from 0 to 255."
        )
    return Roi(id, name, (colour[0], colour[1], colour[2]))


def _images(entries: dict[str, Any]) -> dict[str, dict[str, Any]]:
    for name in entries:
        if not is_image_name(name):
            raise RecipeError(f"The recipe has an image called {name[:_LONGEST_KEY]!r}, but wants {IMAGE_NAME}.")
        _typed("The recipe", entries, name, dict, {})
    return entries


def _steps(entries: list[Any], rois: tuple[str, ...], units: Mapping[str, Any]) -> Timeline:
    """Return the steps, or name all that cannot be read at once."""
    steps, problems = [], []
    for place, entry in enumerate(entries, start=1):
        try:
            steps.append(_step(place, entry, rois, units))
        except RecipeError as error:
            problems.append(str(error))
    if problems:
        more = len(problems) - _MOST_NAMED
        words = [*problems[:_MOST_NAMED], f"{more} more cannot be read."] if more > 0 else problems
        raise RecipeError(" ".join(words))
    return tuple(steps)


def _step(place: int, entry: Any, rois: tuple[str, ...], units: Mapping[str, Any]) -> Step:
    owner = f"Step {place} of the recipe"
    if not isinstance(entry, dict):
        raise RecipeError(f'{owner} must be an object with an "id" and "parameters"; correct it.')
    step = _step_of({"roi": rois[0], **entry}, owner, from_json)
    if step.operation.makes_image and ("roi" in entry or "scope" in entry):
        raise RecipeError(
            f'{owner} makes an image, so it works on no ROI and has no limits; take "roi" and "scope" out.'
        )
    missing = ({step.roi} - {""} | step.references) - set(rois)
    if missing:
        raise RecipeError(f"{owner} names the ROI {min(missing)!r}, which the recipe does not hold; correct it.")
    if entry.get("version", 1) == step.operation.version:  # else the unit may have been another
        _check_units(owner, step.operation, units.get(step.operation.id, {}))
    return step


def _check_units(owner: str, operation: Operation, recorded: Any) -> None:
    """Raise if a recipe records another unit than a parameter has: it would be taken for what it is not."""
    units = _units_of(type(operation))
    if recorded != units and isinstance(recorded, dict):
        for name, unit in recorded.items():
            if unit != units.get(name):
                wanted = f"is in {units[name]}" if name in units else "has no unit"
                raise RecipeError(f"{owner}: {operation.id}: {name} is told in {unit}, but {wanted}; convert it.")


def step_of_record(record: Any, outcome: Outcome | None, own: bool) -> Step:
    """Return a step from `step_record`, and its outcome.

    Parameters
    ----------
    record : mapping
        Or whatever stands in its place.
    outcome : Outcome or None
    own : bool
        Whether this program wrote it for itself, so that its values are not checked again.

    Raises
    ------
    RecipeError
        If the operation, or anything else in it, is not known.
    """
    if not isinstance(record, dict):
        raise RecipeError("The step must be an object.")
    return _step_of(record, "The step", from_trusted_json if own else from_json, outcome)


def _step_of(
    record: Mapping[str, Any],
    owner: str,
    read: Callable[[Mapping[str, Any]], Operation],
    outcome: Outcome | None = None,
) -> Step:
    _known_keys(owner, record, _STEP_KEYS)
    try:
        operation = read(record)
        scope = checked(Scope, "scope", _typed(owner, record, "scope", dict, {})) if "scope" in record else EVERYWHERE
    except ParameterError as error:
        raise RecipeError(f"{owner}: {error}") from None
    roi, frame = _typed(owner, record, "roi", str, ""), record.get("frame")
    if not roi and not operation.makes_image:
        raise RecipeError(f"{owner} works on no ROI, though it makes no image; name one.")
    return Step(
        operation,
        roi,
        scope,
        enabled=_typed(owner, record, "enabled", bool, True),
        name=_typed(owner, record, "name", str, ""),
        note=_typed(owner, record, "note", str, ""),
        frame=frame if type(frame) is int and frame >= 0 else None,
        outcome=outcome,
        recorded=_recorded(record.get("changed")),
    )


def _recorded(changed: Any) -> tuple[int, int] | None:
    """Return how many voxels a step added and removed where it was recorded, if that can be read."""
    counts = [changed.get(key) for key in _CHANGED] if isinstance(changed, dict) else [None, None]
    added, removed = counts
    return (added, removed) if type(added) is int and type(removed) is int else None
