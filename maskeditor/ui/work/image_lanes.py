"""What is worked out of the image beside the interface and changes nothing: histograms, means and mean courses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.history.document import Document
from maskeditor.core.operation.found import Found
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.model.histogram import Histogram
from maskeditor.model.histogram_request import EqualBins, HistogramRequest
from maskeditor.model.joint_histogram import JointHistogram, JointRequest
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.work.worker import Lane

Result = TypeVar("Result")


def _unless_refused(error: Exception) -> None:
    """Raise an error, unless it is a refusal, which is said where its reason was set."""
    if not isinstance(error, MaskEditorError):
        raise error


class ImageLanes(QObject):
    """Lanes on which the newest request wins; none waits for another, nor for an edit.

    Parameters
    ----------
    viewer : Viewer
        Gets the mean over time of a series, once it is looked at.
    document : callable
        Returns the open document, or None.
    """

    #: How much of a histogram is counted, from 0 to 1.
    counting = pyqtSignal(float)

    def __init__(self, viewer: Viewer, document: Callable[[], Document | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._document = document
        self._counts = Lane("histograms", newest_wins=True, parent=self)
        self._counts.progressed.connect(self.counting)
        self._joint_counts = Lane("joint histograms", newest_wins=True, parent=self)
        self._means = Lane("means", newest_wins=True, parent=self)
        self._findings = Lane("findings", newest_wins=True, parent=self)
        self._smoothed = Lane("smoothed image", newest_wins=True, parent=self)
        self._bins = Lane("bins", newest_wins=True, parent=self)
        self._courses = Lane("time courses", newest_wins=True, parent=self)
        self._lanes = [
            *(self._counts, self._joint_counts, self._means),
            *(self._findings, self._smoothed, self._bins, self._courses),
        ]
        self._tables: dict[str, Lane] = {}
        viewer.changed.connect(self._follow_view)

    @property
    def working(self) -> bool:
        """Whether anything is being worked out."""
        return any(lane.busy for lane in self._lanes)

    def close(self) -> None:
        """Stop all work."""
        for lane in self._lanes:
            lane.close()

    def histogram(self, want: HistogramRequest, done: Callable[[Histogram], None]) -> None:
        """Have a histogram worked out."""
        self._counts.submit(want.work_out, done, self._unless_moved())

    def joint_histogram(self, want: JointRequest, done: Callable[[JointHistogram], None]) -> None:
        """Have a joint histogram worked out, on a lane of its own."""
        self._joint_counts.submit(want.work_out, done, self._unless_moved())

    def _unless_moved(self) -> Callable[[Exception], None]:
        """Return what is done about an error in what is read of the masks of now."""
        before = self._document()
        revision = before.revision if before is not None else 0

        def failed(error: Exception) -> None:
            # What was read while a mask moved may fail in any way; a newer request is on its way then.
            document = self._document()
            moved = document is None or document.revision != revision
            if not moved and not isinstance(error, MaskEditorError):
                raise error

        return failed

    def found(self, work: Callable[[Progress], tuple[Found, ...]], done: Callable[[tuple[Found, ...]], None]) -> None:
        """Have the intensities worked out that an operation finds; none where it cannot be carried out."""

        def failed(error: Exception) -> None:
            # Its preview says why; who asked may ask for another in any case.
            done(())
            _unless_refused(error)

        self._findings.submit(work, done, failed)

    def smoothed(self, work: Callable[[Progress], Volume], done: Callable[[Volume], None]) -> None:
        """Have an image smoothed, to be looked at; nothing is shown where that cannot be done."""
        self._smoothed.submit(work, done, _unless_refused)

    def bins(
        self, work: Callable[[Progress], EqualBins], done: Callable[[EqualBins], None], refused: Callable[[str], None]
    ) -> None:
        """Have equal bins counted, or get the sentence that says why they cannot be."""

        def failed(error: Exception) -> None:
            refused(str(error))
            _unless_refused(error)

        self._bins.submit(work, done, failed)

    def courses(self, work: Callable[[Progress], None], done: Callable[[None], None]) -> None:
        """Have mean courses over time worked out of masks that do not change any more."""

        def failed(error: Exception) -> None:
            raise error

        self._courses.submit(work, done, failed)

    def table(
        self,
        name: str,
        work: Callable[[Progress], Result],
        done: Callable[[Result], None],
        failed: Callable[[MaskEditorError], None],
    ) -> Progress:
        """Have a table worked out of masks that do not change any more, on a lane of its own.

        Parameters
        ----------
        name : str
            Of the table: newer work for it takes the place of older.
        work, done, failed : callable
            As of a lane; `failed` is given what a person can read.

        Returns
        -------
        Progress
            Its `cancel` stops the work, and nothing is called.
        """

        def show(error: Exception) -> None:
            if isinstance(error, Cancelled):
                return
            if not isinstance(error, MaskEditorError):
                raise error
            failed(error)

        if name not in self._tables:
            self._tables[name] = Lane(f"table: {name}", newest_wins=True, parent=self)
            self._lanes.append(self._tables[name])
        return self._tables[name].submit(work, done, show)

    def _follow_view(self, changed: frozenset[str]) -> None:
        """Have the mean over a series worked out once it is looked at, and not slice by slice while scrolling."""
        document, volume = self._document(), self._viewer.volume
        if self._viewer.state.frame != "mean" or not changed & {"frame", "volume"} or document is None:
            return
        # Of any ROI: the intensities are the same.
        scene = document.snapshot().scene(document.rois[0].id)

        def done(mean: Array) -> None:
            if self._viewer.volume is volume:
                self._viewer.set_mean(mean)

        def failed(error: Exception) -> None:
            raise error

        self._means.submit(lambda progress: scene.intensities("", "mean", 0.0, progress), done, failed)
