"""Masks leaving as a DICOM segmentation."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.io import formats
from maskeditor.io.dicom.names import ENDING
from maskeditor.model.mask_files import export_segmentation as write_segmentation
from maskeditor.model.numbers_in_words import in_number
from maskeditor.ui.files.names import safe_name
from maskeditor.ui.work.editor import Editor

SEGMENTATION_FILES = f"DICOM segmentation ({formats.patterns((ENDING,))})"


def export_segmentation(editor: Editor, parent: QWidget) -> None:
    """Ask where to write all ROIs as one DICOM segmentation, and write it."""
    session = editor.session
    if session is None:
        return
    problem = session.why_no_segmentation()
    if problem:
        editor.failed.emit(problem)
        return
    assert session.path is not None
    source = session.path if session.path.is_dir() else session.path.parent
    name, _ = QFileDialog.getSaveFileName(
        parent, "Export DICOM SEG", str(source.parent / f"{safe_name(session.name)}_seg{ENDING}"), SEGMENTATION_FILES
    )
    if name:
        path = formats.with_ending(Path(name), (ENDING,))
        editor.jobs.run(
            f"Exporting {path.name}",
            lambda progress: write_segmentation(session, path, progress),
            lambda count: editor.say(f"Exported {in_number(count, 'ROI')} to {path}."),
        )
