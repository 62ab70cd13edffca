"""Where results go, checked before any work is done."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.io import formats
from maskeditor.io.provenance import sidecar_path
from maskeditor.io.streams import looking, reason
from maskeditor.io.targets import image_place, labels_place, mask_place

#: What finds the place of each kind of file, and refuses one where it may not be.
_PLACES = {"mask": mask_place, "image": image_place, "labels": labels_place}


def check_output(output: Path, sources: Iterable[Path], what: str = "mask") -> None:
    """Raise `FileError` if a mask, an image or labels cannot be written there, before any work is done.

    Parameters
    ----------
    output : Path
        The file to be.
    sources : iterable of Path
        What it is made from, which it must not replace.
    what : {"mask", "image", "labels"}
        What is written, with a sidecar beside it.
    """
    if not formats.can_write(output):
        raise FileError(f"{output} should end in {formats.WRITTEN_ENDINGS}; choose such a name for the {what}.")
    check_folder(output.parent)
    with looking(output):
        if output.is_dir():
            raise FileError(f"{output} is a folder; choose the name of a file for the {what}.")
        for source in sources:
            written = (output, sidecar_path(output))
            if source.exists() and any(file.exists() and file.samefile(source) for file in written):
                raise FileError(f"{output} would replace the image itself; choose another name for the {what}.")
    for source in sources:
        _PLACES[what](source, output)


def check_folder(folder: Path) -> None:
    """Raise `FileError` if nothing can lie in a folder, as it is not there, is none, or may not be looked at."""
    with looking(folder):
        if not folder.exists():
            if folder.is_symlink():
                raise FileError(f"{folder} is a symbolic link that leads to no folder; mend it, or choose a folder.")
            raise FileError(f"The folder {folder} does not exist; make it first or choose another.")
        if not folder.is_dir():
            raise FileError(f"{folder} is a file, so that nothing can lie in it; choose a folder.")


def make_folder(folder: Path) -> None:
    """Make a folder if it is not there.

    Raises
    ------
    FileError
        If it cannot be made.
    """
    with looking(folder):
        is_there = folder.exists() or folder.is_symlink()
    if is_there:
        check_folder(folder)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise FileError(f"The folder {folder} cannot be made: {reason(error)}; choose another.") from None
