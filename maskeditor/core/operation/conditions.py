"""Conditions of an experiment: what happened while each volume of a series was taken, from a table."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from pydantic import Field

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import joined, listed, number, quoted
from maskeditor.core.operation.image_operation import ImageOperation, series_of
from maskeditor.core.operation.parameters import Role, Unit, parameter
from maskeditor.core.operation.scene import ImageSource, Scene, repetition_time_of
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.over_time import Moments, statistic
from maskeditor.engine.progress import Progress

#: Rows that a table may have.
MOST_ROWS = 100_000
#: When something began and how long it went on, in seconds, and what it was.
Event = tuple[float, Annotated[float, Field(ge=0)], str]
#: A label for each volume, or events.
Conditions = (
    Annotated[tuple[str, ...], Field(max_length=MOST_ROWS)] | Annotated[tuple[Event, ...], Field(max_length=MOST_ROWS)]
)


#: What the image of a test holds, by the choice of its result.
RESULTS = {"t": "t values", "f": "F values", "p": "p values", "minus_log10_p": "-log10 of p"}


def upper_parameter(statistic: str) -> Any:
    """Declare where the values of a test are cut: the statistic, as `result` calls it, and -log10 p."""
    return parameter(
        None,
        title="Cut at",
        description="Larger values, and for t those below its negative, are set to it; none leaves them.",
        ge=0.001,
        le=1e6,
        when=("result", (statistic, "minus_log10_p")),
    )


def names_of(conditions: Conditions) -> tuple[str, ...]:
    """Return the conditions that a table names, by the alphabet.

    Examples
    --------
    >>> names_of(("rest", "face", "", "rest")), names_of(((0.0, 2.0, "face"), (4.0, 2.0, "house")))
    (('face', 'rest'), ('face', 'house'))
    """
    return tuple(sorted({row if isinstance(row, str) else row[2] for row in conditions} - {""}))


def repetition_time_parameter(wanted: str) -> Any:
    """Declare the repetition time of a series, and say by what it is wanted."""
    return parameter(
        0.0,
        title="Repetition time",
        description=f"Seconds from one volume to the next, {wanted}; 0 takes what the header states.",
        role=Role.REPETITION_TIME,
        unit=Unit.SECONDS,
        ge=0,
        le=3600,
        step=0.01,
    )


class ConditionsOperation(ImageOperation):
    """A test of each voxel that compares the volumes of a series by what happened meanwhile.

    Its `result` is one of `RESULTS`, and `upper` where that is cut.
    """

    by_voxel = True
    tests = True

    if TYPE_CHECKING:  # each test declares them, in an order of its own
        result: str
        upper: float | None

    conditions: Conditions = parameter(
        (),
        title="Conditions",
        description="A label for each volume, or events (onset and duration in seconds, and name): the content of a "
        "table, which the command line reads from a file (BIDS events.tsv, or a table of labels).",
        role=Role.CONDITIONS,
    )
    repetition_time: float = repetition_time_parameter("wanted with events")
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

    def compared(self) -> tuple[str, ...]:
        """Return the conditions that are compared."""
        return names_of(self.conditions)

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
        return labels_of(self.conditions, frames, self.repetition_time, self.delay, self.image or "the image")

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
            if not name:
                listed = ", ".join(map(repr, there)) or "none"
                raise OperationError(f"A condition to be compared is not chosen yet (conditions: {listed}); choose it.")
            volumes = [frame for frame, label in enumerate(labels) if label == name]
            if not volumes:
                listed = ", ".join(map(repr, there)) or "none"
                raise OperationError(f"No volume belongs to {name!r} (conditions: {listed}); choose one of these.")
            chosen.append(volumes)
        return chosen

    def completed(self, images: Mapping[str, ImageSource]) -> Self:
        """Return it with the repetition time of the header, where events want one and none was given."""
        source = images.get(self.image)
        if not self.events or self.repetition_time or source is None:
            return self
        return self.model_copy(update={"repetition_time": repetition_time_of(source)})

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with the repetition time that the header states."""
        return super().suggest(scene).model_copy(update={"repetition_time": scene.volume.repetition_time})

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

    def worked_out(self, image: Volume, progress: Progress) -> Array:
        """Go through the volumes of each group."""
        return statistic(
            series_of(image, range(image.frames)),
            self.groups(image.frames),
            self.tested,
            scaled=image.scaled if image.is_scaled else None,
            progress=progress,
        )

    def tested(self, groups: list[Moments]) -> Array:
        """Return the result (N,) of some voxels, from number, mean (N,) and squared deviations (N,) of each group."""
        raise NotImplementedError

    @property
    def result_words(self) -> str:
        """What the image holds, such as "-log10 of p, cut at 10"."""
        return RESULTS[self.result] + (f", cut at {self.upper:g}" if self.upper is not None else "")

    @property
    def methods_result(self) -> str:
        """What the image holds, as a paper states it."""
        delay = f", volumes taken {self.delay:g} s after the events" if self.events and self.delay else ""
        return self.result_words + delay

    @property
    def python_result(self) -> str:
        """The Python of what the functions that return the result take last: what it is, and where it is cut."""
        return f"{quoted(self.result)}, {'None' if self.upper is None else number(self.upper)}"

    @property
    def python_labels(self) -> tuple[str, ...]:
        """The Python that binds `labels` to the set of conditions of each volume."""
        if not self.events:
            return listed("labels", (f"{{{quoted(str(label))}}}" for label in self.conditions))
        rows = (f"({number(onset)}, {number(length)}, {quoted(name)})" for onset, length, name in self.events)
        times = f"{self.repetition_time!r}, {self.delay!r}"
        count = f"series_of({self.python_source}).shape[3]"
        return (*listed("events", rows), f"labels = labels_of_events(events, {count}, {times})")


