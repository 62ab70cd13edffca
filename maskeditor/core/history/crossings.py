"""What lies between the masks of two timelines: as one delta, where their steps changed far more on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from maskeditor.core.history.delta import Delta
from maskeditor.core.history.timelines import Crossing, cost
from maskeditor.core.space.mask_bits import MaskBits


def composed(
    between: Crossing,
    before: Callable[[str], MaskBits],
    after: Mapping[str, MaskBits],
    hold: Callable[[Delta], None],
) -> Crossing | None:
    """Return a crossing of one delta for each ROI whose deltas visit its voxels more than twice; None if none does.

    An edit of an early step takes back all later steps and makes them anew: to undo it, hundreds of deltas would be
    toggled, though the two masks differ by one.

    Parameters
    ----------
    between : Crossing
        The deltas of the steps, to be composed.
    before : callable
        Returns the mask of an ROI at one end.
    after : mapping of str to MaskBits
        The masks at the other end; ROIs that are not in it keep the deltas of their steps.
    hold : callable
        Called with each delta that is made.
    """
    by_roi: dict[str, list[tuple[str, Delta]]] = {}
    for roi, delta in between:
        by_roi.setdefault(roi, []).append((roi, delta))
    found: list[tuple[str, Delta]] = []
    is_composed = False
    for roi, steps in by_roi.items():
        box = steps[0][1].box
        for _, delta in steps:
            box = delta.box.union(box)
        if roi not in after or cost(tuple(steps)) <= 2 * box.size:
            found += steps
            continue
        is_composed = True
        whole = Delta.between(before(roi), after[roi].rows(box))
        if whole is not None:
            hold(whole)
            found.append((roi, whole))
    return tuple(found) if is_composed else None
