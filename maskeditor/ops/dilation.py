"""Dilation: add what is near the mask."""

from __future__ import annotations

from maskeditor.core import morphology
from maskeditor.core.operation import operation
from maskeditor.core.progress import Progress
from maskeditor.core.scene import Patch, Scene
from maskeditor.core.structure import Structuring
from maskeditor.core.translation import Python


@operation("dilation", title="Dilation", group="Morphology")
class Dilation(Structuring):
    """Add the voxels near the mask, so that it grows.

    With the cross equal to `scipy.ndimage.binary_dilation`; with the ball, every voxel within the radius of one of the
    mask, by exact Euclidean distance in mm.
    """

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Dilate inside the mask's box, grown by what the dilation can reach."""
        return self.applied(scene, progress, cross=morphology.dilation, ball=morphology.ball_dilation, grows=True)

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """Neighbours within the structuring element."""
        return self.distances(scene.geometry)

    def python(self) -> Python:
        """Return scipy's function, or distances in mm."""
        return self.python_operation("ball_dilation(mask, {radius}, zooms)")
