"""Reconstructions of nuclear medicine: many frames whose place, time and kind stand in vectors (PS3.3, C.8.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maskeditor.engine.arrays import Floats
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements
from maskeditor.io.dicom.slices import vector

#: The vectors that number volumes of one image, and those that number images.
_OF_TIME = (tags.TIME_VECTOR, tags.GATE_VECTOR)
_OF_IMAGES = {"energy window": tags.ENERGY_VECTOR, "detector": tags.DETECTOR_VECTOR}


@dataclass(frozen=True)
class NuclearFrame:
    """Where a frame lies (LPS mm), when it was taken, and which of several images it belongs to."""

    position: Floats
    orientation: Floats
    time: tuple[float, ...]
    stack: str


def nuclear_frames(elements: Elements, count: int) -> list[NuclearFrame] | None:
    """Return the frames of a reconstruction; None if they are projections, or it is not said where they lie."""
    slices = elements.numbers(tags.SLICE_VECTOR)
    detector = elements.item(tags.DETECTORS)
    position, orientation = (
        vector(elements.numbers(tag) or detector.numbers(tag), size)
        for tag, size in ((tags.POSITION, 3), (tags.ORIENTATION, 6))
    )
    is_projection = tags.ROTATION_VECTOR in elements.tags(tags.FRAME_INCREMENT)
    if len(slices) != count or position is None or orientation is None or is_projection:
        return None
    # A negative distance means that the slices follow one another against the normal.
    step = elements.number(tags.SPACING_BETWEEN_SLICES, 0) or elements.number(tags.SLICE_THICKNESS, 0) or 1.0
    normal = np.cross(orientation[:3], orientation[3:])
    times = [elements.numbers(tag) for tag in _OF_TIME]
    images = {name: elements.numbers(tag) for name, tag in _OF_IMAGES.items()}
    return [
        NuclearFrame(
            position + normal * (step * (slices[frame] - 1)),
            orientation,
            tuple(numbers[frame] for numbers in times if len(numbers) == count),
            ", ".join(
                f"{name} {numbers[frame]:g}"
                for name, numbers in images.items()
                if len(numbers) == count and len(set(numbers)) > 1
            ),
        )
        for frame in range(count)
    ]
