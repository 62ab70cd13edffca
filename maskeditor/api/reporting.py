"""Reports and montages: masks on an image as a page, and as a sheet of slices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from warnings import warn

from maskeditor.api.images import Image, image_given, path_of
from maskeditor.api.masks import Mask, masks_given
from maskeditor.core.operation.declaration import checked
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.progress import Progress
from maskeditor.model.data.montage import MontageParameters
from maskeditor.model.data.regions import check_grid
from maskeditor.model.data.report import Reported, report_of, reported_files
from maskeditor.model.data.report_files import check_montage, check_report, drawn_slices, save_drawing, save_report
from maskeditor.model.label_colours import colour_of

Masks = Mask | str | Path | Sequence[Mask | str | Path]


def report(image: Image | str | Path, masks: Masks, path: str | Path) -> None:
    """Write a page that shows masks on an image, and all that is known of them; it needs no other file.

    The same as ``maskeditor report``; what is doubtful is a warning.

    Parameters
    ----------
    image : Image or path
    masks : Mask or path, or a sequence of these
    path : path
        Ends in .html.

    Raises
    ------
    MaskEditorError
        If a file cannot be read or written, or a mask lies on another grid than the image.

    Examples
    --------
    >>> import tempfile, warnings
    >>> import numpy as np
    >>> from maskeditor import run
    >>> image = Image.of(np.arange(1000).reshape(10, 10, 10), np.eye(4))
    >>> mask = run(image, ["threshold lower=500", "erosion"])
    >>> with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):  # what was chosen by it
    ...     report(image, mask, folder + "/report.html")
    ...     Path(folder, "report.html").read_text("utf-8")[:15]
    '<!DOCTYPE html>'
    """
    opened, name, target = image_given(image), _name(image), Path(path)
    check_report(target, _sources(image, masks))
    made = report_of(opened.volume, name, _reported(opened, name, masks), Progress())
    save_report(made, target)
    for warning in made.warnings:
        warn(warning, stacklevel=2)


def montage(image: Image | str | Path, masks: Masks, path: str | Path, **parameters: Any) -> None:
    """Draw slices of an image side by side, with the outlines of masks.

    The same as ``maskeditor montage``.

    Parameters
    ----------
    image : Image or path
    masks : Mask or path, or a sequence of these, which may be empty
    path : path
        Ends in .png or .svg.
    **parameters
        plane, rows, columns, step, from_ and to, as the options of the command.

    Raises
    ------
    MaskEditorError
        If a file cannot be read or written, a mask lies on another grid than the image, or no slice lies there.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> image = Image.of(np.arange(1000).reshape(10, 10, 10), np.eye(4))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     montage(image, [], folder + "/slices.png", plane="coronal", rows=1, columns=3)
    ...     Path(folder, "slices.png").read_bytes()[1:4]
    b'PNG'
    """
    asked = checked(MontageParameters, "montage", parameters)
    opened, name, target = image_given(image), _name(image), Path(path)
    check_montage(target, _sources(image, masks))
    save_drawing(drawn_slices(opened.volume, _reported(opened, name, masks), asked, Progress()), target)


def _name(image: Image | str | Path) -> str:
    if isinstance(image, Image):
        return image.path.name if image.path is not None else image.volume.name or "image"
    return Path(image).name


def _sources(image: Image | str | Path, masks: Masks) -> list[Path]:
    paths = [one for one in masks_given(masks) if not isinstance(one, Mask)]
    return [path for path in (path_of(image), *paths) if path is not None]


def _reported(image: Image, name: str, masks: Masks) -> list[Reported]:
    listed = masks_given(masks)
    paths = [one for one in listed if not isinstance(one, Mask)]
    found = reported_files(paths, image.volume, name, Progress())
    for one in listed:
        if isinstance(one, Mask):
            document = one.session.document
            check_grid(document.geometry, image.volume.geometry, "the mask", name)
            roi = document.roi(one.roi)
            colour = roi.colour if not found else colour_of(len(found))
            found.append(Reported(roi.name, colour, MaskBits.of(one.data), one.recipe))
    return found
