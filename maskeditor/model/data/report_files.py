"""The files of reports and montages: checked before any work, and written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from maskeditor.core.errors import FileError, OperationError
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.io import png
from maskeditor.io.replacing import replaceable
from maskeditor.io.save import encoded, write_bytes
from maskeditor.io.streams import looking
from maskeditor.model.data.montage import SIDE, MontageParameters, Sheet, montage
from maskeditor.model.data.report import Report, Reported, report_of
from maskeditor.model.data.slice_pictures import MOST_MASKS, Outlined, SlicePictures
from maskeditor.model.data.statistics import intensities_of
from maskeditor.model.session import Session
from maskeditor.model.view.window import window_of

#: How the names of such files end.
REPORTS, DRAWINGS = (".html",), (png.ENDING, ".svg")


def check_report(path: Path, sources: Sequence[Path] = ()) -> None:
    """Raise `FileError` if no report can be written under a name, before any work is done.

    Parameters
    ----------
    path : Path
    sources : sequence of Path
        Files that it must not take the place of.
    """
    _check(path, REPORTS, "report", sources)


def check_montage(path: Path, sources: Sequence[Path] = ()) -> None:
    """Raise `FileError` if no montage can be written under a name, as `check_report` does."""
    _check(path, DRAWINGS, "montage", sources)


def figure_to(session: Session, draw: Callable[[Progress], Drawing], path: Path) -> Callable[[Progress], None]:
    """Return what draws and writes a figure of what is looked at, on any thread.

    Raises
    ------
    FileError
        If it may not be written there.
    """
    session.keep_sources(path)
    _check(path, DRAWINGS, "figure", ())
    return lambda progress: save_drawing(draw(progress), path)


def _check(path: Path, endings: tuple[str, ...], what: str, sources: Sequence[Path]) -> None:
    if path.suffix.lower() not in endings:
        raise FileError(f"{path} should end in {' or '.join(endings)}; choose such a name for the {what}.")
    with looking(path):
        if path.is_dir():
            raise FileError(f"{path} is a folder; choose the name of a file for the {what}.")
        if any(path.exists() and source.exists() and path.samefile(source) for source in sources):
            raise FileError(f"{path} is what the {what} is made of; choose another name.")
    replaceable([path])


def save_report(report: Report, path: Path) -> None:
    """Write a report.

    Raises
    ------
    FileError
        If it cannot be written; an older file is then untouched.
    """
    write_bytes(path, report.html)


class Drawing(Protocol):
    """What becomes a PNG or an SVG file."""

    def as_png(self) -> bytes:
        """Return it as the bytes of a PNG file."""

    def as_svg(self) -> str:
        """Return it as a drawing that holds its picture, its letters as text."""


def save_drawing(drawing: Drawing, path: Path) -> None:
    """Write a montage or a figure, as PNG or SVG by the ending of its name; errors are those of `save_report`."""
    data = drawing.as_png() if path.suffix.lower() == png.ENDING else encoded(drawing.as_svg())
    write_bytes(path, data)


def drawn_slices(
    volume: Volume, masks: Sequence[Reported], parameters: MontageParameters, progress: Progress, side: int = SIDE
) -> Sheet:
    """Return slices of an image, of a series its mean, with the outlines of masks; `side` is that of `montage`.

    Raises
    ------
    OperationError
        If there are too many masks.
    """
    if len(masks) > MOST_MASKS:
        raise OperationError(f"A montage shows up to {MOST_MASKS} masks, but {len(masks)} are given; choose some.")
    scene = Scene(volume, MaskBits(volume.geometry.shape), None)
    values, scaled = intensities_of(scene, "", "mean", progress.within(0, 0.5))
    outlined = tuple(Outlined(one.name, one.colour, one.mask) for one in masks)
    window = window_of(volume, "mean")
    pictures = SlicePictures(values, scaled, volume.geometry, window, outlined)
    return montage(pictures, parameters, side, progress.within(0.5, 1))


def report_to(session: Session, rois: Sequence[str], path: Path) -> Callable[[Progress], Report]:
    """Return what writes the report of ROIs of a session, on any thread.

    Raises
    ------
    FileError
        If it may not be written there.
    OperationError
        If no ROI is given.
    """
    if not rois:
        raise OperationError("No ROI is visible, so there is nothing to report; show one.")
    session.keep_sources(path)
    check_report(path)
    document = session.document
    timeline, masks = document.stills(tuple(rois))
    shown = [document.roi(id) for id in rois]

    def work(progress: Progress) -> Report:
        reported = []
        for roi, mask in zip(shown, masks, strict=True):
            recipe = session.recipe(roi.id, (timeline, mask[...]))
            reported.append(Reported(roi.name, roi.colour, mask, recipe if recipe.steps else None))
            progress(0.1 * len(reported) / len(shown))
        made = report_of(document.volume, session.name, reported, progress.within(0.1, 0.95))
        save_report(made, path)
        return made

    return work
