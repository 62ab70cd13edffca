"""The preview that is on show, worked out behind the interface."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from maskeditor.core.errors import StaleResult
from maskeditor.core.operation.scene import Patch
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.image_preview import PreviewedImage
from maskeditor.model.numbers_in_words import change_in_words
from maskeditor.model.preview import Becoming, ImagePreview, Preview
from maskeditor.model.view.layers import Layers
from maskeditor.ui.work.displays import Displays
from maskeditor.ui.work.worker import Lane

#: Milliseconds without a change of parameters before the whole volume is counted.
COUNTED = 60
#: Seconds after which it is shown how much has been worked out.
LONG = 0.5


@dataclass(frozen=True)
class PreviewState:
    """What is known of the preview: counts of voxels, None while still counting, or what is wrong."""

    added: int | None = None
    removed: int | None = None
    error: str = ""
    #: Of an image, whether it is one, and its smallest and greatest values.
    of_image: bool = False
    ends: tuple[float, float] | None = None
    #: How much has been worked out, from 0 to 1; shown only of what takes long.
    fraction: float = 0.0

    @property
    def is_counting(self) -> bool:
        """Whether the counts are still to come."""
        return self.added is None and not self.error

    @property
    def grown(self) -> int | None:
        """How many voxels more the mask would have; None while that is not known, and of an image."""
        if self.added is None or self.removed is None or self.of_image:
            return None
        return self.added - self.removed

    def in_words(self, voxel_volume: float | None = None) -> str:
        """Return the counts in words, or what is wrong; given the volume of a voxel in mL, in mL too."""
        if self.error:
            return self.error
        if self.added is None or self.removed is None:
            doing = "Working the image out" if self.of_image else "Counting"
            return f"{doing} … {100 * self.fraction:.0f} %" if self.fraction else f"{doing} …"
        if self.of_image:
            if not self.ends:
                return "It has no values."
            low, high = (end + 0.0 for end in self.ends)  # which makes 0 of -0
            return f"Its values go from {low:.5g} to {high:.5g}."
        return change_in_words(self.added, self.removed, voxel_volume)


class PreviewLane(QObject):
    """Shows one preview at a time, and has it worked out once its values have settled.

    Parameters
    ----------
    layers : Layers
        Where masks are drawn.
    displays : Displays
        Where images are.
    """

    #: Other things are known of the preview, or there is none any more.
    changed = pyqtSignal()
    #: It must be drawn anew, inside a `Box` or, with None, anywhere.
    redrawn = pyqtSignal(object)
    #: Other ROIs than the active one would become otherwise, too.
    others_changed = pyqtSignal()

    def __init__(self, layers: Layers, displays: Displays, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shown: Preview | None = None
        # The one that is worked out now.
        self._running: Preview | None = None
        #: Other ROIs that are drawn as they would become instead of as they are, by id.
        self.others: Mapping[str, Becoming] = {}
        self._displays = displays
        self.state: PreviewState | None = None
        self._layers = layers
        self._lane = Lane("previews", newest_wins=True, parent=self)
        self._lane.progressed.connect(self._progressed)
        self._began = 0.0
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(COUNTED)
        self._settle.timeout.connect(self._work_out)

    @property
    def known_mask(self) -> Preview | None:
        """The preview of a mask that is shown, once all of it is worked out."""
        is_known = self.state is not None and self.state.grown is not None
        return self.shown if is_known else None

    @property
    def working(self) -> bool:
        """Whether something is about to be worked out, or is."""
        return self._settle.isActive() or self._lane.busy

    def show(self, preview: Preview) -> None:
        """Show a preview; counts follow."""
        before, self.shown = self.shown, preview
        # What cannot be drawn slice by slice leaves the last picture standing until the whole is known; of an image,
        # the changes of a mask that were previewed before it are none of its own.
        if preview.is_local or before is None or (isinstance(preview, ImagePreview) and self._layers.preview):
            self._draw(preview)
            self.redrawn.emit(preview.news_box)
        is_known = preview.is_live and self.state is not None and not self.state.is_counting
        counting = self._counting(preview)
        # While a hand drags, each is still to be counted as the one before was: there is nothing new to be said.
        if not is_known and counting != self.state:
            self.state = counting
            self.changed.emit()
        if not preview.is_live:
            self._running = None
            self._lane.cancel()
            self._settle.start()
        elif self._running is None or not self._running.is_live:
            self._settle.stop()
            self._work_out()
        # Else the one before is shown first: cancelled by each that comes, none would be while a hand moves.

    @staticmethod
    def _counting(preview: Preview, fraction: float = 0.0) -> PreviewState:
        return PreviewState(of_image=isinstance(preview, ImagePreview), fraction=fraction)

    def _work_out(self) -> None:
        preview = self._running = self.shown
        if preview is None:
            return
        of_image = isinstance(preview, ImagePreview)

        def is_followed() -> bool:
            """Whether a newer one waits for this one, as the hand has moved on."""
            return self.shown is not None and self.shown is not preview and self.shown.is_live and preview.is_live

        def done(found: tuple[Patch | None, int, int]) -> None:
            self._running = None
            if preview is self.shown or is_followed():
                patch, added, removed = found
                preview.complete(patch)
                ends = preview.image.ends if preview.image is not None else None
                self._show_result(preview, PreviewState(added, removed, of_image=of_image, ends=ends))
            if is_followed():
                self._work_out()

        def seen(image: PreviewedImage | None) -> None:
            if preview is self.shown:
                if image is not None:
                    self._displays.preview(image)
                elif not of_image:
                    self._draw(preview)
                    self.redrawn.emit(None)
                self._lane.submit(preview.work_out, done, failed)

        def failed(error: Exception) -> None:
            self._running = None
            if is_followed():
                self._work_out()
            elif preview is self.shown and not isinstance(error, StaleResult):
                if not isinstance(error, MaskEditorError):
                    raise error
                preview.complete(None)
                self._show_result(preview, PreviewState(error=str(error)))

        self._began = time.monotonic()
        if preview.has_glimpse:
            self._lane.submit(preview.glimpse, seen, failed)
        else:
            self._lane.submit(preview.work_out, done, failed)

    def _progressed(self, fraction: float) -> None:
        # Of a preview that has gone, or is about to be worked out, nothing is shown.
        if self.state is None or not self.state.is_counting or self._settle.isActive():
            return
        if time.monotonic() - self._began > LONG and self.shown is not None:
            self.state = self._counting(self.shown, fraction)
            self.changed.emit()

    def _show_result(self, preview: Preview, state: PreviewState) -> None:
        self._draw(preview)
        self._displays.preview(preview.image)
        self.state = state
        # (What draws images has noticed one by itself.)
        if not isinstance(preview, ImagePreview):
            self.redrawn.emit(None)
        self.changed.emit()

    def _draw(self, preview: Preview) -> None:
        """Have the mask drawn as it would become, if it is a mask that is concerned."""
        self._layers.preview = None if isinstance(preview, ImagePreview) else preview
        self._draw_others(preview.others)

    def _draw_others(self, others: Mapping[str, Becoming]) -> None:
        if others != self.others:
            self.others = others
            self.others_changed.emit()

    def pause(self) -> None:
        """Stop working out; what is shown stays."""
        self._running = None
        self._settle.stop()
        self._lane.cancel()

    def resume(self) -> None:
        """Go on with what was being worked out, from its start."""
        if self.shown is not None and self.shown.is_live:
            self._work_out()
        elif self.state is not None and self.state.is_counting:
            self._settle.start()

    def drop(self) -> bool:
        """Show none; return whether there was one. Drawing is left to who dropped it."""
        self._settle.stop()
        self._lane.cancel()
        was_shown, self.shown, self._running = self.shown is not None, None, None
        self._layers.preview = None
        self._draw_others({})
        self._displays.preview(None)
        if self.state is not None:
            self.state = None
            self.changed.emit()
        return was_shown

    def close(self) -> None:
        """Stop all work."""
        self._settle.stop()
        self._lane.close()
