"""What the facts in a journal may be: a session may be anybody's, so nothing is believed of its types and numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeGuard

from maskeditor.core.fingerprints import KEYS
from maskeditor.core.operation.parameter_types import is_image_name

#: Characters of a text and of a path, the most ROIs and further images; no number is larger than SQLite and Qt hold.
_LONGEST, _LONGEST_PATH, _MOST_ROIS, _MOST_IMAGES = 100_000, 4096, 10_000, 1000
_LARGEST, _LATEST = 1 << 53, 1e11


def is_count(value: Any) -> TypeGuard[int]:
    """Whether a value is a whole number from 0 on that any use of it can bear."""
    return type(value) is int and 0 <= value < _LARGEST


def is_text(value: Any, longest: int = _LONGEST) -> TypeGuard[str]:
    """Whether a value is text of a bearable length."""
    return isinstance(value, str) and len(value) <= longest


def is_voxel(value: Any) -> bool:
    """Whether a value is three whole numbers from 0 on."""
    return isinstance(value, list) and len(value) == 3 and all(map(is_count, value))


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < _LARGEST


def _is_path(value: Any) -> bool:
    return is_text(value, _LONGEST_PATH) and "\0" not in value


def _are_rows_of_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, list) and all(map(_is_number, row)) for row in value)


def _is_shape(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 4 and all(is_count(size) and size > 0 for size in value)


_OF_SOURCE: dict[str, Callable[[Any], bool]] = {
    "shape": _is_shape,
    "affine": _are_rows_of_numbers,
    **dict.fromkeys(KEYS, is_text),
    "path": _is_path,
    "series": is_text,
    "interpolation": is_text,
    "sample": is_text,
}


def _is_source(value: Any) -> bool:
    return isinstance(value, dict) and all(key not in value or is_it(value[key]) for key, is_it in _OF_SOURCE.items())


def _are_images(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= _MOST_IMAGES
        and all(is_image_name(name) and _is_source(image) for name, image in value.items())
    )


def _are_files(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_file, value.values()))


def _is_file(value: Any) -> bool:
    return _are_steps(value) and _is_path(value.get("path"))


def _are_steps(value: Any) -> bool:
    """Whether a value is what is recorded of the steps with which an ROI was saved."""
    return isinstance(value, dict) and is_count(value.get("count", 0)) and is_text(value.get("steps"))


def _are_labels(value: Any) -> bool:
    if not isinstance(value, dict):
        return value is None
    rois = value.get("rois")
    return _is_path(value.get("path")) and isinstance(rois, dict) and all(map(_are_steps, rois.values()))


def _is_roi(value: Any) -> bool:
    if not isinstance(value, list) or len(value) not in (6, 7) or not all(map(is_count, value[6:])):
        return False
    id, name, colour, *flags = value[:6]
    is_colour = is_voxel(colour) and max(colour) < 256
    return is_text(id) and is_text(name) and is_colour and all(isinstance(flag, bool) for flag in flags)


def _are_rois(value: Any) -> bool:
    if not isinstance(value, list) or len(value) > _MOST_ROIS or not all(map(_is_roi, value)):
        return False
    # One at least stays without any step.
    return not value or (len({id for id, *_ in value}) == len(value) and any(roi[5] for roi in value))


def _are_drawn(value: Any) -> bool:
    """Whether a value is a list of pairs: a step's record, which its reader knows, and a number of steps or None."""
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and (pair[1] is None or is_count(pair[1])) for pair in value
    )


def _is_now(value: Any) -> bool:
    if not isinstance(value, dict) or not all(is_count(value.get(key)) for key in ("at", "steps", "last")):
        return False
    time = value.get("time")
    return isinstance(time, int | float) and math.isfinite(time) and 0 <= time < _LATEST


_OF_KEY: dict[str, Callable[[Any], bool]] = {
    "name": is_text,
    "program": is_text,
    "source": _is_source,
    "images": _are_images,
    "files": _are_files,
    "labels": _are_labels,
    "rois": _are_rois,
    "drawn": _are_drawn,
    "now": _is_now,
}


def is_as_written(key: str, value: Any) -> bool:
    """Whether a fact of this key may be this value; those that only their readers know may be any."""
    return _OF_KEY[key](value) if key in _OF_KEY else True
