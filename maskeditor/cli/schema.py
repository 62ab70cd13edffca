"""The JSON schema (draft 2020-12) of the operations and of the recipe format, read from the declarations."""

from __future__ import annotations

import inspect
from typing import Any

from maskeditor.core.fingerprints import KEYS, KIND
from maskeditor.core.operation.declaration import Operation, operations
from maskeditor.core.operation.scope import Scope
from maskeditor.core.recipe.recipe_json import FORMAT, VERSION

Schema = dict[str, Any]


def operation_schema(cls: type[Operation]) -> Schema:
    """Return what is declared of an operation: id, title, group, version, description, and its parameters' schema."""
    return {
        "id": cls.id,
        "title": cls.title,
        "group": cls.group,
        "version": cls.version,
        "by_tool": cls.by_tool,
        "synonyms": list(cls.synonyms),
        "description": inspect.cleandoc(cls.__doc__ or ""),
        "parameters": cls.model_json_schema(),
    }


def register_schema() -> Schema:
    """Return all operations and the schema of a recipe."""
    return {"operations": [operation_schema(cls) for cls in operations()], "recipe": recipe_schema()}


def recipe_schema() -> Schema:
    """Return the schema of a recipe file."""
    text, number = {"type": "string"}, {"type": "integer", "minimum": 0}
    colour = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}, "minItems": 3, "maxItems": 3}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Recipe",
        "description": "The steps that make a mask, in order.",
        "type": "object",
        "properties": {
            "format": {"const": FORMAT},
            "version": {"type": "integer", "minimum": 1, "maximum": VERSION},
            "program": text | {"description": "Name and version of the program that wrote it."},
            "source": {
                "description": "The image it was made on.",
                "type": "object",
                "properties": {
                    "name": text,
                    "shape": {"type": "array", "items": {"type": "integer", "minimum": 1}},
                    "affine": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
                    **_known_by(text, "Of the stored values, as in an uncompressed NIfTI file."),
                    "findings": {"type": "array", "items": text},
                },
            },
            "images": {
                "description": "The further images that steps look at, by the names that they are looked at by.",
                "type": "object",
            },
            "result": {
                "description": "The mask that came out, or the image.",
                "type": "object",
                "properties": {
                    "voxels": number,
                    **_known_by(text, "Of the voxels, 0 and 1."),
                    "image": text | {"description": "What the image is called; empty for the one it was made on."},
                    **_known_by(text, "Of the image's stored values.", "image_"),
                },
            },
            "rois": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"id": text, "name": text, "colour": colour},
                    "required": ["id"],
                },
            },
            "target": text | {"description": "The id of the ROI that is the result."},
            "units": {
                "description": "What parameters are measured in, by operation and name, as their schema tells.",
                "type": "object",
                "properties": {
                    cls.id: {
                        "type": "object",
                        "properties": {
                            declared.name: {"const": str(declared.unit)}
                            for declared in cls.parameters()
                            if declared.unit
                        },
                    }
                    for cls in operations()
                },
            },
            "steps": {"type": "array", "items": {"anyOf": [_step_schema(cls) for cls in operations()]}},
        },
        "required": ["format", "version"],
        "additionalProperties": False,
    }


def _known_by(text: Schema, what: str, whose: str = "") -> Schema:
    """Return what a fingerprint may be called in a record, and what it is."""
    now, before = (f"{whose}{key}" for key in KEYS)
    return {
        now: text | {"description": f"{what} The hash and its digits: {KIND}:…"},
        before: text | {"description": f"{what} SHA-256, as older versions wrote it; compared as ever."},
    }


def _step_schema(cls: type[Operation]) -> Schema:
    text, number = {"type": "string"}, {"type": "integer", "minimum": 0}
    required = ["id"]
    # What makes an image works on no ROI, and has no limits.
    of_masks = {
        "roi": text | {"description": "The id of the ROI that the step changes; the first unless given."},
        "scope": Scope.model_json_schema(),
    }
    if any(declared.required for declared in cls.parameters()):
        required.append("parameters")
    return {
        "title": cls.title,
        "type": "object",
        "properties": {
            "id": {"const": cls.id},
            "version": {"type": "integer", "minimum": 1, "maximum": cls.version},
            "parameters": cls.model_json_schema(),
            **({} if cls.makes_image else of_masks),
            "enabled": {"type": "boolean", "default": True},
            "name": text,
            "note": text,
            "changed": {
                "description": "The voxels that the step added and removed when it was recorded.",
                "type": "object",
                "properties": {"added": number, "removed": number},
            },
        },
        "required": required,
        "additionalProperties": False,
    }
