"""Two images looked at together: beside one another, blended, in squares, on both sides of a line, or in turn."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import Any, Literal, Self, get_args

import numpy as np

from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.view.slices import Part, PlaneMap

How = Literal["side by side", "blend", "checkerboard", "swipe", "blink"]
HOWS: tuple[How, ...] = get_args(How)
#: Millimetres that a square may be wide, and seconds that each image may be seen for in turn.
SQUARES, TURNS = (2.0, 100.0), (0.1, 3.0)
#: What the image that is edited on is called beside another, where it has no name.
BASE_NAME = "open image"


@dataclass(frozen=True)
class Comparison:
    """How the image that is edited on is compared with a further one.

    Parameters
    ----------
    other : str
        The name of the further image.
    how : {"side by side", "blend", "checkerboard", "swipe", "blink"}
    share : float
        Of a blend how much is the second image, and of a slice how much lies left of the line, 0 to 1.
    square : float
        Width in mm of the squares of a checkerboard.
    turn : float
        Seconds that each image is seen for, in turn.
    plays : bool
        Whether they take turns by themselves, else by a key.
    swapped : bool
        Whether the further image is the first one: the one on the left, or that is seen now.

    Examples
    --------
    >>> Comparison("t2", "swipe").changed(share=0.25).share
    0.25
    """

    other: str
    how: How
    share: float = 0.5
    square: float = 20.0
    turn: float = 0.5
    plays: bool = True
    swapped: bool = False

    def changed(self, **values: Any) -> Self:
        """Return it with other values.

        Raises
        ------
        MaskEditorError
            If a value cannot be.
        """
        made = replace(self, **values)
        if made.how not in HOWS:
            raise MaskEditorError(f"Images were to be compared by {made.how!r}; give one of {', '.join(HOWS)}.")
        for what, number, (least, most), unit in (
            ("share", made.share, (0.0, 1.0), ""),
            ("width of squares", made.square, SQUARES, " mm"),
            ("time of each image", made.turn, TURNS, " s"),
        ):
            if not least <= number <= most:
                raise MaskEditorError(f"The {what} is {number}{unit}, but must be from {least:g} to {most:g}{unit}.")
        return made

    def to_record(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: object) -> Self | None:
        """Return what was recorded; None if that is nothing that `to_record` would have written."""
        if not isinstance(record, dict) or record.keys() != cls.__dataclass_fields__.keys():
            return None
        for field in fields(cls):
            value = record[field.name]
            if not isinstance(value, _KINDS[str(field.type)]) or (field.type == "float" and isinstance(value, bool)):
                return None
        try:
            return cls(**record).changed()
        except (MaskEditorError, OverflowError):
            return None

    def left(self, plane_map: PlaneMap) -> int:
        """Return how many voxels of a slice lie on the left of the line, as seen on the screen."""
        return round(self.share * plane_map.counts[0])

    def edge(self, plane_map: PlaneMap) -> tuple[int, int]:
        """Return on which of the two axes of a slice the line lies, and before which voxel."""
        across, down, _ = plane_map.axes
        left, count = self.left(plane_map), plane_map.counts[0]
        return int(across > down), left if plane_map.directions[0] > 0 else count - left

    def sides(self, plane_map: PlaneMap) -> tuple[slice, slice]:
        """Return the spans of a slice, along the axis of `edge`, on the left and on the right of the line."""
        _, edge = self.edge(plane_map)
        low, high = slice(0, edge), slice(edge, plane_map.counts[0])
        return (low, high) if plane_map.directions[0] > 0 else (high, low)

    def between(self, other: Comparison, plane_map: PlaneMap) -> Part:
        """Return the part of a slice between the line and that of another comparison."""
        (place, edge), (_, other_edge) = self.edge(plane_map), other.edge(plane_map)
        spans = [slice(0, size) for axis, size in enumerate(plane_map.geometry.shape) if axis != plane_map.normal]
        spans[place] = slice(min(edge, other_edge), max(edge, other_edge))
        return spans[0], spans[1]

    def board(self, plane_map: PlaneMap, fortran: bool) -> BoolArray:
        """Return which voxels of a slice lie in the squares of the second image, (i, j) in the slice's memory order."""
        axes = sorted(plane_map.axes[:2])
        shape, zooms = plane_map.geometry.shape, plane_map.geometry.zooms
        steps = (max(1, round(self.square / zooms[axis])) for axis in axes)
        return _board(tuple(shape[axis] for axis in axes), tuple(steps), self.swapped, fortran)


#: What a record holds of each kind of field.
_KINDS: dict[str, Any] = {"str": str, "How": str, "float": (int, float), "bool": bool}


@lru_cache(maxsize=6)
def _board(shape: tuple[int, ...], steps: tuple[int, ...], swapped: bool, fortran: bool) -> BoolArray:
    rows, columns = (np.arange(size) // step % 2 for size, step in zip(shape, steps, strict=True))
    board: BoolArray = np.asarray((rows[:, None] + columns) % 2 != swapped, order="F" if fortran else "C")
    board.setflags(write=False)
    return board


def base_name(volume: Volume | None) -> str:
    """Return what the image that is edited on is called beside another."""
    return (volume.name if volume is not None else "") or BASE_NAME
