"""A recipe as provenance of W3C PROV, in the JSON-LD of the draft of BIDS (BEP028): an activity for each step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from maskeditor.core.fingerprints import recorded_in
from maskeditor.core.operation.scope import EVERYWHERE
from maskeditor.core.recipe.recipe import Recipe, opened_images, renamed, steps_of
from maskeditor.version import __version__

_CONTEXT = "https://purl.org/nidash/bidsprov/context.json"
_DRAFT = "0.0.1"


def to_prov(recipe: Recipe) -> str:
    """Return what a mask was made of, by what, step by step, as JSON-LD text.

    Each step is an activity that uses what the one before it made of its ROI, and the ROIs and images that it looks
    at. The same recipe gives the same text.

    Parameters
    ----------
    recipe : Recipe

    Examples
    --------
    >>> import maskeditor.ops
    >>> from maskeditor.core.history.timelines import Step
    >>> from maskeditor.core.operation.declaration import make
    >>> from maskeditor.core.recipe.recipe import of_operations
    >>> record = json.loads(to_prov(of_operations([Step(make("invert", {}), "roi1")])))["Records"]
    >>> [one["Label"] for one in record["Activities"]], [one["Label"] for one in record["Entities"]]
    (['Invert'], ['image', 'mask'])
    """
    steps = [step for step in steps_of(recipe.steps, recipe.target) if step.enabled]
    names = recipe.names
    name, _, version = (recipe.program or f"maskeditor {__version__}").partition(" ")
    software = {"Id": _id("software", name, version), "Label": name, "Version": version}
    source = _entity("image", str(recipe.source.get("name", "image")), recipe.source)
    entities = [source]
    images = {"": source["Id"]}
    for image in opened_images(steps):
        known = recipe.images.get(image, {})
        entities.append(_entity(image, str(known.get("name", image)), known))
        images[image] = entities[-1]["Id"]
    rois: dict[str, str] = {}
    activities = []
    mark = source["Id"]
    for place, step in enumerate(steps, 1):
        shown = renamed(step, names, {})
        parameters = shown.operation.to_json()
        if shown.scope != EVERYWHERE:
            parameters |= {"scope": shown.scope.model_dump(mode="json", exclude_defaults=True)}
        mark = _id("step", mark, json.dumps(parameters, sort_keys=True), shown.title)
        used = [images[""], *(images[image] for image in sorted(step.images) if image)]
        used += [rois[roi] for roi in (step.roi, *sorted(step.references)) if roi in rois]
        activities.append(
            {
                "Id": mark,
                "Label": shown.title,
                "Parameters": parameters,
                "AssociatedWith": software["Id"],
                "Used": list(dict.fromkeys(used)),
            }
        )
        made = step.makes
        is_last = place == len(steps)
        label = made.name if made is not None else names.get(step.roi, step.roi)
        known = recipe.result if is_last else {}
        entities.append(_entity(f"{mark}-made", label, known) | {"GeneratedBy": mark})
        if made is not None:
            images[made.name] = entities[-1]["Id"]
        else:
            rois[step.roi] = entities[-1]["Id"]
    records = {"Software": [software], "Activities": activities, "Entities": entities}
    record = {"@context": _CONTEXT, "BIDSProvVersion": _DRAFT, "Records": records}
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def _entity(mark: str, label: str, known: Mapping[str, Any]) -> dict[str, Any]:
    kind, _, digest = recorded_in(known).partition(":")
    return {"Id": _id("entity", mark, label), "Label": label} | ({"VoxelDigest": {kind: digest}} if digest else {})


def _id(kind: str, *parts: str) -> str:
    return f"bids::prov#{kind}-{hashlib.sha256(chr(0).join(parts).encode(errors='replace')).hexdigest()[:8]}"
