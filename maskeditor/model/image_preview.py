"""A derived image as a step would make it, before anything is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from maskeditor.core.history.images import Images
from maskeditor.core.history.snapshot import Snapshot
from maskeditor.core.history.timelines import Step, Timeline
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.parameters import Role
from maskeditor.core.operation.scene import Derived, Scene, image_of
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress

#: Intensities gone through, from which on the planes are worked out before the whole.
LONG = 1 << 24
#: The share of the voxels that may be gone through for the planes: the whole comes later by as much.
MOST_FIRST = 1 / 2


@dataclass(frozen=True, eq=False)
class PreviewedImage:
    """An image that is looked at before it is made.

    Parameters
    ----------
    source : Derived
        Its definition; as it will be made, unless only a part of it is shown.
    volume : Volume
        Without numbers if only planes are known.
    is_exact : bool
        Whether the volume is what the definition makes, to the bit.
    planes : mapping of (int, int) to 2-D array
        What is known, if it is not the whole: slices, by the axis that they are cut across and their index.
    """

    source: Derived
    volume: Volume
    is_exact: bool = True
    planes: Mapping[tuple[int, int], Array] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether it is worked out in all places."""
        return not self.planes

    @property
    def sample(self) -> Volume:
        """What there is of it, to choose a window by: the volume, or one slice."""
        known = [plane[:, :, None] for (axis, _), plane in self.planes.items() if axis == 2]
        return Volume(known[0], Geometry(known[0].shape, self.volume.geometry.affine)) if known else self.volume

    @property
    def operation(self) -> ImageOperation:
        """What makes it."""
        operation = self.source.operation
        assert isinstance(operation, ImageOperation)
        return operation

    @property
    def look(self) -> tuple[object, ...]:
        """Equal for images that are looked at alike: all that makes them but the place that is followed."""
        return (type(self.operation), *_values(self.operation))

    @cached_property
    def ends(self) -> tuple[float, float] | None:
        """The smallest and the greatest value of the volume; None where no value is finite.

        All values are gone through once; let a worker ask first.
        """
        ends = []
        for plane in range(self.volume.shape[2]):
            values = self.volume.stored[:, :, plane]
            finite = values[np.isfinite(values)]
            ends += [float(finite.min()), float(finite.max())] if finite.size else []
        return (min(ends), max(ends)) if ends else None


def _values(operation: ImageOperation) -> list[object]:
    return [getattr(operation, declared.name) for declared in operation.parameters() if declared.role is not Role.VOXEL]


class ImageAsked:
    """The image that an operation would make after some steps, as far as one looks at it.

    Of an image whose volumes in time are each made of one, that is the volume that is shown.

    Parameters
    ----------
    snapshot : Snapshot
    before : Timeline
        The steps before it.
    operation : ImageOperation
    place : int
        The volume in time that is shown.
    """

    def __init__(self, snapshot: Snapshot, before: Timeline, operation: ImageOperation, place: int) -> None:
        self._snapshot = snapshot
        self._images = Images(snapshot.volume, snapshot.images, before)
        self._operation = operation
        self._place = place

    @property
    def of_volume(self) -> bool:
        """Whether it is one volume in time of the image that would be made, that which is shown."""
        source, operation = self._images.get(self._operation.image), self._operation
        try:
            return source is not None and operation.of_volume(self._place, source.frames) is not operation
        except MaskEditorError:  # which whoever works it out is answered with
            return False

    def source(self) -> Derived:
        """Return the definition of what is looked at.

        Raises
        ------
        MaskEditorError
            If no such image can be made.
        """
        images = self._images.copy()
        step = images.completed(Step(self._operation, ""))
        images.advance(step)
        operation = step.operation
        assert isinstance(operation, ImageOperation)
        looked_at = self._images.get(operation.image)
        assert looked_at is not None
        alone = operation.of_volume(self._place, looked_at.frames)
        if alone is not operation:
            images = self._images.copy()
            images.advance(Step(alone, ""))
        made = images.get(operation.name)
        assert isinstance(made, Derived)
        return made

    def worked_out(self, progress: Progress) -> PreviewedImage:
        """Work it out, as it will be made; it is kept for then."""
        source, snapshot = self.source(), self._snapshot
        made = image_of(source, snapshot.volume, snapshot.outside, snapshot.intermediates, progress)
        return PreviewedImage(source, made)

    def at_a_glance(self, progress: Progress) -> PreviewedImage | None:
        """Work it out in less time, where there is such a way."""
        source = self.source()
        operation = source.operation
        assert isinstance(operation, ImageOperation)
        made = operation.at_a_glance(self._scene(), progress)
        return PreviewedImage(source, made, is_exact=False) if made is not None else None

    def planes(self, crosshair: Voxel, progress: Progress) -> PreviewedImage | None:
        """Work the three planes through a voxel out, exactly, of the voxels that they look at.

        None where that would hardly take less time, or is not exact.
        """
        source, scene = self.source(), self._scene()
        operation = source.operation
        assert isinstance(operation, ImageOperation)
        if not scene.has_image(operation.image):
            return None
        image = scene.image(operation.image)
        shape = image.geometry.shape
        reach = operation.reach(scene)
        if reach is None or scene.whole.size * image.frames < LONG:
            return None
        boxes = slabs(shape, crosshair, reach)
        if sum(box.size for box in boxes) > MOST_FIRST * scene.whole.size:
            return None
        planes = {}
        for axis, (index, box) in enumerate(zip(crosshair, boxes, strict=True)):
            part = scene.cropped(box).image(operation.image)
            made = operation.worked_out(part, progress.within(axis / 3, (axis + 1) / 3))
            planes[axis, index] = made.take(index - box.start[axis], axis)
        nothing = Volume(np.broadcast_to(np.nan, shape), image.geometry, name=operation.name)
        return PreviewedImage(source, nothing, is_exact=False, planes=planes)

    def _scene(self) -> Scene:
        snapshot = self._snapshot
        return Scene(
            volume=snapshot.volume,
            mask=np.broadcast_to(np.False_, snapshot.volume.geometry.shape),  # it has no ROI; this takes no memory
            extent=None,
            images=self._images.further,
            outside=snapshot.outside,
            intermediates=snapshot.intermediates,
        )


def slabs(shape: Voxel, crosshair: Voxel, reach: Voxel) -> list[Box]:
    """Return what the three planes through a voxel look at that reach so far, by the axis that they are cut across.

    Examples
    --------
    >>> [box.shape for box in slabs((9, 9, 9), (4, 0, 8), (1, 1, 2))]
    [(3, 9, 9), (9, 2, 9), (9, 9, 3)]
    """
    boxes = []
    for axis, index in enumerate(crosshair):
        margin = [0, 0, 0]
        margin[axis] = reach[axis]
        boxes.append(Box.whole(shape).across(axis, index).grown((margin[0], margin[1], margin[2]), shape))
    return boxes
