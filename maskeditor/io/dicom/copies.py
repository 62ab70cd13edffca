"""Files that are there more than once under one UID: read once where they are alike, told apart where they are not."""

from __future__ import annotations

import filecmp
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from maskeditor.engine.arrays import Floats
from maskeditor.io.dicom.pixels import same_values
from maskeditor.io.dicom.slices import Member, Slice

_TWICE = "{} files are there twice; each was read once."


@dataclass(frozen=True)
class Copies:
    """The files of a series, without those that are there twice.

    Parameters
    ----------
    sets : list of list of Member
        One, or where copies differ as many as there are different ones of a file: each with one copy of each file.
    findings : list of str
    """

    sets: list[list[Member]]
    findings: list[str]


def copies_of(members: list[Member]) -> Copies:
    """Sort out the files that are there more than once."""
    versions: dict[object, list[Member]] = defaultdict(list)
    alike = 0
    for member in members:
        # Files without a UID are copies of none.
        known = versions[member.instance or id(member)]
        if any(_are_alike(one, member) for one in known):
            alike += 1
        else:
            known.append(member)
    findings = []
    if alike:
        findings.append("A file is there twice; it was read once." if alike == 1 else _TWICE.format(alike))
    differing = [known for known in versions.values() if len(known) > 1]
    if differing:
        one, other, *_ = (member.slices[0].file.path.name for member in differing[0])
        what = "file is" if len(differing) == 1 else "files are"
        findings.append(
            f"{len(differing)} {what} there more than once under one UID with different contents (such as {one} and "
            f"{other}), which must not be; the copies are kept apart."
        )
    count = max((len(known) for known in versions.values()), default=1)
    return Copies(
        [[known[min(number, len(known) - 1)] for known in versions.values()] for number in range(count)], findings
    )


def _are_alike(one: Member, other: Member) -> bool:
    """Whether two files hold the same image."""
    if filecmp.cmp(one.slices[0].file.path, other.slices[0].file.path, shallow=False):
        return True
    return (
        len(one.slices) == len(other.slices)
        and all(_lie_alike(a, b) for a, b in zip(one.slices, other.slices, strict=True))
        and same_values(one.slices, other.slices)
    )


def _lie_alike(one: Slice, other: Slice) -> bool:
    return (
        one.part == other.part
        and one.shape == other.shape
        and (*one.spacing, one.slope, one.intercept) == (*other.spacing, other.slope, other.intercept)
        and _same(one.position, other.position)
        and _same(one.orientation, other.orientation)
    )


def _same(one: Floats | None, other: Floats | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)