def labels_of(conditions: Conditions, frames: int, repetition_time: float, delay: float, image: str) -> tuple[str, ...]:
    """Return the condition of each volume; "" for none.

    Parameters
    ----------
    conditions : Conditions
    frames : int
        Volumes of the series.
    repetition_time : float
        Seconds from one to the next, wanted of events; 0 if that is not known.
    delay : float
        How many seconds after an event the volumes are taken that belong to it.
    image : str
        What the series is called.

    Raises
    ------
    OperationError
        If the table is not for so many volumes, or a volume belongs to two conditions.
    """
    if frames == 1:
        raise OperationError(f"Conditions are those of volumes in time, but {image} has one; give a series (4D).")
    events = tuple(row for row in conditions if not isinstance(row, str))
    if not events:
        if len(conditions) != frames:
            labels = plain_number(len(conditions), "label")
            raise OperationError(f"The table has {labels}, but {image} has {frames} volumes; give a label for each.")
        return tuple(str(label) for label in conditions)
    if not repetition_time:
        raise OperationError(
            "Events want the repetition time (seconds from one volume to the next), but the header of "
            f"{image} states none for its volumes; give it."
        )
    found = labels_of_events(events, frames, repetition_time, delay)
    for frame, names in enumerate(found):
        if len(names) > 1:
            raise OperationError(
                f"Volume {frame} belongs to {joined(sorted(map(repr, names)))} at once; give events that do not "
                "overlap."
            )
    return tuple("".join(names) for names in found)


def p_result(p: Array, result: str, upper: float | None) -> Array:
    """Return p or -log10 p; where there is none, 1 or 0."""
    p = np.where(np.isnan(p), 1.0, p)
    if result == "p":
        return np.asfortranarray(p)
    made = -np.log10(np.maximum(p, 5e-324))
    return np.asfortranarray(made if upper is None else np.minimum(made, upper))


def labels_of_events(
    events: Iterable[tuple[float, float, str]], frames: int, repetition_time: float, delay: float
) -> list[set[str]]:
    """Return the names of the events during which each volume began, so many seconds later."""
    labels: list[set[str]] = [set() for _ in range(frames)]
    # Rounded to a microsecond: three times 0.7 seconds are 2.0999999999999996.
    begins = [round(frame * repetition_time - delay, 6) for frame in range(frames)]
    for onset, duration, name in events:
        first, end = bisect_left(begins, round(onset, 6)), bisect_left(begins, round(onset + duration, 6))
        for frame in range(first, end):
            labels[frame].add(name)
    return labels
