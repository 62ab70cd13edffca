"""The dialog that writes an image or an ROI on another grid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.space.mask import roi_called
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.model.data.resample_in_session import ResampleAsked, resample_to
from maskeditor.model.data.resampled import Resampled
from maskeditor.model.further import INTERPOLATIONS
from maskeditor.model.session import Session
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.data.writing import write
from maskeditor.ui.files.filters import IMAGE_FILES, SAVE_MASK_FILES
from maskeditor.ui.files.names import beside_image
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor


class ResampleDialog(QDialog):
    """Asks what is brought to which grid, and how."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Resample")
        self.what, self.how = QComboBox(), QComboBox()
        self.what.setAccessibleName("What")
        self.what.addItem("The image", ("", ""))
        for name in session.document.further_images():
            self.what.addItem(name, (name, ""))
        for roi in session.document.rois:
            self.what.addItem(roi_called(roi.name), ("", roi.id))
        self.how.setAccessibleName("Interpolation")
        self.how.addItem("What fits: nearest for labels, continuous for images", None)
        for how in INTERPOLATIONS:
            self.how.addItem(how, how)
        self.like = QLineEdit()
        self.like.setAccessibleName("Image with the grid that is wanted")
        self.like.setPlaceholderText("An image, or none to give zooms")
        self.like.textChanged.connect(lambda text: self._zooms.setEnabled(not text))
        choose = QPushButton("Choose…")
        choose.clicked.connect(lambda _: self._choose())
        file = QHBoxLayout()
        file.addWidget(self.like, 1)
        file.addWidget(choose)
        self._zooms = QWidget()
        line = QHBoxLayout(self._zooms)
        line.setContentsMargins(0, 0, 0, 0)
        self.zooms = [QDoubleSpinBox() for _ in range(3)]
        for axis, (box, zoom) in enumerate(zip(self.zooms, session.document.geometry.zooms, strict=True)):
            box.setAccessibleName(f"Zoom along axis {axis}")
            box.setDecimals(3)
            box.setRange(0.01, 1000)
            box.setValue(zoom)
            box.setSuffix(" mm")
            line.addWidget(box)
        rows = QFormLayout()
        rows.addRow("What", self.what)
        rows.addRow("To the grid of", file)
        rows.addRow("Or to zooms", self._zooms)
        rows.addRow("Interpolation", self.how)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        sure(buttons.button(QDialogButtonBox.StandardButton.Save)).setText("Save…")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(rows)
        layout.addWidget(buttons)

    def _choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Choose an image", self.like.text(), IMAGE_FILES)
        if name:
            self.like.setText(name)

    def asked(self) -> ResampleAsked:
        """Return what is set."""
        image, roi = self.what.currentData()
        text = self.like.text().strip()
        x, y, z = (box.value() for box in self.zooms)
        like, zooms = (Path(text), None) if text else (None, (x, y, z))
        return ResampleAsked(image, roi, like, zooms, self.how.currentData())


def open_dialog(editor: Editor, parent: QWidget) -> None:
    """Ask what is written on which grid and where to, and write it."""
    session = editor.session
    if session is None:
        return
    dialog = ResampleDialog(session, parent)
    accepted = dialog.exec()
    asked = dialog.asked()
    dialog.deleteLater()
    if not accepted:
        return
    endings = formats.WRITTEN.written
    name = session.document.roi(asked.roi).name if asked.roi else asked.image
    suggested = beside_image(session, f"{name}_resampled".lstrip("_"), endings[0])

    def work_on(path: Path) -> Callable[[Progress], Resampled]:
        return resample_to(session, asked, path)

    def done(path: Path, made: Resampled) -> None:
        shape = " × ".join(map(str, made.volume.shape))
        editor.say(" ".join((f"Saved {path} ({shape}, {made.how}).", *made.findings)))

    write(editor, parent, "Save on the other grid", suggested, SAVE_MASK_FILES, endings, work_on, done)


DATA = DataEntry(
    id="resample",
    text="&Resample…",
    order=80,
    tip="Save an image or an ROI on another grid: that of another image, or one of other zooms.",
    open=open_dialog,
)
