"""The status line: what is under the pointer, how large the mask is, what runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import QEvent, QObject, QTimer
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QFrame, QProgressBar, QSizePolicy, QStatusBar, QToolButton

from maskeditor.core.space.mask import roi_called
from maskeditor.core.visible import visible
from maskeditor.engine.arrays import Floats
from maskeditor.engine.box import Voxel
from maskeditor.model.numbers_in_words import size_in_words
from maskeditor.model.view.display import DisplayedImage
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.work.editor import Editor

#: What the numbers are counted and measured in.
CONVENTION = "Voxels, slices and volumes are counted from 0, as in the file; mm are RAS+ (right, front, up)."
#: Of the view, what changes the intensities under a pointer that lies still.
SHOWN = frozenset({"volume", "frame", "mean", "displays", "images", "overlays_hidden", "comparison"})
#: Letters of a name that have room, and of a sentence that have it at least.
LONGEST_NAME, SENTENCE = 24, 24
#: Milliseconds without news of how far the work is, after which the bar is shown as busy.
UNHEARD = 1000
#: Pixels beside each part.
GAP = 10


class StatusLine(QObject):
    """Fills a status bar; where not all has room, what the image is like, which its information shows, is left out.

    Parameters
    ----------
    bar : QStatusBar
    editor : Editor
    viewer : Viewer
    """

    def __init__(self, bar: QStatusBar, editor: Editor, viewer: Viewer) -> None:
        super().__init__(bar)
        self._bar = bar
        self._editor = editor
        self._viewer = viewer
        #: The voxel that the pointer is over, which may lie still while all else changes.
        self._voxel: Sequence[float] | Floats | None = None
        self._sentence = ElidedLabel("Message")
        self._sentence.setObjectName("sentence")
        self._sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._sentence.setMinimumWidth(SENTENCE * self._sentence.fontMetrics().averageCharWidth())
        self._pointer = ElidedLabel("Under the pointer", CONVENTION, 44)
        self._mask = ElidedLabel(
            "Active mask",
            "The ROI that operations and tools work on, and how large its mask is, or that which is previewed: voxels, "
            "mL and share of the image.",
            40,
        )
        self._image = ElidedLabel("Image", "Voxels along each axis, mm per voxel, and where the axes lead.")
        self._task = ElidedLabel("Running")
        self._progress = QProgressBar()
        self._progress.setAccessibleName("Progress")
        # What a bar that stands still cannot say: the work goes on, and how far it is, nobody knows.
        self._unheard = QTimer(bar)
        self._unheard.setObjectName("unheard")
        self._unheard.setSingleShot(True)
        self._unheard.setInterval(UNHEARD)
        self._unheard.timeout.connect(lambda: self._progress.setRange(0, 0))
        self._progress.setFixedWidth(140)
        self._progress.setTextVisible(False)
        self._cancel = QToolButton()
        self._cancel.setText("Cancel")
        editor.keys.explain(self._cancel, "Stop the running operation; the masks stay as they were ({cancel}).")
        self._cancel.clicked.connect(editor.jobs.cancel)
        for label in (self._sentence, self._pointer, self._mask):
            label.setAutoFillBackground(True)  # or the bar and the window are painted below each new text
        bar.addWidget(self._sentence, 1)
        self._lines = (_line(), _line())
        shown = (self._pointer, self._lines[0], self._mask, self._lines[1], self._image)
        for widget in (self._task, self._progress, self._cancel, *shown):
            bar.addPermanentWidget(widget)
        bar.installEventFilter(self)
        editor.message.connect(self.say)
        editor.jobs.busy_changed.connect(self._show_busy)
        editor.jobs.progressed.connect(self._show_progress)
        for signal in (editor.document_changed, editor.preview_changed):
            signal.connect(self._show_mask)
        editor.document_changed.connect(self._show_pointer)
        editor.image_changed.connect(self._show_image)
        editor.image_changed.connect(self._show_lines)
        editor.image_changed.connect(self._show_pointer)
        viewer.changed.connect(self._follow_view)
        self._show_busy()
        self._show_lines()

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        self._sentence.setText(sentence)
        self._fit()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """See anew what has room."""
        if event is not None and event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        """Show what the image is like where that cuts nothing else short."""
        others = (self._sentence, self._task, self._progress, self._cancel, self._pointer, self._mask)
        shown = [widget for widget in others if not widget.isHidden()]
        # Between them, and for the grip in the corner.
        gaps = GAP * (len(shown) + len(self._lines) + 2)
        needed = sum(widget.sizeHint().width() for widget in (*shown, self._image)) + gaps
        for widget in (self._image, self._lines[1]):
            widget.setVisible(self._editor.document is not None and needed <= self._bar.width())

    def _follow_view(self, changed: frozenset[str]) -> None:
        if changed & SHOWN:
            self._show_pointer()

    def _show_busy(self) -> None:
        running = self._editor.jobs.running
        for widget in (self._task, self._progress, self._cancel):
            widget.setVisible(running)
        self._task.setText(f"{self._editor.jobs.task}…" if running else "")
        self._show_progress(0.0)
        if not running:
            self._unheard.stop()
        self._fit()

    def _show_progress(self, fraction: float) -> None:
        self._progress.setRange(0, 1000)
        self._progress.setValue(round(1000 * fraction))
        self._unheard.start()

    def _show_lines(self) -> None:
        self._lines[0].setVisible(self._editor.document is not None)
        self._fit()

    def show_pointer(self, voxel: Sequence[float] | Floats | None) -> None:
        """Show what is under the pointer: at a voxel, which may be fractional, or nothing without one."""
        self._voxel = voxel
        self._show_pointer()

    def _show_pointer(self) -> None:
        before = self._pointer.sizeHint()
        self._pointer.setText(self.in_words(self._voxel))
        if self._pointer.sizeHint() != before:
            self._fit()

    def in_words(self, voxel: Sequence[float] | Floats | None) -> str:
        """Return what is at a voxel, which may be fractional, and where that is; nothing outside the image."""
        document = self._editor.document
        if document is None or voxel is None:
            return ""
        rounded = np.rint(voxel).astype(int).tolist()
        index: Voxel = (rounded[0], rounded[1], rounded[2])
        intensity = self._viewer.intensity(index)
        if intensity is None:
            return ""
        place = ", ".join(f"{value + 0.0:.1f}" for value in document.geometry.to_world(index).round(1))
        names = [_short(roi.name) for roi in document.rois if roi.visible and document.mask(roi.id)[index]]
        within = f", in {', '.join(names)}" if names else ""
        value = _value(intensity, self._viewer.labelled)
        # The value first: where there is little room, the rest is cut.
        return (
            f"{self._image_in_words()}: {value}{self._overlays_in_words(index)}{within}  ·  "
            f"voxel {index[0]}, {index[1]}, {index[2]}  ·  RAS {place} mm"
        )

    def _image_in_words(self) -> str:
        """Return the name of the image under the pointer, and of a series which volume is shown."""
        volume, frame = self._viewer.volume, self._viewer.state.frame
        session = self._editor.session
        name = _short(session.name) if session is not None else "image"
        if volume is None or volume.frames == 1:
            return name
        if isinstance(frame, tuple):
            return f"{name}, volumes {frame[0]}–{frame[1]}"
        return f"{name}, {'mean' if frame == 'mean' else f'volume {frame}'}"

    def _overlays_in_words(self, voxel: Voxel) -> str:
        """Return the name and the intensity, or label, of each further image that is drawn, the one on top first."""
        words = []
        for display, image in reversed(self._viewer.overlays):
            frame = self._viewer.overlay_frame(display, image)
            volume = "" if image.volume.frames == 1 else ", mean" if frame == "mean" else f", volume {frame}"
            words.append(f"  ·  {_short(display.name)}{volume}: {_value(image.intensity(voxel, frame), image)}")
        return "".join(words)

    def _show_mask(self) -> None:
        document = self._editor.document
        if document is None:
            self._mask.setText("")
            return
        voxels, previewed = self._editor.voxels, self._editor.previews.known_mask is not None
        name = _short(document.roi(self._editor.active).name)
        size = "counting …" if voxels is None else size_in_words(voxels, document.geometry)
        self._mask.setText(f"{roi_called(name)}{', previewed' if previewed else ''}: {size}")
        self._fit()

    def _show_image(self) -> None:
        document = self._editor.document
        if document is None:
            self._image.setText("")
            return
        geometry = document.geometry
        shape = " × ".join(map(str, document.volume.stored.shape))
        zooms = " × ".join(f"{zoom:.3g}" for zoom in geometry.zooms)
        oblique = " oblique" if geometry.is_oblique else ""
        self._image.setText(f"{shape}  ·  {zooms} mm  ·  {''.join(geometry.axis_codes)}{oblique}")
        self._fit()


def _line() -> QFrame:
    """Return an upright line between two texts."""
    line = QFrame()
    line.setFrameShape(QFrame.Shape.VLine)
    line.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return line


def _value(value: float, image: DisplayedImage | None) -> str:
    """Return an intensity, or a label with its name if the image is known to be one of labels."""
    labels = image.labels if image is not None else None
    return f"{value:.5g}" if labels is None else labels.in_words(value)


def _short(name: str) -> str:
    """Return a name as it fits beside numbers."""
    name = visible(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
