"""The slices that a file holds, of whatever kind it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maskeditor.engine.arrays import Floats
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements
from maskeditor.io.dicom.enhanced import enhanced_frames
from maskeditor.io.dicom.kinds import Part, part_of_file
from maskeditor.io.dicom.nuclear import nuclear_frames
from maskeditor.io.dicom.scan import DicomHeader
from maskeditor.io.dicom.segments import is_segmentation, segments_of
from maskeditor.io.dicom.slices import Slice, content_time, length, moment, spacing_of, vector
from maskeditor.io.dicom.tiles import Tile, grid_of
from maskeditor.io.dicom.values import scaling_of


def slices_of(file: DicomHeader) -> tuple[list[Slice], tuple[str, ...]]:
    """Return the slices that a file holds, and what is doubtful about them."""
    if tags.FRAME_GROUPS in file.elements or tags.SHARED_GROUPS in file.elements:
        slices, findings = enhanced_frames(file)
        if _polarity(file.elements, 0) != _Polarity():
            findings += (_MAY_BE,)
        if is_segmentation(file):
            slices, more = segments_of(file, slices)
            findings += more
        return slices, findings
    return _classic(file)


_PUT_RIGHT = "Its rows are stored in reverse (GE epi_pepolar), which its place does not tell; they are put right."
_MAY_BE = (
    "Some volumes may be stored with their rows in reverse (GE epi_pepolar), and which is not said; compare them with "
    "another image."
)


@dataclass(frozen=True)
class _Polarity:
    """Which rows GE's epi_pepolar stored in reverse, though the header says nothing of it (dcm2niix issue 532)."""

    is_reversed: bool = False
    findings: tuple[str, ...] = ()


def _polarity(elements: Elements, volume: int) -> _Polarity:
    if "epi_pepolar" not in elements.text(tags.GE_SEQUENCE).lower():
        return _Polarity()
    mode = elements.integer(tags.GE_POLARITY, -1)
    # Forward; reverse; the first, third … volume reverse; the second, fourth … volume reverse.
    if mode in (2, 3) and volume > 0:
        mode = int(volume % 2 == (mode == 2))
    if mode == 0:
        return _Polarity()
    if mode == 1:
        return _Polarity(True, (_PUT_RIGHT,))
    return _Polarity(findings=(_MAY_BE,))


def _classic(file: DicomHeader) -> tuple[list[Slice], tuple[str, ...]]:
    elements = file.elements
    spacing = spacing_of(elements.numbers(tags.PIXEL_SPACING) or elements.numbers(tags.IMAGER_SPACING))
    slope, intercept, findings = scaling_of(elements, elements, elements)
    part = part_of_file(elements)
    taken = moment(elements)
    orientation = vector(elements.numbers(tags.ORIENTATION), 6)
    position = vector(elements.numbers(tags.POSITION), 3)
    if position is None and tags.DETECTORS in elements:
        # Nuclear medicine says there where the first frame lies.
        detector = elements.item(tags.DETECTORS)
        position, orientation = (
            vector(detector.numbers(tags.POSITION), 3),
            vector(detector.numbers(tags.ORIENTATION), 6),
        )
    thickness, step = (length(elements.number(tag, 0)) for tag in (tags.SLICE_THICKNESS, tags.SPACING_BETWEEN_SLICES))
    temporal, instance = elements.integer(tags.TEMPORAL_POSITION), elements.integer(tags.INSTANCE_NUMBER)
    # Where each volume is numbered from one anew, this alone sets one apart from the next.
    acquisition, trigger = elements.integer(tags.ACQUISITION_NUMBER), elements.number(tags.TRIGGER_TIME, 0.0)
    # Dynamic PET counts its time from one beginning, whatever else stays the same.
    reference, image = elements.number(tags.FRAME_REFERENCE_TIME, 0.0), elements.integer(tags.IMAGE_INDEX)
    content = content_time(elements) if elements.text(tags.MODALITY) == "PT" else 0.0

    weighting = (0, 0, 0)
    if elements.text(tags.PHILIPS_MR_CREATOR).upper() == "PHILIPS MR IMAGING DD 005":
        # Where directions are numbered, instance numbers need not run with them; dcm2niix goes by these, too.
        later = elements.text(tags.PHILIPS_LATER_CREATOR).upper() == "PHILIPS MR IMAGING DD 006"
        weighting = (
            elements.integer(tags.PHILIPS_VOLUME_NUMBER) if later else 0,
            elements.integer(tags.PHILIPS_B_NUMBER),
            elements.integer(tags.PHILIPS_DIRECTION_NUMBER),
        )
    polarity = _polarity(elements, temporal)
    if polarity.is_reversed:
        part = part._replace(maker="rows in reverse")
    findings += polarity.findings

    def one(
        frame: int,
        tile: Tile | None,
        place: Floats | None,
        own: Part = part,
        when: tuple[Any, ...] = (),
    ) -> Slice:
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
            own,
            ((reference, temporal, *weighting, when, taken, image, content), (instance, acquisition, frame)),
            trigger,
            _directionality(elements),
            elements.number(tags.B_VALUE, -1),
            polarity.is_reversed,
        )

    count = max(1, elements.integer(tags.FRAMES, 1))
    if count == 1 and (grid := grid_of(elements, spacing)) is not None:
        return [one(0, tile, tile.position) for tile in grid.tiles], findings + grid.findings
    if count == 1 or {tags.FRAME_TIME, tags.FRAME_TIMES}.intersection(elements.tags(tags.FRAME_INCREMENT)):
        return [one(frame, None, position) for frame in range(count)], findings
    offsets = vector(elements.numbers(tags.FRAME_OFFSETS), count)
    if offsets is not None and position is not None and orientation is not None:
        # Heights that do not begin with zero are those of axial frames above the patient's origin (PS3.3, C.8.8.3.2).
        up = np.array([0.0, 0.0, 1.0]) if offsets[0] else np.cross(orientation[:3], orientation[3:])
        return [one(frame, None, position + up * (offsets[frame] - offsets[0])) for frame in range(count)], findings
    if position is not None and orientation is not None and (nuclear := nuclear_frames(elements, count)):
        normal = np.cross(orientation[:3], orientation[3:])
        return [
            one(frame, None, position + normal * item.height, part._replace(stack=item.stack), item.time)
            for frame, item in enumerate(nuclear)
        ], findings
    # One position for all of them would make volumes of what may as well be slices.
    return [one(frame, None, None) for frame in range(count)], (
        *findings,
        f"The file holds {count} frames and does not say whether they differ in place or in time.",
    )


def _directionality(elements: Elements) -> str:
    """Return of what kind the diffusion weighting is: DIRECTIONAL, ISOTROPIC, NONE …; empty if it is not known."""
    stated = elements.text(tags.DIRECTIONALITY)
    if stated:
        return stated
    if elements.text(tags.PHILIPS_CREATOR).upper() == "PHILIPS IMAGING DD 001":
        direction = elements.text(tags.PHILIPS_DIRECTION).upper()
        if direction:
            return {"N": "NONE", "I": "ISOTROPIC"}.get(direction, "DIRECTIONAL")
    gradient, b_value = elements.numbers(tags.GRADIENT), elements.number(tags.B_VALUE, -1)
    if b_value < 0 or not gradient:
        return ""
    # What is weighted in no direction was worked out of several.
    return "NONE" if b_value == 0 else "DIRECTIONAL" if any(gradient) else "ISOTROPIC"
