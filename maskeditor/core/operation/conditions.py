"""Conditions of an experiment: what happened while each volume of a series was taken, from a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import joined, listed, number, quoted
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.parameters import Role, Unit, parameter
from maskeditor.core.space.geometry import Geometry

#: Rows that a table may have.
MOST_ROWS = 100_000
#: When something began and how long it went on, in seconds, and what it was.
Event = tuple[float, Annotated[float, Field(ge=0)], str]
#: A label for each volume, or events.
Conditions = (
    Annotated[tuple[str, ...], Field(max_length=MOST_ROWS)] | Annotated[tuple[Event, ...], Field(max_length=MOST_ROWS)]
)


class ConditionsOperation(ImageOperation):
    """An operation that compares the volumes of a series by what happened meanwhile."""

    conditions: Conditions = parameter(
        (),
        title="Conditions",
        description="A label for each volume, or events (onset and duration in seconds, and name): the content of a "
        "table, which the command line reads from a file (BIDS events.tsv, or a table of labels).",
        role=Role.CONDITIONS,
    )
    repetition_time: float = parameter(
        0.0,
        title="Repetition time",
        description="Seconds from one volume to the next; wanted with events.",
        unit=Unit.SECONDS,
        ge=0,
        le=3600,
    )
    delay: float = parameter(
        0.0,
        title="Delay",
        description="How many seconds after an event the volumes are taken that belong to it; of events alone.",
        unit=Unit.SECONDS,
        ge=0,
        le=60,
    )

    @property
    def events(self) -> tuple[Event, ...]:
        """The events, if the table holds events and not labels."""
        return tuple(row for row in self.conditions if not isinstance(row, str))

    def labels(self, frames: int) -> tuple[str, ...]:
        """Return the condition of each volume; "" for none.

        Raises
        ------
        OperationError
            If the table is not for so many volumes, or a volume belongs to two conditions.
        """
        if not self.conditions:
            raise OperationError(
                f"{self.title}: there is no table of conditions; give labels of all volumes, or events."
            )
        if not self.events:
            if len(self.conditions) != frames:
                raise OperationError(
                    f"The table has {len(self.conditions)} labels, but {self.image or 'the image'} has {frames} "
                    f"volume{'s' * (frames > 1)}; give a label for each."
                )
            return tuple(str(label) for label in self.conditions)
        if not self.repetition_time:
            raise OperationError("Events want the repetition time (seconds from one volume to the next); give it.")
        found = labels_of_events(self.events, frames, self.repetition_time, self.delay)
        for frame, names in enumerate(found):
            if len(names) > 1:
                raise OperationError(
                    f"Volume {frame} belongs to {joined(sorted(map(repr, names)))} at once; give events that do not "
                    "overlap."
                )
        return tuple("".join(names) for names in found)

    def chosen(self, frames: int, names: Iterable[str]) -> list[list[int]]:
        """Return the numbers of the volumes of each of some conditions.

        Raises
        ------
        OperationError
            If the table does not have one.
        """
        labels = self.labels(frames)
        there = sorted(set(labels) - {""})
        chosen = []
        for name in names:
            volumes = [frame for frame, label in enumerate(labels) if label == name]
            if not volumes:
                listed = ", ".join(map(repr, there)) or "none"
                raise OperationError(f"No volume belongs to {name!r} (conditions: {listed}); choose one of these.")
            chosen.append(volumes)
        return chosen

    def frames_made(self, frames: int, geometry: Geometry) -> int:
        """One, of volumes in which there are the conditions that are compared."""
        self.groups(frames)
        return 1

    def groups(self, frames: int) -> list[list[int]]:
        """Return the numbers of the volumes in each group that is compared.

        Raises
        ------
        OperationError
            If they cannot be compared.
        """
        raise NotImplementedError

    @property
    def python_labels(self) -> tuple[str, ...]:
        """The Python that binds `labels` to the set of conditions of each volume."""
        if not self.events:
            return listed("labels", (f"{{{quoted(str(label))}}}" for label in self.conditions))
        rows = (f"({number(onset)}, {number(length)}, {quoted(name)})" for onset, length, name in self.events)
        times = f"{self.repetition_time!r}, {self.delay!r}"
        count = f"series_of({self.python_source}).shape[3]"
        return (*listed("events", rows), f"labels = labels_of_events(events, {count}, {times})")


def labels_of_events(
    events: Iterable[tuple[float, float, str]], frames: int, repetition_time: float, delay: float
) -> list[set[str]]:
    """Return the names of the events during which each volume began, so many seconds later."""
    labels: list[set[str]] = [set() for _ in range(frames)]
    for onset, duration, name in events:
        for frame in range(frames):
            if onset <= frame * repetition_time - delay < onset + duration:
                labels[frame].add(name)
    return labels
