"""Where a mask or an image is written: through a symbolic link only to what is one already, and never to a pipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import formats
from maskeditor.io.open import open_mask
from maskeditor.io.streams import no_pipe, reading


def mask_target(path: Path) -> Path:
    """Return the file that a mask is written to under a name: itself, or the mask that a symbolic link leads to.

    Raises
    ------
    FileError
        If it is a link to nothing, or to what is no mask, or is no file.
    """
    return _target(path, "a mask", _is_mask)


def image_target(path: Path) -> Path:
    """Return the file that an image is written to under a name: itself, or the image that a symbolic link leads to.

    Raises
    ------
    FileError
        If it is a link to nothing, or to what is no image, or is no file.
    """
    return _target(path, "an image", formats.is_image_file)


def _target(path: Path, wanted: str, is_wanted: Callable[[Path], bool]) -> Path:
    with reading(path):
        if not path.is_symlink():
            if path.exists():
                no_pipe(path)
            return path
        no_pipe(path)  # raises for a link to nothing and for links in a circle too
        target = path.resolve()
    if not is_wanted(target):
        raise FileError(
            f"{path.name} was not written: it is a symbolic link to {target}, which is not {wanted} and would be lost; "
            "remove the link, or choose another name."
        )
    return target


def _is_mask(path: Path) -> bool:
    """Whether a file holds one mask, and may be replaced by another."""
    try:
        return len(open_mask(path).labels) == 1
    except MaskEditorError:
        return False
