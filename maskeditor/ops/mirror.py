"""Mirror: bring the mask to the other side, left for right."""

from __future__ import annotations

import numpy as np

from maskeditor.core.operation.as_script import Python, axis_of
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.geometry import Plane
from maskeditor.core.space.mask_bits import FEW
from maskeditor.engine.box import Box
from maskeditor.engine.in_range import chunks
from maskeditor.engine.progress import Progress


@operation(
    "mirror",
    title="Mirror left–right",
    group="Masks",
    synonyms=("flip", "reflect", "contralateral", "hemisphere", "other side"),
)
class Mirror(Combining):
    """Swap left and right: each voxel takes the place of that opposite, about the middle of the image.

    The mirror stands in the middle of the grid, across the voxel axis that follows left and right best; where the head
    lies aside or is turned, that is not the plane between its hemispheres. Equal to `numpy.flip` along that axis.
    """

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Turn the mask round inside its box, piece by piece."""
        if scene.extent is None:
            return None
        axis = scene.geometry.axis_of(Plane.SAGITTAL)
        length = scene.geometry.shape[axis]
        box = _opposite(scene.extent, axis, length)
        made = np.empty(box.shape, dtype=bool, order="F")
        for part, done in chunks(made.shape, FEW):
            there = _opposite(box.part(part), axis, length)
            made[part] = np.flip(scene.mask[there.slices], axis)
            progress(done)
        return self.combined(scene, box, made)

    def summary(self) -> str:
        """Return the row of the history."""
        return f"Mirror left–right{self.combine_words}"

    def python(self) -> Python:
        """Return numpy's function."""
        return Python((axis_of(Plane.SAGITTAL), self.python_combined("np.flip(mask, axis)")))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return f"The mask was mirrored left to right about the middle of the image{self.methods_combined}."


def _opposite(box: Box, axis: int, length: int) -> Box:
    """Return a box on the other side of the middle of an axis of that many voxels."""
    start, stop = list(box.start), list(box.stop)
    start[axis], stop[axis] = length - box.stop[axis], length - box.start[axis]
    return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
