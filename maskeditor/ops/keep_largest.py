"""Keep largest: the largest components of the mask."""

from __future__ import annotations

from typing import ClassVar

from maskeditor.core.operation.as_script import Python, neighbours_argument
from maskeditor.core.operation.declaration import Operation, operation
from maskeditor.core.operation.parameters import parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.shared_parameters import neighbours_parameter
from maskeditor.engine.arrays import Neighbours
from maskeditor.engine.progress import Progress


@operation(
    "keep_largest",
    title="Keep largest",
    group="Components",
    synonyms=("largest component", "biggest", "connected component", "label", "islands", "clusters", "cleanup"),
)
class KeepLargest(Operation):
    """Keep the largest connected components of the mask and remove all others.

    Of components of the same size, the one whose first voxel comes first (by axis 0, then 1, then 2) is kept. With 6
    neighbours and a count of 1 equal to `nilearn.image.largest_connected_component_img`.
    """

    tidies: ClassVar[bool] = True

    count: int = parameter(1, title="Count", description="How many components are kept.", ge=1, le=1000)
    neighbours: Neighbours = neighbours_parameter()

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Find the components inside the mask's box."""
        if scene.extent is None:
            return None
        made = scene.components(self.neighbours, progress).largest(self.count)
        progress(1.0)
        return Patch(scene.extent, made)

    def python(self) -> Python:
        """Return a choice among scipy's labels."""
        count = "" if self.count == 1 else f", count={self.count}"
        return Python((f"mask = largest(mask{count}{neighbours_argument(self.neighbours)})",))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        kept = "Only the largest component" if self.count == 1 else f"Only the {self.count} largest components"
        return f"{kept} of the mask ({self.neighbours} neighbours) {'was' if self.count == 1 else 'were'} kept."
