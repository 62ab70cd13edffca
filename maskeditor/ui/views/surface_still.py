"""Surfaces as a picture of its own, of any size, drawn on any thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PyQt6.QtCore import QPointF, QRectF, QSize
from PyQt6.QtGui import QImage, QPainter

from maskeditor.engine.arrays import Floats
from maskeditor.engine.progress import Progress
from maskeditor.model.view.orbit import Orbit
from maskeditor.model.view.surface_picture import Coloured, CutOpen, SurfacePicture, surface_picture
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.painting import painting
from maskeditor.ui.views.surface_marks import AXES_EDGE, draw_axes, draw_cross

#: The middle, in world mm, and the radius of a sphere around surfaces.
Sphere = tuple[Floats, float]
#: Draws surfaces, which the sphere is around.
DrawStill = Callable[[Sequence[Coloured], Sphere, Progress], QImage]


class Marks(NamedTuple):
    """What is drawn over surfaces."""

    axes: bool
    crosshair: bool


def image_of(picture: SurfacePicture) -> QImage:
    """Return a picture as one of Qt, which reads its pixels and does not outlive them."""
    height, width = picture.pixels.shape
    form = QImage.Format.Format_RGB32
    made: QImage = QImage(picture.pixels.data, width, height, 4 * width, form)  # type: ignore[call-overload]
    return made


def still(viewer: Viewer, orbit: Orbit, cut: CutOpen | None, size: QSize, enlarged: int, marks: Marks) -> DrawStill:
    """Return what draws surfaces on any thread.

    Parameters
    ----------
    viewer : Viewer
        With an image, as it is looked at now.
    orbit : Orbit
        From where they are seen.
    cut : CutOpen or None
    size : QSize
    enlarged : int
        Pixels of the picture for each of the size.
    marks : Marks
    """
    volume, state = viewer.volume, viewer.state
    assert volume is not None
    geometry = volume.geometry
    width, height = size.width() * enlarged, size.height() * enlarged

    def draw(shown: Sequence[Coloured], sphere: Sphere, progress: Progress) -> QImage:
        looked = orbit.fitting(*sphere) if orbit.is_at_rest else orbit
        view, together = looked.view(width, height, geometry)
        found = surface_picture(shown, view, state.opacity, cut, progress)
        image = QImage(width, height, QImage.Format.Format_RGB32)
        with painting(image) as painter:
            rows, columns = found.pixels.shape
            painter.drawImage(QRectF(0, 0, columns * together, rows * together), image_of(found))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(enlarged, enlarged)
            if marks.crosshair:
                across, down, _ = view.place(geometry.to_world(state.crosshair)).tolist()
                draw_cross(painter, QPointF(across + 0.5, down + 0.5) * together / enlarged)
            if marks.axes:
                draw_axes(painter, looked.directions, QPointF(AXES_EDGE, size.height() - AXES_EDGE))
        return image

    return draw
