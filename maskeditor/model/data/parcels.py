"""Parcels that are measured: regions without voxels in common, of a file of labels or of masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.label_image import Numbers, overlaps, painted
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.progress import Progress, Reporter
from maskeditor.io import formats
from maskeditor.io.labels import named_beside_file
from maskeditor.io.open import open_mask


@dataclass(frozen=True, eq=False)
class Parcels:
    """Regions without voxels in common.

    Parameters
    ----------
    labels : (I, J, K) array of unsigned integers
        The number of the region that a voxel belongs to; 0 for none.
    grid : Geometry
    names : mapping of int to str
        Of all regions by number, also of those without voxels; in the order in which they are shown.
    findings : tuple of str
        What is worth saying of them, one sentence each.
    name : str
        What they are called together, for sentences.
    """

    labels: Numbers
    grid: Geometry
    names: Mapping[int, str]
    findings: tuple[str, ...] = ()
    name: str = "the mask"


def parcels_in(path: Path, progress: Reporter | None = None) -> list[Parcels]:
    """Return the regions of a mask or label file on a grid of its own, with the names of the table beside it.

    They are together, but for segments of DICOM that share voxels: these are parted as by `parcels_of`.

    Raises
    ------
    FileError
        If it cannot be read or holds no labels.
    """
    opened = open_mask(path, progress=progress)
    masks = list(opened.labels.items())
    beside = named_beside_file(path)
    alone = formats.stem(path) if len(masks) == 1 and not beside else ""
    names = {number: beside[number].name if number in beside else alone or f"label {number}" for number, _ in masks}
    empty = {number: one.name for number, one in sorted(beside.items()) if number not in names and number > 0}
    findings = list(opened.findings)
    if empty:
        listed = ", ".join(list(empty.values())[:8]) + (" …" if len(empty) > 8 else "")
        many = "labels of the table have" if len(empty) > 1 else "label of the table has"
        findings.append(f"{path.name}: {len(empty)} {many} no voxels, and so no values ({listed}).")
    labels, called = painted(masks, opened.geometry.shape), unlike(names)
    if np.count_nonzero(labels) < sum(mask.count() for _, mask in masks):
        first, *others = parcels_of([(called[number], mask) for number, mask in masks], opened.geometry)
        return [replace(first, findings=tuple(findings), name=path.name), *others]
    return [Parcels(labels, opened.geometry, called, tuple(findings), path.name)]


def parcels_of(
    masks: Sequence[tuple[str, MaskBits]], grid: Geometry, progress: Progress | None = None
) -> list[Parcels]:
    """Return masks, each with its name, as few images of labels: masks that share voxels are not in the same.

    Examples
    --------
    >>> one, other = (MaskBits.of(np.array(flags, bool).reshape(3, 1, 1)) for flags in ([1, 1, 0], [0, 1, 1]))
    >>> [list(each.names.values()) for each in parcels_of([("a", one), ("b", other)], Geometry((3, 1, 1), np.eye(4)))]
    [['a'], ['b']]
    """
    found = overlaps([mask for _, mask in masks], progress)
    shared = {(pair.under, pair.over) for pair in found.pairs}
    groups: list[list[int]] = []
    for place in range(len(masks)):
        fits = (group for group in groups if not any((other, place) in shared for other in group))
        group = next(fits, None)
        if group is None:
            groups.append([place])
        else:
            group.append(place)
    called = unlike({place: name for place, (name, _) in enumerate(masks)})
    return [
        Parcels(
            painted([(number, masks[place][1]) for number, place in enumerate(group, 1)], grid.shape),
            grid,
            {number: called[place] for number, place in enumerate(group, 1)},
        )
        for group in groups
    ]


def unlike(names: Mapping[int, str]) -> dict[int, str]:
    """Return names by number, those that are alike with their number, so that each is that of one column.

    Examples
    --------
    >>> unlike({1: "left", 2: "right", 5: "left"})
    {1: 'left (1)', 2: 'right', 5: 'left (5)'}
    """
    given = list(names.values())
    return {number: name if given.count(name) == 1 else f"{name} ({number})" for number, name in names.items()}
