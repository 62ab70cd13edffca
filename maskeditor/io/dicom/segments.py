"""Segmentations: which files are, the slices that they leave out, and what their numbers stand for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from maskeditor.engine.arrays import Array, Floats
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.scan import DicomHeader
from maskeditor.io.dicom.slices import EMPTY, Slice

#: Segmentations with a mask for each segment, and those whose numbers are the segments (PS3.4, B.5).
_MASKS, _LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"
#: Slices are taken for different by this much (mm).
_SAME_HEIGHT = 0.01
#: How far a distance may be off a multiple of the step, in parts of the step.
_MULTIPLE = 0.05
#: Slices further apart than so many times what is stated of them may have had empty ones between them.
_LEFT_OUT = 1.5
#: More slices than this are not made up, whatever places a file states.
_MOST_SLICES = 4096


def is_segmentation(file: DicomHeader) -> bool:
    """Whether a file holds masks or labels rather than intensities."""
    return file.elements.text(tags.SOP_CLASS) in (_MASKS, _LABEL_MAP)


def is_label_map(file: DicomHeader) -> bool:
    """Whether the numbers in a file are those of the segments."""
    return file.elements.text(tags.SOP_CLASS) == _LABEL_MAP


def segments_of(file: DicomHeader, slices: list[Slice]) -> tuple[list[Slice], tuple[str, ...]]:
    """Return all slices of a segmentation, scaled, those that were left out as empty too; and what is doubtful."""
    findings = []
    elements = file.elements
    most = elements.integer(tags.FRACTIONAL_MOST)
    if elements.text(tags.SEGMENTATION_TYPE) == "FRACTIONAL" and most > 0:
        for item in slices:
            item.slope, item.intercept = 1 / most, 0.0
        kind = elements.text(tags.FRACTIONAL_TYPE).lower() or "fraction"
        findings.append(f"The segmentation holds fractions ({kind}) from 0 to 1, not a mask; threshold it to make one.")
    if any(item.position is None or item.orientation is None for item in slices):
        return slices, tuple(findings)
    added, doubt = _left_out(slices)
    return slices + added, (*findings, *doubt)


def _left_out(slices: list[Slice]) -> tuple[list[Slice], tuple[str, ...]]:
    """Return the slices that a segmentation leaves out because a segment has no voxel in them."""
    orientation = slices[0].orientation
    assert orientation is not None
    normal = np.cross(orientation[:3], orientation[3:])
    # All segments of a file lie on one grid.
    at: dict[int, Floats] = {}
    for item in slices:
        assert item.position is not None
        at.setdefault(round(float(item.position @ normal) / _SAME_HEIGHT), item.position)
    heights = sorted(at)
    places = [at[height] for height in heights]
    doubt: tuple[str, ...] = ()
    if len(heights) > 1:
        gaps = np.diff(heights) * _SAME_HEIGHT
        step, doubt = _step(gaps, slices[0].step, slices[0].thickness)
        first, last = places[0], places[-1]
        count = round(float(gaps.sum()) / step) + 1
        if count > _MOST_SLICES:
            return [], (*doubt, f"It would take {count} slices to fill the gaps between its frames; none is put in.")
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
    return added, doubt


def _step(gaps: Array, stated: float, thickness: float) -> tuple[float, tuple[str, ...]]:
    """Return the distance of the grid's slices (mm), from the gaps between those that are there."""
    least = float(gaps.min())
    if stated > 0 and _are_multiples(gaps, stated):
        return stated, ()
    doubt = f"Its slices lie {least:.4g} mm apart where it is not said whether empty ones were left out between them"
    if thickness > 0 and least > _LEFT_OUT * thickness and not stated > 0:
        return least, (f"{doubt}: they are {thickness:.4g} mm thick.",)
    if stated > 0 and least > _LEFT_OUT * stated:
        return least, (f"{doubt}: {stated:.4g} mm are stated.",)
    return least, () if stated > 0 or thickness > 0 else (f"{doubt}, nor how thick they are.",)


def _are_multiples(gaps: Array, step: float) -> bool:
    times = gaps / step
    return bool((np.round(times) >= 1).all() and (np.abs(times - np.round(times)) < _MULTIPLE * np.round(times)).all())
