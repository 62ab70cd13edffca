"""The dialog that writes an image inside an ROI."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.model.data.applied import Applied, ApplyParameters
from maskeditor.model.data.apply_in_session import apply_to
from maskeditor.model.session import Session
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.data.writing import write
from maskeditor.ui.files.filters import SAVE_MASK_FILES
from maskeditor.ui.files.names import beside_image
from maskeditor.ui.forms.form import OperationForm
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor


class ApplyDialog(QDialog):
    """Asks which image is taken inside which ROI, and how."""

    def __init__(self, session: Session, active: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Apply a mask")
        self.image, self.roi = QComboBox(), QComboBox()
        self.image.setAccessibleName("Image")
        self.roi.setAccessibleName("ROI")
        self.image.addItem("The image", "")
        for name in session.document.further_images():
            self.image.addItem(name, name)
        for roi in session.document.rois:
            self.roi.addItem(roi.name, roi.id)
        self.roi.setCurrentIndex(self.roi.findData(active))
        self.form = OperationForm(ApplyParameters)
        rows = QFormLayout()
        rows.addRow("Image", self.image)
        rows.addRow("ROI", self.roi)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        sure(buttons.button(QDialogButtonBox.StandardButton.Save)).setText("Save…")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(rows)
        layout.addWidget(self.form)
        layout.addWidget(buttons)


def open_dialog(editor: Editor, parent: QWidget) -> None:
    """Ask what is written and where to, and write it."""
    session = editor.session
    if session is None:
        return
    dialog = ApplyDialog(session, editor.active, parent)
    accepted = dialog.exec()
    image, roi, parameters = dialog.image.currentData(), dialog.roi.currentData(), dialog.form.value()
    dialog.deleteLater()
    if not accepted:
        return
    endings = formats.WRITTEN.written
    suggested = beside_image(session, session.document.roi(roi).name, endings[0])

    def work_on(path: Path) -> Callable[[Progress], Applied]:
        return apply_to(session, image, roi, parameters, path)

    def done(path: Path, made: Applied) -> None:
        editor.say(" ".join((f"Saved {path}.", *made.findings)))

    write(editor, parent, "Save the image inside the mask", suggested, SAVE_MASK_FILES, endings, work_on, done)


DATA = DataEntry(
    id="apply",
    text="&Apply mask…",
    order=60,
    tip="Save an image inside an ROI, or outside it, whole or cropped to its box.",
    open=open_dialog,
)
