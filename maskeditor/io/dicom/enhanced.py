"""Frames of enhanced files, whose place, time and settings stand in functional groups (PS3.3, C.7.6.16)."""

from __future__ import annotations

from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements
from maskeditor.io.dicom.kinds import Part, part_of
from maskeditor.io.dicom.scan import DicomHeader
from maskeditor.io.dicom.slices import Slice, length, moment, spacing_of, vector
from maskeditor.io.dicom.values import scaling_of

#: What a dimension that runs through the slices of a stack points at.
_IN_STACK = (tags.IN_STACK_POSITION, tags.POSITION)
#: The functional groups in which settings stand, and the others that are read.
_OF_SETTINGS = (
    tags.MR_FRAME_TYPE,
    tags.CT_FRAME_TYPE,
    tags.MR_TIMING,
    tags.MR_MODIFIER,
    tags.MR_COIL,
    tags.CT_RECONSTRUCTION,
    tags.CT_DETAILS,
    tags.TRANSFORMATION,
)
_GROUPS = (
    *_OF_SETTINGS,
    tags.FRAME_CONTENT,
    tags.PIXEL_MEASURES,
    tags.PLANE_POSITION,
    tags.PLANE_ORIENTATION,
    tags.MR_ECHO,
    tags.MR_DIFFUSION,
    tags.SEGMENT_IDENTIFICATION,
)


class _Groups:
    """The functional groups of the frames of a file; those that are written alike are one object."""

    def __init__(self, top: Elements) -> None:
        self._top = top
        self._shared = top.item(tags.SHARED_GROUPS)
        self._per_frame = top.items(tags.FRAME_GROUPS)
        self._known: dict[tuple[int, bytes], Elements] = {}
        self._common = {tag: self._shared.item(tag) for tag in _GROUPS}

    def of(self, frame: int) -> tuple[dict[int, Elements], Elements]:
        """Return the groups of a frame by their tags, and where it states real-world values."""
        own = self._per_frame[frame] if frame < len(self._per_frame) else Elements({}, self._top.encoding)
        groups = {tag: self._item(own, tag) if tag in own else self._common[tag] for tag in _GROUPS}
        real = next((one for one in (own, self._shared, self._top) if tags.REAL_WORLD in one), self._top)
        return groups, real

    def _item(self, own: Elements, tag: int) -> Elements:
        key = (tag, own.bytes(tag))
        if key not in self._known:
            self._known[key] = own.item(tag)
        return self._known[key]


def enhanced_frames(file: DicomHeader) -> tuple[list[Slice], tuple[str, ...]]:
    """Return the frames of an enhanced file as slices, and what is doubtful about them."""
    top = file.elements
    groups_of = _Groups(top)
    pointers = [item.tags(tags.DIMENSION_POINTER) for item in top.items(tags.DIMENSIONS)]
    # The dimensions that say where a slice lies say nothing of when it was taken.
    of_time = [
        number
        for number, pointer in enumerate(pointers)
        if pointer and pointer[0] not in (tags.STACK_ID, tags.IN_STACK_POSITION, tags.POSITION, tags.PLANE_POSITION)
    ]
    found = []
    findings: dict[str, None] = {}
    parts: dict[tuple[int, ...], Part] = {}
    taken, instance = moment(top), top.integer(tags.INSTANCE_NUMBER)
    for frame in range(max(1, top.integer(tags.FRAMES, 1))):
        groups, real = groups_of.of(frame)
        content, measures = groups[tags.FRAME_CONTENT], groups[tags.PIXEL_MEASURES]
        alike = tuple(id(groups[tag]) for tag in (*_OF_SETTINGS, tags.MR_ECHO))
        if alike not in parts:
            parts[alike] = _part(top, groups)
        part = parts[alike]._replace(
            stack=content.text(tags.STACK_ID),
            segment=groups[tags.SEGMENT_IDENTIFICATION].integer(tags.SEGMENT_NUMBER),
        )
        slope, intercept, doubts = scaling_of(top, groups[tags.TRANSFORMATION], real)
        findings.update(dict.fromkeys(doubts))
        index = content.numbers(tags.DIMENSION_VALUES)
        when = tuple(index[number] for number in of_time if number < len(index))
        orientation = groups[tags.PLANE_ORIENTATION].numbers(tags.ORIENTATION) or top.numbers(tags.ORIENTATION)
        found.append(
            Slice(
                file,
                frame,
                None,
                vector(groups[tags.PLANE_POSITION].numbers(tags.POSITION), 3),
                vector(orientation, 6),
                spacing_of(measures.numbers(tags.PIXEL_SPACING) or top.numbers(tags.PIXEL_SPACING)),
                length(measures.number(tags.SLICE_THICKNESS, top.number(tags.SLICE_THICKNESS, 0))),
                length(measures.number(tags.SPACING_BETWEEN_SLICES, top.number(tags.SPACING_BETWEEN_SLICES, 0))),
                slope,
                intercept,
                part,
                ((when, content.integer(tags.TEMPORAL_INDEX), moment(content) or taken, 0, 0.0), (instance, frame)),
                directionality=groups[tags.MR_DIFFUSION].text(tags.DIRECTIONALITY),
                b_value=groups[tags.MR_DIFFUSION].number(tags.B_VALUE, -1),
            )
        )
    # Makers that count the slices before the volumes (Philips) let the last dimension run slowest, those that count the
    # volumes first (Canon, Bruker) the first: dcm2niix goes by the same.
    in_stack = max((n for n, pointer in enumerate(pointers) if pointer and pointer[0] in _IN_STACK), default=0)
    after = [place for place, number in enumerate(of_time) if number > in_stack]
    if any(len({item.time[0][0][place : place + 1] for item in found}) > 1 for place in after):
        for item in found:
            (when, *others), numbers = item.time
            item.time = ((when[::-1], *others), numbers)
    return found, tuple(findings)


def _part(top: Elements, groups: dict[int, Elements]) -> Part:
    sources = (*(groups[tag] for tag in _OF_SETTINGS if groups[tag].raw), top)
    image_type = next((words for source in sources if (words := source.texts(tags.FRAME_TYPE))), ())
    echo = groups[tags.MR_ECHO].number(tags.EFFECTIVE_ECHO_TIME, top.number(tags.EFFECTIVE_ECHO_TIME, 0))
    return part_of(top, image_type or top.texts(tags.IMAGE_TYPE), echo, sources)
