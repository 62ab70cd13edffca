"""Has a histogram counted, beside the window and only while somebody sees it, whenever what is looked at changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

if TYPE_CHECKING:
    from maskeditor.core.history.document import Document
    from maskeditor.core.operation.intensity_input import IntensityInput
    from maskeditor.core.operation.scene import ImageSource
    from maskeditor.core.operation.scope import Scope
    from maskeditor.engine.box import Box
    from maskeditor.model.histogram import Histogram
    from maskeditor.ui.work.editor import Editor

#: Milliseconds after the last change before voxels are counted again.
RECOUNTED = 80


class Counting(QObject):
    """What is counted, and the newest count of it.

    Parameters
    ----------
    editor : Editor
    is_seen : callable
        Whether anybody sees the histogram.
    """

    #: It is counted.
    counted = pyqtSignal()

    def __init__(self, editor: Editor, is_seen: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._is_seen = is_seen
        #: Of what is looked at now; None until it is counted.
        self.histogram: Histogram | None = None
        #: What looks at it.
        self.source: IntensityInput | None = None
        self._inside: str | Scope | Box = ""
        # The images that the histogram is of, which may be others of the same names by now.
        self._images: tuple[ImageSource | None, ...] = ()
        #: Intensities that are not counted.
        self.left_out: tuple[float, ...] = ()
        self.is_stale = True
        # Of an image that has just been opened, no hand is at work on anything that is counted.
        self._is_first = True
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._request)

    @property
    def is_waiting(self) -> bool:
        """Whether a count is about to be asked for."""
        return self._settle.isActive()

    def forget(self) -> None:
        """Begin with another image."""
        self.histogram = self.source = None
        self._inside, self.left_out = "", ()
        self._is_first = True

    def look_at(self, source: IntensityInput | None, inside: str | Scope | Box, left_out: tuple[float, ...]) -> None:
        """Count other intensities, or in another part; without a source, what was looked at before."""
        source = source or self.source
        if source is None:
            return
        before = (self.source.input_key if self.source is not None else None, self.left_out)
        if before != (source.input_key, left_out):
            self.histogram = None
        if before != (source.input_key, left_out) or inside != self._inside:
            self.source, self._inside, self.left_out = source, inside, left_out
            self.ask()

    def ask(self) -> None:
        """Have it counted again soon, or at once if it is the first count; not while nobody sees it."""
        self.is_stale = True
        if self._is_seen():
            self._settle.start(0 if self._is_first else RECOUNTED)

    def catch_up(self) -> None:
        """Count what changed while nobody saw it."""
        if self.is_stale:
            self._settle.start(RECOUNTED)

    def _key(self) -> tuple[Document | None, Any, str | Scope | Box, tuple[float, ...]]:
        source = self.source.input_key if self.source is not None else None
        return (self._editor.document, source, self._inside, self.left_out)

    def _request(self) -> None:
        if self._editor.document is None or self.source is None or not self.is_stale:
            return
        from maskeditor.model.histogram_request import HistogramRequest

        self.is_stale = self._is_first = False
        scene = self._editor.scene()
        images = scene.sources(self.source.images())
        known = self.histogram.whole if self.histogram is not None and images == self._images else None
        request = HistogramRequest(scene, self.source, known, self.left_out, self._inside)
        key = self._key()

        def show(histogram: Histogram) -> None:
            # Another image, volume or part may have been chosen since.
            if self._key() == key:
                self.histogram, self._images = histogram, images
                self.counted.emit()

        self._editor.image_lanes.histogram(request, show)
