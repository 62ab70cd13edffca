"""Clear: empty the mask."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from maskeditor.core.operation.as_script import Python
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.engine.progress import Progress


@operation("clear", title="Clear", group="Masks", synonyms=("delete", "erase all", "empty", "reset mask"))
class Clear(Operation):
    """Take every voxel out of the mask."""

    empties: ClassVar[bool] = True

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Return nothing but background where the mask is."""
        if scene.extent is None:
            return None
        progress(1.0)
        return Patch(scene.extent, np.zeros(scene.extent.shape, dtype=bool, order="F"))

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """A voxel looks at nothing."""
        return (0, 0, 0)

    def python(self) -> Python:
        """Return an empty mask."""
        return Python(("mask = np.zeros_like(mask)",))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return "The mask was emptied."
