"""Images inside ROIs of a session, and values put back in their places, written beside the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.io.numbers import read_numbers
from maskeditor.io.save import save_volume
from maskeditor.io.targets import image_target
from maskeditor.model.data.applied import Applied, ApplyParameters, applied, put_back
from maskeditor.model.session import Session


def apply_to(
    session: Session, image: str, roi: str, parameters: ApplyParameters, path: Path
) -> Callable[[Progress], Applied]:
    """Return what writes an image of a session inside one of its ROIs, on any thread.

    Parameters
    ----------
    session : Session
    image : str
        By its name; "" is the one that is edited on.
    roi : str
    parameters : ApplyParameters
    path : Path

    Raises
    ------
    FileError
        If nothing may be written there.
    """
    target = _target(session, path)
    snapshot, mask = session.document.snapshot(), session.document.mask(roi).copy()

    def work(progress: Progress) -> Applied:
        volume = snapshot.image(image, progress.within(0.0, 0.3))
        made = applied(volume, session.header, mask, parameters, progress=progress.within(0.3, 0.6))
        save_volume(made.volume, target, made.header, report=progress.part(0.6, 1.0))
        return made

    return work


def unmasked(session: Session, table: Path, roi: str) -> Callable[[Progress], Volume]:
    """Return what makes an image of the values of an ROI's voxels in a table, on any thread.

    The table is a file that `read_numbers` reads; what does not fit is an error of `put_back`.
    """
    mask, geometry = session.document.mask(roi).copy(), session.document.geometry
    return lambda progress: put_back(read_numbers(table), mask, geometry, table.name, progress)


def save_unmasked(session: Session, made: Volume, path: Path) -> Callable[[Progress], Volume]:
    """Return what writes such an image, on any thread; errors are those of `apply_to`."""
    target = _target(session, path)

    def work(progress: Progress) -> Volume:
        save_volume(made, target, session.header, report=progress.part(0.0, 1.0))
        return made

    return work


def _target(session: Session, path: Path) -> Path:
    session.keep_sources(path)
    target = image_target(path)
    session.keep_sources(target)
    return target
