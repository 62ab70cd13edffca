"""Series taken apart into what is really one image each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import Floats
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements, NotDicom, OutOfBytes
from maskeditor.io.dicom.frames import Slice, slices_of
from maskeditor.io.dicom.scan import DicomHeader
from maskeditor.io.dicom.stack import Stack, arrange, resampled

#: What pixels are read by, and what sets one file apart from another.
_OF_PIXELS = frozenset(
    {tags.ROWS, tags.COLUMNS, tags.FRAMES, tags.SAMPLES, tags.BITS_ALLOCATED, tags.BITS_STORED, tags.HIGH_BIT}
    | {tags.PIXEL_REPRESENTATION, tags.SOP_CLASS}
)
_INSTANCE = (tags.SOP_INSTANCE, tags.INSTANCE_NUMBER, tags.POSITION, tags.ACQUISITION_TIME)
#: Longer values (bytes), such as what enhanced files say of each frame, are not kept.
_LARGE = 1 << 14
_GE_COMPONENTS = {0: "magnitude", 1: "phase", 2: "real", 3: "imaginary"}
#: Orientations that differ less than this are the same but for rounding.
_SAME_ORIENTATION = 1e-3
#: While the head is followed, a whole volume may be turned by this much.
_SAME_VOLUME_ORIENTATION = 0.1
#: Distances of pixels (mm) that differ less than this are the same but for rounding.
_SAME_SPACING = 1e-3
#: Words of ImageType, up to a low line, that say what an image shows: never are two of them one image.
_SHOWN = frozenset({"M", "P", "R", "I", "MAGNITUDE", "PHASE", "REAL", "IMAGINARY", "ADC", "TRACEW", "FA"}) | frozenset(
    {"W", "F", "WATER", "FAT", "IP", "OP", "IN", "OUT", "OPP", "LOCALIZER", "MPR", "MIP", "MNIP"}
)
#: Fewer slices are not joined by their places alone.
_FEWEST = 3
#: Gaps between slices that differ by less than this part are even.
_EVEN = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A file of a series: its slices, what is doubtful about them, and what a copy of it is known by."""

    slices: list[Slice]
    findings: tuple[str, ...]
    series: int
    instance: int
    about: Elements


