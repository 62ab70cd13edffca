"""The surfaces of the masks that are shown, found and drawn beside the interface for whoever looks at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from maskeditor.engine.arrays import Floats
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


class Found(NamedTuple):
    """Surfaces of masks.

    Parameters
    ----------
    solids : tuple of Solid
        Of every mask, visible or not, in order.
    shown : tuple of Coloured
        Those of visible masks that hold voxels.
    sphere : tuple or None
        The middle and the radius of a sphere around what is shown; None where nothing is.
    """

    solids: tuple[Solid, ...]
    shown: tuple[Coloured, ...]
    sphere: tuple[Floats, float] | None


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
        self._watching: set[int] = set()
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

    def watch(self, who: int, watched: bool) -> None:
        """Begin to follow the masks for one of those who look, or let go of all that was found, once nobody does."""
        if watched:
            self._watching.add(who)
            self._shown = ()  # that who looks now hears of it too
            self._find()
            return
        self._watching.discard(who)
        if not self._watching:
            self._pace.stop()
            self._finding.cancel()
            self._drawing.cancel()
            self._solids, self._shown, self._wanted = (), (), None

    def look(self) -> None:
        """Look at the masks again: they may have changed."""
        if self._watching and not self._pace.isActive():
            self._pace.start()

    def draw(self, view: View, opacity: float, cut: CutOpen | None, take: Callable[[SurfacePicture], None]) -> None:
        """Have the surfaces drawn, and the picture handed over."""
        self._wanted = _Wanted(view, opacity, cut, take)
        if not self._drawing.busy:
            self._draw()

    def finding(self) -> Callable[[Progress], Found]:
        """Return what finds the surfaces of the masks as they are shown now, on any thread."""
        volume = self._viewer.volume
        seen = self._layers
        layers = seen.layers if volume is not None else ()
        wholes = [seen.shown_whole(place) for place in range(len(layers))]
        before = self._solids
        if volume is None or not all(np.array_equal(one.affine, volume.geometry.affine) for one in before):
            before = ()

        def work(progress: Progress) -> Found:
            solids = []
            for place, layer in enumerate(layers):
                report = progress.part(place / len(layers), (place + 1) / len(layers))
                if place < len(before) and before[place].mask.shape == layer.mask.shape:
                    solids.append(before[place].updated(wholes[place](), report))
                else:
                    assert volume is not None
                    solids.append(Solid.of(wholes[place](), volume.geometry.affine, report))
            shown = tuple(
                Coloured(solid, layer.colour)
                for solid, layer in zip(solids, layers, strict=True)
                if layer.visible and len(solid.surface)
            )
            return Found(tuple(solids), shown, sphere_around([one.solid for one in shown]) if shown else None)

        return work

    def _find(self) -> None:
        if self._finding.busy:
            self._is_stale = True
            return
        self._is_stale = False

        def done(found: Found) -> None:
            self._solids = found.solids
            if not self._watching:
                self._solids = ()
            elif found.shown != self._shown:
                self._shown = found.shown
                self.changed.emit(found.sphere)
            if self._is_stale:
                self.look()

        self._finding.submit(self.finding(), done, self._find_failed)

    def _draw(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        shown = self._shown

        def work(progress: Progress) -> SurfacePicture:
            return surface_picture(shown, wanted.view, wanted.opacity, wanted.cut, progress)

        def done(picture: SurfacePicture) -> None:
            if self._watching:
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
