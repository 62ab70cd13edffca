"""A line in which a place is typed, to go there."""

from __future__ import annotations

from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.places import WANTED, place_of
from maskeditor.model.view.viewer import Viewer


class GoToDialog(QDialog):
    """Moves the crosshair to the place that is typed; what names no place is answered beside it.

    Parameters
    ----------
    parent : QWidget
    viewer : Viewer
        Of an image.
    """

    def __init__(self, parent: QWidget, viewer: Viewer) -> None:
        super().__init__(parent)
        self.setWindowTitle("Go to")
        self._viewer = viewer
        self.text = QLineEdit(", ".join(map(str, viewer.state.crosshair)))
        self.text.setAccessibleName("Place")
        self.text.selectAll()
        self.sentence = QLabel(f"Type {WANTED}.")
        self.sentence.setWordWrap(True)
        self.sentence.setMinimumWidth(380)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._go)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.text, self.sentence, buttons):
            layout.addWidget(widget)
        self.finished.connect(lambda _: self.deleteLater())

    def _go(self) -> None:
        """Go there and close; or say what is wanted, and stay."""
        volume = self._viewer.volume
        if volume is None:
            self.reject()
            return
        try:
            place = place_of(self.text.text(), volume.geometry, self._viewer.state.crosshair, volume.frames)
        except MaskEditorError as error:
            self.sentence.setText(str(error))
            self.text.selectAll()
            self.text.setFocus()
            return
        self._viewer.set_crosshair(place.voxel)
        if place.frame is not None:
            self._viewer.set_frame(place.frame)
        self.accept()
