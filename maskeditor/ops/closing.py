"""Closing: dilation, then erosion."""

from __future__ import annotations

from maskeditor.core.operation.as_script import Python
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.structure import Structuring
from maskeditor.engine import morphology
from maskeditor.engine.progress import Progress


@operation("closing", title="Closing", group="Morphology", synonyms=("close", "close gaps", "smooth"))
class Closing(Structuring):
    """Dilation, then erosion: fills small gaps and cracks, keeps the rest nearly as it was.

    Outside the volume all is background, also for the erosion, so a mask that touches the border of the volume loses
    voxels there. With the cross equal to `scipy.ndimage.binary_closing`; with the ball, by exact Euclidean distance in
    mm.
    """

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Close inside the mask's box, grown by what the dilation can reach."""
        return self.applied(scene, progress, signs=(1, -1), ball=morphology.ball_closing)

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """Neighbours of neighbours."""
        i, j, k = self.distances(scene.geometry)
        return (2 * i, 2 * j, 2 * k)

    def python(self) -> Python:
        """Return scipy's function, or distances in mm."""
        return self.python_operation("ball_erosion(ball_dilation(mask, {radius}, zooms), {radius}, zooms)")
