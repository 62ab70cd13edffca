"""The dialog that saves or copies a figure of what is looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtGui import QGuiApplication, QImage
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from maskeditor.engine.progress import Progress
from maskeditor.model.data.drawing import FigureParameters
from maskeditor.model.data.report_files import DRAWINGS, figure_to
from maskeditor.ui.data.writing import write
from maskeditor.ui.files.names import beside_image
from maskeditor.ui.forms.form import OperationForm
from maskeditor.ui.look.kept import keep_set, last_set
from maskeditor.ui.qt import sure
from maskeditor.ui.views.figure import Figure
from maskeditor.ui.work.editor import Editor

_KEY = "figure/parameters"
DrawFigure = Callable[[Progress], Figure]


class FigureDialog(QDialog):
    """Asks what stands on a figure, and saves or copies it; what was chosen is remembered.

    Parameters
    ----------
    parent : QWidget
    editor : Editor
        With an image.
    figure_of : callable of FigureParameters
        Returns what draws what is looked at now, on any thread.
    """

    def __init__(self, parent: QWidget, editor: Editor, figure_of: Callable[[FigureParameters], DrawFigure]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export figure")
        self._parent, self._editor, self._figure_of = parent, editor, figure_of
        what = QLabel("The planes or the montage as they are seen, with their masks and further images.")
        what.setWordWrap(True)
        self.form = OperationForm(FigureParameters, last_set(_KEY, FigureParameters))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        sure(self.buttons.button(QDialogButtonBox.StandardButton.Save)).setText("Save…")
        self.copy_button = sure(self.buttons.addButton("&Copy", QDialogButtonBox.ButtonRole.ActionRole))
        self.copy_button.setToolTip("Put the figure on the clipboard, as a picture.")
        self.copy_button.clicked.connect(self._copy)
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (what, self.form, self.buttons):
            layout.addWidget(widget)
        self.finished.connect(lambda _: self.deleteLater())

    def _figure(self) -> DrawFigure:
        wanted = self.form.value()
        keep_set(_KEY, wanted)
        return self._figure_of(wanted)

    def _copy(self) -> None:
        figure, editor = self._figure(), self._editor

        def copied(image: QImage) -> None:
            sure(QGuiApplication.clipboard()).setImage(image)
            editor.say(f"Copied a figure of {image.width()} × {image.height()} pixels to the clipboard.")

        self.accept()
        editor.jobs.run("Drawing the figure", lambda progress: figure(progress).drawn(), copied)

    def _save(self) -> None:
        session = self._editor.session
        if session is None:
            return
        figure = self._figure()
        self.accept()
        write(
            self._editor,
            self._parent,
            "Save the figure",
            beside_image(session, "figure", DRAWINGS[0]),
            f"Pictures (*{DRAWINGS[0]});;Drawings with letters as text (*{DRAWINGS[1]})",
            DRAWINGS,
            lambda path: figure_to(session, figure, path),
            self._saved,
        )

    def _saved(self, path: Path, _: None) -> None:
        self._editor.say(f"Saved {path}.")
