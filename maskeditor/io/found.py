"""The images that a path holds, told while they are being found; no voxel is read before one is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from maskeditor.core.errors import FileError
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter
from maskeditor.io import dicom
from maskeditor.io.dicom import tags
from maskeditor.io.info import RESAMPLED, ImageInfo
from maskeditor.io.nifti.header import Header
from maskeditor.io.nifti.read import is_nifti_name, nifti_stem, read_header, read_image, read_slice
from maskeditor.io.streams import reading


@dataclass(frozen=True, eq=False)
class Opened:
    """An image that was read, and what a mask on it is written with."""

    volume: Volume
    header: Header
    path: Path
    info: ImageInfo

    @property
    def kind(self) -> str:
        """How the image is stored, as in its information."""
        return self.info.kind


@dataclass(frozen=True, eq=False)
class Found:
    """An image that a search found.

    Parameters
    ----------
    info : ImageInfo
    path : Path
        Where was searched.
    files : int
        How many files belong to it, as far as is known.
    complete : bool
        Whether all is known of it; until then it has no shape and cannot be opened.
    segment : int
        Number of the segment that it shows; 0 for intensities.
    """

    info: ImageInfo
    path: Path
    files: int
    complete: bool
    segment: int
    _read: Callable[[Reporter | None], tuple[Volume, Header]]
    _preview: Callable[[], Array]

    def open(self, progress: Reporter | None = None) -> Opened:
        """Read the image.

        Raises
        ------
        FileError
            If it cannot be read.
        """
        volume, header = self._read(progress)
        return Opened(volume, header, self.path, self.info)

    def preview(self) -> Array:
        """Return the middle slice of the first volume, (I, J) values as stored.

        Raises
        ------
        FileError
            If it cannot be read.
        """
        return self._preview()


def scan(
    path: str | Path, progress: Reporter | None = None, tell: Callable[[list[Found]], None] | None = None
) -> list[Found]:
    """Search a NIfTI file, a DICOM file or a folder of either for images; no voxel is read.

    Parameters
    ----------
    path : path
    progress : callable of float, optional
        Told the fraction done; may raise to stop.
    tell : callable of list of Found, optional
        Told all that is known so far several times a second.

    Returns
    -------
    list of Found
        For DICOM slices that form no regular grid, the nearest image that does follows, resampled.

    Raises
    ------
    FileError
        If the path does not exist or holds no image.
    """
    path = Path(path)
    if not path.exists() and not (is_nifti_name(path) and path.parent.is_dir()):
        raise FileError(f"{path} does not exist; give a NIfTI file or a DICOM folder.")
    if is_nifti_name(path) and not path.is_dir():
        return [_of_nifti(path)]

    def found(stacks: list[dicom.Stack]) -> list[Found]:
        return [_of_stack(stack, path) for stack in stacks]

    images = found(dicom.find_images(path, progress, tell and (lambda stacks: tell(found(stacks)))))
    if images:
        return images
    # A NIfTI file may have any name.
    return _nifti_files(path) if path.is_dir() else [_of_nifti(path)]


def _nifti_files(folder: Path) -> list[Found]:
    """Return the NIfTI files of a folder; what is wrong with some is said with the others."""
    names = [other for other in sorted(folder.iterdir()) if is_nifti_name(other) and other.is_file()]
    # Of a pair of files, the first speaks for both.
    names = [name for name in names if ".img" not in name.name.lower()[-7:]]
    if not names:
        raise FileError(f"{folder.name or folder} holds no image; give a NIfTI file or a folder of DICOM files.")
    found, errors = [], []
    for name in names:
        try:
            found.append(_of_nifti(name))
        except FileError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    doubts = tuple(f"A file beside it was left out: {error}" for error in errors)
    return [replace(one, info=replace(one.info, findings=one.info.findings + doubts)) for one in found]


def _of_nifti(path: Path) -> Found:
    header = read_header(path)
    with reading(path):
        geometry, shape = header.geometry(), header.shape
        dtype = header.dtype
    info = ImageInfo(
        series_uid=None,
        description=nifti_stem(path),
        modality=None,
        kind=f"NIfTI {len(shape)}D",
        shape=shape,
        **_placed(geometry),
        dtype=dtype.newbyteorder("=").name,
        files=(str(path),),
        findings=header.findings(),
        key=path.name,
    )
    return Found(info, path, 1, True, 0, lambda report: read_image(path, report), lambda: read_slice(path))


def _of_stack(stack: dicom.Stack, path: Path) -> Found:
    elements = stack.about
    uid = stack.series_uid
    key = f"{uid}:{stack.number}" if stack.number else uid
    files = () if stack.so_far else tuple(stack.files)
    info = ImageInfo(
        series_uid=uid or None,
        description=dicom.title(stack),
        modality=elements.text(tags.MODALITY) or None,
        kind=stack.kind,
        shape=stack.shape,
        **_placed(stack.geometry if stack.affine is not None else None),
        dtype=dicom.stored_type(stack).name,
        files=files,
        findings=tuple(stack.findings),
        key=key + RESAMPLED if stack.resampling else key,
        date=dicom.date(stack),
        inverted=elements.text(tags.PHOTOMETRIC) == "MONOCHROME1",
    )
    return Found(
        info,
        path,
        stack.so_far or len(files),
        not stack.so_far,
        stack.segment,
        lambda report: dicom.read_volume(stack, report),
        lambda: dicom.middle_slice(stack),
    )


def _placed(geometry: Geometry | None) -> dict[str, Any]:
    if geometry is None:
        return {"zooms": (), "affine": (), "axis_codes": ()}
    return {
        "zooms": geometry.zooms,
        "affine": tuple(map(tuple, geometry.affine.tolist())),
        "axis_codes": geometry.axis_codes,
    }
