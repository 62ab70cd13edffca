"""What somebody notes while looking: places with a comment, and the conditions shaded in the curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from maskeditor.core.operation.conditions import Conditions
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.visible import on_one_line
from maskeditor.engine.box import Voxel

#: Places that can be noted, and letters of a comment.
MOST_PLACES, LONGEST_COMMENT = 1000, 500


@dataclass(frozen=True)
class NotedPlace:
    """A place that was noted.

    Parameters
    ----------
    voxel : tuple of 3 int
    comment : str
    frame : int or None
        The volume of a series that was shown; None of an image of one volume, or of a mean.
    """

    voxel: Voxel
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] = ""
    frame: int | None = None


@dataclass(frozen=True)
class Notes:
    """All that was noted of an image; the session keeps it.

    Parameters
    ----------
    places : tuple of NotedPlace
    conditions : Conditions
        A label for each volume, or events.

    Examples
    --------
    >>> notes = Notes((NotedPlace((1, 2, 3), "a cyst"),), ((2.0, 4.0, "face"),))
    >>> Notes.from_record(notes.to_record(), (4, 4, 4), 1) == notes
    True
    """

    places: Annotated[tuple[NotedPlace, ...], Field(max_length=MOST_PLACES)] = ()
    conditions: Conditions = ()

    def to_record(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return asdict(self)

    @staticmethod
    def from_record(record: object, shape: Voxel, frames: int) -> Notes:
        """Return what was recorded of an image of a shape and so many volumes; nothing of what nobody would note."""
        try:
            found = _NOTES.validate_python(record)
        except ValidationError:
            return Notes()
        there = (
            place
            for place in found.places
            if all(0 <= at < size for at, size in zip(place.voxel, shape, strict=True))
            and (place.frame is None or 0 <= place.frame < frames)
        )
        return Notes(tuple(there), found.conditions)


_NOTES = TypeAdapter(Notes)


def places_as_text(places: Sequence[NotedPlace], geometry: Geometry) -> str:
    """Return places as a table, a tabulator between columns: mm in RAS+, and voxels counted from 0.

    Examples
    --------
    >>> import numpy as np
    >>> grid = Geometry((20, 30, 40), np.diag([2.0, 2.0, 2.5, 1.0]))
    >>> print(places_as_text([NotedPlace((1, 2, 3), "a cyst", 4)], grid).replace(chr(9), "|"))
    comment|x mm|y mm|z mm|i|j|k|volume
    a cyst|2|4|7.5|1|2|3|4
    """
    titles = ("comment", "x mm", "y mm", "z mm", "i", "j", "k", "volume")
    lines = ["\t".join(titles)]
    for place in places:
        world = (f"{value + 0.0:.6g}" for value in geometry.to_world(place.voxel).round(6))
        frame = "" if place.frame is None else str(place.frame)
        lines.append("\t".join((on_one_line(place.comment), *world, *map(str, place.voxel), frame)))
    return "\n".join(lines)
