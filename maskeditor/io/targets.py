"""Where a mask or an image may be written, known before any work: never in the place of its image or of another file.

Through a symbolic link only to what is one already, and never to a pipe.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

from maskeditor.core.errors import FileError
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import formats
from maskeditor.io.label_tables import bids
from maskeditor.io.open import open_mask
from maskeditor.io.provenance import sidecar_path, sidecar_there
from maskeditor.io.save import check_place
from maskeditor.io.streams import looking, no_pipe
from maskeditor.io.tables import read_text

#: A file that is written to, the sidecar beside it, and what that holds already.
Place = tuple[Path, Path, dict[str, Any]]
#: What the system says of a file that is not there, or whose links lead round in a circle.
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def mask_place(source: Path | None, path: Path) -> Place:
    """Return the file that a mask is written to under a name, the sidecar beside it, and what that holds already.

    Parameters
    ----------
    source : Path or None
        Of the image, which must not be replaced.
    path : Path

    Raises
    ------
    FileError
        If no mask may be written there, as far as it is known before: nothing needs to be worked out for that.
    """
    return _place(source, path, mask_target)


def image_place(source: Path | None, path: Path) -> Place:
    """Return where an image is written under a name, as `mask_place` does.

    Raises
    ------
    FileError
        If no image may be written there.
    """
    return _place(source, path, image_target)


def labels_place(source: Path | None, path: Path) -> tuple[Path, Path, Path, dict[str, Any]]:
    """Return where an image of labels is written under a name, as `mask_place` does: file, table, sidecar, its content.

    Raises
    ------
    FileError
        If no image of labels may be written there.
    """
    end, beside, kept = _place(source, path, lambda path: target(path, "an image of labels", _is_labels))
    table = beside.with_suffix(".tsv")
    _keep_table(table, path)
    return end, table, beside, kept


def _place(source: Path | None, path: Path, end_of: Callable[[Path], Path]) -> Place:
    """Return the file that is written to under a name, and its sidecar, where both may be and neither is the source."""
    keep_source(source, path)
    end = end_of(path)
    if end != path:
        keep_source(source, end)
    check_place(end)
    beside = sidecar_path(end)
    return end, beside, sidecar_there(beside, path)


def _keep_table(table: Path, path: Path) -> None:
    """Raise `FileError` if a table that is there is not one that a new table of labels may take the place of."""
    if not table.is_symlink() and not table.exists():
        return
    try:
        text = read_text(table)
    except FileError as error:
        raise FileError(f"{path.name} was not written: {error}") from None
    if bids.read(text) is None or not set(bids.columns(text)) <= set(bids.COLUMNS):
        raise FileError(
            f"{path.name} was not written: {table.name} beside it holds more than {', '.join(bids.COLUMNS)} of labels, "
            "which would be lost; choose another name."
        )


def keep_source(source: Path | None, target: Path) -> None:
    """Raise `FileError` if a file that is to be written, or the sidecar beside it, is that of the image."""
    read = formats.files_of(source) if source is not None else ()
    written = (*formats.files_of(target), sidecar_path(target))
    with looking(target):
        there = {place for one in read if (place := _on_disk(one)) is not None}
        is_same = any(_on_disk(one) in there for one in written) if there else False
    if is_same:
        raise FileError(f"{target.name} would replace the image itself; choose another name.")


def _on_disk(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from any other, by whatever name, or None if it is not there."""
    try:
        found = path.stat()
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise
    return found.st_dev, found.st_ino


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


def _is_labels(path: Path) -> bool:
    """Whether a file holds labels, one or more, and may be replaced by others."""
    try:
        return bool(open_mask(path).labels)
    except MaskEditorError:
        return False


def _is_dicom(path: Path) -> bool:
    try:
        return formats.format_of(path).in_pieces
    except FileError:
        return False
