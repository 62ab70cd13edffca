"""Reconstructions of nuclear medicine: many frames whose place, time and kind stand in vectors (PS3.3, C.8.4)."""

from __future__ import annotations

from dataclasses import dataclass

from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements
from maskeditor.io.dicom.slices import length

#: The vectors that number volumes of one image, and those that number images.
_OF_TIME = (tags.TIME_VECTOR, tags.GATE_VECTOR)
_OF_IMAGES = {"energy window": tags.ENERGY_VECTOR, "detector": tags.DETECTOR_VECTOR}


@dataclass(frozen=True)
class NuclearFrame:
    """How far along the normal a frame lies (mm), when it was taken, and which of several images it belongs to."""

    height: float
    time: tuple[float, ...]
    stack: str


def nuclear_frames(elements: Elements, count: int) -> list[NuclearFrame] | None:
    """Return the frames of a reconstruction; None if they are projections, or their slices are not numbered."""
    slices = elements.numbers(tags.SLICE_VECTOR)
    if len(slices) != count or tags.ROTATION_VECTOR in elements.tags(tags.FRAME_INCREMENT):
        return None
    # A negative distance means that the slices follow one another against the normal.
    lengths = (elements.number(tag, 0) for tag in (tags.SPACING_BETWEEN_SLICES, tags.SLICE_THICKNESS))
    step = next((value for value in lengths if length(value)), 1.0)
    times = [numbers for tag in _OF_TIME if len(numbers := elements.numbers(tag)) == count]
    images = {name: elements.numbers(tag) for name, tag in _OF_IMAGES.items()}
    images = {name: numbers for name, numbers in images.items() if len(numbers) == count and len(set(numbers)) > 1}
    return [
        NuclearFrame(
            step * (slices[frame] - 1),
            tuple(numbers[frame] for numbers in times),
            ", ".join(f"{name} {numbers[frame]:g}" for name, numbers in images.items()),
        )
        for frame in range(count)
    ]
