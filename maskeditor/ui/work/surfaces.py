"""The surfaces of the masks that are shown, found and drawn beside the interface for whoever looks at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from maskeditor.engine.errors import Cancelled
from maskeditor.engine.first_hit import View
from maskeditor.engine.progress import Progress
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.solids import Solid, sphere_around
from maskeditor.model.view.surface_picture import Coloured, CutOpen, SurfacePicture, surface_picture
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.work.worker import Lane

#: Milliseconds between two looks at masks while they are drawn on.
PACE = 60


class _Wanted(NamedTuple):
    """A picture that is wanted, and who takes it."""

    view: View
    opacity: float
    cut: CutOpen | None
    take: Callable[[SurfacePicture], None]


class Surfaces(QObject):
    """Finds surfaces on one lane and draws them on another, so that they are turned while one is being found.

    What is drawn on is found as far as its volume is worked out, and what is previewed once it is known.

    Of what is asked for while something is worked out, the newest alone is worked out next: pictures follow a hand that
    never rests. Nothing is done, and nothing is held, while nobody looks.

    Parameters
    ----------
    viewer : Viewer
    layers : Layers
    """

    #: The surfaces are others: the middle and the radius of a sphere around them, or None where there are none.
    changed = pyqtSignal(object)

    def __init__(self, viewer: Viewer, layers: Layers, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer, self._layers = viewer, layers
        self._finding, self._drawing = Lane("surfaces", parent=self), Lane("surface pictures", parent=self)
        self._is_watched = False
        #: Of every mask, visible or not, in order; and those that are drawn.
        self._solids: tuple[Solid, ...] = ()
        self._shown: tuple[Coloured, ...] = ()
        self._is_stale = False
        self._wanted: _Wanted | None = None
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.setInterval(PACE)
        self._pace.timeout.connect(self._find)

    @property
    def working(self) -> bool:
        """Whether anything is being worked out, or waits for it."""
        return self._finding.busy or self._drawing.busy or self._pace.isActive() or self._wanted is not None

    def close(self) -> None:
        """Stop all work."""
        self._pace.stop()
        for lane in (self._finding, self._drawing):
            lane.close()

    def watch(self, watched: bool) -> None:
        """Begin to follow the masks, or let go of all that was found."""
        self._is_watched = watched
        if watched:
            self._find()
        else:
            self._pace.stop()
            self._finding.cancel()
            self._drawing.cancel()
            self._solids, self._shown, self._wanted = (), (), None

    def look(self) -> None:
        """Look at the masks again: they may have changed."""
        if self._is_watched and not self._pace.isActive():
            self._pace.start()

    def draw(self, view: View, opacity: float, cut: CutOpen | None, take: Callable[[SurfacePicture], None]) -> None:
        """Have the surfaces drawn, and the picture handed over."""
        self._wanted = _Wanted(view, opacity, cut, take)
        if not self._drawing.busy:
            self._draw()

    def _find(self) -> None:
        if self._finding.busy:
            self._is_stale = True
            return
        self._is_stale = False
        volume = self._viewer.volume
        seen = self._layers
        layers = seen.layers if volume is not None else ()
        wholes = [seen.shown_whole(place) for place in range(len(layers))]
        before = self._solids
        if volume is None or not all(np.array_equal(one.affine, volume.geometry.affine) for one in before):
            before = ()

        def work(progress: Progress) -> tuple[tuple[Solid, ...], object]:
            solids = []
            for place, layer in enumerate(layers):
                report = progress.part(place / len(layers), (place + 1) / len(layers))
                if place < len(before) and before[place].mask.shape == layer.mask.shape:
                    solids.append(before[place].updated(wholes[place](), report))
                else:
                    assert volume is not None
                    solids.append(Solid.of(wholes[place](), volume.geometry.affine, report))
            there = [one for one, layer in zip(solids, layers, strict=True) if layer.visible and len(one.surface)]
            return tuple(solids), sphere_around(there) if there else None

        def done(found: tuple[tuple[Solid, ...], object]) -> None:
            self._solids, sphere = found
            shown = tuple(
                Coloured(solid, layer.colour)
                for solid, layer in zip(self._solids, layers, strict=True)
                if layer.visible and len(solid.surface)
            )
            if not self._is_watched:
                self._solids = ()
            elif shown != self._shown:
                self._shown = shown
                self.changed.emit(sphere)
            if self._is_stale:
                self.look()

        self._finding.submit(work, done, self._find_failed)

    def _draw(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        shown = self._shown

        def work(progress: Progress) -> SurfacePicture:
            return surface_picture(shown, wanted.view, wanted.opacity, wanted.cut, progress)

        def done(picture: SurfacePicture) -> None:
            if self._is_watched:
                wanted.take(picture)
            # Not before this result counts as taken: the lane would still be busy.
            QTimer.singleShot(0, self._draw)

        self._drawing.submit(work, done, self._draw_failed)

    def _find_failed(self, error: Exception) -> None:
        if self._is_stale:
            self.look()
        if not isinstance(error, Cancelled):
            raise error

    def _draw_failed(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            self._wanted = None
            raise error
        # Whoever looks again has asked for another one meanwhile.
        QTimer.singleShot(0, self._draw)
