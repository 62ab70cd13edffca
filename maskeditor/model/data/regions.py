"""Masks and labels as regions: which voxels belong to which, a piece of the image at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from maskeditor.core.errors import GeometryMismatch
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.arrays import Array
from maskeditor.engine.box import Box
from maskeditor.engine.progress import Progress
from maskeditor.engine.regions import Piece, Pieces
from maskeditor.io import formats
from maskeditor.io.labels import label_values, named_beside_file
from maskeditor.io.open import open_image, open_mask, scan

#: Values of an integer type of 16 bits, each of which has a row in a table.
_FEW = 1 << 16
#: Labels that a sentence names.
MOST_NAMED = 8


@dataclass(frozen=True, eq=False)
class Regions:
    """Regions of an image, no two of which share voxels.

    Parameters
    ----------
    numbers : tuple of int
        The label of each; of ROIs, their place in the list from 1 on.
    names : tuple of str
        "" where a label has none.
    pieces : callable
        Returns their voxels in some planes, each with the place of its region in the list.
    findings : tuple of str
        What is doubtful about them, one sentence each.
    """

    numbers: tuple[int, ...]
    names: tuple[str, ...]
    pieces: Pieces
    findings: tuple[str, ...] = ()


def regions_of_mask(mask: MaskBits, number: int, name: str) -> Regions:
    """Return a mask as one region; only the box that holds it is read."""
    box = mask.bounds()
    return Regions((number,), (name,), lambda planes: () if box is None else _read(mask, box, planes))


def _read(mask: MaskBits, box: Box, planes: slice) -> Iterator[Piece]:
    first, stop, _ = planes.indices(mask.shape[2])
    for plane in range(max(first, box.start[2]), min(stop, box.stop[2])):
        places = np.flatnonzero(mask[:, :, plane].ravel(order="F"))
        yield Piece(plane, places, np.zeros(places.size, np.uint16))


def regions_of_labels(stored: Array, numbers: Mapping[int, Array], names: Mapping[int, str]) -> Regions:
    """Return labels as regions.

    Parameters
    ----------
    stored : (I, J, K) array of int or float
        An image of labels as it is stored, in Fortran order.
    numbers : mapping of int to (N,) array
        Of each label, the stored values that stand for it.
    names : mapping of int to str
        Of labels, be they in the image or not.

    Examples
    --------
    >>> stored = np.array([0, 7, 7, 2], np.uint8).reshape(4, 1, 1)
    >>> regions = regions_of_labels(stored, {2: stored[3, 0], 7: stored[1, 0]}, {2: "left"})
    >>> [(places.tolist(), regions.tolist()) for plane, places, regions in regions.pieces(slice(None))]
    [([1, 2, 3], [1, 1, 0])]
    """
    planes = stored.reshape(-1, stored.shape[2], order="F")
    pairs = sorted((value, place) for place, values in enumerate(numbers.values()) for value in values.tolist())
    values = np.array([value for value, _ in pairs], stored.dtype)
    # Of what is no label, the number is 0. (The fewer bits, the sooner voxels are put into the order of their labels.)
    ranks = np.array([place + 1 for _, place in pairs], np.min_scalar_type(len(numbers)))
    table: Array | None = None
    if stored.dtype.kind in "iu" and stored.dtype.itemsize <= 2:
        unsigned = f"u{stored.dtype.itemsize}"
        table = np.zeros(_FEW, ranks.dtype)
        table[values.view(unsigned)] = ranks
        planes = planes.view(unsigned)

    # (Where the type of a file makes it a label, as an intercept does, so is 0.)
    holds_zero = bool((values == 0).any())

    def pieces(some: slice) -> Iterator[Piece]:
        for plane in range(*some.indices(planes.shape[1])) if values.size else ():
            there = planes[:, plane]
            places = np.arange(there.size) if holds_zero else np.flatnonzero(there != 0)
            if not places.size:
                continue
            there = there.take(places)
            if table is not None:
                found = table.take(there)
            else:
                nearest = np.searchsorted(values, there).clip(max=values.size - 1)
                found = np.where(values[nearest] == there, ranks[nearest], ranks.dtype.type(0))
            if not found.all():
                among = found != 0
                places, found = places[among], found[among]
            yield Piece(plane, places, found - ranks.dtype.type(1))

    return Regions(tuple(numbers), tuple(names.get(number, "") for number in numbers), pieces)


def regions_of_file(path: Path, grid: Geometry, image: str, progress: Progress) -> list[Regions]:
    """Return what a mask or label file holds as regions, named by the table beside it; a mask by its file.

    Parameters
    ----------
    path : Path
    grid : Geometry
        That the file must lie on.
    image : str
        What lies on it, for sentences.
    progress : Progress

    Raises
    ------
    GeometryMismatch
        If it lies on another grid.
    FileError
        If it cannot be read, or holds no labels.
    """
    found = scan(path, progress.part(0, 0.1))
    if all(one.segment for one in found):
        # Segments may share voxels.
        opened = open_mask(path, progress=progress.within(0.1, 1))
        check_grid(opened.geometry, grid, path.name, image)
        names = {one.segment: one.info.description for one in found if one.segment}
        segments = [regions_of_mask(mask, number, names.get(number, "")) for number, mask in opened.labels.items()]
        return [replace(segments[0], findings=opened.findings), *segments[1:]]
    volume = open_image(path, progress=progress.within(0.1, 1)).volume
    check_grid(volume.geometry, grid, path.name, image)
    values, findings = label_values(volume, path.name)
    named = {number: label.name for number, label in named_beside_file(path).items()}
    values = values or {1: volume.stored_frame(0)[:0, 0, 0]}  # an empty mask is one all the same
    findings = (
        *(f"{path.name}: {finding}" for finding in volume.findings),
        *findings,
        *without_voxels(values, named, path.name),
    )
    regions_found = regions_of_labels(volume.stored_frame(0), values, named)
    if len(values) == 1 and not any(regions_found.names):
        regions_found = replace(regions_found, names=(formats.stem(path),))
    return [replace(regions_found, findings=findings)]


def check_grid(geometry: Geometry, grid: Geometry, name: str, image: str) -> None:
    """Raise `GeometryMismatch` where a mask lies on another grid than the image it goes with."""
    if differences := grid.differences(geometry):
        raise GeometryMismatch(
            f"{name} lies on another grid than {image} ({'; '.join(differences)}); bring it there by maskeditor "
            f"resample {name} --to {image} -o NEW.",
            differences,
        )


def without_voxels(numbers: Collection[int], named: Mapping[int, str], name: str) -> tuple[str, ...]:
    """Return a sentence on the labels that a table names and an image of labels does not hold; none without any."""
    missing = [f"{number} {label}".strip() for number, label in named.items() if number and number not in numbers]
    if not missing:
        return ()
    rest = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
    are = "s" if len(missing) > 1 else ""
    return (
        f"{name} has no voxels of the label{are} {', '.join(missing[:MOST_NAMED])}{rest} that its table names; there "
        f"{'are no rows' if are else 'is no row'} of {'them' if are else 'it'}.",
    )
