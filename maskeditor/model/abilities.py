"""What can be done now, and why not when it cannot: named conditions that menus and buttons show."""

from __future__ import annotations

from enum import StrEnum

from maskeditor.core.history.document import Document

#: Why nothing else can be done while a long operation runs.
BUSY = "Wait until the running operation is done, or cancel it."
#: Why nothing is undone, or redone.
NOTHING_TO_UNDO, NOTHING_TO_REDO = "There is nothing to undo.", "There is nothing to redo."
#: Why nothing of the ROIs together can leave.
ALL_EMPTY = "All ROIs are empty; make a mask first."


class Ability(StrEnum):
    """A condition that an action may need."""

    IDLE = "idle"
    IMAGE = "image"
    MASK = "mask"
    MASKS = "masks"
    UNLOCKED = "unlocked"
    UNDO = "undo"
    REDO = "redo"
    FRAMES = "frames"
    SEGMENTATION = "segmentation"


def obstacles(
    document: Document | None, active: str, busy: bool, why_no_segmentation: str = "", more_to_come: bool = False
) -> dict[Ability, str]:
    """Return the reason for every condition that does not hold.

    Parameters
    ----------
    document : Document or None
    active : str
        Id of the active ROI.
    busy : bool
        Whether a long operation is running.
    why_no_segmentation : str
        Why the masks cannot leave as a DICOM segmentation; empty if they can.
    more_to_come : bool
        Whether a stroke was drawn that is no step yet, or something waits for its turn: what is asked for now comes
        after that, when there may be something to undo, or a mask.

    Examples
    --------
    >>> obstacles(None, "", busy=False)[Ability.IMAGE]
    'Open an image first.'
    """
    found: dict[Ability, str] = {}
    if busy:
        found[Ability.IDLE] = BUSY
    if document is None:
        return found | {ability: "Open an image first." for ability in Ability if ability not in (Ability.IDLE, *found)}
    if document.voxels(active) == 0 and not more_to_come:
        found[Ability.MASK] = "The mask is empty; make one first."
    if not more_to_come and not any(document.voxels(roi.id) for roi in document.rois):
        found[Ability.MASKS] = ALL_EMPTY
    if document.roi(active).locked:
        found[Ability.UNLOCKED] = "The ROI is locked; unlock it in the list of ROIs."
    if not (document.history.can_undo or more_to_come):
        found[Ability.UNDO] = NOTHING_TO_UNDO
    if not (document.history.can_redo or more_to_come):
        found[Ability.REDO] = NOTHING_TO_REDO
    if document.volume.frames == 1:
        found[Ability.FRAMES] = "The image has only one volume."
    if why_no_segmentation:
        found[Ability.SEGMENTATION] = why_no_segmentation
    return found
