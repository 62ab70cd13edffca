"""Dilation: add what is near the mask."""

from __future__ import annotations

from maskeditor.core.operation.as_script import Python
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.structure import Structuring
from maskeditor.engine import morphology
from maskeditor.engine.progress import Progress


@operation(
    "dilation", title="Dilation", group="Morphology", synonyms=("dilate", "grow", "expand", "enlarge", "inflate")
)
class Dilation(Structuring):
    """Add the voxels near the mask, so that it grows.

    With the cross equal to `scipy.ndimage.binary_dilation`; with the ball, every voxel within the radius of one of the
    mask, by exact Euclidean distance in mm.
    """

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Dilate inside the mask's box, grown by what the dilation can reach."""
        return self.applied(scene, progress, signs=(1,), ball=morphology.ball_dilation)

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """Neighbours within the structuring element."""
        return self.distances(scene.geometry)

    def python(self) -> Python:
        """Return scipy's function, or distances in mm."""
        return self.python_operation("ball_dilation(mask, {radius}, zooms)")