class Reader:
    """Takes what is needed from headers and lets go of the rest: thousands of them take as much as an image."""

    def __init__(self) -> None:
        self._about: dict[tuple[Any, ...], Elements] = {}
        self._of_pixels: dict[tuple[Any, ...], Elements] = {}
        self._parts: dict[tuple[Any, ...], tuple[Any, ...]] = {}

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
            raw = {tag: (vr, value if len(value) < _LARGE else b"\0") for tag, (vr, value) in elements.raw.items()}
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
        on no regular grid is followed by the nearest that does, resampled.
    """
    series: dict[int, list[Member]] = defaultdict(list)
    twice: dict[int, int] = defaultdict(int)
    seen: set[int] = set()
    for member in members:
        if member.instance and member.instance in seen:
            twice[member.series] += 1
            continue
        seen.add(member.instance)
        series[member.series].append(member)
    found = []
    for number in sorted(series):
        stacks = _split(series[number])
        for stack in stacks:
            if twice[number]:
                stack.findings.append(f"{twice[number]} files are there twice; each was read once.")
            arrange(stack)
        found += stacks
    if len(found) > 1:
        for number, stack in enumerate(found, 1):
            stack.number = number
    return [one for stack in found for one in (stack, resampled(stack)) if one is not None]


def _split(members: list[Member]) -> list[Stack]:
    """Split a series into what is really one image each."""
    orientations: list[Floats | None] = []
    spacings: list[Floats | None] = []
    groups: dict[tuple[Any, ...], list[Slice]] = {}
    notes: dict[tuple[Any, ...], dict[str, None]] = defaultdict(dict)
    about: dict[tuple[Any, ...], Elements] = {}
    for member in members:
        for item in member.slices:
            near = _SAME_ORIENTATION if item.tile is None else _SAME_VOLUME_ORIENTATION
            which = _which(orientations, item.orientation, near)
            size = _which(spacings, np.array(item.spacing), _SAME_SPACING)
            key = (*item.part, item.shape, size, item.file.elements.integer(tags.SAMPLES, 1), which)
            groups.setdefault(key, []).append(item)
            notes[key].update(dict.fromkeys(member.findings))
            about.setdefault(key, member.about)
    _join_labels(groups, notes)
    groups, notes = _without_traces(groups, notes)
    stacks = [
        Stack(slices, about[key[:-1]], findings=list(notes[key]))  # the last part sets traces apart
        for key, slices in groups.items()
    ]
    if len(stacks) > 1:
        for stack, label in zip(stacks, _labels(list(groups), stacks), strict=True):
            stack.label = label
            stack.findings.append(f"The series holds {len(stacks)} different images; this is one of them ({label}).")
    return stacks


def _join_labels(groups: dict[tuple[Any, ...], list[Slice]], notes: dict[tuple[Any, ...], dict[str, None]]) -> None:
    """Join what differs only in its labels (ImageType) and fits together, slice beside slice, to one regular stack.

    Two kinds of image lie at the same places; one image of which some slices were prepared otherwise does not.
    """
    alike: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for key in groups:
        # Whether an image is derived is a difference that counts, in dcm2niix, too; and so is what it shows.
        shown = frozenset(
            word.partition("_")[0] for word in key[1] if word.partition("_")[0] in _SHOWN or "MAP" in word
        )
        alike[(key[0], key[1][:1], shown, *key[2:])].append(key)
    for keys in alike.values():
        slices = [item for key in keys for item in groups[key]]
        if len(keys) < 2 or not _is_one_stack(slices):
            continue
        first, *others = keys
        labels = ", ".join(" ".join(key[1]) for key in others)
        notes[first][
            f"Some slices are labelled otherwise than the first ({labels}); as all make one stack, it is one."
        ] = None
        for key in others:
            notes[first].update(notes.pop(key, {}))
            del groups[key]
        groups[first] = slices


def _is_one_stack(slices: list[Slice]) -> bool:
    """Whether slices lie one beside the other, each at a place of its own, evenly spaced."""
    orientation = slices[0].orientation
    if orientation is None or any(item.position is None for item in slices):
        return False
    if len(slices) < _FEWEST:
        return False  # any two are evenly spaced
    heights = np.sort(np.array([item.position for item in slices]) @ np.cross(orientation[:3], orientation[3:]))
    gaps = np.diff(heights)
    return bool(gaps.min() > 0.0 and np.ptp(gaps) < _EVEN * gaps.mean())


def _without_traces(
    groups: dict[tuple[Any, ...], list[Slice]], notes: dict[tuple[Any, ...], dict[str, None]]
) -> tuple[dict[tuple[Any, ...], list[Slice]], dict[tuple[Any, ...], dict[str, None]]]:
    """Part what was worked out of a diffusion series (trace, ADC) from what was measured in single directions."""
    found: dict[tuple[Any, ...], list[Slice]] = {}
    doubts: dict[tuple[Any, ...], dict[str, None]] = {}
    for key, slices in groups.items():
        kinds = {item.directionality for item in slices}
        parted = "ISOTROPIC" in kinds and bool(kinds & {"DIRECTIONAL", "BMATRIX"})
        for trace in (False, True):
            some = [item for item in slices if parted and (item.directionality == "ISOTROPIC") is trace]
            if not parted:
                some = [] if trace else slices
            if some:
                found[(*key, trace)] = some
                doubts[(*key, trace)] = notes[key]
    return found, doubts


def _which(known: list[Floats | None], orientation: Floats | None, near: float) -> int:
    for number, other in enumerate(known):
        if other is None or orientation is None:
            if other is orientation:
                return number
        elif float(np.abs(other - orientation).max()) < near:
            return number
    known.append(orientation)
    return len(known) - 1


def _labels(keys: list[tuple[Any, ...]], stacks: list[Stack]) -> list[str]:
    """Name what sets the images of a series apart."""
    names = []
    differs = [len({key[position] for key in keys}) > 1 for position in range(len(keys[0]))]
    for key, stack in zip(keys, stacks, strict=True):
        words = []
        if differs[1]:
            words.append(" ".join(key[1][2:] or key[1]).lower())
        if differs[2]:
            words.append(key[2].lower())
        if differs[6]:
            words.append(_GE_COMPONENTS.get(key[6], f"component {key[6]}"))
        if differs[3]:
            words.append(f"echo time {key[3]:g} ms")
        elif differs[4]:
            words.append(f"echo {key[4]}")
        if stack.segment:
            words.append(f"segment {stack.segment}")
        elif any(differs[7:-5]):
            words.append("stack " + " ".join(str(part) for part in key[7:-5] if part))
        if differs[-5]:
            words.append(f"{key[-5][0]} × {key[-5][1]}")
        if differs[-2] and stack.first.orientation is not None:
            words.append(_plane(stack.first.orientation))
        if key[-1]:
            words.append("trace")
        names.append(", ".join(word for word in words if word))
    return [
        f"{name or 'image'} {names[: number + 1].count(name)}" if names.count(name) > 1 else name
        for number, name in enumerate(names)
    ]


def _plane(orientation: Floats) -> str:
    normal = np.cross(orientation[:3], orientation[3:])
    return tuple(Plane)[int(np.argmax(np.abs(normal)))].value
