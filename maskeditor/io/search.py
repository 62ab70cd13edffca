"""The images that a path holds, shown while they are being found; no voxel is read before one is opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.engine.progress import Reporter
from maskeditor.io import formats
from maskeditor.io.format import NoImage
from maskeditor.io.found import Found, Show
from maskeditor.io.info import LEFT_OUT, NO_IMAGE
from maskeditor.io.showing import Showing
from maskeditor.io.streams import reading


def scan(
    path: str | Path, progress: Reporter | None = None, show: Show | None = None, *, check: bool = False
) -> list[Found]:
    """Search a file or a folder for images of any format that is read; no voxel is read.

    Parameters
    ----------
    path : path
    progress : callable of float, optional
        Given the fraction done; may raise to stop.
    show : callable of list of Found, optional
        Given all that is known so far several times a second.
    check : bool
        Whether files are read to their end, to find out whether they are whole and hold numbers.

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
    with reading(path):
        return _in_folder(path, progress, show, check) if path.is_dir() else _in_file(path, progress, show, check)


def _in_file(path: Path, progress: Reporter | None, show: Show | None, check: bool) -> list[Found]:
    find = formats.format_of(path).find
    assert find is not None
    found = find(path, progress, show)
    if not check:
        return found
    alone = sum(not one.info.is_made for one in found) == 1
    checked = []
    for one in found:
        try:
            checked.append(one.checked(progress))
        except FileError as error:
            # Of several images, the others can be opened.
            if alone:
                raise
            doubts = (*one.info.findings, f"It cannot be opened: {error}")
            checked.append(replace(one, info=replace(one.info, findings=doubts)))
    return checked


def _in_folder(folder: Path, progress: Reporter | None, show: Show | None, check: bool) -> list[Found]:
    """Return the images of a folder: those that lie in pieces, or else its files that are an image each."""
    with reading(folder):
        files = [other for other in sorted(folder.iterdir()) if not other.is_dir()]
    names = [other for other in files if formats.is_image_name(other) and _speaks(other)]
    for form in formats.READ:
        if form.in_pieces and form.find is not None:
            try:
                images = form.find(folder, progress, show)
            except FileError:
                # Beside images of other formats, what is no image that can be read is no matter.
                if not names:
                    raise
                continue
            if images:
                return images
    if not names:
        # What is an image, though of no format that is read, is refused by its name.
        for other in files:
            if formats.named(other) is not None:
                formats.format_of(other)
        raise FileError(f"{folder.name or folder} holds no image; give {formats.WANTED}.")
    found: list[Found] = []
    errors: list[FileError] = []
    showing = Showing(show)
    for count, name in enumerate(names):
        if progress is not None:
            progress(count / len(names))
        showing.show_if_due(found.copy)
        try:
            found += _in_file(name, None, None, check)
        except FileError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    doubts = tuple(f"{NO_IMAGE if isinstance(error, NoImage) else LEFT_OUT}{error}" for error in errors)
    return [replace(one, info=replace(one.info, findings=one.info.findings + doubts)) for one in found]


def _speaks(path: Path) -> bool:
    """Whether a file speaks for its image: of several that belong together, the first does for all that is there."""
    first = formats.files_of(path)[0]
    return first == path or not first.exists()
