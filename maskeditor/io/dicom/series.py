"""Files of a series: what is kept of them, and the images that they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from maskeditor.io.dicom import tags
from maskeditor.io.dicom.copies import copies_of
from maskeditor.io.dicom.elements import Elements, NotDicom, OutOfBytes
from maskeditor.io.dicom.frames import slices_of
from maskeditor.io.dicom.kinds import Part
from maskeditor.io.dicom.midnight import put_after_midnight
from maskeditor.io.dicom.parting import split
from maskeditor.io.dicom.scan import DicomHeader
from maskeditor.io.dicom.slices import Member
from maskeditor.io.dicom.stack import Stack, arrange, luminance, resampled

#: What pixels are read by, and what sets one file apart from another.
_OF_PIXELS = frozenset(
    {tags.ROWS, tags.COLUMNS, tags.FRAMES, tags.SAMPLES, tags.BITS_ALLOCATED, tags.BITS_STORED, tags.HIGH_BIT}
    | {tags.PIXEL_REPRESENTATION, tags.PHOTOMETRIC, tags.SOP_CLASS, tags.MODALITY_LUT}
)
_INSTANCE = (tags.SOP_INSTANCE, tags.SERIES_NUMBER, tags.INSTANCE_NUMBER, tags.POSITION, tags.ACQUISITION_TIME)
#: Who was scanned serves to keep two apart, and is kept no longer.
_OF_PATIENT = frozenset((tags.PATIENT_ID, tags.PATIENT_NAME))
#: Longer values (bytes), such as what enhanced files say of each frame, are not kept.
_LARGE = 1 << 14


class Reader:
    """Takes what is needed from headers and lets go of the rest: thousands of them take as much as an image."""

    def __init__(self) -> None:
        self._about: dict[tuple[Any, ...], Elements] = {}
        self._of_pixels: dict[tuple[Any, ...], Elements] = {}
        self._parts: dict[Part, Part] = {}

    def member(self, header: DicomHeader) -> Member:
        """Return what a file holds; its header keeps only what its pixels are read by.

        Raises
        ------
        NotDicom
            If it is damaged.
        """
        elements = header.elements
        try:
            slices, findings = slices_of(header)
        except OutOfBytes:
            raise NotDicom("its sequences are damaged") from None
        for item in slices:
            item.part = self._parts.setdefault(item.part, item.part)
        # Careless anonymisers give many files one UID: only by all of these together is a copy known.
        instance = hash(tuple(elements.bytes(tag) for tag in _INSTANCE)) if tags.SOP_INSTANCE in elements else 0
        series = elements.integer(tags.SERIES_NUMBER)
        kind = (elements.text(tags.SERIES_UID), series, slices[0].part, slices[0].shape)
        about = self._about.get(kind)
        if about is None:
            raw = {
                tag: (vr, value if len(value) < _LARGE else b"\0")
                for tag, (vr, value) in elements.raw.items()
                if tag not in _OF_PATIENT
            }
            about = self._about[kind] = Elements(raw, elements.encoding)
        kept = {tag: pair for tag, pair in elements.raw.items() if tag in _OF_PIXELS}
        key = (*kept.items(), elements.encoding)
        header.elements = self._of_pixels.setdefault(key, Elements(kept, elements.encoding))
        return Member(slices, findings, series, instance, about)


def forecast(members: list[Member]) -> Stack:
    """Return what is known of a series while its files are still being found: an image without a shape."""
    return Stack(members[0].slices, members[0].about, so_far=len(members))


def stacks_of(members: Iterable[Member]) -> list[Stack]:
    """Sort the files of one UID into images.

    Returns
    -------
    list of Stack
        In the order of the series' numbers; each in order, with affine and findings, or with a refusal. One that lies
        on no regular grid is followed by the nearest that does, resampled; one of colours by its luminance.
    """
    series: dict[int, list[Member]] = defaultdict(list)
    for member in members:
        series[member.series].append(member)
    found = []
    for number in sorted(series):
        doubts = put_after_midnight(series[number])
        copies = copies_of(series[number])
        stacks = split(copies.sets)
        for stack in stacks:
            stack.findings += [*copies.findings, *doubts]
            arrange(stack)
        found += stacks
    if len(found) > 1:
        for number, stack in enumerate(found, 1):
            stack.number = number
    return [one for stack in found for one in (stack, resampled(stack), luminance(stack)) if one is not None]
