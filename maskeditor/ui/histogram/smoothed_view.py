"""Has the planes show the image as the histogram counts it: smoothed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

if TYPE_CHECKING:
    from maskeditor.core.operation.intensity_input import IntensityInput
    from maskeditor.core.operation.scene import ImageSource, Scene
    from maskeditor.core.space.volume import Volume
    from maskeditor.engine.box import Voxel
    from maskeditor.engine.progress import Progress
    from maskeditor.model.view.viewer import Viewer
    from maskeditor.ui.work.editor import Editor

#: What of the view the smoothed image follows.
FOLLOWED = frozenset({"window", "colour_map"})
#: Who has an image drawn over all others.
_OWNER = "smoothed"


class SmoothedView(QObject):
    """Works the smoothed image out beside the window, and draws it over the image, window and colours alike.

    Parameters
    ----------
    editor : Editor
    viewer : Viewer
    """

    def __init__(self, editor: Editor, viewer: Viewer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._viewer = viewer
        self._on = False
        self._source: IntensityInput | None = None
        # What was asked for last, and of which images; and what is drawn, if it came back.
        self._asked: tuple[IntensityInput, tuple[ImageSource | None, ...]] | None = None
        self._drawn: tuple[IntensityInput, Volume] | None = None
        viewer.changed.connect(self._view_changed)

    def switch(self, on: bool) -> None:
        """Show it, or the image as it is."""
        self._on = on
        self._show()

    def follow(self, source: IntensityInput | None) -> None:
        """Show what another operation looks at; without one, what was looked at before."""
        self._source = source or self._source
        self._show()

    def forget(self) -> None:
        """Begin with another image, which is shown alone."""
        self._source = self._asked = self._drawn = None
        self._editor.displays.stop_instead(_OWNER)

    def intensity(self, voxel: Voxel) -> float | None:
        """Return the intensity that is counted at a voxel, as far as it is known without working it out."""
        source, viewer = self._source, self._viewer
        if source is None or viewer.volume is None or not viewer.volume.geometry.holds(voxel):
            return None
        if self._drawn is not None:
            return float(self._drawn[1].stored[voxel])
        from maskeditor.core.operation.scene import smooths

        if smooths(source.fwhm):
            return None
        if not source.image:
            return viewer.intensity(voxel)
        image = viewer.images.get(source.image)
        if image is None or len(image.volume.shape) > 3:
            return None
        return float(image.volume.scaled(image.volume.stored[voxel]))

    def _show(self) -> None:
        from maskeditor.core.operation.intensity_input import IntensityInput
        from maskeditor.core.operation.scene import smooths

        source = self._source
        if source is None or not self._on or not smooths(source.fwhm) or self._editor.document is None:
            self._asked = None
            if self._drawn is not None:
                self._drawn = None
                self._editor.displays.stop_instead(_OWNER)
            return
        # The image alone, whatever else the operation does to it.
        wanted = IntensityInput(image=source.image, frame=source.frame, fwhm=source.fwhm)
        scene = self._editor.scene()
        asked = (wanted, scene.sources(wanted.images()))
        if asked == self._asked:
            return
        self._asked = asked

        def done(volume: Volume) -> None:
            if self._asked == asked:
                self._drawn = (wanted, volume)
                self._draw()

        self._editor.image_lanes.smoothed(lambda progress: _volume(wanted, scene, progress), done)

    def _view_changed(self, changed: frozenset[str]) -> None:
        if self._drawn is not None and changed & FOLLOWED:
            self._draw()

    def _draw(self) -> None:
        from maskeditor.model.view.display import Display

        assert self._drawn is not None
        source, volume = self._drawn
        state = self._viewer.state
        name = f"{source.image or 'image'} smoothed"
        display = Display(name, state.window, state.colour_map, threshold=None, opacity=1.0)
        self._editor.displays.show_instead(_OWNER, display, volume)


def _volume(source: IntensityInput, scene: Scene, progress: Progress) -> Volume:
    from maskeditor.core.space.volume import Volume

    return Volume(source.intensities(scene, progress), scene.geometry)
