"""A slice with its place, its time and its scaling, whatever kind of file it stands in; and the slices of a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from maskeditor.engine.arrays import Floats
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements
from maskeditor.io.dicom.kinds import Part
from maskeditor.io.dicom.scan import DicomHeader
from maskeditor.io.dicom.tiles import Tile

#: The frame of a slice that stands in no file, because all of it is zero.
EMPTY = -1
#: Further away (mm) nothing lies.
_FAR = 1e6
#: Where, among what tells the time of a slice, the seconds stand at which it was acquired, and of PET made.
TAKEN, CONTENT = -3, -1
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)?(\d\d(?:\.\d*)?)?)?")


@dataclass(slots=True, eq=False)
class Slice:
    """One slice of one volume.

    Parameters
    ----------
    file : DicomHeader
        Where it stands.
    frame : int
        Which frame of the file.
    tile : Tile or None
        Which part of the frame; None for the whole.
    position : (3,) array or None
        Of the first pixel's centre (LPS mm).
    orientation : (6,) array or None
        Directions of the rows and of the columns (LPS).
    spacing : tuple of 2 float
        Millimetres between rows and between columns.
    thickness : float
        Millimetres; 0 if unknown.
    step : float
        Millimetres between slices as stated; 0 if unknown.
    slope, intercept : float
    part : Part
        What sets different images at one place apart.
    time : tuple
        Sorts the volumes: what tells their time, and then their numbers.
    trigger : float
        Milliseconds after the heart's beat; tells more than the numbers, but less than the time.
    directionality : str
        Of diffusion weighting: DIRECTIONAL, ISOTROPIC, NONE, …; empty if not stated.
    b_value : float
        Of diffusion weighting (s/mm²); less than zero if it is not stated.
    is_reversed : bool
        Whether its rows stand in the file the other way round than its place says.
    """

    file: DicomHeader
    frame: int
    tile: Tile | None
    position: Floats | None
    orientation: Floats | None
    spacing: tuple[float, float]
    thickness: float
    step: float
    slope: float
    intercept: float
    part: Part
    time: tuple[tuple[Any, ...], tuple[Any, ...]]
    trigger: float = 0.0
    directionality: str = ""
    b_value: float = -1.0
    is_reversed: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Columns and rows."""
        if self.tile is not None:
            return self.tile.columns, self.tile.rows
        elements = self.file.elements
        return elements.integer(tags.COLUMNS), elements.integer(tags.ROWS)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A file of a series: its slices, what is doubtful about them, and what a copy of it is known by."""

    slices: list[Slice]
    findings: tuple[str, ...]
    series: int
    instance: int
    about: Elements


def vector(values: tuple[float, ...], size: int) -> Floats | None:
    """Return numbers as a vector (size,); None if they are not as many, or none that a scanner could mean."""
    return np.array(values) if len(values) == size and all(abs(value) < _FAR for value in values) else None


def length(value: float) -> float:
    """Return a length in mm; 0 for what is none."""
    return abs(value) if abs(value) < _FAR else 0.0


def states_spacing(values: tuple[float, ...]) -> bool:
    """Whether two numbers can be the distances of rows and columns (mm)."""
    return len(values) > 1 and all(1 / _FAR < abs(value) < _FAR for value in values[:2])


def spacing_of(values: tuple[float, ...]) -> tuple[float, float]:
    """Return the distances between rows and between columns; 1 mm if they are not stated."""
    return (abs(values[0]), abs(values[1])) if states_spacing(values) else (1.0, 1.0)


def moment(elements: Elements) -> float:
    """Return the acquisition time in seconds, over midnight too; 0 if it is not stated."""
    stamp = elements.text(tags.ACQUISITION_DATETIME) or elements.text(tags.FRAME_DATETIME)
    if not stamp:
        stamp = elements.text(tags.ACQUISITION_DATE).replace(".", "") or "00000000"
        stamp += elements.text(tags.ACQUISITION_TIME).replace(":", "")
    found = _STAMP.match(stamp)
    if found is None:
        return 0.0
    year, month, day, hour, minute = (int(part or 0) for part in found.groups()[:5])
    # Any growing count of days will do.
    days = year * 372 + month * 31 + day
    return days * 86400.0 + hour * 3600 + minute * 60 + float(found[6] or 0)


def content_time(elements: Elements) -> float:
    """Return at what second of the day the content was made; 0 if it is not stated."""
    hours, minutes = divmod(elements.number(tags.CONTENT_TIME, 0.0), 10000)
    return hours * 3600 + minutes // 100 * 60 + minutes % 100
