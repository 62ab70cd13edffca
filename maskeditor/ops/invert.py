"""Invert: swap inside and outside."""

from __future__ import annotations

import numpy as np

from maskeditor.core.operation.as_script import Python
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.mask_bits import FEW, MaskBits
from maskeditor.engine.bits import unpack
from maskeditor.engine.in_range import chunks
from maskeditor.engine.memory_pool import results
from maskeditor.engine.progress import Progress


@operation("invert", title="Invert", group="Masks", synonyms=("complement", "not", "reverse", "negate"))
class Invert(Operation):
    """Swap inside and outside: every voxel of the volume that was not in the mask is then in it.

    Equal to `numpy.logical_not`.
    """

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Negate the whole mask."""
        if isinstance(scene.mask, MaskBits):
            packed = scene.mask.rows(scene.whole).data
            made = results.empty(scene.mask.shape, order="F")
            unpack(np.invert(packed, out=packed), made.T)
            progress(1.0)
            return Patch(scene.whole, made)
        made = np.empty(scene.mask.shape, dtype=bool, order="F")
        for part, done in chunks(made.shape, FEW):
            np.logical_not(scene.mask[part], out=made[part])
            progress(done)
        return Patch(scene.whole, made)

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """A voxel looks at itself alone."""
        return (0, 0, 0)

    def python(self) -> Python:
        """Return numpy's negation."""
        return Python(("mask = ~mask",))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return "The mask was inverted within the volume."
