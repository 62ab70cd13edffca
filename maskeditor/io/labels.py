"""What is a mask? The labels in the voxels of an image; everything that takes a mask from a file takes it here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.label_image import MOST_LABELS, NamedLabel
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.box import Box
from maskeditor.engine.distinct import distinct
from maskeditor.io import formats
from maskeditor.io.label_tables import named_beside

#: How far from a whole number a label may be.
_NEAR = 1e-3


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of a mask or label file.

    Parameters
    ----------
    masks : dict of int to MaskBits
        A mask for each number in the file but 0, in ascending order; one empty mask if there is none.
    findings : tuple of str
        What is doubtful about the values, one sentence each.
    """

    masks: dict[int, MaskBits]
    findings: tuple[str, ...]


def labels_of(volume: Volume, name: str) -> Labels:
    """Return the labels in the voxels of an image.

    A number within 1e-3 of a whole one is that one, and so is one that is no further from it than half the step of the
    file's own scaling, by which whole numbers come back changed. What is not a number (NaN) lies outside.

    Parameters
    ----------
    volume : Volume
    name : str
        Of the file, for sentences.

    Raises
    ------
    FileError
        If there are several volumes, fractions, or infinite or too many numbers.

    Examples
    --------
    >>> from maskeditor.core.space.geometry import Geometry
    >>> stored = np.array([0, 85, 255], np.uint8).reshape(3, 1, 1)
    >>> read = labels_of(Volume(stored, Geometry((3, 1, 1), np.eye(4)), slope=float(np.float32(3 / 255))), "seg.nii")
    >>> list(read.masks), len(read.findings)
    ([1, 3], 1)
    """
    stored, masks = volume.stored_frame(0), {}
    values, findings = label_values(volume, name)
    for label, found in values.items():
        masks[label] = MaskBits.where(volume.geometry.shape, partial(_inside, stored, found))
    return Labels(masks or {1: MaskBits(volume.geometry.shape)}, findings)


def _inside(stored: Array, found: Array, box: Box) -> BoolArray:
    part = stored[box.slices]
    inside: BoolArray = part == found[0] if len(found) == 1 else (part >= found[0]) & (part <= found[-1])
    return inside


def label_values(volume: Volume, name: str) -> tuple[dict[int, Array], tuple[str, ...]]:
    """Return the labels in the voxels of an image without a mask for each: what `labels_of` would make masks of.

    Parameters
    ----------
    volume : Volume
    name : str
        Of the file, for sentences.

    Returns
    -------
    values : dict of int to (N,) array
        Of each number in the file but 0, in ascending order, the stored values that stand for it, in order too.
    findings : tuple of str

    Raises
    ------
    FileError
        As `labels_of`.

    Examples
    --------
    >>> from maskeditor.core.space.geometry import Geometry
    >>> stored = np.array([0, 85, 255], np.uint8).reshape(3, 1, 1)
    >>> values, _ = label_values(Volume(stored, Geometry((3, 1, 1), np.eye(4)), slope=float(np.float32(3 / 255))), "a")
    >>> {number: found.tolist() for number, found in values.items()}
    {1: [85], 3: [255]}
    """
    check_volumes(volume.frames, name)
    stored = volume.stored_frame(0)
    different = distinct(stored, MOST_LABELS)
    found, numbers, findings = _whole_numbers(volume, np.unique(stored) if different is None else different, name)
    count = len(np.unique(numbers[numbers != 0]))
    if count > MOST_LABELS:
        raise FileError(
            f"{name} holds {count} different numbers, so it is an image rather than labels; threshold it, or give "
            f"one of {MOST_LABELS} at most."
        )
    return dict(sorted(_runs(found, numbers))), tuple(findings)


def check_volumes(count: int, name: str) -> None:
    """Raise `FileError` if a file has more volumes than a mask has."""
    if count > 1:
        raise FileError(
            f"{name} has {count} volumes, but a mask has one; extract one volume first, or save it as one file for "
            "each."
        )


def _whole_numbers(volume: Volume, found: Array, name: str) -> tuple[Array, Array, list[str]]:
    """Return stored values that stand for numbers, the whole number of each, and what is doubtful about them.

    Parameters
    ----------
    volume : Volume
    found : (N,) array
        Stored values, in ascending order.
    name : str
    """
    values = volume.scaled(found)
    findings: list[str] = []
    if values.dtype.kind != "f":
        return found, values, findings
    known = ~np.isnan(values)
    if not known.all():
        count = int(np.isnan(volume.stored_frame(0)).sum())
        findings.append(f"{name} holds no number (NaN) in {plain_number(count, 'voxel')}; they are taken as outside.")
    found, values = found[known], values[known]
    if not np.isfinite(values).all():
        raise FileError(f"{name} holds infinite numbers, so it is an image rather than a mask; give whole numbers.")
    whole = np.rint(values)
    away = float(np.abs(values - whole).max(initial=0.0))
    if away > _tolerance(volume):
        raise FileError(
            f"{name} holds fractions, so it is an image rather than a mask; threshold it, or give whole numbers."
        )
    if away:
        findings.append(
            f"{name} holds numbers that are up to {away:.2g} off whole ones, as scaling leaves them; they are rounded."
        )
    return found, whole, findings


def _tolerance(volume: Volume) -> float:
    """Return how far a label of a file may be from a whole number."""
    step = abs(volume.slope) if volume.is_scaled and volume.stored.dtype.kind in "iu" else 0.0
    # Steps of one or more cannot be how whole numbers were stored; 1e-6 is how far float32 rounds slopes.
    return max(_NEAR, step / 2 * (1 + 1e-6)) if step < 1 else _NEAR


def _runs(found: Array, numbers: Array) -> Iterator[tuple[int, Array]]:
    """Yield each number but 0 with the stored values that stand for it, in order."""
    # Stored values that stand for one number follow each other.
    ends = np.flatnonzero(np.append(numbers[1:] != numbers[:-1], True)) if len(numbers) else np.empty(0, np.intp)
    start = 0
    for end in ends.tolist():
        if numbers[start] != 0:
            yield int(numbers[start]), found[start : end + 1]
        start = end + 1


def named_beside_file(path: Path | None) -> Mapping[int, NamedLabel]:
    """Return the labels that the table beside an image's file names, by number; none without one, or without a file."""
    is_file = path is not None and formats.is_image_file(path)
    return named_beside(path, formats.stem(path)) if path is not None and is_file else {}
