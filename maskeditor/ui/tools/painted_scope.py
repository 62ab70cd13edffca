"""Where tools that paint may change the mask."""

from __future__ import annotations

from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.model.abilities import Ability
from maskeditor.ui.work.editor import Editor


def is_locked(editor: Editor) -> bool:
    """Whether the active ROI takes nothing that is drawn, which is said then.

    What else stands in the way is no reason to lose what a hand draws: it waits for its turn.
    """
    why = editor.obstacles().get(Ability.UNLOCKED, "")
    if why:
        editor.say(why)
    return bool(why)


def painted_scope(editor: Editor, inside: str, erase: bool) -> Scope:
    """Return the scope of what is painted on the active ROI.

    Parameters
    ----------
    editor : Editor
    inside : str
        Id of another ROI that it is limited to, if there is one.
    erase : bool
        Whether it takes voxels away; what it adds spares those of locked ROIs.
    """
    document = editor.document
    if document is None:
        return EVERYWHERE
    others = [roi for roi in document.rois if roi.id != editor.active]
    spared = () if erase else tuple(roi.id for roi in others if roi.locked and document.voxels(roi.id))
    limit = inside if any(roi.id == inside for roi in others) else ""
    return Scope(inside=limit, outside=spared) if limit or spared else EVERYWHERE


def inside_in_words(editor: Editor, inside: str) -> str:
    """Return in words that painting is limited to the inside of an ROI, by its id; empty if it is not."""
    document, limit = editor.document, painted_scope(editor, inside, erase=True).inside
    return f"inside {document.roi(limit).name}" if document is not None and limit else ""
