"""Opening: erosion, then dilation."""

from __future__ import annotations

from maskeditor.core.operation.as_script import Python
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.structure import Structuring
from maskeditor.engine import morphology
from maskeditor.engine.progress import Progress


@operation("opening", title="Opening", group="Morphology", synonyms=("open", "detach", "cut bridges", "smooth"))
class Opening(Structuring):
    """Erosion, then dilation: removes specks and thin bridges, keeps the rest nearly as it was.

    With the cross equal to `scipy.ndimage.binary_opening`; with the ball, what balls of the radius that fit into the
    mask cover, by exact Euclidean distance in mm.
    """

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Open inside the mask's box, which an opening never leaves."""
        return self.applied(scene, progress, signs=(-1, 1), ball=morphology.ball_opening)

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """Neighbours of neighbours."""
        i, j, k = self.distances(scene.geometry)
        return (2 * i, 2 * j, 2 * k)

    def python(self) -> Python:
        """Return scipy's function, or distances in mm."""
        return self.python_operation("ball_dilation(ball_erosion(mask, {radius}, zooms), {radius}, zooms)")
