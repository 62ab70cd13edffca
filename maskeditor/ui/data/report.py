"""The dialog that writes a report of the visible ROIs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from maskeditor.engine.progress import Progress
from maskeditor.model.data.report import Report
from maskeditor.model.data.report_files import REPORTS, report_to
from maskeditor.model.numbers_in_words import in_number
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.data.writing import write
from maskeditor.ui.files.names import beside_image
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor


class ReportDialog(QDialog):
    """Says what is reported, and asks whether it is opened."""

    def __init__(self, rois: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Report")
        what = QLabel(
            f"A page that shows {in_number(rois, 'visible ROI')} on the image and all that is known of "
            f"{'it' if rois == 1 else 'them'}. It needs no other file and no network."
        )
        what.setWordWrap(True)
        self.opened = QCheckBox("&Open it in the browser")
        self.opened.setChecked(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        sure(buttons.button(QDialogButtonBox.StandardButton.Save)).setText("Save…")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (what, self.opened, buttons):
            layout.addWidget(widget)


def open_dialog(editor: Editor, parent: QWidget) -> None:
    """Ask where the report goes, and write it."""
    session = editor.session
    if session is None:
        return
    rois = [roi.id for roi in session.document.rois if roi.visible]
    dialog = ReportDialog(len(rois), parent)
    accepted, is_opened = dialog.exec(), dialog.opened.isChecked()
    dialog.deleteLater()
    if not accepted:
        return
    suggested = beside_image(session, "report", REPORTS[0])

    def work_on(path: Path) -> Callable[[Progress], Report]:
        return report_to(session, rois, path)

    def done(path: Path, made: Report) -> None:
        warned = f" It warns of {in_number(len(made.warnings), 'thing')}." if made.warnings else ""
        editor.say(f"Saved {path}.{warned}")
        if is_opened and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            editor.say(f"Saved {path}; no browser was found to open it.")

    write(editor, parent, "Save the report", suggested, f"Pages (*{REPORTS[0]})", REPORTS, work_on, done)


DATA = DataEntry(
    id="report",
    text="Repor&t…",
    order=85,
    tip="Write a page that shows the visible ROIs on the image and all that is known of them.",
    open=open_dialog,
)
