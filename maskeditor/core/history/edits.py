"""What can be done to the steps of a timeline: each gives the steps to work out again, from the first that differs."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from maskeditor.core.errors import OperationError
from maskeditor.core.history.timelines import LONGEST_TEXT, Step, Timeline, shared
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.image_operation import ImageOperation, unlike
from maskeditor.core.operation.scope import Scope


class Rewrite(NamedTuple):
    """Steps to follow the first `keep` of a timeline, and what the move is called.

    Examples
    --------
    >>> import maskeditor.ops
    >>> from maskeditor.core.operation.declaration import make
    >>> steps = tuple(Step(make(id, {}), "roi1") for id in ("invert", "dilation", "erosion"))
    >>> rewrite = move(steps, 2, 1)
    >>> rewrite.keep, [step.operation.id for step in rewrite.tail], rewrite.title
    (1, ['erosion', 'dilation'], 'move Erosion')
    """

    keep: int
    tail: Timeline
    title: str


def edit(timeline: Timeline, index: int, operation: Operation, scope: Scope) -> Rewrite:
    """Give a step other parameters, or another scope."""
    step = timeline[index].with_(operation=operation, scope=scope)
    return Rewrite(index, (step, *timeline[index + 1 :]), f"edit of {operation.called}")


def enable(timeline: Timeline, index: int, enabled: bool) -> Rewrite:
    """Switch a step on or off; off, it is kept and does nothing."""
    step = timeline[index].with_(enabled=enabled)
    title = f"{'enable' if enabled else 'disable'} {step.operation.called}"
    return Rewrite(index, (step, *timeline[index + 1 :]), title)


def remove(timeline: Timeline, index: int) -> Rewrite:
    """Take a step out."""
    return Rewrite(index, timeline[index + 1 :], f"remove {timeline[index].operation.called}")


def duplicate(timeline: Timeline, index: int) -> Rewrite:
    """Put a copy of a step right after it; of one that makes an image, under another name."""
    step = timeline[index]
    operation = step.operation
    if isinstance(operation, ImageOperation):
        taken = (other.operation.name for other in timeline if isinstance(other.operation, ImageOperation))
        operation = operation.model_copy(update={"name": unlike(operation.name, taken)})
    copy = step.with_(operation=operation)
    return Rewrite(index + 1, (copy, *timeline[index + 1 :]), f"duplicate {operation.called}")


def move(timeline: Timeline, index: int, to: int) -> Rewrite:
    """Move a step to another place; `to` is its index afterwards."""
    steps: list[Step] = list(timeline)
    step = steps.pop(index)
    steps.insert(to, step)
    keep = min(index, to)
    return Rewrite(keep, tuple(steps[keep:]), f"move {step.operation.called}")


def describe(timeline: Timeline, index: int, name: str, note: str) -> Rewrite:
    """Give a step a name of its own and a note; no voxel changes, so nothing is worked out again.

    Raises
    ------
    OperationError
        If one of them is longer than what recipes and sessions may hold.
    """
    if max(len(name), len(note)) > LONGEST_TEXT:
        raise OperationError(
            f"A step's name and note may have {LONGEST_TEXT} characters each, but {max(len(name), len(note))} were "
            "given; shorten them."
        )
    step = replace(timeline[index], name=name, note=note)
    return Rewrite(index, (step, *timeline[index + 1 :]), f"description of {step.operation.called}")


def touched(start: Timeline, goal: Timeline) -> frozenset[str]:
    """Return the ROIs that other changes make up in one timeline than in another.

    Steps that are not worked out yet count as other changes; those that change no voxel do not count.
    """
    keep = shared(start, goal)
    before, after = _changes(start[keep:]), _changes(goal[keep:])
    return frozenset(roi for roi in before | after if before.get(roi) != after.get(roi))


def _changes(steps: Timeline) -> dict[str, list[int]]:
    """Return what distinguishes the changes made to each ROI, in order."""
    found: dict[str, list[int]] = {}
    for step in steps:
        if step.outcome is None:
            found.setdefault(step.roi, []).append(id(step))
        elif step.outcome.delta is not None:
            found.setdefault(step.roi, []).append(id(step.outcome.delta))
    return found
