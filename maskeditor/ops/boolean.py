"""Boolean: combine the mask with another ROI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.operation.as_script import Python, quoted
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.mask_bits import FEW, MaskBits, bounds_of
from maskeditor.engine.bits import unpack
from maskeditor.engine.box import Box
from maskeditor.engine.in_range import chunks
from maskeditor.engine.memory_pool import results
from maskeditor.engine.progress import Progress


def _and_not(first: NDArray[Any], second: NDArray[Any], out: NDArray[Any]) -> None:
    np.bitwise_and(first, ~second, out=out)


# The same for booleans and for bits.
_COMBINE: dict[str, Callable[..., object]] = {
    "union": np.bitwise_or,
    "intersection": np.bitwise_and,
    "difference": _and_not,
    "symmetric difference": np.bitwise_xor,
}


@operation(
    "boolean",
    title="Combine with ROI",
    group="Masks",
    synonyms=("union", "intersection", "difference", "subtract", "and", "or", "xor", "logical", "calculator"),
)
class Boolean(Operation):
    """Join the mask with another ROI: their union, intersection, difference or symmetric difference.

    Equal to numpy's ``|``, ``&``, ``& ~`` and ``^``.
    """

    other: str = parameter(title="Other ROI", description="The ROI to combine the mask with.", role=Role.ROI)
    how: Literal["union", "intersection", "difference", "symmetric difference"] = parameter(
        "union",
        title="How",
        description=(
            "Union keeps what is in either, intersection what is in both, difference what is in the mask but not in "
            "the other ROI, symmetric difference what is in one of the two alone."
        ),
    )

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Combine the two where the result can differ from the mask."""
        other = scene.other(self.other)
        box: Box | None = scene.extent
        if self.how in ("union", "symmetric difference"):
            box = bounds_of(other)
        if box is None:
            return None
        combine = _COMBINE[self.how]
        if isinstance(scene.mask, MaskBits) and isinstance(other, MaskBits):
            packed, beside = scene.mask.rows(box).data, other.rows(box).data
            combine(packed, beside, out=packed)
            made = results.empty(box.shape, order="F")
            unpack(packed, made.T, box.start[0] % 8)
            progress(1.0)
            return Patch(box, made)
        made = np.empty(box.shape, dtype=bool, order="F")
        for part, done in chunks(made.shape, FEW):
            where = box.part(part).slices
            combine(scene.mask[where], other[where], out=made[part])
            progress(done)
        return Patch(box, made)

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with the first other ROI."""
        return cls(other=next(iter(scene.others), ""))

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """A voxel looks at itself alone."""
        return (0, 0, 0)

    def summary(self) -> str:
        """Return the row of the history."""
        return f"{self.how.capitalize()} with {self.other}"

    def python(self) -> Python:
        """Return numpy's operator."""
        joint = {"union": "| ", "intersection": "& ", "difference": "& ~", "symmetric difference": "^ "}[self.how]
        return Python((f"mask = mask {joint}masks[{quoted(self.other)}]",))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        return f"The mask was replaced by its {self.how} with {self.other}."
