"""DICOM: images in many files, in folders of any depth."""

from __future__ import annotations

from pathlib import Path

from maskeditor.engine.progress import Reporter
from maskeditor.io.dicom.names import ENDINGS
from maskeditor.io.format import Format
from maskeditor.io.found import Found, Show

# What a NIfTI file does without takes an eighth of the start of a run, so that it is imported when it is used.


def find(path: Path, progress: Reporter | None, show: Show | None) -> list[Found]:
    """Return the images in a folder, or of the series that a file belongs to; none for a folder without DICOM."""
    from maskeditor.io.dicom.images import find as find_images

    return find_images(path, progress, show)


def recognise(data: bytes) -> bool:
    """Whether the first bytes of a file, unpacked, are those of a DICOM file."""
    from maskeditor.io.dicom.scan import looks_like_dicom

    return looks_like_dicom(data)


FORMATS = (
    Format(
        title="DICOM",
        name="a DICOM file",
        recognise=recognise,
        endings=ENDINGS,
        find=find,
        in_pieces=True,
    ),
)
