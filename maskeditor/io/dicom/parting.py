"""The slices of a series sorted into different images, each named for what sets it apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import Floats
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements
from maskeditor.io.dicom.kinds import COMPONENTS, SETTINGS, Part, Setting, shown
from maskeditor.io.dicom.slices import Member, Slice
from maskeditor.io.dicom.stack import Stack

#: Orientations that differ less than this are the same but for rounding.
_SAME_ORIENTATION = 1e-3
#: While the head is followed, a whole volume may be turned by this much.
_SAME_VOLUME_ORIENTATION = 0.1
#: Distances of pixels (mm) that differ less than this are the same but for rounding.
_SAME_SPACING = 1e-3
#: Places are the same to so many decimals of a mm.
_PLACE_DECIMALS = 2
#: Fewer slices are not joined by their places alone.
_FEWEST = 3
#: Gaps between slices that differ by less than this part are even.
_EVEN = 0.1
_EACH_ITS_OWN = "Each of its files names another patient or frame of reference; they are taken for one."
#: Diffusion weighting in single directions.
_DIRECTIONAL = ("DIRECTIONAL", "BMATRIX")
#: Values that are named in a finding; of more, only how many there are.
_NAMED = 4


class Key(NamedTuple):
    """What never differs within one image: what it shows, and of what form its slices are."""

    copy: int
    part: Part
    shape: tuple[int, int]
    spacing: int
    samples: int
    orientation: int


@dataclass
class Group:
    """Slices that may be one image.

    Parameters
    ----------
    key : Key
    about : Elements
        What one of its files says.
    slices : list of Slice
    notes : dict of str to None
        What is doubtful, in order.
    words : tuple of str
        What sets it apart beside its key.
    """

    key: Key
    about: Elements
    slices: list[Slice] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    def part(self, slices: list[Slice], word: str) -> Group:
        """Return some of the slices as a group of their own, named by a word."""
        return replace(self, slices=slices, notes=dict(self.notes), words=(*self.words, *filter(None, [word])))


def split(copies: Sequence[list[Member]]) -> list[Stack]:
    """Split a series into what is really one image each.

    Parameters
    ----------
    copies : sequence of list of Member
        The files of the series; several lists where there are copies that differ.
    """
    parted: dict[frozenset[int], list[Group]] = defaultdict(list)
    for number, members in enumerate(copies, 1):
        found = _joined(_sorted_out(members, number))
        # Parts that are equal are one object, and mostly there is but one.
        if any(len({id(item.part) for item in group.slices}) > 1 for group in found):
            for setting in range(len(SETTINGS)):
                found = [one for group in found for one in _by_setting(group, setting)]
        for group in found:
            for one in _by_derivation(group):
                parted[frozenset(map(id, one.slices))].append(one)
    groups = []
    for group, *again in parted.values():
        # An image of which there are no copies that differ is the same in all lists.
        if len(again) + 1 == len(copies):
            group.key = group.key._replace(copy=0)
        groups.append(group)
    stacks = [Stack(group.slices, group.about, findings=list(group.notes), copy=group.key.copy) for group in groups]
    if len(stacks) > 1:
        for stack, label in zip(stacks, _labels(groups), strict=True):
            stack.label = label
            named = f" ({label})" if label else ""
            stack.findings.append(f"The series holds {len(stacks)} different images; this is one of them{named}.")
    return stacks


def _sorted_out(members: list[Member], copy: int) -> list[Group]:
    """Sort slices by what never differs within one image."""
    orientations: list[Floats | None] = []
    spacings: list[Floats | None] = []
    groups: dict[Key, Group] = {}
    hard: dict[int, Part] = {}
    ignored = _ignored(members)
    for member in members:
        for item in member.slices:
            near = _SAME_ORIENTATION if item.tile is None else _SAME_VOLUME_ORIENTATION
            # Parts that are equal are one object.
            part = hard.get(id(item.part))
            if part is None:
                part = hard[id(item.part)] = item.part._replace(settings=(), **ignored)
            key = Key(
                copy,
                part,
                item.shape,
                _which(spacings, np.array(item.spacing), _SAME_SPACING),
                item.file.elements.integer(tags.SAMPLES, 1),
                _which(orientations, item.orientation, near),
            )
            group = groups.get(key)
            if group is None:
                group = groups[key] = Group(key, member.about)
            group.slices.append(item)
            group.notes.update(dict.fromkeys(member.findings))
            if ignored:
                group.notes[_EACH_ITS_OWN] = None
    return list(groups.values())


def _ignored(members: list[Member]) -> dict[str, Any]:
    """Return what of a part says nothing, as where each file is given a frame of reference of its own."""
    if len(members) < _FEWEST or any(len(member.slices) > 1 for member in members):
        return {}
    parts = [member.slices[0].part for member in members]
    empty: dict[str, Any] = {"patient": 0, "space": ""}
    return {name: none for name, none in empty.items() if len({getattr(part, name) for part in parts}) == len(parts)}


def _which(known: list[Floats | None], values: Floats | None, near: float) -> int:
    for number, other in enumerate(known):
        if other is None or values is None:
            if other is values:
                return number
        elif float(np.abs(other - values).max()) < near:
            return number
    known.append(values)
    return len(known) - 1


def _joined(groups: list[Group]) -> list[Group]:
    """Join what differs only in its labels (ImageType) and fits together, slice beside slice, to one regular stack.

    Two kinds of image lie at the same places; one image of which some slices were prepared otherwise does not.
    """
    alike: dict[Key, list[Group]] = defaultdict(list)
    for group in groups:
        part = group.key.part
        # Whether an image is derived is a difference that counts, in dcm2niix, too; and so is what it shows.
        kind = (*part.kind[:1], *sorted({shown(word) for word in part.kind} - {""}))
        alike[group.key._replace(part=part._replace(kind=kind))].append(group)
    found = []
    for first, *others in alike.values():
        if others and _is_one_stack([item for group in (first, *others) for item in group.slices]):
            labels = ", ".join(" ".join(group.key.part.kind) for group in others)
            first.notes[
                f"Some slices are labelled otherwise than the first ({labels}); as all make one stack, it is one."
            ] = None
            for group in others:
                first.notes.update(group.notes)
                first.slices += group.slices
            others = []
        found += [first, *others]
    return found


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


def _by_setting(group: Group, number: int) -> list[Group]:
    """Part what differs in a setting of the scanner, or say that it differs where it is one image all the same."""
    by_value: dict[str, list[Slice]] = defaultdict(list)
    for item in group.slices:
        by_value[item.part.settings[number]].append(item)
    if len(by_value) < 2:
        return [group]
    setting = SETTINGS[number]
    if setting.parts and _are_different(by_value):
        return [group.part(slices, setting.named(value)) for value, slices in by_value.items()]
    group.notes[_difference(setting, list(by_value))] = None
    return [group]


def _difference(setting: Setting, values: list[str]) -> str:
    named = ", ".join(value or "not stated" for value in values[:_NAMED])
    more = f" and {len(values) - _NAMED} more" if len(values) > _NAMED else ""
    return f"The {setting.title} differs within the image ({named}{more})."


def _are_different(by_value: dict[str, list[Slice]]) -> bool:
    """Whether slices with different values of a setting are different images.

    They are where they lie at the same places. A value of its own for each slice, as where a pulse is timed by the
    heart, makes no images; and what makes one regular stack only together is one image.
    """
    at: dict[tuple[float, ...], set[str]] = defaultdict(set)
    counts: Counter[tuple[float, ...]] = Counter()
    one_each = {}
    for value, slices in by_value.items():
        for item in slices:
            if item.position is None:
                return True
            place = _place(item)
            at[place].add(value)
            counts[place] += 1
            one_each[place] = item
    if any(len(values) > 1 for values in at.values()):
        return len(by_value) <= max(counts.values())
    return not _is_one_stack(list(one_each.values()))


def _place(item: Slice) -> tuple[float, ...]:
    assert item.position is not None
    return tuple(np.round(item.position, _PLACE_DECIMALS).tolist())


def _by_derivation(group: Group) -> list[Group]:
    """Part what was worked out of a diffusion series (trace, ADC) from what was measured in single directions."""
    if not any(item.directionality in _DIRECTIONAL for item in group.slices):
        return [group]
    measured, unknown = [], []
    derived: dict[tuple[float, int], list[Slice]] = defaultdict(list)
    repeats: Counter[tuple[Any, ...]] = Counter()
    for item in sorted(group.slices, key=lambda item: item.time):
        if item.directionality == "ISOTROPIC":
            place = (item.b_value, None if item.position is None else _place(item))
            derived[item.b_value, repeats[place]].append(item)
            repeats[place] += 1
        elif item.directionality or item.b_value >= 0:
            measured.append(item)
        else:
            unknown.append(item)
    # Philips appends what it works out; elsewhere a volume of which nothing is said may be the one without weighting.
    if not derived and (not unknown or "PHILIPS" not in group.about.text(tags.MANUFACTURER).upper()):
        return [group]
    # Of one weighting there is one trace; what else there is of it is not said.
    several = Counter(b_value for b_value, _ in derived)
    shell = " of b = {:g}" if len(several) > 1 else ""
    parted = [("", measured), ("weighting not stated", unknown)]
    for (b_value, _), slices in derived.items():
        parted.append((("trace or ADC" if several[b_value] > 1 else "trace") + shell.format(b_value), slices))
    return [group.part(slices, name) for name, slices in parted if slices]


def _labels(groups: list[Group]) -> list[str]:
    """Name what sets the images of a series apart."""

    def differs(value: Callable[[Key], object]) -> bool:
        return len({value(group.key) for group in groups}) > 1

    def numbered(value: Callable[[Key], object]) -> list[object]:
        return list(dict.fromkeys(value(group.key) for group in groups))

    # Magnitudes are not named unless what is none lies beside them.
    usual = "magnitude" if any(group.key.part.maker in COMPONENTS for group in groups) else ""
    patients, spaces = numbered(lambda key: key.part.patient), numbered(lambda key: key.part.space)
    named: list[tuple[Callable[[Key], object], Callable[[Key], str]]] = [
        (lambda key: key.part.patient, lambda key: f"patient {patients.index(key.part.patient) + 1}"),
        (lambda key: key.part.space, lambda key: f"frame of reference {spaces.index(key.part.space) + 1}"),
        (lambda key: key.part.kind, lambda key: " ".join(key.part.kind[2:] or key.part.kind).lower()),
        (lambda key: key.part.component, lambda key: key.part.component.lower()),
        (lambda key: key.part.maker, lambda key: key.part.maker or usual),
        (lambda key: key.part.unit, lambda key: key.part.unit and f"in {key.part.unit}"),
    ]
    times = differs(lambda key: key.part.echo_time)
    echoes = differs(lambda key: key.part.echo)
    shapes, planes = differs(lambda key: key.shape), differs(lambda key: key.orientation)
    kinds = [word for value, word in named if differs(value)]
    names = []
    for group in groups:
        key, part = group.key, group.key.part
        words = [word(key) for word in kinds]
        if times:
            words.append(f"echo time {part.echo_time:g} ms")
        elif echoes:
            words.append(f"echo {part.echo}")
        words += group.words
        if part.segment:
            words.append(f"segment {part.segment}")
        elif differs(lambda key: key.part.stack) and part.stack:
            words.append(f"stack {part.stack}")
        if shapes:
            words.append(f"{key.shape[0]} × {key.shape[1]}")
        if planes and group.slices[0].orientation is not None:
            words.append(_plane(group.slices[0].orientation))
        if key.copy:
            words.append(f"copy {key.copy}")
        names.append(", ".join(filter(None, words)))
    return [
        f"{name or 'image'} {names[: number + 1].count(name)}" if names.count(name) > 1 else name
        for number, name in enumerate(names)
    ]


def _plane(orientation: Floats) -> str:
    normal = np.cross(orientation[:3], orientation[3:])
    return tuple(Plane)[int(np.argmax(np.abs(normal)))].value
