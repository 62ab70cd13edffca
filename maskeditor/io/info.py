"""What is known of an image before its voxels are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from maskeditor.core.errors import FileError

#: How the key of an image ends that was made from slices that form no regular grid.
RESAMPLED = ":resampled"
#: How the key of the luminance of an image of colours ends.
LUMINANCE = ":luminance"
#: How the finding begins that names a file of the same folder that cannot be read.
LEFT_OUT = "A file beside it was left out: "
#: And one that names a file there that is named like an image but is none.
NO_IMAGE = "A file beside it is no image: "
#: Images that a sentence lists.
_LISTED = 20


@dataclass(frozen=True)
class ImageInfo:
    """What is known of an image before its voxels are read.

    Parameters
    ----------
    series_uid : str or None
        Of the DICOM series; None for other formats. Several images may share it.
    description : str
        The series' description or the file's name; nothing of the patient.
    modality : str or None
        Such as MR or CT; None for formats that do not state it.
    kind : str
        Such as `NIfTI 3D`, `MGH 3D`, `classic 3D`, `mosaic 4D` or `enhanced 4D`.
    shape : tuple of int
        With a fourth axis for time.
    zooms : tuple of float
        Millimetres; empty if the image has no place in space.
    affine : tuple of tuple of float
        Voxel to RAS+ mm; empty if there is none.
    axis_codes : tuple of str
    dtype : str
        Of the stored values.
    files : tuple of str
        In the order of the slices.
    findings : tuple of str
        What is doubtful, one sentence each.
    key : str
        What `open_image` takes to choose this image: the UID, the UID with `:n` where a series holds several
        images, or the name of a file that is one image; with `:resampled` for what lies on no regular grid as it was
        measured, with `:luminance` for what is colours as it was.
    date : str
        When it was taken, such as 2024-02-29; empty if unknown.
    inverted : bool
        Whether low numbers are meant to be bright.
    """

    series_uid: str | None
    description: str
    modality: str | None
    kind: str
    shape: tuple[int, ...]
    zooms: tuple[float, ...]
    affine: tuple[tuple[float, ...], ...]
    axis_codes: tuple[str, ...]
    dtype: str
    files: tuple[str, ...]
    findings: tuple[str, ...]
    key: str
    date: str = ""
    inverted: bool = False

    @property
    def is_made(self) -> bool:
        """Whether it was made from what is no image as it is; never chosen unless by its key."""
        return self.key.endswith((RESAMPLED, LUMINANCE))

    @property
    def title(self) -> str:
        """What tells it from the others of a folder: the name of a file that is one image, else the description."""
        is_file = len(self.files) == 1 and self.key == Path(self.files[0]).name
        return self.key if is_file else self.description

    @property
    def can_open(self) -> bool:
        """Whether it is one image with a place in space."""
        return bool(self.affine)

    def to_json(self) -> dict[str, Any]:
        """Return what `maskeditor info --json` prints of this image."""
        record = asdict(self)
        for name in ("key", "date", "inverted"):
            del record[name]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in record.items()}


class SeveralSeries(FileError):
    """A path that holds several images, of which one must be chosen.

    Parameters
    ----------
    path : Path
    images : list of ImageInfo
    name : str
        What it is to be called, if it is a further image.
    """

    def __init__(self, path: Path, images: list[ImageInfo], name: str = "") -> None:
        are_files = all(image.title == image.key for image in images)
        option = f"--series {name}{'=' if name else ''}UID"
        way = "give one of these files" if are_files else f"choose one with {option}, or by its description"
        super().__init__(f"{path.name or path} holds {len(images)} images; {way}: {listed(images)}.")
        self.path, self.images = path, images


def listed(images: Sequence[ImageInfo]) -> str:
    """Return what each of several images is chosen by, and what it is; of many, those of the first."""
    more = f"; and {len(images) - _LISTED} more" if len(images) > _LISTED else ""
    return "; ".join(f"{image.key} ({_in_brief(image)})" for image in images[:_LISTED]) + more


def _in_brief(image: ImageInfo) -> str:
    return image.kind if image.title == image.key else f"{image.description}, {image.kind}"
