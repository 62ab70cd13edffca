"""Select component: the connected pieces of the mask at one voxel, or at several."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Python, listed, neighbours_argument
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

    The component is that of `scipy.ndimage.label` at the voxel. At several voxels, it is all of theirs together, as of
    the rows that are chosen in the table of components.
    """

    point: tuple[int, int, int] = parameter(
        title="Voxel", description="A voxel of the component, by its indices.", role=Role.VOXEL
    )
    further: tuple[tuple[int, int, int], ...] = parameter(
        (), title="Further voxels", description="Voxels of other components that are chosen too.", role=Role.HIDDEN
    )
    action: Literal["keep", "remove"] = parameter(
        "keep", title="Action", description="Keep what is chosen alone, or remove it alone."
    )
    neighbours: Neighbours = neighbours_parameter()

    def check_grid(self, geometry: Geometry) -> None:
        """Raise `OperationError` if a voxel lies outside the image, and so outside the mask."""
        for point in self._points:
            if not geometry.holds(point):
                raise _outside(point)

    @property
    def _points(self) -> tuple[tuple[int, int, int], ...]:
        return (self.point, *self.further)

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Find the components inside the mask's box.

        Raises
        ------
        OperationError
            If a voxel lies outside the mask.
        """
        self.check_grid(scene.geometry)
        for point in self._points:
            if not scene.mask[point]:
                raise _outside(point)
        assert scene.extent is not None
        a, b, c = scene.extent.start
        inside = [(i - a, j - b, k - c) for i, j, k in self._points]
        made = scene.components(self.neighbours, progress).at(*inside)
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
        """Return some of scipy's labels."""
        how = neighbours_argument(self.neighbours)
        if not self.further:
            chosen = f"component_with(mask, {self.point}{how})"
            return Python((f"mask = {chosen}" if self.action == "keep" else f"mask = mask & ~{chosen}",))
        return Python(
            (
                *listed("points", map(str, self._points)),
                f"chosen = np.any([component_with(mask, point{how}) for point in points], axis=0)",
                "mask = chosen" if self.action == "keep" else "mask = mask & ~chosen",
            )
        )

    def summary(self) -> str:
        """Return the row of the history."""
        if not self.further:
            return super().summary()
        return f"{self.action.capitalize()} {1 + len(self.further)} components ({self.neighbours} neighbours)"

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        done = "alone was kept" if self.action == "keep" else "was removed"
        if self.further:
            done = done.replace("was", "were")
            return (
                f"{1 + len(self.further)} components of the mask ({self.neighbours} neighbours) chosen by hand {done}."
            )
        return (
            f"The component of the mask ({self.neighbours} neighbours) chosen by hand at voxel {self.point} (counted "
            f"from 0) {done}."
        )


def _outside(point: tuple[int, int, int]) -> OperationError:
    i, j, k = point
    return OperationError(f"The voxel {i}, {j}, {k} lies outside the mask; choose one inside it.")
