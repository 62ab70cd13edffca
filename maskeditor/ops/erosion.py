"""Erosion: remove what is near the background."""

from __future__ import annotations

from maskeditor.core.operation.as_script import Python
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.structure import Structuring
from maskeditor.engine import morphology
from maskeditor.engine.progress import Progress


@operation("erosion", title="Erosion", group="Morphology", synonyms=("erode", "shrink", "contract", "thin"))
class Erosion(Structuring):
    """Remove the voxels near the background, so that the mask shrinks.

    Outside the volume all is background, so a mask that touches the border of the volume is eroded there too. With the
    cross equal to `scipy.ndimage.binary_erosion`; with the ball, every voxel within the radius of the background goes,
    by exact Euclidean distance in mm.
    """

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Erode inside the mask's box."""
        return self.applied(scene, progress, signs=(-1,), ball=morphology.ball_erosion)

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """Neighbours within the structuring element."""
        return self.distances(scene.geometry)

    def python(self) -> Python:
        """Return scipy's function, or distances in mm."""
        return self.python_operation("ball_erosion(mask, {radius}, zooms)")
