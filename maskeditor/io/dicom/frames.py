"""Slices with their place, their time and their scaling, whatever kind of file they stand in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from maskeditor.engine.arrays import Floats
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements
from maskeditor.io.dicom.scan import DicomHeader
from maskeditor.io.dicom.tiles import Tile, grid_of

#: Parts of ImageType that say how a slice was prepared, not what it shows.
_LABELS = frozenset(("MOSAIC", "VFRAME", "ND", "NORM", "DIS2D", "DIS3D", "DIS", "SH", "FIL", "MFSPLIT", ""))
_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
#: The frame of a slice that stands in no file, because all of it is zero.
EMPTY = -1
#: Slices of a segmentation are taken for different by this much (mm).
_SAME_HEIGHT = 0.01
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)?(\d\d(?:\.\d*)?)?)?")
#: What a dimension that runs through the slices of a stack points at.
_IN_STACK = (tags.IN_STACK_POSITION, tags.POSITION)
#: The functional groups that are read.
_GROUPS = (
    tags.FRAME_CONTENT,
    tags.PIXEL_MEASURES,
    tags.TRANSFORMATION,
    tags.PLANE_POSITION,
    tags.PLANE_ORIENTATION,
    tags.MR_ECHO,
    tags.MR_FRAME_TYPE,
    tags.MR_DIFFUSION,
    tags.CT_FRAME_TYPE,
    tags.SEGMENT_IDENTIFICATION,
)


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
    part : tuple
        What sets different images at one place apart: echo, component, kind, stack.
    time : tuple
        Sorts the volumes.
    directionality : str
        Of diffusion weighting: DIRECTIONAL, ISOTROPIC, …; empty if not stated.
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
    part: tuple[Any, ...]
    time: tuple[Any, ...]
    directionality: str = ""

    @property
    def shape(self) -> tuple[int, int]:
        """Columns and rows."""
        if self.tile is not None:
            return self.tile.columns, self.tile.rows
        elements = self.file.elements
        return elements.integer(tags.COLUMNS), elements.integer(tags.ROWS)


def slices_of(file: DicomHeader) -> tuple[list[Slice], tuple[str, ...]]:
    """Return the slices that a file holds, and what is doubtful about them."""
    if tags.FRAME_GROUPS in file.elements or tags.SHARED_GROUPS in file.elements:
        slices = _enhanced(file)
        return (_with_empty_slices(slices) if is_segmentation(file) else slices), ()
    return _classic(file)


def is_segmentation(file: DicomHeader) -> bool:
    """Whether a file holds masks rather than intensities."""
    return file.elements.text(tags.SOP_CLASS) == _SEGMENTATION


def _with_empty_slices(slices: list[Slice]) -> list[Slice]:
    """Add the slices that a segmentation leaves out because a segment has no voxel in them."""
    if any(item.position is None or item.orientation is None for item in slices):
        return slices
    orientation = slices[0].orientation
    assert orientation is not None
    normal = np.cross(orientation[:3], orientation[3:])
    # All segments of a file lie on one grid; its step is the least distance between any two of their slices.
    at: dict[int, Floats] = {}
    for item in slices:
        assert item.position is not None
        at.setdefault(round(float(item.position @ normal) / _SAME_HEIGHT), item.position)
    heights = sorted(at)
    if len(heights) < 2:
        places = list(at.values())
    else:
        first, last = at[heights[0]], at[heights[-1]]
        count = round((heights[-1] - heights[0]) / int(np.diff(heights).min())) + 1
        places = [first + (last - first) * k / (count - 1) for k in range(count)]
    added = []
    for part in dict.fromkeys(item.part for item in slices):
        own = [item for item in slices if item.part == part]
        present = np.array([item.position for item in own]) @ normal
        added += [
            replace(own[0], frame=EMPTY, position=place)
            for place in places
            if np.abs(present - place @ normal).min() > 2 * _SAME_HEIGHT
        ]
    return slices + added


def _vector(values: tuple[float, ...], size: int) -> Floats | None:
    return np.array(values) if len(values) == size and all(map(np.isfinite, values)) else None


def _spacing(values: tuple[float, ...]) -> tuple[float, float]:
    return (abs(values[0]), abs(values[1])) if len(values) > 1 and values[0] and values[1] else (1.0, 1.0)


def _moment(elements: Elements) -> float:
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


def _image_part(elements: Elements, image_type: tuple[str, ...], echo_time: float) -> tuple[Any, ...]:
    kind = tuple(word.upper() for word in image_type if word.upper() not in _LABELS)
    return (
        elements.text(tags.SOP_CLASS),
        kind,
        elements.text(tags.COMPLEX_COMPONENT),
        round(echo_time, 2),
        elements.text(tags.ECHO_NUMBERS),
        elements.text(tags.PHOTOMETRIC),
        # GE says only here whether an image is magnitude, phase, real or imaginary (0 to 3).
        elements.integer(tags.GE_COMPONENT) if elements.text(tags.GE_CREATOR) == "GEMS_PARM_01" else 0,
    )


def _classic(file: DicomHeader) -> tuple[list[Slice], tuple[str, ...]]:
    elements = file.elements
    spacing = _spacing(elements.numbers(tags.PIXEL_SPACING) or elements.numbers(tags.IMAGER_SPACING))
    slope = elements.number(tags.SLOPE, 1.0) or 1.0
    intercept = elements.number(tags.INTERCEPT, 0.0)
    part = _image_part(elements, elements.texts(tags.IMAGE_TYPE), elements.number(tags.ECHO_TIME, 0))
    moment = _moment(elements)
    orientation = _vector(elements.numbers(tags.ORIENTATION), 6)
    position = _vector(elements.numbers(tags.POSITION), 3)
    thickness, step = elements.number(tags.SLICE_THICKNESS, 0), elements.number(tags.SPACING_BETWEEN_SLICES, 0)
    temporal, instance = elements.integer(tags.TEMPORAL_POSITION), elements.integer(tags.INSTANCE_NUMBER)
    # Where each volume is numbered from one anew, these alone set one apart from the next.
    acquisition, trigger = elements.integer(tags.ACQUISITION_NUMBER), elements.number(tags.TRIGGER_TIME, 0)

    weighting = (0, 0, 0)
    if elements.text(tags.PHILIPS_MR_CREATOR).upper() == "PHILIPS MR IMAGING DD 005":
        # Where directions are numbered, instance numbers need not run with them; dcm2niix goes by these, too.
        later = elements.text(tags.PHILIPS_LATER_CREATOR).upper() == "PHILIPS MR IMAGING DD 006"
        weighting = (
            elements.integer(tags.PHILIPS_VOLUME_NUMBER) if later else 0,
            elements.integer(tags.PHILIPS_B_NUMBER),
            elements.integer(tags.PHILIPS_DIRECTION_NUMBER),
        )
    directionality = elements.text(tags.DIRECTIONALITY)
    if not directionality and elements.text(tags.PHILIPS_CREATOR).upper() == "PHILIPS IMAGING DD 001":
        direction = elements.text(tags.PHILIPS_DIRECTION).upper()
        directionality = {"": "", "N": "NONE", "I": "ISOTROPIC"}.get(direction, "DIRECTIONAL")

    def one(frame: int, tile: Tile | None, place: Floats | None) -> Slice:
        return Slice(
            file,
            frame,
            tile,
            place,
            orientation,
            spacing,
            thickness,
            step,
            slope,
            intercept,
            part,
            (temporal, *weighting, moment, instance, acquisition, trigger, frame),
            directionality,
        )

    count = max(1, elements.integer(tags.FRAMES, 1))
    if count == 1 and (grid := grid_of(elements, spacing)) is not None:
        return [one(0, tile, tile.position) for tile in grid.tiles], grid.findings
    if count == 1 or {tags.FRAME_TIME, tags.FRAME_TIMES}.intersection(elements.tags(tags.FRAME_INCREMENT)):
        return [one(frame, None, position) for frame in range(count)], ()
    offsets = np.array(elements.numbers(tags.FRAME_OFFSETS))
    if len(offsets) == count and position is not None and orientation is not None:
        # Heights that do not begin with zero are those of axial frames above the patient's origin (PS3.3, C.8.8.3.2).
        up = np.array([0.0, 0.0, 1.0]) if offsets[0] else np.cross(orientation[:3], orientation[3:])
        return [one(frame, None, position + up * (offsets[frame] - offsets[0])) for frame in range(count)], ()
    # One position for all of them would make volumes of what may as well be slices.
    return [one(frame, None, None) for frame in range(count)], (
        f"The file holds {count} frames and does not say whether they differ in place or in time.",
    )


def _enhanced(file: DicomHeader) -> list[Slice]:
    top = file.elements
    shared = top.item(tags.SHARED_GROUPS)
    pointers = [item.tags(tags.DIMENSION_POINTER) for item in top.items(tags.DIMENSIONS)]
    # The dimensions that say where a slice lies say nothing of when it was taken.
    of_time = [
        number
        for number, pointer in enumerate(pointers)
        if pointer and pointer[0] not in (tags.STACK_ID, tags.IN_STACK_POSITION, tags.POSITION, tags.PLANE_POSITION)
    ]
    found = []
    per_frame = top.items(tags.FRAME_GROUPS)
    common = {tag: shared.item(tag) for tag in _GROUPS}
    for frame in range(max(1, top.integer(tags.FRAMES, 1))):
        own = per_frame[frame] if frame < len(per_frame) else Elements({}, top.encoding)
        groups = {tag: own.item(tag) if tag in own else common[tag] for tag in _GROUPS}
        content, measures, scaling = (groups[tag] for tag in _GROUPS[:3])
        kind = groups[tags.CT_FRAME_TYPE if groups[tags.CT_FRAME_TYPE].raw else tags.MR_FRAME_TYPE]
        echo = groups[tags.MR_ECHO].number(tags.EFFECTIVE_ECHO_TIME, top.number(tags.EFFECTIVE_ECHO_TIME, 0))
        part = (
            *_image_part(top, kind.texts(tags.FRAME_TYPE) or top.texts(tags.IMAGE_TYPE), echo),
            kind.text(tags.COMPLEX_COMPONENT),
            content.text(tags.STACK_ID),
            groups[tags.SEGMENT_IDENTIFICATION].integer(tags.SEGMENT_NUMBER),
        )
        index = content.numbers(tags.DIMENSION_VALUES)
        when = tuple(index[number] for number in of_time if number < len(index))
        orientation = groups[tags.PLANE_ORIENTATION].numbers(tags.ORIENTATION) or top.numbers(tags.ORIENTATION)
        position = groups[tags.PLANE_POSITION].numbers(tags.POSITION)
        found.append(
            Slice(
                file,
                frame,
                None,
                _vector(position, 3),
                _vector(orientation, 6),
                _spacing(measures.numbers(tags.PIXEL_SPACING) or top.numbers(tags.PIXEL_SPACING)),
                measures.number(tags.SLICE_THICKNESS, top.number(tags.SLICE_THICKNESS, 0)),
                measures.number(tags.SPACING_BETWEEN_SLICES, top.number(tags.SPACING_BETWEEN_SLICES, 0)),
                scaling.number(tags.SLOPE, top.number(tags.SLOPE, 1.0)) or 1.0,
                scaling.number(tags.INTERCEPT, top.number(tags.INTERCEPT, 0.0)),
                part,
                (
                    when,
                    content.integer(tags.TEMPORAL_INDEX),
                    _moment(content) or _moment(top),
                    top.integer(tags.INSTANCE_NUMBER),
                    frame,
                ),
                groups[tags.MR_DIFFUSION].text(tags.DIRECTIONALITY),
            )
        )
    # Makers that count the slices before the volumes (Philips) let the last dimension run slowest, those that count the
    # volumes first (Canon, Bruker) the first: dcm2niix goes by the same.
    in_stack = max((n for n, pointer in enumerate(pointers) if pointer and pointer[0] in _IN_STACK), default=0)
    after = [place for place, number in enumerate(of_time) if number > in_stack]
    if any(len({item.time[0][place : place + 1] for item in found}) > 1 for place in after):
        for item in found:
            item.time = (item.time[0][::-1], *item.time[1:])
    return found
