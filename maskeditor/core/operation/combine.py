"""How an operation that makes a new mask joins it to the one that is there."""

from __future__ import annotations

from typing import Literal

import numpy as np

from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.mask_bits import FEW
from maskeditor.engine.arrays import BoolArray, and_not
from maskeditor.engine.box import Box
from maskeditor.engine.in_range import chunks

Combine = Literal["replace", "add", "subtract", "intersect"]


class Combining(Operation):
    """An operation that makes a new mask, with the choice of what becomes of the old one."""

    combine: Combine = parameter(
        "replace",
        title="Combine",
        description=(
            "Whether the result replaces the mask, is added to it, is subtracted from it, "
            "or leaves only what both hold (intersect)."
        ),
        role=Role.COMBINE,
    )

    def region(self, scene: Scene) -> Box | None:
        """Return the box in which the new mask has to be known; None when it cannot matter."""
        return scene.whole if self.combine in ("replace", "add") else scene.extent

    def combined(self, scene: Scene, box: Box, made: BoolArray) -> Patch | None:
        """Join a new mask to the scene's.

        Parameters
        ----------
        scene : Scene
        box : Box
            Where the new mask was worked out; outside it the new mask is empty.
        made : array of bool of the box's shape
            The new mask; it is written over.

        Returns
        -------
        Patch or None
            The joined mask; None when nothing can change.
        """
        if self.combine == "add":
            return Patch(box, _joined(np.logical_or, scene, box, made))
        if self.combine == "subtract":
            return Patch(box, _joined(and_not, scene, box, made))
        if self.combine == "intersect":
            if scene.extent is None:
                return None
            _joined(np.logical_and, scene, box, made)
        every = box.union(scene.extent)
        if every == box:
            return Patch(box, made)
        result = np.zeros(every.shape, dtype=bool, order="F")
        result[box.within(every).slices] = made
        return Patch(every, result)

    def python_combined(self, made: str) -> str:
        """Return the Python that joins a new mask, an expression, to the one there is."""
        if self.combine == "replace":
            return f"mask = {made}"
        joint = {"add": "| ", "subtract": "& ~", "intersect": "& "}[self.combine]
        return f"mask = mask {joint}{made if made.isidentifier() else f'({made})'}"

    @property
    def methods_combined(self) -> str:
        """What became of the old mask, as a paper states it, such as ", and added to the mask"; "" for replace."""
        return {
            "replace": "",
            "add": ", and added to the mask",
            "subtract": ", and removed from the mask",
            "intersect": ", and only voxels also in the mask were kept",
        }[self.combine]

    @property
    def combine_words(self) -> str:
        """The end of a history row, such as " (add)"; nothing for replace."""
        return "" if self.combine == "replace" else f" ({self.combine})"


def _joined(how: np.ufunc, scene: Scene, box: Box, made: BoolArray) -> BoolArray:
    """Join the mask inside a box with what was made of it there, which is written over."""
    for part, _ in chunks(made.shape, FEW):
        how(scene.mask[box.part(part).slices], made[part], out=made[part])
    return made
