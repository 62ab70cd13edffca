"""Where a step may change the mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import ConfigDict, model_validator

from maskeditor.core.operation.as_script import between, joined, quoted, range_in_words
from maskeditor.core.operation.intensity_input import in_range_of
from maskeditor.core.operation.intensity_range import (
    LIMIT_FROM,
    LIMIT_TO,
    Ranged,
    lower_bound,
    range_words,
    upper_bound,
)
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box
from maskeditor.engine.progress import Progress


class Scope(Ranged):
    """Limit a step to some slices, to the inside or the outside of other ROIs, or to a range of intensities."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    axis: Literal[0, 1, 2] | None = parameter(
        None, title="Slices across axis", description="Change only some slices across this voxel axis."
    )
    first: int = parameter(
        0, title="First slice", description="The first slice that may change.", ge=0, when=("axis", (0, 1, 2))
    )
    last: int = parameter(
        0,
        title="Last slice",
        description="The last slice that may change, itself included.",
        ge=0,
        when=("axis", (0, 1, 2)),
    )
    inside: str = parameter("", title="Only in ROI", description="Change only voxels of another ROI.", role=Role.ROI)
    outside: tuple[str, ...] = parameter(
        (), title="Not in ROIs", description="Leave the voxels of other ROIs as they are.", role=Role.ROIS
    )
    lower: float | None = lower_bound(LIMIT_FROM)
    upper: float | None = upper_bound(LIMIT_TO)

    @model_validator(mode="after")
    def _in_order(self) -> Scope:
        if self.axis is not None and self.last < self.first:
            raise ValueError(f"the last slice ({self.last}) must not come before the first ({self.first})")
        return self

    def references(self) -> frozenset[str]:
        """Return the ids of the ROIs that the scope looks at."""
        return frozenset((*filter(None, (self.inside,)), *self.outside))

    def renamed(self, new: Mapping[str, str]) -> Scope:
        """Return the scope that looks at ROIs of other ids."""
        if not self.references():
            return self
        inside = new[self.inside] if self.inside else ""
        return self.model_copy(update={"inside": inside, "outside": tuple(new[roi] for roi in self.outside)})

    @property
    def is_bound(self) -> bool:
        """Whether it belongs to the image it was made on, as slices do."""
        return self.axis is not None

    def moved(self, source: Geometry, onto: Geometry) -> Scope:
        """Return the scope that holds, on another grid, the slices at the same place of the world.

        Raises
        ------
        GeometryError
            If they lie outside the other grid.
        """
        if self.axis is None or source.same_as(onto):
            return self
        last = min(self.last, source.shape[self.axis] - 1)
        axis, ends = source.slices_onto(onto, self.axis, (min(self.first, last), last))
        return self.model_copy(update={"axis": axis, "first": min(ends), "last": max(ends)})

    def summary(self) -> str:
        """Return the limits in words; empty when there are none."""
        parts = []
        if self.axis is not None:
            parts.append(f"slices {self.first}–{self.last} of axis {self.axis}")
        if self.inside:
            parts.append(f"inside {self.inside}")
        if self.outside:
            parts.append(f"not inside {' or '.join(self.outside)}")
        if self.has_range:
            parts.append(f"intensity {range_words(self.lower, self.upper)}")
        return ", ".join(parts)

    def python(self) -> tuple[str, ...]:
        """Return the limits as Python that binds `allowed`; there must be some."""
        lines = []
        if self.axis is not None:
            index = [":", ":", ":"]
            index[self.axis] = f"{self.first}:{self.last + 1}"
            lines += ["allowed = np.zeros(mask.shape, dtype=bool)", f"allowed[{', '.join(index)}] = True"]
        if self.inside:
            lines.append(f"allowed = {'allowed & ' if lines else ''}masks[{quoted(self.inside)}]")
        for roi in self.outside:
            lines.append(f"allowed = {'allowed & ' if lines else ''}~masks[{quoted(roi)}]")
        if self.has_range:
            inside = between("data", self.lower, self.upper)
            lines.append(f"allowed = allowed & ({inside})" if lines else f"allowed = {inside}")
        return tuple(lines)

    def methods(self) -> str:
        """Return the limits as a paper states them; empty when there are none."""
        parts = []
        if self.axis is not None:
            parts.append(f"in slices {self.first} to {self.last} of voxel axis {self.axis} (counted from 0)")
        if self.inside:
            parts.append(f"inside {self.inside}")
        if self.outside:
            parts.append(f"outside {joined(self.outside)}")
        if self.has_range:
            parts.append(f"with {range_in_words(self.lower, self.upper)}")
        return f"voxels {joined(parts)}" if parts else ""

    def limit(self, patch: Patch, scene: Scene) -> Patch:
        """Return the patch with the mask's own voxels wherever the scope allows no change."""
        if self == EVERYWHERE:
            return patch
        box = patch.box
        return Patch(box, np.where(self.allowed(scene, box), patch.data, scene.mask[box.slices]))

    def allowed(self, scene: Scene, box: Box) -> BoolArray:
        """Return which voxels of a box may change: an array of bool of its shape, in Fortran order."""
        allowed = np.ones(box.shape, dtype=bool, order="F")
        if self.axis is not None:
            index = np.arange(box.start[self.axis], box.stop[self.axis])
            along = [1, 1, 1]
            along[self.axis] = -1
            allowed &= ((index >= self.first) & (index <= self.last)).reshape(along)
        if self.inside:
            allowed &= scene.other(self.inside)[box.slices]
        for roi in self.outside:
            allowed &= ~scene.other(roi)[box.slices]
        if self.has_range:
            allowed &= in_range_of(scene, "", "mean", 0.0, self.lower, self.upper, box, Progress())
        return allowed


#: No limit.
EVERYWHERE = Scope()
