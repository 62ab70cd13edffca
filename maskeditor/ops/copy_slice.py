"""Copy slice: bring the mask of one slice to others."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Python, axis_of
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.parameters import parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.engine.box import Box
from maskeditor.engine.progress import Progress


@operation("copy_slice", title="Copy slice", group="Tools", synonyms=("duplicate slice", "paste slice", "propagate"))
class CopySlice(Operation):
    """Copy the mask of one slice to one or several others of the same plane.

    Equal to an assignment of numpy: ``mask[:, :, first : last + 1] = mask[:, :, source, None]``.
    """

    plane: Literal["axial", "coronal", "sagittal"] = parameter(
        "axial", title="Plane", description="The plane of the slices."
    )
    source: int = parameter(
        0, title="From slice", description="The slice that is copied, counted from 0.", ge=0, le=100_000
    )
    first: int = parameter(1, title="To slice", description="The first slice that is copied to.", ge=0, le=100_000)
    last: int = parameter(
        1, title="To last slice", description="The last slice that is copied to, itself included.", ge=0, le=100_000
    )
    mode: Literal["replace", "add"] = parameter(
        "replace", title="Mode", description="Whether the copy replaces what is there or is added to it."
    )

    def check_grid(self, geometry: Geometry) -> None:
        """Raise `OperationError` if the image has no such slices."""
        count = geometry.shape[geometry.axis_of(Plane(self.plane))]
        if self.last < self.first or max(self.source, self.last) >= count:
            raise OperationError(
                f"Slice {self.source} was to be copied to {self.first}–{self.last}, but the image has {self.plane} "
                f"slices 0 to {count - 1}; give slices among these, the first before the last."
            )

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Copy to each slice in turn.

        Raises
        ------
        OperationError
            If the image has no such slices.
        """
        self.check_grid(scene.geometry)
        progress(0.0)
        axis = scene.geometry.axis_of(Plane(self.plane))
        start, stop = list(scene.whole.start), list(scene.whole.stop)
        start[axis], stop[axis] = self.first, self.last + 1
        box = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
        made = scene.mask[box.slices].copy(order="F")
        start[axis], stop[axis] = self.source, self.source + 1
        source = scene.mask[Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])).slices]
        if self.mode == "add":
            np.logical_or(made, source, out=made)
        else:
            made[...] = source
        progress(1.0)
        return Patch(box, made)

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with the middle axial slice of the mask and the one after it."""
        axis = scene.geometry.axis_of(Plane.AXIAL)
        count = scene.geometry.shape[axis]
        box = scene.extent or scene.whole
        middle = (box.start[axis] + box.stop[axis]) // 2
        after = min(middle + 1, count - 1)
        return cls(source=min(middle, count - 1), first=after, last=after)

    def summary(self) -> str:
        """Return the row of the history."""
        to = f"{self.first}" if self.first == self.last else f"{self.first}–{self.last}"
        return f"Copy {self.plane} slice {self.source} to {to}" + (" (add)" if self.mode == "add" else "")

    @classmethod
    def is_bound(cls) -> bool:
        """Slices belong to the image they were counted on."""
        return True

    def moved(self, source: Geometry, onto: Geometry) -> Self:
        """Return the copy between the nearest slices of another grid."""
        axis = source.axis_of(Plane(self.plane))
        _, (origin, *ends) = source.slices_onto(onto, axis, (self.source, self.first, self.last))
        return self.model_copy(update={"source": origin, "first": min(ends), "last": max(ends)})

    def python(self) -> Python:
        """Return an assignment of numpy."""
        joint = "|=" if self.mode == "add" else "="
        return Python(
            (
                axis_of(self.plane),
                "mask = mask.copy()",
                "slices = np.moveaxis(mask, axis, 0)",
                f"slices[{self.first}:{self.last + 1}] {joint} slices[{self.source}].copy()",
            )
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        to = f"slice {self.first}" if self.first == self.last else f"slices {self.first} to {self.last}"
        added = " and added to what was there" if self.mode == "add" else ""
        return f"The mask of {self.plane} slice {self.source} (counted from 0) was copied to {to}{added}."
