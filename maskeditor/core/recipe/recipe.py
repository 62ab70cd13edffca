"""Recipes: the steps that made a mask, as JSON that can be read, kept and run again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from maskeditor.core.errors import RecipeError
from maskeditor.core.history.timelines import Step, Timeline
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.parameters import Role
from maskeditor.core.operation.scene import no_other_roi
from maskeditor.core.space.mask import Roi
from maskeditor.core.space.volume import FrameChoice


@dataclass(frozen=True)
class Recipe:
    """Steps to run, and where they came from.

    Parameters
    ----------
    steps : tuple of Step
        In order. Of a document, they carry what they did there; of a file, none has been worked out.
    rois : tuple of Roi
        The ROIs that the steps work on.
    target : str
        Id of the ROI that is the result.
    source, result : mapping
        What is known of the image it was made on, and of the mask that came out, or of the image.
    program : str
        Name and version of the program that wrote it.
    images : mapping of str to mapping
        What is known of the further images that were opened and that steps look at, by name.
    """

    steps: Timeline
    rois: tuple[Roi, ...]
    target: str
    source: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    program: str = ""
    images: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def image(self) -> str | None:
        """The name of the image that it makes, "" for the one that is edited on; None where it makes a mask."""
        name = self.result.get("image")
        return name if isinstance(name, str) else None

    @property
    def names(self) -> dict[str, str]:
        """What its ROIs are called, by id."""
        return {roi.id: roi.name for roi in self.rois}

    def without_idle_rois(self) -> Recipe:
        """Return it without the ROIs that no step works on or looks at, as its target is where it makes an image."""
        if self.image is None:
            return self
        used = {step.roi for step in self.steps}.union(*(step.references for step in self.steps))
        return replace(self, rois=tuple(roi for roi in self.rois if roi.id in used))

    @property
    def needed(self) -> Timeline:
        """The steps that what it makes depends on."""
        return steps_of(self.steps, self.target) if self.image is None else steps_of(self.steps, image=self.image)

    @property
    def opened(self) -> tuple[str, ...]:
        """The names of the further images that must be opened for it."""
        steps = self.needed
        made = {step.makes.name for step in steps if step.makes is not None}
        itself = (self.image,) if self.image and self.image not in made else ()
        return tuple(dict.fromkeys((*opened_images(steps), *itself)))


def steps_of(timeline: Timeline, roi: str = "", image: str = "") -> Timeline:
    """Return the steps that a mask, or an image, depends on: its own, and those of the ROIs and images these look at.

    Parameters
    ----------
    timeline : tuple of Step
    roi : str
        Of the mask.
    image : str
        Or the name of the image.
    """
    rois, images = {roi}, {image}
    kept: list[Step] = []
    for step in reversed(timeline):
        operation = step.operation
        if operation.name in images if isinstance(operation, ImageOperation) else step.roi in rois:
            kept.append(step)
            rois |= step.references
            images |= step.images
    return tuple(reversed(kept))


def opened_images(steps: Iterable[Step]) -> tuple[str, ...]:
    """Return the names of the further images that some steps look at and none of them makes; disabled ones do not."""
    found: dict[str, None] = {}
    made: set[str] = set()
    for step in steps:
        if step.enabled:
            found |= dict.fromkeys(sorted(step.images - made))
            if step.makes is not None:
                made.add(step.makes.name)
    return tuple(found)


def renamed(step: Step, new: Mapping[str, str], images: Mapping[str, str] | None = None) -> Step:
    """Return a step that works on, and looks at, ROIs of other ids, and images of other names where one is given."""
    names = images or {}
    changes: dict[str, Any] = {}
    for declared in step.operation.parameters():
        value = getattr(step.operation, declared.name)
        if declared.role is Role.ROI and value:
            changes[declared.name] = new[value]
        elif declared.role is Role.ROIS:
            changes[declared.name] = tuple(new[id] for id in value)
        elif declared.role in (Role.IMAGE, Role.NAME) and value in names:
            changes[declared.name] = names[value]
    roi = new[step.roi] if step.roi else ""
    return step.with_(operation=step.operation.model_copy(update=changes), roi=roi, scope=step.scope.renamed(new))


def of_operations(steps: Iterable[Step]) -> Recipe:
    """Return a recipe of steps that work on one ROI, or make images."""
    return Recipe(tuple(steps), (Roi("roi1", "mask"),), "roi1")


def on_roi(operations: Iterable[Operation], name: str, others: Iterable[str]) -> Recipe:
    """Return a recipe of operations that work on one ROI, among others that they may look at by name.

    Raises
    ------
    RecipeError
        If an operation looks at an ROI that is not there, or at its own.
    """
    rois = tuple(Roi(f"roi{number}", one) for number, one in enumerate(dict.fromkeys((name, *others)), 1))
    ids = {roi.id: roi.id for roi in rois} | {roi.name: roi.id for roi in rois}
    others_known = {key for key, id in ids.items() if id != rois[0].id}
    steps = [Step(operation, name) for operation in operations]
    for step in steps:
        if missing := sorted(step.operation.references() - others_known):
            raise RecipeError(no_other_roi(missing[0], (roi.name for roi in rois[1:])))
    return Recipe(tuple(renamed(step, ids) for step in steps), rois, rois[0].id)


def frames_looked_at(steps: Timeline) -> frozenset[FrameChoice] | None:
    """Return the means and volumes of the image that is edited on which steps look at; None for the whole series.

    Examples
    --------
    >>> import maskeditor.ops
    >>> from maskeditor.core.operation.declaration import from_text
    >>> lines = ("threshold lower=3", "otsu frame=2 combine=add", "opening")
    >>> sorted(map(str, frames_looked_at(tuple(Step(from_text(line), "roi1") for line in lines))))
    ['2', 'mean']
    """
    found: set[FrameChoice] = set()
    for step in steps:
        operation = step.operation
        if step.makes is not None and not step.makes.image:
            return None
        frames = [one.name for one in operation.parameters() if one.role is Role.FRAME]
        if step.enabled and not getattr(operation, "image", ""):
            found.update(getattr(operation, name) for name in frames)
        # A limit to a range of intensities, and a brush's, is one of the mean.
        if step.enabled and (step.scope.has_range or (not frames and getattr(operation, "has_range", False))):
            found.add("mean")
    return frozenset(found)
