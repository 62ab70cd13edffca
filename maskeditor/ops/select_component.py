"""Select component: the connected piece of the mask at a voxel."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Python, neighbours_argument
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import neighbours_parameter
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import Neighbours, and_not
from maskeditor.engine.progress import Progress


@operation(
    "select_component",
    title="Select component",
    group="Components",
    synonyms=("label", "islands", "clusters", "pick", "connected component"),
)
class SelectComponent(Operation):
    """Keep the connected component at a voxel and remove all others, or the other way round.

    The component is that of `scipy.ndimage.label` at the voxel.
    """

    point: tuple[int, int, int] = parameter(
        title="Voxel", description="A voxel of the component, by its indices.", role=Role.VOXEL
    )
    action: Literal["keep", "remove"] = parameter(
        "keep", title="Action", description="Keep the component alone, or remove it alone."
    )
    neighbours: Neighbours = neighbours_parameter()

    def check_grid(self, geometry: Geometry) -> None:
        """Raise `OperationError` if the voxel lies outside the image, and so outside the mask."""
        if not geometry.holds(self.point):
            raise self._outside

    @property
    def _outside(self) -> OperationError:
        i, j, k = self.point
        return OperationError(f"The voxel {i}, {j}, {k} lies outside the mask; choose one inside it.")

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Find the component inside the mask's box.

        Raises
        ------
        OperationError
            If the voxel lies outside the mask.
        """
        self.check_grid(scene.geometry)
        if not scene.mask[self.point]:
            raise self._outside
        assert scene.extent is not None
        i, j, k = (at - start for at, start in zip(self.point, scene.extent.start, strict=True))
        made = scene.components(self.neighbours, progress).at((i, j, k))
        if self.action == "remove":
            and_not(scene.mask[scene.extent.slices], made, out=made)
        progress(1.0)
        return Patch(scene.extent, made)

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with the voxel looked at, if it is of the mask; else with one in the middle slice of its box."""
        if scene.focus is not None and scene.mask[scene.focus]:
            return cls(point=scene.focus)
        if scene.extent is None:
            i, j, k = (length // 2 for length in scene.geometry.shape)
            return cls(point=(i, j, k))
        (i, j, first), (_, _, stop) = scene.extent
        # The box may be loose, so that the middle slice may be empty: go outwards from it.
        middle = (first + stop) // 2
        for plane in sorted(range(first, stop), key=lambda index: abs(index - middle)):
            inside = np.argwhere(scene.mask[scene.extent.slices][:, :, plane - first])
            if len(inside):
                x, y = inside[len(inside) // 2].tolist()
                return cls(point=(i + x, j + y, plane))
        return cls(point=(i, j, middle))

    def python(self) -> Python:
        """Return one of scipy's labels."""
        component = f"component_at(mask, {self.point}{neighbours_argument(self.neighbours)})"
        return Python((f"mask = {component}" if self.action == "keep" else f"mask = mask & ~{component}",))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        done = "alone was kept" if self.action == "keep" else "was removed"
        return (
            f"The component of the mask ({self.neighbours} neighbours) chosen by hand at voxel {self.point} (counted "
            f"from 0) {done}."
        )
