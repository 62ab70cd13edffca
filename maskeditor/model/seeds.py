"""Seeds that are being painted: strokes of several ROIs, the operations they make, and the steps they came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from maskeditor.core.history.edits import Rewrite
from maskeditor.core.history.timelines import Step, Timeline
from maskeditor.core.operation.combine import Combine
from maskeditor.engine.arrays import Array
from maskeditor.ops.grow_from_seeds import OUTSIDE, GrowFromSeeds

World = tuple[float, float, float]


class SeedStroke(NamedTuple):
    """A stroke of seeds: its label, its radius and its points in world mm."""

    label: int
    radius: float
    points: tuple[World, ...]

    def is_near(self, world: Array, reach: float) -> bool:
        """Whether a point (3,) in world mm lies so near to what the stroke covers.

        Examples
        --------
        >>> stroke = SeedStroke(1, 2.0, ((0.0, 0.0, 0.0), (9.0, 0.0, 0.0)))
        >>> stroke.is_near(np.array([5.0, 2.5, 0.0]), 1.0), stroke.is_near(np.array([5.0, 4.0, 0.0]), 1.0)
        (True, False)
        """
        ways = np.array(self.points)
        starts, steps = ways, np.diff(ways, axis=0, append=ways[-1:])
        lengths = np.maximum((steps**2).sum(1), 1e-300)
        along = np.clip(((world - starts) * steps).sum(1) / lengths, 0, 1)
        apart = np.linalg.norm(starts + along[:, None] * steps - world, axis=1)
        return bool(apart.min() <= self.radius + reach)


class Seeds(NamedTuple):
    """All seeds, and which label each ROI has.

    Parameters
    ----------
    strokes : tuple of SeedStroke
    labels : dict of str to int
        By id of the ROI.
    steps : tuple of int
        Where in the timeline the steps are that these seeds were taken from; none for new ones.
    fwhm : float or tuple of 3 float
        How smooth the image is made first, in mm.
    combine : str
        What becomes of what the ROIs held.
    """

    strokes: tuple[SeedStroke, ...] = ()
    labels: Mapping[str, int] = {}
    steps: tuple[int, ...] = ()
    fwhm: float | tuple[float, float, float] = 0.0
    combine: Combine = "replace"

    @classmethod
    def of_last_step(cls, timeline: Timeline, roi: str) -> Seeds | None:
        """Return the seeds from which an ROI was grown last; None if it was grown from none."""
        for step in reversed(timeline):
            operation = step.operation
            if step.roi == roi and step.enabled and isinstance(operation, GrowFromSeeds):
                break
        else:
            return None
        labels, places = {}, []
        for place, other in enumerate(timeline):
            seen = other.operation
            if isinstance(seen, GrowFromSeeds) and (seen.points, seen.strokes) == (operation.points, operation.strokes):
                labels[other.roi] = seen.label
                places.append(place)
        strokes = tuple(map(SeedStroke._make, operation.ways))
        return cls(strokes, labels, tuple(places), operation.fwhm, operation.combine)

    def label_of(self, roi: str, rois: Iterable[str]) -> int:
        """Return the label of an ROI, or the one that it would get: its place in the list, unless that is taken."""
        if roi in self.labels:
            return self.labels[roi]
        taken = {*self.labels.values(), *(stroke.label for stroke in self.strokes)}
        label = 1 + list(rois).index(roi)
        while label in taken:
            label += 1
        return label

    def with_stroke(self, stroke: SeedStroke, roi: str) -> Seeds:
        """Return them with one more stroke, of an ROI or, if its label says so, of outside."""
        labels = self.labels if stroke.label == OUTSIDE else {**self.labels, roi: stroke.label}
        return self._replace(strokes=(*self.strokes, stroke), labels=labels)

    def without_near(self, world: Array, reach: float) -> Seeds:
        """Return them without the strokes that come so near to a point (3,) in world mm."""
        return self._replace(strokes=tuple(stroke for stroke in self.strokes if not stroke.is_near(world, reach)))

    @property
    def can_grow(self) -> bool:
        """Whether there are seeds of two labels, one of which at least is that of an ROI."""
        return len({stroke.label for stroke in self.strokes}) > 1

    def operations(self, rois: Iterable[str]) -> dict[str, GrowFromSeeds]:
        """Return what each of some ROIs becomes that has seeds."""
        points = tuple(point for stroke in self.strokes for point in stroke.points)
        strokes = tuple((stroke.label, stroke.radius, len(stroke.points)) for stroke in self.strokes)
        there = {stroke.label for stroke in self.strokes}
        return {
            roi: GrowFromSeeds(
                points=points, strokes=strokes, label=self.labels[roi], fwhm=self.fwhm, combine=self.combine
            )
            for roi in rois
            if self.labels.get(roi) in there
        }

    def rewrite(self, timeline: Timeline, operations: Mapping[str, GrowFromSeeds]) -> Rewrite:
        """Return how the steps that the seeds were taken from become those of the seeds as they are now.

        Steps of ROIs that have no seeds any more go, and those of others that have some come after the last; those of
        new seeds come at the end.
        """
        if not self.steps:
            return Rewrite(len(timeline), tuple(Step(operation, roi) for roi, operation in operations.items()), "seeds")
        first, last = min(self.steps), max(self.steps)
        left, tail = dict(operations), list[Step]()
        for place, step in enumerate(timeline[first:], first):
            if place not in self.steps:
                tail.append(step)
            elif step.roi in left:
                before, now = step.operation, left.pop(step.roi)
                assert isinstance(before, GrowFromSeeds)
                changed = {name: getattr(now, name) for name in ("points", "strokes", "fwhm", "combine")}
                tail.append(step.with_(operation=before.model_copy(update=changed)))
            if place == last:
                tail += [Step(operation, roi) for roi, operation in left.items()]
        return Rewrite(first, tuple(tail), "edit of seeds")
