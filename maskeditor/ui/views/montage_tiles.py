"""The slices of a montage, each with what is written on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import QRect
from PyQt6.QtGui import QImage

from maskeditor.core.space.geometry import Plane
from maskeditor.engine.arrays import Array
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.sampling import Sampling
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.views.picture import SlicePicture
from maskeditor.ui.views.scaled_picture import ScaledPicture
from maskeditor.ui.views.sheets import PixelTable
from maskeditor.ui.views.signs import Label


class TilePicture(SlicePicture):
    """The picture of one slice wherever the crosshair is; it keeps the slice, which the planes' are not kept beside.

    Parameters
    ----------
    viewer, layers, table, plane
        As in `SlicePicture`.
    index : int
    """

    def __init__(self, viewer: Viewer, layers: Layers, table: PixelTable, plane: Plane, index: int) -> None:
        super().__init__(viewer, layers, table, plane)
        self._index = index
        self._values: Array | None = None

    @property
    def index(self) -> int:
        """The slice's index."""
        return self._index

    @index.setter
    def index(self, index: int) -> None:
        if index != self._index:
            self._index = index
            self.stale_slice()

    def values(self) -> Array:
        """Return the slice, 2-D."""
        if self._values is None:
            self._values = super().values()
        return self._values

    def images(self, sampling: Callable[[], Sampling | None] = lambda: None) -> tuple[QImage, ...]:
        """Return the picture, or both, of the whole slice, which is kept."""
        return super().images()

    def stale_slice(self) -> None:
        """Mark that another slice, volume or image is shown."""
        self._values = None
        super().stale_slice()

    def let_go(self) -> None:
        """Give back all memory: the next change works all out."""
        self.stale_slice()
        self._buffers = None


@dataclass(eq=False)
class Tile:
    """A slice of a montage, and what is written on it.

    Parameters
    ----------
    picture : TilePicture
    scaled : ScaledPicture
    place : QRect
        In pixels of the view.
    position : Label
    letters : tuple of Label
    """

    picture: TilePicture
    scaled: ScaledPicture
    place: QRect
    position: Label
    letters: tuple[Label, ...]
