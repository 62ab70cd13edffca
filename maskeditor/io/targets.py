"""Where a mask or an image is written: through a symbolic link only to what is one already, and never to a pipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import formats
from maskeditor.io.open import open_mask
from maskeditor.io.streams import looking, no_pipe


def mask_target(path: Path) -> Path:
    """Return the file that a mask is written to under a name: itself, or the mask that a symbolic link leads to.

    Raises
    ------
    FileError
        If it is a link to nothing, or to what is no mask, or is no file.
    """
    return target(path, "a mask", _is_mask)


def image_target(path: Path) -> Path:
    """Return the file that an image is written to under a name: itself, or the image that a symbolic link leads to.

    Raises
    ------
    FileError
        If it is a link to nothing, or to what is no image, or is no file.
    """
    return target(path, "an image", formats.is_image_file)


def dicom_target(path: Path) -> Path:
    """Return the file that DICOM is written to under a name: itself, or the DICOM file that a symbolic link leads to.

    Raises
    ------
    FileError
        If it is a link to nothing, or to what is no DICOM file, or is no file.
    """
    return target(path, "a DICOM file", _is_dicom)


def target(path: Path, wanted: str, is_wanted: Callable[[Path], bool]) -> Path:
    """Return the file that is written under a name: itself, or what a symbolic link leads to, if that is wanted.

    Parameters
    ----------
    path : Path
    wanted : str
        What may be replaced through a link, as a sentence has it.
    is_wanted : callable of Path
        Whether a file is that.

    Raises
    ------
    FileError
        If it is a link to nothing, or to anything else, or is no file.
    """
    with looking(path):
        if not path.is_symlink():
            if path.exists():
                no_pipe(path)
            return path
        no_pipe(path)  # raises for a link to nothing and for links in a circle too
        end = path.resolve()
    if not is_wanted(end):
        raise FileError(
            f"{path.name} was not written: it is a symbolic link to {end}, which is not {wanted} and would be lost; "
            "remove the link, or choose another name."
        )
    return end


def _is_mask(path: Path) -> bool:
    """Whether a file holds one mask, and may be replaced by another."""
    try:
        return len(open_mask(path).labels) == 1
    except MaskEditorError:
        return False


def _is_dicom(path: Path) -> bool:
    try:
        return formats.format_of(path).in_pieces
    except FileError:
        return False
