"""Sessions go on: a saved one, or the journal of a program that ended, is a session again, undo and redo included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from maskeditor.core.errors import FileError
from maskeditor.core.recipe.recipe_json import step_of_record
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io.open import scan
from maskeditor.model.further import reopened_further
from maskeditor.model.hands import Hands
from maskeditor.model.notes import Notes
from maskeditor.model.recording import journals_folder, resume
from maskeditor.model.sample import Sample
from maskeditor.model.session import Session
from maskeditor.model.source import SourceMissing, series_mark
from maskeditor.model.view.display import displays_from
from maskeditor.model.view.look import Look

_NOT_AGAIN = "The last stroke could not be made again: "


def restore_session(
    path: Path,
    image: Path | None = None,
    accept: bool = False,
    progress: Progress | None = None,
    folder: Path | None = None,
    images: Mapping[str, Path] | None = None,
) -> Session:
    """Go on with a saved session, or with the journal of a program that ended; undo and redo are back too.

    Parameters
    ----------
    path : Path
    image : Path, optional
        Where the image is now, if it was moved.
    accept : bool
        Whether an image that differs from the one recorded will do, as long as it has the same shape.
    progress : Progress, optional
    folder : Path, optional
        Where journals lie; the program's own place by default.
    images : mapping of str to Path, optional
        Where further images are now, if they were moved, by name.

    Raises
    ------
    SourceMissing
        If an image is not where it was; give `image`, or `images` for a further one.
    SourceChanged
        If it is not the image that the session was made on.
    FileError
        If the session cannot be opened.
    """
    progress = progress or Progress()
    resumed = resume(path, folder or journals_folder())
    found = resumed.found
    try:
        recorded = found.about.get("source", {})
        session = _reopened(recorded, found.about.get("name", ""), path.parent, image, progress.part(0.0, 0.6))
        session.source.check(recorded, accept)
        for name, one in found.about.get("images", {}).items():
            grid, given = session.document.geometry, (images or {}).get(name)
            part = progress.within(0.6, 0.8)
            session.add_image(name, reopened_further(name, one, path.parent, grid, given, accept, part))
        if found.rois:  # else it ended before the first move
            session.document.restore(found.rois, found.visits, found.at, progress.within(0.8, 1.0))
    except MemoryError:
        resumed.let_go()
        raise FileError(
            f"The masks of {path.name} need more memory than there is; close other programs and open it again."
        ) from None
    except BaseException:
        resumed.let_go()
        raise
    about, present = found.about, session.document.present
    session.saved_masks.remember(about.get("files", {}), present, path.parent, resumed.is_own)
    session.saved_labels.remember(about.get("labels"), present, path.parent)
    session.hands = Hands.from_record(found.about.get("hands"))
    session.displays = displays_from(found.about.get("displays"))
    document = session.document
    session.notes = Notes.from_record(found.about.get("notes"), document.geometry.shape, document.volume.frames)
    session.look = Look.from_record(found.about.get("look"))
    lost = _take_over_drawn(session, found.drawn, resumed.is_own)
    note = session.recording.go_on(resumed, session.document)
    lost = lost or _make_drawn(session, found.drawn[0][1] if found.drawn else None)
    session.note = " ".join(filter(None, (note, lost)))
    return session


def _take_over_drawn(session: Session, records: Iterable[Any], is_own: bool) -> str:
    """Take over strokes that were drawn and no steps yet; return what must be said about it."""
    try:
        drawn = tuple(step_of_record(record, None, is_own) for record, _ in records)
    except MaskEditorError as error:
        return f"{_NOT_AGAIN}{error}"
    if not {step.roi for step in drawn} <= {roi.id for roi, _ in session.document.every_roi}:
        return f"{_NOT_AGAIN}its ROI is not in the session."
    session.recording.drawn = drawn
    return ""


def _make_drawn(session: Session, after: int | None) -> str:
    """Make the strokes steps that were drawn before the program ended; return what must be said about it.

    They follow so many steps, or the present ones.
    """
    lost = ""
    document, recording = session.document, session.recording
    if recording.drawn and after is not None:
        document.go_to((*document.present, *document.history.ahead)[:after])
    while recording.drawn:
        step, *rest = recording.drawn
        # Written as a step and taken off the list of those drawn at once, or neither.
        recording.drawn = tuple(rest)
        try:
            document.do(step.operation, step.roi)
        except MaskEditorError as error:
            lost = f"{_NOT_AGAIN}{error}"
    document.go_to(document.present)
    recording.record(document)
    return lost


def _reopened(
    recorded: Mapping[str, Any], name: str, base: Path, image: Path | None, report: Callable[[float], None]
) -> Session:
    progress = Progress(report)
    if image is None and recorded.get("sample") in get_args(Sample):
        return Session.sample(recorded["sample"], progress)
    where = image or base / recorded.get("path", "")
    try:
        is_there = where.exists() and where != base
    except OSError:  # a name that is too long for any file
        is_there = False
    if not is_there:
        raise SourceMissing(where, name)
    for found in scan(where, progress.part(0.0, 0.3)):
        if series_mark(found.info.key) == recorded.get("series"):
            return Session.of(found.open(progress.part(0.3, 1.0)))
    # An image that was replaced or given by hand has another mark; what differs is reported later.
    return Session.open(where, None, progress)
