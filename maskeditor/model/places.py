"""Typed places: a voxel, a position in mm, a slice or a volume, as text."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.volume import volumes_in_words
from maskeditor.engine.box import Voxel
from maskeditor.engine.errors import MaskEditorError

#: What can be typed.
WANTED = "a voxel (12 30 5), a position (x=-20 y=4 z=11 mm), a slice (axial 40) or a volume (volume 3)"
_PLANES = {plane.value: plane for plane in Plane}
_WORDS = re.compile(rf"\b({'|'.join(_PLANES)}|volume)\s+(?=[-+.\d])")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_PART = re.compile(rf"(?:({'|'.join(_PLANES)}|volume|[ijkxyz])=)?({_NUMBER})")


class Place(NamedTuple):
    """Where to go.

    Parameters
    ----------
    voxel : tuple of 3 int
    frame : int, optional
        The volume of a series; without one, that which is shown.
    """

    voxel: Voxel
    frame: int | None = None


def place_of(text: str, geometry: Geometry, crosshair: Voxel, frames: int = 1) -> Place:
    """Return the place that a text names.

    Parameters
    ----------
    text : str
        Three whole numbers are a voxel; with mm, three numbers are a position in RAS+ mm. Parts are named too: i, j, k
        (voxels), x, y, z (mm), a plane (its slice) and volume. What is not named stays.
    geometry : Geometry
    crosshair : tuple of 3 int
        Where one is.
    frames : int
        How many volumes there are.

    Raises
    ------
    MaskEditorError
        If it names no place, or one outside the image.

    Examples
    --------
    >>> grid = Geometry((20, 30, 40), np.diag([2.0, 2.0, 2.0, 1.0]))
    >>> place_of("12, 29, 5", grid, (0, 0, 0)).voxel, place_of("x=8 y=4 z=11 mm", grid, (0, 0, 0)).voxel
    ((12, 29, 5), (4, 2, 6))
    >>> place_of("axial 7", grid, (1, 2, 3)).voxel
    (1, 2, 7)
    """
    named, in_mm = _parts(text)
    names = [name for name, _ in named]
    if not any(names):
        names = ["x", "y", "z"] if in_mm else ["i", "j", "k"]
        if len(named) != 3:
            raise _unknown(text)
    values = dict(zip(names, (value for _, value in named), strict=True))
    of_world = [name for name in names if name in "xyz"]
    of_voxels = [name for name in names if name in "ijk" or name in _PLANES]
    if "" in values or len(values) < len(names) or (of_world and of_voxels) or (in_mm and not of_world):
        raise _unknown(text)
    for name in (*of_voxels, *("volume" for _ in range("volume" in values))):
        if not values[name].is_integer():
            raise MaskEditorError(
                f"{values[name]:g} is no voxel, slice or volume, which are whole numbers; add mm to a position in mm."
            )
    voxel = [float(at) for at in crosshair]
    if of_world:
        world = geometry.to_world(crosshair)
        for name in of_world:
            world["xyz".index(name)] = values[name]
        # Rounded as the pointer's position is; a little is left to the arithmetic on the way.
        voxel = np.rint(geometry.to_voxel(world).round(6)).tolist()
    for name in of_voxels:
        axis = geometry.axis_of(_PLANES[name]) if name in _PLANES else "ijk".index(name)
        voxel[axis] = values[name]
    if not all(0 <= at < size for at, size in zip(voxel, geometry.shape, strict=True)):
        there = ", ".join(f"0–{size - 1}" for size in geometry.shape)
        raise MaskEditorError(
            f"Voxel {', '.join(f'{at:g}' for at in voxel)} lies outside the image, whose voxels are {there}; type a "
            "place inside it."
        )
    frame = values.get("volume")
    if frame is not None and not 0 <= frame < frames:
        raise MaskEditorError(f"There is no volume {frame:g}; the image has {volumes_in_words(frames)}.")
    i, j, k = map(int, voxel)
    return Place((i, j, k), None if frame is None else int(frame))


def _parts(text: str) -> tuple[list[tuple[str, float]], bool]:
    """Return the numbers of a text, each with its name or "", and whether they are said to be mm."""
    plain = re.sub(r"\s*[=:]\s*", "=", text.strip().lower().replace("\N{MINUS SIGN}", "-"))
    plain = re.sub(r"(?<=[\d.\s])mm\b", " mm ", _WORDS.sub(r"\1=", plain))
    words = re.split(r"[\s,;]+", plain.strip(" ,;()[]"))
    matches = [_PART.fullmatch(word) for word in words if word != "mm"]
    found = [(match[1] or "", float(match[2])) for match in matches if match is not None]
    if not found or len(found) < len(matches) or not all(math.isfinite(value) for _, value in found):
        raise _unknown(text)
    return found, "mm" in words


def _unknown(text: str) -> MaskEditorError:
    given = f"{text.strip()!r} names no place" if text.strip() else "Nothing was typed"
    return MaskEditorError(f"{given}; type {WANTED}.")
