"""The status line: what is under the pointer, how large the mask is, what runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton

from maskeditor.engine.box import Voxel
from maskeditor.model.numbers_in_words import counted, volume_in_words
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.work.editor import Editor


class StatusLine:
    """Fills a status bar.

    Parameters
    ----------
    bar : QStatusBar
    editor : Editor
    viewer : Viewer
    """

    def __init__(self, bar: QStatusBar, editor: Editor, viewer: Viewer) -> None:
        self._bar = bar
        self._editor = editor
        self._viewer = viewer
        self._sentence = _label("Message")
        self._sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._pointer = _label("Under the pointer")
        self._mask = _label("Active mask")
        self._image = _label("Image")
        self._task = _label("Running")
        self._progress = QProgressBar()
        self._progress.setAccessibleName("Progress")
        self._progress.setRange(0, 1000)
        self._progress.setFixedWidth(140)
        self._progress.setTextVisible(False)
        self._cancel = QToolButton()
        self._cancel.setText("Cancel")
        self._cancel.setToolTip("Stop the running operation; the masks stay as they were (Esc).")
        self._cancel.clicked.connect(editor.jobs.cancel)
        bar.addWidget(self._sentence, 1)
        for widget in (self._task, self._progress, self._cancel, self._pointer, self._mask, self._image):
            bar.addPermanentWidget(widget)
        editor.message.connect(self.say)
        editor.jobs.busy_changed.connect(self._show_busy)
        editor.jobs.progressed.connect(lambda fraction: self._progress.setValue(round(1000 * fraction)))
        editor.document_changed.connect(self._show_mask)
        editor.image_changed.connect(self._show_image)
        self._show_busy()

    def say(self, sentence: str) -> None:
        """Show a sentence; all of it in the tool tip."""
        self._sentence.setText(sentence)
        self._sentence.setToolTip(sentence)

    def _show_busy(self) -> None:
        busy = self._editor.jobs.busy
        for widget in (self._task, self._progress, self._cancel):
            widget.setVisible(busy)
        self._task.setText(f"{self._editor.jobs.task}…" if busy else "")
        self._progress.setValue(0)

    def show_pointer(self, voxel: Sequence[float] | None) -> None:
        """Show voxel, world position, intensity and ROIs under the pointer; nothing outside the image."""
        document = self._editor.document
        if document is None or voxel is None:
            self._pointer.clear()
            return
        rounded = np.rint(voxel).astype(int).tolist()
        index: Voxel = (rounded[0], rounded[1], rounded[2])
        intensity = self._viewer.intensity(index)
        if intensity is None:
            self._pointer.clear()
            return
        place = ", ".join(f"{value:.1f}" for value in document.geometry.to_world(index))
        names = [roi.name for roi in document.rois if roi.visible and document.mask(roi.id)[index]]
        label = f"   {', '.join(names)}" if names else ""
        self._pointer.setText(f"[{index[0]}, {index[1]}, {index[2]}]   ({place}) mm   {intensity:.5g}{label}")

    def _show_mask(self) -> None:
        document = self._editor.document
        if document is None:
            self._mask.clear()
            return
        voxels = document.voxels(self._editor.active)
        name = document.roi(self._editor.active).name
        volume = voxels * document.geometry.voxel_volume
        self._mask.setText(f"{name}: {counted(voxels)} voxels, {volume_in_words(volume)}")

    def _show_image(self) -> None:
        document = self._editor.document
        if document is None:
            self._image.clear()
            return
        geometry = document.geometry
        shape = " × ".join(map(str, document.volume.stored.shape))
        zooms = " × ".join(f"{zoom:.3g}" for zoom in geometry.zooms)
        oblique = " oblique" if geometry.is_oblique else ""
        self._image.setText(f"{shape}   {zooms} mm   {''.join(geometry.axis_codes)}{oblique}")


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setAccessibleName(name)
    return label
