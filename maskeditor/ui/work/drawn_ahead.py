"""What further images need to be drawn that takes a moment: means over time, and levels of whole volumes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QObject, QTimer

from maskeditor.core.history.document import Document
from maskeditor.core.history.snapshot import Snapshot
from maskeditor.core.operation.scene import kept_intensities
from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.model.view.display import Display, DisplayedImage
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.work.jobs import Jobs
from maskeditor.ui.work.worker import Lane

#: Milliseconds after the last change of a window or threshold before the levels of a whole volume are worked out.
_SETTLED = 150


class DrawnAhead(QObject):
    """Has worked out, beside the interface, what the images on show are waiting for.

    Parameters
    ----------
    viewer : Viewer
    jobs : Jobs
        Where it is said what could not be worked out.
    lane : Lane
    document : callable
        Returns the document that is open, or None.
    """

    def __init__(
        self, viewer: Viewer, jobs: Jobs, lane: Lane, document: Callable[[], Document | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewer, self._jobs, self._lane, self._open = viewer, jobs, lane, document
        # Those whose mean over time is worked out.
        self._means: set[DisplayedImage] = set()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLED)
        self._settle.timeout.connect(self._work_levels_out)

    @property
    def is_due(self) -> bool:
        """Whether anything will be worked out soon."""
        return self._settle.isActive()

    def close(self) -> None:
        """Begin nothing more."""
        self._settle.stop()

    def look(self) -> None:
        """Look at what is on show now."""
        self._work_means_out()
        if self._next_levels() is not None:
            self._settle.start()

    def _work_means_out(self) -> None:
        """Have the means over time worked out of the series that are drawn so."""
        document, viewer = self._open(), self._viewer
        as_mean = {
            image: display for display, image in viewer.overlays if viewer.wanted_frame(display, image) == "mean"
        }
        for image in viewer.images.values():
            if image not in as_mean:
                image.forget_mean()
        for image, display in as_mean.items():
            if document is not None and image.mean is None and image not in self._means:
                self._means.add(image)
                snapshot = document.snapshot()

                def done(mean: Array, image: DisplayedImage = image) -> None:
                    self._means.discard(image)
                    self._viewer.set_image_mean(image, mean)

                def failed(error: Exception, name: str = display.name, image: DisplayedImage = image) -> None:
                    self._means.discard(image)
                    self._viewer.change_display(name, frame=0)
                    self._jobs.report(error)

                self._lane.submit(partial(_mean, snapshot, image.volume), done, failed)

    def _next_levels(self) -> tuple[Display, DisplayedImage, FrameChoice] | None:
        """Return the first that would be drawn faster with its levels worked out, and its volume; None without one."""
        for display, image in self._viewer.overlays:
            frame = self._viewer.overlay_frame(display, image)
            if image.wants_levels(display, frame):
                return display, image, frame
        return None

    def _work_levels_out(self) -> None:
        wanted = self._next_levels()
        if wanted is None or self._lane.busy:  # what runs looks again once it is done
            return
        display, image, frame = wanted

        def done(worked_out: tuple[object, Array]) -> None:
            image.take_levels(worked_out)
            self._settle.start()

        self._lane.submit(lambda progress: image.levels(display, frame, progress), done, _let_be)


def _mean(snapshot: Snapshot, volume: Volume, progress: Progress) -> Array:
    """Return the mean over time of an image, kept and counted as those that operations look at are."""
    return kept_intensities(volume, "mean", 0.0, snapshot.intermediates, progress)


def _let_be(error: Exception) -> None:
    # Without room for the levels it is drawn from its values, as before.
    if not isinstance(error, Cancelled | MemoryError):
        raise error
