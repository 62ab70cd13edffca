"""What happens when the program itself is at fault: it goes on, says so in a sentence, and offers a report."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import TracebackType

from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton

from maskeditor.ui.qt import sure

SENTENCE = (
    "Something went wrong inside maskeditor ({kind}). Your masks are as they were, and every step is kept in the "
    "journal; save them, and start the program anew."
)
#: What the report is, for who is asked to pass it on.
WHAT = (
    "A report names the place in the program and its versions: no file, no image, no patient. All of it is seen under "
    "Show Details."
)
DIED = "The program ended unexpectedly last time; what was done then is offered under File ▸ Interrupted sessions."


def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Report a fault of the program instead of ending it; the masks are still there to be saved."""
    sys.stderr.write("".join(traceback.format_exception(kind, error, trace)))
    if kind is KeyboardInterrupt or QApplication.instance() is None:
        return
    # When it is wanted, as the window must stand at once.
    from maskeditor.model.faults import fault_report, log_path, write_log

    text = fault_report(kind, error, trace)
    write_log(log_path(), f"fault\n{text}")

    def show() -> None:
        # What cannot be drawn fails again and again, also behind the dialog that says so.
        if not any(isinstance(other, FaultBox) for other in QApplication.topLevelWidgets()):
            FaultBox(SENTENCE.format(kind=kind.__name__), text).exec()

    # Only once the event that failed is over: no dialog can run while something is painted.
    QTimer.singleShot(0, show)


class FaultBox(QMessageBox):
    """Says what happened, and offers the report.

    Parameters
    ----------
    sentence, text : str
        What is said, and the report.
    """

    def __init__(self, sentence: str, text: str) -> None:
        super().__init__(QMessageBox.Icon.Critical, "maskeditor", sentence)
        self.setInformativeText(WHAT)
        self.setDetailedText(text)
        self.copy_button = QPushButton("Copy report")
        self.save_button = QPushButton("Save report…")
        for button in (self.copy_button, self.save_button):
            self.addButton(button, QMessageBox.ButtonRole.ActionRole)
            # Else it would close the box.
            button.clicked.disconnect()
        self.copy_button.clicked.connect(lambda: sure(QGuiApplication.clipboard()).setText(text))
        self.save_button.clicked.connect(lambda: self._save(text))
        self.setEscapeButton(self.addButton(QMessageBox.StandardButton.Close))

    def _save(self, text: str) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save the report", "maskeditor-report.txt", "Text (*.txt)")
        if not name:
            return
        try:
            Path(name).write_text(f"{text}\n", "utf-8")
        except OSError as error:
            QMessageBox.warning(self, "maskeditor", f"{name} could not be written ({error.strerror}); choose another.")
