"""What of a session that was left behind is in files anyway."""

from __future__ import annotations

from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.core.history.visits import timeline_after
from maskeditor.io.journal.journal import Journal
from maskeditor.model.saved_masks import SavedLabels, SavedMasks, images_of_no_mask


def is_kept(path: Path) -> bool:
    """Whether files hold all that a journal was left with, so that closing its window would have asked nothing.

    Its masks are as they were saved last, their files are as they were then, and nothing was drawn, noted or made
    besides. A journal that cannot be read to its end holds more than is known.

    Parameters
    ----------
    path : Path
    """
    try:
        journal = Journal.open(path, only_look=True)
        try:
            found = journal.read(own=True)
        finally:
            journal.close()
    except FileError:
        return False
    about, present = found.about, timeline_after(found.visits[: found.at])
    rois = [roi.id for roi, _ in found.rois]
    if found.lost or found.drawn or _is_noted(about.get("notes")) or images_of_no_mask(present, rois):
        return False
    masks, labels = SavedMasks(), SavedLabels()
    masks.remember(about.get("files", {}), present, path.parent, is_own=True)
    labels.remember(about.get("labels"), present, path.parent)
    return all(masks.is_kept(roi, present) or labels.is_kept(roi, present) for roi in rois)


def _is_noted(record: object) -> bool:
    """Whether a record of notes holds any; one that is no such record may."""
    return any(record.values()) if isinstance(record, dict) else record is not None
