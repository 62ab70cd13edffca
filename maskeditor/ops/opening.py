"""Opening: erosion, then dilation."""

from __future__ import annotations

from maskeditor.core import morphology
from maskeditor.core.operation import operation
from maskeditor.core.progress import Progress
from maskeditor.core.scene import Patch, Scene
from maskeditor.core.structure import Structuring
from maskeditor.core.translation import Python


@operation("opening", title="Opening", group="Morphology")
class Opening(Structuring):
    """Erosion, then dilation: removes specks and thin bridges, keeps the rest nearly as it was.

    With the cross equal to `scipy.ndimage.binary_opening`; with the ball, what balls of the radius that fit into the
    mask cover, by exact Euclidean distance in mm.
    """

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Open inside the mask's box, which an opening never leaves."""
        return self.applied(scene, progress, cross=morphology.opening, ball=morphology.ball_opening, grows=False)

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """Neighbours of neighbours."""
        i, j, k = self.distances(scene.geometry)
        return (2 * i, 2 * j, 2 * k)

    def python(self) -> Python:
        """Return scipy's function, or distances in mm."""
        return self.python_operation("ball_dilation(ball_erosion(mask, {radius}, zooms), {radius}, zooms)")
