"""Series taken apart into what is really one image each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.geometry import Plane
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import NotDicom, OutOfBytes
from maskeditor.io.dicom.frames import Slice, slices_of
from maskeditor.io.dicom.scan import Header
from maskeditor.io.dicom.stack import Stack, Vector, arrange, resampled

#: A file, its slices, and what is doubtful about them.
_Member = tuple[Header, list[Slice], tuple[str, ...]]
_GE_COMPONENTS = {0: "magnitude", 1: "phase", 2: "real", 3: "imaginary"}
#: Orientations that differ less than this are the same but for rounding.
_SAME_ORIENTATION = 1e-3
#: While the head is followed, a whole volume may be turned by this much.
_SAME_VOLUME_ORIENTATION = 0.1


def forecast(headers: list[Header]) -> list[Stack]:
    """Return what can be said of a series while its files are still being found: an image without a shape."""
    try:
        slices, _ = slices_of(headers[0])
    except (OutOfBytes, NotDicom):
        return []
    return [Stack(slices, so_far=len(headers))]


def stacks_of(headers: Iterable[Header]) -> tuple[list[Stack], dict[Path, str]]:
    """Sort files into images.

    Returns
    -------
    stacks : list of Stack
        In the order of the series' numbers; each in order, with affine and findings, or with a refusal. One that lies
        on no regular grid is followed by the nearest that does, resampled.
    broken : dict of Path to str
        One sentence for each file that turned out to be damaged.
    """
    series: dict[tuple[str, int], list[_Member]] = defaultdict(list)
    broken: dict[Path, str] = {}
    twice: dict[tuple[str, int], int] = defaultdict(int)
    seen: set[tuple[Any, ...]] = set()
    for header in headers:
        elements = header.elements
        # Without a UID, files of one folder and number are taken for a series.
        uid = elements.text(tags.SERIES_UID) or str(header.path.parent)
        key = (uid, elements.integer(tags.SERIES_NUMBER))
        # Careless anonymisers give many files one UID: only all of these together tell a copy.
        instance = (
            elements.text(tags.SOP_INSTANCE),
            elements.bytes(tags.INSTANCE_NUMBER),
            elements.bytes(tags.POSITION),
            elements.bytes(tags.ACQUISITION_TIME),
        )
        if instance[0] and instance in seen:
            twice[key] += 1
            continue
        seen.add(instance)
        try:
            slices, findings = slices_of(header)
        except (OutOfBytes, NotDicom):
            broken[header.path] = f"{header.path.name} was left out: its sequences are damaged."
        else:
            series[key].append((header, slices, findings))
    found = []
    for key in sorted(series, key=lambda key: (key[1], key[0])):
        stacks = _split(series[key])
        for stack in stacks:
            if twice[key]:
                stack.findings.append(f"{twice[key]} files are there twice; each was read once.")
            arrange(stack)
        found += stacks
    _number(found)
    with_offers = [one for stack in found for one in (stack, resampled(stack)) if one is not None]
    return with_offers, broken


def _number(stacks: list[Stack]) -> None:
    """Give the images of one series their numbers."""
    by_series: dict[str, list[Stack]] = defaultdict(list)
    for stack in stacks:
        by_series[stack.series_uid].append(stack)
    for group in by_series.values():
        if len(group) > 1:
            for number, stack in enumerate(group, 1):
                stack.number = number


def _split(members: list[_Member]) -> list[Stack]:
    """Split a series into what is really one image each."""
    orientations: list[Vector | None] = []
    groups: dict[tuple[Any, ...], list[Slice]] = {}
    notes: dict[tuple[Any, ...], dict[str, None]] = defaultdict(dict)
    for header, slices, findings in members:
        for item in slices:
            near = _SAME_ORIENTATION if item.tile is None else _SAME_VOLUME_ORIENTATION
            which = _which(orientations, item.orientation, near)
            spacing = (round(item.spacing[0], 3), round(item.spacing[1], 3))
            key = (*item.part, item.shape, spacing, header.elements.integer(tags.SAMPLES, 1), which)
            groups.setdefault(key, []).append(item)
            notes[key].update(dict.fromkeys(findings))
    groups, notes = _without_traces(groups, notes)
    stacks = [Stack(slices, findings=list(notes[key])) for key, slices in groups.items()]
    if len(stacks) > 1:
        for stack, label in zip(stacks, _labels(list(groups), stacks), strict=True):
            stack.label = label
            stack.findings.append(f"The series holds {len(stacks)} different images; this is one of them ({label}).")
    return stacks


def _without_traces(
    groups: dict[tuple[Any, ...], list[Slice]], notes: dict[tuple[Any, ...], dict[str, None]]
) -> tuple[dict[tuple[Any, ...], list[Slice]], dict[tuple[Any, ...], dict[str, None]]]:
    """Part what was worked out of a diffusion series (trace, ADC) from what was measured in single directions."""
    found: dict[tuple[Any, ...], list[Slice]] = {}
    told: dict[tuple[Any, ...], dict[str, None]] = {}
    for key, slices in groups.items():
        kinds = {item.directionality for item in slices}
        parted = "ISOTROPIC" in kinds and bool(kinds & {"DIRECTIONAL", "BMATRIX"})
        for trace in (False, True):
            some = [item for item in slices if parted and (item.directionality == "ISOTROPIC") is trace]
            if not parted:
                some = [] if trace else slices
            if some:
                found[(*key, trace)] = some
                told[(*key, trace)] = notes[key]
    return found, told


def _which(known: list[Vector | None], orientation: Vector | None, near: float) -> int:
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


def _plane(orientation: Vector) -> str:
    normal = np.cross(orientation[:3], orientation[3:])
    return tuple(Plane)[int(np.argmax(np.abs(normal)))].value
