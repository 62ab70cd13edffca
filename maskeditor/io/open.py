"""What is this path? Images and masks from files and folders, with what is doubtful about them."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from maskeditor.core.errors import FileError, GeometryMismatch
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.memory_pool import results
from maskeditor.engine.progress import Reporter
from maskeditor.io import formats
from maskeditor.io.found import Found, Opened
from maskeditor.io.info import ImageInfo, SeveralSeries, listed
from maskeditor.io.labels import check_volumes, labels_of
from maskeditor.io.nifti.header import Header
from maskeditor.io.provenance import apart
from maskeditor.io.resample import resample_mask
from maskeditor.io.search import scan
from maskeditor.io.streams import reading

__all__ = [
    "Found",
    "ImageInfo",
    "Opened",
    "OpenedMask",
    "SeveralSeries",
    "inspect",
    "open_image",
    "open_images",
    "open_mask",
    "resample_mask",
    "scan",
]


@dataclass(frozen=True, eq=False)
class OpenedMask:
    """A mask or label file that was read.

    Parameters
    ----------
    labels : dict of int to MaskBits
        A mask for each number in the file but 0, in ascending order.
    geometry : Geometry
        Of these.
    header : Header
    extension : bytes or None
        The recipe that the file carries, if any.
    sha256 : str
        Of the file.
    resampled : bool
        Whether the mask was brought from another grid.
    findings : tuple of str
        What is doubtful about the file, one sentence each.
    """

    labels: dict[int, MaskBits]
    geometry: Geometry
    header: Header
    extension: bytes | None
    sha256: str
    resampled: bool
    findings: tuple[str, ...]

    @property
    def mask(self) -> BoolArray:
        """All labels together, (I, J, K) of bool in Fortran order."""
        first, *others = self.labels.values()
        whole: BoolArray = first[...]
        for other in others:
            box = other.bounds()
            if box is not None:
                whole[box.slices] |= other[box.slices]
        return whole


def inspect(
    path: str | Path, progress: Reporter | None = None, series: str | None = None, *, check: bool = False
) -> list[ImageInfo]:
    """Return what images a path holds; no voxel is kept.

    Parameters
    ----------
    path : path
        A file of any format that is read, or a folder of such files.
    progress : callable of float, optional
        Given the fraction done; may raise to stop.
    series : str, optional
        Only the images that this means: a `key`, a series UID, or the description of a series. Without it, those that
        only resampling makes are not among them.
    check : bool
        Whether files are read to their end, so that what `open_image` would refuse is refused, and what it says of
        voxels is found.

    Raises
    ------
    FileError
        If the path does not exist or holds no such image.
    """
    return [found.info for found in _chosen(Path(path), series, scan(path, progress, check=check))]


def open_image(
    path: str | Path,
    series: str | None = None,
    progress: Reporter | None = None,
    frames: Iterable[FrameChoice] | None = None,
    check: Callable[[ImageInfo], object] | None = None,
) -> Opened:
    """Open the image at a path.

    Parameters
    ----------
    path : path
        A file of any format that is read, or a folder of such files.
    series : str, optional
        Which image of several: the `key` of its information, or a series UID or a series' description that only one
        image has.
    progress : callable of float, optional
    frames : iterable of "mean", int or (int, int), optional
        All that will be looked at of a series, which then need not be held; without it, anything may be.
    check : callable of ImageInfo, optional
        Given what is known of the image before its voxels are read; may raise, so that they are not.

    Raises
    ------
    SeveralSeries
        If there are several images and none was chosen.
    FileError
        If there is none, or it cannot be read.
    """
    path = Path(path)
    found = _chosen(path, series, scan(path, _part(progress, 0.0, 0.3)))
    if len(found) > 1:
        raise SeveralSeries(path, [one.info for one in found])
    if check is not None:
        check(found[0].info)
    return found[0].open(_part(progress, 0.3, 1.0), frames)


def open_images(path: str | Path, series: str | None = None, progress: Reporter | None = None) -> Iterator[Opened]:
    """Open every image at a path, one after the other; the folder is searched once.

    An image that cannot be read raises when its turn comes; use `inspect` to know them beforehand.

    Parameters
    ----------
    path, series, progress
        As for `open_image`, but all images of a series may be asked for.
    """
    path = Path(path)
    found = _chosen(path, series, scan(path, _part(progress, 0.0, 0.3)))
    for number, one in enumerate(found):
        share = 0.7 / len(found)
        yield one.open(_part(progress, 0.3 + number * share, 0.3 + (number + 1) * share))


def _part(progress: Reporter | None, start: float, stop: float) -> Reporter | None:
    return None if progress is None else lambda fraction: progress(start + fraction * (stop - start))


def _chosen(path: Path, series: str | None, found: list[Found]) -> list[Found]:
    """Return the images that a key, a series UID or a description means, without one all.

    Those that are made are meant only by their own key or description.
    """
    measured = [one for one in found if not one.info.is_made]
    if series is None:
        return measured
    chosen = [one for one in found if one.info.key == series]
    chosen = chosen or [one for one in measured if one.info.series_uid == series]
    chosen = chosen or [one for one in found if one.info.series_uid is not None and one.info.description == series]
    if not chosen:
        there = listed([one.info for one in found])
        raise FileError(f"{path.name or path} holds no series {series}; it holds {there}.")
    return chosen


def open_mask(
    path: str | Path, onto: Geometry | None = None, *, resample: bool = False, progress: Reporter | None = None
) -> OpenedMask:
    """Open a mask or label file, for an image or by itself.

    Parameters
    ----------
    path : path
        A file of any format that is read; in a DICOM segmentation, the segments' numbers are the labels.
    onto : Geometry, optional
        The image's grid; without it, the mask may lie on any.
    resample : bool
        Whether a mask on another grid is brought to the image's by nearest neighbour.
    progress : callable of float, optional

    Raises
    ------
    GeometryMismatch
        If the mask lies on another grid and `resample` is false.
    FileError
        If the file cannot be read or holds no labels.
    """
    path = Path(path)
    # Voxels are read into memory of another kind.
    results.free_idle()
    found = _chosen(path, None, scan(path, _part(progress, 0.0, 0.1)))
    if len(found) > 1 and not all(one.segment for one in found):
        raise SeveralSeries(path, [one.info for one in found])
    labels: dict[int, MaskBits] = {}
    stored: dict[int, MaskBits] = {}
    headers: list[Header] = []
    findings: dict[str, None] = {}
    differences: tuple[str, ...] = ()
    grid = onto
    for number, one in enumerate(found):
        if one.info.can_open:
            # What the header shows is refused before the voxels are read.
            check_volumes(math.prod(one.info.shape[3:]), path.name)
            _check_grid(Geometry(one.info.shape[:3], one.info.affine), onto, resample, path.name)
        part = _part(progress, 0.1 + 0.9 * number / len(found), 0.1 + 0.9 * (number + 1) / len(found))
        opened = one.open(_part(part, 0.0, 0.5))
        headers.append(opened.header)
        own_grid, doubts = opened.volume.geometry, opened.volume.findings
        grid = grid or own_grid
        read = labels_of(opened.volume, path.name)
        del opened  # its voxels are packed now
        differences = _check_grid(own_grid, grid, resample, path.name)
        stored = own = read.masks
        findings |= dict.fromkeys((*(f"{path.name}: {finding}" for finding in doubts), *read.findings))
        if one.segment:
            own = {one.segment: own.popitem()[1]}
        for count, (label, mask) in enumerate(own.items()):
            share = 0.5 / len(own)
            done = _part(part, 0.5 + count * share, 0.5 + (count + 1) * share)
            labels[label] = mask
            if differences:
                labels[label] = MaskBits.of(resample_mask(mask[...], own_grid, grid, done))
    assert grid is not None
    is_file = found[0].info.series_uid is None and path.is_file()
    extension = formats.comment_in(path) if is_file else None
    if is_file and len(stored) == 1:
        findings |= dict.fromkeys(apart(Path(os.path.realpath(path)), next(iter(stored.values())), extension))
    return OpenedMask(
        labels,
        grid,
        headers[0],
        extension,
        _sha256(path),
        bool(differences),
        tuple(findings),
    )


def _check_grid(geometry: Geometry, onto: Geometry | None, resample: bool, name: str) -> tuple[str, ...]:
    """Return how a mask's grid differs from the one that is wanted; raise unless it may be resampled."""
    differences = onto.differences(geometry) if onto is not None else ()
    if differences and not resample:
        raise GeometryMismatch(
            f"{name} lies on another grid than the image ({'; '.join(differences)}); resample it or cancel.",
            differences,
        )
    return differences


def _sha256(path: Path) -> str:
    if not path.is_file():
        return ""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
