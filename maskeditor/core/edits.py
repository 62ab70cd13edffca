"""What can be done to the steps of a timeline: each gives the steps to work out again, from the first that differs."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from maskeditor.core.history import Step, Timeline
from maskeditor.core.operation import Operation
from maskeditor.core.scope import Scope


class Rewrite(NamedTuple):
    """Steps to follow the first `keep` of a timeline, and what the move is called."""

    keep: int
    tail: Timeline
    title: str


def edit(timeline: Timeline, index: int, operation: Operation, scope: Scope) -> Rewrite:
    """Give a step other parameters, or another scope."""
    step = timeline[index].with_(operation=operation, scope=scope)
    return Rewrite(index, (step, *timeline[index + 1 :]), f"edit of {operation.title}")


def enable(timeline: Timeline, index: int, enabled: bool) -> Rewrite:
    """Switch a step on or off; off, it is kept and does nothing."""
    step = timeline[index].with_(enabled=enabled)
    title = f"{'enable' if enabled else 'disable'} {step.operation.title}"
    return Rewrite(index, (step, *timeline[index + 1 :]), title)


def remove(timeline: Timeline, index: int) -> Rewrite:
    """Take a step out."""
    return Rewrite(index, timeline[index + 1 :], f"remove {timeline[index].operation.title}")


def duplicate(timeline: Timeline, index: int) -> Rewrite:
    """Put a copy of a step right after it."""
    step = timeline[index]
    return Rewrite(index + 1, (step.with_(), *timeline[index + 1 :]), f"duplicate {step.operation.title}")


def move(timeline: Timeline, index: int, to: int) -> Rewrite:
    """Move a step to another place; `to` is its index afterwards."""
    steps: list[Step] = list(timeline)
    step = steps.pop(index)
    steps.insert(to, step)
    keep = min(index, to)
    return Rewrite(keep, tuple(steps[keep:]), f"move {step.operation.title}")


def describe(timeline: Timeline, index: int, name: str, note: str) -> Rewrite:
    """Give a step a name of its own and a note; no voxel changes, so nothing is worked out again."""
    step = replace(timeline[index], name=name, note=note)
    return Rewrite(index, (step, *timeline[index + 1 :]), f"description of {step.operation.title}")
